/**
 * Trace headers of Jaeger, OpenTracing, Datadog, AWS X-Ray and Google Cloud, as those document them. Called by trace-propagation.ts.
 * Datadog and Google write 64-bit ids in decimal; Datadog has the upper half of a 128-bit id in a tag.
 */
import {
  flagFrom, isHex, nonZero, removeIfSent, shownTraceId, singleValue, spanIdFrom, traceIdFrom,
  type HeaderSource, type HeaderTarget, type TraceFormat, type TraceFormatName,
} from './trace-context.ts';

const NOTHING_MORE = { parentSpanId: undefined, debug: false, state: undefined } as const;
const UPPER_HALF = '_dd.p.tid=';
const MOST_TAG_CHARACTERS = 512;
const HIGHEST = (1n << 64n) - 1n;

/** `{trace}:{span}:{parent}:{flags}`, hex with or without leading zeros, perhaps percent-encoded. */
export const jaegerTraceFormat: TraceFormat = {
  name: 'jaeger',
  headers: ['uber-trace-id'],
  extract(from) {
    const text = singleValue(from, 'uber-trace-id');
    if (text === undefined) return undefined;
    const parts = (text.includes('%') ? text.replaceAll('%3A', ':').replaceAll('%3a', ':') : text).split(':');
    const [traceText = '', spanText = '', parentText = '', flagText = ''] = parts;
    const traceId = paddedHex(traceText, 32);
    const spanId = paddedHex(spanText, 16);
    if (parts.length !== 4 || traceId === undefined || spanId === undefined) return 'malformed';
    if (flagText.length > 2 || !isHex(flagText, 0, flagText.length)) return 'malformed';
    const flags = Number.parseInt(flagText, 16);
    const debug = (flags & 3) === 3;
    return { traceId, isShort: traceText.length <= 16, spanId, parentSpanId: paddedHex(parentText, 16), sampled: (flags & 1) === 1, debug, state: undefined };
  },
  inject(to, trace) {
    const flags = trace.debug && trace.sampled ? '3' : trace.sampled ? '1' : '0';
    to.setUpstreamHeader('uber-trace-id', `${shownTraceId(trace)}:${trace.spanId}:${trace.parentSpanId ?? '0'}:${flags}`);
  },
};

/** What OpenTracing's basic tracers agree on. */
export const openTracingFormat: TraceFormat = {
  name: 'ot',
  headers: ['ot-tracer-traceid', 'ot-tracer-spanid', 'ot-tracer-sampled'],
  extract(from) {
    const traceText = singleValue(from, 'ot-tracer-traceid');
    if (traceText === undefined) return undefined;
    const traceId = traceIdFrom(traceText);
    const spanId = spanIdFrom(singleValue(from, 'ot-tracer-spanid'));
    if (traceId === undefined || spanId === undefined) return 'malformed';
    return { ...NOTHING_MORE, traceId, isShort: traceText.length === 16, spanId, sampled: flagFrom(singleValue(from, 'ot-tracer-sampled')) };
  },
  inject(to, trace) {
    to.setUpstreamHeader('ot-tracer-traceid', shownTraceId(trace));
    to.setUpstreamHeader('ot-tracer-spanid', trace.spanId);
    to.setUpstreamHeader('ot-tracer-sampled', trace.sampled ? '1' : '0');
  },
};

/** Decimal ids; a priority above 0 means sampled. Without a parent the trace begins with us. */
export const datadogTraceFormat: TraceFormat = {
  name: 'datadog',
  headers: ['x-datadog-trace-id', 'x-datadog-parent-id', 'x-datadog-sampling-priority', 'x-datadog-tags'],
  extract(from) {
    const traceText = singleValue(from, 'x-datadog-trace-id');
    if (traceText === undefined) return undefined;
    const lower = hexFromDecimal(traceText);
    const parentText = singleValue(from, 'x-datadog-parent-id');
    const spanId = hexFromDecimal(parentText ?? '0');
    if (lower === undefined || nonZero(lower) === undefined || spanId === undefined) return 'malformed';
    const upper = upperHalf(from);
    const priority = singleValue(from, 'x-datadog-sampling-priority');
    const sampled = priority === undefined ? undefined : priority === '1' || priority === '2' ? true : priority === '0' || priority === '-1' ? false : undefined;
    return { ...NOTHING_MORE, traceId: (upper ?? '').padStart(16, '0') + lower, isShort: upper === undefined, spanId: nonZero(spanId), sampled };
  },
  inject(to, { traceId, spanId, sampled }, from) {
    to.setUpstreamHeader('x-datadog-trace-id', decimalFromHex(traceId.slice(16)));
    to.setUpstreamHeader('x-datadog-parent-id', decimalFromHex(spanId));
    to.setUpstreamHeader('x-datadog-sampling-priority', sampled ? '1' : '0');
    injectUpperHalf(to, traceId, from);
  },
};

