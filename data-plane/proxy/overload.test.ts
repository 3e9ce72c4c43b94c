import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { CALM, nextOverload, OVERLOAD_SAMPLE_MS, OverloadGuard, type OverloadState } from './overload.ts';

const LIMITS = { maxLoopDelayMs: 200, maxMemoryShare: 0.9 };
const LATE = { loopDelayMs: 500, memoryShare: 0.5 };
const FINE = { loopDelayMs: 5, memoryShare: 0.5 };
const FULL = { loopDelayMs: 5, memoryShare: 0.95 };

function after(...samples: readonly (typeof LATE)[]): OverloadState {
  return samples.reduce((state, sample) => nextOverload(state, sample, LIMITS), CALM);
}

test('nothing is shed while the loop is timely and memory is left', () => {
  assert.deepEqual(after(FINE, FINE, { loopDelayMs: 200, memoryShare: 0.899 }), CALM);
});

test('a late loop sheds a growing part, never more than all, and comes back slower than it came', () => {
  assert.deepEqual(after(LATE), { share: 0.2, reason: 'event-loop' });
  assert.deepEqual(after(LATE, LATE), { share: 0.4, reason: 'event-loop' });
  assert.deepEqual(after(...Array.from({ length: 20 }, () => LATE)), { share: 1, reason: 'event-loop' });
  assert.deepEqual(after(LATE, FINE), { share: 0.1, reason: 'event-loop' });
  assert.deepEqual(after(LATE, FINE, FINE), CALM);
  assert.deepEqual(after(...Array.from({ length: 5 }, () => LATE), ...Array.from({ length: 10 }, () => FINE)), CALM);
});

test('full memory sheds everything at once and lets go at once', () => {
  assert.deepEqual(after(FULL), { share: 1, reason: 'memory' });
  assert.deepEqual(after(FULL, FINE), CALM);
  assert.deepEqual(after(LATE, FULL, LATE), { share: 0.2, reason: 'event-loop' });
});

test('a loop that is never watched never sheds', () => {
  assert.deepEqual(nextOverload(CALM, LATE, { ...LIMITS, maxLoopDelayMs: undefined }), CALM);
});

test('the guard looks at the clock, sheds the part that is due and says so once', () => {
  const clock = new ManualClock();
  const heard: OverloadState[] = [];
  let memory = 0.1;
  let dice = 0.5;
  const guard = new OverloadGuard(LIMITS, clock, () => memory, () => dice, (state) => heard.push(state));
  guard.start();
  clock.advance(OVERLOAD_SAMPLE_MS * 3);
  assert.equal(guard.sheds, false);
  memory = 1;
  clock.advance(OVERLOAD_SAMPLE_MS * 2);
  assert.equal(guard.sheds, true);
  assert.deepEqual(heard, [{ share: 1, reason: 'memory' }]);
  memory = 0.1;
  clock.advance(OVERLOAD_SAMPLE_MS);
  assert.equal(guard.sheds, false);
  assert.deepEqual(heard.at(-1), CALM);
  dice = 0;
  assert.equal(guard.sheds, false, 'calm sheds nothing whatever the dice say');
  guard.stop();
});
