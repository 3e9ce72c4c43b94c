/**
 * What was counted and measured between two folds, of all threads: what comes from their tables is added here, and becomes the rows of
 * batches (slice-batches.ts) and the totals for /metrics (running-totals.ts). Counts have no bound but the keys that were met; latencies
 * have: rows beyond MAXIMUM_LATENCY_ROWS put theirs into one for all, `overflow`.
 */
import { LatencySketch } from '../../shared/telemetry/latency-sketch.ts';
import { formatVersion } from '../../shared/model/version.ts';
import type { RouteVersionRow, VersionRow } from '../../shared/wire/telemetry-codec.ts';
import { addVersionRow, keyOfTargetRow } from '../../shared/wire/telemetry-merge.ts';
import { LatencyTriple } from './latency-triple.ts';
import type { TargetCounts, TargetKey } from './target-table.ts';
import type { NamedUsageKey, UsageCounts } from './usage-table.ts';

/** Rows with latencies of their own between two folds: some 2 MB of memory while they are open, and as much in the spool at most. */
export const MAXIMUM_LATENCY_ROWS = 2_000;

/** As many as /metrics tells of; the others are one, by the name OVERFLOW. */
const MAXIMUM_OVERFLOW_ROUTES = 10_000;
/** Instead of the route, the consumer or the target of what is beyond a bound. */
export const OVERFLOW = 'overflow';

export interface FoldedUsage extends NamedUsageKey, UsageCounts {
  /** Undefined where nothing was measured, and beyond the bound. */
  latencies: LatencyTriple | undefined;
}

export interface FoldedTarget extends TargetKey, TargetCounts {
  latency: LatencySketch;
  /** Sum of what is in the sketch. */
  latencyMicros: number;
}

export const NOTHING: Readonly<UsageCounts> = { requests: 0, wentUpstream: 0, bytesIn: 0, bytesOut: 0, durationMicros: 0, upstreamMicros: 0, gatewayMicros: 0 };

export class FoldedCounts {
  readonly usage = new Map<string, FoldedUsage>();
  readonly versions = new Map<string, VersionRow>();
  readonly targets = new Map<string, FoldedTarget>();
  readonly routeVersions = new Map<string, RouteVersionRow>();
  /** What could not be kept, by reason. */
  readonly drops = new Map<string, number>();
  overflow: LatencyTriple | undefined;
  /** What is in `overflow`, by route. */
  readonly overflowByRoute = new Map<string, LatencyTriple>();
  #latencyRows = 0;
  /** By the object that a table's reader has for a key: names are made once per fold, not once per sample. */
  readonly #targetRows = new Map<TargetKey, FoldedTarget>();

