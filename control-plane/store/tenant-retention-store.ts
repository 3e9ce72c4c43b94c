/**
 * How long a tenant's telemetry is kept: as long as the installation keeps it, or shorter where the tenant says so. With the app's role
 * and the tenant set (T1). What is older is removed by roll-ups' own passes and is not told of by analytics from then on.
 */
import type { TenantId } from '../../shared/model/ids.ts';
import { addAuditRow } from './audit-store.ts';
import type { Database, Transaction } from './database.ts';
import { RETENTION_LEVELS, type RetentionLevel, type RetentionTimes } from './retention-levels.ts';
import type { Actor } from './scope.ts';

/** Milliseconds, whole seconds; undefined: as long as the installation. */
export type OwnRetention = Readonly<Record<RetentionLevel, number | undefined>>;

export interface Retention {
  readonly installation: RetentionTimes;
  readonly own: OwnRetention;
  /** The shorter of the two. */
  readonly inForce: RetentionTimes;
}

export interface TenantRetentionStore {
  get(tenantId: TenantId): Promise<Retention>;
  /** Replaces all; with an audit row in the same transaction. */
  set(tenantId: TenantId, own: OwnRetention, actor: Actor): Promise<Retention>;
}

type Row = Readonly<Record<`${RetentionLevel}_s`, number | null>>;

const COLUMNS = RETENTION_LEVELS.map((level) => `${level}_s` as const);

export function createTenantRetentionStore(database: Database, installation: RetentionTimes): TenantRetentionStore {
  const read = async (transaction: Transaction, tenantId: TenantId): Promise<Retention> => {
    const [row] = await transaction.query<Row>(`SELECT ${COLUMNS.join(', ')} FROM tenant_retention WHERE tenant_id = $1`, [tenantId]);
    const own = ofEach((level) => (row?.[`${level}_s`] ?? undefined) === undefined ? undefined : (row?.[`${level}_s`] ?? 0) * 1000);
    return { installation, own, inForce: ofEach((level) => Math.min(installation[level], own[level] ?? Infinity)) };
  };
  return {
    get: (tenantId) => database.transaction({ role: 'holdfast_app', tenantId, mode: 'snapshot' }, (transaction) => read(transaction, tenantId)),

    set: (tenantId, own, actor) =>
      database.transaction({ role: 'holdfast_app', tenantId, mode: 'write' }, async (transaction) => {
        await transaction.query(
          `INSERT INTO tenant_retention (tenant_id, ${COLUMNS.join(', ')}) VALUES ($1, $2, $3, $4, $5, $6)
           ON CONFLICT (tenant_id) DO UPDATE SET ${COLUMNS.map((column) => `${column} = excluded.${column}`).join(', ')}`,
          [tenantId, ...RETENTION_LEVELS.map((level) => (own[level] === undefined ? null : Math.floor(own[level] / 1000)))],
        );
        const seconds = Object.fromEntries(RETENTION_LEVELS.map((level) => [level, own[level] === undefined ? null : Math.floor(own[level] / 1000)]));
        await addAuditRow(transaction, { tenantId, actor, action: 'update', subjectKind: 'retention', subjectId: tenantId, details: { seconds } });
        return read(transaction, tenantId);
      }),
  };
}

function ofEach<T>(value: (level: RetentionLevel) => T): Readonly<Record<RetentionLevel, T>> {
  return { raw: value('raw'), minutes: value('minutes'), hours: value('hours'), days: value('days'), records: value('records') };
}
