/** Partials through the admin API: plugins take their values, follow their changes in the same release, and may refuse one. The bundled plugins take none yet, so one of the tests does. */
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { pluginCatalog } from '../shared/plugins/catalog.ts';
import type { PluginSchema } from '../shared/plugins/contract.ts';
import { startTestAdminApi } from './support/admin-api.ts';

const remember = {
  name: 'remember',
  version: '1.0.0',
  priority: 1,
  scopes: ['global', 'service'],
  protocols: ['http', 'https'],
  description: 'For this test.',
  config: [
    { name: 'redis', tag: 1, type: { kind: 'record', fields: [
      { name: 'host', tag: 1, type: { kind: 'string' }, required: true, description: '' },
      { name: 'port', tag: 2, type: { kind: 'integer', between: [1, 9_999] }, default: 6379, description: '' },
    ] }, required: true, default: {}, description: '' },
  ],
  partials: [{ type: 'redis-ce', path: 'config.redis' }],
} as const satisfies PluginSchema;

const { send } = await startTestAdminApi({ catalog: new Map<string, PluginSchema>([...pluginCatalog, ['remember', remember]]) });
const redis = (await send('POST', '/partials', { json: { name: 'main-redis', type: 'redis-ce', config: { host: 'redis.test' } } })).expect(201);
(await send('POST', '/services', { json: { name: 'books', host: 'a.test' } })).expect(201);
const configOf = async (plugin: string): Promise<unknown> => (await send('GET', `/plugins/${plugin}`)).expect(200).at('config');

test('a plugin takes the values of a partial, named by name or id', async () => {
  const byName = (await send('POST', '/plugins', { json: { name: 'remember', instance_name: 'one', partials: [{ name: 'main-redis' }] } })).expect(201);
  assert.deepEqual([byName.at('config'), byName.at('partials')], [{ redis: { host: 'redis.test', port: 6379 } }, [{ id: redis.word('id'), path: 'config.redis' }]]);
  const byId = (await send('PUT', '/services/books/plugins/two', { json: { name: 'remember', config: { redis: { host: 'own.test' } }, partials: [{ id: redis.word('id'), name: 'main-redis', path: 'config.redis' }] } })).expect(200);
  assert.deepEqual(byId.at('config'), { redis: { host: 'redis.test', port: 6379 } });
  // What was read may be written back.
  (await send('PUT', '/plugins/one', { json: (await send('GET', '/plugins/one')).body })).expect(200);
});

test('the schemas tell what a partial may hold and which plugins take it', async () => {
  assert.partialDeepStrictEqual((await send('GET', '/schemas/partials/redis-ce')).expect(200).body, { name: 'redis-ce', fields: [{ config: { type: 'record', required: true } }] });
  (await send('GET', '/schemas/partials/redis-xe')).expect(404);
  assert.deepEqual((await send('GET', '/schemas/plugins/remember')).expect(200).at('supported_partials'), { 'redis-ce': ['config.redis'] });
  (await send('POST', '/schemas/partials/validate', { json: { type: 'redis-ee', config: { port: 1 } } })).expect(200);
  (await send('POST', '/schemas/plugins/validate', { json: { name: 'remember', partials: [{ name: 'main-redis' }] } })).expect(200);
  (await send('POST', '/schemas/plugins/validate', { json: { name: 'remember' } })).expect(400);
});

test('a change of the partial is a change of all its plugins, in one release', async () => {
  const changed = (await send('PATCH', '/partials/main-redis', { json: { config: { host: 'new.test', port: 7000 } } })).expect(200);
  for (const plugin of ['one', 'two']) assert.deepEqual(await configOf(plugin), { redis: { host: 'new.test', port: 7000 } });
  const next = (await send('PATCH', '/services/books', { json: { retries: 1 } })).expect(200);
  const sequence = (answer: typeof changed): number => Number(String(answer.headers['x-holdfast-config-version']).split('.')[1]);
  assert.equal(sequence(next), sequence(changed) + 1);
});

test('a change that a plugin could not work with is refused, names the plugin, and changes nothing', async () => {
  const refused = (await send('PATCH', '/partials/main-redis', { json: { config: { port: 60_000 } } })).expect(400);
  assert.match(refused.word('message'), /plugin one \([0-9a-f-]{36}\), which takes it, could not work with it: config\.redis\.port: value should be between 1 and 9999/);
  assert.match(refused.word('message'), /plugin two /);
  assert.match((await send('PATCH', '/partials/main-redis', { json: { type: 'redis-ee' } })).expect(400).word('message'), /plugin 'remember' takes no partial of type redis-ee/);
  assert.equal((await send('GET', '/partials/main-redis')).expect(200).at('config.port'), 7000);
  assert.deepEqual(await configOf('one'), { redis: { host: 'new.test', port: 7000 } });
});

test('what is taken can not go; without its partial a plugin keeps the values as its own', async () => {
  assert.match((await send('DELETE', '/partials/main-redis')).expect(400).word('message'), /an existing 'plugins' entity references this 'partials' entity/);
  for (const plugin of ['one', 'two']) (await send('PATCH', `/plugins/${plugin}`, { json: { partials: null } })).expect(200);
  (await send('PATCH', '/partials/main-redis', { json: { config: { host: 'gone.test' } } })).expect(200);
  assert.deepEqual(await configOf('one'), { redis: { host: 'new.test', port: 7000 } });
  (await send('DELETE', '/partials/main-redis')).expect(204);
  assert.match((await send('PATCH', '/plugins/one', { json: { partials: [{ name: 'main-redis' }] } })).expect(400).word('message'), /partials\.name: the foreign key cannot be resolved/);
});

test('plugins that are written while the partial changes have its values, whichever came first', async () => {
  const shared = (await send('POST', '/partials', { json: { name: 'shared', type: 'redis-ce', config: { host: 'h0.test' } } })).expect(201).word('id');
  for (let round = 1; round <= 5; round += 1) {
    const service = (await send('POST', '/services', { json: { name: `s${round}`, host: 'a.test' } })).expect(201).word('id');
    const [change, plugin] = await Promise.all([
      send('PATCH', `/partials/${shared}`, { json: { config: { host: `h${round}.test` } } }),
      send('POST', `/services/${service}/plugins`, { json: { name: 'remember', partials: [{ id: shared }] } }),
    ]);
    change.expect(200);
    assert.deepEqual(await configOf(plugin.expect(201).word('id')), { redis: { host: `h${round}.test`, port: 6379 } });
  }
});
