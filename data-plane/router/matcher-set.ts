/**
 * The matchers at one place of a path tree, best first, immutable. Those that ask for an exact header are indexed by one
 * of their headers, so that a thousand routes which differ by a header alone still cost one look-up.
 */
import type { RequestView } from '../../shared/plugins/contract.ts';
import { PersistentMap } from '../config/persistent-map.ts';
import { compareMatchers, matchLength, type HeaderRule, type Matcher } from './matcher.ts';

type HeaderIndex = ReadonlyMap<string, PersistentMap<readonly Matcher[]>>;

export interface MatcherSet {
  /** Matchers without an exact header, best first. */
  readonly plain: readonly Matcher[];
  /** Header name → value → matchers, best first. Undefined where there are none: one comparison. */
  readonly byHeader: HeaderIndex | undefined;
}

/** The best match found so far. One per request, changed while the router searches. */
export interface Search {
  readonly request: RequestView;
  best: Matcher | undefined;
  matchedPathLength: number;
}

export const NO_MATCHERS: MatcherSet = { plain: [], byHeader: undefined };

export function isEmptySet(set: MatcherSet): boolean {
  return set.plain.length === 0 && set.byHeader === undefined;
}

export function withMatcher(set: MatcherSet, matcher: Matcher): MatcherSet {
  const indexed = indexedHeader(matcher);
  if (indexed === undefined) return { ...set, plain: inserted(set.plain, matcher) };
  const values = (set.byHeader?.get(indexed.name) ?? new PersistentMap<readonly Matcher[]>()).draft();
  for (const value of indexed.values) values.set(value, inserted(values.get(value) ?? [], matcher));
  return { ...set, byHeader: new Map(set.byHeader).set(indexed.name, values.finish()) };
}

export function withoutMatcher(set: MatcherSet, matcher: Matcher): MatcherSet {
  const indexed = indexedHeader(matcher);
  if (indexed === undefined) return { ...set, plain: removed(set.plain, matcher) };
  const draft = (set.byHeader?.get(indexed.name) ?? new PersistentMap<readonly Matcher[]>()).draft();
  for (const value of indexed.values) {
    const rest = removed(draft.get(value) ?? [], matcher);
    if (rest.length === 0) draft.delete(value);
    else draft.set(value, rest);
  }
  const values = draft.finish();
  const byHeader = new Map(set.byHeader);
  if (values.size === 0) byHeader.delete(indexed.name);
  else byHeader.set(indexed.name, values);
  return { ...set, byHeader: byHeader.size === 0 ? undefined : byHeader };
}

/** Improves the search by what this set holds. */
export function searchSet(set: MatcherSet, search: Search): void {
  searchList(set.plain, search);
  if (set.byHeader === undefined) return;
  for (const [name, values] of set.byHeader) {
    for (const value of search.request.headerValues(name)) searchList(values.get(value.toLowerCase()) ?? [], search);
  }
}

/** The list is sorted: what follows the first match, or is worse than the best, cannot win. */
function searchList(matchers: readonly Matcher[], search: Search): void {
  for (const matcher of matchers) {
    if (search.best !== undefined && compareMatchers(matcher, search.best) >= 0) return;
    const length = matchLength(matcher, search.request);
    if (length < 0) continue;
    search.best = matcher;
    search.matchedPathLength = length;
    return;
  }
}

function indexedHeader(matcher: Matcher): HeaderRule | undefined {
  return matcher.headers.find((rule) => rule.patterns.length === 0);
}

function inserted(matchers: readonly Matcher[], matcher: Matcher): readonly Matcher[] {
  const at = matchers.findIndex((other) => compareMatchers(matcher, other) < 0);
  return at < 0 ? [...matchers, matcher] : matchers.toSpliced(at, 0, matcher);
}

/** By meaning, not by identity: the matcher to remove was made anew from the route. */
function removed(matchers: readonly Matcher[], matcher: Matcher): readonly Matcher[] {
  return matchers.filter((other) => other.routeId !== matcher.routeId || other.pathIndex !== matcher.pathIndex);
}
