/**
 * What a write says of a secret in a config that its author could not see. Who may not reveal secrets reads null in their place and
 * sends that back, or leaves them out: the secret stays. Who sees it means what is said: a PUT without it removes it, as in Kong. What
 * is shown in its place elsewhere keeps it for everybody. Used by parse-entity for PUT, PATCH, and what comes from batches and files.
 */
import type { Field, JsonObject, JsonValue } from './definition.ts';
import { isJsonObject } from './entity-checks.ts';
import { HIDDEN } from './secret-fields.ts';

/** `config` with the secrets of `previous` that it does not mean to change. `hidden`: whoever wrote it may not see them. */
export function keepSecrets(fields: readonly Field[], config: JsonObject, previous: JsonObject, hidden: boolean): JsonObject {
  const kept: Record<string, JsonValue> = { ...config };
  for (const { name, type, secret } of fields) {
    const [given, before = null] = [config[name], previous[name]];
    if (secret !== undefined) {
      if (before !== null && (given === HIDDEN || (hidden && (given ?? null) === null))) kept[name] = before;
      else if (hidden && Array.isArray(given) && Array.isArray(before)) kept[name] = keepElements(given, before);
    } else if (type.kind === 'record' && isJsonObject(given) && isJsonObject(before)) kept[name] = keepSecrets(type.fields, given, before, hidden);
  }
  return kept;
}

/** Of a list each secret is shown as null, in its place. */
function keepElements(given: readonly JsonValue[], before: readonly JsonValue[]): readonly JsonValue[] {
  return given.map((element, index) => element ?? before[index] ?? null);
}
