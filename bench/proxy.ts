/**
 * Plain reverse proxy, compared: requests per second, CPU microseconds per request of the gateway's process tree,
 * latency, memory. Contenders take turns in every round, in another order each time; a figure with errors is thrown out
 * loudly. Prints a table per case and writes the raw figures to bench/results/proxy.json.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readFileSync } from 'node:fs';
import type { BenchOptions } from './main.ts';
import type { ContenderOptions, RunningContender } from './contenders/contender.ts';
import { freePort, startPinned } from './contenders/contender.ts';
import { startHaproxyGateway } from './contenders/haproxy.ts';
import { startHoldfastGateway } from './contenders/holdfast.ts';
import { startNginxGateway, startOrigin } from './contenders/nginx.ts';
import { runLoad, type BenchCase, type LoadResult } from './load.ts';
import { cpuMicros, residentMiB } from './process-cost.ts';

export const GATEWAY_CPU = 0;
export const LOAD_CPU = 1;
const CONNECTIONS = 64;
/** V8 compiles the hot path in steps: the figures of the Node contenders are steady after some 100,000 requests. */
const WARM_UP_SECONDS = 6;
const MAX_WARM_UPS = 10;
const BASELINE = 'nginx';

const CASES: readonly BenchCase[] = [
  { name: '100 B response', path: '/small' },
  { name: '64 KiB response', path: '/large' },
  { name: '10 KiB POST', path: '/post', script: 'post-10k.lua' },
];

type Start = (options: ContenderOptions) => Promise<RunningContender>;

const CONTENDERS: readonly (readonly [string, Start])[] = [
  ['holdfast', (options) => startHoldfastGateway(options, 'holdfast', 'auto')],
  // The same by Node's documented socket API alone.
  ['holdfast-documented', (options) => startHoldfastGateway(options, 'holdfast, documented sockets', 'documented')],
  ['nginx', startNginxGateway],
  ['haproxy', startHaproxyGateway],
  ['fastify-http-proxy', (options) => startNodeProgram('@fastify/http-proxy', packageVersion('@fastify/http-proxy'), 'fastify-http-proxy.ts', options)],
  ['http-proxy', (options) => startNodeProgram('http-proxy', packageVersion('http-proxy'), 'http-proxy.js', options)],
  ['node-http-undici', (options) => startNodeProgram('node:http + undici', `${process.version}, undici ${packageVersion('undici')}`, 'node-http-undici.ts', options)],
];

export interface Turn extends LoadResult {
  readonly cpuMicrosPerRequest: number;
  readonly residentMiB: number;
}

