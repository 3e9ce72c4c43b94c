/**
 * Answers of analytics-store.ts: counts are grouped and ranked in SQL on narrow rows; sketches are read for the groups that are answered,
 * and merged here, a few hundred at a time. Everything of one answer is of one snapshot.
 */
import { escapeLiteral } from 'pg';
import type { Clock } from '../../shared/clock.ts';
import type { AnalyticsQuery, AnalyticsStore, Counts, Group, LatencyQuantiles, Point, RankedBy, Series, TopAnswer, TopQuery } from './analytics-store.ts';
import { readCoverage } from './coverage.ts';
import type { Database, Transaction } from './database.ts';
import { filterConditions, filterOf, groupExpressions, takesOverflow, type KeyColumn } from './group-expressions.ts';
import { PackSum } from './latency-pack.ts';
import { quantilesOf, resolutionFor, seriesWindow, windowOf, type PlannedWindow } from './planned-window.ts';
import type { RetentionTimes } from './retention-levels.ts';
import type { GatewayScope } from './scope.ts';
import { readRouteVersionErrors, readTargets, readVitals, readVitalsHistory } from './target-queries.ts';
import { CLASS_OF, readMarks, rowsOf } from './usage-rows.ts';
import type { Marks } from './window-plan.ts';

/** Groups with most requests, among which those of the largest quantiles are found: each costs its sketches. */
const QUANTILE_CANDIDATES = 200;
const MOST_GROUPS = 10_000;
/** Sketches that are read before the event loop gets its turn. */
const FETCHED = 300;
const COUNTS: readonly (readonly [name: keyof Counts, sum: string])[] = [
  ['requests', 'sum(requests)'],
  ['errors', `coalesce(sum(requests) FILTER (WHERE ${CLASS_OF} = 5), 0)`],
  ['clientErrors', `coalesce(sum(requests) FILTER (WHERE ${CLASS_OF} = 4), 0)`],
  ['aborted', 'coalesce(sum(requests) FILTER (WHERE status = 0), 0)'],
  ['bytesIn', 'sum(bytes_in)'], ['bytesOut', 'sum(bytes_out)'], ['requestMicros', 'sum(request_us)'], ['upstreamMicros', 'sum(upstream_us)'], ['gatewayMicros', 'sum(gateway_us)'],
];
const NOTHING: Counts = { requests: 0, errors: 0, clientErrors: 0, aborted: 0, bytesIn: 0, bytesOut: 0, requestMicros: 0, upstreamMicros: 0, gatewayMicros: 0 };
const RANKS: Readonly<Record<Exclude<RankedBy, `p${number}`>, string>> = { requests: '"requests"', errors: '"errors"', 'error-rate': '"errors"::float8 / greatest("requests", 1)', bytes: '"bytesIn" + "bytesOut"' };

type CountRow = { readonly [Name in keyof Counts]: string | number } & { readonly group_count: string | number; readonly bucket?: Date } & { readonly [key: string]: unknown };

