/** The static half of request-transformer: what the control plane checks and `/schemas/plugins/request-transformer` shows. Config as in Kong 3.9. */
import type { Field, StringRule } from '../../model/definition.ts';
import type { RecordOf } from '../../model/entity-types.ts';
import type { PluginSchema } from '../contract.ts';
import { entriesOf, fewEntries, headerToRemove, headerToRename, headerToWrite, type NamedValue, needsValue } from '../../plugin-parts/named-value.ts';
import { parseTemplate, type TemplatePlace } from '../../plugin-parts/request-template.ts';
import { sendablePath } from '../../plugin-parts/sendable-path.ts';
import { hostProblem } from './upstream-headers.ts';

const OPERATIONS = ['remove', 'rename', 'replace', 'add', 'append'];
const LISTS = OPERATIONS.flatMap((operation) => ['body', 'headers', 'querystring'].map((part) => `config.${operation}.${part}`));

function templateProblem(text: string, place: TemplatePlace): string | undefined {
  const result = parseTemplate(text, place);
  return result.kind === 'problem' ? result.problem : undefined;
}

const anyName = (): undefined => undefined;
const newName = ({ name, value }: NamedValue): string | undefined =>
  value.includes('$(') ? `the new name of '${name}' can't come from a template; write it out` : needsValue({ name, value });
const writtenHeader = (entry: NamedValue): string | undefined => {
  const problem = headerToWrite(entry);
  if (problem !== undefined) return problem;
  const parsed = parseTemplate(entry.value, 'header');
  if (parsed.kind === 'problem') return parsed.problem;
  return entry.name.toLowerCase() === 'host' && parsed.template.fixed !== undefined ? hostProblem(entry.value) : undefined;
};
const writtenValue = (entry: NamedValue): string | undefined => needsValue(entry) ?? templateProblem(entry.value, 'text');

const uriRule: StringRule = {
  name: 'path-template',
  check: (text) => {
    const result = parseTemplate(text, 'path');
    if (result.kind === 'problem') return result.problem;
    if (!text.startsWith('/') && !/^\$\([ \t]*uri_captures\b/.test(text)) return "must start with '/' or with one of $(uri_captures…): it is the path that goes upstream, without scheme and host";
    // Question marks may stand in templates, as a default.
    const written = text.replace(/\$\([^)]*\)/g, 'x');
    if (/[?#]/.test(written)) return 'must not contain ? or #: it is a path; the operations on querystring change the query';
    const sample = parseTemplate(written.startsWith('/') ? written : `/${written}`, 'path');
    return sample.kind === 'template' && sendablePath(sample.template.fixed ?? '') === undefined ? 'must not contain dot segments, NUL or a backslash, encoded or not: no request could be sent there' : undefined;
  },
};

/** No client may send them either. */
const REFUSED: ReadonlyMap<string, string> = new Map([
  ['CONNECT', 'CONNECT would ask for a tunnel that nobody guards; choose another method'],
  ['TRACE', 'TRACE would show the client what is added for the upstream; choose another method'],
]);

const methodRule: StringRule = {
  name: 'http-method',
  check: (text) => (REFUSED.get(text) ?? (/^[A-Z]+$/.test(text) ? undefined : `invalid value: ${text}`)),
};

const TARGETS = [
  { name: 'body', tag: 1, type: entriesOf('new-name', newName), required: true, default: [], description: 'Fields of the body, as `name:new name`.' },
  { name: 'headers', tag: 2, type: entriesOf('header-new-name', headerToRename), required: true, default: [], description: 'Headers, as `name:new name`.' },
  { name: 'querystring', tag: 3, type: entriesOf('new-name', newName), required: true, default: [], description: 'Query arguments, as `name:new name`.' },
] as const satisfies readonly Field[];

const NAMES = [
  { name: 'body', tag: 1, type: entriesOf('name', anyName), required: true, default: [], description: 'Names of fields of the body.' },
  { name: 'headers', tag: 2, type: entriesOf('header', headerToRemove), required: true, default: [], description: 'Names of headers.' },
  { name: 'querystring', tag: 3, type: entriesOf('name', anyName), required: true, default: [], description: 'Names of query arguments.' },
] as const satisfies readonly Field[];

const VALUES = [
  { name: 'body', tag: 1, type: entriesOf('value-template', writtenValue), required: true, default: [], description: 'Fields of the body, as `name:value`.' },
  { name: 'headers', tag: 2, type: entriesOf('header-template', writtenHeader), required: true, default: [], description: 'Headers, as `name:value`.' },
  { name: 'querystring', tag: 3, type: entriesOf('value-template', writtenValue), required: true, default: [], description: 'Query arguments, as `name:value`.' },
] as const satisfies readonly Field[];

const REPLACEMENTS = [
  ...VALUES,
  { name: 'uri', tag: 4, type: { kind: 'string', maxLength: 8_192, rules: [uriRule] }, description: 'The whole path that goes upstream; a template.' },
] as const satisfies readonly Field[];

export const requestTransformerSchema = {
  name: 'request-transformer',
  version: '1.0.0',
  priority: 801,
  scopes: ['global', 'service', 'route', 'consumer', 'consumer_group'],
  protocols: ['grpc', 'grpcs', 'http', 'https'],
  description: 'Changes method, path, query, headers and body of a request before it goes upstream.',
  config: [
    {
      name: 'http_method', tag: 1,
      type: { kind: 'string', maxLength: 32, rules: [methodRule] },
      description: 'The method that goes upstream. With `GET` or `HEAD` the fields of a form become query arguments.',
    },
    { name: 'remove', tag: 2, type: { kind: 'record', fields: NAMES }, required: true, default: {}, description: 'First: takes out.' },
    { name: 'rename', tag: 3, type: { kind: 'record', fields: TARGETS }, required: true, default: {}, description: 'Second: gives another name, and drops what had that name.' },
    { name: 'replace', tag: 4, type: { kind: 'record', fields: REPLACEMENTS }, required: true, default: {}, description: 'Third: gives another value to what is there. Values are templates.' },
    { name: 'add', tag: 5, type: { kind: 'record', fields: VALUES }, required: true, default: {}, description: 'Fourth: adds what is not there. Values are templates.' },
    { name: 'append', tag: 6, type: { kind: 'record', fields: VALUES }, required: true, default: {}, description: 'Last: adds one more value. Values are templates.' },
  ],
  checks: [fewEntries(LISTS)],
} as const satisfies PluginSchema;

export type RequestTransformerConfig = RecordOf<(typeof requestTransformerSchema)['config']>;
