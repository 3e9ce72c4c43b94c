/**
 * Makes the next trees of one router draft: a node is copied when the draft first touches it and changed in place from then on,
 * so that building is not quadratic and a change costs the depth. Used by router.ts; the trees are read by path-tree.ts.
 */
import { isSame, MatcherSetDraft, wordsOf, type MatcherSet } from './matcher-set.ts';
import type { Matcher, MatcherKey, Place } from './matcher.ts';
import { FIELD, NO_NODE, NODE_WORDS, type NodeAt, type TreeArena } from './tree-arena.ts';

/** Below that much garbage, or that much that is new, an arena is not worth copying. */
const MIN_WORDS_TO_COPY = 1 << 16;
const NEVER = -1;
/** Instead of a character code: what follows at the next `/`. */
const NEXT_SLASH = -1;

/** A node on the way, and which way was taken from it. */
interface Link {
  readonly node: NodeAt;
  readonly code: number;
}

export class TreeEditor {
  readonly #arena: TreeArena;
  /** Nodes and tables from here on are the draft's own: what other drafts append meanwhile its trees do not reach. */
  readonly #ownFrom: number;
  readonly #sets = new Map<NodeAt, MatcherSetDraft>();

  constructor(arena: TreeArena) {
    this.#arena = arena;
    this.#ownFrom = arena.usedWords;
  }

  /** The tree with the matcher at its place. Not recursive, nor is anything here: routes decide how deep trees are. */
  add(tree: NodeAt, place: Place, matcher: Matcher): NodeAt {
    const { skeleton, key } = place;
    // Paths are latin1: what has other characters matches nothing.
    if (skeleton.some((text) => /[\u0100-\uffff]/.test(text))) return tree;
    const arena = this.#arena;
    const path: Link[] = [];
    let [part, rest] = [0, skeleton[0] ?? ''];
    let given = tree === NO_NODE ? this.#newNode('') : tree;
    for (;;) {
      const shared = this.#sharedLength(given, rest);
      const node = shared < arena.get(given, FIELD.textLength) ? this.#split(given, shared) : this.#editable(given);
      this.#attach(path.at(-1), node);
      this.#set(node, FIELD.top, Math.max(arena.get(node, FIELD.top), matcher.rankHigh));
      rest = rest.slice(shared);
      const code = rest === '' ? NEXT_SLASH : rest.charCodeAt(0);
      path.push({ node, code });
      if (rest === '') {
        part += 1;
        rest = skeleton[part] ?? '';
        if (rest === '') {
          this.#put(node, matcher, key);
          return path[0]?.node ?? NO_NODE;
        }
      }
      const below = this.#below(node, code);
      given = below === NO_NODE ? this.#newNode(rest) : below;
    }
  }

  /** The tree without the matcher; NO_NODE where it was the last. */
  remove(tree: NodeAt, place: Place, matcher: Matcher): NodeAt {
    const path: Link[] = [];
    let [part, rest, given] = [0, place.skeleton[0] ?? '', tree];
    for (;;) {
      const length = this.#arena.get(given, FIELD.textLength);
      if (given === NO_NODE || this.#sharedLength(given, rest) < length) return path[0]?.node ?? tree;
      const node = this.#editable(given);
      this.#attach(path.at(-1), node);
      rest = rest.slice(length);
      const code = rest === '' ? NEXT_SLASH : rest.charCodeAt(0);
      path.push({ node, code });
      if (rest === '') {
        part += 1;
        rest = place.skeleton[part] ?? '';
        if (rest === '') break;
      }
      given = this.#below(node, code);
    }
    const last = path.at(-1)?.node;
    if (last !== undefined) this.#take(last, matcher, place.key);
    let mended = NO_NODE;
    for (let index = path.length - 1; index >= 0; index -= 1) {
      mended = this.#mended(path[index]?.node ?? NO_NODE);
      this.#attach(path[index - 1], mended);
    }
    return mended;
  }

  /**
   * To be called once, before any of the trees is searched. True where the arena should be copied: it is mostly garbage by now,
   * or most of it is new, in the order in which routes came. In the order in which it is searched a match costs a quarter less.
   */
  finish(): boolean {
    for (const [node, draft] of this.#sets) {
      const set = draft.isEmpty ? undefined : draft.finish();
      const lone = set !== undefined && set.keyed === undefined && set.plain.length === 1 ? set.plain[0] : undefined;
      this.#setMatcher(node, lone);
      this.#setMore(node, lone === undefined ? set : undefined, this.#nextSlashOf(node));
    }
    const { garbage, usedWords } = this.#arena;
    const most = Math.max(MIN_WORDS_TO_COPY, usedWords / 2);
    return garbage > most || usedWords - this.#ownFrom > most;
  }

  #below(node: NodeAt, code: number): NodeAt {
    return code === NEXT_SLASH ? this.#nextSlashOf(node) : this.#arena.childOf(node, code);
  }

