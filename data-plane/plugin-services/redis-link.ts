/**
 * `services.redis`: one connection for all instances of a thread that name the same server in the same way. The client library does
 * protocol and writing (commands of one turn of the event loop go out in one write); when to connect, how long to wait and when to give
 * up is decided here: after a failure every command is refused at once until a new connection stands, so that a Redis that is down
 * costs requests nothing. Everything that waits is bounded in number and time (R5).
 */
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { isIP } from 'node:net';
import type * as RedisLibrary from '@redis/client';
import { Backoff } from '../../shared/backoff.ts';
import type { Clock, TimerHandle } from '../../shared/clock.ts';
import { describeThrown, HoldfastError } from '../../shared/errors.ts';
import { isMetadataAddress, lookupExcept } from '../../shared/outward-addresses.ts';
import type { RedisConnection, RedisOptions, RedisReply } from '../../shared/plugins/plugin-services.ts';

export interface RedisLinkOptions {
  readonly server: RedisOptions;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Told once when it goes down, with the reason, and once when it is back. Never a secret. */
  readonly changed: (state: 'up' | 'down', reason: string) => void;
}

/** Commands that wait for an answer. */
const MOST_WAITING = 16_384;
/** Where the options have 0. */
const USUAL_TIMEOUT_MS = 2_000;
const BACKOFF = { initialMs: 100, maximumMs: 5_000 };
/** Without a command for so long, a server that is down is not tried any more until there is one. */
const UNUSED_MS = 60_000;
const SCRIPTS_REMEMBERED = 64;

/** Some 150 ms the first time in a thread, so not before the first command. */
const load = createRequire(import.meta.url);

type Client = ReturnType<typeof createClient>;
type State = 'unused' | 'connecting' | 'up' | 'down' | 'closed';

interface Waiting {
  readonly words: (string | Buffer)[];
  readonly sinceMs: number;
  readonly resolve: (reply: RedisReply) => void;
  readonly reject: (error: Error) => void;
}

export class RedisLink implements RedisConnection {
  readonly #options: RedisLinkOptions;
  readonly #timeoutMs: number;
  readonly #backoff: Backoff;
  /** In the order in which they are answered. */
  readonly #waiting = new Set<Waiting>();
  readonly #digests = new Map<string, string>();
  #client: Client | undefined;
  #state: State = 'unused';
  #downSince = '';
  #usedAtMs = 0;
  #sweep: TimerHandle | undefined;
  #retry: TimerHandle | undefined;

  constructor(options: RedisLinkOptions) {
    this.#options = options;
    this.#timeoutMs = options.server.timeoutMs || USUAL_TIMEOUT_MS;
    this.#backoff = new Backoff({ ...BACKOFF, random: options.random });
  }

  get state(): State {
    return this.#state;
  }

  command(...words: readonly (string | number | Uint8Array)[]): Promise<RedisReply> {
    return this.#ask(words);
  }

  async script(source: string, keys: readonly string[], words: readonly (string | number)[]): Promise<RedisReply> {
    try {
      return await this.#ask(['EVALSHA', this.#digestOf(source), keys.length, ...keys, ...words]);
    } catch (thrown) {
      if (!(thrown instanceof HoldfastError) || !thrown.message.includes('NOSCRIPT')) throw thrown;
      return this.#ask(['EVAL', source, keys.length, ...keys, ...words]);
    }
  }

  /** Refuses what waits, and everything from now on. Idempotent. */
  close(): void {
    this.#state = 'closed';
    this.#retry?.cancel();
    this.#drop('it is not used any more');
  }

