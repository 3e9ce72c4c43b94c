/**
 * Which of a hundred thousand routes are worth telling about: those that a request comes nearest to, by a quick look at what
 * they ask for. Only an order, and sometimes wrong about patterns; what is told of a route comes from the router (misfits.ts).
 */
import type { RequestView } from '../../shared/plugins/contract.ts';
import type { Published } from '../config/config-tables.ts';
import { literalPrefixOf } from '../router/path-pattern.ts';
import { wildcardKeys } from '../router/wildcard-keys.ts';

type Route = Published<'routes'>;

interface Nearness {
  readonly route: Route;
  readonly fits: number;
  readonly misfits: number;
}

/** An expression may say anything: after what seems to fit, before what does not. */
const EXPRESSION = { fits: 0, misfits: 0.5 };
const STREAM_PROTOCOLS: ReadonlySet<string> = new Set(['tcp', 'tls', 'tls_passthrough', 'udp']);

/** At most `most` of these, nearest first, none that the request has nothing in common with; a quick look at each, and a pause after it. */
export function* nearestRoutes(routes: Iterable<Route>, request: RequestView, most: number): Generator<void, readonly Route[]> {
  const look = quickLook(request);
  const nearest: Nearness[] = [];
  for (const route of routes) {
    yield;
    const near = { route, ...look(route) };
    if (near.fits === 0 && near.misfits !== EXPRESSION.misfits) continue;
    const worst = nearest[most - 1];
    if (worst !== undefined && !isNearer(near, worst)) continue;
    const place = nearest.findIndex((other) => isNearer(near, other));
    nearest.splice(place < 0 ? nearest.length : place, 0, near);
    nearest.length = Math.min(nearest.length, most);
  }
  return nearest.map(({ route }) => route);
}

/** True for routes that no request, but only connections get to. */
export function isStreamRoute({ protocols }: Route): boolean {
  return protocols.some((protocol) => STREAM_PROTOCOLS.has(protocol));
}

function isNearer(one: Nearness, other: Nearness): boolean {
  return one.misfits < other.misfits || (one.misfits === other.misfits && one.fits > other.fits);
}

function quickLook(request: RequestView): (route: Route) => { readonly fits: number; readonly misfits: number } {
  const [hosts, serverNames] = [new Set(wildcardKeys(request.host)), new Set(wildcardKeys(request.serverName ?? ''))];
  const tests: readonly ((route: Route) => boolean | undefined)[] = [
    ({ methods }) => seems(methods, (method) => method === request.method),
    ({ hosts: names }) => seems(names, (name) => hosts.has(name.replace(/:\d+$/, '').toLowerCase())),
    ({ paths }) => seems(paths, (path) => request.path.startsWith(path.startsWith('~') ? literalPrefixOf(path.slice(1)) : path)),
    ({ snis }) => (request.scheme === 'http' ? undefined : seems(snis, (name) => serverNames.has(name))),
    ({ headers }) => seems(headers === null ? null : Object.keys(headers), (name) => request.header(name.toLowerCase()) !== undefined),
  ];
  return (route) => {
    if (isStreamRoute(route)) return { fits: 0, misfits: 1 };
    if (route.expression !== null) return EXPRESSION;
    let [fits, misfits] = [0, 0];
    for (const test of tests) {
      const seemsToFit = test(route);
      if (seemsToFit === true) fits += 1;
      else if (seemsToFit === false) misfits += 1;
    }
    return { fits, misfits };
  };
}

/** Undefined where the route does not ask. */
function seems(asked: readonly string[] | null, test: (value: string) => boolean): boolean | undefined {
  return asked === null || asked.length === 0 ? undefined : asked.some(test);
}
