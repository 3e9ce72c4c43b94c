/**
 * Limits on requests in windows of time: counts a request in all its windows in one atomic step, or in none and refuses it, and tells
 * the client where it stands. What rate-limiting and rate-limiting-advanced have in common; headers and texts as in Kong.
 */
import { randomInt } from 'node:crypto';
import { describeThrown } from '../errors.ts';
import type { Answer, RequestContext, Verdict } from '../plugins/contract.ts';
import { CurrentWindows } from './current-windows.ts';
import type { LimitCounters } from './limit-counters.ts';
import type { LimitedClients } from './limited-client.ts';
import type { CounterKey, CounterWindow, PluginServices, TakeResult } from '../plugins/plugin-services.ts';

type Header = readonly [name: string, value: string];

export interface LimitedWindow {
  /** As in the headers: `Minute`, `30`. */
  readonly title: string;
  readonly limit: number;
  /** The window that a moment lies in. */
  readonly windowAt: (nowMs: number) => CounterWindow;
}

export interface WindowLimiterOptions {
  readonly limited: readonly LimitedWindow[];
  readonly counters: LimitCounters;
  readonly clients: LimitedClients;
  readonly services: PluginServices;
  readonly errorCode: number;
  readonly errorMessage: string;
  readonly hideHeaders: boolean;
  /** Added to Retry-After at random, seconds at most, so that clients do not come back all at once. */
  readonly jitterSeconds: number;
  /** Refused requests count too. */
  readonly countsRefused: boolean;
  /** The request can't be counted. What it gives instead of a count is answered like one. */
  readonly uncounted: (reason: string, key: CounterKey, windows: readonly CounterWindow[]) => TakeResult | Verdict | undefined;
}

interface NamedWindow {
  readonly limitText: string;
  readonly limitHeader: string;
  readonly remainingHeader: string;
}

type Counted = Exclude<TakeResult, { readonly kind: 'full' }>;

export class WindowLimiter {
  readonly #options: WindowLimiterOptions;
  readonly #named: readonly NamedWindow[];
  readonly #windows: CurrentWindows;

  constructor(options: WindowLimiterOptions) {
    this.#options = options;
    this.#windows = new CurrentWindows(options.limited.map(({ windowAt }) => windowAt));
    this.#named = options.limited.map(({ title, limit }) => ({ limitText: String(limit), limitHeader: `X-RateLimit-Limit-${title}`, remainingHeader: `X-RateLimit-Remaining-${title}` }));
  }

  limit(context: RequestContext): Answer {
    const { services, counters, clients } = this.#options;
    const nowMs = services.clock.nowMs();
    const windows = this.#windows.at(nowMs);
    const key = clients.keyOf(context);
    const taken = counters.take(key, windows);
    if (!(taken instanceof Promise)) return this.#answer(context, key, taken, windows, nowMs);
    return taken.then((result) => this.#answer(context, key, result, windows, nowMs), (thrown: unknown) => this.#uncounted(context, key, describeThrown(thrown), windows, nowMs));
  }

  #answer(context: RequestContext, key: CounterKey, taken: TakeResult, windows: readonly CounterWindow[], nowMs: number): Verdict | undefined {
    if (taken.kind === 'full') return this.#uncounted(context, key, 'the counter table is full', windows, nowMs);
    if (taken.kind === 'over' && this.#options.countsRefused) this.#countRefused(key, windows);
    return this.#tell(context, taken, windows, nowMs);
  }

  #uncounted(context: RequestContext, key: CounterKey, reason: string, windows: readonly CounterWindow[], nowMs: number): Verdict | undefined {
    const instead = this.#options.uncounted(reason, key, windows);
    if (instead === undefined || instead.kind === 'respond') return instead;
    return instead.kind === 'full' ? undefined : this.#tell(context, instead, windows, nowMs);
  }

  /** Nobody waits for it. */
  #countRefused(key: CounterKey, windows: readonly CounterWindow[]): void {
    const counted = this.#options.counters.add(key, windows, 1);
    if (counted instanceof Promise) counted.catch(() => undefined);
  }

  #tell(context: RequestContext, taken: Counted, windows: readonly CounterWindow[], nowMs: number): Verdict | undefined {
    const { hideHeaders, errorCode, errorMessage } = this.#options;
    if (taken.kind === 'over') return { kind: 'respond', status: errorCode, message: errorMessage, headers: hideHeaders ? [] : this.#headers(taken, windows, nowMs) };
    if (!hideHeaders) for (const header of this.#headers(taken, windows, nowMs)) context.setResponseHeader(header[0], header[1]);
    return undefined;
  }

  /** Per window its limit and rest; RateLimit-* speak of the tightest: least rest, then the longest wait. */
  #headers(taken: Counted, windows: readonly CounterWindow[], nowMs: number): readonly Header[] {
    const headers: Header[] = [];
    let tightest: NamedWindow | undefined;
    let [remaining, endMs] = [Infinity, nowMs];
    for (let index = 0; index < this.#named.length; index += 1) {
      const [named, window, rest] = [this.#named[index], windows[index], Math.max(0, taken.remaining[index] ?? 0)];
      if (named === undefined || window === undefined) continue;
      if (rest <= remaining) {
        tightest = named;
        remaining = rest;
        endMs = window.startMs + window.windowMs;
      }
      headers.push([named.limitHeader, named.limitText], [named.remainingHeader, String(rest)]);
    }
    const resetSeconds = Math.max(1, Math.ceil((endMs - nowMs) / 1_000));
    headers.push(['RateLimit-Limit', tightest?.limitText ?? '0'], ['RateLimit-Remaining', String(remaining)], ['RateLimit-Reset', String(resetSeconds)]);
    if (taken.kind === 'over') headers.push(['Retry-After', String(resetSeconds + this.#jitter())]);
    return headers;
  }

  #jitter(): number {
    const { jitterSeconds } = this.#options;
    return jitterSeconds > 0 ? randomInt(Math.ceil(jitterSeconds) + 1) : 0;
  }
}
