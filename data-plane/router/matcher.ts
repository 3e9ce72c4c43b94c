/**
 * A route taken apart into matchers, one for each place of the router's index where it stands, each with everything it asks of
 * a request and its rank. Rank and meaning are those of Kong's default flavour (`traditional_compatible`); what an expression
 * says is in expression-matcher.ts. Made by router.ts when a route is put.
 */
import { RE2JS } from 're2js';
import { describeThrown } from '../../shared/errors.ts';
import type { PublishedEntities } from '../../shared/model/registry.ts';
import { splitPort } from '../../shared/model/string-rules.ts';
import type { Condition } from './condition.ts';
import { compilePathPattern, literalPrefixOf, type PathPattern } from './path-pattern.ts';
import type { Skeleton } from './plain-pattern.ts';

/** What the router reads of a route. */
export type RoutingAttributes = Pick<PublishedEntities['routes'], 'id' | 'protocols' | 'methods' | 'hosts' | 'paths' | 'headers' | 'snis' | 'regex_priority' | 'expression' | 'priority'>;

export interface Matcher {
  readonly routeId: string;
  /** The higher one of two matching matchers wins; by the low half where the high halves are equal. Small integers, which cost no memory of their own. */
  readonly rankHigh: number;
  readonly rankLow: number;
  /** Position among the route's paths: the first of two equals wins. */
  readonly pathIndex: number;
  /** Of a path that is a prefix; 0 for all others. */
  readonly prefixLength: number;
  /** The same array for all matchers with the same methods. */
  readonly methods: readonly string[] | undefined;
  /** Apart, because most routes have nothing of it, and what is small misses the processor's caches less often. */
  readonly more: MoreRules | undefined;
}

/** What few routes ask for. All of it must hold. */
export interface MoreRules {
  /** Where the host was given with one. */
  readonly port: number | undefined;
  readonly headers: readonly HeaderRule[];
  /** Server names and wildcards, of which a TLS connection must have asked for one. Plain connections have none and need none. */
  readonly serverNames: ReadonlySet<string> | undefined;
  /** Where the path is a regular expression; it is tried only where the skeleton fitted. */
  readonly pattern: PathPattern | undefined;
  /** Where the route is an expression: all it says, also what the place in the index says already. */
  readonly condition: Condition | undefined;
  /** Schemes it takes; undefined takes both. */
  readonly schemes: ReadonlySet<string> | undefined;
}

/** Where in the router's index a matcher stands: only requests that have all of this are matched with it. */
export interface Place {
  /** Exact, `*.example.com` or `example.*`; undefined for any. */
  readonly host: string | undefined;
  /** What the path must have. */
  readonly skeleton: Skeleton;
  /** By which it is looked up where many stand at one place. */
  readonly key: MatcherKey | undefined;
}

/** Text that a request must have in one of some values: of a header, lower case, or with the name '' a server name or wildcard. */
export interface MatcherKey {
  readonly name: string;
  readonly values: readonly string[];
  /** Plain connections need no server name: the matcher must also be found without one. */
  readonly alsoPlain: boolean;
}

/** One header of a route: some line of it must have one of these values or match a pattern. */
export interface HeaderRule {
  /** Lower case. */
  readonly name: string;
  /** Lower case. */
  readonly values: readonly string[];
  /** The same where there are many. */
  readonly manyValues: ReadonlySet<string> | undefined;
  readonly patterns: readonly RE2JS[];
}

export interface PlacedMatcher {
  readonly place: Place;
  readonly matcher: Matcher;
}

export interface MatchersOfRoute {
  readonly matchers: readonly PlacedMatcher[];
  /** Why some of the route cannot be matched as it says: the route is quarantined (S6). */
  readonly problem: string | undefined;
}

/** Values that are compared one by one, which takes less memory than a set and no more time. */
const MAX_SCANNED = 8;
const MAX_HEADERS_RANKED = 255;
const MAX_LENGTH_RANKED = 0x7ffff;
const NO_PATH: Skeleton = [''];

/**
 * Takes a route without an expression apart. Where a path pattern does not compile, all that starts with its literal prefix
 * matches instead, and where a header's pattern does not, every value of that header, so that what the route was to protect does not fall to a more general route.
 */
export function matchersOfAttributes(route: RoutingAttributes): MatchersOfRoute {
  const { rules: headers, problem: headerProblem } = readHeaderRules(route);
  // As for a path pattern: what could be every other route's is left to them.
  if (headerProblem !== undefined && (route.hosts ?? []).length === 0 && (route.paths ?? []).length === 0) return { matchers: [], problem: headerProblem };
  const count = attributeCount(route);
  if (count === 0) return { matchers: [], problem: 'the route has nothing to match on' };
  const { paths, problem } = readPaths(route.paths ?? []);
  const hosts = (route.hosts ?? []).map(readHost);
  const serverNames = (route.snis?.length ?? 0) > 0 ? new Set(route.snis?.map((name) => name.toLowerCase())) : undefined;
  const [methods, key] = [sharedMethods(route.methods), keyOf(headers, serverNames)];
  const matchers: PlacedMatcher[] = [];
  for (const { skeleton, pattern, pathIndex, prefixLength, isPattern } of paths) {
    const plain: Matcher = {
      routeId: route.id, rankHigh: rankHighOf(route, count, isPattern), rankLow: isPattern ? route.regex_priority : prefixLength & MAX_LENGTH_RANKED,
      pathIndex, prefixLength, methods, more: undefined,
    };
    for (const { host, port } of hosts.length === 0 ? ANY_HOST : hosts) {
      const hasMore = port !== undefined || headers.length > 0 || serverNames !== undefined || pattern !== undefined;
      const more = hasMore ? { port, headers, serverNames, pattern, condition: undefined, schemes: undefined } : undefined;
      matchers.push({ place: { host, skeleton, key }, matcher: more === undefined ? plain : { ...plain, more } });
    }
  }
  return { matchers, problem: headerProblem ?? problem };
}

