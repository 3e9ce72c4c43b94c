/**
 * rate-limiting on a data plane: counts a request in all its calendar windows in one atomic step over all threads, or
 * in none and refuses it. Behaviour, headers and texts as in Kong 3.9, but a limit is never overshot; see the README.
 * Counters are keyed by plugin entity and client, never by limits: changing a limit resets nothing (R3).
 */
import type { CounterWindow, PluginFactory, PluginServices, RequestContext, TakeResult, Verdict } from '../contract.ts';
import { calendarWindowAt, type CalendarWindow } from './calendar-window.ts';
import { clientNetwork } from './client-network.ts';
import { WINDOW_NAMES, type RateLimitingConfig, type WindowName } from './schema.ts';

type Header = readonly [name: string, value: string];

interface LimitedWindow {
  readonly name: WindowName;
  readonly limit: number;
  readonly limitHeader: string;
  readonly remainingHeader: string;
}

export const rateLimitingFactory: PluginFactory<RateLimitingConfig> = {
  name: 'rate-limiting',
  create: (config, services) => {
    const limiter = new RateLimiter(config, services);
    return { requestHead: (context) => limiter.limit(context) };
  },
};

class RateLimiter {
  readonly #config: RateLimitingConfig;
  readonly #services: PluginServices;
  readonly #limited: readonly LimitedWindow[];
  #windows: readonly CounterWindow[] = [];
  #windowsFromMs = Infinity;
  #windowsUntilMs = -Infinity;

  constructor(config: RateLimitingConfig, services: PluginServices) {
    this.#config = config;
    this.#services = services;
    this.#limited = WINDOW_NAMES.flatMap((name) => {
      const limit = config[name];
      const title = `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
      return limit === null ? [] : [{ name, limit, limitHeader: `X-RateLimit-Limit-${title}`, remainingHeader: `X-RateLimit-Remaining-${title}` }];
    });
  }

  limit(context: RequestContext): Verdict | undefined {
    const nowMs = this.#services.clock.nowMs();
    const taken = this.#services.counters.take(`${this.#services.pluginId} ${this.#client(context)}`, this.#windowsAt(nowMs));
    if (taken.kind === 'full') return this.#uncounted();

    const headers = this.#config.hide_client_headers ? [] : this.#headers(taken, nowMs);
    if (taken.kind === 'over') return { kind: 'respond', status: this.#config.error_code, message: this.#config.error_message, headers };
    for (const [name, value] of headers) context.setResponseHeader(name, value);
    return undefined;
  }

  /** The kind stands in front, so that no client can pose as another by sending its id as a header. */
  #client(context: RequestContext): string {
    const identity = this.#identity(context);
    return identity === undefined ? `ip ${clientNetwork(context.request.clientAddress)}` : `${this.#config.limit_by} ${identity}`;
  }

  #identity(context: RequestContext): string | undefined {
    switch (this.#config.limit_by) {
      case 'consumer':
        return context.consumer?.id ?? context.credential?.id;
      case 'credential':
        return context.credential?.id;
      case 'service':
        return context.service?.id;
      case 'header':
        return context.request.header((this.#config.header_name ?? '').toLowerCase());
      case 'path':
        return context.request.path === this.#config.path ? context.request.path : undefined;
      case 'ip':
        return undefined;
    }
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
  #headers(taken: Exclude<TakeResult, { readonly kind: 'full' }>, nowMs: number): readonly Header[] {
    const headers: Header[] = [];
    let [limit, remaining, endMs] = [0, Infinity, nowMs];
    for (const [index, window] of this.#limited.entries()) {
      const rest = taken.remaining[index] ?? 0;
      const current = this.#windows[index];
      if (current !== undefined && rest <= remaining) [limit, remaining, endMs] = [window.limit, rest, current.startMs + current.windowMs];
      headers.push([window.limitHeader, String(window.limit)], [window.remainingHeader, String(rest)]);
    }
    const resetSeconds = String(Math.max(1, Math.ceil((endMs - nowMs) / 1_000)));
    headers.push(['RateLimit-Limit', String(limit)], ['RateLimit-Remaining', String(remaining)], ['RateLimit-Reset', resetSeconds]);
    if (taken.kind === 'over') headers.push(['Retry-After', resetSeconds]);
    return headers;
  }

  #uncounted(): Verdict | undefined {
    this.#services.log.warn('rate-limiting-counters-full', { letThrough: this.#config.fault_tolerant });
    return this.#config.fault_tolerant ? undefined : { kind: 'respond', status: 500, message: 'An unexpected error occurred' };
  }
}
