/** Alarms: raised once while a condition lasts, bounded, cleared by operators or by themselves; drift among them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client } from 'pg';
import { AlarmDesk } from '../control-plane/alarms/alarm-desk.ts';
import { DriftWatch } from '../control-plane/alarms/drift-watch.ts';
import type { Alarm } from '../control-plane/store/alarm-store.ts';
import { NAMED_AT_MOST } from '../control-plane/store/drift-store.ts';
import { defined } from '../shared/assert.ts';
import { systemClock } from '../shared/clock.ts';
import { createMemoryLogger } from '../shared/log.ts';
import { newId, type EntityId, type GatewayId } from '../shared/model/ids.ts';
import { startTestAdminApi } from './support/admin-api.ts';
import { applied, FleetScene, version } from './support/fleet-scene.ts';
import { ManualClock } from './support/manual-clock.ts';
import { createGateway } from './support/store-scene.ts';
import { waitUntil } from './support/wait-until.ts';

const { send, store, tenantId, viewerToken, database } = await startTestAdminApi();
const gateway = defined(await store.gateways.findByName(tenantId, 'default'), 'the default gateway');
const fleet = new FleetScene(store, gateway);

/** Those that are open, by code and data plane. */
async function openAlarms(): Promise<readonly string[]> {
  return (await store.alarms.list(gateway, { cleared: false, limit: 100 })).map((alarm: Alarm) => `${alarm.code} ${alarm.dataPlaneId ?? ''} ${alarm.times}`).toSorted();
}

test('a condition that goes on is one alarm, written now and then; the log has it once', async () => {
  const clock = new ManualClock();
  const { log, lines } = createMemoryLogger('control-plane');
  const desk = new AlarmDesk({ store: store.alarms, clock, log });
  const id = await fleet.enrol('noisy');
  for (let i = 0; i < 1000; i++) desk.raise(gateway, { code: 'TEST_NOISE', dataPlaneId: id, detail: `time ${i}\0` });
  desk.raise(gateway, { code: 'TEST_NOISE', dataPlaneId: undefined, detail: 'about all' });
  await waitUntil('both alarms', async () => (await openAlarms()).length === 2, 20_000);
  // The first is written at once; what comes after it waits.
  assert.deepEqual(await openAlarms(), [`TEST_NOISE  1`, `TEST_NOISE ${id} 1`].toSorted());
  desk.raise(gateway, { code: 'TEST_NOISE', dataPlaneId: id, detail: 'again' });
  clock.advance(4_000);
  assert.deepEqual(await openAlarms(), [`TEST_NOISE  1`, `TEST_NOISE ${id} 1`].toSorted());
  clock.advance(1_000);
  await waitUntil('it to be counted', async () => (await openAlarms()).includes(`TEST_NOISE ${id} 1001`), 20_000);
  assert.equal(lines().filter((line) => line.includes('"event":"alarm-raised"')).length, 2);
  assert.match(defined(lines().find((line) => line.includes('alarm-raised')), 'the log line'), /"level":"error"|"level":50/);

  const listed = (await send('GET', '/v1/alarms', { token: viewerToken })).expect(200);
  const first = (await send('GET', '/v1/alarms?size=1')).expect(200);
  assert.deepEqual([first.at('data.0'), (await send('GET', first.word('next'))).expect(200).at('data.0')], listed.at('data'));
  const ofDataPlane = defined((await store.alarms.list(gateway, { cleared: false, limit: 9 })).find(({ dataPlaneId }) => dataPlaneId === id), 'the alarm');
  assert.equal(ofDataPlane.detail, 'again');
  (await send('POST', `/v1/alarms/${ofDataPlane.id}/clear`, { token: viewerToken })).expect(403);
  assert.equal((await send('POST', `/v1/alarms/${ofDataPlane.id}/clear`)).expect(200).at('cleared_by'), 'admin');
  (await send('POST', `/v1/alarms/${ofDataPlane.id}/clear`)).expect(200);
  assert.equal((await send('GET', '/v1/audit')).expect(200).at('data.0.action'), 'clear');
  (await send('POST', `/v1/alarms/${id}/clear`)).expect(404);
  assert.deepEqual(await openAlarms(), ['TEST_NOISE  1']);

  // Met again after that, it is a new one.
  desk.raise(gateway, { code: 'TEST_NOISE', dataPlaneId: id, detail: 'back' });
  await waitUntil('it to be raised again', async () => {
    clock.advance(1_000);
    return (await openAlarms()).includes(`TEST_NOISE ${id} 1`);
  }, 20_000);
  desk.settle(gateway, { code: 'TEST_NOISE', dataPlaneId: id });
  desk.settle(gateway, { code: 'TEST_NOISE', dataPlaneId: undefined });
  await waitUntil('no alarm', async () => (await openAlarms()).length === 0, 20_000);
  assert.equal((await send('GET', '/v1/alarms?cleared=true')).expect(200).at('data.0.cleared_by'), 'control-plane');
  await desk.stop();
});

