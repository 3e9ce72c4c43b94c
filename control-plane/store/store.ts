/**
 * The control plane's only way to Postgres. Every query runs in a transaction that first takes a role and sets the
 * tenant (T1); a write's last statement takes the gateway's next sequence, so that commit order is version order.
 * Opened once by main.ts.
 */
import type { Clock } from '../../shared/clock.ts';
import type { Logger } from '../../shared/log.ts';
import type { ConfigVersion } from '../../shared/model/version.ts';
import type { AuditStore } from './audit-store.ts';
import type { ChangeFeed, ChangeListener } from './change-feed.ts';
import type { DataPlaneStore } from './data-plane-store.ts';
import type { EntityReader } from './entity-reader.ts';
import type { EntityWriter } from './entity-writer.ts';
import type { JoinTokenStore } from './join-token-store.ts';
import type { OperatorStore } from './operator-store.ts';
import type { ChangeReader, ReleaseStore } from './release-store.ts';
import type { Actor, GatewayScope } from './scope.ts';
import type { GatewaySecrets } from './secret-box.ts';
import type { SigningKeyStore } from './signing-key-store.ts';
import type { TelemetryStore } from './telemetry-store.ts';
import type { GatewayStore, TenantStore } from './tenant-store.ts';

export interface StoreOptions {
  /** Of a migrated database (prepareDatabase in prepare-database.ts), with the unprivileged login role. */
  readonly connectionString: string;
  /** 32 bytes, from loadKeyEncryptionKey (key-encryption-key.ts). */
  readonly keyEncryptionKey: Uint8Array;
  readonly log: Logger;
  readonly clock: Clock;
  /** Connections at most, without the change feed's own; 10 where not said. */
  readonly poolSize?: number;
  /** A statement that runs longer is cancelled; 10 s where not said. */
  readonly statementTimeoutMs?: number;
}

export interface Store {
  /** A read-only transaction, one snapshot for all its queries. */
  read<T>(scope: GatewayScope, work: (reader: EntityReader) => Promise<T>): Promise<T>;
  /**
   * A transaction that commits when `work` returns and rolls back when it throws. `work` may run again after a deadlock
   * or serialization failure, so it does nothing but call the writer. `version` is that of the change, undefined where
   * nothing that is published changed.
   */
  write<T>(scope: GatewayScope, actor: Actor, work: (writer: EntityWriter) => Promise<T>): Promise<{ readonly value: T; readonly version: ConfigVersion | undefined }>;
  /** For buildEntityRecord and readEntity; cached. */
  secretsOf(scope: GatewayScope): Promise<GatewaySecrets>;
  /** Resolves when the first pass over all gateways is done. */
  listenForChanges(listener: ChangeListener): Promise<ChangeFeed>;
  /** True where the database answers within a second. */
  isReachable(): Promise<boolean>;
  stop(): Promise<void>;

  readonly tenants: TenantStore;
  readonly gateways: GatewayStore;
  readonly operators: OperatorStore;
  readonly joinTokens: JoinTokenStore;
  readonly dataPlanes: DataPlaneStore;
  readonly releases: ReleaseStore;
  readonly changes: ChangeReader;
  readonly signingKeys: SigningKeyStore;
  readonly telemetry: TelemetryStore;
  readonly audit: AuditStore;
}

export declare function openStore(options: StoreOptions): Promise<Store>;
