import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { newId, type EntityId, type GatewayId } from '../model/ids.ts';
import { holdfast } from '../../proto/gen/sync.js';
import { decodeDeltaContent, decodeSnapshotContent, encodeDeltaContent, encodeSnapshotContent } from './content-codec.ts';
import { decodeFrame, encodeFrame } from './sync-codec.ts';
import { MAXIMUM_CHUNK_BYTES, MAXIMUM_FRAME_BYTES, type FellBack, type LeafChange, type SyncMessage } from './sync-message.ts';

const gatewayId = newId<GatewayId>();
const bootId = newId();
const root = 'ab'.repeat(32);
const version = { epoch: 1, sequence: Number.MAX_SAFE_INTEGER };
const fellBack: FellBack = { kind: 'fell-back', from: version, to: { epoch: 1, sequence: 4 }, fromRoot: root, reason: 'crashed thrice' };
const announced = { transferId: 7, manifestStatement: 'm', transferStatement: 't', compression: 'zstd', startOffset: 65_536 };

/** One full message of every kind; a kind without an entry does not compile. */
const examples: { readonly [Kind in SyncMessage['kind']]: Extract<SyncMessage, { kind: Kind }> } = {
  hello: {
    kind: 'hello', protocolVersion: 1, softwareVersion: '0.1.0', bootId, hostname: 'eu-1', active: { version, contentRoot: root }, highestAccepted: version, highestManifest: 'm',
    plugins: [{ name: 'key-auth', version: '1.0.0', hash: '' }, { name: 'greeting', version: '2.0.0', hash: 'ab'.repeat(32) }], compressions: ['zstd'], barred: [fellBack], partial: { wireHash: root, bytes: 70_000 },
  },
  welcome: {
    kind: 'welcome', protocolVersion: 1, softwareVersion: '0.1.0', rootStatements: ['r1', 'r2'], delegationStatement: 'd', headStatement: 'h',
    contentKeys: [{ keyId: 1, ephemeralPublicKey: Buffer.alloc(65, 4), nonce: Buffer.alloc(12), ciphertext: Buffer.alloc(48) }],
    pingIntervalMs: 10_000, telemetryCredit: 8, recordsCredit: 4, labels: { region: 'eu-west', constructor: 'x' }, authoritiesStatement: 'a',
  },
  snapshot: { kind: 'snapshot', ...announced, epochStatement: 'e' },
  delta: { kind: 'delta', ...announced },
  chunk: { kind: 'chunk', transferId: 7, offset: 65_536, bytes: Buffer.from('bytes') },
  applied: { kind: 'applied', version, contentRoot: root, tookMs: 12, quarantined: [{ entityKind: 'routes', id: newId<EntityId>(), code: 'ROUTER_REGEX_INVALID', reason: 'no' }], already: true },
  rejected: { kind: 'rejected', version, code: 'TRANSFER_ROOT_MISMATCH', reasons: ['one', 'two'] },
  'fell-back': fellBack,
  head: { kind: 'head', headStatement: 'h' },
  counts: {
    kind: 'counts',
    windows: [
      { startMs: 1_700_000_000_000, windowMs: 60_000, isSliding: false, keys: ['AAAAAAAAAAAAAAAAAAAAAA', '_____________________w'], counts: [1, Number.MAX_SAFE_INTEGER] },
      { startMs: 0, windowMs: 1, isSliding: true, keys: ['AQIDBAUGBwgJCgsMDQ4PEA'], counts: [0] },
    ],
  },
  'cache-purges': { kind: 'cache-purges', forgottenMs: 5, purges: [{ atMs: 6, pluginId: undefined, cacheKey: undefined }, { atMs: 1_700_000_000_000, pluginId: newId(), cacheKey: 'AAAAAAAAAAAAAAAAAAAAAA' }] },
  ping: { kind: 'ping', nonce: 77, answer: true },
  telemetry: { kind: 'telemetry', bootId, sequence: 9, batch: Buffer.from('batch'), records: true },
  'telemetry-ack': { kind: 'telemetry-ack', bootId, sequence: 9, records: true },
  credit: { kind: 'credit', chunks: 3, telemetry: 0, records: 2 },
  renew: { kind: 'renew', certificateRequest: Buffer.from('csr') },
  renewed: { kind: 'renewed', certificateChain: 'pem' },
  question: { kind: 'question', id: 3, subject: 'explain', document: Buffer.from('{}') },
  answer: { kind: 'answer', id: 3, document: Buffer.from('{}'), problem: 'none' },
  trust: { kind: 'trust', rootStatements: ['r1'], delegationStatement: 'd', contentKeys: [], authoritiesStatement: 'a' },
  notice: { kind: 'notice', code: 'SYNC_HEAD_OLDER', detail: 'why', version },
  health: {
    kind: 'health', leftOut: 3,
    targets: [{ id: newId<EntityId>(), addresses: [{ ip: '10.0.0.1', port: 80, state: 'open', cause: 'timeouts', sinceMs: 1_700_000_000_000 }] }, { id: newId<EntityId>(), addresses: [] }],
  },
  bye: { kind: 'bye', code: 'shutting-down', reason: 'restart', retryAfterMs: 500 },
};

