/**
 * Reads requests of OTLP as any collector does, with protobufjs and the message definitions of the public protocol, as far as we send
 * them: nothing here knows how our encoder works.
 */
import protobuf from 'protobufjs';

const PROTO = `
syntax = "proto3";
package otlp;
message AnyValue { oneof value { string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4; ArrayValue array_value = 5; KeyValueList kvlist_value = 6; bytes bytes_value = 7; } }
message ArrayValue { repeated AnyValue values = 1; }
message KeyValueList { repeated KeyValue values = 1; }
message KeyValue { string key = 1; AnyValue value = 2; }
message Scope { string name = 1; string version = 2; repeated KeyValue attributes = 3; }
message Resource { repeated KeyValue attributes = 1; uint32 dropped_attributes_count = 2; }
message Status { string message = 2; int32 code = 3; }
message Span {
  bytes trace_id = 1; bytes span_id = 2; string trace_state = 3; bytes parent_span_id = 4; string name = 5; int32 kind = 6;
  fixed64 start_time_unix_nano = 7; fixed64 end_time_unix_nano = 8; repeated KeyValue attributes = 9; Status status = 15; fixed32 flags = 16;
}
message ScopeSpans { Scope scope = 1; repeated Span spans = 2; string schema_url = 3; }
message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; string schema_url = 3; }
message Traces { repeated ResourceSpans resource_spans = 1; }
message LogRecord {
  fixed64 time_unix_nano = 1; int32 severity_number = 2; string severity_text = 3; AnyValue body = 5; repeated KeyValue attributes = 6;
  fixed32 flags = 8; bytes trace_id = 9; bytes span_id = 10; fixed64 observed_time_unix_nano = 11; string event_name = 12;
}
message ScopeLogs { Scope scope = 1; repeated LogRecord log_records = 2; string schema_url = 3; }
message ResourceLogs { Resource resource = 1; repeated ScopeLogs scope_logs = 2; string schema_url = 3; }
message Logs { repeated ResourceLogs resource_logs = 1; }
message Exemplar { fixed64 time_unix_nano = 2; double as_double = 3; bytes span_id = 4; bytes trace_id = 5; }
message NumberPoint { fixed64 start_time_unix_nano = 2; fixed64 time_unix_nano = 3; double as_double = 4; sfixed64 as_int = 6; repeated KeyValue attributes = 7; }
message HistogramPoint {
  fixed64 start_time_unix_nano = 2; fixed64 time_unix_nano = 3; fixed64 count = 4; double sum = 5; repeated fixed64 bucket_counts = 6;
  repeated double explicit_bounds = 7; repeated Exemplar exemplars = 8; repeated KeyValue attributes = 9; double min = 11; double max = 12;
}
message Sum { repeated NumberPoint data_points = 1; int32 aggregation_temporality = 2; bool is_monotonic = 3; }
message Histogram { repeated HistogramPoint data_points = 1; int32 aggregation_temporality = 2; }
message Buckets { sint32 offset = 1; repeated uint64 bucket_counts = 2; }
message ExponentialPoint {
  repeated KeyValue attributes = 1; fixed64 start_time_unix_nano = 2; fixed64 time_unix_nano = 3; fixed64 count = 4; double sum = 5; sint32 scale = 6; fixed64 zero_count = 7;
  Buckets positive = 8; Buckets negative = 9; uint32 flags = 10; double min = 12; double max = 13; double zero_threshold = 14;
}
message ExponentialHistogram { repeated ExponentialPoint data_points = 1; int32 aggregation_temporality = 2; }
message Metric { string name = 1; string description = 2; string unit = 3; Sum sum = 7; Histogram histogram = 9; ExponentialHistogram exponential_histogram = 10; }
message ScopeMetrics { Scope scope = 1; repeated Metric metrics = 2; string schema_url = 3; }
message ResourceMetrics { Resource resource = 1; repeated ScopeMetrics scope_metrics = 2; string schema_url = 3; }
message Metrics { repeated ResourceMetrics resource_metrics = 1; }
message PartialSuccess { int64 rejected = 1; string error_message = 2; }
message Response { PartialSuccess partial_success = 1; }
`;

