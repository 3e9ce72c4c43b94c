/**
 * Why a route does not take a request: each thing it asks for is tried alone, by the router itself, so that the explanation can't
 * say anything else than what happens. Too slow for traffic, made for people.
 */
import type { RequestView } from '../../shared/plugins/contract.ts';
import type { RoutingAttributes } from '../router/matcher.ts';
import { Router } from '../router/router.ts';

export interface Misfit {
  /** Field of the route. */
  readonly attribute: string;
  /** What the route asks for. */
  readonly asks: unknown;
  /** What the request has. */
  readonly has: unknown;
}

export interface Fit {
  readonly fits: readonly string[];
  readonly misfits: readonly Misfit[];
}

/** Compares each attribute of the route with the request. */
export function fitOf(route: RoutingAttributes, request: RequestView): Fit {
  const fits: string[] = [];
  const misfits: Misfit[] = [];
  const note = (attribute: string, isFit: boolean, asks: unknown, has: unknown): void => {
    if (isFit) fits.push(attribute);
    else misfits.push({ attribute, asks, has });
  };
  const nothing: RoutingAttributes = { ...route, methods: null, hosts: null, paths: null, headers: null, snis: null, expression: null };
  const alone = (attributes: Partial<RoutingAttributes>): boolean => takes({ ...nothing, ...attributes }, request);
  if (hasSome(route.methods)) note('methods', alone({ methods: route.methods }), route.methods, request.method);
  if (hasSome(route.hosts)) note('hosts', alone({ hosts: route.hosts }), route.hosts, `${request.host}:${request.port}`);
  if (hasSome(route.paths)) note('paths', alone({ paths: route.paths }), route.paths, request.path);
  if (hasSome(route.snis)) note('snis', alone({ snis: route.snis }), route.snis, request.serverName ?? null);
  for (const [name, values] of Object.entries(route.headers ?? {})) note(`headers.${name}`, alone({ headers: { [name]: values } }), values, request.headerValues(name.toLowerCase()));
  if (route.expression !== null) note('expression', takes(route, request), route.expression, null);
  const speaks = request.scheme === 'https' ? ['https', 'grpcs'] : ['http', 'grpc'];
  note('protocols', route.protocols.some((protocol) => speaks.includes(protocol)), route.protocols, request.scheme);
  return { fits, misfits };
}

function takes(route: RoutingAttributes, request: RequestView): boolean {
  const draft = new Router().draft();
  draft.add(route);
  return draft.finish().match(request) !== undefined;
}

function hasSome(list: readonly unknown[] | null): boolean {
  return list !== null && list.length > 0;
}
