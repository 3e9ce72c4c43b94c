/**
 * Prometheus' text format 0.0.4, written family by family: HELP, TYPE, samples. Names are `holdfast_<noun>_<unit>[_total]`. Used
 * by the `/metrics` of both planes; what is written is checked by a strict parser in the tests.
 */
import type { Histogram } from './histogram.ts';

export type MetricLabels = Readonly<Record<string, string>>;

export interface MetricSample {
  readonly labels?: MetricLabels;
  readonly value: number;
}

export interface HistogramSample {
  readonly labels?: MetricLabels;
  readonly histogram: Histogram;
}

export interface SummarySample {
  /** Value by quantile, such as 0.99. */
  readonly quantiles: Readonly<Record<string, number>>;
  readonly sum: number;
  readonly count: number;
}

export const METRICS_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

export class PrometheusText {
  readonly #lines: string[] = [];

  gauge(name: string, help: string, samples: readonly MetricSample[]): void {
    this.#begin(name, 'gauge', help);
    for (const { labels, value } of samples) this.#sample(name, labels, value);
  }

  counter(name: string, help: string, samples: readonly MetricSample[]): void {
    this.#begin(name, 'counter', help);
    for (const { labels, value } of samples) this.#sample(name, labels, value);
  }

  /** Buckets are cumulative and end with +Inf, as the format wants them. */
  histogram(name: string, help: string, samples: readonly HistogramSample[]): void {
    this.#begin(name, 'histogram', help);
    for (const { labels, histogram } of samples) {
      for (const [bound, count] of histogram.cumulative()) this.#sample(`${name}_bucket`, { ...labels, le: bound === Infinity ? '+Inf' : String(bound) }, count);
      this.#sample(`${name}_sum`, labels, histogram.sum);
      this.#sample(`${name}_count`, labels, histogram.count);
    }
  }

  summary(name: string, help: string, { quantiles, sum, count }: SummarySample): void {
    this.#begin(name, 'summary', help);
    for (const [quantile, value] of Object.entries(quantiles)) this.#sample(name, { quantile }, value);
    this.#sample(`${name}_sum`, undefined, sum);
    this.#sample(`${name}_count`, undefined, count);
  }

  toString(): string {
    return `${this.#lines.join('\n')}\n`;
  }

  #begin(name: string, type: string, help: string): void {
    this.#lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
  }

  #sample(name: string, labels: MetricLabels = {}, value: number): void {
    const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeLabel(text)}"`);
    this.#lines.push(`${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}`);
  }
}

function escapeLabel(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
