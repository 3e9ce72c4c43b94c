/**
 * Everything that an enrolled data plane consists of, made and connected in one place, and what there is to tell about
 * it. agent.ts starts it once the identity is there; what must be stopped goes to the lifecycle as it comes up.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { readFileSync } from 'node:fs';
import { availableParallelism, hostname } from 'node:os';
import { threadId } from 'node:worker_threads';
import type { Clock, TimerHandle } from '../shared/clock.ts';
import { defined } from '../shared/assert.ts';
import { describeThrown } from '../shared/errors.ts';
import type { Lifecycle } from '../shared/lifecycle.ts';
import type { Logger } from '../shared/log.ts';
import { LogAreas } from '../shared/log-areas.ts';
import { usualLevelsOf } from '../shared/log-settings.ts';
import { LogLevelSwitch } from '../shared/log-level-switch.ts';
import { compareVersions, formatVersion, NO_VERSION } from '../shared/model/version.ts';
import { LOG_LEVEL_SUBJECT } from '../shared/wire/sync-message.ts';
import { answerLogLevel } from './answer-log-level.ts';
import { ConfigKeeper, type ConfigThreads } from './config/config-keeper.ts';
import { SnapshotCache } from './config/snapshot-cache.ts';
import { createRecordVerifier } from './config/verify-record.ts';
import type { VersionedRoot } from './config/versioned-root.ts';
import { PurgeIntake } from './cache-purges/purge-intake.ts';
import { CountExchange } from './cluster-counters/count-exchange.ts';
import { allocateCounterTable, SharedCounterTable } from './counters/shared-counter-table.ts';
import { makeDefaultCertificate } from './listeners/default-certificate.ts';
import { downstreamTlsOf, listenersOf } from './listeners/listen-settings.ts';
import { TicketKeys } from './listeners/ticket-keys.ts';
import { loadCustomPlugins } from './plugins/load-custom-plugins.ts';
import type { DataPlaneSettings } from './settings.ts';
import { CrashRecord } from './state/crash-record.ts';
import { systemDisk } from './state/disk.ts';
import { HighestAccepted } from './state/highest-accepted.ts';
import { StateSeal } from './state/state-seal.ts';
import type { EnrolledView } from './status/data-plane-view.ts';
import { ExemplarShelf } from './status/exemplar-shelf.ts';
import { LabelBook, NEITHER, type Labels } from './status/label-book.ts';
import { ContentKeys } from './sync/content-keys.ts';
import { createFrameSocketOpener } from './sync/frame-socket.ts';
import { HeadWatch } from './sync/head-watch.ts';
import { leafOf, type Enrolment, type IdentityStore } from './sync/identity-store.ts';
import { SyncClient } from './sync/sync-client.ts';
import { TrustAnchor } from './sync/trust-anchor.ts';
import { RecordAgent } from './telemetry/record-agent.ts';
import { readVitals } from './telemetry/read-vitals.ts';
import { TelemetryAgent } from './telemetry/telemetry-agent.ts';
import { ProxyPool } from './threads/proxy-pool.ts';
import { createWorkerStarter } from './threads/proxy-worker.ts';
import { VaultsOnDemand } from './vaults/vaults-on-demand.ts';

export interface EnrolledPartsOptions {
  readonly settings: DataPlaneSettings;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
  readonly softwareVersion: string;
  readonly bootId: string;
  readonly identity: IdentityStore;
  readonly lifecycle: Lifecycle;
  readonly onFatal: (reason: string) => void;
}

export interface EnrolledParts {
  readonly pool: ProxyPool;
  readonly telemetry: TelemetryAgent;
  readonly records: RecordAgent;
  readonly sync: SyncClient;
  readonly keeper: ConfigKeeper;
  view(): EnrolledView;
  /** What the routes and, for Kong's metrics, the consumers of a view are called. */
  labelsFor(view: EnrolledView): Promise<Labels>;
}

const PREPARE_TIMEOUT_MS = 60_000;
const CONNECT_TIMEOUT_MS = 10_000;
const STALENESS_CHECK_MS = 15_000;

