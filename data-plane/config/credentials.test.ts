/** Clients as plugins look them up: every kind of credential, closed where anything about it is in doubt, after any order of changes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { EntityKind, JsonObject } from '../../shared/model/definition.ts';
import { compiled } from '../../test/support/compile-config.ts';
import { CONTENT_KEYS, put, ref, remove, testId } from '../../test/support/config-content.ts';
import { testCertificate } from '../../test/support/test-certificates.ts';
import type { EntityChange } from './compile-contract.ts';
import type { CompiledConfig } from './compiled-config.ts';

const { cert: AUTHORITY } = await testCertificate({ names: ['authority'], isAuthority: true });
const ANN = put('consumers', { id: testId('c1'), username: 'ann', custom_id: 'crm-1' });
const BOB = put('consumers', { id: testId('c2'), username: 'bob' });
const basic = (id: string, username: string, consumer = 'c1', password = 'hash'): EntityChange => put('basicauth_credentials', { id: testId(id), username, password, consumer: ref(consumer) });
const hmac = (id: string, username: string, consumer = 'c1', secret = 'canary-hmac'): EntityChange => put('hmacauth_credentials', { id: testId(id), username, secret, consumer: ref(consumer) });
const jwt = (id: string, key: string, consumer = 'c1', more: JsonObject = {}): EntityChange => put('jwt_secrets', { id: testId(id), key, secret: 'canary-jwt', consumer: ref(consumer), ...more });
const mtls = (id: string, name: string, consumer = 'c1', more: JsonObject = {}): EntityChange => put('mtls_auth_credentials', { id: testId(id), subject_name: name, consumer: ref(consumer), ...more });

const BASIS = [ANN, BOB, basic('b1', 'Ann'), hmac('11', 'ann'), jwt('21', 'issuer'), mtls('31', 'ann@a.test'), put('ca_certificates', { id: testId('ca'), cert: AUTHORITY })];
const configOf = (changes: readonly EntityChange[], base?: CompiledConfig): CompiledConfig => compiled(changes, base === undefined ? {} : { base }).config;

test('each kind is found by what a client says, exactly as it was written', () => {
  const config = configOf(BASIS);
  const consumerId = testId('c1');
  assert.deepEqual(config.basicCredential('Ann'), { ref: { id: testId('b1'), consumerId, identifier: 'Ann' }, passwordHash: 'hash' });
  assert.deepEqual(config.hmacCredential('ann'), { ref: { id: testId('11'), consumerId, identifier: 'ann' }, secret: 'canary-hmac' });
  assert.deepEqual(config.jwtCredential('issuer'), { ref: { id: testId('21'), consumerId, identifier: 'issuer' }, algorithm: 'HS256', secret: 'canary-jwt', publicKey: undefined });
  assert.deepEqual(config.mtlsCredentials('ann@a.test'), [{ ref: { id: testId('31'), consumerId }, caCertificateId: undefined }]);
  assert.deepEqual(config.consumerByCustomId('crm-1'), { id: consumerId, username: 'ann', customId: 'crm-1' });
  assert.equal(config.caCertificate(testId('ca')), AUTHORITY);
  for (const name of ['ann ', 'ANN', '', '__proto__', 'constructor']) {
    assert.deepEqual([config.basicCredential(name), config.hmacCredential(name), config.jwtCredential(name), config.mtlsCredentials(name), config.consumerByCustomId(name), config.caCertificate(name)], [undefined, undefined, undefined, [], undefined, undefined], name);
  }
});

test('a token credential has the secret or the key of its algorithm, never both', async () => {
  const { createPublicKey } = await import('node:crypto');
  const rsa_public_key = createPublicKey((await testCertificate({ keyType: 'rsa' })).key).export({ type: 'spki', format: 'pem' }).toString();
  const config = configOf([...BASIS, jwt('22', 'rsa', 'c1', { algorithm: 'RS256', rsa_public_key }), jwt('23', 'both', 'c1', { algorithm: 'HS512', rsa_public_key })]);
  const shown = (key: string): readonly unknown[] => {
    const credential = config.jwtCredential(key);
    return [credential?.algorithm, credential?.secret, credential?.publicKey];
  };
  assert.deepEqual([shown('rsa'), shown('both')], [['RS256', undefined, rsa_public_key], ['HS512', 'canary-jwt', undefined]]);
});

test('secrets are nowhere in the clear before somebody asks for them', () => {
  const config = configOf(BASIS);
  const stored = JSON.stringify([...config.parts.tables.entities.hmacauth_credentials.values(), ...config.parts.tables.entities.jwt_secrets.values()]);
  assert.equal(stored.includes('canary'), false);
});

test('the same object while the entity is the same, also in the next configurations', () => {
  const first = configOf(BASIS);
  const credentials = [first.basicCredential('Ann'), first.hmacCredential('ann'), first.jwtCredential('issuer'), first.mtlsCredentials('ann@a.test')[0]];
  const second = configOf([basic('b2', 'other')], first);
  assert.deepEqual([second.basicCredential('Ann'), second.hmacCredential('ann'), second.jwtCredential('issuer'), second.mtlsCredentials('ann@a.test')[0]].map((credential, index) => credential === credentials[index]), [true, true, true, true]);
  const third = configOf([basic('b1', 'Ann', 'c1', 'another'), hmac('11', 'ann', 'c1', 'new')], second);
  assert.deepEqual([third.basicCredential('Ann')?.passwordHash, third.hmacCredential('ann')?.secret, third.jwtCredential('issuer') === credentials[2]], ['another', 'new', true]);
  assert.equal(second.hmacCredential('ann')?.secret, 'canary-hmac', 'who is pinned to the one before sees that');
  assert.equal(configOf([put('routes', { id: testId('f1'), paths: ['/'] })], third).parts.identities, third.parts.identities);
});

test('a credential is as good as none where its consumer is gone, its secret does not open, or it can not be read', () => {
  const asked = (config: CompiledConfig): readonly boolean[] => [config.basicCredential('Ann') !== undefined, config.hmacCredential('ann') !== undefined, config.jwtCredential('issuer') !== undefined, config.mtlsCredentials('ann@a.test').length > 0];
  assert.deepEqual(asked(configOf([remove('consumers', testId('c1'))], configOf(BASIS))), [false, false, false, false]);
  const { config: otherKeys } = compiled(BASIS, { contentKeys: { ...CONTENT_KEYS, keys: [{ keyId: 2, key: new Uint8Array(32) }] } });
  assert.deepEqual(asked(otherKeys), [false, false, false, true]);
  const broken = (['basicauth_credentials', 'hmacauth_credentials', 'jwt_secrets', 'mtls_auth_credentials'] as const).map((kind): EntityChange => {
    const known = BASIS.find((change) => change.kind === kind);
    return { kind, id: known?.id ?? '', bytes: Uint8Array.of(255, 255, 255) };
  });
  assert.deepEqual(asked(configOf(broken, configOf(BASIS))), [false, false, false, false]);
});

test('a name in a certificate counts only for the authority that it is for, and not where that is of no use', () => {
  const config = configOf([...BASIS, mtls('30', 'shared', 'c2', { ca_certificate: ref('ca') }), mtls('2f', 'shared', 'c1')]);
  assert.deepEqual(config.mtlsCredentials('shared').map(({ ref: { id }, caCertificateId }) => [id, caCertificateId]), [[testId('2f'), undefined], [testId('30'), testId('ca')]], 'in the order of their ids');
  const without = configOf([remove('ca_certificates', testId('ca'))], config);
  assert.deepEqual([without.mtlsCredentials('shared').map(({ ref: { id } }) => id), without.caCertificate(testId('ca'))], [[testId('2f')], undefined]);
});

test('names that change hands within one change belong to who has them after it', () => {
  const config = configOf([basic('b2', 'Ann', 'c2'), basic('b1', 'Bob'), put('consumers', { id: testId('c2'), username: 'bob', custom_id: 'crm-1' }), put('consumers', { id: testId('c1'), username: 'ann' })], configOf([...BASIS, basic('b2', 'Bob', 'c2')]));
  assert.deepEqual([config.basicCredential('Ann')?.ref.consumerId, config.basicCredential('Bob')?.ref.consumerId, config.consumerByCustomId('crm-1')?.id], [testId('c2'), testId('c1'), testId('c2')]);
});

test('after any changes in any steps the answers are those of a fresh start', () => {
  const kinds: readonly EntityKind[] = ['consumers', 'basicauth_credentials', 'hmacauth_credentials', 'jwt_secrets', 'mtls_auth_credentials'];
  const names = ['n1', 'n2', 'n3'];
  const change = fc.tuple(fc.constantFrom(...kinds), fc.constantFrom('1', '2', '3'), fc.constantFrom(...names, undefined), fc.constantFrom('c1', 'c2')).map(([kind, digit, name, consumer]): EntityChange => {
    const digits = `${kinds.indexOf(kind) === 0 ? 'c' : `${kinds.indexOf(kind)}0`}${digit}`;
    if (name === undefined) return remove(kind, testId(digits));
    const makers: Partial<Readonly<Record<EntityKind, () => EntityChange>>> = {
      consumers: () => put('consumers', { id: testId(digits), username: name, custom_id: name }),
      basicauth_credentials: () => basic(digits, name, consumer), hmacauth_credentials: () => hmac(digits, name, consumer), jwt_secrets: () => jwt(digits, name, consumer), mtls_auth_credentials: () => mtls(digits, name, consumer),
    };
    return makers[kind]?.() ?? assert.fail(kind);
  });
  const answers = (config: CompiledConfig): unknown => names.map((name) => [config.consumerByCustomId(name), config.consumerByUsername(name), config.basicCredential(name), config.hmacCredential(name), config.jwtCredential(name), config.mtlsCredentials(name)]);
  // A change names each entity once. Two with one name are never published together: the control plane refuses the second.
  const isPublishable = (entities: ReadonlyMap<string, EntityChange>): boolean => {
    const said = [...entities.values()].map(({ kind, bytes }) => `${kind} ${names.find((name) => Buffer.from(bytes ?? []).includes(name))}`);
    return new Set(said).size === said.length;
  };
  fc.assert(fc.property(fc.array(fc.uniqueArray(change, { selector: ({ kind, id }) => `${kind} ${id}`, minLength: 1, maxLength: 4 }), { maxLength: 6 }), (steps) => {
    let config = configOf([]);
    let entities = new Map<string, EntityChange>();
    for (const step of steps) {
      const next = new Map(entities);
      for (const one of step) if (one.bytes === undefined) next.delete(`${one.kind} ${one.id}`); else next.set(`${one.kind} ${one.id}`, one);
      if (!isPublishable(next)) continue;
      entities = next;
      config = configOf(step, config);
      assert.deepEqual(answers(config), answers(configOf([...entities.values()])));
    }
  }), { numRuns: 60 });
});
