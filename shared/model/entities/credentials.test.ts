/** Credentials of the auth plugins, keys and vaults: what they take, make and refuse, without repeating a secret. */
import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { accepted, assertHas, KEY, OTHER_ID, refusal } from '../../../test/support/parse-outcome.ts';
import { testCertificate } from '../../../test/support/test-certificates.ts';
import type { EntityKind, JsonObject } from '../definition.ts';

const CONSUMER = { consumer: { id: OTHER_ID } };
const p256 = (await testCertificate()).key;
const rsa = (await testCertificate({ keyType: 'rsa' })).key;
const publicOf = (pem: string): string => createPublicKey(pem).export({ type: 'spki', format: 'pem' }).toString();
const made = (options: { readonly type: 'ed25519' } | { readonly type: 'ec'; readonly curve: string } | { readonly type: 'rsa'; readonly bits: number }): string => {
  const { publicKey } = options.type === 'ed25519' ? generateKeyPairSync('ed25519') : options.type === 'ec' ? generateKeyPairSync('ec', { namedCurve: options.curve }) : generateKeyPairSync('rsa', { modulusLength: options.bits });
  return publicKey.export({ type: 'spki', format: 'pem' }).toString();
};
const jwkOf = (pem: string, more: object = {}): string => JSON.stringify({ ...createPrivateKey(pem).export({ format: 'jwk' }), ...more });
const CERT = (await testCertificate()).cert;

const good: readonly (readonly [string, EntityKind, JsonObject, JsonObject])[] = [
  ['a name and a password', 'basicauth_credentials', { ...CONSUMER, username: 'Ann Ä', password: 's3cret word' }, { username: 'Ann Ä', password: 's3cret word' }],
  ['an hmac secret that is made', 'hmacauth_credentials', { ...CONSUMER, username: 'ann' }, { secret: KEY }],
  ['an hmac secret', 'hmacauth_credentials', { ...CONSUMER, username: 'ann', secret: 'mine' }, { secret: 'mine' }],
  ['a jwt credential of which all is made', 'jwt_secrets', CONSUMER, { key: KEY, secret: KEY, algorithm: 'HS256', rsa_public_key: null }],
  ['a jwt credential with an RSA key', 'jwt_secrets', { ...CONSUMER, key: 'issuer', algorithm: 'RS512', rsa_public_key: publicOf(rsa) }, { algorithm: 'RS512' }],
  ['one with PSS', 'jwt_secrets', { ...CONSUMER, algorithm: 'PS256', rsa_public_key: publicOf(rsa) }, { algorithm: 'PS256' }],
  ['one with P-256', 'jwt_secrets', { ...CONSUMER, algorithm: 'ES256', rsa_public_key: publicOf(p256) }, { algorithm: 'ES256' }],
  ['one with Ed25519', 'jwt_secrets', { ...CONSUMER, algorithm: 'EdDSA', rsa_public_key: made({ type: 'ed25519' }) }, { algorithm: 'EdDSA' }],
  ['an application of which all is made', 'oauth2_credentials', { ...CONSUMER, name: 'My app' }, { client_id: KEY, client_secret: KEY, client_type: 'confidential', hash_secret: false, redirect_uris: null }],
  ['where it sends users', 'oauth2_credentials', { ...CONSUMER, name: 'a', redirect_uris: ['https://a.test/x?y=1', 'com.example.app:/back'], client_type: 'public' }, { client_type: 'public' }],
  ['a name in a certificate', 'mtls_auth_credentials', { ...CONSUMER, subject_name: 'ann@a.test' }, { subject_name: 'ann@a.test', ca_certificate: null }],
  ['a set of keys', 'key_sets', { name: 'issuer' }, { name: 'issuer' }],
  ['a JSON Web Key', 'keys', { kid: 'a', jwk: jwkOf(p256, { kid: 'a' }), set: { id: OTHER_ID } }, { pem: null }],
  ['a symmetric JSON Web Key', 'keys', { kid: 'a', jwk: JSON.stringify({ kty: 'oct', k: 'AAEC' }) }, { name: null }],
  ['both halves in PEM', 'keys', { kid: 'a', name: 'k', pem: { private_key: rsa, public_key: publicOf(rsa) } }, { pem: { private_key: rsa, public_key: publicOf(rsa) } }],
  ['the public half', 'keys', { kid: 'a', pem: { public_key: publicOf(p256) } }, { pem: { private_key: null, public_key: publicOf(p256) } }],
  ['references to a vault', 'keys', { kid: 'a', pem: { private_key: '{vault://env/key}', public_key: publicOf(p256) } }, { jwk: null }],
  ['a vault', 'vaults', { name: 'env', prefix: 'team-a', config: { prefix: 'TEAM_A_' } }, { name: 'env', prefix: 'team-a', description: null }],
];
for (const [what, kind, input, expected] of good) test(`accepted: ${what}`, () => assertHas(accepted(kind, input), expected));

