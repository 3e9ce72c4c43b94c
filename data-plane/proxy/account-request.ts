/**
 * The record of a request: log plugins, counters, recorder, once for each that began, however it ended (R4); and what it held of the
 * proxy's goes back. Called by request-life.ts.
 */
import { NO_HEAD } from '../http1/request-view.ts';
import type { RequestFailure } from '../telemetry/request-recorder.ts';
import type { Exchange } from './exchange.ts';
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
  if (exchange.pinned !== undefined) core.configs.unpin(exchange.pinned);
  exchange.request.release();
  // Another request gets it: a plugin that still has its context must see nothing of that one.
  exchange.head = NO_HEAD;
  core.heads.giveBack(head);
  // A refresh is no request of a client's.
  if (isRefresh) return;
  core.recorder.record(exchange.route?.id ?? '', exchange.consumer?.id ?? '', status, exchange.bytesIn, exchange.bytesOut, Math.round(totalMs * 1_000), exchange.pinned?.config.version, failure);
}
