/**
 * One stream of a client's HTTP/2 connection as the engine's WireSocket: the request reaches the engine as the HTTP/1.1 message
 * that it means, what the engine writes goes out as HEADERS and DATA. One request per stream. The stream's end, whoever
 * causes it, is told to the engine once; a reset says why in HTTP/2's codes. gRPC's deadline is kept here, because a call
 * can still be ended in gRPC's words after its response has begun.
 */
import { constants, type ServerHttp2Stream } from 'node:http2';
import { NEVER, type Deadlines, type Timed } from '../http1/deadlines.ts';
import { parseResponseHead } from '../http1/head-parser.ts';
import type { ProxyLimits } from '../http1/limits.ts';
import { EMPTY, type ResponseHead } from '../http1/message-head.ts';
import { WaitingBytes } from '../http1/waiting-bytes.ts';
import type { SocketOwner, WireSocket } from '../http1/wire-socket.ts';
import { abandonStream } from './abandon-stream.ts';
import { asRecord, responseFields } from './field-list.ts';
import { trailerText, type RequestText } from './field-text.ts';
import { grpcTimeoutMs } from './grpc-timeout.ts';
import { OutgoingBody } from './outgoing-body.ts';
import { StreamIntake, type FlushQueue } from './stream-intake.ts';

const { NGHTTP2_NO_ERROR, NGHTTP2_PROTOCOL_ERROR } = constants;

/** What gRPC calls the two ways in which we end a call after its response has begun. */
const UNAVAILABLE = { 'grpc-status': '14', 'grpc-message': 'the upstream server ended the call' };
const DEADLINE_EXCEEDED = { 'grpc-status': '4', 'grpc-message': 'Deadline Exceeded' };

/** What the streams of one proxy share. */
export interface StreamSurroundings {
  readonly limits: ProxyLimits;
  readonly deadlines: Deadlines;
  readonly queue: FlushQueue;
  /** For the length of one call. */
  readonly head: ResponseHead;
  readonly defect: (thrown: unknown) => void;
}

/** Who made the stream, and is told of what happens on it. */
export interface StreamKeeper {
  /** Data of a request has come. */
  dataArrived(bytes: number): void;
  /** Called once. `byPeer`: reset before its response was complete. `isSeen`: the engine has got its request, and records it. */
  streamClosed(byPeer: boolean, isSeen: boolean): void;
}

type ResponseState = 'awaited' | 'begun' | 'complete';

export class DownstreamStream implements WireSocket, Timed {
  deadlineMs = NEVER;
  readonly #around: StreamSurroundings;
  readonly #keeper: StreamKeeper;
  readonly #stream: ServerHttp2Stream;
  readonly #intake = new StreamIntake();
  readonly #isGrpc: boolean;
  readonly #isHead: boolean;
  #owner: SocketOwner | undefined;
  #deadlineExceeded: (() => void) | undefined;
  #body: OutgoingBody | undefined;
  #response: ResponseState = 'awaited';
  #requestEnded: boolean;
  #trailers: Record<string, string | string[]> | undefined;
  #partial: Buffer = EMPTY;
  /** Small pieces behind others that wait for the client's window. */
  #waiting: WaitingBytes | undefined;
  #closed = false;
  #byUs = false;
  #paused = false;
  #timedOut = false;
  #isTimed = false;
  #isSeen = false;

