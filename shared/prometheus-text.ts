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
/** In a step of `inSteps`: some 5 ms. */
const LINES_IN_A_PIECE = 2_000;

interface Line {
  readonly name: string;
  readonly labels: MetricLabels | undefined;
  readonly bound?: string;
  readonly value: number;
  readonly exemplar?: Exemplar | undefined;
}

/** Values are taken when they are told; the text is put together when it is asked for, at once or in steps. */
export class PrometheusText {
  readonly #format: MetricsFormat;
  readonly #families: { readonly head: readonly string[]; readonly lines: Iterable<Line> }[] = [];

  constructor(format: MetricsFormat = 'text') {
    this.#format = format;
  }

  get contentType(): string {
    return METRICS_CONTENT_TYPES[this.#format];
  }

  gauge(name: string, help: string, samples: readonly MetricSample[]): void {
    this.#family(name, 'gauge', help, linesOf(name, samples));
  }

  /** `name` ends with _total. */
  counter(name: string, help: string, samples: readonly MetricSample[]): void {
    this.#family(this.#format === 'openmetrics' ? name.replace(/_total$/, '') : name, 'counter', help, linesOf(name, samples));
  }

  /** A counter that another software named, without _total. OpenMetrics knows no such counters: there its type is unknown. */
  counterWithoutTotal(name: string, help: string, samples: readonly MetricSample[]): void {
    this.#family(name, this.#format === 'openmetrics' ? 'unknown' : 'counter', help, linesOf(name, samples));
  }

  /** Buckets are cumulative and end with +Inf, as the format wants them. */
  histogram(name: string, help: string, samples: readonly HistogramSample[]): void {
    this.#family(name, 'histogram', help, samples.flatMap((sample) => this.#histogramLines(name, sample)));
  }

  summary(name: string, help: string, { quantiles, sum, count }: SummarySample): void {
    const lines = Object.entries(quantiles).map(([quantile, value]) => ({ name, labels: { quantile: this.#bound(Number(quantile)) }, value }));
    this.#family(name, 'summary', help, [...lines, { name: `${name}_sum`, labels: undefined, value: sum }, { name: `${name}_count`, labels: undefined, value: count }]);
  }

  toString(): string {
    return [...this.#pieces()].join('');
  }

  /** The same; yields where others may have a turn. */
  *inSteps(): Generator<void, string> {
    let text = '';
    for (const piece of this.#pieces()) {
      text += piece;
      yield;
    }
    return text;
  }

  *#pieces(): Generator<string> {
    let lines: string[] = [];
    for (const family of this.#families) {
      lines.push(...family.head);
      for (const line of family.lines) {
        lines.push(lineText(line));
        if (lines.length < LINES_IN_A_PIECE) continue;
        yield `${lines.join('\n')}\n`;
        lines = [];
      }
    }
    if (this.#format === 'openmetrics') lines.push('# EOF');
    yield lines.length === 0 ? '' : `${lines.join('\n')}\n`;
  }

  #histogramLines(name: string, { labels, histogram, exemplars = [] }: HistogramSample): readonly Line[] {
    let below = -Infinity;
    const buckets = histogram.cumulative().map(([bound, value]): Line => {
      const exemplar = this.#format === 'openmetrics' && value > 0 ? exemplars.find((one) => one.value > below && one.value <= bound) : undefined;
      below = bound;
      return { name: `${name}_bucket`, labels, bound: this.#bound(bound), value, exemplar };
    });
    return [...buckets, { name: `${name}_sum`, labels, value: histogram.sum }, { name: `${name}_count`, labels, value: histogram.count }];
  }

  #family(name: string, type: string, help: string, lines: Iterable<Line>): void {
    const escaped = help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
    const head = [`# HELP ${name} ${this.#format === 'openmetrics' ? escaped.replaceAll('"', '\\"') : escaped}`, `# TYPE ${name} ${type}`];
    const unit = this.#format === 'openmetrics' ? UNITS.find((one) => name.endsWith(`_${one}`)) : undefined;
    this.#families.push({ head: unit === undefined ? head : [...head, `# UNIT ${name} ${unit}`], lines });
  }

  /** OpenMetrics wants whole numbers as floats there, so that all writers mean the same series. */
  #bound(bound: number): string {
    if (bound === Infinity) return '+Inf';
    return this.#format === 'openmetrics' && Number.isInteger(bound) ? `${bound}.0` : String(bound);
  }
}

function* linesOf(name: string, samples: readonly MetricSample[]): Generator<Line> {
  for (const { labels, value } of samples) yield { name, labels, value };
}

function lineText({ name, labels, bound, value, exemplar }: Line): string {
  const pairs = bound === undefined ? pairsOf(labels) : pairsOf({ ...labels, le: bound });
  const tail = exemplar === undefined ? '' : ` # {${pairsOf(exemplar.labels)}} ${exemplar.value} ${exemplar.atMs / 1000}`;
  return `${name}${pairs === '' ? '' : `{${pairs}}`} ${value}${tail}`;
}

/** What stands between the braces. */
function pairsOf(labels: MetricLabels = {}): string {
  return Object.entries(labels).map(([label, text]) => `${label}="${escapeLabel(text)}"`).join(',');
}

const SPECIAL = /[\\"\n]/;

function escapeLabel(text: string): string {
  return SPECIAL.test(text) ? text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n') : text;
}
