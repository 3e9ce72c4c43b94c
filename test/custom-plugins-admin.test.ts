/** Custom plugins at the control plane: registered once for ever, configured by their schema in whichever version, secrets sealed. */
import { after, test } from 'node:test';
import assert from 'node:assert/strict';
import { CustomPlugins } from '../control-plane/plugins/custom-plugins.ts';
import { PLUGIN_EXAMPLE } from '../control-plane/admin-api/v1/plugin-routes.ts';
import { systemClock } from '../shared/clock.ts';
import { createMemoryLogger } from '../shared/log.ts';
import type { JsonObject } from '../shared/model/definition.ts';
import { pluginCatalog, setCustomSchemas } from '../shared/plugins/catalog.ts';
import { startTestAdminApi } from './support/admin-api.ts';

const api = await startTestAdminApi();
const { send } = api;
after(() => setCustomSchemas([]));

const HASH = 'a'.repeat(64);
const plugin = (version: string, config: readonly JsonObject[]): JsonObject => ({
  hash: HASH, schema: { name: 'teapot', version, priority: 500, scopes: ['global', 'service'], protocols: ['http', 'https'], description: 'Brews.', config },
});
const CUPS = { name: 'cups', tag: 1, type: { kind: 'integer', between: [1, 8] }, required: true, default: 2, description: 'How many.' };
const SAUCER = { name: 'saucer', tag: 2, type: { kind: 'string' }, required: true, description: 'Which.' };
const RECIPE = { name: 'recipe', tag: 3, type: { kind: 'string' }, secret: 'sealed', referenceable: true, description: 'Of the house.' };

test('the example of the document is registered, twice the same, and never another under its version', async () => {
  (await send('POST', '/v1/plugins', { json: PLUGIN_EXAMPLE })).expect(201);
  (await send('POST', '/v1/plugins', { json: PLUGIN_EXAMPLE })).expect(201);
  const refused = (await send('POST', '/v1/plugins', { json: { ...PLUGIN_EXAMPLE, hash: HASH } })).expect(409);
  assert.match(refused.word('message'), /greeting 1\.0\.0 is registered with another hash .*give it a new version/);
  const shown = (await send('GET', '/v1/plugins/greeting/1.0.0')).expect(200);
  assert.deepEqual(shown.at('schema'), PLUGIN_EXAMPLE['schema']);
  assert.equal(shown.at('source'), 'custom');
  assert.equal((await send('GET', '/v1/plugins/key-auth/9.9.9')).status, 404);
});

test('a plugin can be configured from the moment it is registered, by the schema of its version', async () => {
  (await send('POST', '/plugins', { json: { name: 'teapot' } })).expect(400);
  (await send('POST', '/v1/plugins', { json: plugin('1.0.0', [CUPS]) })).expect(201);
  const first = (await send('POST', '/plugins', { json: { name: 'teapot', config: { cups: 3 } } })).expect(201);
  assert.deepEqual(first.at('config'), { cups: 3 });
  (await send('POST', '/v1/plugins', { json: plugin('1.1.0', [CUPS, SAUCER, RECIPE]) })).expect(201);
  (await send('POST', '/services', { json: { name: 'kitchen', host: 'kitchen.test' } })).expect(201);
  const missing = (await send('POST', '/services/kitchen/plugins', { json: { name: 'teapot' } })).expect(400);
  assert.match(JSON.stringify(missing.body), /saucer/);
  // Side by side: one of each.
  (await send('POST', '/services/kitchen/plugins', { json: { name: 'teapot', version: '1.0.0' } })).expect(201);
  const both = (await send('PATCH', `/plugins/${first.word('id')}`, { json: { version: '1.1.0', config: { saucer: 'blue', recipe: 'two leaves and a bud' } } })).expect(200);
  assert.equal(both.at('version'), '1.1.0');
  const unknown = (await send('PATCH', `/plugins/${first.word('id')}`, { json: { version: '7.0.0' } })).expect(400);
  assert.match(JSON.stringify(unknown.body), /not registered; registered: 1\.1\.0, 1\.0\.0/);
  assert.match(JSON.stringify((await send('POST', '/plugins', { json: { name: 'key-auth', version: '1.0.0' } })).expect(400).body), /value must be null/);
});

test('its secrets are sealed and shown only to who may reveal them', async () => {
  const list = (await send('GET', '/plugins', { token: api.viewerToken })).expect(200);
  assert.equal(JSON.stringify(list.body).includes('two leaves'), false);
  const { rows } = await query('SELECT published::text || control_plane_only::text AS text FROM entities');
  assert.equal(rows.some((text) => text.includes('two leaves')), false);
  assert.ok(rows.some((text) => text.includes('blue')), 'the search finds what is there');
});

test('what is wrong with a schema is told by its place; a bundled name is refused; only installation admins register', async () => {
  const wrong = (await send('POST', '/v1/plugins', { json: { hash: 'short', schema: {} } })).expect(400);
  assert.match(JSON.stringify(wrong.body), /lower-case hex/);
  assert.match(JSON.stringify((await send('POST', '/v1/plugins', { json: { hash: HASH, schema: { nme: 'x' } } })).expect(400).body), /schema\.nme|"nme"/);
  const bundled = { ...plugin('1.0.0', []), schema: { name: 'acl', version: '2.0.0', priority: 1, scopes: ['global'], protocols: ['http'], description: 'D.', config: [] } };
  assert.match(JSON.stringify((await send('POST', '/v1/plugins', { json: bundled })).expect(400).body), /bundled plugin/);
  assert.match(JSON.stringify((await send('POST', '/v1/plugins', { json: { ...PLUGIN_EXAMPLE, hsah: 1 } })).expect(400).body), /hash/);
  (await send('POST', '/v1/plugins', { json: PLUGIN_EXAMPLE, token: api.viewerToken })).expect(403);
});

test('what another control plane registered a moment ago can be configured here at once', async () => {
  const { schema } = plugin('1.2.0', [CUPS]);
  await api.store.plugins.register({ name: 'kettle', version: '1.2.0', hash: HASH, schema: { ...(schema as JsonObject), name: 'kettle' }, registeredBy: 'there' });
  (await send('POST', '/services/kitchen/plugins', { json: { name: 'kettle', config: { cups: 2 } } })).expect(201);
  (await send('POST', '/services/kitchen/plugins', { json: { name: 'kettl' } })).expect(400);
});

test('another control plane learns of it', async () => {
  setCustomSchemas([]);
  assert.equal(pluginCatalog.has('teapot'), false);
  const other = new CustomPlugins({ store: api.store.plugins, clock: systemClock, log: createMemoryLogger('other').log });
  await other.start();
  other.stop();
  assert.equal(pluginCatalog.get('teapot')?.version, '1.1.0');
});

async function query(text: string): Promise<{ readonly rows: readonly string[] }> {
  const { Client } = await import('pg');
  const client = new Client({ connectionString: api.database.superuserConnectionString });
  await client.connect();
  const { rows } = await client.query<{ readonly text: string }>({ text: text.replace('FROM ', 'FROM holdfast.') });
  await client.end();
  return { rows: rows.map((row) => row.text) };
}
