import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LatencySketch, LONGEST_MICROS } from './latency-sketch.ts';

const values = fc.array(fc.integer({ min: 0, max: 200_000_000 }), { minLength: 1, maxLength: 400 });

function sketchOf(micros: readonly number[]): LatencySketch {
  const sketch = new LatencySketch();
  for (const value of micros) sketch.add(value);
  return sketch;
}

/** The value of which so many are at most as large, as quantile() counts. */
function exact(micros: readonly number[], q: number): number {
  return micros.toSorted((a, b) => a - b)[Math.max(1, Math.ceil(q * micros.length)) - 1] ?? Number.NaN;
}

test('quantiles are within 1 %, also of what was merged from parts and came over the wire', () => {
  fc.assert(fc.property(values, values, fc.double({ min: 0, max: 1, noNaN: true }), (left, right, q) => {
    const merged = LatencySketch.decode(sketchOf(left).encode());
    merged.mergeEncoded(sketchOf(right).encode());
    const direct = sketchOf(left);
    direct.merge(sketchOf(right));
    for (const sketch of [merged, direct, sketchOf([...left, ...right])]) {
      const wanted = exact([...left, ...right], q);
      const got = sketch.quantile(q) ?? Number.NaN;
      assert.ok(Math.abs(got - wanted) <= wanted * 0.0101, `${got} for ${wanted}`);
      assert.equal(sketch.count, left.length + right.length);
      assert.deepEqual(sketch.encode(), merged.encode());
    }
  }));
});

test('values out of range stay at its ends, and an empty one has no quantile', () => {
  assert.equal(new LatencySketch().quantile(0.5), undefined);
  assert.equal(new LatencySketch().encode().length, 2);
  assert.equal(sketchOf([0, 0.4]).quantile(1), 0);
  const longest = sketchOf([LONGEST_MICROS * 50]).quantile(0.5) ?? 0;
  assert.ok(Math.abs(longest - LONGEST_MICROS) <= LONGEST_MICROS * 0.0101);
  const large = new LatencySketch();
  large.add(1_000, 2 ** 52);
  assert.equal(LatencySketch.decode(large.encode()).count, 2 ** 52);
});

test('a single request takes few bytes, a thousand over four decades less than a kilobyte', () => {
  assert.ok(sketchOf([12_345]).encode().length <= 4);
  const spread = Array.from({ length: 1_000 }, (_, index) => 10 ** (2 + (index / 1_000) * 4));
  assert.ok(sketchOf(spread).encode().length < 1_000);
});

test('what is no sketch is refused, and nothing of it is added', () => {
  const sketch = sketchOf([5]);
  for (const bytes of [[], [2, 0], [1], [1, 0x80], [1, 0, 1, 0], [1, 0, 0], [1, 0, 5, 0x80], [1, 0, 0xff, 0x7f], [1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]]) {
    assert.throws(() => sketch.mergeEncoded(Uint8Array.from(bytes)), RangeError, String(bytes));
  }
  fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
    try {
      assert.equal(LatencySketch.decode(bytes).count >= 0, true);
    } catch (thrown) {
      assert.ok(thrown instanceof RangeError);
    }
  }));
  assert.equal(sketch.count, 1);
});

test('counts up to a bound, and buckets, add up to all', () => {
  const sketch = sketchOf([0, 10, 100, 1_000, 10_000]);
  assert.deepEqual([0, 10, 500, 1_000_000].map((bound) => sketch.countUpTo(bound)), [1, 2, 3, 5]);
  assert.equal([...sketch.buckets()].reduce((sum, [, count]) => sum + count, 0), 5);
});
