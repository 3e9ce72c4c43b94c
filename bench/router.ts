/**
 * CPU time of one match, of a change of one route and of memory per route, at 100, 10,000 and 100,000 routes:
 * `node bench/router.ts [mix …]`. Every request names another id, so that no result could be remembered. Rounds over the three
 * sizes are interleaved, because the machine is noisy; medians are shown, and the ratio of the largest to the smallest.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { compiled } from '../test/support/compile-config.ts';
import { put, testId } from '../test/support/config-content.ts';
import { requestView, type RequestParts } from '../shared/plugin-kit/request-view.ts';
import { runAtOnce } from '../data-plane/config/run-in-slices.ts';
import type { RoutingAttributes } from '../data-plane/router/matcher.ts';
import { Router } from '../data-plane/router/router.ts';
import type { RequestView } from '../shared/plugins/contract.ts';

const SIZES = [100, 10_000, 100_000] as const;
const REQUESTS = 10_000;
const ROUNDS = 15;
const NOTHING = { protocols: ['http', 'https'], methods: null, hosts: null, paths: null, headers: null, snis: null, regex_priority: 0, expression: null, priority: 0 } as const;

interface Mix {
  readonly route: (index: number) => Partial<RoutingAttributes>;
  /** `id` is another one for each request. */
  readonly request: (index: number, id: string) => RequestParts;
}

const hostOf = (index: number): string => `api-${index % 1_000}.example.com`;

const MIXES: Readonly<Record<string, Mix>> = {
  'prefixes under any host': {
    route: (index) => ({ paths: [`/service-${index}/v1`], methods: ['GET'] }),
    request: (index, id) => ({ host: hostOf(index), path: `/service-${index}/v1/items/${id}` }),
  },
  'hosts and prefixes': {
    route: (index) => ({ hosts: [hostOf(index)], paths: [`/v1/resource-${index}`] }),
    request: (index, id) => ({ host: hostOf(index), path: `/v1/resource-${index}/items/${id}` }),
  },
  'wildcard hosts': {
    route: (index) => ({ hosts: [`*.region-${index}.example.com`], methods: ['GET', 'POST'] }),
    request: (index, id) => ({ host: `a.region-${index}.example.com`, path: `/items/${id}` }),
  },
  'an exact header': {
    route: (index) => ({ paths: [`/shared/${index % 50}`], headers: { 'x-tenant': [`tenant-${index}`] } }),
    request: (index, id) => ({ path: `/shared/${index % 50}/${id}`, headers: [['x-tenant', `tenant-${index}`]] }),
  },
  'patterns told apart by their start': {
    route: (index) => ({ paths: [`~/team-${index}/users/(?<id>[^/]+)/orders$`] }),
    request: (index, id) => ({ path: `/team-${index}/users/${id}/orders` }),
  },
  'patterns told apart behind a group': {
    route: (index) => ({ hosts: [hostOf(index)], paths: [`~/users/(?<id>[^/]+)/thing-${index}$`] }),
    request: (index, id) => ({ host: hostOf(index), path: `/users/${id}/thing-${index}` }),
  },
  expressions: {
    route: (index) => ({ expression: `http.host == "${hostOf(index)}" && http.path ^= "/v1/resource-${index}/" && http.method == "GET" || http.method == "PUT"` }),
    request: (index, id) => ({ host: hostOf(index), path: `/v1/resource-${index}/${id}` }),
  },
};

/** Half by host and path, and some of everything, with a tenth of the requests for nothing. */
const MIXED: Mix = {
  route: (index) => mixOf(index).route(index),
  request: (index, id) => (index % 10 === 9 ? { host: hostOf(index), path: `/nowhere/${id}/at/all` } : mixOf(index).request(index, id)),
};

function mixOf(index: number): Mix {
  const all = Object.values(MIXES);
  const mix = index % 10 < all.length ? all[index % 10] : MIXES['hosts and prefixes'];
  if (mix === undefined) throw new Error(`no mix for ${index}`);
  return mix;
}

function routeOf(mix: Mix, index: number): RoutingAttributes {
  return { ...NOTHING, id: `00000000-0000-7000-8000-${String(index).padStart(12, '0')}`, ...mix.route(index) };
}

