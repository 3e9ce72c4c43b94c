/**
 * How instances of the control plane at one database tell each other what data planes counted: NOTIFY, on a connection of its own.
 * Nothing is stored and nothing is waited for. Instances greet each other now and then, and where there is only one nothing is sent.
 * What comes in is of an instance that has the database's password: it is checked for its form. Made by store.ts.
 */
import { randomUUID } from 'node:crypto';
import { Socket } from 'node:net';
import { Client } from 'pg';
import { Backoff } from '../../shared/backoff.ts';
import type { Clock, TimerHandle } from '../../shared/clock.ts';
import { describeThrown } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
import { parseId, type GatewayId } from '../../shared/model/ids.ts';
import type { CountedWindow } from '../../shared/wire/sync-message.ts';
import type { CountSharing, CountSharingListener, OriginCounts } from '../cluster-counters/count-desk.ts';
import { FairLines } from './fair-lines.ts';

export interface CountNotificationsOptions {
  readonly connectionString: string;
  readonly clock: Clock;
  readonly log: Logger;
}

const CHANNEL = 'holdfast_counts';
/** What is told in the same second goes in one query. */
const SEND_INTERVAL_MS = 250;
const MOST_AT_ONCE = 32;
/** Messages that wait, 8 KB each at most; what is more is lost, and said again when it changes. */
const MOST_WAITING = 512;
/** Postgres takes less than 8,000. */
const MOST_BYTES = 7_000;
const GREET_INTERVAL_MS = 10_000;
const GONE_AFTER_MS = 35_000;
const KEY_LENGTH = 22;
/** A server or network that died without a word is noticed by this: something is said every GREET_INTERVAL_MS at least. */
const QUERY_TIMEOUT_MS = 5_000;

/** [from, 'hello'], [from, 'ask', gateway], or [from, 'counts', gateway, origin, startMs, windowMs, sliding, keys without anything between them, counts]. */
type Message = readonly (string | number | readonly number[])[];

export class CountNotifications implements CountSharing {
  readonly #options: CountNotificationsOptions;
  readonly #listener: CountSharingListener;
  readonly #id = randomUUID();
  /** When other instances were heard last; monotonic milliseconds. */
  readonly #peers = new Map<string, number>();
  readonly #backoff: Backoff;
  readonly #timers: readonly TimerHandle[];
  /** Of each gateway, and of this instance. */
  readonly #waiting = new FairLines(MOST_WAITING);
  #connection: Client | undefined;
  #socket: Socket | undefined;
  #isListening = false;
  #sending: Promise<void> | undefined;
  #reconnect: TimerHandle | undefined;
  #stopped = false;

  constructor(options: CountNotificationsOptions, listener: CountSharingListener) {
    this.#options = options;
    this.#listener = listener;
    this.#backoff = new Backoff({ initialMs: 200, maximumMs: 10_000, random: Math.random });
    this.#timers = [options.clock.every(SEND_INTERVAL_MS, () => this.#send()), options.clock.every(GREET_INTERVAL_MS, () => this.#greet())];
    void this.#listen();
  }

