/** What sessions report, on a real Postgres: whose report counts where two sessions claim one data plane, and what is kept of it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DataPlaneReport } from '../control-plane/store/data-plane-reports.ts';
import type { GatewayScope } from '../control-plane/store/scope.ts';
import { newId, type DataPlaneId, type EntityId } from '../shared/model/ids.ts';
import { openTestStore } from './support/postgres.ts';
import { createGateway, insert, newName } from './support/store-scene.ts';
import { withClient } from '../control-plane/store/prepare-database.ts';

const { store, database } = await openTestStore();
const at = new Date('2026-06-01T12:00:00Z');
const certificate = { serial: 'ab01', fingerprint: Buffer.alloc(32, 1), notAfter: at, authority: 'a'.repeat(64) };

async function enrol(scope: GatewayScope): Promise<DataPlaneId> {
  const { token, secret } = await store.joinTokens.create(scope, { uses: 1, expiresAt: new Date(Date.now() + 60_000), labels: {} }, { operatorId: null, name: 't', requestId: '', address: '' });
  const joined = await store.dataPlanes.enrol(token.id, secret, async () => ({ id: newId<DataPlaneId>(), hostname: 'h', certificate }));
  assert.ok(joined !== undefined);
  return joined.id;
}

async function joined() {
  const scope = await createGateway(store);
  const id = await enrol(scope);
  /** Reports as a session that is so old; one that just begins tells of its process. */
  const report = async (sessionId: string, sessionAgeMs: number, given: DataPlaneReport) =>
    (await store.dataPlanes.report([{ ...scope, dataPlaneId: id, sessionId, sessionAgeMs, report: { ...(sessionAgeMs === 0 ? { bootId: newId() } : {}), ...given } }]))[0];
  const read = async () => {
    const dataPlane = await store.dataPlanes.get(scope, id);
    assert.ok(dataPlane !== undefined);
    return dataPlane;
  };
  return { scope, id, report, read };
}

const versionOf = (sequence: number) => ({ version: { epoch: 1, sequence }, root: Buffer.alloc(32, sequence), at });

test('the late word of an earlier session does not count against a later one', async () => {
  const { report, read } = await joined();
  const [first, second] = [newId(), newId()];
  await report(first, 60_000, { bootId: newId(), connected: true, applied: { ...versionOf(4), tookMs: 1, quarantined: [] } });
  assert.ok(await report(second, 0, { connected: true, applied: { ...versionOf(5), tookMs: 2, quarantined: [] } }));
  assert.equal(await report(first, 60_100, { connected: false, applied: { ...versionOf(4), tookMs: 1, quarantined: [] } }), undefined);
  const { connected, applied, appliedTookMs } = await read();
  assert.deepEqual([connected, applied.sequence, appliedTookMs], [true, 5, 2]);
  assert.ok(await report(second, 500, { connected: false }));
  assert.equal((await read()).connected, false);
  assert.ok(await report(newId(), 0, { connected: true }), 'and a third one takes over');
});

test('a word that waited for a long time before it was sent, so that its session seems younger, takes nothing from a later session', async () => {
  const { report, read } = await joined();
  const [first, second] = [newId(), newId()];
  await report(first, 60_000, { bootId: newId(), connected: true });
  await report(second, 0, { connected: true });
  // Of when the first session had just begun; its process stood still since.
  assert.equal(await report(first, 0.001, { connected: false }), undefined);
  assert.equal((await read()).connected, true);
  assert.ok(await report(second, 500, { connected: true }), 'the second still counts');
});

test('a database clock that was put back keeps no session out', async () => {
  const { id, report } = await joined();
  await report(newId(), 0, { connected: true });
  await withClient(database.superuserConnectionString, (client) => client.query("UPDATE holdfast.data_planes SET session_started_at = now() + interval '1 hour' WHERE id = $1", [id]));
  assert.ok(await report(newId(), 0, { connected: true }));
});

test('a restart is no return; a superseded start that comes back is, and is counted', async () => {
  const { report } = await joined();
  const boots = [newId(), newId(), newId()];
  const returns = async (boot: string | undefined): Promise<number | undefined> => (await report(newId(), 0, boot === undefined ? {} : { bootId: boot }))?.bootReturns;
  const [first, second, third] = boots;
  assert.deepEqual([await returns(first), await returns(first), await returns(second), await returns(third)], [0, 0, 0, 0]);
  assert.deepEqual([await returns(second), await returns(third), await returns(third), await returns(second)], [1, 2, 2, 3]);
  assert.equal(await returns(newId()), 3);
});

