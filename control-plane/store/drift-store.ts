/**
 * Connected data planes that do not serve what they should, compared with the alarms that say so: returns the differences
 * alone, so a fleet in step costs one query and no row. It reads each connected data plane's row once per tick (10,000: some
 * 20 ms); an index on what was applied would spare that and make every Applied of every data plane rewrite its index entries.
 * With the publisher's role, for all tenants. Called by alarms/drift-watch.ts.
 */
import type { Clock } from '../../shared/clock.ts';
import type { DataPlaneId, GatewayId, TenantId } from '../../shared/model/ids.ts';
import type { ConfigVersion } from '../../shared/model/version.ts';
import { GONE_AFTER_MS } from './convergence-store.ts';
import type { Database } from './database.ts';
import { PASSING_REFUSALS_SQL } from './passing-refusals.ts';
import type { GatewayScope } from './scope.ts';

export type DriftKind = 'behind' | 'rejected' | 'fell-back' | 'many';

export interface Drift extends GatewayScope {
  readonly kind: DriftKind;
  /** Undefined for `many`. */
  readonly dataPlaneId: DataPlaneId | undefined;
}

export interface NewDrift extends Drift {
  readonly hostname: string;
  readonly applied: ConfigVersion;
  /** The newest release that is older than the time allowed; for a refusal what was refused. */
  readonly missing: ConfigVersion;
  /** Of a refusal; '' otherwise. */
  readonly reason: string;
  /** In its gateway. */
  readonly drifting: number;
}

export interface DriftStore {
  /**
   * `begun`: drifting without an alarm. `over`: an alarm, and no drift any more. A data plane is behind once it lacks a release
   * that is older than `afterMs` and has had a session that long; a refusal counts at once, unless it may pass.
   */
  compare(afterMs: number, codes: Readonly<Record<DriftKind, string>>): Promise<{ readonly begun: readonly NewDrift[]; readonly over: readonly Drift[] }>;
}

/** Where more data planes of a gateway drift, there is one alarm for all of them. */
export const NAMED_AT_MOST = 50;
/** Differences of one tick; the rest is found by the next. */
const DIFFERENCES = 2_000;
/** Stands for "the gateway as a whole", because a full join can't compare nulls. */
const NOBODY = "'00000000-0000-0000-0000-000000000000'::uuid";

interface Row {
  readonly tenant_id: TenantId;
  readonly gateway_id: GatewayId;
  readonly data_plane_id: DataPlaneId;
  readonly code: string;
  readonly is_new: boolean;
  readonly whole_gateway: boolean;
  readonly hostname: string | null;
  readonly applied_epoch: number | null;
  readonly applied_sequence: number | null;
  readonly missing_epoch: number | null;
  readonly missing_sequence: number | null;
  readonly reason: string | null;
  readonly drifting: number | null;
}

/** $1 before this a release must have arrived, $2 seen since, $3 to $6 the codes: behind, rejected, fell back, many. */
const COMPARE = `
  WITH due AS (
    SELECT g.tenant_id, g.id AS gateway_id, r.epoch, r.sequence
    FROM gateways g LEFT JOIN LATERAL (
      SELECT epoch, sequence FROM releases WHERE tenant_id = g.tenant_id AND gateway_id = g.id AND created_at <= $1 ORDER BY epoch DESC, sequence DESC LIMIT 1) r ON true
    WHERE g.deleted_at IS NULL),
  drifting AS (
    SELECT d.tenant_id, d.gateway_id, d.id AS data_plane_id, d.hostname, d.applied_epoch, d.applied_sequence,
      CASE WHEN NOT refused.for_good THEN $3 WHEN d.rejection ->> 'code' = 'SYNC_FELL_BACK' THEN $5 ELSE $4 END AS code,
      CASE WHEN refused.for_good THEN (d.rejection ->> 'epoch')::bigint ELSE due.epoch END AS missing_epoch,
      CASE WHEN refused.for_good THEN (d.rejection ->> 'sequence')::bigint ELSE due.sequence END AS missing_sequence,
      CASE WHEN d.rejection IS NULL THEN '' ELSE concat_ws(': ', d.rejection ->> 'code', d.rejection #>> '{reasons,0}') END AS reason,
      count(*) OVER (PARTITION BY d.tenant_id, d.gateway_id) AS drifting
    FROM due JOIN data_planes d USING (tenant_id, gateway_id)
      CROSS JOIN LATERAL (SELECT d.rejection IS NOT NULL AND d.rejection ->> 'code' <> ALL (${PASSING_REFUSALS_SQL}) AS for_good) refused
    WHERE d.connected AND d.revoked_at IS NULL AND d.last_seen_at > $2
      AND (refused.for_good OR ((d.applied_epoch, d.applied_sequence) < (due.epoch, due.sequence) AND coalesce(d.session_started_at <= $1, true)))),
  conditions AS (
    SELECT tenant_id, gateway_id, data_plane_id, code, hostname, applied_epoch, applied_sequence, missing_epoch, missing_sequence, reason, drifting FROM drifting WHERE drifting <= ${NAMED_AT_MOST}
    UNION ALL
    SELECT tenant_id, gateway_id, ${NOBODY}, $6, '', 0, 0, max(missing_epoch), max(missing_sequence), '', drifting FROM drifting WHERE drifting > ${NAMED_AT_MOST} GROUP BY tenant_id, gateway_id, drifting),
  alarmed AS (
    SELECT tenant_id, gateway_id, coalesce(data_plane_id, ${NOBODY}) AS data_plane_id, code FROM alarms WHERE cleared_at IS NULL AND code IN ($3, $4, $5, $6))
  SELECT tenant_id, gateway_id, data_plane_id, code, a IS NULL AS is_new, data_plane_id = ${NOBODY} AS whole_gateway,
    c.hostname, c.applied_epoch, c.applied_sequence, c.missing_epoch, c.missing_sequence, c.reason, c.drifting
  FROM conditions c FULL JOIN alarmed a USING (tenant_id, gateway_id, data_plane_id, code)
  WHERE a IS NULL OR c IS NULL LIMIT ${DIFFERENCES}`;

export function createDriftStore(database: Database, clock: Clock): DriftStore {
  return {
    async compare(afterMs, codes) {
      const nowMs = clock.nowMs();
      const rows = await database.query<Row>({ role: 'holdfast_publisher', mode: 'snapshot' }, COMPARE, [
        new Date(nowMs - afterMs), new Date(nowMs - GONE_AFTER_MS), codes.behind, codes.rejected, codes['fell-back'], codes.many,
      ]);
      const kindOf = (code: string): DriftKind => (code === codes.many ? 'many' : code === codes.rejected ? 'rejected' : code === codes['fell-back'] ? 'fell-back' : 'behind');
      const toDrift = (row: Row): Drift => ({ tenantId: row.tenant_id, gatewayId: row.gateway_id, kind: kindOf(row.code), dataPlaneId: row.whole_gateway ? undefined : row.data_plane_id });
      return {
        begun: rows.filter((row) => row.is_new).map((row) => ({
          ...toDrift(row),
          hostname: row.hostname ?? '',
          applied: { epoch: row.applied_epoch ?? 0, sequence: row.applied_sequence ?? 0 },
          missing: { epoch: row.missing_epoch ?? 0, sequence: row.missing_sequence ?? 0 },
          reason: row.reason ?? '',
          drifting: row.drifting ?? 0,
        })),
        over: rows.filter((row) => !row.is_new).map(toDrift),
      };
    },
  };
}
