/**
 * Passwords of operators for the day on which no identity provider answers (break-glass). Hashes come and go as text: what argon2id
 * costs is sign-in/password.ts's. Failures lock the password for longer and longer, at every instance, and are in the audit.
 */
import type { OperatorId, TenantId } from '../../shared/model/ids.ts';
import { addAuditRow } from './audit-store.ts';
import type { Database } from './database.ts';
import { refuseName } from './gateway-name.ts';
import type { Actor } from './scope.ts';
import type { StoreProblem } from './store-problem.ts';

export interface PasswordHolder {
  readonly tenantId: TenantId;
  readonly operatorId: OperatorId;
  readonly operatorName: string;
  readonly hash: string;
  readonly lockedUntil: Date | undefined;
}

export interface PasswordStore {
  /** Undefined removes it. Sessions that a password began end. */
  set(tenantId: TenantId, operatorId: OperatorId, hash: string | undefined, actor: Actor): Promise<StoreProblem | undefined>;
  /** Before anybody is known: of an enabled operator, by the names of tenant and operator. */
  find(tenantName: string, operatorName: string): Promise<PasswordHolder | undefined>;
  noteFailure(holder: PasswordHolder, from: { readonly address: string; readonly requestId: string }): Promise<void>;
  noteSuccess(holder: PasswordHolder): Promise<void>;
}

interface Row {
  readonly tenant_id: TenantId;
  readonly operator_id: OperatorId;
  readonly name: string;
  readonly hash: string;
  readonly locked_until: Date | null;
}

/** From the fifth failure on 2, 4, 8… seconds, a quarter of an hour at most: whoever guesses gets a hundred tries a day, whoever slips waits seconds. */
const FREE_FAILURES = 4;
const LONGEST_LOCK_S = 900;

export function createPasswordStore(database: Database): PasswordStore {
  const within = (tenantId: TenantId) => ({ role: 'holdfast_app', tenantId, mode: 'write' }) as const;
  return {
    set: (tenantId, operatorId, hash, actor) =>
      database.transaction(within(tenantId), async (transaction): Promise<StoreProblem | undefined> => {
        const operators = await transaction.query(`SELECT FROM operators WHERE tenant_id = $1 AND id = $2 AND kind = 'operator' FOR UPDATE`, [tenantId, operatorId]);
        if (operators.length === 0) return { kind: 'not-found' };
        if (hash === undefined) await transaction.query('DELETE FROM operator_passwords WHERE tenant_id = $1 AND operator_id = $2', [tenantId, operatorId]);
        else {
          await transaction.query(
            `INSERT INTO operator_passwords (tenant_id, operator_id, hash) VALUES ($1, $2, $3)
             ON CONFLICT (tenant_id, operator_id) DO UPDATE SET hash = excluded.hash, failures = 0, locked_until = NULL, changed_at = now()`,
            [tenantId, operatorId, hash],
          );
        }
        await transaction.query('UPDATE sessions SET revoked_at = now() WHERE tenant_id = $1 AND operator_id = $2 AND provider_id IS NULL AND revoked_at IS NULL', [tenantId, operatorId]);
        await addAuditRow(transaction, { tenantId, actor, action: hash === undefined ? 'delete' : 'update', subjectKind: 'operator_passwords', subjectId: operatorId });
        return undefined;
      }),

    async find(tenantName, operatorName) {
      if (refuseName(tenantName) !== undefined || refuseName(operatorName) !== undefined) return undefined;
      const [row] = await database.query<Row>(
        { role: 'holdfast_authentication', mode: 'snapshot' },
        `SELECT w.tenant_id, w.operator_id, o.name, w.hash, w.locked_until FROM tenants
         JOIN operators o ON o.tenant_id = tenants.id JOIN operator_passwords w ON (w.tenant_id, w.operator_id) = (o.tenant_id, o.id)
         WHERE tenants.name = $1 AND tenants.deleted_at IS NULL AND o.name = $2 AND o.disabled_at IS NULL`,
        [tenantName, operatorName],
      );
      return row === undefined ? undefined : { tenantId: row.tenant_id, operatorId: row.operator_id, operatorName: row.name, hash: row.hash, lockedUntil: row.locked_until ?? undefined };
    },

    noteFailure: ({ tenantId, operatorId, operatorName }, { address, requestId }) =>
      database.transaction(within(tenantId), async (transaction) => {
        await transaction.query(
          `UPDATE operator_passwords SET failures = least(failures + 1, 1000),
             locked_until = CASE WHEN failures + 1 > ${FREE_FAILURES} THEN now() + least(power(2, least(failures + 1 - ${FREE_FAILURES}, 20)), ${LONGEST_LOCK_S}) * interval '1 second' END
           WHERE tenant_id = $1 AND operator_id = $2`,
          [tenantId, operatorId],
        );
        await addAuditRow(transaction, { tenantId, actor: { operatorId: null, name: operatorName, kind: 'unknown', address, requestId }, action: 'refuse', subjectKind: 'operator_passwords', subjectId: operatorId, details: { reason: 'wrong password' } });
      }),

    noteSuccess: async ({ tenantId, operatorId }) => {
      await database.query(within(tenantId), 'UPDATE operator_passwords SET failures = 0, locked_until = NULL WHERE tenant_id = $1 AND operator_id = $2 AND failures > 0', [tenantId, operatorId]);
    },
  };
}
