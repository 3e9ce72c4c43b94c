import { test, type TestContext } from 'node:test';
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMemoryLogger } from '../../shared/log.ts';
import { newId, type GatewayId } from '../../shared/model/ids.ts';
import { encodeFrame } from '../../shared/wire/sync-codec.ts';
import { MAXIMUM_FRAME_BYTES } from '../../shared/wire/sync-message.ts';
import { decodeTelemetryBatch, type Vitals } from '../../shared/wire/telemetry-codec.ts';
import { requestsIn } from '../../shared/wire/telemetry-merge.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { testVitals } from '../../test/support/telemetry-rows.ts';
import type { SpooledBatch } from './spool.ts';
import { READ_TRIES, TelemetryAgent, UNREADABLE } from './telemetry-agent.ts';
import { checkBalance } from './balance.ts';
import { readVitals } from './read-vitals.ts';
import { ThreadRecorder } from './thread-recorder.ts';

const ROUTE = newId();

const VERSION = { epoch: 1, sequence: 7 };

/** Counts requests of a thread. */
interface Counter {
  readonly record: (routeId: string, consumerId: string, status: number, bytesIn: number, bytesOut: number, micros: number) => void;
}

function counterOf(agent: TelemetryAgent, threadId = 1): Counter {
  const recorder = new ThreadRecorder(16, (table) => agent.addTable(threadId, table));
  return { record: (routeId, consumerId, status, bytesIn, bytesOut, micros) => recorder.record(routeId, consumerId, status, bytesIn, bytesOut, micros, micros, 0, VERSION, status >= 500 ? 'upstream' : 'none') };
}

interface Fixture {
  readonly clock: ManualClock;
  readonly agent: TelemetryAgent;
  readonly recorder: Counter;
  readonly restart: () => TelemetryAgent;
  readonly folder: string;
}

function start(t: TestContext): Fixture {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-telemetry-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const clock = new ManualClock();
  const { log } = createMemoryLogger('test');
  const restart = (): TelemetryAgent => new TelemetryAgent({ folder, bootId: newId(), foldIntervalMs: 1000, maxSpoolBytes: 1e6, clock, log, servedVersion: () => ({ epoch: 1, sequence: 7 }) });
  const agent = restart();
  const recorder = counterOf(agent);
  return { clock, agent, recorder, restart, folder };
}

test('counts are folded every interval, sent while there is credit, and forgotten when acknowledged', (t) => {
  const { clock, agent, recorder } = start(t);
  const sent: SpooledBatch[] = [];
  agent.connected({ sendTelemetry: (batch) => sent.push(batch) }, 2);
  for (let second = 0; second < 4; second++) {
    for (let n = 0; n < 10; n++) recorder.record(ROUTE, '', 200, 1, 1, 1);
    clock.advance(1000);
  }
  assert.equal(sent.length, 2, 'two batches of credit');
  agent.addCredit(5);
  assert.deepEqual(sent.map((batch) => batch.sequence), [1, 2, 3, 4]);
  assert.deepEqual(sent.map((batch) => requestsIn(decodeTelemetryBatch(batch.bytes))), [10, 10, 10, 10]);
  assert.deepEqual(decodeTelemetryBatch(sent[0]?.bytes ?? new Uint8Array()).version, { epoch: 1, sequence: 7 });
  agent.acknowledged(sent[0]?.bootId ?? '', 3);
  const { produced, delivered, buffered } = agent.totals();
  assert.deepEqual({ produced, delivered, buffered }, { produced: 40, delivered: 30, buffered: 10 });
  clock.advance(5000);
  assert.equal(sent.length, 4, 'no traffic, no batches');
});

