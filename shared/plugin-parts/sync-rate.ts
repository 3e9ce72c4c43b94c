/** `sync_rate` of the plugins that limit: seconds between exchanges with where counts are kept. */
import { entityRule, fieldAt } from '../model/entity-checks.ts';

/** Seconds; more often would cost more than asking with each request. */
const LEAST_SECONDS = 0.02;

export const syncRateRule = entityRule(`sync_rate is -1, 0 or at least ${LEAST_SECONDS}`, (plugin) => {
  const rate = fieldAt(plugin, 'config.sync_rate');
  return typeof rate !== 'number' || rate === -1 || rate === 0 || rate >= LEAST_SECONDS ? [] : [{ field: 'config.sync_rate', message: `expected -1, 0 or at least ${LEAST_SECONDS}` }];
});
