/** The static half of rate-limiting-advanced: what the control plane checks and `/schemas/plugins/rate-limiting-advanced` shows. Config as in Kong 3.9, and `fault_tolerant`. */
import type { Field } from '../../model/definition.ts';
import type { RecordOf } from '../../model/entity-types.ts';
import { entityRule, fieldAt } from '../../model/entity-checks.ts';
import { headerNameRule, pathRule, printableRule } from '../../model/string-rules.ts';
import type { PluginSchema } from '../contract.ts';
import { enterpriseRedisFields, enterpriseRedisPartials, oneRedisServer, redisNamed } from '../../plugin-parts/redis-config.ts';
import { syncRateRule } from '../../plugin-parts/sync-rate.ts';

const CLIENT_KINDS = ['ip', 'credential', 'consumer', 'service', 'header', 'path', 'consumer-group'] as const;
const CLIENT = { kind: 'string', oneOf: CLIENT_KINDS } as const;
/** Each costs a counter of the table for each client. */
const MOST_WINDOWS = 10;
const LONGEST_WINDOW_SECONDS = 366 * 86_400;

const redis = [
  ...enterpriseRedisFields,
  { name: 'redis_proxy_type', tag: 22, type: { kind: 'string', oneOf: ['envoy_v1.31'] }, description: 'Without effect.' },
] as const satisfies readonly Field[];

/** Each window has its limit, and no window stands twice: its two limits would share one count. */
const pairedWindows = entityRule('limit and window_size have as many elements', (plugin) => {
  const [limits, sizes] = [fieldAt(plugin, 'config.limit'), fieldAt(plugin, 'config.window_size')];
  if (!Array.isArray(limits) || !Array.isArray(sizes)) return [];
  if (limits.length !== sizes.length) return [{ field: 'config.window_size', message: 'You must provide the same number of windows and limits' }];
  if (sizes.length > MOST_WINDOWS) return [{ field: 'config.window_size', message: `expected at most ${MOST_WINDOWS} windows` }];
  return new Set(sizes).size === sizes.length ? [] : [{ field: 'config.window_size', message: 'each window size may stand there once' }];
});

function needs(kind: string, field: string) {
  return entityRule(`Identifier ${kind} needs ${field}`, (plugin) => {
    const compound = fieldAt(plugin, 'config.compound_identifier');
    const isUsed = Array.isArray(compound) && compound.length > 0 ? compound.includes(kind) : fieldAt(plugin, 'config.identifier') === kind;
    return isUsed && fieldAt(plugin, `config.${field}`) === null ? [{ field: `config.${field}`, message: 'required field missing' }] : [];
  });
}

const syncRateGiven = entityRule('Strategy redis needs sync_rate', (plugin) =>
  fieldAt(plugin, 'config.strategy') === 'redis' && fieldAt(plugin, 'config.sync_rate') === null
    ? [{ field: 'config.sync_rate', message: 'sync_rate is required if not using a local strategy: 0 asks Redis with each request, -1 never, else seconds between exchanges' }]
    : [],
);

