/**
 * Join tokens: the only way for a new data plane to get a certificate. The secret is stored as its SHA-256; using one is
 * part of DataPlaneStore.enrol.
 */
import type { Labels } from './data-plane-store.ts';
import type { Actor, GatewayScope } from './scope.ts';
import type { StoreProblem } from './store-problem.ts';

export interface JoinToken extends GatewayScope {
  readonly id: string;
  readonly usesLeft: number;
  readonly expiresAt: Date;
  readonly labels: Labels;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly revokedAt: Date | undefined;
}

export interface JoinTokenStore {
  /** Returns the secret (32 bytes), which can't be read again. */
  create(scope: GatewayScope, options: { readonly uses: number; readonly expiresAt: Date; readonly labels: Labels }, actor: Actor): Promise<{ readonly token: JoinToken; readonly secret: Uint8Array }>;
  /** The usable ones, newest first. */
  list(scope: GatewayScope): Promise<readonly JoinToken[]>;
  revoke(scope: GatewayScope, id: string, actor: Actor): Promise<StoreProblem | undefined>;
}
