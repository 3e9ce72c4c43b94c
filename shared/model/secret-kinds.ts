/**
 * Which kinds of entities hold secrets, read from their definitions. Asked by what must not bring a revoked key back (a roll
 * back) and by what must never keep one from being revoked (a frozen gateway).
 */
import type { EntityKind } from './definition.ts';
import { definitionOf } from './registry.ts';
import { secretFieldsOf } from './secret-fields.ts';

/** By one of these a consumer is recognised: deleting it revokes it. */
export function isCredentialKind(kind: EntityKind): boolean {
  return definitionOf(kind).credential === true;
}

/** Credentials, and whatever else is a secret itself, like a certificate its private key. Not what has one among its settings, as plugins do: that is configuration. */
export function holdsSecret(kind: EntityKind): boolean {
  const definition = definitionOf(kind);
  return isCredentialKind(kind) || secretFieldsOf(definition).some(({ field }) => field !== definition.configSecrets);
}

/** Also what may have one among its settings. */
export function mayHoldSecret(kind: EntityKind): boolean {
  return isCredentialKind(kind) || secretFieldsOf(definitionOf(kind)).length > 0;
}
