/**
 * What data planes see of their targets, told by every control plane; and what operators switch, carried out by every data plane.
 * Two control planes on one database, and a real data plane process connected to each.
 */
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import { after, test } from 'node:test';
import { defined } from '../shared/assert.ts';
import { formatJoinToken } from '../shared/trust/join-token.ts';
import { sendTo, startTestAdminApi, type AdminAnswer } from './support/admin-api.ts';
import { startControlPlaneParts, type ControlPlaneParts } from './support/control-plane-parts.ts';
import { DataPlaneProcess } from './support/data-plane-process.ts';
import { openTestStore } from './support/postgres.ts';
import { onServer } from './support/postgres-server.ts';
import { waitUntil } from './support/wait-until.ts';

const DEADLINE_MS = 20_000;
const given = await openTestStore();
const { store } = given;
// First, because whoever is first has the root key.
const [one, other] = [await startControlPlaneParts(store), await startControlPlaneParts(store)] as const;
const api = await startTestAdminApi({ askDataPlane: (...question) => one.server.ask(...question) }, given);
const { send } = api;
const bases = [api.base, await api.startAnother()] as const;
const gateway = defined(await store.gateways.findByName(api.tenantId, 'default'), 'the default gateway');
const origins: Server[] = [];
const dataPlanes: DataPlaneProcess[] = [];
after(async () => {
  await Promise.all(dataPlanes.map((dataPlane) => dataPlane.destroy()));
  for (const origin of origins) {
    origin.closeAllConnections();
    origin.close();
  }
  await Promise.all([one.stop(), other.stop()]);
});

/** Answers its name. */
async function startOrigin(name: string, port = 0): Promise<{ readonly port: number; readonly stop: () => Promise<void> }> {
  const server = createServer((_request, response) => response.end(name));
  origins.push(server);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const address = server.address();
  return {
    port: typeof address === 'object' ? (address?.port ?? 0) : 0,
    stop: () => new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    }),
  };
}

async function startDataPlane(parts: ControlPlaneParts, threads: number): Promise<DataPlaneProcess> {
  const dataPlane = await DataPlaneProcess.start({ HOLDFAST_JOIN_TOKEN: formatJoinToken(await parts.joinToken(gateway)), HOLDFAST_PROXY_THREADS: String(threads) });
  dataPlanes.push(dataPlane);
  return dataPlane;
}

/** As one of the control planes answers it, by target. */
async function healthAt(base: string, upstream: string): Promise<ReadonlyMap<string, { readonly health: string; readonly reporting: number; readonly notHealthy: number; readonly cause: unknown }>> {
  const answer: AdminAnswer = await sendTo(base, 'GET', `/upstreams/${upstream}/health`, { token: api.adminToken });
  const { data } = answer.expect(200).body as { readonly data: readonly Row[] };
  return new Map(data.map((row) => [row.target, { health: row.health, reporting: row.data_planes.reporting, notHealthy: row.data_planes.not_healthy.length, cause: row.data_planes.not_healthy[0]?.addresses[0]?.cause }]));
}

interface Row {
  readonly target: string;
  readonly health: string;
  readonly data: { readonly addresses: readonly { readonly ip: string; readonly health: string }[] };
  readonly data_planes: { readonly reporting: number; readonly not_healthy: readonly { readonly addresses: readonly { readonly cause: string }[] }[] };
}

function sayEverywhere(upstream: string, target: string, health: string): Promise<unknown> {
  return Promise.all(bases.map((base) => waitUntil(`${target} to be ${health} at ${base}`, async () => (await healthAt(base, upstream)).get(target)?.health === health, DEADLINE_MS)));
}

/** What so many requests were answered by. */
async function answersOf(dataPlane: DataPlaneProcess, path: string): Promise<ReadonlySet<string>> {
  const answers = new Set<string>();
  for (let count = 0; count < 6; count += 1) answers.add((await dataPlane.get(path)).body);
  return answers;
}

function onlyAnswers(dataPlane: DataPlaneProcess, path: string, ...names: readonly string[]): Promise<unknown> {
  return waitUntil(`only ${names.join(' and ')} to answer ${path}`, async () => {
    const answers = await answersOf(dataPlane, path);
    return answers.size === names.length && names.every((name) => answers.has(name));
  }, DEADLINE_MS);
}

