/**
 * The control plane's only way to Postgres. Every query runs in a transaction that first takes a role and sets the
 * tenant (T1); a write's last statement takes the gateway's next sequence, so that commit order is version order.
 * Opened once by main.ts, after prepareDatabase.
 */
import type { Clock } from '../../shared/clock.ts';
import { HoldfastError } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
import type { ConfigFieldsOf } from '../../shared/model/redact.ts';
import type { ConfigVersion } from '../../shared/model/version.ts';
import type { CountSharing, CountSharingListener } from '../cluster-counters/count-desk.ts';
import { createAheadStore, type AheadStore } from './ahead-store.ts';
import { createAlarmStore, type AlarmStore } from './alarm-store.ts';
import { createAlertStore, type AlertStore } from './alert-store.ts';
import { createAnalyticsStore } from './analytics-queries.ts';
import type { AnalyticsStore } from './analytics-store.ts';
import { createAuditChainStore, type AuditChainStore } from './audit-chain-store.ts';
import { createAuditStore, type AuditStore } from './audit-store.ts';
import { GatewayFeed, type ChangeFeed, type ChangeListener } from './change-feed.ts';
import { createCachePurgeStore, type CachePurgeStore } from './cache-purge-store.ts';
import { createChangeReader, type ChangeReader } from './change-reader.ts';
import { createConvergenceStore, type ConvergenceStore } from './convergence-store.ts';
import { createContentKeyStore, type ContentKeyStore } from './content-key-store.ts';
import { CountNotifications } from './count-notifications.ts';
import { createDataPlaneStore, type DataPlaneStore } from './data-plane-store.ts';
import { checkServerVersion, checkServingRole } from './database-roles.ts';
import { Database } from './database.ts';
import { DatabaseMeter } from './database-meter.ts';
import { TransactionReader, type EntityReader } from './entity-reader.ts';
import { TransactionWriter, type EntityWriter } from './entity-writer.ts';
import { createDriftStore, type DriftStore } from './drift-store.ts';
import { createFleetPageStore, type FleetPageStore } from './fleet-page-store.ts';
import { createFleetStateStore, type FleetStateStore } from './fleet-state-store.ts';
import { createGatewayStore, type GatewayStore } from './gateway-store.ts';
import { createHealthStore, type HealthStore } from './health-store.ts';
import { createLogLevelStore, type LogLevelStore } from './log-level-store.ts';
import { createHistoryStore, type HistoryStore } from './history-store.ts';
import type { KeyEncryptionOptions } from './key-encryption-ring.ts';
import { createJoinTokenStore, type JoinTokenStore } from './join-token-store.ts';
import { createClearPasswordStore, type ClearPasswordStore } from './clear-password-store.ts';
import { createKeyRotationStore, type KeyRotationStore } from './key-rotation-store.ts';
import { createOperatorStore, type OperatorStore } from './operator-store.ts';
import { withClient } from './prepare-database.ts';
import { createQuarantineStore, type QuarantineStore } from './quarantine-store.ts';
import { createPluginStore, type PluginStore } from './plugin-store.ts';
import { createQuotaStore, type QuotaStore } from './quota-store.ts';
import { createRecordStore } from './record-queries.ts';
import type { RecordStore } from './record-store.ts';
import { createReleaseStore, type ReleaseStore } from './release-store.ts';
import { INSTALLATION_RETENTION_MS, type RetentionTimes } from './retention-levels.ts';
import { createRollUpStore, type RollUpStore } from './roll-up-store.ts';
import { createRoleStore, type RoleStore } from './role-store.ts';
import { rollBack, type RollbackOptions, type RollbackResult } from './rollback.ts';
import type { Actor, EntityScope, GatewayScope } from './scope.ts';
import type { GatewaySecrets } from './secret-box.ts';
import { SecretKeys } from './secret-keys.ts';
import { createSigningKeyStore, type SigningKeyStore } from './signing-key-store.ts';
import { createTelemetryExpiryStore, type TelemetryExpiryStore } from './telemetry-expiry-store.ts';
import { createTenantRetentionStore, type TenantRetentionStore } from './tenant-retention-store.ts';
import { createTelemetryStore, type TelemetryStore } from './telemetry-store.ts';
import { createTenantStore, type TenantStore } from './tenant-store.ts';
import { createIdentityProviderStore, type IdentityProviderStore } from './identity-provider-store.ts';
import { createPasswordStore, type PasswordStore } from './password-store.ts';
import type { SecretBox } from './secret-box.ts';
import { createSessionStore, type SessionStore } from './session-store.ts';
import { createSinkStore, type SinkStore } from './sink-store.ts';
import { createTokenStore, type TokenStore } from './token-store.ts';
import { createUsageExportMaking, type UsageExportMaking } from './usage-export-making.ts';
import { createUsageExportStore, type UsageExportStore } from './usage-export-store.ts';
import { createWebhookStore, type WebhookStore } from './webhook-store.ts';

