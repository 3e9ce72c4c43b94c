/**
 * `config.redis` of the plugins that share something through Redis, in both of Kong's forms: the shorter one, and the longer one of
 * the enterprise plugins. Fields for their schemas (and for the partials that fill them, partial-types.ts), rules on them, and what
 * they mean to `services.redis`.
 */
import type { EntityCheck, Field, JsonValue } from '../model/definition.ts';
import type { RecordOf } from '../model/entity-types.ts';
import { entityRule, fieldAt, isFilled, requiredWhen } from '../model/entity-checks.ts';
import { hostRule, printableRule, sniRule } from '../model/string-rules.ts';
import type { PluginPartial } from '../plugins/contract.ts';
import type { RedisOptions } from '../plugins/plugin-services.ts';

const NAME = { kind: 'string', maxLength: 512, rules: [printableRule] } as const;
const HOST = { kind: 'string', rules: [hostRule] } as const;
const PORT = { kind: 'integer', between: [0, 65_535] } as const;
const MILLISECONDS = { kind: 'integer', between: [0, 2_147_483_646] } as const;
const PASSWORD = { kind: 'string', maxLength: 512 } as const;
const DATABASE = { kind: 'integer', between: [0, 1_048_575] } as const;

/** Of a record `redis`; partials of type `redis-ce` fill it. */
export const redisFields = [
  { name: 'host', tag: 1, type: HOST, description: 'Hostname or address of the Redis server.' },
  { name: 'port', tag: 2, type: PORT, default: 6379, description: 'Its port.' },
  { name: 'timeout', tag: 3, type: MILLISECONDS, default: 2000, description: 'Milliseconds to connect, and between two reads or writes.' },
  { name: 'username', tag: 4, type: NAME, referenceable: true, description: 'User to log in as.' },
  { name: 'password', tag: 5, type: PASSWORD, secret: 'sealed', referenceable: true, description: "The user's password." },
  { name: 'database', tag: 6, type: DATABASE, default: 0, description: 'Number of the database.' },
  { name: 'ssl', tag: 7, type: { kind: 'boolean' }, default: false, description: 'Speaks TLS.' },
  { name: 'ssl_verify', tag: 8, type: { kind: 'boolean' }, default: false, description: "Verifies the server's certificate." },
  { name: 'server_name', tag: 9, type: { kind: 'string', rules: [sniRule] }, description: 'Name to ask for and to verify in TLS.' },
] as const satisfies readonly Field[];

