/**
 * Parameters of a request as values: from header lines, query arguments or what the route's path pattern caught, in the styles of
 * OpenAPI 3. A parameter that is one value and comes several times is refused: which of them the backend takes is anybody's guess.
 */
import type { RequestContext } from '../contract.ts';
import type { JsonValidator } from './json-schema.ts';

export interface Parameter {
  readonly place: 'header' | 'path' | 'query';
  readonly name: string;
  readonly isRequired: boolean;
  readonly style: Style;
  readonly explodes: boolean;
  readonly shape: Shape;
  /** Absent where the parameter must only be there. */
  readonly validate: JsonValidator | undefined;
}

export type Style = 'simple' | 'label' | 'matrix' | 'form' | 'spaceDelimited' | 'pipeDelimited' | 'deepObject';

/** What the schema wants, as far as it decides how the text is read. */
export interface Shape {
  readonly kind: 'one' | 'list' | 'record';
  /** Names that the schema of a record has: with style `form` any argument could be a member. */
  readonly names: readonly string[];
}

const MISSING = 'required parameter value not found';
/** Of a list or record in one parameter. */
const MAX_PARTS = 1_000;

/** What is wrong with the parameter in this request; undefined where nothing is. */
export function checkParameter(parameter: Parameter, context: RequestContext): string | undefined {
  const texts = textsOf(parameter, context);
  if (texts === undefined) return parameter.isRequired ? MISSING : undefined;
  if (parameter.validate === undefined) return undefined;
  const isList = parameter.shape.kind === 'list' && (parameter.place === 'header' || parameter.explodes);
  if (texts.length > 1 && !isList && !isSpread(parameter)) return 'parameter is given several times';
  const value = valueOf(parameter, texts);
  return value === undefined ? 'failed to parse parameter value' : parameter.validate(value);
}

/** Members stand apart from each other: `?R=100&G=200`, `?color[R]=100`. */
function isSpread({ place, style, explodes, shape }: Parameter): boolean {
  return place === 'query' && shape.kind === 'record' && (style === 'deepObject' || (style === 'form' && explodes));
}

/** Undefined where the parameter is not there. Of a record that is spread: names and values by turns. */
function textsOf(parameter: Parameter, context: RequestContext): readonly string[] | undefined {
  const { request } = context;
  if (parameter.place === 'path') {
    const captured = context.uriCaptures?.get(parameter.name);
    return captured === undefined ? undefined : [decoded(captured)];
  }
  const values = parameter.place === 'header' ? request.headerValues(parameter.name) : isSpread(parameter) ? membersOf(parameter, request.query) : request.queryValues(parameter.name);
  return values.length === 0 ? undefined : values;
}

function membersOf({ name, style, shape }: Parameter, query: string): readonly string[] {
  const pairs: string[] = [];
  // Behind `&` a leading question mark is part of a name, as it is for everybody else.
  for (const [argument, value] of new URLSearchParams(`&${query}`)) {
    const member = style === 'form' ? (shape.names.includes(argument) ? argument : undefined) : argument.startsWith(`${name}[`) && argument.endsWith(']') ? argument.slice(name.length + 1, -1) : undefined;
    if (member !== undefined) pairs.push(member, value);
  }
  return pairs;
}

function valueOf(parameter: Parameter, texts: readonly string[]): unknown {
  const { shape, style, explodes } = parameter;
  if (isSpread(parameter)) return recordOf(texts);
  const [text = ''] = texts;
  if (shape.kind === 'list' && explodes && parameter.place === 'query') return texts;
  if (style === 'label') return text.startsWith('.') ? partsOf(shape, explodes, text.slice(1), explodes ? '.' : ',') : undefined;
  if (style === 'matrix') return matrixValue(parameter, text);
  if (parameter.place === 'header') return partsOf(shape, explodes, texts.join(','), ',');
  if (style === 'spaceDelimited') return partsOf(shape, false, text, ' ');
  if (style === 'pipeDelimited') return partsOf(shape, false, text, '|');
  return partsOf(shape, explodes, text, ',');
}

/** `;color=blue`, `;color=blue;color=black`, `;R=100;G=200` */
function matrixValue({ name, shape, explodes }: Parameter, text: string): unknown {
  if (!text.startsWith(';')) return undefined;
  if (explodes && shape.kind === 'record') return partsOf(shape, true, text.slice(1), ';');
  const pieces = text.slice(1).split(';', MAX_PARTS + 1).map((piece) => (piece.startsWith(`${name}=`) ? piece.slice(name.length + 1) : undefined));
  const values = pieces.filter((piece) => piece !== undefined);
  if (values.length !== pieces.length || pieces.length > MAX_PARTS) return undefined;
  if (explodes && shape.kind === 'list') return values;
  return values.length === 1 ? partsOf(shape, false, values[0] ?? '', ',') : undefined;
}

function partsOf(shape: Shape, explodes: boolean, text: string, separator: string): unknown {
  if (shape.kind === 'one') return text;
  const parts = text.split(separator, MAX_PARTS + 1).map((part) => part.trim());
  if (parts.length > MAX_PARTS) return undefined;
  if (shape.kind === 'list') return text === '' ? [] : parts;
  if (!explodes) return recordOf(parts);
  const pairs = parts.map((part) => part.split(/=(.*)/s, 2));
  return pairs.every((pair) => pair.length === 2) ? recordOf(pairs.flat()) : undefined;
}

/** Undefined where a name stands twice, or the last one has no value. */
function recordOf(pairs: readonly string[]): Readonly<Record<string, string>> | undefined {
  const record: Record<string, string> = Object.create(null);
  for (let at = 0; at < pairs.length; at += 2) {
    const [name, value] = [pairs[at] ?? '', pairs[at + 1]];
    if (value === undefined || name in record) return undefined;
    record[name] = value;
  }
  return record;
}

/** Once; what does not decode stays as it is. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
