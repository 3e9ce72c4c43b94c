/**
 * What operators emptied of the caches of data planes (proxy-cache): the last orders of each gateway, so that data planes that come back
 * hear of them. With the app's role and the tenant set (T1); instances of the control plane read what is new for all with the publisher's.
 */
import type { Clock } from '../../shared/clock.ts';
import type { EntityId, GatewayId } from '../../shared/model/ids.ts';
import type { CachePurge, CachePurges } from '../../shared/wire/sync-message.ts';
import { addAuditRow } from './audit-store.ts';
import type { Database } from './database.ts';
import type { Actor, GatewayScope } from './scope.ts';

/** Undefined: all of them. */
export interface PurgeOrder {
  readonly pluginId: EntityId | undefined;
  readonly cacheKey: string | undefined;
}

export interface PurgesOfGateway {
  readonly gatewayId: GatewayId;
  readonly purges: CachePurges;
}

export interface CachePurgeStore {
  /** Gives what is remembered of the gateway now; undefined where there is no such gateway. */
  add(scope: GatewayScope, order: PurgeOrder, actor: Actor): Promise<CachePurges | undefined>;
  /** What is remembered; of a gateway that is not there nothing. */
  of(scope: Pick<GatewayScope, 'gatewayId'>): Promise<CachePurges>;
  /** Of all gateways in which something was emptied after that moment, in milliseconds since the epoch. */
  since(ms: number): Promise<readonly PurgesOfGateway[]>;
}

/** A data plane that missed more empties everything. */
const REMEMBERED = 50;

interface StoredPurge {
  readonly at: number;
  readonly plugin: EntityId | null;
  readonly key: string | null;
}

interface Row {
  readonly id: GatewayId;
  readonly cache_purges: readonly StoredPurge[];
  readonly cache_purged_at: number;
  readonly cache_purges_forgotten: number;
}

const COLUMNS = 'id, cache_purges, cache_purged_at, cache_purges_forgotten';

export function createCachePurgeStore(database: Database, clock: Clock): CachePurgeStore {
  return {
    add: (scope, { pluginId, cacheKey }, actor) =>
      database.transaction({ role: 'holdfast_app', tenantId: scope.tenantId, mode: 'write' }, async (transaction) => {
        const place = [scope.tenantId, scope.gatewayId];
        const [row] = await transaction.query<Row>(`SELECT ${COLUMNS} FROM gateways WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL FOR NO KEY UPDATE`, place);
        if (row === undefined) return undefined;
        // Whatever the clock says: each is later than the one before.
        const at = Math.max(clock.nowMs(), row.cache_purged_at + 1);
        const all: readonly StoredPurge[] = [...row.cache_purges, { at, plugin: pluginId ?? null, key: cacheKey ?? null }];
        const forgotten = all.slice(0, -REMEMBERED).at(-1)?.at ?? row.cache_purges_forgotten;
        const kept = all.slice(-REMEMBERED);
        await transaction.query('UPDATE gateways SET cache_purges = $3::jsonb, cache_purged_at = $4, cache_purges_forgotten = $5 WHERE tenant_id = $1 AND id = $2', [...place, JSON.stringify(kept), at, forgotten]);
        const details = { ...(pluginId === undefined ? {} : { plugin: pluginId }), ...(cacheKey === undefined ? {} : { cache_key: cacheKey }) };
        await addAuditRow(transaction, { ...scope, actor, action: 'purge', subjectKind: 'caches', subjectId: pluginId ?? scope.gatewayId, details });
        return toPurges({ ...row, cache_purges: kept, cache_purges_forgotten: forgotten });
      }),

    async of({ gatewayId }) {
      const [row] = await database.query<Row>({ role: 'holdfast_publisher', mode: 'snapshot' }, `SELECT ${COLUMNS} FROM gateways WHERE id = $1`, [gatewayId]);
      return row === undefined ? { kind: 'cache-purges', forgottenMs: 0, purges: [] } : toPurges(row);
    },

    async since(ms) {
      const rows = await database.query<Row>({ role: 'holdfast_publisher', mode: 'snapshot' }, `SELECT ${COLUMNS} FROM gateways WHERE cache_purged_at > $1 AND cache_purged_at > 0`, [ms]);
      return rows.map((row) => ({ gatewayId: row.id, purges: toPurges(row) }));
    },
  };
}

function toPurges(row: Row): CachePurges {
  const purges = row.cache_purges.map(({ at, plugin, key }): CachePurge => ({ atMs: at, pluginId: plugin ?? undefined, cacheKey: key ?? undefined }));
  return { kind: 'cache-purges', forgottenMs: row.cache_purges_forgotten, purges };
}
