/**
 * T2 for secrets in configs of plugins and partials: through the admin API, the batch, declarative files, rotations and roll backs; in
 * no table, answer, plan, audit row or log. The plugin is of the tests, and in the catalogue like a bundled one.
 */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { DataKeyRotator } from '../control-plane/keys/data-key-rotator.ts';
import { readEntity } from '../control-plane/store/entity-record.ts';
import { withEveryEntity } from '../control-plane/store/scope.ts';
import { systemClock } from '../shared/clock.ts';
import { createMemoryLogger } from '../shared/log.ts';
import { readConfigSecrets } from '../shared/model/config-secrets.ts';
import { parseId, type EntityId } from '../shared/model/ids.ts';
import { definitionOf } from '../shared/model/registry.ts';
import { decodeEnvelope } from '../shared/trust/envelope.ts';
import { decodeEntity } from '../shared/wire/entity-codec.ts';
import { startTestAdminApi, type AdminCall } from './support/admin-api.ts';
import { openTestStore } from './support/postgres.ts';
import { onServer } from './support/postgres-server.ts';
import { TEST_ACTOR } from './support/store-scene.ts';
import './support/secret-plugin.ts';
import { waitUntil } from './support/wait-until.ts';

const CANARY = 'canary-4b1f-';
const opened = await openTestStore({ keysKeptMs: 50 });
const api = await startTestAdminApi({}, opened);
const { store, database, send, tenantId, logLines } = api;
const EDITOR = await api.tokenFor('editors', [{ resources: ['entities'], verbs: ['read', 'create', 'update', 'delete'] }]);
const [gateway] = await store.gateways.list(tenantId);
assert.ok(gateway);
const scope = withEveryEntity(gateway);
const plugins = definitionOf('plugins');

/** Every row of every table, as one text. */
async function dumpAll(): Promise<string> {
  return onServer(database.superuserConnectionString, async (client) => {
    const { rows: tables } = await client.query<{ readonly name: string }>("SELECT relname AS name FROM pg_class WHERE relnamespace = 'holdfast'::regnamespace AND relkind = 'r'");
    const texts: string[] = [];
    for (const { name } of tables) texts.push(...(await client.query<{ readonly text: string }>(`SELECT t::text AS text FROM holdfast.${name} t`)).rows.map(({ text }) => text));
    return texts.join('\n');
  });
}

async function assertNowhere(): Promise<void> {
  const dump = `${await dumpAll()}\n${logLines().join('\n')}`;
  for (const form of [CANARY, Buffer.from(CANARY).toString('hex'), ...[0, 1, 2].map((skip) => Buffer.from(CANARY).subarray(skip, skip + 9).toString('base64'))]) assert.equal(dump.indexOf(form), -1, dump.slice(Math.max(0, dump.indexOf(form) - 200), dump.indexOf(form) + 60));
}

const as = (token: string | undefined, call: AdminCall = {}): AdminCall => (token === undefined ? call : { ...call, token });
async function passwordOf(name: string, token?: string): Promise<unknown> {
  return (await send('GET', `/plugins/${name}`, as(token))).expect(200).at('config.redis.password');
}

/** What data planes get, opened as they would. */
async function published(name: string): Promise<readonly string[]> {
  const stored = await store.read(scope, (reader) => reader.getByEndpointKey(plugins, name));
  assert.ok(stored);
  const { id, config_secrets_sealed: sealed } = decodeEntity('plugins', stored.bytes);
  if (sealed === null) return [];
  const bytes = (await store.secretsOf(scope)).openContent({ kind: 'plugins', id, field: 'config_secrets' }, Buffer.from(sealed, 'base64'));
  return readConfigSecrets(Buffer.from(bytes).toString('utf8')).map(({ value }) => value);
}

