import { test } from 'node:test';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { holdfast } from '../../proto/gen/telemetry.js';
import { newId } from '../model/ids.ts';
import {
  decodeRecordBatch, encodeAccessRecord, encodeRecordBatch, encodeRecordBatchFrame, MAXIMUM_RECORD_BATCH_BYTES, MAXIMUM_RECORD_HEADERS, RECORD_TEXT_LENGTHS, recordText, type AccessRecord, type RecordBatch,
} from './access-record-codec.ts';

const [ROUTE, SERVICE, CONSUMER] = [newId(), newId(), newId()];
const plain = { noNullPrototype: true } as const;
const count = fc.oneof(fc.nat(), fc.maxSafeNat());
const id = fc.constantFrom('', ROUTE, SERVICE, CONSUMER);
const hexId = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes).toString('hex'));
const given = fc.string({ unit: 'binary', maxLength: 60 });
const made = (length: number): fc.Arbitrary<string> => fc.oneof(given, fc.constant('x'.repeat(length))).map((text) => recordText(text, length));
const headers = fc.array(fc.tuple(fc.constantFrom('request.accept', 'response.age', 'request.__proto__', 'request.constructor'), made(1_024)), { maxLength: 4 }).map((entries) => new Map(entries));

function recordOf(text: (length: number) => fc.Arbitrary<string>, allHeaders: fc.Arbitrary<Map<string, string>>): fc.Arbitrary<AccessRecord> {
  const of = RECORD_TEXT_LENGTHS;
  return fc.record({
    requestId: hexId, startedMicros: fc.nat({ max: 2_000_000_000 }).map((seconds) => seconds * 1_000_000 + 7), reason: fc.constantFrom('error', 'slow', 'sampled'),
    routeId: id, serviceId: id, consumerId: id, version: fc.record({ epoch: count, sequence: count }, plain),
    status: fc.oneof(fc.constant(0), fc.integer({ min: 100, max: 599 })), errorCode: text(of.errorCode), method: text(of.method), scheme: text(of.scheme), host: text(of.host),
    path: text(of.path), query: text(of.query), httpVersion: text(of.httpVersion), tlsVersion: text(of.tlsVersion), tlsCipher: text(of.tlsCipher), clientAddress: text(of.clientAddress),
    target: text(of.target), retries: fc.nat({ max: 100 }), totalMicros: count, upstreamMicros: count, gatewayMicros: count, bytesIn: count, bytesOut: count,
    traceId: fc.oneof(fc.constant(''), hexId), headers: allHeaders, userAgent: text(of.userAgent), generated: fc.boolean(),
  }, plain);
}

const record = recordOf(made, headers);
const batch: fc.Arbitrary<RecordBatch> = fc.record({
  fromMs: fc.nat(), toMs: fc.nat(), records: fc.array(record, { maxLength: 4 }), drops: fc.array(fc.record({ reason: fc.stringMatching(/^[a-z][a-z-]{0,62}$/), count }, plain), { maxLength: 3 }),
}, plain);

test('a batch comes out as it went in, the largest numbers and longest texts too', () => {
  fc.assert(fc.property(batch, (one) => assert.deepEqual(decodeRecordBatch(encodeRecordBatch(one)), one)));
});

test('pieces that follow one another, in any order, are a batch', () => {
  fc.assert(fc.property(fc.array(record, { maxLength: 4 }), fc.nat(), (records, at) => {
    const pieces = records.map(encodeAccessRecord);
    pieces.splice(at % (pieces.length + 1), 0, encodeRecordBatchFrame({ fromMs: 1, toMs: 2, drops: [{ reason: 'rate', count: 3 }] }));
    assert.deepEqual(decodeRecordBatch(Buffer.concat(pieces)), { fromMs: 1, toMs: 2, records, drops: [{ reason: 'rate', count: 3 }] });
  }));
});

