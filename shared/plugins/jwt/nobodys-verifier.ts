/**
 * What a token is verified with that no key can verify: its credential is not there, is of another algorithm, or has a key of no use.
 * Called by handler.ts so that such a token costs the signature that a wrong one of a known credential costs. The outcome says nothing
 * and must never be looked at.
 */
import { createPublicKey, generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto';
import { publicKeyVerifier, secretVerifier, type Verifier } from './signatures.ts';

/** One for each algorithm, at most 13: names that are none are not kept. */
const made = new Map<string, Verifier>();

/** Made when it is first asked for, in some milliseconds at most, and kept. Undefined where the algorithm is none that a credential can have. */
export function nobodysVerifier(algorithm: string): Verifier | undefined {
  const known = made.get(algorithm);
  if (known !== undefined) return known;
  const verifier = makeVerifier(algorithm);
  if (verifier !== undefined) made.set(algorithm, verifier);
  return verifier;
}

function makeVerifier(algorithm: string): Verifier | undefined {
  switch (algorithm) {
    case 'HS256': case 'HS384': case 'HS512': return secretVerifier(algorithm, randomBytes(32));
    case 'RS256': case 'RS384': case 'RS512': case 'PS256': case 'PS384': case 'PS512': return publicKeyVerifier(algorithm, rsaKey());
    case 'ES256': return publicKeyVerifier(algorithm, generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey);
    case 'ES384': return publicKeyVerifier(algorithm, generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey);
    case 'ES512': return publicKeyVerifier(algorithm, generateKeyPairSync('ec', { namedCurve: 'P-521' }).publicKey);
    case 'EdDSA': return publicKeyVerifier(algorithm, generateKeyPairSync('ed25519').publicKey);
    default: return undefined;
  }
}

/** Any odd number of 2048 bits does as a modulus: nobody signs with it, and to find primes would hold the proxy thread for 100 ms. */
function rsaKey(): KeyObject {
  const modulus = randomBytes(256);
  modulus[0] = 0xc0 | (modulus[0] ?? 0);
  modulus[255] = 1 | (modulus[255] ?? 0);
  return createPublicKey({ key: { kty: 'RSA', n: modulus.toString('base64url'), e: 'AQAB' }, format: 'jwk' });
}
