/**
 * `services.secrets.keyedHash`: hashes that all data planes of a gateway agree on and nobody else can make, for what clients send and
 * shared stores are to see (names of counters in a Redis, say). The key comes from the gateway's newest content key: when that is
 * replaced, hashes are others from the next configuration on, so what is stored under the old ones is not found again.
 */
import { hkdfSync } from 'node:crypto';
import type { ContentKeyRing } from '../../shared/trust/content-seal.ts';
import { createCredentialDigester } from '../../shared/trust/credential-digest.ts';

const LABEL = 'holdfast plugin hash v1';
/** Of 256 bits: 128, so 22 characters. */
const HEX_DIGITS_KEPT = 32;
/** Before a gateway gave its first content key. Nothing of it is secret then, and data planes agree all the same. */
const NO_KEY = new Uint8Array(32);

export class KeyedHash {
  #keyId: number | undefined;
  #digest = digesterOf(NO_KEY);

  /** From the next hash on. */
  useKeys(ring: ContentKeyRing | undefined): void {
    const [newest] = ring?.keys ?? [];
    if (newest === undefined || newest.keyId === this.#keyId) return;
    this.#keyId = newest.keyId;
    this.#digest = digesterOf(newest.key);
  }

  /** HMAC-SHA256, cut to 128 bits, base64url. */
  readonly of = (text: string): string => Buffer.from(this.#digest(text).slice(0, HEX_DIGITS_KEPT), 'hex').toString('base64url');
}

/** HKDF-SHA256 without salt (RFC 5869 §3.1), labelled for this one use. */
function digesterOf(contentKey: Uint8Array): (text: string) => string {
  return createCredentialDigester(new Uint8Array(hkdfSync('sha256', contentKey, new Uint8Array(0), LABEL, 32)));
}
