/**
 * The key-encryption key: 32 bytes under which the tenants' data keys and the installation's private keys stand in the
 * database (T2). Given by a setting (HOLDFAST_KEY_ENCRYPTION_KEY or its file) and the same for every control-plane
 * instance; with the embedded database, made in the state folder. Whoever loses it loses every secret in the database.
 */
import { createHash, randomBytes } from 'node:crypto';
import { HoldfastError } from '../../shared/errors.ts';
import { readOrCreateSecretFile } from './secret-file.ts';

export const KEY_BYTES = 32;

/** Parses the setting: 32 bytes in base64 or base64url, as `openssl rand -base64 32` prints them. */
export function parseKeyEncryptionKey(text: string): Uint8Array {
  const key = /^[A-Za-z0-9+/_-]{43}=?$/.test(text) ? Buffer.from(text, 'base64') : undefined;
  if (key?.length === KEY_BYTES) return key;
  throw new HoldfastError({
    code: 'STORE_KEY_ENCRYPTION_KEY_INVALID',
    source: 'control-plane',
    publicMessage: 'the key-encryption key is not valid',
    message: 'the key-encryption key must be 32 bytes in base64 (make one with: openssl rand -base64 32)',
  });
}

/** The key in this file; made, mode 0600, where there is none. */
export function readOrCreateKeyEncryptionKey(path: string): Uint8Array {
  return parseKeyEncryptionKey(readOrCreateSecretFile(path, () => randomBytes(KEY_BYTES).toString('base64')));
}

/** A number (1…2^32-1) by which envelopes name the key, so that a wrong one is recognised; says nothing about it. */
export function keyEncryptionKeyId(key: Uint8Array): number {
  return createHash('sha256').update('holdfast key-encryption key id').update(key).digest().readUInt32BE(0) || 1;
}
