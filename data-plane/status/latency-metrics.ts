/**
 * How long requests took, by route, as histograms made of the agent's sketches; in OpenMetrics with the ids of slow and failed requests
 * beside the buckets that they fell into. Part of a data plane's /metrics (prometheus-text.ts).
 */
import type { Exemplar, HistogramSample, PrometheusText } from '../../shared/prometheus-text.ts';
import type { LatencySketch } from '../../shared/telemetry/latency-sketch.ts';
import type { EnrolledView, RequestExemplar, RouteLatency } from './data-plane-view.ts';
import type { MetricsOptions } from './prometheus-text.ts';
import { sketchHistogram } from './sketch-histogram.ts';

/** Seconds: of what a client waits for, and of what the gateway adds, which is to be far less. */
export const REQUEST_BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60] as const;
export const GATEWAY_BOUNDS = [0.000_05, 0.0001, 0.000_25, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5] as const;
const SECOND = 1_000_000;
/** The first that had attempts. */
const TARGETS_WITH_HISTOGRAMS = 500;

interface Measure {
  readonly bounds: readonly number[];
  readonly sketch: (row: RouteLatency) => LatencySketch;
  readonly sum: (row: RouteLatency) => number;
  readonly micros: (exemplar: RequestExemplar) => number;
}

/** `rows`: as many as are to have series of their own. Yields where others may have a turn. */
export function* writeLatencies(text: PrometheusText, view: EnrolledView, rows: readonly RouteLatency[], { routes, labels, format }: Pick<MetricsOptions, 'routes' | 'labels' | 'format'>): Generator<void> {
  const exemplars = Map.groupBy(format === 'openmetrics' ? view.exemplars : [], ({ routeId }) => routes.nameOf(routeId));
  const samples = (measure: Measure): readonly HistogramSample[] => rows.map((row) => ({
    labels: { route: row.routeId },
    histogram: sketchHistogram(measure.sketch(row), measure.sum(row), measure.bounds, SECOND),
    exemplars: (exemplars.get(row.routeId) ?? []).map((one) => exemplarOf(one, measure.micros(one))),
  }));
  text.histogram('holdfast_request_duration_seconds', 'From the head of a request to the last byte of its response, by route', samples({ bounds: REQUEST_BOUNDS, sketch: (row) => row.request, sum: (row) => row.requestMicros, micros: (one) => one.requestMicros }));
  yield;
  text.histogram('holdfast_upstream_duration_seconds', 'Of requests for which a target was tried: from the first wish for a connection to the head of the response or the last failure, with pauses between attempts', samples({ bounds: REQUEST_BOUNDS, sketch: (row) => row.upstream, sum: (row) => row.upstreamMicros, micros: (one) => one.upstreamMicros }));
  yield;
  text.histogram('holdfast_gateway_duration_seconds', 'What the gateway itself added until the head of the response was there: without connecting, waiting for the upstream, and pauses between attempts', samples({ bounds: GATEWAY_BOUNDS, sketch: (row) => row.gateway, sum: (row) => row.gatewayMicros, micros: (one) => one.gatewayMicros }));
  yield;
  const targets = [...view.targetTotals].map((row) => ({ row, labels: { upstream: row.upstream, target: row.target, address: row.address } }));
  text.counter('holdfast_upstream_attempts_total', 'Attempts at targets of upstreams', targets.map((one) => ({ labels: one.labels, value: one.row.attempts })));
  text.counter('holdfast_upstream_failed_attempts_total', 'Of those, the ones without a response: no connection, broken off, too late', targets.map((one) => ({ labels: one.labels, value: one.row.failed })));
  text.counter('holdfast_upstream_5xx_attempts_total', 'Attempts that were answered 5xx', targets.map((one) => ({ labels: one.labels, value: one.row.status5xx })));
  yield;
  text.histogram('holdfast_upstream_attempt_duration_seconds', 'Attempts at a target, from sending to the head of the response', targets.slice(0, TARGETS_WITH_HISTOGRAMS).map((one) => ({ labels: one.labels, histogram: sketchHistogram(one.row.latency, one.row.latencyMicros, REQUEST_BOUNDS, SECOND) })));
  if (labels === undefined) return;
  const named = rows.map(({ routeId }) => labels(routeId, '')).filter(({ route }) => route !== '');
  text.gauge('holdfast_route_info', 'What routes that had requests are called, always 1: for joining by route', named.map(({ routeId, route, service }) => ({ labels: { route: routeId, name: route, service }, value: 1 })));
}

/** Nothing of a request that did not go upstream falls into that histogram's buckets. */
function exemplarOf({ requestId, traceId, atMs }: RequestExemplar, micros: number): Exemplar {
  return { labels: { request_id: requestId, ...(traceId === undefined ? {} : { trace_id: traceId }) }, value: micros === 0 ? Number.NaN : micros / SECOND, atMs };
}
