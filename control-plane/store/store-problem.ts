/**
 * What the store may refuse, as values: the admin API turns them into Kong's error bodies. A call that returns a problem
 * has changed nothing, and its transaction goes on.
 */
import type { EntityKind } from '../../shared/model/definition.ts';
import type { EntityId } from '../../shared/model/ids.ts';

export type StoreProblem =
  /** Another entity has these values in these fields already; of a secret it is the digest. */
  | { readonly kind: 'unique'; readonly fields: readonly string[]; readonly values: readonly (string | null)[]; readonly ownerId: EntityId }
  /** An entity with this id exists already. */
  | { readonly kind: 'exists'; readonly id: string }
  | { readonly kind: 'reference-missing'; readonly field: string; readonly to: EntityKind; readonly id: EntityId }
  /** Can't be deleted while that entity refers to it. */
  | { readonly kind: 'referenced-by'; readonly by: EntityKind; readonly id: EntityId; readonly field: string }
  | { readonly kind: 'not-found' }
  /** A newer control plane wrote into a field of it what this one does not know and would lose. */
  | { readonly kind: 'written-by-newer'; readonly field: number }
  /** A plugin and the route or service that it is bound to have no protocol in common. */
  | { readonly kind: 'protocols-apart'; readonly message: string }
  /** Postgres stores no U+0000 and no half of a surrogate pair. */
  | { readonly kind: 'unstorable-text'; readonly field: string }
  /** Neither a built-in role nor one of the tenant. */
  | { readonly kind: 'role-missing'; readonly name: string }
  /** A tenant, gateway or operator can't have this name. */
  | { readonly kind: 'name-refused'; readonly message: string }
  /** A tenant or gateway can't be deleted while it holds something. */
  | { readonly kind: 'not-empty'; readonly message: string };

/** The result of a call that stores one thing. */
export type Stored<T> = { readonly kind: 'stored'; readonly value: T } | StoreProblem;
