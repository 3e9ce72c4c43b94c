/** Part 1 of 4 of the proxy's suites with sockets by Node's documented API. */
import { runWithDocumentedSockets } from './support/documented-sockets.ts';

await runWithDocumentedSockets(0);
