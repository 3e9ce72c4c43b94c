/**
 * The metrics that both planes tell, read from the sources that write them: name, type, help. Source of docs/metrics.md and of the test
 * that dashboard and alert rules in deploy/ ask for nothing that does not exist.
 */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface ToldMetric {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram' | 'summary';
  readonly help: string;
  readonly planes: readonly string[];
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CALL = /text\.(counter|counterWithoutTotal|gauge|histogram|summary)\('([a-z0-9_]+)', (?:'((?:[^'\\]|\\.)*)'|"([^"]*)")/g;
/** Names that are handed on: writeLatency(text, …, 'kong_kong_latency_ms', 'What …', …). */
const HANDED_ON = /writeLatency\(text, labels, timed, '([a-z_]+)', '([^']*)'/g;
const WRITERS: Readonly<Record<string, readonly string[]>> = { 'data plane': ['data-plane/status/*.ts', 'shared/process-vitals.ts'], 'control plane': ['control-plane/**/*metrics*.ts', 'shared/process-vitals.ts'] };

export function toldMetrics(): readonly ToldMetric[] {
  const found = new Map<string, ToldMetric>();
  for (const [plane, patterns] of Object.entries(WRITERS)) {
    for (const file of globSync([...patterns], { cwd: ROOT }).filter((path) => !path.endsWith('.test.ts'))) {
      const source = readFileSync(join(ROOT, file), 'utf8');
      const add = (name: string, type: ToldMetric['type'], help: string): void => {
        found.set(name, { name, type, help, planes: [...new Set([...(found.get(name)?.planes ?? []), plane])] });
      };
      for (const [, call, name = '', single, double] of source.matchAll(CALL)) add(name, typeOf(call), (single ?? double ?? '').replaceAll("\\'", "'"));
      for (const [, name = '', help = ''] of source.matchAll(HANDED_ON)) add(name, 'histogram', `${help}, milliseconds`);
    }
  }
  return [...found.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** As they stand in queries. */
export function seriesNames(): ReadonlySet<string> {
  const suffixes: Readonly<Record<ToldMetric['type'], readonly string[]>> = { counter: [''], gauge: [''], summary: ['', '_sum', '_count'], histogram: ['_bucket', '_sum', '_count'] };
  return new Set(toldMetrics().flatMap(({ name, type }) => suffixes[type].map((suffix) => name + suffix)));
}

function typeOf(call: string | undefined): ToldMetric['type'] {
  return call === 'gauge' || call === 'histogram' || call === 'summary' ? call : 'counter';
}
