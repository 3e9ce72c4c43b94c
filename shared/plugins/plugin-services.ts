/**
 * What the host gives a plugin instance besides the request: time, counters, caches, other servers. Part of the plugin contract
 * (contract.ts). Each proxy thread makes them for its instances (data-plane/plugin-services).
 */
import type { Duplex } from 'node:stream';

/** One window that a request must fit in. */
export interface CounterWindow {
  /** Window length in milliseconds; windows start at multiples of it since the epoch unless `startMs` says otherwise. */
  readonly windowMs: number;
  /** Start of the current window, epoch milliseconds. */
  readonly startMs: number;
  readonly limit: number;
  /** What was counted in the window before counts too, by the part of it that lies less than a window's length back. */
  readonly isSliding?: true;
}

export type TakeResult =
  /** Counted in every window; `remaining` in the order of the windows. */
  | { readonly kind: 'taken'; readonly remaining: readonly number[] }
  /** Nothing was counted; `exceeded` are the indices of the windows that are full. */
  | { readonly kind: 'over'; readonly exceeded: readonly number[]; readonly remaining: readonly number[] }
  /** The table has no room even after dropping expired entries; nothing was counted. */
  | { readonly kind: 'full' };

/** A key that is used again and again: keep the object, and the table need not work out anew where it stands. */
export interface CounterKey {
  readonly text: string;
  /** The table's own; undefined at first. */
  known: object | undefined;
}

/** Counters shared by all proxy threads of the process. */
export interface CounterTable {
  /** Checks every window and counts `amount` (1 where absent) in all of them, or in none: one atomic step over all threads. `key` identifies plugin and client. */
  take(key: string | CounterKey, windows: readonly CounterWindow[], amount?: number): TakeResult;
  /** Counts `amount` in every window, whatever its limit; what was counted before may be taken back by less than 0. Gives what is counted in each now, none where the table is full. */
  add(key: string | CounterKey, windows: readonly CounterWindow[], amount: number): readonly number[];
}

export interface PluginClock {
  /** Milliseconds since the epoch. */
  nowMs(): number;
  /** Milliseconds that never go back. */
  monotonicMs(): number;
}

/** A bounded cache of the plugin's own in this proxy thread. It outlives the instance: one that is made anew after a change of its config finds it as it was (R3). */
export interface PluginStore<Value> {
  get(key: string): Value | undefined;
  /** The least recently used go where there is no more room. */
  set(key: string, value: Value, options?: { readonly ttlMs?: number; readonly bytes?: number }): void;
  delete(key: string): void;
  clear(): void;
  readonly size: number;
  values(): Iterable<Value>;
}

export interface FetchOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Bytes are read until the promise settles; what is done with them after a rejection, nobody can say. */
  readonly body?: string | Uint8Array;
  /** For all of it. */
  readonly timeoutMs: number;
  /** A longer answer is an error. */
  readonly maxBytes: number;
  /** PEM: trusted instead of the system's. */
  readonly authorities?: readonly string[];
  /** False trusts any certificate. */
  readonly verifyTls?: boolean;
}

export interface FetchAnswer {
  readonly status: number;
  header(lowerCaseName: string): string | undefined;
  readonly body: Uint8Array;
}

export interface ConnectOptions {
  /** Absent: in the clear. STARTTLS is `tls.connect({ socket })` of node:tls over what `connect` gave, with a listener for its errors. */
  readonly tls?: {
    readonly verify: boolean;
    /** The name to ask for, and that the certificate must be for; null: the host. */
    readonly serverName: string | null;
    /** PEM: trusted instead of the system's. */
    readonly authorities?: readonly string[];
  };
  /** For name, connection and handshake. How long to wait for what comes after is the plugin's to say. */
  readonly timeoutMs: number;
}

/** Where a Redis server is. The fields of the partial `redis-ce`, in our words. */
export interface RedisOptions {
  readonly host: string;
  readonly port: number;
  readonly username: string | null;
  readonly password: string | null;
  readonly database: number;
  readonly tls: { readonly verify: boolean; readonly serverName: string | null } | undefined;
  readonly connectTimeoutMs: number;
  /** Between asking and answer. */
  readonly timeoutMs: number;
}

/** A connection that plugins with equal options share within the thread. It is made when first used and again after it broke. */
export interface RedisConnection {
  /** Commands of one turn of the event loop go out in one write. Rejects with REDIS_UNAVAILABLE at once while it is known to be down, with REDIS_REFUSED where the server answers with an error. */
  command(...words: readonly (string | number | Uint8Array)[]): Promise<RedisReply>;
  /** EVALSHA, and EVAL where the server does not know the script. */
  script(source: string, keys: readonly string[], words: readonly (string | number)[]): Promise<RedisReply>;
}

/** Status lines are text; bulk strings are bytes, as they were stored. */
export type RedisReply = string | number | null | Uint8Array | readonly RedisReply[];

/** Verifies passwords off the proxy threads, in a bounded queue; digests that were found right are remembered, and then it does not wait. */
export interface PasswordVerifier {
  /** `undefined` stands for a user who is not known: it takes as long as one who is. `busy`: the queue is full. */
  verify(passwordHash: string | undefined, presented: string): PasswordVerdict | Promise<PasswordVerdict>;
  /** Whether `verify` would have its answer at once: it was found right lately. */
  isRemembered(passwordHash: string | undefined, presented: string): boolean;
}

