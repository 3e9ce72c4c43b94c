/**
 * A proxy of two threads on one port (PORT) in front of ORIGIN_PORT, of which the older one is replaced again and again: the new one
 * listens, then the old one drains and ends. Threads end like this when a data plane is told to; run by bench/threads.ts.
 */
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { createProxy } from '../../data-plane/proxy/create-proxy.ts';
import { NO_RECORDER } from '../../data-plane/telemetry/request-recorder.ts';
import { systemClock } from '../../shared/clock.ts';
import { createLogger } from '../../shared/log.ts';
import { staticConfig } from '../../test/support/static-config.ts';

const THREADS = 2;
const EVERY_MS = 1_000;
const DRAIN = { acceptForMs: 300, boundMs: 2_000 };

interface Ports {
  readonly port: number;
  readonly originPort: number;
}

if (isMainThread) {
  const ports: Ports = { port: Number(process.env['PORT']), originPort: Number(process.env['ORIGIN_PORT']) };
  const threads: Worker[] = [];
  while (threads.length < THREADS) threads.push(await startThread(ports));
  setInterval(() => {
    void startThread(ports).then((fresh) => {
      threads.push(fresh);
      threads.shift()?.postMessage('drain');
    });
  }, EVERY_MS);
} else {
  const { port, originPort }: Ports = workerData;
  const config = staticConfig({ routes: [{ path: '/', stripPath: false, service: { port: originPort } }] });
  const proxy = createProxy({
    getConfig: () => config, listeners: [{ kind: 'http', host: '127.0.0.1', port, proxyProtocol: false }], reusePort: true, socketIo: 'handle',
    recorder: NO_RECORDER, log: createLogger({ part: 'bench', level: 'error', pretty: false }), clock: systemClock, trustedAddresses: [], serverName: 'holdfast', version: 'bench',
  });
  await proxy.listen();
  parentPort?.postMessage('listening');
  parentPort?.once('message', () => void proxy.drain(DRAIN).then(() => process.exit()));
}

function startThread(ports: Ports): Promise<Worker> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: ports });
    worker.once('message', () => resolve(worker));
    worker.once('error', reject);
  });
}