/** Resolves when what is in the cache serves, or nothing is in it; the control plane is not waited for. */
export async function startEnrolledParts(options: EnrolledPartsOptions): Promise<EnrolledParts> {
  const { settings, clock, random, log, softwareVersion, identity, lifecycle, bootId } = options;
  const enrolment = defined(identity.enrolment, 'the enrolment');
  const audience = { tenantId: enrolment.tenantId, gatewayId: enrolment.gatewayId };
  const { rootFingerprint } = enrolment;
  const folder = (name: string): string => join(settings.stateFolder, name);
  const areas = new LogAreas(log, usualLevelsOf(settings));
  const plugins = await loadCustomPlugins(settings.plugins, process.cwd(), areas.of('plugins'));
  const pluginVersions = plugins.map(({ hash, plugin: { schema: { name, version } } }) => ({ name, version, hash }));
  const disk = systemDisk;

  const seal = new StateSeal(identity.privateKey, !identity.isStateSealed);
  const highest = await HighestAccepted.open(disk, folder('highest-accepted.json'), seal);
  const crashes = await CrashRecord.open(disk, settings.stateFolder, seal);
  const trust = await TrustAnchor.open({ disk, path: join(folder('identity'), 'trust.json'), audience, rootFingerprint });
  const contentKeys = await ContentKeys.open({ disk, path: join(folder('identity'), 'content-keys.json'), privateKey: identity.privateKey, identity: enrolment, log: areas.of('keys') });
  const heads = await HeadWatch.open(disk, folder('head.json'), clock, seal);
  const delegationSerial = (): number | undefined => trust.current?.publishKeys.serial;
  const verify = createRecordVerifier({ audience, rootFingerprint, highest: () => highest.current, delegationSerial, softwareVersion, maximumInflatedBytes: settings.maxConfigBytes });
  const cache = await SnapshotCache.open({ disk, folder: folder('cache'), slots: settings.cacheSlots, verify, seal });

  const records = new RecordAgent({ folder: folder('access-records'), bootId, maxSpoolBytes: settings.accessRecordsMaxBytes, fsync: settings.telemetryFsync, clock, log: areas.of('telemetry') });
  lifecycle.add('access records', () => records.stop());
  const shelf = new ExemplarShelf();
  const telemetry = new TelemetryAgent({
    folder: folder('telemetry'),
    bootId,
    foldIntervalMs: settings.telemetryFoldInterval,
    maxSpoolBytes: settings.telemetrySpoolBytes,
    fsync: settings.telemetryFsync,
    makeRoom: () => records.makeRoom(),
    clock,
    log: areas.of('telemetry'),
    servedVersion: () => keeper.active?.version ?? NO_VERSION,
    vitals: (spool) => readVitals({
      nowMs: clock.nowMs(), head: { ageMs: heads.ageMs, stale: heads.isStale(settings.staleAfter) }, certificateValidToMs: certificateEnd(identity.enrolment ?? enrolment),
      threads: pool.status(), connections: pool.traffic().connections, spool, records: records.totals(),
    }),
  });
  lifecycle.add('telemetry', () => telemetry.stop());
  const counterMemory = allocateCounterTable(settings.counterSlots);
  const counters = new SharedCounterTable(counterMemory, { threadId, clock });
  const counts = new CountExchange({ counters, clock, log: areas.of('sync') });
  lifecycle.add('shared counts', () => counts.stop());
  const listeners = listenersOf(settings);
  const ticketKeys: TicketKeys = new TicketKeys(clock, settings.tlsTicketRotation, randomBytes, (keys) => pool.setTicketKeys(keys));
  lifecycle.add('ticket keys', () => ticketKeys.stop());
  const pool: ProxyPool = new ProxyPool({
    threads: threadCount(settings, log),
    ports: listeners.map(({ port }) => port),
    ticketKeys: () => ticketKeys.current,
    startWorker: createWorkerStarter({ listeners, tls: downstreamTlsOf(settings, makeDefaultCertificate(clock.nowMs(), randomBytes(16))), settings, softwareVersion, counters: counterMemory, plugins, node: () => ({ dataPlaneId: enrolment.dataPlaneId, gatewayId: enrolment.gatewayId, hostname: hostname(), softwareVersion, labels: sync.labels }) }),
    clock,
    random,
    log: areas.of('proxy'),
    threadLog: (area) => (area === undefined ? log : areas.of(area)),
    prepareTimeoutMs: PREPARE_TIMEOUT_MS,
    contentKeys: () => contentKeys.ring,
    onTelemetryTable: (threadId, table) => telemetry.addTable(threadId, table),
    onRecordCounts: (threadId, counts) => records.addThread(threadId, counts),
    onAccessRecords: (threadId, made, bytes) => {
      records.take(threadId, made, bytes);
      shelf.keep(bytes);
    },
    onThreadGone: (goneId) => {
      telemetry.removeThread(goneId);
      records.removeThread(goneId);
      counters.releaseLocksOf(goneId);
    },
    onTargets: (report) => sync.reportHealth(report),
    onClusterCounts: (windows) => counts.counted(windows),
    onCrash: () => keeper.threadCrashed(),
    onListenFailed: options.onFatal,
  });
  lifecycle.add('proxy threads', () => pool.stop());
  const levels = new LogLevelSwitch({
    usual: usualLevelsOf(settings),
    apply: (inForce) => {
      areas.apply(inForce);
      pool.setLogLevels(inForce);
    },
    clock,
    log,
  });
  lifecycle.add('log level', () => levels.stop());
  const vaults = new VaultsOnDemand({
    settings, clock, random, log: areas.of('vaults'), seal,
    onChanged: () => keeper.vaultValuesChanged().then((changed) => changed && sync.quarantineChanged()),
  });
  lifecycle.add('vaults', () => vaults.stop());
  const keeper: ConfigKeeper = new ConfigKeeper({
    cache,
    highest,
    crashes,
    threads: withVaults(pool, vaults),
    clock,
    log: areas.of('config'),
    knownGoodAfterMs: settings.knownGoodAfter,
    crashWindowMs: settings.crashLoopWindow,
    onFellBack: (fall) => sync.reportFallBack(fall),
    onNotice: (notice) => sync.reportNotice(notice),
  });
  const sync: SyncClient = new SyncClient({
    urls: settings.controlPlaneUrls ?? enrolment.urls,
    open: createFrameSocketOpener({
      gatewayId: enrolment.gatewayId,
      proxy: settings.controlPlaneProxy,
      credentials: () => credentialsOf(identity),
      timeoutMs: CONNECT_TIMEOUT_MS,
    }),
    identity, trust, contentKeys, heads, keeper, highest, crashes, telemetry, records, counts, purges: new PurgeIntake(clock.nowMs(), (pluginId, key) => pool.purge(pluginId, key)), clock, random, log: areas.of('sync'), bootId, softwareVersion, plugins,
    answerQuestion: async (subject, document) => {
      if (subject === LOG_LEVEL_SUBJECT) return answerLogLevel(levels, document);
      return (await import('./explain/answer-question.ts')).answerQuestion(pool, subject, document);
    },
    maximumConfigBytes: settings.maxConfigBytes,
    onLabels: (labels) => pool.setLabels(labels),
  });

  pool.start();
  await keeper.startFromCache();
  if (keeper.active === undefined) log.info({ event: 'nothing-cached' }, 'no configuration in the cache: waiting for a control plane');
  // Where the record of the keys is lost, those that were replaced must not be believed again (S3). Older ones than are known are refused.
  else await trust.learn(keeper.active.proof);
  lifecycle.add('configuration', () => keeper.stop());
  if (seal.readsUnsealed) void sealState({ keeper, heads, identity, seal, log });
  lifecycle.add('sync', () => sync.stop());
  await sync.start();
  const staleness = watchStaleness(heads, settings, clock, log);
  lifecycle.add('staleness', () => staleness.cancel());

  const view = (): EnrolledView => {
    const current: Enrolment = identity.enrolment ?? enrolment;
    const ageMs = heads.ageMs;
    const { active } = keeper;
    return {
      kind: 'enrolled',
      tenantId: current.tenantId,
      gatewayId: current.gatewayId,
      dataPlaneId: current.dataPlaneId,
      labels: sync.labels,
      certificateValidToMs: certificateEnd(current),
      config: active === undefined ? undefined : { version: active.version, contentRoot: active.contentRoot, entities: active.tree.size, sinceMs: keeper.activeSinceMs, source: keeper.source, quarantined: keeper.quarantined },
      highestAccepted: highest.current?.version,
      fellBack: keeper.fellBack,
      barred: crashes.bars,
      session: sync.status,
      head: { newest: newerOf(heads.newest, highest.current), ageMs, stale: heads.isStale(settings.staleAfter), refusal: heads.refusal },
      staleIsNotReady: settings.staleAction === 'not-ready',
      listeners: listeners.map(({ kind, host }, index) => ({ kind, host, port: pool.ports[index] ?? 0 })),
      serving: pool.serving,
      threads: pool.status(),
      hangAfterMs: settings.hangAfter,
      threadCrashes: pool.crashes,
      traffic: pool.traffic(),
      targets: pool.targets(),
      cache: { slots: cache.slots, knownGood: cache.knownGood, refusals: cache.refusals },
      counters: counters.stats(),
      vaults: vaults.view(),
      plugins: pluginVersions,
      telemetry: telemetry.totals(),
      routeTotals: again(() => telemetry.routeTotals()),
      usageTotals: again(() => telemetry.usageTotals()),
      routeLatencies: again(() => telemetry.routeLatencies()),
      targetTotals: again(() => telemetry.targetTotals()),
      exemplars: again(() => shelf.exemplars()),
      records: records.totals(),
      versionTotals: telemetry.versionTotals(),
    };
  };
  const labels = new LabelBook({ version: () => formatVersion(keeper.active?.version ?? NO_VERSION), ask: (pairs) => pool.labels(pairs) });
  const labelsFor = async ({ routeTotals, usageTotals }: EnrolledView): Promise<Labels> => {
    const isKongWanted = settings.kongMetrics || (await labels.labelsOf([NEITHER]))('', '').anywhere !== undefined;
    const routes = new Set([...routeTotals].map(({ routeId }) => routeId));
    return labels.labelsOf([NEITHER, ...[...routes].map((routeId) => ({ routeId, consumerId: '' })), ...(isKongWanted ? usageTotals : [])]);
  };
  return { pool, telemetry, records, sync, keeper, view, labelsFor };
}

