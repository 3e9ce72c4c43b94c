/**
 * A radix tree over path prefixes. A request walks down once and meets every prefix of its path, so matching costs the
 * depth, not the number of routes. Trees are immutable to whoever reads them; a TreeEditor copies a node when it first
 * touches it and changes its own copies in place, so older trees stay valid and building is not quadratic.
 */
import { isEmptySet, NO_MATCHERS, searchSet, withMatcher, withoutMatcher, type MatcherSet, type Search } from './matcher-set.ts';
import type { Matcher } from './matcher.ts';

export interface PathTree {
  /** What this node adds to the text of its parent. */
  readonly text: string;
  readonly matchers: MatcherSet;
  /** By the first character of their text. */
  readonly children: ReadonlyMap<number, PathTree>;
}

/** A node that an editor made and nobody else has seen. */
interface OwnNode extends PathTree {
  text: string;
  matchers: MatcherSet;
  readonly children: Map<number, PathTree>;
}

export const EMPTY_TREE: PathTree = { text: '', matchers: NO_MATCHERS, children: new Map() };

export function isEmptyTree(tree: PathTree): boolean {
  return tree.children.size === 0 && isEmptySet(tree.matchers);
}

/** Improves the search by every matcher whose prefix the request's path starts with. */
export function searchTree(tree: PathTree, search: Search): void {
  const { path } = search.request;
  let node: PathTree | undefined = tree;
  let at = 0;
  while (node !== undefined && path.startsWith(node.text, at)) {
    at += node.text.length;
    searchSet(node.matchers, search);
    node = node.children.get(path.charCodeAt(at));
  }
}

/** Makes the next trees of one router draft. To be dropped with the draft: from then on its nodes belong to readers. */
export class TreeEditor {
  readonly #own = new Map<PathTree, OwnNode>();

  /** The tree with the matcher at its prefix. */
  add(tree: PathTree, matcher: Matcher): PathTree {
    return this.#add(tree, matcher.prefix, matcher);
  }

  /** The tree without the matcher; EMPTY_TREE's equal where it was the last. */
  remove(tree: PathTree, matcher: Matcher): PathTree {
    return this.#remove(tree, matcher.prefix, matcher);
  }

  /** `rest` is what the node's text and its descendants must spell. */
  #add(given: PathTree, rest: string, matcher: Matcher): PathTree {
    const shared = sharedLength(given.text, rest);
    const node = shared < given.text.length ? this.#split(given, shared) : this.#editable(given);
    const below = rest.slice(shared);
    if (below === '') {
      node.matchers = withMatcher(node.matchers, matcher);
      return node;
    }
    const first = below.charCodeAt(0);
    const child = node.children.get(first) ?? { ...EMPTY_TREE, text: below };
    node.children.set(first, this.#add(child, below, matcher));
    return node;
  }

  #remove(given: PathTree, rest: string, matcher: Matcher): PathTree {
    if (!rest.startsWith(given.text)) return given;
    const node = this.#editable(given);
    const below = rest.slice(node.text.length);
    if (below === '') {
      node.matchers = withoutMatcher(node.matchers, matcher);
      return this.#mended(node);
    }
    const first = below.charCodeAt(0);
    const child = node.children.get(first);
    if (child === undefined) return node;
    const left = this.#remove(child, below, matcher);
    if (isEmptyTree(left)) node.children.delete(first);
    else node.children.set(first, left);
    return this.#mended(node);
  }

  /** A node for the first characters of the text, above one for the rest. */
  #split(given: PathTree, length: number): OwnNode {
    const lower = this.#editable(given);
    const upper = this.#editable({ ...EMPTY_TREE, text: lower.text.slice(0, length) });
    lower.text = lower.text.slice(length);
    upper.children.set(lower.text.charCodeAt(0), lower);
    return upper;
  }

  /** A node that neither matches nor branches is merged with its only child, so that depth follows the routes there are. */
  #mended(node: OwnNode): OwnNode {
    const [only] = node.children.values();
    if (only === undefined || node.children.size > 1 || !isEmptySet(node.matchers)) return node;
    const merged = this.#editable(only);
    merged.text = node.text + merged.text;
    return merged;
  }

  #editable(node: PathTree): OwnNode {
    const own = this.#own.get(node);
    if (own !== undefined) return own;
    const copy: OwnNode = { text: node.text, matchers: node.matchers, children: new Map(node.children) };
    this.#own.set(copy, copy);
    return copy;
  }
}

function sharedLength(one: string, other: string): number {
  const longest = Math.min(one.length, other.length);
  let length = 0;
  while (length < longest && one.charCodeAt(length) === other.charCodeAt(length)) length += 1;
  return length;
}