test('a secret of a config is shown to who may reveal, told in the audit as revealed, and stands nowhere', async () => {
  const config = { client_id: 'public', client_secret: [`${CANARY}first`, '{vault://env/secret-second}'], redis: { host: 'r.test', password: `${CANARY}password` } };
  const made = (await send('POST', '/plugins', { json: { name: 'secretive', instance_name: 'one', config } })).expect(201);
  assert.deepEqual([made.at('config.redis.password'), made.at('config_secrets')], [`${CANARY}password`, undefined]);
  assert.deepEqual((await send('GET', '/plugins/one')).expect(200).at('config'), { ...config, token: null, redis: { ...config.redis, username: null } });
  const hidden = (await send('GET', '/plugins/one', { token: EDITOR })).expect(200);
  assert.deepEqual(hidden.at('config'), { client_id: 'public', client_secret: [null, '{vault://env/secret-second}'], token: null, redis: { host: 'r.test', password: null, username: null } });
  assert.deepEqual(await published('one'), [`${CANARY}first`, `${CANARY}password`]);
  const { rows } = await store.audit.list(tenantId, { action: 'reveal' }, { size: 10 });
  assert.ok(rows.some(({ subject_kind: kind, subject_id: id }) => kind === 'plugins' && id === made.word('id')));
  (await send('POST', '/services', { json: { name: 'own', host: 'o.test' } })).expect(201);
  assert.equal((await send('POST', '/services/own/plugins', { token: EDITOR, json: { name: 'secretive', instance_name: 'two', config: { redis: { password: `${CANARY}mine` } } } })).expect(201).at('config.redis.password'), null, 'also to its author');
  const refused = (await send('POST', '/plugins', { json: { name: 'secretive', config: { token: `${CANARY}wrong`, redis: { password: [`${CANARY}list`] } } } })).expect(400);
  assert.equal(refused.text.includes(CANARY), false);
  assert.deepEqual((await send('GET', '/schemas/plugins/secretive')).expect(200).text.match(/"encrypted":true/g)?.length, 3);
  await assertNowhere();
});

test('writes of who may not see it keep it: PATCH, PUT of what was shown, a batch, a file', async () => {
  (await send('PATCH', '/plugins/one', { token: EDITOR, json: { config: { redis: { host: 'new.test' } } } })).expect(200);
  const shown = (await send('GET', '/plugins/one', { token: EDITOR })).expect(200).body;
  assert.equal((await send('PUT', '/plugins/one', { token: EDITOR, json: shown })).expect(200).at('config.redis.password'), null);
  assert.equal(await passwordOf('one'), `${CANARY}password`);
  const name = gateway.name;
  (await send('POST', `/v1/gateways/${name}/batch`, { token: EDITOR, json: { operations: [{ op: 'upsert', kind: 'plugins', id: 'one', entity: { name: 'secretive', config: { redis: { host: 'batch.test' } } } }] } })).expect(200);
  assert.deepEqual([await passwordOf('one'), (await send('GET', '/plugins/one')).at('config.redis.host')], [`${CANARY}password`, 'batch.test']);
  (await send('PATCH', '/plugins/one', { json: { config: { client_secret: null } } })).expect(200);
  assert.deepEqual(await published('one'), [`${CANARY}password`], 'who sees it may remove it');
  await assertNowhere();
});

test('a declarative file: told as changed and never shown, hidden in a dump, kept by a file without it', async () => {
  const path = `/v1/gateways/${gateway.name}/declarative`;
  const content = { _format_version: '3.0', plugins: [{ name: 'secretive', instance_name: 'one', config: { redis: { host: 'file.test', password: `${CANARY}filed` } } }] };
  const plan = (await send('POST', path, { json: { mode: 'apply', content: JSON.stringify(content), dry_run: true } })).expect(200);
  assert.equal(plan.text.includes(CANARY), false);
  assert.match(plan.text, /config\.redis\.password/);
  (await send('POST', path, { json: { mode: 'apply', content: JSON.stringify(content) } })).expect(200);
  assert.equal(await passwordOf('one'), `${CANARY}filed`);
  const dump = await send('GET', path, { token: EDITOR });
  if (dump.status === 200) assert.equal(dump.text.includes(CANARY), false);
  assert.match((await send('GET', path)).expect(200).text, /canary-4b1f-filed/);
  assert.equal((await send('GET', `${path}?sanitize=1`)).expect(200).text.includes(CANARY), false);
  const without = { _format_version: '3.0', plugins: [{ name: 'secretive', instance_name: 'one', config: { redis: { host: 'again.test' } } }] };
  (await send('POST', path, { token: EDITOR, json: { mode: 'apply', content: JSON.stringify(without) } })).expect(200);
  assert.deepEqual([await passwordOf('one'), (await send('GET', '/plugins/one')).at('config.redis.host')], [`${CANARY}filed`, 'again.test']);
  await assertNowhere();
});

