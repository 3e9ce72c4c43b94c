/**
 * What opentelemetry and zipkin keep of one request: which trace it belongs to, whether it is recorded, the ids of its spans. Every
 * request is traced in this sense, so that what goes upstream says so; only a sampled one has spans. Two such plugins on one request
 * agree on the trace, and each has its own spans and its own mind about sampling.
 */
import type { ExchangeContext, RequestContext } from '../plugins/contract.ts';
import type { HeaderSource, OutgoingTrace } from './trace-context.ts';
import { newSpanId } from './trace-ids.ts';
import type { FoundTrace, TracePropagation } from './trace-propagation.ts';

/** Says whether a request is recorded. `parent`: what whoever sent it decided. */
export type Sampler = (traceId: string, parent: boolean | undefined) => boolean;

export interface TracingRules {
  readonly propagation: TracePropagation;
  readonly samples: Sampler;
  /** Of a trace that begins here; 16, or 8 with the upper half 0. */
  readonly traceIdBytes: number;
  /** Header of the response. */
  readonly responseHeader: string | null;
}

const ZERO_HALF = '0'.repeat(16);
const NOT_LOOKED: FoundTrace = { context: undefined, format: undefined, malformed: [] };

export class TracedRequest {
  /** '' until the request was looked at. */
  traceId = '';
  sampled = false;
  /** Of whoever sent the request; undefined where the trace begins here. */
  parentSpanId: string | undefined;
  /** `tracestate` that came. */
  state: string | undefined;
  /** Our server span's; '' where the request is not sampled. */
  spanId = '';
  /** What went upstream as the sender's span; '' while nothing did. */
  sentSpanId = '';
  #found = NOT_LOOKED;
  #isShort = false;

  /** Whether it was looked at before. Before any plugin, or where the instance joined later, as soon as it may. */
  begin(context: RequestContext, rules: TracingRules): void {
    this.#look(context, rules);
    if (this.sampled) context.timePhases();
    if (context.traceId === undefined) context.setTraceId(this.traceId);
    if (rules.responseHeader !== null) context.setResponseHeader(rules.responseHeader, this.traceId);
  }

  /** Of a request that ended before the instance joined. */
  look(context: ExchangeContext, rules: TracingRules): void {
    if (this.traceId === '') this.#look(context, rules);
  }

  inject(context: RequestContext, rules: TracingRules): void {
    if (this.traceId === '') this.begin(context, rules);
    const found = this.#found;
    this.sentSpanId = newSpanId();
    const trace: OutgoingTrace = {
      traceId: this.traceId,
      isShort: this.#isShort,
      spanId: this.sentSpanId,
      parentSpanId: this.sampled ? this.spanId : this.parentSpanId,
      sampled: this.sampled,
      debug: this.sampled && found.context?.debug === true,
      state: this.state,
    };
    rules.propagation.inject(context, trace, found);
  }

  #look(context: ExchangeContext, { propagation, samples, traceIdBytes }: TracingRules): void {
    const source: HeaderSource = context.request;
    this.#found = propagation.extract(source);
    const came = this.#found.context;
    const others = context.traceId;
    if (came?.traceId !== undefined && (others === undefined || others === came.traceId)) {
      this.traceId = came.traceId;
      this.parentSpanId = came.spanId;
      this.state = came.state;
      this.#isShort = came.isShort;
    } else if (others !== undefined) this.traceId = others;
    else {
      this.traceId = traceIdBytes === 8 ? ZERO_HALF + context.requestId.slice(16) : context.requestId;
      this.#isShort = traceIdBytes === 8;
    }
    this.sampled = came?.debug === true || samples(this.traceId, came?.sampled);
    if (this.sampled) this.spanId = newSpanId();
  }
}

/**
 * Of a share of all traces, by the bits of the id that are random (W3C Trace Context level 2 §2.3.3.1), so that gateways behind each
 * other choose the same ones.
 */
export function isInShare(traceId: string, share: number): boolean {
  if (share >= 1) return true;
  if (share <= 0) return false;
  return Number.parseInt(traceId.slice(18, 26), 16) >= (1 - share) * 4_294_967_296;
}
