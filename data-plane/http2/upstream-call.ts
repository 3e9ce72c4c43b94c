/**
 * One request to an upstream over HTTP/2, from its first byte to the last of its response. What the engine wrote of it is kept
 * while it is little and nothing has answered: a stream that the upstream refuses unprocessed (RFC 9113 §8.7: REFUSED_STREAM, or
 * above GOAWAY's last stream) is sent once more, on another connection. Made by UpstreamSlot.
 */
import { constants, type ClientHttp2Stream } from 'node:http2';
import { parseRequestHead } from '../http1/head-parser.ts';
import { EMPTY } from '../http1/message-head.ts';
import { WaitingBytes } from '../http1/waiting-bytes.ts';
import type { Endpoint } from '../upstreams/endpoint.ts';
import { abandonStream } from './abandon-stream.ts';
import { requestFields } from './field-list.ts';
import { responseText, trailerText, type Malformed } from './field-text.ts';
import type { Http2Upstream } from './http2-upstream.ts';
import { OutgoingBody } from './outgoing-body.ts';
import { StreamIntake } from './stream-intake.ts';
import type { SessionWaiter, UpstreamSession } from './upstream-session.ts';

const { NGHTTP2_NO_ERROR, NGHTTP2_PROTOCOL_ERROR, NGHTTP2_REFUSED_STREAM, NGHTTP2_CANCEL, NGHTTP2_FLAG_END_STREAM } = constants;

const NO_LIMITS = { maxHeadBytes: Number.MAX_SAFE_INTEGER, maxTargetBytes: Number.MAX_SAFE_INTEGER };
const MAX_KEPT_BYTES = 65_536;
/** Joined beyond this: a client decides how small they are. */
const MAX_KEPT_PIECES = 64;
const MAX_REFUSALS = 2;

export interface CallKeeper {
  responseBytes(call: UpstreamCall, buffer: Buffer, start: number, end: number): void;
  /** The next `responseBytes` are the last. */
  callFinishing(call: UpstreamCall): void;
  requestFlushed(call: UpstreamCall): void;
  /** Nothing is called after it. */
  callLost(call: UpstreamCall, cause: Error | undefined): void;
  guarded(step: () => void): void;
}

export class UpstreamCall implements SessionWaiter {
  readonly #upstream: Http2Upstream;
  readonly #endpoint: Endpoint;
  readonly #keeper: CallKeeper;
  readonly #intake = new StreamIntake();
  readonly #body = new OutgoingBody();
  #partial: Buffer = EMPTY;
  #fields: readonly string[] | undefined;
  #isHead = false;
  #session: UpstreamSession | undefined;
  #stream: ClientHttp2Stream | undefined;
  #trailers: Record<string, string | string[]> | undefined;
  /** Data as it was sent, for another try; undefined once there can be none. */
  #kept: Buffer[] | undefined = [];
  /** Small pieces behind others that wait for the upstream's window. */
  #waiting: WaitingBytes | undefined;
  #keptBytes = 0;
  #refusals = 0;
  #answered = false;
  #isEnded = false;
  #paused = false;
  #over = false;
  requestEnded = false;

  constructor(upstream: Http2Upstream, endpoint: Endpoint, keeper: CallKeeper) {
    this.#upstream = upstream;
    this.#endpoint = endpoint;
    this.#keeper = keeper;
  }

  get unsentBytes(): number {
    return this.#stream === undefined ? this.#keptBytes : this.#stream.writableLength + (this.#waiting?.length ?? 0);
  }

