/** Kong's conventions on a real port: methods, names and ids, nesting, paging, tags, upserts, forms, content types. */
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { CUT_AFTER_MS } from '../control-plane/admin-api/start-admin-api.ts';
import { startTestAdminApi, type AdminAnswer } from './support/admin-api.ts';
import { ManualClock } from './support/manual-clock.ts';
import { waitUntil } from './support/wait-until.ts';
import { pluginCatalog } from '../shared/plugins/catalog.ts';

const api = await startTestAdminApi();
const { send } = api;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/;

async function create(path: string, json: object): Promise<string> {
  return (await send('POST', path, { json })).expect(201).word('id');
}

function names(answer: AdminAnswer, field = 'name'): readonly unknown[] {
  const data = answer.expect(200).at('data');
  assert.ok(Array.isArray(data));
  return data.map((entity: Readonly<Record<string, unknown>>) => entity[field]);
}

test('an entity is created, read by id and name, merged, replaced, deleted', async () => {
  const created = (await send('POST', '/services', { json: { name: 'life', host: 'a.test', path: '/x', tags: ['t'] } })).expect(201);
  const id = created.word('id');
  assert.match(id, UUID);
  assert.equal((await send('GET', '/services/life')).expect(200).text, created.text, 'in the same order');
  assert.deepEqual((await send('GET', `/services/${id.toUpperCase()}`)).expect(200).body, created.body);

  const merged = (await send('PATCH', '/services/life', { json: { retries: 2 } })).expect(200);
  assert.partialDeepStrictEqual(merged.body, { id, retries: 2, host: 'a.test', path: '/x', tags: ['t'] });

  const replaced = (await send('PUT', '/services/life', { json: { host: 'b.test' } })).expect(200);
  assert.partialDeepStrictEqual(replaced.body, { id, name: 'life', host: 'b.test', path: null, retries: 5, tags: null, created_at: created.at('created_at') });

  assert.equal((await send('DELETE', '/services/life')).expect(204).text, '');
  assert.deepEqual((await send('GET', '/services/life')).expect(404).body, { message: 'Not found' });
  (await send('DELETE', '/services/life')).expect(204);
});

test('PUT creates with the id or the name of the path', async () => {
  const id = '11111111-2222-4333-8444-555555555555';
  assert.partialDeepStrictEqual((await send('PUT', `/services/${id}`, { json: { name: 'by-id', host: 'a.test' } })).expect(200).body, { id, name: 'by-id' });
  assert.partialDeepStrictEqual((await send('PUT', '/consumers/by-name', { json: { custom_id: 'c-1' } })).expect(200).body, { username: 'by-name', custom_id: 'c-1' });
  assert.partialDeepStrictEqual((await send('PUT', '/services/by-id', { json: { id, name: 'by-id', host: 'same.test' } })).expect(200).body, { id, host: 'same.test' });
  const differs = (await send('PUT', '/services/by-id', { json: { name: 'other', host: 'a.test' } })).expect(400);
  assert.deepEqual(differs.at('fields'), { name: 'is "by-id" in the path: leave it out of the body, or send the same' });
});

test('PATCH merges records deeply, replaces lists, and null resets a field', async () => {
  const id = await create('/upstreams', { name: 'merge.test', healthchecks: { active: { timeout: 9, http_path: '/ping' } }, tags: ['a', 'b'] });
  const merged = (await send('PATCH', `/upstreams/${id}`, { json: { healthchecks: { active: { timeout: 3 } }, tags: ['c'] } })).expect(200);
  assert.partialDeepStrictEqual(merged.body, { healthchecks: { active: { timeout: 3, http_path: '/ping' } }, tags: ['c'] });
  assert.equal((await send('PATCH', `/upstreams/${id}`, { json: { tags: null } })).expect(200).at('tags'), null);
  (await send('PATCH', '/upstreams/absent', { json: {} })).expect(404);
});

