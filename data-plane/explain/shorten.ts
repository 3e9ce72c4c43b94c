/**
 * Keeps explanations small enough to travel and to be read: a route may ask for ten thousand paths, and a URL may be long.
 * What was cut says so.
 */
import type { JsonValue } from '../../shared/model/definition.ts';

const MOST_ITEMS = 5;
const MOST_CHARACTERS = 160;

export function shortText(text: string, mostCharacters = MOST_CHARACTERS): string {
  return text.length <= mostCharacters ? text : `${text.slice(0, mostCharacters)}… (${text.length - mostCharacters} more characters)`;
}

export function shortList(values: readonly string[], mostItems = MOST_ITEMS): readonly string[] {
  const shown = values.slice(0, mostItems).map((value) => shortText(value));
  return values.length <= mostItems ? shown : [...shown, `… (${values.length - mostItems} more)`];
}

export function shortValue(value: string | readonly string[] | null): JsonValue {
  if (value === null) return null;
  return typeof value === 'string' ? shortText(value) : shortList(value);
}
