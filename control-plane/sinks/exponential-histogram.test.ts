import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LatencySketch } from '../../shared/telemetry/latency-sketch.ts';
import { HISTOGRAM_SCALE, toExponentialHistogram } from './exponential-histogram.ts';

/** As a backend reads it: the middle of the bucket that the quantile falls into, microseconds. */
function quantile(sketch: LatencySketch, q: number): number {
  const { count, zeroCount, offset, counts } = toExponentialHistogram(sketch);
  let left = Math.max(1, Math.ceil(q * count)) - zeroCount;
  if (left <= 0) return 0;
  const at = counts.findIndex((one) => (left -= one) <= 0);
  const base = 2 ** (1 / 2 ** HISTOGRAM_SCALE);
  return ((2 * base ** (offset + at + 1)) / (base + 1)) * 1e6;
}

test('quantiles of the histogram are within 2.1 % of the values, from 1 µs to hours, and no value is lost', () => {
  for (const factor of [1.003, 1.07, 1.9]) {
    const values: number[] = [];
    for (let value = 1; value < 9e9 && values.length < 4_000; value = Math.max(value + 1, value * factor)) values.push(Math.round(value));
    const sketch = new LatencySketch();
    for (const value of values) sketch.add(value);
    const { count, zeroCount, counts } = toExponentialHistogram(sketch);
    assert.equal(count, values.length);
    assert.equal(counts.reduce((sum, one) => sum + one, zeroCount), values.length);
    for (const q of [0, 0.01, 0.5, 0.9, 0.99, 1]) {
      const truth = values[Math.max(1, Math.ceil(q * values.length)) - 1] ?? NaN;
      assert.ok(Math.abs(quantile(sketch, q) - truth) <= truth * 0.0211, `${q}: ${quantile(sketch, q)} for ${truth}`);
    }
  }
});

test('what took no time is counted as zero, and nothing makes an empty histogram', () => {
  const sketch = new LatencySketch();
  assert.deepEqual(toExponentialHistogram(sketch), { count: 0, zeroCount: 0, offset: 0, counts: [] });
  sketch.add(0, 3);
  assert.deepEqual(toExponentialHistogram(sketch), { count: 3, zeroCount: 3, offset: 0, counts: [] });
  sketch.add(1_000_000);
  assert.deepEqual(toExponentialHistogram(sketch).counts, [1]);
});
