/**
 * Small writes behind a peer that does not read, gathered in one block: each write that waits costs some 500 bytes and an
 * event of its own, however small it is, and whoever sends the bytes on their way decides how small (R5). Used by both kinds
 * of sockets (socket-io.ts, handle-io.ts).
 */
import { EMPTY } from './message-head.ts';

/** A larger write carries more than it costs. */
const MAX_PIECE_BYTES = 4_096;
const FIRST_BLOCK_BYTES = 1_024;
const MAX_BLOCK_BYTES = 65_536;

export class WaitingBytes {
  #block: Buffer = EMPTY;
  length = 0;

  /** Copies bytes behind those that wait. False where they are too many: then `take` and write what waits, and them after it. */
  add(bytes: Buffer): boolean {
    const needed = this.length + bytes.length;
    if (bytes.length > MAX_PIECE_BYTES || needed > MAX_BLOCK_BYTES) return false;
    if (needed > this.#block.length) this.#grow(needed);
    this.length += bytes.copy(this.#block, this.length);
    return true;
  }

  /** All of it, the caller's from now on. */
  take(): Buffer {
    const taken = this.#block.subarray(0, this.length);
    this.#block = EMPTY;
    this.length = 0;
    return taken;
  }

  #grow(needed: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(FIRST_BLOCK_BYTES, 2 ** Math.ceil(Math.log2(needed))));
    this.#block.copy(larger, 0, 0, this.length);
    this.#block = larger;
  }
}
