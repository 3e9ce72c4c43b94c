/**
 * What follows the `?` of `/v1/analytics/…`: which counts, over which time, of which requests, in which groups. Bounds that a
 * question must keep are checked here, each with the way out. Called by analytics-routes.ts.
 */
import { didYouMean } from '../../../shared/nearest.ts';
import { DIMENSIONS, type AnalyticsFilter, type Dimension, type AnalyticsStore, type Counts, type LatencyQuantiles } from '../../store/analytics-store.ts';
import type { Store } from '../../store/store.ts';
import { invalidQuery } from '../answer.ts';
import type { AdmittedGateway, QueryParameter } from '../route.ts';
import { parseDataPlanes, parseThings, parseWords } from './entity-names.ts';
import { DAY_MS, HOUR_MS, type TimeWindow } from './time-window.ts';

export type AnalyticsSources = Pick<Store, 'read' | 'dataPlanes'> & { readonly analytics: AnalyticsStore };

export const FILTER_PARAMETERS: readonly QueryParameter[] = [
  { name: 'route', description: 'Only requests of these routes, by name or id, several with commas; `none` for those that matched none.' },
  { name: 'service', description: 'Only requests of these services: of the routes that belong to them now.' },
  { name: 'consumer', description: 'Only requests of these consumers, by username or id; `none` for those without.' },
  { name: 'status', description: 'Only these statuses: `503`; `none` where the client went away before.' },
  { name: 'status_class', description: 'Only these classes: `5xx`; `none` where the client went away before.' },
  { name: 'data_plane', description: 'Only requests at these data planes, by id.' },
  { name: 'labels', description: 'Only requests at data planes with these labels: `region=eu-west,ring=1`.' },
];

export const GROUP_PARAMETER: QueryParameter = { name: 'group_by', description: `One group for each value of these, several with commas, at most three: ${DIMENSIONS.map((name) => name.replace('-', '_')).join(', ')}, label.<key> (of the data plane).` };

/** Of a latency, in which metrics are named: `p99` is of the request. */
const LATENCIES = ['request', 'upstream', 'gateway'] as const;
const QUANTILES = ['p50', 'p90', 'p95', 'p99'] as const;
const COUNT_METRICS: Readonly<Record<string, (counts: Counts) => number | null>> = {
  requests: (counts) => counts.requests,
  errors: (counts) => counts.errors,
  error_rate: errorRate,
  client_errors: (counts) => counts.clientErrors,
  aborted: (counts) => counts.aborted,
  bytes_in: (counts) => counts.bytesIn,
  bytes_out: (counts) => counts.bytesOut,
};

export interface Metric {
  readonly name: string;
  readonly isLatency: boolean;
  /** Null where there is nothing to tell: no request, or nothing that was measured. */
  readonly of: (counts: Counts & { readonly latencies: LatencyQuantiles | undefined }) => number | null;
}

const METRICS: readonly Metric[] = [
  ...Object.entries(COUNT_METRICS).map(([name, of]): Metric => ({ name, isLatency: false, of })),
  ...LATENCIES.flatMap((latency) => QUANTILES.map((quantile): Metric => ({
    name: latency === 'request' ? quantile : `${latency}_${quantile}`, isLatency: true, of: ({ latencies }) => inMilliseconds(latencies?.[latency]?.[quantile]) ?? null,
  }))),
];
export const METRIC_PARAMETER: QueryParameter = { name: 'metric', description: `What the points have, several with commas: ${METRICS.map(({ name }) => name).join(', ')}. Latencies in milliseconds, error_rate from 0 to 1. requests, errors, error_rate and p99 where not given.` };

const MOST_GROUPINGS = 3;
const MOST_POINTS = 2_000;
/** Points times series times metrics. */
const MOST_VALUES = 100_000;
const STEPS_MS = [10_000, 30_000, 60_000, 300_000, 900_000, HOUR_MS, 6 * HOUR_MS, DAY_MS, 7 * DAY_MS];
/** Of a series whose step nobody chose. */
const USUAL_POINTS = 240;

/** A share from 0 to 1; null without requests. */
export function errorRate({ requests, errors }: Pick<Counts, 'requests' | 'errors'>): number | null {
  return requests === 0 ? null : errors / requests;
}

/** With three places. */
export function inMilliseconds(micros: number | undefined): number | undefined {
  return micros === undefined ? undefined : Math.round(micros) / 1000;
}

