/**
 * The entities of a configuration and the indexes over them, immutable; a draft applies changes at the cost of the
 * changes. Plain data: nothing is resolved here, so entities may come in any order. Used by compile.ts; read by what it builds.
 */
import type { EntityKind } from '../../shared/model/definition.ts';
import type { PublishedEntities } from '../../shared/model/registry.ts';
import { PersistentGroups, type GroupsDraft } from './persistent-groups.ts';
import { PersistentMap, type MapDraft } from './persistent-map.ts';

export type Published<K extends EntityKind> = PublishedEntities[K];

export interface ConfigTables {
  readonly entities: { readonly [K in EntityKind]: PersistentMap<Published<K>> };
  /** Ids of the entities of a kind that refer to an id, by whichever field. */
  readonly referrers: { readonly [K in EntityKind]: PersistentGroups };
  /** Ids of plugins by `scopeKey`. */
  readonly pluginsByScope: PersistentGroups;
  readonly consumerIdByUsername: PersistentMap<string>;
  /** Ids of upstreams by name in lower case, in which some may be the same. */
  readonly upstreamsByName: PersistentGroups;
  readonly sniIdByName: PersistentMap<string>;
  readonly credentialIdByDigest: PersistentMap<string>;
}

export const EMPTY_TABLES: ConfigTables = {
  entities: {
    ca_certificates: new PersistentMap(), certificates: new PersistentMap(), snis: new PersistentMap(),
    services: new PersistentMap(), routes: new PersistentMap(), consumers: new PersistentMap(), upstreams: new PersistentMap(),
    targets: new PersistentMap(), plugins: new PersistentMap(), keyauth_credentials: new PersistentMap(), acls: new PersistentMap(),
  },
  referrers: {
    ca_certificates: new PersistentGroups(), certificates: new PersistentGroups(), snis: new PersistentGroups(),
    services: new PersistentGroups(), routes: new PersistentGroups(), consumers: new PersistentGroups(), upstreams: new PersistentGroups(),
    targets: new PersistentGroups(), plugins: new PersistentGroups(), keyauth_credentials: new PersistentGroups(), acls: new PersistentGroups(),
  },
  pluginsByScope: new PersistentGroups(),
  consumerIdByUsername: new PersistentMap(),
  upstreamsByName: new PersistentGroups(),
  sniIdByName: new PersistentMap(),
  credentialIdByDigest: new PersistentMap(),
};

export interface Reference {
  readonly to: EntityKind;
  readonly id: string;
}

type Referenced = { readonly id: string } | null;

function references(to: EntityKind, reference: Referenced): readonly Reference[] {
  return reference === null ? [] : [{ to, id: reference.id }];
}

const REFERENCES: { readonly [K in EntityKind]: (entity: Published<K>) => readonly Reference[] } = {
  ca_certificates: () => [],
  certificates: () => [],
  snis: (sni) => references('certificates', sni.certificate),
  services: (service) => [
    ...references('certificates', service.client_certificate),
    ...(service.ca_certificates ?? []).map((id): Reference => ({ to: 'ca_certificates', id })),
  ],
  consumers: () => [],
  upstreams: (upstream) => references('certificates', upstream.client_certificate),
  routes: (route) => references('services', route.service),
  targets: (target) => references('upstreams', target.upstream),
  keyauth_credentials: (credential) => references('consumers', credential.consumer),
  acls: (acl) => references('consumers', acl.consumer),
  plugins: (plugin) => [...references('routes', plugin.route), ...references('services', plugin.service), ...references('consumers', plugin.consumer)],
};

/** What an entity refers to by id. */
export function referencesOf<K extends EntityKind>(kind: K, entity: Published<K>): readonly Reference[] {
  return REFERENCES[kind](entity);
}

/** Where a plugin applies; '' stands for what it is not bound to. */
export function scopeKey(routeId: string, serviceId: string, consumerId: string): string {
  return `${routeId}/${serviceId}/${consumerId}`;
}

/** Changes on top of tables. Not to be used after `finish`. */
export class TablesDraft {
  readonly #original: ConfigTables;
  readonly #entities: { readonly [K in EntityKind]: MapDraft<Published<K>> };
  readonly #referrers: { readonly [K in EntityKind]: GroupsDraft };
  readonly #pluginsByScope: GroupsDraft;
  readonly #consumerIdByUsername: MapDraft<string>;
  readonly #upstreamsByName: GroupsDraft;
  readonly #sniIdByName: MapDraft<string>;
  readonly #credentialIdByDigest: MapDraft<string>;