export interface StoreOptions extends KeyEncryptionOptions {
  /** Of a prepared database, with an unprivileged login: what bootstrapDatabase returned, or DATABASE_URL. */
  readonly connectionString: string;
  readonly log: Logger;
  readonly clock: Clock;
  /** Connections at most, without the change feed's own; 10 where not said. */
  readonly poolSize?: number;
  /** A statement that runs longer is cancelled; 10 s where not said. */
  readonly statementTimeoutMs?: number;
  /** How long keys are kept in memory (secret-keys.ts). */
  readonly keysKeptMs?: number;
  /** How long telemetry is kept at most (retention-levels.ts). */
  readonly telemetryRetention?: RetentionTimes;
  /** The config fields of the plugins that may be written (secret-keys.ts). */
  readonly configFieldsOf?: ConfigFieldsOf;
}

export interface Store {
  /** A read-only transaction, one moment for all its queries; what `scope.access` does not show is not there. Throws STORE_GATEWAY_UNKNOWN. */
  read<T>(scope: EntityScope, work: (reader: EntityReader) => Promise<T>): Promise<T>;
  /**
   * A transaction that commits when `work` returns and rolls back when it throws. `work` may run again after a deadlock,
   * so it does nothing but call the writer. What `scope.access` does not permit is refused as a whole
   * (STORE_CHANGE_NOT_PERMITTED). `version` is that of the change, undefined where nothing that is published
   * changed. Throws STORE_GATEWAY_UNKNOWN.
   */
  write<T>(scope: EntityScope, actor: Actor, work: (writer: EntityWriter) => Promise<T>): Promise<{ readonly value: T; readonly version: ConfigVersion | undefined }>;
  /** Restores the entities of a release in one write. Throws STORE_…, see rollback.ts. */
  rollBack(scope: EntityScope, actor: Actor, options: RollbackOptions): Promise<RollbackResult>;
  /** For buildEntityRecord and readEntity; cached. Throws STORE_GATEWAY_UNKNOWN. */
  secretsOf(scope: GatewayScope): Promise<GatewaySecrets>;
  /** Resolves when every gateway was reported once. Stopped with the store, or alone. */
  listenForChanges(listener: ChangeListener): Promise<ChangeFeed>;
  /** With the other instances at this database; to be stopped by who asked, before the store. */
  shareCounts(listener: CountSharingListener): CountSharing;
  /** True where the database answers within a second. */
  isReachable(): Promise<boolean>;
  /** Waits for running transactions. Idempotent. */
  stop(): Promise<void>;

  /** What queries cost, and whether the database answers. */
  readonly meter: DatabaseMeter;
  readonly tenants: TenantStore;
  readonly gateways: GatewayStore;
  readonly operators: OperatorStore;
  readonly tokens: TokenStore;
  readonly sessions: SessionStore;
  readonly passwords: PasswordStore;
  readonly identityProviders: IdentityProviderStore;
  /** Seals what belongs to the installation; the same at every instance. */
  readonly installationBox: Pick<SecretBox, 'seal' | 'open'>;
  readonly roles: RoleStore;
  readonly quotas: QuotaStore;
  readonly joinTokens: JoinTokenStore;
  readonly dataPlanes: DataPlaneStore;
  readonly releases: ReleaseStore;
  readonly changes: ChangeReader;
  readonly history: HistoryStore;
  readonly signingKeys: SigningKeyStore;
  readonly contentKeys: ContentKeyStore;
  readonly ahead: AheadStore;
  readonly telemetry: TelemetryStore;
  readonly rollUp: RollUpStore;
  readonly telemetryExpiry: TelemetryExpiryStore;
  readonly sinks: SinkStore;
  readonly retention: TenantRetentionStore;
  readonly usageExports: UsageExportStore;
  readonly usageExportMaking: UsageExportMaking;
  readonly analytics: AnalyticsStore;
  readonly records: RecordStore;
  readonly audit: AuditStore;
  readonly auditChain: AuditChainStore;
  readonly keyRotations: KeyRotationStore;
  readonly clearPasswords: ClearPasswordStore;
  readonly alarms: AlarmStore;
  readonly alerts: AlertStore;
  readonly webhooks: WebhookStore;
  readonly convergence: ConvergenceStore;
  readonly drift: DriftStore;
  readonly fleetState: FleetStateStore;
  readonly fleet: FleetPageStore;
  readonly quarantine: QuarantineStore;
  readonly health: HealthStore;
  readonly logLevels: LogLevelStore;
  readonly cachePurges: CachePurgeStore;
  readonly plugins: PluginStore;
}

