import { mock, test } from 'node:test';
import assert from 'node:assert/strict';
import { systemClock } from './clock.ts';

const DAY_MS = 86_400_000;

test('timers of months run when they are due, neither at once nor never', () => {
  mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  try {
    let once = 0;
    let repeated = 0;
    systemClock.after(40 * DAY_MS, () => (once += 1));
    const timer = systemClock.every(30 * DAY_MS, () => (repeated += 1));
    const cancelled = systemClock.after(40 * DAY_MS, () => assert.fail('it was cancelled'));
    mock.timers.tick(29 * DAY_MS);
    cancelled.cancel();
    assert.deepEqual([once, repeated], [0, 0]);
    mock.timers.tick(DAY_MS);
    assert.deepEqual([once, repeated], [0, 1]);
    mock.timers.tick(10 * DAY_MS);
    assert.deepEqual([once, repeated], [1, 1]);
    mock.timers.tick(20 * DAY_MS);
    assert.deepEqual([once, repeated], [1, 2]);
    timer.cancel();
    mock.timers.tick(90 * DAY_MS);
    assert.deepEqual([once, repeated], [1, 2]);
  } finally {
    mock.timers.reset();
  }
});
