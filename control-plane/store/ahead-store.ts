/**
 * Data planes that accepted more than the database has: it was restored from an old backup, or a replica took over that had
 * not everything. Each claim is kept until its gateway begins a later epoch, because no version may come twice with other
 * content (S4). Only claims that were proved count here (publish/signing-material.ts), and none of revoked data planes. Written with the reports of sessions (data-plane-reports.ts), asked by
 * the publisher and control-plane/keys.
 */
import type { DataPlaneId } from '../../shared/model/ids.ts';
import type { ConfigVersion } from '../../shared/model/version.ts';
import type { Database } from './database.ts';
import type { GatewayScope } from './scope.ts';

export interface AheadOfDatabase {
  /** The highest that is claimed. */
  readonly version: ConfigVersion;
  /** Who claims it, or one of those. */
  readonly dataPlaneId: DataPlaneId;
  readonly dataPlanes: number;
}

export interface AheadStore {
  /** Undefined where nobody has proved to be ahead of the gateway, or its epoch is past what they have. */
  find(scope: GatewayScope): Promise<AheadOfDatabase | undefined>;
}

export function createAheadStore(database: Database): AheadStore {
  return {
    async find(scope) {
      const [row] = await database.query<{ readonly id: DataPlaneId; readonly ahead_epoch: number; readonly ahead_sequence: number; readonly claims: number }>(
        { role: 'holdfast_publisher', mode: 'snapshot' },
        `SELECT d.id, d.ahead_epoch, d.ahead_sequence, count(*) OVER () AS claims FROM data_planes d JOIN gateways g ON (g.tenant_id, g.id) = (d.tenant_id, d.gateway_id)
         WHERE d.tenant_id = $1 AND d.gateway_id = $2 AND d.revoked_at IS NULL AND d.ahead_proved AND d.ahead_epoch >= g.epoch ORDER BY d.ahead_epoch DESC, d.ahead_sequence DESC LIMIT 1`,
        [scope.tenantId, scope.gatewayId],
      );
      return row === undefined ? undefined : { version: { epoch: row.ahead_epoch, sequence: row.ahead_sequence }, dataPlaneId: row.id, dataPlanes: row.claims };
    },
  };
}
