import { test } from 'node:test';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { LatencySketch } from '../../shared/telemetry/latency-sketch.ts';
import { newId } from '../../shared/model/ids.ts';
import { FoldedCounts, MAXIMUM_LATENCY_ROWS } from './folded-counts.ts';
import { sliceBatches } from './slice-batches.ts';
import { NOT_UPSTREAM } from './request-recorder.ts';
import { RunningTotals } from './running-totals.ts';
import { ThreadRecorder } from './thread-recorder.ts';
import { LATENCY_DROPS, ThreadTables, type TelemetryTable } from './thread-tables.ts';

const VERSION = { epoch: 1, sequence: 1 };
const ROUTES = Array.from({ length: 30 }, () => newId());
const ENDPOINTS = [1, 2, 3].map((n) => ({ host: 'origin', port: 80, address: `10.0.0.${n}`, peer: undefined }));

/** One thread and the agent's side of it; the thread's tables reach the agent when they are delivered. */
class Scene {
  readonly tables = new ThreadTables();
  readonly posted: TelemetryTable[] = [];
  readonly recorder = new ThreadRecorder(8, (table) => this.posted.push(table));

  deliver(): void {
    for (const table of this.posted.splice(0)) this.tables.add(table);
  }
}

test('what is folded is what was counted: over full tables, late messages, folds at any moment, and the death of the thread', () => {
  const request = fc.record({ kind: fc.constant('request' as const), route: fc.nat({ max: 29 }), status: fc.constantFrom(0, 200, 404, 503), ms: fc.nat({ max: 5_000 }), upstream: fc.boolean() });
  const step = fc.oneof({ weight: 8, arbitrary: request }, fc.constant({ kind: 'fold' as const }), fc.constant({ kind: 'deliver' as const }));
  fc.assert(fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
    const scene = new Scene();
    const sum = new FoldedCounts();
    const expected = { requests: 0, upstream: 0, micros: 0, failed: 0, attempts: 0 };
    for (const one of steps) {
      if (one.kind === 'fold') {
        const folded = new FoldedCounts();
        scene.tables.fold(folded);
        sum.absorb(folded);
      } else if (one.kind === 'deliver') scene.deliver();
      else {
        const micros = one.ms * 1_000;
        scene.recorder.record(ROUTES[one.route] ?? '', '', one.status, 1, 2, micros, one.upstream ? micros : NOT_UPSTREAM, 5, VERSION, one.status >= 500 ? 'upstream' : 'none');
        const endpoint = ENDPOINTS[one.route % ENDPOINTS.length];
        if (one.upstream && endpoint !== undefined) scene.recorder.recordAttempt(endpoint, 'origin', one.status, false, micros);
        expected.requests += 1;
        expected.micros += micros;
        expected.upstream += one.upstream ? 1 : 0;
        expected.attempts += one.upstream ? 1 : 0;
        expected.failed += one.status >= 500 ? 1 : 0;
      }
    }
    // What a thread said before it died is delivered before its death is.
    scene.deliver();
    scene.tables.finish(sum);
    const rows = [...sum.usage.values()];
    assert.deepEqual({
      requests: sum.requests, upstream: rows.reduce((n, row) => n + row.wentUpstream, 0), micros: rows.reduce((n, row) => n + row.durationMicros, 0),
      failed: [...sum.routeVersions.values()].reduce((n, row) => n + row.failed, 0), attempts: [...sum.targets.values()].reduce((n, row) => n + row.attempts, 0),
    }, expected);
    assert.equal([...sum.versions.values()].reduce((n, row) => n + row.requests, 0), expected.requests);
    assert.equal(rows.reduce((n, row) => n + (row.latencies?.request.count ?? 0), 0), expected.requests, 'each has its latency');
    assert.equal(rows.reduce((n, row) => n + (row.latencies?.upstream.count ?? 0), 0), expected.upstream);
    assert.equal([...sum.targets.values()].reduce((n, row) => n + row.latency.count, 0), expected.attempts);
    assert.deepEqual([...sum.drops], []);
  }), { numRuns: 200 });
});

test('an agent that stands still costs latencies, which it tells of, and not a count', () => {
  const scene = new Scene();
  scene.deliver();
  const requests = 700_000;
  for (let n = 0; n < requests; n++) scene.recorder.record('', '', 200, 0, 0, 10, NOT_UPSTREAM, 10, VERSION, 'none');
  scene.deliver();
  const folded = new FoldedCounts();
  scene.tables.fold(folded);
  const [row] = folded.usage.values();
  const dropped = folded.drops.get(LATENCY_DROPS) ?? 0;
  assert.ok(dropped > 0);
  assert.deepEqual([row?.requests, (row?.latencies?.request.count ?? 0) + dropped], [requests, requests]);
});

test('latencies of the rows of a fold are within 1 % of the true quantiles, together too', () => {
  const scene = new Scene();
  scene.deliver();
  const values: number[] = [];
  for (let n = 1; n <= 4_000; n++) {
    const micros = Math.round(200 * 1.002 ** n);
    values.push(micros);
    scene.recorder.record(ROUTES[n % 2] ?? '', '', 200, 0, 0, micros, NOT_UPSTREAM, micros, VERSION, 'none');
  }
  const folded = new FoldedCounts();
  scene.tables.fold(folded);
  const all = new LatencySketch();
  for (const { usage } of sliceBatches(folded)) for (const { latencies } of usage) all.mergeEncoded(latencies?.request ?? new Uint8Array());
  for (const q of [0.5, 0.95, 0.99]) {
    const exact = values[Math.ceil(q * values.length) - 1] ?? 0;
    assert.ok(Math.abs((all.quantile(q) ?? 0) - exact) <= exact * 0.011, `p${q * 100}: ${all.quantile(q)} for ${exact}`);
  }
});

test('rows beyond the bound put their latencies into one for all, and each route still has its own for /metrics', () => {
  const [folded, again] = [new FoldedCounts(), new FoldedCounts()];
  const rows = MAXIMUM_LATENCY_ROWS + 500;
  const keys = Array.from({ length: rows }, (_, n) => ({ name: String(n), routeId: ROUTES[n % 2] ?? '', consumerId: newId(), status: 200 }));
  for (const into of [folded, again]) {
    for (const key of keys) {
      into.addCounts(key, { requests: 1, wentUpstream: 0, bytesIn: 1, bytesOut: 1, durationMicros: 1, upstreamMicros: 0, gatewayMicros: 1 });
      into.addLatency(key, 1_000, 900, 100);
    }
  }
  folded.absorb(again);
  const totals = new RunningTotals(() => VERSION);
  totals.add(folded);
  const slices = sliceBatches(folded);
  assert.equal(slices.reduce((sum, { usage }) => sum + usage.reduce((n, row) => n + row.requests, 0), 0), 2 * rows, 'usage is never cut');
  assert.equal(slices.flatMap(({ usage }) => usage).filter(({ latencies }) => latencies !== undefined).length, MAXIMUM_LATENCY_ROWS);
  assert.equal(LatencySketch.decode(slices[0]?.overflow?.request ?? new Uint8Array()).count, 1_000);
  assert.deepEqual([...totals.routeLatencies()].map(({ request, requestMicros }) => [request.count, requestMicros]), [[rows, rows * 1_000], [rows, rows * 1_000]]);
  assert.equal([...totals.usage()].reduce((sum, { requests }) => sum + requests, 0), 2 * rows);
});
