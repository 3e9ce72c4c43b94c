/**
 * All entity definitions. Adding an entity is adding its definition here (and its message in shared/wire/entity-codec.ts);
 * store, admin API, `/schemas`, OpenAPI and config.proto follow.
 */
import type { EntityDefinition, EntityKind } from './definition.ts';
import type { EntityOf, PublishedOf } from './entity-types.ts';
import { aclDefinition } from './entities/acl.ts';
import { caCertificateDefinition } from './entities/ca-certificate.ts';
import { certificateDefinition } from './entities/certificate.ts';
import { consumerDefinition } from './entities/consumer.ts';
import { keyauthCredentialDefinition } from './entities/keyauth-credential.ts';
import { pluginDefinition } from './entities/plugin.ts';
import { routeDefinition } from './entities/route.ts';
import { serviceDefinition } from './entities/service.ts';
import { sniDefinition } from './entities/sni.ts';
import { targetDefinition } from './entities/target.ts';
import { upstreamDefinition } from './entities/upstream.ts';

const byKind = {
  ca_certificates: caCertificateDefinition,
  certificates: certificateDefinition,
  snis: sniDefinition,
  services: serviceDefinition,
  consumers: consumerDefinition,
  upstreams: upstreamDefinition,
  routes: routeDefinition,
  targets: targetDefinition,
  plugins: pluginDefinition,
  keyauth_credentials: keyauthCredentialDefinition,
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
export type Consumer = EntityOf<typeof consumerDefinition>;
export type Upstream = EntityOf<typeof upstreamDefinition>;
export type Target = EntityOf<typeof targetDefinition>;
export type PluginEntity = EntityOf<typeof pluginDefinition>;
export type KeyAuthCredential = EntityOf<typeof keyauthCredentialDefinition>;
export type Acl = EntityOf<typeof aclDefinition>;
export type PublishedKeyAuthCredential = PublishedEntities['keyauth_credentials'];
