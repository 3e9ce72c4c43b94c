/**
 * Stores telemetry batches of one tenant, several in one transaction: each exactly once per (data plane, boot, sequence), with its counts
 * (T3). Rows go by COPY into a temporary table and from there, under row-level security, into the raw tables, which the roll-up reads
 * (roll-up-store.ts). Called by telemetry/ingest.ts through telemetry-store.ts.
 */
import type { TenantId } from '../../shared/model/ids.ts';
import type { TelemetryBatch } from '../../shared/wire/telemetry-codec.ts';
import { CopyRows, NO_ID } from './copy-rows.ts';
import type { Database, Transaction } from './database.ts';
import { packSketches } from './latency-pack.ts';
import type { TelemetrySource } from './telemetry-store.ts';
import { addVersionCounts } from './version-counts.ts';

export interface IncomingBatch {
  readonly source: TelemetrySource;
  readonly sequence: number;
  readonly batch: TelemetryBatch;
}

/** How finely requests are kept in time; a batch counts where it begins. */
export const RAW_INTERVAL_MS = 10_000;
const MINUTE_MS = 60_000;
/** A data plane whose clock is further off is counted where its batch arrived. */
const OLDEST_MS = 400 * 86_400_000;
const NEWEST_MS = 86_400_000;
/** Of one number of a row: 2^50 bytes are a petabyte, 2^50 microseconds 35 years. */
const PLAUSIBLE = 2 ** 50;
/**
 * Batches of a boot that are remembered, newest first: many times what may be on its way unacknowledged (TELEMETRY_CREDIT). By number, not
 * by sequence: after an outage one merged batch may be thousands of sequences wide. What is older comes again too, where a data plane was
 * killed: its last segment still has what was acknowledged (notForgotten).
 */
const KEPT_BATCHES = 100;
const USAGE_COLUMNS = 'gateway_id, data_plane_id, at, route_id, consumer_id, status, requests, bytes_in, bytes_out, request_us, upstream_us, gateway_us, latencies';
const TARGET_COLUMNS = 'gateway_id, data_plane_id, at, upstream, target, address, attempts, failed, status_5xx, latencies';
/** Of the status of latencies without counts. */
export const OVERFLOW_STATUS = -1;

/** In the order given. All are committed when it resolves, or none. `nowMs`: of the clock that batches are held against. */
export async function storeTogether(database: Database, tenantId: TenantId, batches: readonly IncomingBatch[], nowMs: number): Promise<readonly ('stored' | 'duplicate')[]> {
  for (const { batch } of batches) refuseImplausible(batch);
  return database.transaction({ role: 'holdfast_ingest', tenantId, mode: 'write' }, async (transaction) => {
    const isNew = await noteReceived(transaction, tenantId, batches);
    const fresh = batches.filter((_batch, index) => isNew[index] === true).map((incoming) => ({ ...incoming, atMs: placeInTime(incoming.batch.fromMs, nowMs) }));
    if (fresh.length > 0) {
      await addUsage(transaction, tenantId, fresh);
      await addTargets(transaction, tenantId, fresh);
      await addRouteVersions(transaction, tenantId, fresh);
      await addLosses(transaction, tenantId, fresh);
      await noteStates(transaction, tenantId, fresh);
      await Promise.all(fresh.map(({ source, batch }) => addVersionCounts(transaction, [tenantId, source.gatewayId, source.dataPlaneId], batch)));
      await forgetReceived(transaction, tenantId, 'telemetry_received', fresh.map(({ source }) => source));
    }
    return isNew.map((one) => (one ? 'stored' : 'duplicate'));
  });
}

interface PlacedBatch extends IncomingBatch {
  readonly atMs: number;
}

/** Of the begin of a batch. */
function placeInTime(fromMs: number, nowMs: number): number {
  const known = fromMs < nowMs - OLDEST_MS || fromMs > nowMs + NEWEST_MS ? nowMs : fromMs;
  return Math.floor(known / RAW_INTERVAL_MS) * RAW_INTERVAL_MS;
}

