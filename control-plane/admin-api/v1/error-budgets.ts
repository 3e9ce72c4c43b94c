/**
 * Error budgets: of an objective (99.9 % of the requests of 30 days without an error) how much is spent, and how fast it burns. A burn
 * rate of 1 spends the whole budget in exactly the window; what is good to be woken by is 14.4 over an hour and 6 over six. Called by
 * analytics-routes.ts.
 */
import type { JsonObject } from '../../../shared/model/definition.ts';
import type { AnalyticsQuery, Counts, Group } from '../../store/analytics-store.ts';
import { invalidQuery, ok, type Answer } from '../answer.ts';
import type { GatewayRequest, QueryParameter } from '../route.ts';
import { showCoverage, showGroup, wantNames, wantSilent } from './analytics-answer.ts';
import { errorRate, FILTER_PARAMETERS, parseFilter, parseLimit, type AnalyticsSources } from './analytics-query.ts';
import { EntityNames } from './entity-names.ts';
import { DAY_MS, durationOf, HOUR_MS } from './time-window.ts';

const MOST_ROWS = 1_000;
const MOST_GROUPS = 10_000;
const LONGEST_WINDOW_MS = 366 * DAY_MS;
/** An objective has six places of a percent: what it allows is so many of these parts. */
const ALL = 100_000_000;
const NOTHING: Pick<Counts, 'requests' | 'errors'> = { requests: 0, errors: 0 };

export const ERROR_BUDGET_PARAMETERS: readonly QueryParameter[] = [
  { name: 'objective', description: 'Percent of requests without an error (answered 5xx): `99.9`, which is taken where not given.' },
  { name: 'window', description: 'Over how long, up to now: `7d`; `30d` where not given.' },
  { name: 'by', description: '`gateway` for one budget of all (where not given), or one for each `route` or `service`.' },
  ...FILTER_PARAMETERS.filter(({ name }) => name === 'route' || name === 'service'),
  { name: 'limit', description: `Budgets at most, those that are spent most, 1 to ${MOST_ROWS}; 100 where not given.` },
];

export async function errorBudgets(store: AnalyticsSources, nowMs: number, { gateway, query }: GatewayRequest): Promise<Answer> {
  const objective = parseObjective(query);
  // Whole numbers: 10 000 * 0.0029 is less than 29 otherwise, and an error of the budget is gone.
  const allowedOf = Math.round(ALL - objective * 1_000_000);
  const allowed = allowedOf / ALL;
  const windowMs = parseLength(query);
  const limit = parseLimit(query, 100, MOST_ROWS);
  const groupBy = parseBy(query);
  const filter = await parseFilter(store, gateway, query);
  const over = (ms: number): AnalyticsQuery => ({ from: new Date(nowMs - ms), to: new Date(nowMs), groupBy, filter, latencies: false });
  // One after the other: who asks has one of the few connections that questions may take.
  const [whole, hour, sixHours] = [await store.analytics.totals(gateway, over(windowMs), MOST_GROUPS), await store.analytics.totals(gateway, over(HOUR_MS), MOST_GROUPS), await store.analytics.totals(gateway, over(6 * HOUR_MS), MOST_GROUPS)];
  const keyOf = (group: Pick<Group, 'key'>): string => group.key.join(' ');
  const inHour = new Map(hour.groups.map((group) => [keyOf(group), group]));
  const inSixHours = new Map(sixHours.groups.map((group) => [keyOf(group), group]));
  const ranked = whole.groups.toSorted((one, other) => burn(other, allowed, 0) - burn(one, allowed, 0)).slice(0, limit);
  const names = new EntityNames();
  for (const { key } of ranked) wantNames(names, groupBy, key);
  wantSilent(names, whole.coverage, nowMs);
  await names.read(store, gateway);
  return ok({
    ...showCoverage(names, whole.coverage, { from: new Date(nowMs - windowMs) }, nowMs),
    objective,
    data: ranked.map((group): JsonObject => ({
      group: showGroup(names, groupBy, group.key),
      total: group.requests,
      good: group.requests - group.errors,
      errors: group.errors,
      budget: { errors: share(group.requests, allowedOf), left: share(group.requests, allowedOf) - group.errors, left_share: round(1 - burn(group, allowed, 0)) },
      burn_rate: { '1h': burn(inHour.get(keyOf(group)) ?? NOTHING, allowed), '6h': burn(inSixHours.get(keyOf(group)) ?? NOTHING, allowed), window: burn(group, allowed) },
    })),
    group_count: whole.groupCount,
    next: null,
  });
}

/** Errors as a multiple of those that the objective allows; `empty` where there was no request. */
function burn(counts: Pick<Counts, 'requests' | 'errors'>, allowed: number): number | null;
function burn(counts: Pick<Counts, 'requests' | 'errors'>, allowed: number, empty: number): number;
function burn(counts: Pick<Counts, 'requests' | 'errors'>, allowed: number, empty: number | null = null): number | null {
  const rate = errorRate(counts);
  return rate === null ? empty : round(rate / allowed);
}

/** Of whole requests, whole. */
function share(requests: number, parts: number): number {
  return Number((BigInt(requests) * BigInt(parts)) / BigInt(ALL));
}

/** To three places. */
function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}

function parseObjective(query: URLSearchParams): number {
  const text = query.get('objective') ?? '99.9';
  const objective = Number(text);
  if (!/^\d{1,2}(?:\.\d{1,6})?$/.test(text) || objective <= 0) throw invalidQuery('options', 'objective', 'must be percent above 0 and below 100, with at most six places: 99.95');
  return objective;
}

function parseLength(query: URLSearchParams): number {
  const ms = durationOf(query.get('window') ?? '30d');
  if (ms === undefined || ms < HOUR_MS || ms > LONGEST_WINDOW_MS) throw invalidQuery('options', 'window', 'must be a duration from 1h to 366d');
  return ms;
}

function parseBy(query: URLSearchParams): readonly ('route' | 'service')[] {
  const by = query.get('by') ?? 'gateway';
  if (by !== 'gateway' && by !== 'route' && by !== 'service') throw invalidQuery('options', 'by', 'expected one of: gateway, route, service');
  return by === 'gateway' ? [] : [by];
}
