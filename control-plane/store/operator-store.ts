/**
 * Operators and their tokens: who may use the admin API of a tenant. Only SHA-256 digests of tokens are stored.
 */
import type { OperatorId, TenantId } from '../../shared/model/ids.ts';
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
