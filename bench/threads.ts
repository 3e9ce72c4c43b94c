/**
 * `npm run bench -- threads`: what a second proxy thread costs, in CPU microseconds per request, and whether clients notice when
 * threads end and others take their place: each request on a connection of its own, and every failed one is counted.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { put, ref, testId } from '../test/support/config-content.ts';
import { freePort, startPinned, type RunningContender } from './contenders/contender.ts';
import { startOrigin } from './contenders/nginx.ts';
import { startPublishedHoldfast } from './contenders/published-holdfast.ts';
import { runLoad, type LoadResult } from './load.ts';
import type { BenchOptions } from './main.ts';
import { cpuMicros } from './process-cost.ts';
import { LOAD_CPU, machine, median } from './turns.ts';

/** Gateway, load and origin share both, in both cases alike. */
const BOTH_CPUS = '0,1';
const CONNECTIONS = 64;
const WARM_UP_SECONDS = 8;
const REPLACEMENT_SECONDS = 20;

export async function runThreadsBench(options: BenchOptions): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
  const originPort = await freePort();
  const origin = await startOrigin(originPort, folder, LOAD_CPU);
  const running: RunningContender[] = [];
  try {
    const changes = [put('services', { id: testId('a0'), url: `http://127.0.0.1:${originPort}` }), put('routes', { id: testId('b0'), paths: ['/'], service: ref('a0') })];
    for (const threads of [1, 2]) {
      running.push(await startPublishedHoldfast({ name: `${threads} thread${threads === 1 ? '' : 's'}`, changes, settings: { HOLDFAST_PROXY_THREADS: String(threads) }, cpus: BOTH_CPUS }));
    }
    const costs = await compare(running, options);
    const [one = [], two = []] = costs;
    const ratio = median(two.map((cost, round) => cost / (one[round] ?? Number.NaN)));
    console.log(`\n| threads | CPU µs/request | × one thread (paired median) |\n|--:|--:|--:|\n| 1 | ${median(one).toFixed(1)} | 1.00 |\n| 2 | ${median(two).toFixed(1)} | ${ratio.toFixed(2)} |`);
    const replaced = await replaceUnderLoad(originPort, options);
    console.log(`\nthreads replaced once a second for ${replaced.seconds} s, a connection per request: ${replaced.requests} answered, ${replaced.errors} failed`);
    if (options.smoke) return;
    const results = { cpuMicrosPerRequest: { one, two }, ratio, tcpMigrateReq: readFileSync('/proc/sys/net/ipv4/tcp_migrate_req', 'utf8').trim(), replaced };
    writeFileSync(new URL('./results/threads.json', import.meta.url), `${JSON.stringify({ command: 'npm run bench -- threads', machine: machine(), rounds: options.rounds, seconds: options.seconds, ...results }, null, 1)}\n`);
  } finally {
    for (const contender of running) await contender.stop();
    await origin.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** CPU microseconds per request of each, round by round. */
async function compare(running: readonly RunningContender[], options: BenchOptions): Promise<readonly number[][]> {
  const load = (port: number, seconds: number): Promise<LoadResult> => runLoad({ port, path: '/small', connections: CONNECTIONS, seconds, cpu: BOTH_CPUS });
  for (const { port } of running) await load(port, options.smoke ? 1 : WARM_UP_SECONDS);
  const costs = running.map((): number[] => []);
  for (let round = 0; round < options.rounds; round++) {
    for (const [index, { name, port, pid }] of running.entries()) {
      const before = cpuMicros(pid);
      const { requests, errors } = await load(port, options.seconds);
      if (errors > 0) throw new Error(`${name}: ${errors} failed requests: the figure would be worthless`);
      costs[index]?.push((cpuMicros(pid) - before) / requests);
    }
  }
  return costs;
}

async function replaceUnderLoad(originPort: number, options: BenchOptions): Promise<LoadResult & { readonly seconds: number }> {
  const port = await freePort();
  const seconds = options.smoke ? 3 : REPLACEMENT_SECONDS;
  const program = fileURLToPath(new URL('./load-programs/replaced-threads.ts', import.meta.url));
  const proxy = await startPinned('env', [`PORT=${port}`, `ORIGIN_PORT=${originPort}`, process.execPath, program], BOTH_CPUS, port);
  try {
    return { seconds, ...(await runLoad({ port, path: '/small', headers: ['Connection: close'], connections: 16, seconds, cpu: BOTH_CPUS })) };
  } finally {
    await proxy.stop();
  }
}
