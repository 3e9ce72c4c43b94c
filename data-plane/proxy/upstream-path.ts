/**
 * The path that goes upstream, from the service's path and the request's normal form (Kong's rules for strip_path and
 * path_handling). Pure. Both inputs are in normal form, so the result needs no escaping; the query is not its business.
 */
export interface PathRules {
  /** The service's path; '' where it has none. */
  readonly servicePath: string;
  readonly stripPath: boolean;
  readonly pathHandling: 'v0' | 'v1';
}

/** `matchedLength`: how many characters of `requestPath` the route's prefix or regex matched. */
export function buildUpstreamPath(rules: PathRules, requestPath: string, matchedLength: number): string {
  const base = rules.servicePath === '' ? '/' : rules.servicePath;
  // OPTIONS * asks about the server, not about a path in it.
  if (requestPath === '*') return rules.servicePath === '' ? '*' : base;
  const rest = rules.stripPath ? withoutDotSegment(requestPath.slice(matchedLength)) : '';
  if (rules.pathHandling === 'v1') return concatenate(base, rules.stripPath ? rest : requestPath);
  return rules.stripPath ? joinStripped(base, rest, requestPath) : joinWhole(base, requestPath);
}

function joinStripped(base: string, rest: string, requestPath: string): string {
  if (base.endsWith('/')) {
    if (rest === '') return base === '/' || requestPath.endsWith('/') ? base : base.slice(0, -1);
    return rest.startsWith('/') ? base.slice(0, -1) + rest : base + rest;
  }
  if (rest === '') return requestPath.length > 1 && requestPath.endsWith('/') ? `${base}/` : base;
  return rest.startsWith('/') ? base + rest : `${base}/${rest}`;
}

function joinWhole(base: string, requestPath: string): string {
  if (base.endsWith('/')) return base + requestPath.slice(1);
  return requestPath === '/' ? base : base + requestPath;
}

function concatenate(base: string, tail: string): string {
  return base.endsWith('/') && tail.startsWith('/') ? base + tail.slice(1) : base + tail;
}

/**
 * A prefix may end inside a segment: of `/a../b` the prefix `/a` leaves `../b`. That segment was no dot segment when the
 * path was normalised and must not become one now.
 */
function withoutDotSegment(rest: string): string {
  if (rest === '.' || rest === '..') return '';
  if (rest.startsWith('./')) return rest.slice(2);
  return rest.startsWith('../') ? rest.slice(3) : rest;
}