/** Looked at anew each time that it is gone through. */
function again<T>(make: () => Iterable<T>): Iterable<T> {
  return { [Symbol.iterator]: () => make()[Symbol.iterator]() };
}

/** The threads get what references to vaults stand for before they prepare what has them. */
function withVaults(pool: ProxyPool, vaults: VaultsOnDemand): ConfigThreads {
  return {
    async prepare(content) {
      pool.setVaultValues(await vaults.valuesFor(content));
      return pool.prepare(content);
    },
    async commit() {
      await pool.commit();
      vaults.committed();
    },
    discard: () => pool.discard(),
  };
}

/** Once, in the background, after an upgrade from a release that did not seal. The key's own mark comes last: whatever fails before is done again at the next start. */
async function sealState({ keeper, heads, identity, seal, log }: { readonly keeper: ConfigKeeper; readonly heads: HeadWatch; readonly identity: IdentityStore; readonly seal: StateSeal; readonly log: Logger }): Promise<void> {
  try {
    await keeper.sealState();
    await heads.seal();
    await identity.stateSealed();
    seal.allSealed();
    log.info({ event: 'state-sealed' }, 'the state folder of an earlier release was encrypted and marked under the key of this data plane');
  } catch (thrown) {
    log.error({ event: 'state-not-sealed', reason: describeThrown(thrown) }, `the state folder of an earlier release could not be written anew; the next start tries again: ${describeThrown(thrown)}`);
  }
}

