/** Operators empty the caches of data planes: from the admin API to all data planes of the gateway, at every instance, and to those that come back. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { LOOK_EVERY_MS, PurgeDesk } from '../control-plane/cache-purges/purge-desk.ts';
import { systemClock } from '../shared/clock.ts';
import { createMemoryLogger } from '../shared/log.ts';
import { newId, parseId, type EntityId } from '../shared/model/ids.ts';
import { COUNTS_SINCE_VERSION } from '../shared/wire/sync-message.ts';
import { startTestAdminApi } from './support/admin-api.ts';
import { startControlPlaneParts } from './support/control-plane-parts.ts';
import { openTestStore } from './support/postgres.ts';
import { TEST_ACTOR } from './support/store-scene.ts';
import { connectSync, type Credentials, type SyncClient } from './support/sync-client.ts';
import { waitUntil } from './support/wait-until.ts';

const { store, database } = await openTestStore();
const { log } = createMemoryLogger('purges');
const desks = [0, 1].map(() => new PurgeDesk({ store: store.cachePurges, clock: systemClock, log }));
const [here, there] = desks;
assert.ok(here !== undefined && there !== undefined);
const one = await startControlPlaneParts(store, { purges: here });
const other = await startControlPlaneParts(store, { purges: there });
const api = await startTestAdminApi({ purges: here }, { store, database });
after(async () => {
  for (const desk of desks) desk.stop();
  await api.stop();
  await Promise.all([one.stop(), other.stop()]);
});

const name = `caches-${newId().slice(-6)}`;
const gatewayId = String((await api.send('POST', '/v1/gateways', { json: { name } })).expect(201).at('id'));
const gateway = await store.gateways.findByName(api.tenantId, name);
assert.ok(gateway !== undefined && gateway.gatewayId === gatewayId);
const plugin = parseId<EntityId>(String((await api.send('POST', `/${name}/plugins`, { json: { name: 'proxy-cache', config: { strategy: 'memory' } } })).expect(201).at('id')));
assert.ok(plugin !== undefined);

async function session(port: number, credentials: Credentials, protocolVersion = COUNTS_SINCE_VERSION): Promise<SyncClient> {
  const client = await connectSync(port, credentials);
  await client.greet({ protocolVersion });
  return client;
}

test('an order reaches every data plane of the gateway, also at another instance, and those that come back', async () => {
  const [first, second, late] = [await one.enrol(gateway), await other.enrol(gateway), await one.enrol(gateway)];
  const connected = [await session(one.port, first), await session(other.port, second)];
  (await api.send('DELETE', `/v1/gateways/${name}/proxy-cache/${plugin}/caches/AAAAAAAAAAAAAAAAAAAAAA`)).expect(204);
  for (const client of connected) {
    const { purges, forgottenMs } = await client.next('cache-purges', LOOK_EVERY_MS + 5_000);
    assert.deepEqual([forgottenMs, purges.map(({ pluginId, cacheKey }) => [pluginId, cacheKey])], [0, [[plugin, 'AAAAAAAAAAAAAAAAAAAAAA']]]);
  }
  (await api.send('DELETE', `/${name}/proxy-cache`)).expect(204);
  const back = await session(one.port, late);
  const { purges } = await back.next('cache-purges');
  assert.deepEqual(purges.map(({ pluginId, cacheKey }) => [pluginId, cacheKey]), [[plugin, 'AAAAAAAAAAAAAAAAAAAAAA'], [undefined, undefined]]);
  assert.ok((purges[0]?.atMs ?? 0) < (purges[1]?.atMs ?? 0));
  const audit = (await api.send('GET', `/v1/audit?action=purge`)).expect(200).text;
  assert.match(audit, /"cache_key":"AAAAAAAAAAAAAAAAAAAAAA"/);
  for (const client of [...connected, back]) client.cut();
});

test('a data plane of an older protocol is not told, and one of another gateway never', async () => {
  const elsewhere = String((await api.send('POST', '/v1/gateways', { json: { name: `${name}-2` } })).expect(201).at('name'));
  const otherGateway = await store.gateways.findByName(api.tenantId, elsewhere);
  assert.ok(otherGateway !== undefined);
  const older = await session(one.port, await one.enrol(gateway), COUNTS_SINCE_VERSION - 1);
  const foreign = await session(one.port, await one.enrol(otherGateway));
  const told = await session(one.port, await one.enrol(gateway));
  await told.next('cache-purges');
  (await api.send('DELETE', `/v1/gateways/${name}/proxy-cache/${plugin}`)).expect(204);
  await told.next('cache-purges');
  assert.deepEqual([...older.waiting, ...foreign.waiting].filter(({ kind }) => kind === 'cache-purges'), []);
  for (const client of [older, foreign, told]) client.cut();
});

test('what is not there can not be emptied', async () => {
  for (const path of [`/v1/gateways/${name}/proxy-cache/${newId()}`, `/v1/gateways/nowhere/proxy-cache`, `/${name}/proxy-cache/no-id/caches/a`]) (await api.send('DELETE', path)).expect(404);
  (await api.send('DELETE', `/${name}/proxy-cache/${plugin}/caches/a%20b`)).expect(400);
  (await api.send('DELETE', `/${name}/proxy-cache`, { token: api.viewerToken })).expect(403);
});

test('orders are bounded: the oldest are forgotten, and that is told', async () => {
  const at = (await store.cachePurges.of(gateway)).purges.at(-1)?.atMs ?? 0;
  for (let count = 0; count < 55; count += 1) await here.order(gateway, { pluginId: undefined, cacheKey: `k${count}` }, TEST_ACTOR);
  const { purges, forgottenMs } = await store.cachePurges.of(gateway);
  assert.deepEqual([purges.length, purges[0]?.cacheKey, purges.at(-1)?.cacheKey], [50, 'k5', 'k54']);
  assert.ok(forgottenMs > at && forgottenMs < (purges[0]?.atMs ?? 0));
  assert.equal(await waitUntil('it is found by time', async () => (await store.cachePurges.since(at)).length), 1);
});
