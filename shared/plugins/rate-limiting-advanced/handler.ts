/**
 * rate-limiting-advanced on a data plane: several limits in windows of any length, which slide or stand. Where counts are kept is the
 * strategy's affair (limit-counters.ts). Behaviour, headers and texts as in Kong 3.9, but a limit is never overshot; see the README.
 * Counters are keyed by namespace or plugin entity and client, never by limits: changing a limit resets nothing (R3).
 */
import type { PluginFactory } from '../contract.ts';
import { openLimitCounters } from '../../plugin-parts/limit-counters.ts';
import { LimitedClients, type ClientKind } from '../../plugin-parts/limited-client.ts';
import type { CounterWindow } from '../plugin-services.ts';
import { redisOptionsOf } from '../../plugin-parts/redis-config.ts';
import { WindowLimiter, type LimitedWindow } from '../../plugin-parts/window-limiter.ts';
import type { RateLimitingAdvancedConfig } from './schema.ts';

/** How headers name windows; others by their seconds. */
const TITLES: ReadonlyMap<number, string> = new Map([[1, 'Second'], [60, 'Minute'], [3_600, 'Hour'], [86_400, 'Day'], [2_592_000, 'Month'], [31_536_000, 'Year']]);

export const rateLimitingAdvancedFactory: PluginFactory<RateLimitingAdvancedConfig> = {
  name: 'rate-limiting-advanced',
  create: (config, services) => {
    const policy = config.strategy === 'redis' && config.sync_rate === -1 ? 'local' : config.strategy;
    const { counters, areShared, isAsync, close } = openLimitCounters({ policy, redis: redisOptionsOf(config.redis), syncMs: Math.max(0, config.sync_rate ?? 0) * 1_000, services });
    const isSliding = config.window_type === 'sliding';
    const limiter = new WindowLimiter({
      limited: config.window_size.map((seconds, index) => limitedWindow(seconds, config.limit[index] ?? 0, isSliding)),
      counters,
      clients: new LimitedClients({
        kinds: kindsOf(config), headerName: config.header_name, path: config.path, areShared, services,
        // No id of a plugin begins like this.
        space: config.namespace === null ? services.pluginId : `namespace ${config.namespace.length} ${config.namespace}`,
      }),
      services,
      errorCode: config.error_code,
      errorMessage: config.error_message,
      hideHeaders: config.hide_client_headers,
      jitterSeconds: config.retry_after_jitter_max,
      countsRefused: isSliding && !config.disable_penalty,
      // Where faults are tolerated, each data plane limits for itself while Redis is down; where it has no room for that, requests pass.
      uncounted: (reason, key, windows) => {
        services.log.warn(isAsync ? 'rate-limiting-not-shared' : 'rate-limiting-not-counted', { reason, letThrough: config.fault_tolerant });
        if (!config.fault_tolerant) return { kind: 'respond', status: 500, message: 'An unexpected error occurred' };
        return isAsync ? services.counters.take(key, windows) : undefined;
      },
    });
    return { requestHead: (context) => limiter.limit(context), close, ...(isAsync ? { isAsync } : {}) };
  },
};

function kindsOf({ identifier, compound_identifier: compound }: RateLimitingAdvancedConfig): readonly [ClientKind, ...ClientKind[]] {
  const [first, ...others] = compound ?? [];
  return first === undefined ? [identifier] : [first, ...others];
}

function limitedWindow(seconds: number, limit: number, isSliding: boolean): LimitedWindow {
  const windowMs = seconds * 1_000;
  return {
    title: TITLES.get(seconds) ?? String(seconds),
    limit,
    windowAt: (nowMs): CounterWindow => ({ startMs: nowMs - (nowMs % windowMs), windowMs, limit, ...(isSliding ? { isSliding } : {}) }),
  };
}
