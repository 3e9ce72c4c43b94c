/**
 * Tokens of operators and service accounts: what lets them in. Only SHA-256 digests are stored: a token has 256 random bits,
 * so there is nothing to guess and nothing to slow down. A token may be narrower than its owner's role and may expire.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { Clock } from '../../shared/clock.ts';
import { isUuid, newId, type OperatorId, type TenantId } from '../../shared/model/ids.ts';
import type { Grant } from '../access/grant.ts';
import { addAuditRow } from './audit-store.ts';
import { onlyRow, type Database, type Transaction } from './database.ts';
import { OPERATOR_COLUMNS, toOperator, type Operator, type OperatorRow } from './operator-store.ts';
import type { Actor } from './scope.ts';
import type { Stored, StoreProblem } from './store-problem.ts';

export interface Token {
  readonly id: string;
  readonly operatorId: OperatorId;
  readonly name: string;
  /** Undefined: all that the role of its owner permits. */
  readonly permissions: readonly Grant[] | undefined;
  readonly createdAt: Date;
  readonly createdBy: string;
  readonly expiresAt: Date | undefined;
  /** To the minute. */
  readonly lastUsedAt: Date | undefined;
}

export interface NewToken {
  readonly name?: string;
  readonly permissions?: readonly Grant[];
  readonly expiresAt?: Date;
}

/** Whose a token is, and all that decides what it may do. */
export interface TokenHolder {
  readonly operator: Operator;
  readonly tokenId: string;
  readonly expiresAt: Date | undefined;
  /** Of the tenant's own role; undefined where the role is a built-in one. */
  readonly ownRole: readonly Grant[] | undefined;
  readonly tokenPermissions: readonly Grant[] | undefined;
  readonly tenant: { readonly suspendedReason: string | undefined; readonly deleteAfter: Date | undefined; readonly requestsPerSecond: number | undefined };
}

export interface MadeToken {
  readonly token: Token;
  /** `hfo_…`; can't be read again. */
  readonly text: string;
}

export interface TokenStore {
  create(tenantId: TenantId, operatorId: OperatorId, token: NewToken, actor: Actor): Promise<Stored<MadeToken>>;
  /** Those that are not revoked, expired ones too, newest first. */
  list(tenantId: TenantId, operatorId?: OperatorId): Promise<readonly Token[]>;
  get(tenantId: TenantId, tokenId: string): Promise<Token | undefined>;
  /** Another text for the same token, which was `before`'s until the overlap is over (none ends it at once). */
  rotate(tenantId: TenantId, tokenId: string, options: { readonly overlapMs: number }, actor: Actor): Promise<Stored<MadeToken>>;
  revoke(tenantId: TenantId, tokenId: string, actor: Actor): Promise<StoreProblem | undefined>;
  /** The holder of a valid, unexpired token of an enabled operator; undefined for anything else. Notes its use without being waited for. */
  authenticate(text: string): Promise<TokenHolder | undefined>;
}

const TOKEN_PREFIX = 'hfo_';
/** Of one operator, without the revoked ones (R5). */
const MOST_TOKENS = 100;
const NOTED_EVERY_MS = 60_000;

interface Row {
  readonly id: string;
  readonly operator_id: OperatorId;
  readonly name: string;
  readonly permissions: readonly Grant[] | null;
  readonly created_at: Date;
  readonly created_by: string;
  readonly expires_at: Date | null;
  readonly last_used_at: Date | null;
}

interface HolderRow extends OperatorRow {
  readonly token_id: string;
  readonly own_role: readonly Grant[] | null;
  readonly token_permissions: readonly Grant[] | null;
  readonly expires_at: Date | null;
  readonly last_used_at: Date | null;
  readonly suspended_reason: string | null;
  readonly delete_after: Date | null;
  readonly requests_per_second: number | null;
}

const COLUMNS = 'id, operator_id, name, permissions, created_at, created_by, expires_at, last_used_at';

