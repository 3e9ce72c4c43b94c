/**
 * zipkin on a data plane: carries the trace of each request on, records a share of them, and sends their spans to Zipkin. Nothing here
 * waits for Zipkin, and no request fails for it. Behaviour as in Kong 3.9; differences are in the README.
 */
import type { PluginFactory } from '../contract.ts';
import { queueOptionsOf } from '../../plugin-parts/queue-config.ts';
import { refusedDelivery } from '../../plugin-parts/refused-delivery.ts';
import { propagationRules } from '../../plugin-parts/trace-config.ts';
import { TracePropagation } from '../../plugin-parts/trace-propagation.ts';
import { isInShare, TracedRequest, type TracingRules } from '../../plugin-parts/traced-request.ts';
import type { ZipkinConfig } from './schema.ts';
import { SpanJson } from './span-json.ts';

const MOST_ANSWER_BYTES = 65_536;

export const zipkinFactory: PluginFactory<ZipkinConfig> = {
  name: 'zipkin',
  create: (config, services) => {
    const { http_endpoint: endpoint, sample_ratio: share } = config;
    const timeoutMs = Math.max(1, config.connect_timeout + config.send_timeout + config.read_timeout);
    const rules: TracingRules = {
      propagation: new TracePropagation(propagationRules(config, config.default_header_type)),
      samples: (traceId, parent) => parent ?? isInShare(traceId, share),
      traceIdBytes: config.traceid_byte_count,
      responseHeader: config.http_response_header_for_traceid,
    };
    const spans = new SpanJson(config, services.node.dataPlaneId);
    const queue = services.queue<string>(queueOptionsOf(config.queue), async (entries) => {
      // What waits may be of a config that had an endpoint.
      if (endpoint === null) return;
      const { status } = await services.fetch(endpoint, { method: 'POST', headers: { 'content-type': 'application/json' }, body: `[${entries.join(',')}]`, timeoutMs, maxBytes: MOST_ANSWER_BYTES });
      if (status < 200 || status > 299) throw refusedDelivery('zipkin', status, '');
    });
    return {
      newState: () => new TracedRequest(),
      begin: (context, state: TracedRequest) => state.begin(context, rules),
      requestHead: (context, state: TracedRequest) => {
        state.inject(context, rules);
        return undefined;
      },
      log: (context, state: TracedRequest) => {
        state.look(context, rules);
        if (!state.sampled || endpoint === null) return;
        const encoded = spans.encode(context, state);
        queue.push(encoded, encoded.length);
      },
    };
  },
};
