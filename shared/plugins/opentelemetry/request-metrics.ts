/**
 * Counts requests of one proxy thread as OpenTelemetry's conventions name them, to be pushed as OTLP metrics
 * (opentelemetry/proto/metrics/v1): cumulative since the instance was made, so that a push that is lost is made up for by the next. Series
 * are bounded; what comes after goes to one that says so.
 */
import type { LogContext } from '../contract.ts';
import { OTLP_ITEM_TAG } from '../../plugin-parts/otlp-envelope.ts';
import { attributeKey, ProtobufWriter, written, type EncodedEntry } from '../../plugin-parts/protobuf-writer.ts';
import type { TracedRequest } from '../../plugin-parts/traced-request.ts';
import { KEY, knownMethod, routeLabel } from './request-attributes.ts';

/** Seconds; what the convention advises. */
const BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10] as const;
const MOST_SERIES = 2_000;
/** `KeyValue`s of a histogram's point are field 9, those of a number's field 7. */
const POINT_ATTRIBUTE = 0x4a;
const NUMBER_ATTRIBUTE = 0x3a;
const CUMULATIVE = 2;
const POINT_BYTES = 8_192;
const OVERFLOW_KEY = attributeKey('otel.metric.overflow');
const SIGNAL_KEY = attributeKey('holdfast.signal');

interface Series {
  readonly attributes: Uint8Array;
  readonly buckets: Float64Array;
  sum: number;
  least: number;
  most: number;
  /** The last one that was recorded as a trace. */
  exemplar: { readonly traceId: string; readonly spanId: string; readonly seconds: number; readonly atMs: number } | undefined;
}

export class RequestMetrics {
  readonly #startedAtMs: number;
  readonly #writer = new ProtobufWriter();
  /** By route, then by method, status and scheme. */
  readonly #series = new Map<string, Map<string, Series>>();
  #count = 0;
  #overflow: Series | undefined;
  #active = 0;
  /** By signal: what the collector did not take. */
  readonly #rejected = new Map<string, number>();

  constructor(startedAtMs: number) {
    this.#startedAtMs = startedAtMs;
  }

  begun(): void {
    this.#active += 1;
  }

  ended(): void {
    this.#active -= 1;
  }

  rejected(signal: string, count: number): void {
    this.#rejected.set(signal, (this.#rejected.get(signal) ?? 0) + count);
  }

  record(context: LogContext, traced: TracedRequest): void {
    const seconds = context.totalMs / 1_000;
    const series = this.#seriesOf(context);
    let bucket = 0;
    while (bucket < BOUNDS.length && seconds > (BOUNDS[bucket] ?? Number.POSITIVE_INFINITY)) bucket += 1;
    series.buckets[bucket] = (series.buckets[bucket] ?? 0) + 1;
    series.sum += seconds;
    series.least = Math.min(series.least, seconds);
    series.most = Math.max(series.most, seconds);
    if (traced.sampled) series.exemplar = { traceId: traced.traceId, spanId: traced.spanId, seconds, atMs: context.startedAtMs + context.totalMs };
  }

