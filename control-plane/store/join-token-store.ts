/**
 * Join tokens: the only way for a new data plane to get a certificate. The secret is stored as its SHA-256; a use is
 * taken by DataPlaneStore.enrol, in the transaction that stores the data plane.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { Clock } from '../../shared/clock.ts';
import { isUuid, newId, type GatewayId, type TenantId } from '../../shared/model/ids.ts';
import { addAuditRow } from './audit-store.ts';
import { onlyRow, type Database, type Transaction } from './database.ts';
import type { Actor, GatewayScope } from './scope.ts';
import { gatewayUnknown } from './secret-keys.ts';
import type { StoreProblem } from './store-problem.ts';

/** What an administrator says about data planes: `region`, `cloud`, `ring`… */
export type Labels = Readonly<Record<string, string>>;

export interface JoinToken extends GatewayScope {
  readonly id: string;
  readonly usesLeft: number;
  readonly expiresAt: Date;
  readonly labels: Labels;
  readonly createdBy: string;
  readonly createdAt: Date;
}

export interface NewJoinToken {
  readonly uses: number;
  readonly expiresAt: Date;
  /** Given to every data plane that joins with it. */
  readonly labels: Labels;
}

export interface JoinTokenStore {
  /** Returns the secret (32 bytes), which can't be read again. Throws STORE_GATEWAY_UNKNOWN. */
  create(scope: GatewayScope, token: NewJoinToken, actor: Actor): Promise<{ readonly token: JoinToken; readonly secret: Uint8Array }>;
  /** The usable ones, newest first. */
  list(scope: GatewayScope): Promise<readonly JoinToken[]>;
  revoke(scope: GatewayScope, id: string, actor: Actor): Promise<StoreProblem | undefined>;
}

const SECRET_BYTES = 32;
const USABLE = 'uses_left > 0 AND revoked_at IS NULL AND expires_at >';

interface Row {
  readonly tenant_id: TenantId;
  readonly gateway_id: GatewayId;
  readonly id: string;
  readonly uses_left: number;
  readonly expires_at: Date;
  readonly labels: Labels;
  readonly created_by: string;
  readonly created_at: Date;
}

const COLUMNS = 'tenant_id, gateway_id, id, uses_left, expires_at, labels, created_by, created_at';

export function createJoinTokenStore(database: Database, clock: Clock): JoinTokenStore {
  const within = ({ tenantId }: GatewayScope, mode: 'snapshot' | 'write') => ({ role: 'holdfast_app', tenantId, mode }) as const;
  return {
    create: (scope, { uses, expiresAt, labels }, actor) =>
      database.transaction(within(scope, 'write'), async (transaction) => {
        const id = newId(clock.nowMs());
        const secret = randomBytes(SECRET_BYTES);
        const gateways = await transaction.query('SELECT FROM gateways WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL FOR KEY SHARE', [scope.tenantId, scope.gatewayId]);
        if (gateways.length === 0) throw gatewayUnknown(scope);
        const rows = await transaction.query<Row>(
          `INSERT INTO join_tokens (tenant_id, gateway_id, id, secret_hash, uses_left, expires_at, labels, created_by) VALUES ($1, $2, $3, $4, $5, $6, $7::jsonb, $8) RETURNING ${COLUMNS}`,
          [scope.tenantId, scope.gatewayId, id, hashJoinSecret(secret), uses, expiresAt, JSON.stringify(labels), actor.name],
        );
        await addAuditRow(transaction, { ...scope, actor, action: 'create', subjectKind: 'join_tokens', subjectId: id, details: { uses, expires_at: expiresAt.toISOString(), labels } });
        return { token: toJoinToken(onlyRow(rows)), secret };
      }),

    async list(scope) {
      const rows = await database.query<Row>(
        within(scope, 'snapshot'),
        `SELECT ${COLUMNS} FROM join_tokens WHERE tenant_id = $1 AND gateway_id = $2 AND ${USABLE} $3 ORDER BY id DESC`,
        [scope.tenantId, scope.gatewayId, new Date(clock.nowMs())],
      );
      return rows.map(toJoinToken);
    },

    revoke: (scope, id, actor) =>
      database.transaction(within(scope, 'write'), async (transaction): Promise<StoreProblem | undefined> => {
        if (!isUuid(id)) return { kind: 'not-found' };
        const rows = await transaction.query('UPDATE join_tokens SET revoked_at = now() WHERE tenant_id = $1 AND gateway_id = $2 AND id = $3 AND revoked_at IS NULL RETURNING id', [scope.tenantId, scope.gatewayId, id]);
        if (rows.length === 0) return { kind: 'not-found' };
        await addAuditRow(transaction, { ...scope, actor, action: 'revoke', subjectKind: 'join_tokens', subjectId: id });
        return undefined;
      }),
  };
}

/** Whose a presented token is, if it is one of ours and usable at `now`; takes no use. */
export async function findJoinToken(database: Database, id: string, secret: Uint8Array, now: Date): Promise<JoinToken | undefined> {
  if (!isUuid(id)) return undefined;
  const authentication = { role: 'holdfast_authentication', mode: 'snapshot' } as const;
  const [row] = await database.query<Row>(authentication, `SELECT ${COLUMNS} FROM join_tokens WHERE id = $1 AND secret_hash = $2 AND ${USABLE} $3`, [id, hashJoinSecret(secret), now]);
  return row === undefined ? undefined : toJoinToken(row);
}

/** Takes one use; false where none is left. Two who come at once wait for each other here. */
export async function takeJoinTokenUse(transaction: Transaction, token: JoinToken, now: Date): Promise<boolean> {
  const rows = await transaction.query(
    `UPDATE join_tokens SET uses_left = uses_left - 1 WHERE tenant_id = $1 AND gateway_id = $2 AND id = $3 AND ${USABLE} $4 RETURNING id`,
    [token.tenantId, token.gatewayId, token.id, now],
  );
  return rows.length === 1;
}

/** 256 random bits: compared by their hash, which tells nothing by its timing. */
function hashJoinSecret(secret: Uint8Array): Uint8Array {
  return createHash('sha256').update(secret).digest();
}

function toJoinToken(row: Row): JoinToken {
  return {
    tenantId: row.tenant_id,
    gatewayId: row.gateway_id,
    id: row.id,
    usesLeft: row.uses_left,
    expiresAt: row.expires_at,
    labels: row.labels,
    createdBy: row.created_by,
    createdAt: row.created_at,
  };
}
