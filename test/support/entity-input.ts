/**
 * Random inputs that mostly pass the admin API's checks: each field from a few good values, some left out, some null.
 * For the property tests of parse-entity.
 */
import { createPrivateKey, createPublicKey } from 'node:crypto';
import fc from 'fast-check';
import { testAuthority, testCertificate } from './test-certificates.ts';
import type { EntityKind, JsonObject, JsonValue } from '../../shared/model/definition.ts';

const [pair, alternative, authority] = [await testCertificate(), await testCertificate({ keyType: 'rsa' }), await testAuthority()];

const PUBLIC_KEY = createPublicKey(pair.key).export({ type: 'spki', format: 'pem' }).toString();
const JWK = JSON.stringify(createPrivateKey(pair.key).export({ format: 'jwk' }));

type Choices = Readonly<Record<string, readonly JsonValue[]>>;

const ID = '01a1fe71-b79b-7dc5-8e3f-92ee2e561a39';
const ALWAYS: Readonly<Record<EntityKind, Choices>> = {
  ca_certificates: { cert: [authority.cert] },
  certificates: { cert: [pair.cert], key: [pair.key] },
  snis: { name: ['a.test', '*.A.test', 'a.*', '*'], certificate: [{ id: ID }] },
  services: { host: ['example.com', '10.0.0.1', '::1', 'my_upstream'] },
  consumers: { username: ['my-app', 'größe', 'a b'] },
  upstreams: { name: ['backend', 'a.b.c'] },
  routes: { paths: [['/'], ['/a', '~/b/(?<id>\\d+)'], ['/a%20b']] },
  targets: { upstream: [{ id: ID }], target: ['Example.com', '10.0.0.1:80', '::1', '[::1]:81'] },
  consumer_groups: { name: ['gold', 'a b'] },
  consumer_group_consumers: { consumer: [{ id: ID }], consumer_group: [{ id: ID }] },
  partials: { type: ['redis-ce', 'redis-ee'] },
  plugins: { name: ['key-auth', 'rate-limiting'] },
  vaults: { name: ['env'], prefix: ['my-env', 'e', 'env-2'] },
  key_sets: { name: ['issuer', 'größe'] },
  keys: { kid: ['2026-11', 'a b'] },
  keyauth_credentials: { consumer: [{ id: ID.toUpperCase() }] },
  basicauth_credentials: { consumer: [{ id: ID }], username: ['ann', 'größe'], password: ['secret'] },
  hmacauth_credentials: { consumer: [{ id: ID }], username: ['ann', 'a:b'] },
  jwt_secrets: { consumer: [{ id: ID }] },
  oauth2_credentials: { consumer: [{ id: ID }], name: ['My app'] },
  mtls_auth_credentials: { consumer: [{ id: ID }], subject_name: ['ann.test', 'ann@a.test'] },
  acls: { consumer: [{ id: ID }], group: ['premium', 'a b'] },
};
const SOMETIMES: Readonly<Record<EntityKind, Choices>> = {
  ca_certificates: { cert_digest: ['00', null] },
  certificates: { cert_alt: [null, alternative.cert], key_alt: [null, alternative.key], snis: [[], null, ['a.test']] },
  snis: {},
  services: { name: ['x', null], protocol: ['http', 'https', 'tcp'], port: [0, 443, null], path: ['/base', null], retries: [0], enabled: [false], tls_verify: [true, null], client_certificate: [{ id: ID }, null], ca_certificates: [[ID.toUpperCase()], [], null], url: ['http://a:1/b', 'https://c'] },
  consumers: { custom_id: ['42', null] },
  upstreams: {
    algorithm: ['round-robin', 'consistent-hashing', 'least-connections', 'latency', null], hash_on: ['none', 'ip', 'consumer', null], hash_fallback: ['none', 'path', null],
    slots: [10, null], healthchecks: [null, {}, { threshold: 1.5 }, { active: { headers: { b: ['1'], a: [] }, healthy: { interval: 1 } } }], host_header: ['a:81'],
  },
  routes: {
    protocols: [['http'], ['https', 'http'], ['grpc'], ['grpcs', 'grpc'], null], methods: [['GET'], [], null], hosts: [['*.a'], []], headers: [{ b: ['1'], a: ['~*x'] }, {}],
    snis: [['a'], []], strip_path: [false, true], regex_priority: [-1], service: [{ id: ID }, null],
  },
  targets: { weight: [0, 65_535, null] },
  consumer_groups: {},
  consumer_group_consumers: {},
  partials: { name: ['p', null], config: [null, {}, { host: 'redis.test', port: 1 }] },
  plugins: {
    config: [{}, null, { key_names: ['b', 'a'] }, { minute: 5 }], route: [{ id: ID }, null], protocols: [['https'], null], enabled: [false], instance_name: ['i'], partials: [null, []],
    consumer_group: [{ id: ID }, null], condition: ['any(consumer.groups) == "gold"', null], ordering: [{ before: { access: ['acl'] } }, { after: { access: ['acl'] } }, {}, null],
  },
  vaults: { description: ['For all', null], config: [null, {}, { prefix: 'SECRET_' }] },
  key_sets: {},
  keys: { name: ['k', null], set: [{ id: ID }, null], jwk: [null, JWK], pem: [null, {}, { private_key: pair.key }, { private_key: pair.key, public_key: PUBLIC_KEY }, { public_key: PUBLIC_KEY, private_key: null }] },
  basicauth_credentials: {},
  hmacauth_credentials: { secret: ['s', null] },
  jwt_secrets: { key: ['issuer', null], secret: ['s', null], algorithm: ['HS256', 'HS512', 'ES256', 'RS256', null], rsa_public_key: [null, PUBLIC_KEY] },
  oauth2_credentials: { client_id: ['id', null], client_secret: ['s', null], hash_secret: [true, false, null], redirect_uris: [null, [], ['https://a.test/back', 'app:/x']], client_type: ['public', null] },
  mtls_auth_credentials: { ca_certificate: [{ id: ID }, null] },
  keyauth_credentials: { key: ['k', null], ttl: [0, 60, null], expires_at: [1_900_000_000, null] },
  acls: {},
};

/** What a client could send to create one of this kind. Not all are valid: some combinations break a rule. */
export function arbitraryInput(kind: EntityKind): fc.Arbitrary<JsonObject> {
  const pick = (choices: Choices): Record<string, fc.Arbitrary<JsonValue>> =>
    Object.fromEntries(Object.entries(choices).map(([name, values]) => [name, fc.constantFrom(...values)]));
  const always = pick(ALWAYS[kind]);
  const sometimes = { ...pick(SOMETIMES[kind]), tags: fc.constantFrom<JsonValue>(null, [], ['b', 'a']), created_at: fc.constantFrom(1, 1_600_000_000) };
  return fc.record<JsonObject>({ ...always, ...sometimes }, { requiredKeys: Object.keys(always), noNullPrototype: true });
}
