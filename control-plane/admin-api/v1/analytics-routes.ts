/**
 * `/v1/analytics/…`: what a dashboard asks of a gateway's traffic: series, rankings, targets of upstreams, failures by version, error
 * budgets. Counts are exact and quantiles true (analytics-store.ts); every answer says what it may lack.
 */
import type { Clock } from '../../../shared/clock.ts';
import type { RankedBy, TargetTotal } from '../../store/analytics-store.ts';
import { invalidQuery, ok, type Answer } from '../answer.ts';
import { gatewayRoute, type GatewayRequest, type Route } from '../route.ts';
import { showCounts, showCoverage, showGroup, showLatencies, showQuantiles, wantNames, wantSilent } from './analytics-answer.ts';
import { dimensionIn, FILTER_PARAMETERS, GROUP_PARAMETER, METRIC_PARAMETER, parseFilter, parseGroups, parseLimit, parseMetrics, settleStep, type AnalyticsSources } from './analytics-query.ts';
import { EntityNames, parseThings } from './entity-names.ts';
import { errorBudgets, ERROR_BUDGET_PARAMETERS } from './error-budgets.ts';
import { ownOperation } from './own-operation.ts';
import { showVersion } from './own-values.ts';
import type { QueryGate } from './query-gate.ts';
import { parseStep, parseWindow, WINDOW_PARAMETERS } from './time-window.ts';

const operation = ownOperation<GatewayRequest>();
const permission = { on: 'usage', verb: 'read' } as const;
const ORDERS: readonly RankedBy[] = ['requests', 'errors', 'error-rate', 'bytes', 'p50', 'p90', 'p95', 'p99'];
const MOST_SERIES = 100;
const MOST_ROWS = 1_000;

export function analyticsRoutes(store: AnalyticsSources, gate: QueryGate, clock: Clock): readonly Route[] {
  const answer = (work: (store: AnalyticsSources, nowMs: number, request: GatewayRequest) => Promise<Answer>) => (request: GatewayRequest): Promise<Answer> =>
    gate.run(request.gateway.tenantId, () => work(store, clock.nowMs(), request));
  return [
    gatewayRoute('/v1/analytics/series', {
      GET: operation({
        permission,
        summary: 'Requests, errors, bytes and latencies over time, in groups; steps without a request are left out',
        query: [
          METRIC_PARAMETER, ...WINDOW_PARAMETERS,
          { name: 'step', description: 'How wide a point is: `10s`, `1m`, `1h`, `1d`. One that makes at most 240 points where not given; wider for what is no longer kept so finely.' },
          GROUP_PARAMETER, ...FILTER_PARAMETERS,
          { name: 'limit', description: `Groups at most, those with most requests, 1 to ${MOST_SERIES}; 20 where not given.` },
        ],
        handle: answer(readSeries),
      }),
    }),
    gatewayRoute('/v1/analytics/top', {
      GET: operation({
        permission,
        summary: 'Rank routes, services, consumers, statuses, data planes or labels',
        query: [
          { ...GROUP_PARAMETER, name: 'by', description: `What is ranked, as group_by of series has it; \`route\` where not given.` },
          { name: 'order', description: `By what, the largest first: ${ORDERS.join(', ')}; requests where not given. Quantiles are of the request.` },
          ...WINDOW_PARAMETERS, ...FILTER_PARAMETERS,
          { name: 'limit', description: `Rows at most, 1 to ${MOST_ROWS}; 10 where not given.` },
        ],
        handle: answer(readTop),
      }),
    }),
    gatewayRoute('/v1/analytics/targets', {
      GET: operation({
        permission,
        summary: 'Attempts at targets of upstreams: how many, how many failed, how long they took',
        query: [
          ...WINDOW_PARAMETERS,
          { name: 'upstream', description: 'Only those of this upstream, by name, or of this host of a service.' },
          { name: 'limit', description: `Targets at most, those with most attempts, 1 to ${MOST_ROWS}; 100 where not given.` },
        ],
        handle: answer(readTargets),
      }),
    }),
    gatewayRoute('/v1/analytics/versions', {
      GET: operation({
        permission,
        summary: 'Failed requests of each route under each version of the configuration, newest version first',
        query: [
          ...WINDOW_PARAMETERS,
          { name: 'route', description: 'Only those of these routes, by name or id; `none` for those that matched none.' },
          { name: 'limit', description: `Rows at most, 1 to ${MOST_ROWS}; 100 where not given.` },
        ],
        handle: answer(readVersions),
      }),
    }),
    gatewayRoute('/v1/analytics/error-budgets', {
      GET: operation({
        permission,
        summary: 'How much of an error budget is spent, and how fast: burn rates over 1 h, 6 h and the whole window',
        query: ERROR_BUDGET_PARAMETERS,
        handle: answer(errorBudgets),
      }),
    }),
  ];
}