  constructor(original: ConfigTables) {
    const { entities, referrers } = original;
    this.#original = original;
    this.#entities = {
      ca_certificates: entities.ca_certificates.draft(), certificates: entities.certificates.draft(), snis: entities.snis.draft(),
      services: entities.services.draft(), routes: entities.routes.draft(), consumers: entities.consumers.draft(), upstreams: entities.upstreams.draft(),
      targets: entities.targets.draft(), plugins: entities.plugins.draft(), keyauth_credentials: entities.keyauth_credentials.draft(), acls: entities.acls.draft(),
    };
    this.#referrers = {
      ca_certificates: referrers.ca_certificates.draft(), certificates: referrers.certificates.draft(), snis: referrers.snis.draft(),
      services: referrers.services.draft(), routes: referrers.routes.draft(), consumers: referrers.consumers.draft(), upstreams: referrers.upstreams.draft(),
      targets: referrers.targets.draft(), plugins: referrers.plugins.draft(), keyauth_credentials: referrers.keyauth_credentials.draft(), acls: referrers.acls.draft(),
    };
    this.#pluginsByScope = original.pluginsByScope.draft();
    this.#consumerIdByUsername = original.consumerIdByUsername.draft();
    this.#upstreamsByName = original.upstreamsByName.draft();
    this.#sniIdByName = original.sniIdByName.draft();
    this.#credentialIdByDigest = original.credentialIdByDigest.draft();
  }

  put<K extends EntityKind>(kind: K, entity: Published<K>): void {
    this.delete(kind, entity.id);
    this.#entities[kind].set(entity.id, entity);
    for (const reference of referencesOf(kind, entity)) this.#referrers[kind].add(reference.id, entity.id);
    this.#index(kind, entity.id);
  }

  delete(kind: EntityKind, id: string): void {
    this.#unindex(kind, id);
    this.#forget(kind, id);
  }

  finish(): ConfigTables {
    const { referrers } = this.#original;
    return {
      entities: {
        ca_certificates: this.#entities.ca_certificates.finish(), certificates: this.#entities.certificates.finish(), snis: this.#entities.snis.finish(),
        services: this.#entities.services.finish(), routes: this.#entities.routes.finish(), consumers: this.#entities.consumers.finish(),
        upstreams: this.#entities.upstreams.finish(), targets: this.#entities.targets.finish(), plugins: this.#entities.plugins.finish(),
        keyauth_credentials: this.#entities.keyauth_credentials.finish(), acls: this.#entities.acls.finish(),
      },
      referrers: {
        ca_certificates: referrers.ca_certificates, certificates: referrers.certificates, consumers: referrers.consumers,
        snis: this.#referrers.snis.finish(), services: this.#referrers.services.finish(), upstreams: this.#referrers.upstreams.finish(),
        routes: this.#referrers.routes.finish(), targets: this.#referrers.targets.finish(), plugins: this.#referrers.plugins.finish(),
        keyauth_credentials: this.#referrers.keyauth_credentials.finish(), acls: this.#referrers.acls.finish(),
      },
      pluginsByScope: this.#pluginsByScope.finish(),
      consumerIdByUsername: this.#consumerIdByUsername.finish(),
      upstreamsByName: this.#upstreamsByName.finish(),
      sniIdByName: this.#sniIdByName.finish(),
      credentialIdByDigest: this.#credentialIdByDigest.finish(),
    };
  }

  #forget<K extends EntityKind>(kind: K, id: string): void {
    const entity = this.#entities[kind].get(id);
    if (entity === undefined) return;
    for (const reference of referencesOf(kind, entity)) this.#referrers[kind].remove(reference.id, id);
    this.#entities[kind].delete(id);
  }

  #index(kind: EntityKind, id: string): void {
    for (const [index, key] of this.#keysOf(kind, id)) index.set(key, id);
    for (const [groups, group] of this.#groupsOf(kind, id)) groups.add(group, id);
  }

  /** In one change a name may have gone to another entity already: then it stays with that one. */
  #unindex(kind: EntityKind, id: string): void {
    for (const [index, key] of this.#keysOf(kind, id)) if (index.get(key) === id) index.delete(key);
    for (const [groups, group] of this.#groupsOf(kind, id)) groups.remove(group, id);
  }

  /** By what an entity is looked up besides its id, where it may not be the only one. */
  #groupsOf(kind: EntityKind, id: string): readonly (readonly [GroupsDraft, string])[] {
    const plugin = kind === 'plugins' ? this.#entities.plugins.get(id) : undefined;
    if (plugin !== undefined) return [[this.#pluginsByScope, scopeOf(plugin)]];
    const upstream = kind === 'upstreams' ? this.#entities.upstreams.get(id) : undefined;
    return upstream === undefined ? [] : [[this.#upstreamsByName, upstream.name.toLowerCase()]];
  }

  /** The unique keys by which an entity is looked up besides its id. */
  #keysOf(kind: EntityKind, id: string): readonly (readonly [MapDraft<string>, string])[] {
    if (kind === 'consumers') {
      const username = this.#entities.consumers.get(id)?.username ?? null;
      return username === null ? [] : [[this.#consumerIdByUsername, username]];
    }
    if (kind === 'snis') {
      const name = this.#entities.snis.get(id)?.name;
      return name === undefined ? [] : [[this.#sniIdByName, name]];
    }
    if (kind === 'keyauth_credentials') {
      const digest = this.#entities.keyauth_credentials.get(id)?.key_digest;
      return digest === undefined ? [] : [[this.#credentialIdByDigest, digest]];
    }
    return [];
  }
}

function scopeOf(plugin: Published<'plugins'>): string {
  return scopeKey(plugin.route?.id ?? '', plugin.service?.id ?? '', plugin.consumer?.id ?? '');
}
