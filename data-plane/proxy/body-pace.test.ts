import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NEVER } from '../http1/deadlines.ts';
import { BodyPace } from './body-pace.ts';

test('a body has its grace, and time for every byte that it brought', () => {
  const pace = new BodyPace({ minBodyBytesPerSecond: 100, bodyGraceMs: 5_000 });
  assert.equal(pace.deadline(1_000, 0), 6_000);
  assert.equal(pace.deadline(2_000, 0), 6_000, 'time goes on');
  assert.equal(pace.deadline(3_000, 200), 8_000, '200 bytes are worth two seconds');
});

test('only time in which the client was waited for counts', () => {
  const pace = new BodyPace({ minBodyBytesPerSecond: 100, bodyGraceMs: 5_000 });
  pace.deadline(1_000, 0);
  pace.rest(3_000);
  pace.rest(50_000);
  assert.equal(pace.deadline(60_000, 0), 63_000, 'two of five seconds are used');
  pace.reset();
  assert.equal(pace.deadline(70_000, 0), 75_000);
});

test('no bound where none is set, and none for a stream', () => {
  assert.equal(new BodyPace({ minBodyBytesPerSecond: 0, bodyGraceMs: 5_000 }).deadline(1_000, 0), NEVER);
  assert.equal(new BodyPace({ minBodyBytesPerSecond: 100, bodyGraceMs: 5_000 }).deadline(1_000, Number.NaN), NEVER);
});
