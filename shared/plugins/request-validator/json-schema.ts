/**
 * JSON Schema for request-validator: ajv, held to linear time. Patterns run on RE2, `uniqueItems` by a set, formats in one pass, and each
 * validation may follow a bounded number of references, so that neither a body nor a schema keeps a proxy thread busy. Nothing is
 * fetched: a reference leads into the schema itself or to a draft's own. The libraries load when the first schema is compiled (S2).
 */
import { createRequire } from 'node:module';
import type { Ajv as AjvDraft7, ErrorObject, Options } from 'ajv';
import { RE2JS } from 're2js';
import { takePatternSteps, type PatternSteps } from '../../plugin-parts/linear-patterns.ts';

export const DRAFTS = ['draft4', 'draft6', 'draft7', 'draft201909', 'draft202012'] as const;
export type Draft = (typeof DRAFTS)[number];

/** Schemas of parameters are JSON Schema whatever the body's language is. */
export function parameterDraft(version: string): Draft {
  return DRAFTS.find((draft) => draft === version) ?? 'draft4';
}

/** Characters: that many take up to 0.2 s to compile, in which a proxy thread does nothing else. */
export const MAX_SCHEMA = 65_536;
const MAX_DEPTH = 64;
/** References that one validation may follow, and characters that it may write to compare values by their texts. */
const MAX_REFERENCES = 100_000;
const MAX_COMPARED = 16_777_216;

/** What a value breaks; undefined where it is valid. */
export type JsonValidator = (value: unknown) => string | undefined;

export type CompiledSchema = { readonly kind: 'compiled'; readonly validate: JsonValidator } | { readonly kind: 'wrong'; readonly problem: string };

export interface CompileOptions {
  readonly draft: Draft;
  /** Holds the schema against its draft's own first: where it is written, not where it is used. */
  readonly checksSchema: boolean;
  /** Text becomes the number or boolean that the schema asks for. */
  readonly coerces: boolean;
  /** What is left to the patterns of all schemas that have the same: those of one plugin, so that it compiles at once. */
  readonly steps: PatternSteps;
}

/** What is left to a validation that runs. */
interface Budget {
  references: number;
  characters: number;
}

type AjvClass = new (options: Options) => Pick<AjvDraft7, 'addKeyword' | 'removeKeyword' | 'addFormat' | 'addMetaSchema' | 'getSchema' | 'validateSchema' | 'errors' | 'errorsText' | 'compile'>;

const load = createRequire(import.meta.url);
const DRAFT6 = 'ajv/dist/refs/json-schema-draft-06.json';
const checkers = new Map<Draft, InstanceType<AjvClass>>();

/** Compiles the text of a schema, or says why it is none. */
export function compileJsonSchema(text: string, options: CompileOptions): CompiledSchema {
  const schema = readSchema(text);
  if (schema.kind === 'wrong') return schema;
  // ajv's own: validations would give promises.
  if (Object.hasOwn(schema.value, '$async')) return wrong("'$async' is no keyword of JSON Schema: leave it out");
  try {
    const problem = options.checksSchema ? schemaProblem(schema.value, options.draft) : undefined;
    if (problem !== undefined) return wrong(problem);
    const budget = { references: 0, characters: 0 };
    const validate = makeAjv(options, budget).compile(withBudget(options.coerces ? wrapped(schema.value, options.draft) : schema.value));
    return {
      kind: 'compiled',
      validate: withinBounds((value) => {
        [budget.references, budget.characters] = [MAX_REFERENCES, MAX_COMPARED];
        const holder = { value };
        const texts = options.coerces ? textsIn(value) : [];
        if (validate(options.coerces ? holder : value) !== true) return describe(validate.errors?.[0], options.coerces);
        return texts.some(([name, text]) => !isJsonFor(text, name === undefined ? holder.value : Reflect.get(Object(holder.value), name))) ? 'must be a number as in JSON' : undefined;
      }),
    };
  } catch (thrown) {
    if (thrown instanceof RangeError && thrown.message.startsWith('Maximum call stack')) return wrong('is too involved to be compiled: make its lists of alternatives, or its chains of references, shorter');
    return wrong(thrown instanceof Error ? thrown.message : 'does not compile');
  }
}

/** A stack that overflows by depth, or the budget: what cannot be judged is not valid. */
export function withinBounds(validate: JsonValidator): JsonValidator {
  return (value) => {
    try {
      return validate(value);
    } catch (thrown) {
      if (thrown instanceof RangeError) return 'is too deep or too involved to be validated';
      throw thrown;
    }
  };
}