async function readSeries(store: AnalyticsSources, nowMs: number, { gateway, query }: GatewayRequest): Promise<Answer> {
  const window = parseWindow(query, nowMs);
  const groupBy = parseGroups(query);
  const metrics = parseMetrics(query);
  const limit = groupBy.length === 0 ? 1 : parseLimit(query, 20, MOST_SERIES);
  const stepMs = settleStep(parseStep(query), window, limit, metrics.length);
  const filter = await parseFilter(store, gateway, query);
  const found = await store.analytics.series(gateway, { ...window, groupBy, filter, latencies: metrics.some(({ isLatency }) => isLatency), stepMs, limit });
  const names = new EntityNames();
  for (const { key } of found.series) wantNames(names, groupBy, key);
  wantSilent(names, found.coverage, nowMs);
  await names.read(store, gateway);
  return ok({
    ...showCoverage(names, found.coverage, window, nowMs),
    step_seconds: found.stepMs / 1000,
    metrics: metrics.map(({ name }) => name),
    series: found.series.map(({ key, points }) => ({
      group: showGroup(names, groupBy, key),
      points: points.map((point) => ({ at: point.at.toISOString(), ...Object.fromEntries(metrics.map(({ name, of }) => [name, of(point)])) })),
    })),
    group_count: found.groupCount,
  });
}

async function readTop(store: AnalyticsSources, nowMs: number, { gateway, query }: GatewayRequest): Promise<Answer> {
  const window = parseWindow(query, nowMs);
  const groupBy = [...new Set((query.get('by') ?? 'route').split(',').slice(0, 4).map((word) => dimensionIn(word.trim(), 'by')))];
  if (groupBy.length > 3) throw invalidQuery('options', 'by', 'at most three');
  const by = parseOrder(query);
  const limit = parseLimit(query, 10, MOST_ROWS);
  const filter = await parseFilter(store, gateway, query);
  const question = { ...window, filter, latencies: true };
  const [found, all] = await Promise.all([store.analytics.top(gateway, { ...question, groupBy, by, limit }), store.analytics.totals(gateway, { ...question, groupBy: [] })]);
  const names = new EntityNames();
  for (const { key } of found.groups) wantNames(names, groupBy, key);
  wantSilent(names, found.coverage, nowMs);
  await names.read(store, gateway);
  const [total] = all.groups;
  return ok({
    ...showCoverage(names, found.coverage, window, nowMs),
    order: by,
    data: found.groups.map((group) => ({ group: showGroup(names, groupBy, group.key), ...showCounts(group), ...showLatencies(group.latencies) })),
    // Of all requests that the filters let through.
    total: { ...showCounts(found.total), ...showLatencies(total?.latencies) },
    group_count: found.groupCount,
    ranked_among: found.candidates,
    next: null,
  });
}

function parseOrder(query: URLSearchParams): RankedBy {
  const text = (query.get('order') ?? 'requests').replaceAll('_', '-');
  const order = ORDERS.find((known) => known === text);
  if (order === undefined) throw invalidQuery('options', 'order', `expected one of: ${ORDERS.join(', ')}`);
  return order;
}

async function readTargets(store: AnalyticsSources, nowMs: number, { gateway, query }: GatewayRequest): Promise<Answer> {
  const window = parseWindow(query, nowMs);
  const limit = parseLimit(query, 100, MOST_ROWS);
  const upstream = query.get('upstream');
  if (upstream === '') throw invalidQuery('options', 'upstream', 'is empty; it is the name of an upstream, or the host of a service');
  const { targets, coverage } = await store.analytics.targets(gateway, { ...window, limit, ...(upstream === null ? {} : { upstream }) });
  const names = new EntityNames();
  wantSilent(names, coverage, nowMs);
  await names.read(store, gateway);
  const sum = (name: 'attempts' | 'failed' | 'status5xx'): number => targets.reduce((total, target) => total + target[name], 0);
  const total = { attempts: sum('attempts'), failed: sum('failed'), status5xx: sum('status5xx') };
  return ok({
    ...showCoverage(names, coverage, window, nowMs),
    data: targets.map((target) => ({
      // Null: those beyond what a data plane tells apart.
      group: target.upstream === '' ? null : { upstream: target.upstream, target: target.target, address: target.address },
      ...showAttempts(target), latency_ms: showQuantiles(target.latency),
    })),
    total: showAttempts(total),
    next: null,
  });
}

function showAttempts({ attempts, failed, status5xx }: Pick<TargetTotal, 'attempts' | 'failed' | 'status5xx'>): { readonly attempts: number; readonly failed: number; readonly status_5xx: number; readonly error_rate: number | null } {
  return { attempts, failed, status_5xx: status5xx, error_rate: attempts === 0 ? null : (failed + status5xx) / attempts };
}

async function readVersions(store: AnalyticsSources, nowMs: number, { gateway, query }: GatewayRequest): Promise<Answer> {
  const window = parseWindow(query, nowMs);
  const limit = parseLimit(query, 100, MOST_ROWS);
  const routes = await parseThings(store, gateway, query, 'route');
  const rows = await store.analytics.routeVersionErrors(gateway, { ...window, limit, ...(routes === undefined ? {} : { routes }) });
  const names = new EntityNames();
  for (const { routeId } of rows) names.want('route', routeId);
  await names.read(store, gateway);
  return ok({
    from: window.from.toISOString(), to: window.to.toISOString(),
    data: rows.map(({ routeId, version, failed, failedHere }) => ({ route: names.show(routeId), version: showVersion(version), failed, failed_here: failedHere })),
    next: null,
  });
}
