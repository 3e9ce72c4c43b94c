/**
 * A strict reader of Prometheus' text format 0.0.4, as its documentation has it and promtool checks it: every family announced
 * once with HELP and TYPE and in one piece, names and labels well-formed, no sample twice, buckets cumulative and ended by +Inf.
 * Throws where a scrape could be refused or misread.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Family {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly samples: Sample[];
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (-?(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?|Inf)|\+Inf|NaN)$/;
const LABEL = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/;
const SUFFIXES: Readonly<Record<string, readonly string[]>> = { counter: [''], gauge: [''], histogram: ['_bucket', '_sum', '_count'], summary: ['', '_sum', '_count'] };

export function parsePrometheusText(text: string): ReadonlyMap<string, Family> {
  assert.ok(text.endsWith('\n'), 'the last line ends');
  const families = new Map<string, Family>();
  const seen = new Set<string>();
  let current: Family | undefined;
  let help: readonly [string, string] | undefined;
  for (const line of text.slice(0, -1).split('\n')) {
    const [hash, word, name = '', ...rest] = line.split(' ');
    if (hash === '#') {
      assert.match(name, NAME, line);
      if (word === 'HELP') {
        assert.ok(!families.has(name) && rest.length > 0, `${name} is announced once: ${line}`);
        help = [name, rest.join(' ')];
      } else {
        assert.ok(word === 'TYPE' && help?.[0] === name && SUFFIXES[rest.join(' ')] !== undefined, `TYPE follows HELP: ${line}`);
        current = { name, type: rest.join(' '), help: help[1], samples: [] };
        families.set(name, current);
      }
      continue;
    }
    const match = SAMPLE.exec(line);
    assert.ok(match !== null && current !== undefined, `a sample: ${line}`);
    const sample: Sample = { name: match[1] ?? '', labels: parseLabels(match[2] ?? '', line), value: Number((match[3] ?? '').replace('Inf', 'Infinity')) };
    const family = current;
    assert.ok(SUFFIXES[family.type]?.some((suffix) => sample.name === family.name + suffix), `${line} stands under ${family.name}`);
    if (family.type === 'counter') assert.ok((sample.name.endsWith('_total') || sample.name.startsWith('kong_')) && sample.value >= 0, `a counter ends with _total, but for what Kong named: ${line}`);
    const key = `${sample.name} ${JSON.stringify(Object.entries(sample.labels).toSorted())}`;
    assert.ok(!seen.has(key), `twice: ${line}`);
    seen.add(key);
    family.samples.push(sample);
  }
  for (const family of families.values()) if (family.type === 'histogram') checkHistogram(family);
  return families;
}

/** Fails where promtool has something to say, but for complaints that `isKnown`. It comes with Debian's package `prometheus`. */
export function checkWithPromtool(text: string, isKnown: (complaint: string) => boolean = () => false): void {
  const ran = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
  assert.equal(ran.error, undefined, 'promtool is installed (Debian: apt-get install prometheus)');
  const complaints = `${ran.stdout}${ran.stderr}`.split('\n').filter((line) => line.trim() !== '' && !isKnown(line));
  assert.deepEqual(complaints, []);
}

const UNITS = ['seconds', 'bytes', 'ratio'];
const EXEMPLAR = /^(.*) # \{(.*)\} (-?\d+(?:\.\d+)?(?:e[+-]?\d+)?) (\d+(?:\.\d+)?)$/;

export interface ParsedExemplar {
  readonly sample: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  readonly atSeconds: number;
}

/**
 * OpenMetrics 1.0 as far as we write it: ends with EOF, counters named without _total and their samples with it, units that the name
 * ends with, exemplars on buckets only, within the bucket and 128 characters. The rest is read as text, which it then is.
 */
export function parseOpenMetrics(text: string): { readonly families: ReadonlyMap<string, Family>; readonly exemplars: readonly ParsedExemplar[] } {
  assert.ok(text.endsWith('\n# EOF\n'), 'it ends with EOF');
  const exemplars: ParsedExemplar[] = [];
  const lines: string[] = [];
  const counters = new Set([...text.matchAll(/^# TYPE (\S+) counter$/gm)].map(([, name = '']) => name));
  for (const line of text.slice(0, -'# EOF\n'.length).trimEnd().split('\n')) {
    const [hash, word, name = '', unit = ''] = line.split(' ');
    if (hash === '#' && word === 'UNIT') {
      assert.ok(UNITS.includes(unit) && name.endsWith(`_${unit}`), line);
      continue;
    }
    if (hash === '#') {
      assert.ok(!counters.has(name) || !name.endsWith('_total'), line);
      lines.push(counters.has(name) ? line.replace(name, `${name}_total`) : line.replace(/ unknown$/, ' gauge'));
      continue;
    }
    const match = EXEMPLAR.exec(line);
    if (match === null) {
      lines.push(line);
      continue;
    }
    const [, sample = '', labels = '', value, atSeconds] = match;
    const exemplar = { sample, labels: parseLabels(labels, line), value: Number(value), atSeconds: Number(atSeconds) };
    const bound = /le="([^"]+)"/.exec(sample)?.[1];
    assert.ok(sample.includes('_bucket{') && bound !== undefined && exemplar.value <= Number(bound.replace('+Inf', 'Infinity')), line);
    assert.ok(Object.entries(exemplar.labels).flat().join('').length <= 128, line);
    exemplars.push(exemplar);
    lines.push(sample);
  }
  return { families: parsePrometheusText(`${lines.join('\n')}\n`), exemplars };
}

function parseLabels(text: string, line: string): Readonly<Record<string, string>> {
  const labels: Record<string, string> = {};
  for (let rest = text; rest !== ''; ) {
    const match = LABEL.exec(rest);
    assert.ok(match !== null && !Object.hasOwn(labels, match[1] ?? ''), `labels: ${line}`);
    labels[match[1] ?? ''] = match[2] ?? '';
    rest = rest.slice(match[0].length);
  }
  return labels;
}

function checkHistogram({ name, samples }: Family): void {
  const series = Map.groupBy(samples, ({ labels }) => JSON.stringify(Object.entries(labels).filter(([label]) => label !== 'le').toSorted()));
  for (const [labels, rows] of series) {
    const buckets = rows.filter((row) => row.name === `${name}_bucket`);
    const count = rows.find((row) => row.name === `${name}_count`);
    assert.ok(rows.some((row) => row.name === `${name}_sum`) && count !== undefined, `${name} ${labels} has sum and count`);
    const bounds = buckets.map((row) => (row.labels['le'] === '+Inf' ? Infinity : Number(row.labels['le'])));
    assert.ok(bounds.every((bound, index) => index === 0 || bound > (bounds[index - 1] ?? 0)) && bounds.at(-1) === Infinity, `${name} ${labels} has ascending bounds: ${bounds.join()}`);
    assert.ok(buckets.every((row, index) => index === 0 || row.value >= (buckets[index - 1]?.value ?? 0)) && buckets.at(-1)?.value === count.value, `${name} ${labels} is cumulative`);
  }
}
