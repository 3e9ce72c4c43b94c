import { test } from 'node:test';
import assert from 'node:assert/strict';
import { LatencySketch } from '../../shared/telemetry/latency-sketch.ts';
import { PackSum, packSketches, unpackSketches } from './latency-pack.ts';

function sketchOf(...micros: readonly number[]): Uint8Array {
  const sketch = new LatencySketch();
  for (const one of micros) sketch.add(one);
  return sketch.encode();
}

const NONE = new Uint8Array(0);

test('what is packed comes out as it was, whatever its length; nothing at all is null', () => {
  for (const length of [0, 1, 127, 128, 129, 16_383, 16_384, 70_000]) {
    const sketches = [new Uint8Array(length).fill(7), NONE, new Uint8Array(3).fill(9)];
    const packed = packSketches(sketches);
    assert.deepEqual(unpackSketches(packed, 3).map((one) => [...one]), sketches.map((one) => [...one]));
  }
  assert.equal(packSketches([NONE, NONE, NONE]), null);
  assert.deepEqual(unpackSketches(null, 3), [NONE, NONE, NONE]);
});

test('what is no pack is refused, wherever it is cut off', () => {
  const packed = packSketches([sketchOf(1, 10), sketchOf(100), sketchOf(1_000)]) ?? NONE;
  for (let length = 0; length < packed.length; length += 1) assert.throws(() => unpackSketches(packed.subarray(0, length), 3), RangeError);
  assert.throws(() => unpackSketches(new Uint8Array(9).fill(255), 1), RangeError);
});

test('sums count each pack once, in any order, and one alone is handed on as it came', () => {
  const packs = [packSketches([sketchOf(10, 10, 500), NONE, sketchOf(3)]), null, packSketches([sketchOf(9_000), sketchOf(70), NONE]), packSketches([NONE, sketchOf(71), sketchOf(4, 5)])];
  const [first] = packs;
  const alone = new PackSum(3);
  alone.add(null);
  assert.equal(alone.encode(), null);
  alone.add(first ?? null);
  assert.equal(alone.encode(), first);
  assert.deepEqual(alone.sketches().map(({ count }) => count), [3, 0, 1]);
  const encoded = [packs, packs.toReversed()].map((order) => {
    const sum = new PackSum(3);
    for (const pack of order) sum.add(pack);
    return Buffer.from(sum.encode() ?? NONE).toString('hex');
  });
  assert.equal(encoded[0], encoded[1]);
  const sum = new PackSum(3);
  for (const pack of packs) sum.add(pack);
  assert.deepEqual(sum.sketches().map(({ count }) => count), [4, 2, 3]);
  // Read, and added to afterwards.
  sum.add(first ?? null);
  assert.deepEqual(sum.sketches().map(({ count }) => count), [7, 2, 4]);
});
