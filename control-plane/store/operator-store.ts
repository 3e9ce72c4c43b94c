/**
 * Operators and their tokens: who may use the admin API of a tenant. Only SHA-256 digests of tokens are stored: a token
 * has 256 random bits, so there is nothing to guess and nothing to slow down.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { Clock } from '../../shared/clock.ts';
import { isUuid, newId, type OperatorId, type TenantId } from '../../shared/model/ids.ts';
import { addAuditRow } from './audit-store.ts';
import type { Database } from './database.ts';
import { refuseName } from './gateway-name.ts';
import type { Actor } from './scope.ts';
import type { Stored, StoreProblem } from './store-problem.ts';

export type OperatorRole = 'admin' | 'viewer';

export interface Operator {
  readonly tenantId: TenantId;
  readonly id: OperatorId;
  readonly name: string;
  readonly role: OperatorRole;
  /** May also manage tenants. */
  readonly installationAdmin: boolean;
  readonly createdAt: Date;
  readonly disabledAt: Date | undefined;
}

export interface NewOperator {
  readonly name: string;
  readonly role: OperatorRole;
  readonly installationAdmin?: boolean;
}

export interface OperatorStore {
  create(tenantId: TenantId, operator: NewOperator, actor: Actor): Promise<Stored<Operator>>;
  list(tenantId: TenantId): Promise<readonly Operator[]>;
  setDisabled(tenantId: TenantId, id: OperatorId, disabled: boolean, actor: Actor): Promise<StoreProblem | undefined>;
  /** Returns the token (`hfo_…`), which can't be read again. */
  createToken(tenantId: TenantId, id: OperatorId, options: { readonly expiresAt?: Date }, actor: Actor): Promise<Stored<{ readonly tokenId: string; readonly token: string }>>;
  revokeToken(tenantId: TenantId, tokenId: string, actor: Actor): Promise<StoreProblem | undefined>;
  /** The enabled operator of a valid, unexpired token; undefined for anything else. */
  authenticate(token: string): Promise<Operator | undefined>;
}

const TOKEN_PREFIX = 'hfo_';

interface Row {
  readonly tenant_id: TenantId;
  readonly id: OperatorId;
  readonly name: string;
  readonly role: OperatorRole;
  readonly installation_admin: boolean;
  readonly created_at: Date;
  readonly disabled_at: Date | null;
}

const COLUMNS = 'o.tenant_id, o.id, o.name, o.role, o.installation_admin, o.created_at, o.disabled_at';

export function createOperatorStore(database: Database, clock: Clock): OperatorStore {
  const within = (tenantId: TenantId, mode: 'snapshot' | 'write') => ({ role: 'holdfast_app', tenantId, mode }) as const;
  return {
    async create(tenantId, { name, role, installationAdmin = false }, actor) {
      const refusal = refuseName(name);
      if (refusal !== undefined) return { kind: 'name-refused', message: refusal };
      const id = newId<OperatorId>(clock.nowMs());
      return database.transaction(within(tenantId, 'write'), async (transaction): Promise<Stored<Operator>> => {
        const [row] = await transaction.query<Row>(
          `INSERT INTO operators AS o (tenant_id, id, name, role, installation_admin) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING RETURNING ${COLUMNS}`,
          [tenantId, id, name, role, installationAdmin],
        );
        if (row === undefined) return { kind: 'name-refused', message: `must be unique: "${name}" is taken` };
        await addAuditRow(transaction, { tenantId, actor, action: 'create', subjectKind: 'operators', subjectId: id, details: { name, role, installation_admin: installationAdmin } });
        return { kind: 'stored', value: toOperator(row) };
      });
    },

    async list(tenantId) {
      const rows = await database.query<Row>(within(tenantId, 'snapshot'), `SELECT ${COLUMNS} FROM operators o WHERE tenant_id = $1 ORDER BY id`, [tenantId]);
      return rows.map(toOperator);
    },

    setDisabled: (tenantId, id, disabled, actor) =>
      database.transaction(within(tenantId, 'write'), async (transaction): Promise<StoreProblem | undefined> => {
        const rows = await transaction.query(`UPDATE operators SET disabled_at = CASE WHEN $3 THEN coalesce(disabled_at, now()) END WHERE tenant_id = $1 AND id = $2 RETURNING id`, [tenantId, id, disabled]);
        if (rows.length === 0) return { kind: 'not-found' };
        await addAuditRow(transaction, { tenantId, actor, action: disabled ? 'disable' : 'enable', subjectKind: 'operators', subjectId: id });
        return undefined;
      }),

    createToken: (tenantId, id, { expiresAt }, actor) =>
      database.transaction(within(tenantId, 'write'), async (transaction): Promise<Stored<{ readonly tokenId: string; readonly token: string }>> => {
        const operators = await transaction.query('SELECT FROM operators WHERE tenant_id = $1 AND id = $2', [tenantId, id]);
        if (operators.length === 0) return { kind: 'not-found' };
        const tokenId = newId(clock.nowMs());
        const token = TOKEN_PREFIX + randomBytes(32).toString('base64url');
        await transaction.query('INSERT INTO operator_tokens (tenant_id, id, operator_id, token_hash, expires_at) VALUES ($1, $2, $3, $4, $5)', [tenantId, tokenId, id, hashToken(token), expiresAt ?? null]);
        await addAuditRow(transaction, { tenantId, actor, action: 'create', subjectKind: 'operator_tokens', subjectId: tokenId, details: { operator_id: id } });
        return { kind: 'stored', value: { tokenId, token } };
      }),

    revokeToken: (tenantId, tokenId, actor) =>
      database.transaction(within(tenantId, 'write'), async (transaction): Promise<StoreProblem | undefined> => {
        if (!isUuid(tokenId)) return { kind: 'not-found' };
        const rows = await transaction.query('UPDATE operator_tokens SET revoked_at = now() WHERE tenant_id = $1 AND id = $2 AND revoked_at IS NULL RETURNING id', [tenantId, tokenId]);
        if (rows.length === 0) return { kind: 'not-found' };
        await addAuditRow(transaction, { tenantId, actor, action: 'revoke', subjectKind: 'operator_tokens', subjectId: tokenId });
        return undefined;
      }),

    async authenticate(token) {
      if (!token.startsWith(TOKEN_PREFIX)) return undefined;
      const [row] = await database.query<Row>(
        { role: 'holdfast_authentication', mode: 'snapshot' },
        `SELECT ${COLUMNS} FROM operator_tokens t
         JOIN operators o ON (o.tenant_id, o.id) = (t.tenant_id, t.operator_id)
         JOIN tenants ON tenants.id = t.tenant_id
         WHERE t.token_hash = $1 AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > $2)
         AND o.disabled_at IS NULL AND tenants.deleted_at IS NULL`,
        [hashToken(token), new Date(clock.nowMs())],
      );
      return row === undefined ? undefined : toOperator(row);
    },
  };
}

function hashToken(token: string): Uint8Array {
  return createHash('sha256').update(token, 'utf8').digest();
}

function toOperator(row: Row): Operator {
  return {
    tenantId: row.tenant_id,
    id: row.id,
    name: row.name,
    role: row.role,
    installationAdmin: row.installation_admin,
    createdAt: row.created_at,
    disabledAt: row.disabled_at ?? undefined,
  };
}
