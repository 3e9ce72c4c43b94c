/**
 * Runs the plugins of a request before it goes upstream and when it is over, phase by phase, in the chain's order, but for those whose
 * condition does not hold; the phases of a response are in run-response-plugins.ts. A plugin that throws never opens the door: the
 * request ends with 500, the error is logged with the plugin's name and counted. Nor does one that makes the request wait unannounced.
 */
import type { Verdict } from '../../shared/plugins/contract.ts';
import { describeThrown, HoldfastError } from '../../shared/errors.ts';
import type { ChainEntry, PluginChain } from '../config/active-config.ts';
import { isRefusing } from '../config/plugin-instances.ts';
import { byPriority } from '../config/plugin-order.ts';
import type { Exchange } from './exchange.ts';
import { configOf } from './pinned-configs.ts';
import { PluginConditions } from './plugin-conditions.ts';
import { LogPluginContext, RequestPluginContext } from './plugin-contexts.ts';

export type HeadOutcome =
  /** Every plugin let it pass. */
  | { readonly kind: 'passed' }
  | { readonly kind: 'answered'; readonly verdict: Verdict; readonly entry: ChainEntry }
  /** The next plugin wants the body first: collect it, then call again. */
  | { readonly kind: 'needs-body' }
  /** The plugin has no answer yet: give it to `settle` when it is there. */
  | { readonly kind: 'waiting'; readonly answer: Promise<Verdict | undefined>; readonly entry: ChainEntry; readonly chain: PluginChain }
  /** The answer was waited for too long. */
  | { readonly kind: 'too-late' }
  | { readonly kind: 'failed' };

const PASSED: HeadOutcome = { kind: 'passed' };
const NEEDS_BODY: HeadOutcome = { kind: 'needs-body' };
const FAILED: HeadOutcome = { kind: 'failed' };

/** Runs `begin` of those that have it. False where one threw. */
export function runBegin(exchange: Exchange): boolean {
  const context = (exchange.pluginContext ??= new RequestPluginContext(exchange));
  for (const entry of exchange.chain.begin) {
    try {
      context.current = entry;
      if (!runs(exchange, entry)) continue;
      exchange.phases?.begin('begin', entry.name);
      expectNoPromise(entry.instance.begin?.(context, stateOf(exchange, entry)));
      exchange.phases?.end();
    } catch (thrown) {
      reportPluginError(exchange, entry, 'begin', thrown);
      return false;
    }
  }
  return true;
}

/** Runs `requestHead` of all, then `upstreamRequest` of all, from where the last call stopped. */
export function runRequestPhases(exchange: Exchange): HeadOutcome {
  for (;;) {
    const { chain, phase } = exchange;
    const entry = (exchange.turns ?? chain[phase])[exchange.nextPlugin];
    if (entry === undefined) {
      if (phase === 'upstreamRequest' || chain.upstreamRequest.length === 0) return PASSED;
      exchange.phase = 'upstreamRequest';
      exchange.turns = undefined;
      exchange.nextPlugin = 0;
      continue;
    }
    try {
      if (!runs(exchange, entry)) {
        exchange.nextPlugin += 1;
        continue;
      }
      // One that joined on the way may take more than those before it.
      if (entry.instance.requestBody !== undefined && exchange.collectedUpTo < Math.min(entry.instance.requestBody.maxBytes, chain.requestBodyMaxBytes)) return NEEDS_BODY;
      const context = (exchange.pluginContext ??= new RequestPluginContext(exchange));
      context.current = entry;
      exchange.phases?.begin(phase, entry.name);
      const answer = entry.instance[phase]?.(context, stateOf(exchange, entry));
      if (answer instanceof Promise) return awaited(exchange, entry, chain, answer);
      exchange.phases?.end();
      advance(exchange, chain, entry);
      if (answer !== undefined) return { kind: 'answered', verdict: answer, entry };
    } catch (thrown) {
      reportPluginError(exchange, entry, phase, thrown);
      return FAILED;
    }
  }
}

/** Promises are for those that announced them: a chain is judged by what it costs before it runs. */
function awaited(exchange: Exchange, entry: ChainEntry, chain: PluginChain, answer: Promise<Verdict | undefined>): HeadOutcome {
  if (entry.instance.isAsync === true) return { kind: 'waiting', answer, entry, chain };
  reportPluginError(exchange, entry, exchange.phase, unannounced(answer));
  return FAILED;
}

/** For the phases that never wait. Throws where one gave a promise, as an `async` function does: what it does later has no hold on the message. */
export function expectNoPromise(result: unknown): void {
  if (result instanceof Promise) throw unannounced(result);
}

