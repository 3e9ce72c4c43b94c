/**
 * A tenant's own roles, beside the built-in ones: named sets of permissions. Operators and identity providers name them, so one that
 * somebody has or gets is not deleted, and takes them along when it is renamed.
 */
import type { Clock } from '../../shared/clock.ts';
import { newId, type TenantId } from '../../shared/model/ids.ts';
import { builtInRoles, isBuiltInRole } from '../access/built-in-roles.ts';
import type { Grant } from '../access/grant.ts';
import { addAuditRow } from './audit-store.ts';
import { onlyRow, type Database, type Transaction } from './database.ts';
import { refuseName } from './gateway-name.ts';
import type { Actor } from './scope.ts';
import type { Stored, StoreProblem } from './store-problem.ts';

export interface Role {
  /** Null of a built-in one. */
  readonly id: string | null;
  readonly name: string;
  readonly description: string;
  readonly permissions: readonly Grant[];
  readonly createdAt: Date | undefined;
  readonly updatedAt: Date | undefined;
}

export interface RoleContent {
  readonly name: string;
  readonly description: string;
  readonly permissions: readonly Grant[];
}

export interface RoleStore {
  create(tenantId: TenantId, role: RoleContent, actor: Actor): Promise<Stored<Role>>;
  /** The built-in ones first. */
  list(tenantId: TenantId): Promise<readonly Role[]>;
  findByName(tenantId: TenantId, name: string): Promise<Role | undefined>;
  /** Replaces what is given; of own roles alone. */
  update(tenantId: TenantId, id: string, change: Partial<RoleContent>, actor: Actor): Promise<Stored<Role>>;
  /** Only where nobody has it, and no identity provider gives it. */
  delete(tenantId: TenantId, id: string, actor: Actor): Promise<StoreProblem | undefined>;
}

/** Own roles of a tenant (R5). */
export const MOST_ROLES = 200;

interface Row {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly permissions: readonly Grant[];
  readonly created_at: Date;
  readonly updated_at: Date;
}

const COLUMNS = 'id, name, description, permissions, created_at, updated_at';
const BUILT_IN: readonly Role[] = Object.values(builtInRoles).map(({ name, description, grants }) => ({ id: null, name, description, permissions: grants, createdAt: undefined, updatedAt: undefined }));

export function createRoleStore(database: Database, clock: Clock): RoleStore {
  const within = (tenantId: TenantId, mode: 'snapshot' | 'write') => ({ role: 'holdfast_app', tenantId, mode }) as const;
  return {
    async create(tenantId, { name, description, permissions }, actor) {
      const refused = refuseRoleName(name);
      if (refused !== undefined) return refused;
      const id = newId(clock.nowMs());
      return database.transaction(within(tenantId, 'write'), async (transaction): Promise<Stored<Role>> => {
        const tenants = await transaction.query('SELECT FROM tenants WHERE id = $1 AND deleted_at IS NULL FOR NO KEY UPDATE', [tenantId]);
        if (tenants.length === 0) return { kind: 'not-found' };
        const counted = await transaction.query<{ readonly count: number }>('SELECT count(*) AS count FROM roles WHERE tenant_id = $1', [tenantId]);
        if (onlyRow(counted).count >= MOST_ROLES) return { kind: 'not-empty', message: `a tenant has at most ${MOST_ROLES} roles of its own; delete one that nobody has` };
        const [row] = await transaction.query<Row>(
          `INSERT INTO roles (tenant_id, id, name, description, permissions) VALUES ($1, $2, $3, $4, $5::jsonb) ON CONFLICT DO NOTHING RETURNING ${COLUMNS}`,
          [tenantId, id, name, description, JSON.stringify(permissions)],
        );
        if (row === undefined) return taken(name);
        await addAuditRow(transaction, { tenantId, actor, action: 'create', subjectKind: 'roles', subjectId: id, details: { name, permissions: showGrants(permissions) } });
        return { kind: 'stored', value: toRole(row) };
      });
    },

    async list(tenantId) {
      const rows = await database.query<Row>(within(tenantId, 'snapshot'), `SELECT ${COLUMNS} FROM roles WHERE tenant_id = $1 ORDER BY name`, [tenantId]);
      return [...BUILT_IN, ...rows.map(toRole)];
    },

    async findByName(tenantId, name) {
      const builtIn = BUILT_IN.find((role) => role.name === name);
      if (builtIn !== undefined || refuseName(name) !== undefined) return builtIn;
      const [row] = await database.query<Row>(within(tenantId, 'snapshot'), `SELECT ${COLUMNS} FROM roles WHERE tenant_id = $1 AND name = $2`, [tenantId, name]);
      return row === undefined ? undefined : toRole(row);
    },

    async update(tenantId, id, change, actor) {
      const refused = change.name === undefined ? undefined : refuseRoleName(change.name);
      if (refused !== undefined) return refused;
      return database.transaction(within(tenantId, 'write'), async (transaction): Promise<Stored<Role>> => {
        const before = await hold(transaction, tenantId, id);
        if (before === undefined) return { kind: 'not-found' };
        const { name, description, permissions } = { ...before, ...change };
        if (name !== before.name) {
          const others = await transaction.query('SELECT FROM roles WHERE tenant_id = $1 AND name = $2', [tenantId, name]);
          if (others.length > 0) return taken(name);
          await rename(transaction, tenantId, before.name, name);
        }
        const rows = await transaction.query<Row>(
          `UPDATE roles SET name = $3, description = $4, permissions = $5::jsonb, updated_at = now() WHERE tenant_id = $1 AND id = $2 RETURNING ${COLUMNS}`,
          [tenantId, id, name, description, JSON.stringify(permissions)],
        );
        await addAuditRow(transaction, { tenantId, actor, action: 'update', subjectKind: 'roles', subjectId: id, details: { name, permissions: showGrants(permissions), before: { name: before.name, permissions: showGrants(before.permissions) } } });
        return { kind: 'stored', value: toRole(onlyRow(rows)) };
      });
    },

    delete: (tenantId, id, actor) =>
      database.transaction(within(tenantId, 'write'), async (transaction): Promise<StoreProblem | undefined> => {
        const row = await hold(transaction, tenantId, id);
        if (row === undefined) return { kind: 'not-found' };
        const [operator] = await transaction.query<{ readonly name: string }>('SELECT name FROM operators WHERE tenant_id = $1 AND role = $2 LIMIT 1', [tenantId, row.name]);
        if (operator !== undefined) return { kind: 'not-empty', message: `${operator.name} has the role "${row.name}"; give everybody who has it another one first` };
        const [provider] = await transaction.query<{ readonly name: string }>(`SELECT name FROM identity_providers WHERE tenant_id = $1 AND ${GIVES} LIMIT 1`, [tenantId, row.name]);
        if (provider !== undefined) return { kind: 'not-empty', message: `the identity provider "${provider.name}" gives the role "${row.name}"; let it give another one first` };
        await transaction.query('DELETE FROM roles WHERE tenant_id = $1 AND id = $2', [tenantId, id]);
        await addAuditRow(transaction, { tenantId, actor, action: 'delete', subjectKind: 'roles', subjectId: id, details: { name: row.name } });
        return undefined;
      }),
  };
}

