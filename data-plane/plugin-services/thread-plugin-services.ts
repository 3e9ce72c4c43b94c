/**
 * What a proxy thread lends to its plugins (PluginServices): made once in each thread by proxy-thread.ts, given out for each instance
 * by compile.ts. What an instance left running ends with it. Nothing heavy is loaded before somebody needs it (S2).
 */
import type { Clock } from '../../shared/clock.ts';
import { describeThrown } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
import type {
  ClusterCounters, CounterTable, NodeFacts, PasswordVerifier, PluginQueue, PluginServices, PluginStore, QueueOptions, RedisOptions,
} from '../../shared/plugins/plugin-services.ts';
import type { ContentKeyRing } from '../../shared/trust/content-seal.ts';
import type { InstanceServices, PluginIdentity } from '../config/compile-contract.ts';
import { KeyedHash } from './keyed-hash.ts';
import { ThreadPasswordVerifier } from './password-verifier.ts';
import { openLineFile } from './line-file.ts';
import { LogQueues, type HeldQueue } from './log-queues.ts';
import { PluginConnections } from './plugin-connections.ts';
import { openDatagrams } from './plugin-datagrams.ts';
import { PluginFetch } from './plugin-fetch.ts';
import { PluginNetworks } from './plugin-networks.ts';
import { OutputCounters, type PluginOutputs } from './plugin-output.ts';
import { PluginStores, type StoreBounds } from './plugin-store.ts';
import { RedisLink, RedisLinks } from './redis-link.ts';

export interface ThreadPluginServicesOptions {
  readonly clock: Clock;
  readonly counters: CounterTable;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly log: Logger;
  /** Addresses and CIDR blocks, besides those of the open Internet, that `fetch` and `connect` may reach. */
  readonly fetchNetworks: readonly string[];
  /** Where plugins may append to files; absolute. */
  readonly fileLogFolders?: readonly string[];
  /** Undefined in tests that tell nothing of it. */
  readonly node?: NodeFacts;
  /** Of one plugin entity; bounded by whoever makes it (config/plugin-log.ts). */
  readonly logOf: (pluginName: string, pluginId: string) => PluginServices['log'];
}

const SWEEP_MS = 15_000;
const NOWHERE: NodeFacts = { dataPlaneId: '', gatewayId: '', hostname: '', softwareVersion: '', labels: {} };

type Purge = (key: string | undefined) => void;

export class ThreadPluginServices {
  readonly clock: Clock;
  readonly counters: CounterTable;
  readonly logOf: ThreadPluginServicesOptions['logOf'];
  readonly stores: PluginStores;
  readonly keyedHash = new KeyedHash();
  readonly passwords: PasswordVerifier;
  readonly redisLinks: RedisLinks;
  readonly fetching: PluginFetch;
  readonly connections: PluginConnections;
  readonly networks: PluginNetworks;
  readonly fileLogFolders: readonly string[];
  readonly openFiles = { files: 0 };
  readonly queues: LogQueues;
  readonly outputs = new OutputCounters();
  node: NodeFacts;
  /** By plugin entity. */
  readonly purges = new Map<string, Set<Purge>>();
  #cluster: ClusterCounters;
  /** One object for all instances, also of those that were made before counts were exchanged. */
  readonly cluster: ClusterCounters = {
    take: (key, windows, amount) => this.#cluster.take(key, windows, amount),
    add: (key, windows, amount) => this.#cluster.add(key, windows, amount),
  };

  constructor({ clock, counters, random, log, fetchNetworks, fileLogFolders = [], node = NOWHERE, logOf }: ThreadPluginServicesOptions) {
    this.clock = clock;
    this.counters = counters;
    this.logOf = logOf;
    this.stores = new PluginStores(clock);
    this.passwords = new ThreadPasswordVerifier({ clock, counters });
    this.fetching = new PluginFetch({ clock, networks: fetchNetworks });
    this.connections = new PluginConnections({ clock, networks: fetchNetworks });
    this.redisLinks = new RedisLinks((server) => new RedisLink({ server, clock, random, changed: (state, reason) => tellRedis(log, server, state, reason) }));
    this.networks = new PluginNetworks(fetchNetworks);
    this.fileLogFolders = fileLogFolders;
    this.queues = new LogQueues({ clock, random, outputs: this.outputs });
    this.node = node;
    this.#cluster = counters;
    clock.every(SWEEP_MS, () => this.stores.sweep());
  }

  /** What one instance is given. */
  readonly servicesOf = (plugin: PluginIdentity): InstanceServices => new LentServices(this, plugin);

  /** Those of the configuration that is to serve. */
  useContentKeys(ring: ContentKeyRing | undefined): void {
    this.keyedHash.useKeys(ring);
  }

  /** Counts are exchanged with other data planes from now on; until then they are the data plane's own. */
  connectCluster(counts: ClusterCounters): void {
    this.#cluster = counts;
  }

  /** What log plugins have not sent yet goes out; what is left after `boundMs` is counted as lost. */
  flush(boundMs: number): Promise<void> {
    return this.queues.flush(boundMs);
  }