  #attach(link: Link | undefined, below: NodeAt): void {
    if (link === undefined) return;
    if (link.code !== NEXT_SLASH) this.#setChild(link.node, link.code, below);
    else if (this.#nextSlashOf(link.node) !== below) this.#setMore(link.node, this.#arena.moreOf(link.node)?.matchers, below);
  }

  #put(node: NodeAt, matcher: Matcher, key: MatcherKey | undefined): void {
    if (key === undefined && this.#hasNoMatchers(node) && !this.#sets.has(node)) this.#setMatcher(node, matcher);
    else this.#setOf(node).add(matcher, key);
  }

  #take(node: NodeAt, matcher: Matcher, key: MatcherKey | undefined): void {
    const lone = this.#matcherOf(node);
    if (lone === undefined || this.#sets.has(node)) this.#setOf(node).remove(matcher, key);
    else if (isSame(lone, matcher)) this.#setMatcher(node, undefined);
  }

  /** A node for the first characters of the text, above one for the rest. */
  #split(given: NodeAt, length: number): NodeAt {
    const arena = this.#arena;
    const lower = this.#editable(given);
    const upper = this.#newNode('');
    const start = arena.get(lower, FIELD.textStart);
    this.#set(upper, FIELD.textStart, start);
    this.#set(upper, FIELD.textLength, length);
    this.#set(upper, FIELD.top, arena.get(lower, FIELD.top));
    this.#set(lower, FIELD.textStart, start + length);
    this.#set(lower, FIELD.textLength, arena.get(lower, FIELD.textLength) - length);
    this.#setChild(upper, arena.texts[start + length] ?? 0, lower);
    return upper;
  }

  /** A node that neither matches nor branches is merged with its only child, so that depth follows the routes there are. */
  #mended(node: NodeAt): NodeAt {
    const arena = this.#arena;
    if (!this.#hasNoMatchers(node) || this.#nextSlashOf(node) !== NO_NODE) return node;
    const [only, ...others] = arena.childrenOf(node);
    if (only === undefined) return NO_NODE;
    if (others.length > 0) return node;
    const merged = this.#editable(only[1]);
    const text = arena.textOf(node) + arena.textOf(merged);
    this.#set(merged, FIELD.textStart, arena.addText(text));
    this.#set(merged, FIELD.textLength, text.length);
    return merged;
  }

  #hasNoMatchers(node: NodeAt): boolean {
    return this.#sets.get(node)?.isEmpty ?? (this.#matcherOf(node) === undefined && this.#arena.moreOf(node)?.matchers === undefined);
  }

  #setOf(node: NodeAt): MatcherSetDraft {
    const known = this.#sets.get(node);
    if (known !== undefined) return known;
    const lone = this.#matcherOf(node);
    const before = this.#arena.moreOf(node)?.matchers;
    // The set before stays in the arena's `mores`, and lists may be long.
    if (before !== undefined) this.#arena.garbage += wordsOf(before);
    const made = new MatcherSetDraft(lone === undefined ? before : { plain: [lone], keyed: undefined, alsoPlain: [] });
    this.#sets.set(node, made);
    return made;
  }

  #matcherOf(node: NodeAt): Matcher | undefined {
    return this.#arena.matchers[this.#arena.get(node, FIELD.matcher)];
  }

  #nextSlashOf(node: NodeAt): NodeAt {
    return this.#arena.moreOf(node)?.atNextSlash ?? NO_NODE;
  }

  #newNode(text: string): NodeAt {
    const node = this.#arena.allocate(NODE_WORDS);
    this.#set(node, FIELD.textStart, this.#arena.addText(text));
    this.#set(node, FIELD.textLength, text.length);
    this.#set(node, FIELD.top, NEVER);
    return node;
  }

  #editable(node: NodeAt): NodeAt {
    if (node >= this.#ownFrom) return node;
    const arena = this.#arena;
    const copy = arena.allocate(NODE_WORDS);
    arena.words.copyWithin(copy, node, node + NODE_WORDS);
    arena.garbage += NODE_WORDS;
    return copy;
  }

  #set(node: NodeAt, field: number, value: number): void {
    this.#arena.words[node + field] = value;
  }

  #setMatcher(node: NodeAt, matcher: Matcher | undefined): void {
    const { matchers } = this.#arena;
    this.#set(node, FIELD.matcher, matcher === undefined ? 0 : matchers.push(matcher) - 1);
  }

  #setMore(node: NodeAt, matchers: MatcherSet | undefined, atNextSlash: NodeAt): void {
    const { mores } = this.#arena;
    this.#set(node, FIELD.more, matchers === undefined && atNextSlash === NO_NODE ? 0 : mores.push({ matchers, atNextSlash }) - 1);
  }

  #setChild(node: NodeAt, code: number, child: NodeAt): void {
    const arena = this.#arena;
    const [first, count, table] = [arena.get(node, FIELD.firstCode), arena.get(node, FIELD.childCount), arena.get(node, FIELD.children)];
    if (arena.childOf(node, code) === child) return;
    if (child !== NO_NODE && table >= this.#ownFrom && code >= first && code < first + count) arena.words[table + code - first] = child;
    else this.#newTable(node, [...arena.childrenOf(node).filter(([known]) => known !== code), ...(child === NO_NODE ? [] : [[code, child] as const])]);
  }

  /** From the first child to the last. */
  #newTable(node: NodeAt, children: readonly (readonly [code: number, child: NodeAt])[]): void {
    const arena = this.#arena;
    const codes = children.map(([code]) => code);
    const first = children.length === 0 ? 0 : Math.min(...codes);
    const count = children.length === 0 ? 0 : Math.max(...codes) - first + 1;
    arena.garbage += arena.get(node, FIELD.childCount);
    const table = arena.allocate(count);
    for (const [code, child] of children) arena.words[table + code - first] = child;
    this.#set(node, FIELD.firstCode, first);
    this.#set(node, FIELD.childCount, count);
    this.#set(node, FIELD.children, table);
  }

  #sharedLength(node: NodeAt, text: string): number {
    const { texts } = this.#arena;
    const start = this.#arena.get(node, FIELD.textStart);
    const longest = Math.min(this.#arena.get(node, FIELD.textLength), text.length);
    let length = 0;
    while (length < longest && texts[start + length] === text.charCodeAt(length)) length += 1;
    return length;
  }
}

