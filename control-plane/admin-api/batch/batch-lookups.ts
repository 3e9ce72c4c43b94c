/**
 * What the operations of a batch name, looked up together before the first is gone through: the entities they are about (held
 * until the transaction ends) and whoever their references name. Called by batch-plan.ts.
 */
import type { EntityDefinition, EntityKind, Field, JsonObject, JsonValue, NameList } from '../../../shared/model/definition.ts';
import { isJsonObject } from '../../../shared/model/entity-checks.ts';
import { parseId, type EntityId } from '../../../shared/model/ids.ts';
import { definitionOf } from '../../../shared/model/registry.ts';
import { entityKey, type EntityKey } from '../../store/entity-keys.ts';
import type { StoredEntity } from '../../store/entity-reader.ts';
import type { EntityWriter } from '../../store/entity-writer.ts';
import type { BatchOperation } from './batch-operation.ts';

export interface BatchLookups {
  readonly stored: ReadonlyMap<EntityKey, StoredEntity>;
  /** Whose endpoint keys are asked for, by nameKey. */
  readonly named: ReadonlyMap<string, EntityId>;
  /** The names that the targets of operations have in lists (a certificate's SNIs), by their ids. */
  readonly listed: ReadonlyMap<EntityId, ReadonlyMap<string, EntityId>>;
}

/** A name in maps: of which kind, and as the endpoint key stands in the store. */
export function nameKey(kind: EntityKind, name: string): string {
  return `${kind} ${normalName(definitionOf(kind), name)}`;
}

/** As stored: `https://a:80` or `A.test` may be another text then. */
export function normalName({ endpointKey, shorthands }: EntityDefinition, name: string): string {
  const shorthand = shorthands?.find((candidate) => candidate.name === endpointKey);
  const expanded = shorthand?.expand(name, { input: { [shorthand.name]: name }, nowSeconds: 0 });
  const normal = expanded !== undefined && 'fields' in expanded && endpointKey !== undefined ? expanded.fields[endpointKey] : undefined;
  return typeof normal === 'string' ? normal : name;
}

/** True where an endpoint key alone names an entity of the gateway. */
export function hasNames({ endpointKey, endpointKeyScope }: EntityDefinition): boolean {
  return endpointKey !== undefined && endpointKeyScope !== 'parent';
}

/** References by endpoint key and nothing else, as Kong takes them: `"service": { "name": "billing" }`. */
export function namedReferences(definition: EntityDefinition, entity: JsonObject): readonly { readonly field: string; readonly to: EntityKind; readonly key: string; readonly name: string }[] {
  return definition.fields.flatMap(({ name: field, type }: Field) => {
    const value: JsonValue | undefined = entity[field];
    if (type.kind !== 'reference' || !isJsonObject(value) || !hasNames(definitionOf(type.to))) return [];
    const { endpointKey: key = '' } = definitionOf(type.to);
    const name = value[key];
    return typeof name === 'string' && Object.keys(value).length === 1 ? [{ field, to: type.to, key, name }] : [];
  });
}

export async function lookUp(writer: EntityWriter, operations: readonly BatchOperation[]): Promise<BatchLookups> {
  const targets = operations.filter(({ op }) => op !== 'create');
  const byName = targets.filter(({ kind, name }) => parseId(name) === undefined && hasNames(definitionOf(kind)));
  const references = operations.flatMap(({ kind, entity }) => namedReferences(definitionOf(kind), entity).map(({ to, name }) => ({ kind: to, name })));
  const named = new Map<string, EntityId>();
  for (const [kind, some] of Map.groupBy([...byName, ...references], (one) => one.kind)) {
    const definition = definitionOf(kind);
    const keys = new Set(some.map(({ name }) => normalName(definition, name)));
    for (const [key, id] of await writer.findByEndpointKeys(definition, [...keys])) named.set(nameKey(kind, key), id);
  }
  const places = targets.flatMap(({ kind, name }) => {
    const id = parseId<EntityId>(name) ?? (hasNames(definitionOf(kind)) ? named.get(nameKey(kind, name)) : undefined);
    return id === undefined ? [] : [{ kind, id }];
  });
  // What plugins take from partials is written into their configs.
  const partials = operations.flatMap(({ kind, entity: { partials: links } }) => (kind === 'plugins' && Array.isArray(links) ? links.flatMap((link: JsonValue) => (isJsonObject(link) && typeof link['id'] === 'string' ? (parseId<EntityId>(link['id']) ?? []) : [])) : []));
  const stored = new Map((await writer.getManyForUpdate([...places, ...partials.map((id) => ({ kind: 'partials' as const, id }))])).map((entity) => [entityKey(entity.kind, entity.id), entity]));
  return { stored, named, listed: await lookUpLists(writer, [...stored.values()]) };
}

async function lookUpLists(writer: EntityWriter, stored: readonly StoredEntity[]): Promise<BatchLookups['listed']> {
  const listed = new Map<EntityId, Map<string, EntityId>>();
  for (const [kind, entities] of Map.groupBy(stored, (entity) => entity.kind)) {
    const list: NameList | undefined = definitionOf(kind).nameList;
    if (list === undefined) continue;
    for (const { toId, id, endpointKey } of await writer.endpointKeysReferringTo(definitionOf(list.of), list.by, entities.map((entity) => entity.id))) {
      listed.set(toId, (listed.get(toId) ?? new Map<string, EntityId>()).set(endpointKey, id));
    }
  }
  return listed;
}
