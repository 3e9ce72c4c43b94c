/**
 * Entry of a proxy thread: one event loop, one proxy, nothing shared with the other threads but counters and immutable
 * bytes. Does what the agent thread says (thread-messages.ts); loaded by proxy-thread-start.ts.
 */
import { parentPort, threadId, workerData } from 'node:worker_threads';
import { defined } from '../../shared/assert.ts';
import { systemClock } from '../../shared/clock.ts';
import { describeThrown } from '../../shared/errors.ts';
import { LogAreas } from '../../shared/log-areas.ts';
import { RecordRules } from '../../shared/plugins/access-records/record-rules.ts';
import { DEFAULT_ACCESS_RECORDS } from '../../shared/plugins/access-records/schema.ts';
import type { RegisteredPlugin } from '../../shared/plugins/registered-plugin.ts';
import { registryWith } from '../../shared/plugins/registry.ts';
import { decodeEntity, salvageEntity } from '../../shared/wire/entity-codec.ts';
import { ClusterCounterTable } from '../cluster-counters/cluster-counter-table.ts';
import { createPluginLog } from '../config/plugin-log.ts';
import { SharedCounterTable } from '../counters/shared-counter-table.ts';
import type { ExplainSurroundings } from '../explain/explain-request.ts';
import { chooseSocketIo } from '../http1/handle-check.ts';
import { DEFAULT_PROXY_LIMITS } from '../http1/limits.ts';
import { ThreadPluginServices } from '../plugin-services/thread-plugin-services.ts';
import { TrustedAddresses } from '../proxy/client-address.ts';
import { createProxy } from '../proxy/create-proxy.ts';
import { systemMemoryGauge } from '../proxy/memory-gauge.ts';
import type { Proxy } from '../proxy/proxy-contract.ts';
import { RecordOutbox } from '../telemetry/record-outbox.ts';
import { ThreadRecorder } from '../telemetry/thread-recorder.ts';
import { claimProbe } from '../upstreams/claim-probe.ts';
import { systemLookUp } from '../upstreams/system-look-up.ts';
import { ThreadConfigs } from './thread-configs.ts';
import { createThreadLogger } from './thread-log.ts';
import type { FromThread, ThreadData, ToThread } from './thread-messages.ts';
import { STATS_INTERVAL_MS, ThreadPulse } from './thread-vitals.ts';

/** What is left is for the requests that are under way. */
const MAX_MEMORY_SHARE = 0.9;

const agent = defined(parentPort, 'the port to the agent thread');
const data: ThreadData = workerData;
const tell = (message: FromThread): void => agent.postMessage(message);
const clock = systemClock;
const areas = new LogAreas(createThreadLogger(data.logLevels.level, (line) => tell({ kind: 'log', line })), data.logLevels);
const log = areas.of('proxy');
const pluginLog = areas.of('plugins');
const recorder = new ThreadRecorder(data.usageKeys, (table) => tell({ kind: 'telemetry-table', table }));
const records = new RecordOutbox({
  builtIn: data.accessRecords ? new RecordRules(DEFAULT_ACCESS_RECORDS) : undefined,
  clock,
  shareCounts: (counts) => tell({ kind: 'record-counts', counts }),
  hand: (made, bytes) => tell({ kind: 'access-records', records: made, bytes }),
});
const counters = new SharedCounterTable(data.counters, { threadId, clock });
const pluginServices = new ThreadPluginServices({ clock, counters, random: Math.random, log: pluginLog, fetchNetworks: data.pluginFetchNetworks, fileLogFolders: data.fileLogFolders, node: data.node, logOf: (pluginName, pluginId) => createPluginLog(pluginLog, clock, pluginName, pluginId) });
pluginServices.connectCluster(new ClusterCounterTable(counters, clock, (windows) => tell({ kind: 'cluster-counts', windows })));
const pulse = new ThreadPulse(clock);
const customPlugins = await importCustomPlugins();
const configs = new ThreadConfigs(
  {
    decodeEntity,
    salvageEntity,
    plugins: registryWith(customPlugins),
    clock,
    servicesOf: pluginServices.servicesOf,
  },
  clock,
);
let proxy: Proxy | undefined;
/** Of `data.listeners`, in order. */
let listeningPorts: readonly number[] = [];
let ticketKeys: Uint8Array | undefined;
/** Found out while the agent still reads its cache: a start has no time to lose (S2). A refusal is told when it is to listen. */
const socketIoChoice = chooseSocketIo(data.socketIo, log);
/** Orders are carried out one after another, after that; those that change nothing of the configuration do not wait. */
let turn: Promise<void> = socketIoChoice.then(() => undefined, () => undefined);

