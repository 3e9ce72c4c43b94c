/**
 * The matchers at one place of a path tree, best first, immutable. Those that ask for an exact header or for a server name are
 * indexed by it, so that a thousand routes which differ by that alone still cost one look-up.
 */
import { PersistentMap, type MapDraft } from '../config/persistent-map.ts';
import { compareMatchers, type Matcher, type MatcherKey } from './matcher.ts';
import { inserted } from './ranked-list.ts';
import type { Search } from './search.ts';

export interface MatcherSet {
  /** Matchers without a key, best first. */
  readonly plain: readonly Matcher[];
  /** Undefined where there are none: one comparison. */
  readonly keyed: readonly KeyIndex[] | undefined;
  /** Those with a key that plain connections need not have, best first. */
  readonly alsoPlain: readonly Matcher[];
}

interface KeyIndex {
  /** Of a header; '' for server names. */
  readonly name: string;
  /** By value, best first. */
  readonly values: PersistentMap<readonly Matcher[]>;
}

/** What a change of one matcher copies of an index by key: a path of a persistent map. */
const WORDS_PER_KEY_INDEX = 64;

/** About how much memory of its own a set holds that the set after it does not share, in words of four bytes. */
export function wordsOf({ plain, keyed, alsoPlain }: MatcherSet): number {
  return plain.length + alsoPlain.length + (keyed === undefined ? 0 : keyed.length * WORDS_PER_KEY_INDEX);
}

/** Improves the search by what this set holds. */
export function searchSet(set: MatcherSet, search: Search): void {
  search.tryList(set.plain);
  if (set.keyed === undefined) return;
  for (const { name, values } of set.keyed) {
    if (name === '') {
      for (const key of search.serverNameKeys) tryValue(values, key, search);
    } else {
      for (const value of search.fields.headerValues(name)) tryValue(values, value.toLowerCase(), search);
    }
  }
  if (search.isPlain) search.tryList(set.alsoPlain);
}

function tryValue(values: PersistentMap<readonly Matcher[]>, value: string, search: Search): void {
  const matchers = values.get(value);
  if (matchers !== undefined) search.tryList(matchers);
}

/** Changes on top of a set. Lists are sorted once, at the end, so that building long ones is not quadratic. */
export class MatcherSetDraft {
  #plain: Matcher[];
  #alsoPlain: Matcher[];
  readonly #keyed: Map<string, MapDraft<readonly Matcher[]>>;
  #isSorted = true;

  constructor(set: MatcherSet | undefined) {
    this.#plain = [...(set?.plain ?? [])];
    this.#alsoPlain = [...(set?.alsoPlain ?? [])];
    this.#keyed = new Map(set?.keyed?.map(({ name, values }) => [name, values.draft()]));
  }

  get isEmpty(): boolean {
    return this.#plain.length === 0 && this.#keyed.size === 0;
  }

  add(matcher: Matcher, key: MatcherKey | undefined): void {
    this.#isSorted = false;
    if (key === undefined) {
      this.#plain.push(matcher);
      return;
    }
    const values = this.#keyed.get(key.name) ?? new PersistentMap<readonly Matcher[]>().draft();
    this.#keyed.set(key.name, values);
    for (const value of key.values) values.set(value, inserted(values.get(value) ?? [], matcher, compareMatchers));
    if (key.alsoPlain) this.#alsoPlain.push(matcher);
  }

  remove(matcher: Matcher, key: MatcherKey | undefined): void {
    if (key === undefined) {
      this.#plain = without(this.#plain, matcher);
      return;
    }
    const values = this.#keyed.get(key.name);
    if (values === undefined) return;
    for (const value of key.values) {
      const rest = without(values.get(value) ?? [], matcher);
      if (rest.length === 0) values.delete(value);
      else values.set(value, rest);
    }
    if (values.size === 0) this.#keyed.delete(key.name);
    if (key.alsoPlain) this.#alsoPlain = without(this.#alsoPlain, matcher);
  }

  finish(): MatcherSet {
    if (!this.#isSorted) {
      this.#plain.sort(compareMatchers);
      this.#alsoPlain.sort(compareMatchers);
    }
    const keyed = [...this.#keyed].map(([name, values]) => ({ name, values: values.finish() }));
    return { plain: this.#plain, keyed: keyed.length === 0 ? undefined : keyed, alsoPlain: this.#alsoPlain };
  }
}

/** By meaning, not by identity: a matcher to remove is made anew from its route. */
export function isSame(one: Matcher, other: Matcher): boolean {
  return one.routeId === other.routeId && one.pathIndex === other.pathIndex;
}

function without(matchers: readonly Matcher[], matcher: Matcher): Matcher[] {
  return matchers.filter((other) => !isSame(other, matcher));
}
