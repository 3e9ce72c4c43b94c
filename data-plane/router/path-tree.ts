/**
 * A radix tree over what paths must have (Skeleton): text, and after some text the way on to the next `/`. A request walks down
 * once and meets every matcher whose skeleton its path has, so matching costs the depth, not the number of routes.
 */
import { searchSet } from './matcher-set.ts';
import type { Search } from './search.ts';
import { FIELD, NO_NODE, type MoreAtNode, type NodeAt, type TreeArena } from './tree-arena.ts';

/** Improves the search by every matcher whose skeleton the request's path has from position `from`. No node is visited twice. */
export function searchTree(arena: TreeArena, root: NodeAt, search: Search, from = 0): void {
  const { path } = search;
  const { words } = arena;
  let node = root;
  let at = from;
  while (node !== NO_NODE && (words[node + FIELD.top] ?? 0) >= search.rankHigh) {
    const length = words[node + FIELD.textLength] ?? 0;
    if (!hasTextAt(arena.texts, words[node + FIELD.textStart] ?? 0, length, path, at)) return;
    at += length;
    const matcher = arena.matchers[words[node + FIELD.matcher] ?? 0];
    if (matcher !== undefined) search.tryOne(matcher);
    const more = words[node + FIELD.more] ?? 0;
    if (more !== 0) searchMore(arena, arena.mores[more], search, at);
    if (at === path.length) return;
    const index = path.charCodeAt(at) - (words[node + FIELD.firstCode] ?? 0);
    if (index < 0 || index >= (words[node + FIELD.childCount] ?? 0)) return;
    node = words[(words[node + FIELD.children] ?? 0) + index] ?? NO_NODE;
  }
}

function searchMore(arena: TreeArena, more: MoreAtNode | undefined, search: Search, at: number): void {
  if (more?.matchers !== undefined) searchSet(more.matchers, search);
  const slash = more === undefined || more.atNextSlash === NO_NODE ? -1 : search.path.indexOf('/', at);
  if (more !== undefined && slash >= 0) searchTree(arena, more.atNextSlash, search, slash);
}

/** A loop, because texts are short and anything else is a call. */
function hasTextAt(texts: Uint8Array, start: number, length: number, path: string, at: number): boolean {
  if (path.length - at < length) return false;
  for (let index = 0; index < length; index++) if (path.charCodeAt(at + index) !== texts[start + index]) return false;
  return true;
}
