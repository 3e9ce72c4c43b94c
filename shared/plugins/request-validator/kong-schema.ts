/**
 * Kong's own schema language for bodies: a list of fields, each with a type and rules. Compiled once into checks that walk a value;
 * what is not in the schema is refused. Messages are Kong's. Used where `version` is `kong`.
 */
import { RE2JS } from 're2js';
import { readSchema, withinBounds, type CompiledSchema } from './json-schema.ts';
import { luaPatternToRe2 } from './lua-pattern.ts';

/** What is wrong, and where: a path of field names, '' for the value itself. */
interface Violation {
  readonly text: string;
  readonly path: string;
}

type Check = (value: unknown) => Violation | undefined;
/** A rule on one value. */
type Rule = (value: unknown) => string | undefined;
type Spec = ReadonlyMap<string, unknown>;

/** What is wrong with the schema itself. */
class SchemaError extends Error {}

const TYPES = ['string', 'number', 'integer', 'boolean', 'array', 'set', 'map', 'record', 'any', 'json'];
/** Attributes that say nothing about what is valid. */
const SILENT = ['default', 'description', 'nilable', 'encrypted', 'referenceable', 'legacy', 'unique'];
const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/** `[{"name": {"type": "string", "required": true}}, …]` */
export function compileKongSchema(text: string): CompiledSchema {
  const schema = readSchema(text);
  if (schema.kind === 'wrong') return schema;
  try {
    const check = recordCheck(schema.value);
    return {
      kind: 'compiled',
      validate: withinBounds((value) => {
        const violation = check(value);
        if (violation === undefined) return undefined;
        return violation.path === '' ? violation.text : `${violation.text}: ${violation.path}`;
      }),
    };
  } catch (thrown) {
    if (thrown instanceof SchemaError) return { kind: 'wrong', problem: thrown.message };
    throw thrown;
  }
}

function recordCheck(fields: unknown): Check {
  if (!Array.isArray(fields)) throw new SchemaError('is a list of fields, such as [{"name": {"type": "string", "required": true}}]');
  const checks = new Map<string, { readonly check: Check; readonly isRequired: boolean }>();
  for (const field of fields) {
    const [[name, spec] = ['', undefined], ...more] = isObject(field) ? Object.entries(field) : [];
    if (name === '' || more.length > 0 || !isObject(spec)) throw new SchemaError('each field is an object with one member: its name');
    const attributes: Spec = new Map(Object.entries(spec));
    checks.set(name, { check: fieldCheck(name, attributes), isRequired: attributes.get('required') === true });
  }
  return (value) => {
    if (!isObject(value)) return { text: 'expected a record', path: '' };
    for (const [name, { check, isRequired }] of checks) {
      const given = Object.hasOwn(value, name) ? value[name] : undefined;
      if (given === undefined || given === null) {
        if (isRequired) return { text: 'required field missing', path: name };
        continue;
      }
      const violation = check(given);
      if (violation !== undefined) return { text: violation.text, path: violation.path === '' ? name : `${name}.${violation.path}` };
    }
    for (const name of Object.keys(value)) if (!checks.has(name)) return { text: 'unknown field', path: name.slice(0, 100) };
    return undefined;
  };
}

/** Type first, then the rules, in no particular order. */
function fieldCheck(name: string, spec: Spec): Check {
  const ofType = typeCheck(name, spec);
  const rules: Rule[] = [];
  for (const [attribute, setting] of spec) {
    if (attribute === 'type' || attribute === 'required' || attribute === 'elements' || attribute === 'keys' || attribute === 'values' || attribute === 'fields' || SILENT.includes(attribute)) continue;
    const makeRule = RULES.get(attribute);
    if (makeRule === undefined) throw new SchemaError(`field '${name}': attribute '${attribute}' is not known`);
    rules.push(makeRule(setting, (expected) => new SchemaError(`field '${name}': '${attribute}' takes ${expected}`)));
  }
  // As in Kong, an empty text is no value unless it is said that it may be.
  if (spec.get('type') === 'string' && !spec.has('len_min') && !spec.has('len_eq')) rules.push((value) => (value === '' ? 'length must be at least 1' : undefined));
  return (value) => {
    const violation = ofType(value);
    if (violation !== undefined) return violation;
    const text = firstOf(rules, (rule) => rule(value));
    return text === undefined ? undefined : { text, path: '' };
  };
}

function typeCheck(name: string, spec: Spec): Check {
  const type = spec.get('type');
  switch (type) {
    case 'string':
      return (value) => (typeof value === 'string' ? undefined : expected('a string'));
    case 'number':
      return (value) => (typeof value === 'number' && Number.isFinite(value) ? undefined : expected('a number'));
    case 'integer':
      return (value) => (Number.isInteger(value) ? undefined : expected('an integer'));
    case 'boolean':
      return (value) => (typeof value === 'boolean' ? undefined : expected('a boolean'));
    case 'any':
    case 'json':
      return () => undefined;
    case 'record':
      return recordCheck(spec.get('fields'));
    case 'map': {
      const [keys, values] = [innerCheck(name, 'keys', spec), innerCheck(name, 'values', spec)];
      return (value) => (isObject(value) ? firstOf(Object.entries(value), ([key, inner]) => keys(key) ?? values(inner)) : expected('a map'));
    }
    case 'array':
    case 'set': {
      const elements = innerCheck(name, 'elements', spec);
      return (value) => {
        if (!Array.isArray(value)) return expected(type === 'array' ? 'an array' : 'a set');
        if (type === 'set' && new Set(value.map((item: unknown) => JSON.stringify(item))).size !== value.length) return { text: 'values must be distinct', path: '' };
        return firstOf(value, elements);
      };
    }
    default:
      throw new SchemaError(`field '${name}': type is one of ${TYPES.join(', ')}`);
  }
}

