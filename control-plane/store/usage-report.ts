/**
 * Exact totals of a gateway's requests (T3), from the roll-ups, what they have not taken yet, and what control planes of an older release
 * store: one snapshot. Used by telemetry-store.ts.
 */
import { onlyRow, type Transaction } from './database.ts';
import type { RetentionTimes } from './retention-levels.ts';
import type { GatewayScope } from './scope.ts';
import { MINUTE_MS, ceilTo } from './telemetry-families.ts';
import { CLASS_OF, readMarks, rowsOf } from './usage-rows.ts';
import { planWindow } from './window-plan.ts';

export type UsageGrouping = 'route' | 'consumer' | 'status' | 'status-class' | 'data-plane';

export interface UsageQuery {
  /** Minutes that start at or after it; where minutes are no longer kept of that time, hours or days. */
  readonly from?: Date;
  /** Those that start before it. */
  readonly to?: Date;
  readonly groupBy: readonly UsageGrouping[];
}

/** Sums; fields that were not grouped by are undefined, null means that there was none (no route matched, no consumer). */
export interface UsageTotal {
  readonly routeId: string | null | undefined;
  readonly consumerId: string | null | undefined;
  /** 100…599; 0 where the client went away before a status; 1…5 for a class alone, from a data plane that told no more. */
  readonly status: number | undefined;
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

const GROUPING_COLUMNS: Readonly<Record<UsageGrouping, string>> = {
  route: "nullif(route_id, '00000000-0000-0000-0000-000000000000') AS route_id",
  consumer: "nullif(consumer_id, '00000000-0000-0000-0000-000000000000') AS consumer_id",
  status: 'status',
  'status-class': `${CLASS_OF} AS status_class`,
  'data-plane': 'data_plane_id',
};

interface TotalRow {
  readonly route_id?: string | null;
  readonly consumer_id?: string | null;
  readonly status?: number;
  readonly status_class?: number;
  readonly data_plane_id?: string;
  readonly requests: number;
  readonly bytes_in: number;
  readonly bytes_out: number;
  readonly request_us: number;
}

/** Where nothing begins before it, and nothing after it. */
const FIRST_MS = 0;
const LAST_MS = Date.UTC(9999, 0);

export async function readUsage(transaction: Transaction, scope: GatewayScope, query: UsageQuery, nowMs: number, installation: RetentionTimes): Promise<UsageReport> {
  const marks = await readMarks(transaction, scope, 'usage', nowMs, installation);
  const columns = [...new Set(query.groupBy)].map((grouping) => GROUPING_COLUMNS[grouping]);
  const fromMs = ceilTo(Math.max(query.from?.getTime() ?? FIRST_MS, FIRST_MS), MINUTE_MS);
  const toMs = ceilTo(Math.min(query.to?.getTime() ?? LAST_MS, LAST_MS), MINUTE_MS);
  const rows = rowsOf(scope, planWindow({ fromMs, toMs, finest: 'minutes', coarsest: 'days', marks }), marks, { latencies: false, conditions: ['status >= 0'] });
  const names = columns.map((_column, index) => String(index + 1)).join(', ');
  const totals = await transaction.query<TotalRow>(
    `SELECT ${[...columns, ...['requests', 'bytes_in', 'bytes_out', 'request_us'].map((sum) => `coalesce(sum(${sum}), 0)::bigint AS ${sum}`)].join(', ')}
     FROM (${rows}) AS r ${columns.length === 0 ? '' : `GROUP BY ${names} ORDER BY ${names}`}`);
  const place = [scope.tenantId, scope.gatewayId] as const;
  const drops = await transaction.query<UsageReport['drops'][number]>(
    'SELECT data_plane_id AS "dataPlaneId", reason, dropped AS count FROM telemetry_drops WHERE tenant_id = $1 AND gateway_id = $2 ORDER BY 1, 2', place);
  const crashGaps = await transaction.query<UsageReport['crashGaps'][number]>(
    `SELECT data_plane_id AS "dataPlaneId", boot_id AS "bootId", last_fold_at AS "lastFoldAt", at_most_ms AS "atMostMs", last_rate_per_second AS "lastRatePerSecond"
     FROM crash_gaps WHERE tenant_id = $1 AND gateway_id = $2 ORDER BY last_fold_at`, place);
  return { totals: (columns.length === 0 ? [onlyRow(totals)] : totals).map(toTotal), drops, crashGaps };
}

function toTotal(row: TotalRow): UsageTotal {
  return {
    routeId: row.route_id,
    consumerId: row.consumer_id,
    status: row.status,
    statusClass: row.status_class,
    dataPlaneId: row.data_plane_id,
    requests: row.requests,
    bytesIn: row.bytes_in,
    bytesOut: row.bytes_out,
    durationMicros: row.request_us,
  };
}
