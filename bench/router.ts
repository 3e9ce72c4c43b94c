/**
 * CPU time of one match and of building the router, at 100 and at 10,000 routes: `node bench/router.ts`. Routes are the mix
 * of a large gateway: most by host and path, some by path alone, patterns, headers and wildcards.
 */
import { requestView } from '../test/support/request-view.ts';
import type { RoutingAttributes } from '../data-plane/router/matcher.ts';
import { Router } from '../data-plane/router/router.ts';
import type { RequestView } from '../shared/plugins/contract.ts';

const NOTHING = { protocols: ['http', 'https'], methods: null, hosts: null, paths: null, headers: null, snis: null, regex_priority: 0, expression: null, priority: 0 } as const;

function routeAt(index: number): RoutingAttributes {
  const id = `00000000-0000-7000-8000-${String(index).padStart(12, '0')}`;
  const host = `api-${index % 1_000}.example.com`;
  switch (index % 10) {
    case 0:
      return { ...NOTHING, id, paths: [`~/team-${index}/users/(?<id>[^/]+)/orders$`] };
    case 1:
      return { ...NOTHING, id, paths: [`/shared/${index % 50}`], headers: { 'x-tenant': [`tenant-${index}`] } };
    case 2:
      return { ...NOTHING, id, hosts: [`*.region-${index}.example.com`], methods: ['GET', 'POST'] };
    case 3:
    case 4:
      return { ...NOTHING, id, paths: [`/service-${index}/v1`], methods: ['GET'] };
    default:
      return { ...NOTHING, id, hosts: [host], paths: [`/v1/resource-${index}`] };
  }
}

function requestFor(index: number): RequestView {
  const host = `api-${index % 1_000}.example.com`;
  switch (index % 10) {
    case 0:
      return requestView({ host, path: `/team-${index}/users/0196f0d2/orders` });
    case 1:
      return requestView({ host, path: `/shared/${index % 50}/x`, headers: [['x-tenant', `tenant-${index}`]] });
    case 2:
      return requestView({ host: `a.region-${index}.example.com`, path: '/anything' });
    case 3:
      return requestView({ host, path: `/service-${index}/v1/items/42` });
    case 4:
      return requestView({ host, path: `/nowhere/${index}/at/all` });
    default:
      return requestView({ host, path: `/v1/resource-${index}/items/42` });
  }
}

/** CPU time of this process in microseconds: other work on the machine counts less than in wall time. */
function cpuMicros(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

for (const count of [100, 10_000, 100_000]) {
  const began = cpuMicros();
  const draft = new Router().draft();
  for (let index = 0; index < count; index += 1) draft.add(routeAt(index));
  const router = draft.finish();
  const buildMs = (cpuMicros() - began) / 1_000;

  const requests = Array.from({ length: 10_000 }, (_, index) => requestFor((index * 7_919) % count));
  const rounds: number[] = [];
  for (let round = 0; round < 30; round += 1) {
    const from = cpuMicros();
    for (const request of requests) router.match(request);
    rounds.push((cpuMicros() - from) / requests.length);
  }
  rounds.sort((a, b) => a - b);
  const deltaFrom = cpuMicros();
  for (let index = 0; index < 100; index += 1) {
    const delta = router.draft();
    delta.remove(routeAt(index));
    delta.add(routeAt(index + count));
    delta.finish();
  }
  const deltaMs = (cpuMicros() - deltaFrom) / 100_000;
  console.log(`${count} routes: ${rounds[15]?.toFixed(2)} CPU µs a match (median of 30 rounds), built in ${buildMs.toFixed(0)} ms, ${deltaMs.toFixed(2)} ms a delta of one route`);
}
