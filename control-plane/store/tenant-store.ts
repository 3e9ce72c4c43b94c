/**
 * Tenants: created with their data key, renamed, deleted when empty. Every change has an audit row in the tenant itself.
 */
import { newId, type TenantId } from '../../shared/model/ids.ts';
import type { Clock } from '../../shared/clock.ts';
import { addAuditRow } from './audit-store.ts';
import { onlyRow, type Database, type Transaction } from './database.ts';
import { isDuplicate } from './database-error.ts';
import { refuseName } from './gateway-name.ts';
import type { Actor } from './scope.ts';
import type { SecretKeys } from './secret-keys.ts';
import type { Stored, StoreProblem } from './store-problem.ts';

export interface Tenant {
  readonly id: TenantId;
  readonly name: string;
  readonly createdAt: Date;
}

export interface TenantStore {
  create(name: string, actor: Actor): Promise<Stored<Tenant>>;
  /** All tenants of the installation: only for an installation admin. */
  list(): Promise<readonly Tenant[]>;
  get(tenantId: TenantId): Promise<Tenant | undefined>;
  /** Among all tenants. */
  findByName(name: string): Promise<Tenant | undefined>;
  rename(tenantId: TenantId, name: string, actor: Actor): Promise<Stored<Tenant>>;
  /** Only without gateways. */
  delete(tenantId: TenantId, actor: Actor): Promise<StoreProblem | undefined>;
}

interface Row {
  readonly id: TenantId;
  readonly name: string;
  readonly created_at: Date;
}

const COLUMNS = 'id, name, created_at';

export function createTenantStore(database: Database, keys: SecretKeys, clock: Clock): TenantStore {
  const across = { role: 'holdfast_authentication', mode: 'snapshot' } as const;
  const within = (tenantId: TenantId, mode: 'snapshot' | 'write') => ({ role: 'holdfast_app', tenantId, mode }) as const;
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

    delete: (tenantId, actor) =>
      database.transaction(within(tenantId, 'write'), async (transaction): Promise<StoreProblem | undefined> => {
        const [row] = await transaction.query<Row>(`SELECT ${COLUMNS} FROM tenants WHERE id = $1 AND deleted_at IS NULL FOR UPDATE`, [tenantId]);
        if (row === undefined) return { kind: 'not-found' };
        const gateways = await transaction.query<{ readonly name: string }>('SELECT name FROM gateways WHERE tenant_id = $1 AND deleted_at IS NULL ORDER BY name LIMIT 1', [tenantId]);
        if (gateways[0] !== undefined) return { kind: 'not-empty', message: `tenant "${row.name}" still has the gateway "${gateways[0].name}"; delete its gateways first` };
        await transaction.query('UPDATE tenants SET deleted_at = now() WHERE id = $1', [tenantId]);
        await audit(transaction, tenantId, actor, 'delete', row.name);
        return undefined;
      }),
  };
}

function audit(transaction: Transaction, tenantId: TenantId, actor: Actor, action: string, name: string): Promise<void> {
  return addAuditRow(transaction, { tenantId, actor, action, subjectKind: 'tenants', subjectId: tenantId, details: { name } });
}

function nameTaken(name: string): StoreProblem {
  return { kind: 'name-refused', message: `must be unique: "${name}" is taken` };
}

function toTenant(row: Row): Tenant {
  return { id: row.id, name: row.name, createdAt: row.created_at };
}
