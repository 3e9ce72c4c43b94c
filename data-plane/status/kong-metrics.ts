/**
 * Kong's metrics under Kong's names, made of the agent's counts: what the plugin `prometheus` asks for in its scope, or all of it with
 * HOLDFAST_KONG_METRICS. Names, labels, types and buckets as in Kong 3.9. Part of a data plane's /metrics (prometheus-text.ts).
 */
import type { HistogramView, MetricLabels, MetricSample, PrometheusText } from '../../shared/prometheus-text.ts';
import type { KongMetricGroups } from '../threads/route-labels.ts';
import { OVERFLOW } from '../telemetry/folded-counts.ts';
import type { DataPlaneView, EnrolledView, RouteLatency, UsageTotal } from './data-plane-view.ts';
import type { Labels } from './label-book.ts';
import type { MetricsOptions } from './prometheus-text.ts';
import { sketchHistogram } from './sketch-histogram.ts';

/** Milliseconds. */
const UPSTREAM_BOUNDS = [25, 50, 80, 100, 250, 400, 700, 1_000, 2_000, 5_000, 10_000, 30_000, 60_000] as const;
const KONG_BOUNDS = [1, 2, 5, 7, 10, 15, 20, 30, 50, 75, 100, 200, 500, 750, 1_000, 3_000, 6_000] as const;
const MILLISECOND = 1_000;
/** Consumers of a route with counts of their own; those that come after so many share one. */
const MOST_CONSUMER_SERIES = 10_000;
const OTHER_CONSUMERS = OVERFLOW;
const ROWS_IN_A_STEP = 2_000;
const WORKSPACE = 'default';
const SUBSYSTEM = 'http';
const ALL: KongMetricGroups = { per_consumer: false, status_code_metrics: true, latency_metrics: true, bandwidth_metrics: true, upstream_health_metrics: true };

/** `latencies`: as many as are to have series of their own. Yields where others may have a turn. */
export function* writeKongMetrics(text: PrometheusText, view: DataPlaneView, enrolled: EnrolledView, latencies: readonly RouteLatency[], { labels, kongForAll }: Pick<MetricsOptions, 'labels' | 'kongForAll'>): Generator<void> {
  if (labels === undefined) return;
  const groupsOf = (routeId: string, consumerId: string): KongMetricGroups | undefined => {
    const { kong } = labels(routeId, consumerId);
    return kongForAll ? { ...ALL, per_consumer: kong?.per_consumer === true } : kong;
  };
  const anywhere = kongForAll ? ALL : labels('', '').anywhere;
  if (anywhere === undefined) return;
  writeNode(text, view, enrolled);
  yield* writeCounts(text, enrolled.usageTotals, labels, groupsOf);
  const timed = latencies.filter(({ routeId }) => groupsOf(routeId, '')?.latency_metrics === true);
  writeLatency(text, labels, timed, 'kong_kong_latency_ms', 'What the gateway itself added', (row) => sketchHistogram(row.gateway, row.gatewayMicros, KONG_BOUNDS, MILLISECOND));
  yield;
  writeLatency(text, labels, timed, 'kong_upstream_latency_ms', 'What upstreams took, with connecting and further attempts', (row) => sketchHistogram(row.upstream, row.upstreamMicros, UPSTREAM_BOUNDS, MILLISECOND));
  yield;
  writeLatency(text, labels, timed, 'kong_request_latency_ms', 'What requests took in all', (row) => sketchHistogram(row.request, row.requestMicros, UPSTREAM_BOUNDS, MILLISECOND));
  yield;
  if (anywhere.upstream_health_metrics) writeHealth(text, enrolled);
}

