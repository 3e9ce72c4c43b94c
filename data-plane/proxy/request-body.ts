/**
 * The client's request body on its way: read off the wire, held while nobody takes it, sent on, or dropped. What is held is a
 * copy, because a read's memory is used again at once. The life of a request decides what happens to it.
 */
import { BodyReader } from '../http1/body-reader.ts';
import type { RequestHead } from '../http1/message-head.ts';
import type { PieceMemory } from '../http1/piece-memory.ts';

/** A chunked body may cost this many times its data in framing while it is held. */
const MAX_FRAMING_FACTOR = 8;
/** Pieces are joined beyond this: one of a single byte costs some 500 bytes of memory, and a client decides how small they are. */
const MAX_PIECES = 256;

export class RequestBody {
  readonly reader = new BodyReader();
  /** Pieces as they go upstream, framing included. */
  held: Buffer[] = [];
  heldBytes = 0;
  /** Bytes read off the wire, framing included. */
  wireBytes = 0;
  readonly #memory: PieceMemory;
  #isKept = true;
  /** Pieces themselves were handed to a socket, which may still hold them. */
  #isLent = false;

  constructor(memory: PieceMemory) {
    this.#memory = memory;
  }

  /** With `keepsTrailers` its end is not among the pieces: `ending` of send-request.ts makes it. */
  begin(head: RequestHead, maxExtraBytes: number, keepsTrailers: boolean): void {
    if (head.chunked) this.reader.beginChunked(true, maxExtraBytes, keepsTrailers);
    else if (head.contentLength > 0) this.reader.beginLength(head.contentLength);
    else this.reader.beginNone();
  }

  get complete(): boolean {
    return this.reader.complete;
  }

  /** True while all of the body so far is still held, so that it can be sent again. */
  get isKept(): boolean {
    return this.#isKept;
  }

  /** Reads what belongs to the body and gives the offset behind it; -1 where it is invalid. What is to go on is in `reader.ranges`. */
  read(buffer: Buffer, start: number, end: number): number {
    const behind = this.reader.read(buffer, start, end);
    if (behind !== -1) this.wireBytes += behind - start;
    return behind;
  }

  /** Holds what the last read brought. */
  hold(buffer: Buffer): void {
    const { ranges } = this.reader;
    const piece = this.#memory.take(ranges.bytes);
    let at = 0;
    for (let index = 0; index < ranges.count; index++) at += buffer.copy(piece, at, ranges.start(index), ranges.end(index));
    this.held.push(piece);
    this.heldBytes += piece.length;
    if (this.held.length > MAX_PIECES) this.held = [Buffer.concat(this.held)];
  }

  /** The held pieces go out as they are, without being copied. */
  lend(): void {
    this.#isLent = true;
  }

  /** Lets go of what is held; from now on the body can't be sent again. */
  dropHeld(): void {
    if (this.heldBytes === 0 && this.complete) return;
    if (!this.#isLent) for (const piece of this.held) this.#memory.giveBack(piece);
    this.held = [];
    this.heldBytes = 0;
    this.#isKept = false;
  }

  /** True where the body is larger than a plugin that collects it allows. */
  exceeds(maxBytes: number): boolean {
    return this.reader.dataBytes > maxBytes || this.heldBytes > maxBytes * MAX_FRAMING_FACTOR + 1_024;
  }

  /** The data of a complete, held body. */
  collect(maxExtraBytes: number): Buffer {
    const whole = Buffer.concat(this.held);
    if (this.reader.kind !== 'chunked') return whole;
    const decoder = new BodyReader();
    decoder.beginChunked(false, maxExtraBytes, false);
    decoder.read(whole, 0, whole.length);
    // Not piece by piece: a client decides how many there are, and each would cost a hundred bytes for its one.
    const data = Buffer.allocUnsafeSlow(decoder.dataBytes);
    let length = 0;
    for (let index = 0; index < decoder.ranges.count; index++) length += whole.copy(data, length, decoder.ranges.start(index), decoder.ranges.end(index));
    return data;
  }
}
