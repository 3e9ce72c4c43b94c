import { test } from 'node:test';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { holdfast } from '../../proto/gen/telemetry.js';
import { newId } from '../model/ids.ts';
import { telemetryBatch, usageRow } from '../../test/support/telemetry-rows.ts';
import { LatencySketch } from '../telemetry/latency-sketch.ts';
import { decodeTelemetryBatch, encodeTelemetryBatch, MAXIMUM_NAME_LENGTH, type Latencies, type RouteVersionRow, type TargetRow, type TelemetryBatch, type UsageRow, type VersionRow, type Vitals } from './telemetry-codec.ts';
import { boundVersionRows, MAXIMUM_ROUTE_VERSION_ROWS, MAXIMUM_TARGET_ROWS, MAXIMUM_VERSION_ROWS, mergeSketches, mergeTelemetryBatches, requestsIn, withoutRowLatencies } from './telemetry-merge.ts';

const [ROUTE, CONSUMER] = [newId(), newId()];
const count = fc.oneof(fc.nat(), fc.maxSafeNat());
const instant = fc.oneof(fc.nat(), fc.maxSafeNat().map((ms) => ms % 8.64e15), fc.constant(8.64e15));
const id = fc.constantFrom('', ROUTE, CONSUMER);
const plain = { noNullPrototype: true } as const;
const sketch = fc.array(fc.nat({ max: 20_000_000 }), { maxLength: 30 }).map(sketchOf);
const latencies: fc.Arbitrary<Latencies> = fc.record({ request: sketch, upstream: sketch, gateway: sketch }, plain);
const maybeLatencies = fc.option(latencies, { nil: undefined });
const status = fc.oneof(fc.nat({ max: 5 }), fc.integer({ min: 100, max: 599 }));
const row: fc.Arbitrary<UsageRow> = fc.record({ routeId: id, consumerId: id, status, requests: count, bytesIn: count, bytesOut: count, durationMicros: count, upstreamMicros: count, gatewayMicros: count, latencies: maybeLatencies }, plain);
const name = fc.stringMatching(/^[a-z0-9:.-]{0,40}$/);
const target: fc.Arbitrary<TargetRow> = fc.record({ upstream: name, target: name, address: name, attempts: count, failed: count, status5xx: count, latency: sketch }, plain);
const drop = fc.record({ reason: fc.stringMatching(/^[a-z][a-z-]{0,62}$/), count }, plain);
const gap = fc.record({ bootId: fc.constantFrom(ROUTE, CONSUMER), lastFoldMs: instant, atMostMs: count, lastRatePerSecond: fc.nat() }, plain);
const version = fc.record({ epoch: fc.nat({ max: 2 }), sequence: fc.nat({ max: 40 }) }, plain);
const versionRow: fc.Arbitrary<VersionRow> = fc.record({ version, requests: fc.nat(), failed: fc.nat(), failedHere: fc.nat() }, plain);
const routeVersion: fc.Arbitrary<RouteVersionRow> = fc.record({ routeId: id, version, failed: count, failedHere: count }, plain);
const vitals: fc.Arbitrary<Vitals> = fc.record({
  atMs: instant, spoolBytes: count, spoolMaxBytes: count, recordSpoolBytes: count, recordSpoolMaxBytes: count, headAgeMs: fc.option(count, { nil: undefined }), stale: fc.boolean(), certificateValidToMs: instant,
  residentBytes: count, heapBytes: count, loopDelayMicros: count, openFiles: count, cpuMs: count, threads: fc.nat({ max: 500 }), connections: fc.nat(), droppedRecords: count,
}, plain);
const batch: fc.Arbitrary<TelemetryBatch> = fc.record({
  fromMs: instant, toMs: instant, version: fc.record({ epoch: count, sequence: count }, plain),
  usage: fc.array(row, { maxLength: 5 }), versions: fc.array(versionRow, { maxLength: 30 }).map(boundVersionRows), drops: fc.array(drop, { maxLength: 3 }), crashGaps: fc.array(gap, { maxLength: 2 }),
  targets: fc.array(target, { maxLength: 3 }), routeVersions: fc.array(routeVersion, { maxLength: 3 }), overflow: maybeLatencies, vitals: fc.option(vitals, { nil: undefined }),
}, plain);

/** Empty where nothing was measured. A Buffer, as it is decoded in Node. */
function sketchOf(values: readonly number[]): Uint8Array {
  const made = new LatencySketch();
  for (const value of values) made.add(value);
  return values.length === 0 ? new Uint8Array(0) : Buffer.from(made.encode());
}

function encoded(parts: object): Uint8Array {
  return holdfast.telemetry.v1.Batch.encode(parts).finish();
}

test('a batch comes out as it went in, the largest numbers too', () => {
  fc.assert(fc.property(batch, (one) => assert.deepEqual(decodeTelemetryBatch(encodeTelemetryBatch(one)), one)));
});

