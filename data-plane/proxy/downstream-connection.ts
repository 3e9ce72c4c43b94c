/**
 * One client connection: cuts the bytes that come into requests, gives each its life, one after the other (so pipelined
 * requests are answered in order), and keeps to its timeouts. It stops reading whenever nobody wants what would come (R5).
 */
import { CR, LF } from '../http1/byte-classes.ts';
import type { ConnectionFacts } from '../http1/connection-facts.ts';
import { NEVER, type Timed } from '../http1/deadlines.ts';
import { FAULTS, type Fault } from '../http1/faults.ts';
import { parseRequestHead } from '../http1/head-parser.ts';
import { EMPTY, type RequestHead } from '../http1/message-head.ts';
import { Http1RequestView } from '../http1/request-view.ts';
import { looksLikeHttp2 } from '../http2/preface.ts';
import { WireDuplex } from '../http2/wire-duplex.ts';
import type { SocketOwner, WireSocket } from '../http1/wire-socket.ts';
import { failureOf, NOT_UPSTREAM } from '../telemetry/request-recorder.ts';
import { BodyPace } from './body-pace.ts';
import type { ClientSide, RequestEvents } from './client-side.ts';
import { Exchange } from './exchange.ts';
import { UsualLines } from './forwarded-headers.ts';
import { refusalResponse } from './generated-response.ts';
import type { ProxyCore } from './proxy-core.ts';
import { RequestLife } from './request-life.ts';
import { Tunnel, type TunnelOptions } from './tunnel.ts';
import { connectionLine, writeGenerated } from './write-response.ts';

/** Of a body that nobody wants at the moment so much is read all the same, to see whether its client is still there. */
const MAX_LOOKED_AT_BYTES = 262_144;

type State =
  | 'open'
  /** Its bytes are for a tunnel, or for HTTP/2. */
  | 'handed-over'
  /** Everything is said; what the client still sends is dropped until it closes, so that it gets to read our last answer. */
  | 'lingering'
  | 'closed';

export class DownstreamConnection implements SocketOwner, Timed, ClientSide {
  deadlineMs = NEVER;
  readonly facts: ConnectionFacts;
  readonly peerIsTrusted: boolean;
  readonly usualLines = new UsualLines();
  readonly #core: ProxyCore;
  readonly #socket: WireSocket;
  readonly #closed: (connection: DownstreamConnection) => void;
  readonly #heldBlocks: Buffer[] = [];
  #state: State = 'open';
  #life: RequestEvents | undefined;
  /** Bytes that came and were not used yet: [#at, #end) of #bytes. */
  #bytes: Buffer = EMPTY;
  #at = 0;
  #end = 0;
  /** A head whose end has not come yet. */
  #head: RequestHead | undefined;
  #headSinceMs = 0;
  /** An empty line was let pass before the request that comes next. */
  #hasSkippedLine = false;
  /** The client will send nothing more. */
  #clientEnded = false;
  /** What is there is the beginning of something: more is needed to use it. */
  #starved = false;
  #working = false;
  /** Gave way to other connections; works on in the next turn. */
  #yielded = false;
  #waitDeadlineMs = NEVER;
  #sendDeadlineMs = NEVER;
  /** Bytes handed to the socket; how many of them the kernel had when the send deadline was set; how many it was when the client ended. */
  #handedBytes = 0;
  #takenBytes = 0;
  #handedBefore = 0;
  /** Bytes that wait for this client, as counted among all. */
  #unsentNoted = 0;
  readonly #pace: BodyPace;
  /** The client turned out to speak HTTP/2, or was upgraded: all that the socket says is for this one. */
  #successor: SocketOwner | undefined;
  #tunnel: Tunnel | undefined;

  /** `adopt` gives the socket its owner; `closed` is called once, whoever ends the connection. */
  constructor(core: ProxyCore, facts: ConnectionFacts, adopt: (owner: SocketOwner) => WireSocket, closed: (connection: DownstreamConnection) => void) {
    this.#core = core;
    this.#closed = closed;
    this.facts = facts;
    this.#pace = new BodyPace(core.limits);
    this.peerIsTrusted = core.trusted.includes(facts.peerAddress);
    this.#socket = adopt(this);
    core.deadlines.watch(this);
    this.#armDeadline();
  }