/** Heads come every minute; what was accepted since is newer. */
function newerOf(head: VersionedRoot | undefined, accepted: VersionedRoot | undefined): VersionedRoot | undefined {
  return head !== undefined && accepted !== undefined && compareVersions(head.version, accepted.version) >= 0 ? head : (accepted ?? head);
}

/** Milliseconds since the epoch. */
function certificateEnd({ certificateChain }: Enrolment): number {
  return leafOf(certificateChain).validToDate.getTime();
}

/** Tells the operator once when the configuration becomes stale, and once when it is not any more. */
function watchStaleness(heads: HeadWatch, { staleAfter, staleAction }: DataPlaneSettings, clock: Clock, log: Logger): TimerHandle {
  let wasStale = false;
  return clock.every(STALENESS_CHECK_MS, () => {
    const isStale = heads.isStale(staleAfter);
    if (isStale === wasStale) return;
    wasStale = isStale;
    if (isStale) log.warn({ event: 'stale', ageMs: heads.ageMs, action: staleAction }, `no control plane has confirmed the configuration for ${Math.round((heads.ageMs ?? 0) / 60_000)} minutes; it serves on${staleAction === 'serve' ? '' : ', but not as ready'}`);
    else log.info({ event: 'fresh' }, 'a control plane confirmed the configuration again');
  });
}

/** TLS material of a connection, read anew for each, because certificates are renewed. */
function credentialsOf(identity: IdentityStore): { readonly ca: string; readonly cert: string; readonly key: string } {
  const { caCertificates, certificateChain } = defined(identity.enrolment, 'the enrolment');
  return { ca: caCertificates, cert: certificateChain, key: identity.keyPem };
}

/** Systems where several listeners can share a port by SO_REUSEPORT with connections spread over them. */
const SHARING_PLATFORMS: ReadonlySet<string> = new Set(['linux', 'freebsd', 'aix', 'sunos']);

/**
 * Connections that wait to be accepted by a thread that ends are reset, unless the kernel (Linux from 5.14) hands them to another
 * thread: 36 of 116,672 with a thread ending every second, 0 with the switch (`npm run bench -- threads`).
 */
function adviseMigration(log: Logger): void {
  let migrates = '1';
  try {
    migrates = readFileSync('/proc/sys/net/ipv4/tcp_migrate_req', 'utf8').trim();
  } catch {
    // Another system, or an older kernel: there is nothing to switch on.
  }
  if (migrates === '0') log.info({ event: 'tcp-migrate-req-off' }, 'if a proxy thread dies, connections it has not accepted yet are reset; "sysctl -w net.ipv4.tcp_migrate_req=1" lets the other threads take them');
}

function threadCount(settings: DataPlaneSettings, log: Logger): number {
  const wanted = settings.proxyThreads ?? availableParallelism();
  if (wanted > 1) adviseMigration(log);
  if (wanted === 1 || SHARING_PLATFORMS.has(process.platform)) return wanted;
  log.warn({ event: 'one-thread', platform: process.platform }, `ports can't be shared on ${process.platform}: one proxy thread instead of ${wanted}`);
  return 1;
}