test('any bytes decode or are refused as malformed: nothing else is thrown', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
    try {
      decodeTelemetryBatch(bytes);
    } catch (thrown) {
      assert.ok(thrown instanceof Error && 'code' in thrown && thrown.code === 'TELEMETRY_MALFORMED', String(thrown));
    }
  }), { numRuns: 2_000 });
});

const malformed: Readonly<Record<string, object>> = {
  'an id of other than 16 bytes': { usage: [{ routeId: new Uint8Array(15) }] },
  'a status class above 5': { usage: [{ statusClass: 6 }] },
  'a reason that is no word': { drops: [{ reason: 'two words', count: 1 }] },
  'a reason without end': { drops: [{ reason: 'a'.repeat(65), count: 1 }] },
  'no reason': { drops: [{ count: 1 }] },
  'a status that is none': { usage: [{ status: 99 }] },
  'a status of four digits': { usage: [{ status: 1_000 }] },
  'a sketch that is none': { usage: [{ latencies: { request: new Uint8Array([9, 9]) } }] },
  'a sketch of a target that is none': { targets: [{ latency: new Uint8Array([1]) }] },
  'a name without end': { targets: [{ upstream: 'a'.repeat(MAXIMUM_NAME_LENGTH + 1) }] },
  'a name with a line end': { targets: [{ target: 'a\n' }] },
  'vitals at no time': { vitals: { atMs: 8.64e15 + 1 } },
  'a time after all times': { toMs: 8.64e15 + 1 },
};
for (const [name, parts] of Object.entries(malformed)) {
  test(`refused: ${name}`, () => {
    assert.throws(() => decodeTelemetryBatch(encoded(parts)), { code: 'TELEMETRY_MALFORMED' });
  });
}

test('a data plane that only knows classes of statuses is understood, and one that knows more tells them too', () => {
  assert.deepEqual(decodeTelemetryBatch(encoded({ usage: [{ statusClass: 5, requests: 3 }, { statusClass: 0, requests: 1 }] })).usage.map(({ status: one, requests, latencies: own }) => [one, requests, own]), [[5, 3, undefined], [0, 1, undefined]]);
  const { usage } = holdfast.telemetry.v1.Batch.decode(encodeTelemetryBatch(telemetryBatch({ usage: [usageRow({ status: 503 }), usageRow({ status: 0 })] })));
  assert.deepEqual(usage.map(({ status: one, statusClass }) => [one, statusClass]), [[503, 5], [0, 0]]);
});

test('merging adds rows of one key up and keeps the span, the latest version and every gap', () => {
  const one = (fromMs: number, requests: number): TelemetryBatch => telemetryBatch({
    fromMs, toMs: fromMs + 10, version: { epoch: 1, sequence: fromMs }, drops: [{ reason: 'a', count: 1 }],
    versions: [{ version: { epoch: 1, sequence: 5 }, requests, failed: 2, failedHere: 1 }, { version: { epoch: 1, sequence: fromMs + 1 }, requests: 1, failed: 0, failedHere: 0 }],
    usage: [
      usageRow({ routeId: ROUTE, requests, bytesOut: 2, durationMicros: 3, upstreamMicros: 4, gatewayMicros: 5, latencies: { request: sketchOf([requests]), upstream: sketchOf([]), gateway: sketchOf([1]) } }),
      usageRow({ routeId: ROUTE, consumerId: CONSUMER, bytesIn: 0, bytesOut: 0, durationMicros: 0 }),
      usageRow({ routeId: ROUTE, status: 201 + (fromMs % 2) }),
    ],
    targets: [{ upstream: 'u', target: 't:1', address: '10.0.0.1:1', attempts: 3, failed: 1, status5xx: 2, latency: sketchOf([fromMs]) }],
    routeVersions: [{ routeId: ROUTE, version: { epoch: 1, sequence: 5 }, failed: 2, failedHere: 1 }],
    crashGaps: [{ bootId: newId(), lastFoldMs: 1, atMostMs: 1, lastRatePerSecond: 0 }],
  });
  const merged = mergeTelemetryBatches([one(5, 7), one(20, 8)]);
  assert.deepEqual([merged.fromMs, merged.toMs, merged.version.sequence, merged.drops, merged.crashGaps.length], [5, 30, 20, [{ reason: 'a', count: 2 }], 2]);
  assert.deepEqual(merged.usage.map((sum) => [sum.consumerId, sum.status, sum.requests, sum.bytesIn, sum.bytesOut, sum.durationMicros, sum.upstreamMicros, sum.gatewayMicros]), [['', 200, 15, 2, 4, 6, 8, 10], [CONSUMER, 200, 2, 0, 0, 0, 0, 0], ['', 202, 1, 1, 1, 1, 0, 0], ['', 201, 1, 1, 1, 1, 0, 0]]);
  const [first] = merged.usage;
  assert.deepEqual(first?.latencies, { request: new Uint8Array(sketchOf([7, 8])), upstream: sketchOf([]), gateway: new Uint8Array(sketchOf([1, 1])) });
  assert.deepEqual(merged.targets.map(({ attempts, failed, status5xx, latency }) => [attempts, failed, status5xx, LatencySketch.decode(latency).count]), [[6, 2, 4, 2]]);
  assert.deepEqual(merged.routeVersions.map(({ failed, failedHere }) => [failed, failedHere]), [[4, 2]]);
  assert.equal(requestsIn(merged), 19);
  assert.deepEqual(merged.versions.map(({ version: { sequence }, requests, failed, failedHere }) => [sequence, requests, failed, failedHere]), [[21, 1, 0, 0], [6, 1, 0, 0], [5, 15, 4, 2]]);
});