  constructor(stream: ServerHttp2Stream, request: RequestText, around: StreamSurroundings, keeper: StreamKeeper) {
    this.#stream = stream;
    this.#around = around;
    this.#keeper = keeper;
    this.#isGrpc = request.isGrpc;
    this.#isHead = request.isHead;
    this.#requestEnded = request.framing === 'none';
    // Beyond the bound the engine needs to see no more than that it is.
    const { maxHeadBytes } = around.limits;
    this.#intake.head(request.text.length > maxHeadBytes ? request.text.slice(0, maxHeadBytes + 1) : request.text, request.framing, request.length, true);
    if (this.#requestEnded) this.#intake.end();
    stream.on('error', ignore);
    stream.on('close', () => this.#streamClosed());
    stream.on('wantTrailers', () => stream.sendTrailers(this.#trailers ?? {}));
  }

  /** Gives the stream its owner, which gets the request in this turn of the event loop. `deadlineExceeded` is called where a gRPC deadline passes. */
  begin(owner: SocketOwner, grpcTimeout: string | undefined, deadlineExceeded: () => void): void {
    this.#owner = owner;
    if (!this.#requestEnded) this.#readBody();
    this.#enqueue();
    const timeoutMs = this.#isGrpc && grpcTimeout !== undefined ? grpcTimeoutMs(grpcTimeout) : undefined;
    if (timeoutMs === undefined) return;
    this.#deadlineExceeded = deadlineExceeded;
    this.#startClock(timeoutMs);
  }

  get unsentBytes(): number {
    return this.#closed ? 0 : this.#stream.writableLength + (this.#waiting?.length ?? 0);
  }

  get usable(): boolean {
    return !this.#closed;
  }

  /** Always takes a copy: the memory is the caller's again. */
  write(bytes: Buffer): boolean {
    if (this.#closed || this.#response === 'complete' || this.#stream.destroyed || this.#stream.closed) return true;
    try {
      if (this.#response === 'awaited') this.#writeHeads(bytes);
      else this.#writeBody(bytes);
    } catch (thrown) {
      this.#around.defect(thrown);
      this.#fail();
    }
    return true;
  }

  pause(): void {
    if (this.#paused || this.#closed || this.#requestEnded) return;
    this.#paused = true;
    this.#stream.pause();
  }

  resume(): void {
    if (!this.#paused || this.#closed) return;
    this.#paused = false;
    this.#stream.resume();
  }

  /** After the response; what the client still sends is not wanted (RFC 9113 §8.1). */
  end(): void {
    if (this.#closed) return;
    if (this.#response !== 'complete') return this.#fail();
    if (!this.#requestEnded) this.#closeBehindResponse();
  }

  destroy(): void {
    if (this.#closed) return;
    const isSent = this.#response === 'complete' && this.#stream.writableFinished;
    this.#forget();
    if (isSent) this.#stream.close(NGHTTP2_NO_ERROR);
    else this.#breakOff();
  }

  reset(): void {
    this.destroy();
  }

  run(step: () => void): void {
    if (!this.#closed) this.#guard(step);
  }

  /** Called by the queue. */
  flush(): void {
    this.#intake.queued = false;
    const owner = this.#owner;
    if (this.#closed || owner === undefined) return;
    this.#isSeen = true;
    this.#guard(() => this.#intake.giveOn(this.#around.queue.scratch, (buffer, start, end) => {
      if (!this.#closed) owner.received(buffer, start, end);
    }, ignore));
  }

  deadlinePassed(): void {
    // What was still to be said was not taken.
    if (this.#closed) return abandonStream(this.#stream);
    if (this.#response === 'complete') return;
    this.#timedOut = true;
    this.#guard(() => this.#deadlineExceeded?.());
  }

  #readBody(): void {
    const stream = this.#stream;
    stream.on('data', (piece: Buffer) => {
      this.#keeper.dataArrived(piece.length);
      if (this.#closed) return;
      if (!this.#intake.data(piece)) return this.#refuse();
      this.#enqueue();
    });
    stream.on('trailers', (_headers: unknown, _flags: number, fields: unknown) => {
      const lines = trailerText(Array.isArray(fields) ? fields : []);
      if (typeof lines === 'string') this.#intake.trailers(lines);
      else this.#refuse();
    });
    stream.on('end', () => {
      // Node ends what can be read of a stream that was reset, too: what came until then is no request.
      if (this.#closed || stream.aborted) return;
      this.#requestEnded = true;
      if (!this.#intake.end()) return this.#refuse();
      this.#enqueue();
    });
  }

  #enqueue(): void {
    if (this.#intake.queued) return;
    this.#intake.queued = true;
    this.#around.queue.add(this);
  }

  /** What came on the stream is no request. */
  #refuse(): void {
    if (this.#closed) return;
    this.#byUs = true;
    if (this.#response === 'awaited') this.#stream.close(NGHTTP2_PROTOCOL_ERROR);
    else abandonStream(this.#stream);
  }

  #writeHeads(bytes: Buffer): void {
    const { head, limits } = this.#around;
    const whole = this.#partial.length === 0 ? bytes : Buffer.concat([this.#partial, bytes]);
    this.#partial = EMPTY;
    let at = 0;
    while (at < whole.length) {
      head.begin(at);
      const result = parseResponseHead(head, whole, whole.length, Number.MAX_SAFE_INTEGER);
      if (result === 'refused') return this.#fail();
      if (result === 'incomplete') {
        this.#partial = Buffer.from(whole.subarray(at));
        return;
      }
      at = head.end;
      if (head.status >= 200) {
        const hasNone = this.#isHead || head.status === 204 || head.status === 304;
        this.#body = new OutgoingBody();
        this.#body.begin(head, hasNone, limits.maxResponseHeadBytes);
        return this.#respond(head, whole, at);
      }
      if (head.status !== 101) this.#stream.additionalHeaders(asRecord(responseFields(head)));
    }
  }

  /** The head, and what is there of the body, so that HEADERS and DATA leave together. */
  #respond(head: ResponseHead, bytes: Buffer, at: number): void {
    const body = this.#body;
    // Node knows no status above 599.
    if (body === undefined || head.status > 599) return this.#fail();
    const fields = responseFields(head);
    head.release();
    const data = body.read(bytes, at, bytes.length);
    if (data === undefined) return this.#fail();
    this.#response = 'begun';
    if (body.complete) this.#trailers = body.trailers();
    const endStream = body.complete && data.length === 0 && this.#trailers === undefined;
    // Node adds a Date where the upstream sent none (RFC 9110 §6.6.1).
    this.#stream.respond(fields, { endStream, waitForTrailers: body.complete ? this.#trailers !== undefined : body.mayHaveTrailers });
    this.#send(data, body.complete);
  }

  #writeBody(bytes: Buffer): void {
    const body = this.#body;
    const data = body?.read(bytes, 0, bytes.length);
    if (body === undefined || data === undefined) return this.#fail();
    if (body.complete) this.#trailers = body.trailers();
    this.#send(data, body.complete);
  }

  #send(data: Buffer, isLast: boolean): void {
    const stream = this.#stream;
    if (isLast) {
      this.#response = 'complete';
      this.#stopClock();
    }
    // Node has ended it where the status lets it have no body: 205, too.
    if (stream.writableEnded) return;
    if (!isLast && data.length > 0 && stream.writableLength > 0) {
      this.#waiting ??= new WaitingBytes();
      if (this.#waiting.add(data)) return;
    }
    this.#sendWaiting();
    if (isLast) stream.end(data.length > 0 ? data : undefined);
    else if (data.length > 0) stream.write(data, this.#written);
  }

  #sendWaiting(): void {
    if (this.#waiting !== undefined && this.#waiting.length > 0) this.#stream.write(this.#waiting.take(), this.#written);
  }

  readonly #written = (): void => {
    if (this.#closed || this.#stream.writableLength > 0) return;
    if (!this.#stream.writableEnded && !this.#stream.destroyed) this.#sendWaiting();
    if (this.#stream.writableLength > 0) return;
    this.#guard(() => this.#owner?.flushed());
  };

  /** What the engine wrote can't be sent. It is in the middle of writing, and hears of it afterwards. */
  #fail(): void {
    const owner = this.#owner;
    if (this.#closed) return;
    this.#breakOff();
    process.nextTick(() => {
      try {
        owner?.lost(undefined);
      } catch (thrown) {
        this.#around.defect(thrown);
      }
    });
  }

  /** The response can't be completed: in gRPC's words where the client can still hear them, else by a reset. */
  #breakOff(): void {
    this.#forget();
    const stream = this.#stream;
    if (stream.destroyed) return;
    this.#byUs = true;
    const saysWhy = this.#isGrpc && this.#response === 'begun' && this.#body?.mayHaveTrailers === true && !stream.writableEnded;
    this.#response = 'complete';
    if (!saysWhy) return abandonStream(stream);
    this.#trailers = this.#timedOut ? DEADLINE_EXCEEDED : UNAVAILABLE;
    this.#sendWaiting();
    stream.resume();
    stream.end();
    // Nobody else watches it from here on.
    this.#startClock(this.#around.limits.sendTimeoutMs);
    if (!this.#requestEnded) this.#closeBehindResponse();
  }

  /** Once all of it is sent, trailers included. */
  #closeBehindResponse(): void {
    const stream = this.#stream;
    if (stream.writableFinished) stream.close(NGHTTP2_NO_ERROR);
    else stream.once('finish', () => stream.close(NGHTTP2_NO_ERROR));
  }

  #streamClosed(): void {
    const byPeer = !this.#byUs && this.#response !== 'complete';
    const wasClosed = this.#closed;
    this.#forget();
    try {
      if (!wasClosed) this.#owner?.lost(undefined);
    } catch (thrown) {
      this.#around.defect(thrown);
    }
    this.#owner = undefined;
    this.#keeper.streamClosed(byPeer, this.#isSeen);
  }

  /** From here on the owner hears nothing. */
  #forget(): void {
    this.#closed = true;
    this.#stopClock();
  }

  #startClock(timeoutMs: number): void {
    this.#isTimed = true;
    this.deadlineMs = this.#around.deadlines.in(timeoutMs);
    this.#around.deadlines.watch(this);
  }

  #stopClock(): void {
    if (!this.#isTimed) return;
    this.#isTimed = false;
    this.#deadlineExceeded = undefined;
    this.deadlineMs = NEVER;
    this.#around.deadlines.forget(this);
  }

  #guard(step: () => void): void {
    try {
      step();
    } catch (thrown) {
      this.#around.defect(thrown);
      const owner = this.#owner;
      if (this.#closed) return;
      this.#breakOff();
      owner?.lost(undefined);
    }
  }
}

function ignore(): void {}
