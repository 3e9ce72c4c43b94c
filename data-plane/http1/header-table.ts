/**
 * Where the header lines of one message stand in its bytes. Filled by the head parser, which guarantees that lines are
 * contiguous: one begins where the one before it ends. So a run of lines that all pass through is one range of bytes (R2: a
 * line gets into the table only after it was validated).
 */
import { FOLDED, LOWER } from './byte-classes.ts';
import { HEADER } from './header-names.ts';

const STRIDE = 4;

export class HeaderTable {
  /** Lines in the table. */
  count = 0;
  /** Offset behind the last line; the empty line that ends the head begins there. */
  end = 0;
  readonly capacity: number;
  readonly #places: Int32Array;
  readonly #classes: Uint8Array;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.#places = new Int32Array(capacity * STRIDE);
    this.#classes = new Uint8Array(capacity);
  }

  clear(): void {
    this.count = 0;
  }

  /** The caller checks `capacity` first. The value's range excludes surrounding white space. */
  add(nameStart: number, nameEnd: number, valueStart: number, valueEnd: number, headerClass: number): void {
    const at = this.count * STRIDE;
    this.#places[at] = nameStart;
    this.#places[at + 1] = nameEnd;
    this.#places[at + 2] = valueStart;
    this.#places[at + 3] = valueEnd;
    this.#classes[this.count] = headerClass;
    this.count += 1;
  }

  /** The bytes have moved: every line lies that much further back. */
  moved(by: number): void {
    if (by === 0) return;
    const places = this.#places;
    for (let at = this.count * STRIDE - 1; at >= 0; at--) places[at] = (places[at] ?? 0) + by;
    this.end += by;
  }

  /** Where the line begins; for `line === count` where the last one ends. */
  lineStart(line: number): number {
    return line < this.count ? (this.#places[line * STRIDE] ?? 0) : this.end;
  }

  nameEnd(line: number): number {
    return this.#places[line * STRIDE + 1] ?? 0;
  }

  valueStart(line: number): number {
    return this.#places[line * STRIDE + 2] ?? 0;
  }

  valueEnd(line: number): number {
    return this.#places[line * STRIDE + 3] ?? 0;
  }

  classOf(line: number): number {
    return this.#classes[line] ?? HEADER.PASS;
  }

  /** The next line of that lower-case name at or after `from`; -1 where there is none. */
  find(buffer: Uint8Array, lowerCaseName: string, from: number): number {
    return this.#search(buffer, lowerCaseName, from, LOWER);
  }

  /** True where a line is of one of the classes in the mask. */
  hasAny(mask: number): boolean {
    for (let line = 0; line < this.count; line++) {
      if (((mask >> this.classOf(line)) & 1) === 1) return true;
    }
    return false;
  }

  /** Gives every line of that lower-case name, written with `-` or `_`, another class, so that it is dropped. */
  reclass(buffer: Uint8Array, lowerCaseName: string, headerClass: number): void {
    const folded = lowerCaseName.replaceAll('_', '-');
    for (let line = this.#search(buffer, folded, 0, FOLDED); line !== -1; line = this.#search(buffer, folded, line + 1, FOLDED)) {
      this.#classes[line] = headerClass;
    }
  }

  #search(buffer: Uint8Array, name: string, from: number, fold: Uint8Array): number {
    for (let line = from; line < this.count; line++) {
      const start = this.#places[line * STRIDE] ?? 0;
      if (this.nameEnd(line) - start !== name.length) continue;
      let at = 0;
      while (at < name.length && fold[buffer[start + at] ?? 0] === name.charCodeAt(at)) at += 1;
      if (at === name.length) return line;
    }
    return -1;
  }
}
