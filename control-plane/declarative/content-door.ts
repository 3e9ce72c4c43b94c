/**
 * The door for declarative contents: text in JSON or YAML in, one JSON object out that is safe to merge. Entities pass the door of
 * every entity later (shared/model/json-door.ts), which also bounds them; here lists may be long, because a gateway is.
 */
import { LineCounter, parseDocument } from 'yaml';
import type { JsonObject, JsonValue } from '../../shared/model/definition.ts';
import { describeThrown } from '../../shared/errors.ts';
import type { ContentProblems } from './content-problem.ts';
import type { ContentPath } from './file-layout.ts';

/** Deeper than any entity in the lists of another. */
const MAX_DEPTH = 40;
/** Reading YAML holds up everybody else for some 300 ms a megabyte; JSON costs a fiftieth. */
export const MAX_YAML_LENGTH = 2_097_152;
const MAX_ALIASES = 1_000;
const SPECIAL_NAMES: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** Undefined after adding at least one problem. */
export function parseContentText(text: string, problems: ContentProblems): JsonObject | undefined {
  const parsed = text.trimStart().startsWith('{') ? parseJson(text, problems) : parseYaml(text, problems);
  return parsed === undefined ? undefined : takeContent(parsed, problems);
}

/** A fresh copy; undefined after adding at least one problem. */
export function takeContent(value: unknown, problems: ContentProblems): JsonObject | undefined {
  if (!isObject(value)) return refuse(problems, 'must hold names with values at its top, such as _format_version and services');
  const before = problems.list.length;
  const taken = takeObject(value, [], problems);
  return problems.list.length === before ? taken : undefined;
}

function parseJson(text: string, problems: ContentProblems): unknown {
  try {
    return JSON.parse(text);
  } catch (thrown) {
    // In YAML's flow style an object may begin like this too.
    return text.length <= MAX_YAML_LENGTH ? parseYaml(text, problems) : refuse(problems, `is not valid JSON: ${describeThrown(thrown)}`);
  }
}

function parseYaml(text: string, problems: ContentProblems): unknown {
  if (text.length > MAX_YAML_LENGTH) return refuse(problems, `YAML may have at most ${MAX_YAML_LENGTH} characters here: send it as JSON, as the command "holdfast gateway" does`);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [error] = document.errors;
  if (error !== undefined) {
    const { line, col } = lines.linePos(error.pos[0]);
    return refuse(problems, `is not valid YAML in line ${line}, column ${col}: ${error.message}`);
  }
  try {
    const value: unknown = document.toJS({ maxAliasCount: MAX_ALIASES });
    return value ?? {};
  } catch (thrown) {
    return refuse(problems, `is not valid YAML: ${describeThrown(thrown)}`);
  }
}

function refuse(problems: ContentProblems, message: string): undefined {
  problems.at([], message);
  return undefined;
}

function take(value: unknown, path: ContentPath, problems: ContentProblems): JsonValue {
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'string') {
    if (value.includes('\0') || !value.isWellFormed()) problems.at(path, 'holds characters that can not be stored');
    return value;
  }
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) problems.at(path, 'expected a finite number');
    return value;
  }
  if (path.length >= MAX_DEPTH) problems.at(path, `nested too deeply: at most ${MAX_DEPTH} levels`);
  else if (Array.isArray(value)) return value.map((item, index) => take(item, [...path, index], problems));
  else if (isObject(value)) return takeObject(value, path, problems);
  else problems.at(path, 'expected text, a number, true, false, null, a list, or names with values');
  return null;
}

function takeObject(object: object, path: ContentPath, problems: ContentProblems): JsonObject {
  const taken: Record<string, JsonValue> = {};
  for (const [name, value] of Object.entries(object)) {
    if (problems.isFull) break;
    if (SPECIAL_NAMES.has(name)) problems.at([...path, name], 'unknown field');
    else if (value !== undefined) taken[name] = take(value, [...path, name], problems);
  }
  return taken;
}

function isObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
