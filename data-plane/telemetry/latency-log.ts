/**
 * Latencies of single requests and attempts on their way from a proxy thread to the agent, which makes sketches of them: a ring in
 * shared memory, one writer, one reader, no locks. The head moves after an entry is whole, the tail after it was read. A full ring
 * is followed by one of twice the size; one of the largest size that is full because the agent stands still drops samples and counts
 * them. What is dropped is detail: counts are in other tables and are never dropped (T3).
 *
 * Header: head, tail, dropped, unused (4 × i32; head and tail run on over 32 bits). Entry, 16 bytes: what it is of (u32) | three values (u32).
 */

const HEADER = 4;
const ENTRY = 4;
const HEAD = 0;
const TAIL = 1;
const DROPPED = 2;
const LEAST_ENTRIES = 4_096;
/** 4 MiB; with all that came before it, which may wait for the agent too, a thread has 8 MiB at most: some 20 seconds at 10,000 requests a second. */
const MOST_ENTRIES = 262_144;
/** For a value that there is none of. */
export const NO_VALUE = 0xff_ff_ff_ff;
/** Microseconds: 71 minutes. */
const LARGEST = NO_VALUE - 1;

/** The writing side, one per proxy thread. Costs a handful of stores per entry. */
export class LatencyWriter {
  readonly #onNewRing: (ring: SharedArrayBuffer) => void;
  readonly #mostEntries: number;
  #entries: number;
  #header: Int32Array;
  #values: Uint32Array;
  #head = 0;
  /** As it was when it was looked at last. */
  #tail = 0;

  /** Sizes are powers of two. */
  constructor(onNewRing: (ring: SharedArrayBuffer) => void, leastEntries = LEAST_ENTRIES, mostEntries = MOST_ENTRIES) {
    this.#onNewRing = onNewRing;
    this.#mostEntries = mostEntries;
    this.#entries = leastEntries;
    [this.#header, this.#values] = this.#begin(leastEntries);
  }

  /** Values are microseconds; NO_VALUE, or less than 0, for none. */
  append(of: number, first: number, second: number, third: number): void {
    if (((this.#head - this.#tail) | 0) >= this.#entries && !this.#findRoom()) return;
    const at = HEADER + (this.#head & (this.#entries - 1)) * ENTRY;
    const values = this.#values;
    values[at] = of;
    values[at + 1] = bounded(first);
    values[at + 2] = bounded(second);
    values[at + 3] = bounded(third);
    this.#head = (this.#head + 1) | 0;
    Atomics.store(this.#header, HEAD, this.#head);
  }

  #findRoom(): boolean {
    this.#tail = Atomics.load(this.#header, TAIL);
    if (((this.#head - this.#tail) | 0) < this.#entries) return true;
    if (this.#entries >= this.#mostEntries) {
      Atomics.add(this.#header, DROPPED, 1);
      return false;
    }
    this.#entries *= 2;
    [this.#header, this.#values] = this.#begin(this.#entries);
    return true;
  }

  #begin(entries: number): [Int32Array, Uint32Array] {
    const ring = new SharedArrayBuffer((HEADER + entries * ENTRY) * Uint32Array.BYTES_PER_ELEMENT);
    this.#head = 0;
    this.#tail = 0;
    this.#onNewRing(ring);
    return [new Int32Array(ring, 0, HEADER), new Uint32Array(ring)];
  }
}

function bounded(value: number): number {
  return value < 0 ? NO_VALUE : value > LARGEST && value !== NO_VALUE ? LARGEST : value;
}

/** The reading side of one ring. */
export class LatencyReader {
  readonly #header: Int32Array;
  readonly #values: Uint32Array;
  readonly #entries: number;
  #takenDrops = 0;

  constructor(ring: SharedArrayBuffer) {
    this.#header = new Int32Array(ring, 0, HEADER);
    this.#values = new Uint32Array(ring);
    this.#entries = (this.#values.length - HEADER) / ENTRY;
  }

  /** Entries that wait. */
  get length(): number {
    return (Atomics.load(this.#header, HEAD) - Atomics.load(this.#header, TAIL)) | 0;
  }

  /** Gives each entry that is there, oldest first, until `each` does not take one: that one comes again. True where none is left. */
  drain(each: (of: number, first: number, second: number, third: number) => boolean): boolean {
    const head = Atomics.load(this.#header, HEAD);
    let tail = Atomics.load(this.#header, TAIL);
    const values = this.#values;
    while (tail !== head) {
      const at = HEADER + (tail & (this.#entries - 1)) * ENTRY;
      if (!each(values[at] ?? 0, values[at + 1] ?? 0, values[at + 2] ?? 0, values[at + 3] ?? 0)) break;
      tail = (tail + 1) | 0;
    }
    Atomics.store(this.#header, TAIL, tail);
    return tail === head;
  }

  /** Samples that found no room since the last call. */
  takeDropped(): number {
    const now = Atomics.load(this.#header, DROPPED);
    const difference = (now - this.#takenDrops) >>> 0;
    this.#takenDrops = now;
    return difference;
  }
}
