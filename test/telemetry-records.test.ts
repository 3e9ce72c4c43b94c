/** Access records in a real Postgres: stored exactly once, whatever text they hold, found and followed by their tenant alone. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RecordFilter } from '../control-plane/store/record-store.ts';
import type { GatewayScope } from '../control-plane/store/scope.ts';
import { defined } from '../shared/assert.ts';
import { HoldfastError } from '../shared/errors.ts';
import { newId, type DataPlaneId } from '../shared/model/ids.ts';
import type { AccessRecord } from '../shared/wire/access-record-codec.ts';
import { accessRecord, requestIdOf } from './support/access-record.ts';
import { FleetScene } from './support/fleet-scene.ts';
import { ManualClock } from './support/manual-clock.ts';
import { openTestStore } from './support/postgres.ts';
import { onServer } from './support/postgres-server.ts';
import { createGateway } from './support/store-scene.ts';
import { telemetryBatch, testTarget } from './support/telemetry-rows.ts';

const NOW_MS = Date.now();
const { store, database } = await openTestStore({ clock: new ManualClock(NOW_MS) });
let requests = 0;

const at = (secondsAgo: number): number => (NOW_MS - secondsAgo * 1_000) * 1_000;
const record = (given: Partial<AccessRecord> = {}): AccessRecord => accessRecord({ requestId: requestIdOf((requests += 1)), startedMicros: at(1), ...given });
const batchOf = (...records: readonly AccessRecord[]) => ({ fromMs: NOW_MS - 1_000, toMs: NOW_MS, records, drops: [] });

async function gateway(): Promise<{ readonly scope: GatewayScope; readonly source: GatewayScope & { readonly dataPlaneId: DataPlaneId; readonly bootId: string } }> {
  const scope = await createGateway(store);
  return { scope, source: { ...scope, dataPlaneId: await new FleetScene(store, scope).enrol('host'), bootId: newId() } };
}

test('a record comes back as it was sent, whatever its texts hold', async () => {
  const { scope, source } = await gateway();
  const hostile = ['\\N', '\\.', 'a\tb\nc\r\\d', "'; DROP TABLE access_records; --", '', '\u{1f4a9}\u200f\uffff', '{"a":"\\u0000"}', '\u0001', 'x'.repeat(70_000)];
  const sent = hostile.map((text, index) => record({
    startedMicros: at(index) + 123, path: `/${text}`, errorCode: text.slice(0, 100), query: text, userAgent: text, host: `${text}\0`, headers: new Map([['__proto__', text], ['x', '\0']]), routeId: newId(), consumerId: newId(), traceId: requestIdOf(index + 5),
    version: { epoch: 3, sequence: index + 1 }, status: 503, totalMicros: 2 ** 40, bytesIn: 2 ** 50, retries: 2, tlsVersion: '1.3', generated: true,
  }));
  assert.equal(await store.records.storeRecords(source, 1, batchOf(...sent)), 'stored');
  const { records, next } = await store.records.search(scope, {}, { limit: 20 });
  assert.deepEqual(records.map((one) => one.record), sent);
  assert.deepEqual([next, records[0]?.dataPlaneId], [undefined, source.dataPlaneId]);
  assert.deepEqual((await store.records.get(scope, defined(sent[3], 'a record').requestId))?.record, sent[3]);
  await store.records.storeRecords(source, 3, batchOf(...[-2 * 86_400, 500 * 86_400].map((ago) => record({ startedMicros: at(ago) }))));
  assert.deepEqual((await store.records.search(scope, { from: new Date(NOW_MS) }, { limit: 9 })).records.map((one) => one.record.startedMicros), [at(0) + 123, at(0), at(0)], 'a clock that is far off');
  // Half of a surrogate pair is no text: it is replaced, as protobuf does.
  await store.records.storeRecords(source, 2, batchOf(record({ path: '/\ud83d', startedMicros: at(-1) })));
  assert.equal((await store.records.search(scope, {}, { limit: 1 })).records[0]?.record.path, '/\ufffd');
});

test('a batch is stored once, and one that can not be stored takes no other of its group with it', async () => {
  const { scope, source } = await gateway();
  const { source: foreign } = await gateway();
  const one = { source, sequence: 1, batch: { ...batchOf(record(), record()), drops: [{ reason: 'rate', count: 3 }] } };
  assert.deepEqual(await store.records.storeRecordBatches(scope.tenantId, [one, one]), ['stored', 'duplicate']);
  assert.deepEqual(await Promise.all([1, 2].map(() => store.records.storeRecords(source, 1, one.batch))), ['duplicate', 'duplicate']);
  const wrong = [
    // A text that is none, an id that is none, a number that has no place, a data plane of another tenant, one of no gateway.
    { source, batch: batchOf(record(), record({ path: '/\0' })) }, { source, batch: batchOf(record({ routeId: 'zz' })) }, { source, batch: batchOf(record({ routeId: `${newId()}00` })) }, { source, batch: batchOf(record({ status: 40_000 })) },
    { source: { ...foreign, tenantId: scope.tenantId, gatewayId: scope.gatewayId }, batch: batchOf(record()) }, { source: { ...source, gatewayId: foreign.gatewayId }, batch: batchOf(record()) },
  ];
  for (const { source: from, batch } of wrong) {
    await assert.rejects(store.records.storeRecords(from, 2, batch), (thrown: unknown) => thrown instanceof HoldfastError && thrown.code === 'STORE_TELEMETRY_REFUSED');
    await assert.rejects(store.records.storeRecordBatches(scope.tenantId, [{ source, sequence: 3, batch: batchOf(record()) }, { source: from, sequence: 2, batch }]));
  }
  assert.equal((await store.records.search(scope, {}, { limit: 10 })).records.length, 2, 'nothing of a transaction that failed');
  const { rows } = await onServer(database.superuserConnectionString, (client) => client.query('SELECT dropped::int FROM holdfast.telemetry_drops WHERE gateway_id = $1', [scope.gatewayId]));
  assert.deepEqual(rows, [{ dropped: 3 }]);
});

test('found by what is known of a request, newest first, page by page without gap or repeat', async () => {
  const { scope, source } = await gateway();
  const [route, consumer, service] = [newId(), newId(), newId()];
  const sent = Array.from({ length: 30 }, (_, index) => record({
    // Many at the same microsecond: the page ends among them.
    startedMicros: at(Math.floor(index / 10)), routeId: index % 3 === 0 ? route : '', consumerId: index % 5 === 0 ? consumer : '', serviceId: index === 7 ? service : '', status: index % 2 === 0 ? 200 : index === 9 ? 404 : 0,
    totalMicros: index * 1_000, errorCode: index === 4 ? 'UPSTREAM_TIMEOUT' : '', traceId: index === 5 ? requestIdOf(99) : '', path: index === 6 ? '/a%b_c' : '/other',
  }));
  await store.records.storeRecords(source, 1, batchOf(...sent));
  const found = async (filter: RecordFilter): Promise<readonly number[]> => (await store.records.search(scope, filter, { limit: 100 })).records.map((one) => sent.findIndex(({ requestId }) => requestId === one.record.requestId)).toSorted((a, b) => a - b);
  const all = sent.map((_, index) => index);
  assert.deepEqual(await found({}), all);
  assert.deepEqual(await found({ routeId: route, consumerId: consumer }), [0, 15]);
  assert.deepEqual(await found({ routeId: null, consumerId: consumer }), [5, 10, 20, 25]);
  for (const [filter, index] of [[{ serviceId: service }, 7], [{ status: 404 }, 9], [{ statusClass: 4 }, 9], [{ errorCode: 'UPSTREAM_TIMEOUT' }, 4], [{ traceId: requestIdOf(99) }, 5], [{ pathPrefix: '/a%b' }, 6], [{ minTotalMs: 29 }, 29], [{ requestId: defined(sent[8], 'it').requestId }, 8]] as const) assert.deepEqual(await found(filter), [index], JSON.stringify(filter));
  assert.deepEqual(await found({ statusClass: 0 }), all.filter((index) => index % 2 === 1 && index !== 9));
  assert.deepEqual(await found({ from: new Date(NOW_MS - 1_000), to: new Date(NOW_MS) }), all.slice(10, 20));
  assert.deepEqual(await found({ dataPlaneId: newId() }), []);
  const seen: string[] = [];
  for (let after: string | undefined, pages = 0; pages < 20; pages += 1) {
    const page = await store.records.search(scope, {}, { limit: 7, ...(after === undefined ? {} : { after }) });
    seen.push(...page.records.map((one) => one.record.requestId));
    after = page.next;
    if (after === undefined) break;
  }
  assert.deepEqual([seen.length, new Set(seen).size], [30, 30]);
  for (const after of ['x', 'f1', '1.2.3', '99999999999999999999.1', "1.1' OR true"]) await assert.rejects(store.records.search(scope, {}, { limit: 1, after }), (thrown: unknown) => thrown instanceof HoldfastError && thrown.code === 'STORE_CURSOR_UNKNOWN');
});

test('whoever follows misses none that several control planes store at once, and reads none twice', async () => {
  const { scope, source } = await gateway();
  let { next } = await store.records.search(scope, {}, { limit: 5, forward: true });
  const seen: string[] = [];
  const sent: string[] = [];
  let open = true;
  const storing = Promise.all(Array.from({ length: 4 }, async () => {
    const bootId = newId();
    for (let sequence = 1; sequence <= 12; sequence += 1) {
      const records = Array.from({ length: 3 }, () => record({ startedMicros: at(sequence * 100) }));
      sent.push(...records.map(({ requestId }) => requestId));
      await store.records.storeRecords({ ...source, bootId }, sequence, batchOf(...records));
    }
  })).then(() => {
    open = false;
  });
  for (let rest = 20; rest > 0; rest -= open ? 0 : 1) {
    const page = await store.records.search(scope, {}, { limit: 5, forward: true, after: defined(next, 'the end') });
    seen.push(...page.records.map((one) => one.record.requestId));
    next = page.next;
  }
  await storing;
  while (seen.length < sent.length) {
    const page = await store.records.search(scope, {}, { limit: 100, forward: true, after: defined(next, 'the end') });
    if (page.records.length === 0) break;
    seen.push(...page.records.map((one) => one.record.requestId));
    next = page.next;
  }
  assert.deepEqual(seen.toSorted(), sent.toSorted());
});

test('no tenant finds or stores the records of another, also past the partitioned table', async () => {
  const [one, other] = [await gateway(), await gateway()];
  const mine = record({ path: '/canary' });
  await store.records.storeRecords(one.source, 1, batchOf(mine));
  await store.telemetry.storeBatch(one.source, 1, telemetryBatch({ fromMs: NOW_MS, toMs: NOW_MS, targets: [testTarget({ upstream: '\\N\t"', target: "'\n\\.", address: '\ud83d' })] }));
  for (const scope of [other.scope, { ...one.scope, tenantId: other.scope.tenantId }]) {
    assert.equal(await store.records.get(scope, mine.requestId), undefined);
    assert.deepEqual((await store.records.search(scope, { requestId: mine.requestId }, { limit: 5 })).records, []);
  }
  await onServer(database.superuserConnectionString, async (client) => {
    const partitions = await client.query<{ readonly name: string; readonly parent: string }>("SELECT c.relname AS name, p.relname AS parent FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_class p ON p.oid = i.inhparent WHERE p.relnamespace = 'holdfast'::regnamespace AND p.relkind = 'p'");
    assert.ok(partitions.rows.some(({ parent }) => parent === 'access_records'));
    for (const role of ['holdfast_app', 'holdfast_ingest', 'holdfast_authentication']) {
      const { rows } = await client.query<{ readonly name: string }>("SELECT t.name FROM unnest($1::text[]) AS t (name) WHERE has_table_privilege($2, 'holdfast.' || t.name, 'SELECT, INSERT, UPDATE, DELETE')", [partitions.rows.map(({ name }) => name), role]);
      assert.deepEqual(rows, [], `${role} reaches partitions by their own names`);
    }
    const { rows } = await client.query("SELECT upstream, target, address FROM holdfast.target_raw WHERE gateway_id = $1", [one.scope.gatewayId]);
    assert.deepEqual(rows, [{ upstream: '\\N\t"', target: "'\n\\.", address: '\ufffd' }]);
  });
});
