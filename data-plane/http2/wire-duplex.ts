/**
 * A connection of the HTTP/1 engine as the stream that Node's HTTP/2 wants, for a client that turned out to speak HTTP/2 with
 * prior knowledge (RFC 9113 §3.3). It takes the place of the connection's owner, and begins with the bytes that came already.
 */
import { Duplex } from 'node:stream';
import type { SocketOwner, WireSocket } from '../http1/wire-socket.ts';

export class WireDuplex extends Duplex implements SocketOwner {
  bytesRead = 0;
  bytesWritten = 0;
  readonly #socket: WireSocket;
  #waiting: (() => void) | undefined;

  constructor(socket: WireSocket) {
    super({ allowHalfOpen: true });
    this.#socket = socket;
  }

  received(buffer: Buffer, start: number, end: number): void {
    this.bytesRead += end - start;
    if (!this.push(Buffer.from(buffer.subarray(start, end)))) this.#socket.pause();
  }

  flushed(): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.();
  }

  ended(): void {
    this.push(null);
  }

  lost(cause: Error | undefined): void {
    this.destroy(cause);
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.bytesWritten += chunk.length;
    if (this.#socket.write(chunk)) done();
    else this.#waiting = done;
  }

  override _writev(chunks: { readonly chunk: Buffer }[], done: () => void): void {
    this._write(Buffer.concat(chunks.map(({ chunk }) => chunk)), 'buffer', done);
  }

  override _final(done: () => void): void {
    this.#socket.end();
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }
}
