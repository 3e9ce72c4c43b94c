import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StreamIntake } from './stream-intake.ts';

/** What is given on, piece by piece; `|` stands where the last piece was announced. */
function giveOn(intake: StreamIntake, scratch = Buffer.alloc(256)): string[] {
  const given: string[] = [];
  intake.giveOn(scratch, (buffer, start, end) => given.push(buffer.toString('latin1', start, end)), () => given.push('|'));
  return given;
}

test('frames of one turn go on in one piece', () => {
  const intake = new StreamIntake();
  intake.head('HEAD\r\n\r\n', 'chunked', -1, true);
  intake.data(Buffer.from('hello'));
  intake.data(Buffer.from('x'));
  intake.trailers('a: b\r\n');
  assert.equal(intake.end(), true);
  assert.deepEqual(giveOn(intake), ['|', 'HEAD\r\n\r\n5\r\nhello\r\n1\r\nx\r\n0\r\na: b\r\n\r\n']);
});

test('what comes over several turns goes on as it comes', () => {
  const intake = new StreamIntake();
  intake.head('HEAD\r\n\r\n', 'chunked', -1, true);
  assert.deepEqual(giveOn(intake), ['HEAD\r\n\r\n']);
  intake.data(Buffer.from('hello'));
  assert.deepEqual(giveOn(intake), ['5\r\nhello\r\n']);
  intake.end();
  assert.deepEqual(giveOn(intake), ['|', '0\r\n\r\n']);
});

test('a body of known length is held to it, and its last piece waits for the stream to end', () => {
  const intake = new StreamIntake();
  intake.head('HEAD\r\n\r\n', 'length', 6, true);
  assert.equal(intake.data(Buffer.from('abc')), true);
  assert.deepEqual(giveOn(intake), ['HEAD\r\n\r\nabc']);
  assert.equal(intake.data(Buffer.from('def')), true);
  assert.deepEqual(giveOn(intake), []);
  assert.equal(intake.data(Buffer.from('g')), false);
  assert.equal(intake.end(), true);
  assert.deepEqual(giveOn(intake), ['|', 'def']);
  const short = new StreamIntake();
  short.head('HEAD\r\n\r\n', 'length', 6, true);
  short.data(Buffer.from('abc'));
  assert.equal(short.end(), false);
});

test('without a body the head waits for the end, an interim one does not', () => {
  const intake = new StreamIntake();
  intake.head('103\r\n\r\n', 'none', -1, false);
  assert.deepEqual(giveOn(intake), ['103\r\n\r\n']);
  intake.head('204\r\n\r\n', 'none', -1, true);
  assert.deepEqual([giveOn(intake), intake.data(Buffer.from('x'))], [[], false]);
  intake.end();
  assert.deepEqual(giveOn(intake), ['|', '204\r\n\r\n']);
});

test('more than the memory holds goes on in several chunks and pieces', () => {
  const intake = new StreamIntake();
  const data = 'x'.repeat(1_000);
  intake.head('HEAD\r\n\r\n', 'chunked', -1, true);
  intake.data(Buffer.from(data));
  intake.data(Buffer.from('end'));
  intake.end();
  const given = giveOn(intake);
  assert.ok(given.length > 4 && given.every((piece) => piece.length <= 256));
  assert.equal(given.at(-2), '|');
  const chunks = given.join('').replace('|', '').slice('HEAD\r\n\r\n'.length);
  assert.equal(chunks.replace(/(?:^|\r\n)[0-9a-f]+\r\n/g, '').replace('\r\n', ''), `${data}end`);
});

test('large pieces of plain data go on as they are', () => {
  const intake = new StreamIntake();
  intake.head('HEAD\r\n\r\n', 'length', 20_000, true);
  intake.data(Buffer.alloc(20_000, 'y'));
  intake.end();
  assert.deepEqual(giveOn(intake).map((piece) => piece.length), [8, 1, 20_000]);
});
