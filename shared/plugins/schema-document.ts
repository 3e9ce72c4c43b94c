/**
 * The schema of a custom plugin as JSON: how it is registered at the control plane, which has no code of it. Rules that are
 * functions (`checks`, `rules` of text) do not travel; data planes hold to them when they make the plugin. Written by
 * `holdfast plugin register`, read by `POST /v1/plugins` and from the store.
 */
import { assert } from '../assert.ts';
import type { Field, FieldType, JsonObject, JsonValue } from '../model/definition.ts';
import { isJsonObject } from '../model/entity-checks.ts';
import { parseFields, refuseUnknownFields } from '../model/parse-fields.ts';
import { joinPath, ProblemList } from '../model/problems.ts';
import type { PluginProtocol, PluginSchema, PluginScope } from './contract.ts';

/** Fields of a config, with those of records in it. */
const MAX_FIELDS = 500;
const MAX_DEPTH = 6;
const NAME = /^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/;
const FIELD_NAME = /^[A-Za-z][A-Za-z0-9_-]{0,99}$/;
/** Of semantic versioning 2.0, without build metadata, which does not order. */
const VERSION = /^(?:0|[1-9]\d{0,8})\.(?:0|[1-9]\d{0,8})\.(?:0|[1-9]\d{0,8})(?:-[0-9A-Za-z.-]{1,64})?$/;
const SCOPES = ['global', 'service', 'route', 'consumer', 'consumer_group'] as const satisfies readonly PluginScope[];
const PROTOCOLS = ['http', 'https', 'grpc', 'grpcs', 'ws', 'wss', 'tcp', 'tls', 'tls_passthrough'] as const satisfies readonly PluginProtocol[];

const nameRule = { name: 'plugin-name', check: (text: string) => (NAME.test(text) ? undefined : 'lower-case letters, digits and hyphens are allowed, 64 at most') };
const versionRule = { name: 'semantic-version', check: (text: string) => (VERSION.test(text) ? undefined : 'a semantic version is expected, such as 1.4.0') };
const fieldNameRule = { name: 'field-name', check: (text: string) => (FIELD_NAME.test(text) && !(text in Object.prototype) ? undefined : 'a letter, then letters, digits, _ and -; and none of those that every object has, such as constructor') };

/** What of a schema is plain: `config` is read by parseConfigFields. */
const SCHEMA = [
  { name: 'name', tag: 1, type: { kind: 'string', rules: [nameRule] }, required: true, description: 'Name of the plugin.' },
  { name: 'version', tag: 2, type: { kind: 'string', rules: [versionRule] }, required: true, description: 'Semantic version.' },
  { name: 'priority', tag: 3, type: { kind: 'number', between: [-1_000_000_000, 1_000_000_000] }, required: true, description: 'Higher runs earlier.' },
  { name: 'scopes', tag: 4, type: { kind: 'set', minLength: 1, of: { kind: 'string', oneOf: SCOPES } }, required: true, description: 'Where it may be applied.' },
  { name: 'protocols', tag: 5, type: { kind: 'set', minLength: 1, of: { kind: 'string', oneOf: PROTOCOLS } }, required: true, description: 'For which protocols.' },
  { name: 'description', tag: 6, type: { kind: 'string', maxLength: 2_000 }, required: true, description: 'What it does.' },
] as const satisfies readonly Field[];

const FIELD = [
  { name: 'name', tag: 1, type: { kind: 'string', rules: [fieldNameRule] }, required: true, description: 'Name.' },
  { name: 'tag', tag: 2, type: { kind: 'integer', between: [1, 100_000] }, required: true, description: 'Number, unique in its record.' },
  { name: 'description', tag: 3, type: { kind: 'string', maxLength: 2_000 }, required: true, description: 'Meaning.' },
  { name: 'required', tag: 4, type: { kind: 'boolean' }, description: 'Must be given.' },
  { name: 'nullable', tag: 5, type: { kind: 'boolean' }, description: 'Null stays null.' },
  { name: 'secret', tag: 6, type: { kind: 'string', oneOf: ['sealed'] }, description: 'Encrypted wherever it is kept.' },
  { name: 'referenceable', tag: 7, type: { kind: 'boolean' }, description: 'May be a vault reference.' },
] as const satisfies readonly Field[];

const LENGTH = { kind: 'integer', between: [0, 2 ** 30] } as const;
const TYPE_FIELDS = {
  string: [
    { name: 'oneOf', tag: 1, type: { kind: 'array', minLength: 1, of: { kind: 'string' } }, description: 'The only values.' },
    { name: 'minLength', tag: 2, type: LENGTH, description: 'Characters.' },
    { name: 'maxLength', tag: 3, type: LENGTH, description: 'Characters.' },
  ],
  integer: [
    { name: 'between', tag: 1, type: { kind: 'array', of: { kind: 'integer' } }, description: 'Least and most.' },
    { name: 'oneOf', tag: 2, type: { kind: 'array', minLength: 1, of: { kind: 'integer' } }, description: 'The only values.' },
  ],
  number: [{ name: 'between', tag: 1, type: { kind: 'array', of: { kind: 'number' } }, description: 'Least and most.' }],
  boolean: [],
  array: [{ name: 'minLength', tag: 1, type: LENGTH, description: 'Elements.' }],
  set: [{ name: 'minLength', tag: 1, type: LENGTH, description: 'Elements.' }],
  map: [],
  record: [],
} as const satisfies Readonly<Record<string, readonly Field[]>>;
type TypeKind = keyof typeof TYPE_FIELDS;

