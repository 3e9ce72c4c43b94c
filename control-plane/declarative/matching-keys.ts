/**
 * By what an entity of a file and one of the gateway are known to be the same, and the id of one that is new: it follows from
 * the gateway and the entity's name, so that a plan tells the ids that its execution will use. Used by match-entities.ts.
 */
import { createHash } from 'node:crypto';
import { canonicalJson } from '../../shared/model/canonical-json.ts';
import { defaultOf } from '../../shared/model/default-value.ts';
import type { EntityDefinition, Field, JsonObject, JsonValue } from '../../shared/model/definition.ts';
import { isJsonObject } from '../../shared/model/entity-checks.ts';
import { expandShorthands } from '../../shared/model/expand-shorthands.ts';
import { ProblemList } from '../../shared/model/problems.ts';
import { redactEntity } from '../../shared/model/redact.ts';
import { bytesToId, idToBytes, type EntityId, type GatewayId } from '../../shared/model/ids.ts';

export interface MatchingKeys {
  /** The endpoint key, where it names the entity in the whole gateway. */
  readonly first: string | undefined;
  /** The other unique fields, alone and together. */
  readonly others: readonly string[];
}

/** Of an entity or of what a file gives; references as `{ id }`. With what shorthands make of it: a target's port, a certificate's digest. */
export function matchingKeysOf(definition: EntityDefinition, given: JsonObject): MatchingKeys {
  const values = definition.shorthands === undefined ? given : expandShorthands(definition, given, new ProblemList(), 0);
  const key = definition.endpointKeyScope === 'parent' ? undefined : definition.endpointKey;
  const alone = definition.fields.flatMap((field: Field) => (field.unique === true && field.name !== key ? (keyOf(definition, [field.name], values) ?? []) : []));
  const split = definition.uniqueSplitBy;
  const hasSplit = split !== undefined && (values[split] ?? null) !== null;
  const together = (definition.uniqueTogether ?? []).filter((fields) => split === undefined || fields.includes(split) === hasSplit).map((fields) => `${fields.join(',')}=${canonicalJson(fields.map((name) => keyValue(definition, name, values)))}`);
  return { first: key === undefined ? undefined : keyOf(definition, [key], values), others: [...alone, ...together] };
}

/** Undefined where the entity has no value for it. */
function keyOf(definition: EntityDefinition, [name = '']: readonly string[], values: JsonObject): string | undefined {
  const value = keyValue(definition, name, values);
  return value === null ? undefined : `${name}=${canonicalJson(value)}`;
}

function keyValue(definition: EntityDefinition, name: string, values: JsonObject): JsonValue {
  const field = definition.fields.find((candidate) => candidate.name === name);
  const value = values[name] ?? (field === undefined ? null : defaultOf(field));
  if (field?.type.kind !== 'reference') return value;
  return isJsonObject(value) && typeof value['id'] === 'string' ? value['id'].toLowerCase() : null;
}

/** What tells entities without any name apart: all they say, secrets and tags excepted. */
export function contentKeyOf(definition: EntityDefinition, entity: JsonObject): string {
  const told = Object.entries(redactEntity(definition, entity, () => undefined)).filter(([name]) => !['id', 'created_at', 'updated_at', 'tags'].includes(name));
  return `@=${canonicalJson(Object.fromEntries(told))}`;
}

/** True where every entity of the kind has some key, so that it never takes its content to know it. */
export function alwaysHasKey(definition: EntityDefinition): boolean {
  return definition.uniqueTogether !== undefined || definition.fields.some((field: Field) => field.unique === true && field.required === true);
}

/** A UUID version 5 (RFC 9562 §5.5) in the name space of the gateway; the next one while `isTaken`. */
export function idFor(gatewayId: GatewayId, definition: EntityDefinition, key: string, isTaken: (id: EntityId) => boolean): EntityId {
  for (let turn = 0; ; turn += 1) {
    const digest = createHash('sha1').update(idToBytes(gatewayId)).update(`${definition.kind} ${key}${turn === 0 ? '' : `#${turn}`}`).digest().subarray(0, 16);
    digest[6] = 0x50 | ((digest[6] ?? 0) & 0x0f);
    digest[8] = 0x80 | ((digest[8] ?? 0) & 0x3f);
    const id = bytesToId<EntityId>(digest);
    if (!isTaken(id)) return id;
  }
}