export async function runProxyBench(options: BenchOptions): Promise<void> {
  const unknown = options.only.find((name) => !CONTENDERS.some(([known]) => known === name));
  if (unknown !== undefined) throw new Error(`--only: there is no contender "${unknown}"; known: ${CONTENDERS.map(([name]) => name).join(', ')}`);
  if (cpus().length < 2) throw new Error('the bench needs two CPUs: one for the gateway, one for load and origin');
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
  const running: RunningContender[] = [];
  const originPort = await freePort();
  const origin = await startOrigin(originPort, folder, LOAD_CPU);
  try {
    for (const [name, start] of CONTENDERS) {
      if (options.only.length > 0 && !options.only.includes(name)) continue;
      running.push(await start({ port: await freePort(), originPort, folder, cpu: GATEWAY_CPU }));
    }
    const results: Record<string, Record<string, Turn[]>> = {};
    for (const benchCase of CASES) {
      results[benchCase.name] = await runCase(benchCase, running, options);
      printCase(benchCase, running, results[benchCase.name] ?? {}, options);
    }
    const file = fileURLToPath(new URL('./results/proxy.json', import.meta.url));
    if (options.smoke || options.only.length > 0) return;
    const contenders = running.map(({ name, version }) => ({ name, version }));
    writeFileSync(file, `${JSON.stringify({ command: 'npm run bench -- proxy', machine: machine(), rounds: options.rounds, seconds: options.seconds, connections: CONNECTIONS, contenders, results }, null, 1)}\n`);
    console.log(`raw figures: bench/results/proxy.json`);
  } finally {
    for (const contender of running) await contender.stop();
    await origin.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Warms all contenders, then lets them take turns. Throws where a request failed. */
export async function runCase(benchCase: BenchCase, running: readonly RunningContender[], options: BenchOptions): Promise<Record<string, Turn[]>> {
  const turns: Record<string, Turn[]> = Object.fromEntries(running.map(({ name }) => [name, []]));
  for (const contender of running) await warmUp(contender, benchCase, options);
  for (let round = 0; round < options.rounds; round++) {
    // Rotated each round, so that nobody always follows the same neighbour.
    for (let turn = 0; turn < running.length; turn++) {
      const contender = running[(turn + round) % running.length];
      if (contender === undefined) continue;
      const before = cpuMicros(contender.pid);
      const result = await load(contender, benchCase, options.seconds);
      const spent = cpuMicros(contender.pid) - before;
      if (result.errors > 0) throw new Error(`${contender.name}: ${result.errors} failed requests in "${benchCase.name}": the figure would be worthless`);
      turns[contender.name]?.push({ ...result, cpuMicrosPerRequest: spent / result.requests, residentMiB: residentMiB(contender.pid) });
    }
  }
  return turns;
}

async function warmUp(contender: RunningContender, benchCase: BenchCase, options: BenchOptions): Promise<void> {
  let answered = 0;
  for (let turn = 0; turn < MAX_WARM_UPS; turn++) {
    answered += (await load(contender, benchCase, options.smoke ? 1 : WARM_UP_SECONDS)).requests;
    if (options.smoke || answered >= (benchCase.warmUpRequests ?? 0)) return;
  }
}

function load(contender: RunningContender, benchCase: BenchCase, seconds: number): Promise<LoadResult> {
  const script = benchCase.script === undefined ? {} : { script: benchCase.script };
  return runLoad({ port: contender.port, path: benchCase.path, ...script, connections: CONNECTIONS, seconds, cpu: LOAD_CPU });
}

export function printCase(benchCase: BenchCase, running: readonly RunningContender[], turns: Readonly<Record<string, readonly Turn[]>>, options: BenchOptions): void {
  const baseline = turns[BASELINE] ?? [];
  console.log(`\n### ${benchCase.name}, ${CONNECTIONS} keep-alive connections, ${options.rounds} rounds of ${options.seconds} s${options.smoke ? ' (smoke: figures mean nothing)' : ''}\n`);
  console.log('| gateway | version | requests/s | CPU µs/request | min–max | × nginx (paired median) | p50 ms | p99 ms | RSS MiB |');
  console.log('|---|---|--:|--:|--:|--:|--:|--:|--:|');
  for (const { name, version } of running) {
    const own = turns[name] ?? [];
    const cpu = own.map((turn) => turn.cpuMicrosPerRequest);
    const ratios = own.map((turn, round) => turn.cpuMicrosPerRequest / (baseline[round]?.cpuMicrosPerRequest ?? Number.NaN));
    const figure = (of: (turn: Turn) => number, digits: number): string => median(own.map(of)).toFixed(digits);
    console.log(`| ${name} | ${version} | ${figure((turn) => turn.requestsPerSecond, 0)} | ${median(cpu).toFixed(1)} | ${Math.min(...cpu).toFixed(1)}–${Math.max(...cpu).toFixed(1)} | ${median(ratios).toFixed(2)} | ${figure((turn) => turn.p50Ms, 2)} | ${figure((turn) => turn.p99Ms, 2)} | ${figure((turn) => turn.residentMiB, 0)} |`);
  }
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[middle] ?? Number.NaN) : ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2;
}

async function startNodeProgram(name: string, version: string, file: string, options: ContenderOptions): Promise<RunningContender> {
  const program = fileURLToPath(new URL(`./contenders/${file}`, import.meta.url));
  const environment = [`PORT=${options.port}`, `ORIGIN_PORT=${options.originPort}`];
  const running = await startPinned('env', [...environment, process.execPath, program], options.cpu, options.port);
  return { name, version, port: options.port, ...running };
}

function packageVersion(name: string): string {
  const manifest = JSON.parse(readFileSync(new URL(`../node_modules/${name}/package.json`, import.meta.url), 'utf8')) as { readonly version: string };
  return manifest.version;
}

export function machine(): string {
  const processors = cpus();
  return `${processors.length} × ${processors[0]?.model ?? 'unknown CPU'}, Linux, loopback`;
}
