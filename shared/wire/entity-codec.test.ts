import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { holdfast } from '../../proto/gen/config.js';
import { arbitrarySecrets, arbitraryEntity } from '../../test/support/entity-arbitrary.ts';
import type { Entity, EntityDefinition, Field, JsonObject, JsonValue } from '../model/definition.ts';
import { isJsonObject } from '../model/entity-checks.ts';
import { newId, type EntityId } from '../model/ids.ts';
import { definitionOf, entityDefinitions, isEntityKind } from '../model/registry.ts';
import { secretFieldsOf } from '../model/secret-fields.ts';
import { splitEntity } from '../model/split-entity.ts';
import { decodeEntity, encodeEntity, salvageEntity, unknownFieldOf } from './entity-codec.ts';

const ID = '01a1fe71-b792-71c2-a993-3a158bc013f5';
const OTHER_ID = '01a1fe71-b79b-7dc5-8e3f-92ee2e561a39';
const TIMES = { created_at: 1_700_000_000, updated_at: 1_700_000_001 };
const consumerBytes = (fields: object): Uint8Array => holdfast.config.v1.Consumer.encode({ id: Buffer.alloc(16, 1), ...fields }).finish();
const invalid = { name: 'HoldfastError', code: 'WIRE_ENTITY_INVALID' };

for (const definition of entityDefinitions) {
  test(`${definition.kind}: what is decoded is what was encoded, but for what must not be published`, () => {
    fc.assert(
      fc.property(arbitraryEntity(definition), arbitrarySecrets(definition), (entity, digests) => {
        const decoded = decodeEntity(definition.kind, encodeEntity(definition, entity, digests));
        assert.deepEqual(decoded, published(definition, entity, digests));
      }),
      { numRuns: 200 },
    );
  });

  test(`${definition.kind}: the order of names changes no byte`, () => {
    fc.assert(
      fc.property(arbitraryEntity(definition), arbitrarySecrets(definition), (entity, digests) => {
        assert.deepEqual(encodeEntity(definition, reversed(entity), digests), encodeEntity(definition, entity, digests));
      }),
      { numRuns: 50 },
    );
  });

  test(`${definition.kind}: broken bytes are decoded or refused with the one code, never anything else`, () => {
    fc.assert(
      fc.property(arbitraryEntity(definition), arbitrarySecrets(definition), fc.nat(), fc.integer({ min: 1, max: 255 }), (entity, digests, at, flip) => {
        const bytes = Buffer.from(encodeEntity(definition, entity, digests));
        const index = at % bytes.length;
        bytes[index] = (bytes[index] ?? 0) ^ flip;
        assertDecodesOrRefuses(definition, bytes);
      }),
      { numRuns: 200 },
    );
  });
}

test('golden bytes: entities written by earlier versions encode to the same bytes and decode to the same values', () => {
  const vectors: unknown = JSON.parse(readFileSync(new URL('../../test/cases/entity-bytes.json', import.meta.url), 'utf8'));
  assert.ok(Array.isArray(vectors) && vectors.length >= entityDefinitions.length);
  for (const { kind, entity, digests, hex, onlyRead } of vectors) {
    assert.ok(isEntityKind(kind));
    const digestBytes = Object.fromEntries(Object.entries(digests).map(([name, value]) => [name, Buffer.from(String(value), 'hex')]));
    // With a field in another form than it has now.
    if (onlyRead !== true) assert.equal(Buffer.from(encodeEntity(definitionOf(kind), entity, digestBytes)).toString('hex'), hex, kind);
    else assert.equal(unknownFieldOf(kind, Buffer.from(hex, 'hex')), undefined, kind);
    // Fields added since then come on top.
    const expected = published(definitionOf(kind), entity, digestBytes);
    const decoded = new Map<string, unknown>(Object.entries(decodeEntity(kind, Buffer.from(hex, 'hex'))));
    assert.deepEqual(Object.fromEntries(Object.keys(expected).map((name) => [name, decoded.get(name)])), expected, kind);
  }
});

