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

/** Node runs a longer timer after 1 ms; ours are put together of several. */
const LONGEST_TIMER_MS = 2_147_483_647;

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(delayMs, callback, options) {
    let timer: NodeJS.Timeout;
    const arm = (leftMs: number): void => {
      timer = leftMs > LONGEST_TIMER_MS ? setTimeout(() => arm(leftMs - LONGEST_TIMER_MS), LONGEST_TIMER_MS) : setTimeout(callback, leftMs);
      if (options?.keepAlive !== true) timer.unref();
    };
    arm(delayMs);
    return { cancel: () => clearTimeout(timer) };
  },
  every(intervalMs, callback) {
    if (intervalMs > LONGEST_TIMER_MS) return everyLong(intervalMs, callback);
    const timer = setInterval(callback, intervalMs);
    timer.unref();
    return { cancel: () => clearInterval(timer) };
  },
};

function everyLong(intervalMs: number, callback: () => void): TimerHandle {
  let handle: TimerHandle;
  const arm = (): void => {
    handle = systemClock.after(intervalMs, () => {
      arm();
      callback();
    });
  };
  arm();
  return { cancel: () => handle.cancel() };
}
