/**
 * Telemetry: stored exactly once per (data plane, boot, sequence), batch and counts in one transaction (T3); usage totals.
 * Writes use the ingest role with the tenant of the data plane's certificate set, reads the app's.
 */
import { describeThrown, HoldfastError } from '../../shared/errors.ts';
import type { DataPlaneId } from '../../shared/model/ids.ts';
import { USAGE_RESOLUTION_MS, type TelemetryBatch, type UsageRow } from '../../shared/wire/telemetry-codec.ts';
import type { Database, SqlValue, Transaction } from './database.ts';
import { isDataRefused } from './database-error.ts';
import type { GatewayScope } from './scope.ts';
import { addVersionCounts, readVersionCounts, type Place, type VersionCount } from './version-counts.ts';

export interface TelemetrySource extends GatewayScope {
  readonly dataPlaneId: DataPlaneId;
  /** UUID of the process's start. */
  readonly bootId: string;
}

export type UsageGrouping = 'route' | 'consumer' | 'status-class' | 'data-plane';

export interface UsageQuery {
  /** Intervals that start at or after it. Counts are kept by the minute. */
  readonly from?: Date;
  /** Intervals that start before it. */
  readonly to?: Date;
  readonly groupBy: readonly UsageGrouping[];
}

/** Sums; fields that were not grouped by are undefined, null means that there was none (no route matched, no consumer). */
export interface UsageTotal {
  readonly routeId: string | null | undefined;
  readonly consumerId: string | null | undefined;
  readonly statusClass: number | undefined;
  readonly dataPlaneId: string | undefined;
  readonly requests: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly durationMicros: number;
}

export interface UsageReport {
  readonly totals: readonly UsageTotal[];
  /** All that was ever dropped and lost, whatever the interval asked for. */
  readonly drops: readonly { readonly dataPlaneId: string; readonly reason: string; readonly count: number }[];
  readonly crashGaps: readonly { readonly dataPlaneId: string; readonly bootId: string; readonly lastFoldAt: Date; readonly atMostMs: number; readonly lastRatePerSecond: number }[];
}

export interface TelemetryStore {
  /**
   * Committed when it resolves; `duplicate` where this batch had been stored before. Both are to be acknowledged. Throws
   * STORE_TELEMETRY_REFUSED, which is not retryable, for a batch that can never be stored.
   */
  storeBatch(source: TelemetrySource, sequence: number, batch: TelemetryBatch): Promise<'stored' | 'duplicate'>;
  usage(scope: GatewayScope, query: UsageQuery): Promise<UsageReport>;
  /** How requests of a data plane went under the last configuration versions, newest first, and under the one that serves (version-counts.ts); then NO_VERSION where there were any without. */
  versionCounts(scope: GatewayScope, dataPlaneId: string): Promise<readonly VersionCount[]>;
}

/**
 * Batches of a boot that are remembered, newest first: many times what may be on its way unacknowledged (TELEMETRY_CREDIT), and
 * so what may come again. By number, not by sequence: after an outage one merged batch may be thousands of sequences wide.
 */
const KEPT_BATCHES = 100;
const GROUPING_COLUMNS: Readonly<Record<UsageGrouping, string>> = { route: 'route_id', consumer: 'consumer_id', 'status-class': 'status_class', 'data-plane': 'data_plane_id' };

interface TotalRow {
  readonly route_id?: string | null;
  readonly consumer_id?: string | null;
  readonly status_class?: number;
  readonly data_plane_id?: string;
  readonly requests: number;
  readonly bytes_in: number;
  readonly bytes_out: number;
  readonly duration_us: number;
}

