/**
 * Operators (people) and service accounts (programs): who may use the admin API of a tenant, each with one role. What they
 * show to be let in is in token-store.ts.
 */
import type { Clock } from '../../shared/clock.ts';
import { newId, type OperatorId, type TenantId } from '../../shared/model/ids.ts';
import { addAuditRow } from './audit-store.ts';
import type { Database, Transaction } from './database.ts';
import { refuseName } from './gateway-name.ts';
import { holdRole } from './role-store.ts';
import type { Actor } from './scope.ts';
import type { Stored, StoreProblem } from './store-problem.ts';

export type OperatorKind = 'operator' | 'service-account';

export interface Operator {
  readonly tenantId: TenantId;
  readonly id: OperatorId;
  readonly kind: OperatorKind;
  readonly name: string;
  readonly description: string;
  /** A built-in role or one of the tenant. */
  readonly role: string;
  /** May also manage tenants. */
  readonly installationAdmin: boolean;
  readonly createdAt: Date;
  readonly disabledAt: Date | undefined;
}

export interface NewOperator {
  readonly name: string;
  readonly role: string;
  readonly kind?: OperatorKind;
  readonly description?: string;
  readonly installationAdmin?: boolean;
}

export interface OperatorChange {
  readonly role?: string;
  readonly description?: string;
  readonly disabled?: boolean;
}

export interface OperatorStore {
  create(tenantId: TenantId, operator: NewOperator, actor: Actor): Promise<Stored<Operator>>;
  /** Of one kind, or all. */
  list(tenantId: TenantId, kind?: OperatorKind): Promise<readonly Operator[]>;
  /** By id or name. */
  find(tenantId: TenantId, named: { readonly id: OperatorId } | { readonly name: string }): Promise<Operator | undefined>;
  /** Refuses what would leave the tenant without anybody who may manage people. */
  update(tenantId: TenantId, id: OperatorId, change: OperatorChange, actor: Actor): Promise<Stored<Operator>>;
  setDisabled(tenantId: TenantId, id: OperatorId, disabled: boolean, actor: Actor): Promise<StoreProblem | undefined>;
  /** With all its tokens; its rows in the audit stay. */
  delete(tenantId: TenantId, id: OperatorId, actor: Actor): Promise<StoreProblem | undefined>;
}

export interface OperatorRow {
  readonly tenant_id: TenantId;
  readonly id: OperatorId;
  readonly kind: OperatorKind;
  readonly name: string;
  readonly description: string;
  readonly role: string;
  readonly installation_admin: boolean;
  readonly created_at: Date;
  readonly disabled_at: Date | null;
}

/** On `operators o`. */
export const OPERATOR_COLUMNS = 'o.tenant_id, o.id, o.kind, o.name, o.description, o.role, o.installation_admin, o.created_at, o.disabled_at';
/** Operators and service accounts of a tenant together (R5). */
export const MOST_OPERATORS = 10_000;

