/** What an operator, a load balancer and Prometheus read. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { ProcessVitals } from '../shared/process-vitals.ts';
import { metricsFormatOf, type MetricsFormat } from '../shared/prometheus-text.ts';
import { LatencySketch } from '../shared/telemetry/latency-sketch.ts';
import { runAtOnce } from '../data-plane/config/run-in-slices.ts';
import { BoundedRoutes } from '../data-plane/status/bounded-routes.ts';
import { ExemplarShelf } from '../data-plane/status/exemplar-shelf.ts';
import { encodeAccessRecord, type AccessRecord } from '../shared/wire/access-record-codec.ts';
import { LabelBook, MOST_PAIRS, type Labels } from '../data-plane/status/label-book.ts';
import { ManualClock } from './support/manual-clock.ts';
import { checkWithPromtool, parseOpenMetrics, parsePrometheusText } from './support/prometheus-parser.ts';
import { NO_TRAFFIC } from '../data-plane/threads/proxy-totals.ts';
import type { DataPlaneView, EnrolledView } from '../data-plane/status/data-plane-view.ts';
import { prometheusText } from '../data-plane/status/prometheus-text.ts';
import { startStatusServer } from '../data-plane/status/status-server.ts';
import { statusReport, whyNotLive, whyNotReady } from '../data-plane/status/status-report.ts';

const ROOT = '0123456789abcdef'.repeat(4);
const NOW_MS = Date.UTC(2026, 0, 2);
const ROUTE_ID = '01a1fe71-b79b-7dc5-8e3f-92ee2e561a39';

function sketchOf(...micros: readonly number[]): LatencySketch {
  const sketch = new LatencySketch();
  for (const value of micros) sketch.add(value);
  return sketch;
}

const enrolled: EnrolledView = {
  kind: 'enrolled', tenantId: 't', gatewayId: 'g', dataPlaneId: 'd', labels: { region: 'eu' }, certificateValidToMs: NOW_MS + 1_000,
  config: { version: { epoch: 1, sequence: 5 }, contentRoot: ROOT, entities: 7, sinceMs: NOW_MS - 2_000, source: 'cache', quarantined: [{ kind: 'routes', id: ROUTE_ID, code: 'CONFIG_ROUTE_UNMATCHABLE', reason: 'r' }] },
  highestAccepted: { epoch: 1, sequence: 6 },
  fellBack: { from: { version: { epoch: 1, sequence: 6 }, contentRoot: ROOT }, to: { epoch: 1, sequence: 5 }, reason: 'it died' },
  barred: [],
  session: { connected: false, url: 'https://cp:8005', reason: 'refused', lastHeardAtMs: NOW_MS - 9_000, failures: 3 },
  head: { newest: undefined, ageMs: 9_000, stale: false, refusal: undefined },
  staleIsNotReady: false, listeners: [{ kind: 'http', host: '0.0.0.0', port: 8000 }], serving: true,
  threads: [{ index: 0, version: '1.5', listening: true, stats: undefined, vitals: { heapUsedBytes: 1_000, heapTotalBytes: 2_000, externalBytes: 30, loopDelayP99: 0.0123, loopBusySeconds: 4, gcRuns: 5, gcSeconds: 0.06 }, silentSeconds: 0 }],
  hangAfterMs: 30_000,
  threadCrashes: 1,
  traffic: { ...NO_TRAFFIC, connections: 3, activeRequests: 1, acceptedConnections: 9, endedRequests: 20, outputs: { 'http-log': { sent: 7, dropped: { 'entries-full': 2 }, failedDeliveries: 1, waiting: 3, waitingBytes: 900 } }, refusals: { 'ODD"CODE\\': 2 } },
  targets: [
    { upstream: 'orders', upstreamId: 'u', targetId: 't', port: 80, isNamed: true, target: 'a.test:80', address: '10.0.0.1', state: 'open', since: '2026-01-01T00:00:00.000Z', reason: 'timeouts', failures: { tcp: 0, timeout: 0, http: 0 }, opened: 1, failover: false },
    { upstream: 'orders', upstreamId: 'u', targetId: 't', port: 80, isNamed: true, target: 'a.test:80', address: '10.0.0.2', state: 'closed', since: '2026-01-01T00:00:00.000Z', reason: null, failures: { tcp: 0, timeout: 1, http: 0 }, opened: 0, failover: true },
  ],
  cache: { slots: 3, knownGood: undefined, refusals: [] },
  counters: { slots: 1, full: 0, lockTimeouts: 0 },
  vaults: [{ prefix: 'prod', kind: 'hcv', secrets: 3, resolved: 2, outdated: 1, failures: 4, lastFailure: { code: 'VAULT_UNREACHABLE', reason: 'vault.example does not answer', atMs: 1_700_000_000_000 }, oldestMs: 90_000 }],
  plugins: [{ name: 'greeting', version: '1.2.0', hash: ROOT }],
  telemetry: { produced: 20, recovered: 3, dropped: { 'spool-full': 2 }, lostAtCrash: 1, droppedLatencies: 0, delivered: 12, buffered: 8, bufferedBatches: 1, spoolBytes: 100, spoolMerges: 0, crashGaps: 1, crashLostRequests: 1 },
  versionTotals: [{ version: { epoch: 1, sequence: 5 }, requests: 12, failed: 3, failedHere: 1 }, { version: { epoch: 1, sequence: 6 }, requests: 8, failed: 0, failedHere: 0 }],
  usageTotals: [
    { routeId: ROUTE_ID, consumerId: 'c1', status: 200, requests: 10, wentUpstream: 9, bytesIn: 100, bytesOut: 200 },
    { routeId: ROUTE_ID, consumerId: 'c2', status: 200, requests: 8, wentUpstream: 8, bytesIn: 1, bytesOut: 2 },
    { routeId: '', consumerId: '', status: 404, requests: 2, wentUpstream: 0, bytesIn: 3, bytesOut: 4 },
  ],
  routeLatencies: [{ routeId: ROUTE_ID, request: sketchOf(3_000, 40_000, 700_000), upstream: sketchOf(2_000, 650_000), gateway: sketchOf(90, 400, 50_000), requestMicros: 743_000, upstreamMicros: 652_000, gatewayMicros: 50_490 }],
  targetTotals: [{ upstream: 'orders', target: 'a.test:80', address: '10.0.0.1', attempts: 9, failed: 2, status5xx: 1, latency: sketchOf(2_000, 3_000), latencyMicros: 5_000 }],
  records: { made: 6, delivered: 4, buffered: 2, bufferedBatches: 1, spoolBytes: 10, spoolMaxBytes: 1_000, dropped: new Map([['rate', 3]]), crashGaps: 0 },
  exemplars: [{ routeId: ROUTE_ID, requestId: 'ab'.repeat(16), traceId: 'cd'.repeat(16), requestMicros: 700_000, upstreamMicros: 0, gatewayMicros: 50_000, atMs: NOW_MS }],
  routeTotals: [{ routeId: ROUTE_ID, statusClass: 2, requests: 18, bytesIn: 1, bytesOut: 2, durationMicros: 1_500_000, wentUpstream: 18, upstreamMicros: 1, gatewayMicros: 1 }, { routeId: '', statusClass: 0, requests: 2, bytesIn: 0, bytesOut: 0, durationMicros: 0, wentUpstream: 0, upstreamMicros: 0, gatewayMicros: 0 }],
};
const vitals = new ProcessVitals(new ManualClock());
after(() => vitals.stop());
const view: DataPlaneView = { process: vitals.view(), softwareVersion: '0.1.0', bootId: 'b', hostname: 'h', startedAtMs: NOW_MS - 5_000, nowMs: NOW_MS, draining: false, agentFaults: 0, enrolled };

const KONG_ON = { per_consumer: true, status_code_metrics: true, latency_metrics: true, bandwidth_metrics: true, upstream_health_metrics: true };

/** As a proxy thread would name them; `kong`: what the plugin asks for, anywhere and there. */
function named(kong?: typeof KONG_ON): Labels {
  return (routeId, consumerId) => ({ routeId, consumerId, route: routeId && 'orders', service: routeId && 'shop', consumer: consumerId && `name-${consumerId}`, kong: routeId === '' ? undefined : kong, ...(kong === undefined ? {} : { anywhere: kong }) });
}