const POOL_SIZE = 10;
const STATEMENT_TIMEOUT_MS = 10_000;
/** What was read of keys is of yesterday. */
const KEYS_CHANGED: ReadonlySet<string> = new Set(['STORE_CONTENT_KEY_CHANGED', 'STORE_DATA_KEY_CHANGED', 'STORE_SECRET_KEY_UNKNOWN']);
const REACHABLE_WITHIN_MS = 1_000;

/** Throws STORE_… where the login has too many rights, or the key-encryption key is not the database's. */
export async function openStore(options: StoreOptions): Promise<Store> {
  await withClient(options.connectionString, async (client) => {
    await checkServerVersion(client);
    await checkServingRole(client);
  });
  const store = new PostgresStore(options);
  try {
    await store.check();
    return store;
  } catch (thrown) {
    await store.stop();
    throw thrown;
  }
}

class PostgresStore implements Store {
  readonly quotas: QuotaStore;
  readonly tokens: TokenStore;
  readonly sessions: SessionStore;
  readonly passwords: PasswordStore;
  readonly identityProviders: IdentityProviderStore;
  readonly installationBox: Pick<SecretBox, 'seal' | 'open'>;
  readonly roles: RoleStore;
  /** What queries cost, and whether the database answers. */
  readonly meter: DatabaseMeter;
  readonly tenants: TenantStore;
  readonly gateways: GatewayStore;
  readonly operators: OperatorStore;
  readonly joinTokens: JoinTokenStore;
  readonly dataPlanes: DataPlaneStore;
  readonly releases: ReleaseStore;
  readonly changes: ChangeReader;
  readonly history: HistoryStore;
  readonly signingKeys: SigningKeyStore;
  readonly contentKeys: ContentKeyStore;
  readonly ahead: AheadStore;
  readonly telemetry: TelemetryStore;
  readonly rollUp: RollUpStore;
  readonly telemetryExpiry: TelemetryExpiryStore;
  readonly sinks: SinkStore;
  readonly retention: TenantRetentionStore;
  readonly usageExports: UsageExportStore;
  readonly usageExportMaking: UsageExportMaking;
  readonly analytics: AnalyticsStore;
  readonly records: RecordStore;
  readonly audit: AuditStore;
  readonly auditChain: AuditChainStore;
  readonly keyRotations: KeyRotationStore;
  readonly clearPasswords: ClearPasswordStore;
  readonly alarms: AlarmStore;
  readonly alerts: AlertStore;
  readonly webhooks: WebhookStore;
  readonly convergence: ConvergenceStore;
  readonly drift: DriftStore;
  readonly fleetState: FleetStateStore;
  readonly fleet: FleetPageStore;
  readonly quarantine: QuarantineStore;
  readonly health: HealthStore;
  readonly logLevels: LogLevelStore;
  readonly cachePurges: CachePurgeStore;
  readonly plugins: PluginStore;
  readonly #options: StoreOptions;
  readonly #database: Database;
  readonly #keys: SecretKeys;
  readonly #feeds = new Set<ChangeFeed>();

