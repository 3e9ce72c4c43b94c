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
import { runLoad, type BenchCase } from './load.ts';
import { CONNECTIONS, GATEWAY_CPU, LOAD_CPU, machine, printTurns, takeTurns, type Comparison, type Turns } from './turns.ts';

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
    const results: Record<string, Turns> = {};
    for (const benchCase of CASES) {
      const comparison = wrkComparison(benchCase);
      const turns = await takeTurns(comparison, running, options);
      results[benchCase.name] = turns;
      printTurns(comparison.title, running, turns, options);
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

/** What a case sends, to be given to `takeTurns`. */
export function wrkComparison(benchCase: BenchCase): Comparison<RunningContender> {
  const { name, path, script, warmUpRequests } = benchCase;
  return {
    title: `${name}, ${CONNECTIONS} keep-alive connections`,
    load: ({ port }, seconds) => runLoad({ port, path, ...(script === undefined ? {} : { script }), connections: CONNECTIONS, seconds, cpu: LOAD_CPU }),
    ...(warmUpRequests === undefined ? {} : { warmUpRequests }),
  };
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