test('a crash is reported by the next run, with the bound of what it lost', (t) => {
  const { clock, recorder, restart } = start(t);
  recorder.record(ROUTE, '', 200, 1, 1, 1);
  clock.advance(1000);
  recorder.record(ROUTE, '', 200, 1, 1, 1);
  const next = restart();
  const sent: SpooledBatch[] = [];
  next.connected({ sendTelemetry: (batch) => sent.push(batch) }, 10);
  next.fold();
  const batches = sent.map((batch) => decodeTelemetryBatch(batch.bytes));
  assert.equal(batches.reduce((sum, batch) => sum + requestsIn(batch), 0), 1, 'what was folded before the crash is delivered');
  const gaps = batches.flatMap((batch) => batch.crashGaps);
  assert.equal(gaps.length, 1);
  assert.equal(gaps[0]?.atMostMs, 1000);
  // One a second, and a second of them.
  assert.deepEqual([next.totals().crashGaps, next.totals().crashLostRequests], [1, 1]);
});

test('a disk that fails after a batch was spooled does not make it count twice', (t) => {
  const { clock, recorder, restart, folder } = start(t);
  recorder.record(ROUTE, '', 200, 1, 1, 1);
  clock.advance(1000);
  const [crashed = ''] = readdirSync(folder);
  const next = restart();
  // The earlier boot cannot be marked as reported.
  mkdirSync(join(folder, crashed, 'ended'));
  const after = counterOf(next);
  after.record(ROUTE, '', 200, 1, 1, 1);
  next.fold();
  next.fold();
  assert.equal(next.totals().buffered, 2, 'one of each run');
});

test('routes that come and go do not add up in the totals for /metrics', (t) => {
  const { clock, agent, recorder } = start(t);
  for (let count = 0; count < 61_000; count++) recorder.record(newId(), '', 200, 1, 1, 1);
  recorder.record(ROUTE, '', 200, 1, 1, 1);
  clock.advance(1000);
  const totals = [...agent.routeTotals()];
  assert.equal(totals.length, 60_001);
  assert.deepEqual(totals.filter(({ routeId }) => routeId === 'overflow').map(({ requests }) => requests), [1_001]);
  assert.equal([...agent.usageTotals()].reduce((sum, { requests }) => sum + requests, 0), 61_001);
  assert.equal(agent.totals().produced, 61_001);
});

test('a clean stop folds the last counts and leaves no crash gap', (t) => {
  const { agent, recorder, restart } = start(t);
  recorder.record(ROUTE, '', 503, 1, 1, 1);
  agent.stop();
  const next = restart();
  assert.equal(next.totals().crashGaps, 0);
  assert.equal(next.totals().buffered, 1);
});

test('a stop whose last counts can not be spooled says that they are lost', (t) => {
  const { agent, recorder, restart, folder } = start(t);
  const [boot = ''] = readdirSync(folder);
  // Where the first segment would be.
  mkdirSync(join(folder, boot, '0000000001.segment'));
  recorder.record(ROUTE, '', 200, 1, 1, 1);
  agent.stop();
  rmdirSync(join(folder, boot, '0000000001.segment'));
  assert.equal(restart().totals().crashGaps, 1);
});

test('where the disk refuses, others make room, and counts are spooled at once', (t) => {
  const { clock, recorder, folder } = start(t);
  const bootId = newId();
  writeFileSync(join(folder, bootId), '');
  const { log, lines } = createMemoryLogger('test');
  let asked = 0;
  const makeRoom = (): boolean => {
    asked += 1;
    rmSync(join(folder, bootId));
    return true;
  };
  const agent = new TelemetryAgent({ folder, bootId, foldIntervalMs: 1000, maxSpoolBytes: 1e6, makeRoom, clock, log, servedVersion: () => ({ epoch: 1, sequence: 7 }) });
  counterOf(agent).record(ROUTE, '', 200, 1, 1, 1);
  recorder.record(ROUTE, '', 200, 1, 1, 1);
  agent.fold();
  assert.deepEqual([asked, agent.totals().bufferedBatches], [1, 1]);
  assert.doesNotMatch(lines().join('\n'), /telemetry-spool-failed/);
});