const bad: readonly (readonly [string, EntityKind, JsonObject, string])[] = [
  ['a user name with a colon', 'basicauth_credentials', { ...CONSUMER, username: 'a:b', password: 'x' }, 'username: must not contain a colon: clients could not send it (RFC 7617)'],
  ['no password', 'basicauth_credentials', { ...CONSUMER, username: 'a' }, 'password: required field missing'],
  ['a password of another type', 'basicauth_credentials', { ...CONSUMER, username: 'a', password: 12_345 }, 'password: expected a string, not a number'],
  ['no name for hmac', 'hmacauth_credentials', CONSUMER, 'username: required field missing'],
  ['an algorithm with a typing slip', 'jwt_secrets', { ...CONSUMER, algorithm: 'RS265' }, 'algorithm: expected one of: HS256, HS384, HS512, RS256, RS384, RS512, ES256, ES384, ES512, PS256, PS384, PS512, EdDSA (did you mean "RS256"?)'],
  ['an asymmetric algorithm without a key', 'jwt_secrets', { ...CONSUMER, algorithm: 'RS256' }, "@entity: failed conditional validation given value of field 'algorithm'; rsa_public_key: required field missing"],
  ['a key of another type', 'jwt_secrets', { ...CONSUMER, algorithm: 'RS256', rsa_public_key: publicOf(p256) }, 'rsa_public_key: RS256 needs an RSA key, this one is of the type ec'],
  ['a key on another curve', 'jwt_secrets', { ...CONSUMER, algorithm: 'ES384', rsa_public_key: publicOf(p256) }, 'rsa_public_key: ES384 needs a key on the curve P-384, this one is on P-256'],
  ['no curve at all', 'jwt_secrets', { ...CONSUMER, algorithm: 'ES256', rsa_public_key: publicOf(rsa) }, 'rsa_public_key: ES256 needs a key on the curve P-256, this one is of the type rsa'],
  ['EdDSA with an RSA key', 'jwt_secrets', { ...CONSUMER, algorithm: 'EdDSA', rsa_public_key: publicOf(rsa) }, 'rsa_public_key: EdDSA needs an Ed25519 or Ed448 key, this one is of the type rsa'],
  ['a short RSA key', 'jwt_secrets', { ...CONSUMER, algorithm: 'RS256', rsa_public_key: made({ type: 'rsa', bits: 1024 }) }, 'rsa_public_key: RS256 needs an RSA key of at least 2048 bits, this one has 1024'],
  ['a private key as a public one', 'jwt_secrets', { ...CONSUMER, algorithm: 'RS256', rsa_public_key: rsa }, 'rsa_public_key: invalid key: it is a private key: give its public half (openssl pkey -in key.pem -pubout)'],
  ['a certificate as a public key', 'jwt_secrets', { ...CONSUMER, algorithm: 'ES256', rsa_public_key: CERT }, 'rsa_public_key: invalid key: expected a public key in PEM (-----BEGIN PUBLIC KEY-----)'],
  ['an application without a name', 'oauth2_credentials', CONSUMER, 'name: required field missing'],
  ['a relative redirect', 'oauth2_credentials', { ...CONSUMER, name: 'a', redirect_uris: ['/back'] }, "redirect_uris.1: cannot parse '/back': expected an absolute URI, such as https://app.example/callback"],
  ['a redirect with a fragment', 'oauth2_credentials', { ...CONSUMER, name: 'a', redirect_uris: ['https://a.test/#x'] }, "redirect_uris.1: fragment not allowed in 'https://a.test/#x'"],
  ['a client of a third type', 'oauth2_credentials', { ...CONSUMER, name: 'a', client_type: 'publik' }, 'client_type: expected one of: confidential, public (did you mean "public"?)'],
  ['no name in the certificate', 'mtls_auth_credentials', CONSUMER, 'subject_name: required field missing'],
  ['a key without kid', 'keys', { jwk: jwkOf(p256) }, 'kid: required field missing'],
  ['a key of nothing', 'keys', { kid: 'a' }, "@entity: one of these fields must be set: 'jwk', 'pem' (with 'private_key' or 'public_key')"],
  ['a key in an empty record', 'keys', { kid: 'a', pem: {} }, "@entity: one of these fields must be set: 'jwk', 'pem' (with 'private_key' or 'public_key')"],
  ['a key twice', 'keys', { kid: 'a', jwk: jwkOf(p256), pem: { public_key: publicOf(p256) } }, "@entity: only one of these fields may be set: 'jwk', 'pem'"],
  ['a key beside an empty record', 'keys', { kid: 'a', jwk: jwkOf(p256), pem: {} }, "@entity: only one of these fields may be set: 'jwk', 'pem'"],
  ['another kid inside', 'keys', { kid: 'a', jwk: jwkOf(p256, { kid: 'b' }) }, "kid: must be the same as 'kid' in 'jwk'"],
  ['halves of two keys', 'keys', { kid: 'a', pem: { private_key: rsa, public_key: publicOf(p256) } }, "pem.public_key: is not the public half of 'private_key'"],
  ['a vault of no kind', 'vaults', { name: 'envv', prefix: 'a' }, 'name: expected one of: env, file, hcv, aws, gcp, azure (did you mean "env"?)'],
  ['a vault called like a kind', 'vaults', { name: 'env', prefix: 'aws' }, "prefix: 'aws' is the name of a kind of vault: references to it use that one's defaults, choose another prefix"],
  ['a prefix that no reference can hold', 'vaults', { name: 'env', prefix: 'Team/A' }, 'prefix: expected lower-case letters, digits and hyphens: a letter first, no hyphen last'],
  ['a setting that the kind of vault lacks', 'vaults', { name: 'env', prefix: 'a', config: { prefixx: 'a' } }, 'config.prefixx: unknown field (did you mean "prefix"?)'],
];
for (const [what, kind, input, message] of bad) test(`refused: ${what}`, () => assert.equal(refusal(kind, input), message));

