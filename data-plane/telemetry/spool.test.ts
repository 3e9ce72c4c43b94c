import { test, type TestContext } from 'node:test';
import assert from 'node:assert/strict';
import { appendFileSync, cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { newId } from '../../shared/model/ids.ts';
import { LatencySketch } from '../../shared/telemetry/latency-sketch.ts';
import { decodeTelemetryBatch, MAXIMUM_BATCH_BYTES, MAXIMUM_BATCH_ROWS, type TelemetryBatch } from '../../shared/wire/telemetry-codec.ts';
import { requestsIn } from '../../shared/wire/telemetry-merge.ts';
import { cpuMsOf } from '../../test/support/cpu-time.ts';
import { telemetryBatch, usageRow } from '../../test/support/telemetry-rows.ts';
import { Spool, type SpooledBatch } from './spool.ts';

const ROUTES = [newId(), newId(), newId()];
const FOLD_MS = 1000;

function folderFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-spool-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function openSpool(folder: string, options: { readonly maxBytes?: number; readonly segmentBytes?: number; readonly nowMs?: number } = {}): Spool {
  return new Spool({ folder, bootId: newId(), maxBytes: options.maxBytes ?? 1e9, segmentBytes: options.segmentBytes ?? 400, nowMs: () => options.nowMs ?? 5000, foldIntervalMs: FOLD_MS });
}

function batch(requests: number, n = 0): TelemetryBatch {
  const routeId = ROUTES[n % ROUTES.length] ?? '';
  return telemetryBatch({
    fromMs: n * FOLD_MS, toMs: (n + 1) * FOLD_MS,
    usage: [usageRow({ routeId, requests, bytesIn: requests, bytesOut: requests, durationMicros: requests })],
  });
}

function drain(spool: Spool): SpooledBatch[] {
  const taken: SpooledBatch[] = [];
  for (let next = spool.next(); next !== undefined; next = spool.next()) taken.push(next);
  return taken;
}

function totalOf(batches: readonly SpooledBatch[]): number {
  return batches.reduce((sum, one) => sum + requestsIn(decodeTelemetryBatch(one.bytes)), 0);
}

test('batches come out in order, once per connection, and are forgotten when acknowledged', (t) => {
  const spool = openSpool(folderFor(t));
  // Each of another ten seconds: nothing is merged.
  for (let n = 1; n <= 20; n++) assert.equal(spool.append(batch(n, n * 10)), n);
  assert.equal(spool.bufferedRequests, 210);
  assert.deepEqual(drain(spool).map((one) => one.sequence), Array.from({ length: 20 }, (_, n) => n + 1));
  assert.equal(spool.next(), undefined, 'nothing is sent twice on one connection');
  spool.rewind();
  const again = drain(spool);
  assert.equal(again.length, 20, 'a new connection sends what was not acknowledged');
  assert.equal(spool.acknowledge(again[0]?.bootId ?? '', 7), 28);
  spool.rewind();
  assert.deepEqual(drain(spool).map((one) => one.sequence)[0], 8);
  spool.acknowledge(again[0]?.bootId ?? '', 20);
  assert.equal(spool.bufferedRequests, 0);
});

test('a killed run leaves its batches and one crash gap, reported once', (t) => {
  const folder = folderFor(t);
  const first = openSpool(folder);
  first.append(batch(2));
  // With many keys an interval is several batches.
  first.append(batch(3));
  first.beat();
  // No close(): killed.
  const second = openSpool(folder);
  assert.equal(second.crashGaps.length, 1);
  assert.equal(second.crashGaps[0]?.atMostMs, FOLD_MS);
  assert.equal(second.crashGaps[0]?.lastFoldMs, 5000);
  assert.equal(second.crashGaps[0]?.lastRatePerSecond, 5);
  second.append(batch(1));
  second.crashGapsReported();
  second.close({ complete: true });
  const third = openSpool(folder);
  assert.deepEqual(third.crashGaps, [], 'neither the reported crash nor the clean end is a gap');
  assert.equal(totalOf(drain(third)), 6, 'the counts of both earlier runs are still there');
});

test('a torn last record is left out, everything before it is kept; a damaged one is told', (t) => {
  const folder = folderFor(t);
  const first = openSpool(folder, { segmentBytes: 1e6 });
  for (let n = 0; n < 5; n++) first.append(batch(10, n));
  const [boot = ''] = readdirSync(folder);
  const [segment = ''] = readdirSync(join(folder, boot)).filter((name) => name.endsWith('.segment'));
  appendFileSync(join(folder, boot, segment), Buffer.from([200, 0, 0, 0, 1, 2, 3]));
  const torn = openSpool(folder);
  assert.deepEqual([totalOf(drain(torn)), torn.unreadable], [50, []], 'it never was a record');
  const path = join(folder, boot, segment);
  const bytes = readFileSync(path);
  const second = bytes.readUInt32LE(0) + 32;
  bytes[second + 50] = (bytes[second + 50] ?? 0) ^ 1;
  writeFileSync(path, bytes);
  const damaged = openSpool(folder);
  assert.equal(totalOf(drain(damaged)), 40, 'those behind one that is damaged');
  assert.match(damaged.unreadable.join(), new RegExp(`${segment}: damaged from byte ${second} on`));
});

test('above its bound the spool merges unsent batches and totals stay exact', (t) => {
  fc.assert(fc.property(
    fc.array(fc.oneof(fc.record({ kind: fc.constant('append' as const), n: fc.integer({ min: 1, max: 1000 }) }), fc.constant({ kind: 'send' as const }), fc.constant({ kind: 'acknowledge' as const }), fc.constant({ kind: 'reconnect' as const }), fc.constant({ kind: 'kill' as const })), { maxLength: 120 }),
    (steps) => {
      const folder = mkdtempSync(join(tmpdir(), 'holdfast-spool-'));
      try {
        let spool = openSpool(folder, { maxBytes: 1500, segmentBytes: 300 });
        let produced = 0;
        // What the control plane stored, by boot and sequence: a repeat counts once.
        const stored = new Map<string, number>();
        let unacknowledged: SpooledBatch[] = [];
        let n = 0;
        for (const step of steps) {
          if (step.kind === 'append') {
            // Intervals pass often, the coarse ones too.
            spool.append(batch(step.n, (n += step.n % 10 === 0 ? 400 : 3)));
            produced += step.n;
          } else if (step.kind === 'send') {
            const next = spool.next();
            if (next === undefined) continue;
            stored.set(`${next.bootId}/${next.sequence}`, totalOf([next]));
            unacknowledged.push(next);
          } else if (step.kind === 'acknowledge') {
            const first = unacknowledged.shift();
            if (first !== undefined) spool.acknowledge(first.bootId, first.sequence);
          } else {
            unacknowledged = [];
            if (step.kind === 'kill') spool = openSpool(folder, { maxBytes: 1500, segmentBytes: 300 });
            else spool.rewind();
          }
        }
        spool.rewind();
        for (const one of drain(spool)) stored.set(`${one.bootId}/${one.sequence}`, totalOf([one]));
        assert.equal([...stored.values()].reduce((sum, requests) => sum + requests, 0), produced, 'T3: stored exactly once');
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
  ), { numRuns: 150 });
  const spool = openSpool(folderFor(t), { maxBytes: 2000, segmentBytes: 300 });
  for (let n = 0; n < 500; n++) spool.append(batch(3, n));
  assert.ok(spool.merges > 0 && spool.bytesOnDisk < 4000, `bounded: ${spool.bytesOnDisk} bytes after ${spool.merges} merges`);
  assert.equal(spool.bufferedRequests, 1500);
});

test('what waits becomes one batch for ten seconds, then for a minute, then for an hour; what was sent stays as it was', (t) => {
  const folder = folderFor(t);
  const spool = openSpool(folder, { segmentBytes: 4_096 });
  spool.append(batch(7, 0));
  assert.equal(spool.next()?.sequence, 1);
  const seconds = 9 * 60 * 60;
  for (let n = 5; n < seconds; n += 5) spool.append({ ...batch(3, n), toMs: (n + 5) * FOLD_MS });
  // Ten minutes by tens of seconds, the hours before them by minutes up to the seventh, the rest by hours.
  assert.ok(spool.bufferedBatches < 75 + 6 * 60 + 60 + 3, `${spool.bufferedBatches} batches after nine hours`);
  assert.ok(spool.bytesOnDisk < 200_000, `${spool.bytesOnDisk} bytes`);
  assert.equal(spool.merges, 0, 'not for want of space');
  spool.rewind();
  const all = drain(spool);
  assert.deepEqual(all.slice(0, 2).map((one) => one.sequence), [1, 720], 'it may be stored already, so it comes again as it was');
  const spans = all.map(({ bytes }) => decodeTelemetryBatch(bytes)).map(({ fromMs, toMs }) => (toMs - fromMs) / 1_000);
  assert.deepEqual([...new Set(spans)].toSorted((a, b) => a - b), [1, 5, 10, 60, 3_595, 3_600]);
  assert.deepEqual(spans.slice(-10).filter((span) => span > 10), [], 'the newest are as fine as the control plane keeps');
  const total = 7 + 3 * (seconds / 5 - 1);
  assert.equal(totalOf(all), total);
  assert.equal(openSpool(folder).bufferedRequests, total, 'and after a kill');
});

test('above its bound the latencies of rows become one for the batch, and no value of them is lost', (t) => {
  const spool = openSpool(folderFor(t), { maxBytes: 40_000, segmentBytes: 4_096 });
  const sketch = new LatencySketch();
  for (let n = 1; n < 200; n++) sketch.add(n * n);
  const one = sketch.encode();
  for (let n = 0; n < 200; n++) spool.append({ ...batch(0, n * 10), usage: [usageRow({ routeId: newId(), latencies: { request: one, upstream: one, gateway: one } })] });
  assert.ok(spool.merges > 0 && spool.bytesOnDisk < 60_000, `bounded: ${spool.bytesOnDisk} bytes after ${spool.merges} merges`);
  const batches = drain(spool).map(({ bytes }) => decodeTelemetryBatch(bytes));
  assert.ok(batches.length < 200);
  const values = batches.flatMap(({ overflow, usage }) => [overflow, ...usage.map(({ latencies }) => latencies)]).flatMap((latencies) => (latencies === undefined ? [] : [LatencySketch.decode(latencies.upstream).count]));
  assert.equal(values.reduce((sum, count) => sum + count, 0), 200 * 199);
  assert.equal(batches.reduce((sum, { usage }) => sum + usage.length, 0), 200, 'every row has its count');
});

test('no merge holds the agent thread up, however much has gathered', (t) => {
  const spool = openSpool(folderFor(t), { maxBytes: 4e6, segmentBytes: 262_144 });
  // All of one interval, so that nothing is merged before space runs out.
  const one = { ...batch(1), fromMs: 0, toMs: 1 };
  let worstMs = 0;
  for (let n = 0; n < 60_000; n++) worstMs = Math.max(worstMs, cpuMsOf(() => void spool.append(one)));
  assert.ok(spool.merges > 0);
  assert.equal(spool.bufferedRequests, 60_000);
  assert.ok(worstMs < 1_000, `one append took ${worstMs} ms`);
});

test('merging stops where one frame could not carry the result', (t) => {
  const spool = openSpool(folderFor(t), { maxBytes: 100_000 });
  for (let n = 0; n < 20; n++) {
    const usage = Array.from({ length: 1_500 }, () => usageRow({ routeId: newId() }));
    spool.append({ ...batch(0, n), usage });
  }
  assert.equal(spool.merges, 0, 'no two of them have room in one');
  assert.equal(spool.bufferedRequests, 30_000);
  for (let next = spool.next(); next !== undefined; next = spool.next()) assert.ok(decodeTelemetryBatch(next.bytes).usage.length <= MAXIMUM_BATCH_ROWS);
  const wide = openSpool(folderFor(t));
  const sketch = new LatencySketch();
  for (let n = 1; n < 2_000; n++) sketch.add(n * n * n);
  const one = sketch.encode();
  // All of one interval, each with other routes, each a third of what a batch may be.
  for (let n = 0; n < 12; n++) wide.append({ ...batch(0, n / 2), usage: Array.from({ length: 13 }, () => usageRow({ routeId: newId(), latencies: { request: one, upstream: one, gateway: one } })) });
  wide.append(batch(0, 10));
  const sizes = drain(wide).map(({ bytes }) => bytes.length);
  assert.ok(sizes.length > 2 && sizes.length < 12 && sizes.every((size) => size <= MAXIMUM_BATCH_BYTES), sizes.join(' '));
});

/** A control plane as the store is: each batch of a boot once, whatever comes again. */
class Receiver {
  readonly #seen = new Set<string>();
  total = 0;

  take(batch: SpooledBatch): void {
    const name = `${batch.bootId}/${batch.sequence}`;
    if (!this.#seen.has(name)) this.total += totalOf([batch]);
    this.#seen.add(name);
  }
}

test('whatever is merged, sent, acknowledged and killed in whatever order: nothing counts twice, nothing is missing', (t) => {
  const step = fc.oneof(
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('append' as const), times: fc.integer({ min: 1, max: 25 }) }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('send' as const), batches: fc.integer({ min: 1, max: 6 }) }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('acknowledge' as const), share: fc.double({ min: 0, max: 1, noNaN: true }) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('reconnect' as const, 'kill' as const) }) },
  );
  fc.assert(fc.property(fc.array(step, { minLength: 5, maxLength: 40 }), fc.integer({ min: 100, max: 1_200 }), fc.constantFrom(1_500, 1e9), (steps, segmentBytes, maxBytes) => {
    const folder = folderFor(t);
    const receiver = new Receiver();
    let nowMs = 1_000_000;
    const open = (): Spool => new Spool({ folder, bootId: newId(), maxBytes, segmentBytes, nowMs: () => nowMs, foldIntervalMs: FOLD_MS });
    let spool = open();
    let sent: SpooledBatch[] = [];
    let appended = 0;
    const sendSome = (most: number): void => {
      for (let next = spool.next(); next !== undefined && sent.push(next) > 0; next = --most > 0 ? spool.next() : undefined) receiver.take(next);
    };
    for (const one of steps) {
      if (one.kind === 'append') {
        for (let time = 0; time < one.times; time += 1) {
          nowMs += 3_000;
          appended += 1;
          spool.append(telemetryBatch({ fromMs: nowMs - FOLD_MS, toMs: nowMs, usage: [usageRow({ routeId: ROUTES[appended % 3] ?? '' })] }));
        }
      } else if (one.kind === 'send') sendSome(one.batches);
      else if (one.kind === 'acknowledge') for (const { bootId, sequence } of sent.splice(0, Math.ceil(sent.length * one.share))) spool.acknowledge(bootId, sequence);
      else {
        if (one.kind === 'kill') spool = open();
        spool.rewind();
        sent = [];
      }
    }
    spool = open();
    sendSome(Infinity);
    assert.equal(receiver.total, appended);
    rmSync(folder, { recursive: true, force: true });
  }), { numRuns: 150 });
});

