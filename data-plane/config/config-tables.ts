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
    this.#upstreamsByName = original.upstreamsByName.draft();
    this.#sniIdByName = original.sniIdByName.draft();
    this.#credentialIdByDigest = original.credentialIdByDigest.draft();
    this.#switchedTargets = original.switchedTargets.draft();
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
    return {
      entities: forKinds((kind) => this.#entities[kind].finish()),
      referrers: forKinds((kind) => this.#referrers[kind].finish()),
      pluginsByScope: this.#pluginsByScope.finish(),
      consumerIdByUsername: this.#consumerIdByUsername.finish(),
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
    if (kind === 'targets') return (this.#entities.targets.get(id)?.switches?.length ?? 0) > 0 ? [[this.#switchedTargets, id]] : [];
    if (kind === 'keyauth_credentials') {
      const digest = this.#entities.keyauth_credentials.get(id)?.key_digest;
      return digest === undefined ? [] : [[this.#credentialIdByDigest, digest]];
    }
    return [];
  }
}

function scopeOf(plugin: Published<'plugins'>): string {
  return scopeKey(plugin.route?.id ?? '', plugin.service?.id ?? '', plugin.consumer?.id ?? '', plugin.consumer_group?.id ?? '');
}
