/**
 * rate-limiting on a data plane: counts a request in all its calendar windows in one atomic step, or in none and refuses it. Where
 * counts are kept is the policy's affair (limit-counters.ts). Behaviour, headers and texts as in Kong 3.9, but a limit is never overshot;
 * see the README. Counters are keyed by plugin entity and client, never by limits: changing a limit resets nothing (R3).
 */
import { describeThrown } from '../../errors.ts';
import type { Answer, PluginFactory, RequestContext, Verdict } from '../contract.ts';
import { openLimitCounters, type LimitCounters } from '../limit-counters.ts';
import { LimitedClients } from '../limited-client.ts';
import type { CounterWindow, PluginServices, TakeResult } from '../plugin-services.ts';
import { redisOptionsOf } from '../redis-config.ts';
import { calendarWindowAt, type CalendarWindow } from './calendar-window.ts';
import { WINDOW_NAMES, type RateLimitingConfig, type WindowName } from './schema.ts';

type Header = readonly [name: string, value: string];

interface LimitedWindow {
  readonly name: WindowName;
  readonly limit: number;
  readonly limitText: string;
  readonly limitHeader: string;
  readonly remainingHeader: string;
}

export const rateLimitingFactory: PluginFactory<RateLimitingConfig> = {
  name: 'rate-limiting',
  create: (config, services) => {
    const { counters, areShared, isAsync, close } = openLimitCounters({ policy: config.policy, redis: redisOptionsOf(config.redis), syncMs: Math.max(0, config.sync_rate) * 1_000, services });
    const clients = new LimitedClients({ kinds: [config.limit_by], headerName: config.header_name, path: config.path, space: services.pluginId, areShared, services });
    const limiter = new RateLimiter(config, services, counters, clients);
    return { requestHead: (context) => limiter.limit(context), close, ...(isAsync ? { isAsync } : {}) };
  },
};

class RateLimiter {
  readonly #config: RateLimitingConfig;
  readonly #services: PluginServices;
  readonly #counters: LimitCounters;
  readonly #clients: LimitedClients;
  readonly #limited: readonly LimitedWindow[];
  #windows: readonly CounterWindow[] = [];
  #windowsFromMs = Infinity;
  #windowsUntilMs = -Infinity;

  constructor(config: RateLimitingConfig, services: PluginServices, counters: LimitCounters, clients: LimitedClients) {
    this.#config = config;
    this.#services = services;
    this.#counters = counters;
    this.#clients = clients;
    this.#limited = WINDOW_NAMES.flatMap((name) => {
      const limit = config[name];
      const title = `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
      return limit === null ? [] : [{ name, limit, limitText: String(limit), limitHeader: `X-RateLimit-Limit-${title}`, remainingHeader: `X-RateLimit-Remaining-${title}` }];
    });
  }

  limit(context: RequestContext): Answer {
    const nowMs = this.#services.clock.nowMs();
    const windows = this.#windowsAt(nowMs);
    const taken = this.#counters.take(this.#clients.keyOf(context), windows);
    if (!(taken instanceof Promise)) return this.#answer(context, taken, windows, nowMs);
    return taken.then((result) => this.#answer(context, result, windows, nowMs), (thrown: unknown) => this.#uncounted(describeThrown(thrown)));
  }

  #answer(context: RequestContext, taken: TakeResult, windows: readonly CounterWindow[], nowMs: number): Verdict | undefined {
    if (taken.kind === 'full') return this.#uncounted('the counter table is full');
    if (taken.kind === 'over') {
      const headers = this.#config.hide_client_headers ? [] : this.#headers(taken, windows, nowMs);
      return { kind: 'respond', status: this.#config.error_code, message: this.#config.error_message, headers };
    }
    if (!this.#config.hide_client_headers) for (const header of this.#headers(taken, windows, nowMs)) context.setResponseHeader(header[0], header[1]);
    return undefined;
  }

  /** The same objects for as long as no window ends. */
  #windowsAt(nowMs: number): readonly CounterWindow[] {
    if (nowMs >= this.#windowsFromMs && nowMs < this.#windowsUntilMs) return this.#windows;
    const calendar = this.#limited.map(({ name, limit }): CalendarWindow & { readonly limit: number } => ({ ...calendarWindowAt(name, nowMs), limit }));
    this.#windows = calendar.map(({ startMs, endMs, limit }) => ({ startMs, windowMs: endMs - startMs, limit }));
    this.#windowsFromMs = Math.max(...calendar.map(({ startMs }) => startMs));
    this.#windowsUntilMs = Math.min(...calendar.map(({ endMs }) => endMs));
    return this.#windows;
  }

  /** Per window its limit and rest; RateLimit-* speak of the tightest: least rest, then the longest wait. */
  #headers(taken: Exclude<TakeResult, { readonly kind: 'full' }>, windows: readonly CounterWindow[], nowMs: number): readonly Header[] {
    const headers: Header[] = [];
    let tightest: LimitedWindow | undefined;
    let [remaining, endMs] = [Infinity, nowMs];
    for (let index = 0; index < this.#limited.length; index += 1) {
      const [window, current, rest] = [this.#limited[index], windows[index], taken.remaining[index] ?? 0];
      if (window === undefined || current === undefined) continue;
      if (rest <= remaining) {
        tightest = window;
        remaining = rest;
        endMs = current.startMs + current.windowMs;
      }
      headers.push([window.limitHeader, window.limitText], [window.remainingHeader, String(rest)]);
    }
    const resetSeconds = String(Math.max(1, Math.ceil((endMs - nowMs) / 1_000)));
    headers.push(['RateLimit-Limit', tightest?.limitText ?? '0'], ['RateLimit-Remaining', String(remaining)], ['RateLimit-Reset', resetSeconds]);
    if (taken.kind === 'over') headers.push(['Retry-After', resetSeconds]);
    return headers;
  }

  #uncounted(reason: string): Verdict | undefined {
    this.#services.log.warn('rate-limiting-not-counted', { reason, letThrough: this.#config.fault_tolerant });
    return this.#config.fault_tolerant ? undefined : { kind: 'respond', status: 500, message: 'An unexpected error occurred' };
  }
}
