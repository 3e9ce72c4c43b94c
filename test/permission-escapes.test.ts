/** Ways around a narrow role that a review looked for: names of gateways, releases, roll backs, what errors and dry runs tell. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pluginCatalog } from '../shared/plugins/catalog.ts';
import type { PluginSchema } from '../shared/plugins/contract.ts';
import { startTestAdminApi } from './support/admin-api.ts';
import { testCertificate } from './support/test-certificates.ts';

/** Takes a partial, and can't work with every one. */
const remember = {
  name: 'remember',
  version: '1.0.0',
  priority: 1,
  scopes: ['global'],
  protocols: ['http', 'https'],
  description: 'For this test.',
  config: [{ name: 'redis', tag: 1, type: { kind: 'record', fields: [
    { name: 'host', tag: 1, type: { kind: 'string' }, required: true, description: '' },
    { name: 'port', tag: 2, type: { kind: 'integer', between: [1, 9_999] }, default: 6379, description: '' },
  ] }, required: true, default: {}, description: '' }],
  partials: [{ type: 'redis-ce', path: 'config.redis' }],
} as const satisfies PluginSchema;

const { send, store, tenantId, tokenFor } = await startTestAdminApi({ catalog: new Map<string, PluginSchema>([...pluginCatalog, ['remember', remember]]) });
const TAGS = ['team-a'];
const team = await tokenFor('team-a', [
  { resources: ['entities'], verbs: ['read', 'create', 'update', 'delete'], tags: TAGS },
  { resources: ['releases'], verbs: ['read', 'rollback'] },
]);
const make = async (path: string, json: object): Promise<string> => (await send('POST', path, { json })).expect(201).word('id');

/** A release of what is written, as the publisher would store it. */
async function publish(): Promise<string> {
  const gateway = await store.gateways.findByName(tenantId, 'default');
  assert.ok(gateway);
  await store.releases.insert(gateway, { version: gateway.head, base: (await store.releases.newest(gateway))?.version, manifestStatement: 'm', contentRoot: Buffer.alloc(32), entityCount: 0, author: 'admin' });
  return `${gateway.head.epoch}.${gateway.head.sequence}`;
}

test('a gateway is not made or renamed into the names of others, nor into names in which one may do more', async () => {
  const token = await tokenFor('dev', [{ gateways: ['dev-*'], resources: ['gateways'], verbs: ['read', 'create', 'update'] }]);
  (await send('POST', '/v1/gateways', { token, json: { name: 'prod-1' } })).expect(403);
  (await send('POST', '/v1/gateways', { token, json: { name: 'dev-1' } })).expect(201);
  (await send('PATCH', '/v1/gateways/dev-1', { token, json: { name: 'prod-1' } })).expect(403);
  (await send('PATCH', '/v1/gateways/dev-1', { token, json: { name: 'dev-2' } })).expect(200);
  const renamer = await tokenFor('renamer', [{ resources: ['gateways'], verbs: ['read', 'update'] }, { gateways: ['dev-*'], resources: ['entities'], verbs: ['*'] }]);
  (await send('POST', '/v1/gateways', { json: { name: 'prod-1' } })).expect(201);
  assert.match((await send('PATCH', '/v1/gateways/prod-1', { token: renamer, json: { name: 'dev-3' } })).expect(403).word('message'), /you may do more/);
  const kept = await tokenFor('kept-out', [{ resources: ['gateways', 'entities'], verbs: ['*'] }, { effect: 'deny', gateways: ['prod-*'], resources: ['entities'], verbs: ['*'] }]);
  (await send('PATCH', '/v1/gateways/prod-1', { token: kept, json: { name: 'free' } })).expect(403);
  (await send('PATCH', '/v1/gateways/prod-1', { token: renamer, json: { name: 'prod-2' } })).expect(200);
});

test('releases and their differences show what may be seen and nothing else', async () => {
  const before = await publish();
  await make('/services', { name: 'ours', host: 'a.test', tags: TAGS });
  const theirs = await make('/services', { name: 'hidden-service', host: 'b.test', tags: ['team-b'] });
  const moved = await make('/services', { name: 'hidden-moved', host: 'c.test' });
  const after = await publish();
  (await send('PATCH', `/services/${moved}`, { json: { tags: TAGS, name: 'given-over' } })).expect(200);
  for (const path of [`/v1/releases/${after}/diff?from=${before}`, `/v1/releases/${after}`, `/v1/releases/${after}/diff?format=text`, '/v1/releases/current/diff', `/v1/releases/current/diff?from=${before}`]) {
    const { text } = (await send('GET', path, { token: team })).expect(200);
    assert.ok(!text.includes('hidden') && !text.includes(theirs) && !text.includes('b.test'), `${path}: ${text}`);
  }
  assert.match((await send('GET', `/v1/releases/${after}/diff?from=${before}`, { token: team })).text, /"ours"/);
  assert.match((await send('GET', `/v1/releases/${after}/diff?from=${before}`)).text, /hidden-service/);
});