  /** All metrics as they are now. */
  encode(nowMs: number): EncodedEntry {
    const writer = this.#writer;
    this.#durations(nowMs);
    this.#sum('http.server.active_requests', 'Requests that are under way.', '{request}', false, nowMs, [[undefined, Math.max(0, this.#active)]]);
    if (this.#rejected.size > 0) this.#sum('holdfast.otlp.rejected', 'Spans and log records that the collector did not take.', '{item}', true, nowMs, [...this.#rejected]);
    return writer.takeEntry();
  }

  #seriesOf({ route, request, status }: LogContext): Series {
    let ofRoute = this.#series.get(route.id);
    if (ofRoute === undefined) {
      if (this.#count >= MOST_SERIES) return this.#over();
      this.#series.set(route.id, (ofRoute = new Map()));
    }
    const method = knownMethod(request.method);
    const key = `${status} ${method} ${request.scheme}`;
    const known = ofRoute.get(key);
    if (known !== undefined) return known;
    if (this.#count >= MOST_SERIES) return this.#over();
    this.#count += 1;
    const made = newSeries(written((writer) => {
      writer.textAttribute(POINT_ATTRIBUTE, KEY.method, method);
      writer.textAttribute(POINT_ATTRIBUTE, KEY.scheme, request.scheme);
      writer.textAttribute(POINT_ATTRIBUTE, KEY.route, routeLabel(route));
      if (status !== 0) writer.integerAttribute(POINT_ATTRIBUTE, KEY.status, status);
      if (status >= 500 || status === 0) writer.textAttribute(POINT_ATTRIBUTE, KEY.errorType, status === 0 ? 'client_gone' : String(status));
    }));
    ofRoute.set(key, made);
    return made;
  }

  #over(): Series {
    return (this.#overflow ??= newSeries(written((writer) => writer.textAttribute(POINT_ATTRIBUTE, OVERFLOW_KEY, 'true'))));
  }

  #durations(nowMs: number): void {
    const writer = this.#writer;
    const metric = this.#head('http.server.request.duration', 'Duration of requests, from their head to the last byte of the response.', 's');
    const histogram = writer.begin(0x4a);
    for (const ofRoute of this.#series.values()) for (const series of ofRoute.values()) this.#point(series, nowMs);
    if (this.#overflow !== undefined) this.#point(this.#overflow, nowMs);
    writer.byte(0x10);
    writer.byte(CUMULATIVE);
    writer.end(histogram);
    writer.end(metric);
  }

  #point({ attributes, buckets, sum, least, most, exemplar }: Series, nowMs: number): void {
    const writer = this.#writer;
    writer.ensure(POINT_BYTES);
    const point = writer.begin(0x0a);
    this.#times(nowMs);
    writer.byte(0x21);
    writer.fixed64(buckets.reduce((all, count) => all + count, 0));
    writer.byte(0x29);
    writer.double(sum);
    writer.byte(0x32);
    writer.varint(8 * buckets.length);
    for (const count of buckets) writer.fixed64(count);
    writer.byte(0x3a);
    writer.varint(8 * BOUNDS.length);
    for (const bound of BOUNDS) writer.double(bound);
    if (exemplar !== undefined) this.#exemplar(exemplar);
    writer.raw(attributes);
    writer.byte(0x59);
    writer.double(least);
    writer.byte(0x61);
    writer.double(most);
    writer.end(point);
  }

  #exemplar({ traceId, spanId, seconds, atMs }: NonNullable<Series['exemplar']>): void {
    const writer = this.#writer;
    const begun = writer.begin(0x42);
    writer.byte(0x11);
    writer.nanoseconds(atMs);
    writer.byte(0x19);
    writer.double(seconds);
    writer.byte(0x22);
    writer.hex(spanId);
    writer.byte(0x2a);
    writer.hex(traceId);
    writer.end(begun);
  }

  #sum(name: string, description: string, unit: string, isMonotonic: boolean, nowMs: number, points: readonly (readonly [signal: string | undefined, value: number])[]): void {
    const writer = this.#writer;
    const metric = this.#head(name, description, unit);
    const sum = writer.begin(0x3a);
    for (const [signal, value] of points) {
      const point = writer.begin(0x0a);
      this.#times(nowMs);
      writer.byte(0x31);
      writer.fixed64(value);
      if (signal !== undefined) writer.textAttribute(NUMBER_ATTRIBUTE, SIGNAL_KEY, signal);
      writer.end(point);
    }
    writer.byte(0x10);
    writer.byte(CUMULATIVE);
    if (isMonotonic) {
      writer.byte(0x18);
      writer.byte(1);
    }
    writer.end(sum);
    writer.end(metric);
  }

  #head(name: string, description: string, unit: string): number {
    const writer = this.#writer;
    writer.ensure(POINT_BYTES);
    const metric = writer.begin(OTLP_ITEM_TAG);
    for (const [tag, text] of [[0x0a, name], [0x12, description], [0x1a, unit]] as const) {
      writer.byte(tag);
      writer.text(text);
    }
    return metric;
  }

  #times(nowMs: number): void {
    this.#writer.byte(0x11);
    this.#writer.nanoseconds(this.#startedAtMs);
    this.#writer.byte(0x19);
    this.#writer.nanoseconds(nowMs);
  }
}

function newSeries(attributes: Uint8Array): Series {
  return { attributes, buckets: new Float64Array(BOUNDS.length + 1), sum: 0, least: Number.POSITIVE_INFINITY, most: 0, exemplar: undefined };
}
