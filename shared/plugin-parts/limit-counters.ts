/**
 * Where the plugins that limit keep their counts, by policy: in the data plane, in Redis with each request or now and then, or with the
 * other data planes of the gateway. Made by `create` of rate-limiting, rate-limiting-advanced and response-ratelimiting.
 */
import { describeThrown } from '../errors.ts';
import { PeriodicRedisCounters } from './periodic-redis-counters.ts';
import type { CounterKey, CounterWindow, PluginServices, RedisOptions, TakeResult } from '../plugins/plugin-services.ts';
import { RedisCounters } from './redis-counters.ts';

/** As CounterTable; what it gives is a promise only where it asks Redis with each request, and rejects where Redis can't be asked. */
export interface LimitCounters {
  take(key: CounterKey, windows: readonly CounterWindow[], amount?: number): TakeResult | Promise<TakeResult>;
  add(key: CounterKey, windows: readonly CounterWindow[], amount: number): readonly number[] | Promise<readonly number[]>;
}

export interface LimitCountersOptions {
  readonly policy: 'local' | 'cluster' | 'redis';
  readonly redis: RedisOptions;
  /** Milliseconds between exchanges with Redis; 0 asks it with each request. */
  readonly syncMs: number;
  readonly services: PluginServices;
}

export interface OpenedCounters {
  readonly counters: LimitCounters;
  /** Whether others meet the keys, so that they must be hashes (`services.secrets.keyedHash`). */
  readonly areShared: boolean;
  readonly isAsync: boolean;
  readonly close: () => void;
}

/** Why Redis could not be asked, for the log. */
export function reasonOf(thrown: unknown): string {
  return describeThrown(thrown);
}

export function openLimitCounters({ policy, redis, syncMs, services }: LimitCountersOptions): OpenedCounters {
  const opened = { areShared: policy !== 'local', isAsync: policy === 'redis' && syncMs === 0, close: () => undefined };
  if (policy === 'local') return { ...opened, counters: services.counters };
  if (policy === 'cluster') return { ...opened, counters: services.cluster };
  const connection = services.redis(redis);
  if (syncMs === 0) return { ...opened, counters: new RedisCounters(connection, services.clock) };
  const counters = new PeriodicRedisCounters({ redis: connection, counters: services.counters, clock: services.clock, log: services.log });
  const timer = services.every(syncMs, () => void counters.exchange());
  return {
    ...opened, counters,
    close: () => {
      timer.cancel();
      void counters.close();
    },
  };
}
