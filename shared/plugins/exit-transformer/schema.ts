/**
 * The static half of exit-transformer: what the control plane checks and `/schemas/plugins/exit-transformer` shows. Kong's takes functions
 * in Lua, which do not run here; `rules` say the same without code. The other fields are as in Kong 3.9.
 */
import type { Field, JsonObject, Problem, StringRule } from '../../model/definition.ts';
import type { RecordOf } from '../../model/entity-types.ts';
import { entityRule, fieldAt, isFilled, isJsonObject } from '../../model/entity-checks.ts';
import { printableRule } from '../../model/string-rules.ts';
import type { PluginSchema } from '../contract.ts';
import { headerProblem } from '../../plugin-parts/editable-header.ts';
import { parseBodyTemplate } from './body-template.ts';

/** Each costs every answer a comparison (R5). */
const MAX_RULES = 256;
/** A response of these has no body, and one with a body can't become one of them. */
export const BODILESS: readonly number[] = [204, 205, 304];

const STATUS = { kind: 'integer', between: [200, 599] } as const;
const removableHeader: StringRule = { name: 'header', check: (name) => headerProblem(name, 'remove') };
const writableHeader: StringRule = { name: 'header', check: (name) => headerProblem(name, 'write') };
const errorCode: StringRule = { name: 'error-code', check: (text) => (/^[A-Z][A-Z0-9_]*$/.test(text) ? undefined : `'${text}' is no code of an error, such as UPSTREAM_CONNECT_FAILED`) };

const RULE = [
  { name: 'statuses', tag: 1, type: { kind: 'array', of: STATUS }, required: true, default: [], description: 'Statuses of the answers it is for; all from 400 on where empty.' },
  { name: 'error_codes', tag: 2, type: { kind: 'array', of: { kind: 'string', maxLength: 64, rules: [errorCode] } }, required: true, default: [], description: 'Codes (`X-Holdfast-Error`) of the answers it is for; all, and answers without one, where empty. Needs `handle_unexpected`.' },
  { name: 'status', tag: 3, type: STATUS, description: 'The new status.' },
  { name: 'remove_headers', tag: 4, type: { kind: 'array', of: { kind: 'string', maxLength: 256, rules: [removableHeader] } }, required: true, default: [], description: 'Names of headers to take out.' },
  {
    name: 'set_headers', tag: 5, required: true, default: {},
    type: { kind: 'map', keys: { kind: 'string', maxLength: 256, rules: [writableHeader] }, values: { kind: 'string', maxLength: 8_192, rules: [printableRule] } },
    description: 'Headers to set.',
  },
  { name: 'body', tag: 6, type: { kind: 'string', maxLength: 65_536 }, description: 'The new body, with `$(status)`, `$(message)`, `$(error_code)`, `$(request_id)` in it; the old one stays where not set.' },
  { name: 'content_type', tag: 7, type: { kind: 'string', maxLength: 256, rules: [printableRule] }, required: true, default: 'application/json; charset=utf-8', description: 'Type of the new body.' },
] as const satisfies readonly Field[];

const soundRules = entityRule('Rules can be carried out', (plugin) => {
  const rules = fieldAt(plugin, 'config.rules');
  if (!Array.isArray(rules)) return [];
  if (rules.length > MAX_RULES) return [{ field: 'config.rules', message: `has ${rules.length} rules; at most ${MAX_RULES}` }];
  const handlesErrors = fieldAt(plugin, 'config.handle_unexpected') === true;
  return rules.flatMap((rule, index) => (isJsonObject(rule) ? ruleProblems(rule, `config.rules.${index + 1}`, handlesErrors) : []));
});

function ruleProblems(rule: JsonObject, path: string, handlesErrors: boolean): readonly Problem[] {
  const problems: Problem[] = [];
  const { status, body, content_type: contentType } = rule;
  if (typeof status === 'number' && BODILESS.includes(status)) problems.push({ field: `${path}.status`, message: `${status} has no body, and what it stands for has one; choose another` });
  if (isFilled(rule['error_codes']) && !handlesErrors) problems.push({ field: `${path}.error_codes`, message: 'needs handle_unexpected: true, because these are errors of the gateway itself' });
  if (typeof body === 'string' && typeof contentType === 'string') {
    const result = parseBodyTemplate(body, contentType);
    if (result.kind === 'problem') problems.push({ field: `${path}.body`, message: result.problem });
  }
  if (typeof body === 'string') problems.push(...bodyHeaders(rule).map((name) => ({ field: `${path}.${name}`, message: 'the new body is escaped for content_type: say its type there, and nothing of its bytes here' })));
  if (!['status', 'body', 'remove_headers', 'set_headers'].some((name) => isFilled(rule[name]))) problems.push({ field: path, message: 'changes nothing; set status, body, remove_headers or set_headers' });
  return problems;
}

/** Whose names stand where a rule with a body would say otherwise of it. */
function bodyHeaders({ set_headers: set, remove_headers: removed }: JsonObject): readonly string[] {
  const isOfBody = (name: unknown): boolean => typeof name === 'string' && ['content-type', 'content-encoding'].includes(name.toLowerCase());
  const names = [isJsonObject(set) && Object.keys(set).some(isOfBody) ? 'set_headers' : undefined, Array.isArray(removed) && removed.some(isOfBody) ? 'remove_headers' : undefined];
  return names.filter((name) => name !== undefined);
}

const knownRequests = entityRule('Requests without a route are not for plugins', (plugin) =>
  fieldAt(plugin, 'config.handle_unknown') === true
    ? [{ field: 'config.handle_unknown', message: "not available: a request that no route is for meets no plugins. Leave it false, and give a route with path '/' and request-termination the answer that such requests are to get" }]
    : []);

export const exitTransformerSchema = {
  name: 'exit-transformer',
  version: '1.0.0',
  priority: 9999,
  scopes: ['global', 'service', 'route', 'consumer'],
  protocols: ['grpc', 'grpcs', 'http', 'https'],
  description: 'Changes the answers that the gateway gives itself.',
  config: [
    {
      name: 'functions', tag: 1,
      type: { kind: 'unavailable', shownAs: 'array', message: 'functions in Lua do not run here: say in `rules` what they do, e.g. {"statuses": [401], "body": "{\\"error\\": \\"$(message)\\"}"}; for more, write a plugin' },
      description: 'Only null is accepted: code in Lua does not run here.',
    },
    { name: 'handle_unexpected', tag: 2, type: { kind: 'boolean' }, required: true, default: false, description: "Also changes errors of the gateway's own (an upstream that is down, a failed plugin); otherwise only what plugins answer." },
    { name: 'handle_unknown', tag: 3, type: { kind: 'boolean' }, required: true, default: false, description: 'Only false is accepted: requests that no route is for meet no plugins.' },
    { name: 'rules', tag: 4, type: { kind: 'array', minLength: 1, of: { kind: 'record', fields: RULE } }, required: true, description: 'The first that an answer fits is carried out.' },
  ],
  checks: [soundRules, knownRequests],
} as const satisfies PluginSchema;

export type ExitTransformerConfig = RecordOf<(typeof exitTransformerSchema)['config']>;
