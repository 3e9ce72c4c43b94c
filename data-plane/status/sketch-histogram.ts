/** A latency sketch as a histogram with given bounds, for /metrics. Right within the sketch's 1 %. */
import type { HistogramView } from '../../shared/prometheus-text.ts';
import type { LatencySketch } from '../../shared/telemetry/latency-sketch.ts';

/** `bounds` ascend, in `unit`s of so many microseconds; so is the sum that is told. */
export function sketchHistogram(sketch: LatencySketch, sumMicros: number, bounds: readonly number[], unit: number): HistogramView {
  return {
    sum: sumMicros / unit,
    count: sketch.count,
    cumulative: () => {
      const counts = bounds.map(() => 0);
      let bucket = 0;
      // Both ascend: one walk over the sketch for all bounds.
      for (const [micros, count] of sketch.buckets()) {
        while (bucket < bounds.length && micros > (bounds[bucket] ?? 0) * unit) bucket += 1;
        if (bucket < bounds.length) counts[bucket] = (counts[bucket] ?? 0) + count;
      }
      let below = 0;
      return [...bounds.map((bound, index): readonly [number, number] => [bound, (below += counts[index] ?? 0)]), [Infinity, sketch.count]];
    },
  };
}
