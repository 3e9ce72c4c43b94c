/**
 * Counts and latencies as OTLP metrics: delta sums, and exponential histograms of the sketches (exponential-histogram.ts). A point tells of
 * what came to the control plane in the time of its batch, so that the points of a series follow one another without gap or overlap,
 * which is what receivers of deltas need; counts that come late stand where they came. What a batch has of one series is one point. Used
 * by otlp-sink.ts.
 */
import type { LatencySketch } from '../../shared/telemetry/latency-sketch.ts';
import { NO_ID } from '../store/copy-rows.ts';
import { PackSum } from '../store/latency-pack.ts';
import type { TargetSinkRow, UsageSinkRow } from '../store/sink-store.ts';
import { OVERFLOW_STATUS } from '../store/telemetry-intake-store.ts';
import { HISTOGRAM_SCALE, toExponentialHistogram } from './exponential-histogram.ts';
import { delimited, fixed64, varint, writeAttributes, writeTime, type Attribute, type OtlpGroup, type OtlpWriter } from '../../shared/wire/otlp-writer.ts';

const DELTA = 1;

/** Awaited between pieces of work, so that the event loop is not held. */
type Breathe = () => Promise<void>;

export interface Interval {
  readonly fromMs: number;
  readonly untilMs: number;
}

interface SumMetric {
  readonly name: string;
  readonly description: string;
  readonly unit: string;
}

interface Series {
  readonly attributes: readonly Attribute[];
  /** In the order of the metrics below. */
  readonly counts: number[];
  /** Microseconds in all, of each measure; undefined where not all were measured. */
  readonly latencies: PackSum;
  readonly sums: readonly number[] | undefined;
}

const USAGE_SUMS: readonly SumMetric[] = [
  { name: 'holdfast.requests', description: 'Requests that ended.', unit: '{request}' },
  { name: 'holdfast.received', description: 'Bytes of requests.', unit: 'By' },
  { name: 'holdfast.sent', description: 'Bytes of responses.', unit: 'By' },
];
const USAGE_LATENCIES: readonly SumMetric[] = [
  { name: 'holdfast.request.duration', description: 'From the head of a request to the last byte of its response.', unit: 's' },
  { name: 'holdfast.upstream.duration', description: 'Of it, waiting for the upstream.', unit: 's' },
  { name: 'holdfast.gateway.duration', description: 'Of it, in the gateway.', unit: 's' },
];
const TARGET_SUMS: readonly SumMetric[] = [
  { name: 'holdfast.target.attempts', description: 'Attempts at a target of an upstream.', unit: '{attempt}' },
  { name: 'holdfast.target.failures', description: 'Attempts that had no answer.', unit: '{attempt}' },
  { name: 'holdfast.target.server_errors', description: 'Attempts that were answered with 5xx.', unit: '{attempt}' },
];
const TARGET_LATENCIES: readonly SumMetric[] = [{ name: 'holdfast.target.duration', description: 'Attempts from their begin to the end of the response.', unit: 's' }];

/** Rows of one data plane. */
export async function usageMetrics(rows: readonly UsageSinkRow[], interval: Interval, breathe: Breathe): Promise<OtlpGroup['write']> {
  const series = new Map<string, Series & { readonly sums: number[] }>();
  for (const row of rows) {
    const key = `${row.route_id} ${row.consumer_id} ${row.status}`;
    const one = series.get(key) ?? { attributes: usageAttributes(row), counts: [0, 0, 0], latencies: new PackSum(USAGE_LATENCIES.length), sums: [0, 0, 0] };
    series.set(key, one);
    addTo(one.counts, [row.requests, row.bytes_in, row.bytes_out]);
    addTo(one.sums, [row.request_us, row.upstream_us, row.gateway_us]);
    one.latencies.add(row.latencies);
    await breathe();
  }
  return (writer) => writeMetrics(writer, [...series.values()], USAGE_SUMS, USAGE_LATENCIES, interval, breathe);
}

/** Rows of one data plane. */
export async function targetMetrics(rows: readonly TargetSinkRow[], interval: Interval, breathe: Breathe): Promise<OtlpGroup['write']> {
  const series = new Map<string, Series>();
  for (const row of rows) {
    const key = JSON.stringify([row.upstream, row.target, row.address]);
    const attributes: readonly Attribute[] = [['holdfast.upstream', row.upstream], ['holdfast.target', row.target], ['network.peer.address', row.address]];
    const one = series.get(key) ?? { attributes, counts: [0, 0, 0], latencies: new PackSum(TARGET_LATENCIES.length), sums: undefined };
    series.set(key, one);
    addTo(one.counts, [row.attempts, row.failed, row.status_5xx]);
    one.latencies.add(row.latencies);
    await breathe();
  }
  return (writer) => writeMetrics(writer, [...series.values()], TARGET_SUMS, TARGET_LATENCIES, interval, breathe);
}

