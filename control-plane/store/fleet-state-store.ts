/**
 * What can be seen of a gateway and its fleet at one moment, and what moved since a moment before, for the event stream: what
 * every instance shows, whichever instance the sessions are at. With the app's role and the tenant set (T1). Called by
 * events/gateway-watch.ts.
 */
import type { DataPlaneId } from '../../shared/model/ids.ts';
import type { ConfigVersion } from '../../shared/model/version.ts';
import type { Alarm } from './alarm-store.ts';
import type { QuarantinedEntity, Rejection } from './data-plane.ts';
import type { Database } from './database.ts';
import type { GatewayScope } from './scope.ts';

export interface SeenDataPlane {
  readonly id: DataPlaneId;
  readonly hostname: string;
  readonly connected: boolean;
  readonly lastSeenMs: number;
  readonly revoked: boolean;
  readonly applied: ConfigVersion;
  readonly rejection: Rejection | undefined;
  /** None where they are more than QUARANTINED_SEEN: a fleet that can't use a large release would not fit into memory (R5). */
  readonly quarantined: readonly QuarantinedEntity[];
  readonly quarantinedCount: number;
}

export interface SeenRelease {
  readonly version: ConfigVersion;
  readonly base: ConfigVersion | undefined;
  readonly author: string;
  readonly createdAt: Date;
  readonly entityCount: number;
}

/** A moment of the database; opaque. */
export interface Moment {
  readonly oldestRunning: number;
  readonly newest: ConfigVersion;
}

export interface FleetState {
  readonly moment: Moment;
  /** Those that may have changed since the moment before; all where there was none. */
  readonly dataPlanes: readonly SeenDataPlane[];
  /** Newest first: those since the moment before, the newest alone where there was none; the newest hundred at most. */
  readonly releases: readonly SeenRelease[];
  /** All that are open. */
  readonly alarms: readonly Pick<Alarm, 'id' | 'code' | 'dataPlaneId' | 'detail'>[];
  readonly frozen: { readonly by: string; readonly reason: string } | undefined;
}

export interface FleetStateStore {
  /** Undefined where the gateway is gone. */
  read(scope: GatewayScope, since: Moment | undefined): Promise<FleetState | undefined>;
}

export const QUARANTINED_SEEN = 20;
const RELEASES_AT_MOST = 100;

/**
 * Whatever was committed after a moment was written by a transaction that was running then or began later, and a row's xmin says
 * which one wrote it. So "may have changed" needs no column, no index and no clock, and misses nothing. xmin has 32 bits and wraps.
 */
const WRITTEN_SINCE = '(xmin::text::bigint - $3 % 4294967296 + 4294967296) % 4294967296 < 2147483648';

interface DataPlaneRow {
  readonly id: DataPlaneId;
  readonly hostname: string;
  readonly connected: boolean;
  readonly last_seen_at: Date | null;
  readonly revoked: boolean;
  readonly applied_epoch: number;
  readonly applied_sequence: number;
  readonly rejection: Rejection | null;
  readonly quarantined: readonly QuarantinedEntity[];
  readonly quarantined_count: number;
}

interface ReleaseRow {
  readonly epoch: number;
  readonly sequence: number;
  readonly base_epoch: number | null;
  readonly base_sequence: number | null;
  readonly author: string;
  readonly created_at: Date;
  readonly entity_count: number;
}

interface AlarmRow {
  readonly id: string;
  readonly code: string;
  readonly data_plane_id: DataPlaneId | null;
  readonly detail: string;
}

export function createFleetStateStore(database: Database): FleetStateStore {
  return {
    read: (scope, since) =>
      database.transaction({ role: 'holdfast_app', tenantId: scope.tenantId, mode: 'snapshot' }, async (transaction) => {
        const place = [scope.tenantId, scope.gatewayId] as const;
        const [gateways, dataPlanes, releases, alarms] = await Promise.all([
          transaction.query<{ readonly oldest_running: string; readonly frozen_by: string | null; readonly frozen_reason: string | null }>(
            `SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS oldest_running, frozen_by, frozen_reason FROM gateways WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL`, place),
          transaction.query<DataPlaneRow>(
            `SELECT id, hostname, connected, last_seen_at, revoked_at IS NOT NULL AS revoked, applied_epoch, applied_sequence, rejection, jsonb_array_length(quarantined) AS quarantined_count,
               CASE WHEN jsonb_array_length(quarantined) > ${QUARANTINED_SEEN} THEN '[]' ELSE quarantined END AS quarantined
             FROM data_planes WHERE tenant_id = $1 AND gateway_id = $2 ${since === undefined ? '' : `AND ${WRITTEN_SINCE}`}`,
            since === undefined ? place : [...place, since.oldestRunning]),
          transaction.query<ReleaseRow>(
            `SELECT epoch, sequence, base_epoch, base_sequence, author, created_at, entity_count FROM releases
             WHERE tenant_id = $1 AND gateway_id = $2 AND (epoch, sequence) > ($3, $4) ORDER BY epoch DESC, sequence DESC LIMIT $5`,
            [...place, since?.newest.epoch ?? 0, since?.newest.sequence ?? 0, since === undefined ? 1 : RELEASES_AT_MOST]),
          transaction.query<AlarmRow>('SELECT id, code, data_plane_id, detail FROM alarms WHERE tenant_id = $1 AND gateway_id = $2 AND cleared_at IS NULL ORDER BY id', place),
        ]);
        const [gateway] = gateways;
        if (gateway === undefined) return undefined;
        const seen = releases.map(toRelease);
        return {
          moment: { oldestRunning: Number(gateway.oldest_running), newest: seen[0]?.version ?? since?.newest ?? { epoch: 0, sequence: 0 } },
          dataPlanes: dataPlanes.map(toSeen),
          releases: seen,
          alarms: alarms.map(({ data_plane_id: dataPlaneId, ...alarm }) => ({ ...alarm, dataPlaneId: dataPlaneId ?? undefined })),
          frozen: gateway.frozen_by === null ? undefined : { by: gateway.frozen_by, reason: gateway.frozen_reason ?? '' },
        };
      }),
  };
}

function toSeen(row: DataPlaneRow): SeenDataPlane {
  const { id, hostname, connected, revoked, quarantined } = row;
  return {
    id, hostname, connected, revoked, quarantined,
    quarantinedCount: row.quarantined_count,
    lastSeenMs: row.last_seen_at?.getTime() ?? 0,
    applied: { epoch: row.applied_epoch, sequence: row.applied_sequence },
    rejection: row.rejection ?? undefined,
  };
}

function toRelease(row: ReleaseRow): SeenRelease {
  return {
    version: { epoch: row.epoch, sequence: row.sequence },
    base: row.base_epoch === null || row.base_sequence === null ? undefined : { epoch: row.base_epoch, sequence: row.base_sequence },
    author: row.author,
    createdAt: row.created_at,
    entityCount: row.entity_count,
  };
}
