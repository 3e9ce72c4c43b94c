/**
 * response-ratelimiting on a data plane: the service says in a header what its response cost, and a client that has used up a limit
 * gets no more of it. Check and count are one atomic step when the response comes, so under load at most one response goes beyond what
 * was left; only with policy `redis`, which can't be waited for then, what is left is what was read when the request came. Behaviour and
 * headers as in Kong 3.9; see the README.
 */
import { calendarCounterWindow, titleOf, WINDOW_NAMES, type WindowName } from '../../plugin-parts/calendar-window.ts';
import type { Answer, PluginFactory, RequestContext, ResponseContext, Verdict } from '../contract.ts';
import { CurrentWindows } from '../../plugin-parts/current-windows.ts';
import { openLimitCounters, reasonOf, type LimitCounters } from '../../plugin-parts/limit-counters.ts';
import { LimitedClients } from '../../plugin-parts/limited-client.ts';
import type { CounterKey, CounterWindow, PluginServices } from '../plugin-services.ts';
import { redisOptionsOf } from '../../plugin-parts/redis-config.ts';
import type { ResponseRatelimitingConfig } from './schema.ts';

type Header = readonly [name: string, value: string];

interface NamedLimit {
  readonly name: string;
  readonly clients: LimitedClients;
  readonly current: CurrentWindows;
  readonly windows: readonly { readonly limit: number; readonly limitHeader: string; readonly remainingHeader: string }[];
  /** For the service: the least that is left of all windows. */
  readonly upstreamHeader: string;
}

/** What one limit is for one request. */
interface Usage {
  readonly key: CounterKey;
  readonly windows: readonly CounterWindow[];
  /** In each window, when the request came. */
  readonly remaining: readonly number[];
}

/** In the order of the limits; undefined where the request did not come this far, or could not be counted. */
interface State {
  usage: readonly Usage[] | undefined;
}

export const responseRatelimitingFactory: PluginFactory<ResponseRatelimitingConfig> = {
  name: 'response-ratelimiting',
  create: (config, services) => {
    const { counters, areShared, isAsync, close } = openLimitCounters({ policy: config.policy, redis: redisOptionsOf(config.redis), syncMs: 0, services });
    const limits = Object.entries(config.limits).map(([name, given]): NamedLimit => ({
      name,
      // A limit's name has no blank in it.
      clients: new LimitedClients({ kinds: [config.limit_by], headerName: null, path: null, space: `${services.pluginId} ${name}`, areShared, services }),
      current: new CurrentWindows(limitsOf(given).map(({ window, limit }) => (nowMs) => calendarCounterWindow(window, limit, nowMs))),
      windows: limitsOf(given).map(({ window, limit }) => {
        const title = `${titleOf(name)}-${titleOf(window)}`;
        return { limit, limitHeader: `X-RateLimit-Limit-${title}`, remainingHeader: `X-RateLimit-Remaining-${title}` };
      }),
      upstreamHeader: `X-RateLimit-Remaining-${titleOf(name)}`,
    }));
    const limiter = new ResponseLimiter(config, services, counters, limits);
    return {
      newState: (): State => ({ usage: undefined }),
      requestHead: (context, state: State) => limiter.request(context, state),
      responseHead: (context, state: State) => limiter.response(context, state),
      close,
      ...(isAsync ? { isAsync } : {}),
    };
  },
};

class ResponseLimiter {
  readonly #config: ResponseRatelimitingConfig;
  readonly #services: PluginServices;
  readonly #counters: LimitCounters;
  readonly #limits: readonly NamedLimit[];

  constructor(config: ResponseRatelimitingConfig, services: PluginServices, counters: LimitCounters, limits: readonly NamedLimit[]) {
    this.#config = config;
    this.#services = services;
    this.#counters = counters;
    this.#limits = limits;
  }

