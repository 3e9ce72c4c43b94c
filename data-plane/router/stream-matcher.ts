/**
 * A stream route (tcp, tls, tls_passthrough) as a matcher: by server name, source and destination, or by an expression. Ranks are
 * Kong's: first those with server names or with both sources and destinations, then by how exactly the source is said, then
 * the destination; expressions stand above all. Made by stream-router.ts when a route is put.
 */
import type { PublishedEntities } from '../../shared/model/registry.ts';
import type { Expression } from '../../shared/model/expression/syntax.ts';
import { addressRange, parseExpression } from '../../shared/model/expression/parse-expression.ts';
import { ipOrCidrRule } from '../../shared/model/string-rules.ts';
import type { StreamView } from '../config/active-config.ts';
import { AddressBlock } from './address-block.ts';
import { Condition } from './condition.ts';
import { StreamFields } from './request-fields.ts';
import { readableConjuncts } from './readable-conjuncts.ts';
import { wildcardKeys } from './wildcard-keys.ts';

/** What the router reads of a stream route. */
export type StreamAttributes = Pick<PublishedEntities['routes'], 'id' | 'protocols' | 'snis' | 'sources' | 'destinations' | 'expression' | 'priority'>;

export interface StreamMatcher {
  readonly routeId: string;
  /** The higher one wins. */
  readonly rank: number;
  readonly protocols: ReadonlySet<string>;
  /** Names and wildcards. */
  readonly serverNames: ReadonlySet<string> | undefined;
  readonly sources: readonly StreamEnd[] | undefined;
  readonly destinations: readonly StreamEnd[] | undefined;
  readonly condition: Condition | undefined;
}

/** One end of a connection: the address is in the block, and the port is the port, where they are said. */
interface StreamEnd {
  readonly block: AddressBlock | undefined;
  readonly port: number | undefined;
}

/** Above every rank that attributes give. */
const ABOVE_ATTRIBUTES = 2 ** 10;
const ADDRESS_BIT = 8;
const PORT_BIT = 4;
const BLOCK_BIT = 1;

type Endpoint = NonNullable<StreamAttributes['sources']>[number];

/** A matcher, and the keys by which it is looked up: server names and wildcards, or ports, or `UNKEYED` where it has neither. */
export interface KeyedStreamMatcher {
  readonly kind: 'matcher';
  readonly matcher: StreamMatcher;
  readonly keys: ReadonlySet<string>;
  /** What is wrong with it: it takes more than it would if it could be read whole. */
  readonly problem?: string;
}

/** The key of what can't be looked up by anything. */
export const UNKEYED = '';

/** The matcher, or why there is none. */
export function streamMatcherOf(route: StreamAttributes): KeyedStreamMatcher | { readonly kind: 'problem'; readonly problem: string } {
  const protocols = new Set<string>(route.protocols);
  if (route.expression !== null) {
    const parsed = parseExpression(route.expression, 'stream');
    const problem = parsed.kind === 'wrong' ? { problem: `expression: ${parsed.problem}` } : {};
    const expression = parsed.kind === 'parsed' ? parsed.expression : readableConjuncts(route.expression, 'stream');
    const key = expression === undefined ? UNKEYED : keyOfExpression(expression);
    // What says neither a name nor a port could cover every other route.
    if (expression === undefined || (parsed.kind === 'wrong' && key === UNKEYED)) return { kind: 'problem', problem: problem.problem ?? '' };
    const condition = new Condition(expression);
    const matcher = { routeId: route.id, rank: ABOVE_ATTRIBUTES + route.priority, protocols, serverNames: undefined, sources: undefined, destinations: undefined, condition };
    return { kind: 'matcher', matcher, keys: new Set([key]), ...problem };
  }
  const [names, sources, destinations] = [(route.snis ?? []).map((name) => name.toLowerCase()), route.sources ?? [], route.destinations ?? []];
  const problem = problemOf(protocols, names, [...sources, ...destinations]);
  if (problem !== undefined) return { kind: 'problem', problem };
  const isExact = names.length > 0 || (sources.length > 0 && destinations.length > 0);
  const serverNames = names.length === 0 ? undefined : new Set(names);
  const matcher = {
    routeId: route.id, rank: (isExact ? 256 : 0) + bitsOf(sources) * 16 + bitsOf(destinations), protocols,
    serverNames, sources: endsOf(sources), destinations: endsOf(destinations), condition: undefined,
  };
  return { kind: 'matcher', matcher, keys: serverNames ?? keysOfPorts(destinations) };
}