test('more keys than a batch holds are merged too, and a kill at any moment of it leaves each request once', (t) => {
  const folder = folderFor(t);
  const spool = openSpool(folder, { maxBytes: 200_000, segmentBytes: 40_000 });
  const routes = Array.from({ length: 2_100 }, () => newId());
  const [boot = ''] = readdirSync(folder);
  // As it would be found if nothing that was removed had been removed yet.
  const unremoved = folderFor(t);
  let appended = 0;
  let mostBytes = 0;
  for (let interval = 0; interval < 24; interval += 1) {
    for (let from = 0; from < routes.length; from += 700) {
      spool.append({ ...batch(0, interval * 10), usage: routes.slice(from, from + 700).map((routeId) => usageRow({ routeId })) });
      appended += 700;
    }
    cpSync(join(folder, boot), join(unremoved, boot), { recursive: true });
    mostBytes = Math.max(mostBytes, spool.bytesOnDisk);
    if (interval % 6 !== 5) continue;
    writeFileSync(join(unremoved, boot, '0000099999.segment.part'), 'torn');
    assert.equal(openSpool(unremoved).bufferedRequests, appended, `killed at interval ${interval}`);
  }
  assert.ok(mostBytes < 600_000, `${mostBytes} bytes`);
  const sent = drain(spool);
  assert.equal(totalOf(sent), appended);
  assert.ok(sent.every(({ bytes }) => bytes.length <= MAXIMUM_BATCH_BYTES && decodeTelemetryBatch(bytes).usage.length <= MAXIMUM_BATCH_ROWS));
  for (const { bootId, sequence } of sent) spool.acknowledge(bootId, sequence);
  assert.deepEqual([spool.bufferedRequests, spool.bufferedBatches], [0, 0]);
});
