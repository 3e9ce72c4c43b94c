/**
 * Quotas of tenants, and how much of them is used. What takes from a quota is counted in the transaction that takes it
 * (migration 009); here they are set and shown.
 */
import type { EntityKind } from '../../shared/model/definition.ts';
import type { TenantId } from '../../shared/model/ids.ts';
import { addAuditRow } from './audit-store.ts';
import { onlyRow, type Database, type Transaction } from './database.ts';
import type { Actor } from './scope.ts';
import type { Stored } from './store-problem.ts';

/** Undefined: no limit. */
export interface Quotas {
  readonly gateways: number | undefined;
  readonly dataPlanes: number | undefined;
  /** Of the admin API, at each control plane. */
  readonly requestsPerSecond: number | undefined;
  /** Over all gateways of the tenant. */
  readonly entities: Readonly<Partial<Record<EntityKind, number>>>;
}

export interface QuotaUse {
  readonly gateways: number;
  readonly dataPlanes: number;
  readonly entities: Readonly<Record<string, number>>;
}

export interface QuotaStore {
  get(tenantId: TenantId): Promise<{ readonly quotas: Quotas; readonly used: QuotaUse }>;
  /** A limit below what is used takes nothing away: nothing more is created until less is used. */
  set(tenantId: TenantId, quotas: Quotas, actor: Actor): Promise<Stored<undefined>>;
}

interface Row {
  readonly gateways: number | null;
  readonly data_planes: number | null;
  readonly requests_per_second: number | null;
  readonly entities: Readonly<Partial<Record<EntityKind, number>>>;
}

export function createQuotaStore(database: Database): QuotaStore {
  return {
    get: (tenantId) =>
      database.transaction({ role: 'holdfast_app', tenantId, mode: 'snapshot' }, async (transaction) => {
        const [row] = await transaction.query<Row>('SELECT gateways, data_planes, requests_per_second, entities FROM tenant_quotas WHERE tenant_id = $1', [tenantId]);
        const used = onlyRow(await transaction.query<{ readonly gateways: number; readonly data_planes: number }>(
          `SELECT (SELECT count(*) FROM gateways WHERE tenant_id = $1 AND deleted_at IS NULL) AS gateways,
             (SELECT count(*) FROM data_planes WHERE tenant_id = $1 AND revoked_at IS NULL) AS data_planes`,
          [tenantId],
        ));
        const counts = await transaction.query<{ readonly kind: string; readonly count: number }>('SELECT kind, sum(count)::bigint AS count FROM entity_counts WHERE tenant_id = $1 GROUP BY kind ORDER BY kind', [tenantId]);
        return {
          quotas: { gateways: row?.gateways ?? undefined, dataPlanes: row?.data_planes ?? undefined, requestsPerSecond: row?.requests_per_second ?? undefined, entities: row?.entities ?? {} },
          used: { gateways: used.gateways, dataPlanes: used.data_planes, entities: Object.fromEntries(counts.map(({ kind, count }) => [kind, count])) },
        };
      }),

    set: (tenantId, { gateways, dataPlanes, requestsPerSecond, entities }, actor) =>
      database.transaction({ role: 'holdfast_app', tenantId, mode: 'write' }, async (transaction): Promise<Stored<undefined>> => {
        const tenants = await transaction.query('SELECT FROM tenants WHERE id = $1 AND deleted_at IS NULL FOR KEY SHARE', [tenantId]);
        if (tenants.length === 0) return { kind: 'not-found' };
        await transaction.query(
          `INSERT INTO tenant_quotas (tenant_id, gateways, data_planes, requests_per_second, entities) VALUES ($1, $2, $3, $4, $5::jsonb)
           ON CONFLICT (tenant_id) DO UPDATE SET gateways = excluded.gateways, data_planes = excluded.data_planes,
             requests_per_second = excluded.requests_per_second, entities = excluded.entities, updated_at = now()`,
          [tenantId, gateways ?? null, dataPlanes ?? null, requestsPerSecond ?? null, JSON.stringify(entities)],
        );
        const details = { gateways: gateways ?? null, data_planes: dataPlanes ?? null, requests_per_second: requestsPerSecond ?? null, entities };
        await addAuditRow(transaction, { tenantId, actor, action: 'update', subjectKind: 'quotas', subjectId: tenantId, details });
        return { kind: 'stored', value: undefined };
      }),
  };
}

/** Throws STORE_QUOTA_USED_UP where one more would be too many; otherwise nobody else takes one before the transaction ends. */
export async function takeQuota(transaction: Transaction, tenantId: TenantId, resource: 'gateways' | 'data_planes'): Promise<void> {
  await transaction.query('SELECT take_quota($1, $2)', [tenantId, resource]);
}
