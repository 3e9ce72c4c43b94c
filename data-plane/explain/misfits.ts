/**
 * Why a route does not take a request: each thing it asks for is tried alone, by the router itself, so that the explanation can't
 * say anything else than what happens. Too slow for traffic, made for people; pauses often, because a route may ask for a lot.
 * Protocols are not looked at: the router leaves them out too (protocol-mismatch.ts).
 */
import type { RequestView } from '../../shared/plugins/contract.ts';
import type { RoutingAttributes } from '../router/matcher.ts';
import { Router } from '../router/router.ts';

export interface Misfit {
  /** Field of the route. */
  readonly attribute: string;
  /** What the route asks for. */
  readonly asks: string | readonly string[];
  /** What the request has. */
  readonly has: string | readonly string[] | null;
}

export interface Fit {
  readonly fits: readonly string[];
  readonly misfits: readonly Misfit[];
}

/** Alternatives that are tried between two pauses: some 50 µs each. */
const PIECE = 8;

/** Compares each attribute of the route with the request. */
export function* fitOf(route: RoutingAttributes, request: RequestView): Generator<void, Fit> {
  const fits: string[] = [];
  const misfits: Misfit[] = [];
  const nothing: RoutingAttributes = { ...route, methods: null, hosts: null, paths: null, headers: null, snis: null, expression: null };
  const compare = function* (attribute: string, asks: readonly string[] | null, has: Misfit['has'], alone: (some: readonly string[]) => Partial<RoutingAttributes>): Generator<void> {
    if (asks === null || asks.length === 0) return;
    for (let at = 0; at < asks.length; at += PIECE) {
      const isTaken = takes({ ...nothing, ...alone(asks.slice(at, at + PIECE)) }, request);
      yield;
      if (isTaken) return void fits.push(attribute);
    }
    misfits.push({ attribute, asks, has });
  };
  yield* compare('methods', route.methods, request.method, (methods) => ({ methods }));
  yield* compare('hosts', route.hosts, `${request.host}:${request.port}`, (hosts) => ({ hosts }));
  yield* compare('paths', route.paths, request.path, (paths) => ({ paths }));
  yield* compare('snis', route.snis, request.serverName ?? null, (snis) => ({ snis }));
  for (const [name, values] of Object.entries(route.headers ?? {})) {
    yield* compare(`headers.${name}`, values, request.headerValues(name.toLowerCase()), (some) => ({ headers: { [name]: some } }));
  }
  if (route.expression === null) return { fits, misfits };
  if (takes(route, request)) fits.push('expression');
  else misfits.push({ attribute: 'expression', asks: route.expression, has: null });
  return { fits, misfits };
}

function takes(route: RoutingAttributes, request: RequestView): boolean {
  const draft = new Router().draft();
  draft.add(route);
  return draft.finish().match(request) !== undefined;
}
