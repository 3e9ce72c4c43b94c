/**
 * Texts that wait to be sent, in a line for each owner, so that one who has much to say neither takes the place of others nor keeps
 * them waiting. Of count-notifications.ts, whose owners are gateways.
 */
export class FairLines {
  readonly #most: number;
  readonly #lines = new Map<string, string[]>();
  #size = 0;

  /** `most`: of all owners together. */
  constructor(most: number) {
    this.#most = most;
  }

  get size(): number {
    return this.#size;
  }

  /** Where there is no room, the last of the longest line goes; that may be this text. */
  add(owner: string, text: string): void {
    if (this.#size === this.#most) {
      const [longest, line] = this.#longest();
      if (longest === owner || line.length <= 1) return;
      line.pop();
      this.#size -= 1;
    }
    const line = this.#lines.get(owner);
    if (line === undefined) this.#lines.set(owner, [text]);
    else line.push(text);
    this.#size += 1;
  }

  /** The first of each line in turn, so many at most. Whoever had a turn is behind the others the next time. */
  take(most: number): readonly string[] {
    const taken: string[] = [];
    while (taken.length < most) {
      const [next] = this.#lines;
      if (next === undefined) break;
      const [owner, line] = next;
      this.#lines.delete(owner);
      const text = line.shift();
      if (text !== undefined) taken.push(text);
      if (line.length > 0) this.#lines.set(owner, line);
    }
    this.#size -= taken.length;
    return taken;
  }

  #longest(): readonly [owner: string, line: string[]] {
    let longest: readonly [string, string[]] = ['', []];
    for (const entry of this.#lines) if (entry[1].length > longest[1].length) longest = entry;
    return longest;
  }
}