test('null, empty and default are three different things', () => {
  const route = decodeEntity('routes', encodeEntity(definitionOf('routes'), { id: ID, ...TIMES, methods: [], hosts: null, headers: {}, regex_priority: 7 }));
  assert.deepEqual([route.methods, route.hosts, route.headers, route.regex_priority, route.strip_path], [[], null, {}, 7, true]);
});

test('a field that the writer did not know has its default, also inside records', () => {
  const upstream = decodeEntity('upstreams', holdfast.config.v1.Upstream.encode({ id: Buffer.alloc(16, 1), name: 'u', healthchecks: { active: { timeout: 3 } } }).finish());
  assert.equal(upstream.slots, 10_000);
  assert.equal(upstream.healthchecks.active.timeout, 3);
  assert.deepEqual(upstream.healthchecks.active.healthy, { interval: 0, http_statuses: [200, 302], successes: 0 });
  assert.deepEqual(upstream.healthchecks.passive.unhealthy.http_statuses, [429, 500, 503]);
});

test('a field that the reader does not know is skipped', () => {
  for (const unknown of [tagged(500, 0, [1]), tagged(999, 2, [3, 1, 2, 3]), tagged(998, 1, Array.from({ length: 8 }, () => 255)), tagged(997, 5, [1, 2, 3, 4])]) {
    assert.equal(decodeEntity('consumers', Buffer.concat([unknown, consumerBytes({ username: 'a' }), unknown])).username, 'a');
  }
});

test('a field that must not be skipped makes the entity unreadable, wherever it stands; the rest can be salvaged', () => {
  for (const critical of [tagged(1_000, 0, [1]), tagged(20_000, 2, [1, 0])]) {
    for (const bytes of [Buffer.concat([critical, consumerBytes({ username: 'a' })]), Buffer.concat([consumerBytes({ username: 'a' }), critical])]) {
      assert.throws(() => decodeEntity('consumers', bytes), { code: 'WIRE_ENTITY_INVALID', message: /must not be left out/ });
      assert.equal(salvageEntity('consumers', bytes)?.username, 'a');
    }
  }
});

test('what an older control plane would lose is found at any depth, and only that', () => {
  for (const definition of entityDefinitions) {
    fc.assert(fc.property(arbitraryEntity(definition), arbitrarySecrets(definition), (entity, digests) => assert.equal(unknownFieldOf(definition.kind, encodeEntity(definition, entity, digests)), undefined)), { numRuns: 100 });
  }
  const nested = (tag: number, ...inner: readonly Uint8Array[]): Uint8Array => tagged(tag, 2, [Buffer.concat(inner).length, ...Buffer.concat(inner)]);
  const later = tagged(9, 0, [1]);
  const port = tagged(2, 0, [80]);
  const sources = (...of: readonly Uint8Array[]): Uint8Array => nested(17, ...of.map((one) => nested(1, one)));
  const headers = (...value: readonly Uint8Array[]): Uint8Array => nested(15, nested(1, nested(1, Buffer.from('a')), nested(2, ...value)));
  assert.equal(unknownFieldOf('routes', Buffer.concat([sources(port, port), headers(nested(1, Buffer.from('b')))])), undefined);
  for (const field of [sources(port, Buffer.concat([port, later])), nested(17, later)]) assert.equal(unknownFieldOf('routes', Buffer.concat([port, field])), 17);
  for (const field of [headers(later), nested(15, later), nested(15, nested(1, later))]) assert.equal(unknownFieldOf('routes', field), 15);
  assert.equal(unknownFieldOf('upstreams', nested(23, nested(1, later))), 23);
  assert.equal(unknownFieldOf('upstreams', later), 9);
});

test('what is salvaged is all but the values that are not known', () => {
  const { Route, Acl } = holdfast.config.v1;
  const bytes = Route.encode({ id: Buffer.alloc(16, 1), protocols: { values: ['quic', 'https'] }, paths: { values: ['/a'] }, path_handling: 'v9', service: Buffer.alloc(16, 2) }).finish();
  assert.throws(() => decodeEntity('routes', bytes), /'quic' is not known/);
  const route = salvageEntity('routes', bytes);
  assert.deepEqual([route?.protocols, route?.paths, route?.path_handling, route?.service?.id], [['https'], ['/a'], 'v0', '02020202-0202-0202-0202-020202020202']);
  assert.equal(salvageEntity('acls', Acl.encode({ id: Buffer.alloc(16, 1), group: 'g' }).finish()), undefined, 'of whom is not known');
  assert.equal(salvageEntity('routes', Uint8Array.of(255, 255)), undefined);
});

