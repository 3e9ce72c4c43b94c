/** Who may do what: tokens and roles, tenants apart from each other, development mode against web pages, the audit. */
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { CustomPlugins } from '../control-plane/plugins/custom-plugins.ts';
import { startAdminApi } from '../control-plane/admin-api/start-admin-api.ts';
import { pluginCatalog } from '../shared/plugins/catalog.ts';
import { systemClock } from '../shared/clock.ts';
import { createMemoryLogger } from '../shared/log.ts';
import { startTestAdminApi } from './support/admin-api.ts';
import { onServer } from './support/postgres-server.ts';

const api = await startTestAdminApi();
const { send, viewerToken } = api;
const development = await startTestAdminApi({ developmentMode: true });

test('without a valid token nothing is answered', async () => {
  for (const [method, path] of [['GET', '/'], ['GET', '/services'], ['POST', '/services'], ['GET', '/nonsense'], ['OPTIONS', '/services'], ['GET', '/v1/audit'], ['GET', '/openapi.json']] as const) {
    const answer = (await send(method, path, { token: null })).expect(401);
    assert.equal(answer.at('error'), 'ADMIN_UNAUTHENTICATED', path);
    assert.match(String(answer.headers['www-authenticate']), /^Bearer/);
  }
  for (const token of ['hfo_wrong', 'x', `${api.adminToken}x`]) (await send('GET', '/services', { token })).expect(401);
  for (const headers of [{ authorization: `Basic ${api.adminToken}` }, { authorization: 'Bearer' }, { 'kong-admin-token': 'hfo_wrong' }]) (await send('GET', '/services', { token: null, headers })).expect(401);
  (await send('GET', '/services', { token: null, headers: { 'kong-admin-token': api.adminToken } })).expect(200);
  (await send('GET', '/services', { token: null, headers: { authorization: `bearer ${api.adminToken}` } })).expect(200);
});

test('a body of a stranger is not even read', async () => {
  const socket = connect(api.port, '127.0.0.1');
  const answered = new Promise<string>((resolve, reject) => socket.setEncoding('latin1').once('data', (chunk) => resolve(String(chunk))).once('error', reject));
  // Announced and never sent: whoever waits for it never answers.
  socket.write('POST /services HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n{');
  assert.match(await answered, /^HTTP\/1\.1 401 /);
  socket.destroy();
});

test('a viewer reads everything but secrets, and writes nothing', async () => {
  (await send('POST', '/consumers', { json: { username: 'secretive' } })).expect(201);
  const credential = (await send('POST', '/consumers/secretive/key-auth', { json: { key: 'only-for-admins' } })).expect(201);
  const id = credential.word('id');
  for (const path of ['/key-auths', `/key-auths/${id}`, '/consumers/secretive/key-auth', `/consumers/secretive/key-auth/${id}`, '/v1/audit', '/v1/releases']) {
    const seen = (await send('GET', path, { token: viewerToken })).expect(200);
    assert.ok(!seen.text.includes('only-for-admins'), path);
  }
  assert.equal((await send('GET', `/key-auths/${id}`, { token: viewerToken })).at('key'), null);
  assert.equal((await send('GET', `/key-auths/${id}`)).at('key'), 'only-for-admins');
  for (const [method, path] of [['POST', '/services'], ['PUT', '/services/x'], ['PATCH', `/key-auths/${id}`], ['DELETE', `/key-auths/${id}`], ['POST', '/v1/gateways'], ['POST', '/v1/join-tokens'], ['POST', '/v1/operators'], ['DELETE', '/v1/tokens/x']] as const) {
    assert.equal((await send(method, path, { token: viewerToken, json: { host: 'a.test' } })).expect(403).at('error'), 'ADMIN_FORBIDDEN', path);
  }
  (await send('GET', '/v1/tenants', { token: viewerToken })).expect(403);
  (await send('POST', '/schemas/services/validate', { token: viewerToken, json: { host: 'a.test' } })).expect(200);
  (await send('GET', `/key-auths/${id}`)).expect(200);
});

