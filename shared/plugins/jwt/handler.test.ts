import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { constants, createHmac, createPublicKey, generateKeyPairSync, hash, sign, type JsonWebKey, type KeyObject } from 'node:crypto';
import { countVerifications } from '../../../test/support/count-verifications.ts';
import { cpuMsOf } from '../../../test/support/cpu-time.ts';
import { mapStore, pluginContext, pluginRun, pluginServices, type HostParts, type RecordedContext } from '../../plugin-kit/plugin-host.ts';
import type { ConfigLookup, JwtCredential } from '../config-lookup.ts';
import type { PluginInstance, Verdict } from '../contract.ts';
import type { PluginServices } from '../plugin-services.ts';
import { jwtFactory } from './handler.ts';
import type { JwtConfig } from './schema.ts';

const DEFAULTS: JwtConfig = {
  uri_param_names: ['jwt'], cookie_names: [], key_claim_name: 'iss', secret_is_base64: false, claims_to_verify: null, anonymous: null, run_on_preflight: true, maximum_expiration: 0,
  header_names: ['authorization'], realm: null, issuer: null, jwks_uri: null, jwks_cache_ttl: 300, jwks_max_stale: 600, audiences: null, algorithms: ['RS256', 'ES256', 'PS256', 'EdDSA'],
  consumer_claim: 'sub', consumer_by: ['custom_id', 'username'],
  // Each refusal for its own reason.
  detailed_errors: true,
};
const ANN = { id: 'ann-id', username: 'ann', customId: 'employee-7' };
const GUEST = { id: 'guest-id', username: 'guest', customId: null };
const REF = { id: 'credential-1', consumerId: 'ann-id' };
const SECRET = 'a-shared-secret';

const pairs = {
  rsa: generateKeyPairSync('rsa', { modulusLength: 2048 }), otherRsa: generateKeyPairSync('rsa', { modulusLength: 2048 }), p256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  p384: generateKeyPairSync('ec', { namedCurve: 'P-384' }), p521: generateKeyPairSync('ec', { namedCurve: 'P-521' }), ed25519: generateKeyPairSync('ed25519'),
};
const pem = (key: KeyObject): string => key.export({ type: 'spki', format: 'pem' }).toString();
const keyOf = (algorithm: string): { readonly publicKey: KeyObject; readonly privateKey: KeyObject } =>
  algorithm === 'EdDSA' ? pairs.ed25519 : algorithm === 'ES256' ? pairs.p256 : algorithm === 'ES384' ? pairs.p384 : algorithm === 'ES512' ? pairs.p521 : pairs.rsa;

const secretCredential = (algorithm: string, secret = SECRET): JwtCredential => ({ ref: REF, algorithm, secret, publicKey: undefined });
const publicCredential = (algorithm: string, key = pem(keyOf(algorithm).publicKey)): JwtCredential => ({ ref: REF, algorithm, secret: undefined, publicKey: key });

const encode = (value: unknown): string => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

