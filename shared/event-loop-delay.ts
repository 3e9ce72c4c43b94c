/**
 * How late this thread gets to what is due: the delay of its event loop over the last window of time, and how long it was busy
 * since its start. One per thread that tells of itself: process-vitals.ts, and each proxy thread.
 */
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import type { Clock, TimerHandle } from './clock.ts';
import type { SummarySample } from './prometheus-text.ts';

/** What quantiles are taken over: long enough for a scrape every 15 s to miss nothing. */
const WINDOW_MS = 30_000;
const RESOLUTION_MS = 10;
const QUANTILES = { '0.5': 50, '0.9': 90, '0.99': 99, '1': 100 } as const;
const NANOSECONDS = 1e9;

export class EventLoopDelay {
  readonly #delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  readonly #window: TimerHandle;
  /** Of all windows that are over. */
  #sum = 0;
  #count = 0;

  constructor(clock: Clock) {
    this.#delays.enable();
    this.#window = clock.every(WINDOW_MS, () => {
      this.#sum += this.#currentSum();
      this.#count += this.#delays.count;
      this.#delays.reset();
    });
  }

  /** Seconds; the timer's own interval is in them, so an idle process shows some RESOLUTION_MS. */
  summary(): SummarySample {
    const isEmpty = this.#delays.count === 0;
    const quantiles = Object.fromEntries(Object.entries(QUANTILES).map(([quantile, percentile]) => [quantile, isEmpty ? 0 : this.#delays.percentile(percentile) / NANOSECONDS]));
    return { quantiles, sum: this.#sum + this.#currentSum(), count: this.#count + this.#delays.count };
  }

  /** Seconds: 99 % of the delays in the window were at most this. */
  p99(): number {
    return this.#delays.count === 0 ? 0 : this.#delays.percentile(99) / NANOSECONDS;
  }

  /** Seconds since the start in which the event loop did something. */
  busySeconds(): number {
    return performance.eventLoopUtilization().active / 1000;
  }

  stop(): void {
    this.#window.cancel();
    this.#delays.disable();
  }

  #currentSum(): number {
    return this.#delays.count === 0 ? 0 : (this.#delays.mean * this.#delays.count) / NANOSECONDS;
  }
}
