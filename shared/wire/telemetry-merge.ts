/**
 * Several telemetry batches, rows or sketches made one: counts are added up, so totals stay exact, and what is given up is detail in
 * time. Pure. Used by the data plane where it folds and spools; bounds of the small tables are kept here, with a row for what is beyond.
 */
import { defined } from '../assert.ts';
import { compareVersions, formatVersion, NO_VERSION } from '../model/version.ts';
import { LatencySketch } from '../telemetry/latency-sketch.ts';
import type { Latencies, RouteVersionRow, TargetRow, TelemetryBatch, UsageRow, VersionRow } from './telemetry-codec.ts';

/** Targets of one batch at most, the one for those beyond it among them. */
export const MAXIMUM_TARGET_ROWS = 500;
/** Routes with failures by version, of one batch at most. */
export const MAXIMUM_ROUTE_VERSION_ROWS = 500;
/** Versions of one batch at most, NO_VERSION among them: what matters is the last two. */
export const MAXIMUM_VERSION_ROWS = 16;

const NO_BYTES = new Uint8Array(0);

/**
 * One batch over the whole span of several: rows of the same key are added up, so totals stay exact while detail in
 * time is given up. The version is the last one's.
 */
export function mergeTelemetryBatches(batches: readonly TelemetryBatch[]): TelemetryBatch {
  const drops = new Map<string, number>();
  for (const { reason, count } of batches.flatMap((batch) => batch.drops)) drops.set(reason, (drops.get(reason) ?? 0) + count);
  return {
    fromMs: batches.length === 0 ? 0 : Math.min(...batches.map((batch) => batch.fromMs)),
    toMs: Math.max(0, ...batches.map((batch) => batch.toMs)),
    version: batches.at(-1)?.version ?? NO_VERSION,
    usage: mergeUsage(batches.flatMap((batch) => batch.usage)),
    versions: boundVersionRows(batches.flatMap((batch) => batch.versions)),
    drops: [...drops].map(([reason, count]) => ({ reason, count })),
    crashGaps: batches.flatMap((batch) => batch.crashGaps),
    targets: mergeTargets(batches.flatMap((batch) => batch.targets)),
    routeVersions: mergeRouteVersions(batches.flatMap((batch) => batch.routeVersions)),
    overflow: mergeLatencies(batches.map((batch) => batch.overflow)),
    vitals: batches.findLast((batch) => batch.vitals !== undefined)?.vitals,
  };
}

/** The latencies of all rows in the one of the whole batch: what is given up where space is short. Counts stay as they are. */
export function withoutRowLatencies(batch: TelemetryBatch): TelemetryBatch {
  return { ...batch, overflow: mergeLatencies([batch.overflow, ...batch.usage.map((row) => row.latencies)]), usage: batch.usage.map((row) => ({ ...row, latencies: undefined })) };
}

function mergeUsage(rows: readonly UsageRow[]): readonly UsageRow[] {
  return [...Map.groupBy(rows, keyOfUsageRow).values()].map((group): UsageRow => {
    const first = defined(group[0], 'a group has a row');
    if (group.length === 1) return first;
    return {
      ...first,
      requests: sum(group, 'requests'),
      bytesIn: sum(group, 'bytesIn'),
      bytesOut: sum(group, 'bytesOut'),
      durationMicros: sum(group, 'durationMicros'),
      upstreamMicros: sum(group, 'upstreamMicros'),
      gatewayMicros: sum(group, 'gatewayMicros'),
      latencies: mergeLatencies(group.map((row) => row.latencies)),
    };
  });
}

/** Undefined where none has any. */
export function mergeLatencies(all: readonly (Latencies | undefined)[]): Latencies | undefined {
  const some = all.filter((one) => one !== undefined);
  if (some.length < 2) return some[0];
  return { request: mergeSketches(some.map((one) => one.request)), upstream: mergeSketches(some.map((one) => one.upstream)), gateway: mergeSketches(some.map((one) => one.gateway)) };
}

/** Of encoded sketches, empty ones among them, one that has all their values. */
export function mergeSketches(all: readonly Uint8Array[]): Uint8Array {
  const some = all.filter((bytes) => bytes.length > 0);
  const [only] = some;
  if (some.length < 2) return only ?? NO_BYTES;
  const sketch = new LatencySketch();
  for (const bytes of some) sketch.mergeEncoded(bytes);
  return sketch.encode();
}

