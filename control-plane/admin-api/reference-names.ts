/**
 * References by name, as Kong takes them: `"service": { "name": "billing" }` instead of its id. Used by
 * entity-collection.ts before a body is parsed; what is no such reference is left for the parser to judge.
 */
import type { EntityDefinition, EntityKind, Field, JsonObject, JsonValue } from '../../shared/model/definition.ts';
import { isJsonObject } from '../../shared/model/entity-checks.ts';
import { definitionOf } from '../../shared/model/registry.ts';
import type { EntityReader } from '../store/entity-reader.ts';
import { foreignKeyUnresolved } from './answer.ts';

/** The input with ids for names. Throws a Refusal where a name is that of nothing. */
export async function resolveReferences(reader: EntityReader, definition: EntityDefinition, input: JsonObject): Promise<JsonObject> {
  const resolved: Record<string, JsonValue> = { ...input };
  for (const { name: field, type } of definition.fields) {
    if (type.kind === 'array' && type.of.kind === 'record' && field in input) resolved[field] = await resolveInList(reader, field, type.of.fields, input[field]);
    const named = type.kind === 'reference' ? nameIn(type.to, input[field]) : undefined;
    if (type.kind !== 'reference' || named === undefined) continue;
    const entity = await reader.getByEndpointKey(definitionOf(type.to), named.value);
    if (entity === undefined) throw foreignKeyUnresolved(field, named.key, named.value, type.to);
    resolved[field] = { id: entity.id };
  }
  return resolved;
}

/** In a list of records each refers by `id`, or by the endpoint key in its place: `"partials": [{ "name": "redis" }]`. */
async function resolveInList(reader: EntityReader, field: string, fields: readonly Field[], list: JsonValue | undefined): Promise<JsonValue> {
  const reference = fields.find(({ type }) => type.kind === 'reference');
  if (!Array.isArray(list) || reference?.type.kind !== 'reference') return list ?? null;
  const { to } = reference.type;
  const resolved: JsonValue[] = [];
  for (const item of list) resolved.push(isJsonObject(item) ? await resolveItem(reader, field, reference.name, to, item) : item);
  return resolved;
}

async function resolveItem(reader: EntityReader, field: string, own: string, to: EntityKind, item: JsonObject): Promise<JsonObject> {
  const key = definitionOf(to).endpointKey ?? '';
  const { [key]: name, ...others } = item;
  if (typeof name !== 'string') return item;
  // Where both are given the id says which, as in what a client read before.
  if (typeof item[own] === 'string') return others;
  const entity = await reader.getByEndpointKey(definitionOf(to), name);
  if (entity === undefined) throw foreignKeyUnresolved(field, key, name, to);
  return { ...others, [own]: entity.id };
}

/** The endpoint key, where the reference has that and nothing else. */
function nameIn(to: EntityKind, value: JsonValue | undefined): { readonly key: string; readonly value: string } | undefined {
  const { endpointKey: key, endpointKeyScope } = definitionOf(to);
  if (key === undefined || endpointKeyScope === 'parent' || !isJsonObject(value) || Object.keys(value).length !== 1) return undefined;
  const name = value[key];
  return typeof name === 'string' ? { key, value: name } : undefined;
}
