import { test } from 'node:test';
import assert from 'node:assert/strict';
import { completenessLines, topTable, totalLine } from './top-table.ts';

const answer = {
  seconds: 60,
  data: [
    { group: { route: { id: 'r1', name: 'invoices' } }, requests: 60_000, errors: 60, error_rate: 0.001, bytes_in: 6_000_000, bytes_out: 600_000_000, request_ms: { p50: 1.234, p95: 12.34, p99: 123.4 } },
    { group: { route: { id: 'r2', name: null } }, requests: 6, errors: 3, error_rate: 0.5, bytes_in: 0, bytes_out: 0, request_ms: null },
    { group: { route: null }, requests: 0, errors: 0, error_rate: null, bytes_in: 0, bytes_out: 0, request_ms: null },
  ],
  total: { requests: 60_006, error_rate: 0.00105, bytes_in: 6_000_000, bytes_out: 600_000_000, request_ms: { p50: 1.2, p95: 12, p99: 123 } },
  completeness: { counted_until: '2026-11-22T12:00:01.000Z', silent: [{ id: 'd', hostname: 'dp-3', since: '2026-11-22T11:58:12.000Z' }], dropped: [{ count: 5 }], crash_gaps: [] },
};

test('each row has its rate, share of errors, quantiles and bytes, and the column it is ranked by is marked', () => {
  assert.deepEqual(topTable(answer, { view: 'route', order: 'p99', width: undefined, colours: false }), [
    'ROUTE          REQ/S   ERROR %   P50 ms   P95 ms  P99 ms▾    IN/S    OUT/S',
    'invoices        1000      0.10     1.23     12.3      123  100 kB  10.0 MB',
    'r2              0.10     50.00        -        -        -     0 B      0 B',
    '(no route)      0.00         -        -        -        -     0 B      0 B',
  ]);
});

test('a table fits its width, and cuts names rather than figures', () => {
  const long = { ...answer, data: [{ ...answer.data[0], group: { route: { id: 'r', name: `${'long-'.repeat(30)}\u001b[31mred` } } }] };
  const lines = topTable(long, { view: 'route', order: 'requests', width: 90, colours: false });
  for (const line of lines) assert.ok(line.length <= 90, line);
  assert.match(lines[1] ?? '', /^long-long.*…  +1000 .*10\.0 MB$/);
  assert.ok(!topTable(long, { view: 'route', order: 'requests', width: undefined, colours: false }).join().includes('\u001b'), 'names steer no terminal');
});

test('what has the same name is told apart by its id', () => {
  const plane = (id: string, hostname: string) => ({ group: { data_plane: { id, hostname } }, requests: 1 });
  const lines = topTable({ data: [plane('01a2-0000a1b2c3', 'vm'), plane('01a2-0000d4e5f6', 'vm'), plane('01a2-000000000000', 'dp-1')] }, { view: 'data-plane', order: 'requests', width: undefined, colours: false });
  assert.deepEqual(lines.slice(1).map((line) => line.split('  ')[0]), ['vm …a1b2c3', 'vm …d4e5f6', 'dp-1']);
});

test('a row with many errors is coloured where there are colours', () => {
  const lines = topTable(answer, { view: 'route', order: 'requests', width: 200, colours: true });
  assert.deepEqual(lines.map((line) => line.startsWith('\u001b[31m')), [false, false, true, false]);
});

test('totals are over all, and what is missing is said', () => {
  assert.equal(totalLine(answer, 'route'), '1000 requests/s, 0.10 % errors, p50 1.20, p95 12.0, p99 123 ms, in 100 kB/s, out 10.0 MB/s');
  assert.deepEqual(completenessLines(answer), ['complete to 12:00:01', "missing: 1 data plane silent: dp-3 since 11:58:12; 5 requests' counts dropped"]);
  assert.deepEqual(completenessLines({}), ['complete to -'], 'an answer of a newer control plane is told as far as it goes');
});

test('targets are told by attempts', () => {
  const targets = { seconds: 10, data: [{ group: { upstream: 'billing', target: 'a.test:80', address: '10.0.0.7:80' }, attempts: 100, failed: 7, status_5xx: 3, error_rate: 0.1, latency_ms: { p50: 1, p95: 2, p99: 3 } }, { group: null, attempts: 1, failed: 0, status_5xx: 0, error_rate: 0, latency_ms: null }], total: { attempts: 101, error_rate: 0.099 } };
  const [, first, others] = topTable(targets, { view: 'target', order: 'requests', width: undefined, colours: false });
  assert.match(first ?? '', /^billing a\.test:80 10\.0\.0\.7:80 +10\.0 +10\.00 +7 +3 +1\.00 +2\.00 +3\.00$/);
  assert.match(others ?? '', /^\(others\) /);
  assert.equal(totalLine(targets, 'target'), '10.1 tries/s, 9.90 % without success');
});
