/**
 * Sessions of people who signed in: begun at an identity provider or with a password, let in by a text of which only the SHA-256 is
 * stored (256 random bits: nothing to guess). What one may do was decided by the groups at its beginning; what a role holds, whether
 * the operator is enabled and whether the session was revoked is asked anew each time.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { Clock } from '../../shared/clock.ts';
import { isUuid, newId, type OperatorId, type TenantId } from '../../shared/model/ids.ts';
import type { Grant } from '../access/grant.ts';
import { addAuditRow } from './audit-store.ts';
import { onlyRow, type Database, type Transaction } from './database.ts';
import type { IdentityProvider } from './identity-provider-store.ts';
import { MOST_OPERATORS, OPERATOR_COLUMNS, toOperator, type Operator, type OperatorRow } from './operator-store.ts';
import type { Actor } from './scope.ts';
import type { Stored, StoreProblem } from './store-problem.ts';
import type { TokenHolder } from './token-store.ts';

export interface Session {
  readonly id: string;
  readonly operatorId: OperatorId;
  /** Undefined: begun with a password. */
  readonly providerId: string | undefined;
  /** Undefined: the operator's own role. */
  readonly roles: readonly string[] | undefined;
  readonly address: string;
  readonly userAgent: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  /** To the minute. */
  readonly lastUsedAt: Date | undefined;
}

/** From where somebody signs in, and for how long. */
export interface SessionFacts {
  readonly address: string;
  readonly userAgent: string;
  readonly requestId: string;
  readonly lifetimeMs: number;
}

export interface MadeSession {
  readonly session: Session;
  readonly operator: Operator;
  /** `hfs_…`; can't be read again. */
  readonly text: string;
}

/** Of each role that the session gives: its name, and its permissions where it is the tenant's own. */
export interface SessionHolder extends Omit<TokenHolder, 'ownRole' | 'tokenPermissions' | 'tokenId'> {
  readonly sessionId: string;
  readonly roles: readonly { readonly name: string; readonly own: readonly Grant[] | undefined }[];
}

export interface SessionStore {
  /** For somebody whom a provider vouches for; makes their operator at the first time. A name that somebody else has gets a number: nobody becomes somebody else by a name. */
  beginByIdentity(provider: IdentityProvider, identity: { readonly subject: string; readonly name: string }, roles: readonly string[], facts: SessionFacts): Promise<Stored<MadeSession>>;
  beginByPassword(tenantId: TenantId, operatorId: OperatorId, facts: SessionFacts): Promise<Stored<MadeSession>>;
  /** Somebody for whom the provider vouched was turned away. */
  noteRefusal(provider: IdentityProvider, refused: { readonly name: string; readonly reason: string }, from: { readonly address: string; readonly requestId: string }): Promise<void>;
  /** Those that are neither revoked nor over, newest first. */
  list(tenantId: TenantId, operatorId?: OperatorId): Promise<readonly Session[]>;
  get(tenantId: TenantId, id: string): Promise<Session | undefined>;
  revoke(tenantId: TenantId, id: string, actor: Actor): Promise<StoreProblem | undefined>;
  /** The holder of a session that goes on; undefined for anything else. Notes its use without being waited for. */
  authenticate(text: string): Promise<SessionHolder | undefined>;
}

export const SESSION_PREFIX = 'hfs_';
/** Of one operator; the oldest ends when one more begins (R5). */
const MOST_SESSIONS = 50;
const KEPT_AFTER_END = '7 days';
const NOTED_EVERY_MS = 60_000;
const LONGEST_NAME = 60;
/** Of people with one name; those after get something random. */
const MOST_NUMBERED = 9;

interface Row {
  readonly id: string;
  readonly operator_id: OperatorId;
  readonly provider_id: string | null;
  readonly roles: readonly string[] | null;
  readonly address: string;
  readonly user_agent: string;
  readonly created_at: Date;
  readonly expires_at: Date;
  readonly last_used_at: Date | null;
}

interface HolderRow extends OperatorRow {
  readonly session_id: string;
  readonly role_names: readonly string[];
  readonly own_roles: Readonly<Record<string, readonly Grant[]>>;
  readonly expires_at: Date;
  readonly last_used_at: Date | null;
  readonly suspended_reason: string | null;
  readonly delete_after: Date | null;
  readonly requests_per_second: number | null;
}

const COLUMNS = 'id, operator_id, provider_id, roles, address, user_agent, created_at, expires_at, last_used_at';

