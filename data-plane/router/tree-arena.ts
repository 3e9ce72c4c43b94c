/**
 * Where the nodes of path trees live: fixed records in one typed array, their text in another. A match costs what it misses in
 * the processor's caches, so what it walks over is dense. Append-only: a record that a router can reach is never changed,
 * so routers share an arena, and each keeps seeing its own trees (R3). What no router reaches any more stays until the
 * newest one's trees are copied to an arena of their own (TreeEditor.compact).
 */
import type { MatcherSet } from './matcher-set.ts';
import type { Matcher } from './matcher.ts';

/** Where a node begins in `words`. */
export type NodeAt = number;

export const NO_NODE: NodeAt = 0;

/** Fields of a node, in words from where it begins. */
export const FIELD = {
  textStart: 0,
  textLength: 1,
  /** No matcher here or below has a higher `rankHigh`. */
  top: 2,
  /** Slot of the matcher that stands here alone and without a key, as mostly; 0 for none. */
  matcher: 3,
  /** Slot of what few nodes have; 0 for none. */
  more: 4,
  /** Character code of the first child. */
  firstCode: 5,
  /** Length of the table of children, from the first one's code to the last one's. */
  childCount: 6,
  /** Where that table begins in `words`. */
  children: 7,
} as const;

export const NODE_WORDS = 8;

/** What few nodes have. */
export interface MoreAtNode {
  /** Where more than one matcher stands, or one with a key. */
  readonly matchers: MatcherSet | undefined;
  /** What follows at the next `/` after the node's text, whatever stands before it. */
  readonly atNextSlash: NodeAt;
}

export class TreeArena {
  words = new Int32Array(64);
  texts = new Uint8Array(64);
  /** The first node's place is nobody's, so that 0 can say none. */
  usedWords = NODE_WORDS;
  usedTexts = 0;
  readonly matchers: (Matcher | undefined)[] = [undefined];
  readonly mores: (MoreAtNode | undefined)[] = [undefined];
  /** Words that the newest trees do not reach, with those of sets in `mores`; those of a draft that was given up count too. */
  garbage = 0;

  get(at: NodeAt, field: number): number {
    return this.words[at + field] ?? 0;
  }

  /** Where `count` words of zeros begin, the caller's to fill. */
  allocate(count: number): number {
    const at = this.usedWords;
    this.usedWords += count;
    if (this.usedWords > this.words.length) {
      const larger = new Int32Array(this.usedWords * 2);
      larger.set(this.words);
      this.words = larger;
    }
    return at;
  }

  /** Where the text begins. Its characters are latin1. */
  addText(text: string): number {
    const at = this.usedTexts;
    this.usedTexts += text.length;
    if (this.usedTexts > this.texts.length) {
      const larger = new Uint8Array(this.usedTexts * 2);
      larger.set(this.texts);
      this.texts = larger;
    }
    for (let index = 0; index < text.length; index++) this.texts[at + index] = text.charCodeAt(index);
    return at;
  }

  textOf(at: NodeAt): string {
    const start = this.get(at, FIELD.textStart);
    return String.fromCharCode(...this.texts.subarray(start, start + this.get(at, FIELD.textLength)));
  }

  moreOf(at: NodeAt): MoreAtNode | undefined {
    return this.mores[this.get(at, FIELD.more)];
  }

  childOf(at: NodeAt, code: number): NodeAt {
    const index = code - this.get(at, FIELD.firstCode);
    return index < 0 || index >= this.get(at, FIELD.childCount) ? NO_NODE : (this.words[this.get(at, FIELD.children) + index] ?? NO_NODE);
  }

  /** With their codes. */
  childrenOf(at: NodeAt): readonly (readonly [code: number, child: NodeAt])[] {
    const [first, count, table] = [this.get(at, FIELD.firstCode), this.get(at, FIELD.childCount), this.get(at, FIELD.children)];
    const found: [number, NodeAt][] = [];
    for (let index = 0; index < count; index++) {
      const child = this.words[table + index] ?? NO_NODE;
      if (child !== NO_NODE) found.push([first + index, child]);
    }
    return found;
  }
}