export type PasswordVerdict = 'right' | 'wrong' | 'busy';

/**
 * Counters that the data planes of a gateway share through the control plane. Within a data plane they are as exact as its own; what
 * others counted is known here seconds later, and counts too (data-plane/cluster-counters). Keys are what `secrets.keyedHash` gives;
 * amounts are never below 0.
 */
export type ClusterCounters = CounterTable;

/** The bounds of a queue of log entries; Kong's `config.queue` in our words. */
export interface QueueOptions {
  /** Entries that are delivered together at most; 1 delivers each by itself. */
  readonly maxBatchEntries: number;
  /** How long entries may wait for more to come, milliseconds. */
  readonly maxDelayMs: number;
  /** What waits at most, in entries and bytes (0: no bound of its own in bytes beyond the host's). The oldest make room, and are counted. */
  readonly maxEntries: number;
  readonly maxBytes: number;
  /** A batch is tried again for so long, then dropped and counted. */
  readonly maxRetryMs: number;
  readonly initialRetryDelayMs: number;
  readonly maxRetryDelayMs: number;
  /** Deliveries at one time; those of one queue keep their order where it is 1. */
  readonly concurrency: number;
}

/** Where log entries wait on their way out. Bounded; flushed at a drain and before `close` of the instance takes effect; what is dropped is counted by reason on /metrics. */
export interface PluginQueue<Entry> {
  /** Never throws, never waits. `bytes`: what the entry is taken to need. */
  push(entry: Entry, bytes: number): void;
  readonly waiting: number;
}

/** UDP. Sends are not confirmed; errors of the network are counted and told in the log now and then. */
export interface DatagramSender {
  /** One datagram. Dropped and counted where the name can't be resolved yet. */
  send(bytes: Uint8Array): void;
  close(): void;
}

/** A file that lines are appended to, each whole, by whatever many threads and processes. */
export interface LineFile {
  /** With their line ends. Rejects where the disk refuses; opened anew where the file was moved or deleted (rotation). */
  append(lines: Uint8Array): Promise<void>;
  close(): void;
}

/** What this data plane is, for labels and resource attributes. */
export interface NodeFacts {
  readonly dataPlaneId: string;
  readonly gatewayId: string;
  readonly hostname: string;
  readonly softwareVersion: string;
  readonly labels: Readonly<Record<string, string>>;
}

export interface PluginServices {
  /** Id of the plugin entity this instance belongs to. */
  readonly pluginId: string;
  /** The consumer group that the plugin entity is for, where it is for one. */
  readonly consumerGroupId?: string;
  readonly clock: PluginClock;
  readonly counters: CounterTable;
  readonly cluster: ClusterCounters;
  /** A cache under that name, one for each plugin entity; the bounds of the last one who opened it count. */
  store<Value>(name: string, bounds: { readonly maxEntries: number; readonly maxBytes?: number }): PluginStore<Value>;
  /** HTTP(S) to where addresses are allowed: not to private, loopback or link-local ones unless the data plane's operator allowed them; checked where the connection is made. No redirects. Rejects with FETCH_*. */
  fetch(url: string, options: FetchOptions): Promise<FetchAnswer>;
  /** TCP or TLS to where `fetch` may go too, for LDAP and the like. Whoever has it destroys it when done, `close` of the instance at the latest does; what breaks it is told by `close` alone, unless one listens for `error`. Rejects with CONNECT_*. */
  connect(host: string, port: number, options: ConnectOptions): Promise<Duplex>;
  redis(options: RedisOptions): RedisConnection;
  /** One for each plugin entity. `deliver` rejects: the batch is tried again, unless the error says `retryable: false`. */
  queue<Entry>(options: QueueOptions, deliver: (entries: readonly Entry[]) => Promise<void>): PluginQueue<Entry>;
  /** To where `fetch` may go too; the name is resolved again now and then. Throws CONNECT_* where the address is not allowed. */
  datagrams(host: string, port: number): DatagramSender;
  /** Throws FILE_LOG_NOT_ALLOWED for a path outside the folders that the data plane's operator named; /dev/stdout and /dev/stderr are allowed. */
  lineFile(path: string, options: { readonly reopen: boolean }): LineFile;
  readonly node: NodeFacts;
  readonly passwords: PasswordVerifier;
  readonly secrets: {
    /** 22 characters: a keyed hash that all data planes of the gateway agree on, so that what a client sent is neither readable nor foreseeable in shared stores. Not to be kept for long: it is another after the content key was rotated. */
    keyedHash(text: string): string;
  };
  /** Repeats until `cancel`, which the instance's `close` must call. Keeps no process alive. */
  every(intervalMs: number, run: () => void): { cancel(): void };
  /** Runs when an operator empties caches: of this plugin entity, or of all. `key` undefined: everything. Until `cancel`. */
  onPurge(purge: (key: string | undefined) => void): { cancel(): void };
  /** Rate-limited by the host; never pass secrets. */
  readonly log: { warn(event: string, fields?: Readonly<Record<string, string | number | boolean>>): void };
}