/** Identity providers that give a role ($2). */
const GIVES = `(default_role = $2 OR role_mappings @> jsonb_build_array(jsonb_build_object('role', $2::text)))`;

/** Wherever a role stands by its name: what is left behind would get what a later role of that name holds. */
async function rename(transaction: Transaction, tenantId: TenantId, before: string, name: string): Promise<void> {
  const names = [tenantId, before, name] as const;
  await transaction.query('UPDATE operators SET role = $3, updated_at = now() WHERE tenant_id = $1 AND role = $2', names);
  await transaction.query(
    `UPDATE identity_providers SET default_role = CASE WHEN default_role = $2 THEN $3 ELSE default_role END, updated_at = clock_timestamp(),
       role_mappings = (SELECT coalesce(jsonb_agg(CASE WHEN one ->> 'role' = $2 THEN one || jsonb_build_object('role', $3::text) ELSE one END ORDER BY place), '[]')
                        FROM jsonb_array_elements(role_mappings) WITH ORDINALITY AS mapping (one, place))
     WHERE tenant_id = $1 AND ${GIVES}`,
    names,
  );
  await transaction.query('UPDATE sessions SET roles = array_replace(roles, $2, $3) WHERE tenant_id = $1 AND $2 = ANY(roles)', names);
}

/** True where the role is there; an own one is held, so that it is neither renamed nor deleted before the transaction ends. */
export async function holdRole(transaction: Transaction, tenantId: TenantId, name: string): Promise<boolean> {
  if (isBuiltInRole(name)) return true;
  const rows = await transaction.query('SELECT FROM roles WHERE tenant_id = $1 AND name = $2 FOR SHARE', [tenantId, name]);
  return rows.length > 0;
}

async function hold(transaction: Transaction, tenantId: TenantId, id: string): Promise<Row | undefined> {
  const [row] = await transaction.query<Row>(`SELECT ${COLUMNS} FROM roles WHERE tenant_id = $1 AND id = $2 FOR UPDATE`, [tenantId, id]);
  return row;
}

function refuseRoleName(name: string): StoreProblem | undefined {
  const refusal = refuseName(name);
  if (refusal !== undefined) return { kind: 'name-refused', message: refusal };
  return isBuiltInRole(name) ? { kind: 'name-refused', message: `"${name}" is a built-in role, which nobody can change; choose another name` } : undefined;
}

function taken(name: string): StoreProblem {
  return { kind: 'name-refused', message: `must be unique: "${name}" is taken` };
}

function showGrants(grants: readonly Grant[]) {
  return grants.map(({ effect, gateways, resources, verbs, tags }) => ({ effect, gateways, resources, verbs, tags }));
}

function toRole(row: Row): Role {
  return { id: row.id, name: row.name, description: row.description, permissions: row.permissions, createdAt: row.created_at, updatedAt: row.updated_at };
}
