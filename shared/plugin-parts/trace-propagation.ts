/**
 * Reads the trace that a request belongs to from its headers and writes the one that goes upstream, in the formats that a plugin's
 * config names (trace-config.ts). Used by opentelemetry and zipkin. Headers of a format that is looked for and makes no sense go no
 * further; what nobody looks for passes like any header. On the path of every request, sampled or not.
 */
import { b3SingleTraceFormat, b3TraceFormat } from './b3-trace-formats.ts';
import type { PropagationRules } from './trace-config.ts';
import type { HeaderSource, HeaderTarget, OutgoingTrace, TraceContext, TraceFormat, TraceFormatName } from './trace-context.ts';
import { awsTraceFormat, datadogTraceFormat, gcpTraceFormat, jaegerTraceFormat, openTracingFormat } from './vendor-trace-formats.ts';
import { w3cTraceFormat } from './w3c-trace-format.ts';

export const TRACE_FORMATS: Readonly<Record<TraceFormatName, TraceFormat>> = {
  w3c: w3cTraceFormat,
  b3: b3TraceFormat,
  'b3-single': b3SingleTraceFormat,
  jaeger: jaegerTraceFormat,
  ot: openTracingFormat,
  datadog: datadogTraceFormat,
  aws: awsTraceFormat,
  gcp: gcpTraceFormat,
};

export interface FoundTrace {
  readonly context: TraceContext | undefined;
  /** In which it came. */
  readonly format: TraceFormatName | undefined;
  readonly malformed: readonly TraceFormat[];
}

const NOTHING: readonly TraceFormat[] = [];
const NO_TRACE: FoundTrace = { context: undefined, format: undefined, malformed: NOTHING };

export class TracePropagation {
  readonly #extract: readonly TraceFormat[];
  readonly #clear: readonly string[];
  readonly #inject: readonly TraceFormat[];
  readonly #preserves: boolean;
  readonly #default: TraceFormat;

  constructor({ extract, clear, inject, preserves, defaultFormat }: PropagationRules) {
    this.#extract = extract.map((name) => TRACE_FORMATS[name]);
    this.#clear = clear;
    this.#inject = inject.map((name) => TRACE_FORMATS[name]);
    this.#preserves = preserves;
    this.#default = TRACE_FORMATS[defaultFormat];
  }

  extract(from: HeaderSource): FoundTrace {
    let malformed: TraceFormat[] | undefined;
    for (const format of this.#extract) {
      const context = format.extract(from);
      if (context === undefined) continue;
      if (context !== 'malformed') return { context, format: format.name, malformed: malformed ?? NOTHING };
      (malformed ??= []).push(format);
    }
    return malformed === undefined ? NO_TRACE : { context: undefined, format: undefined, malformed };
  }

  inject(to: HeaderTarget, trace: OutgoingTrace, { format: from, malformed }: FoundTrace): void {
    for (const name of this.#clear) to.removeUpstreamHeader(name);
    for (const { headers } of malformed) for (const name of headers) to.removeUpstreamHeader(name);
    for (const format of this.#inject) format.inject(to, trace, from);
    if (!this.#preserves) return;
    const preserved = from === undefined ? this.#default : TRACE_FORMATS[from];
    if (!this.#inject.includes(preserved)) preserved.inject(to, trace, from);
  }
}
