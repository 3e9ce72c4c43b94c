/**
 * What a request says of the trace that it belongs to, whatever headers say it, and what such headers are read and written through.
 * The formats are in w3c-trace-format.ts, b3-trace-formats.ts and vendor-trace-formats.ts; trace-propagation.ts chooses among them.
 * What is read comes from clients: a text that breaks its format's rules counts as none, and nothing here throws.
 */

export interface TraceContext {
  /** 32 lower-case hex digits, not all 0; undefined where only a decision about sampling came. */
  readonly traceId: string | undefined;
  /** It came with 64 bits: it goes on with as many where the format has them. */
  readonly isShort: boolean;
  /** Of whoever sent the request, 16 lower-case hex digits, not all 0: the parent of our span. */
  readonly spanId: string | undefined;
  /** What that one's parent was; only B3 and Jaeger say so. */
  readonly parentSpanId: string | undefined;
  /** Undefined where nobody decided yet. */
  readonly sampled: boolean | undefined;
  /** Wanted whatever it costs; only B3 and Jaeger say so. */
  readonly debug: boolean;
  /** `tracestate` of W3C, in bounds. */
  readonly state: string | undefined;
}

/** What goes upstream is decided. */
export interface OutgoingTrace extends TraceContext {
  readonly traceId: string;
  readonly spanId: string;
  readonly sampled: boolean;
}

export const TRACE_FORMAT_NAMES = ['w3c', 'b3', 'b3-single', 'jaeger', 'ot', 'datadog', 'aws', 'gcp'] as const;
export type TraceFormatName = (typeof TRACE_FORMAT_NAMES)[number];

/** Header lines of a request; a `RequestView` is one. */
export interface HeaderSource {
  header(lowerCaseName: string): string | undefined;
  headerValues(lowerCaseName: string): readonly string[];
}

/** Header lines on their way upstream; a `RequestContext` is one. */
export interface HeaderTarget {
  readonly request: HeaderSource;
  setUpstreamHeader(name: string, value: string): void;
  removeUpstreamHeader(name: string): void;
}

export interface TraceFormat {
  readonly name: TraceFormatName;
  /** Lower case, all that belong to it. */
  readonly headers: readonly string[];
  /** `malformed`: there are headers of the format, and they make no sense. */
  extract(from: HeaderSource): TraceContext | 'malformed' | undefined;
  /** `from`: the format in which the trace came; what that has beyond this type stays as the client sent it. */
  inject(to: HeaderTarget, trace: OutgoingTrace, from: TraceFormatName | undefined): void;
}

/** No header of any format is longer, but for `tracestate` and `x-datadog-tags`. */
const MOST_CHARACTERS = 256;

/** The one value of a header; undefined where there is none, empty where there are two or it is too long. */
export function singleValue(from: HeaderSource, name: string): string | undefined {
  const value = from.header(name);
  if (value === undefined) return undefined;
  return value.length <= MOST_CHARACTERS && from.headerValues(name).length === 1 ? value : '';
}

/** `length` hex digits from `start`; upper case counts unless `lower`. */
export function isHex(text: string, start: number, length: number, lower = false): boolean {
  const end = start + length;
  if (length <= 0 || end > text.length) return false;
  for (let at = start; at < end; at += 1) {
    const code = text.charCodeAt(at);
    const isDigit = (code >= 0x30 && code <= 0x39) || (code >= 0x61 && code <= 0x66) || (!lower && code >= 0x41 && code <= 0x46);
    if (!isDigit) return false;
  }
  return true;
}

const ZEROS = '0'.repeat(32);

/** 32 digits from 16 or 32; undefined for anything else and for zeros. */
export function traceIdFrom(text: string): string | undefined {
  if ((text.length !== 32 && text.length !== 16) || !isHex(text, 0, text.length)) return undefined;
  return nonZero(text.toLowerCase().padStart(32, '0'));
}

/** 16 digits; undefined for anything else and for zeros. */
export function spanIdFrom(text: string | undefined): string | undefined {
  return text !== undefined && text.length === 16 && isHex(text, 0, 16) ? nonZero(text.toLowerCase()) : undefined;
}

/** The id, unless it is all 0, which stands for none. */
export function nonZero(id: string): string | undefined {
  return ZEROS.startsWith(id) ? undefined : id;
}

/** As many digits as it came with. */
export function shownTraceId({ traceId, isShort }: OutgoingTrace): string {
  return isShort && traceId.startsWith('0000000000000000') ? traceId.slice(16) : traceId;
}

/** Only where the client sent it: an edit that changes nothing would cost as much as one that does. */
export function removeIfSent(to: HeaderTarget, name: string): void {
  if (to.request.header(name) !== undefined) to.removeUpstreamHeader(name);
}

export function flagFrom(text: string | undefined): boolean | undefined {
  switch (text) {
    case '1':
    case 'true':
    case 'True':
      return true;
    case '0':
    case 'false':
    case 'False':
      return false;
    default:
      return undefined;
  }
}
