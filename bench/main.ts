/**
 * `npm run bench -- <what> [options]`: shows performance, never asserts it. Every figure comes from one run in which the
 * contenders take turns, each alone on one CPU, with the load generator and the origin on the other. See bench/README.md.
 */
import { parseArgs } from 'node:util';
import { didYouMean } from '../shared/nearest.ts';
import { runAdminBench } from './admin.ts';
import { runCacheBench } from './cache.ts';
import { runChainBench } from './chain.ts';
import { runColdBench } from './cold.ts';
import { runConsumersBench } from './consumers.ts';
import { runCountsBench } from './counts.ts';
import { runEnduranceBench, runSoakBench } from './endurance.ts';
import { runFleetBench } from './fleet.ts';
import { runIdleBench } from './idle.ts';
import { runIngestBench } from './ingest.ts';
import { runJwtBench } from './jwt.ts';
import { runLimitsBench } from './limits.ts';
import { runOutageBench } from './outage.ts';
import { runPluginBench } from './plugins.ts';
import { runProtocolBench } from './protocols.ts';
import { runProxyBench } from './proxy.ts';
import { runPropagationBench } from './propagation.ts';
import { runSpoolBench } from './spool.ts';
import { runSwapBench } from './swap.ts';
import { runTracingBench } from './tracing.ts';
import { runTelemetryBench } from './telemetry.ts';
import { runThreadsBench } from './threads.ts';

const BENCHES: Readonly<Record<string, (options: BenchOptions) => Promise<void>>> = {
  proxy: runProxyBench,
  chain: runChainBench,
  cache: runCacheBench,
  consumers: runConsumersBench,
  telemetry: runTelemetryBench,
  threads: runThreadsBench,
  tracing: runTracingBench,
  idle: runIdleBench,
  jwt: runJwtBench,
  plugins: runPluginBench,
  protocols: runProtocolBench,
  propagation: runPropagationBench,
  swap: runSwapBench,
  cold: runColdBench,
  fleet: runFleetBench,
  admin: runAdminBench,
  ingest: runIngestBench,
  outage: runOutageBench,
  counts: runCountsBench,
  spool: runSpoolBench,
  limits: runLimitsBench,
  endurance: runEnduranceBench,
  soak: runSoakBench,
};

export interface BenchOptions {
  /** How often each contender takes its turn. */
  readonly rounds: number;
  /** Length of one turn. */
  readonly seconds: number;
  /** Short, to prove that the bench works; its figures mean nothing. */
  readonly smoke: boolean;
  /** Length of a soak. */
  readonly minutes: number;
  /** Empty: all. */
  readonly only: readonly string[];
  /** Cases whose names hold this (protocols); '' for all. */
  readonly onlyCase: string;
  /** Data planes of a fleet; undefined where not said. */
  readonly sessions: number | undefined;
  /** Of the fleet's backoff; undefined: one is taken and printed. */
  readonly seed: number | undefined;
  /** Sizes of a fleet's configuration; empty: all. */
  readonly entities: readonly number[];
  /** Of the fleet; empty: all. */
  readonly scenarios: readonly string[];
}

const USAGE = `usage: npm run bench -- <${Object.keys(BENCHES).join('|')}> [--rounds N] [--seconds N] [--only name,name] [--case text]
                              [--sessions N] [--entities N,N] [--scenario name,name] [--seed N] [--smoke]
  --rounds N    turns of each contender (default 5)
  --seconds N   length of a turn (default 4)
  --only a,b    these contenders alone (proxy, protocols), these plugins (plugins), these cases (admin: reads, writes, paced, pages, batch)
  --case text   the cases with this in their names alone (protocols)
  --minutes N   length of a soak (default 30)
  --sessions N  data planes of a fleet (default 10000)
  --entities N  sizes of a fleet's configuration, whole hundreds (default 1000,10000,100000); of all gateways (admin: 100000)
  --scenario a  what is done with a fleet: growth, sustained, herd, failover, join (default all)
  --seed N      of the fleet's backoff (default: one is taken, and printed)
  --smoke       one short round: proves that it runs, its figures mean nothing`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { rounds: { type: 'string' }, seconds: { type: 'string' }, minutes: { type: 'string' }, only: { type: 'string' }, case: { type: 'string' }, sessions: { type: 'string' }, seed: { type: 'string' }, entities: { type: 'string' }, scenario: { type: 'string' }, smoke: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
  });
  const name = positionals[0];
  if (values.help === true || name === undefined) {
    console.log(USAGE);
    return;
  }
  const bench = BENCHES[name];
  if (bench === undefined) throw new Error(`there is no bench "${name}"${didYouMean(name, Object.keys(BENCHES))}\n${USAGE}`);
  const smoke = values.smoke === true;
  await bench({
    smoke,
    rounds: bounded('rounds', values.rounds, smoke ? 1 : 5, 50),
    seconds: bounded('seconds', values.seconds, smoke ? 1 : 4, 30),
    minutes: bounded('minutes', values.minutes, 30, 1_440),
    only: values.only?.split(',') ?? [],
    onlyCase: values.case ?? '',
    sessions: values.sessions === undefined ? undefined : bounded('sessions', values.sessions, 0, 50_000),
    seed: values.seed === undefined ? undefined : bounded('seed', values.seed, 0, 1_000_000_000),
    entities: (values.entities?.split(',') ?? []).map((text) => bounded('entities', text, 0, 1_000_000)),
    scenarios: values.scenario?.split(',') ?? [],
  });
}

function bounded(name: string, text: string | undefined, byDefault: number, maximum: number): number {
  const value = text === undefined ? byDefault : Number(text);
  if (!Number.isInteger(value) || value < 1 || value > maximum) throw new Error(`--${name} takes a whole number from 1 to ${maximum}, not ${String(text)}`);
  return value;
}

try {
  await main();
} catch (thrown) {
  console.error(thrown instanceof Error ? thrown.message : thrown);
  process.exitCode = 1;
}
