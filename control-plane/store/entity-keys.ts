/**
 * How unique values stand in the table entity_unique: the same text for the same values, whoever asks. Called by
 * entity-record.ts when writing and entity-reader.ts when looking up.
 */
import { createHash } from 'node:crypto';

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
