/**
 * The entities of a configuration and the indexes over them, immutable; a draft applies changes at the cost of the
 * changes. Plain data: nothing is resolved here, so entities may come in any order. Used by compile.ts; read by what it builds.
 */
import type { EntityKind, Field, FieldType, JsonObject, JsonValue } from '../../shared/model/definition.ts';
import { isJsonObject } from '../../shared/model/entity-checks.ts';
import { entityDefinitions, entityKinds, type PublishedEntities } from '../../shared/model/registry.ts';
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
  readonly consumerIdByCustomId: PersistentMap<string>;
  readonly basicIdByUsername: PersistentMap<string>;
  readonly hmacIdByUsername: PersistentMap<string>;
  readonly jwtIdByKey: PersistentMap<string>;
  /** Ids of mtls_auth_credentials by subject name, which several authorities may have. */
  readonly mtlsBySubject: PersistentGroups;
  /** Ids of upstreams by name in lower case, in which some may be the same. */
  readonly upstreamsByName: PersistentGroups;
  readonly sniIdByName: PersistentMap<string>;
  readonly credentialIdByDigest: PersistentMap<string>;
  /** Ids of targets that an operator switched, by themselves. */
  readonly switchedTargets: PersistentMap<string>;
}

/** One for each kind. TypeScript does not follow a key through a loop: the assertion stands for all of them. */
function forKinds<M extends { readonly [K in EntityKind]: unknown }>(make: (kind: EntityKind) => object): M {
  return Object.fromEntries(entityKinds.map((kind) => [kind, make(kind)])) as M;
}

export const EMPTY_TABLES: ConfigTables = {
  entities: forKinds(() => new PersistentMap()),
  referrers: forKinds(() => new PersistentGroups()),
  pluginsByScope: new PersistentGroups(),
  consumerIdByUsername: new PersistentMap(),
  consumerIdByCustomId: new PersistentMap(),
  basicIdByUsername: new PersistentMap(),
  hmacIdByUsername: new PersistentMap(),
  jwtIdByKey: new PersistentMap(),
  mtlsBySubject: new PersistentGroups(),
  upstreamsByName: new PersistentGroups(),
  sniIdByName: new PersistentMap(),
  credentialIdByDigest: new PersistentMap(),
  switchedTargets: new PersistentMap(),
};

export interface Reference {
  readonly to: EntityKind;
  readonly id: string;
}

interface ReferenceField {
  readonly name: string;
  readonly to: EntityKind;
}

/** The fields of each kind that refer to others, alone or in a list: asked for every entity of a configuration. */
const REFERENCE_FIELDS: ReadonlyMap<EntityKind, readonly ReferenceField[]> = new Map(
  entityDefinitions.map(({ kind, fields }) => [kind, fields.flatMap((field: Field) => referenceField(field.name, field.type))]),
);

function referenceField(name: string, type: FieldType): readonly ReferenceField[] {
  if (type.kind === 'array' || type.kind === 'set') return referenceField(name, type.of);
  return type.kind === 'reference' ? [{ name, to: type.to }] : [];
}

/** What an entity refers to by id. */
export function referencesOf<K extends EntityKind>(kind: K, entity: Published<K>): readonly Reference[] {
  const values: JsonObject = entity;
  return (REFERENCE_FIELDS.get(kind) ?? []).flatMap(({ name, to }) => idsIn(values[name]).map((id): Reference => ({ to, id })));
}

function idsIn(value: JsonValue | undefined): readonly string[] {
  if (value === undefined || value === null) return [];
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap(idsIn);
  return isJsonObject(value) && typeof value['id'] === 'string' ? [value['id']] : [];
}

/** Where a plugin applies; '' stands for what it is not bound to. */
export function scopeKey(routeId: string, serviceId: string, consumerId: string, groupId: string): string {
  return `${routeId}/${serviceId}/${consumerId}/${groupId}`;
}

/** Changes on top of tables. Not to be used after `finish`. */
export class TablesDraft {
  readonly #entities: { readonly [K in EntityKind]: MapDraft<Published<K>> };
  readonly #referrers: { readonly [K in EntityKind]: GroupsDraft };
  readonly #pluginsByScope: GroupsDraft;
  readonly #consumerIdByUsername: MapDraft<string>;
  readonly #consumerIdByCustomId: MapDraft<string>;
  readonly #basicIdByUsername: MapDraft<string>;
  readonly #hmacIdByUsername: MapDraft<string>;
  readonly #jwtIdByKey: MapDraft<string>;
  readonly #mtlsBySubject: GroupsDraft;
  readonly #upstreamsByName: GroupsDraft;
  readonly #sniIdByName: MapDraft<string>;
  readonly #credentialIdByDigest: MapDraft<string>;
  readonly #switchedTargets: MapDraft<string>;

