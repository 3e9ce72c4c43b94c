/** The static half of response-ratelimiting: what the control plane checks and `/schemas/plugins/response-ratelimiting` shows. Config as in Kong 3.9. */
import type { Field, Problem } from '../../model/definition.ts';
import type { RecordOf } from '../../model/entity-types.ts';
import { entityRule, fieldAt, isJsonObject } from '../../model/entity-checks.ts';
import { headerNameRule } from '../../model/string-rules.ts';
import { WINDOW_NAMES } from '../../plugin-parts/calendar-window.ts';
import type { PluginSchema } from '../contract.ts';
import { redisFields, redisNamed, redisPartials } from '../../plugin-parts/redis-config.ts';

const LIMIT = { kind: 'integer', between: [1, Number.MAX_SAFE_INTEGER] } as const;
/** Each is a counter of each client, and two headers for each of its windows. */
const MOST_LIMITS = 20;

const windows = [
  { name: 'second', tag: 1, type: LIMIT, description: 'Units per second.' },
  { name: 'minute', tag: 2, type: LIMIT, description: 'Units per minute.' },
  { name: 'hour', tag: 3, type: LIMIT, description: 'Units per hour.' },
  { name: 'day', tag: 4, type: LIMIT, description: 'Units per day (UTC).' },
  { name: 'month', tag: 5, type: LIMIT, description: 'Units per calendar month (UTC).' },
  { name: 'year', tag: 6, type: LIMIT, description: 'Units per calendar year (UTC).' },
] as const satisfies readonly Field[];

const sensibleLimits = entityRule('Each limit has a name and a window of its own, and none of its limits is below that of a shorter window', (plugin) => {
  const limits = fieldAt(plugin, 'config.limits');
  if (!isJsonObject(limits)) return [];
  const names = Object.keys(limits);
  if (names.length === 0 || names.length > MOST_LIMITS) return [{ field: 'config.limits', message: `expected 1 to ${MOST_LIMITS} limits` }];
  const folded = names.map((name) => name.toLowerCase());
  const twice = names.filter((_, index) => folded.indexOf(folded[index] ?? '') < index);
  if (twice.length > 0) return twice.map((name) => ({ field: `config.limits.${name}`, message: 'differs from another limit by case alone, and headers know no case' }));
  return names.flatMap((name) => problemsOf(limits[name], `config.limits.${name}`));
});

function problemsOf(limit: unknown, field: string): readonly Problem[] {
  const given = new Map(typeof limit === 'object' && limit !== null ? Object.entries(limit) : []);
  const set = WINDOW_NAMES.flatMap((name) => {
    const value: unknown = given.get(name);
    return typeof value === 'number' ? [{ name, value }] : [];
  });
  if (set.length === 0) return [{ field, message: `at least one of these fields must be non-empty: ${WINDOW_NAMES.map((name) => `'${name}'`).join(', ')}` }];
  return set.flatMap(({ name, value }, index) => {
    const shorter = set[index - 1];
    return shorter !== undefined && value < shorter.value ? [{ field: `${field}.${name}`, message: `the limit for ${name}(${value}) cannot be lower than the limit for ${shorter.name}(${shorter.value})` }] : [];
  });
}

export const responseRatelimitingSchema = {
  name: 'response-ratelimiting',
  version: '1.0.0',
  priority: 900,
  scopes: ['global', 'service', 'route', 'consumer'],
  protocols: ['grpc', 'grpcs', 'http', 'https'],
  description: 'Limits what a client may use up, as the service says in a header of its responses.',
  config: [
    { name: 'header_name', tag: 1, type: { kind: 'string', maxLength: 256, rules: [headerNameRule] }, required: true, default: 'x-kong-limit', description: 'Header of the response that says what it cost: `video=2, image=1`. Clients do not get it.' },
    { name: 'limit_by', tag: 2, type: { kind: 'string', oneOf: ['consumer', 'credential', 'ip'] }, required: true, default: 'consumer', description: 'What counts as one client; where a request lacks it, its IP address.' },
    {
      name: 'policy', tag: 3, type: { kind: 'string', oneOf: ['local', 'cluster', 'redis'] }, required: true, default: 'local',
      description: 'Where counts are kept: `local`, per data plane over all its threads; `redis`, over all who share it; `cluster`, told to the other data planes within seconds.',
    },
    { name: 'fault_tolerant', tag: 4, type: { kind: 'boolean' }, required: true, default: true, description: 'Lets requests through that cannot be counted (Redis is down when the request comes, or the counter table is full, then or when the response comes); otherwise the client gets a 500.' },
    { name: 'redis', tag: 5, type: { kind: 'record', fields: redisFields }, required: true, default: {}, description: 'The server of policy `redis`.' },
    { name: 'block_on_first_violation', tag: 6, type: { kind: 'boolean' }, required: true, default: false, description: 'Refuses requests as soon as one limit is used up, before the service is asked.' },
    { name: 'hide_client_headers', tag: 7, type: { kind: 'boolean' }, required: true, default: false, description: 'Sends no rate limit headers to the client.' },
    {
      name: 'limits', tag: 8, required: true, description: 'By name, what may be used up in which window.',
      type: { kind: 'map', keys: { kind: 'string', maxLength: 64, rules: [headerNameRule] }, values: { kind: 'record', fields: windows } },
    },
  ],
  checks: [sensibleLimits, redisNamed('config.policy')],
  partials: redisPartials,
} as const satisfies PluginSchema;

export type ResponseRatelimitingConfig = RecordOf<(typeof responseRatelimitingSchema)['config']>;
