import { test } from 'node:test';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Worker } from 'node:worker_threads';
import { UsageReader, UsageRecorder, type UsageCounts, type UsageKey } from './usage-table.ts';

const ROUTE = '01890000-0000-7000-8000-000000000001';
const CONSUMER = '01890000-0000-7000-8000-0000000000aa';

test('a fold gives exactly what was recorded since the last one', () => {
  const tables: SharedArrayBuffer[] = [];
  const recorder = new UsageRecorder(64, (table) => tables.push(table));
  const reader = new UsageReader(tables[0] ?? assert.fail('no table'));
  recorder.record(ROUTE, CONSUMER, 200, 10, 100, 5, 4, 1);
  recorder.record(ROUTE, CONSUMER, 200, 1, 2, 3, -1, 3);
  recorder.record(ROUTE, CONSUMER, 204, 1, 2, 3, 2, 1);
  recorder.record('', '', 404, 7, 8, 9, -1, 9);
  recorder.record(ROUTE, '', 0, 0, 0, 1, 0, 0);
  const rows: (UsageKey & UsageCounts)[] = [];
  reader.fold(({ routeId, consumerId, status }, counts) => rows.push({ routeId, consumerId, status, ...counts }));
  assert.deepEqual(rows, [
    { routeId: ROUTE, consumerId: CONSUMER, status: 200, requests: 2, wentUpstream: 1, bytesIn: 11, bytesOut: 102, durationMicros: 8, upstreamMicros: 4, gatewayMicros: 4 },
    { routeId: ROUTE, consumerId: CONSUMER, status: 204, requests: 1, wentUpstream: 1, bytesIn: 1, bytesOut: 2, durationMicros: 3, upstreamMicros: 2, gatewayMicros: 1 },
    { routeId: '', consumerId: '', status: 404, requests: 1, wentUpstream: 0, bytesIn: 7, bytesOut: 8, durationMicros: 9, upstreamMicros: 0, gatewayMicros: 9 },
    { routeId: ROUTE, consumerId: '', status: 0, requests: 1, wentUpstream: 1, bytesIn: 0, bytesOut: 0, durationMicros: 1, upstreamMicros: 0, gatewayMicros: 0 },
  ]);
  const again: UsageKey[] = [];
  reader.fold((key) => again.push(key));
  assert.deepEqual(again, [], 'nothing moved, nothing folded');
});

test('a full table starts a new one and no count is lost', () => {
  fc.assert(fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 5 }), fc.boolean()), { maxLength: 400 }), (requests) => {
    const readers: UsageReader[] = [];
    const recorder = new UsageRecorder(8, (table) => readers.push(new UsageReader(table)));
    const expected = new Map<string, number>();
    const actual = new Map<string, number>();
    const count = (into: Map<string, number>, key: UsageKey, n: number): void => {
      const name = `${key.routeId}/${key.consumerId}/${key.status}`;
      into.set(name, (into.get(name) ?? 0) + n);
    };
    const fold = (): void => {
      for (const reader of readers) reader.fold((key, counts) => count(actual, key, counts.requests));
    };
    for (const [n, statusClass, foldNow] of requests) {
      const routeId = n === 0 ? '' : `01890000-0000-7000-8000-0000000000${n.toString(16).padStart(2, '0')}`;
      recorder.record(routeId, '', statusClass * 100, 1, 1, 1, 1, 0);
      count(expected, { routeId, consumerId: '', status: statusClass * 100 }, 1);
      if (foldNow) fold();
    }
    fold();
    assert.deepEqual([...actual].sort(), [...expected].sort());
  }));
});

test('a table that follows a full one is larger, so that keys which come round again find their place', () => {
  const tables: SharedArrayBuffer[] = [];
  const recorder = new UsageRecorder(8, (table) => tables.push(table));
  for (let round = 0; round < 50; round++) {
    for (let n = 1; n <= 20; n++) recorder.record(`01890000-0000-7000-8000-0000000000${n.toString(16).padStart(2, '0')}`, '', 200, 1, 1, 1, 1, 0);
  }
  assert.equal(tables.length, 3, 'tables for 8, 16 and 32 keys');
});

test('counts of a thread that dies are still there for the reader', async () => {
  const worker = new Worker(
    `const { parentPort } = require('node:worker_threads');
     import(${JSON.stringify(new URL('./usage-table.ts', import.meta.url).href)}).then(({ UsageRecorder }) => {
       const recorder = new UsageRecorder(16, (table) => parentPort.postMessage(table));
       for (let i = 0; i < 1000; i++) recorder.record('${ROUTE}', '', 200, 1, 2, 3, 2, 1);
       setImmediate(() => { throw new Error('thread dies'); });
     });`,
    { eval: true },
  );
  const tables: SharedArrayBuffer[] = [];
  worker.on('message', (table: SharedArrayBuffer) => tables.push(table));
  worker.on('error', () => undefined);
  // By then all its messages are delivered; by the error they need not be.
  await new Promise((resolve) => worker.once('exit', resolve));
  let requests = 0;
  for (const table of tables) new UsageReader(table).fold((_key, counts) => (requests += counts.requests));
  assert.equal(requests, 1000);
});