test('entities nest under what they refer to', async () => {
  const serviceId = await create('/services', { name: 'parent', host: 'a.test' });
  await create('/services', { name: 'stranger', host: 'a.test' });
  const routeId = await create('/services/parent/routes', { name: 'child', paths: ['/child'] });
  assert.deepEqual(names(await send('GET', '/services/parent/routes')), ['child']);
  assert.deepEqual(names(await send('GET', '/services/stranger/routes')), []);
  assert.equal((await send('GET', `/services/${serviceId}/routes/child`)).expect(200).at('id'), routeId);
  (await send('GET', '/services/stranger/routes/child')).expect(404);
  (await send('PATCH', '/services/stranger/routes/child', { json: { paths: ['/no'] } })).expect(404);
  (await send('PUT', `/services/stranger/routes/${routeId}`, { json: { paths: ['/no'] } })).expect(409);
  (await send('DELETE', '/services/stranger/routes/child')).expect(204);
  (await send('GET', '/routes/child')).expect(200);
  (await send('GET', '/services/absent/routes')).expect(404);
  (await send('POST', '/services/absent/routes', { json: { paths: ['/x'] } })).expect(404);

  assert.equal((await send('PUT', '/services/parent/routes/second', { json: { paths: ['/second'] } })).expect(200).at('service.id'), serviceId);
  assert.equal((await send('PATCH', '/services/parent/routes/second', { json: { preserve_host: true } })).expect(200).at('preserve_host'), true);
  const refused = (await send('DELETE', '/services/parent')).expect(400);
  assert.partialDeepStrictEqual(refused.body, { code: 4, name: 'foreign key violation', message: "an existing 'routes' entity references this 'services' entity" });
});

test('the entity that a reference names is read and written through it', async () => {
  await create('/routes', { name: 'orphan', paths: ['/orphan'] });
  (await send('GET', '/routes/orphan/service')).expect(404);
  (await send('PATCH', '/routes/orphan/service', { json: { retries: 1 } })).expect(404);
  const made = (await send('PUT', '/routes/orphan/service', { json: { name: 'adopter', host: 'a.test' } })).expect(200);
  assert.equal((await send('GET', '/routes/orphan')).expect(200).at('service.id'), made.at('id'));
  assert.equal((await send('GET', '/routes/orphan/service')).expect(200).at('name'), 'adopter');
  assert.equal((await send('PATCH', '/routes/orphan/service', { json: { retries: 1 } })).expect(200).at('retries'), 1);
  assert.partialDeepStrictEqual((await send('PUT', '/routes/orphan/service', { json: { name: 'adopter', host: 'b.test' } })).expect(200).body, { id: made.at('id'), host: 'b.test', retries: 5 });
  assert.deepEqual((await send('DELETE', '/routes/orphan/service')).expect(405).body, { message: 'Method not allowed' });
});

test('targets live under their upstream only, by id or address', async () => {
  await create('/upstreams', { name: 'pool.test' });
  const id = await create('/upstreams/pool.test/targets', { target: '10.0.0.1', weight: 5 });
  for (const address of ['10.0.0.1:8000', '10.0.0.1', id]) {
    assert.partialDeepStrictEqual((await send('GET', `/upstreams/pool.test/targets/${address}`)).expect(200).body, { id, target: '10.0.0.1:8000', weight: 5 });
  }
  assert.deepEqual(names(await send('GET', '/upstreams/pool.test/targets/all'), 'target'), ['10.0.0.1:8000']);
  assert.equal((await send('PUT', '/upstreams/pool.test/targets/10.0.0.2', { json: { target: '10.0.0.2' } })).expect(200).at('target'), '10.0.0.2:8000');
  (await send('DELETE', '/upstreams/pool.test/targets/10.0.0.1:8000')).expect(204);
  assert.deepEqual(names(await send('GET', '/upstreams/pool.test/targets'), 'target'), ['10.0.0.2:8000']);
  assert.deepEqual((await send('GET', '/targets')).expect(404).body, { message: 'Not found' });
});

test('credentials and groups of consumers', async () => {
  const consumerId = await create('/consumers', { username: 'holder' });
  const generated = (await send('POST', '/consumers/holder/key-auth')).expect(201);
  assert.match(generated.word('key'), /^[A-Za-z0-9]{32,}$/);
  assert.equal((await send('GET', `/consumers/holder/key-auth/${generated.word('key')}`)).expect(200).at('id'), generated.at('id'));
  assert.equal((await send('GET', `/key-auths/${generated.word('id')}/consumer`)).expect(200).at('id'), consumerId);
  assert.deepEqual(names(await send('GET', '/key-auths'), 'id'), [generated.at('id')]);
  const taken = (await send('POST', '/consumers/holder/key-auth', { json: { key: generated.word('key') } })).expect(409);
  assert.equal(taken.at('code'), 5);
  assert.ok(!taken.text.includes(generated.word('key')), 'a refusal does not repeat a secret');

  const acl = await create('/consumers/holder/acls', { group: 'gold' });
  assert.equal((await send('GET', '/consumers/holder/acls/gold')).expect(200).at('id'), acl);
  assert.equal((await send('GET', `/acls/${acl}`)).expect(200).at('group'), 'gold');
  (await send('GET', '/acls/gold')).expect(404);
  (await send('DELETE', '/consumers/holder/acls/gold')).expect(204);
  assert.deepEqual(names(await send('GET', '/consumers?custom_id=nobody')), []);
  await create('/consumers', { custom_id: 'ext-7' });
  assert.deepEqual(names(await send('GET', '/consumers?custom_id=ext-7'), 'custom_id'), ['ext-7']);

  (await send('DELETE', '/consumers/holder')).expect(204);
  assert.deepEqual(names(await send('GET', '/key-auths'), 'id'), [], 'credentials go with their consumer');
});

