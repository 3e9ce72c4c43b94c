/**
 * How `/v1/analytics/…` says what the store found: groups with names beside ids, latencies in milliseconds, and with every answer
 * how finely it was added up and what is known to be missing from it. Called by analytics-routes.ts.
 */
import type { JsonObject, JsonValue } from '../../../shared/model/definition.ts';
import type { Counts, Coverage, Dimension, LatencyQuantiles, Quantiles } from '../../store/analytics-store.ts';
import { errorRate, inMilliseconds } from './analytics-query.ts';
import type { EntityNames } from './entity-names.ts';
import { showTime } from './own-values.ts';

/** Counts of a data plane that is well arrive within this. */
const USUAL_DELAY_MS = 15_000;
/** Data planes named; more are counted. */
const NAMED = 20;

type Key = readonly (string | null)[];

export function wantNames(names: EntityNames, groupBy: readonly Dimension[], key: Key): void {
  for (const [at, dimension] of groupBy.entries()) {
    const id = key[at] ?? null;
    if (dimension === 'route' || dimension === 'service' || dimension === 'consumer') names.want(dimension, id);
    else if (dimension === 'data-plane') names.wantDataPlane(id);
  }
}

export function showGroup(names: EntityNames, groupBy: readonly Dimension[], key: Key): JsonObject {
  return Object.fromEntries(groupBy.map((dimension, at) => [parameterOf(dimension), showKey(names, dimension, key[at] ?? null)]));
}

/** As group_by has it: `data_plane`, `label.zone`. */
function parameterOf(dimension: Dimension): string {
  return dimension.startsWith('label:') ? `label.${dimension.slice('label:'.length)}` : dimension.replace('-', '_');
}

function showKey(names: EntityNames, dimension: Dimension, value: string | null): JsonValue {
  switch (dimension) {
    case 'route':
    case 'service':
    case 'consumer':
      return names.show(value);
    case 'data-plane':
      return names.showDataPlane(value);
    case 'status':
      return value === null || value === '0' ? 'none' : Number(value);
    case 'status-class':
      return value === null || value === '0' ? 'none' : `${value}xx`;
    default:
      return value;
  }
}

export function showCounts(counts: Counts): JsonObject {
  return {
    requests: counts.requests, errors: counts.errors, error_rate: errorRate(counts), client_errors: counts.clientErrors, aborted: counts.aborted,
    bytes_in: counts.bytesIn, bytes_out: counts.bytesOut,
  };
}

export function showLatencies(latencies: LatencyQuantiles | undefined): JsonObject {
  return { request_ms: showQuantiles(latencies?.request), upstream_ms: showQuantiles(latencies?.upstream), gateway_ms: showQuantiles(latencies?.gateway) };
}

/** Null where nothing was measured. */
export function showQuantiles(quantiles: Quantiles | undefined): JsonValue {
  if (quantiles === undefined) return null;
  const { count, p50, p90, p95, p99 } = quantiles;
  return { count, p50: inMilliseconds(p50) ?? null, p90: inMilliseconds(p90) ?? null, p95: inMilliseconds(p95) ?? null, p99: inMilliseconds(p99) ?? null };
}

export function wantSilent(names: EntityNames, coverage: Coverage, nowMs: number): void {
  for (const { dataPlaneId } of silentOf(coverage, nowMs).slice(0, NAMED)) names.wantDataPlane(dataPlaneId);
}

/** `from` and `to` of what was added up, which is wider than what was asked for; how many seconds of it are counted; resolution; completeness. */
export function showCoverage(names: EntityNames, coverage: Coverage, asked: { readonly from: Date }, nowMs: number): JsonObject {
  const { from, to, keptFrom, missing } = coverage;
  const silent = silentOf(coverage, nowMs);
  return {
    from: showTime(from), to: showTime(to), seconds: secondsOf(coverage, nowMs), resolution: coverage.resolution,
    completeness: {
      // Drops have no time, and so count for no window in particular.
      complete: silent.length === 0 && missing.crashGaps.length === 0 && asked.from >= keptFrom,
      counted_until: showTime(coverage.countedUntil),
      kept_from: showTime(keptFrom),
      rolled_up_until: { hours: showTime(coverage.rolledUp.hours), days: showTime(coverage.rolledUp.days) },
      silent_count: silent.length,
      silent: silent.slice(0, NAMED).map(({ dataPlaneId, countedUntil }) => ({ ...names.showDataPlane(dataPlaneId), since: showTime(countedUntil) })),
      dropped: missing.drops.map(({ dataPlaneId, reason, count }) => ({ data_plane_id: dataPlaneId, reason, count })),
      crash_gaps: missing.crashGaps.map((gap) => ({ data_plane_id: gap.dataPlaneId, boot_id: gap.bootId, last_fold_at: showTime(gap.lastFoldAt), at_most_ms: gap.atMostMs, last_rate_per_second: gap.lastRatePerSecond })),
    },
  };
}

/** For rates: from where it is kept on; of a window that reaches to now, as far as is counted: the intervals that it was widened to are not over yet. */
export function secondsOf({ from, to, countedUntil, keptFrom }: Pick<Coverage, 'from' | 'to' | 'countedUntil' | 'keptFrom'>, nowMs: number): number {
  const counted = countedUntil?.getTime() ?? 0;
  const until = to.getTime() <= nowMs ? to.getTime() : counted < nowMs - USUAL_DELAY_MS ? nowMs : Math.min(counted, to.getTime());
  return Math.max(1_000, until - Math.max(from.getTime(), keptFrom.getTime())) / 1000;
}

/** Of a window that reaches to now the last seconds are always still to come. */
function silentOf({ to, missing }: Coverage, nowMs: number): Coverage['missing']['silent'] {
  const dueMs = Math.min(to.getTime(), nowMs - USUAL_DELAY_MS);
  return missing.silent.filter(({ countedUntil }) => countedUntil === undefined || countedUntil.getTime() < dueMs);
}
