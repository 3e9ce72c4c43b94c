/** Who may ask what would become of a request, whom that asks, and what of the answer is taken for granted. */
import { test } from 'node:test';
import assert from 'node:assert/strict';
import type { AskDataPlane } from '../control-plane/admin-api/v1/explain-routes.ts';
import { startTestAdminApi } from './support/admin-api.ts';

const DATA_PLANE = '01a1fe71-b792-71c2-a993-3a158bc013f5';
const asked: Parameters<AskDataPlane>[] = [];
let outcome: Awaited<ReturnType<AskDataPlane>> = { kind: 'not-connected' };
const api = await startTestAdminApi({
  askDataPlane: async (...question) => {
    asked.push(question);
    return outcome;
  },
});
const { send, viewerToken } = api;
const question = { url: 'http://x.test/' };

test('a viewer may ask, a stranger may not, and every tenant asks its own data planes', async () => {
  (await send('POST', '/v1/explain', { token: null, json: question })).expect(401);
  (await send('POST', '/v1/tenants', { json: { name: 'acme' } })).expect(201);
  const acme = (await send('POST', '/v1/tenants/acme/operators', { json: { name: 'boss', role: 'admin' } })).expect(201).word('token');
  assert.equal(asked.length, 0);
  for (const token of [viewerToken, acme]) assert.equal((await send('POST', '/v1/explain', { token, json: question })).expect(503).at('error'), 'ADMIN_EXPLAIN_NO_DATA_PLANE');
  const [ours, theirs] = asked.splice(0).map(([scope]) => scope);
  assert.equal(ours?.tenantId, api.tenantId);
  assert.notEqual(theirs?.tenantId, api.tenantId);
  assert.notEqual(theirs?.gatewayId, ours?.gatewayId);
});

test('bad questions are refused by field, before anybody is asked', async () => {
  const bad: readonly (readonly [object, string])[] = [
    [{}, 'url'], [{ url: 'ftp://x/' }, 'url'], [{ url: 'http://x/#y' }, 'url'], [{ url: 'http://x/\r\nHost: y' }, 'url'], [{ ...question, client_ip: '10.0.0.0/8' }, 'client_ip'],
    [{ ...question, headers: { 'x y': ['1'] } }, 'x y'], [{ ...question, headers: { x: ['a\nb'] } }, 'headers'], [{ ...question, http_version: '3' }, 'http_version'], [{ ...question, clientip: '::1' }, 'clientip'],
  ];
  for (const [json, field] of bad) assert.match((await send('POST', '/v1/explain', { json })).expect(400).text, new RegExp(field));
  (await send('POST', '/v1/explain?data_plane=x', { json: question })).expect(400);
  assert.equal(asked.length, 0);
});

test('the answer says what the data plane says, but not who it is', async () => {
  const answer = (document: { readonly [name: string]: string }): typeof outcome => ({ kind: 'asked', dataPlaneId: DATA_PLANE as never, outcome: { kind: 'answered', document } });
  outcome = answer({ version: '1.7', data_plane: 'another' });
  assert.deepEqual((await send('POST', `/v1/explain?data_plane=${DATA_PLANE}`, { json: question })).expect(200).body, { version: '1.7', data_plane: DATA_PLANE });
  assert.equal(asked.at(-1)?.[1], DATA_PLANE);
  outcome = { kind: 'asked', dataPlaneId: DATA_PLANE as never, outcome: { kind: 'failed', reason: 'the data plane is too old to be asked; upgrade it' } };
  assert.match((await send('POST', '/v1/explain', { json: question })).expect(502).text, /too old/);
});
