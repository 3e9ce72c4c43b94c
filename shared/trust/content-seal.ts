/**
 * Secrets in published content (T2): envelopes under a gateway's content key, whose place (tenant, gateway, kind, id, field)
 * is associated data. The control plane seals when an entity is written, a data plane opens when it compiles. The nonce
 * follows from place and secret (as in RFC 8452), so that the same secret gives the same bytes: a write that leaves a key as
 * it is changes nothing, and all a reader of the bytes learns is that it stayed.
 */
import { createHmac, hkdfSync } from 'node:crypto';
import { HoldfastError } from '../errors.ts';
import { decodeEnvelope, decryptGcm, encodeEnvelope, encryptGcm } from './envelope.ts';

export interface ContentKey {
  /** 1…2^32-1. */
  readonly keyId: number;
  /** 32 bytes. Secret. */
  readonly key: Uint8Array;
}

/** What opens the secrets of one gateway. Plain data, so that threads can be given it. */
export interface ContentKeyRing {
  readonly tenantId: string;
  readonly gatewayId: string;
  /** Newest first; never empty. */
  readonly keys: readonly ContentKey[];
}

/** Where a secret stands. */
export interface ContentPlace {
  readonly kind: string;
  readonly id: string;
  readonly field: string;
}

const SEALING_LABEL = 'holdfast content sealing v1';
const NONCE_LABEL = 'holdfast content nonce v1';
const NONCE_BYTES = 12;

interface DerivedKeys {
  readonly sealing: Uint8Array;
  readonly nonce: Uint8Array;
}

export class ContentSeal {
  readonly #ring: ContentKeyRing;
  readonly #derived = new Map<number, DerivedKeys>();

  constructor(ring: ContentKeyRing) {
    this.#ring = ring;
  }

  /** The encoded envelope under the newest key. */
  seal(place: ContentPlace, plaintext: Uint8Array): Uint8Array {
    const [newest] = this.#ring.keys;
    const keys = newest === undefined ? undefined : this.#keysOf(newest.keyId);
    if (newest === undefined || keys === undefined) throw keyUnknown(0);
    const associatedData = this.#associatedData(place);
    // The length in front keeps place and secret apart.
    const length = Buffer.alloc(4);
    length.writeUInt32BE(associatedData.length);
    const nonce = createHmac('sha256', keys.nonce).update(length).update(associatedData).update(plaintext).digest().subarray(0, NONCE_BYTES);
    return encodeEnvelope({ version: 1, keyId: newest.keyId, nonce, ciphertext: encryptGcm(keys.sealing, nonce, plaintext, associatedData) });
  }

  /** Throws TRUST_ENVELOPE_… or TRUST_CONTENT_KEY_UNKNOWN where place, key or bytes are not those it was sealed with. */
  open(place: ContentPlace, sealed: Uint8Array): Buffer {
    const { keyId, nonce, ciphertext } = decodeEnvelope(sealed);
    const keys = this.#keysOf(keyId);
    if (keys === undefined) throw keyUnknown(keyId);
    return decryptGcm(keys.sealing, nonce, ciphertext, this.#associatedData(place));
  }

  #keysOf(keyId: number): DerivedKeys | undefined {
    const known = this.#derived.get(keyId);
    const contentKey = this.#ring.keys.find((candidate) => candidate.keyId === keyId);
    if (known !== undefined || contentKey === undefined) return known;
    const derived = { sealing: derive(contentKey.key, SEALING_LABEL), nonce: derive(contentKey.key, NONCE_LABEL) };
    this.#derived.set(keyId, derived);
    return derived;
  }

  #associatedData({ kind, id, field }: ContentPlace): Buffer {
    return Buffer.from([this.#ring.tenantId, this.#ring.gatewayId, kind, id, field].join('|'), 'utf8');
  }
}

/** HKDF-SHA256 without salt (RFC 5869 §3.1): the content key itself serves no single use. */
function derive(contentKey: Uint8Array, label: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', contentKey, new Uint8Array(0), label, 32));
}

function keyUnknown(keyId: number): HoldfastError {
  return new HoldfastError({ code: 'TRUST_CONTENT_KEY_UNKNOWN', source: 'gateway', publicMessage: `a secret was sealed under content key ${keyId}, which is not there` });
}
