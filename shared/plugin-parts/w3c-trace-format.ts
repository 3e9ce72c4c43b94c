/**
 * W3C Trace Context (https://www.w3.org/TR/trace-context/): `traceparent` and `tracestate`. Called by trace-propagation.ts. A
 * `tracestate` is worth nothing without the `traceparent` that it came with, and goes no further then.
 */
import { isHex, nonZero, removeIfSent, singleValue, type HeaderSource, type HeaderTarget, type OutgoingTrace, type TraceContext, type TraceFormat, type TraceFormatName } from './trace-context.ts';

/** §3.3.1.5: at least 512 characters should be passed on; more of them than list members may there be 32. */
const MOST_STATE_CHARACTERS = 512;
const MOST_STATE_MEMBERS = 32;
/** `00-<32>-<16>-<2>` */
const LENGTH = 55;

export const w3cTraceFormat: TraceFormat = {
  name: 'w3c',
  headers: ['traceparent', 'tracestate'],
  extract,
  inject,
};

function extract(from: HeaderSource): TraceContext | 'malformed' | undefined {
  const text = singleValue(from, 'traceparent');
  if (text === undefined) return undefined;
  if (!isParent(text)) return 'malformed';
  const traceId = nonZero(text.slice(3, 35));
  const spanId = nonZero(text.slice(36, 52));
  if (traceId === undefined || spanId === undefined) return 'malformed';
  const sampled = (Number.parseInt(text.slice(53, 55), 16) & 1) === 1;
  return { traceId, isShort: false, spanId, parentSpanId: undefined, sampled, debug: false, state: from.header('tracestate') === undefined ? undefined : stateFrom(from.headerValues('tracestate')) };
}

/** Versions after 00 may have more behind a further `-` (§4.3); ff is none. Upper case is not allowed. */
function isParent(text: string): boolean {
  if (text.length < LENGTH || !isHex(text, 0, 2, true) || text.startsWith('ff')) return false;
  if (text.length > LENGTH && (text.startsWith('00') || text[LENGTH] !== '-')) return false;
  return text[2] === '-' && text[35] === '-' && text[52] === '-' && isHex(text, 3, 32, true) && isHex(text, 36, 16, true) && isHex(text, 53, 2, true);
}

/** Members that fit the bounds, first to last; undefined where there are none. */
export function stateFrom(lines: readonly string[]): string | undefined {
  const [only = ''] = lines;
  if (lines.length === 1 && only.length <= MOST_STATE_CHARACTERS && !only.includes(',') && isMember(only)) return only;
  const kept: string[] = [];
  let characters = 0;
  for (const line of lines) {
    // What nobody may send can't cost more than what somebody may.
    for (const part of line.slice(0, 8 * MOST_STATE_CHARACTERS).split(',', 4 * MOST_STATE_MEMBERS)) {
      const member = part.trim();
      if (member === '') continue;
      if (kept.length === MOST_STATE_MEMBERS || characters + member.length + 1 > MOST_STATE_CHARACTERS) return joined(kept);
      if (!isMember(member)) return undefined;
      kept.push(member);
      characters += member.length + 1;
    }
  }
  return joined(kept);
}

function joined(members: readonly string[]): string | undefined {
  return members.length === 0 ? undefined : members.join(',');
}

/** `key=value`, both of printable ASCII: enough that it can harm nobody; what the key means is its vendor's business. */
function isMember(text: string): boolean {
  const equals = text.indexOf('=');
  if (equals < 1 || equals === text.length - 1) return false;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code < 0x20 || code > 0x7e || code === 0x2c) return false;
  }
  return true;
}

function inject(to: HeaderTarget, { traceId, spanId, sampled, state }: OutgoingTrace, from: TraceFormatName | undefined): void {
  to.setUpstreamHeader('traceparent', `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`);
  if (from !== 'w3c' || state === undefined) return removeIfSent(to, 'tracestate');
  // The client's own line is as good as a new one.
  if (to.request.header('tracestate') !== state || to.request.headerValues('tracestate').length > 1) to.setUpstreamHeader('tracestate', state);
}
