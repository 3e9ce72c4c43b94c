/**
 * One connection to an upstream: sends the bytes of one request at a time and reads its response off the wire, strictly.
 * Used by an exchange, which is its receiver from `serve` until it releases or discards it. It calls the receiver in the
 * order of ResponseReceiver's methods. Bytes that nobody asked for end the connection (R2).
 */
import { BodyReader } from '../http1/body-reader.ts';
import { NEVER, type Timed } from '../http1/deadlines.ts';
import { FAULTS, type Fault } from '../http1/faults.ts';
import { parseResponseHead } from '../http1/head-parser.ts';
import { EMPTY, ResponseHead } from '../http1/message-head.ts';
import type { SocketOwner, WireSocket } from '../http1/wire-socket.ts';
import type { ConnectionPool, PoolSurroundings } from './connection-pool.ts';
import type { Endpoint } from './endpoint.ts';

export type UpstreamFailure =
  /** No connection: nothing of the request was sent. */
  | { readonly kind: 'connect-failed'; readonly cause: Error | undefined }
  | { readonly kind: 'connect-timeout' }
  /** Closed by the other side. `silent`: before any byte of an answer. */
  | { readonly kind: 'closed'; readonly silent: boolean; readonly cause: Error | undefined }
  | { readonly kind: 'write-timeout' }
  | { readonly kind: 'read-timeout' }
  /** What came is no HTTP response to this request. */
  | { readonly kind: 'invalid'; readonly fault: Fault };

export interface ResponseReceiver {
  /** The connection stands: send the request. Not called for one that was taken from the pool. */
  connected(): void;
  /** An interim (1xx) response other than 101. The head is valid during the call. */
  interimHead(head: ResponseHead): void;
  /** 101, valid during the call: who takes the connection over from here on; undefined where it is no answer to the request. */
  switchedProtocols(head: ResponseHead): SocketOwner | undefined;
  /** The head of the response, valid during the call. */
  responseHead(head: ResponseHead): void;
  /** Asked after responseHead: whether a chunked body is wanted as chunks or as data, and whether its trailers are wanted. */
  readonly keepsChunks: boolean;
  readonly keepsTrailers: boolean;
  /** Once per read after the head was read: `body.ranges` of `buffer` are what came, valid during the call. */
  responseBytes(buffer: Buffer, body: BodyReader): void;
  /** The response is complete: release or discard the connection. */
  responseEnded(): void;
  /** All that was sent is with the kernel, after some of it had to wait. */
  upstreamFlushed(): void;
  /** The connection is gone. */
  upstreamFailed(failure: UpstreamFailure): void;
}

export interface RequestTimeouts {
  readonly connectTimeoutMs: number;
  readonly writeTimeoutMs: number;
  readonly readTimeoutMs: number;
}

type State =
  | 'connecting' | 'idle' | 'awaiting-head' | 'reading-body'
  /** Somebody else reads and writes it: a tunnel. */
  | 'handed-over'
  | 'closed';

const SWITCHING_PROTOCOLS = 101;

export class UpstreamConnection implements SocketOwner, Timed {
  readonly endpoint: Endpoint;
  deadlineMs = NEVER;
  /** Requests sent on it before the current one. */
  served = 0;
  /** False as soon as the response said so or anything was odd. */
  reusable = true;
  readonly #around: PoolSurroundings;
  readonly #pool: ConnectionPool;
  readonly #firstBytes: Buffer | undefined;
  readonly #head: ResponseHead;
  readonly #body = new BodyReader();
  readonly #held: Buffer[] = [];
  #socket: WireSocket | undefined;
  #state: State = 'connecting';
  #receiver: ResponseReceiver | undefined;
  #timeouts: RequestTimeouts | undefined;
  #isHeadRequest = false;
  #requestSent = false;
  #silent = true;
  #paused = false;
  #heir: SocketOwner | undefined;
  #idleSinceMs = 0;
  #interimResponses = 0;
  #idleLimitMs: number;
  /** The beginning of a head whose end has not come yet. */
  #partial: Buffer = EMPTY;

  /** `firstBytes` go out before anything else. */
  constructor(endpoint: Endpoint, around: PoolSurroundings, pool: ConnectionPool, firstBytes?: Buffer) {
    this.#firstBytes = firstBytes;
    this.endpoint = endpoint;
    this.#around = around;
    this.#pool = pool;
    this.#head = new ResponseHead(around.limits.maxHeaderCount);
    this.#idleLimitMs = around.limits.upstreamIdleTimeoutMs;
    around.deadlines.watch(this);
  }

  get usable(): boolean {
    return this.#socket !== undefined && this.#socket.usable && this.#socket.unsentBytes === 0;
  }

  /** What a tunnel is made of. Undefined before `connected`. */
  get wire(): WireSocket | undefined {
    return this.#socket;
  }

  /** How long it has been idle. */
  get idleMs(): number {
    return this.#around.deadlines.in(0) - this.#idleSinceMs;
  }

  get unsentBytes(): number {
    return this.#socket?.unsentBytes ?? 0;
  }

