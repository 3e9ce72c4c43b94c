/**
 * What the way to Postgres costs, counted where it is used (database.ts) and read by `/metrics` and readiness: how long
 * transactions wait for a connection and take, how many ran again, and whether the database answers at all. One per store.
 */
import type { Clock } from '../../shared/clock.ts';
import { Counter, Histogram, Labelled } from '../../shared/histogram.ts';

/** Combinations of role, mode and outcome; there are fewer than these. */
const MOST_SERIES = 64;

export interface PoolUse {
  /** Connections that are open, and those of them that nobody uses. */
  readonly open: number;
  readonly idle: number;
  /** Transactions that wait for a connection. */
  readonly waiting: number;
  readonly most: number;
}

/** `away` since the first thing that it did not answer; `unknown` before anybody asked. */
export type DatabaseState = { readonly kind: 'unknown' } | { readonly kind: 'answers' } | { readonly kind: 'away'; readonly sinceMs: number };

export class DatabaseMeter {
  readonly waits = new Histogram();
  readonly transactions = new Labelled(() => new Histogram(), MOST_SERIES);
  /** By SQLSTATE: a conflict after which the transaction ran again. */
  readonly retries = new Labelled(() => new Counter(), MOST_SERIES);
  readonly #clock: Clock;
  #pool: () => PoolUse = () => ({ open: 0, idle: 0, waiting: 0, most: 0 });
  #state: DatabaseState = { kind: 'unknown' };

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get pool(): PoolUse {
    return this.#pool();
  }

  /** As of the last transaction that ended; the change feed makes one every second. */
  get state(): DatabaseState {
    return this.#state;
  }

  watch(pool: () => PoolUse): void {
    this.#pool = pool;
  }

  noteAnswer(): void {
    if (this.#state.kind !== 'answers') this.#state = { kind: 'answers' };
  }

  noteAbsence(): void {
    if (this.#state.kind !== 'away') this.#state = { kind: 'away', sinceMs: this.#clock.nowMs() };
  }
}
