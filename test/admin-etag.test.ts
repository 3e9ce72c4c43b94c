/** Conditional requests on single entities over HTTP (RFC 9110 §13): ETag, If-None-Match, If-Match. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startTestAdminApi, type AdminAnswer } from './support/admin-api.ts';
import { testCertificate } from './support/test-certificates.ts';

const { send, viewerToken } = await startTestAdminApi();

async function tagOf(path: string, token?: string): Promise<string> {
  const { etag } = (await send('GET', path, token === undefined ? {} : { token })).expect(200).headers;
  assert.match(String(etag), /^"[A-Za-z0-9_-]{22}"$/);
  return String(etag);
}

test('a read has a strong tag that stays until the entity changes; who has that state already gets 304 and no body', async () => {
  (await send('PUT', '/services/a', { json: { host: 'a' } })).expect(200);
  const tag = await tagOf('/services/a');
  assert.equal(await tagOf('/services/a'), tag);
  for (const given of [tag, `"other", ${tag}`, `W/${tag}`, '*']) {
    const known = (await send('GET', '/services/a', { headers: { 'if-none-match': given } })).expect(304);
    assert.deepEqual([known.text, known.headers['etag']], ['', tag], given);
  }
  (await send('GET', '/services/a', { headers: { 'if-none-match': '"other"' } })).expect(200);
  (await send('PATCH', '/services/a', { json: { retries: 7 } })).expect(200);
  assert.notEqual(await tagOf('/services/a'), tag);
  assert.equal((await send('GET', '/services/a', { headers: { 'if-none-match': tag } })).expect(200).at('retries'), 7);
  (await send('GET', '/services/a', { headers: { 'if-none-match': 'no quotes' } })).expect(400);
});

test('who writes is told the tag of what was written, the same as who reads it then', async () => {
  const { cert, key } = await testCertificate();
  const config = { limit_by: 'ip', minute: 5 };
  const consumer = (await send('POST', '/consumers', { json: { username: 'tagged' } })).expect(201).word('id');
  for (const [path, json, change] of [
    ['/services', { host: 'a.test', tags: ['z', 'b'] }, { retries: 2 }],
    ['/plugins', { name: 'rate-limiting', config }, { config: { minute: 7 } }],
    ['/upstreams', { name: 'tagged.test' }, { healthchecks: { passive: { healthy: { successes: 3 } } } }],
    ['/certificates', { cert, key, snis: ['z.test', 'y.test'] }, { snis: ['y.test'] }],
    [`/consumers/${consumer}/key-auth`, { key: 'k' }, { ttl: 500 }],
  ] as const) {
    const made = (await send('POST', path, { json })).expect(201);
    const one = `${path}/${made.word('id')}`;
    assert.equal(made.headers['etag'], await tagOf(one), path);
    const changed = (await send('PATCH', one, { json: change, headers: { 'if-match': String(made.headers['etag']) } })).expect(200);
    assert.equal(changed.headers['etag'], await tagOf(one), path);
    assert.notEqual(changed.headers['etag'], made.headers['etag'], path);
    const replaced = (await send('PUT', one, { json, headers: { 'if-match': String(changed.headers['etag']) } })).expect(200);
    assert.equal(replaced.headers['etag'], await tagOf(one), path);
  }
});

test('PUT, PATCH and DELETE with If-Match are for one state: of writers who read the same, one writes', async () => {
  (await send('PUT', '/services/b', { json: { host: 'b' } })).expect(200);
  const tag = await tagOf('/services/b');
  const answers = await Promise.all(Array.from({ length: 6 }, (_, n) => send(n % 2 === 0 ? 'PATCH' : 'PUT', '/services/b', { json: { host: `b${n}` }, headers: { 'if-match': tag } })));
  assert.deepEqual(answers.map(({ status }) => status).toSorted(), [200, 412, 412, 412, 412, 412]);
  const refused = answers.find(({ status }) => status === 412);
  assert.ok(refused);
  const now = await tagOf('/services/b');
  assert.deepEqual([refused.at('error'), refused.at('etag'), refused.headers['etag']], ['ADMIN_PRECONDITION_FAILED', now, now]);
  assert.match(refused.word('message'), /it is not as it was then; nothing was changed/);
  (await send('DELETE', '/services/b', { headers: { 'if-match': tag } })).expect(412);
  (await send('PATCH', '/services/b', { json: { retries: 1 }, headers: { 'if-match': `W/${now}` } })).expect(412);
  (await send('DELETE', '/services/b', { headers: { 'if-match': `"x", ${now}` } })).expect(204);
  (await send('DELETE', '/services/b', { headers: { 'if-match': '*' } })).expect(412);
  (await send('PUT', '/services/b', { json: { host: 'b' }, headers: { 'if-match': '*' } })).expect(412);
});

test('PUT with If-None-Match: * creates and never replaces, whoever else tries at the same time', async () => {
  const create = (host: string): Promise<AdminAnswer> => send('PUT', '/services/once', { json: { host }, headers: { 'if-none-match': '*' } });
  (await create('first')).expect(200);
  assert.equal((await create('second')).expect(412).at('error'), 'ADMIN_PRECONDITION_FAILED');
  assert.equal((await send('GET', '/services/once')).at('host'), 'first');
  const statuses = await Promise.all(Array.from({ length: 6 }, async (_, n) => (await send('PUT', '/services/at-once', { json: { host: `h${n}` }, headers: { 'if-none-match': '*' } })).status));
  assert.deepEqual(statuses.toSorted(), [200, 412, 412, 412, 412, 412]);
});

test('what is shown besides makes the tag too: names in a list, and secrets for those who may see them', async () => {
  const { cert, key } = await testCertificate();
  const certificate = (await send('POST', '/certificates', { json: { cert, key, snis: ['a.test'] } })).expect(201).word('id');
  const tag = await tagOf(`/certificates/${certificate}`);
  (await send('POST', '/snis', { json: { name: 'b.test', certificate: { id: certificate } } })).expect(201);
  assert.notEqual(await tagOf(`/certificates/${certificate}`), tag);
  assert.notEqual(await tagOf(`/certificates/${certificate}`, viewerToken), await tagOf(`/certificates/${certificate}`));
});

test('nested paths take conditions too', async () => {
  (await send('PUT', '/upstreams/u', { json: {} })).expect(200);
  (await send('PUT', '/upstreams/u/targets/10.0.0.1:80', { json: { weight: 1 }, headers: { 'if-none-match': '*' } })).expect(200);
  const tag = await tagOf('/upstreams/u/targets/10.0.0.1:80');
  (await send('PATCH', '/upstreams/u/targets/10.0.0.1:80', { json: { weight: 2 }, headers: { 'if-match': tag } })).expect(200);
  (await send('PATCH', '/upstreams/u/targets/10.0.0.1:80', { json: { weight: 3 }, headers: { 'if-match': tag } })).expect(412);
});