function writeNode(text: PrometheusText, { softwareVersion }: DataPlaneView, { dataPlaneId, session, traffic, threads }: EnrolledView): void {
  const node = { node_id: dataPlaneId };
  text.gauge('kong_node_info', 'The data plane, always 1', [{ labels: { ...node, version: softwareVersion }, value: 1 }]);
  text.gauge('kong_control_plane_connected', '1 while a session with a control plane stands', [{ value: session.connected ? 1 : 0 }]);
  text.gauge('kong_memory_workers_lua_vms_bytes', 'Heap of a proxy thread; pid is its number', threads.flatMap(({ index, vitals }) => (vitals === undefined ? [] : [{ labels: { ...node, pid: String(index), kong_subsystem: SUBSYSTEM }, value: vitals.heapUsedBytes }])));
  const states = { accepted: traffic.acceptedConnections, handled: traffic.acceptedConnections, total: traffic.endedRequests, active: traffic.connections, reading: 0, writing: traffic.activeRequests, waiting: Math.max(0, traffic.connections - traffic.activeRequests) };
  text.gauge('kong_nginx_connections_total', 'Client connections by state', Object.entries(states).map(([state, value]) => ({ labels: { ...node, subsystem: SUBSYSTEM, state }, value })));
  text.gauge('kong_nginx_requests_total', 'Requests ended', [{ labels: { ...node, subsystem: SUBSYSTEM }, value: traffic.endedRequests }]);
}

function* writeCounts(text: PrometheusText, totals: Iterable<UsageTotal>, labels: Labels, groupsOf: (routeId: string, consumerId: string) => KongMetricGroups | undefined): Generator<void> {
  const requests = new SampleSums();
  const bytes = new SampleSums();
  const consumers = new Set<string>();
  let rows = 0;
  for (const { routeId, consumerId, status, requests: count, wentUpstream, bytesIn, bytesOut } of totals) {
    rows += 1;
    if (rows % ROWS_IN_A_STEP === 0) yield;
    const groups = groupsOf(routeId, consumerId);
    if (groups === undefined) continue;
    const { route, service, consumer } = labels(routeId, consumerId);
    const who = groups.per_consumer ? boundConsumer(consumers, routeId, consumer) : '';
    if (groups.status_code_metrics) {
      const answered = (source: string): MetricLabels => ({ service, route, code: String(status), source, workspace: WORKSPACE, consumer: who });
      if (wentUpstream > 0) requests.add(answered('service'), wentUpstream);
      if (count > wentUpstream) requests.add(answered('exit'), count - wentUpstream);
    }
    if (groups.bandwidth_metrics) {
      bytes.add({ service, route, direction: 'ingress', workspace: WORKSPACE, consumer: who }, bytesIn);
      bytes.add({ service, route, direction: 'egress', workspace: WORKSPACE, consumer: who }, bytesOut);
    }
  }
  if (requests.size > 0) text.counter('kong_http_requests_total', 'Requests by status', requests.samples());
  if (bytes.size > 0) text.counterWithoutTotal('kong_bandwidth_bytes', 'Bytes from clients (ingress) and to them (egress)', bytes.samples());
}

function boundConsumer(seen: Set<string>, routeId: string, consumer: string): string {
  const key = `${routeId}/${consumer}`;
  if (!seen.has(key) && seen.size >= MOST_CONSUMER_SERIES) return OTHER_CONSUMERS;
  seen.add(key);
  return consumer;
}

function writeLatency(text: PrometheusText, labels: Labels, rows: readonly RouteLatency[], name: string, help: string, histogramOf: (row: RouteLatency) => HistogramView): void {
  if (rows.length === 0) return;
  text.histogram(name, `${help}, milliseconds`, rows.map((row) => {
    const { route, service } = labels(row.routeId, '');
    return { labels: { service, route, workspace: WORKSPACE }, histogram: histogramOf(row) };
  }));
}

/** As Kong has it: a series for each state, 1 in that which the target is in. */
function writeHealth(text: PrometheusText, { targets }: EnrolledView): void {
  const samples = targets.flatMap(({ upstream, target, address, state }) => {
    const now = state === 'closed' ? 'healthy' : 'unhealthy';
    return ['healthy', 'unhealthy', 'healthchecks_off', 'dns_error'].map((one) => ({ labels: { upstream, target, address, state: one, subsystem: SUBSYSTEM }, value: one === now ? 1 : 0 }));
  });
  text.gauge('kong_upstream_target_health', '1 in the state that a target is in', samples);
}

/** Values by labels; what has the same labels is added up. */
class SampleSums {
  readonly #sums = new Map<string, { readonly labels: MetricLabels; value: number }>();

  get size(): number {
    return this.#sums.size;
  }

  add(labels: MetricLabels, value: number): void {
    const key = Object.values(labels).join('\0');
    const sum = this.#sums.get(key);
    if (sum === undefined) this.#sums.set(key, { labels, value });
    else sum.value += value;
  }

  samples(): readonly MetricSample[] {
    return [...this.#sums.values()];
  }
}