const root = protobuf.parse(PROTO, { keepCase: false }).root;

type Value = string | number | boolean;
export type Attributes = Readonly<Record<string, Value>>;

export interface OtlpSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceState: string;
  /** '' where it is the root. */
  readonly parentSpanId: string;
  readonly name: string;
  readonly kind: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Attributes;
  readonly isError: boolean;
  readonly flags: number;
}

export interface OtlpLogRecord {
  readonly body: Value;
  readonly severityText: string;
  readonly attributes: Attributes;
  readonly traceId: string;
  readonly spanId: string;
}

export interface OtlpMetric {
  readonly name: string;
  readonly unit: string;
  readonly temporality: number;
  readonly points: readonly { readonly attributes: Attributes; readonly value: number; readonly count: number; readonly buckets: readonly number[]; readonly bounds: readonly number[]; readonly exemplarTraceId: string | undefined }[];
}

/** Items of a request with the attributes of their resource. */
export interface OtlpItems<Item> {
  readonly resource: Attributes;
  readonly items: readonly Item[];
}

// The door: what protobufjs gives is checked by what the tests expect of it.
interface Node { readonly [key: string]: unknown }
const decoded = (type: string, bytes: Uint8Array): Node => root.lookupType(`otlp.${type}`).toObject(root.lookupType(`otlp.${type}`).decode(bytes), { longs: Number, bytes: Buffer, defaults: false });
const nodes = (node: Node | undefined, key: string): readonly Node[] => (node?.[key] as readonly Node[] | undefined) ?? [];
const child = (node: Node, key: string): Node | undefined => node[key] as Node | undefined;
const text = (node: Node, key: string): string => (typeof node[key] === 'string' ? node[key] : '');
const number = (node: Node, key: string): number => Number(node[key] ?? 0);
const hexOf = (node: Node, key: string): string => (node[key] instanceof Uint8Array ? Buffer.from(node[key]).toString('hex') : '');
const numbers = (node: Node, key: string): readonly number[] => (node[key] as readonly number[] | undefined) ?? [];

function valueOf(value: Node | undefined): Value {
  const [only] = Object.values(value ?? {});
  return typeof only === 'number' || typeof only === 'boolean' ? only : String(only);
}

function attributesOf(node: Node | undefined, key = 'attributes'): Attributes {
  const entries = nodes(node, key).map((attribute) => [text(attribute, 'key'), valueOf(child(attribute, 'value'))] as const);
  if (new Set(entries.map(([name]) => name)).size !== entries.length) throw new Error(`an attribute stands twice among ${entries.map(([name]) => name).join(', ')}`);
  return Object.fromEntries(entries);
}

function items<Item>(type: string, keys: readonly [string, string, string], bytes: Uint8Array, itemOf: (node: Node) => Item): OtlpItems<Item> {
  const [first] = itemsOfAll(type, keys, bytes, itemOf);
  if (first === undefined) throw new Error('the request has no resource');
  return first;
}

/** By resource. */
function itemsOfAll<Item>(type: string, [resourceKey, scopeKey, itemKey]: readonly [string, string, string], bytes: Uint8Array, itemOf: (node: Node) => Item): readonly OtlpItems<Item>[] {
  return nodes(decoded(type, bytes), resourceKey).map((resource) => ({ resource: attributesOf(child(resource, 'resource')), items: nodes(resource, scopeKey).flatMap((scope) => nodes(scope, itemKey)).map(itemOf) }));
}

/** A metric of deltas, as sinks send them. */
export interface OtlpDeltas {
  readonly name: string;
  readonly unit: string;
  readonly points: readonly { readonly attributes: Attributes; readonly startNanos: number; readonly endNanos: number; readonly value: number; readonly count: number; readonly scale: number; readonly zeroCount: number; readonly offset: number; readonly buckets: readonly number[] }[];
}