  /** Takes on a request. A fresh connection connects first and says `connected`. */
  serve(receiver: ResponseReceiver, timeouts: RequestTimeouts, isHeadRequest: boolean): void {
    this.#receiver = receiver;
    this.#timeouts = timeouts;
    this.#isHeadRequest = isHeadRequest;
    this.#requestSent = false;
    this.#silent = true;
    this.#interimResponses = 0;
    if (this.#socket === undefined) this.#connect();
    else this.#awaitHead();
  }

  /** Sends what was put together in the outgoing bytes. */
  sendOutgoing(): void {
    if (this.#socket !== undefined) this.#around.out.sendTo(this.#socket, this.#held);
    this.#arm();
  }

  /** Sends bytes that nobody will change. */
  send(bytes: Buffer): void {
    this.#socket?.write(bytes);
    this.#arm();
  }

  /** The whole request was sent: from now on the response is waited for. */
  requestEnded(): void {
    this.#requestSent = true;
    this.#arm();
  }

  pause(): void {
    this.#paused = true;
    this.#socket?.pause();
    this.#arm();
  }

  resume(): void {
    this.#paused = false;
    this.#socket?.resume();
    this.#arm();
  }

  /** Called by the pool. */
  rest(): void {
    this.#receiver = undefined;
    this.#state = 'idle';
    this.served += 1;
    if (this.#paused) this.resume();
    this.#idleSinceMs = this.#around.deadlines.in(0);
    this.deadlineMs = this.#around.deadlines.in(this.#idleLimitMs);
  }

  /** Called by the pool; the receiver hears nothing more. */
  destroy(): void {
    this.#state = 'closed';
    this.#receiver = undefined;
    this.#partial = EMPTY;
    this.deadlineMs = NEVER;
    this.#around.deadlines.forget(this);
    this.#socket?.destroy();
  }

  received(buffer: Buffer, start: number, end: number): void {
    if (this.#heir !== undefined) return this.#heir.received(buffer, start, end);
    if (this.#receiver === undefined) return this.#pool.discard(this);
    this.#silent = false;
    if (this.#state === 'reading-body') return this.#readBody(this.#receiver, buffer, start, end);
    if (this.#partial.length === 0) return this.#readHead(this.#receiver, buffer, start, end);
    this.#partial = Buffer.concat([this.#partial, buffer.subarray(start, end)]);
    this.#readHead(this.#receiver, this.#partial, 0, this.#partial.length);
  }

  flushed(): void {
    this.#around.out.giveBack(this.#held);
    if (this.#heir !== undefined) return this.#heir.flushed();
    this.#arm();
    this.#receiver?.upstreamFlushed();
  }

  ended(): void {
    if (this.#heir !== undefined) return this.#heir.ended();
    if (this.#state === 'reading-body' && this.#body.kind === 'close') return this.#completeBody();
    this.#fail({ kind: 'closed', silent: this.#silent, cause: undefined });
  }

  lost(cause: Error | undefined): void {
    if (this.#heir !== undefined) return this.#heir.lost(cause);
    this.#fail(this.#state === 'connecting' ? { kind: 'connect-failed', cause } : { kind: 'closed', silent: this.#silent, cause });
  }

  deadlinePassed(): void {
    if (this.#state === 'connecting') this.#fail({ kind: 'connect-timeout' });
    else this.#fail({ kind: this.unsentBytes > 0 ? 'write-timeout' : 'read-timeout' });
  }

  #connect(): void {
    const { address, port, tls, protocol } = this.endpoint;
    const connected = (): void => {
      if (this.#state !== 'connecting') return;
      this.#awaitHead();
      this.#receiver?.connected();
    };
    const { io, http2 } = this.#around;
    const speaksHttp2 = protocol === 'grpc' || protocol === 'grpcs';
    this.#socket = speaksHttp2 ? http2.open(this.endpoint, this, connected) : io.connect({ address, port, tls, ...(this.#firstBytes === undefined ? {} : { firstBytes: this.#firstBytes }) }, this, connected);
    this.#arm();
  }

  #awaitHead(): void {
    this.#state = 'awaiting-head';
    this.#head.begin(0);
    this.#arm();
  }

  /** One deadline at a time: for what the connection waits for now. */
  #arm(): void {
    const timeouts = this.#timeouts;
    if (timeouts === undefined || this.#state === 'closed' || this.#state === 'idle' || this.#state === 'handed-over') return;
    const { deadlines } = this.#around;
    if (this.#state === 'connecting') this.deadlineMs = deadlines.in(timeouts.connectTimeoutMs);
    else if (this.unsentBytes > 0) this.deadlineMs = deadlines.in(timeouts.writeTimeoutMs);
    // A response that began before the request was complete: both go on, and silence on both sides has an end.
    else if (this.#paused || (!this.#requestSent && this.#state !== 'reading-body')) this.deadlineMs = NEVER;
    else this.deadlineMs = deadlines.in(timeouts.readTimeoutMs);
  }

  #readHead(receiver: ResponseReceiver, buffer: Buffer, start: number, end: number): void {
    const head = this.#head;
    let at = start;
    for (;;) {
      // Where an earlier read ended inside this head, parsing goes on from the line it got to.
      if (buffer !== this.#partial || at !== 0) head.begin(at);
      const result = parseResponseHead(head, buffer, end, this.#around.limits.maxResponseHeadBytes);
      if (result === 'refused') return this.#fail({ kind: 'invalid', fault: head.fault ?? FAULTS.statusLine });
      if (result === 'incomplete') return this.#keepPartial(buffer, at, end);
      if (head.status >= 200) break;
      this.#interimResponses += 1;
      // It has no body (RFC 9112 §6.3). A server that says otherwise may send one yet, as the beginning of somebody's response.
      if (head.chunked || head.contentLength > 0) this.reusable = false;
      if (head.status === SWITCHING_PROTOCOLS) return this.#switchProtocols(receiver, head, buffer, end);
      if (this.#interimResponses > this.#around.limits.maxInterimResponses) return this.#fail({ kind: 'invalid', fault: FAULTS.statusLine });
      receiver.interimHead(head);
      if (this.#receiver !== receiver) return;
      at = head.end;
      if (at === end) {
        this.#partial = EMPTY;
        this.#arm();
        return;
      }
    }
    this.#partial = EMPTY;
    this.#noteHead(head);
    // The receiver may move the head into memory of its own.
    const behind = head.end;
    receiver.responseHead(head);
    if (this.#receiver !== receiver) return;
    this.#beginBody(head, receiver);
    this.#readBody(receiver, buffer, behind, end);
  }

  /** An agreed upgrade hands the connection over with all that came behind the head; any other 101 is no HTTP response. */
  #switchProtocols(receiver: ResponseReceiver, head: ResponseHead, buffer: Buffer, end: number): void {
    const heir = receiver.switchedProtocols(head);
    if (this.#receiver !== receiver) return;
    if (heir === undefined) return this.#fail({ kind: 'invalid', fault: FAULTS.statusLine });
    this.#state = 'handed-over';
    this.#heir = heir;
    this.#receiver = undefined;
    this.#partial = EMPTY;
    this.reusable = false;
    this.deadlineMs = NEVER;
    if (head.end < end) heir.received(buffer, head.end, end);
  }

  #keepPartial(buffer: Buffer, start: number, end: number): void {
    if (buffer === this.#partial && start === 0) return;
    this.#partial = Buffer.from(buffer.subarray(start, end));
    this.#head.begin(0);
  }

  /** What the head says about the connection. */
  #noteHead(head: ResponseHead): void {
    this.#state = 'reading-body';
    if (head.minor === 0 ? !head.saysKeepAlive || head.saysClose : head.saysClose) this.reusable = false;
    // One second less than the upstream allows, so that we are the one to close.
    if (head.keepAliveSeconds !== -1) this.#idleLimitMs = Math.min(this.#around.limits.upstreamIdleTimeoutMs, Math.max(0, head.keepAliveSeconds - 1) * 1_000);
    // RFC 9110 §8.6: no server may say so. One that does may send that body yet, as the beginning of somebody's response.
    if (head.status === 204 && (head.chunked || head.contentLength > 0)) this.reusable = false;
  }

  /** Where the response ends: RFC 9112 §6.3. */
  #beginBody(head: ResponseHead, { keepsChunks, keepsTrailers }: ResponseReceiver): void {
    if (this.#isHeadRequest || head.status === 204 || head.status === 304) this.#body.beginNone();
    else if (head.chunked) {
      const { limits } = this.#around;
      // Trailers that go on are a head of their own: gRPC's hold up to 8 KiB and more.
      this.#body.beginChunked(keepsChunks, keepsTrailers ? limits.maxResponseHeadBytes : limits.maxChunkExtraBytes, keepsTrailers);
    }
    else if (head.contentLength !== -1) this.#body.beginLength(head.contentLength);
    else {
      this.#body.beginUntilClose();
      this.reusable = false;
    }
  }

  #readBody(receiver: ResponseReceiver, buffer: Buffer, start: number, end: number): void {
    const behind = this.#body.read(buffer, start, end);
    if (behind === -1) return this.#fail({ kind: 'invalid', fault: FAULTS.chunk });
    if (behind < end) this.reusable = false;
    receiver.responseBytes(buffer, this.#body);
    if (this.#receiver !== receiver) return;
    if (this.#body.complete) receiver.responseEnded();
    else this.#arm();
  }

  /** A body that ends with its connection has ended. */
  #completeBody(): void {
    const receiver = this.#receiver;
    this.#body.complete = true;
    this.#body.ranges.clear();
    receiver?.responseBytes(EMPTY, this.#body);
    if (this.#receiver === receiver) receiver?.responseEnded();
  }

  #fail(failure: UpstreamFailure): void {
    const receiver = this.#receiver;
    this.#pool.discard(this);
    receiver?.upstreamFailed(failure);
  }
}
