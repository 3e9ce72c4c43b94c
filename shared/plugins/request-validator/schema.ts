/** The static half of request-validator: what the control plane checks and `/schemas/plugins/request-validator` shows. Config as in Kong 3.9. */
import type { EntityCheck, JsonObject, JsonValue, Problem, StringRule } from '../../model/definition.ts';
import type { RecordOf } from '../../model/entity-types.ts';
import { atLeastOneOf, entityRule, fieldAt, isJsonObject } from '../../model/entity-checks.ts';
import type { PluginSchema } from '../contract.ts';
import { patternSteps } from '../../plugin-parts/linear-patterns.ts';
import { readMediaType } from './content-types.ts';
import { compileJsonSchema, DRAFTS, MAX_SCHEMA, parameterDraft, type CompileOptions } from './json-schema.ts';
import { compileKongSchema } from './kong-schema.ts';
import { readParameter } from './read-parameters.ts';

const PLACES = ['header', 'path', 'query'] as const;
const STYLES = ['label', 'form', 'matrix', 'simple', 'spaceDelimited', 'pipeDelimited', 'deepObject'] as const;
const STYLES_OF: Readonly<Record<(typeof PLACES)[number], readonly string[]>> = {
  header: ['simple'], path: ['label', 'matrix', 'simple'], query: ['form', 'spaceDelimited', 'pipeDelimited', 'deepObject'],
};
/** Parameters of one instance; their schemas together are as long as that of a body. */
const MAX_PARAMETERS = 100;

const mediaTypeRule: StringRule = {
  name: 'media-type',
  check: (text) => {
    const essence = readMediaType(text)?.essence;
    if (essence === undefined) return `invalid media type: '${text}'`;
    return essence.includes('*') && !/^(?:\*|[^*]+)\/\*$/.test(essence) ? `invalid media type: '${text}'; a star stands for all of a part, such as application/* or */*` : undefined;
  },
};

const bodySchema = entityRule('body_schema is a schema of that version', (plugin) => {
  const [text, version] = [fieldAt(plugin, 'config.body_schema'), versionOf(plugin)];
  if (typeof text !== 'string') return [];
  const draft = DRAFTS.find((known) => known === version);
  const compiled = draft === undefined ? compileKongSchema(text) : compileJsonSchema(text, { draft, checksSchema: true, coerces: false, steps: patternSteps() });
  return compiled.kind === 'wrong' ? [{ field: 'config.body_schema', message: `not a schema of version ${version}: ${compiled.problem}` }] : [];
});

function versionOf(plugin: JsonObject): string {
  const version = fieldAt(plugin, 'config.version');
  return typeof version === 'string' ? version : 'kong';
}

const parameters: EntityCheck = entityRule('Parameters are read as they can be', (plugin) => {
  const list = fieldAt(plugin, 'config.parameter_schema');
  if (!Array.isArray(list)) return [];
  if (list.length > MAX_PARAMETERS) return [{ field: 'config.parameter_schema', message: `may have ${MAX_PARAMETERS} parameters` }];
  const characters = list.reduce<number>((sum, parameter: JsonValue) => sum + (isJsonObject(parameter) && typeof parameter['schema'] === 'string' ? parameter['schema'].length : 0), 0);
  if (characters > MAX_SCHEMA) return [{ field: 'config.parameter_schema', message: `schemas of parameters may have ${MAX_SCHEMA} characters together` }];
  const options = { draft: parameterDraft(versionOf(plugin)), checksSchema: true, steps: patternSteps() };
  return list.flatMap((parameter: JsonValue, index) => {
    const problem = parameterProblem(parameter, options);
    return problem === undefined ? [] : [{ field: `config.parameter_schema.${index + 1}`, message: problem } satisfies Problem];
  });
});

function parameterProblem(parameter: JsonValue, options: Omit<CompileOptions, 'coerces'>): string | undefined {
  if (!isJsonObject(parameter)) return undefined;
  const { name, schema, style, explode } = parameter;
  const place = PLACES.find((known) => known === parameter['in']);
  if (typeof name !== 'string' || place === undefined) return undefined;
  if (typeof style === 'string' && !STYLES_OF[place].includes(style)) return `style '${style}' not supported '${place}' parameter`;
  if (typeof schema !== 'string') return typeof style === 'string' ? 'style needs a schema' : undefined;
  const given = { in: place, name, required: true, style: STYLES.find((known) => known === style) ?? null, explode: explode === true, schema };
  const read = readParameter(given, options);
  return read.kind === 'wrong' ? `schema of '${name}': ${read.problem}` : undefined;
}

export const requestValidatorSchema = {
  name: 'request-validator',
  version: '1.0.0',
  priority: 999,
  scopes: ['global', 'service', 'route', 'consumer'],
  protocols: ['grpc', 'grpcs', 'http', 'https'],
  description: 'Refuses requests whose body or parameters break a schema.',
  config: [
    { name: 'body_schema', tag: 1, type: { kind: 'string', maxLength: MAX_SCHEMA }, description: 'Schema of the request body, as text.' },
    { name: 'allowed_content_types', tag: 2, type: { kind: 'set', of: { kind: 'string', maxLength: 256, rules: [mediaTypeRule] } }, default: ['application/json'], description: 'Content types that pass, with `body_schema`; bodies that are not JSON are not looked into.' },
    { name: 'version', tag: 3, type: { kind: 'string', oneOf: ['kong', ...DRAFTS] }, required: true, default: 'kong', description: "Language of `body_schema`: Kong's own, or a draft of JSON Schema." },
    {
      name: 'parameter_schema', tag: 4, description: 'Parameters of the request, in JSON Schema (draft 4 with `kong`).',
      type: {
        kind: 'array',
        of: {
          kind: 'record',
          fields: [
            { name: 'in', tag: 1, type: { kind: 'string', oneOf: PLACES }, required: true, description: 'Where it stands.' },
            { name: 'name', tag: 2, type: { kind: 'string', maxLength: 256 }, required: true, description: "Its name; of a path parameter the name of a group in the route's pattern." },
            { name: 'required', tag: 3, type: { kind: 'boolean' }, required: true, description: 'Refuses requests without it.' },
            { name: 'style', tag: 4, type: { kind: 'string', oneOf: STYLES }, description: 'How lists and records are written, as in OpenAPI 3; `simple`, or `form` in the query, where not set.' },
            { name: 'schema', tag: 5, type: { kind: 'string', maxLength: 16_384 }, description: 'Its schema, as text; only looked for where not set.' },
            { name: 'explode', tag: 6, type: { kind: 'boolean' }, description: 'Whether each element of a list or record stands by itself; so for `form` where not set.' },
          ],
        },
      },
    },
    { name: 'verbose_response', tag: 5, type: { kind: 'boolean' }, required: true, default: false, description: 'Says in the answer what is wrong.' },
    { name: 'content_type_parameter_validation', tag: 6, type: { kind: 'boolean' }, required: true, default: true, description: 'Compares the parameters of content types too, such as charset.' },
  ],
  checks: [atLeastOneOf(['config.body_schema', 'config.parameter_schema']), bodySchema, parameters],
} as const satisfies PluginSchema;

export type RequestValidatorConfig = RecordOf<(typeof requestValidatorSchema)['config']>;
