/**
 * What vouches for the state folder: keys derived from the data plane's own private key, which never leaves it. Cached
 * configurations are encrypted with it, small records carry its mark, so that what lies in the folder is useless elsewhere (T2)
 * and what others wrote there is noticed (S4). Used by config/cache-record.ts and sealed-json.ts.
 *
 * All keys are HKDF-SHA256 of the private scalar, without salt but for the key of one file; `info` names the purpose. A format.
 */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes, timingSafeEqual, type KeyObject } from 'node:crypto';
import { assert } from '../../shared/assert.ts';

export const SEAL_NAME_BYTES = 8;
/** Of each encrypted file: its own key and nonce come from it, so that no pair of them is ever used twice. */
export const SALT_BYTES = 32;
export const TAG_BYTES = 16;

const [NAME_INFO, MARK_INFO, CACHE_INFO, FILE_INFO] = ['name', 'mark', 'cache', 'cache file'].map((purpose) => `holdfast data plane state v1: ${purpose}`);
const KEY_BYTES = 32;
const NONCE_BYTES = 12;

export interface Sealed {
  readonly salt: Uint8Array;
  readonly ciphertext: Uint8Array;
  readonly tag: Uint8Array;
}

export class StateSeal {
  /** Tells the keys of two data planes apart, and says nothing about either. */
  readonly name: Buffer;
  readonly #markKey: Buffer;
  readonly #cacheKey: Buffer;
  #readsUnsealed: boolean;

  /** `readsUnsealed`: an earlier release, which did not seal, may have written what is there. */
  constructor(privateKey: KeyObject, readsUnsealed: boolean) {
    this.#readsUnsealed = readsUnsealed;
    const { d } = privateKey.export({ format: 'jwk' });
    assert(d !== undefined, 'an identity has a private key');
    const scalar = Buffer.from(d, 'base64url');
    this.name = derive(scalar, '', NAME_INFO, SEAL_NAME_BYTES);
    this.#markKey = derive(scalar, '', MARK_INFO, KEY_BYTES);
    this.#cacheKey = derive(scalar, '', CACHE_INFO, KEY_BYTES);
  }

  /** Whether what has no seal is believed to be from an earlier release. */
  get readsUnsealed(): boolean {
    return this.#readsUnsealed;
  }

  /** Everything was written anew: from now on what has no seal is not ours. */
  allSealed(): void {
    this.#readsUnsealed = false;
  }

  /** AES-256-GCM. `plain` is secret, `associated` is only bound to it. */
  encrypt(plain: Uint8Array, associated: (salt: Uint8Array) => Uint8Array): Sealed {
    const salt = randomBytes(SALT_BYTES);
    const cipher = createCipheriv('aes-256-gcm', ...this.#fileKey(salt), { authTagLength: TAG_BYTES });
    cipher.setAAD(associated(salt));
    const ciphertext = Buffer.concat([cipher.update(plain), cipher.final()]);
    return { salt, ciphertext, tag: cipher.getAuthTag() };
  }

  /** Undefined where any of it is not as it was written. */
  decrypt({ salt, ciphertext, tag }: Sealed, associated: Uint8Array): Buffer | undefined {
    const decipher = createDecipheriv('aes-256-gcm', ...this.#fileKey(salt), { authTagLength: TAG_BYTES });
    decipher.setAAD(associated);
    decipher.setAuthTag(tag);
    try {
      return Buffer.concat([decipher.update(ciphertext), decipher.final()]);
    } catch {
      return undefined;
    }
  }

  /** HMAC-SHA256 of a record under its name, base64url. */
  markOf(name: string, text: string): string {
    return createHmac('sha256', this.#markKey).update(`${name}\0${text}`).digest('base64url');
  }

  isMarkOf(mark: string, name: string, text: string): boolean {
    const [given, own] = [Buffer.from(mark), Buffer.from(this.markOf(name, text))];
    return given.length === own.length && timingSafeEqual(given, own);
  }

  #fileKey(salt: Uint8Array): [key: Buffer, nonce: Buffer] {
    const both = derive(this.#cacheKey, salt, FILE_INFO, KEY_BYTES + NONCE_BYTES);
    return [both.subarray(0, KEY_BYTES), both.subarray(KEY_BYTES)];
  }
}

function derive(secret: Uint8Array, salt: Uint8Array | '', info: string | undefined, bytes: number): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, salt, info ?? '', bytes));
}
