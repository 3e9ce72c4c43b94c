/**
 * What Postgres and its driver throw, told apart by SQLSTATE: what is worth another try, what is the database's absence,
 * what is a defect of ours. Called by the files of this folder that run queries.
 */
import { describeThrown, HoldfastError } from '../../shared/errors.ts';
import { QUOTA_USED_UP, quotaUsedUp } from './quota-refusal.ts';

/** The five characters of an error that the server raised; undefined for anything else. */
export function sqlState(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error) || !('code' in thrown) || typeof thrown.code !== 'string') return undefined;
  return /^[0-9A-Z]{5}$/.test(thrown.code) && 'severity' in thrown ? thrown.code : undefined;
}

/** Another transaction was first, and the same one run again will see what it did: the same transaction may go through. */
export class LostRace extends Error {
  constructor() {
    super('another transaction took an id or a unique value meanwhile');
    this.name = 'LostRace';
  }
}

/** True for serialization_failure, deadlock_detected, lock_not_available and a lost race: the same transaction may go through when run again. */
export function isConflict(thrown: unknown): boolean {
  if (thrown instanceof LostRace) return true;
  const state = sqlState(thrown);
  return state === '40001' || state === '40P01' || state === '55P03';
}

/** True for unique_violation. */
export function isDuplicate(thrown: unknown): boolean {
  return sqlState(thrown) === '23505';
}

/** True for data exceptions and broken constraints: what was to be written is wrong. */
export function isDataRefused(thrown: unknown): boolean {
  return /^2[23]/.test(sqlState(thrown) ?? '');
}

/** True where the server takes no writes: what was the primary is a standby now, or somebody has set it so. */
export function isReadOnly(thrown: unknown): boolean {
  return sqlState(thrown) === '25006';
}

/** SQLSTATEs and classes that say that the server is not there for us: connection, resources, shutdown. */
const ABSENCE = /^(08|53|57P)/;
/** Invalid authorisation (class 28) and a database that does not exist. */
const LOGIN_REFUSED = /^(28|3D000)/;
const QUERY_CANCELED = '57014';
const IDLE_IN_TRANSACTION = '25P03';

/** A HoldfastError for what an operator must know about; a defect of ours (a syntax error, a broken constraint) stays as it is. */
export function toStoreError(thrown: unknown): unknown {
  if (thrown instanceof HoldfastError) return thrown;
  const state = sqlState(thrown);
  if (state === QUOTA_USED_UP) return quotaUsedUp(thrown);
  if (state === QUERY_CANCELED || state === IDLE_IN_TRANSACTION) {
    return new HoldfastError({ code: 'STORE_TIMEOUT', source: 'control-plane', retryable: true, publicMessage: 'the database took too long', message: `the database took too long: ${describeThrown(thrown)}`, cause: thrown });
  }
  if (isConflict(thrown)) {
    return new HoldfastError({ code: 'STORE_BUSY', source: 'control-plane', retryable: true, publicMessage: 'too many writes at once touch the same entities', message: `a transaction lost against others too often: ${describeThrown(thrown)}`, cause: thrown });
  }
  if (state !== undefined && LOGIN_REFUSED.test(state)) {
    return new HoldfastError({ code: 'STORE_LOGIN_REFUSED', source: 'control-plane', publicMessage: 'the database refuses our login', message: `Postgres refuses our login (${describeThrown(thrown)}); check user, password and database of HOLDFAST_DATABASE_URL`, cause: thrown });
  }
  if (!isAbsence(thrown)) return thrown;
  return new HoldfastError({ code: 'STORE_UNAVAILABLE', source: 'control-plane', retryable: true, publicMessage: 'the database is not reachable', message: `the database is not reachable: ${describeThrown(thrown)}`, cause: thrown });
}

/** True where the server did not answer, or takes nothing from us now: it may be there again in a while. */
export function isAbsence(thrown: unknown): boolean {
  const state = sqlState(thrown);
  return state === undefined ? isDriverError(thrown) : ABSENCE.test(state) || isReadOnly(thrown);
}

/** Network errors carry an errno name; the driver's own about lost connections only a text. */
function isDriverError(thrown: unknown): boolean {
  if (!(thrown instanceof Error)) return false;
  if ('errno' in thrown || thrown instanceof AggregateError) return true;
  return /connection|timeout exceeded when trying to connect|query read timeout|client was closed/i.test(thrown.message);
}