/** `Root=1-{8}-{24};Parent={16};Sampled=0|1`, in any order, other fields passed over. A load balancer sends the root alone. */
export const awsTraceFormat: TraceFormat = {
  name: 'aws',
  headers: ['x-amzn-trace-id'],
  extract(from) {
    const text = singleValue(from, 'x-amzn-trace-id');
    if (text === undefined) return undefined;
    let traceId: string | undefined;
    let spanId: string | undefined;
    let sampled: boolean | undefined;
    for (const part of text.split(';', 16)) {
      const field = part.trim();
      if (field.startsWith('Root=')) traceId = rootFrom(field.slice(5));
      else if (field.startsWith('Parent=')) {
        spanId = spanIdFrom(field.slice(7));
        if (spanId === undefined) return 'malformed';
      } else if (field.startsWith('Sampled=')) sampled = flagFrom(field.slice(8));
    }
    return traceId === undefined ? 'malformed' : { ...NOTHING_MORE, traceId, isShort: false, spanId, sampled };
  },
  inject(to, { traceId, spanId, sampled }) {
    to.setUpstreamHeader('x-amzn-trace-id', `Root=1-${traceId.slice(0, 8)}-${traceId.slice(8)};Parent=${spanId};Sampled=${sampled ? '1' : '0'}`);
  },
};

/** `{trace}[/{span, decimal}][;o=0|1]` */
export const gcpTraceFormat: TraceFormat = {
  name: 'gcp',
  headers: ['x-cloud-trace-context'],
  extract(from) {
    const text = singleValue(from, 'x-cloud-trace-context');
    if (text === undefined) return undefined;
    const traceId = text.length >= 32 ? traceIdFrom(text.slice(0, 32)) : undefined;
    if (traceId === undefined) return 'malformed';
    const options = text.indexOf(';', 32);
    const end = options === -1 ? text.length : options;
    const spanText = text[32] === '/' ? hexFromDecimal(text.slice(33, end)) : end === 32 ? '' : undefined;
    const optionText = options === -1 ? undefined : text.slice(options + 1);
    if (spanText === undefined || (optionText !== undefined && optionText !== 'o=0' && optionText !== 'o=1')) return 'malformed';
    return { ...NOTHING_MORE, traceId, isShort: false, spanId: nonZero(spanText), sampled: optionText === undefined ? undefined : optionText === 'o=1' };
  },
  inject(to, { traceId, spanId, sampled }) {
    to.setUpstreamHeader('x-cloud-trace-context', `${traceId}/${decimalFromHex(spanId)};o=${sampled ? '1' : '0'}`);
  },
};

/** Up to `length` digits; undefined for zeros and anything else. */
function paddedHex(text: string, length: number): string | undefined {
  if (text.length === 0 || text.length > length || !isHex(text, 0, text.length)) return undefined;
  return nonZero(text.toLowerCase().padStart(length, '0'));
}

function rootFrom(text: string): string | undefined {
  return text.length === 35 && text.startsWith('1-') && text[10] === '-' ? traceIdFrom(text.slice(2, 10) + text.slice(11)) : undefined;
}

/** 16 hex digits; undefined where it is no unsigned 64-bit number. */
function hexFromDecimal(text: string): string | undefined {
  if (text.length === 0 || text.length > 20) return undefined;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code < 0x30 || code > 0x39) return undefined;
  }
  const number = BigInt(text);
  return number > HIGHEST ? undefined : number.toString(16).padStart(16, '0');
}

function decimalFromHex(hex: string): string {
  return BigInt(`0x${hex}`).toString();
}

/** Of a 128-bit id; undefined where the id has 64. */
function upperHalf(from: HeaderSource): string | undefined {
  const tags = from.header('x-datadog-tags');
  const place = tags === undefined || tags.length > MOST_TAG_CHARACTERS ? -1 : tags.indexOf(UPPER_HALF);
  if (tags === undefined || place === -1 || (place > 0 && tags[place - 1] !== ',')) return undefined;
  const digits = tags.slice(place + UPPER_HALF.length).split(',', 1)[0];
  return spanIdFrom(digits);
}

/** Of a trace that came so the tags pass as they are; those of another would lie about this one. */
function injectUpperHalf(to: HeaderTarget, traceId: string, from: TraceFormatName | undefined): void {
  if (from === 'datadog') return;
  const upper = nonZero(traceId.slice(0, 16));
  if (upper === undefined) removeIfSent(to, 'x-datadog-tags');
  else to.setUpstreamHeader('x-datadog-tags', `${UPPER_HALF}${upper}`);
}

