/**
 * The door for JSON from outside: whatever a body, a YAML file or a database row held becomes a `JsonObject` that is
 * safe to merge, store and encode: bounded depth and breadth, no special property names, no NaN, only well-formed text.
 * What fails is reported with its path. Used by parse-entity and by the admin API for bodies.
 */
import { MAX_ENTRIES, MAX_ITEMS, type JsonObject, type JsonValue } from './definition.ts';
import { joinPath, type ProblemList } from './problems.ts';

/** Deeper than any entity or plugin config; shallower than any stack. */
const MAX_DEPTH = 16;
/** Longer than any field and any key of a map; a refused name comes back in the answer (R5). */
const MAX_NAME_LENGTH = 1_000;
const SPECIAL_NAMES: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** A fresh copy of the input, or undefined after adding at least one problem. `maxItems` of a list: more where it is entities, each of which comes through this door again. */
export function takeJsonObject(input: unknown, problems: ProblemList, maxItems: number = MAX_ITEMS): JsonObject | undefined {
  if (!isPlainObject(input)) {
    problems.add('@entity', 'expected a record');
    return undefined;
  }
  const before = problems.problems.length;
  const taken = takeObject(input, '', 1, { problems, maxItems });
  return problems.problems.length === before ? taken : undefined;
}

interface Door {
  readonly problems: ProblemList;
  readonly maxItems: number;
}

function takeValue(value: unknown, path: string, depth: number, door: Door): JsonValue {
  const { problems } = door;
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'string') {
    const problem = textProblem(value);
    if (problem !== undefined) problems.add(path, problem);
    return value;
  }
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) problems.add(path, 'expected a finite number');
    return value;
  }
  if (depth >= MAX_DEPTH) {
    problems.add(path, `nested too deeply: at most ${MAX_DEPTH} levels`);
    return null;
  }
  if (Array.isArray(value)) return takeArray(value, path, depth + 1, door);
  if (isPlainObject(value)) return takeObject(value, path, depth + 1, door);
  problems.add(path, 'expected a JSON value');
  return null;
}

function takeArray(values: readonly unknown[], path: string, depth: number, door: Door): JsonValue {
  const { problems, maxItems } = door;
  if (values.length > maxItems) {
    problems.add(path, `length must be at most ${maxItems}`);
    return [];
  }
  const taken: JsonValue[] = [];
  for (const [index, value] of values.entries()) {
    if (problems.isFull) break;
    taken.push(takeValue(value, joinPath(path, index + 1), depth, door));
  }
  return taken;
}

function takeObject(object: object, path: string, depth: number, door: Door): JsonObject {
  const { problems } = door;
  const taken: Record<string, JsonValue> = {};
  const here = path === '' ? '@entity' : path;
  const entries = Object.entries(object);
  if (entries.length > MAX_ENTRIES) {
    problems.add(here, `must have at most ${MAX_ENTRIES} entries`);
    return taken;
  }
  for (const [name, value] of entries) {
    if (problems.isFull) break;
    // An absent value given as undefined is simply absent.
    if (value === undefined) continue;
    if (name.length > MAX_NAME_LENGTH) {
      problems.add(here, `a field name is longer than ${MAX_NAME_LENGTH} characters`);
      continue;
    }
    const at = joinPath(path, name);
    if (SPECIAL_NAMES.has(name)) problems.add(at, 'unknown field');
    else if (textProblem(name) !== undefined) problems.add(here, 'a field name is not valid text');
    else taken[name] = takeValue(value, at, depth, door);
  }
  return taken;
}

/** Postgres cannot store U+0000 in text; a lone surrogate has no UTF-8 form and would not survive the wire. */
function textProblem(text: string): string | undefined {
  if (text.includes('\u0000')) return 'must not contain the character U+0000';
  return text.isWellFormed() ? undefined : 'is not valid unicode text';
}

function isPlainObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
