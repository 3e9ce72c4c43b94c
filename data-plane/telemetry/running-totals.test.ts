import { test } from 'node:test';
import assert from 'node:assert/strict';
import { BoundedRoutes } from '../status/bounded-routes.ts';
import { FoldedCounts } from './folded-counts.ts';
import { ROUTES_WITH_HISTOGRAMS, RunningTotals } from './running-totals.ts';

const HOUR_OF_FOLDS = 3_600;
const ONE = { requests: 1, wentUpstream: 0, bytesIn: 1, bytesOut: 2, durationMicros: 1_000, upstreamMicros: 0, gatewayMicros: 100 };

function foldOf(rows: readonly { readonly routeId: string; readonly consumerId?: string }[], latencies: boolean): FoldedCounts {
  const folded = new FoldedCounts();
  for (const { routeId, consumerId = '' } of rows) {
    const key = { name: `${routeId}/${consumerId}/200`, routeId, consumerId, status: 200 };
    folded.addCounts(key, ONE);
    if (latencies) folded.addLatency(key, 1_000, 900, 100);
  }
  return folded;
}

function idle(totals: RunningTotals, folds: number): void {
  for (let n = 0; n < folds; n += 1) totals.add(new FoldedCounts());
}

/** Series of a scrape: how many latencies each has. */
function histograms(totals: RunningTotals, routes: BoundedRoutes): ReadonlyMap<string, number> {
  const steps = routes.bound(totals.routeLatencies());
  for (;;) {
    const step = steps.next();
    if (step.done === true) return new Map(step.value.map(({ routeId, request }) => [routeId, request.count]));
  }
}

test('a route that gives its place up keeps its series where it has one, and what it had is still in that of all others', () => {
  const totals = new RunningTotals(() => ({ epoch: 1, sequence: 1 }));
  const routes = new BoundedRoutes(ROUTES_WITH_HISTOGRAMS);
  const names = Array.from({ length: 10_000 }, (_, n) => `route-${n}`);
  totals.add(foldOf(names.map((routeId) => ({ routeId })), true));
  totals.add(foldOf([{ routeId: 'too-many' }], true));
  const before = histograms(totals, routes);
  assert.deepEqual([before.size, before.get('overflow')], [ROUTES_WITH_HISTOGRAMS + 1, 10_001 - ROUTES_WITH_HISTOGRAMS]);
  for (let n = 1; n <= 3; n += 1) {
    idle(totals, HOUR_OF_FOLDS);
    // One scrape sees the rows as they are when it begins, whoever goes meanwhile.
    const rows = totals.routeLatencies()[Symbol.iterator]();
    let seen = rows.next().value?.request.count ?? 0;
    totals.add(foldOf([{ routeId: `newcomer-${n}` }], true));
    for (let row = rows.next(); row.done !== true; row = rows.next()) seen += row.value.request.count;
    assert.equal(seen, 10_000 + n);
    const after = histograms(totals, routes);
    assert.deepEqual([after.size, after.get('overflow')], [before.size, (before.get('overflow') ?? 0) + n]);
    for (const [routeId, count] of before) assert.ok((after.get(routeId) ?? 0) >= count, routeId);
  }
  assert.ok([...totals.routeLatencies()].length < 1_000, 'they gave their places up');
});

test('consumers that give their places up are still in the sum of their route and status, and what was over the bound is too', () => {
  const totals = new RunningTotals(() => ({ epoch: 1, sequence: 1 }));
  const requestsOf = (routeId: string): number => [...totals.usage()].reduce((sum, row) => sum + (row.routeId === routeId ? row.requests : 0), 0);
  const rows = Array.from({ length: 60_000 }, (_, n) => ({ routeId: `route-${n % 2}`, consumerId: `consumer-${n}` }));
  totals.add(foldOf(rows, false));
  totals.add(foldOf([{ routeId: 'route-0', consumerId: 'too-many' }], false));
  assert.deepEqual(['route-0', 'route-1', 'overflow'].map(requestsOf), [30_000, 30_000, 1]);
  idle(totals, HOUR_OF_FOLDS);
  totals.add(foldOf([{ routeId: 'route-0', consumerId: 'newcomer' }], false));
  assert.deepEqual(['route-0', 'route-1', 'overflow'].map(requestsOf), [30_001, 30_000, 1]);
  assert.ok([...totals.usage()].length < 10, 'they gave their places up');
});
