/**
 * Counts of admin requests for `/metrics`, told by http-server.ts. Labels are the route's pattern, never a path, and a method
 * or status that exists, so that nobody outside can make new series (R5).
 */
import { Counter, Histogram, Labelled } from '../../shared/histogram.ts';

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
/** What was asked for and is no route. */
const NO_ROUTE = 'none';
const MOST_COUNTERS = 5_000;
/** Each is some fifteen lines. */
const MOST_HISTOGRAMS = 1_000;

export class RequestMeter {
  readonly requests = new Labelled(() => new Counter(), MOST_COUNTERS);
  readonly durations = new Labelled(() => new Histogram(), MOST_HISTOGRAMS);
  /** Answered from memory because the database was away. */
  readonly fromMemory = new Counter();

  /** `route`: its pattern; undefined where none was found. */
  answered(method: string, route: string | undefined, status: number, seconds: number): void {
    const labels = { method: METHODS.has(method) ? method : 'other', route: route ?? NO_ROUTE };
    this.requests.of({ ...labels, status: String(status) }).add();
    this.durations.of(labels).observe(seconds);
  }
}