/** What sums of it could not be stored any more is refused at the door (R5): the roll-up adds up rows of all tenants. */
function refuseImplausible(batch: TelemetryBatch): void {
  for (const { requests, bytesIn, bytesOut, durationMicros, upstreamMicros, gatewayMicros } of batch.usage) {
    if (Math.max(requests, bytesIn, bytesOut, durationMicros, upstreamMicros, gatewayMicros) > PLAUSIBLE) throw new RangeError(`a row counts more than ${PLAUSIBLE}`);
  }
  for (const { attempts, failed, status5xx } of batch.targets) if (Math.max(attempts, failed, status5xx) > PLAUSIBLE) throw new RangeError(`a target has more than ${PLAUSIBLE} attempts`);
}

/** Which of them are here for the first time. Before anything that takes a number for its rows: the roll-up relies on it (roll-up-store.ts). */
async function noteReceived(transaction: Transaction, tenantId: TenantId, batches: readonly IncomingBatch[]): Promise<readonly boolean[]> {
  const received = await transaction.query<{ readonly data_plane_id: string; readonly boot_id: string; readonly sequence: number }>(
    `INSERT INTO telemetry_received (tenant_id, gateway_id, data_plane_id, boot_id, sequence, interval_start, interval_end)
     SELECT $1::uuid, r.* FROM unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::bigint[], $6::timestamptz[], $7::timestamptz[]) AS r (gateway_id, data_plane_id, boot_id, sequence, interval_start, interval_end)
     WHERE ${notForgotten('telemetry_received')} ON CONFLICT DO NOTHING RETURNING data_plane_id, boot_id, sequence`,
    [
      tenantId, batches.map(({ source }) => source.gatewayId), batches.map(({ source }) => source.dataPlaneId), batches.map(({ source }) => source.bootId),
      batches.map(({ sequence }) => sequence), batches.map(({ batch }) => new Date(batch.fromMs)), batches.map(({ batch }) => new Date(batch.toMs)),
    ],
  );
  const fresh = new Set(received.map((row) => `${row.data_plane_id}/${row.boot_id}/${row.sequence}`));
  // The same batch twice in one transaction is new once.
  return batches.map(({ source, sequence }) => fresh.delete(`${source.dataPlaneId}/${source.bootId}/${sequence}`));
}

/** Of a batch `r`: false where so many newer ones are remembered that it was stored and forgotten, for those of a boot come and are stored in order. */
export function notForgotten(table: 'telemetry_received' | 'records_received'): string {
  return `NOT EXISTS (SELECT 1 FROM ${table} n WHERE (n.tenant_id, n.data_plane_id, n.boot_id) = ($1, r.data_plane_id, r.boot_id) AND n.sequence > r.sequence OFFSET ${KEPT_BATCHES - 1})`;
}

/** Of each boot the newest stay. */
export async function forgetReceived(transaction: Transaction, tenantId: TenantId, table: 'telemetry_received' | 'records_received', sources: readonly TelemetrySource[]): Promise<void> {
  const boots = new Map(sources.map((source) => [source.bootId, source.dataPlaneId]));
  await transaction.query(
    `DELETE FROM ${table} r USING unnest($2::uuid[], $3::uuid[]) AS b (data_plane_id, boot_id) CROSS JOIN LATERAL (
       SELECT n.sequence FROM ${table} n WHERE (n.tenant_id, n.data_plane_id, n.boot_id) = ($1, b.data_plane_id, b.boot_id) ORDER BY n.sequence DESC OFFSET ${KEPT_BATCHES} LIMIT 1) AS last
     WHERE (r.tenant_id, r.data_plane_id, r.boot_id) = ($1, b.data_plane_id, b.boot_id) AND r.sequence <= last.sequence`,
    [tenantId, [...boots.values()], [...boots.keys()]],
  );
}

async function addUsage(transaction: Transaction, tenantId: TenantId, batches: readonly PlacedBatch[]): Promise<void> {
  const rows = new CopyRows();
  let count = 0;
  for (const { source, batch, atMs } of batches) {
    for (const row of batch.usage) {
      count += 1;
      startRow(rows, 13, source, atMs);
      rows.uuid(row.routeId);
      rows.uuid(row.consumerId);
      rows.int2(row.status);
      for (const value of [row.requests, row.bytesIn, row.bytesOut, row.durationMicros, row.upstreamMicros, row.gatewayMicros]) rows.int8(value);
      rows.bytes(row.latencies === undefined ? null : packSketches([row.latencies.request, row.latencies.upstream, row.latencies.gateway]));
    }
    const overflow = batch.overflow === undefined ? null : packSketches([batch.overflow.request, batch.overflow.upstream, batch.overflow.gateway]);
    if (overflow === null) continue;
    count += 1;
    startRow(rows, 13, source, atMs);
    rows.uuid('');
    rows.uuid('');
    rows.int2(OVERFLOW_STATUS);
    for (let column = 0; column < 6; column += 1) rows.int8(0);
    rows.bytes(overflow);
  }
  if (count > 0) await insertByCopy(transaction, tenantId, 'usage_raw', USAGE_COLUMNS, rows);
}

