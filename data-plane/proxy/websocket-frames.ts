/**
 * Follows the frames of one direction of a WebSocket (RFC 6455 §5.2) without reading what is in them: where one ends, and
 * whether a Close frame went by. A tunnel needs it to say goodbye where a frame may begin.
 */
const CLOSE = 0x8;
const GOING_AWAY = [0x03, 0xe9] as const;

/** Close with status 1001 (going away), as a server sends it. */
export const GOODBYE_TO_CLIENT = Buffer.from([0x88, 0x02, ...GOING_AWAY]);
/** The same as a client sends it: masked, and by zeros will do, because nobody but us chose what is in it (RFC 6455 §10.3). */
export const GOODBYE_TO_SERVER = Buffer.from([0x88, 0x82, 0, 0, 0, 0, ...GOING_AWAY]);

export class WebSocketFrames {
  /** A Close frame began. Nothing may follow it. */
  closeSeen = false;
  /** Bytes of the current frame's header so far, and how many it has; the first two tell. */
  #headerBytes = 0;
  #headerLength = 2;
  #lengthBytes = 0;
  #opcode = 0;
  #length = 0;
  /** Bytes of the current frame's payload still to come. */
  #remaining = 0;

  /** The next byte begins a frame. */
  get atBoundary(): boolean {
    return this.#headerBytes === 0 && this.#remaining === 0;
  }

  /** Takes [start, end). With `stopAtBoundary` it stops behind the frame that is under way. Gives the offset behind what it took. */
  advance(buffer: Uint8Array, start: number, end: number, stopAtBoundary: boolean): number {
    let at = start;
    while (at < end) {
      if (this.#remaining > 0) {
        const taken = Math.min(this.#remaining, end - at);
        this.#remaining -= taken;
        at += taken;
      } else {
        this.#readHeaderByte(buffer[at] ?? 0);
        at += 1;
      }
      if (stopAtBoundary && this.atBoundary) break;
    }
    return at;
  }

  #readHeaderByte(byte: number): void {
    this.#headerBytes += 1;
    if (this.#headerBytes === 1) this.#opcode = byte & 0x0f;
    else if (this.#headerBytes === 2) {
      const length = byte & 0x7f;
      this.#lengthBytes = length === 126 ? 2 : length === 127 ? 8 : 0;
      this.#length = length < 126 ? length : 0;
      this.#headerLength = 2 + this.#lengthBytes + ((byte & 0x80) === 0 ? 0 : 4);
    } else if (this.#headerBytes <= 2 + this.#lengthBytes) this.#length = this.#length * 256 + byte;
    if (this.#headerBytes < 2 || this.#headerBytes < this.#headerLength) return;
    if (this.#opcode === CLOSE) this.closeSeen = true;
    this.#headerBytes = 0;
    this.#headerLength = 2;
    this.#remaining = this.#length;
  }
}
