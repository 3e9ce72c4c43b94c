/**
 * Limits under 200 clients at once, with real data planes of two proxy threads each, a real control plane and a real Redis: `local` is
 * exact in each data plane, `redis` over both, `cluster` comes together within its bound; and what happens when Redis dies.
 */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { EntityScope } from '../control-plane/store/scope.ts';
import type { JsonObject } from '../shared/model/definition.ts';
import { formatVersion } from '../shared/model/version.ts';
import { formatJoinToken } from '../shared/trust/join-token.ts';
import { startControlPlaneParts } from './support/control-plane-parts.ts';
import { DataPlaneProcess } from './support/data-plane-process.ts';
import { burst } from './support/limit-burst.ts';
import { openTestStore } from './support/postgres.ts';
import { startRedis, withoutRedis } from './support/redis-server.ts';
import { createGateway, insert } from './support/store-scene.ts';
import { waitUntil } from './support/wait-until.ts';

const CLIENTS = 200;
const LIMIT = 100;
/** Nothing ends while the test runs. */
const limits = { year: LIMIT, limit_by: 'service' } as const;
const noRedis = { skip: withoutRedis };

const { store } = await openTestStore({ poolSize: 5 });
const parts = await startControlPlaneParts(store);
const origin = createServer((_, response) => response.end('served'));
await new Promise<void>((resolve) => origin.listen(0, '127.0.0.1', resolve));
const redis = withoutRedis === false ? await startRedis() : undefined;
let scope: EntityScope;
let dataPlanes: readonly DataPlaneProcess[] = [];

before(async () => {
  scope = await createGateway(store);
  dataPlanes = await Promise.all([0, 1].map(async () => DataPlaneProcess.start({ HOLDFAST_JOIN_TOKEN: formatJoinToken(await parts.joinToken(scope)), HOLDFAST_OVERLOAD_DELAY: '60s' })));
  await route('local', { ...limits });
  const shared = { ...limits, policy: 'redis', redis: { host: '127.0.0.1', port: redis?.port ?? 1 } };
  await route('redis', shared);
  await route('periodic', { ...shared, sync_rate: 0.1 });
  await route('closed', { ...shared, fault_tolerant: false });
  await route('advanced', { strategy: 'redis', sync_rate: 0, identifier: 'service', limit: [LIMIT, LIMIT * 2], window_size: [3600 * 24 * 365, 3600 * 24 * 366], redis: shared.redis }, 'rate-limiting-advanced');
  const version = await route('cluster', { ...limits, policy: 'cluster' });
  for (const dataPlane of dataPlanes) await dataPlane.statusWhere('the newest configuration', ({ holdfast }) => holdfast.ready && holdfast.config?.version === version);
});

after(async () => {
  await Promise.all(dataPlanes.map((dataPlane) => dataPlane.destroy()));
  origin.closeAllConnections();
  origin.close();
  await parts.stop();
});

async function route(name: string, config: JsonObject, plugin = 'rate-limiting'): Promise<string> {
  const address = origin.address();
  const service = await insert(store, scope, 'services', { name, url: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}` });
  await insert(store, scope, 'routes', { name, paths: [`/${name}`], service: { id: service.id } });
  const { version } = await insert(store, scope, 'plugins', { name: plugin, service: { id: service.id }, config });
  return formatVersion(version);
}

const ports = (): readonly number[] => dataPlanes.map(({ proxyPort }) => proxyPort);
const passedOf = (results: readonly { readonly passed: number }[]): number => results.reduce((sum, { passed }) => sum + passed, 0);

/** How many requests, one every 100 ms, pass before one is refused. */
async function passedUntilRefused(port: number, path: string): Promise<number> {
  let passed = 0;
  await waitUntil(`${path} to be refused`, async () => {
    const [result] = await burst([port], path, 1);
    passed += result?.passed ?? 0;
    return result?.refused === 1 || pause(100, false);
  }, 10_000);
  return passed;
}

test('local: exactly the limit through each data plane, over its threads', async () => {
  assert.deepEqual(await burst(ports(), '/local', CLIENTS), [0, 1].map(() => ({ passed: LIMIT, refused: CLIENTS - LIMIT, other: 0 })));
});

test('redis: exactly the limit through both together', noRedis, async () => {
  const results = await burst(ports(), '/redis', CLIENTS);
  assert.deepEqual([passedOf(results), results.map(({ other }) => other)], [LIMIT, [0, 0]]);
});

test('redis, several windows that slide: exactly the smallest limit through both together', noRedis, async () => {
  const results = await burst(ports(), '/advanced', CLIENTS);
  assert.deepEqual([passedOf(results), results.map(({ other }) => other)], [LIMIT, [0, 0]]);
});

test('redis now and then: exactly the limit through one; the other learns of it, and of both together no more pass', noRedis, async () => {
  const [one = 0, other = 0] = ports();
  const [first] = await burst([one], '/periodic', CLIENTS);
  assert.equal(first?.passed, LIMIT);
  assert.ok((await passedUntilRefused(other, '/periodic')) < 20, 'far from its own limit');
  assert.equal(passedOf(await burst([one, other], '/periodic', 20)), 0);
});

test('cluster: exactly the limit through one; the other knows within its bound, and then nothing more passes anywhere', async () => {
  const [one = 0, other = 0] = ports();
  const [first] = await burst([one], '/cluster', CLIENTS);
  assert.deepEqual(first, { passed: LIMIT, refused: CLIENTS - LIMIT, other: 0 });
  assert.ok((await passedUntilRefused(other, '/cluster')) < 50, 'far from its own limit');
  assert.equal(passedOf(await burst([one, other], '/cluster', 20)), 0);
});

test('a Redis that dies: requests pass uncounted by default, are refused where faults are not tolerated, and it is as before when it is back', noRedis, async () => {
  const [one = 0] = ports();
  await redis?.kill();
  assert.deepEqual(await burst([one], '/redis', 20), [{ passed: 20, refused: 0, other: 0 }]);
  assert.deepEqual(await burst([one], '/closed', 20), [{ passed: 0, refused: 0, other: 20 }]);
  assert.equal((await burst([one], '/advanced', CLIENTS))[0]?.passed, LIMIT, 'the data plane limits for itself');
  await redis?.start();
  await waitUntil('Redis to be asked again', async () => (await burst([one], '/closed', 1))[0]?.passed === 1, 10_000);
  assert.equal(passedOf(await burst(ports(), '/closed', CLIENTS)), LIMIT - 1);
});
