/**
 * One HTTP/2 connection of a client: gives each of its streams to the engine as a connection with one request, and holds it to
 * its bounds (R5). Over a bound: GOAWAY with ENHANCE_YOUR_CALM, a counter under the code, a log line. Made by Http2Downstream.
 * Node and nghttp2 bound by themselves: concurrent streams, decoded header lists, CONTINUATION frames, SETTINGS entries, empty
 * DATA frames, answers that nobody reads; test/http2-floods.test.ts shows each.
 */
import { constants, performServerHandshake, type Http2Session, type ServerHttp2Stream } from 'node:http2';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import type { ConnectionFacts } from '../http1/connection-facts.ts';
import { NEVER, type Timed } from '../http1/deadlines.ts';
import { FAULTS } from '../http1/faults.ts';
import { DownstreamConnection } from '../proxy/downstream-connection.ts';
import type { ProxyCore } from '../proxy/proxy-core.ts';
import { failureOf, NOT_UPSTREAM } from '../telemetry/request-recorder.ts';
import { DownstreamStream, type StreamKeeper, type StreamSurroundings } from './downstream-stream.ts';
import { requestText } from './field-text.ts';
import { FrameAllowance, type Excess } from './frame-allowance.ts';

const { NGHTTP2_PROTOCOL_ERROR, NGHTTP2_ENHANCE_YOUR_CALM } = constants;

/** What nghttp2 counts for a field beside its name and value (RFC 9113 §6.5.2). */
const FIELD_OVERHEAD = 32;
/** Pseudo-headers, and cookies that come in pieces. */
const EXTRA_FIELDS = 28;
/** GOAWAY (RFC 9113 §6.8) with the highest stream id and NO_ERROR: more may be on its way, but nothing new should be sent. */
const SHUTDOWN_NOTICE = Buffer.from([0, 0, 8, 7, 0, 0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 0]);
const MEBIBYTE = 1_048_576;

export interface CountingSocket extends Duplex {
  readonly bytesRead?: number;
  readonly bytesWritten?: number;
}

export class DownstreamSession implements StreamKeeper, Timed {
  deadlineMs = NEVER;
  readonly #core: ProxyCore;
  readonly #around: StreamSurroundings;
  readonly #facts: ConnectionFacts;
  readonly #socket: CountingSocket;
  readonly #session: Http2Session;
  readonly #allowance: FrameAllowance;
  readonly #gone: (session: DownstreamSession) => void;
  #streams = 0;
  #notified = false;
  #closing = false;
  #refused = false;
  #lingers = false;
  #closed = false;