export function createTokenStore(database: Database, clock: Clock): TokenStore {
  const within = (tenantId: TenantId, mode: 'snapshot' | 'write') => ({ role: 'holdfast_app', tenantId, mode }) as const;
  const insert = async (transaction: Transaction, tenantId: TenantId, operatorId: OperatorId, { name = '', permissions, expiresAt }: NewToken, actor: Actor): Promise<MadeToken> => {
    const id = newId(clock.nowMs());
    const text = TOKEN_PREFIX + randomBytes(32).toString('base64url');
    const rows = await transaction.query<Row>(
      `INSERT INTO operator_tokens (tenant_id, id, operator_id, token_hash, expires_at, name, permissions, created_by) VALUES ($1, $2, $3, $4, $5, $6, $7::jsonb, $8) RETURNING ${COLUMNS}`,
      [tenantId, id, operatorId, hashToken(text), expiresAt ?? null, name, permissions === undefined ? null : JSON.stringify(permissions), actor.name],
    );
    return { token: toToken(onlyRow(rows)), text };
  };
  return {
    create: (tenantId, operatorId, token, actor) =>
      database.transaction(within(tenantId, 'write'), async (transaction): Promise<Stored<MadeToken>> => {
        const operators = await transaction.query('SELECT FROM operators WHERE tenant_id = $1 AND id = $2 FOR UPDATE', [tenantId, operatorId]);
        if (operators.length === 0) return { kind: 'not-found' };
        const counted = await transaction.query<{ readonly count: number }>('SELECT count(*) AS count FROM operator_tokens WHERE tenant_id = $1 AND operator_id = $2 AND revoked_at IS NULL', [tenantId, operatorId]);
        if (onlyRow(counted).count >= MOST_TOKENS) return { kind: 'not-empty', message: `one operator has at most ${MOST_TOKENS} tokens; revoke those that nobody uses (GET /v1/tokens tells when each was last used)` };
        const made = await insert(transaction, tenantId, operatorId, token, actor);
        await addAuditRow(transaction, { tenantId, actor, action: 'create', subjectKind: 'operator_tokens', subjectId: made.token.id, details: { operator_id: operatorId, name: made.token.name, expires_at: made.token.expiresAt?.toISOString() ?? null } });
        return { kind: 'stored', value: made };
      }),

    async list(tenantId, operatorId) {
      const rows = await database.query<Row>(
        within(tenantId, 'snapshot'),
        `SELECT ${COLUMNS} FROM operator_tokens WHERE tenant_id = $1 AND revoked_at IS NULL AND ($2::uuid IS NULL OR operator_id = $2) ORDER BY id DESC`,
        [tenantId, operatorId ?? null],
      );
      return rows.map(toToken);
    },

    async get(tenantId, tokenId) {
      if (!isUuid(tokenId)) return undefined;
      const [row] = await database.query<Row>(within(tenantId, 'snapshot'), `SELECT ${COLUMNS} FROM operator_tokens WHERE tenant_id = $1 AND id = $2 AND revoked_at IS NULL`, [tenantId, tokenId]);
      return row === undefined ? undefined : toToken(row);
    },

    rotate: (tenantId, tokenId, { overlapMs }, actor) =>
      database.transaction(within(tenantId, 'write'), async (transaction): Promise<Stored<MadeToken>> => {
        if (!isUuid(tokenId)) return { kind: 'not-found' };
        const [old] = await transaction.query<Row>(`SELECT ${COLUMNS} FROM operator_tokens WHERE tenant_id = $1 AND id = $2 AND revoked_at IS NULL FOR UPDATE`, [tenantId, tokenId]);
        if (old === undefined) return { kind: 'not-found' };
        const made = await insert(transaction, tenantId, old.operator_id, { name: old.name, ...(old.permissions === null ? {} : { permissions: old.permissions }), ...(old.expires_at === null ? {} : { expiresAt: old.expires_at }) }, actor);
        const end = new Date(clock.nowMs() + overlapMs);
        await transaction.query(
          `UPDATE operator_tokens SET expires_at = least(coalesce(expires_at, $3), $3), revoked_at = CASE WHEN $4 THEN now() END WHERE tenant_id = $1 AND id = $2`,
          [tenantId, tokenId, end, overlapMs === 0],
        );
        await addAuditRow(transaction, { tenantId, actor, action: 'rotate', subjectKind: 'operator_tokens', subjectId: tokenId, details: { operator_id: old.operator_id, becomes: made.token.id, old_ends_at: end.toISOString() } });
        return { kind: 'stored', value: made };
      }),

    revoke: (tenantId, tokenId, actor) =>
      database.transaction(within(tenantId, 'write'), async (transaction): Promise<StoreProblem | undefined> => {
        if (!isUuid(tokenId)) return { kind: 'not-found' };
        const rows = await transaction.query('UPDATE operator_tokens SET revoked_at = now() WHERE tenant_id = $1 AND id = $2 AND revoked_at IS NULL RETURNING id', [tenantId, tokenId]);
        if (rows.length === 0) return { kind: 'not-found' };
        await addAuditRow(transaction, { tenantId, actor, action: 'revoke', subjectKind: 'operator_tokens', subjectId: tokenId });
        return undefined;
      }),

    async authenticate(text) {
      if (!text.startsWith(TOKEN_PREFIX)) return undefined;
      const now = new Date(clock.nowMs());
      const [row] = await database.query<HolderRow>(
        { role: 'holdfast_authentication', mode: 'snapshot' },
        `SELECT ${OPERATOR_COLUMNS}, t.id AS token_id, r.permissions AS own_role, t.permissions AS token_permissions, t.expires_at, t.last_used_at,
           tenants.suspended_reason, tenants.delete_after, q.requests_per_second
         FROM operator_tokens t
         JOIN operators o ON (o.tenant_id, o.id) = (t.tenant_id, t.operator_id)
         JOIN tenants ON tenants.id = t.tenant_id
         LEFT JOIN roles r ON (r.tenant_id, r.name) = (o.tenant_id, o.role)
         LEFT JOIN tenant_quotas q ON q.tenant_id = t.tenant_id
         WHERE t.token_hash = $1 AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > $2)
         AND o.disabled_at IS NULL AND tenants.deleted_at IS NULL`,
        [hashToken(text), now],
      );
      if (row === undefined) return undefined;
      if (row.last_used_at === null || now.getTime() - row.last_used_at.getTime() >= NOTED_EVERY_MS) noteUse(row, now);
      return toHolder(row);
    },
  };

  /** Whether it can be noted matters to nobody who waits. Of several at once one writes, the others find it done. */
  function noteUse({ tenant_id: tenantId, token_id: tokenId }: HolderRow, now: Date): void {
    database
      .query({ role: 'holdfast_authentication', mode: 'write' }, `UPDATE operator_tokens SET last_used_at = $2 WHERE tenant_id = $4 AND id = $1 AND (last_used_at IS NULL OR last_used_at < $3)`, [tokenId, now, new Date(now.getTime() - NOTED_EVERY_MS), tenantId])
      .catch(() => undefined);
  }
}

function hashToken(token: string): Uint8Array {
  return createHash('sha256').update(token, 'utf8').digest();
}

function toHolder(row: HolderRow): TokenHolder {
  return {
    operator: toOperator(row),
    tokenId: row.token_id,
    expiresAt: row.expires_at ?? undefined,
    ownRole: row.own_role ?? undefined,
    tokenPermissions: row.token_permissions ?? undefined,
    tenant: { suspendedReason: row.suspended_reason ?? undefined, deleteAfter: row.delete_after ?? undefined, requestsPerSecond: row.requests_per_second ?? undefined },
  };
}

function toToken(row: Row): Token {
  return {
    id: row.id,
    operatorId: row.operator_id,
    name: row.name,
    permissions: row.permissions ?? undefined,
    createdAt: row.created_at,
    createdBy: row.created_by,
    expiresAt: row.expires_at ?? undefined,
    lastUsedAt: row.last_used_at ?? undefined,
  };
}
