/** Queues of log plugins: bounded, tried again, flushed, and handed from one instance to the next without a loss. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { QueueOptions } from '../../shared/plugins/plugin-services.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import type { Deliver } from './log-queue.ts';
import { LogQueues } from './log-queues.ts';
import { addOutputs, OutputCounters, withoutWaiting } from './plugin-output.ts';

const OPTIONS: QueueOptions = { maxBatchEntries: 1, maxDelayMs: 1_000, maxEntries: 100, maxBytes: 0, maxRetryMs: 60_000, initialRetryDelayMs: 100, maxRetryDelayMs: 1_000, concurrency: 1 };
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A receiver that answers when it is told to; `taken` are batches that it took. */
class Receiver {
  readonly taken: (readonly string[])[] = [];
  /** What it answers at once; `hold` leaves deliveries open. */
  mode: 'take' | 'fail' | 'refuse' | 'hold' = 'take';
  calls = 0;
  readonly #open: (() => void)[] = [];

  readonly deliver: Deliver<string> = (entries) => {
    this.calls += 1;
    if (this.mode === 'fail') return Promise.reject(new Error('down'));
    if (this.mode === 'refuse') return Promise.reject(Object.assign(new Error('malformed'), { retryable: false }));
    if (this.mode === 'take') return Promise.resolve(void this.taken.push(entries));
    return new Promise((resolve) => this.#open.push(() => resolve(void this.taken.push(entries))));
  };

  finish(): void {
    for (const end of this.#open.splice(0)) end();
  }
}

function scene(given: Partial<QueueOptions> = {}) {
  const clock = new ManualClock();
  const outputs = new OutputCounters();
  const told: string[] = [];
  const log = { warn: (event: string, fields: object = {}) => void told.push(`${event} ${'reason' in fields ? String(fields.reason) : ''} ${'count' in fields ? String(fields.count) : ''}`) };
  const queues = new LogQueues({ clock, random: () => 1, outputs });
  const receiver = new Receiver();
  const open = (deliver: Deliver<string> = receiver.deliver, options: Partial<QueueOptions> = {}, key = 'one') => queues.open(key, 'http-log', log, { ...OPTIONS, ...given, ...options }, deliver);
  return { clock, queues, receiver, told, open, output: () => outputs.of('http-log'), totals: () => outputs.totals };
}

function push({ queue }: { readonly queue: { push(entry: string, bytes: number): void } }, ...entries: readonly string[]): void {
  for (const entry of entries) queue.push(entry, 10);
}

describe('batches', () => {
  test('of one go at once, one after another', async () => {
    const { receiver, open, output } = scene();
    receiver.mode = 'hold';
    const held = open();
    push(held, 'a', 'b');
    assert.equal(receiver.calls, 1);
    receiver.finish();
    await settle();
    assert.equal(receiver.calls, 2);
    receiver.finish();
    await settle();
    assert.deepEqual([receiver.taken, output().sent, output().waiting, output().waitingBytes], [[['a'], ['b']], 2, 0, 0]);
  });

  test('of several fill for as long as they may wait, and go when they are full', async () => {
    const { clock, receiver, open } = scene({ maxBatchEntries: 3 });
    const held = open();
    push(held, 'a');
    clock.advance(600);
    push(held, 'b');
    assert.equal(receiver.calls, 0);
    clock.advance(400);
    await settle();
    push(held, 'c', 'd', 'e', 'f');
    await settle();
    clock.advance(1_000);
    await settle();
    assert.deepEqual(receiver.taken, [['a', 'b'], ['c', 'd', 'e'], ['f']]);
  });

  test('go several at a time where that is wanted, and are never larger than a request may be', async () => {
    const { receiver, open } = scene({ maxBatchEntries: 10, maxDelayMs: 0, concurrency: 3 });
    receiver.mode = 'hold';
    const held = open();
    for (const entry of ['a', 'b', 'c', 'd', 'e', 'f']) held.queue.push(entry, 5_000_000);
    assert.equal(receiver.calls, 3);
    receiver.finish();
    await settle();
    receiver.finish();
    await settle();
    assert.deepEqual(receiver.taken.flat().toSorted(), ['a', 'b', 'c', 'd', 'e', 'f']);
    assert.ok(receiver.taken.every((batch) => batch.length === 1));
  });
});

describe('bounds', () => {
  test('the oldest make room, counted by the bound that was met, and told once in a while', async () => {
    const { clock, receiver, told, open, output } = scene({ maxEntries: 2 });
    receiver.mode = 'hold';
    const held = open();
    push(held, 'on its way', 'a', 'b', 'c', 'd');
    assert.deepEqual([held.queue.waiting, output().dropped], [2, { 'entries-full': 2 }]);
    assert.deepEqual(told, ['plugin-queue-dropping entries-full 1']);
    clock.advance(10_000);
    push(held, 'e');
    assert.deepEqual(told, ['plugin-queue-dropping entries-full 1', 'plugin-queue-dropping entries-full 2']);
    receiver.mode = 'take';
    receiver.finish();
    await settle();
    assert.deepEqual(receiver.taken, [['on its way'], ['d'], ['e']]);
  });

  test('bytes: those of the queue, and those of all queues of the thread together', () => {
    const { receiver, open, output } = scene({ maxBytes: 25 });
    receiver.mode = 'hold';
    const held = open();
    push(held, 'on its way', 'a', 'b', 'c');
    held.queue.push('too large for it at all', 26);
    assert.deepEqual([held.queue.waiting, output().dropped], [2, { 'bytes-full': 2 }]);
    const other = open(receiver.deliver, { maxBytes: 0, maxDelayMs: 60_000, maxBatchEntries: 100 }, 'two');
    for (let n = 0; n < 70; n += 1) other.queue.push('x', 1_000_000);
    assert.equal(other.queue.waiting, 67);
  });
});

test('a text counts with what it takes in memory', () => {
  const { open, receiver, output } = scene();
  receiver.mode = 'hold';
  open().queue.push('\u20ac'.repeat(50), 50);
  assert.equal(output().waitingBytes, 100);
});

describe('a receiver that does not answer', () => {
  const MIB = 1_048_576;
  /** So many queues with a receiver that holds whatever it gets, and one with a receiver that takes it. */
  function receivers(deadQueues: number, concurrency: number) {
    const { open, receiver: dead } = scene({ maxEntries: 1_000, concurrency, maxDelayMs: 0 });
    dead.mode = 'hold';
    const live = new Receiver();
    return { dead: Array.from({ length: deadQueues }, (_, at) => open(dead.deliver, {}, `dead ${at}`).queue), live: open(live.deliver, {}, 'live').queue, calls: () => dead.calls, taken: () => live.taken.flat() };
  }

  test('takes no memory from those that live', async () => {
    const { dead: [dead], live, taken } = receivers(1, 1);
    for (let at = 0; at < 80; at += 1) dead?.push('dead', MIB);
    for (let at = 0; at < 20; at += 1) live.push('live', MIB);
    await settle();
    assert.equal(taken().length, 20);
  });

  test('nor does it where all there is is on its way', async () => {
    const { dead, live, calls, taken } = receivers(4, 16);
    for (const queue of dead) for (let at = 0; at < 8; at += 1) queue.push('dead', 8 * MIB);
    assert.equal(calls(), 8, 'of each two are under way');
    live.push('live', MIB);
    live.push('one more', MIB);
    await settle();
    assert.deepEqual(taken(), ['live']);
  });

  test('and a shorter delay counts at once, also for what waited for the longer one', async () => {
    const { open, receiver, clock } = scene({ maxBatchEntries: 10 });
    const before = open(receiver.deliver, { maxDelayMs: 3_600_000 });
    push(before, 'a');
    open(receiver.deliver, { maxDelayMs: 1_000 });
    void before.close();
    clock.advance(1_000);
    await settle();
    assert.deepEqual(receiver.taken, [['a']]);
  });
});

describe('failures', () => {
  test('are tried again ever more slowly, until it works', async () => {
    const { clock, receiver, told, open, output } = scene();
    receiver.mode = 'fail';
    push(open(), 'a', 'b');
    const calls: number[] = [];
    for (const delay of [100, 200, 400, 800, 1_000, 1_000]) {
      await settle();
      clock.advance(delay - 1);
      await settle();
      calls.push(receiver.calls);
      clock.advance(1);
      await settle();
    }
    assert.deepEqual(calls, [1, 2, 3, 4, 5, 6]);
    assert.deepEqual(told, ['plugin-queue-failing down 1']);
    receiver.mode = 'take';
    clock.advance(1_000);
    await settle();
    assert.deepEqual([receiver.taken, output().failedDeliveries, output().dropped], [[['a'], ['b']], 7, {}]);
  });

  test('end after the time that the plugin gives them, or at once where trying again is of no use', async () => {
    const { clock, receiver, open, output } = scene({ maxRetryMs: 350 });
    receiver.mode = 'fail';
    push(open(), 'a');
    for (const delay of [100, 200]) {
      await settle();
      clock.advance(delay);
    }
    await settle();
    assert.deepEqual([receiver.calls, output().dropped, output().waiting], [3, { 'retries-over': 1 }, 0]);
    receiver.mode = 'refuse';
    push(open(), 'b');
    await settle();
    assert.deepEqual(output().dropped, { 'retries-over': 1, refused: 1 });
  });

  test('a deliver that throws instead of rejecting harms nobody', async () => {
    const { open, output } = scene({ maxRetryMs: 0 });
    push(open(() => { throw new Error('a defect'); }), 'a');
    await settle();
    assert.deepEqual(output().dropped, { 'retries-over': 1 });
  });
});

describe('a change of the config', () => {
  test('what an instance took in is delivered by the next one; what it had under way is waited for', async () => {
    const { clock, receiver, open, output } = scene();
    receiver.mode = 'fail';
    const first = open();
    push(first, 'a', 'b');
    await settle();
    const repaired = new Receiver();
    const second = open(repaired.deliver);
    const closed = first.close();
    await closed;
    clock.advance(1_000);
    await settle();
    push(second, 'c');
    await settle();
    assert.deepEqual(repaired.taken, [['a'], ['b'], ['c']]);
    assert.deepEqual([output().dropped, output().sent], [{}, 3]);
  });

  test('that is not taken up leaves the queue with the instance that there was', async () => {
    const { receiver, open } = scene();
    const first = open();
    const never = new Receiver();
    const second = open(never.deliver);
    assert.equal(second.isBusy, false);
    await second.close();
    push(first, 'a');
    await settle();
    assert.deepEqual([receiver.taken, never.taken], [[['a']], []]);
  });
});

describe('the end', () => {
  test('of the last instance sends what waits, without waiting for more', async () => {
    const { receiver, open, output } = scene({ maxBatchEntries: 10, maxDelayMs: 60_000 });
    const held = open();
    push(held, 'a', 'b');
    assert.equal(held.isBusy, true);
    await held.close();
    assert.deepEqual(receiver.taken, [['a', 'b']]);
    push(held, 'too late');
    assert.deepEqual(output().dropped, { drain: 1 });
  });

  test('has a bound: what is left is counted', async () => {
    const { clock, receiver, open, output } = scene();
    receiver.mode = 'hold';
    const held = open();
    push(held, 'a', 'b', 'c');
    const closed = held.close();
    await settle();
    clock.advance(10_000);
    await settle();
    clock.advance(10_000);
    await closed;
    assert.deepEqual(output().dropped, { drain: 3 });
    receiver.finish();
    await settle();
    assert.deepEqual([output().sent, output().waiting], [0, 0], 'what ends after that counts no more');
  });

  test('a drain flushes all queues together, within its bound', async () => {
    const { clock, receiver, queues, open, output } = scene({ maxBatchEntries: 10, maxDelayMs: 60_000 });
    const stuck = new Receiver();
    stuck.mode = 'fail';
    push(open(), 'a');
    push(open(stuck.deliver, {}, 'two'), 'b', 'c');
    const flushed = queues.flush(5_000);
    await settle();
    assert.deepEqual(receiver.taken, [['a']]);
    for (let step = 0; step < 10; step += 1) {
      clock.advance(500);
      await settle();
    }
    await flushed;
    assert.ok(stuck.calls > 3);
    assert.deepEqual(output().dropped, { drain: 2 });
    assert.equal(output().waiting, 0);
  });
});

test('outputs of threads add up; of one that has gone nothing waits any more', () => {
  const one = { sent: 1, failedDeliveries: 2, waiting: 3, waitingBytes: 4, dropped: { drain: 1 } };
  const sums = addOutputs(addOutputs({}, { 'http-log': one }), { 'http-log': { ...one, dropped: { drain: 2, refused: 1 } }, 'tcp-log': one });
  assert.deepEqual(sums, { 'http-log': { sent: 2, failedDeliveries: 4, waiting: 6, waitingBytes: 8, dropped: { drain: 3, refused: 1 } }, 'tcp-log': one });
  assert.deepEqual(withoutWaiting(sums)['tcp-log'], { ...one, waiting: 0, waitingBytes: 0 });
});
