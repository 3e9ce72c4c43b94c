/**
 * HTTP/2 connections to upstreams (services of the protocols grpc and grpcs): per endpoint as many as its requests need, each
 * shared by as many as it takes. The pool opens a WireSocket here as it opens one from SocketIo elsewhere.
 */
import type { Duplex } from 'node:stream';
import type { Deadlines } from '../http1/deadlines.ts';
import type { ProxyLimits } from '../http1/limits.ts';
import { RequestHead } from '../http1/message-head.ts';
import type { SocketOwner, WireSocket } from '../http1/wire-socket.ts';
import type { Endpoint } from '../upstreams/endpoint.ts';
import { FlushQueue } from './stream-intake.ts';
import { STREAMS_BEFORE_SETTINGS, UpstreamSession } from './upstream-session.ts';
import { UpstreamSlot } from './upstream-slot.ts';

export interface Http2UpstreamOptions {
  readonly limits: ProxyLimits;
  readonly deadlines: Deadlines;
  /** A socket that connects to the endpoint, by TLS where it has any, then with ALPN `h2` alone. */
  readonly connect: (endpoint: Endpoint) => Duplex;
  /** Told of exceptions that owners let through. */
  readonly defect: (thrown: unknown) => void;
}

/** The connections to one endpoint; there is at least one. */
interface SessionGroup {
  sessions: readonly UpstreamSession[];
  /** What the upstream allowed last. */
  maxStreams: number;
}

export class Http2Upstream {
  readonly limits: ProxyLimits;
  readonly deadlines: Deadlines;
  readonly defect: (thrown: unknown) => void;
  readonly queue: FlushQueue;
  /** For the length of one call. */
  readonly head: RequestHead;
  readonly #connect: (endpoint: Endpoint) => Duplex;
  readonly #groups = new Map<string, SessionGroup>();

  constructor({ limits, deadlines, connect, defect }: Http2UpstreamOptions) {
    this.limits = limits;
    this.deadlines = deadlines;
    this.defect = defect;
    this.#connect = connect;
    this.queue = new FlushQueue(limits.maxResponseHeadBytes);
    this.head = new RequestHead(limits.maxHeaderCount * 2 + 64);
  }

  /** `connected` is called once a stream can be opened, or else the owner's `lost`; neither before this returns. */
  open(endpoint: Endpoint, owner: SocketOwner, connected: () => void): WireSocket {
    return new UpstreamSlot(this, endpoint, owner, connected);
  }

  /** Connections now. */
  get size(): number {
    let count = 0;
    for (const { sessions } of this.#groups.values()) count += sessions.length;
    return count;
  }

  /** A connection with room that stands; undefined where there is none. */
  standing(endpoint: Endpoint): UpstreamSession | undefined {
    return this.#groups.get(endpoint.key)?.sessions.find((session) => session.isOpen && session.room > 0);
  }

  /** A connection with room, made where there is none. */
  session(endpoint: Endpoint): UpstreamSession {
    const { key } = endpoint;
    const group = this.#groups.get(key) ?? { sessions: [], maxStreams: STREAMS_BEFORE_SETTINGS };
    const there = this.standing(endpoint) ?? group.sessions.find((session) => session.room > 0);
    if (there !== undefined) return there;
    // One that allows none now may do so again; those who wait for it wait together.
    const maxStreams = Math.max(1, group.sessions.find((session) => session.isOpen)?.maxStreams ?? group.maxStreams);
    const made = new UpstreamSession(this.#connect(endpoint), endpoint.tls === undefined ? 'http' : 'https', maxStreams, this, (gone) => this.#forget(key, gone));
    this.#groups.set(key, { sessions: [...group.sessions, made], maxStreams });
    return made;
  }

  /** For an endpoint whose address is no longer one of its name's. */
  leave({ key }: Endpoint): void {
    for (const session of this.#groups.get(key)?.sessions ?? []) session.leave();
  }

  closeAll(): void {
    for (const { sessions } of [...this.#groups.values()]) for (const session of sessions) session.destroy();
  }

  #forget(key: string, gone: UpstreamSession): void {
    const group = this.#groups.get(key);
    if (group === undefined) return;
    group.sessions = group.sessions.filter((session) => session !== gone);
    if (group.sessions.length === 0) this.#groups.delete(key);
  }
}
