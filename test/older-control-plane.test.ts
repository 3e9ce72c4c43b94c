/**
 * A control plane of this version beside a newer one at the same database (N−1): it publishes what it does not understand
 * as it stands, loses nothing of it, and says nothing to older data planes that they do not know. On a real Postgres.
 */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { zstdDecompressSync } from 'node:zlib';
import { decodeDeltaContent, decodeSnapshotContent } from '../shared/wire/content-codec.ts';
import type { EntityKind } from '../shared/model/definition.ts';
import { newId, type EntityId } from '../shared/model/ids.ts';
import { startControlPlaneParts } from './support/control-plane-parts.ts';
import { openTestStore } from './support/postgres.ts';
import { createGateway, insert, recordOf, TEST_ACTOR } from './support/store-scene.ts';
import { connectSync } from './support/sync-client.ts';

const { store } = await openTestStore({ poolSize: 10 });
const parts = await startControlPlaneParts(store);
after(() => parts.stop());

/** A kind that is to come. */
const ROBOTS: EntityKind = JSON.parse('"robots"');
/** Field 1000, the integer 1. */
const FUTURE_FIELD = Buffer.from([0xc0, 0x3e, 1]);

test('what a newer control plane wrote is published as it stands, cannot be overwritten here, and goes with what it belongs to', async () => {
  const scope = await createGateway(store);
  const service = await insert(store, scope, 'services', { url: 'http://a.test' });
  const plugin = await recordOf(store, scope, 'plugins', { name: 'key-auth', service: { id: service.id } });
  const robot = { ...plugin, kind: ROBOTS, id: newId<EntityId>(), bytes: Buffer.from('opaque'), uniqueKeys: [], references: [{ field: 'service', to: 'services', id: service.id, onDelete: 'cascade' } as const] };
  const newer = { ...plugin, bytes: Buffer.concat([plugin.bytes, FUTURE_FIELD]) };
  for (const record of [newer, robot]) assert.equal((await store.write(scope, TEST_ACTOR, (writer) => writer.insert(record))).value, undefined);

  const client = await connectSync(parts.port, await parts.enrol(scope));
  await client.greet({ protocolVersion: 2 });
  const whole = await client.nextTransfer();
  const leaves = [...decodeSnapshotContent(zstdDecompressSync(whole.wireBytes))];
  const bytesOf = (kind: string): string | undefined => leaves.flatMap((leaf) => (leaf.kind === kind ? [Buffer.from(leaf.entity).toString('hex')] : []))[0];
  assert.deepEqual([bytesOf('robots'), bytesOf('plugins')], [Buffer.from('opaque').toString('hex'), newer.bytes.toString('hex')]);
  client.send({ kind: 'applied', version: whole.target, contentRoot: '00'.repeat(32), tookMs: 1, quarantined: [{ entityKind: 'robots', id: robot.id, code: 'CONFIG_KIND_UNKNOWN', reason: 'upgrade it' }], already: false });

  const overwritten = await store.write(scope, TEST_ACTOR, (writer) => writer.update(plugin));
  assert.deepEqual([overwritten.value, overwritten.version], [{ kind: 'written-by-newer', field: 1_000 }, undefined]);

  assert.equal((await store.write(scope, TEST_ACTOR, (writer) => writer.delete('services', service.id))).value, undefined);
  const change = await client.nextTransfer();
  const contents = change.base === null ? [...decodeSnapshotContent(zstdDecompressSync(change.wireBytes))].map(({ kind }) => `${kind} stays`) : decodeDeltaContent(zstdDecompressSync(change.wireBytes)).map(({ kind, op }) => `${kind} ${op}`);
  assert.deepEqual(contents.toSorted(), ['plugins delete', 'robots delete', 'services delete']);
});

test('changed keys come to data planes of version 3 in a frame of their own; older ones are sent away to get them with a Welcome', async () => {
  const scope = await createGateway(store);
  await insert(store, scope, 'services', { url: 'http://a.test' });
  const credentials = await parts.enrol(scope);
  const older = await connectSync(parts.port, credentials);
  const newer = await connectSync(parts.port, await parts.enrol(scope));
  for (const [client, protocolVersion] of [[older, 2], [newer, 3]] as const) assert.equal((await client.greet({ protocolVersion })).protocolVersion, protocolVersion);
  await store.contentKeys.rotate(scope, TEST_ACTOR);
  assert.equal((await newer.next('trust')).contentKeys.length, 2);
  assert.equal((await older.next('bye')).code, 'SYNC_TRUST_CHANGED');
  assert.deepEqual(older.waiting.filter(({ kind }) => kind === 'trust'), []);
  const again = await connectSync(parts.port, credentials);
  assert.equal((await again.greet({ protocolVersion: 2 })).contentKeys.length, 2);
});

test('counts of limits come to data planes of version 4, of their gateway alone; older ones are told nothing', async () => {
  const scope = await createGateway(store);
  await insert(store, scope, 'services', { url: 'http://a.test' });
  const greeted = async (protocolVersion: number, gateway = scope) => {
    const client = await connectSync(parts.port, await parts.enrol(gateway));
    await client.greet({ protocolVersion });
    return client;
  };
  const elsewhere = await createGateway(store);
  await insert(store, elsewhere, 'services', { url: 'http://a.test' });
  const [one, two, older, stranger] = [await greeted(4), await greeted(4), await greeted(3), await greeted(4, elsewhere)];
  const window = { startMs: Date.now(), windowMs: 3_600_000, isSliding: false, keys: ['AQIDBAUGBwgJCgsMDQ4PEA'], counts: [7] };
  one.send({ kind: 'counts', windows: [window] });
  assert.deepEqual((await two.next('counts')).windows, [window]);
  // By then the others would have been told too.
  two.send({ kind: 'counts', windows: [{ ...window, counts: [2] }] });
  assert.deepEqual((await one.next('counts')).windows, [{ ...window, counts: [2] }]);
  for (const client of [older, stranger]) assert.deepEqual(client.waiting.filter(({ kind }) => kind === 'counts'), []);
  // What an older one has no words for is not taken from it either: it has not joined.
  older.send({ kind: 'counts', windows: [{ ...window, counts: [100] }] });
  one.send({ kind: 'counts', windows: [{ ...window, counts: [8] }] });
  assert.deepEqual((await two.next('counts')).windows, [{ ...window, counts: [8] }]);
});