function expected(type: string): Violation {
  return { text: `expected ${type}`, path: '' };
}

/** Where nothing is said about what is inside, anything may be. */
function innerCheck(name: string, attribute: string, spec: Spec): Check {
  const inner = spec.get(attribute);
  if (inner === undefined) return () => undefined;
  if (!isObject(inner)) throw new SchemaError(`field '${name}': '${attribute}' takes a field`);
  return fieldCheck(name, new Map(Object.entries(inner)));
}

function firstOf<Item, Found>(items: readonly Item[], find: (item: Item) => Found | undefined): Found | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Makes the rule of an attribute from its setting. */
type MakeRule = (setting: unknown, wants: (expected: string) => SchemaError) => Rule;

const RULES: ReadonlyMap<string, MakeRule> = new Map<string, MakeRule>([
  ['one_of', (setting, wants) => listRule(setting, wants, (list) => (value) => (list.includes(value) ? undefined : `expected one of ${list.join(', ')}`))],
  ['not_one_of', (setting, wants) => listRule(setting, wants, (list) => (value) => (list.includes(value) ? `must not be one of ${list.join(', ')}` : undefined))],
  ['eq', (setting) => (value) => (value === setting ? undefined : `value must be ${String(setting)}`)],
  ['ne', (setting) => (value) => (value === setting ? `value must not be ${String(setting)}` : undefined)],
  ['gt', (setting, wants) => numberRule(setting, wants, (bound) => (value) => (Number(value) > bound ? undefined : `value must be greater than ${bound}`))],
  ['between', (setting, wants) => {
    const [low, high, ...more] = Array.isArray(setting) ? setting : [];
    if (typeof low !== 'number' || typeof high !== 'number' || more.length > 0) throw wants('two numbers');
    return (value) => (Number(value) >= low && Number(value) <= high ? undefined : `value should be between ${low} and ${high}`);
  }],
  ['len_eq', (setting, wants) => numberRule(setting, wants, (length) => (value) => (lengthOf(value) === length ? undefined : `length must be ${length}`))],
  ['len_min', (setting, wants) => numberRule(setting, wants, (length) => (value) => (lengthOf(value) >= length ? undefined : `length must be at least ${length}`))],
  ['len_max', (setting, wants) => numberRule(setting, wants, (length) => (value) => (lengthOf(value) <= length ? undefined : `length must be at most ${length}`))],
  ['match', (setting, wants) => patternRule(setting, wants, true)],
  ['not_match', (setting, wants) => patternRule(setting, wants, false)],
  ['match_all', (setting, wants) => patternList(setting, wants, (checks) => (value) => firstOf(checks, (check) => check(value)))],
  ['match_none', (setting, wants) => patternList(setting, wants, (checks) => (value) => (checks.some((check) => check(value) === undefined) ? `invalid value: ${shown(value)}` : undefined))],
  ['match_any', (setting, wants) => patternList(isObject(setting) ? setting['patterns'] : setting, wants, (checks) => (value) => (checks.some((check) => check(value) === undefined) ? undefined : `invalid value: ${shown(value)}`))],
  ['starts_with', (setting, wants) => {
    if (typeof setting !== 'string') throw wants('text');
    return (value) => (typeof value === 'string' && value.startsWith(setting) ? undefined : `should start with: ${setting}`);
  }],
  ['contains', (setting) => (value) => (Array.isArray(value) && value.includes(setting) ? undefined : `expected to contain: ${String(setting)}`)],
  ['uuid', () => (value) => (typeof value === 'string' && UUID.test(value) ? undefined : 'expected a valid UUID')],
  ['timestamp', () => (value) => (typeof value === 'number' && value > 0 ? undefined : 'expected a valid timestamp')],
]);

function listRule(setting: unknown, wants: (expected: string) => SchemaError, rule: (list: readonly unknown[]) => Rule): Rule {
  if (!Array.isArray(setting)) throw wants('a list');
  return rule(setting);
}

function numberRule(setting: unknown, wants: (expected: string) => SchemaError, rule: (bound: number) => Rule): Rule {
  if (typeof setting !== 'number') throw wants('a number');
  return rule(setting);
}

function patternRule(setting: unknown, wants: (expected: string) => SchemaError, isWanted: boolean): Rule {
  const expression = typeof setting === 'string' && setting.length <= 1_024 ? luaPatternToRe2(setting) : undefined;
  if (expression === undefined) throw wants('a Lua pattern of at most 1,024 characters, without %b, %f and back references');
  const compiled = compile(expression, wants);
  return (value) => ((typeof value === 'string' && compiled.test(value)) === isWanted ? undefined : `invalid value: ${shown(value)}`);
}

function compile(expression: string, wants: (expected: string) => SchemaError): RE2JS {
  try {
    return RE2JS.compile(expression);
  } catch {
    throw wants('a Lua pattern');
  }
}

function patternList(setting: unknown, wants: (expected: string) => SchemaError, rule: (checks: readonly Rule[]) => Rule): Rule {
  if (!Array.isArray(setting)) throw wants('a list of patterns');
  return rule(setting.map((entry: unknown) => patternRule(isObject(entry) ? entry['pattern'] : entry, wants, true)));
}

/** Bytes of a text, as in Lua; elements of a list or map. */
function lengthOf(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  return isObject(value) ? Object.keys(value).length : Array.isArray(value) ? value.length : Number.NaN;
}

function shown(value: unknown): string {
  return String(typeof value === 'string' ? value : JSON.stringify(value)).slice(0, 100);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
