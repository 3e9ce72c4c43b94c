/**
 * A route taken apart into matchers, one per path, each with everything it asks of a request and its rank. Rank and
 * meaning are those of Kong's default flavour (`traditional_compatible`). Made by router.ts when a route is put.
 */
import { RE2JS } from 're2js';
import type { PublishedEntities } from '../../shared/model/registry.ts';
import { describeThrown } from '../../shared/errors.ts';
import type { RequestView } from '../../shared/plugins/contract.ts';
import { compilePathPattern, literalPrefixOf, type PathPattern } from './path-pattern.ts';

/** What the router reads of a route. */
export type RoutingAttributes = Pick<PublishedEntities['routes'], 'id' | 'methods' | 'hosts' | 'paths' | 'headers' | 'snis' | 'regex_priority'>;

export interface Matcher {
  readonly routeId: string;
  /** The higher one of two matching matchers wins. */
  readonly rank: number;
  /** Position among the route's paths: the first of two equals wins. */
  readonly pathIndex: number;
  /** What the request's path must start with; '' where the route has no paths. */
  readonly prefix: string;
  /** Where the path is a regular expression; it is tried only where `prefix` matched. */
  readonly pattern: PathPattern | undefined;
  /** Where the host was given with one. */
  readonly port: number | undefined;
  readonly methods: ReadonlySet<string> | undefined;
  readonly headers: readonly HeaderRule[];
  /** The route names SNIs: it never takes a TLS connection whose name is unknown. */
  readonly needsSni: boolean;
}

/** One header of a route: some line of it must have one of these values or match a pattern. */
export interface HeaderRule {
  /** Lower case. */
  readonly name: string;
  /** Lower case. */
  readonly values: ReadonlySet<string>;
  readonly patterns: readonly RE2JS[];
}

export interface MatchersOfRoute {
  readonly matchers: readonly Matcher[];
  /** Why some of the route cannot be matched as it says: the route is quarantined (S6). */
  readonly problem: string | undefined;
}

const MAX_HEADERS_RANKED = 255;
const MAX_LENGTH_RANKED = 0x7ffff;

/**
 * Takes a route apart. Where a path pattern does not compile, all that starts with its literal prefix matches instead, so
 * that what the route was to protect does not fall to a more general route.
 */
export function matchersOf(route: RoutingAttributes): MatchersOfRoute {
  const headers = readHeaderRules(route);
  if (typeof headers === 'string') return { matchers: [], problem: headers };
  const paths = route.paths ?? [];
  if (attributeCount(route) === 0) return { matchers: [], problem: 'the route has nothing to match on' };
  if (paths.length === 0) return { matchers: [newMatcher(route, headers, 0, '', undefined, rankOf(route, 0, false))], problem: undefined };

  const matchers: Matcher[] = [];
  let problem: string | undefined;
  for (const [index, path] of paths.entries()) {
    if (!path.startsWith('~')) {
      matchers.push(newMatcher(route, headers, index, path, undefined, rankOf(route, path.length, false)));
      continue;
    }
    const compiled = tryCompile(path.slice(1));
    if (typeof compiled === 'object') {
      matchers.push(newMatcher(route, headers, index, compiled.literalPrefix, compiled, rankOf(route, 0, true)));
      continue;
    }
    problem = `path ${path}: ${compiled}`;
    const covered = literalPrefixOf(path.slice(1));
    // The root alone would cover every other route: then the harm is greater than the protection.
    if (covered.length > 1) matchers.push(newMatcher(route, headers, index, covered, undefined, rankOf(route, 0, true)));
  }
  return { matchers, problem };
}

/** Negative where `a` wins over `b`. Equal ranks: the greater route id, as in Kong's router. */
export function compareMatchers(a: Matcher, b: Matcher): number {
  if (a.rank !== b.rank) return b.rank - a.rank;
  if (a.routeId !== b.routeId) return a.routeId > b.routeId ? -1 : 1;
  return a.pathIndex - b.pathIndex;
}

/** How many characters of the request's path match; -1 where the request does not fit. Host name and path prefix are known to fit. */
export function matchLength(matcher: Matcher, request: RequestView): number {
  if (matcher.methods !== undefined && !matcher.methods.has(request.method)) return -1;
  if (matcher.port !== undefined && matcher.port !== request.port) return -1;
  if (matcher.needsSni && request.scheme === 'https') return -1;
  for (const rule of matcher.headers) if (!headerFits(rule, request)) return -1;
  return matcher.pattern === undefined ? matcher.prefix.length : matcher.pattern.matchLength(request.path);
}

function headerFits(rule: HeaderRule, request: RequestView): boolean {
  for (const value of request.headerValues(rule.name)) {
    if (rule.values.has(value.toLowerCase()) || rule.patterns.some((pattern) => pattern.test(value))) return true;
  }
  return false;
}

/**
 * From the most significant: number of attributes, only plain hosts, number of headers, regular expression, then among
 * those the regex priority and among prefixes the length of the path. Fits 46 bits.
 */
function rankOf(route: RoutingAttributes, pathLength: number, isPattern: boolean): number {
  const hosts = route.hosts ?? [];
  const plainHosts = hosts.length > 0 && hosts.every((host) => !host.includes('*')) ? 1 : 0;
  const headers = Math.min(Object.keys(route.headers ?? {}).length, MAX_HEADERS_RANKED);
  const first = ((attributeCount(route) * 2 + plainHosts) * 256 + headers) * 2 + (isPattern ? 1 : 0);
  return first * 2 ** 33 + (isPattern ? route.regex_priority + 2 ** 31 : pathLength & MAX_LENGTH_RANKED);
}

function attributeCount(route: RoutingAttributes): number {
  const lists = [route.methods, route.hosts, route.snis, route.paths];
  return lists.filter((list) => (list?.length ?? 0) > 0).length + (Object.keys(route.headers ?? {}).length > 0 ? 1 : 0);
}

function newMatcher(route: RoutingAttributes, headers: readonly HeaderRule[], pathIndex: number, prefix: string, pattern: PathPattern | undefined, rank: number): Matcher {
  const methods = (route.methods?.length ?? 0) > 0 ? new Set(route.methods) : undefined;
  return { routeId: route.id, rank, pathIndex, prefix, pattern, port: undefined, methods, headers, needsSni: (route.snis?.length ?? 0) > 0 };
}

/** The problem where a pattern does not compile. */
function readHeaderRules(route: RoutingAttributes): readonly HeaderRule[] | string {
  const rules: HeaderRule[] = [];
  for (const [name, values] of Object.entries(route.headers ?? {})) {
    try {
      const patterns = values.filter((value) => value.startsWith('~*')).map((value) => RE2JS.compile(value.slice(2), RE2JS.CASE_INSENSITIVE));
      const exact = values.filter((value) => !value.startsWith('~*')).map((value) => value.toLowerCase());
      rules.push({ name: name.toLowerCase(), values: new Set(exact), patterns });
    } catch (thrown) {
      return `header ${name}: ${describeThrown(thrown)}`;
    }
  }
  return rules;
}

function tryCompile(pattern: string): PathPattern | string {
  try {
    return compilePathPattern(pattern);
  } catch (thrown) {
    return describeThrown(thrown);
  }
}
