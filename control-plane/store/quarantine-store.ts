/**
 * Entities that data planes could not use (S6), as the fleet reports them now: nothing is kept of them here, so one leaves the
 * list when the last data plane applied a version in which it is mended. With the change that brought each, and what depends on it.
 * One pass over the rows that have any. With the app's role and the tenant set (T1).
 */
import type { Clock } from '../../shared/clock.ts';
import type { DataPlaneId, EntityId } from '../../shared/model/ids.ts';
import type { ConfigVersion } from '../../shared/model/version.ts';
import { GONE_AFTER_MS } from './convergence-store.ts';
import type { Database } from './database.ts';
import type { GatewayScope } from './scope.ts';

/** Where a page ends; also where the next begins. */
export interface QuarantineKey {
  readonly kind: string;
  readonly id: EntityId;
  readonly code: string;
}

export interface QuarantineEntry extends QuarantineKey {
  /** Undefined where the entity has none, or is gone since. */
  readonly name: string | undefined;
  /** As one of the data planes says it. */
  readonly reason: string;
  readonly dataPlanes: {
    readonly count: number;
    readonly connected: number;
    /** Some of them, connected ones first. */
    readonly named: readonly { readonly id: DataPlaneId; readonly hostname: string }[];
  };
  /** The change that made the entity what those data planes have; undefined where its row is not kept any more. */
  readonly source: { readonly version: ConfigVersion; readonly actor: string; readonly requestId: string; readonly at: Date } | undefined;
  /** What refers to it now. */
  readonly dependants: { readonly count: number; readonly named: readonly { readonly kind: string; readonly id: EntityId }[] };
}

export interface QuarantineStore {
  /** In the order of kind, id and code; of all data planes that are not revoked, or of one. */
  list(scope: GatewayScope, options: { readonly limit: number; readonly after?: QuarantineKey; readonly dataPlaneId?: DataPlaneId }): Promise<readonly QuarantineEntry[]>;
}

/** Data planes and dependants named for each. */
const NAMED = 20;
const NIL_ID = '00000000-0000-0000-0000-000000000000';

interface Row {
  readonly kind: string;
  readonly id: EntityId;
  readonly code: string;
  readonly name: string | null;
  readonly reason: string;
  readonly count: number;
  readonly connected: number;
  readonly named: QuarantineEntry['dataPlanes']['named'];
  readonly epoch: number | null;
  readonly sequence: number | null;
  readonly actor: string | null;
  readonly request_id: string | null;
  readonly changed_at: Date | null;
  readonly dependant_count: number;
  readonly dependants: QuarantineEntry['dependants']['named'] | null;
}

/** $1 tenant, $2 gateway, $3 one data plane or null, $4 to $6 after this, $7 limit, $8 seen since. */
const LIST = `
  WITH reported AS (
    SELECT q.kind, q.id, q.code, q.reason, d.id AS data_plane_id, d.hostname, d.connected AND coalesce(d.last_seen_at > $8, false) AS here, ARRAY[d.applied_epoch, d.applied_sequence] AS applied
    FROM data_planes d CROSS JOIN LATERAL jsonb_to_recordset(d.quarantined) AS q (kind text, id uuid, code text, reason text)
    WHERE d.tenant_id = $1 AND d.gateway_id = $2 AND d.revoked_at IS NULL AND d.quarantined <> '[]' AND ($3::uuid IS NULL OR d.id = $3::uuid)),
  listed AS (
    SELECT kind, id, code, min(reason) AS reason, count(*) AS count, count(*) FILTER (WHERE here) AS connected, max(applied) AS applied,
      to_jsonb((array_agg(jsonb_build_object('id', data_plane_id, 'hostname', hostname) ORDER BY here DESC, data_plane_id))[1:${NAMED}]) AS named
    FROM reported WHERE (kind, id, code) > ($4, $5::uuid, $6) GROUP BY kind, id, code ORDER BY kind, id, code LIMIT $7)
  SELECT l.kind, l.id, l.code, l.reason, l.count, l.connected, l.named,
    coalesce(e.published ->> 'name', e.published ->> 'username', e.published ->> 'target') AS name,
    source.epoch, source.sequence, source.actor, source.request_id, source.changed_at, dependants.count AS dependant_count, dependants.named AS dependants
  FROM listed l
    LEFT JOIN entities e ON e.tenant_id = $1 AND e.gateway_id = $2 AND e.kind = l.kind AND e.id = l.id
    LEFT JOIN LATERAL (
      SELECT c.epoch, c.sequence, c.actor, c.request_id, c.changed_at FROM changes c
      WHERE c.tenant_id = $1 AND c.gateway_id = $2 AND c.id = l.id AND c.kind = l.kind AND c.op = 'put' AND (c.epoch, c.sequence) <= (l.applied[1], l.applied[2])
      ORDER BY c.epoch DESC, c.sequence DESC, c.ordinal DESC LIMIT 1) source ON true
    CROSS JOIN LATERAL (
      SELECT count(*), jsonb_agg(jsonb_build_object('kind', r.from_kind, 'id', r.from_id)) FILTER (WHERE r.rank <= ${NAMED}) AS named
      FROM (SELECT from_kind, from_id, row_number() OVER (ORDER BY from_kind, from_id) AS rank FROM entity_references WHERE tenant_id = $1 AND gateway_id = $2 AND to_id = l.id AND to_kind = l.kind) r) dependants
  ORDER BY l.kind, l.id, l.code`;

export function createQuarantineStore(database: Database, clock: Clock): QuarantineStore {
  return {
    async list(scope, { limit, after, dataPlaneId }) {
      const rows = await database.query<Row>({ role: 'holdfast_app', tenantId: scope.tenantId, mode: 'snapshot' }, LIST, [
        scope.tenantId, scope.gatewayId, dataPlaneId ?? null, after?.kind ?? '', after?.id ?? NIL_ID, after?.code ?? '', limit, new Date(clock.nowMs() - GONE_AFTER_MS),
      ]);
      return rows.map(toEntry);
    },
  };
}

function toEntry(row: Row): QuarantineEntry {
  const { kind, id, code, reason, epoch, sequence, actor, request_id: requestId, changed_at: at } = row;
  const isKept = epoch !== null && sequence !== null && actor !== null && requestId !== null && at !== null;
  return {
    kind, id, code, reason,
    name: row.name ?? undefined,
    dataPlanes: { count: row.count, connected: row.connected, named: row.named },
    source: isKept ? { version: { epoch, sequence }, actor, requestId, at } : undefined,
    dependants: { count: row.dependant_count, named: row.dependants ?? [] },
  };
}
