/** Partitions of telemetry in a real Postgres: made beside those who store, dropped never before they were taken, in nobody's way for long. */
// What is added up waits for transactions of the whole server: none of other tests may be among them.
import './support/own-server.ts';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client } from 'pg';
import type { GatewayScope } from '../control-plane/store/scope.ts';
import { USAGE_FAMILY } from '../control-plane/store/telemetry-families.ts';
import { RollUp } from '../control-plane/telemetry/roll-up.ts';
import { TelemetryMeter } from '../control-plane/telemetry/telemetry-meter.ts';
import { createMemoryLogger } from '../shared/log.ts';
import { newId } from '../shared/model/ids.ts';
import { FleetScene } from './support/fleet-scene.ts';
import { ManualClock } from './support/manual-clock.ts';
import { openTestStore } from './support/postgres.ts';
import { onServer, whenDone } from './support/postgres-server.ts';
import { createGateway, TEST_ACTOR } from './support/store-scene.ts';
import { telemetryBatch, testVitals, usageRow } from './support/telemetry-rows.ts';
import { waitUntil } from './support/wait-until.ts';

const [HOUR_MS, DAY_MS] = [3_600_000, 86_400_000];
const REAL_MS = Date.now();
const { log } = createMemoryLogger('test');
const RETENTION = { raw: DAY_MS, minutes: 2 * DAY_MS, hours: 40 * DAY_MS, days: 1_000 * DAY_MS, records: DAY_MS };
/** Some days behind the database's, so that days can pass. */
const clock = new ManualClock(Math.floor(REAL_MS / HOUR_MS) * HOUR_MS - 10 * DAY_MS);
const { store, database } = await openTestStore({ clock, telemetryRetention: RETENTION });
await sql("UPDATE holdfast.roll_up_watermarks SET hours_until = date_trunc('day', $1::timestamptz, 'UTC'), days_until = date_trunc('day', $1::timestamptz, 'UTC')", [new Date(clock.nowMs())]);

function sql<Row extends object>(text: string, values: readonly unknown[] = []): Promise<readonly Row[]> {
  return onServer(database.superuserConnectionString, async (client) => (await client.query<Row>(text, [...values])).rows);
}

async function rows(table: string, { gatewayId }: GatewayScope): Promise<number> {
  return (await sql(`SELECT FROM holdfast.${table} WHERE gateway_id = $1`, [gatewayId])).length;
}

async function partitions(parent: string): Promise<readonly string[]> {
  return (await sql<{ readonly name: string }>("SELECT c.relname AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = ('holdfast.' || $1)::regclass AND c.relname !~ '_rest$' ORDER BY 1", [parent])).map(({ name }) => name);
}

async function send(scope: GatewayScope, daysAgo: readonly number[]): Promise<void> {
  const source = { ...scope, dataPlaneId: await new FleetScene(store, scope).enrol('host'), bootId: newId() };
  for (const [index, days] of daysAgo.entries()) await store.telemetry.storeBatch(source, index + 1, telemetryBatch({ fromMs: clock.nowMs() - days * DAY_MS, toMs: clock.nowMs(), usage: [usageRow()] }));
}

/** A connection of the superuser's, in the middle of a transaction. */
async function inTransaction(statement: string): Promise<Client> {
  const client = new Client({ connectionString: database.superuserConnectionString });
  await client.connect();
  whenDone(() => client.end());
  await client.query(`SET search_path = holdfast; BEGIN; ${statement}`);
  return client;
}

/** Whoever takes raw rows besides the roll-up (migration 019) has taken all. */
async function othersTake(): Promise<void> {
  await sql("INSERT INTO holdfast.roll_up_watermarks (family, hours_until, days_until) VALUES ('usage/test', now(), now()) ON CONFLICT DO NOTHING");
  await sql("UPDATE holdfast.roll_up_watermarks SET raw_id = (SELECT last_value FROM holdfast.telemetry_ids) WHERE family LIKE 'usage/%'");
}

