/**
 * How the targets of an upstream are over the connected data planes of a gateway, from what each of them reported last
 * (data-plane-reports.ts). Counted by the database: there may be ten thousand reports. Read by the admin API with the app's role
 * and the tenant set (T1).
 */
import type { Clock } from '../../shared/clock.ts';
import type { DataPlaneId, EntityId } from '../../shared/model/ids.ts';
import { GONE_AFTER_MS } from './convergence-store.ts';
import { onlyRow, type Database } from './database.ts';
import type { StoredAddress } from './health-report.ts';
import type { GatewayScope } from './scope.ts';

/** Of one target at one data plane. */
export type SeenHealth = 'HEALTHY' | 'UNHEALTHY' | 'DNS_ERROR';

/** A data plane at which a target is not healthy. */
export interface SeenBy {
  readonly dataPlaneId: DataPlaneId;
  readonly hostname: string;
  readonly health: SeenHealth;
  readonly addresses: readonly StoredAddress[];
}

export interface AddressSeen {
  readonly ip: string;
  readonly port: number;
  /** Data planes that send it nothing. */
  readonly down: number;
}

export interface TargetSeen {
  /** Data planes. */
  readonly unhealthy: number;
  readonly dnsError: number;
  /** The first of those at which it is not healthy. */
  readonly notHealthy: readonly SeenBy[];
  /** Its addresses, where they were told. */
  readonly addresses: readonly AddressSeen[];
}

export interface HealthSeen {
  /** Data planes of the gateway. */
  readonly connected: number;
  /** Those of them that report health; a target that they do not name is healthy there, as far as they know. */
  readonly reporting: number;
  /** Reports that were too long to name all that is down. */
  readonly cutShort: number;
  /** By target id; only those that a data plane named. */
  readonly targets: ReadonlyMap<string, TargetSeen>;
}

export interface HealthStore {
  ofTargets(scope: GatewayScope, targetIds: readonly EntityId[]): Promise<HealthSeen>;
}

/** Data planes named with a target (R5). */
export const NAMED_PLANES = 20;
/** Addresses of the targets asked for together. */
const MOST_ADDRESSES = 10_000;

const PLANES = `planes AS (
  SELECT d.id, d.hostname, h.targets, h.left_out, h.reported_at FROM data_planes d
  LEFT JOIN data_plane_health h ON (h.tenant_id, h.gateway_id, h.data_plane_id) = (d.tenant_id, d.gateway_id, d.id)
  WHERE d.tenant_id = $1 AND d.gateway_id = $2 AND d.revoked_at IS NULL AND d.connected AND d.last_seen_at > $3)`;
const TOLD = `told AS (
  SELECT wanted.id AS target_id, planes.id AS plane_id, planes.hostname, planes.targets -> wanted.id AS addresses
  FROM planes, unnest($4::text[]) AS wanted (id) WHERE planes.targets ? wanted.id)`;
const HEALTH = `CASE WHEN addresses = '[]' THEN 'DNS_ERROR' WHEN addresses @> '[{"state": "closed"}]' THEN 'HEALTHY' ELSE 'UNHEALTHY' END`;

interface TargetRow {
  readonly target_id: string;
  readonly unhealthy: number;
  readonly dns_error: number;
  readonly not_healthy: readonly SeenBy[] | null;
}

export function createHealthStore(database: Database, clock: Clock): HealthStore {
  return {
    async ofTargets({ tenantId, gatewayId }, targetIds) {
      const places = [tenantId, gatewayId, new Date(clock.nowMs() - GONE_AFTER_MS)] as const;
      return database.transaction({ role: 'holdfast_app', tenantId, mode: 'snapshot' }, async (transaction) => {
        const counts = onlyRow(await transaction.query<{ readonly connected: number; readonly reporting: number; readonly cut_short: number }>(
          `WITH ${PLANES} SELECT count(*) AS connected, count(reported_at) AS reporting, count(*) FILTER (WHERE left_out > 0) AS cut_short FROM planes`, places));
        const targets = await transaction.query<TargetRow>(
          `WITH ${PLANES}, ${TOLD}, judged AS (SELECT *, ${HEALTH} AS health FROM told)
           SELECT target_id, count(*) FILTER (WHERE health = 'UNHEALTHY') AS unhealthy, count(*) FILTER (WHERE health = 'DNS_ERROR') AS dns_error,
             to_jsonb((array_agg(jsonb_build_object('dataPlaneId', plane_id, 'hostname', hostname, 'health', health, 'addresses', addresses) ORDER BY plane_id) FILTER (WHERE health <> 'HEALTHY'))[1:${NAMED_PLANES}]) AS not_healthy
           FROM judged GROUP BY target_id`,
          [...places, targetIds]);
        const addresses = await transaction.query<AddressSeen & { readonly target_id: string }>(
          `WITH ${PLANES}, ${TOLD}
           SELECT target_id, address ->> 'ip' AS ip, (address ->> 'port')::integer AS port, count(*) FILTER (WHERE address ->> 'state' <> 'closed') AS down
           FROM told, jsonb_array_elements(addresses) AS address GROUP BY 1, 2, 3 ORDER BY 1, 2, 3 LIMIT ${MOST_ADDRESSES}`,
          [...places, targetIds]);
        const addressesOf = Map.groupBy(addresses, ({ target_id: id }) => id);
        return {
          connected: counts.connected,
          reporting: counts.reporting,
          cutShort: counts.cut_short,
          targets: new Map(targets.map((row) => [row.target_id, {
            unhealthy: row.unhealthy, dnsError: row.dns_error, notHealthy: row.not_healthy ?? [],
            addresses: (addressesOf.get(row.target_id) ?? []).map(({ ip, port, down }) => ({ ip, port, down })),
          }])),
        };
      });
    },
  };
}
