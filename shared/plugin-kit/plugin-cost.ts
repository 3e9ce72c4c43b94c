/**
 * What a plugin costs per request: CPU time of its own code in each phase. For `holdfast plugin bench`; what the engine adds for
 * a phase is in bench/README.md.
 */
import { assert } from '../assert.ts';
import type { JsonObject } from '../model/definition.ts';
import type { RegisteredPlugin } from '../plugins/registered-plugin.ts';
import { mapCounterTable } from './map-counter-table.ts';
import { pluginContext, pluginServices, responseContext, type HostParts } from './plugin-host.ts';

export interface PhaseCost {
  readonly phase: string;
  /** CPU microseconds per request; the median of the rounds, not below 0. */
  readonly microseconds: number;
  /** Of the rounds. */
  readonly least: number;
  readonly most: number;
}

export interface CostOptions {
  readonly requests: number;
  readonly request?: HostParts;
}

const ROUNDS = 5;
type Once = () => unknown;

/** One row for each phase that the plugin has, and one for all of them. Where a phase waits, the waiting is not counted, only the CPU. */
export async function measurePlugin(plugin: RegisteredPlugin, config: JsonObject, { requests, request = {} }: CostOptions): Promise<readonly PhaseCost[]> {
  const services = pluginServices({ counters: mapCounterTable(() => Date.now()), clock: { nowMs: () => Date.now(), monotonicMs: () => performance.now() } });
  const instance = plugin.create(config, services);
  const perRound = Math.max(1, Math.ceil(requests / ROUNDS));
  const context = unrecorded(pluginContext({ ...request, body: instance.requestBody === undefined ? undefined : request.body }));
  const response = unrecorded(responseContext({ ...request, responseHeaders: [['Content-Type', 'application/json']] }));
  const stateOf = (): unknown => instance.newState?.();
  const phases: readonly (readonly [phase: string, own: Once | undefined])[] = [
    ['begin', instance.begin === undefined ? undefined : () => instance.begin?.(context, stateOf())],
    ['requestHead', instance.requestHead === undefined ? undefined : () => instance.requestHead?.(context, stateOf())],
    ['upstreamRequest', instance.upstreamRequest === undefined ? undefined : () => instance.upstreamRequest?.(context, stateOf())],
    ['responseHead', instance.responseHead === undefined ? undefined : () => instance.responseHead?.(response, stateOf())],
    ['log', instance.log === undefined ? undefined : () => instance.log?.(response, stateOf())],
  ];
  const costs: PhaseCost[] = [];
  for (const [phase, own] of phases) {
    if (own === undefined) continue;
    // Compiled code first.
    await repeat(own, perRound);
    const rounds: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) rounds.push(await repeat(own, perRound));
    costs.push(costOf(phase, rounds));
  }
  instance.close?.();
  const sum = (of: (cost: PhaseCost) => number): number => costs.reduce((all, cost) => all + of(cost), 0);
  return [...costs, { phase: 'all', microseconds: sum((cost) => cost.microseconds), least: sum((cost) => cost.least), most: sum((cost) => cost.most) }];
}

/** The same context, whose edits cost nothing and leave nothing: what is measured is the plugin. */
function unrecorded<Context extends object>(context: Context): Context {
  const quiet = Object.fromEntries(Object.keys(context).filter((name) => /^(?:set|remove|replace|authenticate|use|limit|collect|observe|respond)/.test(name)).map((name) => [name, () => undefined]));
  return { ...context, ...quiet };
}

function costOf(phase: string, rounds: readonly number[]): PhaseCost {
  const sorted = rounds.toSorted((a, b) => a - b);
  const [least, median, most] = [sorted[0], sorted[Math.floor(sorted.length / 2)], sorted.at(-1)];
  assert(least !== undefined && median !== undefined && most !== undefined, 'there are rounds');
  return { phase, microseconds: median, least, most };
}

/** CPU microseconds for each. */
async function repeat(once: Once, times: number): Promise<number> {
  const before = process.cpuUsage();
  for (let turn = 0; turn < times; turn += 1) {
    const answer = once();
    if (answer instanceof Promise) await answer;
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / times;
}
