/**
 * A frozen gateway: every write of its configuration is refused by the write's own last statement, under the lock of the
 * gateway's row, so that none slips past a freeze. Revocations are no writes of configuration and go on. Used by
 * gateway-store.ts and entity-changes.ts.
 */
import { describeThrown, HoldfastError } from '../../shared/errors.ts';
import { isCredentialKind } from '../../shared/model/secret-kinds.ts';
import { sqlState } from './database-error.ts';
import type { EntityChange } from './entity-changes.ts';

export interface Freeze {
  readonly at: Date;
  /** The operator's name. */
  readonly by: string;
  readonly reason: string;
}

/** A write that only deletes credentials goes through although the gateway is frozen. */
export function isRevocation(changes: readonly EntityChange[]): boolean {
  return changes.every(({ action, kind }) => action === 'delete' && isCredentialKind(kind));
}

/** STORE_GATEWAY_FROZEN, or undefined where the database refused something else (see refuse_write in migration 004). */
export function frozenRefusal(thrown: unknown): HoldfastError | undefined {
  if (sqlState(thrown) !== 'HF423' || !(thrown instanceof Error) || !('detail' in thrown) || typeof thrown.detail !== 'string') return undefined;
  const facts: unknown = JSON.parse(thrown.detail);
  if (!isFacts(facts)) throw new Error(`internal invariant broken: refuse_write said ${describeThrown(thrown)}`);
  return gatewayFrozen(facts.name, { at: new Date(facts.at), by: facts.by, reason: facts.reason });
}

/** True where the database refused a write because there is no such gateway (any more). */
export function isGatewayGone(thrown: unknown): boolean {
  return sqlState(thrown) === 'HF404';
}

export function gatewayFrozen(name: string, { at, by, reason }: Freeze): HoldfastError {
  return new HoldfastError({
    code: 'STORE_GATEWAY_FROZEN',
    source: 'downstream',
    publicMessage: `gateway "${name}" is frozen since ${at.toISOString()} by ${by} (${reason}): its configuration stays as it is until POST /v1/gateways/${name}/unfreeze; revoking data planes and tokens and deleting credentials goes on, and so does a roll back that says while_frozen`,
  });
}

function isFacts(facts: unknown): facts is { readonly name: string; readonly at: string; readonly by: string; readonly reason: string } {
  return typeof facts === 'object' && facts !== null && ['name', 'at', 'by', 'reason'].every((name) => typeof Reflect.get(facts, name) === 'string');
}
