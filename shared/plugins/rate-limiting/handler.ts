/**
 * rate-limiting on a data plane: counts a request in all its calendar windows in one atomic step over all threads, or
 * in none and refuses it. Behaviour, headers and texts as in Kong 3.9, but a limit is never overshot; see the README.
 * Counters are keyed by plugin entity and client, never by limits: changing a limit resets nothing (R3).
 */
import type { PluginFactory, RequestContext, Verdict } from '../contract.ts';
import type { CounterKey, CounterWindow, PluginServices, TakeResult } from '../plugin-services.ts';
import { calendarWindowAt, type CalendarWindow } from './calendar-window.ts';
import { clientNetwork } from '../client-network.ts';
import { WINDOW_NAMES, type RateLimitingConfig, type WindowName } from './schema.ts';

type Header = readonly [name: string, value: string];

/** Clients whose keys are kept, some 300 bytes each; beyond it all are forgotten. */
const REMEMBERED_CLIENTS = 32_768;

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
    const limiter = new RateLimiter(config, services);
    return { requestHead: (context) => limiter.limit(context) };
  },
};

class RateLimiter {
  readonly #config: RateLimitingConfig;
  readonly #services: PluginServices;
  readonly #limited: readonly LimitedWindow[];
  /** By consumer, credential, service or address; not by what a header says, which may be a secret. */
  readonly #keys = new Map<string, CounterKey>();
  #windows: readonly CounterWindow[] = [];
  #windowsFromMs = Infinity;
  #windowsUntilMs = -Infinity;

  constructor(config: RateLimitingConfig, services: PluginServices) {
    this.#config = config;
    this.#services = services;
    this.#limited = WINDOW_NAMES.flatMap((name) => {
      const limit = config[name];
      const title = `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
      return limit === null ? [] : [{ name, limit, limitText: String(limit), limitHeader: `X-RateLimit-Limit-${title}`, remainingHeader: `X-RateLimit-Remaining-${title}` }];
    });
  }

  limit(context: RequestContext): Verdict | undefined {
    const nowMs = this.#services.clock.nowMs();
    const taken = this.#services.counters.take(this.#key(context), this.#windowsAt(nowMs));
    if (taken.kind === 'full') return this.#uncounted();
    if (taken.kind === 'over') {
      const headers = this.#config.hide_client_headers ? [] : this.#headers(taken, nowMs);
      return { kind: 'respond', status: this.#config.error_code, message: this.#config.error_message, headers };
    }
    if (!this.#config.hide_client_headers) for (const header of this.#headers(taken, nowMs)) context.setResponseHeader(header[0], header[1]);
    return undefined;
  }

  /** The kind stands in front of a client, so that none can pose as another by sending its id as a header. */
  #key(context: RequestContext): string | CounterKey {
    const identity = this.#identity(context);
    const kind = identity === undefined ? 'ip' : this.#config.limit_by;
    if (kind === 'header') return this.#keyText(kind, identity ?? '');
    // No id is an address, so the two share a map.
    const client = identity ?? context.request.clientAddress;
    const known = this.#keys.get(client);
    if (known !== undefined) return known;
    const key: CounterKey = { text: this.#keyText(kind, identity ?? clientNetwork(client)), known: undefined };
    if (this.#keys.size >= REMEMBERED_CLIENTS) this.#keys.clear();
    this.#keys.set(client, key);
    return key;
  }

  #keyText(kind: string, client: string): string {
    return `${this.#services.pluginId} ${kind} ${client}`;
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
    let tightest: LimitedWindow | undefined;
    let [remaining, endMs] = [Infinity, nowMs];
    for (let index = 0; index < this.#limited.length; index += 1) {
      const [window, current, rest] = [this.#limited[index], this.#windows[index], taken.remaining[index] ?? 0];
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

  #uncounted(): Verdict | undefined {
    this.#services.log.warn('rate-limiting-counters-full', { letThrough: this.#config.fault_tolerant });
    return this.#config.fault_tolerant ? undefined : { kind: 'respond', status: 500, message: 'An unexpected error occurred' };
  }
}
