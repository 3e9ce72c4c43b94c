/** Request ids: 128 random bits as 32 hex digits, cut from a block so that randomness costs one call per 1,024 requests. */
const ID_BYTES = 16;
const BLOCK_BYTES = ID_BYTES * 1_024;

export class RequestIds {
  readonly #fill: (block: Buffer) => void;
  readonly #block = Buffer.alloc(BLOCK_BYTES);
  #used = BLOCK_BYTES;

  /** `fill` overwrites the block with random bytes. */
  constructor(fill: (block: Buffer) => void) {
    this.#fill = fill;
  }

  next(): string {
    if (this.#used === BLOCK_BYTES) {
      this.#fill(this.#block);
      this.#used = 0;
    }
    const start = this.#used;
    this.#used += ID_BYTES;
    return this.#block.toString('hex', start, this.#used);
  }
}
