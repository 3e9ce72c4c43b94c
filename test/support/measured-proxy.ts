/** Starts measured-proxy-main.ts in a process of its own and asks it for its memory and CPU time. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export interface Measures {
  /** Heap and memory outside of it. */
  readonly heldBytes: number;
  readonly cpuMicros: number;
  readonly connections: number;
  readonly activeRequests: number;
  readonly endedRequests: number;
}

export interface MeasuredProxy {
  readonly port: number;
  /** After a garbage collection. */
  measure(): Promise<Measures>;
  /** Without one: what it holds means nothing. */
  count(): Promise<Measures>;
  close(): Promise<void>;
}

export async function startMeasuredProxy(originPort: number, grpcPort: number): Promise<MeasuredProxy> {
  const child = fork(fileURLToPath(new URL('./measured-proxy-main.ts', import.meta.url)), [String(originPort), String(grpcPort)], { execArgv: ['--expose-gc'] });
  const answer = async (): Promise<unknown> => {
    const [message]: unknown[] = await once(child, 'message');
    return message;
  };
  const { port } = (await answer()) as { readonly port: number };
  return {
    port,
    measure: async () => {
      child.send('measure');
      return (await answer()) as Measures;
    },
    count: async () => {
      child.send('count');
      return (await answer()) as Measures;
    },
    close: async () => {
      const exited = once(child, 'exit');
      child.disconnect();
      await exited;
    },
  };
}