function unannounced(promise: Promise<unknown>): HoldfastError {
  promise.catch(() => undefined);
  return new HoldfastError({
    code: 'PLUGIN_NOT_ASYNC',
    source: 'gateway',
    publicMessage: 'a plugin gave a promise where nobody waits for it',
    message: 'it gave a promise; only requestHead and upstreamRequest may, where create says isAsync: true',
  });
}

/** What a plugin answered that was waited for; then, if that is undefined, the phases go on by `runRequestPhases`. */
export function settle(exchange: Exchange, { entry, chain }: Extract<HeadOutcome, { kind: 'waiting' }>, verdict: Verdict | undefined): HeadOutcome {
  exchange.phases?.end();
  advance(exchange, chain, entry);
  return verdict === undefined ? runRequestPhases(exchange) : { kind: 'answered', verdict, entry };
}

/** `chain` is the one in which the plugin ran. */
function advance(exchange: Exchange, chain: PluginChain, entry: ChainEntry): void {
  if (exchange.chain === chain) exchange.nextPlugin += 1;
  else joinChain(exchange, chain, entry);
}

/** What the plugin keeps of this request, made when it is first asked for. */
export function stateOf(exchange: Exchange, { instance, pluginId }: ChainEntry): unknown {
  if (instance.newState === undefined) return undefined;
  const states = (exchange.states ??= []);
  for (const kept of states) if (kept.pluginId === pluginId) return kept.state;
  const state = instance.newState();
  states.push({ pluginId, state });
  return state;
}

/** Where its condition does not hold, a plugin does not run. */
export function runs(exchange: Exchange, entry: ChainEntry): boolean {
  return entry.condition === undefined || (exchange.conditions ??= new PluginConditions(exchange)).runs(entry);
}

/** Goes on in the chain that the request has now, after `entry`, which changed it. */
function joinChain(exchange: Exchange, before: PluginChain, entry: ChainEntry): void {
  const { chain, turns, phase } = exchange;
  if (phase === 'upstreamRequest' || (turns === undefined && !before.isReordered && !chain.isReordered)) {
    exchange.nextPlugin = placeAfter(chain[phase], entry);
    return;
  }
  const past = (turns ?? before.requestHead).slice(0, exchange.nextPlugin + 1);
  const due = (turns ?? before.requestHead).slice(exchange.nextPlugin + 1);
  exchange.turns = [...past, ...turnsLeft(chain.requestHead, past, due, entry)];
  exchange.nextPlugin = past.length;
}

/** Where a chain that was joined after `entry` goes on: at the first plugin that comes behind it. */
export function placeAfter(entries: readonly ChainEntry[], entry: ChainEntry): number {
  const place = entries.findIndex((other) => byPriority(entry, other) < 0);
  return place === -1 ? entries.length : place;
}

/**
 * The same where plugins are reordered: who comes behind `entry` in the new chain, who was due in the old one, and who would come
 * behind it by priority. That one was to run earlier, as its ordering says, and could not, because it is for a client who was not known.
 */
export function turnsLeft(entries: readonly ChainEntry[], past: readonly ChainEntry[], due: readonly ChainEntry[], entry: ChainEntry): readonly ChainEntry[] {
  const place = entries.findIndex(({ name }) => name === entry.name);
  const isDue = (other: ChainEntry, at: number): boolean => at > place || byPriority(entry, other) < 0 || due.some(({ name }) => name === other.name);
  return entries.filter((other, at) => isRefusing(other) || (!past.some(({ name }) => name === other.name) && isDue(other, at)));
}

/** Runs `log`. What a plugin throws here harms nobody but its own log. */
export function runLog(exchange: Exchange, totalMs: number): void {
  const entries = exchange.chain.log;
  if (entries.length === 0) return;
  const context = new LogPluginContext(exchange, totalMs);
  for (const entry of entries) {
    try {
      if (runs(exchange, entry)) expectNoPromise(entry.instance.log?.(context, stateOf(exchange, entry)));
    } catch (thrown) {
      reportPluginError(exchange, entry, 'log', thrown);
    }
  }
}

export function reportPluginError(exchange: Exchange, entry: ChainEntry, phase: string, thrown: unknown): void {
  const { counters, log } = exchange.core;
  counters.countPluginError(entry.name);
  const code = thrown instanceof HoldfastError ? { code: thrown.code } : {};
  log.error(
    { event: 'plugin-failed', plugin: entry.name, pluginId: entry.pluginId, phase, requestId: exchange.requestId, ...configOf(exchange.pinned), ...code, err: thrown instanceof Error ? thrown : undefined },
    `plugin ${entry.name} failed in ${phase}: ${describeThrown(thrown)}`,
  );
}
