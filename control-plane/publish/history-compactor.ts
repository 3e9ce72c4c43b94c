/**
 * Keeps releases and change rows within their retention: looks at every gateway now and then, removes in small batches with
 * pauses, off everybody's way. Every instance has one; a lock in the database lets one work at a time. Started by
 * start-control-plane.ts.
 */
import type { Clock, TimerHandle } from '../../shared/clock.ts';
import { describeThrown, HoldfastError } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
import type { HistoryStore } from '../store/history-store.ts';
import type { GatewayScope } from '../store/scope.ts';
import { CHANGES_PER_READ } from './gateway-publisher.ts';

export interface CompactorOptions {
  readonly history: HistoryStore;
  /** Releases are kept for so long, and data planes not seen for longer get a snapshot when they are back… */
  readonly retentionMs: number;
  /** …at least so many of a gateway, whatever their age… */
  readonly atLeast: number;
  /** …and not more than so many. */
  readonly atMost: number;
  readonly clock: Clock;
  readonly log: Logger;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

export interface CompactionSum {
  readonly changes: number;
  readonly releases: number;
}

const INTERVAL_MS = 300_000;
const BATCH_ROWS = 500;
/** After each batch, so that removing takes a small part of what the database can do. */
const PAUSE_MS = 50;

export class HistoryCompactor {
  readonly #options: CompactorOptions;
  readonly #stopping = Promise.withResolvers<void>();
  #next: TimerHandle | undefined;
  #running: Promise<unknown> | undefined;
  #stopped = false;

  constructor(options: CompactorOptions) {
    this.#options = options;
  }

  /** The first look comes within an interval, at a time of its own, so that instances do not meet. */
  start(): void {
    const { clock, random } = this.#options;
    this.#next = clock.after(INTERVAL_MS * (0.5 + random() / 2), () => {
      this.#running = this.#lookAtAll().finally(() => {
        if (!this.#stopped) this.start();
      });
    });
  }

  /** Resolves when nothing of it runs any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#next?.cancel();
    this.#stopping.resolve();
    await this.#running;
  }

  /** Removes what may go from every gateway. Throws STORE_UNAVAILABLE at once, and what else one of them threw when all had their turn. */
  async compact(): Promise<CompactionSum> {
    const sum = { changes: 0, releases: 0 };
    const failures: unknown[] = [];
    for (const scope of await this.#options.history.listGateways()) {
      if (this.#stopped) break;
      try {
        const removed = await this.#compactOne(scope);
        sum.changes += removed.changes;
        sum.releases += removed.releases;
      } catch (thrown) {
        if (thrown instanceof HoldfastError && thrown.code === 'STORE_UNAVAILABLE') throw thrown;
        failures.push(thrown);
      }
    }
    if (failures.length > 0) throw failures[0];
    return sum;
  }

  async #lookAtAll(): Promise<void> {
    const { log } = this.#options;
    try {
      const sum = await this.compact();
      if (sum.changes + sum.releases > 0) log.info({ event: 'history-removed', ...sum }, 'releases and change rows beyond the retention were removed');
    } catch (thrown) {
      log.warn({ event: 'history-not-removed', reason: describeThrown(thrown) }, 'old releases could not be removed; tried again in some minutes');
    }
  }

  async #compactOne(scope: GatewayScope): Promise<CompactionSum> {
    const { history, retentionMs, atLeast, atMost, clock } = this.#options;
    const sum = { changes: 0, releases: 0 };
    while (!this.#stopped) {
      const rule = { olderThan: new Date(clock.nowMs() - retentionMs), atLeast, atMost, deltaRows: CHANGES_PER_READ };
      const removed = await history.removeSome(scope, rule, BATCH_ROWS);
      // Another instance is at it.
      if (removed === undefined) return sum;
      sum.changes += removed.changes;
      sum.releases += removed.releases;
      if (!removed.more) return sum;
      await this.#pause();
    }
    return sum;
  }

  async #pause(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = this.#options.clock.after(PAUSE_MS, resolve);
    await Promise.race([promise, this.#stopping.promise]);
    timer.cancel();
  }
}
