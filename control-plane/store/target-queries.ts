/**
 * What analytics tells besides requests: attempts at targets of upstreams, failures of routes by version, how data planes are. Part of the
 * snapshot of analytics-queries.ts.
 */
import { escapeLiteral } from 'pg';
import type { Vitals } from '../../shared/wire/telemetry-codec.ts';
import type { AnalyticsStore, DataPlaneVitals, RouteVersionErrors, TargetTotal } from './analytics-store.ts';
import { NO_ID } from './copy-rows.ts';
import { readCoverage } from './coverage.ts';
import type { Transaction } from './database.ts';
import { PackSum } from './latency-pack.ts';
import { quantilesOf, resolutionFor, windowOf } from './planned-window.ts';
import type { RetentionTimes } from './retention-levels.ts';
import type { GatewayScope } from './scope.ts';
import { MINUTE_MS, floorTo, TARGET_FAMILY } from './telemetry-families.ts';
import { readMarks, rowsOf } from './usage-rows.ts';

type Answers<Name extends keyof AnalyticsStore> = Awaited<ReturnType<AnalyticsStore[Name]>>;
const FETCHED = 300;

export async function readTargets(transaction: Transaction, scope: GatewayScope, query: { readonly from: Date; readonly to: Date; readonly upstream?: string; readonly limit: number }, nowMs: number, retention: RetentionTimes): Promise<Answers<'targets'>> {
  const marks = await readMarks(transaction, scope, 'targets', nowMs, retention);
  const window = windowOf(query, resolutionFor(query, marks), marks);
  const conditions = query.upstream === undefined ? [] : [`upstream = ${escapeLiteral(query.upstream)}`];
  const rows = (latencies: boolean): string => rowsOf(scope, window.plan, marks, { latencies, conditions }, TARGET_FAMILY);
  const counted = await transaction.query<Omit<TargetTotal, 'latency'>>(
    `SELECT upstream, target, address, sum(attempts)::bigint AS attempts, sum(failed)::bigint AS failed, sum(status_5xx)::bigint AS "status5xx"
     FROM (${rows(false)}) AS r GROUP BY 1, 2, 3 ORDER BY 4 DESC, 1, 2, 3 LIMIT ${Math.floor(query.limit)}`);
  const name = (target: Pick<TargetTotal, 'upstream' | 'target' | 'address'>): string => JSON.stringify([target.upstream, target.target, target.address]);
  const packs = new Map(counted.map((target) => [name(target), new PackSum(1)]));
  await transaction.query(`DECLARE packs NO SCROLL CURSOR FOR SELECT upstream, target, address, latencies FROM (${rows(true)}) AS r WHERE latencies IS NOT NULL`);
  for (;;) {
    const some = await transaction.query<Pick<TargetTotal, 'upstream' | 'target' | 'address'> & { readonly latencies: Uint8Array }>(`FETCH ${FETCHED} FROM packs`);
    for (const row of some) packs.get(name(row))?.add(row.latencies);
    if (some.length < FETCHED) break;
    await new Promise<void>((resolve) => void setImmediate(resolve));
  }
  await transaction.query('CLOSE packs');
  return { targets: counted.map((target) => ({ ...target, latency: quantilesOf(packs.get(name(target))?.sketches()[0]) })), coverage: await readCoverage(transaction, scope, window, marks, nowMs) };
}

export async function readRouteVersionErrors(transaction: Transaction, { tenantId, gatewayId }: GatewayScope, query: { readonly from: Date; readonly to: Date; readonly routes?: readonly (string | null)[]; readonly limit: number }): Promise<readonly RouteVersionErrors[]> {
  const routes = query.routes === undefined ? null : query.routes.map((id) => id ?? NO_ID);
  const rows = await transaction.query<{ readonly routeId: string | null; readonly epoch: number; readonly sequence: number; readonly failed: number; readonly failedHere: number }>(
    `SELECT nullif(route_id, '${NO_ID}') AS "routeId", epoch, sequence, sum(failed)::bigint AS failed, sum(failed_here)::bigint AS "failedHere" FROM route_version_counts
     WHERE tenant_id = $1 AND gateway_id = $2 AND at >= $3 AND at < $4 AND ($5::uuid[] IS NULL OR route_id = ANY ($5)) GROUP BY route_id, epoch, sequence ORDER BY epoch DESC, sequence DESC, sum(failed) DESC, route_id LIMIT $6`,
    [tenantId, gatewayId, new Date(floorTo(query.from.getTime(), MINUTE_MS)), query.to, routes, query.limit]);
  return rows.map(({ routeId, epoch, sequence, failed, failedHere }) => ({ routeId, version: { epoch, sequence }, failed, failedHere }));
}

export async function readVitals(transaction: Transaction, { tenantId, gatewayId }: GatewayScope): Promise<readonly DataPlaneVitals[]> {
  return transaction.query<DataPlaneVitals>(
    `SELECT d.id AS "dataPlaneId", v.vitals FROM data_planes d CROSS JOIN LATERAL (
       SELECT vitals FROM data_plane_vitals v WHERE (v.tenant_id, v.gateway_id, v.data_plane_id) = (d.tenant_id, d.gateway_id, d.id) ORDER BY at DESC LIMIT 1) AS v
     WHERE d.tenant_id = $1 AND d.gateway_id = $2 ORDER BY d.id`, [tenantId, gatewayId]);
}

export async function readVitalsHistory(transaction: Transaction, { tenantId, gatewayId }: GatewayScope, dataPlaneId: string, from: Date, to: Date): Promise<readonly Vitals[]> {
  const rows = await transaction.query<{ readonly vitals: Vitals }>(
    'SELECT vitals FROM data_plane_vitals WHERE tenant_id = $1 AND gateway_id = $2 AND data_plane_id = $3 AND at >= $4 AND at < $5 ORDER BY at', [tenantId, gatewayId, dataPlaneId, from, to]);
  return rows.map(({ vitals }) => vitals);
}