/** Copies what a tree reaches into another arena, in the order in which it is searched. Pauses after each node. */
export function* copyTree(from: TreeArena, root: NodeAt, to: TreeArena): Generator<void, NodeAt> {
  let result = NO_NODE;
  const pending = [{ node: root, attach: (copy: NodeAt): void => void (result = copy) }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { node } = next;
    if (node === NO_NODE) continue;
    const copy = copyNode(from, node, to);
    next.attach(copy);
    const [table, first] = [to.get(copy, FIELD.children), to.get(copy, FIELD.firstCode)];
    for (const [code, child] of from.childrenOf(node).toReversed()) pending.push({ node: child, attach: (below) => void (to.words[table + code - first] = below) });
    const more = from.moreOf(node);
    if (more !== undefined) {
      const slot = to.mores.push({ matchers: more.matchers, atNextSlash: NO_NODE }) - 1;
      to.words[copy + FIELD.more] = slot;
      pending.push({ node: more.atNextSlash, attach: (below) => void (to.mores[slot] = { matchers: more.matchers, atNextSlash: below }) });
    }
    yield;
  }
  return result;
}

/** Without what is below it. */
function copyNode(from: TreeArena, node: NodeAt, to: TreeArena): NodeAt {
  const copy = to.allocate(NODE_WORDS);
  const table = to.allocate(from.get(node, FIELD.childCount));
  const text = to.addText(from.textOf(node));
  const matcher = from.matchers[from.get(node, FIELD.matcher)];
  to.words.set(from.words.subarray(node, node + NODE_WORDS), copy);
  to.words[copy + FIELD.textStart] = text;
  to.words[copy + FIELD.children] = table;
  to.words[copy + FIELD.matcher] = matcher === undefined ? 0 : to.matchers.push(matcher) - 1;
  to.words[copy + FIELD.more] = 0;
  return copy;
}
