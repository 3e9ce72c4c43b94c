/**
 * One HTTP/2 connection to an upstream, shared by the requests to it: at most as many at a time as the upstream allows. It
 * takes no more once the upstream says GOAWAY, closes when it was idle for long, and is asked for a sign of life (PING) when
 * a request on it had to be given up: a connection that leads nowhere must not swallow the next ones. Made by Http2Upstream.
 */
import { connect, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';
import type { Duplex } from 'node:stream';
import { NEVER, type Deadlines, type Timed } from '../http1/deadlines.ts';
import type { ProxyLimits } from '../http1/limits.ts';

/** RFC 9113 §6.5.2 recommends no smaller limit than this: what is assumed until an upstream has said. */
export const STREAMS_BEFORE_SETTINGS = 100;
const SIGN_OF_LIFE_WITHIN_MS = 5_000;
const FIELD_OVERHEAD = 32;

export interface SessionSurroundings {
  readonly limits: ProxyLimits;
  readonly deadlines: Deadlines;
}

/** Waits for the connection to stand, or to fail. */
export interface SessionWaiter {
  sessionReady(): void;
  sessionFailed(cause: Error | undefined): void;
}

type State = 'connecting' | 'open' | 'closing' | 'closed';

export class UpstreamSession implements Timed {
  deadlineMs = NEVER;
  readonly #around: SessionSurroundings;
  readonly #socket: Duplex;
  readonly #session: ClientHttp2Session;
  readonly #gone: (session: UpstreamSession) => void;
  readonly #waiters = new Set<SessionWaiter>();
  #state: State = 'connecting';
  #streams = 0;
  #maxStreams: number;
  /** Until then it must answer the PING that it was sent. */
  #signDueMs = NEVER;
  #lingers = false;
  #cause: Error | undefined;

  /** `socket` connects; for TLS it must agree on `h2`. `maxStreams` is what the upstream allowed before. `gone` is called once, when it takes no more streams. */
  constructor(socket: Duplex, scheme: 'http' | 'https', maxStreams: number, around: SessionSurroundings, gone: (session: UpstreamSession) => void) {
    const { limits, deadlines } = around;
    this.#around = around;
    this.#maxStreams = maxStreams;
    this.#gone = gone;
    this.#socket = socket;
    const options = {
      createConnection: () => socket,
      settings: {
        enablePush: false, initialWindowSize: limits.http2StreamWindowBytes,
        maxHeaderListSize: limits.maxResponseHeadBytes + FIELD_OVERHEAD * limits.maxHeaderCount,
      },
      maxHeaderListPairs: limits.maxHeaderCount + 1,
      maxSessionMemory: Math.ceil(limits.maxHttp2SessionBytes / 1_048_576),
      // What a client says twice is the upstream's to judge.
      strictSingleValueFields: false,
    };
    this.#session = connect(`${scheme}://upstream.invalid`, options);
    const session = this.#session;
    session.on('remoteSettings', (settings) => {
      this.#maxStreams = settings.maxConcurrentStreams ?? Number.POSITIVE_INFINITY;
      this.#ready();
    });
    session.on('goaway', () => this.#retire());
    session.on('error', (error: Error) => (this.#cause = error));
    session.on('close', () => this.#closed());
    deadlines.watch(this);
  }

  /** Streams that it takes now, or will once it stands. */
  get room(): number {
    if (this.#state !== 'connecting' && this.#state !== 'open') return 0;
    return Math.min(this.#maxStreams, this.#around.limits.maxHttp2UpstreamStreams) - this.#streams - this.#waiters.size;
  }

  /** How many streams at a time the upstream allows. */
  get maxStreams(): number {
    return this.#maxStreams;
  }

  get isOpen(): boolean {
    return this.#state === 'open';
  }

  /** While it connects. */
  wait(waiter: SessionWaiter): void {
    this.#waiters.add(waiter);
  }

  /** With nobody left that waits, nobody needs the connection. */
  stopWaiting(waiter: SessionWaiter): void {
    if (this.#waiters.delete(waiter) && this.#waiters.size === 0 && this.#state === 'connecting') this.destroy();
  }

  /** Begins a stream. `released` must follow once it is closed. Expects `room`. */
  request(fields: readonly string[], options: { readonly endStream: boolean; readonly waitForTrailers: boolean }): ClientHttp2Stream {
    const stream = this.#session.request(fields, options);
    this.#streams += 1;
    this.deadlineMs = this.#signDueMs;
    return stream;
  }

  released(): void {
    this.#streams -= 1;
    if (this.#streams > 0 || this.#state === 'closed') return;
    if (this.#state === 'closing') return this.destroy();
    this.deadlineMs = Math.min(this.#signDueMs, this.#around.deadlines.in(this.#around.limits.upstreamIdleTimeoutMs));
  }

  /** A request on it was given up before it was answered. */
  doubt(): void {
    if (this.#state !== 'open' || this.#signDueMs !== NEVER) return;
    this.#signDueMs = this.#around.deadlines.in(SIGN_OF_LIFE_WITHIN_MS);
    this.deadlineMs = this.#signDueMs;
    this.#session.ping((error) => {
      if (error !== null || this.#state !== 'open') return;
      this.#signDueMs = NEVER;
      this.deadlineMs = this.#streams === 0 ? this.#around.deadlines.in(this.#around.limits.upstreamIdleTimeoutMs) : NEVER;
    });
  }

  /** Idle for long, silent when asked, or not let go. */
  deadlinePassed(): void {
    if (this.#lingers) return void this.#socket.destroy();
    this.#retire();
    this.destroy();
  }

  /** Its address is no longer one of its name's: requests on it go on, no more begin. */
  leave(): void {
    if (this.#state !== 'open') return;
    this.#retire();
    if (this.#streams === 0) this.destroy();
  }

  /** Says GOAWAY where it still can. */
  destroy(): void {
    if (this.#state === 'closed') return;
    this.#session.destroy();
    this.#lingers = true;
    this.deadlineMs = this.#around.deadlines.in(this.#around.limits.lingerTimeoutMs);
  }

  /** The upstream has said how much it takes: it speaks HTTP/2. */
  #ready(): void {
    if (this.#state !== 'connecting') return;
    if (this.#maxStreams < 1) {
      // Another connection would be told the same.
      this.#cause = new Error('the upstream allows no streams (SETTINGS_MAX_CONCURRENT_STREAMS is 0)');
      return this.destroy();
    }
    this.#state = 'open';
    this.#session.setLocalWindowSize(this.#around.limits.http2ConnectionWindowBytes);
    const waiters = [...this.#waiters];
    this.#waiters.clear();
    for (const waiter of waiters) waiter.sessionReady();
    if (this.#streams === 0) this.deadlineMs = this.#around.deadlines.in(this.#around.limits.upstreamIdleTimeoutMs);
  }

  /** No new streams. */
  #retire(): void {
    if (this.#state === 'closed' || this.#state === 'closing') return;
    this.#state = 'closing';
    this.#gone(this);
  }

  #closed(): void {
    this.#retire();
    this.#state = 'closed';
    this.deadlineMs = NEVER;
    this.#socket.destroy();
    this.#around.deadlines.forget(this);
    const waiters = [...this.#waiters];
    this.#waiters.clear();
    for (const waiter of waiters) waiter.sessionFailed(this.#cause);
  }
}