async function addTargets(transaction: Transaction, tenantId: TenantId, batches: readonly PlacedBatch[]): Promise<void> {
  const rows = new CopyRows();
  let count = 0;
  for (const { source, batch, atMs } of batches) {
    for (const row of batch.targets) {
      count += 1;
      startRow(rows, 10, source, atMs);
      for (const name of [row.upstream, row.target, row.address]) rows.text(name);
      for (const value of [row.attempts, row.failed, row.status5xx]) rows.int8(value);
      rows.bytes(packSketches([row.latency]));
    }
  }
  if (count > 0) await insertByCopy(transaction, tenantId, 'target_raw', TARGET_COLUMNS, rows);
}

function startRow(rows: CopyRows, columns: number, source: TelemetrySource, atMs: number): void {
  rows.row(columns);
  rows.uuid(source.gatewayId);
  rows.uuid(source.dataPlaneId);
  rows.time(atMs * 1000);
}

/** COPY refuses tables with row-level security, so the rows take a step through a table of this connection's own, empty again at its end. */
export async function insertByCopy(transaction: Transaction, tenantId: TenantId, table: 'usage_raw' | 'target_raw' | 'access_records', columns: string, rows: CopyRows): Promise<void> {
  const incoming = `incoming_${table}`;
  transaction.send(`SET LOCAL client_min_messages = warning; CREATE TEMPORARY TABLE IF NOT EXISTS ${incoming} ON COMMIT DELETE ROWS AS SELECT ${columns} FROM ${table} WITH NO DATA`, []);
  await transaction.copyIn(`COPY pg_temp.${incoming} (${columns}) FROM STDIN (FORMAT binary)`, rows.end());
  transaction.send(`INSERT INTO ${table} (tenant_id, ${columns}) SELECT $1::uuid, ${columns} FROM pg_temp.${incoming}`, [tenantId]);
}

async function addRouteVersions(transaction: Transaction, tenantId: TenantId, batches: readonly PlacedBatch[]): Promise<void> {
  const rows = batches.flatMap(({ source, batch, atMs }) => batch.routeVersions.map((row) => ({ source, row, at: new Date(Math.floor(atMs / MINUTE_MS) * MINUTE_MS) })));
  if (rows.length === 0) return;
  await transaction.query(
    `INSERT INTO route_version_counts AS c (tenant_id, gateway_id, data_plane_id, at, route_id, epoch, sequence, failed, failed_here)
     SELECT $1::uuid, r.gateway_id, r.data_plane_id, r.at, r.route_id, r.epoch, r.sequence, sum(r.failed), sum(r.failed_here)
     FROM unnest($2::uuid[], $3::uuid[], $4::timestamptz[], $5::uuid[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[])
       AS r (gateway_id, data_plane_id, at, route_id, epoch, sequence, failed, failed_here) GROUP BY 1, 2, 3, 4, 5, 6, 7 ORDER BY 2, 3, 4, 5, 6, 7
     ON CONFLICT (tenant_id, gateway_id, at, data_plane_id, route_id, epoch, sequence) DO UPDATE SET failed = c.failed + excluded.failed, failed_here = c.failed_here + excluded.failed_here`,
    [
      tenantId, rows.map(({ source }) => source.gatewayId), rows.map(({ source }) => source.dataPlaneId), rows.map(({ at }) => at), rows.map(({ row }) => (row.routeId === '' ? NO_ID : row.routeId)),
      rows.map(({ row }) => row.version.epoch), rows.map(({ row }) => row.version.sequence), rows.map(({ row }) => row.failed), rows.map(({ row }) => row.failedHere),
    ],
  );
}