export function createTelemetryStore(database: Database): TelemetryStore {
  return {
    storeBatch: (source, sequence, batch) =>
      database.transaction({ role: 'holdfast_ingest', tenantId: source.tenantId, mode: 'write' }, async (transaction) => {
        const place = [source.tenantId, source.gatewayId, source.dataPlaneId] as const;
        const received = await transaction.query(
          `INSERT INTO telemetry_received (tenant_id, gateway_id, data_plane_id, boot_id, sequence, interval_start, interval_end)
           VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING RETURNING sequence`,
          [...place, source.bootId, sequence, new Date(batch.fromMs), new Date(batch.toMs)],
        );
        if (received.length === 0) return 'duplicate' as const;
        await addUsage(transaction, place, batch);
        await addLosses(transaction, place, batch);
        await addVersionCounts(transaction, place, batch);
        await transaction.query(
          `DELETE FROM telemetry_received WHERE (tenant_id, data_plane_id, boot_id) = ($1, $2, $3) AND sequence <= (
             SELECT sequence FROM telemetry_received WHERE (tenant_id, data_plane_id, boot_id) = ($1, $2, $3) ORDER BY sequence DESC OFFSET $4 LIMIT 1)`,
          [source.tenantId, source.dataPlaneId, source.bootId, KEPT_BATCHES],
        );
        return 'stored' as const;
      }).catch((thrown: unknown) => {
        throw isDataRefused(thrown) ? refused(source, sequence, thrown) : thrown;
      }),

    versionCounts: (scope, dataPlaneId) =>
      database.transaction({ role: 'holdfast_app', tenantId: scope.tenantId, mode: 'snapshot' }, (transaction) => readVersionCounts(transaction, [scope.tenantId, scope.gatewayId, dataPlaneId])),

    usage: (scope, query) =>
      database.transaction({ role: 'holdfast_app', tenantId: scope.tenantId, mode: 'snapshot' }, async (transaction) => {
        const place = [scope.tenantId, scope.gatewayId] as const;
        const columns = [...new Set(query.groupBy)].map((grouping) => GROUPING_COLUMNS[grouping]);
        const values: SqlValue[] = [...place];
        // Only what was asked for: a plan that is kept for any value, also none, would read all of the gateway's rows.
        const since = query.from === undefined ? '' : `AND interval_start >= $${values.push(query.from)}`;
        const until = query.to === undefined ? '' : `AND interval_start < $${values.push(query.to)}`;
        const totals = await transaction.query<TotalRow>(
          `SELECT ${[...columns, ...['requests', 'bytes_in', 'bytes_out', 'duration_us'].map((sum) => `coalesce(sum(${sum}), 0)::bigint AS ${sum}`)].join(', ')}
           FROM usage WHERE tenant_id = $1 AND gateway_id = $2 ${since} ${until}
           ${columns.length === 0 ? '' : `GROUP BY ${columns.join(', ')} ORDER BY ${columns.join(', ')}`}`,
          values,
        );
        const drops = await transaction.query<UsageReport['drops'][number]>(
          'SELECT data_plane_id AS "dataPlaneId", reason, dropped AS count FROM telemetry_drops WHERE tenant_id = $1 AND gateway_id = $2 ORDER BY 1, 2', place);
        const crashGaps = await transaction.query<UsageReport['crashGaps'][number]>(
          `SELECT data_plane_id AS "dataPlaneId", boot_id AS "bootId", last_fold_at AS "lastFoldAt", at_most_ms AS "atMostMs", last_rate_per_second AS "lastRatePerSecond"
           FROM crash_gaps WHERE tenant_id = $1 AND gateway_id = $2 ORDER BY last_fold_at`, place);
        return { totals: totals.map(toTotal), drops, crashGaps };
      }),
  };
}

/** A number out of range, a date that is none, a data plane that is not of this gateway: as wrong the next time. */
function refused({ dataPlaneId }: TelemetrySource, sequence: number, cause: unknown): HoldfastError {
  return new HoldfastError({
    code: 'STORE_TELEMETRY_REFUSED',
    source: 'control-plane',
    publicMessage: 'the telemetry batch can not be stored',
    message: `batch ${sequence} of data plane ${dataPlaneId} can not be stored: ${describeThrown(cause)}`,
    cause,
  });
}

/**
 * Adds the batch's counts to the minute in which it begins, or to an interval of all the minutes that it covers to their end.
 * The fold before the end of a minute reaches into the next: it must not make rows of its own.
 */
