/**
 * The request's body on its way to the upstream: held until somebody takes it, collected for a plugin, buffered so that a slow
 * client holds no upstream connection, sent on as it comes, or dropped. Called by the life of the request (request-life.ts),
 * which says when. Whatever waits here is bounded; then the client is no longer read (R5).
 */
import { FAULTS, type Fault } from '../http1/faults.ts';
import { MAX_UNSENT_BYTES } from '../http1/wire-socket.ts';
import type { UpstreamConnection } from '../upstreams/upstream-connection.ts';
import type { Exchange } from './exchange.ts';
import type { BodyLimit } from './request-edits.ts';
import { bodyEnding } from './send-request.ts';

/** What happens to body bytes as they come. */
type BodyUse =
  | 'hold'
  /** Held because a plugin wants all of it; because the route buffers requests. */
  | 'collect' | 'buffer'
  | 'send' | 'drop';

export interface RequestRelayEvents {
  /** More of a body that a plugin wants is there. */
  bodyCollected(): void;
  /** The body is complete, or as much of it is there as is buffered. */
  bodyBuffered(): void;
  bodyFailed(fault: Fault): void;
  /** It is longer than a plugin allows. */
  bodyTooLong(limit: BodyLimit): void;
}

export class RequestRelay {
  readonly #exchange: Exchange;
  readonly #events: RequestRelayEvents;
  #use: BodyUse = 'hold';
  #upstream: UpstreamConnection | undefined;
  /** Bytes of this body that count against what all bodies together may hold. */
  #bufferedBytes = 0;

  constructor(exchange: Exchange, events: RequestRelayEvents) {
    this.#exchange = exchange;
    this.#events = events;
  }

  hold(): void {
    this.#use = 'hold';
    this.#upstream = undefined;
  }

  collect(): void {
    this.#use = 'collect';
  }

  /** False where there is nothing to wait for. Otherwise `bodyBuffered` follows. */
  buffer(): boolean {
    if (this.#exchange.body.complete) return false;
    this.#count();
    if (!this.#shouldBuffer()) return false;
    this.#use = 'buffer';
    return true;
  }

  /** From here on to that upstream, which has got what was there. */
  sendTo(upstream: UpstreamConnection): void {
    this.#use = 'send';
    this.#upstream = upstream;
    // What is kept to be sent once more still counts.
    if (this.#bufferedBytes > 0) this.#count();
  }

  drop(): void {
    this.#use = 'drop';
    this.#upstream = undefined;
  }

  /** The request is over, however it ended. */
  release(): void {
    this.#exchange.core.memory.bufferedBytes -= this.#bufferedBytes;
    this.#bufferedBytes = 0;
  }

  get wantsBody(): boolean {
    const { body, core } = this.#exchange;
    switch (this.#use) {
      case 'hold':
        return body.heldBytes < core.limits.maxHeldBodyBytes;
      case 'send':
        return (this.#upstream?.unsentBytes ?? 0) <= MAX_UNSENT_BYTES;
      default:
        return true;
    }
  }

  /** The limit of a plugin that the body breaks, by what is there or by what it said. */
  get brokenLimit(): BodyLimit | undefined {
    const { edits, head, body } = this.#exchange;
    const limit = edits?.bodyLimit;
    return limit !== undefined && Math.max(head.contentLength, body.reader.dataBytes) > limit.maxBytes ? limit : undefined;
  }

  /** A response that has begun gives both sides all the time in which something goes on; the upstream's read timeout bounds that. */
  get isAwaitingBody(): boolean {
    return !this.#exchange.body.complete && this.wantsBody && this.#exchange.status === 0;
  }

  /** A gRPC stream says something when there is something to say. */
  get bodyWireBytes(): number {
    return this.#exchange.isGrpc ? Number.NaN : this.#exchange.body.wireBytes;
  }

  bodyArrived(buffer: Buffer, start: number, end: number): number {
    const { body, core } = this.#exchange;
    const behind = body.read(buffer, start, end);
    if (behind === -1) {
      this.#events.bodyFailed(FAULTS.chunk);
      return end;
    }
    if (core.limits.maxBodyBytes !== undefined && body.reader.dataBytes > core.limits.maxBodyBytes) {
      this.#events.bodyFailed(FAULTS.bodyTooLarge);
      return end;
    }
    const limit = this.brokenLimit;
    if (limit !== undefined && this.#use !== 'drop') {
      this.#events.bodyTooLong(limit);
      return end;
    }
    if (this.#upstream !== undefined) this.#send(this.#upstream, buffer);
    else if (this.#use !== 'drop') body.hold(buffer);
    if (this.#use === 'collect') {
      this.#count();
      this.#events.bodyCollected();
    } else if (this.#use === 'buffer') this.#bufferMore();
    return behind;
  }

  #send(upstream: UpstreamConnection, buffer: Buffer): void {
    const { out } = this.#exchange.core;
    const { ranges, complete } = this.#exchange.body.reader;
    out.clear();
    for (let index = 0; index < ranges.count; index++) out.bytes(buffer, ranges.start(index), ranges.end(index));
    if (complete) out.text(bodyEnding(this.#exchange));
    upstream.sendOutgoing();
    if (complete) upstream.requestEnded();
  }

  #count(): void {
    const { body, core } = this.#exchange;
    core.memory.bufferedBytes += body.heldBytes - this.#bufferedBytes;
    this.#bufferedBytes = body.heldBytes;
  }

  /** What is larger than the bound, or comes while too much is held for others, streams. */
  #shouldBuffer(): boolean {
    const { body, core, head, route, isGrpc } = this.#exchange;
    if (body.complete || route?.requestBuffering !== true || isGrpc) return false;
    const most = core.limits.maxBufferedRequestBytes;
    return head.contentLength <= most && body.heldBytes < most && core.memory.bufferedBytes < core.limits.maxBufferedBytes;
  }

  #bufferMore(): void {
    this.#count();
    if (this.#shouldBuffer()) return;
    this.hold();
    this.#events.bodyBuffered();
  }
}
