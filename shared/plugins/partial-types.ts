/**
 * The types of partials, with the fields that the `config` of each may hold. Which of them a plugin takes, and where in its
 * config, is in the plugin's schema (`partials`). Used like the schemas of plugins: parsing, `/schemas/partials/{type}`.
 */
import type { Field } from '../model/definition.ts';
import { hostRule, printableRule, sniRule } from '../model/string-rules.ts';

export const partialTypeNames = ['redis-ce', 'redis-ee'] as const;
export type PartialTypeName = (typeof partialTypeNames)[number];

const NAME = { kind: 'string', maxLength: 512, rules: [printableRule] } as const;
const HOST = { kind: 'string', rules: [hostRule] } as const;
const PORT = { kind: 'integer', between: [0, 65_535] } as const;
const MILLISECONDS = { kind: 'integer', between: [0, 2_147_483_646] } as const;
const PASSWORD = { kind: 'string', maxLength: 512 } as const;

const REDIS_CE = [
  { name: 'host', tag: 1, type: HOST, description: 'Hostname or address of the Redis server.' },
  { name: 'port', tag: 2, type: PORT, default: 6379, description: 'Its port.' },
  { name: 'timeout', tag: 3, type: MILLISECONDS, default: 2000, description: 'Milliseconds to connect, and between two reads or writes.' },
  { name: 'username', tag: 4, type: NAME, referenceable: true, description: 'User to log in as.' },
  { name: 'password', tag: 5, type: PASSWORD, secret: 'sealed', referenceable: true, description: "The user's password." },
  { name: 'database', tag: 6, type: { kind: 'integer' }, default: 0, description: 'Number of the database.' },
  { name: 'ssl', tag: 7, type: { kind: 'boolean' }, default: false, description: 'Speaks TLS.' },
  { name: 'ssl_verify', tag: 8, type: { kind: 'boolean' }, default: false, description: "Verifies the server's certificate." },
  { name: 'server_name', tag: 9, type: { kind: 'string', rules: [sniRule] }, description: 'Name to ask for and to verify in TLS.' },
] as const satisfies readonly Field[];

const REDIS_EE = [
  { name: 'host', tag: 1, type: HOST, default: '127.0.0.1', description: 'Hostname or address of the Redis server.' },
  { name: 'port', tag: 2, type: PORT, default: 6379, description: 'Its port.' },
  { name: 'connect_timeout', tag: 3, type: MILLISECONDS, default: 2000, description: 'Milliseconds to connect.' },
  { name: 'send_timeout', tag: 4, type: MILLISECONDS, default: 2000, description: 'Milliseconds between two writes.' },
  { name: 'read_timeout', tag: 5, type: MILLISECONDS, default: 2000, description: 'Milliseconds between two reads.' },
  { name: 'username', tag: 6, type: NAME, referenceable: true, description: 'User to log in as.' },
  { name: 'password', tag: 7, type: PASSWORD, secret: 'sealed', referenceable: true, description: "The user's password." },
  { name: 'sentinel_username', tag: 8, type: NAME, referenceable: true, description: 'User to log in as at the sentinels.' },
  { name: 'sentinel_password', tag: 9, type: PASSWORD, secret: 'sealed', referenceable: true, description: 'Its password.' },
  { name: 'sentinel_master', tag: 10, type: NAME, description: 'Name of the master that the sentinels watch.' },
  { name: 'sentinel_role', tag: 11, type: { kind: 'string', oneOf: ['master', 'slave', 'any'] }, description: 'Which of the servers that the sentinels know is used.' },
  {
    name: 'sentinel_nodes', tag: 12, description: 'The sentinels.',
    type: { kind: 'array', minLength: 1, of: { kind: 'record', fields: [{ name: 'host', tag: 1, type: HOST, default: '127.0.0.1', description: 'Hostname or address.' }, { name: 'port', tag: 2, type: PORT, default: 6379, description: 'Port.' }] } },
  },
  {
    name: 'cluster_nodes', tag: 13, description: 'Servers of the cluster, from which the others are found.',
    type: { kind: 'array', minLength: 1, of: { kind: 'record', fields: [{ name: 'ip', tag: 1, type: HOST, default: '127.0.0.1', description: 'Hostname or address.' }, { name: 'port', tag: 2, type: PORT, default: 6379, description: 'Port.' }] } },
  },
  { name: 'cluster_max_redirections', tag: 14, type: { kind: 'integer', between: [0, 100] }, default: 5, description: 'How often a request follows the cluster to another server.' },
  { name: 'connection_is_proxied', tag: 15, type: { kind: 'boolean' }, default: false, description: 'A proxy stands between.' },
  { name: 'keepalive_pool_size', tag: 16, type: { kind: 'integer', between: [1, 2_147_483_646] }, default: 256, description: 'Idle connections that are kept.' },
  { name: 'keepalive_backlog', tag: 17, type: { kind: 'integer', between: [0, 2_147_483_646] }, description: 'Connections at most; more wait.' },
  { name: 'database', tag: 18, type: { kind: 'integer' }, default: 0, description: 'Number of the database.' },
  { name: 'ssl', tag: 19, type: { kind: 'boolean' }, default: false, description: 'Speaks TLS.' },
  { name: 'ssl_verify', tag: 20, type: { kind: 'boolean' }, default: false, description: "Verifies the server's certificate." },
  { name: 'server_name', tag: 21, type: { kind: 'string', rules: [sniRule] }, description: 'Name to ask for and to verify in TLS.' },
] as const satisfies readonly Field[];

const fieldsByType: Readonly<Record<PartialTypeName, readonly Field[]>> = { 'redis-ce': REDIS_CE, 'redis-ee': REDIS_EE };

/** The fields of the config of a partial; undefined where there is no such type. */
export function partialFieldsOf(type: string): readonly Field[] | undefined {
  const name = partialTypeNames.find((known) => known === type);
  return name === undefined ? undefined : fieldsByType[name];
}
