/**
 * The static half of proxy-cache: what the control plane checks and `/schemas/plugins/proxy-cache` shows. Config as in Kong 3.9, with
 * the Redis of proxy-cache-advanced, and with what a cache by RFC 9111 and RFC 5861 needs besides.
 */
import type { Field } from '../../model/definition.ts';
import type { RecordOf } from '../../model/entity-types.ts';
import { headerNameRule, printableRule } from '../../model/string-rules.ts';
import type { PluginSchema } from '../contract.ts';
import { enterpriseRedisFields, enterpriseRedisPartials, oneRedisServer, redisNamed } from '../../plugin-parts/redis-config.ts';

const SECONDS = { kind: 'integer', between: [0, 31_536_000] } as const;
const TEXT = { kind: 'string', maxLength: 256, rules: [printableRule] } as const;
const HEADER = { kind: 'string', maxLength: 256, rules: [headerNameRule] } as const;
const MIB = 1_048_576;

const MEMORY = [
  { name: 'dictionary_name', tag: 1, type: TEXT, required: true, default: 'kong_db_cache', description: 'Without effect: each proxy thread has a memory of its own.' },
  { name: 'max_bytes', tag: 2, type: { kind: 'integer', between: [65_536, 17_179_869_184] }, required: true, default: 64 * MIB, description: 'What responses may take in the memory of each proxy thread; the least recently used go first.' },
] as const satisfies readonly Field[];

const RESPONSE_HEADERS = [
  { name: 'age', tag: 1, type: { kind: 'boolean' }, required: true, default: true, description: 'Sends `Age`.' },
  { name: 'X-Cache-Status', tag: 2, type: { kind: 'boolean' }, required: true, default: true, description: 'Sends `X-Cache-Status`.' },
  { name: 'X-Cache-Key', tag: 3, type: { kind: 'boolean' }, required: true, default: true, description: 'Sends `X-Cache-Key`.' },
] as const satisfies readonly Field[];

export const proxyCacheSchema = {
  name: 'proxy-cache',
  version: '1.0.0',
  priority: 100,
  scopes: ['global', 'service', 'route', 'consumer', 'consumer_group'],
  protocols: ['grpc', 'grpcs', 'http', 'https'],
  description: "Answers from stored responses: Kong's simple rules, or RFC 9111 as the upstream asks for it.",
  config: [
    {
      name: 'response_code', tag: 1, type: { kind: 'array', minLength: 1, of: { kind: 'integer', between: [100, 900] } }, required: true, default: [200, 301, 404],
      description: 'Statuses that may be stored.',
    },
    {
      name: 'request_method', tag: 2, type: { kind: 'array', of: { kind: 'string', oneOf: ['HEAD', 'GET', 'POST', 'PATCH', 'PUT'] } }, required: true, default: ['GET', 'HEAD'],
      description: 'Methods that may be answered from the cache. With POST, PATCH or PUT the body is part of the key, and collected up to 1 MiB.',
    },
    {
      name: 'content_type', tag: 3, type: { kind: 'array', of: TEXT }, required: true, default: ['text/plain', 'application/json'],
      description: 'Media types that may be stored, with exactly these parameters; `*` stands for any type or subtype.',
    },
    { name: 'cache_ttl', tag: 4, type: { kind: 'integer', between: [1, 31_536_000] }, required: true, default: 300, description: 'Seconds that a response is fresh, without `cache_control`.' },
    { name: 'strategy', tag: 5, type: { kind: 'string', oneOf: ['memory', 'redis'] }, required: true, description: 'Where responses are: in the memory of each proxy thread, or in a Redis for all data planes.' },
    { name: 'cache_control', tag: 6, type: { kind: 'boolean' }, required: true, default: false, description: 'Follows Cache-Control of requests and responses (RFC 9111).' },
    { name: 'ignore_uri_case', tag: 7, type: { kind: 'boolean' }, required: true, default: false, description: 'Paths that differ in case alone share a response: only where they are the same to the upstream too.' },
    { name: 'storage_ttl', tag: 8, type: SECONDS, description: 'Seconds that a response is kept, fresh or not; otherwise as long as it can be of use.' },
    { name: 'memory', tag: 9, type: { kind: 'record', fields: MEMORY }, required: true, default: {}, description: 'With `strategy: memory`.' },
    { name: 'vary_query_params', tag: 10, type: { kind: 'array', of: TEXT }, description: 'Only these query arguments are part of the key; otherwise all are. The others still go upstream: whoever asks first decides about them.' },
    { name: 'vary_headers', tag: 11, type: { kind: 'array', of: HEADER }, description: 'Request headers that are part of the key, besides what the response names in Vary.' },
    { name: 'response_headers', tag: 12, type: { kind: 'record', fields: RESPONSE_HEADERS }, required: true, default: {}, description: 'What the client is told of the cache.' },
    { name: 'bypass_on_err', tag: 13, type: { kind: 'boolean' }, required: true, default: true, description: 'Where Redis can not be asked, requests go upstream without the cache; false answers them with 503.' },
    { name: 'redis', tag: 14, type: { kind: 'record', fields: enterpriseRedisFields }, required: true, default: {}, description: 'With `strategy: redis`.' },
    { name: 'stale_while_revalidate', tag: 15, type: SECONDS, description: 'Seconds that a response that is no longer fresh may be sent while it is fetched anew (RFC 5861), where the response does not say it.' },
    { name: 'stale_if_error', tag: 16, type: SECONDS, description: 'Seconds that a response that is no longer fresh may be sent where the upstream fails (RFC 5861), where the response does not say it.' },
    { name: 'max_body_bytes', tag: 17, type: { kind: 'integer', between: [0, 256 * MIB] }, required: true, default: MIB, description: 'Longer responses are not stored.' },
    { name: 'collapse', tag: 18, type: { kind: 'boolean' }, required: true, default: true, description: 'Of concurrent requests for what is not stored, one goes upstream and the others wait for its response.' },
    { name: 'collapse_timeout', tag: 19, type: { kind: 'integer', between: [1, 600_000] }, required: true, default: 5_000, description: 'Milliseconds that they wait at most.' },
    { name: 'store_set_cookie', tag: 20, type: { kind: 'boolean' }, required: true, default: false, description: 'Stores responses with Set-Cookie too: every client then gets the cookies of the first.' },
    { name: 'store_with_cookie', tag: 21, type: { kind: 'boolean' }, required: true, default: false, description: 'Without `cache_control`, stores responses to requests with a Cookie too: only where the upstream does not look at it.' },
  ],
  checks: [redisNamed('config.strategy'), oneRedisServer('config.strategy')],
  partials: enterpriseRedisPartials,
} as const satisfies PluginSchema;

export type ProxyCacheConfig = RecordOf<(typeof proxyCacheSchema)['config']>;