  /** What plugins sent, by their names. */
  get sent(): PluginOutputs {
    return this.outputs.totals;
  }

  /** An operator empties caches: of one plugin entity or of all, of one key or of all. */
  purge(pluginId: string | undefined, key: string | undefined): void {
    const asked = pluginId === undefined ? [...this.purges.values()] : [this.purges.get(pluginId) ?? new Set<Purge>()];
    for (const purges of asked) for (const purge of purges) purge(key);
    this.stores.forget(pluginId);
  }
}

class LentServices implements InstanceServices {
  readonly given: PluginServices;
  readonly #release: () => void;
  readonly #queues: HeldQueue<never>[] = [];
  #isReleased = false;

  constructor(thread: ThreadPluginServices, { name: pluginName, id: pluginId, version, consumerGroupId }: PluginIdentity) {
    const log = thread.logOf(pluginName, pluginId);
    const running = new Set<{ cancel(): void }>();
    const guarded = <Words extends readonly unknown[]>(event: string, run: (...words: Words) => void) => (...words: Words): void => {
      try {
        run(...words);
      } catch (thrown) {
        log.warn(event, { reason: describeThrown(thrown) });
      }
    };
    const started = (handle: { cancel(): void }): { cancel(): void } => {
      const own = { cancel: () => void (running.delete(own) && handle.cancel()) };
      running.add(own);
      return own;
    };
    thread.stores.hold(pluginId);
    this.given = {
      pluginId, log,
      ...(consumerGroupId === undefined ? {} : { consumerGroupId }),
      clock: thread.clock,
      counters: thread.counters,
      cluster: thread.cluster,
      passwords: thread.passwords,
      secrets: { keyedHash: thread.keyedHash.of },
      store: <Value>(name: string, bounds: StoreBounds): PluginStore<Value> => thread.stores.open<Value>(pluginId, name, bounds),
      fetch: (url, options) => thread.fetching.fetch(url, options, this.#isLog),
      connect: (host, port, options) => thread.connections.connect(host, port, options, (socket) => {
        const handle = started({ cancel: () => void socket.destroy() });
        socket.once('close', () => handle.cancel());
        // A request that outlives its instance has nothing to close it.
        if (this.#isReleased) handle.cancel();
      }, this.#isLog),
      redis: (options) => {
        const held = thread.redisLinks.open(options);
        started({ cancel: () => held.release() });
        return held.link;
      },
      queue: <Entry>(options: QueueOptions, deliver: (entries: readonly Entry[]) => Promise<void>): PluginQueue<Entry> => {
        // Another version may make other entries of a request.
        const held = thread.queues.open(`${pluginId} ${pluginName} ${version ?? ''} ${this.#queues.length}`, pluginName, log, options, deliver);
        this.#queues.push(held);
        return held.queue;
      },
      datagrams: (host, port) => {
        const sender = openDatagrams(host, port, { clock: thread.clock, networks: thread.networks, counter: thread.outputs.of(pluginName), log });
        const handle = started({ cancel: () => sender.close() });
        return { send: (bytes) => sender.send(bytes), close: () => handle.cancel() };
      },
      lineFile: (path, { reopen }) => {
        const file = openLineFile(path, reopen, { clock: thread.clock, folders: thread.fileLogFolders, open: thread.openFiles, standard: { '/dev/stdout': process.stdout, '/dev/stderr': process.stderr } });
        const handle = started({ cancel: () => file.close() });
        return { append: (lines) => file.append(lines), close: () => handle.cancel() };
      },
      get node() { return thread.node; },
      every: (intervalMs, run) => started(thread.clock.every(intervalMs, guarded('plugin-timer-failed', run))),
      onPurge: (purge) => started(addPurge(thread.purges, pluginId, guarded('plugin-purge-failed', purge))),
    };
    this.#release = () => {
      for (const handle of running) handle.cancel();
      thread.stores.release(pluginId);
    };
  }

  /** It has a queue: what it sends can wait, what others ask for can't. */
  get #isLog(): boolean {
    return this.#queues.length > 0;
  }

  settle(): Promise<void> | undefined {
    const isBusy = this.#queues.some((held) => held.isBusy);
    const closing = Promise.all(this.#queues.map((held) => held.close()));
    return isBusy ? closing.then(() => undefined) : undefined;
  }

  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    void this.settle();
    this.#release();
  }
}

function tellRedis(log: Logger, { host, port, database }: RedisOptions, state: 'up' | 'down', reason: string): void {
  if (state === 'down') log.warn({ event: 'redis-down', host, port, database, reason }, 'a Redis that plugins use is down: it is not asked until it answers again');
  else log.info({ event: 'redis-up', host, port, database }, 'a Redis that plugins use is back');
}

function addPurge(purges: Map<string, Set<Purge>>, pluginId: string, purge: Purge): { cancel(): void } {
  const own = purges.get(pluginId) ?? new Set<Purge>();
  purges.set(pluginId, own.add(purge));
  return {
    cancel() {
      own.delete(purge);
      if (own.size === 0 && purges.get(pluginId) === own) purges.delete(pluginId);
    },
  };
}
