/**
 * Brings a control plane up, in the order in which its parts need each other: status port → database → first start → keys →
 * publisher → sync server → admin API. Each part is registered for the way down. Called by main.ts.
 */
import { accessSync, constants, mkdirSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../shared/clock.ts';
import { describeThrown, HoldfastError } from '../shared/errors.ts';
import type { Lifecycle } from '../shared/lifecycle.ts';
import type { Logger } from '../shared/log.ts';
import { LogAreas } from '../shared/log-areas.ts';
import { usualLevelsOf } from '../shared/log-settings.ts';
import { LogLevelSwitch } from '../shared/log-level-switch.ts';
import { pluginCatalog } from '../shared/plugins/catalog.ts';
import { formatAddress, type SocketAddress } from '../shared/setting-types.ts';
import { THIS_VERSION } from '../shared/this-version.ts';
import { isTrustDomain } from '../shared/trust/identity.ts';
import { isControlPlaneUrl } from '../shared/trust/join-token.ts';
import { AuditKeeper } from './audit/audit-keeper.ts';
import { AlarmDesk } from './alarms/alarm-desk.ts';
import { DriftWatch } from './alarms/drift-watch.ts';
import { AlertMeter } from './alerts/alert-meter.ts';
import { AlertWatch } from './alerts/alert-watch.ts';
import { WebhookSender } from './alerts/webhook-sender.ts';
import { isLoopbackAddress } from './admin-api/development-guard.ts';
import { startAdminApi } from './admin-api/start-admin-api.ts';
import { PurgeDesk } from './cache-purges/purge-desk.ts';
import { createJoinTokenMaker } from './enrolment/join-tokens.ts';
import { loadAuthority } from './enrolment/load-authority.ts';
import { EventHub } from './events/event-hub.ts';
import { ensureFirstStart } from './first-start.ts';
import { DataKeyRotator } from './keys/data-key-rotator.ts';
import { KeyDesk } from './keys/key-desk.ts';
import { bundleOf, parseStatementFile } from './keys/statement-file.ts';
import { LogLevelWatch } from './log-level/log-level-watch.ts';
import { PasswordKeeper } from './passwords/password-keeper.ts';
import { CustomPlugins } from './plugins/custom-plugins.ts';
import { openDatabase } from './open-database.ts';
import { HistoryCompactor } from './publish/history-compactor.ts';
import { PublishMeter } from './publish/publish-meter.ts';
import { publicAdminUrl } from './public-admin-url.ts';
import { startPublisher } from './publish/publisher.ts';
import { loadSigningMaterial } from './publish/signing-material.ts';
import type { ControlPlaneSettings } from './settings.ts';
import { parseSinkSettings } from './sinks/sink-settings.ts';
import { startSinks } from './sinks/start-sinks.ts';
import { lockStateFolder } from './state-lock.ts';
import { ControlPlaneStatus } from './status/control-plane-status.ts';
import { startStatusServer } from './status/status-server.ts';
import { startSyncServer } from './sync/sync-server.ts';
import { TenantSweeper } from './tenants/tenant-sweeper.ts';
import { createIngest } from './telemetry/ingest.ts';
import { RollUp } from './telemetry/roll-up.ts';
import { TelemetryMeter } from './telemetry/telemetry-meter.ts';
import { UsageExporter } from './telemetry/usage-exporter.ts';

export interface ControlPlaneOptions {
  readonly settings: ControlPlaneSettings;
  readonly lifecycle: Lifecycle;
  readonly log: Logger;
  readonly clock: Clock;
}

export interface ControlPlane {
  readonly admin: SocketAddress;
  readonly sync: SocketAddress;
  readonly status: SocketAddress;
}

/** Resolves when it answers. Throws a HoldfastError that says what to do; what has started by then is the lifecycle's to stop. */
export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const { settings, lifecycle, log, clock } = options;
  const areas = new LogAreas(log, usualLevelsOf(settings));
  const { stateFolder, trustDomain } = settings;
  if (!isTrustDomain(trustDomain)) throw settingsProblem('HOLDFAST_TRUST_DOMAIN', `must consist of lower-case letters, digits, ".", "-" and "_", got "${trustDomain}"`);
  const wrongUrl = settings.syncUrls.find((url) => !isControlPlaneUrl(url));
  if (wrongUrl !== undefined) throw settingsProblem('HOLDFAST_SYNC_URLS', `must be https://host:port without a path, got "${wrongUrl}"`);
  const sinkSettings = parseSinkSettings(settings);
  makeStateFolder(stateFolder);
  const lock = await lockStateFolder(stateFolder);
  lifecycle.add('lock of the state folder', () => lock.release());
  const status = new ControlPlaneStatus({ softwareVersion: THIS_VERSION, lifecycle, clock, kongMetrics: settings.kongMetrics });
  lifecycle.add('measuring', () => status.stop());
  const statusServer = await startStatusServer(settings.statusListen, () => status.view());
  lifecycle.add('status server', () => statusServer.close());
  log.info({ event: 'status-port-listening', address: formatAddress(statusServer.address) }, 'status and metrics can be asked for');

  const store = await openDatabase(options);
  const installationTenant = await ensureFirstStart({ ...settings, store, log });
  const signing = await loadSigningMaterial({ signingKeys: store.signingKeys, rootKeyPath: settings.rootKeyFile ?? join(stateFolder, 'root-key.pem'), ...firstRootSet(settings), clock, log: areas.of('keys') });
  const authority = await loadAuthority({ signingKeys: store.signingKeys, files: authorityFiles(settings), clock, log: areas.of('keys') });

  const events = new EventHub({ fleetState: store.fleetState, clock, log: areas.of('admin') });
  const alarms = new AlarmDesk({ store: store.alarms, clock, log: areas.of('alarms'), onStored: (scope) => events.hint(scope) });
  lifecycle.add('alarms', () => alarms.stop());
  await alarms.refresh();
  const drift = new DriftWatch({ drift: store.drift, alarms, afterMs: settings.driftAlarmAfter, clock, log: areas.of('alarms') });
  lifecycle.add('drift watch', () => drift.stop());
  const alertMeter = new AlertMeter();
  const webhookSender = new WebhookSender({ webhooks: store.webhooks, meter: alertMeter, mayAskItself: settings.insecureWebhooks, softwareVersion: THIS_VERSION, clock, random: Math.random, log });
  lifecycle.add('webhooks', () => webhookSender.stop());
  const alertWatch = new AlertWatch({ alerts: store.alerts, webhooks: store.webhooks, analytics: store.analytics, onTold: () => webhookSender.wake(), meter: alertMeter, clock, log });
  lifecycle.add('rules of alerts', () => alertWatch.stop());

  const meter = new PublishMeter(clock);
  const publisher = await startPublisher({
    meter,
    releases: store.releases,
    changes: store.changes,
    ahead: store.ahead,
    alarms,
    signing,
    listenForChanges: (listener) => store.listenForChanges(listener),
    transferCacheBytes: settings.transferCacheBytes,
    random: Math.random,
    clock,
    log: areas.of('publish'),
  });
  lifecycle.add('publisher', () => publisher.stop());
  const compactor = new HistoryCompactor({
    history: store.history, retentionMs: settings.historyRetention, atLeast: settings.historyReleasesAtLeast, atMost: Math.max(settings.historyReleasesAtMost, settings.historyReleasesAtLeast),
    random: Math.random, clock, log: areas.of('publish'),
  });
  compactor.start();
  lifecycle.add('removal of old releases', () => compactor.stop());
  const sweeper = new TenantSweeper({ tenants: store.tenants, clock, log: areas.of('store') });
  sweeper.start();
  lifecycle.add('removal of deleted tenants', () => sweeper.stop());
  const telemetryMeter = new TelemetryMeter(clock);
  const rollUp = new RollUp({ store: store.rollUp, expiry: store.telemetryExpiry, meter: telemetryMeter, clock, log: areas.of('telemetry') });
  rollUp.start();
  lifecycle.add('roll-up of telemetry', () => rollUp.stop());
  const usageExporter = new UsageExporter({ making: store.usageExportMaking, clock, log: areas.of('telemetry') });
  usageExporter.start();
  lifecycle.add('usage exports', () => usageExporter.stop());
  const [ownGateway] = await store.gateways.list(installationTenant);
  const sinks = startSinks({ settings: sinkSettings, store: store.sinks, alarms, scope: ownGateway, softwareVersion: THIS_VERSION, random: Math.random, clock, log: areas.of('telemetry') });
  lifecycle.add('sinks of telemetry', () => sinks.stop());
  const auditKeeper = new AuditKeeper({
    chain: store.auditChain, publishKey: () => signing.publishKey, checkpointEveryMs: settings.auditCheckpointEvery, retentionMs: settings.auditRetention, clock, log: areas.of('audit'),
  });
  auditKeeper.start();
  lifecycle.add('sealing of the audit', () => auditKeeper.stop());
  const rotator = new DataKeyRotator({ rotations: store.keyRotations, clock, log: areas.of('keys') });
  rotator.start();
  lifecycle.add('rotation of data keys', () => rotator.stop());
  const passwordKeeper = new PasswordKeeper({ store, clock, log: areas.of('store') });
  passwordKeeper.start();
  lifecycle.add('hashing of passwords', () => passwordKeeper.stop());
  publisher.subscribe({ onRelease: (scope) => events.hint(scope), onDataPlanesChanged: (scope) => events.hint(scope) });

  const purges = new PurgeDesk({ store: store.cachePurges, clock, log: areas.of('sync') });
  lifecycle.add('cache purges', () => purges.stop());
  const customPlugins = new CustomPlugins({ store: store.plugins, clock, log: areas.of('plugins') });
  await customPlugins.start();
  lifecycle.add('custom plugins', () => customPlugins.stop());

  const sync = await startSyncServer({
    listen: settings.syncListen,
    admission: { perSecond: settings.connectionsPerSecond, atOnce: settings.greetingsAtOnce },
    serverNames: serverNames(settings),
    trustDomain,
    certificateLifetimeMs: settings.certificateLifetime,
    softwareVersion: THIS_VERSION,
    dataPlanes: store.dataPlanes,
    releases: store.releases,
    contentKeys: store.signingKeys,
    publisher,
    authority,
    signing,
    ...createIngest({ telemetry: store.telemetry, records: store.records, meter: telemetryMeter, clock, log: areas.of('telemetry') }),
    alarms,
    registeredHash: customPlugins.hashOf,
    meter,
    shareCounts: (listener) => store.shareCounts(listener),
    purges,
    random: Math.random,
    clock,
    log: areas.of('sync'),
  });
  lifecycle.add('sync server', () => sync.stop());
  const syncAddress = { host: settings.syncListen.host, port: sync.port };
  const urls = settings.syncUrls.length > 0 ? settings.syncUrls : [`https://${formatAddress({ host: reachableName(syncAddress.host), port: sync.port })}`];
  const joinTokens = createJoinTokenMaker({ joinTokens: store.joinTokens, urls, caFingerprint: () => authority.fingerprint, rootFingerprint: async (scope) => (await signing.trustFor(scope)).rootSet.fingerprint, clock });
  log.info({ event: 'sync-server-listening', address: formatAddress(syncAddress), urls }, 'data planes can connect');

  const levels = new LogLevelSwitch({ usual: usualLevelsOf(settings), apply: (inForce) => areas.apply(inForce), clock, log });
  lifecycle.add('log level', () => levels.stop());
  const logLevelWatch = new LogLevelWatch({ store: store.logLevels, levels, clock, log });
  logLevelWatch.start();
  lifecycle.add('log level of all control planes', () => logLevelWatch.stop());

  const admin = await startAdminApi({
    store,
    catalog: pluginCatalog,
    customPlugins,
    createJoinToken: (scope, token, actor) => joinTokens.create(scope, token, actor),
    auditKeeper,
    keys: new KeyDesk({ store, signing, authority, clock }),
    logLevels: { levels, watch: logLevelWatch },
    purges,
    askDataPlane: (scope, dataPlaneId, subject, question) => sync.ask(scope, dataPlaneId, subject, question),
    events,
    listen: settings.adminListen,
    developmentMode: settings.developmentMode,
    installationTenant,
    deletionGraceMs: settings.tenantDeletionGrace,
    publicUrl: publicAdminUrl(settings.adminUrl, settings.adminListen),
    allowHttpIssuers: settings.insecureIssuers,
    allowHttpWebhooks: settings.insecureWebhooks,
    maxBodyBytes: settings.maxBodyBytes,
    allowedOrigins: settings.adminAllowedOrigins,
    softwareVersion: THIS_VERSION,
    hostname: hostname(),
    configuration: shownConfiguration(settings),
    log: areas.of('admin'),
    clock,
  });
  lifecycle.add('admin API', () => admin.stop());
  status.serving({ database: store.meter, admin, publish: meter, sync, alarms, sinks, alerts: alertMeter, telemetry: telemetryMeter });
  // Stopped first: load balancers read that this one is about to go while it still answers.
  lifecycle.add('drain delay', () => new Promise<void>((resolve) => clock.after(settings.drainDelay, resolve, { keepAlive: true })));
  return { admin: admin.address, sync: syncAddress, status: statusServer.address };
}

