/** The entries `name:value` and `old:new` in configs of the transformers, and the rules on them. Used by their schemas and handlers. */
import type { ArrayType, EntityCheck, StringRule } from '../model/definition.ts';
import { entityRule, fieldAt } from '../model/entity-checks.ts';
import { headerProblem } from './editable-header.ts';

/** More operations of one kind cost more time for each request than anybody wants to give (R5). */
const MAX_ENTRIES = 256;
const CONTROL = /(?!\t)\p{Cc}/u;

export interface NamedValue {
  readonly name: string;
  /** '' where there is none. */
  readonly value: string;
}

/** As in Kong: what stands before the first colon, and what follows it and its like. */
export function namedValue(entry: string): NamedValue {
  const colon = entry.indexOf(':');
  if (colon < 0) return { name: entry, value: '' };
  let start = colon;
  while (entry[start] === ':') start += 1;
  return { name: entry.slice(0, colon), value: entry.slice(start) };
}

/** A list of entries. `check` says what is wrong with one. */
export function entriesOf(name: string, check: (entry: NamedValue) => string | undefined) {
  const rule: StringRule = {
    name,
    check: (text) => {
      if (CONTROL.test(text)) return 'must not contain control characters';
      const entry = namedValue(text);
      return entry.name === '' ? `'${text}' has no name` : check(entry);
    },
  };
  return { kind: 'array', of: { kind: 'string', maxLength: 8_192, rules: [rule] } } as const satisfies ArrayType;
}

export const headerToRemove = ({ name }: NamedValue): string | undefined => headerProblem(name, 'remove');
export const headerToRename = ({ name, value }: NamedValue): string | undefined =>
  needsValue({ name, value }) ?? headerProblem(name, 'remove') ?? headerProblem(value, 'write');
export const headerToWrite = ({ name, value }: NamedValue): string | undefined => headerProblem(name, 'write') ?? needsValue({ name, value });

export function needsValue({ name, value }: NamedValue): string | undefined {
  return value === '' ? `key '${name}' has no value` : undefined;
}

/** Each list at those paths has at most so many entries. */
export function fewEntries(paths: readonly string[]): EntityCheck {
  return entityRule(`No list has more than ${MAX_ENTRIES} entries`, (plugin) =>
    paths.flatMap((path) => {
      const list = fieldAt(plugin, path);
      return Array.isArray(list) && list.length > MAX_ENTRIES ? [{ field: path, message: `has ${list.length} entries; at most ${MAX_ENTRIES}` }] : [];
    }));
}
