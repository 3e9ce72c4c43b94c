/**
 * Starts a proxy thread as a worker of this process. The agent's end of the message port; the other end is
 * proxy-thread-start.ts. Given to the pool by agent.ts, so that tests can give it something else.
 */
import { Worker } from 'node:worker_threads';
import type { LoadedPlugin } from '../../shared/plugin-kit/plugin-package.ts';
import type { NodeFacts } from '../../shared/plugins/plugin-services.ts';
import type { DownstreamTls, ListenerOptions } from '../listeners/listener-options.ts';
import { usualLevelsOf } from '../../shared/log-settings.ts';
import { messageLimitsOf, messageOptionsOf } from '../message-settings.ts';
import { memoryLimitBytes } from '../proxy/memory-gauge.ts';
import { parseServerAddress } from '../upstreams/name-files.ts';
import type { DataPlaneSettings } from '../settings.ts';
import type { WorkerEvents, WorkerPort } from './thread-link.ts';
import type { FromThread, ThreadData } from './thread-messages.ts';

/** Keys (route, consumer, status class) of a thread's first usage table; a full one is followed by another. */
const USAGE_KEYS = 4_096;
/**
 * Three semi-spaces of 8 MiB. Requests leave little behind, so they never make a semi-space larger; compiling 100,000 entities
 * would, up to 64 MiB, which is 150 MB a thread that nothing gives back.
 */
const YOUNG_GENERATION_MB = 24;

export interface WorkerStarterOptions {
  readonly listeners: readonly ListenerOptions[];
  readonly tls: Omit<DownstreamTls, 'ticketKeys'>;
  readonly settings: DataPlaneSettings;
  readonly softwareVersion: string;
  readonly counters: SharedArrayBuffer;
  readonly plugins: readonly LoadedPlugin[];
  /** As it is when a thread starts. */
  readonly node: () => NodeFacts;
}

export function createWorkerStarter({ listeners, tls, settings, softwareVersion, counters, plugins, node }: WorkerStarterOptions): (index: number, events: WorkerEvents) => WorkerPort {
  const { maxHeadBytes, maxBodyBytes, maxConnections, maxConnectionsPerIp, idleTimeout, maxHttp2Streams, maxHttp2Resets } = settings;
  const data: Omit<ThreadData, 'node'> = {
    listeners,
    tls,
    reusePort: process.platform !== 'darwin' && process.platform !== 'win32',
    trustedAddresses: settings.trustedIps,
    dnsResolvers: settings.dnsResolvers.flatMap((text) => parseServerAddress(text) ?? []),
    pluginFetchNetworks: settings.pluginFetchNetworks,
    fileLogFolders: settings.fileLogFolders,
    plugins: plugins.map(({ place, folder, entry, hash }) => ({ place, folder, entry, hash })),
    socketIo: settings.socketIo,
    maxLoopDelayMs: settings.overloadDelay,
    memoryLimitBytes: memoryLimitBytes(settings.memoryLimit),
    limits: {
      maxHeadBytes, maxBodyBytes, maxConnections, maxConnectionsPerAddress: maxConnectionsPerIp, idleTimeoutMs: idleTimeout,
      maxHttp2Streams, maxHttp2ResetsPerSecond: maxHttp2Resets, ...messageLimitsOf(settings),
    },
    messages: messageOptionsOf(settings),
    softwareVersion,
    logLevels: usualLevelsOf(settings),
    counters,
    usageKeys: USAGE_KEYS,
    accessRecords: settings.accessRecords,
    stateFolder: settings.stateFolder,
  };
  return (index, events) => {
    const worker = new Worker(new URL('./proxy-thread-start.ts', import.meta.url), { workerData: { ...data, node: node() } satisfies ThreadData, name: `proxy-${index}`, resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB } });
    // Kept, because the property is gone (-1) once the thread has ended.
    const { threadId } = worker;
    let reason: string | undefined;
    worker.on('message', (message: FromThread) => events.said(message));
    worker.on('messageerror', (error) => (reason ??= `its message could not be read: ${error.message}`));
    worker.on('error', (error: unknown) => (reason ??= error instanceof Error ? (error.stack ?? error.message) : String(error)));
    worker.on('exit', (code) => events.exited(reason ?? `it ended with code ${code}`));
    return { threadId, post: (message) => worker.postMessage(message), terminate: () => void worker.terminate() };
  };
}