agent.on('message', (order: ToThread) => {
  if (order.kind === 'drain') void drain(order);
  else if (order.kind === 'peer-changes') for (const change of order.changes) proxy?.upstreams.told(change);
  else if (order.kind === 'lead') lead();
  else if (order.kind === 'log-levels') areas.apply(order.levels);
  else if (order.kind === 'node-labels') pluginServices.node = { ...pluginServices.node, labels: order.labels };
  else if (order.kind === 'purge') pluginServices.purge(order.pluginId, order.key);
  else if (order.kind === 'ask-labels') tell({ kind: 'labels', labelsId: order.labelsId, rows: configs.labelsOf(order.pairs) });
  else if (order.kind === 'explain') void configs.explain(order, explainSurroundings()).then(tell);
  else turn = turn.then(() => carryOut(order));
});

/** The files that read them are only loaded where there are any. */
async function importCustomPlugins(): Promise<readonly RegisteredPlugin[]> {
  if (data.plugins.length === 0) return [];
  const { hashOf, importPlugin } = await import('../../shared/plugin-kit/plugin-package.ts');
  return Promise.all(data.plugins.map((found) => {
    // A thread that takes the place of another serves on: the old files are gone, and none to serve would be worse.
    if (hashOf(found) !== found.hash) pluginLog.error({ event: 'plugin-changed', plugin: found.place, folder: found.folder }, `the files of plugin ${found.place} are not those that this data plane started with, and this thread runs the new ones: start it again, and give versions folders of their own`);
    return importPlugin(found.place, found.entry);
  }));
}

async function carryOut(order: Exclude<ToThread, { kind: 'drain' | 'explain' | 'ask-labels' | 'peer-changes' | 'lead' | 'log-levels' | 'node-labels' | 'purge' }>): Promise<void> {
  switch (order.kind) {
    case 'prepare':
      pluginServices.useContentKeys(order.contentKeys);
      return tell(await configs.prepare(order, proxy !== undefined));
    case 'commit':
      configs.commit(order.applyId);
      return tell({ kind: 'committed', applyId: order.applyId });
    case 'discard':
      return configs.discard(order.applyId);
    case 'listen':
      return tell(await listen(order.ports));
    case 'vault-values':
      configs.vaultValues = order.values;
      return undefined;
    case 'ticket-keys':
      ticketKeys = order.keys;
      return proxy?.setTicketKeys(ticketKeys);
  }
}

async function listen(ports: readonly number[]): Promise<FromThread> {
  try {
    const socketIo = await socketIoChoice;
    log.info({ event: 'socket-io', socketIo }, socketIo === 'handle' ? 'plain sockets go by their handles' : 'sockets go by the documented API');
    const starting = createProxy({
      getConfig: configs.current,
      configReleased: configs.released,
      listeners: data.listeners.map((listener, index) => ({ ...listener, port: ports[index] ?? listener.port })),
      tls: { ...data.tls, ticketKeys: defined(ticketKeys, 'the keys of session tickets') },
      reusePort: data.reusePort,
      recorder,
      records,
      log,
      clock,
      limits: data.limits,
      overload: { limits: { maxLoopDelayMs: data.maxLoopDelayMs, maxMemoryShare: MAX_MEMORY_SHARE }, memory: systemMemoryGauge(data.memoryLimitBytes) },
      messages: data.messages,
      trustedAddresses: data.trustedAddresses,
      socketIo,
      lookup: systemLookUp(clock, data.dnsResolvers),
      healthSharing: { publish: (change) => tell({ kind: 'peer-change', change }), claim: (name) => claimProbe(counters, clock, name) },
      serverName: 'holdfast',
      version: data.softwareVersion,
    });
    const listening = await starting.listen();
    proxy = starting;
    listeningPorts = listening.ports;
    clock.every(STATS_INTERVAL_MS, () => tell({ kind: 'stats', stats: { ...starting.stats(), outputs: pluginServices.sent }, vitals: pulse.take() }));
    return { kind: 'listening', ports: listening.ports };
  } catch (thrown) {
    return { kind: 'listen-failed', reason: describeThrown(thrown) };
  }
}

/** This thread probes targets and tells about them. */
function lead(): void {
  const leading = proxy;
  if (leading === undefined) return;
  leading.upstreams.lead(true);
  let told = '';
  clock.every(STATS_INTERVAL_MS, () => {
    const report = leading.upstreams.report();
    const text = JSON.stringify(report);
    if (text === told) return;
    told = text;
    tell({ kind: 'targets', report });
  });
}

function explainSurroundings(): ExplainSurroundings {
  return {
    limits: { ...DEFAULT_PROXY_LIMITS, ...data.limits },
    trusted: new TrustedAddresses(data.trustedAddresses),
    healthOf: (upstreamId) => proxy?.upstreams.reportOn(upstreamId) ?? [],
    localPortOf: (scheme) => listeningPorts[data.listeners.findIndex(({ kind }) => kind === scheme)],
    hasDefaultCertificate: data.tls.defaultCertificate !== undefined,
  };
}

async function drain(times: { readonly acceptForMs: number; readonly boundMs: number; readonly flushMs: number }): Promise<void> {
  await proxy?.drain(times);
  records.flush();
  await pluginServices.flush(times.flushMs);
  if (proxy !== undefined) tell({ kind: 'stats', stats: { ...proxy.stats(), outputs: pluginServices.sent }, vitals: pulse.take() });
  tell({ kind: 'drained' });
}
