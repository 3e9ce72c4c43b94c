/**
 * The Ed25519 keys that sign statements, and their names. A key id is the RFC 7638 thumbprint of the public key, so it
 * can't be claimed for another key. Called by statements.ts, root-set.ts and whoever stores or loads signing keys.
 */
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { HoldfastError } from '../errors.ts';

/** Public keys by key id. */
export type KeySet = ReadonlyMap<string, KeyObject>;

export interface SigningKey {
  readonly keyId: string;
  /** Raw public key (32 bytes, base64url), as it stands in root and delegation statements. */
  readonly publicKey: string;
  readonly privateKey: KeyObject;
}

export function generateSigningKey(): SigningKey {
  return toSigningKey(generateKeyPairSync('ed25519').privateKey);
}

/** Reads an Ed25519 private key in PKCS #8 PEM; throws where it is anything else. */
export function parseSigningKey(pem: string): SigningKey {
  const privateKey = createPrivateKey(pem);
  if (privateKey.asymmetricKeyType === 'ed25519') return toSigningKey(privateKey);
  throw new HoldfastError({
    code: 'TRUST_SIGNING_KEY_INVALID',
    source: 'control-plane',
    publicMessage: 'a signing key is not usable',
    message: `a signing key must be an Ed25519 private key in PKCS #8 PEM, this one is ${privateKey.asymmetricKeyType ?? 'of an unknown type'}`,
  });
}

/** PKCS #8 PEM. Secret: goes into a file of mode 0600 and nowhere else. */
export function formatSigningKey(key: SigningKey): string {
  return key.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** The thumbprint of a raw public key in base64url. Source: RFC 7638 §3, RFC 8037 appendix A.3. */
export function keyIdOf(publicKey: string): string {
  return createHash('sha256').update(`{"crv":"Ed25519","kty":"OKP","x":"${publicKey}"}`).digest('base64url');
}

/** Public keys as they stand in a verified statement (raw, base64url) to a key set. */
export function toKeySet(publicKeys: readonly string[]): KeySet {
  return new Map(publicKeys.map((x) => [keyIdOf(x), createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })]));
}

function toSigningKey(privateKey: KeyObject): SigningKey {
  const { x = '' } = createPublicKey(privateKey).export({ format: 'jwk' });
  return { keyId: keyIdOf(x), publicKey: x, privateKey };
}