/** Headers as a table, so that the request's own cost is small. */
function requestOf(mix: Mix, index: number, id: string): RequestView {
  const parts = mix.request(index, id);
  const headers = new Map(parts.headers?.map(([name, value]) => [name, [value]]));
  return { ...requestView(parts), headerValues: (name) => headers.get(name) ?? [] };
}

/** CPU time of this process in microseconds: other work on the machine counts less than in wall time. */
function cpuMicros(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

setFlagsFromString('--expose-gc');
const collectGarbage: unknown = runInNewContext('gc');

/** Memory in use, typed arrays included. */
function heldBytes(): number {
  if (typeof collectGarbage === 'function') for (let round = 0; round < 2; round += 1) collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}

function measure(name: string, mix: Mix): void {
  const runs = SIZES.map((size) => {
    const routes = Array.from({ length: size }, (_, index) => routeOf(mix, index));
    const began = cpuMicros();
    const router = build(routes);
    const buildMs = (cpuMicros() - began) / 1_000;
    // The second one: by the first, the texts of the routes have been put into one piece.
    const heap = heldBytes();
    const another = build(routes);
    const bytes = (heldBytes() - heap) / size;
    if (another.match(requestOf(mix, 0, 'x')) === undefined) throw new Error('the first route is not found');
    const requests = Array.from({ length: REQUESTS }, (_, index) => requestOf(mix, (index * 7_919) % size, index.toString(36).padStart(8, '0')));
    return { size, router, requests, buildMs, bytes, rounds: [] as number[], deltaMs: deltaMs(mix, router, size) };
  });
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const { router, requests, rounds } of runs) {
      const from = cpuMicros();
      for (const request of requests) router.match(request);
      rounds.push((cpuMicros() - from) / requests.length);
    }
  }
  const columns = runs.map(({ rounds }) => median(rounds));
  const ratio = (columns.at(-1) ?? 0) / (columns[0] ?? 1);
  const largest = runs.at(-1);
  console.log(`${name.padEnd(36)} ${columns.map((micros) => micros.toFixed(2).padStart(6)).join(' ')}  ratio ${ratio.toFixed(1)}  ${largest?.bytes.toFixed(0)} bytes a route, ${largest?.buildMs.toFixed(0)} ms to build, ${largest?.deltaMs.toFixed(2)} ms a change`);
}

function build(routes: readonly RoutingAttributes[]): Router {
  const draft = new Router().draft();
  for (const route of routes) draft.add(route);
  const router = draft.finish();
  // As compile.ts does.
  return draft.isWasteful ? runAtOnce(router.compacted()) : router;
}

function deltaMs(mix: Mix, router: Router, size: number): number {
  const rounds = Array.from({ length: 20 }, (_, index) => {
    const from = performance.now();
    const draft = router.draft();
    draft.remove(routeOf(mix, index));
    draft.add(routeOf(mix, index + size));
    draft.finish();
    return performance.now() - from;
  });
  return median(rounds);
}

/** The whole compilation of a change of one route, as each proxy thread does it. */
function measureCompilation(size: number): void {
  const serviceId = testId('5e');
  const route = (index: number, name: string | null) => put('routes', { id: testId((0xa_000_000 + index).toString(16)), name, hosts: [hostOf(index)], paths: [`/v1/resource-${index}`], service: { id: serviceId } });
  const changes = [put('services', { id: serviceId, host: 'backend.test' }), ...Array.from({ length: size }, (_, index) => route(index, null))];
  const began = performance.now();
  let { config } = compiled(changes);
  const wholeMs = performance.now() - began;
  const rounds = Array.from({ length: 40 }, (_, index) => {
    const change = [route(index * 7, `name-${index}`)];
    const from = performance.now();
    ({ config } = compiled(change, { base: config }));
    return performance.now() - from;
  });
  console.log(`compiling ${size} routes of one service: ${wholeMs.toFixed(0)} ms; a change of one: ${median(rounds).toFixed(2)} ms (median), ${Math.max(...rounds).toFixed(2)} ms (worst of ${rounds.length})`);
}

const wanted = process.argv.slice(2);
console.log(`CPU µs a match (median of ${ROUNDS} rounds) at ${SIZES.join(', ')} routes`);
for (const [name, mix] of [...Object.entries(MIXES), ['all mixed, a tenth for nothing', MIXED] as const]) {
  if (wanted.length === 0 || wanted.some((word) => name.includes(word))) measure(name, mix);
}
if (wanted.length === 0 || wanted.includes('compile')) measureCompilation(100_000);
