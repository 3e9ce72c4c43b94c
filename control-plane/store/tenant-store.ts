/**
 * Tenants: created with their data key, renamed, suspended and resumed, and at their end deleted with a time in which they
 * can be restored. Every change has an audit row in the tenant itself. What is left of one that is gone: migration 009.
 */
import { newId, type TenantId } from '../../shared/model/ids.ts';
import type { Clock } from '../../shared/clock.ts';
import { addAuditRow } from './audit-store.ts';
import { onlyRow, type Database, type SqlValue, type Transaction } from './database.ts';
import { isDuplicate } from './database-error.ts';
import { refuseName } from './gateway-name.ts';
import type { Actor } from './scope.ts';
import type { SecretKeys } from './secret-keys.ts';
import { storableText } from './storable-text.ts';
import type { Stored, StoreProblem } from './store-problem.ts';
import { tenantClosed } from './tenant-standing.ts';

export interface Tenant {
  readonly id: TenantId;
  readonly name: string;
  readonly createdAt: Date;
  readonly suspended: { readonly at: Date; readonly by: string; readonly reason: string } | undefined;
  /** When it is removed for good, unless it is restored before. */
  readonly leaving: { readonly at: Date; readonly by: string } | undefined;
}

export interface TenantStore {
  create(name: string, actor: Actor): Promise<Stored<Tenant>>;
  /** All tenants of the installation: only for an installation admin. */
  list(): Promise<readonly Tenant[]>;
  get(tenantId: TenantId): Promise<Tenant | undefined>;
  /** Among all tenants. */
  findByName(name: string): Promise<Tenant | undefined>;
  rename(tenantId: TenantId, name: string, actor: Actor): Promise<Stored<Tenant>>;
  /** Its admin API refuses from now on, and nobody joins; its data planes go on. Idempotent: the first reason stays. */
  suspend(tenantId: TenantId, reason: string, actor: Actor): Promise<Stored<Tenant>>;
  resume(tenantId: TenantId, actor: Actor): Promise<Stored<Tenant>>;
  /** At once, and only without gateways. */
  delete(tenantId: TenantId, actor: Actor): Promise<StoreProblem | undefined>;
  /** With all it has, after the grace period; until then like a suspended one. Idempotent: the first end stays. */
  deleteAfter(tenantId: TenantId, graceMs: number, actor: Actor): Promise<Stored<Tenant>>;
  restore(tenantId: TenantId, actor: Actor): Promise<Stored<Tenant>>;
  /** Whose grace period is over. */
  listEnding(): Promise<readonly TenantId[]>;
  /** One bounded step of removing such a tenant; true when nothing is left of it but what stays. */
  removeSome(tenantId: TenantId, batch: number): Promise<boolean>;
}

interface Row {
  readonly id: TenantId;
  readonly name: string;
  readonly created_at: Date;
  readonly suspended_at: Date | null;
  readonly suspended_by: string | null;
  readonly suspended_reason: string | null;
  readonly delete_after: Date | null;
  readonly delete_asked_by: string | null;
}

const COLUMNS = 'id, name, created_at, suspended_at, suspended_by, suspended_reason, delete_after, delete_asked_by';
/** What a deletion of a tenant without gateways removes before it answers. */
const STEPS_AT_ONCE = 10;
const ROWS_AT_ONCE = 1_000;