  publish({ gatewayId, origin, windows }: OriginCounts): void {
    if (this.#peers.size === 0) return;
    for (const { startMs, windowMs, isSliding, keys, counts } of windows) {
      for (let from = 0; from < keys.length; ) {
        let [until, bytes] = [from, 0];
        while (until < keys.length && bytes < MOST_BYTES - 400) {
          bytes += KEY_LENGTH + 1 + String(counts[until] ?? 0).length;
          until += 1;
        }
        this.#say(gatewayId, ['counts', gatewayId, origin, startMs, windowMs, isSliding ? 1 : 0, keys.slice(from, until).join(''), counts.slice(from, until)]);
        from = until;
      }
    }
  }

  ask(gatewayId: GatewayId): void {
    if (this.#peers.size > 0) this.#say(gatewayId, ['ask', gatewayId]);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const timer of this.#timers) timer.cancel();
    this.#reconnect?.cancel();
    this.#hangUp();
    await this.#sending;
  }

  /** Takes leave of the server, but does not wait until it has heard. */
  #hangUp(): void {
    this.#connection?.end().catch(() => undefined);
    this.#socket?.destroySoon();
  }

  async #listen(): Promise<void> {
    const socket = new Socket();
    const connection = new Client({
      connectionString: this.#options.connectionString, application_name: 'holdfast counts', keepAlive: true, connectionTimeoutMillis: 5_000, query_timeout: QUERY_TIMEOUT_MS, stream: () => socket,
    });
    this.#connection = connection;
    this.#socket = socket;
    connection.on('notification', ({ payload = '' }) => this.#hear(payload));
    connection.on('error', () => undefined);
    connection.on('end', () => this.#listenAgain(connection));
    try {
      await connection.connect();
      await connection.query(`LISTEN ${CHANNEL}`);
      this.#backoff.reset();
      this.#isListening = true;
      this.#greet();
      this.#listener.joined();
    } catch (thrown) {
      if (this.#connection === connection) this.#hangUp();
      this.#listenAgain(connection);
      this.#options.log.debug({ event: 'counts-not-shared', reason: describeThrown(thrown) }, 'counts are not shared with other instances for now');
    }
  }

  #listenAgain(connection: Client): void {
    if (this.#stopped || this.#connection !== connection) return;
    this.#connection = undefined;
    this.#isListening = false;
    this.#reconnect = this.#options.clock.after(this.#backoff.nextDelayMs(), () => void this.#listen());
  }

  #greet(): void {
    const goneMs = this.#options.clock.monotonicMs() - GONE_AFTER_MS;
    for (const [id, heardAtMs] of this.#peers) if (heardAtMs < goneMs) this.#peers.delete(id);
    this.#say(this.#id, ['hello']);
  }

  #say(owner: string, words: Message): void {
    this.#waiting.add(owner, JSON.stringify([this.#id, ...words]));
  }

  #send(): void {
    const connection = this.#connection;
    if (connection === undefined || !this.#isListening || this.#waiting.size === 0 || this.#sending !== undefined) return;
    const sent = this.#waiting.take(MOST_AT_ONCE);
    this.#sending = connection.query(`SELECT pg_notify('${CHANNEL}', said) FROM unnest($1::text[]) AS said`, [sent]).then(
      () => undefined,
      (thrown: unknown) => {
        this.#options.log.debug({ event: 'counts-not-shared', reason: describeThrown(thrown) }, 'counts could not be told to other instances');
        if (this.#connection === connection) this.#hangUp();
      },
    ).finally(() => (this.#sending = undefined));
  }

  #hear(payload: string): void {
    const message = readMessage(payload);
    if (message === undefined || message.from === this.#id) return;
    const isNew = !this.#peers.has(message.from);
    this.#peers.set(message.from, this.#options.clock.monotonicMs());
    if (isNew) {
      this.#greet();
      this.#listener.joined();
    }
    if (message.kind === 'ask') this.#listener.asked(message.gatewayId);
    else if (message.kind === 'counts') this.#listener.heard(message.counts);
  }
}

type Heard =
  | { readonly kind: 'hello'; readonly from: string }
  | { readonly kind: 'ask'; readonly from: string; readonly gatewayId: GatewayId }
  | { readonly kind: 'counts'; readonly from: string; readonly counts: OriginCounts };

/** The door: undefined where it is in no form that is known here. */
function readMessage(payload: string): Heard | undefined {
  const words = parseWords(payload);
  const [from, kind, gateway, origin, ...rest] = words;
  if (typeof from !== 'string') return undefined;
  if (kind === 'hello') return { kind, from };
  const gatewayId = typeof gateway === 'string' ? parseId<GatewayId>(gateway) : undefined;
  if (gatewayId === undefined) return undefined;
  if (kind === 'ask') return { kind, from, gatewayId };
  const window = kind === 'counts' && typeof origin === 'string' ? readWindow(rest) : undefined;
  return window === undefined || typeof origin !== 'string' ? undefined : { kind: 'counts', from, counts: { gatewayId, origin, windows: [window] } };
}

function parseWords(payload: string): readonly unknown[] {
  try {
    const words: unknown = JSON.parse(payload);
    return Array.isArray(words) ? words : [];
  } catch {
    return [];
  }
}

function readWindow([startMs, windowMs, sliding, joined, counts]: readonly unknown[]): CountedWindow | undefined {
  if (!isCount(startMs) || !isCount(windowMs) || typeof joined !== 'string' || !Array.isArray(counts) || !counts.every(isCount)) return undefined;
  if (joined.length !== counts.length * KEY_LENGTH) return undefined;
  return { startMs, windowMs, isSliding: sliding === 1, keys: counts.map((_, index) => joined.slice(index * KEY_LENGTH, (index + 1) * KEY_LENGTH)), counts };
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