test('a disk that takes or gives nothing keeps no data plane from starting (S2)', (t) => {
  const { clock, recorder, folder } = start(t);
  recorder.record(ROUTE, '', 200, 1, 1, 1);
  clock.advance(1000);
  const [boot = ''] = readdirSync(folder);
  mkdirSync(join(folder, boot, '0000000009.segment'));
  const { log, lines } = createMemoryLogger('test');
  const bootId = newId();
  // A file where the folder of the new boot would be.
  writeFileSync(join(folder, bootId), '');
  const agent = new TelemetryAgent({ folder, bootId, foldIntervalMs: 1000, maxSpoolBytes: 1e6, clock, log, servedVersion: () => ({ epoch: 1, sequence: 7 }) });
  const after = counterOf(agent);
  after.record(ROUTE, '', 200, 1, 1, 1);
  agent.fold();
  assert.equal(agent.totals().buffered, 2, 'what the earlier run left, and what is kept in memory');
  assert.match(lines().join('\n'), /telemetry-segment-unreadable.*0000000009\.segment[^]*telemetry-spool-failed/);
  rmSync(join(folder, bootId));
  agent.fold();
  assert.deepEqual([agent.totals().buffered, agent.totals().bufferedBatches], [2, 2], 'spooled as soon as the disk takes it');
  agent.stop();
});

test('a thread that ends keeps its counts', (t) => {
  const { agent, recorder } = start(t);
  recorder.record(ROUTE, '', 200, 1, 1, 1);
  agent.removeThread(1);
  agent.fold();
  assert.equal(agent.totals().produced, 1);
});

test('an interval with many keys is spooled as several batches, each of which fits a frame, and not a request is lost', (t) => {
  const { clock, agent, recorder } = start(t);
  const sent: SpooledBatch[] = [];
  agent.connected({ sendTelemetry: (batch) => sent.push(batch) }, 100);
  const largest = Number.MAX_SAFE_INTEGER / 2;
  for (let key = 0; key < 5_000; key++) recorder.record(newId(), newId(), 200, largest, largest, largest);
  clock.advance(1000);
  assert.ok(sent.length >= 3);
  for (const { bytes, bootId, sequence } of sent) {
    const frame = encodeFrame({ gatewayId: newId<GatewayId>(), message: { kind: 'telemetry', bootId, sequence, batch: bytes, records: false } });
    assert.ok(frame.length <= MAXIMUM_FRAME_BYTES, `${frame.length} bytes`);
  }
  assert.equal(sent.reduce((sum, batch) => sum + requestsIn(decodeTelemetryBatch(batch.bytes)), 0), 5_000);
});

test('counts by version add up to all requests, over new tables, a thread that dies and an outage', (t) => {
  const { clock, agent } = start(t);
  const threads = [1, 2].map((threadId) => new ThreadRecorder(16, (table) => agent.addTable(threadId, table)));
  const sent: SpooledBatch[] = [];
  let failed = 0;
  for (let sequence = 1; sequence <= 200; sequence += 1) {
    const version = { epoch: 1, sequence };
    for (let n = 0; n < 3; n += 1) {
      threads[sequence % 2]?.record(ROUTE, '', n === 0 ? 502 : 200, 1, 1, 1, 1, 0, n === 2 ? undefined : version, n === 0 ? (sequence % 3 === 0 ? 'here' : 'upstream') : 'none');
      if (n === 0) failed += 1;
    }
    if (sequence === 150) {
      agent.removeThread(2);
      threads[1] = new ThreadRecorder(16, (table) => agent.addTable(3, table));
    }
    clock.advance(sequence % 50 === 0 ? 60_000 : 100);
  }
  assert.deepEqual(agent.versionTotals().map(({ version: { sequence }, requests }) => [sequence, requests]), [[7, 2], [200, 2]], 'the newest, and the one that serves');
  agent.connected({ sendTelemetry: (batch) => sent.push(batch) }, 1_000);
  const batches = sent.map(({ bytes }) => decodeTelemetryBatch(bytes));
  assert.equal(batches.flatMap(({ versions }) => versions).reduce((sum, { requests }) => sum + requests, 0), 600);
  assert.equal(batches.reduce((sum, batch) => sum + requestsIn(batch), 0), 600);
  assert.equal(batches.flatMap(({ versions }) => versions).reduce((sum, row) => sum + row.failed, 0), failed);
  assert.equal(batches.flatMap(({ versions }) => versions).reduce((sum, row) => sum + row.failedHere, 0), 66);
});

