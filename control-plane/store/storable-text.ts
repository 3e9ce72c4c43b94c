/**
 * Postgres stores no U+0000 and no half of a surrogate pair, neither as text nor in jsonb: found before it refuses a
 * whole transaction for it.
 */
import type { JsonValue } from '../../shared/model/definition.ts';

/** The text as it can be stored: for what others say of themselves, which is shown to people and compared with nothing. */
export function storableText(text: string): string {
  return text.replaceAll('\0', '\ufffd').toWellFormed();
}

/** The dotted path of the first text that can't be stored; undefined where all can. */
export function findUnstorableText(value: JsonValue, path = ''): string | undefined {
  if (typeof value === 'string') return value.includes('\0') || !value.isWellFormed() ? path : undefined;
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [name, part] of Object.entries(value)) {
    const inner = path === '' ? name : `${path}.${name}`;
    const found = findUnstorableText(name) === undefined ? findUnstorableText(part, inner) : inner;
    if (found !== undefined) return found;
  }
  return undefined;
}
