import type { JsonValue } from './definition.ts';
import { isJsonObject } from './entity-checks.ts';

/**
 * JSON with sorted names and no white space (RFC 8785 for the values that come through json-door): equal values give
 * equal text, so plugin configs hash the same whoever wrote them.
 */
export function canonicalJson(value: JsonValue): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (!isJsonObject(value)) return JSON.stringify(value);
  const names = Object.keys(value).toSorted();
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonicalJson(value[name] ?? null)}`).join(',')}}`;
}
