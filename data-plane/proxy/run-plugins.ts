/**
 * Runs the plugins of a request, phase by phase, in the chain's order. A plugin that throws never opens the door: the request
 * ends with 500, the error is logged with the plugin's name and counted.
 */
import type { Verdict } from '../../shared/plugins/contract.ts';
import { describeThrown, HoldfastError } from '../../shared/errors.ts';
import type { ChainEntry } from '../config/active-config.ts';
import type { Exchange } from './exchange.ts';
import { configOf } from './pinned-configs.ts';
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
  while (exchange.nextPlugin < exchange.chain.requestHead.length) {
    const { chain } = exchange;
    const entry = chain.requestHead[exchange.nextPlugin];
    if (entry === undefined) break;
    if (entry.instance.requestBody !== undefined && !exchange.bodyCollected) return NEEDS_BODY;
    const context = (exchange.pluginContext ??= new RequestPluginContext(exchange));
    context.current = entry.instance;
    let verdict: Verdict | undefined;
    try {
      verdict = entry.instance.requestHead?.(context);
    } catch (thrown) {
      reportPluginError(exchange, entry, 'requestHead', thrown);
      return FAILED;
    }
    exchange.nextPlugin = exchange.chain === chain ? exchange.nextPlugin + 1 : placeAfter(exchange.chain.requestHead, entry);
    if (verdict !== undefined) return { kind: 'answered', verdict, entry };
  }
  return PASSED;
}

/** Where a chain that was joined after `entry` goes on: at the first plugin that comes behind it. */
export function placeAfter(entries: readonly ChainEntry[], entry: ChainEntry): number {
  const place = entries.findIndex((other) => other.priority < entry.priority || (other.priority === entry.priority && other.name < entry.name));
  return place === -1 ? entries.length : place;
}

/** Runs `responseHead`; false where a plugin threw. `source` is what the response says so far. */
export function runResponseHead(exchange: Exchange, status: number, generated: boolean, source: HeaderSource): boolean {
  const entries = exchange.chain.responseHead;
  if (entries.length === 0) return true;
  const context = new ResponsePluginContext(exchange, status, generated, source);
  for (const entry of entries) {
    try {
      entry.instance.responseHead?.(context);
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
      entry.instance.log?.(context);
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
