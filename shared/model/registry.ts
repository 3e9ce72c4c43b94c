/**
 * All entity definitions. Adding an entity is adding its definition here (and its message in shared/wire/entity-codec.ts);
 * store, admin API, `/schemas`, OpenAPI and config.proto follow.
 */
import type { EntityDefinition, EntityKind } from './definition.ts';
import type { EntityOf, PublishedOf } from './entity-types.ts';
import { aclDefinition } from './entities/acl.ts';
import { basicauthCredentialDefinition } from './entities/basicauth-credential.ts';
import { caCertificateDefinition } from './entities/ca-certificate.ts';
import { certificateDefinition } from './entities/certificate.ts';
import { consumerDefinition } from './entities/consumer.ts';
import { consumerGroupDefinition, consumerGroupMemberDefinition } from './entities/consumer-group.ts';
import { hmacauthCredentialDefinition } from './entities/hmacauth-credential.ts';
import { jwtSecretDefinition } from './entities/jwt-secret.ts';
import { keySetDefinition } from './entities/key-set.ts';
import { keyDefinition } from './entities/key.ts';
import { keyauthCredentialDefinition } from './entities/keyauth-credential.ts';
import { mtlsAuthCredentialDefinition } from './entities/mtls-auth-credential.ts';
import { oauth2CredentialDefinition } from './entities/oauth2-credential.ts';
import { partialDefinition } from './entities/partial.ts';
import { pluginDefinition } from './entities/plugin.ts';
import { routeDefinition } from './entities/route.ts';
import { serviceDefinition } from './entities/service.ts';
import { sniDefinition } from './entities/sni.ts';
import { targetDefinition } from './entities/target.ts';
import { upstreamDefinition } from './entities/upstream.ts';
import { vaultDefinition } from './entities/vault.ts';

const byKind = {
  vaults: vaultDefinition,
  key_sets: keySetDefinition,
  keys: keyDefinition,
  ca_certificates: caCertificateDefinition,
  certificates: certificateDefinition,
  snis: sniDefinition,
  services: serviceDefinition,
  consumers: consumerDefinition,
  consumer_groups: consumerGroupDefinition,
  consumer_group_consumers: consumerGroupMemberDefinition,
  upstreams: upstreamDefinition,
  routes: routeDefinition,
  targets: targetDefinition,
  partials: partialDefinition,
  plugins: pluginDefinition,
  keyauth_credentials: keyauthCredentialDefinition,
  basicauth_credentials: basicauthCredentialDefinition,
  hmacauth_credentials: hmacauthCredentialDefinition,
  jwt_secrets: jwtSecretDefinition,
  oauth2_credentials: oauth2CredentialDefinition,
  mtls_auth_credentials: mtlsAuthCredentialDefinition,
  acls: aclDefinition,
} as const satisfies Record<EntityKind, EntityDefinition>;

/** In dependency order: what an entity refers to stands before it. */
export const entityDefinitions: readonly EntityDefinition[] = Object.values(byKind);

/** In dependency order. */
export const entityKinds: readonly EntityKind[] = entityDefinitions.map((definition) => definition.kind);

export function definitionOf(kind: EntityKind): EntityDefinition {
  return byKind[kind];
}

/** Narrows text from outside (a database row, a leaf) to a kind that this version knows. */
export function isEntityKind(text: string): text is EntityKind {
  return Object.hasOwn(byKind, text);
}

/** The published form (see `PublishedOf`) of each kind: what `decodeEntity` returns. */
export type PublishedEntities = { readonly [K in EntityKind]: PublishedOf<(typeof byKind)[K]> };

export type Certificate = EntityOf<typeof certificateDefinition>;
export type Sni = EntityOf<typeof sniDefinition>;
export type CaCertificate = EntityOf<typeof caCertificateDefinition>;
export type Service = EntityOf<typeof serviceDefinition>;
export type Route = EntityOf<typeof routeDefinition>;
export type ConsumerGroup = EntityOf<typeof consumerGroupDefinition>;
export type Consumer = EntityOf<typeof consumerDefinition>;
export type Upstream = EntityOf<typeof upstreamDefinition>;
export type Target = EntityOf<typeof targetDefinition>;
export type PluginEntity = EntityOf<typeof pluginDefinition>;
export type KeyAuthCredential = EntityOf<typeof keyauthCredentialDefinition>;
export type Acl = EntityOf<typeof aclDefinition>;
export type PublishedKeyAuthCredential = PublishedEntities['keyauth_credentials'];
