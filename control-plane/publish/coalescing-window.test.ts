import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CoalescingWindow, RELEASE_WINDOW } from './coalescing-window.ts';

test('single writes go out at once, however fast one follows the other', () => {
  const window = new CoalescingWindow(RELEASE_WINDOW);
  for (let index = 0; index < 100; index += 1) {
    assert.equal(window.delayMs, RELEASE_WINDOW.shortestMs);
    window.noteRelease(1);
  }
});

test('a burst lengthens the window up to its maximum, a single write ends it', () => {
  const window = new CoalescingWindow(RELEASE_WINDOW);
  const delays: number[] = [];
  for (const writes of [3, 5, 9, 20, 40, 2, 40, 1]) {
    window.noteRelease(writes);
    delays.push(window.delayMs);
  }
  assert.deepEqual(delays, [10, 20, 40, 50, 50, 50, 50, 5]);
});
