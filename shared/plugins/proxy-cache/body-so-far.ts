/** The body of a response while it is stored: copied out of the pieces that come, in one block that grows, however small they are. */

export class BodySoFar {
  #block = new Uint8Array(0);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  add(bytes: Uint8Array): void {
    const needed = this.#length + bytes.length;
    // Most bodies come in one piece, and then this is what is kept.
    if (this.#length === 0) this.#block = new Uint8Array(bytes);
    else {
      if (needed > this.#block.length) {
        const larger = new Uint8Array(2 * needed);
        larger.set(this.#block.subarray(0, this.#length));
        this.#block = larger;
      }
      this.#block.set(bytes, this.#length);
    }
    this.#length = needed;
  }

  /** In memory of its own: what is kept long must not hold on to a larger block. */
  whole(): Uint8Array {
    return this.#block.length === this.#length ? this.#block : this.#block.slice(0, this.#length);
  }
}
