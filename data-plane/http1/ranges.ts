/** A reused list of byte ranges: what of a read is to be sent on. Filled by a body reader, valid until its next read. */
export class Ranges {
  count = 0;
  readonly #offsets: number[] = [];

  clear(): void {
    this.count = 0;
  }

  add(start: number, end: number): void {
    this.#offsets[this.count * 2] = start;
    this.#offsets[this.count * 2 + 1] = end;
    this.count += 1;
  }

  start(index: number): number {
    return this.#offsets[index * 2] ?? 0;
  }

  end(index: number): number {
    return this.#offsets[index * 2 + 1] ?? 0;
  }
}
