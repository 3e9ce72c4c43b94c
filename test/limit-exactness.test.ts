/**
 * Limits under 200 clients at once, with two data planes, of two real proxy threads and of one, and a real Redis: `local` is exact in each data
 * plane, `redis` over both, also while the configuration is swapped, `cluster` comes together within its bound; and what happens when Redis dies.
 */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { CountDesk } from '../control-plane/cluster-counters/count-desk.ts';
import type { EntityChange } from '../data-plane/config/compile-contract.ts';
import { systemClock } from '../shared/clock.ts';
import { createMemoryLogger } from '../shared/log.ts';
import type { JsonObject } from '../shared/model/definition.ts';
import { newId, type GatewayId } from '../shared/model/ids.ts';
import { put, ref, testId } from './support/config-content.ts';
import { burst } from './support/limit-burst.ts';
import { startLimitedDataPlane } from './support/limited-data-plane.ts';
import { startRedis, withoutRedis } from './support/redis-server.ts';
import { waitUntil } from './support/wait-until.ts';

const CLIENTS = 200;
const LIMIT = 100;
/** Nothing ends while the test runs. */
const limits = { year: LIMIT, limit_by: 'service' } as const;
const noRedis = { skip: withoutRedis };

const redis = withoutRedis === false ? await startRedis() : undefined;
const desk = new CountDesk({ clock: systemClock, log: createMemoryLogger('control-plane').log });
const gatewayId = newId<GatewayId>();
const dataPlanes = [2, 1].map((threads) => startLimitedDataPlane(desk, gatewayId, threads));
const origin = createServer((_, response) => response.end('served'));
await new Promise<void>((resolve) => origin.listen(0, '127.0.0.1', resolve));

const server = { host: '127.0.0.1', port: redis?.port ?? 1 };
const shared = { ...limits, policy: 'redis', redis: server };
/** By path: plugin and config. */
const LIMITED: Readonly<Record<string, readonly [plugin: string, config: JsonObject]>> = {
  local: ['rate-limiting', limits],
  swapped: ['rate-limiting', { ...limits, year: 10 }],
  redis: ['rate-limiting', shared],
  periodic: ['rate-limiting', { ...shared, sync_rate: 0.1 }],
  closed: ['rate-limiting', { ...shared, fault_tolerant: false }],
  cluster: ['rate-limiting', { ...limits, policy: 'cluster' }],
  strict: ['rate-limiting-advanced', { strategy: 'redis', sync_rate: 0, identifier: 'service', limit: [LIMIT], window_size: [3600 * 24 * 365], redis: server, fault_tolerant: false }],
  advanced: ['rate-limiting-advanced', { strategy: 'redis', sync_rate: 0, identifier: 'service', limit: [LIMIT, LIMIT * 2], window_size: [3600 * 24 * 365, 3600 * 24 * 366], redis: server }],
};

before(async () => {
  const address = origin.address();
  const url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  const changes = Object.entries(LIMITED).flatMap(([name, [plugin, config]], index) => {
    const id = `${index + 1}`;
    return [put('services', { id: testId(`a${id}`), name, url }), put('routes', { id: testId(`b${id}`), name, paths: [`/${name}`], service: ref(`a${id}`) }), limiting(name, plugin, config)];
  });
  await Promise.all(dataPlanes.map((dataPlane) => dataPlane.serve(changes)));
});

after(async () => {
  for (const dataPlane of dataPlanes) dataPlane.stop();
  await desk.stop();
  origin.closeAllConnections();
  origin.close();
});

function limiting(path: string, name: string, config: JsonObject): EntityChange {
  const id = `${Object.keys(LIMITED).indexOf(path) + 1}`;
  return put('plugins', { id: testId(`c${id}`), name, service: ref(`a${id}`), config });
}

const ports = (): readonly number[] => dataPlanes.map(({ port }) => port);
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

test('a limit that changes under load, again and again: exactly the largest of them through, none is forgotten', async () => {
  const { port } = dataPlanes[0] ?? { port: 0 };
  const load = burst([port], '/swapped', CLIENTS, 4);
  for (const limit of [20, 40, 60, 80, LIMIT]) await dataPlanes[0]?.serve([limiting('swapped', 'rate-limiting', { ...limits, year: limit })]);
  const [during] = await load;
  const [afterwards] = await burst([port], '/swapped', CLIENTS);
  assert.deepEqual([(during?.passed ?? 0) + (afterwards?.passed ?? 0), during?.other, afterwards?.other], [LIMIT, 0, 0]);
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
  assert.deepEqual(await burst([one], '/strict', 20), [{ passed: 0, refused: 0, other: 20 }]);
  assert.equal((await burst([one], '/advanced', 120))[0]?.passed, LIMIT, 'the data plane limits for itself');
  await redis?.start();
  let passed = 0;
  await waitUntil('every thread to ask Redis again', async () => {
    const results = await burst(ports(), '/closed', 20);
    passed += passedOf(results);
    return results.every(({ other }) => other === 0);
  }, 10_000);
  assert.equal(passed + passedOf(await burst(ports(), '/closed', 100)), LIMIT);
});
