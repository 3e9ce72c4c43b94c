/**
 * Checks JSON values against field definitions and fills in defaults: the core of parse-entity, for entities and
 * plugin configs alike. Messages are Kong's. A value that is wrong adds a problem and becomes undefined.
 */
import { canonicalJson } from './canonical-json.ts';
import type {
  ArrayType, Field, FieldType, IntegerType, JsonObject, JsonValue, MapType, NumberType, ReferenceType, SetType, StringType,
} from './definition.ts';
import { isJsonObject } from './entity-checks.ts';
import { didYouMean } from '../nearest.ts';
import { isUuid } from './ids.ts';
import { joinPath, ProblemList } from './problems.ts';
import { HIDDEN } from './secret-fields.ts';
import { looksLikeReference, parseVaultReference, REFERENCE_START } from '../vaults/vault-reference.ts';

/** What parsing needs besides the definition. */
export interface FieldContext {
  readonly problems: ProblemList;
  /** Makes a value for fields with `auto: 'random-key'`. */
  readonly newKey: () => string;
  /** Checks the `config` of a plugin entity; undefined after adding a problem. */
  readonly parsePluginConfig: (value: JsonValue, path: string) => JsonValue | undefined;
  /** Text may be a `{vault://…}` reference: of the field at hand, set here. */
  readonly referenceable?: boolean;
  /** References were replaced by what they stand for: at a data plane. */
  readonly resolved?: boolean;
}

/** Every field of the definition with its value, default or null. Fields with problems are absent from the result. */
export function parseFields(fields: readonly Field[], input: JsonObject, path: string, context: FieldContext): JsonObject {
  const parsed: Record<string, JsonValue> = {};
  for (const field of fields) {
    const value = parseField(field, input[field.name], joinPath(path, field.name), context);
    if (value !== undefined) parsed[field.name] = value;
  }
  return parsed;
}

/** Adds a problem for each name that no field has. */
export function refuseUnknownFields(input: JsonObject, known: readonly string[], path: string, problems: ProblemList): void {
  for (const name of Object.keys(input)) {
    if (problems.isFull) return;
    if (!known.includes(name)) problems.add(joinPath(path, name), `unknown field${didYouMean(name, known)}`);
  }
}

function parseField(field: Field, given: JsonValue | undefined, path: string, context: FieldContext): JsonValue | undefined {
  const keepsNull = given === null && field.nullable === true && field.required !== true;
  if (keepsNull) return null;
  const value = given ?? field.default ?? (field.auto === 'random-key' ? context.newKey() : null);
  if (field.secret !== undefined && field.referenceable !== true && looksLikeReference(value)) return wrong(context, path, 'this secret can not be a vault reference: data planes know its digest only, which is made here; give the value');
  if (value !== null) return field.secret === undefined ? parseValue(field.type, value, path, contextOf(field, context)) : parseSecret(field, value, path, contextOf(field, context));
  if (field.required !== true) return null;
  context.problems.add(path, 'required field missing');
  return undefined;
}

function contextOf(field: Field, context: FieldContext): FieldContext {
  const referenceable = field.referenceable === true;
  return referenceable === (context.referenceable === true) ? context : { ...context, referenceable };
}

/** A text that is shorter says nothing when it turns up in a sentence. */
const SHORTEST_SECRET = 4;

/** What a rule says of a secret must not hold it (T2). */
function parseSecret(field: Field, value: JsonValue, path: string, context: FieldContext): JsonValue | undefined {
  const texts = Array.isArray(value) ? value : [value];
  if (context.resolved !== true && texts.includes(HIDDEN)) return wrong(context, path, `'${HIDDEN}' is what is shown in the place of a secret: give the secret itself; leave it out of a PATCH to keep the one that is there`);
  const problems = new ProblemList();
  const parsed = parseValue(field.type, value, path, { ...context, problems });
  const tells = (message: string): boolean => texts.some((text: JsonValue) => typeof text === 'string' && text.length >= SHORTEST_SECRET && message.includes(text));
  for (const { field: at, message } of problems.problems) context.problems.add(at, tells(message) ? 'is not valid' : message);
  return parsed;
}

/** The value in its normal form, or undefined after adding at least one problem. */
export function parseValue(type: FieldType, value: JsonValue, path: string, context: FieldContext): JsonValue | undefined {
  switch (type.kind) {
    case 'string':
      return parseString(type, value, path, context);
    case 'integer':
    case 'number':
      return parseNumber(type, value, path, context);
    case 'boolean':
      return typeof value === 'boolean' ? value : wrongKind(context, path, 'a boolean', value);
    case 'array':
      return Array.isArray(value) ? parseList(type, value, path, context) : wrongKind(context, path, 'an array', value);
    case 'set':
      return Array.isArray(value) ? parseSet(type, value, path, context) : wrongKind(context, path, 'a set', value);
    case 'map':
      return isJsonObject(value) ? parseMap(type, value, path, context) : wrongKind(context, path, 'a map', value);
    case 'record':
      return isJsonObject(value) ? parseRecord(type.fields, value, path, context) : wrongKind(context, path, 'a record', value);
    case 'reference':
      return parseReference(type, value, path, context);
    case 'plugin-config':
      return context.parsePluginConfig(value, path);
    case 'unavailable':
      return wrong(context, path, `value must be null (${type.message})`);
  }
}

function wrong(context: FieldContext, path: string, message: string): undefined {
  context.problems.add(path, message);
  return undefined;
}

/** Adds a problem. The kind of a wrong value helps; the value itself might be a secret. */
export function wrongKind(context: FieldContext, path: string, expected: string, value: JsonValue): undefined {
  return wrong(context, path, `expected ${expected}, not ${kindOf(value)}`);
}