const a = await startOrigin('a');
const b = await startOrigin('b');
const targetOf = ({ port }: { readonly port: number }): string => `127.0.0.1:${port}`;

async function addUpstream(name: string, fields: object): Promise<void> {
  (await send('POST', '/upstreams', { json: { name, ...fields } })).expect(201);
  for (const origin of [a, b]) (await send('POST', `/upstreams/${name}/targets`, { json: { target: targetOf(origin) } })).expect(201);
  (await send('POST', '/services', { json: { name, host: name } })).expect(201);
  (await send('POST', `/services/${name}/routes`, { json: { name, paths: [`/${name}`] } })).expect(201);
}

await addUpstream('checked', {
  healthchecks: { active: { type: 'tcp', healthy: { interval: 0.2, successes: 1 }, unhealthy: { interval: 0.2, tcp_failures: 1 } } },
});
await addUpstream('plain', {});

test('before any data plane reports, nobody is said to know', async () => {
  const health = await healthAt(bases[0], 'checked');
  assert.deepEqual([...health.values()].map((row) => [row.health, row.reporting]), [['HEALTHCHECKS_OFF', 0], ['HEALTHCHECKS_OFF', 0]]);
  (await send('GET', '/upstreams/nowhere/health')).expect(404);
});

test('a target that dies is UNHEALTHY at every control plane, and HEALTHY when it is back', async () => {
  const [first, second] = [await startDataPlane(one, 2), await startDataPlane(other, 1)];
  await Promise.all([first.ready(), second.ready()]);
  await waitUntil('both to report', async () => (await healthAt(bases[1], 'checked')).get(targetOf(a))?.reporting === 2, DEADLINE_MS);
  await sayEverywhere('checked', targetOf(b), 'HEALTHY');
  await b.stop();
  await sayEverywhere('checked', targetOf(b), 'UNHEALTHY');
  const seen = await waitUntil('both to see it', async () => {
    const row = (await healthAt(bases[0], 'checked')).get(targetOf(b));
    return row?.notHealthy === 2 ? row : undefined;
  }, DEADLINE_MS);
  assert.equal(seen.cause, 'tcp-failures');
  await sayEverywhere('checked', targetOf(a), 'HEALTHY');
  assert.deepEqual((await send('GET', '/upstreams/checked/health?balancer_health=1')).expect(200).at('data.health'), 'HEALTHY');
  await startOrigin('b', b.port);
  await sayEverywhere('checked', targetOf(b), 'HEALTHY');
  // Nobody checks the others.
  await sayEverywhere('plain', targetOf(a), 'HEALTHCHECKS_OFF');
});

test('a switch reaches the data planes that are there and the one that comes back, and outlives writes of the target', async () => {
  const [first, second] = dataPlanes;
  assert.ok(first !== undefined && second !== undefined);
  await Promise.all([first, second].map((dataPlane) => onlyAnswers(dataPlane, '/plain', 'a', 'b')));
  const path = `/upstreams/plain/targets/${targetOf(b)}`;
  (await send('PUT', `${path}/unhealthy`)).expect(204);
  await Promise.all([first, second].map((dataPlane) => onlyAnswers(dataPlane, '/plain', 'a')));
  await sayEverywhere('plain', targetOf(b), 'UNHEALTHY');
  assert.equal((await healthAt(bases[1], 'plain')).get(targetOf(b))?.cause, 'switched');

  // Neither shown nor lost nor writable.
  const shown = (await send('PATCH', path, { json: { weight: 50 } })).expect(200).body;
  assert.ok(!JSON.stringify(shown).includes('switch'));
  (await send('PUT', path, { json: { weight: 60 } })).expect(200);
  assert.ok(!JSON.stringify((await send('GET', '/config')).expect(200).body).includes('switches'));
  (await send('PATCH', path, { json: { switches: [] } })).expect(400);

  await second.kill();
  await waitUntil('it not to count any more', async () => (await healthAt(bases[0], 'plain')).get(targetOf(b))?.reporting === 1, DEADLINE_MS);
  (await send('PUT', `${path}/healthy`)).expect(204);
  await onlyAnswers(first, '/plain', 'a', 'b');
  const otherPath = `/upstreams/plain/targets/${targetOf(a)}`;
  (await send('PUT', `${otherPath}/127.0.0.1/unhealthy`)).expect(204);
  await onlyAnswers(first, '/plain', 'b');
  // What keeps it on the one that comes back is the configuration alone.
  const { id } = (await send('GET', otherPath)).expect(200).body as { readonly id: string };
  (await send('PATCH', otherPath, { json: { tags: ['kept'] } })).expect(200);
  (await send('PUT', otherPath, { json: { weight: 80 } })).expect(200);
  (await send('POST', '/v1/gateways/default/batch', { json: { operations: [{ op: 'update', kind: 'targets', id, entity: { weight: 90 } }] } })).expect(200);
  const back = await DataPlaneProcess.start({ HOLDFAST_PROXY_THREADS: '1' }, second);
  dataPlanes.push(back);
  await back.ready();
  await onlyAnswers(back, '/plain', 'b');
  (await send('PUT', `${otherPath}/10.0.0.1/unhealthy`)).expect(404);
  (await send('PUT', `${otherPath}/somewhere/unhealthy`)).expect(400);
});

