/** A proxy alone in its process, so that what it holds and what it costs can be measured; started by measured-proxy.ts. */
import { createProxy } from '../../data-plane/proxy/create-proxy.ts';
import { NO_RECORDER } from '../../data-plane/telemetry/request-recorder.ts';
import type { PluginInstance } from '../../shared/plugins/contract.ts';
import { systemClock } from '../../shared/clock.ts';
import { createMemoryLogger } from '../../shared/log.ts';
import { staticConfig } from './static-config.ts';

const port = Number(process.argv[2]);
const grpcPort = Number(process.argv[3]);
const collector: PluginInstance = { requestBody: { maxBytes: 1_000_000 }, requestHead: () => undefined };
const config = staticConfig({
  routes: [
    { path: '/', stripPath: false, requestBuffering: false, responseBuffering: false, service: { port } },
    { path: '/buffered', stripPath: false, service: { port } },
    { path: '/grpc', stripPath: false, protocols: ['grpc', 'grpcs'], service: { protocol: 'grpc', port: grpcPort } },
    { path: '/collect', stripPath: false, service: { port }, plugins: [{ name: 'collector', instance: collector }] },
  ],
});
const proxy = createProxy({
  getConfig: () => config,
  listeners: [{ kind: 'http', host: '127.0.0.1', port: 0, proxyProtocol: false }],
  reusePort: false, log: createMemoryLogger('proxy').log, clock: systemClock, trustedAddresses: [], serverName: 'holdfast', version: '0.0.0-test',
  recorder: NO_RECORDER,
  socketIo: process.env['HOLDFAST_TEST_SOCKET_IO'] === 'handle' ? 'handle' : 'documented',
});
const { ports } = await proxy.listen();

process.on('message', (asked) => {
  if (asked === 'measure') {
    globalThis.gc?.();
    globalThis.gc?.();
  }
  const { heapUsed, external } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  const { connections, activeRequests, endedRequests } = proxy.stats();
  process.send?.({ heldBytes: heapUsed + external, cpuMicros: user + system, connections, activeRequests, endedRequests });
});
process.on('disconnect', () => process.exit(0));
process.send?.({ port: ports[0] });