function addTo(sums: number[], values: readonly number[]): void {
  for (const [at, value] of values.entries()) sums[at] = (sums[at] ?? 0) + value;
}

function usageAttributes({ route_id: route, consumer_id: consumer, status }: UsageSinkRow): readonly Attribute[] {
  if (status === OVERFLOW_STATUS) return [['otel.metric.overflow', 'true']];
  return [
    ...(route === NO_ID ? [] : [['holdfast.route.id', route] as const]),
    ...(consumer === NO_ID ? [] : [['holdfast.consumer.id', consumer] as const]),
    ...statusAttributes(status),
  ];
}

function statusAttributes(status: number): readonly Attribute[] {
  if (status === 0) return [['error.type', 'client_gone']];
  // Of an older data plane, which tells the class alone.
  return status < 100 ? [['holdfast.status_class', `${status}xx`]] : [['http.response.status_code', status]];
}

async function writeMetrics(writer: OtlpWriter, series: readonly Series[], sums: readonly SumMetric[], latencies: readonly SumMetric[], interval: Interval, breathe: Breathe): Promise<void> {
  // Only of latencies beyond the bound there are no counts.
  const counted = series.filter(({ counts }) => counts.some((count) => count > 0));
  for (const [at, metric] of sums.entries()) {
    if (counted.length === 0) continue;
    beginMetric(writer, metric, 7);
    for (const { attributes, counts } of counted) {
      writeNumber(writer, attributes, counts[at] ?? 0, interval);
      await breathe();
    }
    writer.uint32(varint(2)).int32(DELTA).uint32(varint(3)).bool(true).ldelim().ldelim();
  }
  for (const [at, metric] of latencies.entries()) {
    if (!series.some((one) => (one.latencies.sketches()[at]?.count ?? 0) > 0)) continue;
    beginMetric(writer, metric, 10);
    for (const one of series) {
      const sketches = one.latencies.sketches();
      const sketch = sketches[at];
      // What was not measured of all requests has no sum that fits its count.
      const sumMicros = sketches[0]?.count === one.counts[0] ? one.sums?.[at] : undefined;
      if (sketch !== undefined && sketch.count > 0) writeHistogram(writer, one.attributes, sketch, sumMicros, interval);
      await breathe();
    }
    writer.uint32(varint(2)).int32(DELTA).ldelim().ldelim();
  }
}

/** Ended by its temporality. */
function beginMetric(writer: OtlpWriter, { name, description, unit }: SumMetric, field: number): void {
  writer.uint32(delimited(2)).fork().uint32(delimited(1)).string(name).uint32(delimited(2)).string(description).uint32(delimited(3)).string(unit);
  writer.uint32(delimited(field)).fork();
}

function writeNumber(writer: OtlpWriter, attributes: readonly Attribute[], value: number, { fromMs, untilMs }: Interval): void {
  writer.uint32(delimited(1)).fork();
  writeTime(writer, 2, fromMs * 1_000);
  writeTime(writer, 3, untilMs * 1_000);
  writer.uint32(fixed64(6)).sfixed64(value);
  writeAttributes(writer, 7, attributes);
  writer.ldelim();
}

function writeHistogram(writer: OtlpWriter, attributes: readonly Attribute[], sketch: LatencySketch, sumMicros: number | undefined, { fromMs, untilMs }: Interval): void {
  const { count, zeroCount, offset, counts } = toExponentialHistogram(sketch);
  writer.uint32(delimited(1)).fork();
  writeAttributes(writer, 1, attributes);
  writeTime(writer, 2, fromMs * 1_000);
  writeTime(writer, 3, untilMs * 1_000);
  writer.uint32(fixed64(4)).fixed64(count);
  if (sumMicros !== undefined) writer.uint32(fixed64(5)).double(sumMicros / 1e6);
  writer.uint32(varint(6)).sint32(HISTOGRAM_SCALE).uint32(fixed64(7)).fixed64(zeroCount);
  writer.uint32(delimited(8)).fork().uint32(varint(1)).sint32(offset).uint32(delimited(2)).fork();
  for (const one of counts) writer.uint64(one);
  writer.ldelim().ldelim();
  writer.ldelim();
}
