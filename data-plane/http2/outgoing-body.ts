/**
 * The body of a message that the engine writes: its HTTP/1.1 framing is taken off, the data is copied once, because HTTP/2
 * holds it until the peer's windows let it go while the engine wants its memory back. Used by both sides.
 */
import { BodyReader } from '../http1/body-reader.ts';
import type { MessageHead } from '../http1/message-head.ts';
import { asRecord, trailerFields } from './field-list.ts';

const NOTHING = Buffer.alloc(0);

export class OutgoingBody {
  readonly #reader = new BodyReader();

  get complete(): boolean {
    return this.#reader.complete;
  }

  /** Trailers can come: only where the body is in chunks. */
  get mayHaveTrailers(): boolean {
    return this.#reader.kind === 'chunked';
  }

  /** `hasNone`: neither request nor status let it have one, whatever the head says. */
  begin(head: MessageHead, hasNone: boolean, maxTrailerBytes: number): void {
    if (hasNone || (head.contentLength <= 0 && !head.chunked)) this.#reader.beginNone();
    else if (head.chunked) this.#reader.beginChunked(false, maxTrailerBytes, true);
    else this.#reader.beginLength(head.contentLength);
  }

  /** A copy of the data in [start, end), empty where there is none; undefined where the framing is wrong. */
  read(bytes: Buffer, start: number, end: number): Buffer | undefined {
    if (start === end) return NOTHING;
    const behind = this.#reader.read(bytes, start, end);
    if (behind !== end) return undefined;
    const { ranges } = this.#reader;
    if (ranges.count === 0) return NOTHING;
    if (ranges.count === 1) return Buffer.from(bytes.subarray(ranges.start(0), ranges.end(0)));
    let length = 0;
    for (let index = 0; index < ranges.count; index++) length += ranges.end(index) - ranges.start(index);
    const data = Buffer.allocUnsafe(length);
    let at = 0;
    for (let index = 0; index < ranges.count; index++) at += bytes.copy(data, at, ranges.start(index), ranges.end(index));
    return data;
  }

  /** Undefined where there are none. Complete once the body is. */
  trailers(): Record<string, string | string[]> | undefined {
    const lines = this.#reader.kind === 'chunked' ? this.#reader.trailers : NOTHING;
    return lines.length === 0 ? undefined : asRecord(trailerFields(lines.toString('latin1')));
  }
}
