/** The keys of session tickets: random, replaced in time, told to whoever holds the threads. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { TicketKeys } from './ticket-keys.ts';

test('keys are 48 bytes, replaced at every interval, and no more after the end', () => {
  const clock = new ManualClock();
  let asked = 0;
  const told: Uint8Array[] = [];
  const keys = new TicketKeys(clock, 1_000, (bytes) => new Uint8Array(bytes).fill((asked += 1)), (replaced) => told.push(replaced));
  assert.deepEqual(keys.current, new Uint8Array(48).fill(1));
  clock.advance(2_000);
  assert.deepEqual(told, [new Uint8Array(48).fill(2), new Uint8Array(48).fill(3)]);
  assert.deepEqual(keys.current, told[1]);
  keys.stop();
  clock.advance(5_000);
  assert.equal(told.length, 2);
});
