/**
 * API keys travel only as keyed digests (T2): the control plane publishes `credentialDigest(key)`, a data plane compares
 * the digest of what a client presented. The lookup key comes from the gateway's content key, so that a stolen backup
 * cannot be searched with a word list, and every data plane of a gateway finds the same digests.
 */
import { createHmac, hash, hkdfSync } from 'node:crypto';
import { assert } from '../assert.ts';

const LABEL = 'holdfast credential lookup v1';
const LOOKUP_KEY_BYTES = 32;
/** Of SHA-256. */
const BLOCK_BYTES = 64;

/** 32 bytes: HKDF-SHA256 over the gateway content key, without salt (RFC 5869 §3.1), labelled for this one use. */
export function deriveLookupKey(contentKey: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', contentKey, new Uint8Array(0), LABEL, LOOKUP_KEY_BYTES));
}

/** HMAC-SHA256 over the UTF-8 form of what was presented, as lower-case hex: the form of `key_digest` in published credentials. */
export function credentialDigest(lookupKey: Uint8Array, presented: string): string {
  return createHmac('sha256', lookupKey).update(presented, 'utf8').digest('hex');
}

/**
 * What is digested of a secret by which nothing is looked up (a password, found by its user name): bound to the credential's id,
 * so that equal passwords of two credentials can't be told by their digests.
 */
export function ownedSecret(credentialId: string, secret: string): string {
  return `${credentialId} ${secret}`;
}

/**
 * `credentialDigest` under one key, for a data plane that asks for every key it does not remember: HMAC put together from
 * one-shot hashes (RFC 2104 §2), 2 µs instead of 13. The lookup key must not be longer than a block.
 */
export function createCredentialDigester(lookupKey: Uint8Array): (presented: string) => string {
  const inner = paddedKey(lookupKey, 0x36);
  const outer = paddedKey(lookupKey, 0x5c);
  return (presented) => hash('sha256', Buffer.concat([outer, hash('sha256', Buffer.concat([inner, Buffer.from(presented, 'utf8')]), 'buffer')]), 'hex');
}

function paddedKey(key: Uint8Array, pad: number): Uint8Array {
  assert(key.length <= BLOCK_BYTES, 'a lookup key fits a block of the hash');
  return new Uint8Array(BLOCK_BYTES).map((_, index) => (key[index] ?? 0) ^ pad);
}