  /** Bytes of the request; copied. */
  write(bytes: Buffer): void {
    if (this.#over || this.requestEnded) return;
    if (this.#fields !== undefined) return this.#writeBody(bytes, 0);
    const whole = this.#partial.length === 0 ? bytes : Buffer.concat([this.#partial, bytes]);
    const { head, limits } = this.#upstream;
    head.begin(0);
    const result = parseRequestHead(head, whole, whole.length, NO_LIMITS);
    if (result === 'incomplete') this.#partial = Buffer.from(whole);
    else if (result === 'refused') this.#fail(new Error(`the request can't be sent: ${head.fault?.code ?? ''}`));
    else {
      this.#partial = EMPTY;
      this.#fields = requestFields(head, this.#endpoint.tls === undefined ? 'http' : 'https');
      this.#isHead = this.#fields[1] === 'HEAD';
      this.#body.begin(head, false, limits.maxResponseHeadBytes);
      head.release();
      this.#writeBody(whole, head.end);
    }
  }

  pause(): void {
    this.#paused = true;
    this.#stream?.pause();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#stream?.resume();
  }

  /** Nobody wants the rest of it. */
  cancel(): void {
    if (this.#over) return;
    this.#over = true;
    this.#session?.stopWaiting(this);
    if (this.#stream === undefined) return;
    if (!this.#answered) this.#session?.doubt();
    this.#giveUp(this.#stream, NGHTTP2_CANCEL);
  }

  sessionReady(): void {
    const session = this.#session;
    if (this.#over || session === undefined) return;
    if (session.room > 0) this.#open(session);
    else this.#join();
  }

  sessionFailed(cause: Error | undefined): void {
    if (!this.#over) this.#fail(cause);
  }

  /** Called by the queue. */
  flush(): void {
    this.#intake.queued = false;
    if (this.#over) return;
    this.#keeper.guarded(() => this.#intake.giveOn(this.#upstream.queue.scratch, (buffer, start, end) => this.#keeper.responseBytes(this, buffer, start, end), () => {
      this.#over = this.requestEnded;
      this.#keeper.callFinishing(this);
    }));
  }

  #writeBody(bytes: Buffer, start: number): void {
    const data = this.#body.read(bytes, start, bytes.length);
    if (data === undefined) return this.#fail(new Error('the request can\'t be sent: its framing is wrong'));
    if (this.#body.complete) {
      this.requestEnded = true;
      this.#trailers = this.#body.trailers();
    }
    this.#keep(data);
    if (this.#stream !== undefined) return this.#send(this.#stream, data);
    if (this.#session === undefined) this.#join();
  }

  #join(): void {
    const session = this.#upstream.session(this.#endpoint);
    this.#session = session;
    if (session.isOpen) this.#open(session);
    else session.wait(this);
  }

  #keep(data: Buffer): void {
    if (this.#kept === undefined || data.length === 0) return;
    this.#keptBytes += data.length;
    this.#kept.push(data);
    if (this.#kept.length > MAX_KEPT_PIECES) this.#kept = [Buffer.concat(this.#kept)];
    if (this.#keptBytes > MAX_KEPT_BYTES && this.#stream !== undefined) this.#letGo();
  }

  #letGo(): void {
    this.#kept = undefined;
    this.#keptBytes = 0;
  }

  /** Sends what is there. */
  #open(session: UpstreamSession): void {
    const kept = this.#kept ?? [];
    const endStream = this.requestEnded && kept.length === 0 && this.#trailers === undefined;
    const stream = session.request(this.#fields ?? [], { endStream, waitForTrailers: this.requestEnded ? this.#trailers !== undefined : this.#body.mayHaveTrailers });
    this.#stream = stream;
    this.#listen(stream, session);
    if (this.#paused) stream.pause();
    if (endStream) return;
    const data = kept.length === 1 ? (kept[0] ?? EMPTY) : Buffer.concat(kept);
    this.#send(stream, data);
    if (this.#keptBytes > MAX_KEPT_BYTES) this.#letGo();
  }

  #send(stream: ClientHttp2Stream, data: Buffer): void {
    if (stream.destroyed || stream.writableEnded) return;
    if (!this.requestEnded && data.length > 0 && stream.writableLength > 0) {
      this.#waiting ??= new WaitingBytes();
      if (this.#waiting.add(data)) return;
    }
    this.#sendWaiting(stream);
    if (this.requestEnded) stream.end(data.length > 0 ? data : undefined);
    else if (data.length > 0) stream.write(data, this.#written);
  }

  #sendWaiting(stream: ClientHttp2Stream): void {
    if (this.#waiting !== undefined && this.#waiting.length > 0) stream.write(this.#waiting.take(), this.#written);
  }

  readonly #written = (): void => {
    const stream = this.#stream;
    if (this.#over || stream === undefined || stream.writableLength > 0) return;
    if (!stream.destroyed && !stream.writableEnded) this.#sendWaiting(stream);
    if (stream.writableLength === 0) this.#keeper.requestFlushed(this);
  };

  #listen(stream: ClientHttp2Stream, session: UpstreamSession): void {
    stream.on('error', ignore);
    stream.on('wantTrailers', () => stream.sendTrailers(this.#trailers ?? {}));
    stream.on('headers', (_headers: unknown, _flags: number, fields: unknown) => this.#head(fields, true, true));
    stream.on('response', (_headers: unknown, flags: number, fields: unknown) => this.#head(fields, (flags & NGHTTP2_FLAG_END_STREAM) === 0, false));
    stream.on('trailers', (_headers: unknown, _flags: number, fields: unknown) => {
      const lines = trailerText(listOf(fields));
      if (typeof lines === 'string') this.#intake.trailers(lines);
      else this.#refuse(lines);
    });
    stream.on('data', (piece: Buffer) => {
      if (this.#over) return;
      if (!this.#intake.data(piece)) return this.#refuse({ kind: 'malformed', reason: 'more data than content-length says' });
      this.#enqueue();
    });
    stream.on('end', () => this.#ended(stream));
    stream.on('close', () => this.#closed(stream, session));
  }

  #head(fields: unknown, hasBody: boolean, isInterim: boolean): void {
    if (this.#over) return;
    this.#answered = true;
    this.#letGo();
    const response = responseText(listOf(fields), hasBody, this.#isHead);
    if (response.kind === 'malformed') return this.#refuse(response);
    this.#intake.head(response.text, response.framing, response.length, !isInterim);
    this.#enqueue();
  }

  /** Node ends what can be read of a stream that was reset, too. */
  #ended(stream: ClientHttp2Stream): void {
    if (this.#over || !this.#answered || stream.rstCode !== NGHTTP2_NO_ERROR || stream.aborted) return;
    this.#isEnded = true;
    if (!this.#intake.end()) return this.#refuse({ kind: 'malformed', reason: 'less data than content-length says' });
    this.#enqueue();
  }

  #enqueue(): void {
    if (this.#intake.queued) return;
    this.#intake.queued = true;
    this.#upstream.queue.add(this);
  }

  #closed(stream: ClientHttp2Stream, session: UpstreamSession): void {
    session.released();
    if (this.#over || this.#stream !== stream) return;
    if (stream.rstCode === NGHTTP2_REFUSED_STREAM && this.#kept !== undefined && this.#refusals < MAX_REFUSALS) return this.#again();
    // After an orderly end what is left is on its way to the owner.
    if (this.#isEnded) return;
    this.#fail(new Error(`the upstream ended the stream with code ${stream.rstCode}`));
  }

  #again(): void {
    this.#refusals += 1;
    this.#stream = undefined;
    // It is among what is kept.
    this.#waiting = undefined;
    this.#join();
  }

  #refuse({ reason }: Malformed): void {
    const stream = this.#stream;
    this.#fail(new Error(`the upstream's response is not valid: ${reason}`));
    if (stream !== undefined) this.#giveUp(stream, NGHTTP2_PROTOCOL_ERROR);
  }

  /** A request that is not complete must not look so. */
  #giveUp(stream: ClientHttp2Stream, code: number): void {
    if (this.requestEnded) stream.close(code);
    else abandonStream(stream);
  }

  #fail(cause: Error | undefined): void {
    if (this.#over) return;
    this.#over = true;
    this.#keeper.callLost(this, cause);
  }
}

function listOf(fields: unknown): readonly string[] {
  return Array.isArray(fields) ? fields : [];
}

function ignore(): void {}