/** A field as it stands on the wire. */
function tagged(tag: number, wireType: number, value: readonly number[]): Buffer {
  const varint: number[] = [];
  for (let rest = tag * 8 + wireType; ; rest = Math.floor(rest / 128)) {
    varint.push(rest < 128 ? rest : (rest % 128) + 128);
    if (rest < 128) return Buffer.from([...varint, ...value]);
  }
}

test('the clear key never gets into the bytes, only its digest does', () => {
  const credential: Entity = { id: ID, ...TIMES, consumer: { id: OTHER_ID }, key: 'supersecretapikey', expires_at: null, tags: null };
  const bytes = encodeEntity(definitionOf('keyauth_credentials'), credential, { key: Buffer.alloc(32, 0xab) });
  assert.equal(Buffer.from(bytes).includes('supersecretapikey'), false);
  const decoded = decodeEntity('keyauth_credentials', bytes);
  assert.equal(decoded.key_digest, 'ab'.repeat(32));
  assert.equal('key' in decoded, false);
  assert.throws(() => encodeEntity(definitionOf('keyauth_credentials'), credential), /key_digest of keyauth_credentials/);
});

test('a private key gets into the bytes as its envelope and no other way; the second one may be missing', () => {
  const certificate: Entity = { id: ID, ...TIMES, cert: 'PUBLIC', key: 'PRIVATE', cert_alt: null, key_alt: null, tags: null };
  const bytes = encodeEntity(definitionOf('certificates'), certificate, { key: Buffer.from('envelope') });
  assert.deepEqual([Buffer.from(bytes).includes('PUBLIC'), Buffer.from(bytes).includes('PRIVATE')], [true, false]);
  const decoded = decodeEntity('certificates', bytes);
  assert.deepEqual([decoded.key_sealed, decoded.key_alt_sealed, 'key' in decoded], [Buffer.from('envelope').toString('base64'), null, false]);
  assert.throws(() => encodeEntity(definitionOf('certificates'), certificate), /key_sealed of certificates/);
});

test('a private key in a record gets into the bytes as its envelope and no other way', () => {
  const key: Entity = { id: ID, ...TIMES, set: null, name: null, kid: 'k', jwk: null, pem: { private_key: 'PRIVATE', public_key: 'PUBLIC' }, tags: null };
  const bytes = encodeEntity(definitionOf('keys'), key, { 'pem.private_key': Buffer.from('envelope') });
  assert.deepEqual([Buffer.from(bytes).includes('PUBLIC'), Buffer.from(bytes).includes('PRIVATE')], [true, false]);
  const { pem } = decodeEntity('keys', bytes);
  assert.deepEqual(pem, { public_key: 'PUBLIC', private_key_sealed: Buffer.from('envelope').toString('base64') });
});

test('a list of bare references keeps its order and its form', () => {
  const bytes = encodeEntity(definitionOf('services'), { id: ID, ...TIMES, host: 'a', ca_certificates: [OTHER_ID, ID] });
  assert.deepEqual(decodeEntity('services', bytes).ca_certificates, [OTHER_ID, ID]);
});

test('a field for the control plane only is left out', () => {
  const consumers = definitionOf('consumers');
  // One that the message has, so that only the mark keeps it out.
  const fields = consumers.fields.map((field): Field => (field.name === 'custom_id' ? { ...field, controlPlaneOnly: true } : field));
  const entity: Entity = { id: ID, ...TIMES, username: 'a', custom_id: 'private', tags: null };
  assert.equal(Buffer.from(encodeEntity(consumers, entity)).includes('private'), true);
  assert.equal(Buffer.from(encodeEntity({ ...consumers, fields }, entity)).includes('private'), false);
});

