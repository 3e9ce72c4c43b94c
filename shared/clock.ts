/**
 * Time is injected: whatever waits or stamps takes a Clock, so that tests drive it by hand (`ManualClock` in
 * test/support/manual-clock.ts) and never sleep.
 */
export interface TimerHandle {
  cancel(): void;
}

export interface Clock {
  /** Wall clock, milliseconds since the epoch. May jump. */
  nowMs(): number;
  /** Monotonic milliseconds since an arbitrary start. Never jumps back. */
  monotonicMs(): number;
  /** Calls back once after `delayMs`. The timer does not keep the process alive unless `keepAlive` is set. */
  after(delayMs: number, callback: () => void, options?: { readonly keepAlive?: boolean }): TimerHandle;
  /** Calls back every `intervalMs` until cancelled; never keeps the process alive. */
  every(intervalMs: number, callback: () => void): TimerHandle;
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(delayMs, callback, options) {
    const timer = setTimeout(callback, delayMs);
    if (options?.keepAlive !== true) timer.unref();
    return { cancel: () => clearTimeout(timer) };
  },
  every(intervalMs, callback) {
    const timer = setInterval(callback, intervalMs);
    timer.unref();
    return { cancel: () => clearInterval(timer) };
  },
};
