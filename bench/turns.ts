/**
 * How gateways are compared, for every bench that does: all are warmed, then they take turns in every round, and a table shows
 * CPU microseconds per request with the median of the ratios to nginx in the same round. What a turn sends is the bench's own.
 */
import { cpus } from 'node:os';
import type { LoadResult } from './load.ts';
import type { BenchOptions } from './main.ts';
import { cpuMicros, residentMiB } from './process-cost.ts';

export const GATEWAY_CPU = 0;
export const LOAD_CPU = 1;
export const CONNECTIONS = 64;
/** V8 compiles the hot path in steps: the figures of the Node contenders are steady after some 100,000 requests. */
const WARM_UP_SECONDS = 6;
const MAX_WARM_UPS = 10;
const BASELINE = 'nginx';

export interface Contender {
  readonly name: string;
  readonly version: string;
  /** Root of the process tree that is charged. */
  readonly pid: number;
}

export interface Comparison<C extends Contender> {
  readonly title: string;
  readonly load: (contender: C, seconds: number) => Promise<LoadResult>;
  /** Requests that each answers before the first round, at least, or what it can in a minute. */
  readonly warmUpRequests?: number;
  /** Share of a peer's requests that may fail and is told; none where not given. Never one of ours. */
  readonly toleratedOfPeers?: number;
}

export interface Turn extends LoadResult {
  readonly cpuMicrosPerRequest: number;
  readonly residentMiB: number;
}

export type Turns = Readonly<Record<string, readonly Turn[]>>;

/** Throws where a request failed that must not: the figure would be worthless. */
export async function takeTurns<C extends Contender>(comparison: Comparison<C>, running: readonly C[], options: BenchOptions): Promise<Turns> {
  const turns: Record<string, Turn[]> = Object.fromEntries(running.map(({ name }) => [name, []]));
  for (const contender of running) await warmUp(comparison, contender, options);
  for (let round = 0; round < options.rounds; round++) {
    // Rotated each round, so that nobody always follows the same neighbour.
    for (let turn = 0; turn < running.length; turn++) {
      const contender = running[(turn + round) % running.length];
      if (contender === undefined) continue;
      const before = cpuMicros(contender.pid);
      const result = await comparison.load(contender, options.seconds);
      const spent = cpuMicros(contender.pid) - before;
      const tolerated = contender.name.startsWith('holdfast') ? 0 : result.requests * (comparison.toleratedOfPeers ?? 0);
      if (result.errors > tolerated) throw new Error(`${contender.name}: ${result.errors} failed requests in "${comparison.title}": the figure would be worthless`);
      turns[contender.name]?.push({ ...result, cpuMicrosPerRequest: spent / result.requests, residentMiB: residentMiB(contender.pid) });
    }
  }
  return turns;
}

async function warmUp<C extends Contender>({ load, warmUpRequests = 0 }: Comparison<C>, contender: C, options: BenchOptions): Promise<void> {
  let answered = 0;
  for (let turn = 0; turn < MAX_WARM_UPS; turn++) {
    answered += (await load(contender, options.smoke ? 1 : WARM_UP_SECONDS)).requests;
    if (options.smoke || answered >= warmUpRequests) return;
  }
}

export function printTurns(title: string, running: readonly Contender[], turns: Turns, options: BenchOptions): void {
  const baseline = turns[BASELINE] ?? [];
  console.log(`\n### ${title}, ${options.rounds} rounds of ${options.seconds} s${options.smoke ? ' (smoke: figures mean nothing)' : ''}\n`);
  console.log('| gateway | version | requests/s | CPU µs/request | min–max | × nginx (paired median) | p50 ms | p99 ms | RSS MiB | failed |');
  console.log('|---|---|--:|--:|--:|--:|--:|--:|--:|--:|');
  for (const { name, version } of running) {
    const own = turns[name] ?? [];
    const cpu = own.map((turn) => turn.cpuMicrosPerRequest);
    const ratios = own.map((turn, round) => turn.cpuMicrosPerRequest / (baseline[round]?.cpuMicrosPerRequest ?? Number.NaN));
    const figure = (of: (turn: Turn) => number, digits: number): string => median(own.map(of)).toFixed(digits);
    const failed = own.reduce((sum, { errors }) => sum + errors, 0);
    console.log(`| ${name} | ${version} | ${figure((turn) => turn.requestsPerSecond, 0)} | ${median(cpu).toFixed(1)} | ${Math.min(...cpu).toFixed(1)}–${Math.max(...cpu).toFixed(1)} | ${median(ratios).toFixed(2)} | ${figure((turn) => turn.p50Ms, 2)} | ${figure((turn) => turn.p99Ms, 2)} | ${figure((turn) => turn.residentMiB, 0)} | ${failed} |`);
  }
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[middle] ?? Number.NaN) : ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2;
}

export function machine(): string {
  const processors = cpus();
  return `${processors.length} × ${processors[0]?.model ?? 'unknown CPU'}, Linux, loopback`;
}
