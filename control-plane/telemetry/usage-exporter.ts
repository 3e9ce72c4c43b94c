/**
 * Makes usage exports on and on: takes what arrived, makes files of intervals that are over, lets go of old ones' bytes. All instances run it;
 * the database lets one at a time do a step (store/usage-export-making.ts), so any may end at any moment.
 */
import type { Clock, TimerHandle } from '../../shared/clock.ts';
import { describeThrown } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
import type { UsageExportMaking } from '../store/usage-export-making.ts';

export interface UsageExporterOptions {
  readonly making: UsageExportMaking;
  readonly clock: Clock;
  readonly log: Logger;
}

const TICK_MS = 5_000;
/** Raw rows of one transaction. */
const ROWS_AT_ONCE = 20_000;
/** Waiting rows of one file, about 200 bytes each: what is more goes into the next. */
const ROWS_PER_FILE = 20_000;
/** Of one tick: gateways get their turn in the next. */
const STEPS_AT_ONCE = 50;
const EXPIRED_AT_ONCE = 50;
/** Work at a stretch, before the event loop gets its turn. */
const STRETCH_MS = 8;

export class UsageExporter {
  readonly #options: UsageExporterOptions;
  #timer: TimerHandle | undefined;
  #running: Promise<void> | undefined;
  #stopped = false;
  #stretchBegunMs = 0;

  constructor(options: UsageExporterOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = this.#options.clock.every(TICK_MS, () => void this.tick());
  }

  /** What is to be done now; the same promise for all that ask while it runs. Never throws: what failed is done the next time. */
  tick(): Promise<void> {
    this.#running ??= this.#work().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** Waits for the step that runs. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#running;
  }

  async #work(): Promise<void> {
    const { making, clock, log } = this.#options;
    const now = new Date(clock.nowMs());
    try {
      // What has arrived by now belongs into its interval's file, so nothing is made while more of it waits.
      if (!(await this.#takeAll())) return;
      for (const scope of this.#stopped ? [] : await making.due(now)) {
        for (let steps = 0, more = true; more && steps < STEPS_AT_ONCE && !this.#stopped; steps += 1) {
          const step = await making.make(scope, now, ROWS_PER_FILE, this.#breathe);
          more = step.more;
          if (step.file !== undefined) log.info({ event: 'usage-export-made', ...scope, ...step.file }, 'a usage export is ready');
        }
      }
      await making.expire(EXPIRED_AT_ONCE);
    } catch (thrown) {
      log.warn({ event: 'usage-export-failed', reason: describeThrown(thrown) }, 'usage exports could not be made now; it is tried again, and no count is lost meanwhile');
    }
  }

  /** False where there is more than one tick takes. */
  async #takeAll(): Promise<boolean> {
    for (let steps = 0; steps < STEPS_AT_ONCE && !this.#stopped; steps += 1) {
      const { more } = await this.#options.making.take(ROWS_AT_ONCE);
      if (!more) return true;
    }
    return false;
  }

  readonly #breathe = async (): Promise<void> => {
    const { clock } = this.#options;
    if (clock.monotonicMs() - this.#stretchBegunMs < STRETCH_MS) return;
    await new Promise<void>((resolve) => void setImmediate(resolve));
    this.#stretchBegunMs = clock.monotonicMs();
  };
}