  #ask(words: readonly (string | number | Uint8Array)[]): Promise<RedisReply> {
    const nowMs = this.#options.clock.monotonicMs();
    this.#usedAtMs = nowMs;
    if (this.#state === 'unused') this.#connect();
    const client = this.#client;
    if (client === undefined || this.#state === 'down') return Promise.reject(unavailable(this.#state === 'closed' ? 'it is not used any more' : `it is down: ${this.#downSince}`));
    if (this.#waiting.size >= MOST_WAITING) return Promise.reject(unavailable(`${MOST_WAITING} commands wait for it already`));
    return new Promise((resolve, reject) => {
      const waiting: Waiting = { words: words.map(toWord), sinceMs: nowMs, resolve, reject };
      this.#waiting.add(waiting);
      this.#sweep ??= this.#options.clock.after(this.#timeoutMs, () => this.#sweepLate());
      // Not before it is known who we are there and which database is ours: the library would send both in one go.
      if (this.#state === 'up') this.#send(client, waiting);
    });
  }

  #send(client: Client, waiting: Waiting): void {
    client.sendCommand(waiting.words).then(
      (reply) => {
        this.#waiting.delete(waiting);
        this.#backoff.reset();
        // The door: what a server of this protocol can say.
        waiting.resolve(reply as unknown as RedisReply);
      },
      (thrown: unknown) => {
        this.#waiting.delete(waiting);
        waiting.reject(isErrorReply(thrown) ? refused(thrown.message) : unavailable(describeThrown(thrown)));
      },
    );
  }

  #connect(): void {
    const { server, clock } = this.#options;
    const isRetry = this.#state === 'down';
    if (!isRetry) this.#state = 'connecting';
    let client: Client;
    try {
      client = createClient(server);
    } catch (thrown) {
      return this.#lost(undefined, describeThrown(thrown));
    }
    this.#client = client;
    const patience = clock.after((server.connectTimeoutMs || USUAL_TIMEOUT_MS) + this.#timeoutMs, () => this.#lost(client, 'it took too long to connect'));
    client.on('error', (thrown: unknown) => this.#lost(client, describeThrown(thrown)));
    client.unref();
    client.connect().then(() => answerOf(client)).then(
      () => {
        patience.cancel();
        if (this.#client !== client) return;
        if (this.#downSince !== '') this.#options.changed('up', '');
        this.#downSince = '';
        this.#state = 'up';
        for (const waiting of this.#waiting) this.#send(client, waiting);
      },
      (thrown: unknown) => {
        patience.cancel();
        this.#lost(client, describeThrown(thrown));
      },
    );
  }

  /** `client`: the connection that is gone; that of an earlier attempt says nothing any more. */
  #lost(client: Client | undefined, reason: string): void {
    if (client !== this.#client || this.#state === 'closed') return;
    if (this.#downSince === '') this.#options.changed('down', reason);
    this.#downSince = reason;
    this.#state = 'down';
    this.#drop(reason);
    this.#retry = this.#options.clock.after(this.#backoff.nextDelayMs(), () => this.#tryAgain());
  }

  #tryAgain(): void {
    if (this.#state !== 'down') return;
    if (this.#options.clock.monotonicMs() - this.#usedAtMs > UNUSED_MS) this.#state = 'unused';
    else this.#connect();
  }

  /** Lets the connection go, and refuses what waits for it. */
  #drop(reason: string): void {
    const client = this.#client;
    this.#client = undefined;
    if (client?.isOpen === true) client.destroy();
    this.#sweep?.cancel();
    this.#sweep = undefined;
    for (const { reject } of this.#waiting) reject(unavailable(reason));
    this.#waiting.clear();
  }

  /** One that answers too late is as good as down: whoever else asked it would wait as long. */
  #sweepLate(): void {
    const client = this.#client;
    // What came while this thread was busy with something else is read first.
    setImmediate(() => {
      this.#sweep = undefined;
      const [oldest] = this.#waiting;
      if (oldest === undefined || client !== this.#client) return;
      const leftMs = this.#timeoutMs - (this.#options.clock.monotonicMs() - oldest.sinceMs);
      if (leftMs <= 0) this.#lost(client, `no answer in ${this.#timeoutMs} ms`);
      else this.#sweep = this.#options.clock.after(leftMs, () => this.#sweepLate());
    });
  }

  #digestOf(source: string): string {
    const known = this.#digests.get(source);
    if (known !== undefined) return known;
    const digest = createHash('sha1').update(source).digest('hex');
    if (this.#digests.size < SCRIPTS_REMEMBERED) this.#digests.set(source, digest);
    return digest;
  }
}

/** One link for all who name the same server in the same way. */
export class RedisLinks {
  readonly #make: (server: RedisOptions) => RedisLink;
  readonly #links = new Map<string, { readonly link: RedisLink; holders: number }>();

  constructor(make: (server: RedisOptions) => RedisLink) {
    this.#make = make;
  }

  /** To be released as often as it was opened; it is closed after the last. */
  open(server: RedisOptions): { readonly link: RedisLink; release(): void } {
    const { host, port, username, password, database, tls, connectTimeoutMs, timeoutMs } = server;
    const key = JSON.stringify([host, port, username, password, database, tls?.verify, tls?.serverName, connectTimeoutMs, timeoutMs]);
    const held = this.#links.get(key) ?? { link: this.#make(server), holders: 0 };
    this.#links.set(key, held);
    held.holders += 1;
    return {
      link: held.link,
      release: () => {
        held.holders -= 1;
        if (held.holders > 0) return;
        this.#links.delete(key);
        held.link.close();
      },
    };
  }

  get size(): number {
    return this.#links.size;
  }
}

function createClient({ host, port, username, password, database, tls, connectTimeoutMs }: RedisOptions) {
  const redis = load('@redis/client') as typeof RedisLibrary;
  const refusal = (): Error => new Error('clouds give out credentials at its address: it is not asked');
  if (isIP(host) !== 0 && isMetadataAddress(host)) throw refusal();
  const place = { host, port, connectTimeout: connectTimeoutMs || USUAL_TIMEOUT_MS, reconnectStrategy: false, lookup: lookupExcept(isMetadataAddress, refusal) } as const;
  return redis.createClient({
    // Binary strings as they are: a store of response bodies needs them.
    RESP: 2, commandOptions: { timeout: 0, typeMapping: { [redis.RESP_TYPES.BLOB_STRING]: Buffer } },
    socket: tls === undefined ? place : { ...place, tls: true, rejectUnauthorized: tls.verify, ...serverNameOf(host, tls.serverName) },
    ...(username === null ? {} : { username }),
    ...(password === null ? {} : { password }),
    database, disableClientInfo: true, maintNotifications: 'disabled', disableOfflineQueue: true,
  });
}

/** The system of a server that stands still takes connections all the same: one that has said something is up, whatever it said. */
function answerOf(client: Client): Promise<unknown> {
  return client.sendCommand(['PING']).catch((thrown: unknown) => {
    if (!isErrorReply(thrown)) throw thrown;
  });
}

/** An address is no name to ask for (RFC 6066 §3). */
function serverNameOf(host: string, serverName: string | null): { readonly servername?: string } {
  if (serverName !== null) return { servername: serverName };
  return isIP(host) === 0 ? { servername: host } : {};
}

function toWord(word: string | number | Uint8Array): string | Buffer {
  if (typeof word === 'string') return word;
  return typeof word === 'number' ? String(word) : Buffer.from(word.buffer, word.byteOffset, word.byteLength);
}

function isErrorReply(thrown: unknown): thrown is Error {
  const { ErrorReply } = load('@redis/client') as typeof RedisLibrary;
  return thrown instanceof ErrorReply;
}

function unavailable(reason: string): HoldfastError {
  return new HoldfastError({ code: 'REDIS_UNAVAILABLE', source: 'gateway', retryable: true, publicMessage: 'Redis is not available', message: `Redis is not available: ${reason}` });
}

function refused(reply: string): HoldfastError {
  return new HoldfastError({ code: 'REDIS_REFUSED', source: 'gateway', publicMessage: 'Redis refused a command', message: `Redis refused a command: ${reply}` });
}