async function addLosses(transaction: Transaction, tenantId: TenantId, batches: readonly PlacedBatch[]): Promise<void> {
  const drops = batches.flatMap(({ source, batch }) => batch.drops.map((drop) => ({ source, ...drop })));
  await addDrops(transaction, tenantId, drops);
  const gaps = batches.flatMap(({ source, batch }) => batch.crashGaps.map((gap) => ({ source, gap })));
  if (gaps.length === 0) return;
  await transaction.query(
    `INSERT INTO crash_gaps (tenant_id, gateway_id, data_plane_id, boot_id, last_fold_at, at_most_ms, last_rate_per_second)
     SELECT $1::uuid, g.* FROM unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::timestamptz[], $6::bigint[], $7::float8[]) AS g ON CONFLICT DO NOTHING`,
    [
      tenantId, gaps.map(({ source }) => source.gatewayId), gaps.map(({ source }) => source.dataPlaneId), gaps.map(({ gap }) => gap.bootId),
      gaps.map(({ gap }) => new Date(gap.lastFoldMs)), gaps.map(({ gap }) => gap.atMostMs), gaps.map(({ gap }) => gap.lastRatePerSecond),
    ],
  );
}

/** What data planes dropped, of counts or of access records. */
export async function addDrops(transaction: Transaction, tenantId: TenantId, drops: readonly { readonly source: TelemetrySource; readonly reason: string; readonly count: number }[]): Promise<void> {
  if (drops.length === 0) return;
  await transaction.query(
    `INSERT INTO telemetry_drops AS d (tenant_id, gateway_id, data_plane_id, reason, dropped)
     SELECT $1::uuid, r.gateway_id, r.data_plane_id, r.reason, sum(r.dropped) FROM unnest($2::uuid[], $3::uuid[], $4::text[], $5::bigint[]) AS r (gateway_id, data_plane_id, reason, dropped)
     GROUP BY 1, 2, 3, 4 ORDER BY 2, 3, 4
     ON CONFLICT (tenant_id, gateway_id, data_plane_id, reason) DO UPDATE SET dropped = d.dropped + excluded.dropped`,
    [tenantId, drops.map(({ source }) => source.gatewayId), drops.map(({ source }) => source.dataPlaneId), drops.map(({ reason }) => reason), drops.map(({ count }) => count)],
  );
}

/** How far the counts of each data plane reach, and how it is: one row every ten seconds, the last of them. */
async function noteStates(transaction: Transaction, tenantId: TenantId, batches: readonly PlacedBatch[]): Promise<void> {
  const newest = new Map(batches.toSorted((a, b) => a.batch.toMs - b.batch.toMs).map((placed) => [placed.source.dataPlaneId, placed]));
  const states = [...newest.values()].toSorted((a, b) => (a.source.dataPlaneId < b.source.dataPlaneId ? -1 : 1));
  await transaction.query(
    `INSERT INTO counted_until AS c (tenant_id, gateway_id, data_plane_id, until) SELECT $1::uuid, r.* FROM unnest($2::uuid[], $3::uuid[], $4::timestamptz[]) AS r
     ON CONFLICT (tenant_id, gateway_id, data_plane_id) DO UPDATE SET until = greatest(c.until, excluded.until)`,
    [tenantId, states.map(({ source }) => source.gatewayId), states.map(({ source }) => source.dataPlaneId), states.map(({ batch }) => new Date(batch.toMs))],
  );
  const vitals = states.flatMap(({ source, batch, atMs }) => (batch.vitals === undefined ? [] : [{ source, at: new Date(atMs), vitals: batch.vitals }]));
  if (vitals.length === 0) return;
  await transaction.query(
    `INSERT INTO data_plane_vitals AS v (tenant_id, gateway_id, data_plane_id, at, vitals)
     SELECT $1::uuid, r.gateway_id, r.data_plane_id, r.at, r.vitals::jsonb FROM unnest($2::uuid[], $3::uuid[], $4::timestamptz[], $5::text[]) AS r (gateway_id, data_plane_id, at, vitals)
     ON CONFLICT (tenant_id, gateway_id, data_plane_id, at) DO UPDATE SET vitals = excluded.vitals`,
    [tenantId, vitals.map(({ source }) => source.gatewayId), vitals.map(({ source }) => source.dataPlaneId), vitals.map(({ at }) => at), vitals.map((one) => JSON.stringify(one.vitals))],
  );
}
