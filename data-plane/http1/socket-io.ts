/**
 * The wire engine's contact with sockets: by Node's documented API all of them, or plain TCP by its handles (handle-io.ts)
 * and the rest by the documented API. By that, accepted sockets give data events, upstream sockets read into one shared
 * buffer (`onread`). Owners can't tell which it is.
 */
import { connect as connectTcp, createServer, isIPv6, type Server, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { HandleIo } from './handle-io.ts';
import { UpstreamTlsSockets, type TlsTarget } from './upstream-tls.ts';
import { WaitingBytes } from './waiting-bytes.ts';
import type { AcceptedSocket, SocketIoKind, SocketOwner, WireSocket } from './wire-socket.ts';

const READ_BUFFER_BYTES = 65_536;
const BACKLOG = 4_096;
const NOTHING = Buffer.alloc(0);
const HTTP1 = ['http/1.1'];

class NetSocket implements WireSocket {
  readonly #socket: Socket;
  readonly #owner: SocketOwner;
  readonly #defect: (thrown: unknown) => void;
  readonly #isTls: boolean;
  #closed = false;
  #paused = false;
  #awaitsFlush = false;
  #cause: Error | undefined;
  /** Behind writes that are under way. */
  #waiting: WaitingBytes | undefined;
  /** Nothing can be written any more. */
  #isBroken = false;
  #ending = false;

  constructor(socket: Socket, owner: SocketOwner, defect: (thrown: unknown) => void) {
    this.#socket = socket;
    this.#owner = owner;
    this.#defect = defect;
    this.#isTls = socket instanceof TLSSocket;
    socket.on('error', (error) => (this.#cause = error));
    socket.on('end', () => {
      if (this.#closed) return;
      // After an error the end is no orderly one: `lost` says why.
      if (this.#isBroken || this.#cause !== undefined) socket.destroy();
      else this.#guard(() => owner.ended());
    });
    socket.on('close', () => {
      if (this.#closed) return;
      this.#closed = true;
      this.#guard(() => owner.lost(this.#cause));
    });
  }

  /**
   * An upstream that takes nothing more may have said why (RFC 9112 §9.6). Node would drop the socket with what was not read of
   * that; so a failed write is not reported to the stream, and reading goes on up to the end that follows.
   */
  readOnAfterWriteErrors(): void {
    const socket = this.#socket;
    const write = socket._write.bind(socket);
    const writev = socket._writev?.bind(socket);
    const told = (callback: (error?: Error | null) => void) => (error?: Error | null) => {
      if (!(error instanceof Error) || this.#closed || socket.isPaused() || socket.readableEnded) return callback(error);
      this.#isBroken = true;
      this.#cause = error;
    };
    socket._write = (chunk, encoding, callback) => write(chunk, encoding, told(callback));
    if (writev !== undefined) socket._writev = (chunks, callback) => writev(chunks, told(callback));
  }

  run(step: () => void): void {
    if (!this.#closed) this.#guard(step);
  }

  /** Hands bytes to the owner. A defect of ours that shows there costs this connection, not the thread with all its others. */
  deliver(buffer: Buffer, start: number, end: number): void {
    if (this.#closed) return;
    try {
      this.#owner.received(buffer, start, end);
    } catch (thrown) {
      this.#fail(thrown);
    }
  }

  #guard(step: () => void): void {
    try {
      step();
    } catch (thrown) {
      this.#fail(thrown);
    }
  }

  get unsentBytes(): number {
    return this.#isBroken ? 0 : this.#socket.writableLength + (this.#waiting?.length ?? 0);
  }

  get usable(): boolean {
    return !this.#closed && !this.#isBroken && !this.#ending && this.#socket.writable && !this.#socket.readableEnded;
  }

  write(bytes: Buffer): boolean {
    if (this.#closed || this.#isBroken) return true;
    if (this.#awaitsFlush) {
      this.#waiting ??= new WaitingBytes();
      if (this.#waiting.add(bytes)) return false;
      this.#sendWaiting();
    }
    if (this.#isTls) return this.#writeTls(bytes);
    this.#socket.write(bytes);
    if (this.#socket.writableLength === 0) return true;
    if (!this.#awaitsFlush) {
      this.#awaitsFlush = true;
      this.#notifyFlush();
    }
    return false;
  }

  /** TLS never says at once that it has the bytes: a copy costs less than to keep the caller's memory and to ask with a write of its own. */
  #writeTls(bytes: Buffer): boolean {
    this.#awaitsFlush = true;
    this.#socket.write(Buffer.from(bytes), this.#written);
    return true;
  }

  readonly #written = (): void => {
    if (this.#closed) return;
    if (this.#waiting !== undefined && this.#waiting.length > 0) return void this.#socket.write(this.#waiting.take(), this.#written);
    if (this.#socket.writableLength > 0) return;
    this.#awaitsFlush = false;
    this.#guard(() => this.#owner.flushed());
  };

  #sendWaiting(): void {
    if (this.#waiting !== undefined && this.#waiting.length > 0) this.#socket.write(this.#waiting.take());
  }

  /** An empty write is queued behind all others, so its end is theirs. */
  #notifyFlush(): void {
    this.#socket.write(NOTHING, () => {
      if (this.#closed) return;
      this.#sendWaiting();
      if (this.#socket.writableLength > 0) return this.#notifyFlush();
      this.#awaitsFlush = false;
      this.#guard(() => this.#owner.flushed());
    });
  }

  #fail(thrown: unknown): void {
    this.#defect(thrown);
    if (this.#closed) return;
    this.destroy();
    this.#owner.lost(undefined);
  }

  pause(): void {
    if (this.#paused || this.#closed) return;
    this.#paused = true;
    this.#socket.pause();
    if (this.#isBroken) this.#socket.destroy();
  }

  resume(): void {
    if (!this.#paused || this.#closed) return;
    this.#paused = false;
    this.#socket.resume();
  }

  end(): void {
    if (this.#closed || this.#ending) return;
    this.#sendWaiting();
    this.#ending = true;
    if (this.#isTls || this.#socket.writableLength === 0) this.#socket.end();
    else this.#endBehindAll();
  }

  /** Until an end is done nothing can reset the connection: so it is begun when there is nothing left for it to wait for. */
  #endBehindAll(): void {
    this.#socket.write(NOTHING, () => {
      if (this.#closed) return;
      if (this.unsentBytes > 0) this.#endBehindAll();
      else this.#socket.end();
    });
  }

  destroy(): void {
    this.#closed = true;
    this.#socket.destroy();
  }

  reset(): void {
    this.#closed = true;
    // TLS has no reset of its own; what ends without a goodbye is an error to it.
    if (this.#isTls) this.#socket.destroy();
    else resetSocket(this.#socket);
  }
}

/** During an end libuv refuses a reset, and Node could not close the socket's handle any more: it would stay, with its descriptor. */
export function resetSocket(socket: Socket): void {
  if (socket.writableEnded && !socket.writableFinished && !socket.destroyed) socket.once('finish', () => socket.resetAndDestroy());
  else socket.resetAndDestroy();
}

class AcceptedNetSocket implements AcceptedSocket {
  readonly #socket: Socket;
  readonly #io: SocketIo;

  constructor(socket: Socket, io: SocketIo) {
    this.#socket = socket;
    this.#io = io;
  }

  get peerAddress(): string {
    return this.#socket.remoteAddress ?? '';
  }

  get peerPort(): number {
    return this.#socket.remotePort ?? 0;
  }

  get localAddress(): string {
    return this.#socket.localAddress ?? '';
  }

  get localPort(): number {
    return this.#socket.localPort ?? 0;
  }

  adopt(owner: SocketOwner): WireSocket {
    return this.#io.adopt(this.#socket, owner);
  }

  dismiss(lastWords: Buffer): void {
    const socket = this.#socket;
    socket.on('error', () => undefined);
    socket.end(lastWords, () => socket.destroy());
  }
}

export interface ConnectOptions {
  readonly address: string;
  readonly port: number;
  readonly tls: TlsTarget | undefined;
  /** What is spoken behind TLS (ALPN); `http/1.1` where left out. */
  readonly protocols?: readonly string[];
  /** Sent as the connection stands, before TLS: a PROXY protocol header. */
  readonly firstBytes?: Buffer;
}

/** All sockets of one proxy. */
export class SocketIo {
  readonly tls = new UpstreamTlsSockets();
  readonly #readBuffer = Buffer.allocUnsafeSlow(READ_BUFFER_BYTES);
  readonly #defect: (thrown: unknown) => void;
  readonly #handles: HandleIo | undefined;

  /** `defect` is told of exceptions that owners let through. For `handle`, the check in handle-check.ts must have passed. */
  constructor(defect: (thrown: unknown) => void, kind: SocketIoKind) {
    this.#defect = defect;
    this.#handles = kind === 'handle' ? HandleIo.open(defect) : undefined;
  }

  /** A listener for connections that need nothing done before their first byte is read; not listening yet. */
  createPlainListener(accepted: (socket: AcceptedSocket) => void): Server {
    const server = this.createListener((socket) => accepted(new AcceptedNetSocket(socket, this)));
    // Before any connection: listeners are told of the port before the first event of the loop.
    if (this.#handles !== undefined) server.once('listening', () => this.#handles?.takeOver(server, accepted));
    return server;
  }

  /** A listener; not listening yet. `accepted` takes over each socket, which says nothing until it is given an owner. */
  createListener(accepted: (socket: Socket) => void): Server {
    return createServer({ noDelay: true, allowHalfOpen: true }, accepted);
  }

  listen(server: Server, where: { readonly host: string; readonly port: number; readonly reusePort: boolean; readonly ipv6Only?: boolean }): Promise<number> {
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen({ ...where, backlog: BACKLOG }, () => {
        server.off('error', reject);
        const address = server.address();
        resolve(typeof address === 'object' && address !== null ? address.port : where.port);
      });
    });
  }

  /** Gives an accepted socket its owner; one of TLS when its handshake is done. */
  adopt(socket: Socket, owner: SocketOwner): WireSocket {
    const byHandle = socket instanceof TLSSocket ? this.#handles?.adoptTls(socket, owner) : undefined;
    return byHandle ?? this.#adoptNet(socket, owner);
  }

  #adoptNet(socket: Socket, owner: SocketOwner): WireSocket {
    const wire = new NetSocket(socket, owner, this.#defect);
    socket.on('data', (bytes: Buffer) => wire.deliver(bytes, 0, bytes.length));
    return wire;
  }

  /** Connects; `connected` is called once, or else the owner's `lost`. */
  connect(options: ConnectOptions, owner: SocketOwner, connected: () => void): WireSocket {
    const { tls, firstBytes } = options;
    if (tls !== undefined && firstBytes !== undefined) return this.#connectTlsBehind(firstBytes, tls, options, owner, connected);
    const begin = (): void => {
      if (firstBytes !== undefined) wire.write(firstBytes);
      connected();
    };
    const wire = this.#handles === undefined || tls !== undefined ? this.#connectNet(options, owner, begin) : this.#handles.connect({ address: options.address, isIPv6: isIPv6(options.address), port: options.port }, owner, begin);
    return wire;
  }

  #connectNet(options: ConnectOptions, owner: SocketOwner, connected: () => void): NetSocket {
    const buffer = this.#readBuffer;
    const common = {
      host: options.address,
      port: options.port,
      // As by handles: a target that ends its side may go on reading, and who owns the connection ends the other.
      allowHalfOpen: true,
      onread: {
        buffer,
        callback: (length: number) => {
          wire.deliver(buffer, 0, length);
          return true;
        },
      },
    };
    const begin = (): void => wire.run(connected);
    const socket = options.tls === undefined ? connectTcp({ ...common, noDelay: true }, begin) : this.tls.connect(options.tls, options.protocols ?? HTTP1, common, begin);
    const wire = new NetSocket(socket, owner, this.#defect);
    wire.readOnAfterWriteErrors();
    socket.resume();
    return wire;
  }

  /** Node reads into a buffer of ours only where it connects TLS itself. */
  #connectTlsBehind(firstBytes: Buffer, tls: TlsTarget, { address, port, protocols = HTTP1 }: ConnectOptions, owner: SocketOwner, connected: () => void): WireSocket {
    const plain = connectTcp({ host: address, port, noDelay: true, allowHalfOpen: true });
    plain.write(firstBytes);
    const wire: WireSocket = this.#adoptNet(this.tls.connect(tls, protocols, { socket: plain, host: address, port }, () => wire.run(connected)), owner);
    return wire;
  }
}