test('vitals go with the first batch and every ten seconds, also where nothing was counted', (t) => {
  const { clock, folder } = start(t);
  const { log } = createMemoryLogger('test');
  const agent = new TelemetryAgent({
    folder, bootId: newId(), foldIntervalMs: 1000, maxSpoolBytes: 1e6, clock, log, servedVersion: () => VERSION,
    vitals: (spool) => readVitals({
      nowMs: clock.nowMs(), head: { ageMs: 12, stale: true }, certificateValidToMs: 99, threads: [], connections: 3, spool,
      records: { made: 5, delivered: 0, buffered: 1, bufferedBatches: 1, spoolBytes: 7, spoolMaxBytes: 8, dropped: new Map([['rate', 2], ['spool-full', 2]]), crashGaps: 0 },
    }),
  });
  const sent: SpooledBatch[] = [];
  agent.connected({ sendTelemetry: (batch) => sent.push(batch) }, 100);
  clock.advance(25_000);
  const vitals = sent.map(({ bytes }) => decodeTelemetryBatch(bytes)).flatMap((batch) => batch.vitals ?? []);
  assert.equal(vitals.length, 3, 'at 1, 11 and 21 seconds');
  const [first] = vitals;
  assert.deepEqual([first?.headAgeMs, first?.stale, first?.certificateValidToMs, first?.connections, first?.spoolMaxBytes, first?.recordSpoolBytes, first?.recordSpoolMaxBytes, first?.droppedRecords], [12, true, 99, 3, 1e6, 7, 8, 4]);
  assert.ok((first?.residentBytes ?? 0) > (first?.heapBytes ?? 0) && (first?.cpuMs ?? 0) > 0);
  agent.stop();
});

test('the books are even at any moment: through an outage, a thread that ends and a restart (T3)', (t) => {
  const { clock, agent, recorder, restart, folder } = start(t);
  const sent: SpooledBatch[] = [];
  const balance = (): unknown => checkBalance(agent.totals());
  for (let second = 0; second < 50; second++) {
    for (let n = 0; n < second; n++) recorder.record(ROUTE, '', 200, 1, 1, 1);
    if (second === 20) agent.connected({ sendTelemetry: (batch) => sent.push(batch) }, 3);
    if (second === 25) for (const { bootId, sequence } of sent.slice(0, 2)) agent.acknowledged(bootId, sequence);
    if (second === 30) agent.disconnected();
    if (second === 40) agent.removeThread(1);
    clock.advance(1000);
    assert.deepEqual(balance(), { kind: 'even' });
  }
  assert.ok(agent.totals().delivered > 0 && agent.totals().buffered > 0);
  agent.stop();
  const next = restart();
  assert.deepEqual(checkBalance(next.totals()), { kind: 'even' });
  assert.ok(next.totals().recovered >= agent.totals().buffered, 'all that waited, and what shares a file with it: the control plane knows that');
  const [boot = ''] = readdirSync(folder);
  next.acknowledged(boot, 1e9);
  assert.ok(next.totals().buffered > 0, 'nothing was sent yet: what is acknowledged beyond that is not believed');
  next.connected({ sendTelemetry: () => undefined }, 1e9);
  next.acknowledged(boot, 1e9);
  assert.deepEqual([checkBalance(next.totals()), next.totals().buffered], [{ kind: 'even' }, 0]);
});

