/**
 * What of a request consistent hashing hashes (`hash_on`, then `hash_fallback`), and the cookies that the balancer reads and
 * gives out. Called by upstream-groups.ts.
 */
import { createHash, randomUUID } from 'node:crypto';
import type { PublishedEntities } from '../../shared/model/registry.ts';
import type { ConsumerRef } from '../../shared/plugins/config-lookup.ts';
import type { RouteMatch } from '../config/active-config.ts';
import type { Peer } from './peer.ts';
import { hashText } from './string-hash.ts';

/** What the balancer reads of a request; an Exchange is one. */
export interface BalancedRequest {
  readonly request: {
    readonly clientAddress: string;
    readonly path: string;
    readonly scheme: 'http' | 'https';
    header(lowerCaseName: string): string | undefined;
    headerValues(lowerCaseName: string): readonly string[];
    queryValues(name: string): readonly string[];
  };
  readonly match: RouteMatch | undefined;
  readonly consumer: ConsumerRef | undefined;
  /** A Set-Cookie line, with its line end, that the balancer wants in the response. */
  balancerCookie: string | undefined;
}

type Upstream = PublishedEntities['upstreams'];
type Input = Upstream['hash_on'];

const SEED = 0x52_69_6e_67;

/** A connection of a stream route: only its address can be hashed. */
export function streamFacts(clientAddress: string): BalancedRequest {
  const nothing = (): readonly string[] => [];
  const request = { clientAddress, path: '', scheme: 'http' as const, header: () => undefined, headerValues: nothing, queryValues: nothing };
  return { request, match: undefined, consumer: undefined, balancerCookie: undefined };
}

/** Undefined where the request has neither of the two inputs. */
export function requestHash(upstream: Upstream, facts: BalancedRequest): number | undefined {
  const names = { header: upstream.hash_on_header, query: upstream.hash_on_query_arg, capture: upstream.hash_on_uri_capture };
  const fallback = { header: upstream.hash_fallback_header, query: upstream.hash_fallback_query_arg, capture: upstream.hash_fallback_uri_capture };
  const text = inputOf(upstream.hash_on, names, upstream, facts) ?? inputOf(upstream.hash_fallback, fallback, upstream, facts);
  return text === undefined ? undefined : hashText(text, SEED);
}

interface Names {
  readonly header: string | null;
  readonly query: string | null;
  readonly capture: string | null;
}

function inputOf(input: Input, names: Names, upstream: Upstream, facts: BalancedRequest): string | undefined {
  const { request } = facts;
  switch (input) {
    case 'none':
      return undefined;
    case 'consumer':
      return facts.consumer?.id;
    case 'ip':
      return request.clientAddress;
    case 'header':
      return joined(request.headerValues((names.header ?? '').toLowerCase()));
    case 'path':
      return request.path;
    case 'query_arg':
      // As Kong: the values sorted, so that their order does not matter.
      return joined(request.queryValues(names.query ?? '').toSorted());
    case 'uri_capture':
      return facts.match?.captures?.get(names.capture ?? '');
    case 'cookie':
      return cookieInput(upstream, facts);
  }
}

function joined(values: readonly string[]): string | undefined {
  return values.length === 0 ? undefined : values.join(', ');
}

/** A client without the cookie is given one, which counts from this request on. */
function cookieInput(upstream: Upstream, facts: BalancedRequest): string {
  const name = upstream.hash_on_cookie ?? '';
  const sent = cookieValue(facts, name);
  if (sent !== undefined) return sent;
  const value = randomUUID();
  facts.balancerCookie = cookieLine(name, value, upstream.hash_on_cookie_path ?? '/', facts.request.scheme);
  return value;
}

/** Undefined where the client sent none of that name, or an empty one. */
export function cookieValue({ request }: BalancedRequest, name: string): string | undefined {
  for (const line of request.headerValues('cookie')) {
    for (const pair of line.split(';')) {
      const equals = pair.indexOf('=');
      if (equals !== -1 && pair.slice(0, equals).trim() === name) return pair.slice(equals + 1).trim() || undefined;
    }
  }
  return undefined;
}

/** Name and path come from the configuration, whose rules leave no control characters in them (R2); a path may have a semicolon. */
export function cookieLine(name: string, value: string, path: string, scheme: 'http' | 'https'): string {
  return `Set-Cookie: ${name}=${value}; Path=${path.replaceAll(';', '%3B')}; HttpOnly; SameSite=Lax${scheme === 'https' ? '; Secure' : ''}\r\n`;
}

/**
 * Names a target in a cookie without telling its address: a digest with the upstream's id, which clients never see, as key.
 * The same on every data plane, so a client may come back through another.
 */
export function stickyName(peer: Peer): string {
  peer.stickyName ??= createHash('sha256').update(`holdfast sticky session\0${peer.upstreamId}\0${peer.key}`).digest('base64url').slice(0, 22);
  return peer.stickyName;
}
