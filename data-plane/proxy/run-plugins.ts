/**
 * Runs the plugins of a request, phase by phase, in the chain's order, but for those whose condition does not hold. A plugin that throws never opens the door: the request
 * ends with 500, the error is logged with the plugin's name and counted.
 */
import type { Verdict } from '../../shared/plugins/contract.ts';
import { describeThrown, HoldfastError } from '../../shared/errors.ts';
import type { ChainEntry, PluginChain } from '../config/active-config.ts';
import { byPriority } from '../config/plugin-order.ts';
import type { Exchange } from './exchange.ts';
import { configOf } from './pinned-configs.ts';
import { PluginConditions } from './plugin-conditions.ts';
import { type HeaderSource, LogPluginContext, RequestPluginContext, ResponsePluginContext } from './plugin-contexts.ts';

export type HeadOutcome =
  /** Every plugin let it pass. */
  | { readonly kind: 'passed' }
  | { readonly kind: 'answered'; readonly verdict: Verdict; readonly entry: ChainEntry }
  /** The next plugin wants the body first: collect it, then call again. */
  | { readonly kind: 'needs-body' }
  | { readonly kind: 'failed' };

const PASSED: HeadOutcome = { kind: 'passed' };
const NEEDS_BODY: HeadOutcome = { kind: 'needs-body' };
const FAILED: HeadOutcome = { kind: 'failed' };

/** Runs `requestHead` from where the last call stopped. */
export function runRequestHead(exchange: Exchange): HeadOutcome {
  for (;;) {
    const { chain } = exchange;
    const entry = (exchange.turns ?? chain.requestHead)[exchange.nextPlugin];
    if (entry === undefined) return PASSED;
    let verdict: Verdict | undefined;
    try {
      if (!runs(exchange, entry)) {
        exchange.nextPlugin += 1;
        continue;
      }
      if (entry.instance.requestBody !== undefined && !exchange.bodyCollected) return NEEDS_BODY;
      const context = (exchange.pluginContext ??= new RequestPluginContext(exchange));
      context.current = entry.instance;
      verdict = entry.instance.requestHead?.(context);
    } catch (thrown) {
      reportPluginError(exchange, entry, 'requestHead', thrown);
      return FAILED;
    }
    if (exchange.chain === chain) exchange.nextPlugin += 1;
    else joinChain(exchange, chain, entry);
    if (verdict !== undefined) return { kind: 'answered', verdict, entry };
  }
}

/** Where its condition does not hold, a plugin does not run. */
function runs(exchange: Exchange, entry: ChainEntry): boolean {
  return entry.condition === undefined || (exchange.conditions ??= new PluginConditions(exchange)).runs(entry);
}

/** Goes on in the chain that the request has now, after `entry`, which changed it. */
function joinChain(exchange: Exchange, before: PluginChain, entry: ChainEntry): void {
  const { chain, turns } = exchange;
  if (turns === undefined && !before.isReordered && !chain.isReordered) {
    exchange.nextPlugin = placeAfter(chain.requestHead, entry);
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
  return entries.filter((other, at) => !past.some(({ name }) => name === other.name) && isDue(other, at));
}

/** Runs `responseHead`; false where a plugin threw. `source` is what the response says so far. */
export function runResponseHead(exchange: Exchange, status: number, generated: boolean, source: HeaderSource): boolean {
  const entries = exchange.chain.responseHead;
  if (entries.length === 0) return true;
  const context = new ResponsePluginContext(exchange, status, generated, source);
  for (const entry of entries) {
    try {
      if (runs(exchange, entry)) entry.instance.responseHead?.(context);
    } catch (thrown) {
      reportPluginError(exchange, entry, 'responseHead', thrown);
      return false;
    }
  }
  context.close();
  return true;
}

/** Runs `log`. What a plugin throws here harms nobody but its own log. */
export function runLog(exchange: Exchange, totalMs: number): void {
  const entries = exchange.chain.log;
  if (entries.length === 0) return;
  const context = new LogPluginContext(exchange, totalMs);
  for (const entry of entries) {
    try {
      if (runs(exchange, entry)) entry.instance.log?.(context);
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