test('active checks move on what was switched', async () => {
  (await send('PUT', `/upstreams/checked/targets/${targetOf(a)}/unhealthy`)).expect(204);
  const [first] = dataPlanes;
  await first?.logged('target-down', ({ cause }) => cause === 'switched');
  await first?.logged('target-up', ({ target }) => String(target).includes(targetOf(a)));
  await sayEverywhere('checked', targetOf(a), 'HEALTHY');
});

test('who may only switch may do no more, a frozen gateway switches nothing, and the audit says who did', async () => {
  const token = await api.tokenFor('switcher', [{ effect: 'allow', resources: ['targets', 'upstreams'], verbs: ['read'] }, { effect: 'allow', resources: ['targets'], verbs: ['switch'] }]);
  const path = `/upstreams/plain/targets/${targetOf(a)}`;
  (await send('PUT', `${path}/healthy`, { token })).expect(204);
  assert.match((await send('GET', '/v1/audit?size=1')).expect(200).text, /"actor":"switcher".*"action":"update".*"kind":"targets".*"switches"/);
  (await send('PATCH', path, { token, json: { weight: 1 } })).expect(403);
  (await send('PUT', `${path}/healthy`, { token: api.viewerToken })).expect(403);
  (await send('POST', '/v1/gateways/default/freeze', { json: { reason: 'audit' } })).expect(200);
  (await send('PUT', `${path}/unhealthy`)).expect(423);
  (await send('POST', '/v1/gateways/default/unfreeze', { json: {} })).expect(200);
});

test("a data plane's log level is set for a while and comes back by itself", async () => {
  const [first] = dataPlanes;
  const found = (await send('GET', '/v1/data-planes')).expect(200).body as { readonly data: readonly { readonly id: string }[] };
  const answers = await Promise.all(found.data.map(async ({ id }) => ({ id, answer: await send('PUT', `/v1/data-planes/${id}/log-level/debug?timeout=1`) })));
  // The other is connected to the other control plane.
  assert.deepEqual(answers.map(({ answer }) => answer.status).sort(), [200, 503]);
  const { id, answer } = answers.find((one) => one.answer.status === 200) ?? assert.fail();
  assert.equal(answer.at('level'), 'debug');
  await first?.logged('log-level', ({ msg }) => msg.startsWith('log level debug'));
  await first?.logged('log-level', ({ msg }) => msg === 'log level info again');
  assert.equal((await send('GET', `/v1/data-planes/${id}/log-level`)).expect(200).at('level'), 'info');
  (await send('PUT', `/v1/data-planes/${id}/log-level/loud`)).expect(400);
  (await send('PUT', `/v1/data-planes/${id}/log-level/debug?timeout=0`)).expect(400);
});

test('what a revoked data plane said of its targets is forgotten', async () => {
  const reports = (): Promise<number> => onServer(given.database.superuserConnectionString, async (client) => Number((await client.query<{ readonly count: string }>('SELECT count(*) AS count FROM holdfast.data_plane_health')).rows[0]?.count));
  assert.equal(await reports(), 2);
  const { data } = (await send('GET', '/v1/data-planes')).expect(200).body as { readonly data: readonly { readonly id: string }[] };
  (await send('POST', `/v1/data-planes/${data[0]?.id}/revoke`, { json: { reason: 'lost' } })).expect(200);
  assert.equal(await reports(), 1);
});
