/** The static half of prometheus: what the control plane checks and `/schemas/plugins/prometheus` shows. Config as in Kong 3.9. */
import type { RecordOf } from '../../model/entity-types.ts';
import type { PluginSchema } from '../contract.ts';

export const prometheusSchema = {
  name: 'prometheus',
  version: '1.0.0',
  priority: 13,
  scopes: ['global', 'service', 'route', 'consumer'],
  protocols: ['grpc', 'grpcs', 'http', 'https'],
  description: "Offers Kong's metrics of the requests in its scope at /metrics of the data planes' status port.",
  config: [
    { name: 'per_consumer', tag: 1, type: { kind: 'boolean' }, required: true, default: false, description: 'Requests and bytes are told by consumer.' },
    { name: 'status_code_metrics', tag: 2, type: { kind: 'boolean' }, required: true, default: false, description: 'Offers `kong_http_requests_total`.' },
    { name: 'ai_metrics', tag: 3, type: { kind: 'boolean' }, required: true, default: false, description: 'Taken without effect: there are no AI plugins to tell of.' },
    { name: 'latency_metrics', tag: 4, type: { kind: 'boolean' }, required: true, default: false, description: 'Offers `kong_kong_latency_ms`, `kong_upstream_latency_ms` and `kong_request_latency_ms`.' },
    { name: 'bandwidth_metrics', tag: 5, type: { kind: 'boolean' }, required: true, default: false, description: 'Offers `kong_bandwidth_bytes`.' },
    { name: 'upstream_health_metrics', tag: 6, type: { kind: 'boolean' }, required: true, default: false, description: 'Offers `kong_upstream_target_health`, of all upstreams: wherever the instance is.' },
    { name: 'wasm_metrics', tag: 7, type: { kind: 'boolean' }, required: true, default: false, description: 'Taken without effect: there are no Wasm filters to tell of.' },
  ],
} as const satisfies PluginSchema;

export type PrometheusConfig = RecordOf<(typeof prometheusSchema)['config']>;
