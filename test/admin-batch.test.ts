/** `POST /v1/gateways/{gateway}/batch` over HTTP: all or nothing, one release, names of what the batch itself makes, all problems. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BATCH_EXAMPLE } from '../control-plane/admin-api/v1/batch-routes.ts';
import { startTestAdminApi, type AdminAnswer, type AdminCall } from './support/admin-api.ts';
import { testCertificate } from './support/test-certificates.ts';

const { send, store, tenantId, viewerToken } = await startTestAdminApi({ maxBodyBytes: 10_485_760 });

let gateways = 0;

interface Scene {
  readonly name: string;
  readonly batch: (operations: readonly unknown[], more?: object, call?: AdminCall) => Promise<AdminAnswer>;
  readonly get: (path: string) => Promise<AdminAnswer>;
  readonly version: () => Promise<unknown>;
}

async function newGateway(): Promise<Scene> {
  const name = `batch-${(gateways += 1)}`;
  (await send('POST', '/v1/gateways', { json: { name } })).expect(201);
  return {
    name,
    batch: (operations, more = {}, call = {}) => send('POST', `/v1/gateways/${name}/batch`, { json: { operations, ...more }, ...call }),
    get: (path) => send('GET', `/${name}${path}`),
    version: async () => (await send('GET', `/v1/gateways/${name}`)).expect(200).at('config_version'),
  };
}

test('operations are one write and one release; each may name what an earlier one makes', async () => {
  const { batch, get, version } = await newGateway();
  const answer = (
    await batch([
      { op: 'create', kind: 'services', entity: { name: 'billing', url: 'http://billing.internal' } },
      { op: 'create', kind: 'routes', entity: { name: 'r', paths: ['/b'], service: { name: 'billing' } } },
      { op: 'upsert', kind: 'consumers', id: 'ada', entity: { custom_id: '7' } },
      { op: 'create', kind: 'keyauth_credentials', entity: { consumer: { username: 'ada' }, key: 'a-secret-key' } },
      { op: 'create', kind: 'plugins', entity: { name: 'key-auth', route: { name: 'r' } } },
      { op: 'update', kind: 'services', id: 'billing', entity: { retries: 3, name: 'invoices' } },
      { op: 'create', kind: 'routes', entity: { paths: ['/i'], service: { name: 'invoices' } } },
      { op: 'delete', kind: 'routes', id: 'r' },
      { op: 'delete', kind: 'routes', id: 'never-there' },
    ])
  ).expect(200);
  assert.deepEqual(answer.at('summary'), { created: 6, updated: 1, deleted: 1, unchanged: 1 });
  assert.equal(answer.at('version'), '1.1');
  assert.equal(answer.headers['x-holdfast-config-version'], '1.1');
  assert.equal(await version(), '1.1');
  assert.deepEqual([answer.at('results.0.action'), answer.at('results.0.name'), answer.at('results.5.action'), answer.at('results.5.name'), answer.at('results.8.id')], ['created', 'billing', 'updated', 'invoices', null]);
  assert.equal(answer.text.includes('a-secret-key'), false);
  assert.equal((await get('/services/invoices')).expect(200).at('retries'), 3);
  assert.equal((await get('/services/billing')).status, 404);
  assert.equal((await get('/key-auths/a-secret-key/consumer')).expect(200).at('username'), 'ada');
  // The plugin went with its route.
  assert.deepEqual((await get('/plugins')).at('data'), []);
  assert.equal((await get(`/services/${answer.word('results.0.id')}/routes`)).expect(200).at('data.0.paths.0'), '/i');
});

test('all problems are told, each with its operation, and nothing is changed; what follows from another is not told', async () => {
  const { batch, get, version } = await newGateway();
  (await batch([{ op: 'create', kind: 'services', entity: { name: 'taken', host: 'a' } }])).expect(200);
  const answer = (
    await batch([
      { op: 'create', kind: 'services', entity: { name: 'fine', host: 'a' } },
      { op: 'create', kind: 'services', entity: { name: 'broken', port: 99_999 } },
      { op: 'create', kind: 'routes', entity: { paths: ['/x'], service: { name: 'broken' } } },
      { op: 'create', kind: 'routes', entity: { paths: ['/x'], service: { name: 'nowhere' } } },
      { op: 'create', kind: 'services', entity: { name: 'taken', host: 'b' } },
      { op: 'update', kind: 'services', id: 'absent', entity: { host: 'b' } },
      { op: 'creat', kind: 'service', extra: 1 },
      { op: 'delete', kind: 'services' },
      { op: 'upsert', kind: 'services', id: 'one', entity: { name: 'other', host: 'a' } },
      { op: 'upsert', kind: 'targets', id: '10.0.0.1:80', entity: {} },
      'nonsense',
    ])
  ).expect(400);
  assert.equal(answer.at('error'), 'ADMIN_BATCH_REFUSED');
  assert.equal(answer.at('message'), '9 of 11 operations can not be done, so nothing was changed');
  const problems = answer.at('problems');
  assert.ok(Array.isArray(problems));
  assert.deepEqual(problems.map(({ operation, kind, id, field }) => [operation, kind, id, field]), [
    [1, 'services', null, 'host'], [1, 'services', null, 'port'],
    [3, 'routes', null, 'service.name'],
    [4, 'services', null, 'name'],
    [5, 'services', 'absent', 'id'],
    [6, 'service', null, 'extra'], [6, 'service', null, 'op'], [6, 'service', null, 'kind'], [6, 'service', null, 'id'], [6, 'service', null, 'entity'],
    [7, 'services', null, 'id'],
    [8, 'services', 'one', 'name'],
    [9, 'targets', '10.0.0.1:80', 'id'],
    [10, null, null, '@entity'], [10, null, null, 'op'], [10, null, null, 'kind'], [10, null, null, 'id'], [10, null, null, 'entity'],
  ]);
  assert.match(JSON.stringify(problems), /did you mean.*services/);
  assert.equal((await get('/services/fine')).status, 404);
  assert.equal(await version(), '1.1');
});

test('a dry run tells the same and does nothing; a second run of a batch says that nothing changes and makes no release', async () => {
  const { batch, get, version } = await newGateway();
  const { cert, key } = await testCertificate();
  const id = '01a1fe71-b79b-7dc5-8e3f-92ee2e561a39';
  const operations = [
    { op: 'upsert', kind: 'services', id: 'a', entity: { host: 'a', tags: ['x'] } },
    { op: 'upsert', kind: 'certificates', id, entity: { cert, key, snis: ['a.test', 'b.test'] } },
    { op: 'upsert', kind: 'plugins', id: '01a1fe71-b79b-7dc5-8e3f-92ee2e561a40', entity: { name: 'key-auth', service: { name: 'a' } } },
  ];
  const dry = (await batch(operations, { dry_run: true })).expect(200);
  assert.deepEqual([dry.at('version'), dry.at('dry_run'), dry.at('summary')], [null, true, { created: 3, updated: 0, deleted: 0, unchanged: 0 }]);
  assert.equal((await get('/services/a')).status, 404);
  assert.equal(await version(), '1.0');
  assert.deepEqual((await batch(operations)).expect(200).at('summary'), dry.at('summary'));
  assert.deepEqual((await get(`/certificates/${id}`)).at('snis'), ['a.test', 'b.test']);
  const again = (await batch(operations)).expect(200);
  assert.deepEqual([again.at('version'), again.at('summary')], [null, { created: 0, updated: 0, deleted: 0, unchanged: 3 }]);
  assert.equal(await version(), '1.1');
  const moved = (await batch([{ op: 'update', kind: 'certificates', id, entity: { snis: ['b.test', 'c.test'] } }, { op: 'create', kind: 'snis', entity: { name: 'a.test', certificate: { id } } }])).expect(200);
  assert.equal(moved.at('version'), '1.2');
  assert.deepEqual((await get(`/certificates/${id}`)).at('snis'), ['a.test', 'b.test', 'c.test']);
});

test('if_version: the batch is for one version and no other; a write that comes in between is noticed', async () => {
  const { name, batch } = await newGateway();
  const create = (service: string) => [{ op: 'create', kind: 'services', entity: { name: service, host: 'a' } }];
  (await batch(create('a'))).expect(200);
  (await batch(create('b'), { if_version: '1.1' })).expect(200);
  const refused = (await batch(create('c'), { if_version: '1.1' })).expect(412);
  assert.deepEqual([refused.at('error'), refused.at('version')], ['ADMIN_VERSION_DIFFERS', '1.2']);
  // Eight at once for the same version: one is done.
  const statuses = await Promise.all(Array.from({ length: 8 }, async (_, n) => (await batch(create(`d${n}`), { if_version: '1.2' })).status));
  assert.deepEqual(statuses.toSorted(), [200, 412, 412, 412, 412, 412, 412, 412]);
  (await batch(create('e'), { if_version: 'newest' })).expect(400);
  assert.equal((await send('GET', `/${name}/services`)).at('data.2.name') !== undefined, true);
});

test('a batch is bounded, is JSON, and needs the right to write', async () => {
  const { name, batch } = await newGateway();
  const many = (await batch(Array.from({ length: 50_001 }, () => 0))).expect(400);
  assert.match(many.word('message'), /operations: length must be at most 50000/);
  (await batch([], { operatons: [] })).expect(400);
  (await send('POST', `/v1/gateways/${name}/batch`, { form: 'operations[]=x' })).expect(415);
  (await batch([{ op: 'create', kind: 'services', entity: { host: 'a' } }], {}, { token: viewerToken })).expect(403);
  (await send('POST', '/v1/gateways/no-such/batch', { json: { operations: [] } })).expect(404);
  assert.deepEqual((await batch([])).expect(200).at('summary'), { created: 0, updated: 0, deleted: 0, unchanged: 0 });
});

test('the example of the OpenAPI document does what it shows', async () => {
  const { name } = await newGateway();
  const answer = (await send('POST', `/v1/gateways/${name}/batch`, { json: BATCH_EXAMPLE })).expect(200);
  assert.deepEqual(answer.at('summary'), { created: 2, updated: 1, deleted: 0, unchanged: 1 });
});

test('each entity of a batch has its audit row, all under one request and one version', async () => {
  const { name, batch } = await newGateway();
  const answer = (await batch([{ op: 'create', kind: 'services', entity: { name: 'a', host: 'a' } }, { op: 'create', kind: 'routes', entity: { paths: ['/'], service: { name: 'a' } } }])).expect(200);
  const gateway = await store.gateways.findByName(tenantId, name);
  assert.ok(gateway);
  const rows = (await send('GET', `/v1/audit?gateway=${name}`)).expect(200).at('data');
  assert.ok(Array.isArray(rows));
  const mine = rows.filter((row) => row.request_id === answer.headers['x-kong-admin-request-id']);
  assert.deepEqual(mine.map((row) => [row.action, row.config_version ?? row.version]).toSorted(), [['create', '1.1'], ['create', '1.1']]);
});

test('1,000 entities that hang on each other, by name', async () => {
  const { batch, get } = await newGateway();
  const operations = Array.from({ length: 500 }, (_, n) => [
    { op: 'create', kind: 'services', entity: { name: `s${n}`, url: `http://s${n}.internal` } },
    { op: 'create', kind: 'routes', entity: { name: `r${n}`, paths: [`/${n}`], service: { name: `s${n}` } } },
  ]).flat();
  assert.deepEqual((await batch(operations)).expect(200).at('summary'), { created: 1_000, updated: 0, deleted: 0, unchanged: 0 });
  assert.equal((await get('/services/s499/routes')).at('data.0.name'), 'r499');
});
