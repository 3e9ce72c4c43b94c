import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { TickWheel } from './tick-wheel.ts';

test('each member has its turn once per interval, and at no time all of them', () => {
  const clock = new ManualClock();
  const turns = new Map<number, number>();
  let most = 0;
  let now = 0;
  const wheel = new TickWheel<number>({ clock, intervalMs: 1_000, slots: 10, tick: (member) => {
    turns.set(member, (turns.get(member) ?? 0) + 1);
    now += 1;
  } });
  for (let member = 0; member < 1_000; member += 1) wheel.add(member);
  wheel.delete(7);
  for (let ms = 0; ms < 3_000; ms += 100) {
    now = 0;
    clock.advance(100);
    most = Math.max(most, now);
  }
  assert.equal(turns.size, 999);
  assert.ok([...turns.values()].every((count) => count === 3));
  assert.equal(most, 100);
  wheel.stop();
  assert.equal(clock.pendingTimers, 0);
});