export function createOperatorStore(database: Database, clock: Clock): OperatorStore {
  const within = (tenantId: TenantId, mode: 'snapshot' | 'write') => ({ role: 'holdfast_app', tenantId, mode }) as const;
  const update = (tenantId: TenantId, id: OperatorId, change: OperatorChange, actor: Actor): Promise<Stored<Operator>> =>
    database.transaction(within(tenantId, 'write'), async (transaction): Promise<Stored<Operator>> => {
      const before = await hold(transaction, tenantId, id);
      if (before === undefined) return { kind: 'not-found' };
      const { role = before.role, description = before.description, disabled = before.disabled_at !== null } = change;
      if (role !== before.role && !(await holdRole(transaction, tenantId, role))) return noSuchRole(role);
      const [row] = await transaction.query<OperatorRow>(
        `UPDATE operators AS o SET role = $3, description = $4, disabled_at = CASE WHEN $5 THEN coalesce(disabled_at, now()) END, updated_at = now()
         WHERE tenant_id = $1 AND id = $2 RETURNING ${OPERATOR_COLUMNS}`,
        [tenantId, id, role, description, disabled],
      );
      if (row === undefined) return { kind: 'not-found' };
      const alone = await refuseLast(transaction, before, role, disabled);
      if (alone !== undefined) {
        transaction.abandon();
        return alone;
      }
      // Whoever is enabled again signs in again: a session that was stolen does not come back.
      if (disabled) await transaction.query('UPDATE sessions SET revoked_at = now() WHERE tenant_id = $1 AND operator_id = $2 AND revoked_at IS NULL', [tenantId, id]);
      const action = change.disabled === undefined || change.disabled === (before.disabled_at !== null) ? 'update' : disabled ? 'disable' : 'enable';
      await addAuditRow(transaction, { tenantId, actor, action, subjectKind: subjectKindOf(row), subjectId: id, details: { name: row.name, role, ...(role === before.role ? {} : { role_before: before.role }) } });
      return { kind: 'stored', value: toOperator(row) };
    });
  return {
    async create(tenantId, { name, role, kind = 'operator', description = '', installationAdmin = false }, actor) {
      const refusal = refuseName(name);
      if (refusal !== undefined) return { kind: 'name-refused', message: refusal };
      const id = newId<OperatorId>(clock.nowMs());
      return database.transaction(within(tenantId, 'write'), async (transaction): Promise<Stored<Operator>> => {
        if (!(await holdRole(transaction, tenantId, role))) return noSuchRole(role);
        const [row] = await transaction.query<OperatorRow>(
          `INSERT INTO operators AS o (tenant_id, id, kind, name, description, role, installation_admin)
           SELECT $1, $2, $3, $4, $5, $6, $7 WHERE (SELECT count(*) FROM operators WHERE tenant_id = $1) < ${MOST_OPERATORS}
           ON CONFLICT DO NOTHING RETURNING ${OPERATOR_COLUMNS}`,
          [tenantId, id, kind, name, description, role, installationAdmin],
        );
        if (row === undefined) return { kind: 'name-refused', message: `must be unique: "${name}" is taken` };
        await addAuditRow(transaction, { tenantId, actor, action: 'create', subjectKind: subjectKindOf(row), subjectId: id, details: { name, role, installation_admin: installationAdmin } });
        return { kind: 'stored', value: toOperator(row) };
      });
    },

    async list(tenantId, kind) {
      const rows = await database.query<OperatorRow>(within(tenantId, 'snapshot'), `SELECT ${OPERATOR_COLUMNS} FROM operators o WHERE tenant_id = $1 AND ($2::text IS NULL OR kind = $2) ORDER BY id`, [tenantId, kind ?? null]);
      return rows.map(toOperator);
    },

    async find(tenantId, named) {
      const [column, value] = 'id' in named ? (['id', named.id] as const) : (['name', named.name] as const);
      if (column === 'name' && refuseName(value) !== undefined) return undefined;
      const [row] = await database.query<OperatorRow>(within(tenantId, 'snapshot'), `SELECT ${OPERATOR_COLUMNS} FROM operators o WHERE tenant_id = $1 AND ${column} = $2`, [tenantId, value]);
      return row === undefined ? undefined : toOperator(row);
    },

    update,

    async setDisabled(tenantId, id, disabled, actor) {
      const result = await update(tenantId, id, { disabled }, actor);
      return result.kind === 'stored' ? undefined : result;
    },

    delete: (tenantId, id, actor) =>
      database.transaction(within(tenantId, 'write'), async (transaction): Promise<StoreProblem | undefined> => {
        const row = await hold(transaction, tenantId, id);
        if (row === undefined) return { kind: 'not-found' };
        await transaction.query('DELETE FROM operator_tokens WHERE tenant_id = $1 AND operator_id = $2', [tenantId, id]);
        await transaction.query('DELETE FROM operators WHERE tenant_id = $1 AND id = $2', [tenantId, id]);
        const alone = await refuseLast(transaction, row, '', true);
        if (alone !== undefined) {
          transaction.abandon();
          return alone;
        }
        await addAuditRow(transaction, { tenantId, actor, action: 'delete', subjectKind: subjectKindOf(row), subjectId: id, details: { name: row.name, role: row.role } });
        return undefined;
      }),
  };
}

async function hold(transaction: Transaction, tenantId: TenantId, id: OperatorId): Promise<OperatorRow | undefined> {
  // One at a time for the whole tenant, so that two owners who remove each other do not both succeed.
  await transaction.query('SELECT FROM tenants WHERE id = $1 FOR NO KEY UPDATE', [tenantId]);
  const [row] = await transaction.query<OperatorRow>(`SELECT ${OPERATOR_COLUMNS} FROM operators o WHERE tenant_id = $1 AND id = $2 FOR UPDATE`, [tenantId, id]);
  return row;
}

/** The last owner stays one; where there never was one, the last admin. Asked once the change is made. */
async function refuseLast(transaction: Transaction, before: OperatorRow, role: string, disabled: boolean): Promise<StoreProblem | undefined> {
  const losesPower = before.disabled_at === null && (before.role === 'owner' || before.role === 'admin') && (disabled || role !== before.role);
  if (!losesPower) return undefined;
  const [left] = await transaction.query<{ readonly owners: number; readonly admins: number }>(
    `SELECT count(*) FILTER (WHERE role = 'owner') AS owners, count(*) FILTER (WHERE role = 'admin') AS admins FROM operators WHERE tenant_id = $1 AND disabled_at IS NULL AND kind = 'operator'`,
    [before.tenant_id],
  );
  const isLast = left === undefined || (before.role === 'owner' ? left.owners === 0 : left.owners + left.admins === 0);
  return isLast && before.kind === 'operator' ? { kind: 'not-empty', message: `${before.name} is the last ${before.role} of this tenant; make somebody else ${before.role === 'owner' ? 'an owner' : 'an admin or owner'} first` } : undefined;
}

function noSuchRole(role: string): StoreProblem {
  return { kind: 'role-missing', name: role };
}

/** As the audit names it. */
function subjectKindOf({ kind }: OperatorRow): string {
  return kind === 'operator' ? 'operators' : 'service_accounts';
}

export function toOperator(row: OperatorRow): Operator {
  return {
    tenantId: row.tenant_id,
    id: row.id,
    kind: row.kind,
    name: row.name,
    description: row.description,
    role: row.role,
    installationAdmin: row.installation_admin,
    createdAt: row.created_at,
    disabledAt: row.disabled_at ?? undefined,
  };
}
