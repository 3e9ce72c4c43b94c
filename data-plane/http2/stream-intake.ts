/**
 * What came on one HTTP/2 stream and was not given on yet, and how it goes on: as the bytes of an HTTP/1.1 message. Frames that
 * come in one read (head, data, trailers) go on together, so that the engine sees a small message in one piece and writes
 * it in one piece. Used by both sides; the queue calls `flush` once per turn of the event loop.
 */
import type { Framing } from './field-text.ts';

const SCRATCH_BYTES = 131_072;
/** Room for a chunk's size line and the line end behind it. */
const CHUNK_OVERHEAD = 12;
const SMALLEST_DIRECT_BYTES = 8_192;
const NOTHING = Buffer.alloc(0);

export interface Flushable {
  flush(): void;
}

/** Those with something to give on at the end of this turn. One per proxy, with the memory in which messages are put together. */
export class FlushQueue {
  readonly scratch: Buffer;
  #waiting: Flushable[] = [];
  #spare: Flushable[] = [];

  /** `maxHeadBytes`: of one head; a few interim ones may stand before it. */
  constructor(maxHeadBytes: number) {
    this.scratch = Buffer.allocUnsafeSlow(Math.max(SCRATCH_BYTES, maxHeadBytes * 2));
  }

  add(item: Flushable): void {
    if (this.#waiting.push(item) === 1) setImmediate(() => this.#run());
  }

  #run(): void {
    const waiting = this.#waiting;
    this.#waiting = this.#spare;
    for (const item of waiting) item.flush();
    waiting.length = 0;
    this.#spare = waiting;
  }
}

export type Deliver = (buffer: Buffer, start: number, end: number) => void;

export class StreamIntake {
  #text = '';
  #framing: Framing = 'none';
  #pieces: Buffer[] = [];
  #trailers = '';
  #ended = false;
  #isWhole = false;
  /** Bytes that the length promised and that have not come; -1 where none was. */
  #missing = -1;
  /** In the queue. */
  queued = false;

  /** A head that is complete; `isLast` is false for an interim response. */
  head(text: string, framing: Framing, length: number, isLast: boolean): void {
    this.#text += text;
    this.#framing = framing;
    this.#missing = framing === 'length' ? length : -1;
    this.#isWhole = isLast && (framing === 'none' || length === 0);
  }

  /** False where it is more than was promised. */
  data(piece: Buffer): boolean {
    if (this.#framing === 'none') return piece.length === 0;
    if (this.#missing !== -1) {
      if (piece.length > this.#missing) return false;
      this.#missing -= piece.length;
      this.#isWhole = this.#missing === 0;
    }
    if (piece.length > 0) this.#pieces.push(piece);
    return true;
  }

  /** Lines that stand behind the body; dropped where it is not in chunks. */
  trailers(lines: string): void {
    this.#trailers = lines;
  }

  /** The stream ends here. False where it is less than was promised. */
  end(): boolean {
    this.#ended = true;
    return this.#missing <= 0;
  }

  /**
   * Gives everything on, in as few pieces as possible; `deliver` must not keep the memory. The last piece of a message waits
   * for the stream's end, so that who reads it finds the stream free: `finishing` is called right before it.
   */
  giveOn(scratch: Buffer, deliver: Deliver, finishing: () => void): void {
    if (this.#isWhole && !this.#ended) return;
    const isChunked = this.#framing === 'chunked';
    const text = this.#text;
    const pieces = this.#pieces;
    this.#text = '';
    if (pieces.length > 0) this.#pieces = [];
    let length = text === '' ? 0 : scratch.write(text, 0, 'latin1');
    for (let index = 0; index < pieces.length; index++) {
      const piece = pieces[index] ?? NOTHING;
      const isDirect = !isChunked && piece.length >= SMALLEST_DIRECT_BYTES;
      if (length > 0 && (isDirect || length + piece.length + CHUNK_OVERHEAD > scratch.length)) {
        deliver(scratch, 0, length);
        length = 0;
      }
      if (isDirect) {
        if (this.#ended && index === pieces.length - 1) finishing();
        deliver(piece, 0, piece.length);
      } else length = put(scratch, length, piece, isChunked, deliver);
    }
    if (this.#ended && isChunked) {
      const last = `0\r\n${this.#trailers}\r\n`;
      if (length + last.length > scratch.length) {
        deliver(scratch, 0, length);
        length = 0;
      }
      length += scratch.write(last, length, 'latin1');
    }
    if (length === 0) return;
    if (this.#ended) finishing();
    deliver(scratch, 0, length);
  }
}

/** DATA frames are far smaller than the scratch memory, unless a peer may send larger ones: then in several chunks. */
function put(scratch: Buffer, start: number, piece: Buffer, isChunked: boolean, deliver: Deliver): number {
  let length = start;
  const most = scratch.length - CHUNK_OVERHEAD;
  for (let from = 0; from < piece.length; from += most) {
    const to = Math.min(piece.length, from + most);
    if (isChunked) length += scratch.write(`${(to - from).toString(16)}\r\n`, length, 'latin1');
    length += piece.copy(scratch, length, from, to);
    if (isChunked) length += scratch.write('\r\n', length, 'latin1');
    if (to < piece.length) {
      deliver(scratch, 0, length);
      length = 0;
    }
  }
  return length;
}
