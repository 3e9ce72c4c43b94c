/**
 * Problems with an input, collected while it is parsed, and the two forms in which Kong tells them: one message and
 * one nested `fields` object.
 */
import type { JsonObject, JsonValue, Problem } from './definition.ts';

/** More than anybody reads; bounds the work that one hostile body can cause (R5). */
const MAX_PROBLEMS = 50;
/** Some messages repeat the value. */
const MAX_MESSAGE_LENGTH = 500;

/** Collects problems in the order found; beyond the limit they are dropped. */
export class ProblemList {
  readonly #problems: Problem[] = [];

  get problems(): readonly Problem[] {
    return this.#problems;
  }

  get isFull(): boolean {
    return this.#problems.length >= MAX_PROBLEMS;
  }

  add(field: string, message: string): void {
    if (this.isFull) return;
    this.#problems.push({ field, message: message.length <= MAX_MESSAGE_LENGTH ? message : `${message.slice(0, MAX_MESSAGE_LENGTH).toWellFormed()}…` });
  }
}

/** A path one step deeper: `config` and `minute` give `config.minute`; the empty path is the entity itself. */
export function joinPath(path: string, name: string | number): string {
  return path === '' ? String(name) : `${path}.${name}`;
}

/** `schema violation (host: required field missing)` or `2 schema violations (a: …; b: …)`, as Kong words it. */
export function formatSchemaViolation(problems: readonly Problem[]): string {
  const parts = problems.map((problem) => (problem.field === '@entity' ? problem.message : `${problem.field}: ${problem.message}`));
  return `${problems.length === 1 ? 'schema violation' : `${problems.length} schema violations`} (${parts.join('; ')})`;
}

/** The tree under construction: list positions are keys until all are known. */
interface Branch {
  readonly children: Map<string, Branch | string>;
}

/**
 * Kong's `fields`: nested as the input was, lists as arrays with null at the positions that are right, rules over
 * several fields as a list under `@entity`. Where two problems meet at one place the first stays.
 */
export function problemsToFields(problems: readonly Problem[]): JsonObject {
  const root: Branch = { children: new Map() };
  const entityMessages: string[] = [];
  for (const { field, message } of problems) {
    if (field === '@entity') entityMessages.push(message);
    else plant(root, field.split('.'), message);
  }
  const fields = toObject(root);
  return entityMessages.length === 0 ? fields : { ...fields, '@entity': entityMessages };
}

function plant(root: Branch, path: readonly string[], message: string): void {
  let branch = root;
  for (const [depth, name] of path.entries()) {
    const existing = branch.children.get(name);
    if (depth === path.length - 1) {
      if (existing === undefined) branch.children.set(name, message);
      return;
    }
    if (typeof existing === 'string') return;
    const next: Branch = existing ?? { children: new Map() };
    branch.children.set(name, next);
    branch = next;
  }
}

function toObject(branch: Branch): JsonObject {
  // From entries, so that a name like __proto__ becomes a property like any other.
  return Object.fromEntries([...branch.children].map(([name, child]) => [name, typeof child === 'string' ? child : toJson(child)]));
}

function toJson(branch: Branch): JsonValue {
  const positions = [...branch.children.keys()].map((name) => (/^[1-9]\d{0,3}$/.test(name) ? Number(name) : Number.NaN));
  if (positions.some(Number.isNaN)) return toObject(branch);
  const list: JsonValue[] = Array.from({ length: Math.max(...positions) }, () => null);
  for (const [name, child] of branch.children) list[Number(name) - 1] = typeof child === 'string' ? child : toJson(child);
  return list;
}
