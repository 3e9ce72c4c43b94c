/**
 * Identity providers of a tenant: where its people sign in, and what their groups there give them here. Their client secret stands
 * sealed under the tenant's data key (T2).
 */
import type { Clock } from '../../shared/clock.ts';
import { isUuid, newId, type TenantId } from '../../shared/model/ids.ts';
import { addAuditRow } from './audit-store.ts';
import { onlyRow, type Database, type Transaction } from './database.ts';
import { refuseName } from './gateway-name.ts';
import { holdRole } from './role-store.ts';
import type { Actor } from './scope.ts';
import type { SecretKeys } from './secret-keys.ts';
import type { Stored, StoreProblem } from './store-problem.ts';

export interface RoleMapping {
  readonly group: string;
  readonly role: string;
}

export interface ProviderContent {
  readonly name: string;
  readonly issuer: string;
  readonly clientId: string;
  /** Undefined: a public client, which PKCE alone protects. */
  readonly clientSecret: string | undefined;
  readonly scopes: readonly string[];
  readonly groupsClaim: string;
  readonly roleMappings: readonly RoleMapping[];
  /** Undefined: who has none of the mapped groups is turned away. */
  readonly defaultRole: string | undefined;
  readonly sessionHours: number;
  readonly enabled: boolean;
}

