import { mock, test } from 'node:test';
import assert from 'node:assert/strict';
import { systemClock } from './clock.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Hour by hour, because a mocked timer that is armed by another counts from the end of the tick. */
function pass(hours: number): void {
  for (let hour = 0; hour < hours; hour++) mock.timers.tick(HOUR_MS);
}

test('timers of months run when they are due, neither at once nor never', () => {
  mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  try {
    let once = 0;
    let repeated = 0;
    systemClock.after(40 * DAY_MS, () => (once += 1));
    const timer = systemClock.every(30 * DAY_MS, () => (repeated += 1));
    const cancelled = systemClock.after(40 * DAY_MS, () => assert.fail('it was cancelled'));
    pass(29 * 24);
    cancelled.cancel();
    assert.deepEqual([once, repeated], [0, 0]);
    pass(25);
    assert.deepEqual([once, repeated], [0, 1]);
    pass(10 * 24);
    assert.deepEqual([once, repeated], [1, 1]);
    pass(21 * 24);
    assert.deepEqual([once, repeated], [1, 2]);
    timer.cancel();
    pass(90 * 24);
    assert.deepEqual([once, repeated], [1, 2]);
  } finally {
    mock.timers.reset();
  }
});