export function createSessionStore(database: Database, clock: Clock): SessionStore {
  const within = (tenantId: TenantId, mode: 'snapshot' | 'write') => ({ role: 'holdfast_app', tenantId, mode }) as const;

  const begin = async (transaction: Transaction, operator: Operator, by: { readonly providerId: string | undefined; readonly roles: readonly string[] | undefined }, facts: SessionFacts): Promise<MadeSession> => {
    const { tenantId, id: operatorId } = operator;
    await transaction.query(`DELETE FROM sessions WHERE tenant_id = $1 AND operator_id = $2 AND expires_at < now() - interval '${KEPT_AFTER_END}'`, [tenantId, operatorId]);
    await transaction.query(
      `UPDATE sessions SET revoked_at = now() WHERE tenant_id = $1 AND id IN (
         SELECT id FROM sessions WHERE tenant_id = $1 AND operator_id = $2 AND revoked_at IS NULL ORDER BY id DESC OFFSET ${MOST_SESSIONS - 1})`,
      [tenantId, operatorId],
    );
    const id = newId(clock.nowMs());
    const text = SESSION_PREFIX + randomBytes(32).toString('base64url');
    const rows = await transaction.query<Row>(
      `INSERT INTO sessions (tenant_id, id, operator_id, provider_id, token_hash, roles, address, user_agent, expires_at) VALUES ($1, $2, $3, $4, $5, $6::text[], $7, $8, $9) RETURNING ${COLUMNS}`,
      [tenantId, id, operatorId, by.providerId ?? null, hash(text), by.roles ?? null, facts.address, facts.userAgent, new Date(clock.nowMs() + facts.lifetimeMs)],
    );
    await addAuditRow(transaction, {
      tenantId, actor: actorOf(operator, id, facts), action: 'sign-in', subjectKind: 'sessions', subjectId: id,
      details: { by: by.providerId === undefined ? 'password' : 'identity-provider', provider_id: by.providerId ?? null, roles: by.roles ?? [operator.role] },
    });
    return { session: toSession(onlyRow(rows)), operator, text };
  };

  return {
    beginByIdentity: (provider, { subject, name }, roles, facts) =>
      database.transaction(within(provider.tenantId, 'write'), async (transaction): Promise<Stored<MadeSession>> => {
        const { tenantId, id: providerId } = provider;
        const [role] = roles;
        if (role === undefined) return { kind: 'not-found' };
        // One at a time for the provider, so that two first sign-ins of one person make one operator; and none comes in while it is changed.
        const providers = await transaction.query(`SELECT FROM identity_providers WHERE tenant_id = $1 AND id = $2 AND enabled AND date_trunc('milliseconds', updated_at) = $3 FOR UPDATE`, [tenantId, providerId, provider.updatedAt]);
        if (providers.length === 0) return { kind: 'not-found' };
        const [known] = await transaction.query<OperatorRow>(
          `UPDATE operators AS o SET role = $4, updated_at = now() FROM operator_identities i
           WHERE (i.tenant_id, i.provider_id, i.subject) = ($1, $2, $3) AND (o.tenant_id, o.id) = (i.tenant_id, i.operator_id) RETURNING ${OPERATOR_COLUMNS}`,
          [tenantId, providerId, subject, role],
        );
        const row = known ?? (await makeOperator(transaction, tenantId, name, provider.name, role));
        if (row === undefined) return { kind: 'not-empty', message: `there are ${MOST_OPERATORS} operators and service accounts, the most that a tenant can have` };
        if (row.disabled_at !== null) {
          transaction.abandon();
          return { kind: 'not-found' };
        }
        if (known === undefined) await transaction.query('INSERT INTO operator_identities (tenant_id, provider_id, subject, operator_id) VALUES ($1, $2, $3, $4)', [tenantId, providerId, subject, row.id]);
        return { kind: 'stored', value: await begin(transaction, toOperator(row), { providerId, roles }, facts) };
      }),

    beginByPassword: (tenantId, operatorId, facts) =>
      database.transaction(within(tenantId, 'write'), async (transaction): Promise<Stored<MadeSession>> => {
        const [row] = await transaction.query<OperatorRow>(`SELECT ${OPERATOR_COLUMNS} FROM operators o WHERE o.tenant_id = $1 AND o.id = $2 AND o.disabled_at IS NULL FOR UPDATE`, [tenantId, operatorId]);
        if (row === undefined) return { kind: 'not-found' };
        return { kind: 'stored', value: await begin(transaction, toOperator(row), { providerId: undefined, roles: undefined }, facts) };
      }),

    noteRefusal: ({ tenantId, id }, { name, reason }, { address, requestId }) =>
      database.transaction(within(tenantId, 'write'), (transaction) =>
        addAuditRow(transaction, { tenantId, actor: { operatorId: null, name, kind: 'unknown', address, requestId }, action: 'refuse', subjectKind: 'identity_providers', subjectId: id, details: { reason } }),
      ),

    async list(tenantId, operatorId) {
      const rows = await database.query<Row>(
        within(tenantId, 'snapshot'),
        `SELECT ${COLUMNS} FROM sessions WHERE tenant_id = $1 AND revoked_at IS NULL AND expires_at > $2 AND ($3::uuid IS NULL OR operator_id = $3) ORDER BY id DESC LIMIT 1000`,
        [tenantId, new Date(clock.nowMs()), operatorId ?? null],
      );
      return rows.map(toSession);
    },

    async get(tenantId, id) {
      if (!isUuid(id)) return undefined;
      const [row] = await database.query<Row>(within(tenantId, 'snapshot'), `SELECT ${COLUMNS} FROM sessions WHERE tenant_id = $1 AND id = $2 AND revoked_at IS NULL`, [tenantId, id]);
      return row === undefined ? undefined : toSession(row);
    },

    revoke: (tenantId, id, actor) =>
      database.transaction(within(tenantId, 'write'), async (transaction): Promise<StoreProblem | undefined> => {
        if (!isUuid(id)) return { kind: 'not-found' };
        const rows = await transaction.query('UPDATE sessions SET revoked_at = now() WHERE tenant_id = $1 AND id = $2 AND revoked_at IS NULL RETURNING id', [tenantId, id]);
        if (rows.length === 0) return { kind: 'not-found' };
        await addAuditRow(transaction, { tenantId, actor, action: 'revoke', subjectKind: 'sessions', subjectId: id });
        return undefined;
      }),

    async authenticate(text) {
      if (!text.startsWith(SESSION_PREFIX)) return undefined;
      const now = new Date(clock.nowMs());
      const [row] = await database.query<HolderRow>(
        { role: 'holdfast_authentication', mode: 'snapshot' },
        `SELECT ${OPERATOR_COLUMNS}, s.id AS session_id, s.expires_at, s.last_used_at, coalesce(s.roles, array[o.role]) AS role_names,
           (SELECT coalesce(jsonb_object_agg(r.name, r.permissions), '{}') FROM roles r WHERE r.tenant_id = s.tenant_id AND r.name = ANY(coalesce(s.roles, array[o.role]))) AS own_roles,
           tenants.suspended_reason, tenants.delete_after, q.requests_per_second
         FROM sessions s
         JOIN operators o ON (o.tenant_id, o.id) = (s.tenant_id, s.operator_id)
         JOIN tenants ON tenants.id = s.tenant_id
         LEFT JOIN tenant_quotas q ON q.tenant_id = s.tenant_id
         WHERE s.token_hash = $1 AND s.revoked_at IS NULL AND s.expires_at > $2 AND o.disabled_at IS NULL AND tenants.deleted_at IS NULL`,
        [hash(text), now],
      );
      if (row === undefined) return undefined;
      if (row.last_used_at === null || now.getTime() - row.last_used_at.getTime() >= NOTED_EVERY_MS) noteUse(row, now);
      return {
        operator: toOperator(row),
        sessionId: row.session_id,
        expiresAt: row.expires_at,
        roles: row.role_names.map((name) => ({ name, own: row.own_roles[name] })),
        tenant: { suspendedReason: row.suspended_reason ?? undefined, deleteAfter: row.delete_after ?? undefined, requestsPerSecond: row.requests_per_second ?? undefined },
      };
    },
  };

  /** Whether it can be noted matters to nobody who waits. */
  function noteUse({ tenant_id: tenantId, session_id: id }: HolderRow, now: Date): void {
    database
      .query({ role: 'holdfast_authentication', mode: 'write' }, 'UPDATE sessions SET last_used_at = $3 WHERE tenant_id = $1 AND id = $2 AND (last_used_at IS NULL OR last_used_at < $4)', [tenantId, id, now, new Date(now.getTime() - NOTED_EVERY_MS)])
      .catch(() => undefined);
  }

  async function makeOperator(transaction: Transaction, tenantId: TenantId, wish: string, providerName: string, role: string): Promise<OperatorRow | undefined> {
    const [full] = await transaction.query('SELECT FROM operators WHERE tenant_id = $1 OFFSET $2 LIMIT 1', [tenantId, MOST_OPERATORS - 1]);
    if (full !== undefined) return undefined;
    const base = wish.normalize('NFKC').replace(/[^A-Za-z0-9._~-]+/g, '-').replace(/^[^A-Za-z0-9]+|[-.]+$/g, '').slice(0, LONGEST_NAME);
    for (let number = 1; ; number += 1) {
      const name = `${base === '' ? 'person' : base}${number === 1 ? '' : `-${number <= MOST_NUMBERED ? number : randomBytes(4).toString('hex')}`}`;
      const [row] = await transaction.query<OperatorRow>(
        `INSERT INTO operators AS o (tenant_id, id, kind, name, description, role, installation_admin) VALUES ($1, $2, 'operator', $3, $4, $5, false) ON CONFLICT DO NOTHING RETURNING ${OPERATOR_COLUMNS}`,
        [tenantId, newId<OperatorId>(clock.nowMs()), name, `signs in at ${providerName}`, role],
      );
      if (row !== undefined) return row;
    }
  }
}

function actorOf(operator: Operator, sessionId: string, { address, requestId }: SessionFacts): Actor {
  return { operatorId: operator.id, name: operator.name, requestId, address, kind: 'operator', credential: `session:${sessionId}` };
}

function hash(text: string): Uint8Array {
  return createHash('sha256').update(text, 'utf8').digest();
}

function toSession(row: Row): Session {
  return {
    id: row.id, operatorId: row.operator_id, providerId: row.provider_id ?? undefined, roles: row.roles ?? undefined, address: row.address, userAgent: row.user_agent,
    createdAt: row.created_at, expiresAt: row.expires_at, lastUsedAt: row.last_used_at ?? undefined,
  };
}