function makeStateFolder(stateFolder: string): void {
  try {
    mkdirSync(stateFolder, { recursive: true, mode: 0o700 });
    accessSync(stateFolder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (thrown) {
    throw new HoldfastError({
      code: 'CONTROL_PLANE_STATE_UNUSABLE',
      source: 'control-plane',
      publicMessage: 'the state folder can not be used',
      message: `the state folder ${stateFolder} can not be used (${describeThrown(thrown)}); make it a folder that this user may write to, or set HOLDFAST_STATE_FOLDER to another one`,
      cause: thrown,
    });
  }
}

/** The names in the sync server's certificate: whatever a data plane may call it. */
function serverNames(settings: ControlPlaneSettings): readonly string[] {
  const fromUrls = settings.syncUrls.map((url) => new URL(url).hostname.replace(/^\[(.*)\]$/, '$1'));
  return [...new Set([...fromUrls, reachableName(settings.syncListen.host), hostname(), 'localhost', '127.0.0.1', '::1'])];
}

function firstRootSet({ rootSetFile }: ControlPlaneSettings): { readonly firstRootSet: string } | undefined {
  if (rootSetFile === undefined) return undefined;
  try {
    const [root] = parseStatementFile(readFileSync(rootSetFile, 'utf8')).statements;
    return { firstRootSet: root === undefined ? '' : bundleOf(root) };
  } catch (thrown) {
    throw settingsProblem('HOLDFAST_ROOT_SET_FILE', `must name a signed root set, as "holdfast keys root propose" makes it (${describeThrown(thrown)})`);
  }
}

/** The wildcard addresses name nobody. */
function reachableName(host: string): string {
  return host === '0.0.0.0' || host === '::' ? hostname() : host;
}

function authorityFiles({ authorityCertificateFile, authorityKeyFile }: ControlPlaneSettings): { readonly certificatePath: string; readonly privateKeyPath: string } | undefined {
  if (authorityCertificateFile === undefined && authorityKeyFile === undefined) return undefined;
  if (authorityCertificateFile === undefined || authorityKeyFile === undefined) throw settingsProblem('HOLDFAST_AUTHORITY_CERTIFICATE_FILE and HOLDFAST_AUTHORITY_KEY_FILE', 'must be given together');
  return { certificatePath: authorityCertificateFile, privateKeyPath: authorityKeyFile };
}

/** What `GET /` shows, in Kong's names where Kong has one. */
function shownConfiguration(settings: ControlPlaneSettings) {
  return {
    role: 'control_plane',
    database: 'postgres',
    router_flavor: 'traditional_compatible',
    admin_listen: [formatAddress(settings.adminListen)],
    cluster_listen: [formatAddress(settings.syncListen)],
    development_mode: settings.developmentMode,
    trust_domain: settings.trustDomain,
    admin_open_to_this_machine_only: isLoopbackAddress(settings.adminListen.host),
  };
}

function settingsProblem(names: string, rule: string): HoldfastError {
  return new HoldfastError({ code: 'CONTROL_PLANE_SETTINGS', source: 'control-plane', publicMessage: 'the settings are not valid', message: `invalid settings: ${names} ${rule}` });
}
