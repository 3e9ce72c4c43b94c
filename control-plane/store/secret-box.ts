/**
 * Secrets at rest (T2): AES-256-GCM envelopes whose associated data is the place they belong to, under a data key per
 * tenant that is itself an envelope under the key-encryption key.
 */
export interface SecretEnvelope {
  readonly version: 1;
  /** Which key: `kek:<fingerprint>`, `tenant:<n>`. */
  readonly key: string;
  /** Base64; the last 16 bytes of `ciphertext` are the tag. */
  readonly nonce: string;
  readonly ciphertext: string;
}

/** Where a secret belongs: an envelope moved anywhere else does not open. */
export type SecretPlace = readonly string[];

export interface SecretBox {
  seal(place: SecretPlace, plaintext: Uint8Array): SecretEnvelope;
  /** Throws STORE_SECRET_UNREADABLE where the key or the place is not the one it was sealed for. */
  open(place: SecretPlace, envelope: SecretEnvelope): Uint8Array;
}

/** What a gateway's entities need: its tenant's box, its place, and the keyed digest that its data planes can compute too. */
export interface GatewaySecrets {
  readonly box: SecretBox;
  /** The first parts of every place in this gateway: tenant and gateway id. */
  readonly place: SecretPlace;
  /** Lower-case hex. */
  digest(secret: string): string;
}
