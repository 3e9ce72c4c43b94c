/**
 * How a proxy thread is: its heap, how late its event loop is, what its garbage collector took. Goes to the agent with the thread's
 * statistics once a second, which is also the sign that the thread does not hang (`/status/live`).
 */
import type { Clock } from '../../shared/clock.ts';
import { EventLoopDelay } from '../../shared/event-loop-delay.ts';
import { GcMeter } from '../../shared/gc-meter.ts';

/** Between two signs of life. */
export const STATS_INTERVAL_MS = 1_000;

export interface ThreadVitals {
  readonly heapUsedBytes: number;
  readonly heapTotalBytes: number;
  /** Memory outside of the heap that its objects hold. */
  readonly externalBytes: number;
  /** Seconds, over the last 30 s. */
  readonly loopDelayP99: number;
  /** Seconds since its start in which its event loop did something. */
  readonly loopBusySeconds: number;
  readonly gcRuns: number;
  readonly gcSeconds: number;
}

/** Takes the thread's pulse. One per thread. */
export class ThreadPulse {
  readonly #eventLoop: EventLoopDelay;
  readonly #gc = new GcMeter();

  constructor(clock: Clock) {
    this.#eventLoop = new EventLoopDelay(clock);
  }

  take(): ThreadVitals {
    const { heapUsed, heapTotal, external } = process.memoryUsage();
    const gc = [...this.#gc.totals().values()];
    return {
      heapUsedBytes: heapUsed, heapTotalBytes: heapTotal, externalBytes: external,
      loopDelayP99: this.#eventLoop.p99(), loopBusySeconds: this.#eventLoop.busySeconds(),
      gcRuns: gc.reduce((sum, { count }) => sum + count, 0), gcSeconds: gc.reduce((sum, { seconds }) => sum + seconds, 0),
    };
  }
}
