/**
 * Counts of measured values in fixed buckets, and many of them by labels with a bound on how many (R5). Written where something
 * is measured, read by `/metrics` (prometheus-text.ts). Never reset: rates are the reader's business.
 */
import type { HistogramSample, MetricLabels, MetricSample } from './prometheus-text.ts';

/** Seconds: from a read of memory to a statement that runs into its timeout. */
export const LATENCY_BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10] as const;

export class Histogram {
  readonly #bounds: readonly number[];
  readonly #counts: number[];
  #sum = 0;
  #count = 0;

  /** `bounds` ascend; each counts values up to and including it. */
  constructor(bounds: readonly number[] = LATENCY_BOUNDS) {
    this.#bounds = bounds;
    this.#counts = bounds.map(() => 0);
  }

  get sum(): number {
    return this.#sum;
  }

  get count(): number {
    return this.#count;
  }

  observe(value: number): void {
    this.#sum += value;
    this.#count += 1;
    const bucket = this.#bounds.findIndex((bound) => value <= bound);
    if (bucket !== -1) this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
  }

  /** How many values were at most each bound; the last bound is Infinity. */
  cumulative(): readonly (readonly [bound: number, count: number])[] {
    let below = 0;
    const rows = this.#bounds.map((bound, index): readonly [number, number] => [bound, (below += this.#counts[index] ?? 0)]);
    return [...rows, [Infinity, this.#count]];
  }
}

/** What stands in the place of every label once there are too many combinations. */
const OTHER = 'other';

/** One `T` for each combination of labels that came up, up to `most`; all further ones share one. */
export class Labelled<T> {
  readonly #make: () => T;
  readonly #most: number;
  readonly #series = new Map<string, { readonly labels: MetricLabels; readonly value: T }>();

  constructor(make: () => T, most: number) {
    this.#make = make;
    this.#most = most;
  }

  of(labels: MetricLabels): T {
    const key = Object.values(labels).join('\0');
    const known = this.#series.get(key);
    if (known !== undefined) return known.value;
    if (this.#series.size >= this.#most) {
      const rest = Object.fromEntries(Object.keys(labels).map((label) => [label, OTHER]));
      if (Object.values(labels).some((text) => text !== OTHER)) return this.#others(rest);
    }
    return this.#add(key, labels);
  }

  entries(): readonly { readonly labels: MetricLabels; readonly value: T }[] {
    return [...this.#series.values()];
  }

  #others(rest: MetricLabels): T {
    const key = Object.values(rest).join('\0');
    return this.#series.get(key)?.value ?? this.#add(key, rest);
  }

  #add(key: string, labels: MetricLabels): T {
    const value = this.#make();
    this.#series.set(key, { labels, value });
    return value;
  }
}

export class Counter {
  #value = 0;

  get value(): number {
    return this.#value;
  }

  add(more = 1): void {
    this.#value += more;
  }
}

export function counterSamples(counters: Labelled<Counter>): readonly MetricSample[] {
  return counters.entries().map(({ labels, value }) => ({ labels, value: value.value }));
}

export function histogramSamples(histograms: Labelled<Histogram>): readonly HistogramSample[] {
  return histograms.entries().map(({ labels, value }) => ({ labels, histogram: value }));
}