async function addUsage(transaction: Transaction, place: Place, batch: TelemetryBatch): Promise<void> {
  if (batch.usage.length === 0) return;
  const start = new Date(Math.floor(batch.fromMs / USAGE_RESOLUTION_MS) * USAGE_RESOLUTION_MS);
  const end = new Date(Math.max(Math.floor(batch.toMs / USAGE_RESOLUTION_MS) * USAGE_RESOLUTION_MS, start.getTime() + USAGE_RESOLUTION_MS));
  const column = (name: Exclude<keyof UsageRow, 'routeId' | 'consumerId'>): readonly number[] => batch.usage.map((row) => row[name]);
  const id = (name: 'routeId' | 'consumerId'): readonly (string | null)[] => batch.usage.map((row) => (row[name] === '' ? null : row[name]));
  // Summed first: one statement may touch a row once only, and a batch may name a combination twice.
  await transaction.query(
    `INSERT INTO usage AS u (tenant_id, gateway_id, data_plane_id, interval_start, interval_end, route_id, consumer_id, status_class, requests, bytes_in, bytes_out, duration_us)
     SELECT $1, $2, $3, $4, $5, r.route_id, r.consumer_id, r.status_class, sum(r.requests), sum(r.bytes_in), sum(r.bytes_out), sum(r.duration_us)
     FROM unnest($6::uuid[], $7::uuid[], $8::smallint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[])
       AS r (route_id, consumer_id, status_class, requests, bytes_in, bytes_out, duration_us)
     GROUP BY r.route_id, r.consumer_id, r.status_class
     ON CONFLICT (tenant_id, gateway_id, interval_start, interval_end, data_plane_id, route_id, consumer_id, status_class) DO UPDATE SET
       requests = u.requests + excluded.requests, bytes_in = u.bytes_in + excluded.bytes_in,
       bytes_out = u.bytes_out + excluded.bytes_out, duration_us = u.duration_us + excluded.duration_us`,
    [...place, start, end, id('routeId'), id('consumerId'), column('statusClass'), column('requests'), column('bytesIn'), column('bytesOut'), column('durationMicros')],
  );
}

async function addLosses(transaction: Transaction, place: Place, batch: TelemetryBatch): Promise<void> {
  if (batch.drops.length > 0) {
    await transaction.query(
      `INSERT INTO telemetry_drops AS d (tenant_id, gateway_id, data_plane_id, reason, dropped)
       SELECT $1, $2, $3, r.reason, sum(r.dropped) FROM unnest($4::text[], $5::bigint[]) AS r (reason, dropped) GROUP BY r.reason
       ON CONFLICT (tenant_id, gateway_id, data_plane_id, reason) DO UPDATE SET dropped = d.dropped + excluded.dropped`,
      [...place, batch.drops.map((drop) => drop.reason), batch.drops.map((drop) => drop.count)],
    );
  }
  if (batch.crashGaps.length > 0) {
    const { crashGaps } = batch;
    await transaction.query(
      `INSERT INTO crash_gaps (tenant_id, gateway_id, data_plane_id, boot_id, last_fold_at, at_most_ms, last_rate_per_second)
       SELECT $1, $2, $3, g.* FROM unnest($4::uuid[], $5::timestamptz[], $6::bigint[], $7::float8[]) AS g ON CONFLICT DO NOTHING`,
      [...place, crashGaps.map((gap) => gap.bootId), crashGaps.map((gap) => new Date(gap.lastFoldMs)), crashGaps.map((gap) => gap.atMostMs), crashGaps.map((gap) => gap.lastRatePerSecond)],
    );
  }
}

function toTotal(row: TotalRow): UsageTotal {
  return {
    routeId: row.route_id,
    consumerId: row.consumer_id,
    statusClass: row.status_class,
    dataPlaneId: row.data_plane_id,
    requests: row.requests,
    bytesIn: row.bytes_in,
    bytesOut: row.bytes_out,
    durationMicros: row.duration_us,
  };
}
