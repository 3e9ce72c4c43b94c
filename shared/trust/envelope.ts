/**
 * AES-256-GCM envelopes: how a secret stands at rest and in published content, {version, key id, nonce, ciphertext} (T2).
 * The place of the secret (tenant, gateway, entity, field) is associated data, so an envelope moved elsewhere won't open.
 * Used by the store under its master key, and under gateway content keys by publisher and data plane.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { HoldfastError } from '../errors.ts';

export interface SecretEnvelope {
  readonly version: 1;
  /** Which key sealed it: 1…2^32-1. */
  readonly keyId: number;
  /** 12 bytes, random. */
  readonly nonce: Uint8Array;
  /** With the 16-byte tag at its end. */
  readonly ciphertext: Uint8Array;
}

const VERSION = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEADER_BYTES = 1 + 4 + NONCE_BYTES;

/** Seals a secret. `key` has 32 bytes; `associatedData` is the secret's place and must be given again to open it. */
export function sealEnvelope(given: { readonly key: Uint8Array; readonly keyId: number; readonly plaintext: Uint8Array; readonly associatedData: Uint8Array }): SecretEnvelope {
  const nonce = randomBytes(NONCE_BYTES);
  return { version: VERSION, keyId: given.keyId, nonce, ciphertext: encryptGcm(given.key, nonce, given.plaintext, given.associatedData) };
}

/** Opens an envelope; throws where key, place or bytes are not those it was sealed with. */
export function openEnvelope(given: { readonly key: Uint8Array; readonly envelope: SecretEnvelope; readonly associatedData: Uint8Array }): Buffer {
  return decryptGcm(given.key, given.envelope.nonce, given.envelope.ciphertext, given.associatedData);
}

/** One byte version, four bytes key id (big-endian), nonce, ciphertext. */
export function encodeEnvelope(envelope: SecretEnvelope): Buffer {
  const header = Buffer.alloc(5);
  header.writeUInt8(envelope.version, 0);
  header.writeUInt32BE(envelope.keyId, 1);
  return Buffer.concat([header, envelope.nonce, envelope.ciphertext]);
}

/** Reads the encoded form; says nothing yet about whether it opens. */
export function decodeEnvelope(encoded: Uint8Array): SecretEnvelope {
  const bytes = Buffer.from(encoded.buffer, encoded.byteOffset, encoded.byteLength);
  if (bytes.length < HEADER_BYTES + TAG_BYTES || bytes.readUInt8(0) !== VERSION || bytes.readUInt32BE(1) === 0) {
    throw new HoldfastError({ code: 'TRUST_ENVELOPE_MALFORMED', source: 'gateway', publicMessage: 'a sealed secret is not in a known form' });
  }
  return { version: VERSION, keyId: bytes.readUInt32BE(1), nonce: bytes.subarray(5, HEADER_BYTES), ciphertext: bytes.subarray(HEADER_BYTES) };
}

/** AES-256-GCM with the tag after the ciphertext. A nonce must never be used twice under one key. */
export function encryptGcm(key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array, associatedData: Uint8Array): Buffer {
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(associatedData);
  return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

/** The reverse of encryptGcm; throws TRUST_ENVELOPE_UNOPENED where anything was changed. */
export function decryptGcm(key: Uint8Array, nonce: Uint8Array, ciphertext: Uint8Array, associatedData: Uint8Array): Buffer {
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
    decipher.setAAD(associatedData);
    decipher.setAuthTag(ciphertext.subarray(ciphertext.length - TAG_BYTES));
    return Buffer.concat([decipher.update(ciphertext.subarray(0, ciphertext.length - TAG_BYTES)), decipher.final()]);
  } catch (cause) {
    throw new HoldfastError({ code: 'TRUST_ENVELOPE_UNOPENED', source: 'gateway', publicMessage: 'a sealed secret does not open: wrong key, moved or altered', cause });
  }
}
