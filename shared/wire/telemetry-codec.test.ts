import { test } from 'node:test';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { holdfast } from '../../proto/gen/telemetry.js';
import { newId } from '../model/ids.ts';
import { boundVersionRows, decodeTelemetryBatch, encodeTelemetryBatch, MAXIMUM_VERSION_ROWS, mergeTelemetryBatches, requestsIn, type TelemetryBatch, type VersionRow } from './telemetry-codec.ts';

const [ROUTE, CONSUMER] = [newId(), newId()];
const count = fc.oneof(fc.nat(), fc.maxSafeNat());
const instant = fc.oneof(fc.nat(), fc.maxSafeNat().map((ms) => ms % 8.64e15), fc.constant(8.64e15));
const id = fc.constantFrom('', ROUTE, CONSUMER);
const plain = { noNullPrototype: true } as const;
const row = fc.record({ routeId: id, consumerId: id, statusClass: fc.nat({ max: 5 }), requests: count, bytesIn: count, bytesOut: count, durationMicros: count }, plain);
const drop = fc.record({ reason: fc.stringMatching(/^[a-z][a-z-]{0,62}$/), count }, plain);
const gap = fc.record({ bootId: fc.constantFrom(ROUTE, CONSUMER), lastFoldMs: instant, atMostMs: count, lastRatePerSecond: fc.nat() }, plain);
const version = fc.record({ epoch: fc.nat({ max: 2 }), sequence: fc.nat({ max: 40 }) }, plain);
const versionRow: fc.Arbitrary<VersionRow> = fc.record({ version, requests: fc.nat(), failed: fc.nat(), failedHere: fc.nat() }, plain);
const batch: fc.Arbitrary<TelemetryBatch> = fc.record({
  fromMs: instant, toMs: instant, version: fc.record({ epoch: count, sequence: count }, plain),
  usage: fc.array(row, { maxLength: 5 }), versions: fc.array(versionRow, { maxLength: 30 }).map(boundVersionRows), drops: fc.array(drop, { maxLength: 3 }), crashGaps: fc.array(gap, { maxLength: 2 }),
}, plain);

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
  'a time after all times': { toMs: 8.64e15 + 1 },
};
for (const [name, parts] of Object.entries(malformed)) {
  test(`refused: ${name}`, () => {
    assert.throws(() => decodeTelemetryBatch(encoded(parts)), { code: 'TELEMETRY_MALFORMED' });
  });
}

test('merging adds rows of one key up and keeps the span, the latest version and every gap', () => {
  const one = (fromMs: number, requests: number): TelemetryBatch => ({
    fromMs, toMs: fromMs + 10, version: { epoch: 1, sequence: fromMs }, drops: [{ reason: 'a', count: 1 }],
    versions: [{ version: { epoch: 1, sequence: 5 }, requests, failed: 2, failedHere: 1 }, { version: { epoch: 1, sequence: fromMs + 1 }, requests: 1, failed: 0, failedHere: 0 }],
    usage: [{ routeId: ROUTE, consumerId: '', statusClass: 2, requests, bytesIn: 1, bytesOut: 2, durationMicros: 3 }, { routeId: ROUTE, consumerId: CONSUMER, statusClass: 2, requests: 1, bytesIn: 0, bytesOut: 0, durationMicros: 0 }],
    crashGaps: [{ bootId: newId(), lastFoldMs: 1, atMostMs: 1, lastRatePerSecond: 0 }],
  });
  const merged = mergeTelemetryBatches([one(5, 7), one(20, 8)]);
  assert.deepEqual([merged.fromMs, merged.toMs, merged.version.sequence, merged.drops, merged.crashGaps.length], [5, 30, 20, [{ reason: 'a', count: 2 }], 2]);
  assert.deepEqual(merged.usage.map(({ consumerId, requests, bytesIn, bytesOut, durationMicros }) => [consumerId, requests, bytesIn, bytesOut, durationMicros]), [['', 15, 2, 4, 6], [CONSUMER, 2, 0, 0, 0]]);
  assert.equal(requestsIn(merged), 17);
  assert.deepEqual(merged.versions.map(({ version: { sequence }, requests, failed, failedHere }) => [sequence, requests, failed, failedHere]), [[21, 1, 0, 0], [6, 1, 0, 0], [5, 15, 4, 2]]);
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