/** A value with its byte arrays as hex, so that a Buffer equals a Uint8Array of the same bytes. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, plain(item)]));
}

for (const message of Object.values(examples)) {
  test(`a ${message.kind} frame survives encoding with every field`, () => {
    const decoded = decodeFrame(encodeFrame({ gatewayId, message }));
    assert.equal(decoded.gatewayId, gatewayId);
    assert.deepEqual(plain(decoded.message), plain(message));
  });
}

test('a Hello before the first configuration has no active version', () => {
  const { message } = decodeFrame(encodeFrame({ gatewayId, message: { ...examples.hello, active: undefined, highestAccepted: { epoch: 0, sequence: 0 } } }));
  assert.ok(message.kind === 'hello');
  assert.equal(message.active, undefined);
  assert.deepEqual(message.highestAccepted, { epoch: 0, sequence: 0 });
});

test('a configuration with very much in quarantine is still answered for: what does not fit is cut', () => {
  const quarantined = Array.from({ length: 5_000 }, () => ({ entityKind: 'plugins', id: newId<EntityId>(), code: 'PLUGIN_CONFIG_INVALID', reason: 'ü'.repeat(300) }));
  const { message } = decodeFrame(encodeFrame({ gatewayId, message: { ...examples.applied, quarantined } }));
  assert.ok(message.kind === 'applied');
  assert.ok(message.quarantined.length > 100 && message.quarantined.length < 1_000, String(message.quarantined.length));
  assert.deepEqual(message.quarantined, quarantined.slice(0, message.quarantined.length));
});

test('a frame above 256 KiB is neither sent nor taken', () => {
  const message: SyncMessage = { kind: 'telemetry', bootId, sequence: 1, batch: Buffer.alloc(MAXIMUM_FRAME_BYTES), records: false };
  assert.throws(() => encodeFrame({ gatewayId, message }), { code: 'WIRE_FRAME_TOO_LARGE' });
  assert.throws(() => decodeFrame(Buffer.alloc(MAXIMUM_FRAME_BYTES + 1)), { code: 'WIRE_FRAME_MALFORMED' });
});

test('reasons are cut to a bound by the sender', () => {
  const { message } = decodeFrame(encodeFrame({ gatewayId, message: { ...examples.rejected, reasons: Array<string>(2000).fill('x') } }));
  assert.ok(message.kind === 'rejected' && message.reasons.length === 1000);
  const long = decodeFrame(encodeFrame({ gatewayId, message: { ...examples.rejected, reasons: ['y'.repeat(5000)] } })).message;
  assert.ok(long.kind === 'rejected' && long.reasons[0]?.length === 2001);
});

const { Envelope } = holdfast.sync.v1;
const id = Buffer.alloc(16, 7);
const malformed: readonly { readonly name: string; readonly bytes: Uint8Array }[] = [
  { name: 'nothing in it', bytes: new Uint8Array() },
  { name: 'no message', bytes: Envelope.encode({ gatewayId: id }).finish() },
  { name: 'a message of a later protocol', bytes: Buffer.concat([Envelope.encode({ gatewayId: id }).finish(), Buffer.of(0xa2, 0x06, 0)]) },
  { name: 'no gateway', bytes: Envelope.encode({ ping: { nonce: 1 } }).finish() },
  { name: 'a gateway id of 15 bytes', bytes: Envelope.encode({ gatewayId: id.subarray(1), ping: { nonce: 1 } }).finish() },
  { name: 'a boot id of no bytes', bytes: Envelope.encode({ gatewayId: id, telemetryAck: { sequence: 1 } }).finish() },
  { name: 'a short root', bytes: Envelope.encode({ gatewayId: id, applied: { version: { epoch: 1, sequence: 1 }, contentRoot: id } }).finish() },
  { name: 'no version', bytes: Envelope.encode({ gatewayId: id, rejected: { code: 'X' } }).finish() },
  { name: 'an empty chunk', bytes: Envelope.encode({ gatewayId: id, chunk: { transferId: 1 } }).finish() },
  { name: 'a chunk above 64 KiB', bytes: Envelope.encode({ gatewayId: id, chunk: { transferId: 1, bytes: Buffer.alloc(MAXIMUM_CHUNK_BYTES + 1) } }).finish() },
  { name: 'a number above 2^53', bytes: Envelope.encode({ gatewayId: id, ping: { nonce: 2 ** 60 } }).finish() },
];
for (const { name, bytes } of malformed) {
  test(`a frame with ${name} is refused`, () => {
    assert.throws(() => decodeFrame(bytes), { code: 'WIRE_FRAME_MALFORMED' });
  });
}

test('any bytes decode or are refused as malformed: nothing else is thrown', () => {
  const valid = Object.values(examples).map((message) => encodeFrame({ gatewayId, message }));
  const mutated = fc.tuple(fc.constantFrom(...valid), fc.nat(), fc.nat({ max: 255 }), fc.nat({ max: 40 })).map(([bytes, at, byte, cutOff]) => {
    const copy = Buffer.from(bytes);
    copy[at % copy.length] = byte;
    return copy.subarray(0, copy.length - (cutOff % 5 === 0 ? cutOff : 0));
  });
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), mutated), (bytes) => {
      try {
        decodeFrame(bytes);
      } catch (thrown) {
        assert.ok(thrown instanceof Error && 'code' in thrown && thrown.code === 'WIRE_FRAME_MALFORMED', String(thrown));
      }
    }),
    { numRuns: 3000 },
  );
});

const leaf = fc.record({ kind: fc.constantFrom('routes', 'services', 'keyauth_credentials'), id: fc.constant(0).map(() => newId<EntityId>()), entity: fc.uint8Array({ maxLength: 50 }) });

test('content survives encoding: bytes and order as given', () => {
  fc.assert(
    fc.property(fc.array(leaf), fc.array(leaf), (snapshot, puts) => {
      assert.deepEqual(plain([...decodeSnapshotContent(encodeSnapshotContent(snapshot))]), plain(snapshot));
      const changes = puts.flatMap((put): LeafChange[] => [{ op: 'put', ...put }, { op: 'delete', kind: put.kind, id: put.id }]);
      assert.deepEqual(plain(decodeDeltaContent(encodeDeltaContent(changes))), plain(changes));
    }),
    { numRuns: 50 },
  );
});
