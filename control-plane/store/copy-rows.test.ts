import { test } from 'node:test';
import assert from 'node:assert/strict';
import { CopyRows } from './copy-rows.ts';

const HEADER_BYTES = 19;

/** The fields of rows, as Postgres takes them apart. */
function fieldsOf(bytes: Uint8Array): readonly (Buffer | null)[] {
  const copied = Buffer.from(bytes);
  const fields: (Buffer | null)[] = [];
  let at = HEADER_BYTES;
  for (let columns = copied.readInt16BE(at); columns !== -1; columns = copied.readInt16BE(at)) {
    at += 2;
    for (let column = 0; column < columns; column += 1) {
      const length = copied.readInt32BE(at);
      at += 4;
      fields.push(length === -1 ? null : copied.subarray(at, at + length));
      at += Math.max(0, length);
    }
  }
  assert.equal(at + 2, copied.length);
  return fields;
}

test('texts are whole wherever the buffer grows, whatever bytes they take', () => {
  for (const [character, bytes] of [['a', 1], ['ß', 2], ['\uffff', 3], ['\u{1f4a9}', 4]] as const) {
    for (const length of [65_530 - 40, 65_536, 200_000]) {
      const rows = new CopyRows();
      const texts = [character.repeat(Math.ceil(length / bytes)), character.repeat(7), '', '\\.\n\0'];
      rows.row(texts.length);
      for (const text of texts) rows.text(text);
      assert.deepEqual(fieldsOf(rows.end()).map((field) => field?.toString()), texts);
    }
  }
});

test('numbers, times, ids and bytes to their ends, at every place of the buffer', () => {
  const rows = new CopyRows();
  const numbers = [0, 1, -1, 2 ** 31, -(2 ** 32), 2 ** 32 - 1, Number.MAX_SAFE_INTEGER, -Number.MAX_SAFE_INTEGER];
  for (let row = 0; row < 2_000; row += 1) {
    rows.row(numbers.length + 5);
    for (const number of numbers) rows.int8(number);
    rows.int2(-32_768);
    rows.time(Date.UTC(1999, 11, 31, 23, 59, 59) * 1_000);
    rows.uuid('00112233-4455-6677-8899-AABBCCDDEEFF');
    rows.bytes(null);
    rows.bytes(new Uint8Array(row % 50).fill(row % 256));
  }
  const fields = fieldsOf(rows.end());
  for (let row = 0; row < 2_000; row += 1) {
    const of = fields.slice(row * (numbers.length + 5), (row + 1) * (numbers.length + 5));
    assert.deepEqual(of.slice(0, numbers.length).map((field) => Number(field?.readBigInt64BE())), numbers);
    assert.deepEqual(of.slice(numbers.length).map((field) => field?.toString('hex')), ['8000', Buffer.from(new BigInt64Array([-1_000_000n]).buffer).reverse().toString('hex'), '00112233445566778899aabbccddeeff', undefined, Buffer.alloc(row % 50, row % 256).toString('hex')]);
  }
});

test('what is no id, or no number of its place, is refused', () => {
  const rows = new CopyRows();
  for (const id of ['zz', '0011', `${'0'.repeat(31)}g`, '0'.repeat(34), '----']) assert.throws(() => rows.uuid(id), RangeError, id);
  for (const number of [2 ** 70, Number.NaN, Infinity]) assert.throws(() => rows.int8(number), RangeError, `${number}`);
  assert.throws(() => rows.int2(32_768), RangeError);
});
