/**
 * A route's expression as matchers: where in the router's index it must stand, so that it is asked only of requests it could
 * take. Of the parts that must all hold, one about the host, one about the path and one about a header or the server name say
 * the place; the expression itself is asked whole, so the place can only be too wide, never wrong. An expression with no such
 * part (`net.src.ip in …`, `http.method == …`, a search for a path not from its start) stands at the root and is asked of every
 * request that no higher priority took: each costs 0.1 to 1 µs for every request.
 */
import type { Comparison, Expression } from '../../shared/model/expression/syntax.ts';
import { parseExpression } from '../../shared/model/expression/parse-expression.ts';
import { Condition } from './condition.ts';
import type { Matcher, MatcherKey, MatchersOfRoute, PlacedMatcher, RoutingAttributes } from './matcher.ts';
import { MAX_PARTS, readPattern, type Skeleton } from './plain-pattern.ts';
import { readableConjuncts } from './readable-conjuncts.ts';
import { MAX_NAME_LENGTH } from './wildcard-keys.ts';

/** Above every rank that attributes give. */
const ABOVE_ATTRIBUTES = 2 ** 16;
/** Priorities have 46 bits: 16 beside the constant, 30 in the low half. */
const LOW_HALF = 2 ** 30;
/** One expression stands at no more places; one with more alternatives is indexed by its hosts alone, or not at all (R5). */
const MAX_PLACES = 1_000;
const ASCII = /^[\x20-\x7e]*$/;
const ANYWHERE: readonly Skeleton[] = [['']];

/** Takes a route with an expression apart. Of one that can't be read, what can be is matched, unless that would cover every other route. */
export function matchersOfExpression(route: RoutingAttributes, text: string): MatchersOfRoute {
  const parsed = parseExpression(text, 'http');
  const problem = parsed.kind === 'wrong' ? `expression: ${parsed.problem}` : undefined;
  const expression = parsed.kind === 'parsed' ? parsed.expression : readableConjuncts(text, 'http');
  if (expression === undefined) return { matchers: [], problem };
  const conjuncts = expression.kind === 'all' ? expression.of : [expression];
  const namedHosts = fewest(conjuncts, hostKeyOf);
  const hosts = namedHosts ?? [undefined];
  const allSkeletons = fewest(conjuncts, skeletonOf) ?? ANYWHERE;
  const skeletons = hosts.length * allSkeletons.length > MAX_PLACES ? ANYWHERE : allSkeletons;
  const key = keyOf(conjuncts);
  // As for a path pattern that does not compile: then the harm is greater than the protection.
  if (problem !== undefined && namedHosts === undefined && skeletons === ANYWHERE && key === undefined) return { matchers: [], problem };
  const more = { port: undefined, headers: [], serverNames: undefined, pattern: undefined, condition: new Condition(expression), schemes: schemesOf(route.protocols) };
  const matchers: PlacedMatcher[] = [];
  for (const [pathIndex, skeleton] of skeletons.entries()) {
    const matcher: Matcher = {
      routeId: route.id, rankHigh: ABOVE_ATTRIBUTES + Math.floor(route.priority / LOW_HALF), rankLow: route.priority % LOW_HALF, pathIndex,
      prefixLength: 0, methods: undefined, more,
    };
    for (const host of hosts) matchers.push({ place: { host, skeleton, key }, matcher });
  }
  return { matchers, problem };
}

/**
 * As in Kong, an expression takes only the protocols of its route, but for a route that is for TLS alone, whose clients are to
 * be told so.
 */
function schemesOf(protocols: readonly string[]): ReadonlySet<string> | undefined {
  const schemes = new Set(protocols.map((protocol) => (protocol === 'grpc' ? 'http' : protocol === 'grpcs' ? 'https' : protocol)));
  return schemes.has('http') && !schemes.has('https') ? schemes : undefined;
}

/** What the part with the fewest alternatives says; undefined where no part says it in all of its alternatives. */
function fewest<T>(conjuncts: readonly Expression[], read: (comparison: Comparison) => T | undefined): readonly T[] | undefined {
  let best: readonly T[] | undefined;
  for (const conjunct of conjuncts) {
    const alternatives = conjunct.kind === 'any' ? conjunct.of : [conjunct];
    const found = alternatives.map((alternative) => (isComparison(alternative) ? read(alternative) : undefined)).filter((value) => value !== undefined);
    if (found.length === alternatives.length && found.length <= MAX_PLACES && (best === undefined || found.length < best.length)) best = found;
  }
  return best;
}

function isComparison(expression: Expression): expression is Comparison {
  return expression.kind === 'text' || expression.kind === 'number' || expression.kind === 'address';
}

function hostKeyOf(comparison: Comparison): string | undefined {
  if (comparison.kind !== 'text' || comparison.field.kind !== 'host') return undefined;
  const { operator, value } = comparison;
  if (value.length > MAX_NAME_LENGTH || /[*:[\]]/.test(value)) return undefined;
  if (operator === '==' && value !== '') return value;
  if (operator === '=^' && value.startsWith('.')) return `*${value}`;
  return operator === '^=' && value.endsWith('.') ? `${value}*` : undefined;
}

function skeletonOf(comparison: Comparison): Skeleton | undefined {
  if (comparison.kind !== 'text' || comparison.lower || !ASCII.test(comparison.value)) return undefined;
  const { field, operator, value } = comparison;
  if (field.kind === 'segments' && field.first === field.last && field.first < MAX_PARTS && operator === '==') return [...Array.from({ length: field.first }, () => '/'), `/${value}`];
  if (field.kind !== 'path') return undefined;
  if (operator === '==' || operator === '^=') return [value];
  return operator === '~' && value.startsWith('^') ? readPattern(value).skeleton : undefined;
}

/** Some line of the header must have the value, whether the expression means one line or all. */
function keyOf(conjuncts: readonly Expression[]): MatcherKey | undefined {
  for (const conjunct of conjuncts) {
    if (conjunct.kind !== 'text' || conjunct.operator !== '==') continue;
    const { field, value } = conjunct;
    if (field.kind === 'header') return { name: field.name, values: [value.toLowerCase()], alsoPlain: false };
    if (field.kind === 'server-name' && value.length <= MAX_NAME_LENGTH) return { name: '', values: [value], alsoPlain: false };
  }
  return undefined;
}
