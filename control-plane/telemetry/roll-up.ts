/**
 * Adds up telemetry on and on: raw rows to minutes, minutes to hours, hours to days, and moves what control planes of an older release
 * store. All instances run it; the database lets one at a time do a step (store/roll-up-store.ts), so any may end at any moment.
 * Once in a while it also makes partitions for the days ahead and removes what is no longer kept (store/telemetry-expiry-store.ts).
 */
import type { Clock, TimerHandle } from '../../shared/clock.ts';
import { describeThrown } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
import type { RollUpStep, RollUpStore } from '../store/roll-up-store.ts';
import type { TelemetryExpiryStore } from '../store/telemetry-expiry-store.ts';
import { TelemetryMeter } from './telemetry-meter.ts';
import { FAMILIES, floorTo, MINUTE_MS, type Family } from '../store/telemetry-families.ts';

export interface RollUpOptions {
  readonly store: RollUpStore;
  readonly expiry: TelemetryExpiryStore;
  /** One of its own where not given. */
  readonly meter?: TelemetryMeter;
  readonly clock: Clock;
  readonly log: Logger;
}

const TICK_MS = 2_000;
/** Raw rows of one transaction. */
const ROWS_AT_ONCE = 5_000;
/** Steps of one tick and kind: others, and older steps, get their turn. */
const STEPS_AT_ONCE = 20;
/** Minutes are taken to their hours so long after they ended, five at a time: most of what comes late has come. */
const LATE_MS = 2 * MINUTE_MS;
const MINUTES_AT_ONCE_MS = 5 * MINUTE_MS;
const EXPIRY_INTERVAL_MS = 10 * MINUTE_MS;
const MEASURE_INTERVAL_MS = 15_000;
/** Work at a stretch, before the event loop gets its turn: it is never held for more than 20 ms. */
const STRETCH_MS = 8;

export class RollUp {
  readonly #options: RollUpOptions;
  readonly #meter: TelemetryMeter;
  #timer: TimerHandle | undefined;
  #running: Promise<void> | undefined;
  #stopped = false;
  #nextExpiryMs = -Infinity;
  #nextMeasureMs = -Infinity;
  #stretchBegunMs = 0;

  constructor(options: RollUpOptions) {
    this.#options = options;
    this.#meter = options.meter ?? new TelemetryMeter(options.clock);
  }

  /** The first time at once. */
  start(): void {
    this.#timer = this.#options.clock.every(TICK_MS, () => void this.tick());
    void this.tick();
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
    const { clock, log, expiry } = this.#options;
    const meter = this.#meter;
    this.#stretchBegunMs = clock.monotonicMs();
    try {
      if (clock.monotonicMs() >= this.#nextExpiryMs) {
        this.#nextExpiryMs = clock.monotonicMs() + EXPIRY_INTERVAL_MS;
        await expiry.prepare(clock.nowMs());
        const { partitions, rows } = await expiry.remove(clock.nowMs(), () => this.#stopped);
        meter.droppedPartitions.add(partitions);
        meter.expiredRows.add(rows);
      }
      await this.#addUp();
      await this.#measure();
    } catch (thrown) {
      meter.rollUpFailures.add();
      log.warn({ event: 'telemetry-roll-up-failed', reason: describeThrown(thrown) }, 'telemetry could not be added up now; it is tried again, and totals are exact meanwhile');
    }
  }

  async #addUp(): Promise<void> {
    const { store, clock } = this.#options;
    const untilMs = floorTo(clock.nowMs() - LATE_MS, MINUTES_AT_ONCE_MS);
    while (!this.#stopped && (await store.moveOldUsage(ROWS_AT_ONCE)) >= ROWS_AT_ONCE);
    for (const family of FAMILIES) {
      await this.#repeat(family, async (one) => {
        const step = await store.takeRaw(one, ROWS_AT_ONCE, this.#breathe);
        this.#meter.rolledUpRows.add(step.rows);
        return step;
      });
      await this.#repeat(family, (one) => store.takeMinutes(one, untilMs, this.#breathe));
      await this.#repeat(family, (one) => store.takeHour(one, this.#breathe));
    }
  }

  async #repeat(family: Family, step: (family: Family) => Promise<RollUpStep>): Promise<void> {
    for (let count = 0; count < STEPS_AT_ONCE && !this.#stopped; count += 1) {
      const { ours, more } = await step(family);
      if (!ours || !more) return;
    }
  }

  async #measure(): Promise<void> {
    const { store, clock, log } = this.#options;
    const meter = this.#meter;
    if (clock.monotonicMs() < this.#nextMeasureMs) return;
    this.#nextMeasureMs = clock.monotonicMs() + MEASURE_INTERVAL_MS;
    for (const family of FAMILIES) meter.backlogs.set(family.name, await store.backlog(family));
    const reason = meter.whyBehind();
    if (reason !== undefined) log.warn({ event: 'telemetry-roll-up-behind', reason }, reason);
  }

  readonly #breathe = async (): Promise<void> => {
    const { clock } = this.#options;
    if (clock.monotonicMs() - this.#stretchBegunMs < STRETCH_MS) return;
    await new Promise<void>((resolve) => void setImmediate(resolve));
    this.#stretchBegunMs = clock.monotonicMs();
  };
}
