/** The counter table under real threads: limits are exact, and a dead thread blocks nobody for ever. */
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { allocateCounterTable, SharedCounterTable } from '../data-plane/counters/shared-counter-table.ts';
import type { CounterWindow } from '../shared/plugins/plugin-services.ts';
import type { CountingReport, CountingTask } from './support/counting-thread.ts';

const NOW_MS = 90_000;
const SECOND: CounterWindow = { startMs: 90_000, windowMs: 1_000, limit: 700 };
const MINUTE: CounterWindow = { startMs: 60_000, windowMs: 60_000, limit: 1_000 };

/** Runs the tasks in one thread each, all released at once. */
async function countInThreads(tasks: readonly Partial<CountingTask>[], table: SharedArrayBuffer): Promise<readonly CountingReport[]> {
  const startSignal = new SharedArrayBuffer(4);
  const defaults: CountingTask = { table, startSignal, nowMs: NOW_MS, keys: ['k'], windows: [MINUTE], takes: 2_000, diesInside: false };
  const workers = tasks.map((task) => new Worker(new URL('./support/counting-thread.ts', import.meta.url), { workerData: { ...defaults, ...task } }));
  await Promise.all(workers.map((worker) => once(worker, 'message')));
  const reports = Promise.all(workers.map(async (worker): Promise<CountingReport> => (await once(worker, 'message'))[0]));
  Atomics.store(new Int32Array(startSignal), 0, 1);
  Atomics.notify(new Int32Array(startSignal), 0);
  try {
    return await reports;
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

function total(reports: readonly CountingReport[], kind: keyof CountingReport): number {
  return reports.reduce((sum, report) => sum + report[kind], 0);
}

test('eight threads together take exactly the limit, and count in every window or in none', async () => {
  const buffer = allocateCounterTable(256);
  const windows = [SECOND, MINUTE];
  const reports = await countInThreads(Array.from({ length: 8 }, () => ({ windows })), buffer);
  assert.equal(total(reports, 'taken'), 700);
  assert.equal(total(reports, 'over'), 8 * 2_000 - 700);
  assert.equal(total(reports, 'full'), 0);

  // Had a refused request counted in the minute, less than 300 of it would be left for the next second.
  const next: CounterWindow = { startMs: 91_000, windowMs: 1_000, limit: 700 };
  const table = new SharedCounterTable(buffer, { threadId: 99, clock: { nowMs: () => 91_000 } });
  let taken = 0;
  while (table.take('k', [next, MINUTE]).kind === 'taken') taken += 1;
  assert.equal(taken, 300);
});

test('200 at once against a limit of 100: exactly 100, however the window is counted', async () => {
  const sliding = { ...MINUTE, limit: 100, isSliding: true } as const;
  const slid = await countInThreads(Array.from({ length: 4 }, () => ({ windows: [sliding], takes: 50 })), allocateCounterTable(256));
  assert.deepEqual([total(slid, 'taken'), total(slid, 'over')], [100, 100]);
  const threefold = await countInThreads(Array.from({ length: 4 }, () => ({ windows: [{ ...MINUTE, limit: 100 }], takes: 50, amount: 3 })), allocateCounterTable(256));
  assert.equal(total(threefold, 'taken'), 33);
});

test('what threads take back is room again for all, and never more than was taken', async () => {
  const buffer = allocateCounterTable(256);
  const windows = [{ ...MINUTE, limit: 1_000 }];
  const reports = await countInThreads(Array.from({ length: 4 }, () => ({ windows, takes: 2_000, takesBack: true })), buffer);
  const table = new SharedCounterTable(buffer, { threadId: 99, clock: { nowMs: () => NOW_MS } });
  assert.deepEqual([table.add('k', windows, 0), total(reports, 'taken')], [[1_000], 1_000]);
});

test('threads with many keys in few buckets do not disturb each other', async () => {
  const buffer = allocateCounterTable(128);
  const keys = Array.from({ length: 20 }, (_, index) => `key ${index}`);
  const reports = await countInThreads(Array.from({ length: 4 }, () => ({ keys, takes: 10_000, windows: [{ ...MINUTE, limit: 50 }] })), buffer);
  assert.equal(total(reports, 'taken'), 20 * 50);
});

test('a thread that dies inside leaves the lock; others get full in bounded time, and go on once its exit is known', async () => {
  const buffer = allocateCounterTable(64);
  const startSignal = new SharedArrayBuffer(4);
  Atomics.store(new Int32Array(startSignal), 0, 1);
  const task: CountingTask = { table: buffer, startSignal, nowMs: NOW_MS, keys: ['k'], windows: [MINUTE], takes: 1, diesInside: true };
  const worker = new Worker(new URL('./support/counting-thread.ts', import.meta.url), { workerData: task });
  const { threadId } = worker;
  await once(worker, 'exit');

  const table = new SharedCounterTable(buffer, { threadId: 99, clock: { nowMs: () => NOW_MS }, lockPatienceMs: 20 });
  assert.equal(table.take('k', [MINUTE]).kind, 'full');
  assert.equal(table.stats().lockTimeouts, 1);
  table.releaseLocksOf(threadId + 1);
  assert.equal(table.take('k', [MINUTE]).kind, 'full', 'the exit of another thread frees nothing');
  table.releaseLocksOf(threadId);
  assert.deepEqual(table.take('k', [MINUTE]), { kind: 'taken', remaining: [999] });
});
