/** Partials of plugins: how their values come into a config, and what is refused. */
import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { accepted, createOptions, OTHER_ID, refusal } from '../../test/support/parse-outcome.ts';
import type { PluginSchema } from '../plugins/contract.ts';
import type { PartialValues } from './apply-partials.ts';
import type { JsonObject } from './definition.ts';
import { fieldAt } from './entity-checks.ts';

/** Two places for one type, one of which has only some of the fields. */
const cache = {
  name: 'cache',
  version: '1.0.0',
  priority: 1,
  scopes: ['global'],
  protocols: ['http', 'https'],
  description: 'For this test.',
  config: [
    { name: 'ttl', tag: 1, type: { kind: 'integer' }, default: 60, description: '' },
    { name: 'redis', tag: 2, type: { kind: 'record', fields: [
      { name: 'host', tag: 1, type: { kind: 'string' }, required: true, description: '' },
      { name: 'port', tag: 2, type: { kind: 'integer', between: [1, 9_999] }, default: 6379, description: '' },
      { name: 'prefix', tag: 3, type: { kind: 'string' }, description: '' },
    ] }, required: true, default: {}, description: '' },
    { name: 'spare', tag: 3, type: { kind: 'record', fields: [{ name: 'redis', tag: 1, type: { kind: 'record', fields: [{ name: 'host', tag: 1, type: { kind: 'string' }, description: '' }] }, description: '' }] }, description: '' },
  ],
  partials: [{ type: 'redis-ce', path: 'config.redis' }, { type: 'redis-ce', path: 'config.spare.redis' }],
} as const satisfies PluginSchema;

const CE = '01a1fe71-0000-7000-8000-000000000001';
const EE = '01a1fe71-0000-7000-8000-000000000002';
const WIDE = '01a1fe71-0000-7000-8000-000000000003';
const partial = (type: string, config: JsonObject): PartialValues => ({ type, config: fieldAt(accepted('partials', { type, config }), 'config') as JsonObject });
const partials: Readonly<Record<string, PartialValues>> = { [CE]: partial('redis-ce', { host: 'a.test', port: 7000 }), [EE]: partial('redis-ee', {}), [WIDE]: partial('redis-ce', { host: 'b.test', port: 60_000 }) };
const options = {
  pluginSchemaOf: (name: string): PluginSchema | undefined => (name === 'cache' ? cache : createOptions.pluginSchemaOf(name)),
  partialOf: (id: string): PartialValues | undefined => partials[id],
};
const configOf = (input: JsonObject, more: object = {}): unknown => accepted('plugins', { name: 'cache', ...input }, { ...options, ...more })['config'];

describe('what comes into the config', () => {
  test('the values that the plugin has fields for, at the usual place; the rest is its own', () => {
    const plugin = accepted('plugins', { name: 'cache', config: { ttl: 5, redis: { prefix: 'p' } }, partials: [{ id: CE.toUpperCase() }] }, options);
    assert.deepEqual([plugin['config'], plugin['partials']], [{ ttl: 5, redis: { host: 'a.test', port: 7000, prefix: 'p' }, spare: null }, [{ id: CE, path: 'config.redis' }]]);
  });

  test('at the place that is named, however deep', () => {
    assert.deepEqual(configOf({ config: { redis: { host: 'own' } }, partials: [{ id: CE, path: 'config.spare.redis' }] }), { ttl: 60, redis: { host: 'own', port: 6379, prefix: null }, spare: { redis: { host: 'a.test' } } });
    assert.deepEqual(configOf({ partials: [{ id: WIDE, path: 'config.spare.redis' }, { id: CE }] }), { ttl: 60, redis: { host: 'a.test', port: 7000, prefix: null }, spare: { redis: { host: 'b.test' } } });
  });

  test('the partial wins over what was written, also in a patch; without it the values stay', () => {
    assert.deepEqual(configOf({ config: { redis: { host: 'own', port: 1 } }, partials: [{ id: CE }] }), { ttl: 60, redis: { host: 'a.test', port: 7000, prefix: null }, spare: null });
    const previous = accepted('plugins', { name: 'cache', partials: [{ id: CE }] }, options);
    const merge = { ...options, mode: 'merge', previous } as const;
    assert.deepEqual(accepted('plugins', { config: { redis: { port: 2 } } }, merge)['config'], previous['config']);
    assert.deepEqual(accepted('plugins', { partials: [], config: { redis: { port: 2 } } }, merge)['config'], { ttl: 60, redis: { host: 'a.test', port: 2, prefix: null }, spare: null });
  });

  test('without partials everything is as before', () => {
    assert.deepEqual(configOf({ config: { redis: { host: 'own' } }, partials: [] }), { ttl: 60, redis: { host: 'own', port: 6379, prefix: null }, spare: null });
    assert.equal(accepted('plugins', { name: 'key-auth' }, options)['partials'], null);
  });
});

