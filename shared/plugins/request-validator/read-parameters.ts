/** Parameters of a request-validator's config as parameters.ts checks them: with compiled schemas, and the shape that those ask for. */
import { compileJsonSchema, readSchema, type CompileOptions } from './json-schema.ts';
import type { Parameter, Shape, Style } from './parameters.ts';

/** One of `parameter_schema`. */
export interface ParameterConfig {
  readonly in: Parameter['place'];
  readonly name: string;
  readonly required: boolean;
  readonly style: Style | null;
  readonly explode: boolean | null;
  readonly schema: string | null;
}

export type ReadParameter = { readonly kind: 'parameter'; readonly parameter: Parameter } | { readonly kind: 'wrong'; readonly problem: string };

const ONE: Shape = { kind: 'one', names: [] };
const MAX_HOPS = 10;

export function readParameter(config: ParameterConfig, options: Omit<CompileOptions, 'coerces'>): ReadParameter {
  const style = config.style ?? (config.in === 'query' ? 'form' : 'simple');
  const common = { place: config.in, name: config.in === 'header' ? config.name.toLowerCase() : config.name, isRequired: config.required, style, explodes: config.explode ?? style === 'form' };
  if (config.schema === null) return { kind: 'parameter', parameter: { ...common, shape: ONE, validate: undefined } };
  const [read, compiled] = [readSchema(config.schema), compileJsonSchema(config.schema, { ...options, coerces: true })];
  if (read.kind === 'wrong') return read;
  return compiled.kind === 'wrong' ? compiled : { kind: 'parameter', parameter: { ...common, shape: shapeOf(read.value), validate: compiled.validate } };
}

function shapeOf(root: object): Shape {
  const schema = followed(root);
  const types = [member(schema, 'type')].flat();
  if (types.includes('array')) return { kind: 'list', names: [] };
  return types.includes('object') ? { kind: 'record', names: Object.keys(Object(member(schema, 'properties') ?? {})) } : ONE;
}

/** What a chain of references within the schema leads to. */
function followed(root: object): unknown {
  let schema: unknown = root;
  for (let hop = 0; hop < MAX_HOPS; hop += 1) {
    const reference = member(schema, '$ref');
    if (typeof reference !== 'string' || !reference.startsWith('#')) return schema;
    schema = reference.slice(1).split('/').slice(1).reduce<unknown>((inner, name) => member(inner, name.replaceAll('~1', '/').replaceAll('~0', '~')), root);
  }
  return schema;
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined;
}
