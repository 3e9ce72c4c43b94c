/** The router against the plainest possible reading of Kong's rules: every route, every path, a 64-bit priority, the best one. */
import { test } from 'node:test';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { requestView } from '../../shared/plugin-kit/request-view.ts';
import type { RequestView } from '../../shared/plugins/contract.ts';
import type { RoutingAttributes } from './matcher.ts';
import { runAtOnce } from '../config/run-in-slices.ts';
import { anyExpression, type NaiveExpression } from '../../test/support/naive-expression.ts';
import { Router } from './router.ts';

/** What both say about a request. */
interface Found {
  readonly routeId: string;
  readonly matchedPathLength: number;
}

/** The texts of expressions with what they mean. */
const MEANINGS = new Map<string, NaiveExpression>();

interface NaiveRoute {
  readonly route: RoutingAttributes;
  readonly paths: readonly string[];
  readonly priority: bigint;
}

/** As Kong does: prefixes by length, patterns in one group; each group is a route of its own. */
function splitByPath(route: RoutingAttributes): readonly NaiveRoute[] {
  if (route.expression !== null) return [{ route, paths: [], priority: (0xffn << 56n) | BigInt(route.priority) }];
  const paths = route.paths ?? [];
  if (paths.length === 0) return [{ route, paths, priority: priorityOf(route, []) }];
  const groups = Map.groupBy(paths, (path) => (path.startsWith('~') ? 'pattern' : String(path.length)));
  return [...groups.values()].map((group) => ({ route, paths: group, priority: priorityOf(route, group) }));
}

function priorityOf(route: RoutingAttributes, paths: readonly string[]): bigint {
  const headers = Object.keys(route.headers ?? {});
  const hosts = route.hosts ?? [];
  const attributes = [route.methods ?? [], hosts, route.snis ?? [], paths, headers].filter((list) => list.length > 0).length;
  const isPattern = paths[0]?.startsWith('~') === true;
  const plainHosts = hosts.length > 0 && !hosts.join('').includes('*');
  let priority = BigInt(attributes) << 61n;
  if (plainHosts) priority |= 1n << 60n;
  priority |= BigInt(headers.length) << 52n;
  if (isPattern) priority |= (1n << 51n) | (BigInt(route.regex_priority) << 19n);
  else priority |= BigInt(paths[0]?.length ?? 0);
  return priority;
}

function naiveMatch(routes: readonly RoutingAttributes[], request: RequestView): Found | undefined {
  let best: (Found & { readonly priority: bigint }) | undefined;
  for (const { route, paths, priority } of routes.flatMap(splitByPath)) {
    const length = route.expression === null ? lengthByAttributes(route, paths, request) : lengthByExpression(route, request);
    if (length === undefined) continue;
    if (best !== undefined && (priority < best.priority || (priority === best.priority && route.id < best.routeId))) continue;
    best = { routeId: route.id, matchedPathLength: length, priority };
  }
  return best === undefined ? undefined : { routeId: best.routeId, matchedPathLength: best.matchedPathLength };
}

function lengthByExpression(route: RoutingAttributes, request: RequestView): number | undefined {
  const meaning = MEANINGS.get(route.expression ?? '');
  const takesScheme = route.protocols.includes(request.scheme) || (route.protocols.length === 1 && route.protocols[0] === 'https');
  return takesScheme && meaning?.holds(request) === true ? meaning.pathLength(request) ?? 0 : undefined;
}

function lengthByAttributes({ methods, hosts, headers, snis }: RoutingAttributes, paths: readonly string[], request: RequestView): number | undefined {
  const { serverName } = request;
  if (methods !== null && !methods.includes(request.method)) return undefined;
  if (hosts !== null && !hosts.some((host) => hostFits(host, request))) return undefined;
  if (snis !== null && request.scheme === 'https' && !snis.some((sni) => serverName !== undefined && nameFits(sni, serverName))) return undefined;
  if (!Object.entries(headers ?? {}).every(([name, values]) => request.headerValues(name).some((value) => values.some((wanted) => headerFits(wanted, value))))) return undefined;
  const lengths = paths.map((path) => pathLength(path, request.path)).filter((length) => length >= 0);
  return paths.length > 0 && lengths.length === 0 ? undefined : (lengths[0] ?? 0);
}

