/**
 * Strict scanner for the chunked coding (RFC 9112 §7.1). It validates every byte and says which ranges to send on: with
 * the framing kept, a whole read is mostly one range, because only extensions and trailers are cut out; without it, the data alone.
 * Trailers are dropped or, where somebody wants them, kept aside.
 */
import { COLON, CR, FIELD, HEX_VALUE, LF, SEMICOLON, TOKEN } from './byte-classes.ts';
import { EMPTY } from './message-head.ts';
import type { Ranges } from './ranges.ts';

/** Eight digits make 4 GiB: longer ones are attacks on somebody's integers. */
const MAX_SIZE_DIGITS = 8;

type State =
  | 'size' | 'extension' | 'size-lf'
  | 'data' | 'data-cr' | 'data-lf'
  | 'trailer-start' | 'trailer-name' | 'trailer-value' | 'trailer-lf' | 'final-lf'
  | 'done';

const CUT_OUT: ReadonlySet<State> = new Set(['extension', 'trailer-name', 'trailer-value', 'trailer-lf']);

export class ChunkedScanner {
  #state: State = 'size';
  #keepsFraming = true;
  #size = 0;
  #digits = 0;
  #extraBytes = 0;
  #maxExtraBytes = 0;
  #keepsTrailers = false;
  /** The trailer lines, each with its line end, where they are kept; checked in form alone. */
  trailers: Buffer = EMPTY;
  /** Decoded bytes seen so far. */
  dataBytes = 0;

  /**
   * Starts a new body. `maxExtraBytes` bounds its extensions, and its trailers, each. With `keepsTrailers` the empty line
   * that ends the body is left out too: trailers go before it.
   */
  begin(keepsFraming: boolean, maxExtraBytes: number, keepsTrailers: boolean): void {
    this.#state = 'size';
    this.#keepsFraming = keepsFraming;
    this.#size = 0;
    this.#digits = 0;
    this.#extraBytes = 0;
    this.#maxExtraBytes = maxExtraBytes;
    this.#keepsTrailers = keepsTrailers;
    this.trailers = EMPTY;
    this.dataBytes = 0;
  }

  get done(): boolean {
    return this.#state === 'done';
  }

  /** Scans [start, end) and adds what is to be sent on to `ranges`. Gives the offset behind the body or `end`; -1 where it is invalid. */
  scan(buffer: Buffer, start: number, end: number, ranges: Ranges): number {
    let at = start;
    /** Start of what is not yet in `ranges`; -1 inside an extension or a trailer, which are cut out. */
    let from = CUT_OUT.has(this.#state) || (this.#keepsTrailers && this.#state === 'final-lf') ? -1 : start;
    /** Start of trailer lines that are not yet in `trailers`; -1 outside them. */
    let trailersFrom = CUT_OUT.has(this.#state) && this.#state !== 'extension' ? start : -1;
    while (at < end && this.#state !== 'done') {
      const byte = buffer[at] ?? 0;
      switch (this.#state) {
        case 'size': {
          const digit = HEX_VALUE[byte] ?? 255;
          if (digit !== 255) {
            this.#digits += 1;
            if (this.#digits > MAX_SIZE_DIGITS) return -1;
            this.#size = this.#size * 16 + digit;
          } else if (this.#digits === 0) return -1;
          else if (byte === CR) this.#state = 'size-lf';
          else if (byte === SEMICOLON) {
            this.#state = 'extension';
            this.#keep(ranges, from, at);
            from = -1;
            this.#extraBytes += 1;
          } else return -1;
          at += 1;
          break;
        }
        case 'extension':
          if (byte === CR) {
            this.#state = 'size-lf';
            from = at;
          } else if (FIELD[byte] !== 1 || ++this.#extraBytes > this.#maxExtraBytes) return -1;
          at += 1;
          break;
        case 'size-lf':
          if (byte !== LF) return -1;
          at += 1;
          this.#digits = 0;
          if (this.#size === 0) {
            this.#state = 'trailer-start';
            this.#extraBytes = 0;
          } else this.#state = 'data';
          break;
        case 'data': {
          const length = Math.min(this.#size, end - at);
          if (!this.#keepsFraming) ranges.add(at, at + length);
          this.#size -= length;
          this.dataBytes += length;
          at += length;
          if (this.#size === 0) this.#state = 'data-cr';
          break;
        }
        case 'data-cr':
          if (byte !== CR) return -1;
          this.#state = 'data-lf';
          at += 1;
          break;
        case 'data-lf':
          if (byte !== LF) return -1;
          this.#state = 'size';
          at += 1;
          break;
        case 'trailer-start':
          if (byte === CR) {
            this.#state = 'final-lf';
            if (this.#keepsTrailers) {
              this.#keep(ranges, from, at);
              this.#keepTrailers(buffer, trailersFrom, at);
              trailersFrom = -1;
              from = -1;
            } else if (from === -1) from = at;
          } else {
            if (TOKEN[byte] !== 1) return -1;
            this.#state = 'trailer-name';
            this.#keep(ranges, from, at);
            from = -1;
            if (trailersFrom === -1) trailersFrom = at;
          }
          at += 1;
          break;
        case 'trailer-name':
          if (byte === COLON) this.#state = 'trailer-value';
          else if (TOKEN[byte] !== 1) return -1;
          if (++this.#extraBytes > this.#maxExtraBytes) return -1;
          at += 1;
          break;
        case 'trailer-value':
          if (byte === CR) this.#state = 'trailer-lf';
          else if (FIELD[byte] !== 1) return -1;
          if (++this.#extraBytes > this.#maxExtraBytes) return -1;
          at += 1;
          break;
        case 'trailer-lf':
          if (byte !== LF) return -1;
          this.#state = 'trailer-start';
          at += 1;
          break;
        case 'final-lf':
          if (byte !== LF) return -1;
          this.#state = 'done';
          at += 1;
          break;
      }
    }
    this.#keep(ranges, from, at);
    this.#keepTrailers(buffer, trailersFrom, at);
    return at;
  }

  #keepTrailers(buffer: Buffer, from: number, to: number): void {
    if (this.#keepsTrailers && from !== -1 && to > from) this.trailers = Buffer.concat([this.trailers, buffer.subarray(from, to)]);
  }

  #keep(ranges: Ranges, from: number, to: number): void {
    if (this.#keepsFraming && from !== -1 && to > from) ranges.add(from, to);
  }
}
