import { test, type TestContext } from 'node:test';
import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { newId } from '../../shared/model/ids.ts';
import { decodeTelemetryBatch, MAXIMUM_BATCH_ROWS, type TelemetryBatch } from '../../shared/wire/telemetry-codec.ts';
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
  for (let n = 1; n <= 20; n++) assert.equal(spool.append(batch(n, n)), n);
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
  first.append(batch(5));
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

test('a torn last record is left out, everything before it is kept', (t) => {
  const folder = folderFor(t);
  const first = openSpool(folder, { segmentBytes: 1e6 });
  for (let n = 0; n < 5; n++) first.append(batch(10, n));
  const [boot = ''] = readdirSync(folder);
  const [segment = ''] = readdirSync(join(folder, boot)).filter((name) => name.endsWith('.segment'));
  appendFileSync(join(folder, boot, segment), Buffer.from([200, 0, 0, 0, 1, 2, 3]));
  assert.equal(totalOf(drain(openSpool(folder))), 50);
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
            // Eight batches a minute, so that minutes pass often.
            spool.append(batch(step.n, (n += 8)));
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

test('a minute that passed without a connection becomes one batch; what was sent stays as it was', (t) => {
  const folder = folderFor(t);
  const spool = openSpool(folder, { segmentBytes: 4_096 });
  spool.append(batch(7, 0));
  assert.equal(spool.next()?.sequence, 1);
  for (let n = 1; n < 3 * 60 * 60; n++) spool.append(batch(3, n));
  assert.ok(spool.bufferedBatches < 3 * 60 + 61, `${spool.bufferedBatches} batches after three hours`);
  assert.ok(spool.bytesOnDisk < 100_000, `${spool.bytesOnDisk} bytes`);
  assert.equal(spool.merges, 0, 'not for want of space');
  spool.rewind();
  const [first, second, ...rest] = drain(spool);
  assert.deepEqual([first?.sequence, second?.sequence], [1, 60], 'it may be stored already, so it comes again as it was');
  const minute = decodeTelemetryBatch(second?.bytes ?? new Uint8Array());
  assert.deepEqual([minute.fromMs, minute.toMs, minute.usage.length], [1_000, 60_000, ROUTES.length]);
  const total = 7 + 3 * (3 * 60 * 60 - 1);
  assert.equal(totalOf([first, second, ...rest].filter((one) => one !== undefined)), total);
  assert.equal(openSpool(folder).bufferedRequests, total, 'and after a kill');
});

test('no merge holds the agent thread up, however much has gathered', (t) => {
  const spool = openSpool(folderFor(t), { maxBytes: 4e6, segmentBytes: 262_144 });
  // All of one minute, so that nothing is merged before space runs out.
  const one = { ...batch(1), fromMs: 0, toMs: 1 };
  let worstMs = 0;
  for (let n = 0; n < 80_000; n++) worstMs = Math.max(worstMs, cpuMsOf(() => void spool.append(one)));
  assert.ok(spool.merges > 0);
  assert.equal(spool.bufferedRequests, 80_000);
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
});
