/**
 * The request rate of tenants at this instance, by their quota: as many requests at once as fit into a second, then one at
 * a time as the seconds go by. Used by admission.ts for tenants that have such a quota.
 */
import { LRUCache } from 'lru-cache';
import type { Clock } from '../../shared/clock.ts';
import type { TenantId } from '../../shared/model/ids.ts';

/** Tenants with a rate quota that are looked after at once (R5); one that was forgotten begins with a full second. */
const MOST_TENANTS = 10_000;

export class TenantRates {
  readonly #clock: Clock;
  /** When the tenant has used up what it was given until now (GCRA): in the past where it has room. */
  readonly #usedUntilMs = new LRUCache<TenantId, number>({ max: MOST_TENANTS });

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes one request: 0, or how long to wait before there is room; nothing is taken then. */
  take(tenantId: TenantId, perSecond: number): number {
    const nowMs = this.#clock.monotonicMs();
    const usedUntilMs = Math.max(nowMs, this.#usedUntilMs.get(tenantId) ?? 0) + 1000 / perSecond;
    const waitMs = usedUntilMs - nowMs - Math.max(1000, 1000 / perSecond);
    // What is left of adding fractions of a millisecond is no reason to refuse.
    if (waitMs > 0.001) return waitMs;
    this.#usedUntilMs.set(tenantId, usedUntilMs);
    return 0;
  }
}
