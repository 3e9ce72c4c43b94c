/**
 * One thread of the counter table's tests: takes as often as told, then reports how it went; or dies inside the table's
 * critical section, which a limit that never answers stands for.
 */
import { parentPort, workerData, threadId } from 'node:worker_threads';
import { defined } from '../../shared/assert.ts';
import type { CounterWindow } from '../../shared/plugins/plugin-services.ts';
import { SharedCounterTable } from '../../data-plane/counters/shared-counter-table.ts';

export interface CountingTask {
  readonly table: SharedArrayBuffer;
  /** One word: threads wait until it is 1, so that they start together. */
  readonly startSignal: SharedArrayBuffer;
  readonly nowMs: number;
  readonly keys: readonly string[];
  readonly windows: readonly CounterWindow[];
  readonly takes: number;
  /** Of each take, 1 where not said. */
  readonly amount?: number;
  /** Takes back what it took, at once, as often as not. */
  readonly takesBack?: boolean;
  readonly diesInside: boolean;
}

export interface CountingReport {
  readonly taken: number;
  readonly over: number;
  readonly full: number;
}

const task: CountingTask = workerData;
const port = defined(parentPort, 'the parent of a counting thread');
const table = new SharedCounterTable(task.table, { threadId, clock: { nowMs: () => task.nowMs } });

port.postMessage('ready');
Atomics.wait(new Int32Array(task.startSignal), 0, 0);

if (task.diesInside) {
  const dying: CounterWindow = { startMs: 0, windowMs: 60_000, get limit(): number { return process.exit(0); } };
  table.take(defined(task.keys[0], 'a key'), [dying]);
}
const counts = { taken: 0, over: 0, full: 0 };
for (let index = 0; index < task.takes; index += 1) {
  const key = defined(task.keys[index % task.keys.length], 'a key');
  const { kind } = table.take(key, task.windows, task.amount);
  counts[kind] += 1;
  if (kind === 'taken' && task.takesBack === true && index % 2 === 0) {
    table.add(key, task.windows, -(task.amount ?? 1));
    counts.taken -= 1;
  }
}
port.postMessage(counts satisfies CountingReport);