  /** `facts` say isHttp2. `gone` is called once. */
  constructor(core: ProxyCore, around: StreamSurroundings, socket: Duplex, facts: ConnectionFacts, gone: (session: DownstreamSession) => void) {
    const { limits } = core;
    this.#core = core;
    this.#around = around;
    this.#facts = facts;
    this.#socket = socket;
    this.#gone = gone;
    this.#allowance = new FrameAllowance(limits);
    this.#session = performServerHandshake(socket, {
      settings: {
        maxConcurrentStreams: limits.maxHttp2Streams,
        initialWindowSize: limits.http2StreamWindowBytes,
        maxHeaderListSize: limits.maxHeadBytes + FIELD_OVERHEAD * (limits.maxHeaderCount + EXTRA_FIELDS),
        enablePush: false,
      },
      maxHeaderListPairs: limits.maxHeaderCount + EXTRA_FIELDS,
      maxSessionMemory: Math.ceil(limits.maxHttp2SessionBytes / MEBIBYTE),
      maxSettings: 16,
      // Ours is lower and says why.
      streamResetBurst: limits.maxHttp2ResetsPerSecond * 10,
      streamResetRate: limits.maxHttp2ResetsPerSecond * 10,
      strictSingleValueFields: false,
    });
    const session = this.#session;
    session.on('stream', (stream: ServerHttp2Stream, _headers: unknown, _flags: number, fields: unknown) => this.#streamCame(stream, Array.isArray(fields) ? fields : []));
    session.on('ping', () => this.#bound(this.#allowance.ping()));
    session.on('remoteSettings', () => this.#bound(this.#allowance.settings()));
    session.on('error', (error: Error) => this.#failed(error));
    session.on('close', () => this.#sessionClosed());
    session.setLocalWindowSize(limits.http2ConnectionWindowBytes);
    core.deadlines.watch(this);
    this.#arm();
  }

  /**
   * Tells the client to send nothing new here. What is on its way is still served: a second GOAWAY that ends it comes with `shut`.
   * Not behind TLS: Node's session writes to the TLS socket beneath its queue, and two writes at a time end the process (Node 24).
   */
  notifyShutdown(): void {
    if (this.#notified || this.#closed || this.#closing || this.#lingers || this.#socket instanceof TLSSocket) return;
    this.#notified = true;
    // Between two writes of the session, each of which ends at the end of a frame.
    if (!this.#socket.destroyed) this.#socket.write(SHUTDOWN_NOTICE);
  }

  /** Takes no new streams; ends with its last one. */
  shut(): void {
    if (this.#closed || this.#closing) return;
    this.#closing = true;
    this.#session.close();
    if (this.#streams === 0) this.#linger();
  }

  /** At once: nobody watches deadlines any more, and Node would wait for the client to take what is left. */
  destroy(): void {
    if (this.#closed) return;
    this.#session.destroy();
    this.#socket.destroy();
  }

  /** Called once a second. */
  secondPassed(): void {
    if (this.#closed) return;
    this.#bound(this.#allowance.secondPassed(this.#socket.bytesRead ?? 0, this.#socket.bytesWritten ?? 0));
  }

  /** Nothing was asked for a while, or the client does not let go. */
  deadlinePassed(): void {
    if (this.#lingers) this.#socket.destroy();
    else if (this.#streams === 0) this.shut();
  }

  dataArrived(bytes: number): void {
    this.#allowance.useful(bytes);
  }

  streamClosed(byPeer: boolean, isSeen: boolean): void {
    this.#streams -= 1;
    // Given up in the turn in which it came.
    if (!isSeen) this.#record(0);
    if (byPeer) this.#bound(this.#allowance.reset());
    if (this.#streams > 0) return;
    if (this.#closing) this.#linger();
    else this.#arm();
  }

  #streamCame(stream: ServerHttp2Stream, fields: readonly string[]): void {
    const request = requestText(fields, !stream.endAfterHeaders);
    if (request.kind === 'malformed') return this.#refuse(stream, request.reason);
    this.#streams += 1;
    this.#allowance.useful(request.text.length);
    if (!this.#lingers) this.deadlineMs = NEVER;
    const wire = new DownstreamStream(stream, request, this.#around, this);
    try {
      const connection = new DownstreamConnection(this.#core, this.#facts, (owner) => {
        wire.begin(owner, request.grpcTimeout, () => connection.refuse(FAULTS.grpcDeadline));
        return wire;
      }, () => undefined);
    } catch (thrown) {
      this.#around.defect(thrown);
      wire.destroy();
    }
    // A connection that came during a drain is told once it has been of use: a client would come again and again.
    if (this.#core.draining) this.notifyShutdown();
  }

  /** Counts as a request (R4), for which there is no answer but the reset. */
  #refuse(stream: ServerHttp2Stream, reason: string): void {
    const { counters, log } = this.#core;
    const fault = FAULTS.http2Request;
    counters.countRefusal(fault.code);
    this.#record(fault.status);
    log.debug({ event: 'request-refused', code: fault.code, peer: this.#facts.peerAddress, reason }, fault.message);
    stream.on('error', () => undefined);
    stream.close(NGHTTP2_PROTOCOL_ERROR);
    this.#bound(this.#allowance.reset());
  }

  /** A request that the engine never saw (R4). */
  #record(status: number): void {
    this.#core.counters.endedRequests += 1;
    this.#core.recorder.record('', '', status, 0, 0, 0, NOT_UPSTREAM, 0, undefined, failureOf(status));
  }

  #bound(excess: Excess | undefined): void {
    if (excess === undefined || this.#closed || this.#refused) return;
    this.#core.counters.countRefusal(excess.code);
    this.#core.log.warn({ event: 'http2-connection-refused', code: excess.code, peer: this.#facts.peerAddress }, `a client's HTTP/2 connection was closed: too many ${excess.of}`);
    this.#refused = true;
    this.#session.destroy(new Error(excess.code), NGHTTP2_ENHANCE_YOUR_CALM);
    this.#linger();
  }

  /** Node has ended it: a bound of its own, or bytes that are no HTTP/2. */
  #failed(error: Error): void {
    this.#linger();
    if (this.#refused || isLostConnection(error)) return;
    const { code } = FAULTS.http2Connection;
    this.#core.counters.countRefusal(code);
    this.#core.log.debug({ event: 'http2-connection-refused', code, peer: this.#facts.peerAddress, reason: error.message }, "a client's HTTP/2 connection was closed");
  }

  #sessionClosed(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.deadlineMs = NEVER;
    this.#core.deadlines.forget(this);
    this.#socket.destroy();
    this.#gone(this);
  }

  /** All is said: for so long the client may take it and close. */
  #linger(): void {
    if (this.#lingers || this.#closed) return;
    this.#lingers = true;
    this.deadlineMs = this.#core.deadlines.in(this.#core.limits.lingerTimeoutMs);
  }

  #arm(): void {
    if (this.#lingers) return;
    const { deadlines, limits, closing } = this.#core;
    this.deadlineMs = deadlines.in(closing ? limits.drainIdleTimeoutMs : limits.idleTimeoutMs);
  }
}

function isLostConnection(error: Error): boolean {
  return 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE' || error.code === 'ERR_HTTP2_SOCKET_UNBOUND');
}
