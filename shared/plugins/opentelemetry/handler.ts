/**
 * opentelemetry on a data plane: carries the trace of each request on, records a share of them as spans, and sends spans, access logs
 * and metrics to a collector. Nothing here waits for the collector, and no request fails for it. Behaviour as in Kong 3.9; differences
 * are in the README.
 */
import { threadId } from 'node:worker_threads';
import type { PluginFactory } from '../contract.ts';
import type { PluginServices } from '../plugin-services.ts';
import { OtlpEnvelope } from '../../plugin-parts/otlp-envelope.ts';
import type { EncodedEntry } from '../../plugin-parts/protobuf-writer.ts';
import { queueOptionsOf } from '../../plugin-parts/queue-config.ts';
import { propagationRules } from '../../plugin-parts/trace-config.ts';
import { TracePropagation } from '../../plugin-parts/trace-propagation.ts';
import { isInShare, TracedRequest, type Sampler, type TracingRules } from '../../plugin-parts/traced-request.ts';
import { LogEncoder } from './log-encoder.ts';
import { OtlpSender, type OtlpSignal } from '../../plugin-parts/otlp-sender.ts';
import { RequestMetrics } from './request-metrics.ts';
import type { OpentelemetryConfig } from './schema.ts';
import { SpanEncoder } from './span-encoder.ts';

/** Kong's `tracing_sampling_rate`, which counts where the plugin says nothing. */
const USUAL_SHARE = 0.01;
const SCOPE_NAME = 'holdfast';

class CountedRequest extends TracedRequest {
  /** Among those that are under way. */
  isActive = false;
}

export const opentelemetryFactory: PluginFactory<OpentelemetryConfig> = {
  name: 'opentelemetry',
  create: (config, services) => {
    const metrics = config.metrics === null ? undefined : new RequestMetrics(services.clock.nowMs());
    const senderOf = senders(config, services, (signal, count) => metrics?.rejected(signal, count));
    const options = queueOptionsOf(config.queue, { queue_size: config.batch_span_count, flush_timeout: config.batch_flush_delay });
    // Both in any case and in this order: a queue goes on where the config changes.
    const traces = senderOf('traces', config.traces_endpoint);
    const spanQueue = services.queue<EncodedEntry>(options, (entries) => traces.send(entries));
    const logs = senderOf('logs', config.logs_endpoint);
    const logQueue = services.queue<EncodedEntry>(options, (entries) => logs.send(entries));
    const isTracing = config.traces_endpoint !== null;
    const rules: TracingRules = {
      propagation: new TracePropagation(propagationRules(config, 'w3c')),
      samples: isTracing ? samplerOf(config) : () => false,
      traceIdBytes: 16,
      responseHeader: config.http_response_header_for_traceid,
    };
    const spans = new SpanEncoder();
    const records = config.logs_endpoint === null ? undefined : new LogEncoder();
    const pushing = config.metrics === null || metrics === undefined ? undefined : pushRegularly(config.metrics.push_interval, services, metrics, senderOf('metrics', config.metrics.endpoint));
    return {
      newState: () => new CountedRequest(),
      begin: (context, state: CountedRequest) => {
        state.begin(context, rules);
        state.isActive = true;
        metrics?.begun();
      },
      ...(isTracing ? {
        requestHead: (context, state: CountedRequest) => {
          state.inject(context, rules);
          return undefined;
        },
      } : {}),
      log: (context, state: CountedRequest) => {
        state.look(context, rules);
        if (state.sampled) {
          const encoded = spans.encode(context, state);
          spanQueue.push(encoded, encoded.length);
        }
        if (records !== undefined) {
          const encoded = records.encode(context, state);
          logQueue.push(encoded, encoded.length);
        }
        if (metrics === undefined) return;
        metrics.record(context, state);
        if (state.isActive) metrics.ended();
      },
      close: () => pushing?.cancel(),
    };
  },
};

function samplerOf({ sampling_rate: rate, sampling_strategy: strategy }: OpentelemetryConfig): Sampler {
  const share = rate ?? USUAL_SHARE;
  if (strategy === 'parent_probability_fallback') return (traceId, parent) => parent ?? isInShare(traceId, share);
  return (traceId, parent) => parent !== false && isInShare(traceId, share);
}

type SenderOf = (signal: OtlpSignal, url: string | null) => OtlpSender;

function senders(config: OpentelemetryConfig, services: PluginServices, rejected: (signal: OtlpSignal, count: number) => void): SenderOf {
  const headers = headersOf(config);
  const timeoutMs = Math.max(1, config.connect_timeout + config.send_timeout + config.read_timeout);
  const scope = { name: SCOPE_NAME, version: services.node.softwareVersion };
  return (signal, url) => new OtlpSender(services, { signal, url, headers, timeoutMs, envelope: new OtlpEnvelope(resourceOf(config, services, signal), scope), rejected: (count) => rejected(signal, count) });
}

function headersOf({ headers, secret_headers: secret }: OpentelemetryConfig): Readonly<Record<string, string>> {
  const lines = [...Object.entries(headers ?? {}), ...(secret ?? []).map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()] as const)];
  return { ...Object.fromEntries(lines.map(([name, value]) => [name.toLowerCase(), value])), 'content-type': 'application/x-protobuf' };
}

/** Cumulative numbers are one thread's: each is an instance of its own. */
function resourceOf({ resource_attributes: own }: OpentelemetryConfig, { node }: PluginServices, signal: OtlpSignal): ReadonlyMap<string, string> {
  return new Map([
    ['service.name', 'holdfast'],
    ['service.version', node.softwareVersion],
    ['service.instance.id', signal === 'metrics' ? `${node.dataPlaneId}/${threadId}` : node.dataPlaneId],
    ['host.name', node.hostname],
    ['holdfast.gateway.id', node.gatewayId],
    ...Object.entries(node.labels).map(([name, value]) => [`holdfast.label.${name}`, value] as const),
    ...Object.entries(own ?? {}),
  ]);
}

/** One that fails is made up for by the next; one that takes longer than the interval has the next ones left out. */
function pushRegularly(intervalSeconds: number, services: PluginServices, metrics: RequestMetrics, sender: OtlpSender): { cancel(): void } {
  let isUnderWay = false;
  return services.every(intervalSeconds * 1_000, () => {
    if (isUnderWay) return;
    isUnderWay = true;
    sender.send([metrics.encode(services.clock.nowMs())])
      .catch((thrown: unknown) => services.log.warn('otlp-push-failed', { signal: 'metrics', reason: thrown instanceof Error ? thrown.message : String(thrown) }))
      .finally(() => (isUnderWay = false));
  });
}