const total = async (scope: GatewayScope): Promise<number | undefined> => (await store.telemetry.usage(scope, { groupBy: [] })).totals[0]?.requests;

test('what is no longer kept goes, by level and tenant, and never before it was taken', async () => {
  const [scope, other] = [await createGateway(store), await createGateway(store)];
  for (const one of [scope, other]) await send(one, [0, 1.5, 3, 50]);
  await store.telemetryExpiry.remove(clock.nowMs(), () => false);
  assert.equal(await rows('usage_raw', scope), 4, 'nobody has taken them');
  await store.retention.set(scope.tenantId, { raw: undefined, minutes: HOUR_MS, hours: undefined, days: 10 * DAY_MS, records: undefined }, TEST_ACTOR);
  const roller = new RollUp({ store: store.rollUp, expiry: store.telemetryExpiry, meter: new TelemetryMeter(clock), clock, log });
  await roller.tick();
  const minutesOfThen = await partitions('usage_minutes');
  clock.advance(2 * HOUR_MS);
  for (let ticks = 0; ticks < 3; ticks += 1) await roller.tick();
  assert.equal(await rows('usage_raw', scope), 4, 'others have not taken them');
  await othersTake();
  await store.telemetryExpiry.remove(clock.nowMs(), () => false);
  const all = async (of: GatewayScope) => [await rows('usage_raw', of), await rows('usage_minutes', of), await rows('usage_hours', of), await rows('usage_days', of)];
  assert.deepEqual(await all(scope), [1, 0, 3, 3]);
  assert.deepEqual(await all(other), [1, 2, 3, 4]);
  // Days later, whole partitions: of those that the next level has taken.
  clock.advance(6 * DAY_MS);
  await store.telemetryExpiry.remove(clock.nowMs(), () => false);
  assert.deepEqual(await partitions('usage_minutes'), minutesOfThen, 'the hours have not taken them');
  await sql("UPDATE holdfast.roll_up_watermarks SET hours_until = date_trunc('day', $1::timestamptz, 'UTC') WHERE family IN ('usage', 'targets')", [new Date(clock.nowMs())]);
  const { partitions: dropped } = await store.telemetryExpiry.remove(clock.nowMs(), () => false);
  assert.ok(dropped >= 2, `${dropped}`);
  assert.deepEqual((await partitions('usage_minutes')).filter((name) => minutesOfThen.includes(name)), []);
  assert.deepEqual([await total(scope), await total(other)], [3, 4]);
});

test('a partition of raw rows stays until all who take them have', async () => {
  const scope = await createGateway(store);
  const arrived = new Date(REAL_MS - 3 * DAY_MS);
  await sql("SELECT holdfast.ensure_telemetry_partition('usage_raw', $1)", [arrived]);
  const old = (await partitions('usage_raw'))[0];
  const storing = await inTransaction(`INSERT INTO usage_raw SELECT nextval('telemetry_ids'), '${arrived.toISOString()}', '${scope.tenantId}', '${scope.gatewayId}', now(), '${newId()}', '${newId()}', '${newId()}', 200, 5, 0, 0, 0, 0, 0`);
  const remove = async (): Promise<readonly string[]> => {
    await store.telemetryExpiry.remove(REAL_MS, () => false);
    return partitions('usage_raw');
  };
  assert.ok((await remove()).includes(old ?? ''), 'somebody stores into it');
  // Committed while the removal waits for the table.
  const removed = remove();
  await waitUntil('it waits', async () => (await sql("SELECT FROM pg_locks WHERE NOT granted AND relation = 'holdfast.usage_raw'::regclass")).length > 0);
  await storing.query('COMMIT');
  assert.ok((await removed).includes(old ?? ''), 'nobody has taken what was stored');
  for (let step = 0; step < 3; step += 1) await store.rollUp.takeRaw(USAGE_FAMILY, 100, async () => undefined);
  assert.ok((await remove()).includes(old ?? ''), 'others have not');
  await othersTake();
  assert.equal(await total(scope), 5);
  assert.ok(!(await remove()).includes(old ?? ''));
  assert.equal(await total(scope), 5);
});

