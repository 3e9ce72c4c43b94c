/**
 * How unique values stand in the table entity_unique: the same text for the same values, whoever asks; and how entities and
 * their values are told apart in memory. Called by everything in this folder that writes entities or looks them up.
 */
import { createHash } from 'node:crypto';
import type { EntityKind } from '../../shared/model/definition.ts';

/** An index entry has room for about 2,700 bytes; anything long is replaced by its hash. */
const LONGEST_VERBATIM = 512;

/** The name of the key: one field, or several that are unique together. */
export function uniqueKeyName(fields: readonly string[]): string {
  return fields.join(',');
}

/** The values of the fields, in their order, as one text. */
export function uniqueKeyValue(values: readonly (string | null)[]): string {
  const [only] = values;
  const text = values.length === 1 && typeof only === 'string' ? only : JSON.stringify(values);
  return text.length <= LONGEST_VERBATIM ? `=${text}` : `#${createHash('sha256').update(text).digest('hex')}`;
}

/** An entity of a gateway in the maps of this folder: ids may occur in two kinds. */
export type EntityKey = `${EntityKind}/${string}`;

export function entityKey(kind: EntityKind, id: string): EntityKey {
  return `${kind}/${id}`;
}

/** A unique value of a kind in the maps of this folder. */
export function uniqueValueKey(kind: EntityKind, fields: readonly string[], values: readonly (string | null)[]): string {
  return `${kind} ${uniqueKeyName(fields)} ${uniqueKeyValue(values)}`;
}
