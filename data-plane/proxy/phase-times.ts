/**
 * When each part of a request's way through the gateway began and ended, for tracing. Kept only where a plugin of the chain asks for it
 * (`timePhases()`, best in `begin`); then each part costs two looks at the clock.
 */
import type { Clock } from '../../shared/clock.ts';
import type { PhaseTime } from '../../shared/plugins/contract.ts';

/** Nobody looks at more spans of one request (R5). */
const MOST_PARTS = 256;

type PhaseName = PhaseTime['name'];

interface Part {
  readonly name: PhaseName;
  readonly plugin: string | undefined;
  /** Monotonic milliseconds. */
  readonly startMs: number;
  endMs: number;
}

export class PhaseTimes {
  readonly #clock: Clock;
  readonly #parts: Part[] = [];
  /** One at a time: the parts of a request follow each other. */
  #open: Part | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** One that began before anybody kept times, and ends now. */
  ended(name: PhaseName, startMs: number): void {
    this.#parts.push({ name, plugin: undefined, startMs, endMs: this.#clock.monotonicMs() });
  }

  begin(name: PhaseName, plugin: string): void {
    const startMs = this.#clock.monotonicMs();
    this.#open = { name, plugin, startMs, endMs: startMs };
    if (this.#parts.length < MOST_PARTS) this.#parts.push(this.#open);
  }

  /** Nothing where none is open: a plugin asked for times within its own part. */
  end(): void {
    if (this.#open !== undefined) this.#open.endMs = this.#clock.monotonicMs();
    this.#open = undefined;
  }

  /** In the order in which they began. `epochOffsetMs`: what makes monotonic times wall times. */
  list(epochOffsetMs: number): readonly PhaseTime[] {
    return this.#parts.map(({ name, plugin, startMs: start, endMs: end }) => {
      const startMs = start + epochOffsetMs;
      const endMs = end + epochOffsetMs;
      return plugin === undefined ? { name, startMs, endMs } : { name, plugin, startMs, endMs };
    });
  }
}