test('sketches that are merged have all values, in whatever order and groups', () => {
  fc.assert(fc.property(fc.array(fc.array(fc.nat({ max: 1e9 }), { maxLength: 20 }), { maxLength: 6 }), (groups) => {
    assert.deepEqual(Buffer.from(mergeSketches(groups.map(sketchOf))), Buffer.from(sketchOf(groups.flat())));
  }));
});

test('latencies that rows give up are in the one of the whole batch, and the counts stay', () => {
  fc.assert(fc.property(batch, (one) => {
    const counts = (rows: readonly UsageRow[]): readonly object[] => rows.map((row1) => ({ ...row1, latencies: undefined }));
    const without = withoutRowLatencies(one);
    assert.deepEqual(counts(without.usage), counts(one.usage));
    assert.deepEqual(without.usage.filter((row1) => row1.latencies !== undefined), []);
    const all = [...one.usage.map((row1) => row1.latencies), one.overflow].flatMap((own) => (own === undefined ? [] : [own.request]));
    assert.deepEqual(Buffer.from(without.overflow?.request ?? []), Buffer.from(mergeSketches(all)));
  }));
});

test('of targets and of routes by version beyond the bound one row tells the sum', () => {
  const many = Array.from({ length: 700 }, (_, n): TargetRow => ({ upstream: 'u', target: `t${n}:1`, address: '', attempts: 1, failed: 1, status5xx: 0, latency: sketchOf([n]) }));
  const merged = mergeTelemetryBatches([telemetryBatch({ targets: many }), telemetryBatch({ targets: many })]).targets;
  assert.equal(merged.length, MAXIMUM_TARGET_ROWS);
  assert.equal(merged.reduce((sum, { attempts }) => sum + attempts, 0), 1_400);
  assert.deepEqual(merged.filter((one) => one.upstream === '').map(({ attempts, latency }) => [attempts, LatencySketch.decode(latency).count]), [[402, 402]]);
  const routes = Array.from({ length: 700 }, (_, n): RouteVersionRow => ({ routeId: newId(), version: { epoch: 1, sequence: 1 + (n % 2) }, failed: n === 699 ? 50 : 1, failedHere: 0 }));
  const bound = mergeTelemetryBatches([telemetryBatch({ routeVersions: routes })]).routeVersions;
  assert.equal(bound.length, MAXIMUM_ROUTE_VERSION_ROWS);
  assert.equal(bound.reduce((sum, { failed }) => sum + failed, 0), 749);
  assert.equal(bound[0]?.failed, 50, 'those that fail most keep their rows');
  assert.equal(bound.filter((one) => one.routeId === '').length, 2, 'one for each version');
});

test('however many versions there are, the newest keep their rows and the sums stay exact', () => {
  const sums = (rows: readonly VersionRow[]): readonly number[] => [rows.reduce((sum, { requests }) => sum + requests, 0), rows.reduce((sum, { failed }) => sum + failed, 0), rows.reduce((sum, { failedHere }) => sum + failedHere, 0)];
  fc.assert(fc.property(fc.array(versionRow, { maxLength: 60 }), (rows) => {
    const bound = boundVersionRows(rows);
    assert.ok(bound.length <= MAXIMUM_VERSION_ROWS);
    assert.deepEqual(sums(bound), sums(rows));
    const names = [...new Set(rows.map(({ version: { epoch, sequence } }) => epoch * 1_000 + sequence))].toSorted((a, b) => b - a);
    assert.deepEqual(bound.slice(0, MAXIMUM_VERSION_ROWS - 1).map(({ version: { epoch, sequence } }) => epoch * 1_000 + sequence), names.slice(0, MAXIMUM_VERSION_ROWS - 1));
    assert.deepEqual(boundVersionRows([...rows.slice(0, 7), ...boundVersionRows(rows.slice(7))]).reduce((sum, { requests }) => sum + requests, 0), sums(rows)[0]);
  }));
});
