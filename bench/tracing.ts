/**
 * `npm run bench -- tracing`: CPU per request of opentelemetry and zipkin at several shares of recorded requests, over the same proxy
 * without. One data plane with one thread and a route for each; the routes take turns in every round. The collector is the origin, which
 * takes what it is sent on the other CPU.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EntityChange } from '../data-plane/config/compile-contract.ts';
import type { JsonObject } from '../shared/model/definition.ts';
import { put, ref, testId } from '../test/support/config-content.ts';
import { freePort } from './contenders/contender.ts';
import { startOrigin } from './contenders/nginx.ts';
import { startPublishedHoldfast } from './contenders/published-holdfast.ts';
import { runLoad } from './load.ts';
import type { BenchOptions } from './main.ts';
import { CONNECTIONS, GATEWAY_CPU, LOAD_CPU, machine, median, takeTurns, type Contender, type Turns } from './turns.ts';

const SERVICE = 'a1';
const BASELINE = 'without';

interface TracingCase {
  readonly name: string;
  readonly plugin: string;
  readonly config: (collector: string) => JsonObject;
  /** Of CPU per request over the proxy without; undefined where none was set. */
  readonly aim: number | undefined;
}

const CASES: readonly TracingCase[] = [
  { name: 'opentelemetry-0', plugin: 'opentelemetry', config: (collector) => ({ traces_endpoint: `${collector}/v1/traces`, sampling_rate: 0 }), aim: undefined },
  { name: 'opentelemetry-10', plugin: 'opentelemetry', config: (collector) => ({ traces_endpoint: `${collector}/v1/traces`, sampling_rate: 0.1 }), aim: 0.08 },
  { name: 'opentelemetry-100', plugin: 'opentelemetry', config: (collector) => ({ traces_endpoint: `${collector}/v1/traces`, sampling_rate: 1 }), aim: 0.35 },
  { name: 'zipkin-10', plugin: 'zipkin', config: (collector) => ({ http_endpoint: `${collector}/api/v2/spans`, sample_ratio: 0.1, queue: { max_batch_size: 200 } }), aim: undefined },
  { name: 'zipkin-100', plugin: 'zipkin', config: (collector) => ({ http_endpoint: `${collector}/api/v2/spans`, sample_ratio: 1, queue: { max_batch_size: 200 } }), aim: undefined },
];

export async function runTracingBench(options: BenchOptions): Promise<void> {
  const cases = CASES.filter(({ name }) => options.only.length === 0 || options.only.includes(name));
  if (cases.length === 0) throw new Error(`--only: the cases are ${CASES.map(({ name }) => name).join(', ')}`);
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
  const originPort = await freePort();
  const origin = await startOrigin(originPort, folder, LOAD_CPU);
  try {
    const settings = { HOLDFAST_PROXY_THREADS: '1', HOLDFAST_PLUGIN_FETCH_NETWORKS: '127.0.0.0/8' };
    const gateway = await startPublishedHoldfast({ name: 'holdfast', changes: tracingConfig(originPort), settings, cpus: String(GATEWAY_CPU) });
    try {
      const running: readonly Contender[] = [BASELINE, ...cases.map(({ name }) => name)].map((name) => ({ ...gateway, name }));
      const load = ({ name }: Contender, seconds: number) => runLoad({ port: gateway.port, path: `/${name}`, headers: [], connections: CONNECTIONS, seconds, cpu: LOAD_CPU });
      const turns = await takeTurns({ title: 'tracing', load }, running, options);
      const rows = cases.map((one) => rowOf(one, turns));
      console.log(`\n### what tracing costs, ${CONNECTIONS} keep-alive connections, ${options.rounds} rounds of ${options.seconds} s${options.smoke ? ' (smoke: figures mean nothing)' : ''}\n`);
      console.log(`without: ${median(cpuOf(BASELINE, turns)).toFixed(1)} µs of CPU per request\n\n| | CPU µs/request | over without (paired median) | min–max | aim |\n|---|--:|--:|--:|--:|`);
      for (const { name, cpuMicros, over, lowest, highest, aim } of rows) console.log(`| ${name} | ${cpuMicros.toFixed(1)} | ${percent(over)} | ${percent(lowest)}–${percent(highest)} | ${aim === undefined ? '' : percent(aim)} |`);
      if (options.smoke || options.only.length > 0) return;
      writeFileSync(new URL('./results/tracing.json', import.meta.url), `${JSON.stringify({ command: 'npm run bench -- tracing', machine: machine(), rounds: options.rounds, seconds: options.seconds, connections: CONNECTIONS, rows }, null, 1)}\n`);
    } finally {
      await gateway.stop();
    }
  } finally {
    await origin.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function tracingConfig(originPort: number): readonly EntityChange[] {
  const origin = `http://127.0.0.1:${originPort}`;
  return [
    put('services', { id: testId(SERVICE), url: origin }),
    ...[BASELINE, ...CASES.map(({ name }) => name)].map((name, n) => put('routes', { id: testId(`d${n}`), name, paths: [`/${name}`], strip_path: false, service: ref(SERVICE) })),
    ...CASES.map(({ plugin, config }, n) => put('plugins', { id: testId(`e${n}`), name: plugin, route: ref(`d${n + 1}`), config: config(origin) })),
  ];
}

function rowOf({ name, aim }: TracingCase, turns: Turns) {
  const own = cpuOf(name, turns);
  const ratios = own.map((micros, round) => micros / (cpuOf(BASELINE, turns)[round] ?? Number.NaN) - 1);
  return { name, cpuMicros: median(own), over: median(ratios), lowest: Math.min(...ratios), highest: Math.max(...ratios), aim };
}

function cpuOf(name: string, turns: Turns): readonly number[] {
  return (turns[name] ?? []).map(({ cpuMicrosPerRequest }) => cpuMicrosPerRequest);
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