test('a roll back that would be refused is refused as a dry run too, and names nothing that may not be seen', async () => {
  const before = await publish();
  await make('/services', { name: 'rolled-ours', host: 'a.test', tags: TAGS });
  const alone = (await send('POST', `/v1/releases/${before}/rollback`, { token: team, json: { dry_run: true } })).expect(200);
  assert.equal(alone.at('counts.deleted'), 1);
  await make('/services', { name: 'rolled-theirs', host: 'b.test', tags: ['team-b'] });
  for (const dryRun of [true, false]) {
    const refused = (await send('POST', `/v1/releases/${before}/rollback`, { token: team, json: { dry_run: dryRun } })).expect(403);
    assert.ok(!refused.text.includes('rolled-theirs'), refused.text);
  }
  // What stays as it is, is told to who may see it.
  const middle = await publish();
  const pair = (await send('POST', '/consumers', { json: { username: 'stays', tags: TAGS } })).expect(201).word('id');
  const key = await make(`/consumers/${pair}/key-auth`, { key: 'k', tags: ['team-b'] });
  (await send('DELETE', `/key-auths/${key}`)).expect(204);
  const later = await publish();
  await make(`/consumers/${pair}/key-auth`, { key: 'k2' });
  assert.notEqual(middle, later);
  const seen = (await send('POST', `/v1/releases/${later}/rollback`, { token: team, json: { dry_run: true } })).expect(200);
  assert.deepEqual(seen.at('entities'), [], seen.text);
  assert.equal((await send('POST', `/v1/releases/${later}/rollback`, { json: { dry_run: true } })).at('counts.skipped'), 1);
});

test('an error about something that may not be seen does not tell what it is', async () => {
  const { cert, key } = await testCertificate();
  const certificate = await make('/certificates', { cert, key });
  const sni = await make('/snis', { name: 'taken.test', certificate: { id: certificate } });
  const own = await make('/certificates', { cert, key, tags: TAGS });
  const conflict = (await send('PATCH', `/certificates/${own}`, { token: team, json: { snis: ['taken.test'] } })).expect(400);
  assert.ok(!conflict.text.includes(sni), conflict.text);
  assert.ok((await send('PATCH', `/certificates/${own}`, { json: { snis: ['taken.test'] } })).expect(400).text.includes(sni));
  await make('/partials', { name: 'cache', type: 'redis-ce', config: { host: 'redis.test' }, tags: TAGS });
  const plugin = await make('/plugins', { name: 'remember', instance_name: 'hidden-plugin', partials: [{ name: 'cache' }] });
  const refused = (await send('PATCH', '/partials/cache', { token: team, json: { config: { port: 60_000 } } })).expect(400);
  assert.ok(!refused.text.includes(plugin) && !refused.text.includes('hidden-plugin'), refused.text);
  assert.ok((await send('PATCH', '/partials/cache', { json: { config: { port: 60_000 } } })).expect(400).text.includes('hidden-plugin'));
});

test('a plugin for the whole gateway is not within one tag, whatever it carries; a key without a set is', async () => {
  const plugin = await make('/plugins', { name: 'rate-limiting', config: { minute: 5 }, tags: TAGS });
  const service = await make('/services', { name: 'own-service', host: 'a.test', tags: TAGS });
  (await send('DELETE', `/plugins/${plugin}`, { token: team })).expect(403);
  (await send('PATCH', `/plugins/${plugin}`, { token: team, json: { enabled: false } })).expect(403);
  (await send('PATCH', `/plugins/${plugin}`, { token: team, json: { service: { id: service } } })).expect(403);
  const jwk = JSON.stringify({ kty: 'oct', kid: 'one', k: 'c2VjcmV0' });
  (await send('POST', '/keys', { token: team, json: { name: 'own-key', kid: 'one', jwk, tags: TAGS } })).expect(201);
});

test('a dry run is refused for whatever the real one would be: a frozen gateway, a quota', async () => {
  const tries = async (dryRun: boolean): Promise<readonly number[]> => {
    const batch = await send('POST', '/v1/gateways/default/batch', { json: { dry_run: dryRun, operations: [{ op: 'create', kind: 'upstreams', entity: { name: 'u.test' } }] } });
    const content = JSON.stringify({ _format_version: '3.0', upstreams: [{ name: 'u.test' }] });
    const declared = await send('POST', '/v1/gateways/default/declarative', { json: { mode: 'apply', content, dry_run: dryRun } });
    return [batch.status, declared.status];
  };
  assert.deepEqual(await tries(true), [200, 200]);
  (await send('POST', '/v1/gateways/default/freeze', { json: { reason: 'audit week' } })).expect(200);
  assert.deepEqual(await tries(true), [423, 423]);
  assert.deepEqual(await tries(false), [423, 423]);
  (await send('POST', '/v1/gateways/default/unfreeze')).expect(200);
  const head = (await store.gateways.findByName(tenantId, 'default'))?.head;
  (await send('PATCH', `/v1/tenants/${tenantId}/quotas`, { json: { entities: { upstreams: 0 } } })).expect(200);
  assert.deepEqual(await tries(true), [403, 403]);
  assert.deepEqual(await tries(false), [403, 403]);
  (await send('PATCH', `/v1/tenants/${tenantId}/quotas`, { json: { entities: {} } })).expect(200);
  assert.deepEqual((await store.gateways.findByName(tenantId, 'default'))?.head, head, 'nothing of it stayed');
  assert.deepEqual(await tries(false), [200, 200]);
});
