/**
 * B3 (https://github.com/openzipkin/b3-propagation), in several headers or in one. Called by trace-propagation.ts. A decision about
 * sampling may come alone, without ids.
 */
import { flagFrom, removeIfSent, shownTraceId, singleValue, spanIdFrom, traceIdFrom, type HeaderSource, type HeaderTarget, type OutgoingTrace, type TraceContext, type TraceFormat } from './trace-context.ts';

export const b3TraceFormat: TraceFormat = {
  name: 'b3',
  headers: ['x-b3-traceid', 'x-b3-spanid', 'x-b3-parentspanid', 'x-b3-sampled', 'x-b3-flags'],
  extract: extractMulti,
  inject: injectMulti,
};

export const b3SingleTraceFormat: TraceFormat = {
  name: 'b3-single',
  headers: ['b3'],
  extract: extractSingle,
  inject: injectSingle,
};

function extractMulti(from: HeaderSource): TraceContext | 'malformed' | undefined {
  const traceText = singleValue(from, 'x-b3-traceid');
  const sampledText = singleValue(from, 'x-b3-sampled');
  const flags = singleValue(from, 'x-b3-flags');
  if (traceText === undefined && sampledText === undefined && flags === undefined) return undefined;
  const debug = flags === '1';
  const sampled = debug ? true : flagFrom(sampledText);
  if (traceText === undefined) return sampled === undefined ? 'malformed' : decisionAlone(sampled, debug);
  const traceId = traceIdFrom(traceText);
  const spanId = spanIdFrom(singleValue(from, 'x-b3-spanid'));
  if (traceId === undefined || spanId === undefined) return 'malformed';
  return { traceId, isShort: traceText.length === 16, spanId, parentSpanId: spanIdFrom(singleValue(from, 'x-b3-parentspanid')), sampled, debug, state: undefined };
}

function injectMulti(to: HeaderTarget, trace: OutgoingTrace): void {
  to.setUpstreamHeader('x-b3-traceid', shownTraceId(trace));
  to.setUpstreamHeader('x-b3-spanid', trace.spanId);
  if (trace.parentSpanId === undefined) removeIfSent(to, 'x-b3-parentspanid');
  else to.setUpstreamHeader('x-b3-parentspanid', trace.parentSpanId);
  // Debug implies the decision, and is said instead of it.
  if (trace.debug) {
    to.setUpstreamHeader('x-b3-flags', '1');
    removeIfSent(to, 'x-b3-sampled');
  } else {
    to.setUpstreamHeader('x-b3-sampled', trace.sampled ? '1' : '0');
    removeIfSent(to, 'x-b3-flags');
  }
}

/** `{trace}-{span}[-{sampled}[-{parent}]]`, or the decision alone. */
function extractSingle(from: HeaderSource): TraceContext | 'malformed' | undefined {
  const text = singleValue(from, 'b3');
  if (text === undefined) return undefined;
  if (text.length === 1) {
    const decision = decisionFrom(text);
    return decision === undefined ? 'malformed' : decisionAlone(decision, text === 'd');
  }
  const [traceText = '', spanText, sampledText, parentText, ...more] = text.split('-');
  const traceId = traceIdFrom(traceText);
  const spanId = spanIdFrom(spanText);
  const sampled = decisionFrom(sampledText);
  const parentSpanId = spanIdFrom(parentText);
  if (traceId === undefined || spanId === undefined || more.length > 0) return 'malformed';
  if ((sampledText !== undefined && sampled === undefined) || (parentText !== undefined && parentSpanId === undefined)) return 'malformed';
  return { traceId, isShort: traceText.length === 16, spanId, parentSpanId, sampled, debug: sampledText === 'd', state: undefined };
}

function injectSingle(to: HeaderTarget, trace: OutgoingTrace): void {
  const parent = trace.parentSpanId === undefined ? '' : `-${trace.parentSpanId}`;
  to.setUpstreamHeader('b3', `${shownTraceId(trace)}-${trace.spanId}-${trace.debug ? 'd' : trace.sampled ? '1' : '0'}${parent}`);
}

function decisionFrom(text: string | undefined): boolean | undefined {
  return text === 'd' ? true : flagFrom(text);
}

function decisionAlone(sampled: boolean, debug: boolean): TraceContext {
  return { traceId: undefined, isShort: false, spanId: undefined, parentSpanId: undefined, sampled, debug, state: undefined };
}