test('the secret of a partial is sealed in it and in the plugins that take it, and shown to nobody through one of them', async () => {
  const partial = (await send('POST', '/partials', { json: { name: 'cache', type: 'redis-ce', config: { host: 'p.test', password: `${CANARY}partial` } } })).expect(201);
  assert.equal(partial.at('config.password'), `${CANARY}partial`);
  assert.equal((await send('GET', '/partials/cache', { token: EDITOR })).expect(200).at('config.password'), null);
  (await send('POST', '/services', { json: { name: 'books', host: 'b.test' } })).expect(201);
  const taken = (await send('POST', '/services/books/plugins', { token: EDITOR, json: { name: 'secretive', instance_name: 'taker', partials: [{ name: 'cache' }] } })).expect(201);
  assert.deepEqual([taken.at('config.redis.password'), taken.text.includes(CANARY)], [null, false]);
  assert.deepEqual(await published('taker'), [`${CANARY}partial`]);
  (await send('PATCH', '/partials/cache', { token: EDITOR, json: { config: { host: 'moved.test' } } })).expect(200);
  assert.deepEqual([await published('taker'), (await send('GET', '/plugins/taker')).at('config.redis.host')], [[`${CANARY}partial`], 'moved.test']);
  (await send('PATCH', '/partials/cache', { json: { config: { password: `${CANARY}rotated` } } })).expect(200);
  assert.deepEqual(await published('taker'), [`${CANARY}rotated`]);
  (await send('POST', '/schemas/plugins/validate', { json: { name: 'secretive', partials: [{ name: 'cache' }] } })).expect(200);
  await assertNowhere();
});

test('what the audit and a release tell of it is that it changed', async () => {
  (await send('PATCH', '/plugins/one', { json: { config: { redis: { password: `${CANARY}changed` } } } })).expect(200);
  const audit = (await send('GET', '/v1/audit?size=1000')).expect(200);
  assert.equal(audit.text.includes(CANARY), false);
  assert.match(audit.text, /"config_secrets":"\(secret\)"/);
});

test('a roll back brings it back with the plugin; both rotations leave it what it is', async () => {
  const id = parseId<EntityId>((await send('GET', '/plugins/one')).word('id'));
  assert.ok(id);
  const head = (await store.gateways.get(scope))?.head;
  assert.ok(head);
  const base = (await store.releases.newest(scope))?.version;
  await store.releases.insert(scope, { version: head, base, manifestStatement: 'm', contentRoot: Buffer.alloc(32), entityCount: 0, author: 'test' });
  (await send('PATCH', '/plugins/one', { json: { config: { redis: { password: `${CANARY}later` } } } })).expect(200);

  await store.contentKeys.rotate(scope, TEST_ACTOR);
  assert.deepEqual([await published('one'), await published('taker')], [[`${CANARY}later`], [`${CANARY}rotated`]]);
  const stored = await store.read(scope, (reader) => reader.get('plugins', id));
  assert.ok(stored);
  assert.equal(decodeEnvelope(Buffer.from(decodeEntity('plugins', stored.bytes).config_secrets_sealed ?? '', 'base64')).keyId, 2, 'under the new content key');

  const result = await store.rollBack(scope, TEST_ACTOR, { to: head, includeCredentials: false, dryRun: false, whileFrozen: false, reason: 'a test' });
  assert.equal(result.kind, 'done');
  assert.deepEqual([await passwordOf('one'), await published('one')], [`${CANARY}changed`, [`${CANARY}changed`]]);

  const rotator = new DataKeyRotator({ rotations: store.keyRotations, clock: systemClock, log: createMemoryLogger('test').log });
  after(() => rotator.stop());
  assert.equal(await store.keyRotations.begin(tenantId, TEST_ACTOR), 2);
  rotator.start();
  await waitUntil('the end of the rotation', async () => (await store.keyRotations.list()).some((rotation) => rotation.tenantId === tenantId && rotation.phase === 'done'), 20_000);
  const { rows } = await onServer(database.superuserConnectionString, (client) => client.query<{ readonly sealed: Buffer }>(`
    SELECT decode(control_plane_only ->> 'config_secrets', 'base64') AS sealed FROM holdfast.entities WHERE control_plane_only ? 'config_secrets'
    UNION ALL SELECT decode(private_before ->> 'config_secrets', 'base64') FROM holdfast.changes WHERE private_before ? 'config_secrets'`));
  assert.ok(rows.length > 8, String(rows.length));
  assert.deepEqual([...new Set(rows.map(({ sealed }) => decodeEnvelope(sealed).keyId))], [2], 'under the new data key, history too');
  const now = await store.read(scope, (reader) => reader.get('plugins', id));
  assert.ok(now);
  assert.equal(JSON.stringify(readEntity(plugins, now, await store.secretsOf(scope))).includes(`${CANARY}changed`), true);
  await assertNowhere();
});
