/**
 * How often and for how long the thread's garbage collector stopped it. One per thread: Node tells each thread of its own collections
 * (PerformanceObserver, entry type `gc`). Costs a few microseconds per collection, nothing in between.
 */
import { constants, PerformanceObserver } from 'node:perf_hooks';

export type GcKind = 'minor' | 'major' | 'incremental' | 'weak';

export interface GcTotals {
  readonly count: number;
  readonly seconds: number;
}

const KINDS: ReadonlyMap<unknown, GcKind> = new Map<unknown, GcKind>([
  [constants.NODE_PERFORMANCE_GC_MINOR, 'minor'],
  [constants.NODE_PERFORMANCE_GC_MAJOR, 'major'],
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL, 'incremental'],
  [constants.NODE_PERFORMANCE_GC_WEAKCB, 'weak'],
]);

export class GcMeter {
  readonly #totals = new Map<GcKind, { count: number; seconds: number }>([...KINDS.values()].map((kind) => [kind, { count: 0, seconds: 0 }]));
  readonly #observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) this.#add('detail' in entry ? entry.detail : undefined, entry.duration);
  });

  constructor() {
    this.#observer.observe({ entryTypes: ['gc'] });
  }

  totals(): ReadonlyMap<GcKind, GcTotals> {
    return new Map([...this.#totals].map(([kind, { count, seconds }]) => [kind, { count, seconds }]));
  }

  stop(): void {
    this.#observer.disconnect();
  }

  #add(detail: unknown, durationMs: number): void {
    const kind = typeof detail === 'object' && detail !== null && 'kind' in detail ? KINDS.get(detail.kind) : undefined;
    const total = kind === undefined ? undefined : this.#totals.get(kind);
    if (total === undefined) return;
    total.count += 1;
    total.seconds += durationMs / 1_000;
  }
}
