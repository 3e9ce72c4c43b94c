/**
 * From whatever was thrown to the refusal that is answered: the one table of this plane that turns codes into statuses.
 * Called by http-server.ts.
 */
import { describeThrown, HoldfastError } from '../../shared/errors.ts';
import { ReferenceHidden } from '../store/change-permissions.ts';
import { foreignKeyViolation, notFound, Refusal } from './answer.ts';

/** Long enough for a database to come back from a restart's first seconds; clients that honour it do not pile up. */
const RETRY_AFTER_SECONDS = 2;

/** What the store refuses by throwing, because it ends the transaction, and what control-plane/keys refuses. */
const REFUSALS: ReadonlyMap<string, number> = new Map([['STORE_GATEWAY_FROZEN', 423], ['STORE_CHANGE_NOT_PERMITTED', 403], ['STORE_QUOTA_USED_UP', 403], ['STORE_TENANT_CLOSED', 403], ['STORE_HISTORY_REMOVED', 410], ['STORE_ROLLBACK_TOO_LARGE', 422],
  ['SIGN_IN_UNKNOWN', 404], ['SIGN_IN_EXPIRED', 400], ['SIGN_IN_REFUSED', 403], ['SIGN_IN_WRONG', 401], ['SIGN_IN_TOO_OFTEN', 429],
  ['KEYS_FILE_INVALID', 400], ['KEYS_IMPORT_REFUSED', 409], ['KEYS_STILL_NEEDED', 409], ['KEYS_ROTATION_UNFINISHED', 409], ['KEYS_AUTHORITY_OWN', 409], ['KEYS_RENEWED_ELSEWHERE', 400], ['KEYS_UNKNOWN', 404],
]);

export function refusalOf(thrown: unknown): Refusal {
  if (thrown instanceof Refusal) return thrown;
  // Deleted while the request was on its way.
  if (thrown instanceof HoldfastError && thrown.code === 'STORE_GATEWAY_UNKNOWN') return notFound();
  // As if it were not there.
  if (thrown instanceof ReferenceHidden) return foreignKeyViolation(thrown.reference.field, thrown.reference.id, thrown.reference.to);
  const status = thrown instanceof HoldfastError ? REFUSALS.get(thrown.code) : undefined;
  if (thrown instanceof HoldfastError && status !== undefined) return new Refusal({ code: thrown.code, status, body: { message: thrown.publicMessage, error: thrown.code }, cause: thrown });
  if (thrown instanceof HoldfastError && thrown.retryable) {
    return new Refusal({
      code: thrown.code,
      status: 503,
      body: { message: thrown.publicMessage, error: thrown.code },
      headers: { 'retry-after': String(RETRY_AFTER_SECONDS) },
      retryable: true,
      message: thrown.message,
      cause: thrown,
    });
  }
  return new Refusal({ code: 'ADMIN_UNEXPECTED', status: 500, body: { message: 'An unexpected error occurred' }, message: describeThrown(thrown), cause: thrown });
}
