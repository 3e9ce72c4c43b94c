/**
 * What an UpstreamConnection holds for its socket where the upstream speaks HTTP/2: room for one request at a time on one of the
 * shared connections. Each request that is written becomes a stream; its response comes back as HTTP/1.1 bytes. A slot is
 * used again as long as a connection has room, so requests don't pay for one of their own.
 */
import type { SocketOwner, WireSocket } from '../http1/wire-socket.ts';
import type { Endpoint } from '../upstreams/endpoint.ts';
import type { Http2Upstream } from './http2-upstream.ts';
import { UpstreamCall, type CallKeeper } from './upstream-call.ts';
import type { SessionWaiter, UpstreamSession } from './upstream-session.ts';

export class UpstreamSlot implements WireSocket, SessionWaiter, CallKeeper {
  readonly #upstream: Http2Upstream;
  readonly #endpoint: Endpoint;
  readonly #owner: SocketOwner;
  #connected: (() => void) | undefined;
  #awaited: UpstreamSession | undefined;
  #call: UpstreamCall | undefined;
  #finishing: UpstreamCall | undefined;
  #closed = false;

  constructor(upstream: Http2Upstream, endpoint: Endpoint, owner: SocketOwner, connected: () => void) {
    this.#upstream = upstream;
    this.#endpoint = endpoint;
    this.#owner = owner;
    this.#connected = connected;
    this.#join();
  }

  #join(): void {
    const session = this.#upstream.session(this.#endpoint);
    this.#awaited = session;
    if (session.isOpen) process.nextTick(() => this.sessionReady());
    else session.wait(this);
  }

  sessionReady(): void {
    const session = this.#awaited;
    if (session === undefined) return;
    // It may allow fewer than were waiting for it.
    if (session.room <= 0) return this.#join();
    this.#awaited = undefined;
    const connected = this.#connected;
    this.#connected = undefined;
    if (connected !== undefined) this.run(connected);
  }

  sessionFailed(cause: Error | undefined): void {
    this.#awaited = undefined;
    this.#lose(cause);
  }

  get unsentBytes(): number {
    return this.#call?.unsentBytes ?? 0;
  }

  get usable(): boolean {
    return !this.#closed && this.#connected === undefined && this.#call === undefined && this.#upstream.standing(this.#endpoint) !== undefined;
  }

  /** Always takes a copy. */
  write(bytes: Buffer): boolean {
    if (this.#closed) return true;
    this.#call ??= new UpstreamCall(this.#upstream, this.#endpoint, this);
    this.#call.write(bytes);
    return true;
  }

  pause(): void {
    this.#call?.pause();
  }

  resume(): void {
    this.#call?.resume();
  }

  /** A request says by itself where it ends. */
  end(): void {}

  destroy(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#connected = undefined;
    this.#awaited?.stopWaiting(this);
    this.#awaited = undefined;
    const call = this.#call;
    this.#call = undefined;
    call?.cancel();
  }

  reset(): void {
    this.destroy();
  }

  run(step: () => void): void {
    if (!this.#closed) this.#guard(step);
  }

  responseBytes(call: UpstreamCall, buffer: Buffer, start: number, end: number): void {
    if (!this.#closed && (this.#call === call || this.#finishing === call)) this.#owner.received(buffer, start, end);
  }

  /** Whoever gets the last bytes of a response may begin the next request. */
  callFinishing(call: UpstreamCall): void {
    if (this.#call !== call || !call.requestEnded) return;
    this.#finishing = call;
    this.#call = undefined;
  }

  requestFlushed(call: UpstreamCall): void {
    if (this.#call === call) this.run(() => this.#owner.flushed());
  }

  callLost(call: UpstreamCall, cause: Error | undefined): void {
    if (this.#call !== call) return;
    this.#call = undefined;
    this.#lose(cause);
  }

  guarded(step: () => void): void {
    this.#guard(step);
  }

  #lose(cause: Error | undefined): void {
    if (this.#closed) return;
    this.#closed = true;
    try {
      this.#owner.lost(cause);
    } catch (thrown) {
      this.#upstream.defect(thrown);
    }
  }

  #guard(step: () => void): void {
    try {
      step();
    } catch (thrown) {
      this.#upstream.defect(thrown);
      if (this.#closed) return;
      this.destroy();
      this.#owner.lost(undefined);
    }
  }
}
