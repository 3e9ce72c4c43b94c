/**
 * What the publisher reads and writes: change rows, all leaves at one version, releases, statements, keys. All with the
 * publisher's role, which sees every tenant's published bytes and nothing that is for the control plane only (T1).
 */
import type { EntityKind } from '../../shared/model/definition.ts';
import type { EntityId } from '../../shared/model/ids.ts';
import type { ConfigVersion } from '../../shared/model/version.ts';
import type { GatewayScope } from './scope.ts';

export interface StoredLeaf {
  readonly kind: EntityKind;
  readonly id: EntityId;
  readonly bytes: Uint8Array;
}

export interface Change {
  readonly version: ConfigVersion;
  readonly ordinal: number;
  readonly kind: EntityKind;
  readonly id: EntityId;
  readonly op: 'put' | 'delete';
  readonly before: Uint8Array | undefined;
  /** Undefined for a delete. */
  readonly after: Uint8Array | undefined;
  readonly actor: string;
  readonly requestId: string;
  readonly at: Date;
}

export interface ReleaseSummary {
  readonly version: ConfigVersion;
  readonly base: ConfigVersion | undefined;
  readonly contentRoot: Uint8Array;
  readonly entityCount: number;
  readonly author: string;
  readonly createdAt: Date;
}

export interface NewRelease {
  readonly version: ConfigVersion;
  readonly manifestStatement: string;
  readonly contentRoot: Uint8Array;
  readonly entityCount: number;
  readonly author: string;
  /** Absent for a release that can only be sent whole. `bytes` are as sent, covered by the transfer statement. */
  readonly delta?: { readonly base: ConfigVersion; readonly transferStatement: string; readonly bytes: Uint8Array };
}

export interface Release extends NewRelease {
  readonly createdAt: Date;
}

export interface ReleaseStore {
  /** Stores it, or returns the release another instance stored first for the same version: send that one's bytes. */
  insert(scope: GatewayScope, release: NewRelease): Promise<{ readonly kind: 'inserted' | 'lost'; readonly release: Release }>;
  newest(scope: GatewayScope): Promise<Release | undefined>;
  get(scope: GatewayScope, version: ConfigVersion): Promise<Release | undefined>;
  /** Releases after `version`, oldest first: the chain of deltas for a data plane that is behind. */
  after(scope: GatewayScope, version: ConfigVersion, limit: number): Promise<readonly Release[]>;
  /** For the admin API, newest first; `before` continues a list. */
  list(scope: GatewayScope, options: { readonly limit: number; readonly before?: ConfigVersion }): Promise<readonly ReleaseSummary[]>;
  /** For the admin API, with the tenant set: what a release changed, oldest first. */
  changesBetween(scope: GatewayScope, afterVersion: ConfigVersion, upTo: ConfigVersion, limit: number): Promise<readonly Change[]>;
}

export interface ChangeReader {
  /** Change rows after `version`, in order, at most `limit`. */
  readChangesSince(scope: GatewayScope, version: ConfigVersion, limit: number): Promise<readonly Change[]>;
  /** Every entity's bytes as of the returned version, in batches, ordered by kind and id. */
  readAllLeaves(scope: GatewayScope, onBatch: (leaves: readonly StoredLeaf[]) => void | Promise<void>): Promise<ConfigVersion>;
}