function metricsOf(of: DataPlaneView, { format = 'text', kong, kongForAll = false, most = 500 }: { readonly format?: MetricsFormat; readonly kong?: typeof KONG_ON; readonly kongForAll?: boolean; readonly most?: number } = {}): string {
  return runAtOnce(prometheusText(of, { format, routes: new BoundedRoutes(most), labels: named(kong), kongForAll }));
}

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
  assert.ok(metricsOf(view).includes(`\nholdfast_plugin_info{name="greeting",version="1.2.0",hash="${ROOT}"} 1\n`));
});

test('requests are told by the version that they ran on', () => {
  const report = JSON.parse(JSON.stringify(statusReport(view)));
  assert.deepEqual(report.holdfast.requests_by_version, [{ version: '1.5', requests: 12, failed: 3, failed_here: 1 }, { version: '1.6', requests: 8, failed: 0, failed_here: 0 }]);
  const text = metricsOf(view);
  for (const line of ['requests_total{version="1.6"} 8', 'failed_requests_total{version="1.5"} 3', 'failed_here_requests_total{version="1.5"} 1']) assert.ok(text.includes(`\nholdfast_config_${line}\n`), line);
});

test('metrics are well-formed, by a strict parser and by promtool, also as OpenMetrics and with the names of Kong', () => {
  const text = metricsOf(view);
  const lines = text.split('\n');
  parsePrometheusText(text);
  checkWithPromtool(text);
  assert.ok(!text.includes('kong_') && !text.includes(' # {'), 'neither Kong nor exemplars unasked');
  assert.ok(lines.includes('holdfast_upstream_target_health{upstream="orders",target="a.test:80",address="10.0.0.1"} 0'));
  assert.ok(lines.includes(`holdfast_requests_total{route="${ROUTE_ID}",status_class="2xx"} 18`));
  assert.ok(lines.includes('holdfast_requests_total{route="",status_class="none"} 2'));
  assert.ok(lines.includes('holdfast_refusals_total{code="ODD\\"CODE\\\\"} 2'));
  assert.ok(lines.includes(`holdfast_request_time_seconds_total{route="${ROUTE_ID}",status_class="2xx"} 1.5`));
  assert.ok(lines.includes(`holdfast_route_info{route="${ROUTE_ID}",name="orders",service="shop"} 1`));
  for (const line of [
    'holdfast_telemetry_dropped_requests_total{reason="spool-full"} 2', 'holdfast_telemetry_crash_lost_requests 1', 'holdfast_access_records_dropped_total{reason="rate"} 3', 'holdfast_telemetry_recovered_requests_total 3',
    'holdfast_plugin_output_dropped_total{plugin="http-log",reason="entries-full"} 2', 'holdfast_plugin_output_waiting_bytes{plugin="http-log"} 900',
    'holdfast_upstream_failed_attempts_total{upstream="orders",target="a.test:80",address="10.0.0.1"} 2', 'holdfast_upstream_attempt_duration_seconds_count{upstream="orders",target="a.test:80",address="10.0.0.1"} 2',
  ]) assert.ok(lines.includes(line), line);
  assert.ok(lines.includes('holdfast_proxy_thread_loop_delay_p99_seconds{thread="0"} 0.0123'));

  const { families, exemplars } = parseOpenMetrics(metricsOf(view, { format: 'openmetrics', kongForAll: true }));
  assert.ok(families.has('kong_request_latency_ms'));
  assert.deepEqual(exemplars.map(({ sample, value, labels }) => [/^[a-z_]+/.exec(sample)?.[0], value, Object.keys(labels)]), [
    ['holdfast_request_duration_seconds_bucket', 0.7, ['request_id', 'trace_id']],
    ['holdfast_gateway_duration_seconds_bucket', 0.05, ['request_id', 'trace_id']],
  ]);
});

