/**
 * Plain TCP by Node's socket handles, without net.Socket and streams: one read call, one write call and no allocation per
 * event; and the bytes of accepted TLS by theirs (tls-handle.ts). The only file, with node-handles.ts, that touches what Node does not document;
 * socket-io.ts does the same by the documented API, and handle-check.ts proves at start that the handles of this Node behave as
 * they are used here.
 *
 * All sockets read into one buffer, which the next read overwrites: hence the contract of `SocketOwner.received`.
 */
import { Socket, type Server } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { getSystemErrorName } from 'node:util';
import { hasConnectionEvent, isTlsHandle, nodeInternals, openInternals, type InternalModules, type Internals, type PeerAddress, type TcpHandle, type TlsHandle, type WritableHandle, type WriteRequest, type Writer } from './node-handles.ts';
import { EMPTY } from './message-head.ts';
import { TlsWire } from './tls-handle.ts';
import { WaitingBytes } from './waiting-bytes.ts';
import type { AcceptedSocket, SocketOwner, WireSocket } from './wire-socket.ts';

const READ_BUFFER_BYTES = 65_536;

export interface HandleConnect {
  readonly address: string;
  readonly isIPv6: boolean;
  readonly port: number;
}

/** The handles of one event loop's sockets. */
export class HandleIo {
  readonly #internals: Internals;
  readonly #readBuffer = Buffer.allocUnsafeSlow(READ_BUFFER_BYTES);
  readonly #defect: (thrown: unknown) => void;
  /** A write that is done at once leaves its request unused: this one is for the next. */
  #spareWrite: WriteRequest | undefined;

  private constructor(internals: Internals, defect: (thrown: unknown) => void) {
    this.#internals = internals;
    this.#defect = defect;
  }

  /** Undefined where this Node does not have what we use. `defect` is told of exceptions that owners let through. */
  static open(defect: (thrown: unknown) => void, modules: InternalModules = nodeInternals): HandleIo | undefined {
    try {
      const internals = openInternals(modules);
      return internals === undefined ? undefined : new HandleIo(internals, defect);
    } catch {
      // Under the permission model, say.
      return undefined;
    }
  }