test('a secret is nowhere in the database, the log or the audit in the clear', async () => {
  (await send('POST', '/consumers', { json: { username: 'vault' } })).expect(201);
  (await send('POST', '/consumers/vault/key-auth', { json: { key: 'correct-horse-battery' } })).expect(201);
  (await send('POST', '/consumers/vault/key-auth', { json: { key: 'correct-horse-battery' } })).expect(409);
  // A path may name a credential by its key.
  for (const path of ['/key-auths/correct-horse-battery', '/default/key-auths/correct-horse-battery/', '/consumers/vault/key-auth/correct-horse-battery']) {
    (await send('PUT', path, { json: { key: 'another' } })).expect(400);
    (await send('PATCH', path, { token: viewerToken, json: {} })).expect(403);
    (await send('PATCH', path, { token: null, json: {} })).expect(401);
  }
  (await send('DELETE', '/key-auths/correct-horse-battery/consumer')).expect(405);
  const dump = await onServer(api.database.superuserConnectionString, async (client) => {
    const tables = await client.query<{ readonly name: string }>("SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'holdfast' AND table_type = 'BASE TABLE'");
    let text = '';
    for (const { name } of tables.rows) text += JSON.stringify((await client.query(`SELECT t::text AS row FROM holdfast.${name} t`)).rows);
    return text;
  });
  assert.ok(dump.includes('vault') && dump.includes('keyauth_credentials'), 'the dump holds the data');
  for (const form of ['correct-horse-battery', Buffer.from('correct-horse-battery').toString('base64').slice(0, -3), Buffer.from('correct-horse-battery').toString('hex')]) assert.ok(!dump.includes(form), form);
  assert.ok(!api.logLines().some((line) => line.includes('correct-horse-battery') || line.includes(api.adminToken)));
  assert.ok(dump.includes('PATCH /default/key-auths/(hidden)'), 'the refusals are in the audit');
});

test('tokens are revoked, expire, and end with their operator', async () => {
  const operator = (await send('POST', '/v1/operators', { json: { name: 'temporary', role: 'admin' } })).expect(201);
  const first = (await send('POST', '/v1/operators/temporary/tokens', { json: {} })).expect(201);
  const second = (await send('POST', `/v1/operators/${operator.word('id')}/tokens`, { json: { ttl_seconds: 3600 } })).expect(201);
  assert.match(second.word('expires_at'), /^\d{4}-/);
  const works = async (token: string): Promise<number> => (await send('GET', '/services', { token })).status;
  assert.equal(await works(first.word('token')), 200);
  (await send('DELETE', `/v1/tokens/${first.word('id')}`)).expect(204);
  assert.equal(await works(first.word('token')), 401);
  await onServer(api.database.superuserConnectionString, (client) => client.query("UPDATE holdfast.operator_tokens SET expires_at = now() - interval '1 second' WHERE id = $1", [second.word('id')]));
  assert.equal(await works(second.word('token')), 401);
  const third = (await send('POST', '/v1/operators/temporary/tokens', { json: {} })).expect(201);
  (await send('PATCH', '/v1/operators/temporary', { json: { disabled: true } })).expect(200);
  assert.equal(await works(third.word('token')), 401);
  (await send('PATCH', '/v1/operators/admin', { json: { disabled: true } })).expect(403);
  const list = (await send('GET', '/v1/operators')).expect(200);
  assert.ok(!list.text.includes('hfo_'), 'tokens are never listed');
});

test('tenants see nothing of each other', async () => {
  (await send('POST', '/v1/tenants', { json: { name: 'acme' } })).expect(201);
  const acme = (await send('POST', '/v1/tenants/acme/operators', { json: { name: 'boss', role: 'admin' } })).expect(201).word('token');
  (await send('POST', '/services', { json: { name: 'ours', host: 'a.test' } })).expect(201);
  const theirs = (await send('POST', '/services', { token: acme, json: { name: 'theirs', host: 'b.test' } })).expect(201);
  (await send('GET', '/services/ours', { token: acme })).expect(404);
  (await send('GET', `/services/${theirs.word('id')}`)).expect(404);
  (await send('DELETE', `/services/${theirs.word('id')}`)).expect(204);
  (await send('GET', '/services/theirs', { token: acme })).expect(200);
  const stolen = (await send('POST', '/routes', { json: { paths: ['/steal'], service: { id: theirs.word('id') } } })).expect(400);
  assert.equal(stolen.at('code'), 4);
  for (const path of ['/v1/operators', '/v1/gateways', '/v1/audit', '/tags']) assert.ok(!(await send('GET', path, { token: acme })).expect(200).text.includes('spectator'), path);
  for (const path of ['/v1/tenants', '/v1/tenants/default', '/v1/tenants/default/operators']) (await send('GET', path, { token: acme })).expect(403);
  (await send('POST', '/v1/tenants', { token: acme, json: { name: 'evil' } })).expect(403);
  assert.match((await send('DELETE', '/v1/tenants/default')).expect(403).word('message'), /your own tenant/, 'every token of the installation would be void');
});

