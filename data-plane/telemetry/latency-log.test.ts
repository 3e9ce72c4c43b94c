import { test } from 'node:test';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { LatencyReader, LatencyWriter, NO_VALUE } from './latency-log.ts';

function log(least = 4, most = 16): { readonly writer: LatencyWriter; readonly readers: LatencyReader[] } {
  const readers: LatencyReader[] = [];
  return { writer: new LatencyWriter((ring) => readers.push(new LatencyReader(ring)), least, most), readers };
}

function drainAll(readers: readonly LatencyReader[]): number[] {
  const found: number[] = [];
  for (const reader of readers) {
    reader.drain((of) => {
      found.push(of);
      return true;
    });
  }
  return found;
}

test('what is appended comes out in order, and what had no room is counted, however late the reader is', () => {
  fc.assert(fc.property(fc.array(fc.nat({ max: 30 }), { maxLength: 60 }), (bursts) => {
    const { writer, readers } = log();
    const found: number[] = [];
    let appended = 0;
    for (const burst of bursts) {
      for (let n = 0; n < burst; n++) writer.append(appended++, 1, 2, 3);
      found.push(...drainAll(readers));
    }
    const dropped = readers.reduce((sum, reader) => sum + reader.takeDropped(), 0);
    assert.equal(found.length + dropped, appended);
    assert.deepEqual(found, found.toSorted((a, b) => a - b));
    assert.ok(readers.length <= 3, 'rings of 4, 8 and 16');
  }));
});

test('a reader that stands still costs so many entries and no more memory', () => {
  const { writer, readers } = log();
  for (let n = 0; n < 1_000; n++) writer.append(n, 0, 0, 0);
  assert.deepEqual(readers.map((reader) => reader.length), [4, 8, 16]);
  assert.equal(readers.reduce((sum, reader) => sum + reader.takeDropped(), 0), 1_000 - 28);
  assert.deepEqual(drainAll(readers), Array.from({ length: 28 }, (_, n) => n));
  writer.append(5, 0, 0, 0);
  assert.deepEqual([drainAll(readers), readers.map((reader) => reader.takeDropped())], [[5], [0, 0, 0]], 'then there is room again');
});

test('an entry that is not taken comes again', () => {
  const { writer, readers } = log();
  for (let n = 0; n < 3; n++) writer.append(n, 0, 0, 0);
  assert.equal(readers[0]?.drain((of) => of < 1), false);
  assert.deepEqual(drainAll(readers), [1, 2]);
});

test('values are bounded, and none is told as none', () => {
  const { writer, readers } = log();
  writer.append(7, 2 ** 40, -1, 12);
  const values: number[] = [];
  readers[0]?.drain((...entry) => values.push(...entry) > 0);
  assert.deepEqual(values, [7, NO_VALUE - 1, NO_VALUE, 12]);
});