  /** From now on the connections of a listening server reach `accepted` alone. False where the server's handle is not as we know it. */
  takeOver(server: Server, accepted: (socket: AcceptedSocket) => void): boolean {
    const listening: unknown = Reflect.get(server, '_handle');
    if (!(listening instanceof this.#internals.TCP) || !hasConnectionEvent(listening)) return false;
    const nodes = listening.onconnection;
    listening.onconnection = (status, handle) => {
      // Node tells the server's error listeners.
      if (status !== 0) return Reflect.apply(nodes, listening, [status, handle]);
      try {
        handle.setNoDelay(true);
        accepted(new AcceptedHandle(handle, this));
      } catch (thrown) {
        this.#defect(thrown);
        handle.close();
      }
    };
    return true;
  }

  /** Connects; `connected` is called once, or else the owner's `lost`, neither before this returns. */
  connect({ address, port, isIPv6 }: HandleConnect, owner: SocketOwner, connected: () => void): WireSocket {
    const handle = new this.#internals.TCP(this.#internals.clientKind);
    const wire = this.wrap(handle, owner);
    const request = new this.#internals.TCPConnectWrap();
    const where = `connect`;
    request.oncomplete = (status) => {
      if (status < 0) return wire.lose(systemError(where, status, `${address}:${port}`));
      handle.setNoDelay(true);
      wire.begin();
      wire.run(connected);
    };
    const status = isIPv6 ? handle.connect6(request, address, port) : handle.connect(request, address, port);
    if (status < 0) wire.loseSoon(systemError(where, status, `${address}:${port}`));
    return wire;
  }

  /**
   * Takes over the bytes of a TLS socket whose handshake has just ended, and of which nothing was read. Undefined where that is
   * not so or its handle is not as we know it: nothing has happened to it then.
   */
  adoptTls(socket: TLSSocket, owner: SocketOwner): WireSocket | undefined {
    const handle: unknown = Reflect.get(socket, '_handle');
    const tcp: unknown = Reflect.get(Object(handle), '_parent');
    if (socket.readableLength > 0 || !isTlsHandle(handle) || !this.#isTcp(tcp)) return undefined;
    const { tellDefect, readBuffer } = this;
    const wire: TlsWire = new TlsWire(socket, owner, {
      write: (bytes) => this.write(wire, handle, bytes),
      readStart: () => void handle.readStart(),
      readStop: () => void handle.readStop(),
      get queuedBytes() {
        return tcp.writeQueueSize;
      },
      tellDefect,
      errorOf: (status) => systemError('write', status),
    });
    handle.onread = onTlsReadOf(this, wire, handle.onread);
    handle.useUserBuffer(readBuffer);
    return wire;
  }

  /** Expects a handle that does not read into our buffer yet. */
  release(handle: TcpHandle, first: Buffer): Socket {
    handle.wire = undefined;
    handle.readStop();
    // Node's HTTP/2 hears of its peer's end by the end of its socket.
    const options: object = { handle, allowHalfOpen: false };
    const socket = new Socket(options);
    socket.unshift(first);
    return socket;
  }

  #isTcp(handle: unknown): handle is TcpHandle {
    return handle instanceof this.#internals.TCP;
  }

  wrap(handle: TcpHandle, owner: SocketOwner): HandleSocket {
    const wire = new HandleSocket(handle, owner, this);
    handle.wire = wire;
    this.readIntoOurs(handle);
    return wire;
  }

  /**
   * The same, but the first read has memory of its own: a handle that has read into our buffer never again tells whoever reads
   * below us that the connection has ended.
   */
  wrapUnread(handle: TcpHandle, owner: SocketOwner): HandleSocket {
    const wire = new HandleSocket(handle, owner, this);
    handle.wire = wire;
    handle.onread = this.#onFirstRead;
    return wire;
  }

  readIntoOurs(handle: TcpHandle): void {
    handle.onread = this.#onRead;
    handle.useUserBuffer(this.#readBuffer);
  }

  readonly #onRead = onReadOf(this);
  readonly #onFirstRead = onFirstReadOf(this);

  get readBuffer(): Buffer {
    return this.#readBuffer;
  }

  /** Bytes of the read that is reported now; negative: why there are none. */
  get readResult(): number {
    return this.#internals.state[this.#internals.readResult] ?? 0;
  }

  readonly tellDefect = (thrown: unknown): void => {
    this.#defect(thrown);
  };

  /** 0: all of it is with the kernel. 1: it is under way. Negative: the connection is broken. */
  write(wire: Writer, handle: WritableHandle, bytes: Buffer): number {
    const request = this.#spareWrite ?? this.#newWrite();
    this.#spareWrite = request;
    const status = handle.writeBuffer(request, bytes);
    if (status < 0) return status;
    if (this.#internals.state[this.#internals.writeWasAsync] === 0) return 0;
    this.#spareWrite = undefined;
    // TLS tells within the call where the connection below it turns out to be broken.
    if (request.endedAtOnce !== undefined) return Math.min(0, request.endedAtOnce);
    request.wire = wire;
    request.bytes = bytes;
    return 1;
  }

  #newWrite(): WriteRequest {
    const request = new this.#internals.WriteWrap();
    request.oncomplete = onWritten;
    request.wire = undefined;
    request.bytes = undefined;
    request.endedAtOnce = undefined;
    return request;
  }

  shutdown(handle: TcpHandle, done: (status: number) => void): number {
    const request = new this.#internals.ShutdownWrap();
    request.oncomplete = done;
    return handle.shutdown(request);
  }
}

/** Node calls it with the handle as `this`; what it returned would be taken for a new buffer. */
function onReadOf(io: HandleIo): (this: TcpHandle) => void {
  return function onRead(this: TcpHandle): void {
    this.wire?.read(io.readResult);
  };
}

function onFirstReadOf(io: HandleIo): (this: TcpHandle, memory: unknown) => void {
  return function onFirstRead(this: TcpHandle, memory: unknown): void {
    this.wire?.readFirst(memory instanceof ArrayBuffer ? Buffer.from(memory) : EMPTY, io.readResult);
  };
}

/** Ends and errors are the business of the socket's own. */
function onTlsReadOf(io: HandleIo, wire: TlsWire, nodes: TlsHandle['onread']): TlsHandle['onread'] {
  return function onRead(arrayBuffer: unknown): unknown {
    const result = io.readResult;
    return result > 0 ? wire.read(io.readBuffer, result) : Reflect.apply(nodes, this, [arrayBuffer]);
  };
}

function onWritten(this: WriteRequest, status: number): void {
  const { wire } = this;
  this.wire = undefined;
  this.bytes = undefined;
  if (wire === undefined) this.endedAtOnce = status;
  else wire.written(status);
}

const UV_EOF = -4_095;

function systemError(call: string, status: number, detail = ''): Error {
  const code = getSystemErrorName(status);
  return Object.assign(new Error(`${call} ${code}${detail === '' ? '' : ` ${detail}`}`), { code, errno: status, syscall: call });
}

class AcceptedHandle implements AcceptedSocket {
  readonly peerAddress: string;
  readonly peerPort: number;
  readonly localAddress: string;
  readonly localPort: number;
  readonly #handle: TcpHandle;
  readonly #io: HandleIo;

  constructor(handle: TcpHandle, io: HandleIo) {
    this.#handle = handle;
    this.#io = io;
    const peer: PeerAddress = {};
    const local: PeerAddress = {};
    handle.getpeername(peer);
    handle.getsockname(local);
    this.peerAddress = peer.address ?? '';
    this.peerPort = peer.port ?? 0;
    this.localAddress = local.address ?? '';
    this.localPort = local.port ?? 0;
  }

  adopt(owner: SocketOwner): WireSocket {
    const wire = this.#io.wrapUnread(this.#handle, owner);
    wire.begin();
    return wire;
  }

  dismiss(lastWords: Buffer): void {
    const handle = this.#handle;
    const status = this.#io.write(this.#io.wrapUnread(handle, NOBODY), handle, lastWords);
    if (status < 0 || this.#io.shutdown(handle, () => handle.close()) < 0) handle.close();
  }
}

/** Owns what nobody wants to hear of. */
const NOBODY: SocketOwner = { received: () => undefined, flushed: () => undefined, ended: () => undefined, lost: () => undefined };

class HandleSocket implements WireSocket {
  readonly #handle: TcpHandle;
  readonly #owner: SocketOwner;
  readonly #io: HandleIo;
  #closed = false;
  #paused = false;
  /** The owner is being given what came first. */
  #isFirstRead = false;
  /** Writes that the kernel has not taken whole. */
  #writes = 0;
  /** The peer will send nothing more; we said that we won't; and that has reached the peer's side of the kernel. */
  #peerEnded = false;
  #ending = false;
  /** A shutdown was asked for and has not been told to be done. */
  #isShutting = false;
  #isResetDue = false;
  #finished = false;
  #isBroken = false;
  #writeError: Error | undefined;
  /** Behind writes that are under way. */
  #waiting: WaitingBytes | undefined;

  constructor(handle: TcpHandle, owner: SocketOwner, io: HandleIo) {
    this.#handle = handle;
    this.#owner = owner;
    this.#io = io;
  }

  get unsentBytes(): number {
    return this.#writes === 0 || this.#closed || this.#isBroken ? 0 : this.#handle.writeQueueSize + (this.#waiting?.length ?? 0);
  }

  get usable(): boolean {
    return !this.#closed && !this.#isBroken && !this.#ending && !this.#peerEnded;
  }

  /** Reading begins: once, when the connection stands. */
  begin(): void {
    if (!this.#closed && !this.#paused) this.#handle.readStart();
  }

  /** Called for each read with its length or error number. A defect of ours that shows there costs this connection, not the thread with all its others. */
  read(result: number): void {
    this.#read(this.#io.readBuffer, result);
  }

  /** `memory` begins with what was read. */
  readFirst(memory: Buffer, result: number): void {
    if (result === 0) return;
    this.#isFirstRead = true;
    this.#read(memory, result);
    this.#isFirstRead = false;
    if (!this.#closed) this.#io.readIntoOurs(this.#handle);
  }

  #read(buffer: Buffer, result: number): void {
    if (this.#closed || result === 0) return;
    try {
      if (result > 0) this.#owner.received(buffer, 0, result);
      else if (result !== UV_EOF || this.#writeError !== undefined) this.lose(this.#writeError ?? systemError('read', result));
      else {
        this.#peerEnded = true;
        this.#owner.ended();
        this.#closeBothEnded();
      }
    } catch (thrown) {
      this.#fail(thrown);
    }
  }

  write(bytes: Buffer): boolean {
    if (this.#closed || this.#isBroken) return true;
    if (this.#writes > 0) {
      this.#waiting ??= new WaitingBytes();
      if (this.#waiting.add(bytes)) return false;
      this.#sendWaiting();
    }
    return this.#writeNow(bytes);
  }

  #writeNow(bytes: Buffer): boolean {
    const status = this.#io.write(this, this.#handle, bytes);
    if (status === 0) return true;
    if (status < 0) {
      this.#writeFailed(status);
      return true;
    }
    this.#writes += 1;
    return false;
  }

  #sendWaiting(): void {
    if (this.#waiting !== undefined && this.#waiting.length > 0) this.#writeNow(this.#waiting.take());
  }

  /** A write that had to wait has ended. */
  written(status: number): void {
    this.#writes -= 1;
    if (this.#closed) return;
    if (status < 0) return this.#writeFailed(status);
    if (this.#writes === 0) this.#sendWaiting();
    if (this.#writes > 0) return;
    if (this.#ending) this.#shutDown();
    if (!this.#isBroken) this.run(() => this.#owner.flushed());
  }

  pause(): void {
    if (this.#paused || this.#closed) return;
    this.#paused = true;
    this.#handle.readStop();
    if (this.#writeError !== undefined) this.#loseLater(this.#writeError);
  }

  resume(): void {
    if (!this.#paused || this.#closed) return;
    this.#paused = false;
    if (!this.#peerEnded) this.#handle.readStart();
  }

  end(): void {
    if (this.#closed || this.#ending || this.#isBroken) return;
    this.#sendWaiting();
    this.#ending = true;
    if (this.#writes === 0) this.#shutDown();
  }

  /** Only behind all that was written, so that it takes one turn of the loop: until it is done, nothing can reset the connection. */
  #shutDown(): void {
    if (this.#isBroken) return;
    this.#isShutting = true;
    const status = this.#io.shutdown(this.#handle, () => {
      this.#isShutting = false;
      this.#finished = true;
      if (this.#isResetDue) this.#handle.reset();
      this.#closeBothEnded();
    });
    if (status >= 0) return;
    this.#isShutting = false;
    this.loseSoon(systemError('shutdown', status));
  }

  destroy(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#handle.close();
  }

  /** Where libuv refuses a reset, as it does during a shutdown, Node can not close that handle any more: it would stay, with its descriptor. */
  reset(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#isShutting) this.#isResetDue = true;
    else this.#handle.reset();
  }

  run(step: () => void): void {
    if (this.#closed) return;
    try {
      step();
    } catch (thrown) {
      this.#fail(thrown);
    }
  }

  release(first: Buffer): Socket | undefined {
    if (!this.#isFirstRead || !this.usable || this.#paused || this.#writes > 0) return undefined;
    this.#closed = true;
    return this.#io.release(this.#handle, first);
  }

  /** The connection is gone. */
  lose(cause: Error | undefined): void {
    if (this.#closed) return;
    this.destroy();
    try {
      this.#owner.lost(cause);
    } catch (thrown) {
      this.#io.tellDefect(thrown);
    }
  }

  /** A peer that takes nothing more may have said why (RFC 9112 §9.6): what it sent before is read first, up to the end that follows. */
  #writeFailed(status: number): void {
    const cause = systemError('write', status);
    if (this.#paused || this.#peerEnded) return this.loseSoon(cause);
    this.#isBroken = true;
    this.#writeError = cause;
  }

  /** The same, but not while the owner is in the middle of a call. */
  loseSoon(cause: Error): void {
    if (this.#isBroken) return;
    this.#isBroken = true;
    this.#loseLater(cause);
  }

  #loseLater(cause: Error): void {
    process.nextTick(() => this.lose(cause));
  }

  #closeBothEnded(): void {
    if (this.#peerEnded && this.#finished) this.lose(undefined);
  }

  #fail(thrown: unknown): void {
    this.#io.tellDefect(thrown);
    this.lose(undefined);
  }
}
