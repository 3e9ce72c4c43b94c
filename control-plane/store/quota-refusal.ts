/**
 * A quota that is used up: the database refuses what would be one too many, under a lock, so that no number of writers at
 * once gets past it (count_entities and take_quota in migration 009). Called by database-error.ts.
 */
import { HoldfastError } from '../../shared/errors.ts';

/** SQLSTATE of both functions. */
export const QUOTA_USED_UP = 'HF403';

/** STORE_QUOTA_USED_UP, naming the quota, its limit and the way out. */
export function quotaUsedUp(thrown: unknown): HoldfastError {
  const facts: unknown = thrown instanceof Error && 'detail' in thrown && typeof thrown.detail === 'string' ? JSON.parse(thrown.detail) : undefined;
  const [quota, limit, wanted] = ['quota', 'limit', 'wanted'].map((name) => (typeof facts === 'object' && facts !== null ? String(Reflect.get(facts, name)) : 'unknown'));
  return new HoldfastError({
    code: 'STORE_QUOTA_USED_UP',
    source: 'downstream',
    publicMessage: `the quota "${quota}" of this tenant is ${limit} and this would make ${wanted}; nothing was changed. Delete what is not needed (GET /v1/quotas shows what is used), or have the quota raised by an installation admin (PATCH /v1/tenants/{tenant}/quotas)`,
    cause: thrown,
  });
}