const broken: readonly (readonly [string, EntityKind, JsonObject])[] = [
  ['a JSON Web Key that is none', 'keys', { kid: 'a', jwk: '{"kty":"RSA","n":"supersecret","e":"AQAB","d":"supersecret"}' }],
  ['a symmetric one with other characters', 'keys', { kid: 'a', jwk: '{"kty":"oct","k":"supersecret/"}' }],
  ['text', 'keys', { kid: 'a', jwk: 'supersecret' }],
  ['a private key that is none', 'keys', { kid: 'a', pem: { private_key: '-----BEGIN PRIVATE KEY-----\nsupersecret\n-----END PRIVATE KEY-----' } }],
  ['a password with a line break', 'basicauth_credentials', { ...CONSUMER, username: 'a', password: 'supersecret\n' }],
];
for (const [what, kind, input] of broken) {
  test(`a refusal does not repeat a secret: ${what}`, () => assert.doesNotMatch(refusal(kind, input), /supersecret/));
}

test('a PATCH of one half of a key keeps the other; a vault of another kind starts with an empty config', () => {
  const key = accepted('keys', { kid: 'a', pem: { private_key: p256 } });
  assertHas(accepted('keys', { pem: { public_key: publicOf(p256) } }, { mode: 'merge', previous: key }), { pem: { private_key: p256, public_key: publicOf(p256) } });
  assert.match(refusal('keys', { pem: { public_key: publicOf(rsa) } }, { mode: 'merge', previous: key }), /not the public half/);
  const vault = accepted('vaults', { name: 'env', prefix: 'a', config: { prefix: 'X_' } });
  assert.equal(Object(accepted('vaults', { description: 'd' }, { mode: 'merge', previous: vault })['config']).prefix, 'X_');
  assert.equal(Object(accepted('vaults', { name: 'file', config: { folder: 'team-a' } }, { mode: 'merge', previous: vault })['config']).prefix ?? null, null);
});
