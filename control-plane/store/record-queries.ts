/**
 * Stores and finds access records (record-store.ts). Searching goes back from the newest, by index of the time a request began; what is
 * filtered out on the way is bounded by the window asked for and the statement's timeout.
 */
import type { TenantId } from '../../shared/model/ids.ts';
import type { Clock } from '../../shared/clock.ts';
import { HoldfastError } from '../../shared/errors.ts';
import { CopyRows, NO_ID } from './copy-rows.ts';
import { onlyRow, type Database, type SqlValue, type Transaction } from './database.ts';
import { copyRecord, RECORD_COLUMNS, SELECTED, toRecord, type RecordRow } from './record-columns.ts';
import type { IncomingRecords, RecordFilter, RecordPage, RecordPaging, RecordStore } from './record-store.ts';
import type { GatewayScope } from './scope.ts';
import { addDrops, forgetReceived, insertByCopy, notForgotten } from './telemetry-intake-store.ts';
import { withRefusals } from './telemetry-refusal.ts';

/** A request whose start is further off is told of as of now, as its counts are: a clock that is wrong would put it before all others for as long. */
const OLDEST_MICROS = 400 * 86_400_000_000;
const NEWEST_MICROS = 86_400_000_000;

export function createRecordStore(database: Database, clock: Clock): RecordStore {
  const store: RecordStore = {
    storeRecordBatches: (tenantId, batches) => withRefusals(batches, () => storeTogether(database, tenantId, batches, clock.nowMs())),
    storeRecords: async (source, sequence, batch) => onlyRow(await store.storeRecordBatches(source.tenantId, [{ source, sequence, batch }])),

    search: (scope, filter, paging) => database.transaction({ role: 'holdfast_app', tenantId: scope.tenantId, mode: 'snapshot' }, (transaction) => (paging.forward === true ? follow : findNewest)(transaction, scope, filter, paging)),

    get: async (scope, requestId) => {
      const rows = await database.query<RecordRow>({ role: 'holdfast_app', tenantId: scope.tenantId, mode: 'snapshot' },
        `SELECT ${SELECTED} FROM access_records WHERE tenant_id = $1 AND gateway_id = $2 AND request_id = $3 ORDER BY started_at DESC, id DESC LIMIT 1`, [scope.tenantId, scope.gatewayId, requestId]);
      return rows.map(toRecord)[0];
    },
  };
  return store;
}

async function storeTogether(database: Database, tenantId: TenantId, batches: readonly IncomingRecords[], nowMs: number): Promise<readonly ('stored' | 'duplicate')[]> {
  return database.transaction({ role: 'holdfast_ingest', tenantId, mode: 'write' }, async (transaction) => {
    const received = await transaction.query<{ readonly name: string }>(
      `INSERT INTO records_received (tenant_id, gateway_id, data_plane_id, boot_id, sequence) SELECT $1::uuid, r.* FROM unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::bigint[]) AS r (gateway_id, data_plane_id, boot_id, sequence)
       WHERE ${notForgotten('records_received')} ON CONFLICT DO NOTHING RETURNING data_plane_id || '/' || boot_id || '/' || sequence AS name`,
      [tenantId, batches.map(({ source }) => source.gatewayId), batches.map(({ source }) => source.dataPlaneId), batches.map(({ source }) => source.bootId), batches.map(({ sequence }) => sequence)]);
    const fresh = new Set(received.map(({ name }) => name));
    const isNew = batches.map(({ source, sequence }) => fresh.delete(`${source.dataPlaneId}/${source.bootId}/${sequence}`));
    const taken = batches.filter((_batch, index) => isNew[index] === true);
    const rows = new CopyRows();
    for (const { source, batch } of taken) {
      for (const record of batch.records) copyRecord(rows, source, record, placeInTime(record.startedMicros, nowMs * 1000));
    }
    // One at a time for a tenant: numbers are given in the order of commits, and whoever follows by number misses none.
    transaction.send('SELECT pg_advisory_xact_lock(hashtextextended($1, 19))', [tenantId]);
    if (taken.some(({ batch }) => batch.records.length > 0)) await insertByCopy(transaction, tenantId, 'access_records', RECORD_COLUMNS, rows);
    await addDrops(transaction, tenantId, taken.flatMap(({ source, batch }) => batch.drops.map((drop) => ({ source, ...drop }))));
    if (taken.length > 0) await forgetReceived(transaction, tenantId, 'records_received', taken.map(({ source }) => source));
    return isNew.map((one) => (one ? 'stored' : 'duplicate'));
  });
}

