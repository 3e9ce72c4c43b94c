/**
 * `config.propagation` and `config.header_type` of opentelemetry and zipkin, with Kong 3.9's names: fields for their schemas, and what
 * they mean to trace-propagation.ts.
 */
import type { Field, StringRule } from '../model/definition.ts';
import type { RecordOf } from '../model/entity-types.ts';
import { headerProblem } from './editable-header.ts';
import { TRACE_FORMAT_NAMES, type TraceFormatName } from './trace-context.ts';

/** `b3` stands for both of its forms. */
const EXTRACTED = ['w3c', 'b3', 'jaeger', 'ot', 'datadog', 'aws', 'gcp'] as const;
const clearedRule: StringRule = { name: 'header-name', check: (name) => (name.toLowerCase() === 'host' ? "cannot be 'host', which says where a request goes" : headerProblem(name, 'remove')) };
const writtenRule: StringRule = { name: 'header-name', check: (name) => headerProblem(name, 'write') };

const propagationFields = [
  { name: 'extract', tag: 1, type: { kind: 'array', of: { kind: 'string', oneOf: EXTRACTED } }, description: 'Formats in which a trace is looked for, in this order; the first that is found counts. Null or empty: none, each request begins a trace.' },
  { name: 'clear', tag: 2, type: { kind: 'array', of: { kind: 'string', maxLength: 256, rules: [clearedRule] } }, description: 'Headers that do not go upstream, unless they are injected.' },
  { name: 'inject', tag: 3, type: { kind: 'array', of: { kind: 'string', oneOf: ['preserve', ...TRACE_FORMAT_NAMES] } }, description: 'Formats in which the trace goes upstream; `preserve` is the one it came in. Null or empty: none.' },
  { name: 'default_format', tag: 4, type: { kind: 'string', oneOf: TRACE_FORMAT_NAMES }, required: true, description: 'What `preserve` means where no trace came.' },
] as const satisfies readonly Field[];

export type PropagationConfig = RecordOf<typeof propagationFields>;

export function propagationField(tag: number) {
  return { name: 'propagation', tag, type: { kind: 'record', fields: propagationFields }, description: 'Which trace headers are read and written; where set, `header_type` says nothing.' } as const satisfies Field;
}

export function headerTypeField(tag: number) {
  return { name: 'header_type', tag, type: { kind: 'string', oneOf: ['preserve', 'ignore', ...TRACE_FORMAT_NAMES] }, required: true, default: 'preserve', description: 'Without `propagation`: `preserve` takes a trace in whatever format it comes and sends it on in that; `ignore` begins one with each request; a format sends it on in that one too.' } as const satisfies Field;
}

export function traceIdHeaderField(tag: number) {
  return { name: 'http_response_header_for_traceid', tag, type: { kind: 'string', maxLength: 256, rules: [writtenRule] }, description: 'Header of the response that tells the client the id of the trace.' } as const satisfies Field;
}

/** What of a plugin's config says how traces are carried. */
export interface TraceHeaderConfig {
  readonly header_type: 'preserve' | 'ignore' | TraceFormatName;
  readonly propagation: PropagationConfig | null;
}

export interface PropagationRules {
  /** In the order in which they are looked for. */
  readonly extract: readonly TraceFormatName[];
  /** Lower case. */
  readonly clear: readonly string[];
  readonly inject: readonly TraceFormatName[];
  /** In the format in which it came too, and where none came in `defaultFormat`. */
  readonly preserves: boolean;
  readonly defaultFormat: TraceFormatName;
}

export function propagationRules({ header_type: headerType, propagation }: TraceHeaderConfig, defaultFormat: TraceFormatName): PropagationRules {
  if (propagation !== null) {
    const inject = propagation.inject ?? [];
    return {
      extract: withBothForms(propagation.extract ?? []),
      clear: (propagation.clear ?? []).map((name) => name.toLowerCase()),
      inject: [...new Set(inject.filter((name) => name !== 'preserve'))],
      preserves: inject.includes('preserve'),
      defaultFormat: propagation.default_format,
    };
  }
  const extract = headerType === 'ignore' ? [] : withBothForms(EXTRACTED);
  const rules = { extract, clear: [], defaultFormat };
  if (headerType === 'preserve') return { ...rules, inject: [], preserves: true };
  return headerType === 'ignore' ? { ...rules, inject: [defaultFormat], preserves: false } : { ...rules, inject: [headerType], preserves: true, defaultFormat: headerType };
}

function withBothForms(names: readonly (typeof EXTRACTED)[number][]): readonly TraceFormatName[] {
  return [...new Set(names.flatMap((name) => (name === 'b3' ? (['b3', 'b3-single'] as const) : [name])))];
}