test('a batch that the disk does not give back now is sent when it does; one that it never gives is told as lost', (t) => {
  const { clock, agent, recorder, folder } = start(t);
  for (let second = 1; second <= 3; second += 1) {
    for (let n = 0; n < second; n += 1) recorder.record(ROUTE, '', 200, 1, 1, 1);
    clock.advance(20_000);
  }
  const [boot = ''] = readdirSync(folder);
  const [segment = ''] = readdirSync(join(folder, boot)).filter((name) => name.endsWith('.segment'));
  const path = join(folder, boot, segment);
  const whole = readFileSync(path);
  const damaged = Buffer.from(whole);
  damaged[40] = (damaged[40] ?? 0) ^ 1;
  writeFileSync(path, damaged);
  const sent: SpooledBatch[] = [];
  agent.connected({ sendTelemetry: (batch) => sent.push(batch) }, 100);
  clock.advance(5_000);
  assert.equal(sent.length, 0, 'none behind it may be acknowledged before it');
  writeFileSync(path, whole);
  clock.advance(1_000);
  assert.deepEqual(sent.map(({ bytes }) => requestsIn(decodeTelemetryBatch(bytes))), [1, 2, 3]);
  writeFileSync(path, damaged);
  agent.connected({ sendTelemetry: (batch) => sent.push(batch) }, 100);
  clock.advance((READ_TRIES + 1) * 1_000);
  assert.deepEqual(sent.slice(3).map(({ bytes }) => requestsIn(decodeTelemetryBatch(bytes))), [2, 3, 0]);
  assert.deepEqual(decodeTelemetryBatch(sent.at(-1)?.bytes ?? new Uint8Array()).drops, [{ reason: UNREADABLE, count: 1 }]);
  assert.deepEqual([checkBalance(agent.totals()).kind, agent.totals().dropped], ['even', { [UNREADABLE]: 1 }]);
});

test('an acknowledged file that the disk does not let go keeps nothing else from going on', (t) => {
  const { clock, agent, recorder, folder } = start(t);
  const sent: SpooledBatch[] = [];
  agent.connected({ sendTelemetry: (batch) => sent.push(batch) }, 100);
  for (let key = 0; key < 5_000; key += 1) recorder.record(newId(), newId(), 200, 1, 1, 1);
  clock.advance(1000);
  const [boot = ''] = readdirSync(folder);
  const path = join(folder, boot, '0000000001.segment');
  rmSync(path);
  // A folder is not removed as a file is.
  mkdirSync(path);
  for (const { bootId, sequence } of sent) agent.acknowledged(bootId, sequence);
  assert.deepEqual([checkBalance(agent.totals()).kind, agent.totals().buffered, agent.totals().delivered], ['even', 0, 5_000]);
});

test('vitals come every ten seconds whatever the wall clock does, and no interval is negative', (t) => {
  const { clock, folder } = start(t);
  const { log } = createMemoryLogger('test');
  const vitals = (): Vitals => testVitals({ atMs: clock.nowMs() });
  const agent = new TelemetryAgent({ folder, bootId: newId(), foldIntervalMs: 1000, maxSpoolBytes: 1e6, clock, log, servedVersion: () => VERSION, vitals });
  const recorder = counterOf(agent);
  const sent: SpooledBatch[] = [];
  agent.connected({ sendTelemetry: (batch) => sent.push(batch) }, 1_000);
  for (const jumpMs of [0, -3_600_000, 3_600_000]) {
    recorder.record(ROUTE, '', 200, 1, 1, 1);
    clock.jump(jumpMs);
    clock.advance(20_000);
  }
  const batches = sent.map(({ bytes }) => decodeTelemetryBatch(bytes));
  assert.equal(batches.filter((batch) => batch.vitals !== undefined).length, 6);
  assert.equal(batches.reduce((sum, batch) => sum + requestsIn(batch), 0), 3);
  assert.deepEqual(batches.filter(({ fromMs, toMs }) => fromMs > toMs), []);
  agent.stop();
});

test('a crash while the disk takes nothing tells that all since the last spooled fold is lost', (t) => {
  const { clock, recorder, restart, folder } = start(t);
  const [boot = ''] = readdirSync(folder);
  // Where segments would be, for as many tries.
  const segments = Array.from({ length: 20 }, (_, index) => join(folder, boot, `${String(index + 1).padStart(10, '0')}.segment`));
  for (const path of segments) mkdirSync(path);
  clock.advance(1_000);
  for (let n = 0; n < 8; n += 1) {
    recorder.record(ROUTE, '', 200, 1, 1, 1);
    clock.advance(1_000);
  }
  for (const path of segments) rmdirSync(path);
  const next = restart();
  next.fold();
  const sent: SpooledBatch[] = [];
  next.connected({ sendTelemetry: (batch) => sent.push(batch) }, 1_000);
  assert.deepEqual(sent.flatMap(({ bytes }) => decodeTelemetryBatch(bytes).crashGaps).map(({ atMostMs }) => atMostMs), [9_000]);
});
