/**
 * One search for the route of one request: what is asked, what was found so far, and what had to be worked out about the
 * request on the way, so that it is worked out once however many routes ask. Made by router.ts for each match.
 */
import type { RequestView } from '../../shared/plugins/contract.ts';
import { compareMatchers, type HeaderRule, type Matcher, type MoreRules } from './matcher.ts';
import { RequestFields } from './request-fields.ts';
import { wildcardKeys } from './wildcard-keys.ts';

const NO_KEYS: readonly string[] = [];

export class Search {
  readonly request: RequestView;
  readonly path: string;
  readonly isPlain: boolean;
  best: Matcher | undefined = undefined;
  /** What a matcher's `rankHigh` must at least be to win. */
  rankHigh = -1;
  /** How many characters of the path the best matcher matched; 0 where it is an expression, which is asked at the end. */
  matchedPathLength = 0;
  #fields: RequestFields | undefined = undefined;
  readonly #shapes: ReadonlySet<number>;
  #serverNameKeys: readonly string[] | undefined = undefined;

  /** `shapes`: of all wildcards that the router's server names have. */
  constructor(request: RequestView, shapes: ReadonlySet<number>) {
    this.request = request;
    this.#shapes = shapes;
    this.path = request.path;
    this.isPlain = request.scheme === 'http';
  }

  get fields(): RequestFields {
    return (this.#fields ??= new RequestFields(this.request));
  }

  /** The server names and wildcards that take the connection's. */
  get serverNameKeys(): readonly string[] {
    return (this.#serverNameKeys ??= this.request.serverName === undefined ? NO_KEYS : wildcardKeys(this.request.serverName, this.#shapes));
  }

  /** Takes the first of a sorted list that fits: what follows it, or is worse than the best, cannot win. */
  tryList(matchers: readonly Matcher[]): void {
    for (const matcher of matchers) {
      if (!this.#couldWin(matcher) || this.#take(matcher)) return;
    }
  }

  /** As a list of one. */
  tryOne(matcher: Matcher): void {
    if (this.#couldWin(matcher)) this.#take(matcher);
  }

  #couldWin(matcher: Matcher): boolean {
    return this.best === undefined || (matcher.rankHigh >= this.rankHigh && compareMatchers(matcher, this.best) < 0);
  }

  /** True where the request fits, and the matcher is the best now. */
  #take(matcher: Matcher): boolean {
    const length = this.#matchLength(matcher);
    if (length < 0) return false;
    this.best = matcher;
    this.rankHigh = matcher.rankHigh;
    this.matchedPathLength = length;
    return true;
  }

  /** -1 where the request does not fit. That host, skeleton and key fit is known. */
  #matchLength({ methods, more, prefixLength }: Matcher): number {
    if (methods !== undefined && !methods.includes(this.request.method)) return -1;
    return more === undefined ? prefixLength : this.#matchMore(more, prefixLength);
  }

  #matchMore(more: MoreRules, prefixLength: number): number {
    if (more.port !== undefined && more.port !== this.request.port) return -1;
    if (more.serverNames !== undefined && !this.isPlain && !this.#isNamed(more.serverNames)) return -1;
    for (const rule of more.headers) if (!this.#hasHeader(rule)) return -1;
    if (more.condition !== undefined) {
      const isTaken = more.schemes === undefined || more.schemes.has(this.request.scheme);
      return isTaken && more.condition.holds(this.fields) ? 0 : -1;
    }
    return more.pattern === undefined ? prefixLength : more.pattern.matchLength(this.path);
  }

  #isNamed(serverNames: ReadonlySet<string>): boolean {
    for (const key of this.serverNameKeys) if (serverNames.has(key)) return true;
    return false;
  }

  #hasHeader(rule: HeaderRule): boolean {
    for (const value of this.fields.headerValues(rule.name)) {
      if (rule.values.length > 0 && hasValue(rule, value.toLowerCase())) return true;
      for (const pattern of rule.patterns) if (pattern.test(value)) return true;
    }
    return false;
  }
}

function hasValue({ values, manyValues }: HeaderRule, value: string): boolean {
  return manyValues === undefined ? values.includes(value) : manyValues.has(value);
}
