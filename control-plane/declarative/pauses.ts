/**
 * Long work in short pieces: lets everything else of the process go on every few milliseconds. Asked between two items of a list of
 * any length, as plans have.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../../shared/clock.ts';

/** Shorter than anybody notices; longer than a turn costs. */
const AT_ONCE_MS = 15;

export class Pauses {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  #sinceMs: number;

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock;
    this.#sinceMs = clock.monotonicMs();
  }

  /** Undefined where it is not time for one; else wait for it. */
  due(): Promise<void> | undefined {
    return this.#clock.monotonicMs() - this.#sinceMs < AT_ONCE_MS ? undefined : this.#take();
  }

  async #take(): Promise<void> {
    await nextTurn();
    this.#sinceMs = this.#clock.monotonicMs();
  }
}
