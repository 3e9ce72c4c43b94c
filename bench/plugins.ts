/**
 * `npm run bench -- plugins`: CPU microseconds per request that each bundled plugin adds over the plain proxy. One data plane with one thread
 * and a route for each; the routes take turns in every round, the plain ones among them, so that what is compared was measured in one run.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EntityChange } from '../data-plane/config/compile-contract.ts';
import type { ContentKeyRing } from '../shared/trust/content-seal.ts';
import { didYouMean } from '../shared/nearest.ts';
import { put, ref, testId } from '../test/support/config-content.ts';
import { freePort } from './contenders/contender.ts';
import { startOrigin } from './contenders/nginx.ts';
import { startPublishedHoldfast } from './contenders/published-holdfast.ts';
import { runLoad } from './load.ts';
import type { BenchOptions } from './main.ts';
import { benchConsumer, benchPassword, PLUGIN_CASES, type PluginCase } from './plugin-cases.ts';
import { CONNECTIONS, GATEWAY_CPU, LOAD_CPU, machine, median, takeTurns, type Contender, type Turns } from './turns.ts';

type MeasuredCase = Extract<PluginCase, { readonly kind: 'measured' }>;

/** A route of the data plane, as one that takes turns. */
interface RouteContender extends Contender {
  readonly port: number;
  readonly headers: readonly string[];
  readonly script: string | undefined;
  /** The one that it is compared with; undefined for the plain ones. */
  readonly baseline: string | undefined;
  readonly note: string;
}

interface Row {
  readonly name: string;
  readonly cpuMicros: number;
  /** Median over the rounds of what it took more than its baseline in the same round. */
  readonly added: number;
  readonly lowest: number;
  readonly highest: number;
  readonly baseline: string;
  readonly note: string;
}

const PLAIN: Readonly<Record<string, MeasuredCase>> = { plain: { kind: 'measured', config: {} }, 'plain-post': { kind: 'measured', config: {}, on: 'plain-post' } };
const SERVICE = 'a1';

export async function runPluginBench(options: BenchOptions): Promise<void> {
  const unknown = options.only.find((name) => !Object.hasOwn(PLUGIN_CASES, name));
  if (unknown !== undefined) throw new Error(`--only: there is no plugin "${unknown}"${didYouMean(unknown, Object.keys(PLUGIN_CASES))}`);
  const cases = chosenCases(options.only);
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
  const originPort = await freePort();
  const origin = await startOrigin(originPort, folder, LOAD_CPU);
  try {
    const password = await benchPassword();
    const changes = (secretsFor: ContentKeyRing): readonly EntityChange[] => [put('services', { id: testId(SERVICE), url: `http://127.0.0.1:${originPort}` }), ...benchConsumer(password, secretsFor), ...routesOf(cases, secretsFor)];
    const gateway = await startPublishedHoldfast({ name: 'holdfast', changes, settings: { HOLDFAST_PROXY_THREADS: '1' }, cpus: String(GATEWAY_CPU) });
    try {
      const running = cases.map(([name, one]) => contenderOf(name, one, gateway));
      const load = ({ name, port, headers, script }: RouteContender, seconds: number) =>
        runLoad({ port, path: `/${name}`, headers, connections: CONNECTIONS, seconds, cpu: LOAD_CPU, ...(script === undefined ? {} : { script }) });
      const turns = await takeTurns({ title: 'plugins', load }, running, options);
      const rows = running.flatMap((contender) => rowOf(contender, turns));
      printRows(rows, turns, options);
      if (options.smoke || options.only.length > 0) return;
      writeFileSync(new URL('./results/plugins.json', import.meta.url), `${JSON.stringify({ command: 'npm run bench -- plugins', machine: machine(), rounds: options.rounds, seconds: options.seconds, connections: CONNECTIONS, rows }, null, 1)}\n`);
    } finally {
      await gateway.stop();
    }
  } finally {
    await origin.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Those and what they are compared with, which comes first. */
function chosenCases(only: readonly string[]): readonly (readonly [name: string, MeasuredCase])[] {
  const measured = Object.entries(PLUGIN_CASES).flatMap(([name, one]) => (one.kind === 'measured' ? [[name, one] as const] : []));
  const chosen = measured.filter(([name]) => only.length === 0 || only.includes(name) || measured.some(([other, { on }]) => on === name && only.includes(other)));
  return [...Object.entries(PLAIN), ...chosen];
}

/** Each case has a route, its plugin there, and the one that it stands on. */
function routesOf(cases: readonly (readonly [name: string, MeasuredCase])[], secretsFor: ContentKeyRing): readonly EntityChange[] {
  const changes: EntityChange[] = [];
  for (const [n, [name, { config, on }]] of cases.entries()) {
    const route = `d${n.toString(16).padStart(3, '0')}`;
    changes.push(put('routes', { id: testId(route), paths: [`/${name}`], strip_path: false, service: ref(SERVICE) }));
    if (!Object.hasOwn(PLAIN, name)) changes.push(put('plugins', { id: testId(`e${n.toString(16).padStart(3, '0')}`), name, route: ref(route), config }, secretsFor));
    if (on === 'key-auth') changes.push(put('plugins', { id: testId(`f${n.toString(16).padStart(3, '0')}`), name: on, route: ref(route) }));
  }
  return changes;
}

function contenderOf(name: string, { headers = [], on = 'plain', note = '' }: MeasuredCase, { version, pid, port }: Contender & { readonly port: number }): RouteContender {
  return { name, version, pid, port, headers, script: on === 'plain-post' ? 'post-json.lua' : undefined, baseline: Object.hasOwn(PLAIN, name) ? undefined : on, note };
}

function rowOf({ name, baseline, note }: RouteContender, turns: Turns): readonly Row[] {
  if (baseline === undefined) return [];
  const [own, others] = [cpuOf(name, turns), cpuOf(baseline, turns)];
  const added = own.map((micros, round) => micros - (others[round] ?? Number.NaN));
  return [{ name, cpuMicros: median(own), added: median(added), lowest: Math.min(...added), highest: Math.max(...added), baseline, note }];
}

function cpuOf(name: string, turns: Turns): readonly number[] {
  return (turns[name] ?? []).map(({ cpuMicrosPerRequest }) => cpuMicrosPerRequest);
}

function printRows(rows: readonly Row[], turns: Turns, { rounds, seconds, smoke }: BenchOptions): void {
  console.log(`\n### what each plugin adds, ${CONNECTIONS} keep-alive connections, ${rounds} rounds of ${seconds} s${smoke ? ' (smoke: figures mean nothing)' : ''}\n`);
  for (const name of Object.keys(PLAIN)) console.log(`${name}: ${median(cpuOf(name, turns)).toFixed(1)} µs of CPU per request`);
  console.log('\n| plugin | CPU µs/request | added µs (paired median) | min–max | over | what is measured |');
  console.log('|---|--:|--:|--:|---|---|');
  for (const { name, cpuMicros, added, lowest, highest, baseline, note } of rows) console.log(`| ${name} | ${cpuMicros.toFixed(1)} | ${added.toFixed(1)} | ${lowest.toFixed(1)}–${highest.toFixed(1)} | ${baseline} | ${note} |`);
  for (const [name, one] of Object.entries(PLUGIN_CASES)) if (one.kind === 'not-measured') console.log(`| ${name} | | | | | not measured: ${one.why} |`);
}