  constructor(original: ConfigTables) {
    const { entities, referrers } = original;
    this.#entities = forKinds((kind) => entities[kind].draft());
    this.#referrers = forKinds((kind) => referrers[kind].draft());
    this.#pluginsByScope = original.pluginsByScope.draft();
    this.#consumerIdByUsername = original.consumerIdByUsername.draft();
    this.#consumerIdByCustomId = original.consumerIdByCustomId.draft();
    this.#basicIdByUsername = original.basicIdByUsername.draft();
    this.#hmacIdByUsername = original.hmacIdByUsername.draft();
    this.#jwtIdByKey = original.jwtIdByKey.draft();
    this.#mtlsBySubject = original.mtlsBySubject.draft();
    this.#upstreamsByName = original.upstreamsByName.draft();
    this.#sniIdByName = original.sniIdByName.draft();
    this.#credentialIdByDigest = original.credentialIdByDigest.draft();
    this.#switchedTargets = original.switchedTargets.draft();
  }

  put<K extends EntityKind>(kind: K, entity: Published<K>): void {
    this.delete(kind, entity.id);
    this.#entities[kind].set(entity.id, entity);
    // By the text of the entity that is meant, where it is there: every id would be held twice otherwise.
    for (const { to, id } of referencesOf(kind, entity)) this.#referrers[kind].add(this.#entities[to].get(id)?.id ?? id, entity.id);
    this.#index(kind, entity.id);
  }

  delete(kind: EntityKind, id: string): void {
    if (this.#entities[kind].get(id) === undefined) return;
    this.#unindex(kind, id);
    this.#forget(kind, id);
  }

  finish(): ConfigTables {
    return {
      entities: forKinds((kind) => this.#entities[kind].finish()),
      referrers: forKinds((kind) => this.#referrers[kind].finish()),
      pluginsByScope: this.#pluginsByScope.finish(),
      consumerIdByUsername: this.#consumerIdByUsername.finish(),
      consumerIdByCustomId: this.#consumerIdByCustomId.finish(),
      basicIdByUsername: this.#basicIdByUsername.finish(),
      hmacIdByUsername: this.#hmacIdByUsername.finish(),
      jwtIdByKey: this.#jwtIdByKey.finish(),
      mtlsBySubject: this.#mtlsBySubject.finish(),
      upstreamsByName: this.#upstreamsByName.finish(),
      sniIdByName: this.#sniIdByName.finish(),
      credentialIdByDigest: this.#credentialIdByDigest.finish(),
      switchedTargets: this.#switchedTargets.finish(),
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
    const { plugins, upstreams, mtls_auth_credentials: credentials } = this.#entities;
    if (kind === 'plugins') return keyed(this.#pluginsByScope, mapped(plugins.get(id), scopeOf));
    if (kind === 'upstreams') return keyed(this.#upstreamsByName, upstreams.get(id)?.name.toLowerCase());
    if (kind === 'mtls_auth_credentials') return keyed(this.#mtlsBySubject, credentials.get(id)?.subject_name);
    return [];
  }

  /** The unique keys by which an entity is looked up besides its id. */
  #keysOf(kind: EntityKind, id: string): readonly (readonly [MapDraft<string>, string])[] {
    const { consumers, snis, targets, keyauth_credentials: keyAuth, basicauth_credentials: basic, hmacauth_credentials: hmac, jwt_secrets: jwt } = this.#entities;
    switch (kind) {
      case 'consumers':
        return [...keyed(this.#consumerIdByUsername, consumers.get(id)?.username), ...keyed(this.#consumerIdByCustomId, consumers.get(id)?.custom_id)];
      case 'snis':
        return keyed(this.#sniIdByName, snis.get(id)?.name);
      case 'targets':
        return (targets.get(id)?.switches?.length ?? 0) > 0 ? [[this.#switchedTargets, id]] : [];
      case 'keyauth_credentials':
        return keyed(this.#credentialIdByDigest, keyAuth.get(id)?.key_digest);
      case 'basicauth_credentials':
        return keyed(this.#basicIdByUsername, basic.get(id)?.username);
      case 'hmacauth_credentials':
        return keyed(this.#hmacIdByUsername, hmac.get(id)?.username);
      case 'jwt_secrets':
        return keyed(this.#jwtIdByKey, jwt.get(id)?.key);
      default:
        return [];
    }
  }
}

const NO_KEYS: readonly never[] = [];

function keyed<Index>(index: Index, key: string | null | undefined): readonly (readonly [Index, string])[] {
  return key === null || key === undefined ? NO_KEYS : [[index, key]];
}

function mapped<A, B>(value: A | undefined, to: (value: A) => B): B | undefined {
  return value === undefined ? undefined : to(value);
}

function scopeOf(plugin: Published<'plugins'>): string {
  return scopeKey(plugin.route?.id ?? '', plugin.service?.id ?? '', plugin.consumer?.id ?? '', plugin.consumer_group?.id ?? '');
}
