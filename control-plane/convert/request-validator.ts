/**
 * The config of a request-validator from what an OpenAPI operation says of its parameters and its JSON body. Schemas stand on
 * their own: what they refer to comes along as definitions. Used by openapi-to-content.ts.
 */
import type { JsonObject, JsonValue } from '../../shared/model/definition.ts';
import { isJsonObject } from '../../shared/model/entity-checks.ts';
import { UniqueNames } from './convert-result.ts';
import { objectAt, textAt } from './json-values.ts';
import type { OpenApiDocument, OpenApiOperation } from './openapi-document.ts';

/** Where a parameter says nothing: OpenAPI 3.1 §4.8.12.2. */
const DEFAULT_STYLES: ReadonlyMap<string, string> = new Map([['query', 'form'], ['header', 'simple'], ['path', 'simple']]);
const COMPONENTS = '#/components/schemas/';
/** Keywords whose names are given by who wrote the schema, each with a schema (JSON Schema 2020-12 core §10). */
const MAPS: ReadonlySet<string> = new Set(['properties', 'patternProperties', 'dependentSchemas', '$defs', 'definitions']);
/** Keywords that hold values and no schemas. */
const VALUES: ReadonlySet<string> = new Set(['enum', 'const', 'default', 'example', 'examples', 'required']);

/** Undefined where the operation describes nothing that can be checked. What `given` says of a field wins. */
export function requestValidator(document: OpenApiDocument, { operation, parameters }: OpenApiOperation, given: JsonObject): JsonObject | undefined {
  const content = objectAt(document.follow(operation['requestBody']), 'content');
  const json = Object.entries(content).find(([type]) => /^application\/([\w.+-]+\+)?json\b/i.test(type));
  const bodySchema = isJsonObject(json?.[1]) ? json[1]['schema'] : undefined;
  const checked = parameters.filter((parameter) => DEFAULT_STYLES.has(textAt(parameter, 'in') ?? '') && parameter['schema'] !== undefined);
  if (bodySchema === undefined && checked.length === 0) return undefined;
  return {
    version: document.version === '3.0' ? 'draft4' : 'draft202012',
    ...(bodySchema === undefined ? {} : { body_schema: standalone(document, bodySchema) }),
    ...(checked.length === 0 ? {} : { parameter_schema: checked.map((parameter) => parameterRule(document, parameter)) }),
    ...(Object.keys(content).length === 0 ? {} : { allowed_content_types: Object.keys(content) }),
    ...given,
  };
}

function parameterRule(document: OpenApiDocument, parameter: JsonObject): JsonObject {
  const place = textAt(parameter, 'in') ?? '';
  const style = textAt(parameter, 'style') ?? DEFAULT_STYLES.get(place) ?? 'simple';
  return {
    name: parameter['name'] ?? '', in: place, required: place === 'path' || parameter['required'] === true,
    style, explode: typeof parameter['explode'] === 'boolean' ? parameter['explode'] : style === 'form',
    schema: standalone(document, parameter['schema'] ?? {}),
  };
}

/** The schema as text; references into the document lead to definitions inside it. */
function standalone(document: OpenApiDocument, schema: JsonValue): string {
  const definitions = new Map<string, JsonValue>();
  const [names, unique] = [new Map<string, string>(), new UniqueNames()];
  const place = document.version === '3.0' ? 'definitions' : '$defs';
  const convertMap = (value: JsonValue): JsonValue => (isJsonObject(value) ? Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, convert(inner)])) : value);
  const convert = (value: JsonValue): JsonValue => {
    if (Array.isArray(value)) return value.map(convert);
    if (!isJsonObject(value)) return value;
    const reference = textAt(value, '$ref');
    if (reference !== undefined) {
      // Escapes of a pointer would have to be escaped again.
      const name = names.get(reference) ?? unique.take((reference.startsWith(COMPONENTS) ? reference.slice(COMPONENTS.length) : reference.replace(/^#\//, '')).replaceAll(/[^\w.-]/g, '_'));
      names.set(reference, name);
      if (!definitions.has(name)) {
        // Before it is converted: it may refer to itself.
        definitions.set(name, {});
        definitions.set(name, convert(document.resolve(reference)));
      }
      return { $ref: `#/${place}/${name}` };
    }
    const { nullable, ...rest } = value;
    const converted = Object.fromEntries(Object.entries(rest).map(([name, inner]) => [name, VALUES.has(name) ? inner : MAPS.has(name) ? convertMap(inner) : convert(inner)]));
    // OpenAPI 3.0 §4.7.24: JSON Schema has no such word.
    return document.version === '3.0' && nullable === true && typeof converted['type'] === 'string' ? { ...converted, type: [converted['type'], 'null'] } : converted;
  };
  const converted = convert(schema);
  const root = isJsonObject(converted) ? converted : {};
  return JSON.stringify(definitions.size === 0 ? root : { ...root, [place]: Object.fromEntries(definitions) });
}
