/** A reused list of byte ranges: what of a read is to be sent on. Filled by a body reader, valid until its next read. */
export class Ranges {
  count = 0;
  /** In all ranges together. */
  bytes = 0;
  readonly #offsets: number[] = [];

  clear(): void {
    this.count = 0;
    this.bytes = 0;
  }

  add(start: number, end: number): void {
    this.#offsets[this.count * 2] = start;
    this.#offsets[this.count * 2 + 1] = end;
    this.count += 1;
    this.bytes += end - start;
  }

  start(index: number): number {
    return this.#offsets[index * 2] ?? 0;
  }

  end(index: number): number {
    return this.#offsets[index * 2 + 1] ?? 0;
  }
}
