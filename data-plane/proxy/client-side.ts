/** What the life of a request needs from the client's connection. DownstreamConnection implements it. */
import type { ConnectionFacts } from '../http1/connection-facts.ts';
import type { UsualLines } from './forwarded-headers.ts';
import type { Fault } from '../http1/faults.ts';
import type { WireSocket } from '../http1/wire-socket.ts';
import type { Tunnel, TunnelOptions } from './tunnel.ts';

export interface ClientSide {
  readonly facts: ConnectionFacts;
  /** Its peer's claims about who the client is are believed. */
  readonly peerIsTrusted: boolean;
  /** What its requests say about where they come from. */
  readonly usualLines: UsualLines;
  /** Bytes that the client has not taken yet. */
  readonly unsentBytes: number;
  /** Sends what was put together in the outgoing bytes. */
  sendOutgoing(): void;
  /** Looks again at whether the client's body is wanted now. */
  bodyDemandChanged(): void;
  /** The connection becomes a tunnel to the upstream; bytes that came already are its first. It ends with `cut`. */
  beginTunnel(upstream: WireSocket, options: Pick<TunnelOptions, 'idleTimeoutMs' | 'isWebSocket' | 'judge' | 'ended'>): Tunnel;
  /** The request is over and the response is complete. `close`: the connection takes no further request. */
  requestEnded(close: boolean): void;
  /** The request is over and the response can't be completed. `byReset`: only an error shows the client that something is missing. */
  cut(byReset: boolean): void;
}

/** What a client's connection tells the life of its request. */
export interface RequestEvents {
  /** False: read nothing more of the body for now. */
  readonly wantsBody: boolean;
  readonly bodyComplete: boolean;
  /** The client's silence counts against it; and how many bytes it has sent so far, NaN where it may take all the time it wants for each. */
  readonly isAwaitingBody: boolean;
  readonly bodyWireBytes: number;
  /** Takes body bytes, whose memory is valid during the call, and gives the offset behind those that belong to it. */
  bodyArrived(buffer: Buffer, start: number, end: number): number;
  /** All that was sent to the client is with the kernel, after some of it had to wait. */
  clientFlushed(): void;
  /** The client took too long over its body. */
  bodyFailed(fault: Fault): void;
  /** The client is gone. */
  clientGone(): void;
}