test('a long read holds up one partition, not the others, and nobody who stores', async () => {
  const scope = await createGateway(store);
  const source = { ...scope, dataPlaneId: await new FleetScene(store, scope).enrol('host'), bootId: newId() };
  const old = new Date(REAL_MS - 30 * DAY_MS);
  for (const table of ['data_plane_vitals', 'access_records']) await sql('SELECT holdfast.ensure_telemetry_partition($1, $2)', [table, old]);
  const reading = await inTransaction('SELECT count(*) FROM data_plane_vitals');
  const begun = performance.now();
  const removing = store.telemetryExpiry.remove(REAL_MS, () => false);
  let longest = 0;
  for (let sequence = 1, open = true; open; sequence += 1) {
    const sent = performance.now();
    await store.telemetry.storeBatch(source, sequence, telemetryBatch({ fromMs: REAL_MS, toMs: REAL_MS, usage: [usageRow()], vitals: undefined }));
    longest = Math.max(longest, performance.now() - sent);
    open = await Promise.race([removing.then(() => false), new Promise<boolean>((resolve) => void setImmediate(() => resolve(true)))]);
  }
  await removing;
  assert.ok(performance.now() - begun < 2_500 && longest < 1_500, `${performance.now() - begun} ms, ${longest} ms`);
  assert.ok((await partitions('data_plane_vitals')).length > 0 && (await partitions('access_records')).every((name) => name > `access_records_${old.toISOString().slice(0, 10).replaceAll('-', '')}99`));
  await reading.query('COMMIT');
  await store.telemetryExpiry.remove(REAL_MS, () => false);
  assert.ok((await partitions('data_plane_vitals')).every((name) => !name.includes(old.toISOString().slice(0, 10).replaceAll('-', ''))));
});

test('the partition of a day is made although rows of it stand in the default one, and more are being stored', async () => {
  const scope = await createGateway(store);
  const day = new Date(REAL_MS + 40 * DAY_MS);
  const insert = (client: { query(text: string): Promise<unknown> }): Promise<unknown> => client.query(`INSERT INTO holdfast.data_plane_vitals VALUES ('${scope.tenantId}', '${scope.gatewayId}', '${newId()}', '${day.toISOString()}', '{}')`);
  await onServer(database.superuserConnectionString, insert);
  const storing = await inTransaction('');
  await insert(storing);
  const made = sql<{ readonly made: boolean }>("SELECT holdfast.ensure_telemetry_partition('data_plane_vitals', $1) AS made", [day]);
  await waitUntil('it waits for the one who stores', async () => (await sql('SELECT FROM pg_locks WHERE NOT granted')).length > 0);
  await storing.query('COMMIT');
  assert.deepEqual(await made, [{ made: true }]);
  assert.equal(await rows('data_plane_vitals', scope), 2);
  assert.equal(await rows('data_plane_vitals_rest', scope), 0);
  // Over a change of the clocks in spring, a day of UTC is a day.
  for (const at of ['2030-03-31T00:30:00Z', '2030-03-31T23:30:00Z']) await onServer(database.superuserConnectionString, (client) => client.query("SET TimeZone = 'Europe/Berlin'").then(() => client.query("SELECT holdfast.ensure_telemetry_partition('data_plane_vitals', $1)", [at])));
  assert.deepEqual((await partitions('data_plane_vitals')).filter((name) => name.includes('_2030')), ['data_plane_vitals_2030033100']);
});

test('a clock that runs ahead takes nothing away', async () => {
  const scope = await createGateway(store);
  const source = { ...scope, dataPlaneId: await new FleetScene(store, scope).enrol('host'), bootId: newId() };
  clock.jump(REAL_MS - clock.nowMs());
  await store.telemetry.storeBatch(source, 1, telemetryBatch({ fromMs: REAL_MS, toMs: REAL_MS, vitals: testVitals() }));
  await store.telemetryExpiry.remove(REAL_MS + 5_000 * DAY_MS, () => false);
  assert.equal(await rows('data_plane_vitals', scope), 1);
});