  get unsentBytes(): number {
    return this.#socket.unsentBytes;
  }

  /** The listener has closed: an idle connection may go soon. */
  listenerClosed(): void {
    this.#tunnel?.drain();
    this.#armDeadline();
  }

  /** Cuts the connection and ends what runs on it. */
  destroy(): void {
    if (this.#state === 'closed') return;
    this.#abandon();
    this.#socket.destroy();
  }

  received(buffer: Buffer, start: number, end: number): void {
    if (this.#state !== 'open') return this.#successor?.received(buffer, start, end);
    this.#starved = false;
    if (this.#at === this.#end) {
      this.#bytes = buffer;
      this.#at = start;
      this.#end = end;
    } else {
      this.#bytes = Buffer.concat([this.#bytes.subarray(this.#at, this.#end), buffer.subarray(start, end)]);
      this.#at = 0;
      this.#end = this.#bytes.length;
    }
    this.#work();
    this.#keepRest(buffer);
  }

  /** What was not used yet is copied: the memory of a read is ours during `received` alone. */
  #keepRest(buffer: Buffer): void {
    if (this.#bytes !== buffer) return;
    this.#bytes = Buffer.from(buffer.subarray(this.#at, this.#end));
    this.#end -= this.#at;
    this.#at = 0;
  }

  flushed(): void {
    if (this.#successor !== undefined) return this.#successor.flushed();
    this.#core.out.giveBack(this.#heldBlocks);
    this.#noteUnsent();
    this.#sendDeadlineMs = NEVER;
    this.#life?.clientFlushed();
    this.#work();
  }

  /**
   * A client that ends its side may only have nothing more to say, or may be gone: that can't be told apart. So what is
   * complete is answered, as long as the answer makes progress.
   */
  ended(): void {
    if (this.#successor !== undefined) return this.#successor.ended();
    this.#clientEnded = true;
    if (this.#state === 'lingering' && this.#socket.unsentBytes > 0) return;
    if (this.#state !== 'open' || (this.#life !== undefined && !this.#life.bodyComplete)) return this.destroy();
    this.#allowForAnswer();
    this.#work();
  }

  #allowForAnswer(): void {
    this.#handedBefore = this.#handedBytes;
    this.#waitDeadlineMs = this.#core.deadlines.in(this.#core.limits.abandonedAfterMs);
    this.#armDeadline();
  }

  lost(cause: Error | undefined): void {
    if (this.#successor !== undefined) return this.#successor.lost(cause);
    this.#abandon();
  }

  /** Ends the request that is under way, with this answer if none has begun. */
  refuse(fault: Fault): void {
    this.#life?.bodyFailed(fault);
  }

  deadlinePassed(): void {
    if (this.#sendDeadlineMs <= this.#waitDeadlineMs) {
      if (this.#handedBytes - this.#socket.unsentBytes > this.#takenBytes) {
        // Slow, but it takes something.
        this.#sendDeadlineMs = NEVER;
        return this.#armDeadline();
      }
    } else if (this.#state === 'open') {
      this.#waitDeadlineMs = NEVER;
      // What waits to be taken by a client that is gone brings a reset; by a slow one it is the send timeout's business.
      if (this.#clientEnded && (this.#handedBytes > this.#handedBefore || this.#socket.unsentBytes > 0)) return this.#allowForAnswer();
      if (this.#clientEnded) return this.destroy();
      if (this.#life !== undefined) return this.#life.isAwaitingBody ? this.#life.bodyFailed(FAULTS.bodyTimeout) : this.#look();
      if (this.#head !== undefined) return this.#refuseHead(this.#head, FAULTS.headTimeout);
    }
    this.destroy();
  }

  sendOutgoing(): void {
    this.#handedBytes += this.#core.out.length;
    this.#core.out.sendTo(this.#socket, this.#heldBlocks);
    if (this.#socket.unsentBytes === 0) return;
    this.#noteUnsent();
    this.#armDeadline();
  }

  /** What waits for this client counts among what waits for all. */
  #noteUnsent(): void {
    const unsent = this.#state === 'closed' ? 0 : this.#socket.unsentBytes;
    this.#core.memory.bufferedBytes += unsent - this.#unsentNoted;
    this.#unsentNoted = unsent;
  }

  /**
   * While nobody wants its body a client could be gone without a word. A write of nothing fails where it has reset the
   * connection; reading on for a little shows where it has ended it.
   */
  #look(): void {
    // A stream of an HTTP/2 connection is told of its end.
    if (!this.facts.isHttp2) this.#socket.write(EMPTY);
    if (this.#state !== 'open') return;
    if (this.#end - this.#at < MAX_LOOKED_AT_BYTES) this.#socket.resume();
    this.#armDeadline();
  }

  beginTunnel(upstream: WireSocket, options: Pick<TunnelOptions, 'idleTimeoutMs' | 'isWebSocket' | 'judge' | 'ended'>): Tunnel {
    const { out, deadlines, limits, closing } = this.#core;
    const tunnel = new Tunnel(this.#socket, upstream, { out, deadlines, goodbyeTimeoutMs: limits.tunnelGoodbyeMs, ...options });
    this.#state = 'handed-over';
    this.#tunnel = tunnel;
    this.#successor = tunnel.client;
    this.deadlineMs = NEVER;
    if (this.#at < this.#end) tunnel.client.received(this.#bytes, this.#at, this.#end);
    this.#bytes = EMPTY;
    this.#at = 0;
    this.#end = 0;
    if (this.#clientEnded) tunnel.client.ended();
    if (closing) tunnel.drain();
    return tunnel;
  }

  bodyDemandChanged(): void {
    this.#work();
  }

  requestEnded(close: boolean): void {
    this.#life = undefined;
    if (close) this.#linger();
    this.#work();
  }

  cut(byReset: boolean): void {
    this.#life = undefined;
    this.#abandon();
    if (byReset) this.#socket.reset();
    else this.#socket.destroy();
  }

  /** Uses the bytes that are there, as far as somebody wants them. Steps may call it again; then the loop that runs goes on. */
  #work(): void {
    if (this.#working) return;
    this.#working = true;
    let begun = 0;
    while (this.#state === 'open' && this.#at < this.#end && !this.#yielded) {
      if (this.#life !== undefined) {
        if (!this.#passBodyOn(this.#life)) break;
      } else if (this.#socket.unsentBytes > 0) break;
      else if (begun === this.#core.limits.maxPipelinedPerTurn) this.#yield();
      else {
        begun += 1;
        if (!this.#takeHead()) break;
      }
    }
    this.#working = false;
    if (this.#at === this.#end) this.#bytes = EMPTY;
    if (this.#clientEnded && this.#state === 'open' && this.#life === undefined && !this.#yielded && (this.#at === this.#end || this.#starved)) return this.#finish();
    this.#chooseReading();
    this.#armDeadline();
  }

  /** All that a client had to say that has ended is answered. */
  #finish(): void {
    if (this.#socket.unsentBytes > 0) this.#linger();
    else this.destroy();
  }

  #yield(): void {
    this.#yielded = true;
    setImmediate(() => {
      this.#yielded = false;
      this.#socket.run(() => this.#work());
    });
  }

  /** False where the body is complete (what follows is the next request) or not wanted now. */
  #passBodyOn(life: RequestEvents): boolean {
    if (life.bodyComplete || !life.wantsBody) return false;
    const behind = life.bodyArrived(this.#bytes, this.#at, this.#end);
    if (this.#state === 'open') this.#at = behind;
    return true;
  }

  /** Parses a head and begins its request; false where more bytes are needed or there is none. */
  #takeHead(): boolean {
    if (this.#head === undefined && !this.#skipEmptyLine()) return false;
    const head = this.#head ?? this.#core.heads.take();
    // A head that was cut by the end of a read has been moved to the beginning of a larger buffer, once.
    if (this.#head === undefined || head.start !== this.#at) head.begin(this.#at);
    switch (parseRequestHead(head, this.#bytes, this.#end, this.#core.limits)) {
      case 'refused':
        if (head.fault === FAULTS.version && this.#mayBeHttp2(head)) return false;
        this.#refuseHead(head, head.fault ?? FAULTS.requestLine);
        return false;
      case 'incomplete':
        if (this.#head === undefined) {
          this.#head = head;
          this.#headSinceMs = this.#core.clock.monotonicMs();
          this.#waitDeadlineMs = this.#core.deadlines.in(this.#core.limits.headTimeoutMs);
        }
        this.#starved = true;
        return false;
      case 'complete':
        this.#head = undefined;
        this.#at = head.end;
        this.#beginRequest(head);
        return true;
    }
  }

  /** HTTP/2 with prior knowledge begins with what looks like a request of that version. True where it is for HTTP/2, or may be. */
  #mayBeHttp2(head: RequestHead): boolean {
    const { http2, heads } = this.#core;
    if (http2 === undefined || this.facts.tls !== undefined || this.facts.isHttp2 || this.#handedBytes > 0) return false;
    const looks = looksLikeHttp2(this.#bytes.subarray(this.#at, this.#end));
    if (looks === 'no') return false;
    if (looks === 'more') {
      this.#head = head;
      this.#headSinceMs = this.#core.clock.monotonicMs();
      this.#waitDeadlineMs = this.#core.deadlines.in(this.#core.limits.headTimeoutMs);
      this.#starved = true;
      return true;
    }
    this.#head = undefined;
    heads.giveBack(head);
    const came = Buffer.from(this.#bytes.subarray(this.#at, this.#end));
    const successor = this.#socket.release?.(came) ?? this.#succeededBy(came);
    this.#state = 'handed-over';
    this.deadlineMs = NEVER;
    this.#bytes = EMPTY;
    this.#at = 0;
    this.#end = 0;
    // Until then it counts among the connections, and for its address.
    successor.once('close', () => this.#abandon());
    http2.serve(successor, this.facts, 'counted');
    return true;
  }

  /** The way through this connection: it costs HTTP/2 a third of its time more. */
  #succeededBy(came: Buffer): WireDuplex {
    const successor = new WireDuplex(this.#socket);
    successor.received(came, 0, came.length);
    this.#successor = successor;
    return successor;
  }

  /** RFC 9112 §2.2: one empty line before a request line is let pass. False where it may still be coming. */
  #skipEmptyLine(): boolean {
    if (this.#bytes[this.#at] !== CR || this.#hasSkippedLine) return true;
    if (this.#at + 1 === this.#end) {
      this.#starved = true;
      return false;
    }
    if (this.#bytes[this.#at + 1] === LF) {
      this.#at += 2;
      this.#hasSkippedLine = true;
    }
    return this.#at < this.#end;
  }

  #beginRequest(head: RequestHead): void {
    this.#hasSkippedLine = false;
    head.keep();
    const view = new Http1RequestView(head, this.facts, this.#clientOf(head));
    const life = new RequestLife(new Exchange(this.#core, this, head, view));
    this.#life = life;
    this.#pace.reset();
    // What came of the body together with the head goes on together with it.
    if (this.#at < this.#end) this.#passBodyOn(life);
    life.begin();
  }

  #clientOf(head: RequestHead): string {
    const { peerAddress } = this.facts;
    if (!head.saysForwarded || !this.peerIsTrusted) return peerAddress;
    return this.#core.trusted.clientBehind(peerAddress, head.values('x-forwarded-for'), head.value('x-real-ip'));
  }

  /** Answers what is no request. Nothing after it can be trusted. */
  #refuseHead(head: RequestHead, fault: Fault): void {
    const core = this.#core;
    const nowMs = core.clock.monotonicMs();
    const micros = this.#head === undefined ? 0 : Math.round((nowMs - this.#headSinceMs) * 1_000);
    const bytesIn = this.#end - this.#at;
    const requestId = core.requestIds.next();
    core.counters.countRefusal(fault.code);
    core.log.debug({ event: 'request-refused', code: fault.code, status: fault.status, requestId, peer: this.facts.peerAddress }, fault.message);
    core.out.clear();
    writeGenerated(core.out, refusalResponse(fault, undefined, requestId), {
      product: core.product, date: core.date.now(), requestId, latencyMs: Math.floor(micros / 1_000), isHead: false, connection: connectionLine(1, true), edits: undefined,
    });
    this.#record(fault.status, bytesIn, core.out.length, micros);
    this.sendOutgoing();
    this.#dropHead(head);
    this.#linger();
  }

  #record(status: number, bytesIn: number, bytesOut: number, micros: number): void {
    this.#core.recorder.record('', '', status, bytesIn, bytesOut, micros, NOT_UPSTREAM, micros, undefined, failureOf(status));
    this.#core.counters.endedRequests += 1;
  }

  #dropHead(head: RequestHead): void {
    this.#head = undefined;
    this.#core.heads.giveBack(head);
  }

  #linger(): void {
    if (this.#state !== 'open') return;
    this.#state = 'lingering';
    this.#bytes = EMPTY;
    this.#at = 0;
    this.#end = 0;
    this.#socket.end();
    this.#socket.resume();
    this.#waitDeadlineMs = NEVER;
    this.#armDeadline();
  }

  /** The connection is over, whoever ended it. */
  #abandon(): void {
    if (this.#state === 'closed') return;
    const life = this.#life;
    const head = this.#head;
    this.#state = 'closed';
    this.#noteUnsent();
    this.#life = undefined;
    this.deadlineMs = NEVER;
    this.#core.deadlines.forget(this);
    this.#closed(this);
    life?.clientGone();
    if (head !== undefined) {
      // The beginning of a request was there, so it counts as one (R4).
      this.#record(0, this.#end - this.#at, 0, Math.round((this.#core.clock.monotonicMs() - this.#headSinceMs) * 1_000));
      this.#dropHead(head);
    }
    this.#bytes = EMPTY;
  }

  #chooseReading(): void {
    if (this.#state === 'closed' || this.#state === 'handed-over') return;
    const hasUnused = this.#at < this.#end && !this.#starved;
    const bodyUnwanted = this.#life !== undefined && !this.#life.bodyComplete && !this.#life.wantsBody;
    if (this.#state === 'open' && (hasUnused || bodyUnwanted)) this.#socket.pause();
    else this.#socket.resume();
  }

  #bodyDeadline(life: RequestEvents): number {
    if (life.bodyComplete) return NEVER;
    const { deadlines, limits } = this.#core;
    const nowMs = deadlines.in(0);
    if (life.isAwaitingBody) return Math.min(nowMs + limits.bodyTimeoutMs, this.#pace.deadline(nowMs, life.bodyWireBytes));
    this.#pace.rest(nowMs);
    return life.wantsBody ? NEVER : nowMs + limits.abandonedAfterMs;
  }

  /** What the connection waits for now, and how long it may. */
  #armDeadline(): void {
    if (this.#state === 'closed' || this.#state === 'handed-over') return;
    const { deadlines, limits, closing } = this.#core;
    if (this.#socket.unsentBytes === 0) this.#sendDeadlineMs = NEVER;
    else if (this.#sendDeadlineMs === NEVER) {
      this.#sendDeadlineMs = deadlines.in(limits.sendTimeoutMs);
      this.#takenBytes = this.#handedBytes - this.#socket.unsentBytes;
    }
    if (this.#state === 'lingering') {
      if (this.#waitDeadlineMs === NEVER && this.#socket.unsentBytes === 0) this.#waitDeadlineMs = deadlines.in(limits.lingerTimeoutMs);
    } else if (this.#clientEnded) {
      // Set when it ended.
    } else if (this.#life !== undefined) {
      this.#waitDeadlineMs = this.#bodyDeadline(this.#life);
    } else if (this.#head === undefined) {
      this.#waitDeadlineMs = deadlines.in(closing ? limits.drainIdleTimeoutMs : limits.idleTimeoutMs);
    }
    this.deadlineMs = Math.min(this.#waitDeadlineMs, this.#sendDeadlineMs);
  }
}