/** One row for each target, MAXIMUM_TARGET_ROWS at most: the rest is one row, without names. */
export function mergeTargets(rows: readonly TargetRow[]): readonly TargetRow[] {
  const groups = Map.groupBy(rows, keyOfTargetRow);
  const merged = [...groups.values()].map((group): TargetRow => ({ ...defined(group[0], 'a group has a row'), attempts: sum(group, 'attempts'), failed: sum(group, 'failed'), status5xx: sum(group, 'status5xx'), latency: mergeSketches(group.map((row) => row.latency)) }));
  if (merged.length <= MAXIMUM_TARGET_ROWS) return merged;
  const kept = merged.filter((row) => row.upstream !== '');
  return [...kept.slice(0, MAXIMUM_TARGET_ROWS - 1), ...mergeTargets([...kept.slice(MAXIMUM_TARGET_ROWS - 1), ...merged.filter((row) => row.upstream === '')].map((row) => ({ ...row, upstream: '', target: '', address: '' })))];
}

/** One row for each route of the newest two versions, MAXIMUM_ROUTE_VERSION_ROWS at most: of those beyond, one row for each version. */
export function mergeRouteVersions(rows: readonly RouteVersionRow[]): readonly RouteVersionRow[] {
  const newest = new Set(rows.map((row) => formatVersion(row.version))).size <= 2 ? rows : ofNewestTwo(rows);
  const groups = Map.groupBy(newest, (row) => `${row.routeId}/${formatVersion(row.version)}`);
  const merged = [...groups.values()].map((group): RouteVersionRow => ({ ...defined(group[0], 'a group has a row'), failed: sum(group, 'failed'), failedHere: sum(group, 'failedHere') }));
  if (merged.length <= MAXIMUM_ROUTE_VERSION_ROWS) return merged;
  const most = merged.toSorted((a, b) => b.failed - a.failed);
  return [...most.slice(0, MAXIMUM_ROUTE_VERSION_ROWS - 2), ...mergeRouteVersions(most.slice(MAXIMUM_ROUTE_VERSION_ROWS - 2).map((row) => ({ ...row, routeId: '' })))];
}

/** It is a table for comparing what serves with what served before. */
function ofNewestTwo(rows: readonly RouteVersionRow[]): readonly RouteVersionRow[] {
  const [first, second] = rows.map((row) => row.version).toSorted((a, b) => compareVersions(b, a)).filter((version, index, all) => index === 0 || compareVersions(version, defined(all[index - 1], 'one before')) !== 0);
  return rows.filter(({ version }) => [first, second].some((one) => one !== undefined && compareVersions(one, version) === 0));
}

function sum<Name extends string>(rows: readonly Readonly<Record<Name, number>>[], name: Name): number {
  return rows.reduce((total, row) => total + row[name], 0);
}

export function keyOfTargetRow({ upstream, target, address }: Pick<TargetRow, 'upstream' | 'target' | 'address'>): string {
  return `${upstream}\0${target}\0${address}`;
}

/**
 * One row for each version, newest first, MAXIMUM_VERSION_ROWS at most: the oldest beyond it go into that of NO_VERSION, which
 * comes last, so that the sum over all stays exact.
 */
export function boundVersionRows(rows: readonly VersionRow[]): readonly VersionRow[] {
  const sums = new Map<string, VersionRow>();
  for (const row of rows) addVersionRow(sums, row);
  const newestFirst = [...sums.values()].toSorted((a, b) => compareVersions(b.version, a.version));
  if (newestFirst.length <= MAXIMUM_VERSION_ROWS) return newestFirst;
  const older = newestFirst.slice(MAXIMUM_VERSION_ROWS - 1).reduce(addRows);
  return [...newestFirst.slice(0, MAXIMUM_VERSION_ROWS - 1), { ...older, version: NO_VERSION }];
}

/** Adds a row to the one of its version. */
export function addVersionRow(sums: Map<string, VersionRow>, row: VersionRow): void {
  const name = formatVersion(row.version);
  const sum = sums.get(name);
  sums.set(name, sum === undefined ? row : addRows(sum, row));
}

function addRows(a: VersionRow, b: VersionRow): VersionRow {
  return { version: a.version, requests: a.requests + b.requests, failed: a.failed + b.failed, failedHere: a.failedHere + b.failedHere };
}

/** What a row counts for: rows of one key are added up. */
export function keyOfUsageRow({ routeId, consumerId, status }: Pick<UsageRow, 'routeId' | 'consumerId' | 'status'>): string {
  return `${routeId}/${consumerId}/${status}`;
}

/** All requests of a batch: what T3 adds up. */
export function requestsIn(batch: TelemetryBatch): number {
  return batch.usage.reduce((sum, row) => sum + row.requests, 0);
}
