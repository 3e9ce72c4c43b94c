/** `SIGNED{…}` of X.509: what is signed, how, and the signature. The form of certificates, CRLs and OCSP answers. */
import { type KeyObject, verify } from 'node:crypto';
import { DerReader, SEQUENCE } from './der-reader.ts';

export interface SignedStatement {
  /** With tag and length: this is what was signed. */
  readonly signed: Uint8Array;
  /** DER of the algorithm's identifier with its parameters. */
  readonly algorithm: Uint8Array;
  readonly signature: Uint8Array;
}

/** RSA (PKCS #1 v1.5), ECDSA and EdDSA; nothing with SHA-1, whose collisions are for sale. By object id. */
const ALGORITHMS: ReadonlyMap<string, { readonly keyType: string; readonly hash: string | null }> = new Map([
  ['2a864886f70d01010b', { keyType: 'rsa', hash: 'sha256' }],
  ['2a864886f70d01010c', { keyType: 'rsa', hash: 'sha384' }],
  ['2a864886f70d01010d', { keyType: 'rsa', hash: 'sha512' }],
  ['2a8648ce3d040302', { keyType: 'ec', hash: 'sha256' }],
  ['2a8648ce3d040303', { keyType: 'ec', hash: 'sha384' }],
  ['2a8648ce3d040304', { keyType: 'ec', hash: 'sha512' }],
  ['2b6570', { keyType: 'ed25519', hash: null }],
  ['2b6571', { keyType: 'ed448', hash: null }],
]);

/** Behind it the reader goes on. */
export function readSigned(reader: DerReader): SignedStatement {
  return { signed: reader.element(SEQUENCE), algorithm: reader.element(SEQUENCE), signature: reader.bitString() };
}

/** False for a key of another kind than the algorithm's, and for algorithms that are not taken. */
export function isSignedBy({ signed, algorithm, signature }: SignedStatement, key: KeyObject): boolean {
  const known = ALGORITHMS.get(new DerReader(algorithm).enter(SEQUENCE).objectId());
  return known !== undefined && key.asymmetricKeyType === known.keyType && verify(known.hash, signed, key, signature);
}
