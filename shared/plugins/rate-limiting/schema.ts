/**
 * The static half of rate-limiting: what the control plane checks and `/schemas/plugins/rate-limiting` shows. Config as in Kong 3.9.
 */
import type { Problem } from '../../model/definition.ts';
import type { RecordOf } from '../../model/entity-types.ts';
import { atLeastOneOf, entityRule, fieldAt } from '../../model/entity-checks.ts';
import { headerNameRule, pathRule } from '../../model/string-rules.ts';
import { WINDOW_NAMES, type WindowName } from '../../plugin-parts/calendar-window.ts';
import type { PluginSchema } from '../contract.ts';
import { redisFields, redisNamed, redisPartials } from '../../plugin-parts/redis-config.ts';
import { syncRateRule } from '../../plugin-parts/sync-rate.ts';

const WINDOW_PATHS = WINDOW_NAMES.map((name) => `config.${name}`);
const LIMIT = { kind: 'integer', between: [1, Number.MAX_SAFE_INTEGER] } as const;

/** A limit below that of a shorter window could never be reached by the shorter one. */
const growingLimits = entityRule('The limit of a window is at least that of each shorter window', (plugin) => {
  const problems: Problem[] = [];
  let shorter: { readonly name: WindowName; readonly limit: number } | undefined;
  for (const name of WINDOW_NAMES) {
    const limit = fieldAt(plugin, `config.${name}`);
    if (typeof limit !== 'number') continue;
    if (shorter !== undefined && limit < shorter.limit) {
      problems.push({ field: `config.${name}`, message: `The limit for ${name}(${limit}) cannot be lower than the limit for ${shorter.name}(${shorter.limit})` });
    }
    shorter = { name, limit };
  }
  return problems;
});

const headerNamed = needs('header', 'header_name');
const pathNamed = needs('path', 'path');

export const rateLimitingSchema = {
  name: 'rate-limiting',
  version: '2.0.0',
  priority: 910,
  scopes: ['global', 'service', 'route', 'consumer', 'consumer_group'],
  protocols: ['grpc', 'grpcs', 'http', 'https'],
  description: 'Limits how many requests a client may make in a second, minute, hour, day, month or year.',
  config: [
    { name: 'second', tag: 1, type: LIMIT, description: 'Requests per second.' },
    { name: 'minute', tag: 2, type: LIMIT, description: 'Requests per minute.' },
    { name: 'hour', tag: 3, type: LIMIT, description: 'Requests per hour.' },
    { name: 'day', tag: 4, type: LIMIT, description: 'Requests per day (UTC).' },
    { name: 'month', tag: 5, type: LIMIT, description: 'Requests per calendar month (UTC).' },
    { name: 'year', tag: 6, type: LIMIT, description: 'Requests per calendar year (UTC).' },
    {
      name: 'limit_by', tag: 7, type: { kind: 'string', oneOf: ['consumer', 'credential', 'ip', 'service', 'header', 'path', 'consumer-group'] }, required: true, default: 'consumer',
      description: 'What counts as one client; where a request lacks it, its IP address.',
    },
    { name: 'header_name', tag: 8, type: { kind: 'string', maxLength: 256, rules: [headerNameRule] }, description: 'Header to count by, with `limit_by: header`.' },
    { name: 'path', tag: 9, type: { kind: 'string', maxLength: 8192, rules: [pathRule] }, description: 'Path that is counted as one, with `limit_by: path`.' },
    {
      name: 'policy', tag: 10, type: { kind: 'string', oneOf: ['local', 'cluster', 'redis'] }, required: true, default: 'local',
      description: 'Where counts are kept: `local`, exact per data plane over all its threads; `redis`, exact over all who share it; `cluster`, told to the other data planes within seconds.',
    },
    { name: 'fault_tolerant', tag: 11, type: { kind: 'boolean' }, required: true, default: true, description: 'Lets requests through that cannot be counted (the counter table is full, or Redis is asked with each request and is down); otherwise they get a 500. With a `sync_rate` above 0 each data plane limits for itself while Redis is down, whatever this says.' },
    { name: 'hide_client_headers', tag: 12, type: { kind: 'boolean' }, required: true, default: false, description: 'Sends no rate limit headers to the client.' },
    { name: 'error_code', tag: 13, type: { kind: 'integer', between: [200, 599] }, required: true, default: 429, description: 'Status of a refusal.' },
    { name: 'error_message', tag: 14, type: { kind: 'string', maxLength: 4096 }, required: true, default: 'API rate limit exceeded', description: 'Message of a refusal.' },
    { name: 'sync_rate', tag: 15, type: { kind: 'number', between: [-1, 2_147_483] }, required: true, default: -1, description: 'With policy `redis`, seconds between exchanges with it, at least 0.02; -1 asks it with each request.' },
    { name: 'redis', tag: 16, type: { kind: 'record', fields: redisFields }, required: true, default: {}, description: 'The server of policy `redis`.' },
  ],
  checks: [atLeastOneOf(WINDOW_PATHS), growingLimits, headerNamed, pathNamed, redisNamed('config.policy'), syncRateRule],
  partials: redisPartials,
} as const satisfies PluginSchema;

export type RateLimitingConfig = RecordOf<(typeof rateLimitingSchema)['config']>;

function needs(limitBy: string, field: string) {
  return entityRule(`limit_by ${limitBy} needs ${field}`, (plugin) =>
    fieldAt(plugin, 'config.limit_by') === limitBy && fieldAt(plugin, `config.${field}`) === null
      ? [{ field: `config.${field}`, message: 'required field missing' }]
      : [],
  );
}