function problemOf(protocols: ReadonlySet<string>, names: readonly string[], endpoints: readonly Endpoint[]): string | undefined {
  if (names.length === 0 && endpoints.length === 0) return 'the route has nothing to match on';
  if (names.length === 0 && protocols.has('tls_passthrough')) return 'a route for tls_passthrough needs snis';
  const wrong = endpoints.find(({ ip }) => ip !== null && ipOrCidrRule.check(ip) !== undefined);
  return wrong === undefined ? undefined : `${wrong.ip} is neither an address nor a block of them`;
}

/** By port where all destinations have one. */
function keysOfPorts(destinations: readonly Endpoint[]): ReadonlySet<string> {
  const ports = destinations.flatMap(({ port }) => (port === null ? [] : [String(port)]));
  return new Set(ports.length > 0 && ports.length === destinations.length ? ports : [UNKEYED]);
}

/** By a server name or a port that it asks for in any case. */
function keyOfExpression(expression: Expression): string {
  for (const part of expression.kind === 'all' ? expression.of : [expression]) {
    if (part.kind === 'text' && part.field.kind === 'server-name' && part.operator === '==' && !part.value.includes('*')) return part.value;
    if (part.kind === 'number' && part.field === 'destination-port' && part.operator === '==') return String(part.value);
  }
  return UNKEYED;
}

/** Negative where `a` wins over `b`. Equal ranks: the greater route id, as for requests. */
export function compareStreamMatchers(a: StreamMatcher, b: StreamMatcher): number {
  if (a.rank !== b.rank) return b.rank - a.rank;
  return a.routeId === b.routeId ? 0 : a.routeId > b.routeId ? -1 : 1;
}

export function streamFits(matcher: StreamMatcher, stream: StreamView): boolean {
  if (!matcher.protocols.has(stream.protocol)) return false;
  if (matcher.condition !== undefined) return matcher.condition.holds(new StreamFields(stream));
  const { serverNames, sources, destinations } = matcher;
  if (serverNames !== undefined && !isNamed(serverNames, stream.serverName)) return false;
  return endFits(sources, stream.sourceAddress, stream.sourcePort) && endFits(destinations, stream.destinationAddress, stream.destinationPort);
}

function isNamed(serverNames: ReadonlySet<string>, serverName: string | undefined): boolean {
  return serverName !== undefined && wildcardKeys(serverName).some((key) => serverNames.has(key));
}

function endFits(ends: readonly StreamEnd[] | undefined, address: string, port: number): boolean {
  return ends === undefined || ends.some((end) => (end.port === undefined || end.port === port) && (end.block === undefined || end.block.includes(address)));
}

function endsOf(endpoints: readonly Endpoint[]): readonly StreamEnd[] | undefined {
  if (endpoints.length === 0) return undefined;
  return endpoints.map(({ ip, port }) => ({ block: ip === null ? undefined : new AddressBlock(addressRange(ip)), port: port ?? undefined }));
}

/** How exactly the endpoints are said, all of them taken together. */
function bitsOf(endpoints: readonly Endpoint[]): number {
  let bits = 0;
  for (const { ip, port } of endpoints) {
    if (ip !== null) bits |= ip.includes('/') ? BLOCK_BIT : ADDRESS_BIT;
    if (port !== null) bits |= PORT_BIT;
  }
  return bits;
}
