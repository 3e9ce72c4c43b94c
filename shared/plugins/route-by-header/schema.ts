/** The static half of route-by-header: what the control plane checks and `/schemas/plugins/route-by-header` shows. Config as in Kong 3.9. */
import type { Field } from '../../model/definition.ts';
import type { RecordOf } from '../../model/entity-types.ts';
import { entityRule, fieldAt, isFilled, isJsonObject } from '../../model/entity-checks.ts';
import { headerNameRule, printableRule, upstreamNameRule } from '../../model/string-rules.ts';
import type { PluginSchema } from '../contract.ts';

/** Each rule costs every request a comparison (R5). */
const MAX_RULES = 1_000;

const RULE = [
  {
    name: 'condition', tag: 1, required: true,
    type: { kind: 'map', keys: { kind: 'string', maxLength: 256, rules: [headerNameRule] }, values: { kind: 'string', maxLength: 8_192, rules: [printableRule] } },
    description: 'Headers with the values that they must have, all of them.',
  },
  { name: 'upstream_name', tag: 2, required: true, type: { kind: 'string', maxLength: 253, rules: [upstreamNameRule] }, description: 'Name of the upstream that such requests go to.' },
] as const satisfies readonly Field[];

/** A rule without a condition would be for every request. */
const conditions = entityRule('Each rule has a condition', (plugin) => {
  const rules = fieldAt(plugin, 'config.rules');
  if (!Array.isArray(rules)) return [];
  if (rules.length > MAX_RULES) return [{ field: 'config.rules', message: `has ${rules.length} rules; at most ${MAX_RULES}` }];
  return rules.flatMap((rule, index) => (isJsonObject(rule) && isFilled(rule['condition']) ? [] : [{ field: `config.rules.${index + 1}.condition`, message: 'length must be at least 1' }]));
});

export const routeByHeaderSchema = {
  name: 'route-by-header',
  version: '1.0.0',
  priority: 850,
  scopes: ['global', 'service', 'route', 'consumer'],
  protocols: ['grpc', 'grpcs', 'http', 'https'],
  description: 'Sends requests to another upstream by their headers.',
  config: [
    { name: 'rules', tag: 1, type: { kind: 'array', of: { kind: 'record', fields: RULE } }, required: true, default: [], description: 'The first whose condition holds says where a request goes.' },
  ],
  checks: [conditions],
} as const satisfies PluginSchema;

export type RouteByHeaderConfig = RecordOf<(typeof routeByHeaderSchema)['config']>;
