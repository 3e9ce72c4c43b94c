/** A clock that tests drive by hand: nothing happens until `advance`. */
import type { Clock, TimerHandle } from '../../shared/clock.ts';

interface Timer {
  dueMs: number;
  readonly intervalMs: number | undefined;
  readonly callback: () => void;
}

export class ManualClock implements Clock {
  #nowMs: number;
  #monotonicMs = 0;
  readonly #timers = new Set<Timer>();

  constructor(nowMs = Date.UTC(2026, 0, 1)) {
    this.#nowMs = nowMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#monotonicMs;
  }

  after(delayMs: number, callback: () => void): TimerHandle {
    return this.#add({ dueMs: this.#monotonicMs + delayMs, intervalMs: undefined, callback });
  }

  every(intervalMs: number, callback: () => void): TimerHandle {
    return this.#add({ dueMs: this.#monotonicMs + intervalMs, intervalMs, callback });
  }

  /** Moves both clocks on and runs what falls due, in order of time. */
  advance(ms: number): void {
    const until = this.#monotonicMs + ms;
    for (let timer = this.#next(until); timer !== undefined; timer = this.#next(until)) {
      this.#moveTo(timer.dueMs);
      if (timer.intervalMs === undefined) this.#timers.delete(timer);
      else timer.dueMs += timer.intervalMs;
      timer.callback();
    }
    this.#moveTo(until);
  }

  /** The wall clock jumps; timers do not notice. */
  jump(ms: number): void {
    this.#nowMs += ms;
  }

  get pendingTimers(): number {
    return this.#timers.size;
  }

  #moveTo(monotonicMs: number): void {
    this.#nowMs += monotonicMs - this.#monotonicMs;
    this.#monotonicMs = monotonicMs;
  }

  #next(untilMs: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) if (timer.dueMs <= untilMs && (next === undefined || timer.dueMs < next.dueMs)) next = timer;
    return next;
  }

  #add(timer: Timer): TimerHandle {
    this.#timers.add(timer);
    return { cancel: () => void this.#timers.delete(timer) };
  }
}