test('what Hello says to be active leaves what is known of just that, and replaces anything else', async () => {
  const { report, read } = await joined();
  const quarantined = [{ kind: 'routes', id: newId<EntityId>(), code: 'X', reason: 'odd' }];
  await report(newId(), 0, { applied: { ...versionOf(5), tookMs: 7, quarantined } });
  const before = await read();
  await report(newId(), 0, { active: { ...versionOf(5), at: new Date(at.getTime() + 1_000) } });
  assert.deepEqual([(await read()).quarantined, (await read()).appliedAt, (await read()).appliedTookMs], [quarantined, before.appliedAt, 7]);
  await report(newId(), 0, { active: versionOf(4) });
  const { quarantined: none, applied, appliedTookMs } = await read();
  assert.deepEqual([none, applied.sequence, appliedTookMs], [[], 4, undefined]);
});

test('what is said again of what was applied changes what is quarantined, not when and how fast it was applied', async () => {
  const { report, read } = await joined();
  const quarantined = [{ kind: 'routes', id: newId<EntityId>(), code: 'X', reason: 'odd' }];
  await report(newId(), 0, { applied: { ...versionOf(5), tookMs: 7, quarantined } });
  const later = new Date(at.getTime() + 60_000);
  await report(newId(), 0, { applied: { ...versionOf(5), at: later, tookMs: undefined, quarantined: [], already: true } });
  const mended = await read();
  assert.deepEqual([mended.quarantined, mended.appliedAt, mended.appliedTookMs], [[], at, 7]);
  await report(newId(), 0, { applied: { ...versionOf(6), at: later, tookMs: undefined, quarantined, already: true } });
  const unseen = await read();
  assert.deepEqual([unseen.quarantined, unseen.appliedAt, unseen.appliedTookMs], [quarantined, later, undefined]);
});

test('R5: no figure that a data plane may send keeps its report from being stored', async () => {
  const { report, read } = await joined();
  assert.ok(await report(newId(), 0, { connected: true, applied: { ...versionOf(Number.MAX_SAFE_INTEGER), tookMs: Number.MAX_SAFE_INTEGER, quarantined: [] } }));
  const { connected, applied, appliedTookMs } = await read();
  assert.deepEqual([connected, applied.sequence, appliedTookMs], [true, Number.MAX_SAFE_INTEGER, 2_147_483_647]);
});

test('desired_at tells when desired moved, not when it was said again', async () => {
  const { report, read } = await joined();
  const later = new Date(at.getTime() + 5_000);
  await report(newId(), 0, { desired: { version: { epoch: 1, sequence: 3 }, at } });
  await report(newId(), 0, { desired: { version: { epoch: 1, sequence: 3 }, at: later } });
  assert.deepEqual((await read()).desiredAt, at);
  await report(newId(), 0, { desired: { version: { epoch: 1, sequence: 4 }, at: later } });
  assert.deepEqual((await read()).desiredAt, later);
});

test('S4: who accepted what the database has not is told from who was served by another control plane', async () => {
  const { scope, report } = await joined();
  const { version } = await insert(store, scope, 'services', { name: newName(), host: 'a.internal' });
  assert.equal((await report(newId(), 0, { ahead: { version, isProved: true } }))?.isAhead, false);
  const next = { epoch: 1, sequence: version.sequence + 1 };
  assert.equal((await report(newId(), 0, { ahead: { version: next, isProved: false } }))?.isAhead, true);
  assert.equal(await store.ahead.find(scope), undefined, 'a word without proof stops nothing');
  assert.equal((await report(newId(), 0, { ahead: { version: next, isProved: true } }))?.isAhead, true);
  assert.equal((await report(newId(), 0, { ahead: { version: { epoch: 9, sequence: 9 }, isProved: false } }))?.isAhead, true);
  assert.deepEqual((await store.ahead.find(scope))?.version, next);
});

test('many reports are one statement, over gateways and tenants; who is unknown is left out', async () => {
  const fleet = await Promise.all(Array.from({ length: 5 }, joined));
  const stored = await store.dataPlanes.report([
    ...fleet.map(({ scope, id }) => ({ ...scope, dataPlaneId: id, sessionId: newId(), sessionAgeMs: 0, report: { hostname: id } })),
    ...fleet.slice(0, 1).map(({ scope }) => ({ ...scope, dataPlaneId: newId<DataPlaneId>(), sessionId: newId(), sessionAgeMs: 0, report: { connected: true } })),
  ]);
  assert.deepEqual(new Set(stored.map(({ dataPlaneId }) => dataPlaneId)), new Set(fleet.map(({ id }) => id)));
  for (const { id, read } of fleet) assert.equal((await read()).hostname, id);
});
