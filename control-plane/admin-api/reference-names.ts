/**
 * References by name, as Kong takes them: `"service": { "name": "billing" }` instead of its id. Used by
 * entity-collection.ts before a body is parsed; what is no such reference is left for the parser to judge.
 */
import type { EntityDefinition, EntityKind, JsonObject, JsonValue } from '../../shared/model/definition.ts';
import { isJsonObject } from '../../shared/model/entity-checks.ts';
import { definitionOf } from '../../shared/model/registry.ts';
import type { EntityReader } from '../store/entity-reader.ts';
import { foreignKeyUnresolved } from './answer.ts';

/** The input with ids for names. Throws a Refusal where a name is that of nothing. */
export async function resolveReferences(reader: EntityReader, definition: EntityDefinition, input: JsonObject): Promise<JsonObject> {
  const resolved: Record<string, JsonValue> = { ...input };
  for (const { name: field, type } of definition.fields) {
    const named = type.kind === 'reference' ? nameIn(type.to, input[field]) : undefined;
    if (type.kind !== 'reference' || named === undefined) continue;
    const entity = await reader.getByEndpointKey(definitionOf(type.to), named.value);
    if (entity === undefined) throw foreignKeyUnresolved(field, named.key, named.value, type.to);
    resolved[field] = { id: entity.id };
  }
  return resolved;
}

/** The endpoint key, where the reference has that and nothing else. */
function nameIn(to: EntityKind, value: JsonValue | undefined): { readonly key: string; readonly value: string } | undefined {
  const { endpointKey: key, endpointKeyScope } = definitionOf(to);
  if (key === undefined || endpointKeyScope === 'parent' || !isJsonObject(value) || Object.keys(value).length !== 1) return undefined;
  const name = value[key];
  return typeof name === 'string' ? { key, value: name } : undefined;
}
