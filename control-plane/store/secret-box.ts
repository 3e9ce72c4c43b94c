/**
 * Secrets at rest (T2): envelopes (shared/trust/envelope.ts) whose associated data is the place they belong to. A box
 * seals under one key and opens under several; secret-keys.ts says which.
 */
import { decodeEnvelope, encodeEnvelope, openEnvelope, sealEnvelope } from '../../shared/trust/envelope.ts';
import type { ConfigFieldsOf } from '../../shared/model/redact.ts';
import type { ContentPlace } from '../../shared/trust/content-seal.ts';
import { assert } from '../../shared/assert.ts';
import { HoldfastError } from '../../shared/errors.ts';

/** Where a secret belongs, from the outside in (`tenant, gateway, kind, id, field`): moved anywhere else it does not open. */
export type SecretPlace = readonly string[];

export interface SecretBox {
  /** Under which it seals. */
  readonly keyId: number;
  /** The encoded envelope. */
  seal(place: SecretPlace, plaintext: Uint8Array): Uint8Array;
  /** Throws where the key or the place is not the one it was sealed for, or a byte was changed. */
  open(place: SecretPlace, sealed: Uint8Array): Uint8Array;
}

/** What the entities of one gateway need. */
export interface GatewaySecrets {
  readonly box: SecretBox;
  /** Tenant and gateway id: the first parts of every place in this gateway. */
  readonly place: SecretPlace;
  /** Under which digests and sealed secrets stand. */
  readonly contentKeyId: number;
  /** Of a presented credential, as the gateway's data planes compute it too; lower-case hex. */
  digest(secret: string): string;
  /** For what data planes must have in the clear: the encoded envelope under the gateway's content key. */
  sealForContent(place: ContentPlace, plaintext: Uint8Array): Uint8Array;
  /** What was sealed for content, under this content key or one of before. Throws TRUST_…. */
  openContent(place: ContentPlace, sealed: Uint8Array): Uint8Array;
  /** By which it is told what is secret in the config of a plugin. */
  readonly configFieldsOf: ConfigFieldsOf;
}

/** The first key seals, any of them opens. Each has 32 bytes and is named by its id (1…2^32-1) in the envelopes. */
export function createSecretBox(keys: readonly { readonly keyId: number; readonly key: Uint8Array }[]): SecretBox {
  const [sealing] = keys;
  assert(sealing !== undefined, 'a box has a key');
  return {
    keyId: sealing.keyId,
    seal: (place, plaintext) => encodeEnvelope(sealEnvelope({ ...sealing, plaintext, associatedData: associatedData(place) })),
    open(place, sealed) {
      const envelope = decodeEnvelope(sealed);
      const known = keys.find(({ keyId }) => keyId === envelope.keyId);
      if (known !== undefined) return openEnvelope({ key: known.key, envelope, associatedData: associatedData(place) });
      throw new HoldfastError({
        code: 'STORE_SECRET_KEY_UNKNOWN',
        source: 'control-plane',
        publicMessage: 'a stored secret can not be read',
        message: `a secret in the database was sealed with key ${envelope.keyId}, this control plane has ${keys.map(({ keyId }) => keyId).join(', ')}; give it the key-encryption key the database was written with`,
      });
    },
  };
}

function associatedData(place: SecretPlace): Buffer {
  assert(place.every((part) => !part.includes('|')), 'the parts of a place can be told apart');
  return Buffer.from(place.join('|'), 'utf8');
}