/** Throws where one is not of deltas. */
export function decodeDeltas(bytes: Uint8Array): readonly OtlpItems<OtlpDeltas>[] {
  return itemsOfAll('Metrics', ['resourceMetrics', 'scopeMetrics', 'metrics'], bytes, (metric) => {
    const data = child(metric, 'sum') ?? child(metric, 'exponentialHistogram') ?? {};
    if (number(data, 'aggregationTemporality') !== 1) throw new Error(`${text(metric, 'name')} is not of deltas`);
    return {
      name: text(metric, 'name'), unit: text(metric, 'unit'),
      points: nodes(data, 'dataPoints').map((point) => ({
        attributes: attributesOf(point), startNanos: number(point, 'startTimeUnixNano'), endNanos: number(point, 'timeUnixNano'), value: Number(point['asInt'] ?? point['sum'] ?? 0), count: number(point, 'count'),
        scale: number(point, 'scale'), zeroCount: number(point, 'zeroCount'), offset: number(child(point, 'positive') ?? {}, 'offset'), buckets: numbers(child(point, 'positive') ?? {}, 'bucketCounts'),
      })),
    };
  });
}

/** Of all resources. */
export function decodeAllLogRecords(bytes: Uint8Array): readonly OtlpItems<OtlpLogRecord>[] {
  return itemsOfAll('Logs', LOG_KEYS, bytes, logRecordOf);
}

export function decodeSpans(bytes: Uint8Array): OtlpItems<OtlpSpan> {
  return items('Traces', ['resourceSpans', 'scopeSpans', 'spans'], bytes, (span) => ({
    traceId: hexOf(span, 'traceId'), spanId: hexOf(span, 'spanId'), parentSpanId: hexOf(span, 'parentSpanId'), traceState: text(span, 'traceState'), name: text(span, 'name'), kind: number(span, 'kind'),
    startMs: number(span, 'startTimeUnixNano') / 1e6, endMs: number(span, 'endTimeUnixNano') / 1e6, attributes: attributesOf(span), isError: number(child(span, 'status') ?? {}, 'code') === 2, flags: number(span, 'flags'),
  }));
}

export function decodeLogRecords(bytes: Uint8Array): OtlpItems<OtlpLogRecord> {
  return items('Logs', LOG_KEYS, bytes, logRecordOf);
}

const LOG_KEYS = ['resourceLogs', 'scopeLogs', 'logRecords'] as const;

function logRecordOf(record: Node): OtlpLogRecord {
  return { body: valueOf(child(record, 'body')), severityText: text(record, 'severityText'), attributes: attributesOf(record), traceId: hexOf(record, 'traceId'), spanId: hexOf(record, 'spanId') };
}

export function decodeMetrics(bytes: Uint8Array): OtlpItems<OtlpMetric> {
  return items('Metrics', ['resourceMetrics', 'scopeMetrics', 'metrics'], bytes, (metric) => {
    const data = child(metric, 'sum') ?? child(metric, 'histogram') ?? {};
    return {
      name: text(metric, 'name'), unit: text(metric, 'unit'), temporality: number(data, 'aggregationTemporality'),
      points: nodes(data, 'dataPoints').map((point) => {
        const [exemplar] = nodes(point, 'exemplars');
        return { attributes: attributesOf(point), value: Number(point['asInt'] ?? point['sum'] ?? 0), count: number(point, 'count'), buckets: numbers(point, 'bucketCounts'), bounds: numbers(point, 'explicitBounds'), exemplarTraceId: exemplar === undefined ? undefined : hexOf(exemplar, 'traceId') };
      }),
    };
  });
}

/** What a collector answers that left some out. */
export function partialSuccessBytes(rejected: number, message: string): Uint8Array {
  const type = root.lookupType('otlp.Response');
  return type.encode(type.fromObject({ partialSuccess: { rejected, errorMessage: message } })).finish();
}