const refused: readonly (readonly [string, () => unknown, RegExp])[] = [
  ['an id of 15 bytes', () => decodeEntity('consumers', holdfast.config.v1.Consumer.encode({ id: Buffer.alloc(15) }).finish()), /an id has 16 bytes/],
  ['a required field that is absent', () => decodeEntity('services', holdfast.config.v1.Service.encode({ id: Buffer.alloc(16, 1) }).finish()), /services\.host: it is required and absent/],
  ['a value this version does not know', () => decodeEntity('upstreams', holdfast.config.v1.Upstream.encode({ id: Buffer.alloc(16, 1), name: 'u', algorithm: 'sticky' }).finish()), /'sticky' is not known to this version/],
  ['a number beyond 2^53', () => decodeEntity('targets', holdfast.config.v1.Target.encode({ id: Buffer.alloc(16, 1), upstream: Buffer.alloc(16, 1), target: 'a:1', weight: 2 ** 60 }).finish()), /beyond what can be represented exactly/],
  ['a config that is no JSON', () => decodeEntity('plugins', holdfast.config.v1.Plugin.encode({ id: Buffer.alloc(16, 1), name: 'acl', config: Buffer.from('{') }).finish()), /plugins\.config: it is no JSON/],
  ['a config that is no object', () => decodeEntity('plugins', holdfast.config.v1.Plugin.encode({ id: Buffer.alloc(16, 1), name: 'acl', config: Buffer.from('[]') }).finish()), /it is no JSON object/],
  ['a credential without a digest', () => decodeEntity('keyauth_credentials', holdfast.config.v1.KeyAuthCredential.encode({ id: Buffer.alloc(16, 1), consumer: Buffer.alloc(16, 1) }).finish()), /key_digest: it is required and absent/],
  ['bytes that end early', () => decodeEntity('consumers', consumerBytes({ username: 'abc' }).subarray(0, -1)), /cannot be decoded/],
];
for (const [what, decode, message] of refused) {
  test(`refused: ${what}`, () => assert.throws(decode, { ...invalid, message }));
}

/** What decoding is to give. */
function published(definition: EntityDefinition, entity: Entity, secrets: Readonly<Record<string, Uint8Array>>): JsonObject {
  return secretFieldsOf(definition).reduce((whole: JsonObject, { path, publishedPath, field }) => {
    const bytes = secrets[path];
    return withValue(whole, publishedPath.split('.'), bytes === undefined ? null : Buffer.from(bytes).toString(field.secret === 'digest' ? 'hex' : 'base64'));
  }, splitEntity(definition, entity, () => []).published);
}

/** In a record that is null there is no value. */
function withValue(values: JsonObject, [name = '', ...deeper]: readonly string[], value: JsonValue): JsonObject {
  if (deeper.length === 0) return { ...values, [name]: value };
  const inner = values[name];
  return isJsonObject(inner) ? { ...values, [name]: withValue(inner, deeper, value) } : values;
}

function reversed<T extends JsonValue>(value: T): T;
function reversed(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map((element: JsonValue) => reversed(element));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).toReversed().map(([name, inner]) => [name, reversed(inner)]));
}

function assertDecodesOrRefuses(definition: EntityDefinition, bytes: Uint8Array): void {
  try {
    decodeEntity(definition.kind, bytes);
  } catch (thrown) {
    assert.ok(thrown instanceof Error && 'code' in thrown && thrown.code === invalid.code, String(thrown));
  }
}

test('an operational field is published where it is set, and absent where it is not', () => {
  const target = { id: newId<EntityId>(), created_at: 1, updated_at: 1, upstream: { id: newId<EntityId>() }, target: '10.0.0.1:80', weight: 100, failover: false, tags: null };
  const switches = [{ address: null, health: 'unhealthy', at: 1_790_000_000_000 }, { address: '10.0.0.1', health: 'healthy', at: 1_790_000_000_001 }];
  const definition = definitionOf('targets');
  const plain = encodeEntity(definition, target);
  assert.ok(!('switches' in decodeEntity('targets', plain)));
  const switched = encodeEntity(definition, { ...target, switches });
  assert.deepEqual({ ...decodeEntity('targets', switched) }, { ...target, switches });
  assert.equal(unknownFieldOf('targets', switched), undefined);
  assert.notDeepEqual(plain, switched);
});
