import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { CutShort, fileKey, open, seal } from './sealed-stream.ts';

const key = fileKey(randomBytes(32), randomBytes(32));

async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function gather(source: AsyncIterable<Uint8Array>): Promise<Buffer[]> {
  const all: Buffer[] = [];
  for await (const piece of source) all.push(Buffer.from(piece));
  return all;
}

const openAll = async (records: readonly Buffer[], size = 1_000): Promise<Buffer> => Buffer.concat(await gather(open(pieces(Buffer.concat(records), size), key)));

test('what was sealed comes back, whatever its length and the pieces in which it comes', async () => {
  for (const length of [0, 1, 65_535, 65_536, 65_537, 131_072, 200_000]) {
    const plain = randomBytes(length);
    for (const size of [999, 65_536, 1_000_000]) {
      const records = await gather(seal(pieces(plain, size), key));
      assert.deepEqual(await openAll(records, size), plain, `${length} bytes in pieces of ${size}`);
    }
  }
});

test('a stream that was cut at a record, reordered, joined or changed is refused', async () => {
  const [first, second, third] = await gather(seal(pieces(randomBytes(150_000), 4_096), key));
  assert.ok(first !== undefined && second !== undefined && third !== undefined);
  const [other] = await gather(seal(pieces(randomBytes(100), 4_096), fileKey(randomBytes(32), randomBytes(32))));
  assert.ok(other !== undefined);
  assert.equal((await openAll([first, second, third])).length, 150_000);
  const changed = Buffer.from(second);
  changed[10] = (changed[10] ?? 0) ^ 1;
  for (const records of [[first, second], [first], [second, first, third], [first, second, second, third], [first, changed, third], [first, second, third, third], [first, second, other]]) await assert.rejects(openAll(records));
  await assert.rejects(openAll([first, second, third.subarray(0, -1)]), CutShort);
  await assert.rejects(openAll([]), CutShort);
});
