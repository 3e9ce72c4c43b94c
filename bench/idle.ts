/**
 * `npm run bench -- idle`: resident memory per idle keep-alive connection, each of which has had one request answered: what a
 * second 5,000 add to a first 5,000, because those fill what the heap had free. nginx beside Holdfast, with both kinds of sockets.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as rest } from 'node:timers/promises';
import { put, ref, testId } from '../test/support/config-content.ts';
import { freePort, type RunningContender } from './contenders/contender.ts';
import { startNginxGateway, startOrigin } from './contenders/nginx.ts';
import { startPublishedHoldfast } from './contenders/published-holdfast.ts';
import { runLoad } from './load.ts';
import type { BenchOptions } from './main.ts';
import { residentMiB } from './process-cost.ts';
import { GATEWAY_CPU, LOAD_CPU, machine } from './turns.ts';

const CONNECTIONS = 5_000;
const AT_ONCE = 100;
/** Longer than V8 waits before it collects an idle heap, and than a connection's first deadlines. */
const REST_MS = 12_000;
const REQUEST = 'GET /small HTTP/1.1\r\nHost: example\r\n\r\n';

export async function runIdleBench(options: BenchOptions): Promise<void> {
  const connections = options.smoke ? 200 : CONNECTIONS;
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
  const originPort = await freePort();
  const origin = await startOrigin(originPort, folder, LOAD_CPU);
  const running: RunningContender[] = [];
  try {
    const changes = [put('services', { id: testId('a0'), url: `http://127.0.0.1:${originPort}` }), put('routes', { id: testId('b0'), paths: ['/'], service: ref('a0') })];
    const holdfast = (name: string, socketIo: string): Promise<RunningContender> =>
      startPublishedHoldfast({ name, changes, settings: { HOLDFAST_PROXY_THREADS: '1', HOLDFAST_SOCKET_IO: socketIo, HOLDFAST_IDLE_TIMEOUT: '1h' }, cpus: String(GATEWAY_CPU) });
    running.push(await startNginxGateway({ port: await freePort(), originPort, folder, cpu: GATEWAY_CPU }));
    running.push(await holdfast('holdfast, sockets by handle', 'handle'), await holdfast('holdfast, documented sockets', 'documented'));
    console.log(`\n| gateway | resident with ${connections} idle connections MiB | with ${2 * connections} | KB per connection |\n|---|--:|--:|--:|`);
    const results = [];
    for (const contender of running) {
      const result = { name: contender.name, connections, ...(await measure(contender, connections, options)) };
      results.push(result);
      console.log(`| ${result.name} | ${result.beforeMiB.toFixed(1)} | ${result.withMiB.toFixed(1)} | ${result.kbEach.toFixed(2)} |`);
    }
    if (!options.smoke) writeFileSync(new URL('./results/idle.json', import.meta.url), `${JSON.stringify({ command: 'npm run bench -- idle', machine: machine(), results }, null, 1)}\n`);
  } finally {
    for (const contender of running) await contender.stop();
    await origin.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measure({ port, pid }: RunningContender, connections: number, options: BenchOptions): Promise<{ beforeMiB: number; withMiB: number; kbEach: number }> {
  await runLoad({ port, path: '/small', connections: AT_ONCE, seconds: options.smoke ? 1 : 6, cpu: LOAD_CPU });
  const restMs = options.smoke ? 1_000 : REST_MS;
  const open: Socket[] = [];
  await openUpTo(connections, port, open);
  await rest(restMs);
  const beforeMiB = residentMiB(pid);
  await openUpTo(2 * connections, port, open);
  await rest(restMs);
  const withMiB = residentMiB(pid);
  for (const socket of open) socket.destroy();
  return { beforeMiB, withMiB, kbEach: ((withMiB - beforeMiB) * 1_024) / connections };
}

async function openUpTo(connections: number, port: number, open: Socket[]): Promise<void> {
  while (open.length < connections) open.push(...(await Promise.all(Array.from({ length: Math.min(AT_ONCE, connections - open.length) }, () => openAndAsk(port)))));
}

/** A connection that has had one answer. */
function openAndAsk(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(REQUEST));
    socket.once('data', (bytes: Buffer) => {
      if (bytes.toString('latin1', 0, 12) === 'HTTP/1.1 200') resolve(socket);
      else reject(new Error(`answered with ${bytes.toString('latin1', 0, 60)}`));
    });
    socket.once('error', reject);
  });
}
