/**
 * Stores one stream of telemetry of a session (counts, or access records) in order, one batch at a time, so that an
 * acknowledgement may say "everything up to here" (T3). A batch that can't be stored now is tried again; one that never can is left unacknowledged and takes its credit
 * with it. Used by session.ts; what waits is bounded by the credit.
 */
import { Backoff } from '../../shared/backoff.ts';
import type { Clock } from '../../shared/clock.ts';
import { HoldfastError } from '../../shared/errors.ts';
import type { Telemetry } from '../../shared/wire/sync-message.ts';

export interface TelemetryIntakeOptions {
  readonly store: (telemetry: Telemetry) => Promise<void>;
  readonly onStored: (telemetry: Telemetry) => void;
  /** It can never be stored. */
  readonly onStuck: (telemetry: Telemetry, thrown: unknown) => void;
  readonly clock: Clock;
  readonly random: () => number;
}

const RETRY = { initialMs: 200, maximumMs: 10_000 };

export class TelemetryIntake {
  readonly #options: TelemetryIntakeOptions;
  readonly #backoff: Backoff;
  #queue: Promise<void> = Promise.resolve();
  #stopped = false;
  /** Boots with a batch that can't be stored: nothing after it may be acknowledged. */
  readonly #stuck = new Set<string>();

  constructor(options: TelemetryIntakeOptions) {
    this.#options = options;
    this.#backoff = new Backoff({ ...RETRY, random: options.random });
  }

  take(telemetry: Telemetry): void {
    this.#queue = this.#queue.then(() => this.#store(telemetry));
  }

  /** Resolves when nothing waits that came before. */
  settled(): Promise<void> {
    return this.#queue;
  }

  /** What waits is forgotten: it was not acknowledged, so the data plane sends it again. */
  stop(): void {
    this.#stopped = true;
  }

  async #store(telemetry: Telemetry): Promise<void> {
    while (!this.#stopped && !this.#stuck.has(telemetry.bootId)) {
      try {
        await this.#options.store(telemetry);
        this.#backoff.reset();
        if (!this.#stopped) this.#options.onStored(telemetry);
        return;
      } catch (thrown) {
        if (thrown instanceof HoldfastError && !thrown.retryable) {
          this.#stuck.add(telemetry.bootId);
          this.#options.onStuck(telemetry, thrown);
        } else await this.#wait(this.#backoff.nextDelayMs());
      }
    }
  }

  #wait(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.#options.clock.after(delayMs, resolve);
    });
  }
}