function placeInTime(startedMicros: number, nowMicros: number): number {
  return startedMicros < nowMicros - OLDEST_MICROS || startedMicros > nowMicros + NEWEST_MICROS ? nowMicros : startedMicros;
}

async function findNewest(transaction: Transaction, { tenantId, gatewayId }: GatewayScope, filter: RecordFilter, { limit, after }: RecordPaging): Promise<RecordPage> {
  const values: SqlValue[] = [tenantId, gatewayId];
  const conditions = conditionsOf(filter, values);
  if (after !== undefined) {
    const [micros, id] = parseCursor(after, /^(\d{1,16})\.(\d{1,16})$/);
    conditions.push(`(started_at, id) < (timestamptz 'epoch' + $${values.push(micros)}::bigint * interval '1 microsecond', $${values.push(id)})`);
  }
  const rows = await transaction.query<RecordRow>(`SELECT ${SELECTED} FROM access_records WHERE ${['tenant_id = $1', 'gateway_id = $2', ...conditions].join(' AND ')} ORDER BY started_at DESC, id DESC LIMIT $${values.push(limit + 1)}`, values);
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return { records: page.map(toRecord), next: rows.length > limit && last !== undefined ? `${last.started_us}.${last.id}` : undefined };
}

/**
 * What came after: a tenant's records get their numbers in the order in which they appear (storeTogether), so none is passed by. A cursor
 * beyond the newest, of before a restore, comes back to it.
 */
async function follow(transaction: Transaction, { tenantId, gatewayId }: GatewayScope, filter: RecordFilter, { limit, after }: RecordPaging): Promise<RecordPage> {
  const newest = onlyRow(await transaction.query<{ readonly id: number }>('SELECT coalesce(max(id), 0) AS id FROM access_records WHERE tenant_id = $1 AND gateway_id = $2', [tenantId, gatewayId])).id;
  if (after === undefined) return { records: [], next: `f${newest}` };
  const [afterId] = parseCursor(after, /^f(\d{1,16})$/);
  const values: SqlValue[] = [tenantId, gatewayId, afterId];
  const conditions = conditionsOf(filter, values);
  const rows = await transaction.query<RecordRow>(`SELECT ${SELECTED} FROM access_records WHERE ${['tenant_id = $1', 'gateway_id = $2', 'id > $3', ...conditions].join(' AND ')} ORDER BY id LIMIT $${values.push(limit)}`, values);
  const last = rows.at(-1);
  return { records: rows.map(toRecord), next: `f${rows.length === limit && last !== undefined ? last.id : newest}` };
}

function conditionsOf(filter: RecordFilter, values: SqlValue[]): string[] {
  const conditions: string[] = [];
  const add = (value: SqlValue | undefined, condition: (place: string) => string): void => {
    if (value !== undefined) conditions.push(condition(`$${values.push(value)}`));
  };
  const id = (given: string | null | undefined): string | undefined => (given === null ? NO_ID : given);
  add(filter.requestId, (place) => `request_id = ${place}`);
  add(id(filter.routeId), (place) => `route_id = ${place}`);
  add(id(filter.serviceId), (place) => `service_id = ${place}`);
  add(id(filter.consumerId), (place) => `consumer_id = ${place}`);
  add(filter.dataPlaneId, (place) => `data_plane_id = ${place}`);
  add(filter.status, (place) => `status = ${place}`);
  add(filter.statusClass, (place) => `status / 100 = ${place}`);
  add(filter.from, (place) => `started_at >= ${place}`);
  add(filter.to, (place) => `started_at < ${place}`);
  add(filter.minTotalMs === undefined ? undefined : Math.round(filter.minTotalMs * 1000), (place) => `total_us >= ${place}`);
  add(filter.errorCode, (place) => `error_code = ${place}`);
  add(filter.traceId, (place) => `trace_id = ${place}`);
  add(filter.pathPrefix, (place) => `starts_with(path, ${place})`);
  return conditions;
}

function parseCursor(text: string, form: RegExp): readonly [first: number, second: number] {
  const [, first, second = '0'] = form.exec(text) ?? [];
  if (first !== undefined && Number.isSafeInteger(Number(first)) && Number.isSafeInteger(Number(second))) return [Number(first), Number(second)];
  throw new HoldfastError({ code: 'STORE_CURSOR_UNKNOWN', source: 'control-plane', publicMessage: 'the cursor is none of this list; begin without one', message: 'a cursor of access records can not be read' });
}