test('latencies by route are histograms of the sketches; routes beyond the bound share one series, and stay in it', () => {
  const bucket = (text: string, name: string, le: string): string | undefined => text.split('\n').find((line) => line.startsWith(`${name}_bucket{`) && line.includes(`le="${le}"`))?.split(' ').at(-1);
  const text = metricsOf(view);
  assert.deepEqual(['0.0025', '0.005', '0.05', '0.5', '1', '+Inf'].map((le) => bucket(text, 'holdfast_request_duration_seconds', le)), ['0', '1', '2', '2', '3', '3']);
  assert.deepEqual(['0.0001', '0.0005', '0.1'].map((le) => bucket(text, 'holdfast_gateway_duration_seconds', le)), ['1', '2', '3']);
  const routes = new BoundedRoutes(2);
  const latency = (routeId: string): EnrolledView['routeLatencies'] => [{ routeId, request: sketchOf(10), upstream: sketchOf(), gateway: sketchOf(5), requestMicros: 10, upstreamMicros: 0, gatewayMicros: 5 }];
  const all = ['a', 'b', 'c', 'd'].flatMap((id) => [...latency(id)]);
  assert.deepEqual(runAtOnce(routes.bound(all)).map(({ routeId, request, gatewayMicros }) => [routeId, request.count, gatewayMicros]), [['a', 1, 5], ['b', 1, 5], ['overflow', 2, 10]]);
  assert.deepEqual(runAtOnce(routes.bound(all.toReversed())).map(({ routeId }) => routeId), ['b', 'a', 'overflow']);
});

