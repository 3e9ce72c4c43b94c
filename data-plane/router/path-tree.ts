/**
 * A radix tree over what paths must have (Skeleton): text, and after some text the way on to the next `/`. A request walks down
 * once and meets every matcher whose skeleton its path has, so matching costs the depth, not the number of routes. Trees are
 * immutable to whoever reads them; a TreeEditor copies a node when it first touches it and changes its own copies in place, so
 * older trees stay valid and building is not quadratic. Nodes are small and children stand in an array by their first
 * character, because with 100,000 routes a match costs what it misses in the processor's caches.
 */
import { isSame, MatcherSetDraft, searchSet, type MatcherSet } from './matcher-set.ts';
import type { Matcher, Place } from './matcher.ts';
import type { Search } from './search.ts';

export interface PathTree {
  /** What this node adds to the text of its parent. */
  readonly text: string;
  /** No matcher here or below has a higher `rankHigh`. */
  readonly top: number;
  /** Where one stands here, without a key, as mostly. */
  readonly matcher: Matcher | undefined;
  readonly more: MoreAtNode | undefined;
  /** Character code of the first child. */
  readonly firstCode: number;
  /** By the first character of their text, counted from `firstCode`. */
  readonly children: readonly (PathTree | undefined)[];
}

/** What few nodes have. */
interface MoreAtNode {
  /** Where more than one matcher stands, or one with a key. */
  readonly matchers: MatcherSet | undefined;
  /** What follows at the next `/` after the node's text, whatever stands before it. */
  readonly atNextSlash: PathTree | undefined;
}

/** A node that an editor made and nobody else has seen. */
interface OwnNode extends PathTree {
  text: string;
  top: number;
  matcher: Matcher | undefined;
  more: MoreAtNode | undefined;
  firstCode: number;
  children: readonly (PathTree | undefined)[];
}

const NO_CHILDREN: readonly undefined[] = [];

export const EMPTY_TREE: PathTree = { text: '', top: -1, matcher: undefined, more: undefined, firstCode: 0, children: NO_CHILDREN };

/** Improves the search by every matcher whose skeleton the request's path has from position `from`. No node is visited twice. */
export function searchTree(tree: PathTree, search: Search, from = 0): void {
  const { path } = search;
  let node: PathTree | undefined = tree;
  let at = from;
  while (node !== undefined && node.top >= search.rankHigh && hasTextAt(path, node.text, at)) {
    at += node.text.length;
    if (node.matcher !== undefined) search.tryOne(node.matcher);
    if (node.more !== undefined) searchMore(node.more, search, at);
    if (at === path.length) return;
    node = childAt(node, path.charCodeAt(at));
  }
}

function searchMore({ matchers, atNextSlash }: MoreAtNode, search: Search, at: number): void {
  if (matchers !== undefined) searchSet(matchers, search);
  const slash = atNextSlash === undefined ? -1 : search.path.indexOf('/', at);
  if (atNextSlash !== undefined && slash >= 0) searchTree(atNextSlash, search, slash);
}

function moreOf(matchers: MatcherSet | undefined, atNextSlash: PathTree | undefined): MoreAtNode | undefined {
  return matchers === undefined && atNextSlash === undefined ? undefined : { matchers, atNextSlash };
}

/** A loop, because texts are short and `startsWith` is a call. */
function hasTextAt(path: string, text: string, at: number): boolean {
  if (path.length - at < text.length) return false;
  for (let index = 0; index < text.length; index++) if (path.charCodeAt(at + index) !== text.charCodeAt(index)) return false;
  return true;
}

function childAt(node: PathTree, code: number): PathTree | undefined {
  const index = code - node.firstCode;
  return index < 0 || index >= node.children.length ? undefined : node.children[index];
}

/** One matcher on its way to its place: the part of the skeleton that is being spelt. */
interface Step {
  readonly place: Place;
  readonly matcher: Matcher;
  readonly part: number;
}

function nextPart({ place, part }: Step): string | undefined {
  return place.skeleton[part + 1];
}

/** Makes the next trees of one router draft. After `finish` its nodes belong to readers. */
export class TreeEditor {
  readonly #own = new Map<PathTree, OwnNode>();
  readonly #sets = new Map<OwnNode, MatcherSetDraft>();

  /** The tree with the matcher at its place. */
  add(tree: PathTree, place: Place, matcher: Matcher): PathTree {
    // Paths are latin1: what has other characters matches nothing, and would make an array of children long.
    if (place.skeleton.some((text) => /[\u0100-\uffff]/.test(text))) return tree;
    return this.#add(tree, { place, matcher, part: 0 }, place.skeleton[0] ?? '');
  }

  /** The tree without the matcher; undefined where it was the last. */
  remove(tree: PathTree, place: Place, matcher: Matcher): PathTree | undefined {
    return this.#remove(tree, { place, matcher, part: 0 }, place.skeleton[0] ?? '');
  }

  /** To be called once, before any of the trees is searched. */
  finish(): void {
    for (const [node, draft] of this.#sets) {
      const set = draft.isEmpty ? undefined : draft.finish();
      const isOne = set !== undefined && set.keyed === undefined && set.plain.length === 1;
      node.matcher = isOne ? set.plain[0] : undefined;
      node.more = moreOf(isOne ? undefined : set, node.more?.atNextSlash);
    }
  }

