/** Access records with a real data plane: to the control plane, through a kill -9, and to an older control plane not at all; no secret in them or on the disk. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { decodeRecordBatch, type RecordBatch } from '../shared/wire/access-record-codec.ts';
import { put, ref, testId } from './support/config-content.ts';
import { DataPlaneProcess } from './support/data-plane-process.ts';
import { FakeControlPlane } from './support/fake-control-plane.ts';
import { waitUntil } from './support/wait-until.ts';

const SECRETS = ['canary-in-authorization', 'canary-in-cookie', 'canary-in-query', 'canary@example.org', 'canary-in-key'];
const HEADERS = { authorization: `Bearer ${SECRETS[0]}`, cookie: `sid=${SECRETS[1]}`, apikey: `${SECRETS[4]}`, 'x-tenant': 'acme' };

async function originUrl(context: TestContext): Promise<string> {
  const origin = createServer((request, response) => response.writeHead(request.url?.startsWith('/fail') === true ? 503 : 200).end('origin'));
  await new Promise<void>((resolve) => origin.listen(0, '127.0.0.1', resolve));
  context.after(() => {
    origin.closeAllConnections();
    origin.close();
  });
  const address: AddressInfo | string | null = origin.address();
  return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
}

/** Batches of access records by boot and sequence; what came twice is there once. */
function heardBy(controlPlane: FakeControlPlane): ReadonlyMap<string, RecordBatch> {
  const frames = controlPlane.sessions.flatMap(({ heard }) => heard).filter((message) => message.kind === 'telemetry');
  return new Map(frames.filter(({ records }) => records).map(({ bootId, sequence, batch }) => [`${bootId}/${sequence}`, decodeRecordBatch(batch)]));
}

const recordsIn = (controlPlane: FakeControlPlane) => [...heardBy(controlPlane).values()].flatMap(({ records }) => records);

function filesBelow(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)).filter((path) => statSync(path).isFile());
}

test('errors are recorded, and sampled requests as a plugin says; they outlive a kill, come once, and hold no secret', async (context) => {
  const controlPlane = await FakeControlPlane.start();
  const processes: DataPlaneProcess[] = [];
  context.after(async () => {
    for (const process of processes) await process.kill();
    for (const process of processes) await process.destroy();
    await controlPlane.stop();
  });
  // As one of an earlier release: no word of records.
  controlPlane.alterWelcome = (welcome) => ({ ...welcome, recordsCredit: 0 });
  await controlPlane.publish([
    put('services', { id: testId('a'), name: 'origin', url: await originUrl(context) }),
    put('routes', { id: testId('b'), name: 'plain', paths: ['/plain'], service: ref('a') }),
    put('routes', { id: testId('c'), name: 'sampled', paths: ['/sampled'], service: ref('a') }),
    put('plugins', { id: testId('d'), name: 'access-records', route: ref('c'), config: { sample_rate: 1, query: 'masked', request_headers: ['authorization', 'cookie', 'apikey', 'x-tenant'], client_address: 'full' } }),
  ]);
  const environment = { HOLDFAST_TELEMETRY_FOLD_INTERVAL: '200ms', HOLDFAST_LOG_LEVEL: 'trace' };
  const first = await DataPlaneProcess.start({ ...environment, HOLDFAST_JOIN_TOKEN: controlPlane.joinToken() });
  processes.push(first);
  await first.ready(60_000);
  const query = `?q=1&access_token=${SECRETS[2]}&to=${encodeURIComponent(SECRETS[3] ?? '')}`;
  for (let n = 0; n < 4; n += 1) assert.equal((await first.get(`/plain/fail${query}`, first.proxyPort, HEADERS)).status, 503);
  for (let n = 0; n < 3; n += 1) assert.equal((await first.get(`/sampled/${SECRETS[3]}${query}`, first.proxyPort, HEADERS)).status, 200);
  assert.equal((await first.get('/plain/fine')).status, 200);
  const folder = join(first.stateFolder, 'access-records');
  const spooled = (): number => filesBelow(folder).reduce((sum, path) => sum + readFileSync(path).toString('latin1').split(/\/plain\/fail|\/sampled\//).length - 1, 0);
  await waitUntil('all seven in the spool', () => spooled() === 7, 10_000);
  await controlPlane.heard('telemetry', ({ records }) => !records);
  assert.equal(heardBy(controlPlane).size, 0, 'a control plane that gives no credit is sent none');
  for (const path of filesBelow(folder)) for (const secret of SECRETS) assert.ok(!readFileSync(path).toString('latin1').includes(secret), `${secret} is not on the disk`);

  await first.kill();
  controlPlane.alterWelcome = (welcome) => welcome;
  const second = await DataPlaneProcess.start(environment, first);
  processes.push(second);
  await second.ready(60_000);
  await second.logged('records-crash-gap');
  await waitUntil('all seven records', () => recordsIn(controlPlane).length === 7, 10_000);
  assert.equal((await second.get('/plain/fail', second.proxyPort)).status, 503);
  await waitUntil('one more', () => recordsIn(controlPlane).length === 8, 10_000);
  second.signal('SIGTERM');
  assert.equal(await second.exited, 0);

  const records = recordsIn(controlPlane);
  assert.equal(new Set(records.map(({ requestId }) => requestId)).size, 8, 'each once');
  assert.deepEqual(records.map(({ reason, status, routeId, path }) => [reason, status, routeId, path]).sort(), [
    ...Array.from({ length: 5 }, () => ['error', 503, testId('b'), '/plain/fail']),
    ...Array.from({ length: 3 }, () => ['sampled', 200, testId('c'), '/sampled/REDACTED']),
  ]);
  const sampled = records.find(({ reason }) => reason === 'sampled');
  assert.equal(sampled?.query, 'q=1&access_token=REDACTED&to=REDACTED');
  assert.deepEqual([...sampled.headers].sort(), [['request.apikey', 'REDACTED'], ['request.authorization', 'REDACTED'], ['request.cookie', 'REDACTED'], ['request.x-tenant', 'acme']]);
  assert.deepEqual([sampled.version.sequence, sampled.serviceId, sampled.clientAddress, sampled.method, sampled.retries], [1, testId('a'), '127.0.0.1', 'GET', 0]);
  assert.deepEqual(readdirSync(folder), [], 'what is acknowledged is forgotten');
  const logged = JSON.stringify([first.log, second.log]);
  for (const secret of SECRETS) assert.ok(!logged.includes(secret), `${secret} is in no log`);
});
