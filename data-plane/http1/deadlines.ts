/**
 * Timeouts of all connections of one proxy: a number each, checked together a few times a second, so that a request
 * sets and clears its timeouts by assignment. A deadline never fires early and at most two resolutions late.
 */
import type { Clock, TimerHandle } from '../../shared/clock.ts';

export const NEVER = Number.POSITIVE_INFINITY;

export interface Timed {
  /** Monotonic milliseconds, from `Deadlines.in`; NEVER where nothing is waited for. */
  deadlineMs: number;
  /** Called once: the deadline is set to NEVER before. */
  deadlinePassed(): void;
}

export class Deadlines {
  readonly #clock: Clock;
  readonly #resolutionMs: number;
  readonly #defect: (thrown: unknown) => void;
  readonly #watched = new Set<Timed>();
  #timer: TimerHandle | undefined;
  #nowMs: number;

  /** `defect` is told of exceptions that `deadlinePassed` lets through: they cost neither the others nor the thread. */
  constructor(clock: Clock, resolutionMs: number, defect: (thrown: unknown) => void) {
    this.#clock = clock;
    this.#resolutionMs = resolutionMs;
    this.#defect = defect;
    this.#nowMs = clock.monotonicMs();
  }

  start(): void {
    this.#timer ??= this.#clock.every(this.#resolutionMs, () => this.#check());
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  watch(timed: Timed): void {
    this.#watched.add(timed);
  }

  forget(timed: Timed): void {
    this.#watched.delete(timed);
  }

  /** The deadline that lies `timeoutMs` from now. Costs no call of the clock. */
  in(timeoutMs: number): number {
    return this.#nowMs + timeoutMs + this.#resolutionMs;
  }

  #check(): void {
    this.#nowMs = this.#clock.monotonicMs();
    for (const timed of this.#watched) {
      if (timed.deadlineMs > this.#nowMs) continue;
      timed.deadlineMs = NEVER;
      try {
        timed.deadlinePassed();
      } catch (thrown) {
        this.#defect(thrown);
      }
    }
  }
}