test("Kong's metrics are there where the plugin asks for them or the setting, in its scope and groups, under Kong's names", () => {
  const kong = (options: Parameters<typeof metricsOf>[1]): readonly string[] => metricsOf(view, options).split('\n').filter((line) => line.startsWith('kong_'));
  assert.deepEqual(kong({}), []);
  const lines = kong({ kong: KONG_ON });
  for (const line of [
    'kong_http_requests_total{service="shop",route="orders",code="200",source="service",workspace="default",consumer="name-c1"} 9',
    'kong_http_requests_total{service="shop",route="orders",code="200",source="exit",workspace="default",consumer="name-c1"} 1',
    'kong_http_requests_total{service="shop",route="orders",code="200",source="service",workspace="default",consumer="name-c2"} 8',
    'kong_bandwidth_bytes{service="shop",route="orders",direction="egress",workspace="default",consumer="name-c1"} 200',
    'kong_request_latency_ms_bucket{service="shop",route="orders",workspace="default",le="50"} 2',
    'kong_kong_latency_ms_bucket{service="shop",route="orders",workspace="default",le="1"} 2',
    'kong_upstream_latency_ms_count{service="shop",route="orders",workspace="default"} 2',
    'kong_upstream_target_health{upstream="orders",target="a.test:80",address="10.0.0.1",state="unhealthy",subsystem="http"} 1',
    'kong_upstream_target_health{upstream="orders",target="a.test:80",address="10.0.0.2",state="healthy",subsystem="http"} 1',
    'kong_control_plane_connected 0',
    'kong_node_info{node_id="d",version="0.1.0"} 1',
    'kong_memory_workers_lua_vms_bytes{node_id="d",pid="0",kong_subsystem="http"} 1000',
  ]) assert.ok(lines.includes(line), line);
  assert.ok(!lines.some((line) => line.includes('code="404"')), 'requests without a route are in no scope of a route');
  assert.deepEqual(kong({ kong: { ...KONG_ON, per_consumer: false, latency_metrics: false, upstream_health_metrics: false, bandwidth_metrics: false } }).filter((line) => !/^kong_(nginx|node|memory|control)/.test(line)), [
    'kong_http_requests_total{service="shop",route="orders",code="200",source="service",workspace="default",consumer=""} 17',
    'kong_http_requests_total{service="shop",route="orders",code="200",source="exit",workspace="default",consumer=""} 1',
  ]);
  const forAll = kong({ kongForAll: true });
  assert.ok(forAll.includes('kong_http_requests_total{service="",route="",code="404",source="exit",workspace="default",consumer=""} 2'));
  checkWithPromtool(metricsOf(view, { kong: KONG_ON }), (complaint) => /^kong_\S+_ms metric names should not contain abbreviated units|^kong_(bandwidth_bytes counter|nginx_(connections|requests)_total non-counter) metrics should (not )?have "_total" suffix/.test(complaint));
});

