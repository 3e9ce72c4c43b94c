/**
 * Reads one message body off the bytes that follow its head: knows where it ends (RFC 9112 §6.3) and which ranges of
 * each read belong to it. One per request and one per upstream connection; nothing is copied.
 */
import { ChunkedScanner } from './chunked-scanner.ts';
import { EMPTY } from './message-head.ts';
import { Ranges } from './ranges.ts';

/** `length` includes bodies of known length 0; `close` ends with the connection (responses only). */
export type BodyKind = 'none' | 'length' | 'chunked' | 'close';

export class BodyReader {
  kind: BodyKind = 'none';
  /** True once the last byte was read. A body that ends with the connection is completed by who sees it end. */
  complete = true;
  /** A chunked body whose trailers are kept aside. */
  keepsTrailers = false;
  /** Decoded bytes so far. */
  dataBytes = 0;
  /** What of the last read is to be sent on. */
  readonly ranges = new Ranges();
  #remaining = 0;
  #scanner: ChunkedScanner | undefined;

  beginNone(): void {
    this.#begin('none', true);
  }

  beginLength(bytes: number): void {
    this.#begin('length', bytes === 0);
    this.#remaining = bytes;
  }

  /**
   * With `keepsFraming` the ranges are a chunked body again, without extensions and trailers; else they are the data alone.
   * With `keepsTrailers` the last empty line is left out as well: whoever sends the body on ends it, after `trailers`.
   */
  beginChunked(keepsFraming: boolean, maxExtraBytes: number, keepsTrailers: boolean): void {
    this.#begin('chunked', false);
    this.#scanner ??= new ChunkedScanner();
    this.#scanner.begin(keepsFraming, maxExtraBytes, keepsTrailers);
    this.keepsTrailers = keepsTrailers;
  }

  /** The trailer lines of a complete chunked body, each with its line end; empty where there are none or they are not kept. */
  get trailers(): Buffer {
    return this.keepsTrailers ? (this.#scanner?.trailers ?? EMPTY) : EMPTY;
  }

  beginUntilClose(): void {
    this.#begin('close', false);
  }

  /** Takes what belongs to the body from [start, end) and gives the offset behind it; -1 where a chunk is invalid. */
  read(buffer: Buffer, start: number, end: number): number {
    this.ranges.clear();
    if (this.complete) return start;
    if (this.kind === 'chunked' && this.#scanner !== undefined) {
      const behind = this.#scanner.scan(buffer, start, end, this.ranges);
      this.dataBytes = this.#scanner.dataBytes;
      this.complete = this.#scanner.done;
      return behind;
    }
    const behind = this.kind === 'length' ? Math.min(end, start + this.#remaining) : end;
    if (behind > start) this.ranges.add(start, behind);
    this.dataBytes += behind - start;
    if (this.kind === 'length') {
      this.#remaining -= behind - start;
      this.complete = this.#remaining === 0;
    }
    return behind;
  }

  #begin(kind: BodyKind, complete: boolean): void {
    this.kind = kind;
    this.keepsTrailers = false;
    this.complete = complete;
    this.dataBytes = 0;
    this.ranges.clear();
  }
}
