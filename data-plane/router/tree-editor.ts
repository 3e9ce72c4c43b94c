/**
 * Makes the next trees of one router draft: a node is copied when the draft first touches it and changed in place from then on,
 * so that building is not quadratic and a change costs the depth. Used by router.ts; the trees are read by path-tree.ts.
 */
import { isSame, MatcherSetDraft, type MatcherSet } from './matcher-set.ts';
import type { Matcher, Place } from './matcher.ts';
import { FIELD, NO_NODE, NODE_WORDS, type NodeAt, type TreeArena } from './tree-arena.ts';

/** One matcher on its way to its place: the part of the skeleton that is being spelt. */
interface Step {
  readonly place: Place;
  readonly matcher: Matcher;
  readonly part: number;
}

/** Below that much garbage an arena is not worth copying. */
const MIN_GARBAGE_WORDS = 1 << 16;
const NEVER = -1;

export class TreeEditor {
  readonly #arena: TreeArena;
  /** Nodes and tables from here on are the draft's own: what other drafts append meanwhile its trees do not reach. */
  readonly #ownFrom: number;
  readonly #sets = new Map<NodeAt, MatcherSetDraft>();

  constructor(arena: TreeArena) {
    this.#arena = arena;
    this.#ownFrom = arena.usedWords;
  }

  /** The tree with the matcher at its place. */
  add(tree: NodeAt, place: Place, matcher: Matcher): NodeAt {
    // Paths are latin1: what has other characters matches nothing.
    if (place.skeleton.some((text) => /[\u0100-\uffff]/.test(text))) return tree;
    const root = tree === NO_NODE ? this.#newNode('') : tree;
    return this.#add(root, { place, matcher, part: 0 }, place.skeleton[0] ?? '');
  }

  /** The tree without the matcher; NO_NODE where it was the last. */
  remove(tree: NodeAt, place: Place, matcher: Matcher): NodeAt {
    return tree === NO_NODE ? NO_NODE : this.#remove(tree, { place, matcher, part: 0 }, place.skeleton[0] ?? '');
  }

  /** To be called once, before any of the trees is searched. True where the arena is mostly garbage by now. */
  finish(): boolean {
    for (const [node, draft] of this.#sets) {
      const set = draft.isEmpty ? undefined : draft.finish();
      const lone = set !== undefined && set.keyed === undefined && set.plain.length === 1 ? set.plain[0] : undefined;
      this.#setMatcher(node, lone);
      this.#setMore(node, lone === undefined ? set : undefined, this.#nextSlashOf(node));
    }
    return this.#arena.garbage > MIN_GARBAGE_WORDS && this.#arena.garbage > this.#arena.usedWords / 2;
  }

  /** `rest` is what the node's text and its descendants must spell of the skeleton's part. */
  #add(given: NodeAt, step: Step, rest: string): NodeAt {
    const arena = this.#arena;
    const shared = this.#sharedLength(given, rest);
    const node = shared < arena.get(given, FIELD.textLength) ? this.#split(given, shared) : this.#editable(given);
    this.#set(node, FIELD.top, Math.max(arena.get(node, FIELD.top), step.matcher.rankHigh));
    const below = rest.slice(shared);
    const next = step.place.skeleton[step.part + 1];
    if (below !== '') {
      const code = below.charCodeAt(0);
      const child = arena.childOf(node, code);
      this.#setChild(node, code, this.#add(child === NO_NODE ? this.#newNode(below) : child, step, below));
    } else if (next === undefined) this.#put(node, step);
    else {
      const after = this.#nextSlashOf(node);
      const tree = this.#add(after === NO_NODE ? this.#newNode(next) : after, { ...step, part: step.part + 1 }, next);
      this.#setMore(node, arena.moreOf(node)?.matchers, tree);
    }
    return node;
  }

  #remove(given: NodeAt, step: Step, rest: string): NodeAt {
    const arena = this.#arena;
    const length = arena.get(given, FIELD.textLength);
    if (this.#sharedLength(given, rest) < length) return given;
    const below = rest.slice(length);
    const next = step.place.skeleton[step.part + 1];
    const node = this.#editable(given);
    if (below !== '') {
      const child = arena.childOf(node, below.charCodeAt(0));
      if (child !== NO_NODE) this.#setChild(node, below.charCodeAt(0), this.#remove(child, step, below));
    } else if (next === undefined) this.#take(node, step);
    else {
      const after = this.#nextSlashOf(node);
      if (after !== NO_NODE) this.#setMore(node, arena.moreOf(node)?.matchers, this.#remove(after, { ...step, part: step.part + 1 }, next));
    }
    return this.#mended(node);
  }

  #put(node: NodeAt, { matcher, place }: Step): void {
    if (place.key === undefined && this.#hasNoMatchers(node) && !this.#sets.has(node)) this.#setMatcher(node, matcher);
    else this.#setOf(node).add(matcher, place.key);
  }

  #take(node: NodeAt, { matcher, place }: Step): void {
    const lone = this.#matcherOf(node);
    if (lone === undefined || this.#sets.has(node)) this.#setOf(node).remove(matcher, place.key);
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
    const made = new MatcherSetDraft(lone === undefined ? this.#arena.moreOf(node)?.matchers : { plain: [lone], keyed: undefined, alsoPlain: [] });
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

/** Copies what a tree reaches into another arena, node by node in the order in which they are searched. Pauses after each. */
export function* copyTree(from: TreeArena, node: NodeAt, to: TreeArena): Generator<void, NodeAt> {
  if (node === NO_NODE) return NO_NODE;
  const copy = to.allocate(NODE_WORDS);
  const [count, length] = [from.get(node, FIELD.childCount), from.get(node, FIELD.textLength)];
  const table = to.allocate(count);
  to.words.set(from.words.subarray(node, node + NODE_WORDS), copy);
  to.words[copy + FIELD.textStart] = to.addText(from.textOf(node));
  to.words[copy + FIELD.textLength] = length;
  to.words[copy + FIELD.children] = table;
  const matcher = from.matchers[from.get(node, FIELD.matcher)];
  to.words[copy + FIELD.matcher] = matcher === undefined ? 0 : to.matchers.push(matcher) - 1;
  yield;
  const more = from.moreOf(node);
  const slot = more === undefined ? 0 : to.mores.push({ matchers: more.matchers, atNextSlash: yield* copyTree(from, more.atNextSlash, to) }) - 1;
  to.words[copy + FIELD.more] = slot;
  for (const [code, child] of from.childrenOf(node)) {
    const place = table + code - from.get(node, FIELD.firstCode);
    const copied = yield* copyTree(from, child, to);
    to.words[place] = copied;
  }
  return copy;
}
