/**
 * The door for declarative contents: text in JSON or YAML in, one JSON object out that is safe to merge. Entities pass the door of
 * every entity later (shared/model/json-door.ts), which also bounds them; here lists may be long, because a gateway is.
 */
import { LineCounter, parseDocument, type YAMLError } from 'yaml';
import type { JsonObject, JsonValue } from '../../shared/model/definition.ts';
import { describeThrown } from '../../shared/errors.ts';
import type { ContentProblems } from './content-problem.ts';
import type { ContentPath } from './file-layout.ts';

/** Of YAML as Kong and its tools read it: `<<: *defaults` lays defaults below (https://yaml.org/type/merge.html). */
export const KONG_YAML = { merge: true } as const;
/** Deeper than any entity in the lists of another. */
const MAX_DEPTH = 40;
/** Reading YAML holds up everybody else: 0.7 s of CPU a megabyte, three where it is dense; JSON costs a fiftieth. */
export const MAX_YAML_LENGTH = 524_288;
const MAX_ALIASES = 1_000;
/** Of what the aliases of a short text may make. What stands in a text without them never comes near. */
const MAX_SIZE = 4_194_304;
/** What a value costs besides its characters, in characters. */
const COST_OF_VALUE = 8;
const SPECIAL_NAMES: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** Undefined after adding at least one problem. */
export function parseContentText(text: string, problems: ContentProblems): JsonObject | undefined {
  const parsed = text.trimStart().startsWith('{') ? parseJson(text, problems) : parseYaml(text, problems);
  return parsed === undefined ? undefined : takeContent(parsed, text.length, problems);
}

/** A fresh copy, with what aliases stand for at each of their places; undefined after adding at least one problem. `length`: of the text. */
export function takeContent(value: unknown, length: number, problems: ContentProblems): JsonObject | undefined {
  if (!isObject(value)) return refuse(problems, 'must hold names with values at its top, such as _format_version and services');
  const before = problems.list.length;
  const taken = new Taking(Math.max(MAX_SIZE, length * COST_OF_VALUE), problems).object(value, []);
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
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, ...KONG_YAML });
  const [error] = document.errors;
  if (error !== undefined) {
    const { line, col } = lines.linePos(error.pos[0]);
    return refuse(problems, `is not valid YAML in line ${line}, column ${col}: ${yamlMessage(error)}`);
  }
  try {
    const value: unknown = document.toJS({ maxAliasCount: MAX_ALIASES });
    return value ?? {};
  } catch (thrown) {
    return refuse(problems, `is not valid YAML: ${describeThrown(thrown)}`);
  }
}

/** What the library says, in words that fit a file. */
export function yamlMessage({ code, message }: YAMLError): string {
  return code === 'MULTIPLE_DOCS' ? 'a second document begins here: a file holds one' : message;
}

function refuse(problems: ContentProblems, message: string): undefined {
  problems.at([], message);
  return undefined;
}

class Taking {
  /** What may still come, in characters. */
  #left: number;
  readonly #problems: ContentProblems;

  constructor(most: number, problems: ContentProblems) {
    this.#left = most;
    this.#problems = problems;
  }

  object(object: object, path: ContentPath): JsonObject {
    const taken: Record<string, JsonValue> = {};
    for (const [name, value] of Object.entries(object)) {
      if (this.#problems.isFull || this.#left < 0) break;
      this.#left -= name.length;
      if (SPECIAL_NAMES.has(name)) this.#problems.at([...path, name], 'unknown field');
      else if (value !== undefined) taken[name] = this.#value(value, [...path, name]);
    }
    return taken;
  }

  #value(value: unknown, path: ContentPath): JsonValue {
    this.#left -= COST_OF_VALUE + (typeof value === 'string' ? value.length : 0);
    if (this.#left < 0) return this.#refuse(path, 'is too large with all that its aliases stand for');
    if (value === null || typeof value === 'boolean') return value;
    if (typeof value === 'string') {
      if (value.includes('\0') || !value.isWellFormed()) this.#problems.at(path, 'holds characters that can not be stored');
      return value;
    }
    if (typeof value === 'number') return Number.isFinite(value) ? value : this.#refuse(path, 'expected a finite number');
    if (path.length >= MAX_DEPTH) return this.#refuse(path, `nested too deeply: at most ${MAX_DEPTH} levels`);
    if (Array.isArray(value)) return this.#list(value, path);
    return isObject(value) ? this.object(value, path) : this.#refuse(path, 'expected text, a number, true, false, null, a list, or names with values');
  }

  #list(list: readonly unknown[], path: ContentPath): JsonValue {
    const taken: JsonValue[] = [];
    for (const [index, item] of list.entries()) {
      if (this.#problems.isFull || this.#left < 0) break;
      taken.push(this.#value(item, [...path, index]));
    }
    return taken;
  }

  #refuse(path: ContentPath, message: string): null {
    this.#problems.at(path, message);
    return null;
  }
}

function isObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