const bad: readonly (readonly [what: string, input: JsonObject, message: string])[] = [
  ['a partial that is not there', { partials: [{ id: OTHER_ID }] }, `partials.1.id: there is no partial ${OTHER_ID}; config.redis.host: required field missing`],
  ['a type that the plugin does not take', { config: { redis: { host: 'a' } }, partials: [{ id: EE }] }, "partials.1: plugin 'cache' takes no partial of type redis-ee (it takes: redis-ce)"],
  ['a plugin that takes none', { name: 'key-auth', partials: [{ id: CE }] }, "partials.1: plugin 'key-auth' takes no partial of type redis-ce"],
  ['a place that there is not', { config: { redis: { host: 'a' } }, partials: [{ id: CE, path: 'config.ttl' }] }, "partials.1.path: plugin 'cache' takes a partial of type redis-ce at: config.redis, config.spare.redis"],
  ['two at one place', { partials: [{ id: CE }, { id: CE, path: 'config.redis' }] }, 'partials.2.path: another partial fills config.redis already'],
  ['values that the plugin refuses', { partials: [{ id: WIDE }] }, 'config.redis.port: value should be between 1 and 9999'],
  ['no id', { config: { redis: { host: 'a' } }, partials: [{ path: 'config.redis' }] }, 'partials.1.id: required field missing'],
  ['an id that is none', { config: { redis: { host: 'a' } }, partials: [{ id: 'x' }] }, 'partials.1.id: expected the id of one of the partials'],
  ['no list', { config: { redis: { host: 'a' } }, partials: { id: CE } }, 'partials: expected an array, not a record'],
];
for (const [what, input, message] of bad) test(`refused: ${what}`, () => assert.equal(refusal('plugins', { name: 'cache', ...input }, options), message));

describe('partials themselves', () => {
  const wrong: readonly (readonly [what: string, input: JsonObject, message: string])[] = [
    ['no type', {}, 'type: required field missing'],
    ['a type that there is not', { type: 'redis-xe' }, 'type: expected one of: redis-ce, redis-ee (did you mean "redis-ce"?)'],
    ['a field that the type has not', { type: 'redis-ce', config: { hots: 'a' } }, 'config.hots: unknown field (did you mean "host"?)'],
    ['a value of another type', { type: 'redis-ee', config: { port: 'x' } }, 'config.port: expected an integer, not a string'],
  ];
  for (const [what, input, message] of wrong) test(`refused: ${what}`, () => assert.equal(refusal('partials', input), message));

  test('a password is given or referred to, and every field of the type has a value', () => {
    assert.equal(Object(accepted('partials', { type: 'redis-ce', config: { password: 'swordfish' } })['config'])['password'], 'swordfish');
    const { config } = accepted('partials', { type: 'redis-ce', config: { password: '{vault://env/redis-password}' } });
    assert.deepEqual(config, { host: null, port: 6379, timeout: 2000, username: null, password: '{vault://env/redis-password}', database: 0, ssl: false, ssl_verify: false, server_name: null });
  });
});