/** Negative where `a` wins over `b`. Equal ranks: the greater route id, as in Kong's router. */
export function compareMatchers(a: Matcher, b: Matcher): number {
  if (a.rankHigh !== b.rankHigh) return b.rankHigh - a.rankHigh;
  if (a.rankLow !== b.rankLow) return b.rankLow - a.rankLow;
  if (a.routeId !== b.routeId) return a.routeId > b.routeId ? -1 : 1;
  return a.pathIndex - b.pathIndex;
}

interface PathRule {
  readonly skeleton: Skeleton;
  /** Undefined also for a pattern that does not compile. */
  readonly pattern: PathPattern | undefined;
  readonly pathIndex: number;
  readonly prefixLength: number;
  readonly isPattern: boolean;
}

function readPaths(paths: readonly string[]): { readonly paths: readonly PathRule[]; readonly problem: string | undefined } {
  if (paths.length === 0) return { paths: [{ skeleton: NO_PATH, pattern: undefined, pathIndex: 0, prefixLength: 0, isPattern: false }], problem: undefined };
  const rules: PathRule[] = [];
  let problem: string | undefined;
  for (const [pathIndex, path] of paths.entries()) {
    if (!path.startsWith('~')) {
      rules.push({ skeleton: [path], pattern: undefined, pathIndex, prefixLength: path.length, isPattern: false });
      continue;
    }
    try {
      const pattern = compilePathPattern(path.slice(1));
      rules.push({ skeleton: pattern.skeleton, pattern, pathIndex, prefixLength: 0, isPattern: true });
    } catch (thrown) {
      problem = `path ${path}: ${describeThrown(thrown)}`;
      const covered = literalPrefixOf(path.slice(1));
      // The root alone would cover every other route: then the harm is greater than the protection.
      if (covered.length > 1) rules.push({ skeleton: [covered], pattern: undefined, pathIndex, prefixLength: covered.length, isPattern: true });
    }
  }
  return { paths: rules, problem };
}

/** The arrays of all routes' methods, once each. Forgotten where there are more than anybody has (R5). */
const METHODS = new Map<string, readonly string[]>();
const MAX_METHOD_LISTS = 1_000;

function sharedMethods(methods: readonly string[] | null): readonly string[] | undefined {
  if (methods === null || methods.length === 0) return undefined;
  const key = methods.join();
  const known = METHODS.get(key);
  if (known !== undefined) return known;
  if (METHODS.size === MAX_METHOD_LISTS) METHODS.clear();
  METHODS.set(key, methods);
  return methods;
}

interface HostRule {
  readonly host: string | undefined;
  readonly port: number | undefined;
}

const ANY_HOST: readonly HostRule[] = [{ host: undefined, port: undefined }];

function readHost(text: string): HostRule {
  const { host, port } = splitPort(text.toLowerCase()) ?? { host: text.toLowerCase() };
  return { host, port };
}

/** An exact header tells routes apart as well as a server name does, and needs no second look-up for plain connections. */
function keyOf(headers: readonly HeaderRule[], serverNames: ReadonlySet<string> | undefined): MatcherKey | undefined {
  const exact = headers.find((rule) => rule.patterns.length === 0);
  if (exact !== undefined) return { name: exact.name, values: exact.values, alsoPlain: false };
  return serverNames === undefined ? undefined : { name: '', values: [...serverNames], alsoPlain: true };
}

/**
 * From the most significant: number of attributes, only plain hosts, number of headers, regular expression. The low half is
 * the regex priority among patterns, and the length of the path among prefixes.
 */
function rankHighOf(route: RoutingAttributes, attributes: number, isPattern: boolean): number {
  const hosts = route.hosts ?? [];
  const plainHosts = hosts.length > 0 && hosts.every((host) => !host.includes('*')) ? 1 : 0;
  const headers = Math.min(Object.keys(route.headers ?? {}).length, MAX_HEADERS_RANKED);
  return ((attributes * 2 + plainHosts) * 256 + headers) * 2 + (isPattern ? 1 : 0);
}

function attributeCount(route: RoutingAttributes): number {
  const lists = [route.methods, route.hosts, route.snis, route.paths];
  return lists.filter((list) => (list?.length ?? 0) > 0).length + (Object.keys(route.headers ?? {}).length > 0 ? 1 : 0);
}

function readHeaderRules(route: RoutingAttributes): { readonly rules: readonly HeaderRule[]; readonly problem: string | undefined } {
  const rules: HeaderRule[] = [];
  let problem: string | undefined;
  for (const [name, values] of Object.entries(route.headers ?? {})) {
    try {
      const patterns = values.filter((value) => value.startsWith('~*')).map((value) => RE2JS.compile(value.slice(2), RE2JS.CASE_INSENSITIVE));
      const exact = values.filter((value) => !value.startsWith('~*')).map((value) => value.toLowerCase());
      rules.push({ name: name.toLowerCase(), values: exact, manyValues: exact.length > MAX_SCANNED ? new Set(exact) : undefined, patterns });
    } catch (thrown) {
      problem = `header ${name}: ${describeThrown(thrown)}`;
      rules.push({ name: name.toLowerCase(), values: [], manyValues: undefined, patterns: [RE2JS.compile('')] });
    }
  }
  return { rules, problem };
}