function signature(algorithm: string, signed: string, key: KeyObject | string): Buffer {
  const digest = `sha${algorithm.slice(2)}`;
  if (typeof key === 'string') return createHmac(digest, key).update(signed).digest();
  if (algorithm === 'EdDSA') return sign(null, Buffer.from(signed), key);
  if (algorithm.startsWith('ES')) return sign(digest, Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' });
  return sign(digest, Buffer.from(signed), algorithm.startsWith('PS') ? { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST } : key);
}

/** `signedAs`: what it is really signed with, where its header says something else. */
function token(algorithm: string, claims: unknown = { iss: 'key' }, { key, header = {}, signedAs = algorithm }: { readonly key?: KeyObject | string; readonly header?: object; readonly signedAs?: string } = {}): string {
  const signed = `${encode({ alg: algorithm, typ: 'JWT', ...header })}.${encode(claims)}`;
  return `${signed}.${signature(signedAs, signed, key ?? (signedAs.startsWith('HS') ? SECRET : keyOf(signedAs).privateKey)).toString('base64url')}`;
}

function lookup(credential: JwtCredential | undefined = secretCredential('HS256')): Partial<ConfigLookup> {
  return {
    jwtCredential: (key) => (key === 'key' ? credential : undefined),
    consumerById: (id) => [ANN, GUEST].find((consumer) => consumer.id === id),
    consumerByUsername: (name) => [ANN, GUEST].find((consumer) => consumer.username === name),
    consumerByCustomId: (name) => (name === ANN.customId ? ANN : undefined),
  };
}

function make(given: Partial<JwtConfig> = {}, services: Partial<PluginServices> = {}): PluginInstance {
  return jwtFactory.create({ ...DEFAULTS, ...given }, pluginServices(services));
}

interface Outcome {
  readonly verdict: Verdict | undefined;
  readonly context: RecordedContext;
}

const bearer = (value: string): HostParts => ({ headers: [['Authorization', `Bearer ${value}`]] });

function ask(instance: PluginInstance, parts: HostParts): Outcome {
  const context = pluginContext({ config: lookup(), ...parts });
  return { verdict: pluginRun(instance).head(context), context };
}

const INVALID = 'Bearer error="invalid_token"';
const refusal = (message: string, challenge = INVALID): Verdict => ({ kind: 'respond', status: 401, message, headers: [['WWW-Authenticate', challenge]] });

function admitted({ verdict, context }: Outcome): void {
  assert.equal(verdict, undefined);
  assert.deepEqual(context.effects, ['authenticate ann-id by credential-1']);
}

function refused({ verdict, context }: Outcome, message: string): void {
  assert.deepEqual(verdict, refusal(message));
  assert.deepEqual(context.effects, []);
}

const claimsOf = ({ verdict }: Outcome): unknown => JSON.parse(Buffer.from(verdict?.body?.bytes ?? []).toString() || '{}');

describe('signatures', () => {
  for (const algorithm of ['HS256', 'HS384', 'HS512', 'RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA']) {
    test(`${algorithm}: a right one, and one with a bit turned`, () => {
      const config = lookup(algorithm.startsWith('HS') ? secretCredential(algorithm) : publicCredential(algorithm));
      const good = token(algorithm);
      admitted(ask(make(), { config, ...bearer(good) }));
      const [head = '', body = '', tail = ''] = good.split('.');
      const flipped = Buffer.from(tail, 'base64url');
      flipped[5] = (flipped[5] ?? 0) ^ 1;
      for (const bad of [`${head}.${body}.${flipped.toString('base64url')}`, `${head}.${encode({ iss: 'key', admin: true })}.${tail}`, `${head}.${body}.`, `${head}.${body}.${tail.slice(0, -4)}`]) refused(ask(make(), { config, ...bearer(bad) }), 'Invalid signature');
    });
  }

  test('a secret in base64', () => {
    const config = lookup(secretCredential('HS256', Buffer.from([0, 1, 255, 254]).toString('base64')));
    const signed = `${encode({ alg: 'HS256' })}.${encode({ iss: 'key' })}`;
    const good = `${signed}.${createHmac('sha256', Buffer.from([0, 1, 255, 254])).update(signed).digest('base64url')}`;
    admitted(ask(make({ secret_is_base64: true }), { config, ...bearer(good) }));
    refused(ask(make(), { config, ...bearer(good) }), 'Invalid signature');
  });
});

describe('hostile tokens', () => {
  const rsa = { config: lookup(publicCredential('RS256')) };

  test('the public key as a shared secret', () => {
    const forged = token('HS256', { iss: 'key' }, { key: pem(pairs.rsa.publicKey) });
    refused(ask(make(), { ...rsa, ...bearer(forged) }), 'Invalid algorithm');
    const hidden = token('RS256', { iss: 'key' }, { key: pem(pairs.rsa.publicKey), signedAs: 'HS256' });
    refused(ask(make(), { ...rsa, ...bearer(hidden) }), 'Invalid signature');
  });

  test('no algorithm, in all spellings', () => {
    for (const alg of ['none', 'None', 'NONE', 'nOnE', '', 'hs256', 'HS256 ', 'constructor', '__proto__']) {
      refused(ask(make(), bearer(`${encode({ alg })}.${encode({ iss: 'key' })}.`)), 'Invalid algorithm');
      refused(ask(make(), bearer(`${encode({ alg })}.${encode({ iss: 'key' })}.AAAA`)), 'Invalid algorithm');
    }
  });

  test('another algorithm than the credential has, with the right key', () => {
    for (const algorithm of ['RS384', 'RS512', 'PS256']) refused(ask(make(), { ...rsa, ...bearer(token(algorithm)) }), 'Invalid algorithm');
    refused(ask(make(), bearer(token('HS512'))), 'Invalid algorithm');
  });

  test('keys and places of keys in the header', () => {
    const jwk = pairs.otherRsa.publicKey.export({ format: 'jwk' });
    for (const header of [{ jwk }, { jku: 'https://evil.example/keys' }, { x5u: 'https://evil.example/cert' }, { x5c: [pem(pairs.otherRsa.publicKey)] }, { kid: '../../../dev/null' }, { kid: "' OR 1=1" }]) {
      refused(ask(make(), { ...rsa, ...bearer(token('RS256', { iss: 'key' }, { key: pairs.otherRsa.privateKey, header })) }), 'Invalid signature');
    }
  });

  test('what must be understood and is not', () => refused(ask(make(), bearer(token('HS256', { iss: 'key' }, { header: { crit: ['b64'], b64: false } }))), 'Bad token; invalid crit'));

  test('a signature in the other form of ES256, and one of zeros', () => {
    const config = lookup(publicCredential('ES256'));
    const signed = `${encode({ alg: 'ES256' })}.${encode({ iss: 'key' })}`;
    refused(ask(make(), { config, ...bearer(`${signed}.${sign('sha256', Buffer.from(signed), pairs.p256.privateKey).toString('base64url')}`) }), 'Invalid signature');
    refused(ask(make(), { config, ...bearer(`${signed}.${Buffer.alloc(64).toString('base64url')}`) }), 'Invalid signature');
  });

  test('keys that do not fit the algorithm of their credential', () => {
    const weak = pem(generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey);
    for (const credential of [publicCredential('RS256', pem(pairs.p256.publicKey)), publicCredential('RS256', weak), publicCredential('ES256', pem(pairs.p384.publicKey)), publicCredential('EdDSA', 'no key'), secretCredential('HS256', ''), { ...secretCredential('RS256') }]) {
      refused(ask(make(), { config: lookup(credential), ...bearer(token(credential.algorithm)) }), 'Invalid key/secret');
    }
  });

  test('an RSA key with the exponent 1, whose signatures anybody can write down, and one for PSS with another digest', () => {
    const { n } = pairs.rsa.publicKey.export({ format: 'jwk' });
    const trivial = createPublicKey({ key: { kty: 'RSA', n, e: 'AQ' } as JsonWebKey, format: 'jwk' });
    const signed = `${encode({ alg: 'RS256' })}.${encode({ iss: 'key' })}`;
    // EMSA-PKCS1-v1_5 (RFC 8017 §9.2): what a signature is when it is raised to the power of 1.
    const tail = Buffer.concat([Buffer.from('003031300d060960864801650304020105000420', 'hex'), hash('sha256', signed, 'buffer')]);
    const forged = Buffer.concat([Buffer.from([0, 1]), Buffer.alloc(256 - 2 - tail.length, 0xff), tail]);
    refused(ask(make(), { config: lookup(publicCredential('RS256', pem(trivial))), ...bearer(`${signed}.${forged.toString('base64url')}`) }), 'Invalid key/secret');
    const pss = generateKeyPairSync('rsa-pss', { modulusLength: 2048, hashAlgorithm: 'sha256', mgf1HashAlgorithm: 'sha256' });
    refused(ask(make(), { config: lookup(publicCredential('PS512', pem(pss.publicKey))), ...bearer(token('PS512')) }), 'Invalid key/secret');
    admitted(ask(make(), { config: lookup(publicCredential('PS256', pem(pss.publicKey))), ...bearer(token('PS256', { iss: 'key' }, { key: pss.privateKey })) }));
  });

  for (const [title, bad, problem] of [
    ['one segment', 'abc', 'expected three segments'],
    ['four segments', 'a.b.c.d', 'expected three segments'],
    ['no base64url', 'a+b.c.d', 'invalid base64url'],
    ['an empty segment', '.e30.x', 'invalid base64url'],
    ['no JSON', `${encode('{')}.e30.x`, 'invalid JSON'],
    ['a header that is a list', `${encode([])}.e30.x`, 'invalid JSON'],
    ['claims that are null', `${encode({ alg: 'HS256' })}.${encode('null')}.x`, 'invalid JSON'],
    ['no algorithm', `${encode({})}.e30.x`, 'invalid alg'],
    ['an algorithm that is a list', `${encode({ alg: ['HS256'] })}.e30.x`, 'invalid alg'],
    ['an inherited algorithm', `${encode('{"__proto__":{"alg":"HS256"}}')}.e30.x`, 'invalid alg'],
    ['a token of 100 kB', `${'a'.repeat(100_000)}.e30.x`, 'too long'],
  ] as const) {
    test(title, () => refused(ask(make(), bearer(bad)), `Bad token; ${problem}`));
  }

  test('a signature written in another way: a token has one text', () => {
    for (const [algorithm, config] of [['HS256', lookup()], ['ES256', lookup(publicCredential('ES256'))]] as const) {
      const good = token(algorithm);
      const variants = [`${good}A`, ...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'.split('').map((letter) => good.slice(0, -1) + letter)];
      const instance = make();
      assert.equal(variants.filter((variant) => ask(instance, { config, ...bearer(variant) }).verdict === undefined).length, variants.filter((variant) => variant === good).length, algorithm);
      for (const variant of [`${good}=`, `${good}==`, `${good}\t`]) assert.notEqual(ask(instance, { config, ...bearer(variant) }).verdict, undefined);
    }
  });

  test('hostile values take no time to speak of', () => {
    const instance = make({ cookie_names: ['jwt'] });
    const ms = cpuMsOf(() => {
      for (const headers of [[['Authorization', `Bearer${' '.repeat(60_000)}`]], [['Authorization', `Bearer ${'.'.repeat(60_000)}`]], [['Cookie', '=;'.repeat(30_000)]], [['Cookie', 'jwt=a;'.repeat(10_000)]]] as const) ask(instance, { headers });
    });
    assert.ok(ms < 200, `${ms} ms`);
  });
});

describe('which credentials there are is not told', () => {
  const ALGORITHMS = ['HS256', 'HS384', 'HS512', 'RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];
  const credentialOf = (algorithm: string): JwtCredential => (algorithm.startsWith('HS') ? secretCredential(algorithm, 'another secret') : publicCredential(algorithm));
  const forged = (algorithm: string): string => `${encode({ alg: algorithm })}.${encode({ iss: 'key' })}.${'A'.repeat(8)}`;
  /** Another key name, an algorithm that the credential has not, a key of no use, a wrong signature. */
  const failures = (algorithm: string): readonly (readonly [string, Partial<ConfigLookup>])[] => [
    ['unknown', { ...lookup(), jwtCredential: () => undefined }],
    ['algorithm', lookup(credentialOf(algorithm === 'HS256' ? 'ES256' : 'HS256'))],
    ['key', lookup({ ...credentialOf(algorithm), secret: undefined, publicKey: 'no key' })],
    ['signature', lookup(credentialOf(algorithm))],
  ];

  for (const algorithm of ALGORITHMS) {
    test(`${algorithm}: one answer, and one verification of the same kind`, () => {
      const instance = make({ detailed_errors: false });
      const seen = failures(algorithm).map(([title, config]) => countVerifications(() => {
        const { verdict, context } = ask(instance, { config, ...bearer(forged(algorithm)) });
        assert.deepEqual(verdict, refusal('Unauthorized'), title);
        assert.deepEqual(context.effects, [], title);
      }));
      const keyType = algorithm.startsWith('ES') ? 'ec' : algorithm === 'EdDSA' ? 'ed25519' : 'rsa';
      const expected = algorithm.startsWith('HS') ? `sha${algorithm.slice(2)}` : `${algorithm === 'EdDSA' ? 'null' : `sha${algorithm.slice(2)}`} ${keyType}`;
      assert.deepEqual(seen, failures(algorithm).map(() => [expected]));
    });
  }

  test('an algorithm that is none of ours is one answer without a verification, known or not', () => {
    const instance = make({ detailed_errors: false });
    for (const algorithm of ['none', '', 'HS1', 'ES256K', '__proto__', 'constructor']) {
      for (const config of [lookup(), { ...lookup(), jwtCredential: () => undefined }]) {
        assert.deepEqual(countVerifications(() => assert.deepEqual(ask(instance, { config, ...bearer(forged(algorithm)) }).verdict, refusal('Unauthorized'))), [], algorithm);
      }
    }
  });

  test('a token that nobody\'s key was asked about stays refused, whatever it is signed with', () => {
    const instance = make({ detailed_errors: false });
    for (const algorithm of ALGORITHMS) {
      for (let turn = 0; turn < 2; turn += 1) assert.deepEqual(ask(instance, { config: { ...lookup(), jwtCredential: () => undefined }, ...bearer(token(algorithm)) }).verdict, refusal('Unauthorized'));
    }
  });

  test('what is wrong with a token otherwise is told', () => {
    const instance = make({ detailed_errors: false, claims_to_verify: ['exp'] });
    refused(ask(instance, bearer('x')), 'Bad token; expected three segments');
    refused(ask(instance, bearer(token('HS256', {}))), "No mandatory 'iss' in claims");
    assert.deepEqual(claimsOf(ask(instance, bearer(token('HS256')))), { exp: 'must be a number' });
  });
});

describe('where a token is found', () => {
  const good = token('HS256');

  test('query, cookies and headers, as configured', () => {
    admitted(ask(make(), { query: `a=1&jwt=${good}` }));
    admitted(ask(make({ cookie_names: ['session'] }), { headers: [['Cookie', `a=1; session=${good}; b=2`]] }));
    admitted(ask(make({ cookie_names: ['session'] }), { headers: [['Cookie', `session="${good}"`]] }));
    admitted(ask(make({ header_names: ['X-Token'] }), { headers: [['x-token', `bEARER  ${good}`]] }));
    for (const parts of [{ headers: [['Cookie', `jwt=${good}`]] }, { headers: [['X-Token', `Bearer ${good}`]] }, { headers: [['Authorization', good]] }, { headers: [['Authorization', `Basic ${good}`]] }, { query: `JWT=${good}` }] as const) {
      assert.deepEqual(ask(make(), parts).verdict, refusal('Unauthorized', 'Bearer'));
    }
  });

  test('the same token twice is one, two are too many', () => {
    admitted(ask(make(), { query: `jwt=${good}`, ...bearer(good) }));
    refused(ask(make(), { query: `jwt=${token('HS256', { iss: 'other' })}`, ...bearer(good) }), 'Multiple tokens provided');
    refused(ask(make(), { headers: [['Authorization', `Bearer ${good}`], ['Authorization', 'Bearer x']] }), 'Multiple tokens provided');
  });

  test('the realm stands before the error', () => {
    assert.deepEqual(ask(make({ realm: 'a "b"' }), {}).verdict, refusal('Unauthorized', 'Bearer realm="a \\"b\\""'));
    assert.deepEqual(ask(make({ realm: 'a' }), bearer('x')).verdict, refusal('Bad token; expected three segments', 'Bearer realm="a", error="invalid_token"'));
  });

  test('preflights pass where they are let', () => {
    assert.deepEqual(ask(make(), { method: 'OPTIONS' }).verdict, refusal('Unauthorized', 'Bearer'));
    assert.equal(ask(make({ run_on_preflight: false }), { method: 'OPTIONS' }).verdict, undefined);
  });
});

describe('claims', () => {
  test('the credential is named by a claim, or by the header where no claim does', () => {
    admitted(ask(make({ key_claim_name: 'kid' }), bearer(token('HS256', {}, { header: { kid: 'key' } }))));
    admitted(ask(make({ key_claim_name: 'kid' }), bearer(token('HS256', { kid: 'key' }, { header: { kid: 'other' } }))));
    refused(ask(make(), bearer(token('HS256', {}))), "No mandatory 'iss' in claims");
    refused(ask(make({ key_claim_name: 'constructor' }), bearer(token('HS256', {}))), "No mandatory 'constructor' in claims");
    for (const iss of ['', 7, ['key'], { a: 1 }]) refused(ask(make(), bearer(token('HS256', { iss }))), "Invalid 'iss' in claims");
    refused(ask(make(), bearer(token('HS256', { iss: 'nobody' }))), "No credentials found for given 'iss'");
  });

  test('a consumer that is gone', () => refused(ask(make(), { config: { ...lookup(), consumerById: () => undefined }, ...bearer(token('HS256')) }), "Could not find consumer for 'iss=key'"));

  test('times, where they are asked for', () => {
    const clock = { nowMs: () => 1_000_500, monotonicMs: () => 0 };
    const times = (claims: object, given: Partial<JwtConfig> = { claims_to_verify: ['exp', 'nbf'] }): Outcome => ask(make(given, { clock }), bearer(token('HS256', { iss: 'key', ...claims })));
    admitted(times({ exp: 1_001, nbf: 1_000 }));
    assert.deepEqual(claimsOf(times({ exp: 1_000, nbf: 1_001 })), { exp: 'token expired', nbf: 'token not valid yet' });
    assert.deepEqual(claimsOf(times({})), { exp: 'must be a number', nbf: 'must be a number' });
    assert.deepEqual(claimsOf(times({ exp: '9999', nbf: null })), { exp: 'must be a number', nbf: 'must be a number' });
    const endless = `${encode({ alg: 'HS256' })}.${encode('{"iss":"key","exp":1e999,"nbf":-1e999}')}`;
    const { verdict: refusal } = ask(make({ claims_to_verify: ['exp', 'nbf'] }, { clock }), bearer(`${endless}.${signature('HS256', endless, SECRET).toString('base64url')}`));
    assert.deepEqual(JSON.parse(Buffer.from(refusal?.body?.bytes ?? []).toString()), { exp: 'must be a number', nbf: 'must be a number' }, 'beyond all numbers');
    const { verdict } = times({ exp: 1 });
    assert.deepEqual([verdict?.status, verdict?.headers, verdict?.body?.contentType], [401, [['WWW-Authenticate', INVALID]], 'application/json; charset=utf-8']);
    const capped: Partial<JwtConfig> = { claims_to_verify: ['exp'], maximum_expiration: 300 };
    admitted(times({ exp: 1_300 }, capped));
    assert.deepEqual(claimsOf(times({ exp: 1_301 }, capped)), { exp: 'exceeds maximum allowed expiration' });
    admitted(times({ exp: 1 }, {}));
  });
});

describe('a token that was verified', () => {
  const good = token('RS256', { iss: 'key', exp: 2_000 });

  test('is not verified again, until its credential is another one or its time is over', () => {
    const credential = publicCredential('RS256');
    let nowMs = 0;
    const instance = make({ claims_to_verify: ['exp'] }, { clock: { nowMs: () => nowMs, monotonicMs: () => nowMs } });
    admitted(ask(instance, { config: lookup(credential), ...bearer(good) }));
    refused(ask(instance, { config: { ...lookup(), jwtCredential: () => undefined }, ...bearer(good) }), "No credentials found for given 'iss'");
    refused(ask(instance, { config: lookup(publicCredential('RS256', pem(pairs.otherRsa.publicKey))), ...bearer(good) }), 'Invalid signature');
    refused(ask(instance, { config: lookup(publicCredential('RS512')), ...bearer(good) }), 'Invalid algorithm');
    refused(ask(instance, { config: { ...lookup(credential), consumerById: () => undefined }, ...bearer(good) }), "Could not find consumer for 'iss=key'");
    nowMs = 2_000_000;
    assert.deepEqual(claimsOf(ask(instance, { config: lookup(credential), ...bearer(good) })), { exp: 'token expired' });
  });

  test('costs no signature any more', () => {
    const slow = { config: lookup(publicCredential('ES512')), ...bearer(token('ES512')) };
    const times = (instance: PluginInstance): number => cpuMsOf(() => {
      for (let turn = 0; turn < 40; turn += 1) admitted(ask(instance, slow));
    });
    const forgetful = make({}, { store: () => ({ ...mapStore(), get: () => undefined }) });
    assert.ok(times(make()) < times(forgetful) / 2);
  });

  test('is remembered in a few bytes, whatever stands in it', () => {
    const kept: unknown[] = [];
    const store = ((): unknown => ({ ...mapStore(), set: (_key: string, value: unknown) => void kept.push(value) })) as PluginServices['store'];
    const large = Array.from({ length: 1_000 }, (_, at) => `x${at}`);
    admitted(ask(make({}, { store }), bearer(token('HS256', { iss: 'key', exp: large, nbf: large, aud: large, other: large }))));
    assert.equal(kept.length, 1);
    assert.ok(!JSON.stringify(kept).includes('x999'));
  });

  test('is read anew where the plugin reads tokens in another way by now', () => {
    const entries = new Map<string, unknown>();
    // The store outlives the instance, whatever its type.
    const store = ((): unknown => ({ get: (key: string) => entries.get(key), set: (key: string, value: unknown) => void entries.set(key, value) })) as PluginServices['store'];
    const config = lookup();
    admitted(ask(make({}, { store }), { config, ...bearer(token('HS256')) }));
    assert.equal(entries.size, 1);
    refused(ask(make({ secret_is_base64: true }, { store }), { config, ...bearer(token('HS256')) }), 'Invalid signature');
    assert.ok(![...entries.keys()].some((key) => token('HS256').includes(key)), 'tokens are not kept');
  });
});

describe('the anonymous consumer', () => {
  test('takes the place of a refusal, and what another plugin recognised stays', () => {
    assert.deepEqual(ask(make({ anonymous: 'guest' }), bearer('x')).context.effects, ['authenticate guest-id by nothing']);
    assert.deepEqual(ask(make({ anonymous: 'guest' }), { credential: REF, ...bearer('x') }).context.effects, []);
  });
});

test('logs are told under which names tokens come', () => {
  assert.deepEqual(make({ uri_param_names: ['jwt', 'T'], header_names: ['X-Jwt'] }).credentialNames, ['jwt', 't', 'x-jwt']);
});
