import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { Deadlines } from '../http1/deadlines.ts';
import { WaitingLine, type Waiter } from './waiting-line.ts';

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function scene() {
  const clock = new ManualClock();
  const deadlines = new Deadlines(clock, 10, (thrown) => assert.fail(String(thrown)));
  deadlines.start();
  const endpoint = { isFull: true };
  const line = new WaitingLine(deadlines, endpoint);
  const log: string[] = [];
  const waiter = (name: string, then: () => void = () => undefined): Waiter => ({
    admitted: () => {
      log.push(name);
      then();
    },
    waitedTooLong: () => void log.push(`${name} too long`),
  });
  return { clock, endpoint, line, log, waiter };
}

test('first come, first served, each in a turn of its own; whoever left is passed over', async () => {
  const { line, log, waiter } = scene();
  const leaver = waiter('b');
  for (const one of [waiter('a'), leaver, waiter('c'), waiter('d')]) line.join(one, 1_000);
  line.freed();
  assert.deepEqual(log, []);
  line.leave(leaver);
  line.freed();
  await nextTurn();
  assert.deepEqual(log, ['a', 'c']);
  assert.equal(line.length, 1);
});

test('nobody waits longer than agreed', () => {
  const { clock, line, log, waiter } = scene();
  line.join(waiter('a'), 100);
  line.join(waiter('b'), 500);
  clock.advance(150);
  assert.deepEqual(log, ['a too long']);
  assert.equal(line.length, 1);
});

test('one who joins after two came free at once gets the second', async () => {
  const { endpoint, line, log, waiter } = scene();
  line.join(waiter('a'), 1_000);
  line.freed();
  line.freed();
  endpoint.isFull = false;
  line.join(waiter('b', () => (endpoint.isFull = true)), 1_000);
  line.join(waiter('c'), 1_000);
  await nextTurn();
  await nextTurn();
  assert.deepEqual(log, ['a', 'b']);
});