test('plugins nest under services, routes and consumers', async () => {
  await create('/services', { name: 'with-plugins', host: 'a.test' });
  await create('/consumers', { username: 'limited' });
  const id = await create('/consumers/limited/plugins', { name: 'rate-limiting', instance_name: 'limit-one', config: { minute: 5 } });
  assert.equal((await send('GET', `/consumers/limited/plugins/${id}`)).expect(200).at('config.minute'), 5);
  assert.equal((await send('GET', '/plugins/limit-one/consumer')).expect(200).at('username'), 'limited');
  (await send('GET', `/services/with-plugins/plugins/${id}`)).expect(404);
  assert.equal((await send('PATCH', '/plugins/limit-one', { form: 'config.minute=7&config.fault_tolerant=false' })).expect(200).at('config.fault_tolerant'), false);
  const twice = (await send('POST', '/consumers/limited/plugins', { json: { name: 'rate-limiting', config: { hour: 1 } } })).expect(409);
  assert.match(twice.word('message'), /^UNIQUE violation detected on '\{name="rate-limiting",/);
});

test('pages follow each other through offset and next, and keep their filters', async () => {
  for (const number of [1, 2, 3, 4, 5]) await create('/consumers', { username: `page-${number}`, tags: ['paged', number % 2 === 0 ? 'even' : 'odd'] });
  const first = (await send('GET', '/consumers?size=2&tags=paged')).expect(200);
  assert.deepEqual(names(first, 'username'), ['page-1', 'page-2']);
  assert.equal(first.at('next'), `/consumers?offset=${first.word('offset')}&size=2&tags=paged`);
  const second = (await send('GET', first.word('next'))).expect(200);
  const third = (await send('GET', second.word('next'))).expect(200);
  assert.deepEqual([...names(second, 'username'), ...names(third, 'username')], ['page-3', 'page-4', 'page-5']);
  assert.equal(third.at('next'), null);
  assert.equal(third.at('offset'), undefined);
  assert.match((await send('GET', '/default/consumers?size=1')).expect(200).word('next'), /^\/default\/consumers\?/);

  assert.deepEqual(names(await send('GET', '/consumers?tags=paged,even'), 'username'), ['page-2', 'page-4']);
  assert.deepEqual(names(await send('GET', '/consumers?tags=even/odd'), 'username'), ['page-1', 'page-2', 'page-3', 'page-4', 'page-5']);
  assert.equal((await send('GET', '/consumers?tags=even,odd')).expect(200).text, '{"data":[],"next":null}');

  const tags = (await send('GET', '/tags/even')).expect(200).at('data');
  assert.ok(Array.isArray(tags) && tags.length === 2);
  assert.partialDeepStrictEqual(tags[0], { entity_name: 'consumers', tag: 'even' });
  const seen = new Set<string>();
  for (let path = '/tags?size=3'; path !== '';) {
    const page = (await send('GET', path)).expect(200);
    for (const row of Object.values(Object(page.at('data')))) seen.add(JSON.stringify(row));
    path = typeof page.at('next') === 'string' ? page.word('next') : '';
  }
  assert.equal([...seen].filter((row) => row.includes('"paged"')).length, 5, 'every tag is seen once, over all pages');
});

test('forms in all notations give what JSON gives', async () => {
  const form = 'name=formed&protocols[]=http&protocols[]=https&hosts=a.test,b.test&paths[1]=/one&paths[2]=/two&headers.x-version[]=1&headers[x-Kind][]=2&regex_priority=7&preserve_host=true&strip_path=false&tags[]=x%20y';
  const route = (await send('POST', '/routes', { form })).expect(201);
  assert.partialDeepStrictEqual(route.body, {
    name: 'formed', protocols: ['http', 'https'], hosts: ['a.test', 'b.test'], paths: ['/one', '/two'], regex_priority: 7, preserve_host: true, strip_path: false, tags: ['x y'], methods: null,
  });
  assert.equal((await send('PATCH', '/routes/formed', { form: 'regex_priority=8&tags=' })).expect(200).at('tags'), null);

  const boundary = 'xYz';
  const parts = { 'name': 'multi', 'paths[]': '/m', 'strip_path': 'false' };
  const raw = `${Object.entries(parts).map(([name, value]) => `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`).join('')}--${boundary}--\r\n`;
  const multipart = (await send('POST', '/routes', { raw, headers: { 'content-type': `multipart/form-data; boundary=${boundary}` } })).expect(201);
  assert.partialDeepStrictEqual(multipart.body, { name: 'multi', paths: ['/m'], strip_path: false });
});

test('methods, trailing slashes and headers', async () => {
  await create('/services', { name: 'heads', host: 'a.test' });
  const get = (await send('GET', '/services/heads/')).expect(200);
  const head = (await send('HEAD', '/services/heads')).expect(200);
  assert.equal(head.text, '');
  assert.equal(head.headers['content-length'], get.headers['content-length']);
  (await send('HEAD', '/services/absent')).expect(404);
  assert.equal((await send('OPTIONS', '/services/heads')).expect(204).headers['allow'], 'GET, PUT, PATCH, DELETE, HEAD, OPTIONS');
  const wrong = (await send('DELETE', '/services')).expect(405);
  assert.equal(wrong.headers['allow'], 'GET, POST, HEAD, OPTIONS');
  assert.deepEqual(wrong.body, { message: 'Method not allowed' });
  (await send('TRACE', '/services/heads')).expect(405);
  (await send('GET', `/services/${'%C3%BC'.repeat(2500)}`)).expect(404);
  assert.equal(get.headers['server'], 'holdfast/0.1.0');
  assert.match(String(get.headers['x-kong-admin-latency']), /^\d+$/);
  assert.equal(get.headers['content-type'], 'application/json; charset=utf-8');
  const changed = (await send('PATCH', '/services/heads', { json: { retries: 1 } })).expect(200);
  assert.match(String(changed.headers['x-holdfast-config-version']), /^1\.\d+$/);
  for (const path of ['/', '/nonsense', '/services/heads/nonsense', '/nonsense/services', '/services/services/heads/routes', '/constructor', '/__proto__/services']) {
    (await send('GET', path)).expect(path === '/' ? 200 : 404);
  }
});

test('a compressed body is refused, not taken for something else', async () => {
  const packed = gzipSync('{"host":"a.test"}');
  const refused = (await send('POST', '/services', { raw: packed, headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' } })).expect(415);
  assert.deepEqual(refused.body, { message: 'Unsupported content encoding; send the body uncompressed' });
});

test('a body that is too large, chunked or announced, is refused and the connection stays usable', async () => {
  const large = JSON.stringify({ name: 'x'.repeat(2_000_000), host: 'a.test' });
  const refused = (await send('POST', '/services', { raw: large, headers: { 'content-type': 'application/json' } })).expect(413);
  assert.match(refused.word('message'), /1048576 bytes/);
  async function* chunks(): AsyncGenerator<Buffer> {
    for (let sent = 0; sent < 30; sent++) yield Buffer.alloc(65_536, 0x20);
  }
  const answer = await fetch(`${api.base}/services`, { method: 'POST', headers: { authorization: `Bearer ${api.adminToken}`, 'content-type': 'application/json' }, body: ReadableStream.from(chunks()), duplex: 'half' });
  assert.equal(answer.status, 413);
  (await send('GET', '/services')).expect(200);
});

test('a client that never finishes its request holds up the end for a bounded time', { timeout: 30_000 }, async (t) => {
  const clock = new ManualClock(Date.now());
  const ending = await startTestAdminApi({ clock });
  const socket = connect(ending.port, '127.0.0.1');
  t.after(() => socket.destroy());
  const cut = new Promise((resolve) => socket.once('close', resolve));
  socket.on('error', () => undefined);
  socket.write(`POST /services HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${ending.adminToken}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{`);
  await waitUntil('the server reads it', async () => Number((await ending.send('GET', '/status')).at('server.connections_writing')) >= 2);
  const stopped = ending.stop();
  clock.advance(CUT_AFTER_MS);
  await Promise.all([stopped, cut]);
});

test('a body that breaks off stores nothing and is no defect of ours', async () => {
  const socket = connect(api.port, '127.0.0.1');
  socket.write(`POST /services HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${api.adminToken}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"name":"cut","host":"a.test"}`);
  await waitUntil('the server reads it', async () => Number((await send('GET', '/status')).at('server.connections_writing')) >= 2);
  socket.destroy();
  await waitUntil('it is in the audit', async () => (await send('GET', '/v1/audit?size=1')).at('data.0.details.code') === 'ADMIN_BODY_UNREADABLE');
  (await send('GET', '/services/cut')).expect(404);
  assert.ok(!api.logLines().some((line) => line.includes('"event":"admin-request-failed"') && line.includes('"level":50')));
});

test('two Content-Type headers are refused', async () => {
  const answer = await sendRaw(`POST /services HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${api.adminToken}\r\nContent-Type: application/json\r\nContent-Type: text/plain\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}`);
  assert.match(answer, /^HTTP\/1\.1 400 /);
  assert.match(answer, /Content-Type is given more than once/);
});

test('a path that is not well-formed is refused, not served as another', async () => {
  assert.match(await sendRaw(`GET /services/%zz HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${api.adminToken}\r\nConnection: close\r\n\r\n`), /^HTTP\/1\.1 400 /);
  (await send('GET', '/services/a%00b')).expect(404);
  (await send('GET', '/services?tags=%00')).expect(400);
  (await send('GET', '/consumers/a%2Fb')).expect(404);
  await create('/consumers', { username: 'a/b' });
  (await send('GET', '/consumers/a%2Fb')).expect(200);
});

test('every gateway has its own entities, and a gateway may not be called like a path', async () => {
  (await send('POST', '/v1/gateways', { json: { name: 'emea' } })).expect(201);
  (await send('POST', '/emea/services', { json: { name: 'only-emea', host: 'a.test' } })).expect(201);
  (await send('GET', '/emea/services/only-emea')).expect(200);
  (await send('GET', '/services/only-emea')).expect(404);
  (await send('GET', '/default/services/only-emea')).expect(404);
  (await send('GET', '/absent/services')).expect(404);
  const endpoints = (await send('GET', '/endpoints')).expect(200).at('data');
  assert.ok(Array.isArray(endpoints) && endpoints.includes('/services/{parent}/routes'));
  const firstWords = new Set(endpoints.map((path: string) => path.split('/')[1] ?? '').filter((word) => word !== ''));
  for (const name of firstWords) {
    const refused = (await send('POST', '/v1/gateways', { json: { name } })).expect(400);
    assert.equal(typeof refused.at('fields.name'), 'string', name);
  }
});

test('what the node tells of itself', async () => {
  const node = (await send('GET', '/')).expect(200);
  assert.match(node.word('version'), /^3\.9\.\d+$/);
  assert.equal(node.at('holdfast_version'), '0.1.0');
  assert.partialDeepStrictEqual(node.at('plugins'), { available_on_server: { 'key-auth': { priority: 1250 } } });
  assert.ok(Array.isArray(node.at('plugins.enabled_in_cluster')));
  assert.equal((await send('GET', '/status')).expect(200).at('database.reachable'), true);
  assert.deepEqual((await send('GET', '/plugins/enabled')).expect(200).body, { enabled_plugins: [...pluginCatalog.keys()].toSorted() });
  assert.equal((await send('GET', '/schemas/services')).expect(200).at('name'), 'services');
  assert.equal((await send('GET', '/schemas/plugins/acl')).expect(200).at('name'), 'acl');
  (await send('GET', '/schemas/plugins/absent')).expect(404);
  (await send('GET', '/schemas/absent')).expect(404);
  assert.deepEqual((await send('POST', '/schemas/services/validate', { json: { host: 'a.test' } })).expect(200).body, { message: 'schema validation successful' });
  assert.equal((await send('POST', '/schemas/plugins/validate', { json: { name: 'acl', config: {} } })).expect(400).at('code'), 2);
  assert.deepEqual((await send('GET', '/clustering/data-planes')).expect(200).body, { data: [], next: null });
  assert.deepEqual((await send('GET', '/clustering/status')).expect(200).body, {});
  (await send('GET', '/status/ready', { token: null })).expect(200);
});

/** One request byte for byte; the whole answer. */
function sendRaw(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(api.port, '127.0.0.1', () => socket.write(text));
    let answer = '';
    socket.setEncoding('latin1').on('data', (chunk) => (answer += String(chunk))).on('end', () => resolve(answer)).on('error', reject);
  });
}