export interface IdentityProvider extends ProviderContent {
  readonly tenantId: TenantId;
  readonly id: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface IdentityProviderStore {
  create(tenantId: TenantId, content: ProviderContent, actor: Actor): Promise<Stored<IdentityProvider>>;
  list(tenantId: TenantId): Promise<readonly IdentityProvider[]>;
  /** By id or name. */
  find(tenantId: TenantId, named: string): Promise<IdentityProvider | undefined>;
  /** Replaces what is given, and ends the sessions that it began: what they may do was decided by what it said. */
  update(tenantId: TenantId, id: string, change: Partial<ProviderContent>, actor: Actor): Promise<Stored<IdentityProvider>>;
  /** With its sessions; operators that it brought stay, with such tokens and passwords as they have. */
  delete(tenantId: TenantId, id: string, actor: Actor): Promise<StoreProblem | undefined>;
  /** Before anybody is known: an enabled one, by the names of tenant and provider. */
  findForSignIn(tenantName: string, providerName: string): Promise<IdentityProvider | undefined>;
  getForSignIn(tenantId: TenantId, id: string): Promise<IdentityProvider | undefined>;
}

interface Row {
  readonly tenant_id: TenantId;
  readonly id: string;
  readonly name: string;
  readonly issuer: string;
  readonly client_id: string;
  readonly client_secret: Buffer | null;
  readonly scopes: readonly string[];
  readonly groups_claim: string;
  readonly role_mappings: readonly RoleMapping[];
  readonly default_role: string | null;
  readonly session_hours: number;
  readonly enabled: boolean;
  readonly created_at: Date;
  readonly updated_at: Date;
}

const COLUMNS = 'p.tenant_id, p.id, p.name, p.issuer, p.client_id, p.client_secret, p.scopes, p.groups_claim, p.role_mappings, p.default_role, p.session_hours, p.enabled, p.created_at, p.updated_at';
/** Of one tenant (R5). */
const MOST_PROVIDERS = 20;

export function createIdentityProviderStore(database: Database, keys: SecretKeys, clock: Clock): IdentityProviderStore {
  const within = (tenantId: TenantId, mode: 'snapshot' | 'write') => ({ role: 'holdfast_app', tenantId, mode }) as const;
  const authentication = { role: 'holdfast_authentication', mode: 'snapshot' } as const;
  const open = async (row: Row): Promise<IdentityProvider> => {
    const sealed = row.client_secret;
    const secret = sealed === null ? undefined : Buffer.from((await keys.tenantBox(row.tenant_id)).open(clientSecretPlace(row.tenant_id, row.id), sealed)).toString('utf8');
    return {
      tenantId: row.tenant_id, id: row.id, name: row.name, issuer: row.issuer, clientId: row.client_id, clientSecret: secret, scopes: row.scopes, groupsClaim: row.groups_claim,
      roleMappings: row.role_mappings, defaultRole: row.default_role ?? undefined, sessionHours: row.session_hours, enabled: row.enabled, createdAt: row.created_at, updatedAt: row.updated_at,
    };
  };
  const values = async (tenantId: TenantId, id: string, content: ProviderContent) => {
    const { clientSecret } = content;
    const sealed = clientSecret === undefined ? null : (await keys.tenantBox(tenantId)).seal(clientSecretPlace(tenantId, id), Buffer.from(clientSecret, 'utf8'));
    return [
      tenantId, id, content.name, content.issuer, content.clientId, sealed, content.scopes, content.groupsClaim, JSON.stringify(content.roleMappings), content.defaultRole ?? null,
      content.sessionHours, content.enabled,
    ] as const;
  };
  return {
    async create(tenantId, content, actor) {
      const refusal = refuseName(content.name);
      if (refusal !== undefined) return { kind: 'name-refused', message: refusal };
      const id = newId(clock.nowMs());
      const columns = await values(tenantId, id, content);
      return database.transaction(within(tenantId, 'write'), async (transaction): Promise<Stored<IdentityProvider>> => {
        const problem = await missingRole(transaction, tenantId, content);
        if (problem !== undefined) return problem;
        const [row] = await transaction.query<Row>(
          `INSERT INTO identity_providers AS p (tenant_id, id, name, issuer, client_id, client_secret, scopes, groups_claim, role_mappings, default_role, session_hours, enabled)
           SELECT $1, $2, $3, $4, $5, $6, $7::text[], $8, $9::jsonb, $10, $11, $12 WHERE (SELECT count(*) FROM identity_providers WHERE tenant_id = $1) < ${MOST_PROVIDERS}
           ON CONFLICT DO NOTHING RETURNING ${COLUMNS}`,
          columns,
        );
        if (row === undefined) return { kind: 'name-refused', message: `must be unique, and a tenant has at most ${MOST_PROVIDERS}: "${content.name}" is taken, or there are as many` };
        await addAuditRow(transaction, { tenantId, actor, action: 'create', subjectKind: 'identity_providers', subjectId: id, details: shown(content) });
        return { kind: 'stored', value: await open(row) };
      });
    },

    async list(tenantId) {
      const rows = await database.query<Row>(within(tenantId, 'snapshot'), `SELECT ${COLUMNS} FROM identity_providers p WHERE p.tenant_id = $1 ORDER BY p.name`, [tenantId]);
      return Promise.all(rows.map(open));
    },

    async find(tenantId, named) {
      const column = isUuid(named) ? 'id' : 'name';
      if (column === 'name' && refuseName(named) !== undefined) return undefined;
      const [row] = await database.query<Row>(within(tenantId, 'snapshot'), `SELECT ${COLUMNS} FROM identity_providers p WHERE p.tenant_id = $1 AND p.${column} = $2`, [tenantId, named]);
      return row === undefined ? undefined : open(row);
    },

    async update(tenantId, id, change, actor) {
      const refusal = change.name === undefined ? undefined : refuseName(change.name);
      if (refusal !== undefined) return { kind: 'name-refused', message: refusal };
      return database.transaction(within(tenantId, 'write'), async (transaction): Promise<Stored<IdentityProvider>> => {
        const [before] = await transaction.query<Row>(`SELECT ${COLUMNS} FROM identity_providers p WHERE p.tenant_id = $1 AND p.id = $2 FOR UPDATE`, [tenantId, id]);
        if (before === undefined) return { kind: 'not-found' };
        const content: ProviderContent = { ...(await open(before)), ...change };
        const problem = await missingRole(transaction, tenantId, content);
        if (problem !== undefined) return problem;
        const others = await transaction.query('SELECT FROM identity_providers WHERE tenant_id = $1 AND name = $2 AND id <> $3', [tenantId, content.name, id]);
        if (others.length > 0) return { kind: 'name-refused', message: `must be unique: "${content.name}" is taken` };
        const rows = await transaction.query<Row>(
          `UPDATE identity_providers AS p SET name = $3, issuer = $4, client_id = $5, client_secret = $6, scopes = $7::text[], groups_claim = $8, role_mappings = $9::jsonb, default_role = $10,
             session_hours = $11, enabled = $12, updated_at = clock_timestamp() WHERE p.tenant_id = $1 AND p.id = $2 RETURNING ${COLUMNS}`,
          await values(tenantId, id, content),
        );
        await transaction.query('UPDATE sessions SET revoked_at = now() WHERE tenant_id = $1 AND provider_id = $2 AND revoked_at IS NULL', [tenantId, id]);
        // Another issuer's subjects are other people.
        if (content.issuer !== before.issuer) await transaction.query('DELETE FROM operator_identities WHERE tenant_id = $1 AND provider_id = $2', [tenantId, id]);
        await addAuditRow(transaction, { tenantId, actor, action: 'update', subjectKind: 'identity_providers', subjectId: id, details: shown(content) });
        return { kind: 'stored', value: await open(onlyRow(rows)) };
      });
    },

    delete: (tenantId, id, actor) =>
      database.transaction(within(tenantId, 'write'), async (transaction): Promise<StoreProblem | undefined> => {
        const [row] = await transaction.query<{ readonly name: string }>('DELETE FROM identity_providers WHERE tenant_id = $1 AND id = $2 RETURNING name', [tenantId, id]);
        if (row === undefined) return { kind: 'not-found' };
        await addAuditRow(transaction, { tenantId, actor, action: 'delete', subjectKind: 'identity_providers', subjectId: id, details: { name: row.name } });
        return undefined;
      }),

    async findForSignIn(tenantName, providerName) {
      if (refuseName(tenantName) !== undefined || refuseName(providerName) !== undefined) return undefined;
      const [row] = await database.query<Row>(
        authentication,
        `SELECT ${COLUMNS} FROM tenants JOIN identity_providers p ON p.tenant_id = tenants.id WHERE tenants.name = $1 AND tenants.deleted_at IS NULL AND p.name = $2 AND p.enabled`,
        [tenantName, providerName],
      );
      return row === undefined ? undefined : open(row);
    },

    async getForSignIn(tenantId, id) {
      const [row] = await database.query<Row>(
        authentication,
        `SELECT ${COLUMNS} FROM identity_providers p JOIN tenants ON tenants.id = p.tenant_id WHERE p.tenant_id = $1 AND p.id = $2 AND p.enabled AND tenants.deleted_at IS NULL`,
        [tenantId, id],
      );
      return row === undefined ? undefined : open(row);
    },
  };
}

async function missingRole(transaction: Transaction, tenantId: TenantId, { roleMappings, defaultRole }: ProviderContent): Promise<StoreProblem | undefined> {
  for (const role of new Set([...roleMappings.map((mapping) => mapping.role), ...(defaultRole === undefined ? [] : [defaultRole])])) {
    if (!(await holdRole(transaction, tenantId, role))) return { kind: 'role-missing', name: role };
  }
  return undefined;
}

/** Where a client secret stands. */
export function clientSecretPlace(tenantId: TenantId, id: string): readonly string[] {
  return [tenantId, 'identity-provider', id, 'client-secret'];
}

/** For the audit: no secret. */
function shown({ name, issuer, clientId, roleMappings, defaultRole, enabled }: ProviderContent) {
  return { name, issuer, client_id: clientId, role_mappings: roleMappings.map(({ group, role }) => ({ group, role })), default_role: defaultRole ?? null, enabled };
}
