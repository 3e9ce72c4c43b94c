/**
 * What `/metrics` of both planes is written with, family by family: Prometheus' text format 0.0.4, or OpenMetrics 1.0 where the
 * reader asks for it, which has units and exemplars. Names are `holdfast_<noun>_<unit>[_total]`. What is written is checked by a
 * strict parser and by promtool in the tests.
 */

export type MetricLabels = Readonly<Record<string, string>>;

export interface MetricSample {
  readonly labels?: MetricLabels;
  readonly value: number;
}

/** One request that stands for many: where to look for why. All label names and values together have at most 128 characters (OpenMetrics 1.0). */
export interface Exemplar {
  readonly labels: MetricLabels;
  /** In the unit of the histogram. */
  readonly value: number;
  readonly atMs: number;
}

export interface HistogramView {
  readonly sum: number;
  readonly count: number;
  /** How many values were at most each bound; the last bound is Infinity. */
  cumulative(): readonly (readonly [bound: number, count: number])[];
}

export interface HistogramSample {
  readonly labels?: MetricLabels;
  readonly histogram: HistogramView;
  /** One for a bucket at most; of several that fall into one the first. Only OpenMetrics has them. */
  readonly exemplars?: readonly Exemplar[];
}

export interface SummarySample {
  /** Value by quantile, such as 0.99. */
  readonly quantiles: Readonly<Record<string, number>>;
  readonly sum: number;
  readonly count: number;
}

export type MetricsFormat = 'text' | 'openmetrics';

export const METRICS_CONTENT_TYPES: Readonly<Record<MetricsFormat, string>> = {
  text: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
};

/** What an Accept header asks for: OpenMetrics only where it is named, in version 1.0.0 or none, and liked at least as well as text (RFC 9110 §12.5.1). */
export function metricsFormatOf(accept: string | undefined): MetricsFormat {
  let text = 0;
  let openmetrics = 0;
  for (const range of (accept ?? '').split(',')) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    const valueOf = (name: string): string | undefined => parameters.find((parameter) => parameter.startsWith(`${name}=`))?.slice(name.length + 1);
    const quality = Number(valueOf('q') ?? 1);
    if (type === 'application/openmetrics-text' && ['1.0.0', undefined].includes(valueOf('version'))) openmetrics = Math.max(openmetrics, quality);
    else if (type === 'text/plain' || type === 'text/*' || type === '*/*') text = Math.max(text, quality);
  }
  return openmetrics > 0 && openmetrics >= text ? 'openmetrics' : 'text';
}

const UNITS = ['seconds', 'bytes', 'ratio'] as const;

export class PrometheusText {
  readonly #format: MetricsFormat;
  readonly #lines: string[] = [];

  constructor(format: MetricsFormat = 'text') {
    this.#format = format;
  }

  get contentType(): string {
    return METRICS_CONTENT_TYPES[this.#format];
  }

  gauge(name: string, help: string, samples: readonly MetricSample[]): void {
    this.#begin(name, 'gauge', help);
    for (const { labels, value } of samples) this.#sample(name, labels, value);
  }

  /** `name` ends with _total. */
  counter(name: string, help: string, samples: readonly MetricSample[]): void {
    this.#begin(this.#format === 'openmetrics' ? name.replace(/_total$/, '') : name, 'counter', help);
    for (const { labels, value } of samples) this.#sample(name, labels, value);
  }

  /** A counter that another software named, without _total. OpenMetrics knows no such counters: there its type is unknown. */
  counterWithoutTotal(name: string, help: string, samples: readonly MetricSample[]): void {
    this.#begin(name, this.#format === 'openmetrics' ? 'unknown' : 'counter', help);
    for (const { labels, value } of samples) this.#sample(name, labels, value);
  }

  /** Buckets are cumulative and end with +Inf, as the format wants them. */
  histogram(name: string, help: string, samples: readonly HistogramSample[]): void {
    this.#begin(name, 'histogram', help);
    for (const { labels, histogram, exemplars = [] } of samples) {
      let below = -Infinity;
      for (const [bound, count] of histogram.cumulative()) {
        const exemplar = this.#format === 'openmetrics' && count > 0 ? exemplars.find(({ value }) => value > below && value <= bound) : undefined;
        this.#sample(`${name}_bucket`, { ...labels, le: this.#bound(bound) }, count, exemplar);
        below = bound;
      }
      this.#sample(`${name}_sum`, labels, histogram.sum);
      this.#sample(`${name}_count`, labels, histogram.count);
    }
  }

  summary(name: string, help: string, { quantiles, sum, count }: SummarySample): void {
    this.#begin(name, 'summary', help);
    for (const [quantile, value] of Object.entries(quantiles)) this.#sample(name, { quantile: this.#bound(Number(quantile)) }, value);
    this.#sample(`${name}_sum`, undefined, sum);
    this.#sample(`${name}_count`, undefined, count);
  }

  toString(): string {
    const end = this.#format === 'openmetrics' ? '# EOF\n' : '';
    return `${this.#lines.join('\n')}\n${end}`;
  }

  #begin(name: string, type: string, help: string): void {
    const escaped = help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
    this.#lines.push(`# HELP ${name} ${this.#format === 'openmetrics' ? escaped.replaceAll('"', '\\"') : escaped}`, `# TYPE ${name} ${type}`);
    const unit = this.#format === 'openmetrics' ? UNITS.find((one) => name.endsWith(`_${one}`)) : undefined;
    if (unit !== undefined) this.#lines.push(`# UNIT ${name} ${unit}`);
  }

  #sample(name: string, labels: MetricLabels | undefined, value: number, exemplar?: Exemplar): void {
    const tail = exemplar === undefined ? '' : ` # ${labelText(exemplar.labels) || '{}'} ${exemplar.value} ${exemplar.atMs / 1000}`;
    this.#lines.push(`${name}${labelText(labels)} ${value}${tail}`);
  }

  /** OpenMetrics wants whole numbers as floats there, so that all writers mean the same series. */
  #bound(bound: number): string {
    if (bound === Infinity) return '+Inf';
    return this.#format === 'openmetrics' && Number.isInteger(bound) ? `${bound}.0` : String(bound);
  }
}

function labelText(labels: MetricLabels = {}): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeLabel(text)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escapeLabel(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