export function createTenantStore(database: Database, keys: SecretKeys, clock: Clock): TenantStore {
  const across = { role: 'holdfast_authentication', mode: 'snapshot' } as const;
  const within = (tenantId: TenantId, mode: 'snapshot' | 'write') => ({ role: 'holdfast_app', tenantId, mode }) as const;
  /** `assignments` may use $2 and so on. Where `unless` holds, nothing is written and the tenant is told as it is. */
  const change = (tenantId: TenantId, actor: Actor, action: string, unless: (row: Row) => boolean, assignments: string, values: readonly SqlValue[]): Promise<Stored<Tenant>> =>
    database.transaction(within(tenantId, 'write'), async (transaction): Promise<Stored<Tenant>> => {
      const [held] = await transaction.query<Row>(`SELECT ${COLUMNS} FROM tenants WHERE id = $1 AND deleted_at IS NULL FOR UPDATE`, [tenantId]);
      if (held === undefined) return { kind: 'not-found' };
      if (unless(held)) return { kind: 'stored', value: toTenant(held) };
      const rows = await transaction.query<Row>(`UPDATE tenants SET ${assignments} WHERE id = $1 RETURNING ${COLUMNS}`, [tenantId, ...values]);
      const tenant = toTenant(onlyRow(rows));
      const details = { name: tenant.name, ...(tenant.suspended === undefined ? {} : { reason: tenant.suspended.reason }), ...(tenant.leaving === undefined ? {} : { delete_after: tenant.leaving.at.toISOString() }) };
      await addAuditRow(transaction, { tenantId, actor, action, subjectKind: 'tenants', subjectId: tenantId, details });
      return { kind: 'stored', value: tenant };
    });
  return {
    async create(name, actor) {
      const refusal = refuseName(name);
      if (refusal !== undefined) return { kind: 'name-refused', message: refusal };
      const id = newId<TenantId>(clock.nowMs());
      return database.transaction(within(id, 'write'), async (transaction): Promise<Stored<Tenant>> => {
        const rows = await transaction.query<Row>(`INSERT INTO tenants (id, name) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING ${COLUMNS}`, [id, name]);
        if (rows.length === 0) return nameTaken(name);
        await keys.createTenantKey(transaction, id);
        await audit(transaction, id, actor, 'create', name);
        return { kind: 'stored', value: toTenant(onlyRow(rows)) };
      });
    },

    async list() {
      const rows = await database.query<Row>(across, `SELECT ${COLUMNS} FROM tenants WHERE deleted_at IS NULL ORDER BY id`);
      return rows.map(toTenant);
    },

    async get(tenantId) {
      const [row] = await database.query<Row>(within(tenantId, 'snapshot'), `SELECT ${COLUMNS} FROM tenants WHERE id = $1 AND deleted_at IS NULL`, [tenantId]);
      return row === undefined ? undefined : toTenant(row);
    },

    async findByName(name) {
      if (refuseName(name) !== undefined) return undefined;
      const [row] = await database.query<Row>(across, `SELECT ${COLUMNS} FROM tenants WHERE name = $1 AND deleted_at IS NULL`, [name]);
      return row === undefined ? undefined : toTenant(row);
    },

    async rename(tenantId, name, actor) {
      const refusal = refuseName(name);
      if (refusal !== undefined) return { kind: 'name-refused', message: refusal };
      try {
        return await database.transaction(within(tenantId, 'write'), async (transaction): Promise<Stored<Tenant>> => {
          const [row] = await transaction.query<Row>(`UPDATE tenants SET name = $2 WHERE id = $1 AND deleted_at IS NULL RETURNING ${COLUMNS}`, [tenantId, name]);
          if (row === undefined) return { kind: 'not-found' };
          await audit(transaction, tenantId, actor, 'rename', name);
          return { kind: 'stored', value: toTenant(row) };
        });
      } catch (thrown) {
        if (isDuplicate(thrown)) return nameTaken(name);
        throw thrown;
      }
    },

    suspend: (tenantId, reason, actor) =>
      change(tenantId, actor, 'suspend', (row) => row.suspended_at !== null, 'suspended_at = now(), suspended_by = $2, suspended_reason = $3', [actor.name, storableText(reason)]),

    resume: (tenantId, actor) => change(tenantId, actor, 'resume', (row) => row.suspended_at === null, 'suspended_at = NULL, suspended_by = NULL, suspended_reason = NULL', []),

    delete: (tenantId, actor) =>
      database.transaction(within(tenantId, 'write'), async (transaction): Promise<StoreProblem | undefined> => {
        const [row] = await transaction.query<Row>(`SELECT ${COLUMNS} FROM tenants WHERE id = $1 AND deleted_at IS NULL FOR UPDATE`, [tenantId]);
        if (row === undefined) return { kind: 'not-found' };
        const gateways = await transaction.query<{ readonly name: string }>('SELECT name FROM gateways WHERE tenant_id = $1 AND deleted_at IS NULL ORDER BY name LIMIT 1', [tenantId]);
        if (gateways[0] !== undefined) return { kind: 'not-empty', message: `tenant "${row.name}" still has the gateway "${gateways[0].name}"; delete its gateways first` };
        await audit(transaction, tenantId, actor, 'delete', row.name);
        await transaction.query('UPDATE tenants SET delete_after = now(), delete_asked_by = $2 WHERE id = $1', [tenantId, actor.name]);
        // Of a long history the sweeper takes what is left.
        for (let step = 0; step < STEPS_AT_ONCE && !(await removeSome(transaction, tenantId, ROWS_AT_ONCE)); ) step += 1;
        return undefined;
      }),

    deleteAfter: (tenantId, graceMs, actor) =>
      change(tenantId, actor, 'delete-after', (row) => row.delete_after !== null, `delete_after = now() + $2 * interval '1 millisecond', delete_asked_by = $3`, [graceMs, actor.name]),

    restore: (tenantId, actor) => change(tenantId, actor, 'restore', (row) => row.delete_after === null, 'delete_after = NULL, delete_asked_by = NULL', []),

    async listEnding() {
      const rows = await database.query<{ readonly id: TenantId }>(across, 'SELECT id FROM tenants WHERE delete_after <= now() AND deleted_at IS NULL ORDER BY id');
      return rows.map(({ id }) => id);
    },

    removeSome: (tenantId, batch) => database.transaction(within(tenantId, 'write'), (transaction) => removeSome(transaction, tenantId, batch)),
  };
}

async function removeSome(transaction: Transaction, tenantId: TenantId, batch: number): Promise<boolean> {
  const rows = await transaction.query<{ readonly done: boolean }>('SELECT remove_tenant($1, $2) AS done', [tenantId, batch]);
  return onlyRow(rows).done;
}

/** Held against its end until the transaction is over. Throws STORE_TENANT_CLOSED where it is suspended or leaving; false where it is gone. */
export async function holdOpenTenant(transaction: Transaction, tenantId: TenantId): Promise<boolean> {
  const [row] = await transaction.query<Row>(`SELECT ${COLUMNS} FROM tenants WHERE id = $1 AND deleted_at IS NULL FOR SHARE`, [tenantId]);
  if (row === undefined) return false;
  if (row.suspended_at !== null || row.delete_after !== null) throw tenantClosed(row.name, row.suspended_reason ?? undefined, row.delete_after ?? undefined);
  return true;
}

function audit(transaction: Transaction, tenantId: TenantId, actor: Actor, action: string, name: string): Promise<void> {
  return addAuditRow(transaction, { tenantId, actor, action, subjectKind: 'tenants', subjectId: tenantId, details: { name } });
}

function nameTaken(name: string): StoreProblem {
  return { kind: 'name-refused', message: `must be unique: "${name}" is taken` };
}

function toTenant(row: Row): Tenant {
  return {
    id: row.id,
    name: row.name,
    createdAt: row.created_at,
    suspended: row.suspended_at === null || row.suspended_by === null || row.suspended_reason === null ? undefined : { at: row.suspended_at, by: row.suspended_by, reason: row.suspended_reason },
    leaving: row.delete_after === null || row.delete_asked_by === null ? undefined : { at: row.delete_after, by: row.delete_asked_by },
  };
}
