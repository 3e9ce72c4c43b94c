/**
 * Runs a generator between other things: a slice of work, then the event loop, then the next slice. Proxy threads compile
 * configurations with it, so that no request waits for longer than a slice; the agent thread packs large ones with it.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';

export interface SliceOptions {
  /** Milliseconds of work at a time; 2 by design. */
  readonly sliceMs: number;
  readonly clock: { monotonicMs(): number };
  /** Lets everything else that is due run; `setImmediate` from node:timers/promises. */
  readonly pause: () => Promise<unknown>;
  /** Asked between slices: true ends the work early. */
  readonly isCancelled?: () => boolean;
}

/** The generator's result; undefined where it was cancelled. Rejects where the generator throws. */
export async function runInSlices<T>(work: Generator<void, T>, options: SliceOptions): Promise<T | undefined> {
  for (;;) {
    const until = options.clock.monotonicMs() + options.sliceMs;
    do {
      const step = work.next();
      if (step.done === true) return step.value;
    } while (options.clock.monotonicMs() < until);
    await options.pause();
    if (options.isCancelled?.() === true) {
      // Lets the work's `finally` free what it took.
      endEarly(work);
      return undefined;
    }
  }
}

/** The generator's result; after each of its steps everything else that is due runs. For the agent thread, whose work comes in large enough steps. */
export async function runInTurns<T>(work: Generator<void, T>): Promise<T> {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
    await nextTurn();
  }
}

/** The generator's result without pauses: for start-up, when nobody is served yet, and for tests. */
export function runAtOnce<T>(work: Generator<void, T>): T {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
  }
}

function endEarly<T>(work: Generator<void, T>): void {
  const ended: Iterator<void, T | undefined> = work;
  ended.return?.(undefined);
}
