/**
 * What a write changed, as its audit row keeps it: the fields that are different, before and after, secrets replaced by schema
 * (T2). Kept with the row and not read from change rows, because those end with their retention and the audit does not. Called
 * by entity-changes.ts for each entity of a write.
 */
import type { EntityKind, JsonObject, JsonValue } from '../../shared/model/definition.ts';
import { changedFields } from '../../shared/model/redact.ts';
import { definitionOf, isEntityKind } from '../../shared/model/registry.ts';
import { configFieldsOf } from '../../shared/plugins/catalog.ts';
import { decodeEntity } from '../../shared/wire/entity-codec.ts';

/** JSON text beyond this is replaced by the names of the fields: a row of the audit stays small whatever the entity is (R5). */
const LONGEST = 65_536;
/** Told by the row itself. */
const LEFT_OUT: ReadonlySet<string> = new Set(['id', 'created_at', 'updated_at']);

/** JSON of `{before, after}`; null where nothing that is published is different, or this version can't read it. */
export function auditChanges(kind: string, before: Uint8Array | undefined, after: Uint8Array | undefined): string | null {
  // Of a kind that only a newer version knows.
  if (!isEntityKind(kind)) return null;
  const [old, now] = [read(kind, before), read(kind, after)];
  if (old === 'unreadable' || now === 'unreadable') return null;
  const changes = changedFields(definitionOf(kind), old, now, configFieldsOf).filter(({ field }) => !LEFT_OUT.has(field));
  if (changes.length === 0) return null;
  const side = (name: 'before' | 'after'): JsonObject => Object.fromEntries(changes.map((change): [string, JsonValue] => [change.field, change[name]]));
  const text = JSON.stringify({ before: old === undefined ? null : side('before'), after: now === undefined ? null : side('after') });
  return text.length <= LONGEST ? text : JSON.stringify({ too_long: changes.map(({ field }) => field).slice(0, 1_000) });
}

function read(kind: EntityKind, bytes: Uint8Array | undefined): JsonObject | undefined | 'unreadable' {
  if (bytes === undefined) return undefined;
  try {
    return { ...decodeEntity(kind, bytes) };
  } catch {
    return 'unreadable';
  }
}
