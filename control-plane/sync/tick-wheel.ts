/**
 * Spreads what every session does once in an interval evenly over it, so that ten thousand of them never do it at once.
 * Used by fleet-sessions.ts.
 */
import type { Clock, TimerHandle } from '../../shared/clock.ts';

export class TickWheel<T> {
  readonly #slots: readonly Set<T>[];
  readonly #slotOf = new Map<T, Set<T>>();
  readonly #timer: TimerHandle;
  #next = 0;
  #added = 0;

  /** Calls `tick` for each member once per interval, in `slots` portions. */
  constructor(given: { readonly clock: Clock; readonly intervalMs: number; readonly slots: number; readonly tick: (member: T) => void }) {
    const { clock, intervalMs, slots, tick } = given;
    this.#slots = Array.from({ length: slots }, () => new Set<T>());
    this.#timer = clock.every(intervalMs / slots, () => {
      const slot = this.#slots[this.#next];
      this.#next = (this.#next + 1) % slots;
      for (const member of [...(slot ?? [])]) tick(member);
    });
  }

  add(member: T): void {
    const slot = this.#slots[(this.#added += 1) % this.#slots.length];
    if (slot === undefined) return;
    slot.add(member);
    this.#slotOf.set(member, slot);
  }

  delete(member: T): void {
    this.#slotOf.get(member)?.delete(member);
    this.#slotOf.delete(member);
  }

  stop(): void {
    this.#timer.cancel();
  }
}
