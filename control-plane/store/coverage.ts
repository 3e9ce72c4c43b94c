/**
 * What an answer of analytics covers, and what is known to be missing of it: drops, ends without a last fold, data planes whose counts have not
 * come yet. Read in the snapshot of the answer, by analytics-queries.ts and target-queries.ts.
 */
import type { Coverage, Missing } from './analytics-store.ts';
import type { Transaction } from './database.ts';
import type { PlannedWindow } from './planned-window.ts';
import type { GatewayScope } from './scope.ts';
import type { Marks } from './window-plan.ts';

/** Data planes fold every second, and send at once. */
const USUAL_DELAY_MS = 15_000;

export async function readCoverage(transaction: Transaction, { tenantId, gatewayId }: GatewayScope, { resolution, plan }: PlannedWindow, marks: Marks, nowMs: number): Promise<Coverage> {
  const place = [tenantId, gatewayId] as const;
  const [from, to] = [new Date(plan.fromMs), new Date(plan.toMs)];
  // Sent together: one round trip.
  const [drops, crashGaps, reached] = await Promise.all([
    transaction.query<Missing['drops'][number]>(
      'SELECT data_plane_id AS "dataPlaneId", reason, dropped AS count FROM telemetry_drops WHERE tenant_id = $1 AND gateway_id = $2 ORDER BY 1, 2', place),
    transaction.query<Missing['crashGaps'][number]>(
      `SELECT data_plane_id AS "dataPlaneId", boot_id AS "bootId", last_fold_at AS "lastFoldAt", at_most_ms AS "atMostMs", last_rate_per_second AS "lastRatePerSecond" FROM crash_gaps
       WHERE tenant_id = $1 AND gateway_id = $2 AND last_fold_at < $4 AND last_fold_at + at_most_ms * interval '1 millisecond' >= $3 ORDER BY last_fold_at`, [...place, from, to]),
    transaction.query<{ readonly dataPlaneId: string; readonly until: Date | null; readonly revoked: boolean }>(
      `SELECT d.id AS "dataPlaneId", c.until, d.revoked_at IS NOT NULL AS revoked FROM data_planes d LEFT JOIN counted_until c ON (c.tenant_id, c.gateway_id, c.data_plane_id) = (d.tenant_id, d.gateway_id, d.id)
       WHERE d.tenant_id = $1 AND d.gateway_id = $2 ORDER BY d.id`, place),
  ]);
  const due = Math.min(plan.toMs, nowMs - USUAL_DELAY_MS);
  const silent = reached.filter(({ until, revoked }) => !revoked && (until === null || until.getTime() < due)).map(({ dataPlaneId, until }) => ({ dataPlaneId, countedUntil: until ?? undefined }));
  const times = reached.flatMap(({ until }) => (until === null ? [] : [until.getTime()]));
  return {
    resolution,
    from,
    to,
    keptFrom: new Date(Math.min(marks.keptFromMs.days, marks.keptFromMs.hours)),
    countedUntil: times.length === 0 ? undefined : new Date(times.reduce((one, other) => Math.max(one, other))),
    rolledUp: { hours: new Date(marks.hoursUntilMs), days: new Date(marks.daysUntilMs) },
    missing: { drops, crashGaps, silent },
  };
}
