/**
 * Who clients are, as plugins look it up: consumers, credentials, groups. Part of the plugin contract (contract.ts); answered by
 * data-plane/config/identities.ts from the configuration that a request is pinned to.
 */

export interface ConsumerRef {
  readonly id: string;
  readonly username: string | null;
  readonly customId: string | null;
}

export interface CredentialRef {
  readonly id: string;
  readonly consumerId: string;
  /** What backends know it by (X-Credential-Identifier), where that is not its id: a user name, an issuer. */
  readonly identifier?: string;
}

/** What a client is known by to basic-auth. */
export interface BasicCredential {
  readonly ref: CredentialRef;
  /** argon2id in PHC's string form; `services.passwords` knows what to do with it. */
  readonly passwordHash: string;
}

export interface HmacCredential {
  readonly ref: CredentialRef;
  readonly secret: string;
}

export interface JwtCredential {
  readonly ref: CredentialRef;
  /** The only one that a token of this credential may name. */
  readonly algorithm: string;
  /** Of HS*. */
  readonly secret: string | undefined;
  /** PEM, of the others. */
  readonly publicKey: string | undefined;
}

export interface MtlsCredential {
  readonly ref: CredentialRef;
  /** The authority that must have issued the certificate; undefined: any that the plugin trusts. */
  readonly caCertificateId: string | undefined;
}

/** What a plugin may look up in the configuration its request is pinned to. All are O(1). */
export interface ConfigLookup {
  consumerById(id: string): ConsumerRef | undefined;
  consumerByUsername(username: string): ConsumerRef | undefined;
  consumerByCustomId(customId: string): ConsumerRef | undefined;
  /** By `username`. The same object for the life of the configuration, so what is made of it may be kept in a WeakMap; so with the next two. */
  basicCredential(username: string): BasicCredential | undefined;
  /** By `username`. */
  hmacCredential(username: string): HmacCredential | undefined;
  /** By `key`. */
  jwtCredential(key: string): JwtCredential | undefined;
  /** Those with that `subject_name`, in the order of their ids. */
  mtlsCredentials(subjectName: string): readonly MtlsCredential[];
  /** PEM of a `ca_certificates` entity. */
  caCertificate(id: string): string | undefined;
  /** Names of the consumer groups of a consumer, sorted; the same frozen array for the life of the configuration. */
  consumerGroupsOf(consumerId: string): readonly string[];
  /** A credential by the keyed digest of what the client presented; the raw value exists nowhere on a data plane. */
  credentialBySecret(kind: 'keyauth_credentials', presented: string): CredentialRef | undefined;
  /** The acl groups of a consumer; the same frozen array for the life of the configuration. */
  groupsOf(consumerId: string): readonly string[];
}
