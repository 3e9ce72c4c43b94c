/**
 * The body of a response that plugins want whole, held back while it comes: relay-response.ts fills it and either hands it to them or,
 * where it turns out to be too long, passes on what is there. What is held counts among all that waits in memory (R5).
 */
import type { Ranges } from '../http1/ranges.ts';
import type { ProxyLimits } from '../http1/limits.ts';
import { EMPTY } from '../http1/message-head.ts';
import type { ProxyMemory } from './proxy-core.ts';

const FIRST_BYTES = 8_192;

export class CollectedBody {
  readonly #memory: ProxyMemory;
  readonly #maxBytes: number;
  readonly #maxOfAll: number;
  #block: Buffer = EMPTY;
  #length = 0;

  /** `expected`: its Content-Length; -1 where there is none. */
  constructor(memory: ProxyMemory, limits: ProxyLimits, maxBytes: number, expected: number) {
    this.#memory = memory;
    this.#maxBytes = maxBytes;
    this.#maxOfAll = limits.maxBufferedBytes;
    // No more at once than a read brings: who says a length may never send it.
    if (expected > 0) this.#grow(Math.min(expected, 65_536));
  }

  /** Takes a copy of what a read brought; false where it is more than may be held now. */
  add(buffer: Buffer, ranges: Ranges): boolean {
    const needed = this.#length + ranges.bytes;
    if (needed > this.#block.length) this.#grow(Math.max(needed, this.#block.length * 2, FIRST_BYTES));
    for (let index = 0; index < ranges.count; index++) this.#length += buffer.copy(this.#block, this.#length, ranges.start(index), ranges.end(index));
    return this.#length <= this.#maxBytes && this.#memory.bufferedBytes <= this.#maxOfAll;
  }

  /** What is there; not copied. */
  get bytes(): Buffer {
    return this.#block.subarray(0, this.#length);
  }

  /** It counts no more. Idempotent. */
  release(): void {
    this.#memory.bufferedBytes -= this.#block.length;
    this.#block = EMPTY;
    this.#length = 0;
  }

  #grow(capacity: number): void {
    const larger = Buffer.allocUnsafeSlow(capacity);
    this.#block.copy(larger, 0, 0, this.#length);
    this.#memory.bufferedBytes += capacity - this.#block.length;
    this.#block = larger;
  }
}