export function createAnalyticsStore(database: Database, clock: Clock, retention: RetentionTimes): AnalyticsStore {
  const inSnapshot = <T>({ tenantId }: GatewayScope, work: (transaction: Transaction) => Promise<T>): Promise<T> =>
    database.transaction({ role: 'holdfast_app', tenantId, mode: 'snapshot' }, (transaction) => {
      // Groups of a window are kept in memory until they are ranked: what Postgres allows by itself it would spill to disk.
      transaction.send("SET LOCAL work_mem = '32MB'", []);
      // Of ten of 10,000 series over a day workers make no more than half of the sum, and take longer to begin than that saves.
      transaction.send('SET LOCAL max_parallel_workers_per_gather = 0', []);
      return work(transaction);
    });

  const ranked = (scope: GatewayScope, query: AnalyticsQuery, by: RankedBy, limit: number): Promise<TopAnswer> =>
    inSnapshot(scope, async (transaction) => {
      const marks = await readMarks(transaction, scope, 'usage', clock.nowMs(), retention);
      const window = windowOf(query, resolutionFor(query, marks), marks);
      const keys = groupExpressions(scope, query.groupBy);
      const isQuantile = by.startsWith('p');
      const wanted = Math.min(isQuantile ? Math.max(limit, QUANTILE_CANDIDATES) : limit, MOST_GROUPS);
      const rows = await transaction.query<CountRow>(countsQuery(scope, query, window, marks, keys, RANKS[isQuantile ? 'requests' : (by as keyof typeof RANKS)], wanted));
      const groups = rows.filter(({ group_count: count }) => Number(count) > 0).map((row): Group => ({ key: keyOf(row, keys), ...countsOf(row, ''), latencies: undefined }));
      const withLatencies = query.latencies || isQuantile ? await addLatencies(transaction, scope, query, window, marks, keys, groups) : groups;
      const answered = (isQuantile ? byQuantile(withLatencies, by) : withLatencies).slice(0, limit);
      const [first] = rows;
      const groupCount = Number(first?.group_count ?? 0);
      return {
        groups: keys.length === 0 && answered.length === 0 ? [{ key: [], ...NOTHING, latencies: undefined }] : answered,
        groupCount,
        candidates: isQuantile ? Math.min(wanted, groupCount) : groupCount,
        total: first === undefined ? NOTHING : countsOf(first, 'total_'),
        coverage: await readCoverage(transaction, scope, window, marks, clock.nowMs()),
      };
    });

  return {
    totals: (scope, query, limit = MOST_GROUPS) => ranked(scope, query, 'requests', limit),
    top: (scope, query: TopQuery) => ranked(scope, query, query.by, query.limit),

    series: (scope, query) =>
      inSnapshot(scope, async (transaction) => {
        const marks = await readMarks(transaction, scope, 'usage', clock.nowMs(), retention);
        const { window, stepMs } = seriesWindow(query, marks);
        const keys = groupExpressions(scope, query.groupBy);
        const ranks = await transaction.query<CountRow>(countsQuery(scope, query, window, marks, keys, RANKS.requests, Math.min(query.limit, MOST_GROUPS)));
        const groups = ranks.filter(({ group_count: count }) => Number(count) > 0).map((row): Group => ({ key: keyOf(row, keys), ...countsOf(row, ''), latencies: undefined }));
        const points = await pointsOf(transaction, scope, query, window, marks, keys, groups, stepMs);
        return {
          stepMs,
          series: groups.map((group, index): Series => ({ key: group.key, points: points[index] ?? [] })),
          groupCount: Number(ranks[0]?.group_count ?? 0),
          coverage: await readCoverage(transaction, scope, window, marks, clock.nowMs()),
        };
      }),

    targets: (scope, window) => inSnapshot(scope, (transaction) => readTargets(transaction, scope, window, clock.nowMs(), retention)),
    routeVersionErrors: (scope, window) => inSnapshot(scope, (transaction) => readRouteVersionErrors(transaction, scope, window)),
    vitals: (scope) => inSnapshot(scope, (transaction) => readVitals(transaction, scope)),
    vitalsHistory: (scope, dataPlaneId, from, to) => inSnapshot(scope, (transaction) => readVitalsHistory(transaction, scope, dataPlaneId, from, to)),
  };
}

/** Groups of the window, ranked, with the sums of all groups beside each. */
function countsQuery(scope: GatewayScope, query: AnalyticsQuery, { plan }: PlannedWindow, marks: Marks, keys: readonly KeyColumn[], rank: string, limit: number): string {
  // By what rows have first: joins and labels are for groups, not for rows.
  const own = [...new Set([...keys.map(({ column }) => column), 'status'])];
  const narrow = rowsOf(scope, plan, marks, { latencies: false, conditions: filterConditions(scope, query.filter), addedUpBy: own });
  const names = keys.map(({ name }) => name);
  // Rows of no status have latencies alone, and no counts: a condition would be asked of each row.
  return `WITH groups AS (SELECT ${[...keys.map(({ name, expression }) => `${expression} AS ${name}`), ...COUNTS.map(([name, sum]) => `(${sum})::bigint AS "${name}"`)].join(', ')}
      FROM (${narrow}) AS r ${[...new Set(keys.map(({ join }) => join))].join(' ')} ${names.length === 0 ? '' : `GROUP BY ${names.join(', ')}`} HAVING bool_or(status >= 0))
    SELECT *, count(*) OVER () AS group_count, ${COUNTS.map(([name]) => `sum("${name}") OVER () AS "total_${name}"`).join(', ')}
    FROM groups ORDER BY ${[`${rank} DESC`, ...names].join(', ')} LIMIT ${limit}`;
}

interface PackRow {
  readonly place: number;
  readonly bucket?: Date;
  readonly latencies: Uint8Array;
}

/** Reads the sketches of some groups, by step where one is given. */
async function eachPack(transaction: Transaction, scope: GatewayScope, query: AnalyticsQuery, { plan }: PlannedWindow, marks: Marks, keys: readonly KeyColumn[], groups: readonly Group[], stepMs: number | undefined, take: (row: PackRow) => void): Promise<void> {
  if (groups.length === 0) return;
  const overflow = takesOverflow(query) ? [] : ['status >= 0'];
  const conditions = [...overflow, ...filterConditions(scope, query.filter), ...filterConditions(scope, filterOf(query.groupBy, groups.map(({ key }) => key)))];
  const rows = rowsOf(scope, plan, marks, { latencies: true, conditions });
  const values = groups.map(({ key }, index) => `(${index}, ${arrayOf(key.map((part) => (part === null ? 'NULL' : escapeLiteral(part))))})`);
  // Arrays are equal where both have null, and can be hashed: IS NOT DISTINCT FROM would compare each row with each group.
  await transaction.query(
    `DECLARE packs NO SCROLL CURSOR FOR WITH k (place, key) AS (VALUES ${values.join(', ')})
     SELECT k.place, ${stepMs === undefined ? '' : `${bucketOf(stepMs)} AS bucket, `}latencies FROM (${rows}) AS r ${[...new Set(keys.map(({ join }) => join))].join(' ')} JOIN k ON k.key = ${arrayOf(keys.map(({ expression }) => expression))} WHERE latencies IS NOT NULL`);
  for (;;) {
    const packs = await transaction.query<PackRow>(`FETCH ${FETCHED} FROM packs`);
    for (const row of packs) take(row);
    if (packs.length < FETCHED) break;
    await new Promise<void>((resolve) => void setImmediate(resolve));
  }
  await transaction.query('CLOSE packs');
}