test('every write and every refused write is in the audit with who and what', async () => {
  const made = (await send('POST', '/services', { json: { name: 'audited', host: 'a.test' } })).expect(201);
  const row = (await send('GET', '/v1/audit?size=1')).expect(200);
  assert.partialDeepStrictEqual(row.at('data.0'), { actor: 'admin', action: 'create', address: '127.0.0.1', subject: { kind: 'services', id: made.word('id') }, request_id: made.headers['x-kong-admin-request-id'] });
  (await send('POST', '/services', { token: viewerToken, json: {} })).expect(403);
  assert.partialDeepStrictEqual((await send('GET', '/v1/audit?size=1')).at('data.0'), { actor: 'spectator', action: 'refuse', details: { status: 403, code: 'ADMIN_FORBIDDEN' } });
  (await send('POST', '/services', { token: 'hfo_nobody', json: {} })).expect(401);
  assert.partialDeepStrictEqual((await send('GET', '/v1/audit?size=1')).at('data.0'), { actor: 'unknown', operator_id: null, details: { status: 401, code: 'ADMIN_UNAUTHENTICATED' } });
  const page = (await send('GET', '/v1/audit?size=2')).expect(200);
  const next = (await send('GET', page.word('next'))).expect(200);
  assert.ok(Number(next.at('data.0.id')) < Number(page.at('data.1.id')), 'older rows follow');
});

test('strangers can not fill the audit', async () => {
  for (let n = 0; n < 70; n++) (await send('POST', `/flood/${n}`, { token: null })).expect(401);
  const rows = (await send('GET', '/v1/audit?size=1000')).expect(200).at('data');
  assert.ok(Array.isArray(rows));
  const strangers = rows.filter((row: { readonly actor: string }) => row.actor === 'unknown').length;
  assert.ok(strangers > 30 && strangers <= 60, `${strangers} rows`);
});

