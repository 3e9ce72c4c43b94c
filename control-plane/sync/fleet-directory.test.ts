import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '../../shared/clock.ts';
import { createMemoryLogger } from '../../shared/log.ts';
import { newId, type DataPlaneId, type GatewayId, type TenantId } from '../../shared/model/ids.ts';
import { waitUntil } from '../../test/support/wait-until.ts';
import type { FleetMember } from '../store/data-plane-store.ts';
import { FleetDirectory } from './fleet-directory.ts';

type Wanted = { readonly limit: number } | { readonly ids: readonly DataPlaneId[] };

/** A directory over a table of data planes, of which only the first `listed` come with the fleet. */
function scene(size: number, firstListed = size) {
  let listed = firstListed;
  const scope = { tenantId: newId<TenantId>(), gatewayId: newId<GatewayId>() };
  const table = new Map(Array.from({ length: size }, (): readonly [DataPlaneId, FleetMember] => {
    const id = newId<DataPlaneId>();
    return [id, { id, labels: {}, isRevoked: false }];
  }));
  const queries: Wanted[] = [];
  const faults: Error[] = [];
  let asked: () => void = () => undefined;
  let held: Promise<void> = Promise.resolve();
  const members = async (_scope: unknown, wanted: Wanted): Promise<readonly FleetMember[]> => {
    queries.push(wanted);
    asked();
    const found = 'ids' in wanted ? wanted.ids.flatMap((id) => table.get(id) ?? []) : [...table.values()].slice(0, listed);
    await held;
    const fault = faults.shift();
    if (fault !== undefined) throw fault;
    return found;
  };
  const revoke = (id: DataPlaneId): unknown => table.set(id, { id, labels: {}, isRevoked: true });
  /** Answers wait, until what it returns is called. */
  const hold = (): (() => void) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    held = promise;
    return resolve;
  };
  const onQuery = (callback: () => void): unknown => (asked = callback);
  const list = (count: number): unknown => (listed = count);
  return { scope, ids: [...table.keys()], queries, faults, revoke, list, hold, onQuery, directory: new FleetDirectory({ dataPlanes: { members }, clock: systemClock, log: createMemoryLogger('t').log }) };
}

test('C2: a herd costs one query, and another one for all that the first did not bring', async () => {
  const { directory, scope, ids, queries } = scene(500, 400);
  const found = await Promise.all(ids.map((id) => directory.find(scope, id)));
  assert.ok(found.every((member, index) => member?.id === ids[index]));
  assert.equal(queries.length, 2);
  await Promise.all(ids.map((id) => directory.find(scope, id)));
  assert.equal(queries.length, 2);
  assert.equal(await directory.find(scope, newId<DataPlaneId>()), undefined);
});

test('a revocation is known after a refresh, of those that were looked up too', async () => {
  const { directory, scope, ids, revoke } = scene(3, 2);
  const [first, , last] = ids;
  assert.ok(first !== undefined && last !== undefined);
  await Promise.all(ids.map((id) => directory.find(scope, id)));
  for (const id of [first, last]) {
    revoke(id);
    const read = Promise.withResolvers<void>();
    directory.refresh(scope, read.resolve);
    await read.promise;
    assert.equal(directory.known(scope, id)?.isRevoked, true);
  }
});

test('a revocation that comes while the fleet is being read is not missed', async () => {
  const { directory, scope, ids, revoke } = scene(1);
  const [id] = ids;
  assert.ok(id !== undefined);
  const finding = directory.find(scope, id);
  revoke(id);
  directory.refresh(scope, () => undefined);
  await finding;
  await waitUntil('the revocation', () => directory.known(scope, id)?.isRevoked);
});

test('a database that is away fails who asks now, and a refresh goes on until it is back', async () => {
  const { directory, scope, ids, revoke, faults } = scene(1);
  const [id] = ids;
  assert.ok(id !== undefined);
  faults.push(new Error('away'));
  await assert.rejects(directory.find(scope, id), /away/);
  assert.equal((await directory.find(scope, id))?.isRevoked, false);
  faults.push(new Error('away'));
  revoke(id);
  directory.refresh(scope, () => undefined);
  await waitUntil('the revocation', () => directory.known(scope, id)?.isRevoked);
});

test('who is no longer among the newest is still known, and its revocation too', async () => {
  const { directory, scope, ids, revoke, list } = scene(3);
  await Promise.all(ids.map((id) => directory.find(scope, id)));
  list(1);
  const last = ids[2] ?? assert.fail();
  for (const isRevoked of [false, true]) {
    if (isRevoked) revoke(last);
    const read = Promise.withResolvers<void>();
    directory.refresh(scope, read.resolve);
    await read.promise;
    assert.equal(directory.known(scope, last)?.isRevoked, isRevoked);
  }
});

test('a gateway that is forgotten while one of it is looked for is read again, so that revocations reach it', async () => {
  const { directory, scope, ids, revoke } = scene(1);
  const [id] = ids;
  assert.ok(id !== undefined);
  const finding = directory.find(scope, id);
  directory.forget(scope.gatewayId);
  assert.equal((await finding)?.id, id);
  revoke(id);
  directory.refresh(scope, () => undefined);
  await waitUntil('the revocation', () => directory.known(scope, id)?.isRevoked);
});

test('what a look-up read before a revocation is never believed', async () => {
  const { directory, scope, ids, queries, revoke, hold, onQuery } = scene(2, 1);
  const [first, last] = ids;
  assert.ok(first !== undefined && last !== undefined);
  await directory.find(scope, first);
  const release = hold();
  const finding = directory.find(scope, last);
  await waitUntil('the look-up', () => queries.length === 2);
  revoke(last);
  directory.refresh(scope, () => undefined);
  await waitUntil('the refresh', () => queries.length === 3);
  const seen: (boolean | undefined)[] = [];
  onQuery(() => seen.push(directory.known(scope, last)?.isRevoked));
  release();
  assert.equal((await finding)?.isRevoked, true);
  assert.ok(seen.length > 0 && !seen.includes(false), seen.join());
});
