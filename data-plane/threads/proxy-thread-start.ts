/** First file of a proxy thread: compiled code comes from the state folder from here on. Started by proxy-worker.ts. */
import { workerData } from 'node:worker_threads';
import { keepCompiledCode, useCompiledCode } from '../compiled-code.ts';
import type { ThreadData } from './thread-messages.ts';

const { stateFolder }: ThreadData = workerData;
useCompiledCode(stateFolder);
await import('./proxy-thread.ts');
keepCompiledCode();
