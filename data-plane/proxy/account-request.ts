/**
 * The record of a request: log plugins, access record, counters, recorder, once for each that began, however it ended (R4); and what it held of the
 * proxy's goes back. Called by request-life.ts.
 */
import { NO_HEAD } from '../http1/request-view.ts';
import { NOT_UPSTREAM, type RequestFailure } from '../telemetry/request-recorder.ts';
import { gatewayMsOf, upstreamMsOf } from './attempt.ts';
import type { Exchange } from './exchange.ts';
import { recordAccess } from './record-access.ts';
import { runLog } from './run-plugins.ts';

/** `brokenOff`: whose fault it was, where the response did not get to its end. Nothing of the exchange's head can be read any more after it. */
export function accountFor(exchange: Exchange, brokenOff: RequestFailure): void {
  const { core, body, head, status, isRefresh } = exchange;
  const { counters, clock } = core;
  const failure = status < 500 ? brokenOff : exchange.generated ? 'here' : 'upstream';
  const totalMs = clock.monotonicMs() - exchange.startedAtMs;
  exchange.bytesIn += body.wireBytes;
  if (isRefresh) counters.refreshes += 1;
  else {
    counters.activeRequests -= 1;
    counters.endedRequests += 1;
  }
  runLog(exchange, totalMs);
  if (core.records !== undefined && !isRefresh) recordAccess(exchange, core.records, failure !== 'none', totalMs);
  if (exchange.pinned !== undefined) core.configs.unpin(exchange.pinned);
  exchange.request.release();
  // Another request gets it: a plugin that still has its context must see nothing of that one.
  exchange.head = NO_HEAD;
  core.heads.giveBack(head);
  // A refresh is no request of a client's.
  if (isRefresh) return;
  count(exchange, totalMs, failure);
}

/** The request, and each of its attempts that came to anything. */
function count(exchange: Exchange, totalMs: number, failure: RequestFailure): void {
  const { core: { recorder }, attempt: last, route, consumer, status, bytesIn, bytesOut, pinned } = exchange;
  const upstreamMs = upstreamMsOf(exchange, totalMs);
  const gatewayMs = gatewayMsOf(exchange, totalMs, upstreamMs);
  recorder.record(route?.id ?? '', consumer?.id ?? '', status, bytesIn, bytesOut, micros(totalMs), last === undefined ? NOT_UPSTREAM : micros(upstreamMs), micros(gatewayMs), pinned?.config.version, failure);
  for (let attempt = last; attempt !== undefined; attempt = attempt.previous) {
    const { endpoint, upstream, status: answered, sentAtMs, endedAtMs } = attempt;
    const failed = attempt.failure !== undefined;
    if (failed || sentAtMs !== 0) recorder.recordAttempt(endpoint, upstream, answered, failed, answered === 0 ? NOT_UPSTREAM : micros(endedAtMs - sentAtMs));
  }
}

function micros(ms: number): number {
  return Math.round(ms * 1_000);
}
