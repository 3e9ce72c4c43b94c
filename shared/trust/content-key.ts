/**
 * Gateway content keys on their way to one data plane: wrapped to the public key of its certificate, outside the
 * manifest, so that published bytes stay identical for the fleet and are useless to whoever steals a copy (T2).
 * Ephemeral ECDH on P-256 → HKDF-SHA256 → AES-256-GCM. The control plane wraps at Welcome, the data plane unwraps.
 */
import { createPublicKey, diffieHellman, generateKeyPairSync, hkdfSync, type KeyObject } from 'node:crypto';
import { HoldfastError } from '../errors.ts';
import type { WrappedKey } from '../wire/sync-message.ts';
import { decryptGcm, encryptGcm } from './envelope.ts';
import type { DataPlaneIdentity } from './identity.ts';

const CURVE = 'prime256v1';
const POINT_BYTES = 65;
const CONTENT_KEY_BYTES = 32;
const INFO = 'holdfast content key 1';
/** Each wrapping key is used once, so a fixed nonce would do; it is carried all the same, as the format has it. */
const NONCE = Buffer.alloc(12);

/** Wraps a 32-byte content key for the holder of `recipient` (the P-256 key of the data plane's certificate). */
export function wrapContentKey(given: { readonly contentKey: Uint8Array; readonly keyId: number; readonly recipient: KeyObject; readonly identity: DataPlaneIdentity }): WrappedKey {
  const ephemeral = generateKeyPairSync('ec', { namedCurve: CURVE });
  const ephemeralPublicKey = rawPoint(ephemeral.publicKey);
  const wrappingKey = deriveKey(ephemeral.privateKey, given.recipient, ephemeralPublicKey, rawPoint(given.recipient));
  return {
    keyId: given.keyId,
    ephemeralPublicKey,
    nonce: NONCE,
    ciphertext: encryptGcm(wrappingKey, NONCE, given.contentKey, associatedData(given.identity, given.keyId)),
  };
}

/** Unwraps with the data plane's private key; throws where the key was wrapped for anybody or anything else. */
export function unwrapContentKey(given: { readonly wrapped: WrappedKey; readonly privateKey: KeyObject; readonly identity: DataPlaneIdentity }): Buffer {
  const { wrapped, privateKey } = given;
  const wrappingKey = deriveKey(privateKey, pointToKey(wrapped.ephemeralPublicKey), wrapped.ephemeralPublicKey, rawPoint(createPublicKey(privateKey)));
  const contentKey = decryptGcm(wrappingKey, wrapped.nonce, wrapped.ciphertext, associatedData(given.identity, wrapped.keyId));
  if (contentKey.length !== CONTENT_KEY_BYTES) throw malformed();
  return contentKey;
}

/** `tenant|gateway|data plane|key id`: a key wrapped for one place opens nowhere else. */
function associatedData(identity: DataPlaneIdentity, keyId: number): Buffer {
  return Buffer.from(`${identity.tenantId}|${identity.gatewayId}|${identity.dataPlaneId}|${keyId}`);
}

/** Both public keys are salt, so that the result is bound to this very exchange. */
function deriveKey(privateKey: KeyObject, publicKey: KeyObject, ephemeralPoint: Uint8Array, recipientPoint: Uint8Array): Uint8Array {
  const shared = diffieHellman({ privateKey, publicKey });
  return new Uint8Array(hkdfSync('sha256', shared, Buffer.concat([ephemeralPoint, recipientPoint]), INFO, 32));
}

/** Uncompressed point: 0x04 ‖ x ‖ y. */
function rawPoint(publicKey: KeyObject): Buffer {
  const { crv, x = '', y = '' } = publicKey.export({ format: 'jwk' });
  if (crv !== 'P-256') throw malformed();
  return Buffer.concat([Buffer.of(4), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]);
}

function pointToKey(point: Uint8Array): KeyObject {
  const bytes = Buffer.from(point.buffer, point.byteOffset, point.byteLength);
  if (bytes.length !== POINT_BYTES || bytes[0] !== 4) throw malformed();
  const x = bytes.subarray(1, 33).toString('base64url');
  const y = bytes.subarray(33).toString('base64url');
  try {
    // Import refuses a point that is not on the curve.
    return createPublicKey({ key: { kty: 'EC', crv: 'P-256', x, y }, format: 'jwk' });
  } catch (cause) {
    throw malformed(cause);
  }
}

function malformed(cause?: unknown): HoldfastError {
  return new HoldfastError({ code: 'TRUST_CONTENT_KEY_MALFORMED', source: 'control-plane', publicMessage: 'a wrapped content key is not in the known form (P-256, 32-byte key)', cause });
}
