/** The static half of response-transformer: what the control plane checks and `/schemas/plugins/response-transformer` shows. Config as in Kong 3.9. */
import type { Field, JsonObject, Problem } from '../../model/definition.ts';
import type { RecordOf } from '../../model/entity-types.ts';
import { entityRule, fieldAt } from '../../model/entity-checks.ts';
import type { PluginSchema } from '../contract.ts';
import { entriesOf, fewEntries, headerToRemove, headerToRename, headerToWrite, namedValue, needsValue } from '../../plugin-parts/named-value.ts';
import { jsonOf, JSON_TYPES } from './json-value.ts';

const WITH_TYPES = ['replace', 'add', 'append'];
const LISTS = ['remove', 'rename', ...WITH_TYPES].flatMap((operation) => [`config.${operation}.headers`, `config.${operation}.json`]);

const TYPES = { kind: 'array', of: { kind: 'string', oneOf: JSON_TYPES } } as const;
const TYPES_FIELD = { name: 'json_types', tag: 3, type: TYPES, required: true, default: [], description: 'Types of the values of `json`, in the same order; `string` where there is none.' } as const satisfies Field;

const anyName = (): undefined => undefined;

const NAMES = [
  { name: 'headers', tag: 1, type: entriesOf('header', headerToRemove), required: true, default: [], description: 'Names of headers.' },
  { name: 'json', tag: 2, type: entriesOf('name', anyName), required: true, default: [], description: 'Names of members of a JSON body.' },
] as const satisfies readonly Field[];

const TARGETS = [
  { name: 'headers', tag: 1, type: entriesOf('header-new-name', headerToRename), required: true, default: [], description: 'Headers, as `name:new name`.' },
  { name: 'json', tag: 2, type: entriesOf('new-name', needsValue), required: true, default: [], description: 'Members of a JSON body, as `name:new name`.' },
] as const satisfies readonly Field[];

const VALUES = [
  { name: 'headers', tag: 1, type: entriesOf('header-value', headerToWrite), required: true, default: [], description: 'Headers, as `name:value`.' },
  { name: 'json', tag: 2, type: entriesOf('value', needsValue), required: true, default: [], description: 'Members of a JSON body, as `name:value`.' },
  TYPES_FIELD,
] as const satisfies readonly Field[];

const typedValues = entityRule('Values are of their types', (plugin) => WITH_TYPES.flatMap((operation) => typeProblems(plugin, operation)));

function typeProblems(plugin: JsonObject, operation: string): readonly Problem[] {
  const [values, types] = [fieldAt(plugin, `config.${operation}.json`), fieldAt(plugin, `config.${operation}.json_types`)];
  if (!Array.isArray(values) || !Array.isArray(types)) return [];
  return values.flatMap((entry, index) => {
    const type: unknown = types[index];
    if (typeof entry !== 'string' || typeof type !== 'string') return [];
    const { value } = namedValue(entry);
    return jsonOf(value, type) === undefined ? [{ field: `config.${operation}.json.${index + 1}`, message: `'${value}' is no ${type}, as json_types says` }] : [];
  });
}

export const responseTransformerSchema = {
  name: 'response-transformer',
  version: '1.0.0',
  priority: 800,
  scopes: ['global', 'service', 'route', 'consumer', 'consumer_group'],
  protocols: ['grpc', 'grpcs', 'http', 'https'],
  description: 'Changes headers and JSON body of a response before it goes to the client.',
  config: [
    { name: 'remove', tag: 1, type: { kind: 'record', fields: NAMES }, required: true, default: {}, description: 'First: takes out.' },
    { name: 'rename', tag: 2, type: { kind: 'record', fields: TARGETS }, required: true, default: {}, description: 'Second: gives another name, and drops what had that name.' },
    { name: 'replace', tag: 3, type: { kind: 'record', fields: VALUES }, required: true, default: {}, description: 'Third: gives another value to what is there.' },
    { name: 'add', tag: 4, type: { kind: 'record', fields: VALUES }, required: true, default: {}, description: 'Fourth: adds what is not there.' },
    { name: 'append', tag: 5, type: { kind: 'record', fields: VALUES }, required: true, default: {}, description: 'Last: adds one more value.' },
  ],
  checks: [fewEntries(LISTS), typedValues],
} as const satisfies PluginSchema;

export type ResponseTransformerConfig = RecordOf<(typeof responseTransformerSchema)['config']>;