test('an alarm that could not be stored is stored later, and another instance knows to settle it', async () => {
  const clock = new ManualClock();
  const { log } = createMemoryLogger('control-plane');
  let away = true;
  const desk = new AlarmDesk({ store: { ...store.alarms, raise: (...given) => (away ? Promise.reject(new Error('away')) : store.alarms.raise(...given)) }, clock, log });
  desk.raise(gateway, { code: 'TEST_AWAY', dataPlaneId: undefined, detail: 'x' });
  desk.raise(gateway, { code: 'TEST_AWAY', dataPlaneId: undefined, detail: 'x' });
  away = false;
  await waitUntil('it to be stored', async () => {
    clock.advance(1_000);
    return (await openAlarms()).length === 1;
  }, 20_000);
  assert.deepEqual(await openAlarms(), ['TEST_AWAY  2']);
  await desk.stop();
  const other = new AlarmDesk({ store: store.alarms, clock, log });
  await other.refresh();
  other.settle(gateway, { code: 'TEST_AWAY', dataPlaneId: undefined });
  await other.stop();
  assert.deepEqual(await openAlarms(), []);
});

test('what another instance raised just now is over here', async () => {
  const { log } = createMemoryLogger('control-plane');
  const clock = new ManualClock(Date.now() + 1_000);
  const [one, other] = [new AlarmDesk({ store: store.alarms, clock: systemClock, log }), new AlarmDesk({ store: store.alarms, clock, log })];
  one.raise(gateway, { code: 'TEST_MOVED', dataPlaneId: undefined, detail: '' });
  await waitUntil('the alarm', async () => (await openAlarms()).length === 1, 20_000);
  other.settle(gateway, { code: 'TEST_MOVED', dataPlaneId: undefined });
  clock.advance(10_000);
  await waitUntil('it to be cleared', async () => (await openAlarms()).length === 0, 20_000);

  // Raised again after it was over, it stays.
  const behind = new AlarmDesk({ store: store.alarms, clock: new ManualClock(Date.now() - 60_000), log });
  behind.settle(gateway, { code: 'TEST_AGAIN', dataPlaneId: undefined });
  await store.alarms.raise(gateway, { code: 'TEST_AGAIN', dataPlaneId: undefined, detail: '' }, 1);
  await behind.refresh();
  await behind.stop();
  assert.deepEqual(await openAlarms(), ['TEST_AGAIN  1']);
  await store.alarms.settle(gateway, { code: 'TEST_AGAIN', dataPlaneId: undefined });
  await Promise.all([one.stop(), other.stop()]);
});

test('a condition that is over while its alarm can not be stored is over', async () => {
  const clock = new ManualClock();
  const { log } = createMemoryLogger('control-plane');
  const attempt = Promise.withResolvers<'opened'>();
  let attempts = 0;
  const desk = new AlarmDesk({ store: { ...store.alarms, raise: (...given) => (++attempts === 1 ? attempt.promise : store.alarms.raise(...given)) }, clock, log });
  desk.raise(gateway, { code: 'TEST_BRIEF', dataPlaneId: undefined, detail: 'x' });
  desk.settle(gateway, { code: 'TEST_BRIEF', dataPlaneId: undefined });
  attempt.reject(new Error('away'));
  await desk.stop();
  assert.deepEqual(await openAlarms(), []);
});

test('one tenant can not take the place of what others raise', async () => {
  const { log } = createMemoryLogger('control-plane');
  const raised: string[] = [];
  const desk = new AlarmDesk({ store: { ...store.alarms, raise: (_scope, { code }) => (raised.push(code), Promise.resolve('counted')) }, clock: new ManualClock(), log });
  for (let i = 0; i < 10_000; i++) desk.raise({ tenantId: gateway.tenantId, gatewayId: newId<GatewayId>() }, { code: 'TEST_FLOOD', dataPlaneId: undefined, detail: '' });
  desk.raise(await createGateway(store), { code: 'TEST_OTHER', dataPlaneId: undefined, detail: '' });
  await desk.stop();
  assert.ok(raised.includes('TEST_OTHER'));
});

test('T1: what happens to one tenant is not told to another', async () => {
  (await send('POST', '/v1/tenants', { json: { name: 'acme' } })).expect(201);
  const token = (await send('POST', '/v1/tenants/acme/operators', { json: { name: 'boss', role: 'admin' } })).expect(201).word('token');
  await send('POST', '/v1/gateways', { token, json: { name: 'default' } });
  const id = await fleet.enrol('ours', {}, applied(1, new Date(), [newId<EntityId>()]));
  await store.alarms.raise(gateway, { code: 'TEST_OURS', dataPlaneId: id, detail: 'ours' }, 1);
  const alarm = defined((await store.alarms.list(gateway, { cleared: false, limit: 1 }))[0], 'the alarm');
  for (const path of ['/v1/alarms?cleared=true', '/v1/quarantine', '/v1/data-planes']) {
    assert.deepEqual((await send('GET', path, { token })).expect(200).at('data'), [], path);
    assert.notDeepEqual((await send('GET', path)).expect(200).at('data'), [], path);
  }
  for (const [method, path] of [['POST', `/v1/alarms/${alarm.id}/clear`], ['GET', `/v1/data-planes/${id}`], ['POST', `/v1/data-planes/${id}/revoke`]] as const) (await send(method, path, { token })).expect(404);
  assert.equal((await store.alarms.get(gateway, alarm.id))?.clearedAt, undefined);
  await store.alarms.settle(gateway, alarm);
  await fleet.revoke(id);
});