  constructor(options: StoreOptions) {
    const { clock, telemetryRetention: retention = INSTALLATION_RETENTION_MS } = options;
    this.meter = new DatabaseMeter(clock);
    const database = new Database({ ...options, meter: this.meter, poolSize: options.poolSize ?? POOL_SIZE, statementTimeoutMs: options.statementTimeoutMs ?? STATEMENT_TIMEOUT_MS });
    const keys = new SecretKeys(database, options);
    this.#options = options;
    this.#database = database;
    this.#keys = keys;
    this.tenants = createTenantStore(database, keys, clock);
    this.gateways = createGatewayStore(database, keys, clock);
    this.operators = createOperatorStore(database, clock);
    this.tokens = createTokenStore(database, clock);
    this.sessions = createSessionStore(database, clock);
    this.passwords = createPasswordStore(database);
    this.identityProviders = createIdentityProviderStore(database, keys, clock);
    this.installationBox = keys.ring;
    this.roles = createRoleStore(database, clock);
    this.quotas = createQuotaStore(database);
    this.joinTokens = createJoinTokenStore(database, clock);
    this.dataPlanes = createDataPlaneStore(database, clock);
    this.releases = createReleaseStore(database);
    this.changes = createChangeReader(database);
    this.history = createHistoryStore(database);
    this.signingKeys = createSigningKeyStore(database, keys);
    this.contentKeys = createContentKeyStore(database, keys);
    this.ahead = createAheadStore(database);
    this.telemetry = createTelemetryStore(database, clock, retention);
    this.rollUp = createRollUpStore(database);
    this.telemetryExpiry = createTelemetryExpiryStore(database, retention);
    this.sinks = createSinkStore(database);
    this.retention = createTenantRetentionStore(database, retention);
    this.usageExports = createUsageExportStore(database, clock);
    this.usageExportMaking = createUsageExportMaking(database);
    this.records = createRecordStore(database, clock);
    this.analytics = createAnalyticsStore(database, clock, retention);
    this.audit = createAuditStore(database);
    this.auditChain = createAuditChainStore(database);
    this.keyRotations = createKeyRotationStore(database, keys);
    this.clearPasswords = createClearPasswordStore(database);
    this.alarms = createAlarmStore(database, clock);
    this.alerts = createAlertStore(database, clock);
    this.webhooks = createWebhookStore(database, keys, clock);
    this.convergence = createConvergenceStore(database, clock);
    this.drift = createDriftStore(database, clock);
    this.fleetState = createFleetStateStore(database);
    this.fleet = createFleetPageStore(database);
    this.quarantine = createQuarantineStore(database, clock);
    this.health = createHealthStore(database, clock);
    this.logLevels = createLogLevelStore(database);
    this.cachePurges = createCachePurgeStore(database, clock);
    this.plugins = createPluginStore(database);
  }

  /** Part of openStore. */
  check(): Promise<void> {
    return this.#keys.check();
  }

  async read<T>(scope: EntityScope, work: (reader: EntityReader) => Promise<T>): Promise<T> {
    const secrets = await this.#keys.secretsOf(scope);
    return this.#database.transaction({ role: 'holdfast_app', tenantId: scope.tenantId, mode: 'snapshot' }, (transaction) => work(new TransactionReader(transaction, scope, secrets)));
  }

  write<T>(scope: EntityScope, actor: Actor, work: (writer: EntityWriter) => Promise<T>): Promise<{ readonly value: T; readonly version: ConfigVersion | undefined }> {
    return this.#withSecrets(scope, (secrets) =>
      this.#database.transaction({ role: 'holdfast_app', tenantId: scope.tenantId, mode: 'write' }, async (transaction) => {
        const writer = new TransactionWriter(transaction, scope, secrets);
        const value = await work(writer);
        return { value, version: await writer.finish(actor) };
      }));
  }

  rollBack(scope: EntityScope, actor: Actor, options: RollbackOptions): Promise<RollbackResult> {
    return this.#withSecrets(scope, (secrets) => rollBack(this.#database, secrets, scope, actor, options));
  }

  /** Where the content key was replaced meanwhile, the next try reads it anew. */
  async #withSecrets<T>(scope: GatewayScope, work: (secrets: GatewaySecrets) => Promise<T>): Promise<T> {
    const secrets = await this.#keys.secretsOf(scope);
    try {
      return await work(secrets);
    } catch (thrown) {
      if (thrown instanceof HoldfastError && KEYS_CHANGED.has(thrown.code)) this.#keys.forget(scope);
      throw thrown;
    }
  }

  secretsOf(scope: GatewayScope): Promise<GatewaySecrets> {
    return this.#keys.secretsOf(scope);
  }

  async listenForChanges(listener: ChangeListener): Promise<ChangeFeed> {
    const feed = new GatewayFeed({ connectionString: this.#options.connectionString, database: this.#database, listener: this.#forgetting(listener), log: this.#options.log, clock: this.#options.clock });
    this.#feeds.add(feed);
    await feed.start();
    return feed;
  }

  shareCounts(listener: CountSharingListener): CountSharing {
    return new CountNotifications({ connectionString: this.#options.connectionString, clock: this.#options.clock, log: this.#options.log }, listener);
  }

  /** Content keys are read again after whatever may have replaced them. */
  #forgetting(listener: ChangeListener): ChangeListener {
    return {
      ...listener,
      onDataPlanesChanged: (scope) => {
        this.#keys.forget(scope);
        listener.onDataPlanesChanged(scope);
      },
    };
  }

  isReachable(): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const deadline = this.#options.clock.after(REACHABLE_WITHIN_MS, () => resolve(false));
    this.#database.query({ role: 'holdfast_app', mode: 'snapshot' }, 'SELECT').then(
      () => resolve(true),
      () => resolve(false),
    );
    return promise.finally(() => deadline.cancel());
  }

  async stop(): Promise<void> {
    for (const feed of this.#feeds) await feed.stop();
    await this.#database.stop();
  }
}
