/**
 * API keys travel only as keyed digests (T2): the control plane publishes `credentialDigest(key)`, a data plane compares
 * the digest of what a client presented. The lookup key comes from the gateway's content key, so that a stolen backup
 * cannot be searched with a word list, and every data plane of a gateway finds the same digests.
 */
import { createHmac, hkdfSync } from 'node:crypto';

const LABEL = 'holdfast credential lookup v1';
const LOOKUP_KEY_BYTES = 32;

/** 32 bytes: HKDF-SHA256 over the gateway content key, without salt (RFC 5869 §3.1), labelled for this one use. */
export function deriveLookupKey(contentKey: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', contentKey, new Uint8Array(0), LABEL, LOOKUP_KEY_BYTES));
}

/** HMAC-SHA256 over the UTF-8 form of what was presented, as lower-case hex: the form of `key_digest` in published credentials. */
export function credentialDigest(lookupKey: Uint8Array, presented: string): string {
  return createHmac('sha256', lookupKey).update(presented, 'utf8').digest('hex');
}
