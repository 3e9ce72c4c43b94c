/**
 * Rules on keys for signing and verifying: JSON Web Keys (RFC 7517), public and private keys in PEM, and which of them an
 * algorithm of tokens (RFC 7518) needs. No message repeats any part of what was given: it might be a key.
 */
import { createPrivateKey, createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { readPrivateKey } from '../trust/certificate-pair.ts';
import type { EntityCheck, JsonObject, JsonValue, StringRule } from './definition.ts';
import { entityRule, fieldAt, isFilled, isJsonObject } from './entity-checks.ts';

export const JWT_ALGORITHMS = ['HS256', 'HS384', 'HS512', 'RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512', 'PS256', 'PS384', 'PS512', 'EdDSA'] as const;

/** A shorter RSA key must not be used for tokens (RFC 7518 §3.3). */
const MIN_RSA_BITS = 2048;
/** Of an ES algorithm (RFC 7518 §3.4). */
const CURVES: Readonly<Record<string, string>> = { ES256: 'prime256v1', ES384: 'secp384r1', ES512: 'secp521r1' };
const CURVE_NAMES: Readonly<Record<string, string>> = { prime256v1: 'P-256', secp384r1: 'P-384', secp521r1: 'P-521' };
const SYMMETRIC_KEY = /^[A-Za-z0-9_-]+$/;

export const privatePemRule: StringRule = {
  name: 'private-key',
  check: (text) => {
    const key = readPrivateKey(text);
    return typeof key === 'string' ? `invalid key: ${key}` : undefined;
  },
};

export const publicPemRule: StringRule = {
  name: 'public-key',
  check: (text) => {
    const key = readPublicKey(text);
    return typeof key === 'string' ? `invalid key: ${key}` : undefined;
  },
};

/** A public, private or symmetric key, as text that holds a JSON object. */
export const jwkRule: StringRule = {
  name: 'jwk',
  check: (text) => {
    const jwk = parseJwk(text);
    if (jwk === undefined) return 'invalid key: expected the JSON object of a key (RFC 7517) in text';
    if (jwk['kty'] === 'oct') return typeof jwk['k'] === 'string' && SYMMETRIC_KEY.test(jwk['k']) ? undefined : "invalid key: one of the type 'oct' has its bytes in 'k', as base64url";
    return readJwk(jwk) === undefined ? `invalid key: its type ('kty', RSA, EC, OKP or oct) and the members that belong to it do not make a key` : undefined;
  },
};

export const oneFormOfKey: EntityCheck = entityRule('A key is given as `jwk` or as `pem`, which has one half of it or both.', (key) => {
  const [jwk, pem] = [isFilled(key['jwk']), isFilled(fieldAt(key, 'pem.private_key')) || isFilled(fieldAt(key, 'pem.public_key'))];
  if (jwk !== pem && !(jwk && isFilled(key['pem']))) return [];
  if (jwk) return [{ field: '@entity', message: "only one of these fields may be set: 'jwk', 'pem'" }];
  return [{ field: '@entity', message: "one of these fields must be set: 'jwk', 'pem' (with 'private_key' or 'public_key')" }];
});

/** Tokens name a key by `kid`, so a second one inside the key must be the same. */
export const sameKeyId: EntityCheck = entityRule('A `kid` inside `jwk` is that of the key.', ({ jwk, kid }) => {
  const inside = typeof jwk === 'string' ? parseJwk(jwk)?.['kid'] : undefined;
  return inside === undefined || inside === kid ? [] : [{ field: 'kid', message: "must be the same as 'kid' in 'jwk'" }];
});

export const pemKeysMatch: EntityCheck = entityRule('The halves of `pem` belong together.', (key) => {
  const [privatePem, publicPem] = [fieldAt(key, 'pem.private_key'), fieldAt(key, 'pem.public_key')];
  if (typeof privatePem !== 'string' || typeof publicPem !== 'string') return [];
  const [own, given] = [readPrivateKey(privatePem), readPublicKey(publicPem)];
  if (typeof own === 'string' || typeof given === 'string' || createPublicKey(own).equals(given)) return [];
  return [{ field: 'pem.public_key', message: "is not the public half of 'private_key'" }];
});

/** Who signs with a private key is verified with its public one, of the type that the algorithm has. */
export const publicKeyOfAlgorithm: EntityCheck = entityRule('`rsa_public_key` is a key of the type that `algorithm` needs; HS256, HS384 and HS512 need none.', ({ algorithm, rsa_public_key: pem }) => {
  if (typeof algorithm !== 'string' || algorithm.startsWith('HS')) return [];
  if (typeof pem !== 'string') return [{ field: '@entity', message: "failed conditional validation given value of field 'algorithm'" }, { field: 'rsa_public_key', message: 'required field missing' }];
  const key = readPublicKey(pem);
  const problem = typeof key === 'string' ? undefined : problemOfUse(algorithm, key);
  return problem === undefined ? [] : [{ field: 'rsa_public_key', message: problem }];
});

function problemOfUse(algorithm: string, { asymmetricKeyType, asymmetricKeyDetails }: KeyObject): string | undefined {
  const needs = (what: string): string => `${algorithm} needs ${what}, this one is of the type ${asymmetricKeyType}`;
  const curve = CURVES[algorithm];
  if (curve !== undefined) {
    const given = asymmetricKeyDetails?.namedCurve;
    if (asymmetricKeyType !== 'ec') return needs(`a key on the curve ${CURVE_NAMES[curve]}`);
    return given === curve ? undefined : `${algorithm} needs a key on the curve ${CURVE_NAMES[curve]}, this one is on ${CURVE_NAMES[given ?? ''] ?? given}`;
  }
  if (algorithm === 'EdDSA') return asymmetricKeyType === 'ed25519' || asymmetricKeyType === 'ed448' ? undefined : needs('an Ed25519 or Ed448 key');
  if (asymmetricKeyType !== 'rsa' && !(algorithm.startsWith('PS') && asymmetricKeyType === 'rsa-pss')) return needs('an RSA key');
  const bits = asymmetricKeyDetails?.modulusLength ?? 0;
  return bits >= MIN_RSA_BITS ? undefined : `${algorithm} needs an RSA key of at least ${MIN_RSA_BITS} bits, this one has ${bits}`;
}

/** The key, or what is wrong with it. */
function readPublicKey(pem: string): KeyObject | string {
  if (pem.includes('PRIVATE KEY-----')) return 'it is a private key: give its public half (openssl pkey -in key.pem -pubout)';
  if (!/-----BEGIN (?:RSA )?PUBLIC KEY-----/.test(pem)) return 'expected a public key in PEM (-----BEGIN PUBLIC KEY-----)';
  try {
    return createPublicKey(pem);
  } catch {
    return 'the key cannot be read: expected a public key in PEM';
  }
}

function parseJwk(text: string): JsonObject | undefined {
  try {
    const value: JsonValue = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function readJwk(jwk: JsonObject): KeyObject | undefined {
  const members: JsonWebKey = { ...jwk };
  try {
    return 'd' in jwk ? createPrivateKey({ key: members, format: 'jwk' }) : createPublicKey({ key: members, format: 'jwk' });
  } catch {
    return undefined;
  }
}