test('names are asked for once per configuration, some at a time, and ids stand in for them while nobody answers', async () => {
  let version = '1.1';
  let answers = true;
  const asked: number[] = [];
  const book = new LabelBook({ version: () => version, ask: async (pairs) => {
    asked.push(pairs.length);
    return answers ? pairs.map((pair) => ({ ...pair, route: `name-${pair.routeId}`, service: '', consumer: '', kong: KONG_ON })) : undefined;
  } });
  const pairs = Array.from({ length: 450 }, (_, index) => ({ routeId: String(index), consumerId: '' }));
  assert.equal((await book.labelsOf(pairs))('449', '').route, 'name-449');
  await book.labelsOf(pairs);
  assert.deepEqual(asked, [200, 200, 50]);
  version = '1.2';
  answers = false;
  assert.equal((await book.labelsOf(pairs))('449', '').route, '449');
  answers = true;
  assert.equal((await book.labelsOf(pairs))('449', '').route, 'name-449');
  const consumers = Array.from({ length: MOST_PAIRS }, (_, index) => ({ routeId: '1', consumerId: `c-${index}` }));
  const beyond = (await book.labelsOf([...pairs, ...consumers]))('1', `c-${MOST_PAIRS - 1}`);
  assert.deepEqual([beyond.route, beyond.consumer, beyond.kong], ['name-1', `c-${MOST_PAIRS - 1}`, KONG_ON], 'its requests are counted with those of its route');
});

test('with as many routes, consumers and targets as are counted, no step of a scrape holds the agent for long', () => {
  const idOf = (index: number): string => `${ROUTE_ID.slice(0, 24)}${String(index).padStart(12, '0')}`;
  const routes = Array.from({ length: 10_000 }, (_, index) => idOf(index));
  const sketch = sketchOf(...Array.from({ length: 50 }, (_, index) => 2 ** (index / 2)));
  const large = changed({
    routeTotals: routes.map((routeId) => ({ routeId, statusClass: 2, requests: 1, bytesIn: 1, bytesOut: 1, durationMicros: 1, wentUpstream: 1, upstreamMicros: 1, gatewayMicros: 1 })),
    usageTotals: routes.map((routeId, index) => ({ routeId, consumerId: idOf(index), status: 200, requests: 1, wentUpstream: 1, bytesIn: 1, bytesOut: 1 })),
    routeLatencies: routes.map((routeId) => ({ routeId, request: sketch, upstream: sketch, gateway: sketch, requestMicros: 1, upstreamMicros: 1, gatewayMicros: 1 })),
  });
  const steps = prometheusText(large, { format: 'text', routes: new BoundedRoutes(500), labels: named(KONG_ON), kongForAll: false });
  let [longestMs, taken] = [0, 0];
  for (let done: boolean | undefined = false; done !== true; taken += 1) {
    const before = process.cpuUsage();
    done = steps.next().done;
    const { user, system } = process.cpuUsage(before);
    longestMs = Math.max(longestMs, (user + system) / 1_000);
  }
  assert.ok(taken > 50, `${taken} steps`);
  assert.ok(longestMs < 250, `${longestMs} ms of CPU in one step`);
});

test('a thread that hangs makes the process not live, by name; one that drains or is not enrolled lives', () => {
  assert.equal(whyNotLive(view), undefined);
  const hanging = changed({ threads: enrolled.threads.flatMap((thread) => [thread, { ...thread, index: 1, silentSeconds: 31 }]) });
  assert.match(whyNotLive(hanging) ?? '', /^hanging: proxy thread 1 has given no sign of life for 31 s$/);
  assert.equal(whyNotLive({ ...hanging, draining: true }), undefined);
  assert.equal(whyNotLive({ ...view, enrolled: { kind: 'not-enrolled', reason: '' } }), undefined);
  assert.ok(metricsOf(hanging).includes('\nholdfast_live 0\n'));
  const report = JSON.parse(JSON.stringify(statusReport(hanging)));
  assert.equal(report.holdfast.live, false);
  assert.equal(report.holdfast.proxy.threads[1].silent_seconds, 31);
  assert.equal(report.holdfast.proxy.threads[0].event_loop_delay_p99_ms, 12.3);
  for (const name of ['memory', 'event_loop', 'garbage_collection', 'file_descriptors', 'cpu_seconds']) assert.ok(name in report.holdfast.process, name);
  assert.ok(report.holdfast.process.file_descriptors.open > 2);
});