export async function parseFilter(store: Pick<Store, 'read' | 'dataPlanes'>, gateway: AdmittedGateway, query: URLSearchParams): Promise<AnalyticsFilter> {
  const [routes, services, consumers] = await Promise.all([parseThings(store, gateway, query, 'route'), parseThings(store, gateway, query, 'service'), parseThings(store, gateway, query, 'consumer')]);
  const statuses = parseWords(query, 'status')?.map((word) => statusIn(word));
  const statusClasses = parseWords(query, 'status_class')?.map((word) => statusClassIn(word));
  const dataPlanes = parseDataPlanes(query);
  const labels = parseLabels(query);
  return {
    ...(routes === undefined ? {} : { routes }), ...(services === undefined ? {} : { services }), ...(consumers === undefined ? {} : { consumers }),
    ...(statuses === undefined ? {} : { statuses }), ...(statusClasses === undefined ? {} : { statusClasses }),
    ...(dataPlanes === undefined ? {} : { dataPlanes }), ...(labels === undefined ? {} : { labels }),
  };
}

export function statusIn(word: string): number {
  if (word !== 'none' && !/^[1-5]\d\d$/.test(word)) throw invalidQuery('options', 'status', 'must be 100 to 599, or "none" where the client went away before; for a class there is status_class=5xx');
  return word === 'none' ? 0 : Number(word);
}

export function statusClassIn(word: string): number {
  if (word !== 'none' && !/^[1-5]xx$/i.test(word)) throw invalidQuery('options', 'status_class', 'must be 1xx, 2xx, 3xx, 4xx or 5xx, or "none" where the client went away before');
  return word === 'none' ? 0 : Number(word.charAt(0));
}

function parseLabels(query: URLSearchParams): ReadonlyMap<string, string> | undefined {
  const words = parseWords(query, 'labels');
  return words === undefined ? undefined : new Map(words.map((word): [string, string] => {
    const [, key = '', value = ''] = /^([a-z0-9._/-]{1,63})=([A-Za-z0-9._-]{1,63})$/.exec(word) ?? [];
    if (key === '') throw invalidQuery('options', 'labels', 'must be key=value, several with commas: region=eu-west,ring=1');
    return [key, value];
  }));
}

export function parseGroups(query: URLSearchParams): readonly Dimension[] {
  const words = parseWords(query, 'group_by') ?? [];
  if (words.length > MOST_GROUPINGS) throw invalidQuery('options', 'group_by', `has ${words.length} words; at most ${MOST_GROUPINGS}`);
  return [...new Set(words.map((word) => dimensionIn(word, 'group_by')))];
}

export function dimensionIn(word: string, parameter: string): Dimension {
  const label = /^label\.([a-z0-9](?:[a-z0-9._/-]{0,61}[a-z0-9])?)$/.exec(word)?.[1];
  if (label !== undefined) return `label:${label}`;
  const known = DIMENSIONS.find((dimension) => dimension === word.replaceAll('_', '-'));
  if (known !== undefined) return known;
  const names = DIMENSIONS.map((dimension) => dimension.replace('-', '_'));
  throw invalidQuery('options', parameter, `expected one of: ${names.join(', ')}, label.<key>${didYouMean(word, names)}`);
}

export function parseMetrics(query: URLSearchParams): readonly Metric[] {
  const words = parseWords(query, 'metric') ?? ['requests', 'errors', 'error_rate', 'p99'];
  return [...new Set(words)].map((word) => {
    const metric = METRICS.find(({ name }) => name === word);
    if (metric === undefined) throw invalidQuery('options', 'metric', `expected one of: ${METRICS.map(({ name }) => name).join(', ')}${didYouMean(word, METRICS.map(({ name }) => name))}`);
    return metric;
  });
}

/** `limit`, from 1 to `most`. */
export function parseLimit(query: URLSearchParams, usual: number, most: number): number {
  const text = query.get('limit');
  if (text === null) return usual;
  const limit = Number(text);
  if (!/^\d+$/.test(text) || limit < 1 || limit > most) throw invalidQuery('options', 'limit', `must be a whole number from 1 to ${most}`);
  return limit;
}

/** The step that was given, or one that makes a few hundred points at most. Throws a Refusal (400) where the answer would be too large. */
export function settleStep(step: number | undefined, { from, to }: TimeWindow, series: number, metrics: number): number {
  const windowMs = to.getTime() - from.getTime();
  const chosen = step ?? STEPS_MS.find((one) => windowMs / one <= USUAL_POINTS) ?? Math.ceil(windowMs / USUAL_POINTS / DAY_MS) * DAY_MS;
  if (chosen < 10_000 || chosen % 10_000 !== 0) throw invalidQuery('options', 'step', 'must be a whole multiple of 10s: counts are kept no finer');
  const points = Math.ceil(windowMs / chosen);
  const most = Math.min(MOST_POINTS, Math.floor(MOST_VALUES / (series * metrics)));
  if (points <= most) return chosen;
  throw invalidQuery('options', 'step', `${points} points for each of ${series} series with ${metrics} metrics are too many: at most ${MOST_POINTS} points, and ${MOST_VALUES} values in all; a step of ${Math.ceil(windowMs / most / 10_000) * 10}s or more, a shorter window, or a lower limit`);
}