  request(context: RequestContext, state: State): Answer {
    const nowMs = this.#services.clock.nowMs();
    const read = this.#limits.map((limit): Usage | undefined | Promise<Usage | undefined> => {
      const key = limit.clients.keyOf(context);
      const windows = limit.current.at(nowMs);
      const counts = this.#counters.add(key, windows, 0);
      return counts instanceof Promise ? counts.then((known) => usageOf(key, windows, known)) : usageOf(key, windows, counts);
    });
    const atHand = read.flatMap((one) => (one instanceof Promise ? [] : [one]));
    if (atHand.length === read.length) return this.#decide(context, state, atHand);
    return Promise.all(read.map((one) => Promise.resolve(one))).then((known) => this.#decide(context, state, known), (thrown: unknown) => this.#uncounted(reasonOf(thrown)));
  }

  response(context: ResponseContext, { usage }: State): void {
    const increments = context.generated ? NO_INCREMENTS : incrementsIn(context.responseHeaderValues(this.#config.header_name.toLowerCase()));
    if (!context.generated) context.removeResponseHeader(this.#config.header_name);
    if (usage === undefined) return;
    const nowMs = this.#services.clock.nowMs();
    const current = this.#limits.flatMap((limit, index) => {
      const one = usage[index];
      return one === undefined ? [] : [usageIn(one, limit.current.at(nowMs))];
    });
    // First all are looked at: where one is used up, nothing is counted.
    const isUsedUp = this.#limits.some((limit, index) => (increments.get(limit.name) ?? 0) > 0 && this.#leftNow(current[index]) <= 0);
    let refusal: Verdict | undefined = isUsedUp ? USED_UP : undefined;
    const left = this.#limits.map((limit, index): readonly number[] => {
      const [one, increment] = [current[index], increments.get(limit.name) ?? 0];
      if (one === undefined || increment === 0 || refusal !== undefined) return one?.remaining ?? [];
      const counted = this.#count(one, increment);
      if (counted !== 'over' && counted !== 'full') return counted;
      refusal = counted === 'over' ? USED_UP : this.#uncounted(FULL);
      return counted === 'over' ? [] : one.remaining;
    });
    if (refusal !== undefined && refusal !== USED_UP) return context.respondInstead(refusal);
    const headers = this.#config.hide_client_headers ? [] : this.#headers(left);
    for (const [name, value] of headers) context.setResponseHeader(name, value);
    if (refusal !== undefined) context.respondInstead({ ...USED_UP, headers });
  }

  #leftNow(usage: Usage | undefined): number {
    if (usage === undefined) return Infinity;
    const counts = this.#config.policy === 'redis' ? undefined : this.#counters.add(usage.key, usage.windows, 0);
    if (counts === undefined || counts instanceof Promise || counts.length === 0) return Math.min(...usage.remaining);
    return Math.min(...usage.windows.map(({ limit }, index) => limit - (counts[index] ?? 0)));
  }

  /** What is left in each window then; `over` where nothing was, `full` where there is no counter: then nothing was counted. */
  #count({ key, windows, remaining }: Usage, increment: number): readonly number[] | 'over' | 'full' {
    // As long as anything is left, a response passes, whatever it costs.
    const whileAnyIsLeft = windows.map((window) => ({ ...window, limit: window.limit - 1 + increment }));
    const counted = this.#config.policy === 'redis' ? undefined : this.#counters.take(key, whileAnyIsLeft, increment);
    if (counted === undefined || counted instanceof Promise) {
      if (remaining.some((left) => left <= 0)) return 'over';
      Promise.resolve(this.#counters.add(key, windows, increment)).catch((thrown: unknown) => this.#services.log.warn('response-ratelimiting-not-counted', { reason: reasonOf(thrown) }));
      return remaining.map((left) => Math.max(0, left - increment));
    }
    if (counted.kind !== 'taken') return counted.kind;
    return counted.remaining.map((left) => Math.max(0, left + 1 - increment));
  }

  #decide(context: RequestContext, state: State, read: readonly (Usage | undefined)[]): Verdict | undefined {
    const usage = read.flatMap((one) => one ?? []);
    if (usage.length < read.length) return this.#uncounted(FULL);
    for (const [index, limit] of this.#limits.entries()) {
      const least = Math.min(...(usage[index]?.remaining ?? []));
      if (this.#config.block_on_first_violation && least <= 0) return USED_UP;
      context.setUpstreamHeader(limit.upstreamHeader, String(least));
    }
    state.usage = usage;
    return undefined;
  }

  #headers(left: readonly (readonly number[])[]): readonly Header[] {
    return this.#limits.flatMap(({ windows }, place) => windows.flatMap(({ limit, limitHeader, remainingHeader }, index): readonly Header[] => {
      return [[limitHeader, String(limit)], [remainingHeader, String(left[place]?.[index] ?? 0)]];
    }));
  }

  #uncounted(reason: string): Verdict | undefined {
    this.#services.log.warn('response-ratelimiting-not-counted', { reason, letThrough: this.#config.fault_tolerant });
    return this.#config.fault_tolerant ? undefined : { kind: 'respond', status: 500, message: 'An unexpected error occurred' };
  }
}

const USED_UP: Verdict = { kind: 'respond', status: 429, message: 'API rate limit exceeded' };
const FULL = 'the counter table is full';
const NO_INCREMENTS: ReadonlyMap<string, number> = new Map();
/** More digits are no cost but a mistake. */
const INCREMENT = /^\d{1,12}$/;

/** `video=2, image=1`; the last of a name counts. What is in no such form is passed over. */
export function incrementsIn(values: readonly string[]): ReadonlyMap<string, number> {
  if (values.length === 0) return NO_INCREMENTS;
  const increments = new Map<string, number>();
  for (const part of values.join(',').split(',')) {
    const at = part.indexOf('=');
    const amount = part.slice(at + 1).trim();
    if (at > 0 && INCREMENT.test(amount)) increments.set(part.slice(0, at).trim(), Number(amount));
  }
  return increments;
}

/** Shortest window first. */
function limitsOf(given: ResponseRatelimitingConfig['limits'][string]): readonly { readonly window: WindowName; readonly limit: number }[] {
  return WINDOW_NAMES.flatMap((window) => {
    const limit = given?.[window] ?? null;
    return limit === null ? [] : [{ window, limit }];
  });
}

/** In the windows of the response: of one that has begun since the request all is left, as far as is known. */
function usageIn({ key, windows, remaining }: Usage, current: readonly CounterWindow[]): Usage {
  if (current === windows) return { key, windows, remaining };
  return { key, windows: current, remaining: current.map(({ startMs, limit }, index) => (startMs === windows[index]?.startMs ? (remaining[index] ?? 0) : limit)) };
}

/** Undefined where the counter table is full. */
function usageOf(key: CounterKey, windows: readonly CounterWindow[], counts: readonly number[]): Usage | undefined {
  return counts.length === 0 ? undefined : { key, windows, remaining: windows.map(({ limit }, index) => Math.max(0, limit - (counts[index] ?? 0))) };
}
