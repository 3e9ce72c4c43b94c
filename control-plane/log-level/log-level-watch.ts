/**
 * Gives this instance the log level that was ordered for all control planes: looked at every two seconds, and at once where the
 * order came here. While the database is away nothing is ordered. Owned by start-control-plane.ts.
 */
import type { Clock, TimerHandle } from '../../shared/clock.ts';
import { describeThrown } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
import type { LogLevelSwitch, SwitchableLevel } from '../../shared/log-level-switch.ts';
import type { LogLevelStore } from '../store/log-level-store.ts';

const LOOK_EVERY_MS = 2_000;

export interface LogLevelWatchOptions {
  readonly store: LogLevelStore;
  readonly levels: LogLevelSwitch;
  readonly clock: Clock;
  readonly log: Logger;
}

export class LogLevelWatch {
  readonly #options: LogLevelWatchOptions;
  #timer: TimerHandle | undefined;
  /** The order that was carried out last, by the moment of its end. */
  #carriedOutMs = 0;
  #looking = false;

  constructor(options: LogLevelWatchOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = this.#options.clock.every(LOOK_EVERY_MS, () => void this.#look());
  }

  stop(): void {
    this.#timer?.cancel();
  }

  /** For all control planes. Throws where the database is away. */
  async order(level: SwitchableLevel, forMs: number, orderedBy: string): Promise<void> {
    const { store, clock } = this.#options;
    await store.order({ level, until: new Date(clock.nowMs() + forMs), orderedBy });
    await this.#look();
  }

  async #look(): Promise<void> {
    const { store, levels, clock, log } = this.#options;
    if (this.#looking) return;
    this.#looking = true;
    try {
      const order = await store.last();
      const untilMs = order?.until.getTime() ?? 0;
      const leftMs = untilMs - clock.nowMs();
      if (order === undefined || untilMs === this.#carriedOutMs || leftMs <= 0) return;
      this.#carriedOutMs = untilMs;
      levels.set(order.level, leftMs, order.orderedBy);
    } catch (thrown) {
      log.debug({ event: 'log-level-not-read', reason: describeThrown(thrown) }, 'the log level ordered for all control planes could not be read');
    } finally {
      this.#looking = false;
    }
  }
}
