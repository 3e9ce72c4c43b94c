/**
 * TLS of accepted connections past Node's streams: the socket stays Node's, which ends and closes it, but its bytes are read and
 * written by its handle. The stream pays for each message with an object, a copy and an event of its own, all of which 64
 * clients feel. Made by HandleIo.adoptTls (handle-io.ts), which knows the handle; socket-io.ts does the same by the documented API.
 *
 * Node's handle encrypts what it is given before the call returns (or copies it), so the memory is the caller's again at once.
 * It takes one write at a time and says later that the kernel has it, even where that was so at once.
 */
import type { TLSSocket } from 'node:tls';
import { WaitingBytes } from './waiting-bytes.ts';
import { MAX_UNSENT_BYTES, type SocketOwner, type WireSocket } from './wire-socket.ts';

/** How a socket's handle is used here. */
export interface TlsAccess {
  /** 0: done. 1: `written` of this wire follows. Negative: the connection is broken. */
  write(bytes: Buffer): number;
  readStart(): void;
  readStop(): void;
  /** Encrypted bytes that the kernel has not taken. */
  readonly queuedBytes: number;
  tellDefect(thrown: unknown): void;
  errorOf(status: number): Error;
}

const MAX_TOLD_AT_ONCE = MAX_UNSENT_BYTES / 2;

export class TlsWire implements WireSocket {
  readonly #socket: TLSSocket;
  readonly #owner: SocketOwner;
  readonly #access: TlsAccess;
  #closed = false;
  #paused = false;
  #ending = false;
  #peerEnded = false;
  #cause: Error | undefined;
  /** A write is under way, of so many bytes. */
  #isWriting = false;
  #writing = 0;
  /** Behind it. */
  readonly #queue: Buffer[] = [];
  #queuedBytes = 0;
  #waiting: WaitingBytes | undefined;
  /** Something was left behind by a write. */
  #awaitsFlush = false;
  /** What came while nobody wanted it; and that the end came behind it. */
  #held: Buffer[] = [];
  #endHeld = false;

  constructor(socket: TLSSocket, owner: SocketOwner, access: TlsAccess) {
    this.#socket = socket;
    this.#owner = owner;
    this.#access = access;
    socket.on('error', (error) => (this.#cause = error));
    socket.on('end', () => {
      if (this.#cause !== undefined) return void socket.destroy();
      this.#endHeld = true;
      if (!this.#paused) this.#giveHeld();
    });
    socket.on('close', () => {
      if (this.#closed) return;
      this.#closed = true;
      this.#guard(() => owner.lost(this.#cause));
    });
  }

  /** Bytes [0, length) of `buffer` were decrypted. */
  read(buffer: Buffer, length: number): void {
    if (this.#closed) return;
    // Node gives on what came in one read, also where the first of it made us stop.
    if (this.#paused || this.#held.length > 0) this.#held.push(Buffer.from(buffer.subarray(0, length)));
    else this.#receive(buffer, length);
  }

  get unsentBytes(): number {
    if (!this.#isWriting || this.#closed) return 0;
    const { queuedBytes } = this.#access;
    // Of a long write some may not even be encrypted: it is taken when it is said to be.
    const ofThisWrite = queuedBytes === 0 && this.#writing > MAX_TOLD_AT_ONCE ? this.#writing : queuedBytes;
    return ofThisWrite + this.#queuedBytes + (this.#waiting?.length ?? 0);
  }

  get usable(): boolean {
    return !this.#closed && !this.#ending && !this.#peerEnded && this.#cause === undefined && this.#socket.writable;
  }

  write(bytes: Buffer): boolean {
    if (this.#closed || this.#ending || this.#cause !== undefined) return true;
    if (!this.#isWriting) {
      this.#writeNow(bytes);
      return true;
    }
    this.#awaitsFlush = true;
    this.#waiting ??= new WaitingBytes();
    if (this.#waiting.add(bytes)) return true;
    if (this.#waiting.length > 0) this.#enqueue(this.#waiting.take());
    this.#enqueue(bytes);
    return false;
  }

  #enqueue(bytes: Buffer): void {
    this.#queue.push(bytes);
    this.#queuedBytes += bytes.length;
  }

  #writeNow(bytes: Buffer): void {
    const status = this.#access.write(bytes);
    if (status < 0) return this.#writeFailed(status);
    this.#isWriting = status > 0;
    this.#writing = bytes.length;
    if (this.unsentBytes > 0) this.#awaitsFlush = true;
  }

  /** The write that was under way has ended. */
  written(status: number): void {
    this.#isWriting = false;
    if (this.#closed) return;
    if (status < 0) return this.#writeFailed(status);
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      this.#writeNow(next);
      if (this.#isWriting || this.#cause !== undefined) return;
    }
    if (this.#ending) this.#socket.end();
    if (!this.#awaitsFlush) return;
    this.#awaitsFlush = false;
    this.#guard(() => this.#owner.flushed());
  }

  #next(): Buffer | undefined {
    const next = this.#queue.shift();
    if (next === undefined) return this.#waiting !== undefined && this.#waiting.length > 0 ? this.#waiting.take() : undefined;
    this.#queuedBytes -= next.length;
    return next;
  }

  #writeFailed(status: number): void {
    this.#cause = this.#access.errorOf(status);
    this.#socket.destroy(this.#cause);
  }

  pause(): void {
    if (this.#paused || this.#closed) return;
    this.#paused = true;
    this.#access.readStop();
  }

  resume(): void {
    if (!this.#paused || this.#closed) return;
    this.#paused = false;
    if (!this.#peerEnded) this.#access.readStart();
    if (this.#held.length > 0 || this.#endHeld) process.nextTick(() => this.#giveHeld());
  }

  #giveHeld(): void {
    while (!this.#closed && !this.#paused) {
      const bytes = this.#held.shift();
      if (bytes === undefined) break;
      this.#receive(bytes, bytes.length);
    }
    if (this.#closed || this.#paused || !this.#endHeld) return;
    this.#endHeld = false;
    this.#peerEnded = true;
    this.#guard(() => this.#owner.ended());
  }

  end(): void {
    if (this.#closed || this.#ending) return;
    this.#ending = true;
    // What says goodbye must not come before what is under way.
    if (!this.#isWriting) this.#socket.end();
  }

  destroy(): void {
    this.#closed = true;
    this.#socket.destroy();
  }

  /** TLS has no reset of its own; what ends without a goodbye is an error to it. */
  reset(): void {
    this.destroy();
  }

  run(step: () => void): void {
    if (!this.#closed) this.#guard(step);
  }

  /** A defect of ours that shows in the owner costs this connection, not the thread with all its others. */
  #guard(step: () => void): void {
    try {
      step();
    } catch (thrown) {
      this.#fail(thrown);
    }
  }

  #receive(buffer: Buffer, length: number): void {
    try {
      this.#owner.received(buffer, 0, length);
    } catch (thrown) {
      this.#fail(thrown);
    }
  }

  #fail(thrown: unknown): void {
    this.#access.tellDefect(thrown);
    if (this.#closed) return;
    this.destroy();
    this.#owner.lost(undefined);
  }
}
