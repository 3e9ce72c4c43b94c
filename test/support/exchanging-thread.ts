/** One thread that counts and exchanges with a Redis that is one number in shared memory, for the test of PeriodicRedisCounters under threads. */
import { parentPort, threadId, workerData } from 'node:worker_threads';
import { SharedCounterTable } from '../../data-plane/counters/shared-counter-table.ts';
import { defined } from '../../shared/assert.ts';
import { PeriodicRedisCounters } from '../../shared/plugin-parts/periodic-redis-counters.ts';

export interface ExchangingTask {
  readonly table: SharedArrayBuffer;
  /** What Redis has. */
  readonly total: SharedArrayBuffer;
  /** One word: threads wait until it is 1, so that they start together. */
  readonly startSignal: SharedArrayBuffer;
  readonly limit: number;
  readonly takes: number;
}

/** Of takes. */
const EXCHANGE_EVERY = 50;

const task: ExchangingTask = workerData;
const port = defined(parentPort, 'the parent of an exchanging thread');
const total = new Int32Array(task.total);
const clock = { nowMs: () => 90_000, monotonicMs: () => 0 };
const counters = new PeriodicRedisCounters({
  counters: new SharedCounterTable(task.table, { threadId, clock }), clock, log: { warn: () => undefined },
  redis: {
    command: () => Promise.reject(new Error('scripts only')),
    script: (_source, _keys, [amount]) => Promise.resolve([Atomics.add(total, 0, Number(amount)) + Number(amount)]),
  },
});

port.postMessage('ready');
Atomics.wait(new Int32Array(task.startSignal), 0, 0);
let taken = 0;
for (let turn = 1; turn <= task.takes; turn += 1) {
  if (counters.take('client', [{ startMs: 60_000, windowMs: 60_000, limit: task.limit }]).kind === 'taken') taken += 1;
  if (turn % EXCHANGE_EVERY === 0) await counters.exchange();
}
port.postMessage(taken);
