/**
 * The rows of a planned window as SQL, and the marks that it is planned by. Values stand in the text, escaped: which windows, filters and
 * groups are asked for has no end, and a prepared statement for each would stay. Used by usage-report.ts and analytics-queries.ts.
 */
import { escapeLiteral } from 'pg';
import { assert } from '../../shared/assert.ts';
import type { Transaction } from './database.ts';
import { onlyRow } from './database.ts';
import type { RetentionTimes } from './retention-levels.ts';
import type { GatewayScope } from './scope.ts';
import { TARGET_FAMILY, USAGE_FAMILY, type Family } from './telemetry-families.ts';
import type { Marks, WindowPlan } from './window-plan.ts';

/** 1…5; 0: the client went away before. Of what may be a class alone. */
export const CLASS_OF = '(CASE WHEN status >= 100 THEN status / 100 ELSE status END)';

interface MarkRow {
  readonly raw_id: number;
  readonly hours_until: Date;
  readonly days_until: Date;
  readonly raw_s: number | null;
  readonly minutes_s: number | null;
  readonly hours_s: number | null;
  readonly days_s: number | null;
}

/** What holds for the tenant's rows in this snapshot. */
export async function readMarks(transaction: Transaction, { tenantId }: GatewayScope, family: Family['name'], nowMs: number, installation: RetentionTimes): Promise<Marks> {
  const row = onlyRow(await transaction.query<MarkRow>(
    `SELECT m.raw_id, m.hours_until, m.days_until, r.raw_s, r.minutes_s, r.hours_s, r.days_s
     FROM roll_up_watermarks m LEFT JOIN tenant_retention r ON r.tenant_id = $1 WHERE m.family = $2`, [tenantId, family]));
  const keptFrom = (seconds: number | null, most: number): number => nowMs - Math.min(seconds === null ? most : seconds * 1000, most);
  return {
    rawId: row.raw_id,
    hoursUntilMs: row.hours_until.getTime(),
    daysUntilMs: row.days_until.getTime(),
    keptFromMs: { raw: keptFrom(row.raw_s, installation.raw), minutes: keptFrom(row.minutes_s, installation.minutes), hours: keptFrom(row.hours_s, installation.hours), days: keptFrom(row.days_s, installation.days) },
  };
}

export interface RowsOptions {
  /** Instead of counts. */
  readonly latencies: boolean;
  /** SQL over the columns of a row. */
  readonly conditions: readonly string[];
  /** Counts are added up by these columns alone, for each of the plan's parts: fewer rows pass through what follows. Instead of all columns. */
  readonly addedUpBy?: readonly string[];
}

/** A query of the rows: at, the family's keys, and either counts or latencies. Those of older control planes are among usage. */
export function rowsOf(scope: GatewayScope, plan: WindowPlan, marks: Marks, { latencies, conditions, addedUpBy }: RowsOptions, family: Family = USAGE_FAMILY): string {
  const columns = addedUpBy === undefined ? ['at', ...family.keys.map(({ name }) => name), ...(latencies ? ['latencies'] : family.counts)] : [...addedUpBy, ...family.counts.map((name) => `sum(${name})::bigint AS ${name}`)];
  const end = addedUpBy === undefined ? '' : ` GROUP BY ${addedUpBy.join(', ')}`;
  const select = (table: string, more: readonly string[]): string =>
    `SELECT ${columns.join(', ')} FROM ${table} WHERE ${[`tenant_id = ${escapeLiteral(scope.tenantId)}`, `gateway_id = ${escapeLiteral(scope.gatewayId)}`, ...more, ...conditions].join(' AND ')}${end}`;
  const between = (fromMs: number, toMs: number): readonly string[] => [`at >= ${timeLiteral(fromMs)}`, `at < ${timeLiteral(toMs)}`];
  const whole = between(plan.fromMs, plan.toMs);
  return [
    ...plan.segments.map(({ level, fromMs, toMs }) => select(level === 'raw' ? family.raw : `${family.tables[level]}${latencies ? '_latencies' : ''}`, between(fromMs, toMs))),
    ...(plan.withTail ? [select(family.raw, [`id > ${marks.rawId}`, ...whole])] : []),
    ...(family === TARGET_FAMILY || latencies ? [] : [select(OLD_USAGE, whole)]),
  ].join('\nUNION ALL ');
}

const OLD_USAGE = `(SELECT tenant_id, gateway_id, interval_start AS at, data_plane_id, coalesce(route_id, '00000000-0000-0000-0000-000000000000') AS route_id,
  coalesce(consumer_id, '00000000-0000-0000-0000-000000000000') AS consumer_id, status_class AS status, requests, bytes_in, bytes_out, duration_us AS request_us,
  0::bigint AS upstream_us, 0::bigint AS gateway_us FROM usage) AS old_usage`;

export function timeLiteral(ms: number): string {
  assert(Number.isSafeInteger(ms), 'a time of a query is whole milliseconds');
  return `'${new Date(ms).toISOString()}'::timestamptz`;
}
