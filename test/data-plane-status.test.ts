/** What an operator, a load balancer and Prometheus read. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NO_TRAFFIC } from '../data-plane/threads/proxy-totals.ts';
import type { DataPlaneView, EnrolledView } from '../data-plane/status/data-plane-view.ts';
import { prometheusText } from '../data-plane/status/prometheus-text.ts';
import { startStatusServer } from '../data-plane/status/status-server.ts';
import { statusReport, whyNotReady } from '../data-plane/status/status-report.ts';

const ROOT = '0123456789abcdef'.repeat(4);
const NOW_MS = Date.UTC(2026, 0, 2);
const ROUTE_ID = '01a1fe71-b79b-7dc5-8e3f-92ee2e561a39';

const enrolled: EnrolledView = {
  kind: 'enrolled', tenantId: 't', gatewayId: 'g', dataPlaneId: 'd', labels: { region: 'eu' }, certificateValidToMs: NOW_MS + 1_000,
  config: { version: { epoch: 1, sequence: 5 }, contentRoot: ROOT, entities: 7, sinceMs: NOW_MS - 2_000, source: 'cache', quarantined: [{ kind: 'routes', id: ROUTE_ID, code: 'CONFIG_ROUTE_UNMATCHABLE', reason: 'r' }] },
  highestAccepted: { epoch: 1, sequence: 6 },
  fellBack: { from: { version: { epoch: 1, sequence: 6 }, contentRoot: ROOT }, to: { epoch: 1, sequence: 5 }, reason: 'it died' },
  barred: [],
  session: { connected: false, url: 'https://cp:8005', reason: 'refused', lastHeardAtMs: NOW_MS - 9_000, failures: 3 },
  head: { newest: undefined, ageMs: 9_000, stale: false, refusal: undefined },
  staleIsNotReady: false, listeners: [{ kind: 'http', host: '0.0.0.0', port: 8000 }], serving: true,
  threads: [{ index: 0, version: '1.5', listening: true, stats: undefined }],
  threadCrashes: 1,
  traffic: { ...NO_TRAFFIC, connections: 3, activeRequests: 1, acceptedConnections: 9, endedRequests: 20, refusals: { 'ODD"CODE\\': 2 } },
  targets: [
    { upstream: 'orders', upstreamId: 'u', targetId: 't', port: 80, isNamed: true, target: 'a.test:80', address: '10.0.0.1', state: 'open', since: '2026-01-01T00:00:00.000Z', reason: 'timeouts', failures: { tcp: 0, timeout: 0, http: 0 }, opened: 1, failover: false },
    { upstream: 'orders', upstreamId: 'u', targetId: 't', port: 80, isNamed: true, target: 'a.test:80', address: '10.0.0.2', state: 'closed', since: '2026-01-01T00:00:00.000Z', reason: null, failures: { tcp: 0, timeout: 1, http: 0 }, opened: 0, failover: true },
  ],
  cache: { slots: 3, knownGood: undefined, refusals: [] },
  counters: { slots: 1, full: 0, lockTimeouts: 0 },
  vaults: [{ prefix: 'prod', kind: 'hcv', secrets: 3, resolved: 2, outdated: 1, failures: 4, lastFailure: { code: 'VAULT_UNREACHABLE', reason: 'vault.example does not answer', atMs: 1_700_000_000_000 }, oldestMs: 90_000 }],
  plugins: [{ name: 'greeting', version: '1.2.0', hash: ROOT }],
  telemetry: { produced: 20, delivered: 12, buffered: 8, bufferedBatches: 1, spoolBytes: 100, spoolMerges: 0, crashGaps: 0 },
  versionTotals: [{ version: { epoch: 1, sequence: 5 }, requests: 12, failed: 3, failedHere: 1 }, { version: { epoch: 1, sequence: 6 }, requests: 8, failed: 0, failedHere: 0 }],
  routeTotals: [{ routeId: ROUTE_ID, statusClass: 2, requests: 18, bytesIn: 1, bytesOut: 2, durationMicros: 1_500_000 }, { routeId: '', statusClass: 0, requests: 2, bytesIn: 0, bytesOut: 0, durationMicros: 0 }],
};
const view: DataPlaneView = { softwareVersion: '0.1.0', bootId: 'b', hostname: 'h', startedAtMs: NOW_MS - 5_000, nowMs: NOW_MS, draining: false, agentFaults: 0, enrolled };

function changed(change: Partial<EnrolledView>): DataPlaneView {
  return { ...view, enrolled: { ...enrolled, ...change } };
}

test('ready means: enrolled, every thread serves a configuration, not draining, and fresh where that is asked for', () => {
  assert.equal(whyNotReady(view), undefined);
  assert.match(whyNotReady({ ...view, draining: true }) ?? '', /draining/);
  assert.match(whyNotReady({ ...view, enrolled: { kind: 'not-enrolled', reason: 'no answer' } }) ?? '', /not enrolled: no answer/);
  assert.match(whyNotReady(changed({ config: undefined })) ?? '', /no configuration available: refused/);
  assert.match(whyNotReady(changed({ serving: false })) ?? '', /not all proxy threads/);
  assert.equal(whyNotReady(changed({ head: { ...enrolled.head, stale: true } })), undefined);
  assert.match(whyNotReady(changed({ head: { ...enrolled.head, stale: true }, staleIsNotReady: true })) ?? '', /stale/);
});

test('the outer fields are those of a Kong data plane, ours stand under holdfast', () => {
  const report: { readonly [name: string]: unknown } = { ...statusReport(view) };
  assert.deepEqual(Object.keys(report), ['server', 'configuration_hash', 'holdfast']);
  assert.deepEqual(report['server'], { connections_accepted: 9, connections_handled: 9, connections_active: 3, connections_waiting: 2, total_requests: 20 });
  assert.equal(report['configuration_hash'], ROOT.slice(0, 32));
  const none: { readonly [name: string]: unknown } = { ...statusReport(changed({ config: undefined })) };
  assert.equal(none['configuration_hash'], '0'.repeat(32));
});

test('targets of upstreams are told with their circuit, its cause and since when', () => {
  const report = JSON.parse(JSON.stringify(statusReport(view)));
  assert.deepEqual(report.holdfast.upstreams.targets.orders[0], { target: 'a.test:80', address: '10.0.0.1', state: 'open', since: '2026-01-01T00:00:00.000Z', reason: 'timeouts', failures: { tcp: 0, timeout: 0, http: 0 }, opened: 1, failover: false });
  assert.equal(report.holdfast.upstreams.targets.orders.length, 2);
});

test('custom plugins are told by version and hash', () => {
  const report = JSON.parse(JSON.stringify(statusReport(view)));
  assert.deepEqual(report.holdfast.plugins, [{ name: 'greeting', version: '1.2.0', hash: ROOT }]);
  assert.ok(prometheusText(view).includes(`\nholdfast_plugin_info{name="greeting",version="1.2.0",hash="${ROOT}"} 1\n`));
});

test('requests are told by the version that they ran on', () => {
  const report = JSON.parse(JSON.stringify(statusReport(view)));
  assert.deepEqual(report.holdfast.requests_by_version, [{ version: '1.5', requests: 12, failed: 3, failed_here: 1 }, { version: '1.6', requests: 8, failed: 0, failed_here: 0 }]);
  const text = prometheusText(view);
  for (const line of ['requests_total{version="1.6"} 8', 'failed_requests_total{version="1.5"} 3', 'failed_here_requests_total{version="1.5"} 1']) assert.ok(text.includes(`\nholdfast_config_${line}\n`), line);
});

test('metrics are well-formed: each family has HELP and TYPE, names and labels are valid, none comes twice', () => {
  const lines = prometheusText(view).trimEnd().split('\n');
  const helped = new Map<string, string>();
  const seen = new Set<string>();
  let family = '';
  for (const line of lines) {
    const header = /^# (HELP|TYPE) (holdfast_[a-z_]+) (.+)$/.exec(line);
    if (header !== null) {
      const [, kind, name = '', text = ''] = header;
      if (kind === 'HELP') assert.ok(!helped.has(name), `${name} comes twice`);
      else assert.ok(text === 'counter' ? name.endsWith('_total') : text === 'gauge' && !name.endsWith('_total'), `${name} is a ${text}`);
      helped.set(name, text);
      family = name;
      continue;
    }
    const sample = /^(holdfast_[a-z_]+)(\{(?:[a-z_]+="(?:[^"\\\n]|\\.)*",?)*\})? (-?[0-9.e+-]+)$/.exec(line);
    assert.ok(sample !== null && sample[1] === family, line);
    assert.ok(!seen.has(`${sample[1]}${sample[2] ?? ''}`), line);
    seen.add(`${sample[1]}${sample[2] ?? ''}`);
  }
  assert.ok(lines.includes('holdfast_upstream_target_health{upstream="orders",target="a.test:80",address="10.0.0.1"} 0'));
  assert.ok(seen.has(`holdfast_requests_total{route="${ROUTE_ID}",status_class="2xx"}`));
  assert.ok(lines.includes('holdfast_requests_total{route="",status_class="none"} 2'));
  assert.ok(lines.includes('holdfast_refusals_total{code="ODD\\"CODE\\\\"} 2'));
  assert.ok(lines.includes('holdfast_request_duration_seconds_total{route="01a1fe71-b79b-7dc5-8e3f-92ee2e561a39",status_class="2xx"} 1.5'));
});

const explain = async (question: Uint8Array): Promise<string> => `{"asked":${Buffer.from(question).toString()}}`;

test('the status port answers what it has, refuses what it has not, and survives a view that fails', async () => {
  let fails = false;
  const server = await startStatusServer({ host: '127.0.0.1', port: 0 }, () => {
    if (fails) throw new Error('a defect');
    return view;
  }, explain);
  const get = (path: string, method = 'GET'): Promise<Response> => fetch(`http://127.0.0.1:${server.port}${path}`, { method });
  try {
    assert.deepEqual(await (await get('/status/ready')).json(), { message: 'ready' });
    assert.match((await get('/metrics')).headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/);
    assert.equal((await get('/status', 'HEAD')).status, 200);
    assert.deepEqual(await (await fetch(`http://127.0.0.1:${server.port}/explain`, { method: 'POST', body: '{"url":1}' })).json(), { asked: { url: 1 } });
    assert.equal((await get('/explain')).status, 405);
    assert.equal((await fetch(`http://127.0.0.1:${server.port}/explain`, { method: 'POST', body: 'x'.repeat(70_000) })).status, 413);
    assert.deepEqual([(await get('/nothing')).status, (await get('/status', 'POST')).status], [404, 405]);
    fails = true;
    assert.equal((await get('/status')).status, 500);
    fails = false;
    assert.equal((await get('/status?x=1')).status, 200);
  } finally {
    await server.close();
  }
});

test('a status address that is taken is refused with the setting to change', async () => {
  const server = await startStatusServer({ host: '127.0.0.1', port: 0 }, () => view, explain);
  try {
    await assert.rejects(startStatusServer({ host: '127.0.0.1', port: server.port }, () => view, explain), /HOLDFAST_STATUS_LISTEN/);
  } finally {
    await server.close();
  }
});
