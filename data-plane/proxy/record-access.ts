/**
 * The access record of a request, for those that the rules choose: by the plugin in force, else by what is built in. Called by
 * account-request.ts at the end of every request, while its head can still be read; costs one that is not chosen a comparison or two.
 */
import { NO_VERSION } from '../../shared/model/version.ts';
import type { AccessRecorder } from '../../shared/plugins/access-recorder.ts';
import type { RecordReason } from '../../shared/wire/access-record-codec.ts';
import type { RecordSink } from '../telemetry/record-outbox.ts';
import type { Exchange } from './exchange.ts';
import { LogPluginContext } from './plugin-contexts.ts';
import { reportPluginError, runs } from './run-plugins.ts';

/** `failed`: answered 5xx, or broken off by the gateway or the upstream. */
export function recordAccess(exchange: Exchange, records: RecordSink, failed: boolean, totalMs: number): void {
  const { core, chain, status, startedAtMs } = exchange;
  const entry = chain.recorder;
  try {
    const recorder = entry !== undefined && runs(exchange, entry) ? entry.instance.accessRecorder : records.builtIn;
    const reason = recorder?.choose(status, failed, totalMs, startedAtMs + totalMs, core.random);
    if (recorder === undefined || reason === undefined) return;
    if (reason === 'over-rate') records.dropped('rate');
    else write(exchange, records, recorder, reason, totalMs);
  } catch (thrown) {
    records.dropped('failed');
    if (entry !== undefined) reportPluginError(exchange, entry, 'log', thrown);
  }
}

function write(exchange: Exchange, records: RecordSink, recorder: AccessRecorder, reason: RecordReason, totalMs: number): void {
  const context = new LogPluginContext(exchange, totalMs);
  const { request, requestId, status } = exchange;
  const { showsConsumer, ...texts } = recorder.texts(context);
  records.put({
    ...texts,
    requestId,
    reason,
    startedMicros: Math.max(0, Math.round(context.startedAtMs * 1_000)),
    routeId: exchange.route?.id ?? '',
    serviceId: exchange.service?.id ?? '',
    consumerId: showsConsumer ? (exchange.consumer?.id ?? '') : '',
    version: exchange.pinned?.config.version ?? NO_VERSION,
    status,
    errorCode: context.errorCode ?? '',
    method: request.method,
    scheme: request.scheme,
    httpVersion: request.httpVersion,
    retries: Math.max(0, attemptsOf(exchange) - 1),
    totalMicros: micros(totalMs),
    upstreamMicros: micros(context.upstreamMs),
    gatewayMicros: micros(context.gatewayMs),
    bytesIn: context.bytesIn,
    bytesOut: context.bytesOut,
    generated: context.generated,
  });
}

function attemptsOf(exchange: Exchange): number {
  let attempts = 0;
  for (let { attempt } = exchange; attempt !== undefined; attempt = attempt.previous) attempts += 1;
  return attempts;
}

function micros(ms: number): number {
  return Math.max(0, Math.round(ms * 1_000));
}
