/**
 * How far a fleet has got with a version, counted in the database: sessions of every control-plane instance report there, so
 * each instance gives the same answer. One pass over the gateway's data planes (10,000 of them: 110 ms on a loaded 2-core machine), whatever is
 * asked. With the app's role and the tenant set (T1).
 */
import type { Clock } from '../../shared/clock.ts';
import type { DataPlaneId } from '../../shared/model/ids.ts';
import type { ConfigVersion } from '../../shared/model/version.ts';
import { onlyRow, type Database } from './database.ts';
import { selectorCondition, selectorValues, type LabelSelector } from './label-selector.ts';
import { PASSING_REFUSALS_SQL } from './passing-refusals.ts';
import type { GatewayScope } from './scope.ts';

/**
 * A session says "seen" at least every 30 s. A control plane that was killed can't say "gone", so who was not seen for
 * this long is not connected.
 */
export const GONE_AFTER_MS = 60_000;

/**
 * Where a data plane stands, one of these. `rejected` and `fell-back` are about the version asked for or a newer one; who is not
 * connected is `disconnected` whatever it applied, because nobody knows what it does now. Who serves what was never published
 * here (the database came from an old backup, so it has a newer version, or the same one with other content) is `pending`.
 */
export type DataPlaneStanding = 'applied' | 'pending' | 'rejected' | 'fell-back' | 'disconnected';

/** Data planes that are named, of those that are behind and of the slowest. */
const NAMED = 20;

export interface Convergence {
  /** The release that brings the version; undefined where it is not published yet, or no longer kept. */
  readonly release: { readonly version: ConfigVersion; readonly createdAt: Date } | undefined;
  /** Data planes that were selected, without revoked ones. */
  readonly selected: number;
  readonly standings: Readonly<Record<DataPlaneStanding, number>>;
  /** Of those that rejected it or fell back: how many will not come to it by themselves. */
  readonly refusedForGood: number;
  /** Of those that applied it: how many could not use an entity of it. */
  readonly quarantining: number;
  readonly rejections: readonly { readonly code: string; readonly count: number; readonly reasons: readonly string[] }[];
  /** From the release to Applied, milliseconds, over those that serve this very release. */
  readonly timeToApplyMs: { readonly measured: number; readonly p50: number | null; readonly p99: number | null; readonly max: number | null };
  /** Longest time to apply first. */
  readonly slowest: readonly { readonly id: DataPlaneId; readonly hostname: string; readonly timeToApplyMs: number }[];
  /** Some of those that did not apply it: connected ones first. */
  readonly outstanding: readonly { readonly id: DataPlaneId; readonly hostname: string; readonly standing: DataPlaneStanding; readonly applied: ConfigVersion; readonly code: string | null }[];
}

export interface ConvergenceStore {
  /** Of the data planes that `selector` selects, with this version or any newer one. */
  read(scope: GatewayScope, version: ConfigVersion, selector: LabelSelector): Promise<Convergence>;
}

interface ReleaseRow extends ConfigVersion {
  readonly content_root: Buffer;
  readonly created_at: Date;
}

interface Row {
  readonly selected: number;
  readonly applied: number;
  readonly pending: number;
  readonly rejected: number;
  readonly fell_back: number;
  readonly disconnected: number;
  readonly refused_for_good: number;
  readonly quarantining: number;
  readonly measured: number;
  readonly p50: number | null;
  readonly p99: number | null;
  readonly slowest_ms: number | null;
  readonly rejections: Convergence['rejections'] | null;
  readonly slowest: readonly { readonly id: DataPlaneId; readonly hostname: string; readonly ms: number }[] | null;
  readonly outstanding: readonly { readonly id: DataPlaneId; readonly hostname: string; readonly standing: DataPlaneStanding; readonly epoch: number; readonly sequence: number; readonly code: string | null }[] | null;
}