export const rateLimitingAdvancedSchema = {
  name: 'rate-limiting-advanced',
  version: '1.0.0',
  priority: 910,
  scopes: ['global', 'service', 'route', 'consumer', 'consumer_group'],
  protocols: ['grpc', 'grpcs', 'http', 'https'],
  description: 'Limits how many requests a client may make in windows of any length, which slide or stand.',
  config: [
    {
      name: 'identifier', tag: 1, type: CLIENT, required: true, default: 'consumer',
      description: 'What counts as one client; where a request lacks it, its IP address.',
    },
    { name: 'compound_identifier', tag: 2, type: { kind: 'set', of: CLIENT }, description: 'Several identifiers: each combination counts as one client. Takes the place of `identifier`.' },
    {
      name: 'window_size', tag: 3, type: { kind: 'array', minLength: 1, of: { kind: 'integer', between: [1, LONGEST_WINDOW_SECONDS] } }, required: true,
      description: 'Lengths of the windows in seconds; each begins at a multiple of its length since 1970.',
    },
    { name: 'window_type', tag: 4, type: { kind: 'string', oneOf: ['fixed', 'sliding'] }, required: true, default: 'sliding', description: '`sliding`: what was counted in the window before counts too, by the part of it that is less than a window ago.' },
    { name: 'limit', tag: 5, type: { kind: 'array', minLength: 1, of: { kind: 'integer', between: [0, Number.MAX_SAFE_INTEGER] } }, required: true, description: 'Requests in each window, in the order of `window_size`.' },
    { name: 'sync_rate', tag: 6, type: { kind: 'number', between: [-1, 2_147_483] }, description: 'With strategy `redis`, seconds between exchanges with it, at least 0.02; 0 asks it with each request, -1 never.' },
    { name: 'namespace', tag: 7, type: { kind: 'string', maxLength: 256, rules: [printableRule] }, description: 'Plugins with the same namespace count together; without one each counts for itself.' },
    {
      name: 'strategy', tag: 8, type: { kind: 'string', oneOf: ['local', 'cluster', 'redis'] }, required: true, default: 'local',
      description: 'Where counts are kept: `local`, exact per data plane over all its threads; `redis`, exact over all who share it; `cluster`, told to the other data planes within seconds.',
    },
    { name: 'dictionary_name', tag: 9, type: { kind: 'string', maxLength: 256 }, required: true, default: 'kong_rate_limiting_counters', description: 'Without effect: there is one table of counters.' },
    { name: 'lock_dictionary_name', tag: 10, type: { kind: 'string', maxLength: 256 }, required: true, default: 'kong_locks', description: 'Without effect.' },
    { name: 'hide_client_headers', tag: 11, type: { kind: 'boolean' }, required: true, default: false, description: 'Sends no rate limit headers to the client.' },
    { name: 'retry_after_jitter_max', tag: 12, type: { kind: 'number', between: [0, 86_400] }, required: true, default: 0, description: 'Seconds, at most, that are added to Retry-After at random.' },
    { name: 'header_name', tag: 13, type: { kind: 'string', maxLength: 256, rules: [headerNameRule] }, description: 'Header to count by, with identifier `header`.' },
    { name: 'path', tag: 14, type: { kind: 'string', maxLength: 8192, rules: [pathRule] }, description: 'Path that is counted as one, with identifier `path`.' },
    { name: 'redis', tag: 15, type: { kind: 'record', fields: redis }, required: true, default: {}, description: 'The server of strategy `redis`.' },
    { name: 'enforce_consumer_groups', tag: 16, type: { kind: 'boolean' }, required: true, default: false, description: 'Without effect: give each consumer group a plugin of its own.' },
    { name: 'consumer_groups', tag: 17, type: { kind: 'array', of: { kind: 'string', maxLength: 256 } }, description: 'Without effect: give each consumer group a plugin of its own.' },
    { name: 'disable_penalty', tag: 18, type: { kind: 'boolean' }, required: true, default: false, description: 'With sliding windows: refused requests do not count.' },
    { name: 'error_code', tag: 19, type: { kind: 'integer', between: [200, 599] }, required: true, default: 429, description: 'Status of a refusal.' },
    { name: 'error_message', tag: 20, type: { kind: 'string', maxLength: 4096 }, required: true, default: 'API rate limit exceeded', description: 'Message of a refusal.' },
    {
      name: 'fault_tolerant', tag: 21, type: { kind: 'boolean' }, required: true, default: true,
      description: 'While Redis is asked with each request and is down, each data plane limits for itself, and requests for which there is no counter left (the counter table is full) pass; otherwise both get a 500. With a `sync_rate` above 0 each data plane limits for itself while Redis is down, whatever this says.',
    },
  ],
  checks: [pairedWindows, needs('header', 'header_name'), needs('path', 'path'), redisNamed('config.strategy'), oneRedisServer('config.strategy'), syncRateGiven, syncRateRule],
  partials: enterpriseRedisPartials,
} as const satisfies PluginSchema;

export type RateLimitingAdvancedConfig = RecordOf<(typeof rateLimitingAdvancedSchema)['config']>;
