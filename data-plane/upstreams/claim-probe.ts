/**
 * The right to send the one request that an open circuit lets through, for one thread of all: taken in the counters that they
 * share (counters/shared-counter-table.ts), so it needs no message. Given to each proxy as its HealthSharing.
 */
import type { CounterTable } from '../../shared/plugins/plugin-services.ts';

/** Longer than a right is good for; at its boundary two threads may both get one, which does no harm. */
const WINDOW_MS = 60_000;

export function claimProbe(counters: CounterTable, clock: { nowMs(): number }, name: string): boolean {
  const startMs = Math.floor(clock.nowMs() / WINDOW_MS) * WINDOW_MS;
  // A table without room must not keep a target out for ever.
  return counters.take(`probe ${name}`, [{ windowMs: WINDOW_MS, startMs, limit: 1 }]).kind !== 'over';
}
