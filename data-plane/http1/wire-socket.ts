/**
 * A byte stream to one peer as the engine sees it, and what its owner hears of it. What is underneath does not matter to the
 * engine: a TCP socket by Node's documented API (socket-io.ts) or by its handle (handle-io.ts), TLS over one, or one stream of an
 * HTTP/2 connection that is translated to the HTTP/1.1 messages it means (../http2/).
 */
import type { Socket } from 'node:net';

export interface SocketOwner {
  /** Bytes [start, end) of `buffer` have come. The memory is this owner's during the call alone: what is kept is copied. */
  received(buffer: Buffer, start: number, end: number): void;
  /** All that was written is with the kernel; called only where a write left something behind. */
  flushed(): void;
  /** The peer will send nothing more. */
  ended(): void;
  /** The connection is gone, by no doing of ours, and all that the peer had sent before was received. Nothing is called after it. */
  lost(cause: Error | undefined): void;
}

/** `handle`: plain TCP goes by Node's socket handles, everything else by the documented API. */
export type SocketIoKind = 'documented' | 'handle';

/** A connection that was accepted and has no owner yet. Nothing is read from it before `adopt`. */
export interface AcceptedSocket {
  /** As the system says them: an IPv4 peer of an IPv6 listener is `::ffff:…`; '' where it is gone already. */
  readonly peerAddress: string;
  readonly peerPort: number;
  readonly localAddress: string;
  readonly localPort: number;
  /** Called once, or else `dismiss`. */
  adopt(owner: SocketOwner): WireSocket;
  /** Sends these bytes and closes; nobody hears of it any more. */
  dismiss(lastWords: Buffer): void;
}

/** Bytes may wait for a slow peer up to this; then whoever produces them must stop. Two reads' worth. */
export const MAX_UNSENT_BYTES = 131_072;

export interface WireSocket {
  /** Bytes that were written and are not with the kernel yet. */
  readonly unsentBytes: number;
  /** False once destroyed, lost or ended by either side. */
  readonly usable: boolean;
  /**
   * Sends bytes in one system call if the kernel takes them. True: they are with the kernel, and the memory is the caller's
   * again. False: it must not be touched until `flushed`. Does nothing once closed.
   */
  write(bytes: Buffer): boolean;
  pause(): void;
  resume(): void;
  /** Sends what is left and then the end of the stream; reading goes on. */
  end(): void;
  /** Drops the connection. The owner hears nothing more. */
  destroy(): void;
  /** Drops the connection so that the peer sees an error, where an ordinary end would look like a complete message. */
  reset(): void;
  /** Runs a step of the owner's that no event of the socket leads to; nothing once closed. A defect that shows there costs this connection alone. */
  run(step: () => void): void;
  /**
   * Makes the connection a paused socket of Node's that begins with `first`. The owner hears nothing more. Only where there is a
   * way past the owner that costs less; undefined where this connection has none.
   */
  release?(first: Buffer): Socket | undefined;
}