/** $1 tenant, $2 gateway, $3 epoch, $4 sequence, $5 seen since, $6 the release's time, $7 and $8 its version, $9 and $10 the selector, $11 the release's content root. */
const READ = `
  WITH looked_at AS (
    SELECT id, hostname, applied_epoch, applied_sequence, rejection, quarantined <> '[]' AS quarantining,
      greatest(0, extract(epoch FROM applied_at - $6::timestamptz)::float8 * 1000) AS ms, (applied_epoch, applied_sequence) = ($7::bigint, $8::bigint) AS is_this_one,
      (applied_epoch, applied_sequence) >= ($3::bigint, $4::bigint)
        AND (applied_epoch, applied_sequence) <= (SELECT epoch, sequence FROM releases WHERE tenant_id = $1 AND gateway_id = $2 ORDER BY epoch DESC, sequence DESC LIMIT 1)
        AND NOT ((applied_epoch, applied_sequence) = ($7::bigint, $8::bigint) AND applied_root <> $11) AS has_it,
      connected AND coalesce(last_seen_at > $5, false) AS here,
      coalesce(((rejection ->> 'epoch')::bigint, (rejection ->> 'sequence')::bigint) >= ($3::bigint, $4::bigint), false) AS refused
    FROM data_planes WHERE tenant_id = $1 AND gateway_id = $2 AND revoked_at IS NULL AND ${selectorCondition(9)}),
  standing AS MATERIALIZED (
    SELECT *, CASE WHEN NOT here THEN 'disconnected' WHEN has_it THEN 'applied' WHEN NOT refused THEN 'pending' WHEN rejection ->> 'code' = 'SYNC_FELL_BACK' THEN 'fell-back' ELSE 'rejected' END AS standing
    FROM looked_at),
  measured AS (SELECT * FROM standing WHERE standing = 'applied' AND is_this_one AND ms IS NOT NULL)
  SELECT
    count(*) AS selected, count(*) FILTER (WHERE standing = 'applied') AS applied, count(*) FILTER (WHERE standing = 'pending') AS pending,
    count(*) FILTER (WHERE standing = 'rejected') AS rejected, count(*) FILTER (WHERE standing = 'fell-back') AS fell_back, count(*) FILTER (WHERE standing = 'disconnected') AS disconnected,
    count(*) FILTER (WHERE standing IN ('rejected', 'fell-back') AND rejection ->> 'code' <> ALL (${PASSING_REFUSALS_SQL})) AS refused_for_good,
    count(*) FILTER (WHERE standing = 'applied' AND quarantining) AS quarantining,
    (SELECT count(*) FROM measured) AS measured,
    (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY ms) FROM measured) AS p50,
    (SELECT percentile_disc(0.99) WITHIN GROUP (ORDER BY ms) FROM measured) AS p99,
    (SELECT max(ms) FROM measured) AS slowest_ms,
    (SELECT jsonb_agg(r ORDER BY r.count DESC, r.code) FROM (
       SELECT rejection ->> 'code' AS code, count(*) AS count, (min((rejection -> 'reasons')::text))::jsonb AS reasons FROM standing WHERE standing IN ('rejected', 'fell-back')
       GROUP BY 1 ORDER BY 2 DESC LIMIT ${NAMED}) r) AS rejections,
    (SELECT jsonb_agg(s ORDER BY s.ms DESC) FROM (SELECT id, hostname, round(ms) AS ms FROM measured ORDER BY measured.ms DESC LIMIT ${NAMED}) s) AS slowest,
    (SELECT jsonb_agg(o ORDER BY o.standing = 'disconnected', o.epoch, o.sequence, o.id) FROM (
       SELECT id, hostname, standing, applied_epoch AS epoch, applied_sequence AS sequence, CASE WHEN standing IN ('rejected', 'fell-back') THEN rejection ->> 'code' END AS code
       FROM standing WHERE standing <> 'applied' ORDER BY standing = 'disconnected', applied_epoch, applied_sequence, id LIMIT ${NAMED}) o) AS outstanding
  FROM standing`;

export function createConvergenceStore(database: Database, clock: Clock): ConvergenceStore {
  return {
    read: (scope, version, selector) =>
      database.transaction({ role: 'holdfast_app', tenantId: scope.tenantId, mode: 'snapshot' }, async (transaction) => {
        const [release] = await transaction.query<ReleaseRow>(
          'SELECT epoch, sequence, content_root, created_at FROM releases WHERE tenant_id = $1 AND gateway_id = $2 AND (epoch, sequence) >= ($3, $4) ORDER BY epoch, sequence LIMIT 1',
          [scope.tenantId, scope.gatewayId, version.epoch, version.sequence],
        );
        const rows = await transaction.commitWith<Row>(READ, [
          scope.tenantId, scope.gatewayId, version.epoch, version.sequence, new Date(clock.nowMs() - GONE_AFTER_MS),
          release?.created_at ?? null, release?.epoch ?? null, release?.sequence ?? null, ...selectorValues(selector), release?.content_root ?? null,
        ]);
        return toConvergence(onlyRow(rows), release);
      }),
  };
}

function toConvergence(row: Row, release: ReleaseRow | undefined): Convergence {
  const wholeMs = (ms: number | null): number | null => (ms === null ? null : Math.round(ms));
  return {
    release: release === undefined ? undefined : { version: { epoch: release.epoch, sequence: release.sequence }, createdAt: release.created_at },
    selected: row.selected,
    standings: { applied: row.applied, pending: row.pending, rejected: row.rejected, 'fell-back': row.fell_back, disconnected: row.disconnected },
    refusedForGood: row.refused_for_good,
    quarantining: row.quarantining,
    rejections: row.rejections ?? [],
    timeToApplyMs: { measured: row.measured, p50: wholeMs(row.p50), p99: wholeMs(row.p99), max: wholeMs(row.slowest_ms) },
    slowest: (row.slowest ?? []).map(({ id, hostname, ms }) => ({ id, hostname, timeToApplyMs: ms })),
    outstanding: (row.outstanding ?? []).map(({ epoch, sequence, ...who }) => ({ ...who, applied: { epoch, sequence } })),
  };
}
