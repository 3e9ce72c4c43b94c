/**
 * rate-limiting on a data plane: limits in calendar windows. Where counts are kept is the policy's affair (limit-counters.ts). Behaviour,
 * headers and texts as in Kong 3.9, but a limit is never overshot; see the README. Counters are keyed by plugin entity and client, never
 * by limits: changing a limit resets nothing (R3).
 */
import { calendarCounterWindow, titleOf, WINDOW_NAMES } from '../../plugin-parts/calendar-window.ts';
import type { PluginFactory } from '../contract.ts';
import { openLimitCounters } from '../../plugin-parts/limit-counters.ts';
import { LimitedClients } from '../../plugin-parts/limited-client.ts';
import { redisOptionsOf } from '../../plugin-parts/redis-config.ts';
import { WindowLimiter, type LimitedWindow } from '../../plugin-parts/window-limiter.ts';
import type { RateLimitingConfig } from './schema.ts';

export const rateLimitingFactory: PluginFactory<RateLimitingConfig> = {
  name: 'rate-limiting',
  create: (config, services) => {
    const { counters, areShared, isAsync, close } = openLimitCounters({ policy: config.policy, redis: redisOptionsOf(config.redis), syncMs: Math.max(0, config.sync_rate) * 1_000, services });
    const limiter = new WindowLimiter({
      limited: limitedWindows(config),
      counters,
      clients: new LimitedClients({ kinds: [config.limit_by], headerName: config.header_name, path: config.path, space: services.pluginId, areShared, services }),
      services,
      errorCode: config.error_code,
      errorMessage: config.error_message,
      hideHeaders: config.hide_client_headers,
      jitterSeconds: 0,
      countsRefused: false,
      uncounted: (reason) => {
        services.log.warn('rate-limiting-not-counted', { reason, letThrough: config.fault_tolerant });
        return config.fault_tolerant ? undefined : { kind: 'respond', status: 500, message: 'An unexpected error occurred' };
      },
    });
    return { requestHead: (context) => limiter.limit(context), close, ...(isAsync ? { isAsync } : {}) };
  },
};

function limitedWindows(config: RateLimitingConfig): readonly LimitedWindow[] {
  return WINDOW_NAMES.flatMap((name) => {
    const limit = config[name];
    if (limit === null) return [];
    return [{ title: titleOf(name), limit, windowAt: (nowMs) => calendarCounterWindow(name, limit, nowMs) }];
  });
}