function kindOf(value: JsonValue): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'a record' : `a ${typeof value}`;
}

function parseString(type: StringType, value: JsonValue, path: string, context: FieldContext): string | undefined {
  if (typeof value !== 'string') return wrongKind(context, path, 'a string', value);
  // What it stands for is held against the rules where it is looked up (data-plane/vaults).
  if (context.referenceable === true && looksLikeReference(value)) return parseReferenceText(value, path, context);
  if (type.referenceOnly === true && context.resolved !== true) return wrong(context, path, `must be a reference to a vault, such as ${REFERENCE_START}env/secret-password}: written here the value would stand in every release`);
  if (type.oneOf !== undefined && !type.oneOf.includes(value)) {
    return wrong(context, path, `expected one of: ${type.oneOf.join(', ')}${didYouMean(value, type.oneOf)}`);
  }
  const minLength = type.minLength ?? 1;
  if (value.length < minLength) return wrong(context, path, `length must be at least ${minLength}`);
  if (type.maxLength !== undefined && value.length > type.maxLength) return wrong(context, path, `length must be at most ${type.maxLength}`);
  for (const rule of type.rules ?? []) {
    const problem = rule.check(value);
    if (problem !== undefined) return wrong(context, path, problem);
  }
  return value;
}

function parseReferenceText(text: string, path: string, context: FieldContext): string | undefined {
  const reference = parseVaultReference(text);
  return typeof reference === 'string' ? wrong(context, path, reference) : text;
}

function parseNumber(type: IntegerType | NumberType, value: JsonValue, path: string, context: FieldContext): number | undefined {
  if (typeof value !== 'number') return wrongKind(context, path, type.kind === 'integer' ? 'an integer' : 'a number', value);
  if (type.kind === 'integer' && !Number.isInteger(value)) return wrong(context, path, 'expected an integer, not a fraction');
  if (type.kind === 'integer' && type.oneOf !== undefined && !type.oneOf.includes(value)) {
    return wrong(context, path, `expected one of: ${type.oneOf.join(', ')}`);
  }
  const [low, high] = type.between ?? (type.kind === 'integer' ? [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER] : [-Infinity, Infinity]);
  if (value < low || value > high) return wrong(context, path, `value should be between ${low} and ${high}`);
  // Negative zero would come back as zero from JSON: one value, one form.
  return value === 0 ? 0 : value;
}

function parseList(type: ArrayType | SetType, values: readonly JsonValue[], path: string, context: FieldContext): JsonValue | undefined {
  const minLength = type.minLength ?? 0;
  if (values.length < minLength) return wrong(context, path, `length must be at least ${minLength}`);
  const parsed: JsonValue[] = [];
  for (const [index, value] of values.entries()) {
    if (context.problems.isFull) return undefined;
    const element = parseValue(type.of, value, joinPath(path, index + 1), context);
    if (element !== undefined) parsed.push(element);
  }
  return parsed.length === values.length ? parsed : undefined;
}

function parseSet(type: SetType, values: readonly JsonValue[], path: string, context: FieldContext): JsonValue | undefined {
  const parsed = parseList(type, values, path, context);
  if (!Array.isArray(parsed)) return undefined;
  const seen = new Set<string>();
  for (const [index, value] of parsed.entries()) {
    const key = canonicalJson(value);
    if (seen.has(key)) return wrong(context, joinPath(path, index + 1), `values must be distinct: ${key} appears twice`);
    seen.add(key);
  }
  const subsets = type.mutuallyExclusiveSubsets;
  if (subsets === undefined) return parsed;
  const touched = subsets.filter((subset) => parsed.some((value: JsonValue) => typeof value === 'string' && subset.includes(value)));
  if (touched.length <= 1) return parsed;
  return wrong(context, path, `these sets are mutually exclusive: ${touched.map((subset) => `(${subset.map((value) => `'${value}'`).join(', ')})`).join(', ')}`);
}

function parseMap(type: MapType, map: JsonObject, path: string, context: FieldContext): JsonObject | undefined {
  const parsed: Record<string, JsonValue> = {};
  const entries = Object.entries(map);
  const ofKeys = { ...context, referenceable: false };
  for (const [name, value] of entries) {
    if (context.problems.isFull) return undefined;
    const at = joinPath(path, name);
    if (parseString(type.keys, name, at, ofKeys) === undefined) continue;
    const taken = parseValue(type.values, value, at, context);
    if (taken !== undefined) parsed[name] = taken;
  }
  return Object.keys(parsed).length === entries.length ? parsed : undefined;
}

function parseRecord(fields: readonly Field[], value: JsonObject, path: string, context: FieldContext): JsonObject | undefined {
  const before = context.problems.problems.length;
  refuseUnknownFields(value, fields.map((field) => field.name), path, context.problems);
  const parsed = parseFields(fields, value, path, context);
  return context.problems.problems.length === before ? parsed : undefined;
}

function parseReference(type: ReferenceType, value: JsonValue, path: string, context: FieldContext): JsonValue | undefined {
  if (type.bare === true) return typeof value === 'string' && isUuid(value.toLowerCase()) ? value.toLowerCase() : wrong(context, path, `expected the id of one of the ${type.to}`);
  if (!isJsonObject(value)) return wrong(context, path, `expected a record, not ${kindOf(value)}: { "id": "<id of one of the ${type.to}>" }`);
  refuseUnknownFields(value, ['id'], path, context.problems);
  const id = value['id'];
  if (id === undefined || id === null) return wrong(context, joinPath(path, 'id'), 'missing primary key');
  if (typeof id !== 'string' || !isUuid(id.toLowerCase())) return wrong(context, joinPath(path, 'id'), 'expected a valid UUID');
  return { id: id.toLowerCase() };
}