/** The parsed text of a schema, within bounds. */
export function readSchema(text: string): { readonly kind: 'schema'; readonly value: object } | { readonly kind: 'wrong'; readonly problem: string } {
  if (text.length > MAX_SCHEMA) return wrong(`may have ${MAX_SCHEMA} characters`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return wrong('is not valid JSON');
  }
  if (typeof value !== 'object' || value === null) return wrong('is not an object or list');
  return isDeeper(value, MAX_DEPTH) ? wrong(`may be ${MAX_DEPTH} levels deep`) : { kind: 'schema', value };
}

function wrong(problem: string): { readonly kind: 'wrong'; readonly problem: string } {
  return { kind: 'wrong', problem };
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isDeeper(inner, levels - 1));
}

function makeAjv(options: CompileOptions, budget: Budget): InstanceType<AjvClass> {
  const ajv = new (ajvOf(options.draft))({
    strict: false, strictNumbers: true, multipleOfPrecision: 9, logger: false, allErrors: false, ownProperties: true, coerceTypes: options.coerces,
    // ajv's optimizing takes three times as long as the rest, and V8 does it again.
    validateSchema: false, unicodeRegExp: true, code: { regExp: linearRegExp(options.steps), optimize: false },
  });
  if (options.draft === 'draft6') ajv.addMetaSchema(load(DRAFT6));
  const addFormats: { readonly default: (to: typeof ajv) => void } = load('ajv-formats');
  addFormats.default(ajv);
  // Of all formats, url takes quadratic time there, and byte takes a text for the sake of any one line.
  ajv.addFormat('url', isUrl);
  ajv.addFormat('byte', isBase64);
  compareByText(ajv, budget);
  ajv.addKeyword({
    keyword: BUDGET, before: '$ref', schema: false, errors: false,
    validate: () => {
      budget.references -= 1;
      if (budget.references < 0) throw new RangeError('too many references');
      return true;
    },
  });
  return ajv;
}

/** In the place of ajv's `uniqueItems` and `enum`, which compare each with each. */
function compareByText(ajv: InstanceType<AjvClass>, budget: Budget): void {
  for (const keyword of ['uniqueItems', 'enum']) ajv.removeKeyword(keyword);
  ajv.addKeyword({ keyword: 'uniqueItems', type: 'array', schemaType: 'boolean', validate: (isOn: boolean, items: readonly unknown[]) => !isOn || areDistinct(items, budget), error: { message: 'must not have equal items' } });
  ajv.addKeyword({
    keyword: 'enum', schemaType: 'array', error: { message: 'must be equal to one of the allowed values' },
    compile: (list: readonly unknown[]) => {
      const known = new Set(list.map((one) => canonical(one, { references: 0, characters: MAX_COMPARED })));
      const hasInner = list.some(isInner);
      return (value: unknown) => (hasInner || !isInner(value)) && known.has(canonical(value, budget));
    },
  });
}

/** What the schema breaks of its draft's own, which is compiled once. */
function schemaProblem(schema: object, draft: Draft): string | undefined {
  let checker = checkers.get(draft);
  if (checker === undefined) {
    checker = new (ajvOf(draft))({ strict: false, logger: false, ...(draft === 'draft6' ? { defaultMeta: 'http://json-schema.org/draft-06/schema#' } : {}) });
    if (draft === 'draft6') checker.addMetaSchema(load(DRAFT6));
    compareByText(checker, { references: 0, characters: Number.POSITIVE_INFINITY });
    checkers.set(draft, checker);
  }
  const named: unknown = Reflect.get(schema, '$schema');
  if (typeof named === 'string' && checker.getSchema(named) === undefined) return `'$schema' names '${named}', which is not ${draft}: make version and $schema the same, or leave $schema out`;
  return checker.validateSchema(schema) === true ? undefined : checker.errorsText(checker.errors, { dataVar: 'schema' });
}

function ajvOf(draft: Draft): AjvClass {
  const modules = { draft4: 'ajv-draft-04', draft6: 'ajv', draft7: 'ajv', draft201909: 'ajv/dist/2019.js', draft202012: 'ajv/dist/2020.js' } as const;
  const { default: Ajv }: { readonly default: AjvClass } = load(modules[draft]);
  return Ajv;
}

/** In the place of `new RegExp`: throws where the pattern is no RE2 expression, or one too many. */
function linearRegExp(steps: PatternSteps): NonNullable<NonNullable<Options['code']>['regExp']> {
  return Object.assign((pattern: string) => {
    takePatternSteps(pattern, steps);
    const compiled = RE2JS.compile(pattern);
    return { test: (text: string) => compiled.test(text) };
  }, { code: 'linearRegExp' });
}

