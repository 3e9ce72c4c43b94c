import { test } from 'node:test';
import assert from 'node:assert/strict';
import { runInSlices, runInTurns } from './run-in-slices.ts';

/** Ten steps of 0.5 ms each by the given clock. */
function setUp() {
  let nowMs = 0;
  const events: string[] = [];
  function* work(): Generator<void, string> {
    try {
      for (let step = 0; step < 10; step += 1) {
        nowMs += 0.5;
        events.push('step');
        yield;
      }
      return 'done';
    } finally {
      events.push('freed');
    }
  }
  const pause = async (): Promise<void> => { events.push('pause'); };
  return { events, work: work(), options: { sliceMs: 2, clock: { monotonicMs: () => nowMs }, pause } };
}

test('work goes on for one slice at a time', async () => {
  const { events, work, options } = setUp();
  assert.equal(await runInSlices(work, options), 'done');
  assert.deepEqual(events.join(' '), 'step step step step pause step step step step pause step step freed');
});

test('work that is cancelled is ended, so that it frees what it took', async () => {
  const { events, work, options } = setUp();
  assert.equal(await runInSlices(work, { ...options, isCancelled: () => true }), undefined);
  assert.deepEqual(events.join(' '), 'step step step step pause freed');
});

test('what the work throws comes out', async () => {
  const { options } = setUp();
  function* broken(): Generator<void, string> {
    yield;
    throw new Error('broken');
  }
  await assert.rejects(runInSlices(broken(), options), /broken/);
});

test('work in turns lets everything else run after each step', async () => {
  const order: string[] = [];
  setImmediate(() => {
    order.push('a ping');
    setImmediate(() => order.push('another ping'));
  });
  const work = function* (): Generator<void, string> {
    for (const step of ['one', 'two', 'three']) {
      order.push(step);
      yield;
    }
    return 'done';
  };
  assert.equal(await runInTurns(work()), 'done');
  assert.deepEqual(order, ['one', 'a ping', 'two', 'another ping', 'three']);
});
