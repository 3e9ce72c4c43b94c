/**
 * Signatures of tokens (RFC 7518 §3, RFC 8037): an algorithm is always decided by whoever holds the key, never by the token, and a key
 * of another type than its algorithm needs makes no verifier. Synchronous: a turn of the thread pool costs more than the signature
 * (bench/jwt.ts). Used by handler.ts and issuer-keys.ts.
 */
import { constants, createHmac, createPublicKey, createSecretKey, timingSafeEqual, verify, type JsonWebKey, type KeyObject } from 'node:crypto';

export interface Verifier {
  verifies(signed: string, signature: Uint8Array): boolean;
}

/** A shorter RSA key must not be used for tokens (RFC 7518 §3.3). */
const MIN_RSA_BITS = 2_048;
/** With 1 as its exponent a signature is the padded digest itself, which anybody can write down. */
const MIN_RSA_EXPONENT = 3n;
const CURVES: Readonly<Record<string, string>> = { ES256: 'prime256v1', ES384: 'secp384r1', ES512: 'secp521r1' };

/** Undefined where there is no secret, or the algorithm is none of a secret. */
export function secretVerifier(algorithm: string, secret: Uint8Array): Verifier | undefined {
  if (!/^HS(?:256|384|512)$/.test(algorithm) || secret.length === 0) return undefined;
  const [key, digest] = [createSecretKey(secret), `sha${algorithm.slice(2)}`];
  return {
    verifies(signed, signature) {
      const expected = createHmac(digest, key).update(signed, 'latin1').digest();
      return expected.length === signature.length && timingSafeEqual(expected, signature);
    },
  };
}

/** Undefined where the key is not of the algorithm. */
export function publicKeyVerifier(algorithm: string, key: KeyObject): Verifier | undefined {
  if (!isOfAlgorithm(algorithm, key)) return undefined;
  if (algorithm === 'EdDSA') return { verifies: (signed, signature) => verify(null, Buffer.from(signed, 'latin1'), key, signature) };
  const digest = `sha${algorithm.slice(2)}`;
  const options = optionsOf(algorithm, key);
  return { verifies: (signed, signature) => verify(digest, Buffer.from(signed, 'latin1'), options, signature) };
}

function optionsOf(algorithm: string, key: KeyObject) {
  if (algorithm.startsWith('ES')) return { key, dsaEncoding: 'ieee-p1363' } as const;
  return algorithm.startsWith('PS') ? { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST } : { key, padding: constants.RSA_PKCS1_PADDING };
}

function isOfAlgorithm(algorithm: string, { asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject): boolean {
  if (algorithm === 'EdDSA') return type === 'ed25519' || type === 'ed448';
  const curve = Object.hasOwn(CURVES, algorithm) ? CURVES[algorithm] : undefined;
  if (curve !== undefined) return type === 'ec' && details?.namedCurve === curve;
  if (!/^[RP]S(?:256|384|512)$/.test(algorithm)) return false;
  // A key of the type rsa-pss may be for one digest alone, and asking it for another throws.
  const isOfType = type === 'rsa' || (type === 'rsa-pss' && algorithm.startsWith('PS') && [undefined, `sha${algorithm.slice(2)}`].includes(details?.hashAlgorithm));
  return isOfType && (details?.modulusLength ?? 0) >= MIN_RSA_BITS && (details?.publicExponent ?? 0n) >= MIN_RSA_EXPONENT;
}

/** PEM or a JSON Web Key; undefined where it can't be read. Costs up to 0.1 ms. */
export function readPublicKey(given: string | JsonWebKey): KeyObject | undefined {
  try {
    return createPublicKey(typeof given === 'string' ? given : { key: given, format: 'jwk' });
  } catch {
    return undefined;
  }
}
