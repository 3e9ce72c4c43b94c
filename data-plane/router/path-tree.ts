/**
 * An immutable radix tree over path prefixes. A request walks down once and meets every prefix of its path, so matching
 * costs the depth, not the number of routes; a change copies the nodes on its way, so older trees stay valid.
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

const NO_CHILDREN: ReadonlyMap<number, PathTree> = new Map();

export const EMPTY_TREE: PathTree = { text: '', matchers: NO_MATCHERS, children: NO_CHILDREN };

export function isEmptyTree(tree: PathTree): boolean {
  return tree.children.size === 0 && isEmptySet(tree.matchers);
}

export function withPath(tree: PathTree, matcher: Matcher): PathTree {
  return inserted(tree, matcher.prefix, matcher);
}

export function withoutPath(tree: PathTree, matcher: Matcher): PathTree {
  return removed(tree, matcher.prefix, matcher);
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

/** `rest` is what the node's text and its descendants must spell. */
function inserted(node: PathTree, rest: string, matcher: Matcher): PathTree {
  const shared = sharedLength(node.text, rest);
  if (shared < node.text.length) {
    const lower = { ...node, text: node.text.slice(shared) };
    return inserted({ text: node.text.slice(0, shared), matchers: NO_MATCHERS, children: new Map([[lower.text.charCodeAt(0), lower]]) }, rest, matcher);
  }
  const below = rest.slice(shared);
  if (below === '') return { ...node, matchers: withMatcher(node.matchers, matcher) };
  const first = below.charCodeAt(0);
  const child = node.children.get(first) ?? { ...EMPTY_TREE, text: below };
  return { ...node, children: new Map(node.children).set(first, inserted(child, below, matcher)) };
}

function removed(node: PathTree, rest: string, matcher: Matcher): PathTree {
  if (!rest.startsWith(node.text)) return node;
  const below = rest.slice(node.text.length);
  if (below === '') return mended({ ...node, matchers: withoutMatcher(node.matchers, matcher) });
  const first = below.charCodeAt(0);
  const child = node.children.get(first);
  if (child === undefined) return node;
  const children = new Map(node.children);
  const left = removed(child, below, matcher);
  if (isEmptyTree(left)) children.delete(first);
  else children.set(first, left);
  return mended({ ...node, children });
}

/** A node that neither matches nor branches is merged with its only child, so that depth follows the routes there are. */
function mended(node: PathTree): PathTree {
  const [only, ...others] = node.children.values();
  if (only === undefined || others.length > 0 || !isEmptySet(node.matchers)) return node;
  return { ...only, text: node.text + only.text };
}

function sharedLength(one: string, other: string): number {
  const longest = Math.min(one.length, other.length);
  let length = 0;
  while (length < longest && one.charCodeAt(length) === other.charCodeAt(length)) length += 1;
  return length;
}