test('exemplars are the slow and failed requests of late, the newest first, some of each route', () => {
  const shelf = new ExemplarShelf();
  const record = (index: number, reason: AccessRecord['reason']): AccessRecord => ({
    requestId: index.toString(16).padStart(32, '0'), startedMicros: NOW_MS * 1_000, reason, routeId: ROUTE_ID, serviceId: '', consumerId: '', version: { epoch: 1, sequence: 1 }, status: 500, errorCode: '', method: 'GET', scheme: 'http', host: 'a', path: '/', query: '',
    httpVersion: '1.1', tlsVersion: '', tlsCipher: '', clientAddress: '', target: '', retries: 0, totalMicros: 1_000 * index, upstreamMicros: 0, gatewayMicros: 1, bytesIn: 0, bytesOut: 0, traceId: '', headers: new Map(), userAgent: '', generated: false,
  });
  for (let bunch = 0; bunch < 20; bunch += 1) shelf.keep(Buffer.concat([encodeAccessRecord(record(bunch, 'error')), encodeAccessRecord(record(bunch + 100, 'sampled')), encodeAccessRecord(record(bunch + 200, 'slow'))]));
  const told = [...shelf.exemplars()];
  assert.equal(told.length, 20);
  assert.deepEqual([told[0], told[1]?.requestId], [{ routeId: ROUTE_ID, requestId: (219).toString(16).padStart(32, '0'), traceId: undefined, requestMicros: 219_000, upstreamMicros: 0, gatewayMicros: 1, atMs: NOW_MS + 219 }, (19).toString(16).padStart(32, '0')]);
});

test('OpenMetrics only for those who ask for it', () => {
  const texts = [undefined, '', '*/*', 'text/plain', 'application/json', 'text/plain;version=0.0.4;q=0.9,application/openmetrics-text;q=0.1', 'application/openmetrics-text;q=0', 'application/openmetrics-text; version=2.0.0'];
  const open = ['application/openmetrics-text', 'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1'];
  assert.deepEqual([...texts, ...open].map(metricsFormatOf), [...texts.map(() => 'text'), ...open.map(() => 'openmetrics')]);
});

const metrics = async (format: MetricsFormat): Promise<string> => metricsOf(view, { format });
const explain = async (question: Uint8Array): Promise<string> => `{"asked":${Buffer.from(question).toString()}}`;

test('the status port answers what it has, refuses what it has not, and survives a view that fails', async () => {
  let fails = false;
  const source = (): DataPlaneView => {
    if (fails) throw new Error('a defect');
    return view;
  };
  const server = await startStatusServer({ host: '127.0.0.1', port: 0 }, { view: source, metrics: async (format) => metricsOf(source(), { format }), explain });
  const get = (path: string, method = 'GET'): Promise<Response> => fetch(`http://127.0.0.1:${server.port}${path}`, { method });
  try {
    assert.deepEqual(await (await get('/status/ready')).json(), { message: 'ready' });
    assert.match((await get('/metrics')).headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/);
    const openMetrics = await fetch(`http://127.0.0.1:${server.port}/metrics`, { headers: { accept: 'application/openmetrics-text; version=1.0.0' } });
    assert.equal(openMetrics.headers.get('content-type'), 'application/openmetrics-text; version=1.0.0; charset=utf-8');
    parseOpenMetrics(await openMetrics.text());
    assert.deepEqual(await (await get('/status/live')).json(), { message: 'live' });
    assert.equal((await get('/status', 'HEAD')).status, 200);
    assert.deepEqual(await (await fetch(`http://127.0.0.1:${server.port}/explain`, { method: 'POST', body: '{"url":1}' })).json(), { asked: { url: 1 } });
    assert.equal((await get('/explain')).status, 405);
    assert.equal((await fetch(`http://127.0.0.1:${server.port}/explain`, { method: 'POST', body: 'x'.repeat(70_000) })).status, 413);
    assert.deepEqual([(await get('/nothing')).status, (await get('/status', 'POST')).status, (await get('/metrics', 'POST')).status], [404, 405, 405]);
    fails = true;
    assert.deepEqual([(await get('/status')).status, (await get('/metrics')).status], [500, 500]);
    fails = false;
    assert.equal((await get('/status?x=1')).status, 200);
  } finally {
    await server.close();
  }
});

test('a status address that is taken is refused with the setting to change', async () => {
  const server = await startStatusServer({ host: '127.0.0.1', port: 0 }, { view: () => view, metrics, explain });
  try {
    await assert.rejects(startStatusServer({ host: '127.0.0.1', port: server.port }, { view: () => view, metrics, explain }), /HOLDFAST_STATUS_LISTEN/);
  } finally {
    await server.close();
  }
});
