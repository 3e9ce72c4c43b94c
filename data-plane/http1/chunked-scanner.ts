/**
 * Strict scanner for the chunked coding (RFC 9112 §7.1). It validates every byte and says which ranges to send on: with
 * the framing kept, a whole read is mostly one range, because only extensions and trailers are cut out; without it, the data alone.
 */
import { COLON, CR, FIELD, HEX_VALUE, LF, SEMICOLON, TOKEN } from './byte-classes.ts';
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
  /** Decoded bytes seen so far. */
  dataBytes = 0;

  /** Starts a new body. `maxExtraBytes` bounds its extensions, and its trailers, each. */
  begin(keepsFraming: boolean, maxExtraBytes: number): void {
    this.#state = 'size';
    this.#keepsFraming = keepsFraming;
    this.#size = 0;
    this.#digits = 0;
    this.#extraBytes = 0;
    this.#maxExtraBytes = maxExtraBytes;
    this.dataBytes = 0;
  }

  get done(): boolean {
    return this.#state === 'done';
  }

  /** Scans [start, end) and adds what is to be sent on to `ranges`. Gives the offset behind the body or `end`; -1 where it is invalid. */
  scan(buffer: Uint8Array, start: number, end: number, ranges: Ranges): number {
    let at = start;
    /** Start of what is not yet in `ranges`; -1 inside an extension or a trailer, which are cut out. */
    let from = CUT_OUT.has(this.#state) ? -1 : start;
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
            if (from === -1) from = at;
          } else {
            if (TOKEN[byte] !== 1) return -1;
            this.#state = 'trailer-name';
            this.#keep(ranges, from, at);
            from = -1;
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
    return at;
  }

  #keep(ranges: Ranges, from: number, to: number): void {
    if (this.#keepsFraming && from !== -1 && to > from) ranges.add(from, to);
  }
}