test('open alarms of a gateway are bounded, and that they are is an alarm', async () => {
  const other = await createGateway(store);
  await Promise.all(Array.from({ length: 1000 }, (_, i) => store.alarms.raise(other, { code: `TEST_${i}`, dataPlaneId: undefined, detail: '' }, 1)));
  assert.equal(await store.alarms.raise(other, { code: 'TEST_0', dataPlaneId: undefined, detail: '' }, 1), 'counted');
  const { log, lines } = createMemoryLogger('control-plane');
  const desk = new AlarmDesk({ store: store.alarms, clock: systemClock, log });
  desk.raise(other, { code: 'TEST_MORE', dataPlaneId: undefined, detail: '' });
  await desk.stop();
  const open = await store.alarms.list(other, { cleared: false, limit: 2000 });
  assert.deepEqual([open.length, open.some(({ code }) => code === 'ALARM_LIMIT_REACHED'), open.some(({ code }) => code === 'TEST_MORE')], [1001, true, false]);
  assert.ok(lines().some((line) => line.includes('ALARM_LIMIT_REACHED')));
  // Nobody sees another tenant's.
  assert.deepEqual(await openAlarms(), []);
});

test('a connected data plane that lacks a release, refused one or fell back has an alarm until that is over', async () => {
  const desk = new AlarmDesk({ store: store.alarms, clock: systemClock, log: createMemoryLogger('control-plane').log });
  const watch = new DriftWatch({ drift: store.drift, alarms: desk, afterMs: 60_000, clock: new ManualClock(Date.now()), log: createMemoryLogger('control-plane').log });
  const look = async (): Promise<readonly string[]> => {
    await desk.refresh();
    await watch.look();
    // What was raised is written at once; that nothing was is seen when both have come to rest.
    await desk.refresh();
    return openAlarms();
  };
  const minuteAgo = 61_000;
  await fleet.publish(1);
  await makeOld(1);
  await fleet.publish(2);
  await fleet.enrol('good', {}, applied(1), minuteAgo);
  const behind = await fleet.enrol('behind', {}, {}, minuteAgo);
  const joined = await fleet.enrol('just-joined');
  await fleet.enrol('offline', {}, { connected: false }, minuteAgo);
  const refusing = await fleet.enrol('refusing', {}, { ...applied(1), rejection: { code: 'CONFIG_COMPILE_FAILED', reasons: ['no'], ...version(2) } });
  const full = await fleet.enrol('full', {}, { ...applied(1), rejection: { code: 'CONFIG_NOT_PERSISTED', reasons: ['disk'], ...version(2) } });
  const fallen = await fleet.enrol('fallen', {}, { ...applied(1), rejection: { code: 'SYNC_FELL_BACK', reasons: ['crash'], ...version(2) } });
  await look();
  const expected = [`FLEET_BEHIND ${behind} 1`, `FLEET_FELL_BACK ${fallen} 1`, `FLEET_REJECTED ${refusing} 1`].toSorted();
  await waitUntil('three alarms', async () => (await openAlarms()).length === 3, 20_000);
  // A second look, as of another instance, adds nothing. Neither `joined` nor `full` is overdue.
  assert.deepEqual(await look(), expected, `${joined} ${full}`);
  assert.match(defined((await store.alarms.list(gateway, { cleared: false, limit: 9 })).find(({ code }) => code === 'FLEET_REJECTED'), 'the alarm').detail, /^refusing refused 1\.2 and serves 1\.1: CONFIG_COMPILE_FAILED: no$/);

  await fleet.report(behind, applied(2));
  await fleet.report(refusing, { connected: false });
  await look();
  await waitUntil('what is over to be cleared', async () => (await openAlarms()).length === 1, 20_000);
  assert.deepEqual(await openAlarms(), [`FLEET_FELL_BACK ${fallen} 1`]);

  for (let i = 0; i < NAMED_AT_MOST; i++) await fleet.enrol(`broken-${i}`, {}, { rejection: { code: 'CONFIG_COMPILE_FAILED', reasons: [], ...version(2) } });
  await look();
  await waitUntil('one alarm for all', async () => (await openAlarms()).join() === 'FLEET_LARGELY_BEHIND  1', 20_000);
  await watch.stop();
  await desk.stop();
});

/** The release was published two minutes ago. */
async function makeOld(sequence: number): Promise<void> {
  const client = new Client({ connectionString: database.superuserConnectionString });
  await client.connect();
  await client.query('SET session_replication_role = replica');
  await client.query("UPDATE holdfast.releases SET created_at = created_at - interval '2 minutes' WHERE gateway_id = $1 AND sequence = $2", [gateway.gatewayId, sequence]);
  await client.end();
}
