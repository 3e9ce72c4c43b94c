/** Seeded pseudo-random numbers (mulberry32), so that whatever the fuzzer finds can be found again. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** 0 ≤ x < 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  /** 0 ≤ x < limit, whole. */
  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(from: readonly [T, ...T[]]): T {
    return from[this.below(from.length)] ?? from[0];
  }

  /** `count` offsets inside a text of that length, ascending, each once. */
  cuts(length: number, count: number): readonly number[] {
    const found = new Set<number>();
    for (let tries = 0; tries < count; tries++) if (length > 1) found.add(1 + this.below(length - 1));
    return [...found].toSorted((a, b) => a - b);
  }
}
