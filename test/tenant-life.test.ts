/** Quotas that no number of writers gets past; tenants suspended, resumed, deleted, restored, exported and removed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TenantSweeper } from '../control-plane/tenants/tenant-sweeper.ts';
import { systemClock } from '../shared/clock.ts';
import { createMemoryLogger } from '../shared/log.ts';
import { newId, type DataPlaneId, type TenantId } from '../shared/model/ids.ts';
import { startTestAdminApi, type AdminAnswer, type AdminCall } from './support/admin-api.ts';
import { onServer } from './support/postgres-server.ts';
import { insert, letSomebodyIn, newName, TEST_ACTOR } from './support/store-scene.ts';
import { waitUntil } from './support/wait-until.ts';

const api = await startTestAdminApi({ deletionGraceMs: 0 });
const { send, store } = api;

interface TestTenant {
  readonly id: TenantId;
  readonly name: string;
  readonly send: (method: string, path: string, call?: AdminCall) => Promise<AdminAnswer>;
}

async function newTenant(): Promise<TestTenant> {
  const name = newName();
  const id = (await send('POST', '/v1/tenants', { json: { name } })).expect(201).word('id') as TenantId;
  const token = (await send('POST', `/v1/tenants/${name}/operators`, { json: { name: 'boss', role: 'owner' } })).expect(201).word('token');
  return { id, name, send: (method, path, call = {}) => send(method, path, { token, ...call }) };
}

async function enrol(tenant: TestTenant): Promise<unknown> {
  const [gateway] = await store.gateways.list(tenant.id);
  assert.ok(gateway);
  const { token, secret } = await store.joinTokens.create(gateway, { uses: 1, expiresAt: new Date(Date.now() + 60_000), labels: {} }, TEST_ACTOR);
  return store.dataPlanes.enrol(token.id, secret, async () => ({ id: newId<DataPlaneId>(), hostname: 'h', certificate: { serial: '01', fingerprint: Buffer.alloc(32), notAfter: new Date() } }));
}

test('creates at once in several gateways never exceed the quota of a kind, and reach it exactly', async () => {
  const tenant = await newTenant();
  (await tenant.send('POST', '/v1/gateways', { json: { name: 'second' } })).expect(201);
  (await send('PATCH', `/v1/tenants/${tenant.name}/quotas`, { json: { entities: { services: 10 } } })).expect(200);
  const answers = await Promise.all(Array.from({ length: 40 }, (_, index) => tenant.send('POST', `${index % 2 === 0 ? '' : '/second'}/services`, { json: { host: 'a.test' } })));
  assert.equal(answers.filter(({ status }) => status === 201).length, 10);
  const refused = answers.filter(({ status }) => status !== 201);
  assert.ok(refused.every((answer) => answer.status === 403 && answer.at('error') === 'STORE_QUOTA_USED_UP'));
  assert.match(refused[0]?.word('message') ?? '', /"entities\.services" of this tenant is 10 and this would make 11; nothing was changed.*GET \/v1\/quotas.*raised/);
  assert.deepEqual((await tenant.send('GET', '/v1/quotas')).at('used'), { gateways: 2, data_planes: 0, entities: { services: 10 } });
  // A delete gives its place back, an update takes none, and other kinds are not meant.
  const id = answers.find(({ status }) => status === 201)?.word('id') ?? '';
  const at = (await tenant.send('GET', `/services/${id}`)).status === 200 ? '' : '/second';
  (await tenant.send('PATCH', `${at}/services/${id}`, { json: { retries: 1 } })).expect(200);
  (await tenant.send('DELETE', `${at}/services/${id}`)).expect(204);
  (await tenant.send('POST', '/services', { json: { host: 'a.test' } })).expect(201);
  (await tenant.send('POST', '/consumers', { json: { username: 'ada' } })).expect(201);
});

test('a batch counts as a whole: over the quota nothing of it is done', async () => {
  const tenant = await newTenant();
  (await send('PATCH', `/v1/tenants/${tenant.name}/quotas`, { json: { entities: { consumers: 3 } } })).expect(200);
  const batch = (from: number, to: number): Promise<AdminAnswer> =>
    tenant.send('POST', '/v1/gateways/default/batch', { json: { operations: Array.from({ length: to - from }, (_, index) => ({ op: 'create', kind: 'consumers', entity: { username: `c${from + index}` } })) } });
  (await batch(0, 4)).expect(403);
  (await batch(0, 3)).expect(200);
  (await batch(3, 4)).expect(403);
  assert.equal((await tenant.send('GET', '/v1/quotas')).at('used.entities.consumers'), 3);
});

test('counts stay what is there, whatever cascades or is rolled back', async () => {
  const tenant = await newTenant();
  const service = (await tenant.send('POST', '/services', { json: { name: 's', host: 'a.test' } })).expect(201).word('id');
  (await tenant.send('POST', `/services/${service}/plugins`, { json: { name: 'rate-limiting', config: { minute: 1 } } })).expect(201);
  (await tenant.send('POST', '/services', { json: { host: 'a.test' } })).expect(201);
  (await tenant.send('DELETE', `/services/${service}`)).expect(204);
  const { used } = await store.quotas.get(tenant.id);
  assert.deepEqual(used.entities, { plugins: 0, services: 1 });
  await onServer(api.database.superuserConnectionString, async (client) => {
    const { rows } = await client.query('SELECT c.tenant_id, c.kind FROM holdfast.entity_counts c WHERE c.count <> (SELECT count(*) FROM holdfast.entities e WHERE (e.tenant_id, e.gateway_id, e.kind) = (c.tenant_id, c.gateway_id, c.kind))');
    assert.deepEqual(rows, [], 'the counts of all tenants of this file');
  });
});

test('of two writes in two gateways that would both take the last place, one waits for the other and is refused', async () => {
  const tenant = await newTenant();
  (await tenant.send('POST', '/v1/gateways', { json: { name: 'second' } })).expect(201);
  (await send('PATCH', `/v1/tenants/${tenant.name}/quotas`, { json: { entities: { services: 1 } } })).expect(200);
  const [one, two] = await store.gateways.list(tenant.id);
  assert.ok(one && two);
  // Change rows without entities: after the test that compares the counts of this file.
  const add = `INSERT INTO holdfast.changes (tenant_id, gateway_id, epoch, sequence, ordinal, kind, id, op, bytes_after, actor, request_id) VALUES ($1, $2, 1, 1, 1, 'services', $3, 'put', '', '', '')`;
  await onServer(api.database.superuserConnectionString, (first) =>
    onServer(api.database.superuserConnectionString, async (second) => {
      for (const client of [first, second]) await client.query('BEGIN; SET LOCAL search_path = holdfast');
      await first.query(add, [tenant.id, one.gatewayId, newId()]);
      const waiting = second.query(add, [tenant.id, two.gatewayId, newId()]);
      waiting.catch(() => undefined);
      await onServer(api.database.superuserConnectionString, (watch) =>
        waitUntil('the second to wait', async () => (await watch.query("SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()")).rowCount === 1));
      await first.query('COMMIT');
      await assert.rejects(waiting, { code: 'HF403' });
      await second.query('ROLLBACK');
    }));
});

test('gateways and data planes have quotas too, under the same race', async () => {
  const tenant = await newTenant();
  (await send('PATCH', `/v1/tenants/${tenant.name}/quotas`, { json: { gateways: 3, data_planes: 2 } })).expect(200);
  const made = await Promise.all(Array.from({ length: 8 }, (_, index) => tenant.send('POST', '/v1/gateways', { json: { name: `g${index}` } })));
  assert.equal(made.filter(({ status }) => status === 201).length, 2, 'one is there already');
  const joined = await Promise.allSettled(Array.from({ length: 6 }, () => enrol(tenant)));
  assert.equal(joined.filter(({ status }) => status === 'fulfilled').length, 2);
  for (const one of joined) if (one.status === 'rejected') assert.equal(Object(one.reason).code, 'STORE_QUOTA_USED_UP');
  assert.deepEqual((await tenant.send('GET', '/v1/quotas')).at('used'), { gateways: 3, data_planes: 2, entities: {} });
  (await send('PATCH', `/v1/tenants/${tenant.name}/quotas`, { json: { data_planes: null } })).expect(200);
  assert.ok(await enrol(tenant));
  assert.equal((await send('GET', `/v1/tenants/${tenant.name}/quotas`)).at('quotas.gateways'), 3, 'what is not sent stays');
});

test('quotas are for installation admins to set, and name what they limit', async () => {
  const tenant = await newTenant();
  (await tenant.send('PATCH', `/v1/tenants/${tenant.name}/quotas`, { json: { gateways: 100 } })).expect(403);
  assert.match(JSON.stringify((await send('PATCH', `/v1/tenants/${tenant.name}/quotas`, { json: { entities: { service: 1 } } })).expect(400).at('fields')), /services/);
  assert.match(JSON.stringify((await send('PATCH', `/v1/tenants/${tenant.name}/quotas`, { json: { gatways: 1 } })).expect(400).at('fields')), /gateways/);
});

test('a request rate over the quota is answered 429 with the time to wait, and only for that tenant', async () => {
  const [busy, quiet] = [await newTenant(), await newTenant()];
  (await send('PATCH', `/v1/tenants/${busy.name}/quotas`, { json: { requests_per_second: 5 } })).expect(200);
  const answers = await Promise.all(Array.from({ length: 20 }, () => busy.send('GET', '/services')));
  const refused = answers.filter(({ status }) => status === 429);
  assert.ok(refused.length >= 10 && answers.some(({ status }) => status === 200), String(refused.length));
  assert.match(refused[0]?.word('message') ?? '', /requests_per_second of this tenant is 5/);
  assert.ok(Number(refused[0]?.headers['retry-after']) >= 1);
  (await quiet.send('GET', '/services')).expect(200);
});

test('a suspended tenant is refused with the reason, its data planes go on and none joins; resumed, all goes on', async () => {
  const tenant = await newTenant();
  assert.ok(await enrol(tenant));
  (await send('POST', `/v1/tenants/${tenant.name}/suspend`, { json: { reason: 'unpaid' } })).expect(200);
  for (const [method, path] of [['GET', '/services'], ['POST', '/services'], ['GET', '/v1/me']] as const) {
    const answer = (await tenant.send(method, path, method === 'POST' ? { json: {} } : {})).expect(403);
    assert.equal(answer.at('error'), 'STORE_TENANT_CLOSED');
    assert.match(answer.word('message'), /suspended \(unpaid\).*go on serving/);
  }
  await assert.rejects(enrol(tenant), { code: 'STORE_TENANT_CLOSED' });
  const [gateway] = await store.gateways.list(tenant.id);
  assert.ok(gateway);
  assert.deepEqual((await store.dataPlanes.list(gateway)).map(({ revokedAt }) => revokedAt), [undefined]);
  (await send('POST', '/v1/tenants/default/suspend', { json: { reason: 'x' } })).expect(403);
  assert.equal((await send('POST', `/v1/tenants/${tenant.name}/resume`)).expect(200).at('suspended'), null);
  (await tenant.send('GET', '/services')).expect(200);
  assert.ok(await enrol(tenant));
});

test('the export has everything but tokens, and secrets only for who may reveal them', async () => {
  const tenant = await newTenant();
  const consumer = (await tenant.send('POST', '/consumers', { json: { username: 'ada' } })).expect(201).word('id');
  (await tenant.send('POST', `/consumers/${consumer}/key-auth`, { json: { key: 'open-sesame' } })).expect(201);
  (await tenant.send('POST', '/v1/roles', { json: { name: 'readers', permissions: [] } })).expect(201);
  for (const [ask, path] of [[tenant.send, '/v1/export'], [send, `/v1/tenants/${tenant.name}/export`]] as const) {
    const plain = (await ask('GET', path)).expect(200);
    assert.ok(!plain.text.includes('open-sesame') && !plain.text.includes('hfo_'));
    assert.partialDeepStrictEqual(plain.body, { tenant: { name: tenant.name }, roles: [{ name: 'readers' }], operators: [{ name: 'boss', role: 'owner' }], gateways: [{ name: 'default', entities: { consumers: [{ username: 'ada' }], keyauth_credentials: [{ key: null }], services: [] } }] });
    assert.equal((await ask('GET', `${path}?reveal=1`)).expect(200).at('gateways.0.entities.keyauth_credentials.0.key'), 'open-sesame');
  }
  const admin = (await tenant.send('POST', '/v1/operators', { json: { name: 'adm', role: 'admin' } })).expect(201).word('id');
  const token = (await tenant.send('POST', `/v1/operators/${admin}/tokens`, { json: {} })).expect(201).word('token');
  (await send('GET', '/v1/export', { token })).expect(403);
});

test('a deleted tenant can be restored until its time is over; then nothing is left but what says what happened', async () => {
  const tenant = await newTenant();
  const [gateway] = await store.gateways.list(tenant.id);
  assert.ok(gateway);
  for (let index = 0; index < 3; index++) await insert(store, gateway, 'services', { host: 'a.test', tags: [`t${index}`] });
  await enrol(tenant);
  await letSomebodyIn(store, tenant.id);
  await store.keyRotations.begin(tenant.id, TEST_ACTOR);
  assert.ok((await send('DELETE', `/v1/tenants/${tenant.name}`)).expect(202).at('deletion.at'));
  assert.match((await tenant.send('GET', '/services')).expect(403).word('message'), /deleted for good after .*restore/);
  assert.equal((await send('POST', `/v1/tenants/${tenant.name}/restore`)).expect(200).at('deletion'), null);
  (await tenant.send('GET', '/services')).expect(200);

  (await send('DELETE', `/v1/tenants/${tenant.name}`)).expect(202);
  // Small steps, as many as it takes.
  let steps = 1;
  while (!(await store.tenants.removeSome(tenant.id, 2))) steps += 1;
  assert.ok(steps >= 3, String(steps));
  (await tenant.send('GET', '/services')).expect(401);
  (await send('GET', `/v1/tenants/${tenant.name}`)).expect(404);
  assert.deepEqual(await leftOf(tenant.id), []);
  (await send('POST', '/v1/tenants', { json: { name: tenant.name } })).expect(201);
});

/** Tables with rows of a tenant that is gone, but for those that say what happened. */
function leftOf(tenantId: TenantId): Promise<readonly string[]> {
  const MAY_STAY = ['audit', 'audit_checkpoints', 'audit_floors', 'audit_seals', 'changes', 'data_planes', 'gateways', 'history_floors', 'releases', 'signing_keys', 'statements'];
  return onServer(api.database.superuserConnectionString, async (client) => {
    const { rows } = await client.query<{ readonly name: string }>("SELECT table_name AS name FROM information_schema.columns WHERE table_schema = 'holdfast' AND column_name = 'tenant_id' ORDER BY 1");
    const found: string[] = [];
    for (const { name } of rows) if ((await client.query(`SELECT FROM holdfast.${name} WHERE tenant_id = $1 LIMIT 1`, [tenantId])).rowCount !== 0) found.push(name);
    return found.filter((name) => !MAY_STAY.includes(name));
  });
}

test('of a tenant without gateways, which goes at once, no more is left than of others', async () => {
  const tenant = await newTenant();
  await letSomebodyIn(store, tenant.id);
  (await tenant.send('DELETE', '/v1/gateways/default')).expect(204);
  (await send('DELETE', `/v1/tenants/${tenant.name}`)).expect(204);
  (await send('GET', `/v1/tenants/${tenant.name}`)).expect(404);
  (await tenant.send('GET', '/v1/me')).expect(401);
  assert.deepEqual(await leftOf(tenant.id), []);
});

test('the sweeper removes whose time is over, and nobody else', async () => {
  const [leaving, staying] = [await newTenant(), await newTenant()];
  (await send('DELETE', `/v1/tenants/${leaving.name}`)).expect(202);
  const { log, lines } = createMemoryLogger('sweeper');
  await new TenantSweeper({ tenants: store.tenants, clock: systemClock, log }).sweep();
  assert.ok(lines().some((line) => line.includes(leaving.id) && line.includes('tenant-removed')), lines().join());
  (await send('GET', `/v1/tenants/${leaving.name}`)).expect(404);
  (await staying.send('GET', '/services')).expect(200);
  await assert.rejects(store.tenants.removeSome(staying.id, 10));
});