function nameFits(wanted: string, name: string): boolean {
  if (wanted.startsWith('*')) return name.endsWith(wanted.slice(1));
  return wanted.endsWith('*') ? name.startsWith(wanted.slice(0, -1)) : name === wanted;
}

function hostFits(wanted: string, request: RequestView): boolean {
  const [host = '', port] = wanted.split(':');
  if (port !== undefined && Number(port) !== request.port) return false;
  return nameFits(host, request.host);
}

function headerFits(wanted: string, value: string): boolean {
  return wanted.startsWith('~*') ? new RegExp(wanted.slice(2), 'i').test(value) : wanted.toLowerCase() === value.toLowerCase();
}

function pathLength(wanted: string, path: string): number {
  if (wanted.startsWith('~')) return new RegExp(`^(?:${wanted.slice(1)})`).exec(path)?.[0].length ?? -1;
  return path.startsWith(wanted) ? wanted.length : -1;
}

const host = fc.constantFrom('a.test', 'b.test', 'x.a.test', 'y.x.a.test', 'a.org', 'c.test');
const routeHost = fc.oneof(host, fc.constantFrom('*.test', '*.a.test', 'a.*', 'x.*', 'a.test:80', '*.a.test:81', 'a.*:81'));
const path = fc.array(fc.constantFrom('a', 'b', 'ab', 'abc', '1'), { maxLength: 4 }).map((segments) => `/${segments.join('/')}`);
const routePath = fc.oneof(path, path.map((prefix) => `${prefix === '/' ? '' : prefix}/`), fc.constantFrom('~/a', '~/a/\\w+', '~/[ab]+/1', '~/(a|ab)/b', '~/a.*b', '~/ab?c?$', '~/.*', '~/(?<x>\\d)', '~/b|/ab', '~/\\w+/b', '~/[^/]+/(a|ab)/1$', '~/a\\w*/[^/]+/b', '~/(b|a)/x?/?a'));
const headerName = fc.constantFrom('x-a', 'x-b', 'x-c');
const headerValue = fc.constantFrom('1', '2', 'One', 'one');
const headerValues = fc.oneof(fc.uniqueArray(headerValue, { minLength: 1, maxLength: 2 }), fc.constantFrom(['~*^o'], ['~*[12]']));
const optional = <T>(list: fc.Arbitrary<T>) => fc.option(list, { freq: 2 });
const method = fc.constantFrom('GET', 'POST', 'PUT');

const sni = fc.constantFrom('a.test', 'b.test', '*.test', '*.a.test', 'a.*');
const attributes = fc.record({
  protocols: fc.constantFrom<RoutingAttributes['protocols']>(['http', 'https'], ['https'], ['http']),
  methods: optional(fc.uniqueArray(method, { minLength: 1, maxLength: 2 })),
  hosts: optional(fc.array(routeHost, { minLength: 1, maxLength: 3 })),
  paths: optional(fc.array(routePath, { minLength: 1, maxLength: 3 })),
  headers: fc.option(fc.dictionary(headerName, headerValues, { minKeys: 1, maxKeys: 2, noNullPrototype: true }), { freq: 1 }),
  snis: fc.option(fc.uniqueArray(sni, { minLength: 1, maxLength: 2 }), { freq: 1 }),
  regex_priority: fc.integer({ min: 0, max: 2 }),
  expression: fc.constant(null),
  priority: fc.constant(0),
});
const id = fc.integer({ min: 0, max: 30 }).map((number) => `route-${String(number).padStart(2, '0')}`);
const byAttributes: fc.Arbitrary<RoutingAttributes> = fc.tuple(id, attributes)
  .map(([routeId, rest]) => ({ id: routeId, ...rest }))
  .filter(({ methods, hosts, paths, headers, snis }) => [methods, hosts, paths, headers, snis].some((given) => given !== null));
