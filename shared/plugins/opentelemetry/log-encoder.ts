/**
 * The access log of one request as a record of OTLP (opentelemetry/proto/logs/v1), with the ids of its trace. Called for each request
 * where `logs_endpoint` is set.
 */
import type { LogContext } from '../contract.ts';
import { OTLP_ITEM_TAG } from '../../plugin-parts/otlp-envelope.ts';
import { ProtobufWriter, type EncodedEntry } from '../../plugin-parts/protobuf-writer.ts';
import type { TracedRequest } from '../../plugin-parts/traced-request.ts';
import { KEY, RequestAttributes } from './request-attributes.ts';

const TAG = { time: 0x09, observed: 0x59, severity: 0x10, severityText: 0x1a, body: 0x2a, attribute: 0x32, flags: 0x45, traceId: 0x4a, spanId: 0x52, eventName: 0x62 } as const;
const EVENT = 'http.server.request';
const SEVERITY = { info: [9, 'INFO'], warn: [13, 'WARN'], error: [17, 'ERROR'] } as const;
const RECORD_BYTES = 40_960;

export class LogEncoder {
  readonly #writer = new ProtobufWriter();
  readonly #attributes = new RequestAttributes(TAG.attribute);

  encode(context: LogContext, { traceId, spanId, sampled }: TracedRequest): EncodedEntry {
    const writer = this.#writer;
    const attributes = this.#attributes;
    const { request, status } = context;
    const [severity, severityText] = SEVERITY[status >= 500 ? 'error' : status >= 400 || status === 0 ? 'warn' : 'info'];
    writer.ensure(RECORD_BYTES);
    const begun = writer.begin(OTLP_ITEM_TAG);
    writer.byte(TAG.time);
    writer.nanoseconds(context.startedAtMs);
    writer.byte(TAG.observed);
    writer.nanoseconds(context.startedAtMs + context.totalMs);
    writer.byte(TAG.severity);
    writer.byte(severity);
    writer.byte(TAG.severityText);
    writer.text(severityText);
    const body = writer.begin(TAG.body);
    writer.byte(0x0a);
    writer.text(`${request.method} ${request.path} ${status}`);
    writer.end(body);
    writer.byte(TAG.eventName);
    writer.text(EVENT);
    attributes.write(writer, context);
    attributes.integer(writer, KEY.durationMs, Math.round(context.totalMs));
    attributes.integer(writer, KEY.gatewayMs, Math.round(context.gatewayMs));
    attributes.integer(writer, KEY.bytesIn, context.bytesIn);
    attributes.integer(writer, KEY.bytesOut, context.bytesOut);
    writer.byte(TAG.traceId);
    writer.hex(traceId);
    if (spanId !== '') {
      writer.byte(TAG.spanId);
      writer.hex(spanId);
    }
    writer.byte(TAG.flags);
    writer.fixed32(sampled ? 1 : 0);
    writer.end(begun);
    return writer.takeEntry();
  }
}