test('development mode answers this machine and no web page', async (t) => {
  const host = `localhost:${development.port}`;
  const own = `http://${host}`;
  const matrix: readonly (readonly [name: string, headers: Readonly<Record<string, string>>, allowed: boolean])[] = [
    ['curl', { host }, true],
    ['curl by address', { host: `127.0.0.1:${development.port}` }, true],
    ['curl by IPv6 address', { host: `[::1]:${development.port}` }, true],
    ['without port', { host: 'localhost' }, true],
    ['in capitals', { host: `LOCALHOST:${development.port}` }, true],
    ['a page of the admin API itself', { host, origin: own, 'sec-fetch-site': 'same-origin' }, true],
    ['an address typed into a browser', { host, 'sec-fetch-site': 'none' }, true],
    ['a name that an attacker points to loopback', { host: `evil.test:${development.port}` }, false],
    ['a name that only starts like localhost', { host: `localhost.evil.test:${development.port}` }, false],
    ['an address that only starts like loopback', { host: `127.0.0.1.evil.test:${development.port}` }, false],
    ['a page of another site', { host, origin: 'https://evil.test', 'sec-fetch-site': 'cross-site' }, false],
    ['an old browser that sends only Origin', { host, origin: 'https://evil.test' }, false],
    ['a browser that sends only Sec-Fetch-Site', { host, 'sec-fetch-site': 'cross-site' }, false],
    ['a sandboxed frame', { host, origin: 'null' }, false],
    ['a page on another port of this machine', { host, origin: 'http://localhost:3000', 'sec-fetch-site': 'same-site' }, false],
    ['a page on another name of this machine', { host, origin: `http://127.0.0.1:${development.port}` }, false],
    ['a page by https', { host, origin: `https://${host}` }, false],
    ['a Sec-Fetch-Site nobody knows', { host, 'sec-fetch-site': 'extraterrestrial' }, false],
    ['user and password before the host', { host: `localhost@evil.test` }, false],
  ];
  for (const [name, headers, allowed] of matrix) {
    await t.test(`${name}: ${allowed ? 'answered' : 'refused'}`, async () => {
      const before = await services();
      for (const [method, path, body, type] of [
        ['GET', '/services', '', ''],
        ['OPTIONS', '/services', '', ''],
        ['GET', '/nonsense', '', ''],
        ['GET', '/status/ready', '', ''],
        ['POST', '/services', 'host=a.test', 'application/x-www-form-urlencoded'],
        ['POST', '/services', '{"host":"a.test"}', 'application/json'],
        ['POST', '/services', '{"host":"a.test"}', 'text/plain'],
        ['POST', '/services', '--x\r\nContent-Disposition: form-data; name="host"\r\n\r\na.test\r\n--x--\r\n', 'multipart/form-data; boundary=x'],
        ['DELETE', '/services/x', '', ''],
      ] as const) {
        const status = await sendRaw(method, path, headers, body, type);
        if (allowed) assert.notEqual(status, 403, `${method} ${path} ${type}`);
        else assert.equal(status, 403, `${method} ${path} ${type}`);
      }
      assert.equal((await services()) - before, allowed ? 3 : 0);
    });
  }
  await t.test('without Host: refused', async () => assert.notEqual(await sendRaw('GET', '/services', {}, '', ''), 200));
  await t.test('a wrong token is refused even here, a viewer stays a viewer', async () => {
    (await development.send('GET', '/services', { token: 'hfo_wrong' })).expect(401);
    (await development.send('POST', '/services', { token: development.viewerToken, json: { host: 'a.test' } })).expect(403);
    (await development.send('POST', '/services', { token: null, json: { host: 'a.test' } })).expect(201);
  });

  async function services(): Promise<number> {
    const data = (await development.send('GET', '/services?size=1000')).expect(200).at('data');
    return Array.isArray(data) ? data.length : -1;
  }
});

test('development mode refuses an address that others reach', async () => {
  const { log } = createMemoryLogger('test');
  const start = startAdminApi({
    store: api.store, catalog: pluginCatalog, customPlugins: new CustomPlugins({ store: api.store.plugins, clock: systemClock, log }), createJoinToken: () => Promise.reject(new Error('not here')), askDataPlane: () => Promise.reject(new Error('not here')), logLevels: api.logLevels, purges: { order: () => Promise.reject(new Error('not here')) }, events: api.events, keys: api.keys, auditKeeper: api.auditKeeper, listen: { host: '0.0.0.0', port: 0 }, developmentMode: true,
    installationTenant: api.tenantId, deletionGraceMs: 1000, publicUrl: new URL('http://127.0.0.1'), allowHttpIssuers: false, allowHttpWebhooks: false, maxBodyBytes: 1000, allowedOrigins: [], softwareVersion: '0.1.0', hostname: 'x', configuration: {}, log, clock: systemClock,
  });
  await assert.rejects(start, { code: 'ADMIN_DEVELOPMENT_NOT_LOOPBACK' });
});

/** With the headers exactly as given; the status. */
function sendRaw(method: string, path: string, headers: Readonly<Record<string, string>>, body: string, type: string): Promise<number> {
  const lines = [...Object.entries(headers).map(([name, value]) => `${name}: ${value}`), ...(type === '' ? [] : [`content-type: ${type}`]), `content-length: ${Buffer.byteLength(body)}`, 'connection: close'];
  return new Promise((resolve, reject) => {
    const socket = connect(development.port, '127.0.0.1', () => socket.write(`${method} ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${body}`));
    let answer = '';
    socket.setEncoding('latin1').on('data', (chunk) => (answer += String(chunk))).on('end', () => resolve(Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1]))).on('error', reject);
  });
}