function arrayOf(parts: readonly string[]): string {
  return `ARRAY[${parts.join(', ')}]::text[]`;
}

function bucketOf(stepMs: number): string {
  return `date_bin('${stepMs} milliseconds', at, '1970-01-01T00:00:00Z'::timestamptz)`;
}

async function addLatencies(transaction: Transaction, scope: GatewayScope, query: AnalyticsQuery, window: PlannedWindow, marks: Marks, keys: readonly KeyColumn[], groups: readonly Group[]): Promise<readonly Group[]> {
  const packs = groups.map(() => new PackSum(3));
  await eachPack(transaction, scope, query, window, marks, keys, groups, undefined, ({ place, latencies }) => packs[place]?.add(latencies));
  return groups.map((group, index) => ({ ...group, latencies: latenciesOf(packs[index]) }));
}

async function pointsOf(transaction: Transaction, scope: GatewayScope, query: AnalyticsQuery, window: PlannedWindow, marks: Marks, keys: readonly KeyColumn[], groups: readonly Group[], stepMs: number): Promise<readonly (readonly Point[])[]> {
  if (groups.length === 0) return [];
  const rows = rowsOf(scope, window.plan, marks, { latencies: false, conditions: ['status >= 0', ...filterConditions(scope, query.filter)] });
  const places = new Map(groups.map(({ key }, index) => [JSON.stringify(key), index]));
  const own = [...new Set([...keys.map(({ column }) => column), 'status'])].join(', ');
  const counted = await transaction.query<CountRow>(
    `WITH narrow AS (SELECT ${bucketOf(stepMs)} AS bucket, ${own}, ${['requests', 'bytes_in', 'bytes_out', 'request_us', 'upstream_us', 'gateway_us'].map((name) => `sum(${name})::bigint AS ${name}`).join(', ')}
       FROM (${rows}) AS r GROUP BY 1, ${own})
     SELECT bucket, 1 AS group_count, ${[...keys.map(({ name, expression }) => `${expression} AS ${name}`), ...COUNTS.map(([name, sum]) => `(${sum})::bigint AS "${name}"`)].join(', ')}
     FROM narrow AS r ${[...new Set(keys.map(({ join }) => join))].join(' ')} GROUP BY ${['bucket', ...keys.map(({ name }) => name)].join(', ')} ORDER BY bucket`);
  const packs = new Map<string, PackSum>();
  if (query.latencies) {
    await eachPack(transaction, scope, query, window, marks, keys, groups, stepMs, ({ place, bucket, latencies }) => {
      const name = `${place}/${bucket?.getTime() ?? 0}`;
      const sum = packs.get(name) ?? new PackSum(3);
      sum.add(latencies);
      packs.set(name, sum);
    });
  }
  const points: Point[][] = groups.map(() => []);
  for (const row of counted) {
    const place = places.get(JSON.stringify(keyOf(row, keys)));
    const at = row.bucket ?? new Date(window.plan.fromMs);
    if (place !== undefined) points[place]?.push({ at, ...countsOf(row, ''), latencies: query.latencies ? latenciesOf(packs.get(`${place}/${at.getTime()}`)) : undefined });
  }
  return points;
}

function byQuantile(groups: readonly Group[], by: RankedBy): readonly Group[] {
  const value = ({ latencies }: Group): number => (by === 'p50' || by === 'p90' || by === 'p95' || by === 'p99' ? (latencies?.request?.[by] ?? -1) : 0);
  return groups.toSorted((a, b) => value(b) - value(a));
}

function keyOf(row: CountRow, keys: readonly KeyColumn[]): readonly (string | null)[] {
  return keys.map(({ name }) => {
    const part = row[name];
    return typeof part === 'string' ? part : null;
  });
}

function countsOf(row: CountRow, prefix: '' | 'total_'): Counts {
  const value = (name: keyof Counts): number => Number(row[`${prefix}${name}`]);
  return {
    requests: value('requests'), errors: value('errors'), clientErrors: value('clientErrors'), aborted: value('aborted'), bytesIn: value('bytesIn'), bytesOut: value('bytesOut'),
    requestMicros: value('requestMicros'), upstreamMicros: value('upstreamMicros'), gatewayMicros: value('gatewayMicros'),
  };
}

function latenciesOf(pack: PackSum | undefined): LatencyQuantiles {
  const [request, upstream, gateway] = pack?.sketches() ?? [];
  return { request: quantilesOf(request), upstream: quantilesOf(upstream), gateway: quantilesOf(gateway) };
}