  addCounts(key: NamedUsageKey, counts: Readonly<UsageCounts>): void {
    addTo(this.#rowOf(key), counts);
  }

  /** Of one request, microseconds; `upstream` NO_VALUE where none was asked. */
  addLatency(key: NamedUsageKey, request: number, upstream: number, gateway: number): void {
    const row = this.#rowOf(key);
    const own = row.latencies ?? this.#newLatencies(row);
    if (own !== undefined) return own.add(request, upstream, gateway);
    (this.overflow ??= new LatencyTriple()).add(request, upstream, gateway);
    this.#overflowOf(row.routeId).add(request, upstream, gateway);
  }

  addTargetCounts(key: TargetKey, counts: Readonly<TargetCounts>): void {
    const row = this.#targetOf(key);
    row.attempts += counts.attempts;
    row.failed += counts.failed;
    row.status5xx += counts.status5xx;
  }

  addTargetLatency(key: TargetKey, micros: number): void {
    const row = this.#targetOf(key);
    row.latency.add(micros);
    row.latencyMicros += micros;
  }

  addVersion(row: VersionRow): void {
    addVersionRow(this.versions, row);
  }

  addRouteVersion(row: RouteVersionRow): void {
    const name = `${row.routeId}/${formatVersion(row.version)}`;
    const sum = this.routeVersions.get(name);
    this.routeVersions.set(name, sum === undefined ? row : { ...row, failed: sum.failed + row.failed, failedHere: sum.failedHere + row.failedHere });
  }

  addDrops(reason: string, count: number): void {
    if (count > 0) this.drops.set(reason, (this.drops.get(reason) ?? 0) + count);
  }

  /** Adds all of a later one, which is not used any more. */
  absorb(later: FoldedCounts): void {
    for (const row of later.usage.values()) {
      this.addCounts(row, row);
      if (row.latencies === undefined) continue;
      const own = this.#rowOf(row);
      const mine = own.latencies ?? this.#newLatencies(own);
      (mine ?? (this.overflow ??= new LatencyTriple())).merge(row.latencies);
      if (mine === undefined) this.#overflowOf(row.routeId).merge(row.latencies);
    }
    if (later.overflow !== undefined) (this.overflow ??= new LatencyTriple()).merge(later.overflow);
    for (const [routeId, latencies] of later.overflowByRoute) this.#overflowOf(routeId).merge(latencies);
    for (const row of later.versions.values()) this.addVersion(row);
    for (const row of later.routeVersions.values()) this.addRouteVersion(row);
    for (const row of later.targets.values()) {
      this.addTargetCounts(row, row);
      const own = this.#targetOf(row);
      own.latency.merge(row.latency);
      own.latencyMicros += row.latencyMicros;
    }
    for (const [reason, count] of later.drops) this.addDrops(reason, count);
    // Rows of `later` served as keys here: they must not keep it.
    this.#targetRows.clear();
  }

  /** Requests in it. */
  get requests(): number {
    let sum = 0;
    for (const row of this.usage.values()) sum += row.requests;
    return sum;
  }

  get isEmpty(): boolean {
    return this.usage.size === 0 && this.versions.size === 0 && this.targets.size === 0 && this.routeVersions.size === 0 && this.drops.size === 0 && this.overflow === undefined;
  }

  #rowOf(key: NamedUsageKey): FoldedUsage {
    const { name, routeId, consumerId, status } = key;
    let row = this.usage.get(name);
    if (row === undefined) this.usage.set(name, (row = { name, routeId, consumerId, status, requests: 0, wentUpstream: 0, bytesIn: 0, bytesOut: 0, durationMicros: 0, upstreamMicros: 0, gatewayMicros: 0, latencies: undefined }));
    return row;
  }

  #newLatencies(row: FoldedUsage): LatencyTriple | undefined {
    if (this.#latencyRows === MAXIMUM_LATENCY_ROWS) return undefined;
    this.#latencyRows += 1;
    row.latencies = new LatencyTriple();
    return row.latencies;
  }

  #overflowOf(routeId: string): LatencyTriple {
    const name = this.overflowByRoute.size < MAXIMUM_OVERFLOW_ROUTES || this.overflowByRoute.has(routeId) ? routeId : OVERFLOW;
    let own = this.overflowByRoute.get(name);
    if (own === undefined) this.overflowByRoute.set(name, (own = new LatencyTriple()));
    return own;
  }

  #targetOf(key: TargetKey): FoldedTarget {
    const known = this.#targetRows.get(key);
    if (known !== undefined) return known;
    const name = keyOfTargetRow(key);
    let row = this.targets.get(name);
    if (row === undefined) this.targets.set(name, (row = { upstream: key.upstream, target: key.target, address: key.address, attempts: 0, failed: 0, status5xx: 0, latency: new LatencySketch(), latencyMicros: 0 }));
    this.#targetRows.set(key, row);
    return row;
  }
}

export function addTo(sum: UsageCounts, counts: Readonly<UsageCounts>): void {
  sum.requests += counts.requests;
  sum.wentUpstream += counts.wentUpstream;
  sum.bytesIn += counts.bytesIn;
  sum.bytesOut += counts.bytesOut;
  sum.durationMicros += counts.durationMicros;
  sum.upstreamMicros += counts.upstreamMicros;
  sum.gatewayMicros += counts.gatewayMicros;
}