test('whatever a client sent, what is encoded is within its bounds and decodes', () => {
  const wild = (): fc.Arbitrary<string> => fc.oneof(given, fc.string({ unit: 'binary', minLength: 3_000, maxLength: 3_100 }), fc.constant(`\r\n\ud800${'\u009b'.repeat(3_000)}`));
  const many = fc.array(fc.tuple(wild(), wild()), { maxLength: 50 }).map((entries) => new Map(entries));
  fc.assert(fc.property(recordOf(wild, many), (one) => {
    const [decoded] = decodeRecordBatch(encodeAccessRecord(one)).records;
    assert.equal(decoded?.requestId, one.requestId);
    for (const [name, length] of Object.entries(RECORD_TEXT_LENGTHS)) {
      const text = Reflect.get(decoded ?? {}, name);
      assert.ok(typeof text === 'string' && text.length <= length && text.isWellFormed() && !/\p{Cc}/u.test(text), `${name}: ${JSON.stringify(text)}`);
    }
    assert.ok((decoded?.headers.size ?? 99) <= MAXIMUM_RECORD_HEADERS);
  }), { numRuns: 40 });
});

test('the largest record there can be fits a batch', () => {
  const [one] = fc.sample(record, 1);
  assert.ok(one !== undefined);
  const longest = '\u20ac'.repeat(5_000);
  const texts = Object.fromEntries(Object.keys(RECORD_TEXT_LENGTHS).map((name) => [name, longest]));
  const largest = encodeAccessRecord({ ...one, ...texts, headers: new Map(Array.from({ length: 99 }, (_, n) => [`request.${n}${'\u20ac'.repeat(118)}`, longest])) });
  assert.ok(largest.length > 100_000 && largest.length < MAXIMUM_RECORD_BATCH_BYTES, `${largest.length}`);
  assert.equal(decodeRecordBatch(largest).records[0]?.headers.size, MAXIMUM_RECORD_HEADERS);
});

test('a text that is too long says so by its end, and control characters can be seen', () => {
  assert.equal(recordText('a'.repeat(11), 10), `${'a'.repeat(9)}…`);
  assert.equal(recordText('a\r\nb\u009b', 20), 'a%0D%0Ab%9B');
  assert.equal(recordText('\r\n\r\n', 10), '%0D%0A%0D…');
  assert.equal(recordText('ab\ud83d', 10), 'ab\ufffd');
});

test('any bytes decode or are refused as malformed: nothing else is thrown', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
    try {
      decodeRecordBatch(bytes);
    } catch (thrown) {
      assert.ok(thrown instanceof Error && 'code' in thrown && thrown.code === 'TELEMETRY_MALFORMED', String(thrown));
    }
  }), { numRuns: 2_000 });
});

const requestId = new Uint8Array(16);
const malformed: Readonly<Record<string, object>> = {
  'no request id': { records: [{}] },
  'an id of other than 16 bytes': { records: [{ requestId, routeId: new Uint8Array(15) }] },
  'a path without end': { records: [{ requestId, path: 'x'.repeat(2_049) }] },
  'a line end in a text': { records: [{ requestId, userAgent: 'a\nb' }] },
  'a terminal sequence in a header': { records: [{ requestId, headers: { 'request.a': '\u001b[2J' } }] },
  'a control character in a header name': { records: [{ requestId, headers: { 'request.a\r': 'b' } }] },
  'more headers than there may be': { records: [{ requestId, headers: Object.fromEntries(Array.from({ length: 33 }, (_, n) => [`request.${n}`, ''])) }] },
  'a status that is none': { records: [{ requestId, status: 600 }] },
  'a time after all times': { records: [{ requestId, startedUs: 8.7e15 }] },
  'a reason of a drop that is no word': { drops: [{ reason: 'two words', count: 1 }] },
  'more records than a batch may have': { records: Array.from({ length: 2_001 }, () => ({ requestId })) },
};
for (const [name, parts] of Object.entries(malformed)) {
  test(`refused: ${name}`, () => {
    assert.throws(() => decodeRecordBatch(holdfast.telemetry.v1.RecordBatch.encode(parts).finish()), { code: 'TELEMETRY_MALFORMED' });
  });
}