/** Of a record `redis` of the enterprise plugins; partials of type `redis-ee` fill it, and those of `redis-ce` as far as they go. */
export const enterpriseRedisFields = [
  { name: 'host', tag: 1, type: HOST, default: '127.0.0.1', description: 'Hostname or address of the Redis server.' },
  { name: 'port', tag: 2, type: PORT, default: 6379, description: 'Its port.' },
  { name: 'connect_timeout', tag: 3, type: MILLISECONDS, default: 2000, description: 'Milliseconds to connect.' },
  { name: 'send_timeout', tag: 4, type: MILLISECONDS, default: 2000, description: 'Milliseconds between two writes.' },
  { name: 'read_timeout', tag: 5, type: MILLISECONDS, default: 2000, description: 'Milliseconds between two reads.' },
  { name: 'username', tag: 6, type: NAME, referenceable: true, description: 'User to log in as.' },
  { name: 'password', tag: 7, type: PASSWORD, secret: 'sealed', referenceable: true, description: "The user's password." },
  { name: 'sentinel_username', tag: 8, type: NAME, referenceable: true, description: 'Without effect.' },
  { name: 'sentinel_password', tag: 9, type: PASSWORD, secret: 'sealed', referenceable: true, description: 'Without effect.' },
  { name: 'sentinel_master', tag: 10, type: NAME, description: 'Refused where Redis is used: Sentinel is not available.' },
  { name: 'sentinel_role', tag: 11, type: { kind: 'string', oneOf: ['master', 'slave', 'any'] }, description: 'Without effect.' },
  {
    name: 'sentinel_nodes', tag: 12, description: 'Refused where Redis is used: Sentinel is not available.',
    type: { kind: 'array', minLength: 1, of: { kind: 'record', fields: [{ name: 'host', tag: 1, type: HOST, default: '127.0.0.1', description: 'Hostname or address.' }, { name: 'port', tag: 2, type: PORT, default: 6379, description: 'Port.' }] } },
  },
  {
    name: 'cluster_nodes', tag: 13, description: 'Refused where Redis is used: Redis Cluster is not available.',
    type: { kind: 'array', minLength: 1, of: { kind: 'record', fields: [{ name: 'ip', tag: 1, type: HOST, default: '127.0.0.1', description: 'Hostname or address.' }, { name: 'port', tag: 2, type: PORT, default: 6379, description: 'Port.' }] } },
  },
  { name: 'cluster_max_redirections', tag: 14, type: { kind: 'integer', between: [0, 100] }, default: 5, description: 'Without effect.' },
  { name: 'connection_is_proxied', tag: 15, type: { kind: 'boolean' }, default: false, description: 'Without effect.' },
  { name: 'keepalive_pool_size', tag: 16, type: { kind: 'integer', between: [1, 2_147_483_646] }, default: 256, description: 'Without effect: a thread has one connection, and commands of one turn share a write.' },
  { name: 'keepalive_backlog', tag: 17, type: { kind: 'integer', between: [0, 2_147_483_646] }, description: 'Without effect.' },
  { name: 'database', tag: 18, type: DATABASE, default: 0, description: 'Number of the database.' },
  { name: 'ssl', tag: 19, type: { kind: 'boolean' }, default: false, description: 'Speaks TLS.' },
  { name: 'ssl_verify', tag: 20, type: { kind: 'boolean' }, default: false, description: "Verifies the server's certificate." },
  { name: 'server_name', tag: 21, type: { kind: 'string', rules: [sniRule] }, description: 'Name to ask for and to verify in TLS.' },
] as const satisfies readonly Field[];

export type RedisConfig = RecordOf<typeof redisFields>;
export type EnterpriseRedisConfig = RecordOf<typeof enterpriseRedisFields>;

export const redisPartials = [{ type: 'redis-ce', path: 'config.redis' }] as const satisfies readonly PluginPartial[];
export const enterpriseRedisPartials = [{ type: 'redis-ee', path: 'config.redis' }, { type: 'redis-ce', path: 'config.redis' }] as const satisfies readonly PluginPartial[];

/** Where the field of that path (`config.policy`) is `redis`, a server is named. */
export function redisNamed(selector: string): EntityCheck {
  return requiredWhen({ field: selector, is: ['redis'] }, 'config.redis.host');
}

/** Where the field of that path is `redis`, it is one server: what else the enterprise form can say would be passed over. */
export function oneRedisServer(selector: string): EntityCheck {
  return entityRule(`With ${selector} redis, config.redis names one server`, (plugin) => {
    if (fieldAt(plugin, selector) !== 'redis') return [];
    return ['cluster_nodes', 'sentinel_nodes', 'sentinel_master'].flatMap((name) => {
      const value: JsonValue = fieldAt(plugin, `config.redis.${name}`);
      return isFilled(value) ? [{ field: `config.redis.${name}`, message: 'Redis Cluster and Sentinel are not available in this version: name one server by host and port' }] : [];
    });
  });
}

/** Throws nothing: `redisNamed` has seen to the host. */
export function redisOptionsOf(redis: RedisConfig | EnterpriseRedisConfig): RedisOptions {
  const timeouts = 'timeout' in redis
    ? { connectTimeoutMs: redis.timeout, timeoutMs: redis.timeout }
    : { connectTimeoutMs: redis.connect_timeout, timeoutMs: Math.max(redis.send_timeout, redis.read_timeout) };
  return {
    host: redis.host ?? '127.0.0.1',
    port: redis.port,
    username: redis.username,
    password: redis.password,
    database: redis.database,
    tls: redis.ssl ? { verify: redis.ssl_verify, serverName: redis.server_name } : undefined,
    ...timeouts,
  };
}