const byExpression: fc.Arbitrary<RoutingAttributes> = fc
  .record({ id, protocols: attributes.map(({ protocols }) => protocols), meaning: anyExpression, priority: fc.constantFrom(0, 1, 2 ** 31, 2 ** 46 - 1) })
  .map(({ meaning, ...rest }) => {
    MEANINGS.set(meaning.text, meaning);
    return { ...rest, methods: null, hosts: null, paths: null, headers: null, snis: null, regex_priority: 0, expression: meaning.text };
  });
const route = fc.oneof({ weight: 3, arbitrary: byAttributes }, { weight: 1, arbitrary: byExpression });

const request = fc.record({
  method, host: fc.oneof(host, fc.constantFrom('', 'z.z')), port: fc.constantFrom(80, 81), path,
  connection: fc.oneof(
    fc.constant({ scheme: 'http' as const }), fc.constant({ scheme: 'https' as const }),
    fc.constantFrom('a.test', 'b.test', 'x.a.test', 'a.org', 'z.z').map((serverName) => ({ scheme: 'https' as const, serverName })),
  ),
  query: fc.constantFrom('', 'q=1', 'q=1&q=2', 'q=one&r'),
  clientAddress: fc.constantFrom('10.0.0.1', '10.1.0.1', '192.0.2.1', '2001:db8::1'),
  headers: fc.array(fc.tuple(headerName, headerValue), { maxLength: 3 }),
}).map(({ connection, ...parts }) => requestView({ ...parts, ...connection }));

function agree(router: Router, routes: ReadonlyMap<string, RoutingAttributes>, requests: readonly RequestView[]): number {
  let matched = 0;
  for (const one of requests) {
    const expected = naiveMatch([...routes.values()], one);
    const hit = router.match(one);
    assert.deepEqual(hit === undefined ? undefined : { routeId: hit.routeId, matchedPathLength: hit.matchedPathLength }, expected);
    if (expected !== undefined) matched += 1;
  }
  return matched;
}

const requests = fc.array(request, { minLength: 10, maxLength: 10 });

test('the router finds what a scan of all routes finds, after any updates, and older routers stay as they were', () => {
  let [matched, asked] = [0, 0];
  const step = fc.tuple(fc.array(route, { maxLength: 12 }), fc.array(id, { maxLength: 6 }));
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 4 }), requests, (steps, asks) => {
      let router = new Router();
      const routes = new Map<string, RoutingAttributes>();
      const history: { readonly router: Router; readonly routes: ReadonlyMap<string, RoutingAttributes> }[] = [];
      for (const [puts, deletes] of steps) {
        const draft = router.draft();
        const replace = (routeId: string, next: RoutingAttributes | undefined): void => {
          const previous = routes.get(routeId);
          if (previous !== undefined) draft.remove(previous);
          if (next !== undefined) draft.add(next);
          if (next === undefined) routes.delete(routeId);
          else routes.set(routeId, next);
        };
        for (const put of puts) replace(put.id, put);
        for (const routeId of deletes) replace(routeId, undefined);
        router = draft.finish();
        if (puts.length % 3 === 0) router = runAtOnce(router.compacted());
        history.push({ router, routes: new Map(routes) });
      }
      for (const past of history) matched += agree(past.router, past.routes, asks);
      asked += history.length * asks.length;

      const draft = router.draft();
      for (const gone of routes.values()) draft.remove(gone);
      assert.equal(agree(draft.finish(), new Map(), asks), 0);
    }),
    { numRuns: 400 },
  );
  assert.ok(matched > asked / 5, `too few requests matched to prove anything: ${matched} of ${asked}`);
});