/** What holds another type, and the name under which. */
const INNER: Readonly<Partial<Record<TypeKind, string>>> = { array: 'of', set: 'of', map: 'values', record: 'fields' };

export interface SchemaDocument {
  readonly document: JsonObject;
  /** Rules that did not travel: the control plane takes what breaks them, and data planes then isolate the plugin. */
  readonly leftOut: readonly string[];
}

/** The schema as it is registered. */
export function toSchemaDocument(schema: PluginSchema): SchemaDocument {
  const leftOut: string[] = (schema.checks ?? []).map(({ description }) => description);
  const { checks: _, ...rest } = schema;
  const document: unknown = JSON.parse(JSON.stringify(rest, (key, value: unknown) => {
    if (key !== 'rules' || !Array.isArray(value)) return value;
    for (const rule of value) if (isNamed(rule)) leftOut.push(rule.name);
    return undefined;
  }));
  assert(isDocument(document), 'what was written from a record is a record');
  return { document, leftOut };
}

function isDocument(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isNamed(value: unknown): value is { readonly name: string } {
  return typeof value === 'object' && value !== null && 'name' in value && typeof value.name === 'string';
}

export type ReadSchema =
  | { readonly kind: 'schema'; readonly schema: PluginSchema }
  | { readonly kind: 'refused'; readonly problems: ProblemList['problems'] };

/** Reads a document; every problem is named by its place in it, below `path`. */
export function readSchemaDocument(document: JsonObject, path = 'schema'): ReadSchema {
  const reader = new DocumentReader();
  const schema = reader.schema(document, path);
  return reader.problems.problems.length > 0 || schema === undefined ? { kind: 'refused', problems: reader.problems.problems } : { kind: 'schema', schema };
}

class DocumentReader {
  readonly problems = new ProblemList();
  readonly #context = { problems: this.problems, newKey: () => '', parsePluginConfig: () => undefined };
  #fields = 0;
  /** In lists and maps of records: secrets are looked for in records alone (model/config-secrets.ts). */
  #inList = false;

  schema(document: JsonObject, path: string): PluginSchema | undefined {
    refuseUnknownFields(document, [...SCHEMA.map(({ name }) => name), 'config'], path, this.problems);
    const plain = parseFields(SCHEMA, document, path, this.#context);
    const config = this.#fieldsAt(document['config'] ?? [], joinPath(path, 'config'), 0);
    if (config === undefined || this.problems.problems.length > 0) return undefined;
    // The door: each of these was just checked against SCHEMA.
    return { ...(plain as unknown as Omit<PluginSchema, 'config'>), config };
  }

  #fieldsAt(given: JsonValue, path: string, depth: number): readonly Field[] | undefined {
    if (!Array.isArray(given)) return this.#wrong(path, 'expected an array');
    if (depth > MAX_DEPTH) return this.#wrong(path, `records may be ${MAX_DEPTH} deep`);
    const seen = new Set<JsonValue | undefined>();
    const fields: Field[] = [];
    for (const [index, field] of given.entries()) {
      const at = joinPath(path, index + 1);
      if ((this.#fields += 1) > MAX_FIELDS) return this.#wrong(path, `a config may have ${MAX_FIELDS} fields`);
      const read = isJsonObject(field) ? this.#field(field, at, depth) : this.#wrong(at, 'expected a record');
      if (read === undefined) continue;
      for (const unique of [read.name, read.tag]) {
        if (seen.has(unique)) this.problems.add(at, `${JSON.stringify(unique)} is taken by another field of the record`);
        seen.add(unique);
      }
      fields.push(read);
    }
    return fields;
  }

  #field(given: JsonObject, path: string, depth: number): Field | undefined {
    refuseUnknownFields(given, [...FIELD.map(({ name }) => name), 'type', 'default'], path, this.problems);
    const plain = parseFields(FIELD, given, path, this.#context);
    const type = this.#type(given['type'], joinPath(path, 'type'), depth);
    if (type === undefined) return undefined;
    const missing = given['default'] === undefined ? {} : { default: given['default'] };
    const isText = type.kind === 'string' || ((type.kind === 'array' || type.kind === 'set') && type.of.kind === 'string');
    if (typeof plain['secret'] === 'string' && (!isText || given['default'] !== undefined)) this.problems.add(joinPath(path, 'secret'), 'a secret is text or a list of text, without a default');
    if (typeof plain['secret'] === 'string' && this.#inList) this.problems.add(joinPath(path, 'secret'), 'a secret in a list or map of records could not be sealed: put it into the config, or into a record of it');
    if (givesSecret(type, given['default'])) this.problems.add(joinPath(path, 'default'), 'a secret has no default');
    const mayRefer = isText || (type.kind === 'map' && type.values.kind === 'string');
    if (plain['referenceable'] === true && !mayRefer) this.problems.add(joinPath(path, 'referenceable'), 'a reference stands for text, or in a list or map of text');
    const set = Object.fromEntries(Object.entries(plain).filter(([, value]) => value !== null));
    // The door: each of these was just checked against FIELD.
    const field = { ...set, ...missing, type } as unknown as Field;
    if (given['default'] !== undefined) parseFields([field], {}, path, this.#context);
    return field;
  }

  #type(given: JsonValue | undefined, path: string, depth: number): FieldType | undefined {
    if (given === undefined || !isJsonObject(given)) return this.#wrong(path, 'expected a record with a `kind`');
    const kind = kindOf(given['kind']);
    if (kind === undefined) return this.#wrong(joinPath(path, 'kind'), `expected one of: ${Object.keys(TYPE_FIELDS).join(', ')}`);
    const inner = INNER[kind];
    refuseUnknownFields(given, ['kind', ...TYPE_FIELDS[kind].map(({ name }) => name), ...(inner === undefined ? [] : [inner]), ...(kind === 'map' ? ['keys'] : [])], path, this.problems);
    const plain = Object.fromEntries(Object.entries(parseFields(TYPE_FIELDS[kind], given, path, this.#context)).filter(([, value]) => value !== null));
    const { between } = plain;
    if (Array.isArray(between) && (between.length !== 2 || !between.every(Number.isFinite) || Number(between[0]) > Number(between[1]))) return this.#wrong(joinPath(path, 'between'), 'expected the least and the most');
    const [least, most] = [plain['minLength'], plain['maxLength']];
    if (typeof least === 'number' && typeof most === 'number' && least > most) return this.#wrong(joinPath(path, 'minLength'), 'no text is that long: it is more than maxLength');
    if (inner === undefined) return { kind, ...plain } as FieldType;
    const at = joinPath(path, inner);
    if (kind === 'record') {
      const fields = this.#fieldsAt(given[inner] ?? null, at, depth + 1);
      return fields === undefined ? undefined : { kind, fields };
    }
    const wasInList = this.#inList;
    this.#inList = true;
    const type = depth >= MAX_DEPTH ? this.#wrong(at, `types may be ${MAX_DEPTH} deep`) : this.#type(given[inner], at, depth + 1);
    this.#inList = wasInList;
    if (type === undefined) return undefined;
    if (kind !== 'map') return { kind, of: type, ...plain };
    const keys = this.#type(given['keys'] ?? { kind: 'string' }, joinPath(path, 'keys'), depth + 1);
    return keys?.kind === 'string' ? { kind, keys, values: type } : this.#wrong(joinPath(path, 'keys'), 'keys are text');
  }

  #wrong(path: string, message: string): undefined {
    this.problems.add(path, message);
    return undefined;
  }
}

/** Whether a default says something where a record has a secret. */
function givesSecret(type: FieldType, value: JsonValue | undefined): boolean {
  if (type.kind !== 'record' || value === undefined || !isJsonObject(value)) return false;
  return type.fields.some((field) => (value[field.name] ?? null) !== null && (field.secret !== undefined || givesSecret(field.type, value[field.name])));
}

function kindOf(value: JsonValue | undefined): TypeKind | undefined {
  return (Object.keys(TYPE_FIELDS) as TypeKind[]).find((kind) => kind === value);
}

/** Semantic versions in order: negative where `a` comes before `b`. A pre-release comes before its release. */
export function compareSemanticVersions(a: string, b: string): number {
  const [coreA, preA] = splitOnce(a);
  const [coreB, preB] = splitOnce(b);
  const [numbersA, numbersB] = [coreA.split('.').map(Number), coreB.split('.').map(Number)];
  for (const index of [0, 1, 2]) {
    const difference = (numbersA[index] ?? 0) - (numbersB[index] ?? 0);
    if (difference !== 0) return difference;
  }
  if (preA === undefined || preB === undefined) return Number(preA === undefined) - Number(preB === undefined);
  return preA === preB ? 0 : comparePreReleases(preA.split('.'), preB.split('.'));
}

/** §11.4 of semantic versioning: numbers by value and before words, fewer parts before more. */
function comparePreReleases(a: readonly string[], b: readonly string[]): number {
  for (const [index, part] of a.entries()) {
    const other = b[index];
    if (other === undefined) return 1;
    if (part === other) continue;
    const [number, otherNumber] = [/^\d+$/.test(part), /^\d+$/.test(other)];
    if (number && otherNumber) return Number(part) - Number(other);
    if (number !== otherNumber) return number ? -1 : 1;
    return part < other ? -1 : 1;
  }
  return a.length < b.length ? -1 : 0;
}

function splitOnce(version: string): readonly [string, string | undefined] {
  const dash = version.indexOf('-');
  return dash === -1 ? [version, undefined] : [version.slice(0, dash), version.slice(dash + 1)];
}