function isUrl(text: string): boolean {
  return /^(?:https?|ftp):\/\/[^/?#]/i.test(text) && !/\s/.test(text) && URL.canParse(text);
}

function isBase64(text: string): boolean {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
}

function areDistinct(items: readonly unknown[], budget: Budget): boolean {
  if (items.length < 2) return true;
  const seen = new Set<string>();
  for (const item of items) seen.add(canonical(item, budget));
  return seen.size === items.length;
}

function isInner(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** Equal values have equal texts. Each level writes what is inside once more, and lists may be compared on each level: that has a bound. */
function canonical(value: unknown, budget: Budget): string {
  const text = !isInner(value)
    ? JSON.stringify(value)
    : Array.isArray(value)
      ? `[${value.map((item: unknown) => canonical(item, budget)).join(',')}]`
      : `{${Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, inner]) => `${JSON.stringify(name)}:${canonical(inner, budget)}`).join(',')}}`;
  budget.characters -= text.length;
  if (budget.characters < 0) throw new RangeError('too much to compare');
  return text;
}

/** The texts of a parameter as they came: ajv writes the numbers that it reads in their places. */
function textsIn(value: unknown): readonly (readonly [name: string | undefined, text: unknown])[] {
  return isInner(value) ? Object.entries(value) : [[undefined, value]];
}

/** JavaScript takes ` 12`, `0x1f` and `Infinity` for numbers, a backend may take them for something else. */
function isJsonFor(text: unknown, read: unknown): boolean {
  return typeof read !== 'number' || (Number.isFinite(read) && /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(String(text)));
}

const BUDGET = 'x-holdfast-reference-budget';
/** Keywords whose values are data. */
const DATA: ReadonlySet<string> = new Set(['const', 'enum', 'default', 'example', 'examples']);
/** Keywords whose values are schemas by name. */
const NAMED: ReadonlySet<string> = new Set(['properties', 'patternProperties', 'definitions', '$defs', 'dependencies', 'dependentSchemas']);
const REFERENCES = ['$ref', '$dynamicRef', '$recursiveRef'];

/** The same schema, in which each reference is counted when it is followed. */
function withBudget(schema: unknown): object {
  if (Array.isArray(schema)) return schema.map((one: unknown) => (typeof one === 'object' && one !== null ? withBudget(one) : one));
  // OpenAPI's `nullable`, which ajv takes for its own, would let null through where JSON Schema does not.
  const entries = Object.entries(Object(schema)).filter(([name]) => name !== 'nullable').map(([name, value]): readonly [string, unknown] => {
    if (typeof value !== 'object' || value === null || DATA.has(name)) return [name, value];
    if (!NAMED.has(name) || Array.isArray(value)) return [name, withBudget(value)];
    return [name, fromEntries(Object.entries(value).map(([key, inner]: readonly [string, unknown]) => [key, typeof inner === 'object' && inner !== null ? withBudget(inner) : inner]))];
  });
  const follows = entries.some(([name, value]) => REFERENCES.includes(name) && typeof value === 'string');
  return fromEntries(follows ? [...entries, [BUDGET, true]] : entries);
}

/** An own member for every name, `__proto__` too. */
function fromEntries(entries: readonly (readonly [string, unknown])[]): object {
  return Object.fromEntries(entries);
}

/** References that start at the root still do: what they lead to is put beside the wrapping. */
function wrapped(schema: object, draft: Draft): object {
  const id = draft === 'draft4' ? 'id' : '$id';
  return { type: 'object', properties: { value: id in schema ? schema : { [id]: 'holdfast:parameter', ...schema } } };
}

/** `property "a" validation failed: …`, outermost first. */
function describe(error: ErrorObject | undefined, isWrapped: boolean): string {
  if (error === undefined) return 'is not valid';
  const path = error.instancePath.split('/').slice(isWrapped ? 2 : 1, 12).map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~').slice(0, 100));
  return path.map((name) => `property "${name}" validation failed: `).join('') + problemOf(error).slice(0, 500);
}

function problemOf({ keyword, params, message }: ErrorObject): string {
  if (keyword === 'required') return `property "${String(params['missingProperty'])}" is required`;
  if (keyword === 'additionalProperties' || keyword === 'unevaluatedProperties') return `additional properties forbidden, found ${String(params['additionalProperty'] ?? params['unevaluatedProperty'])}`;
  return message ?? 'is not valid';
}