  /** `rest` is what the node's text and its descendants must spell of the skeleton's part. */
  #add(given: PathTree, step: Step, rest: string): PathTree {
    const shared = sharedLength(given.text, rest);
    const node = shared < given.text.length ? this.#split(given, shared) : this.#editable(given);
    node.top = Math.max(node.top, step.matcher.rankHigh);
    const below = rest.slice(shared);
    const next = nextPart(step);
    if (below !== '') setChild(node, this.#add(childAt(node, below.charCodeAt(0)) ?? { ...EMPTY_TREE, text: below }, step, below));
    else if (next === undefined) this.#put(node, step);
    else node.more = moreOf(node.more?.matchers, this.#add(node.more?.atNextSlash ?? { ...EMPTY_TREE, text: next }, { ...step, part: step.part + 1 }, next));
    return node;
  }

  #remove(given: PathTree, step: Step, rest: string): PathTree | undefined {
    if (!rest.startsWith(given.text)) return given;
    const below = rest.slice(given.text.length);
    const next = nextPart(step);
    const node = this.#editable(given);
    if (below !== '') {
      const child = childAt(node, below.charCodeAt(0));
      if (child !== undefined) replaceChild(node, below.charCodeAt(0), this.#remove(child, step, below));
    } else if (next === undefined) this.#take(node, step);
    else if (node.more?.atNextSlash !== undefined) node.more = moreOf(node.more.matchers, this.#remove(node.more.atNextSlash, { ...step, part: step.part + 1 }, next));
    return this.#mended(node);
  }

  #put(node: OwnNode, { matcher, place }: Step): void {
    if (place.key === undefined && this.#hasNoMatchers(node) && !this.#sets.has(node)) node.matcher = matcher;
    else this.#setOf(node).add(matcher, place.key);
  }

  #take(node: OwnNode, { matcher, place }: Step): void {
    if (node.matcher === undefined || this.#sets.has(node)) this.#setOf(node).remove(matcher, place.key);
    else if (isSame(node.matcher, matcher)) node.matcher = undefined;
  }

  /** A node for the first characters of the text, above one for the rest. */
  #split(given: PathTree, length: number): OwnNode {
    const lower = this.#editable(given);
    const upper = this.#editable({ ...EMPTY_TREE, text: lower.text.slice(0, length), top: lower.top });
    lower.text = lower.text.slice(length);
    setChild(upper, lower);
    return upper;
  }

  /** A node that neither matches nor branches is merged with its only child, so that depth follows the routes there are. */
  #mended(node: OwnNode): OwnNode | undefined {
    if (!this.#hasNoMatchers(node) || node.more?.atNextSlash !== undefined) return node;
    const children = node.children.filter((child) => child !== undefined);
    const [only] = children;
    if (only === undefined) return undefined;
    if (children.length > 1) return node;
    const merged = this.#editable(only);
    merged.text = node.text + merged.text;
    return merged;
  }

  #hasNoMatchers(node: OwnNode): boolean {
    return this.#sets.get(node)?.isEmpty ?? (node.matcher === undefined && node.more?.matchers === undefined);
  }

  #setOf(node: OwnNode): MatcherSetDraft {
    const known = this.#sets.get(node);
    if (known !== undefined) return known;
    const made = new MatcherSetDraft(node.matcher === undefined ? node.more?.matchers : { plain: [node.matcher], keyed: undefined, alsoPlain: [] });
    this.#sets.set(node, made);
    return made;
  }

  #editable(node: PathTree): OwnNode {
    const own = this.#own.get(node);
    if (own !== undefined) return own;
    const copy: OwnNode = { ...node, children: node.children };
    this.#own.set(copy, copy);
    return copy;
  }
}

function setChild(node: OwnNode, child: PathTree): void {
  replaceChild(node, child.text.charCodeAt(0), child);
}

/** The array reaches from the first child to the last. */
function replaceChild(node: OwnNode, code: number, child: PathTree | undefined): void {
  const index = code - node.firstCode;
  if (child !== undefined && index >= 0 && index < node.children.length) node.children = node.children.with(index, child);
  else if (child !== undefined || index >= 0) spanChildren(node, code, child);
}

/** Makes the array anew where it grows, or shrinks, maybe. */
function spanChildren(node: OwnNode, code: number, child: PathTree | undefined): void {
  const byCode = new Map(node.children.flatMap((known, index) => (known === undefined ? [] : [[node.firstCode + index, known] as const])));
  if (child === undefined) byCode.delete(code);
  else byCode.set(code, child);
  const firstCode = Math.min(...byCode.keys());
  const length = byCode.size === 0 ? 0 : Math.max(...byCode.keys()) - firstCode + 1;
  node.firstCode = length === 0 ? 0 : firstCode;
  node.children = Array.from({ length }, (_, index) => byCode.get(firstCode + index));
}

function sharedLength(one: string, other: string): number {
  const longest = Math.min(one.length, other.length);
  let length = 0;
  while (length < longest && one.charCodeAt(length) === other.charCodeAt(length)) length += 1;
  return length;
}
