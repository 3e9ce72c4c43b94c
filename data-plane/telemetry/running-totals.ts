/**
 * What was counted since the process started, for /metrics and /status. Fed by the agent at each fold; bounded (R5): rows beyond a bound
 * add to one that says so by the name OVERFLOW, and a row that has not moved for long gives its place up. What is a series by itself begins
 * anew then; what is part of a sum at the scrape goes into a remainder that is part of it too, so that no counter goes down.
 */
import { LatencySketch } from '../../shared/telemetry/latency-sketch.ts';
import { compareVersions, formatVersion, NO_VERSION, type ConfigVersion } from '../../shared/model/version.ts';
import { statusClassOf, type VersionRow } from '../../shared/wire/telemetry-codec.ts';
import { addVersionRow } from '../../shared/wire/telemetry-merge.ts';
import { addTo, NOTHING, OVERFLOW, type FoldedCounts, type FoldedTarget, type FoldedUsage } from './folded-counts.ts';
import { LatencyTriple } from './latency-triple.ts';
import type { TargetCounts, TargetKey } from './target-table.ts';
import type { UsageCounts, UsageKey } from './usage-table.ts';

/** Those of 10,000 routes. */
const MAXIMUM_ROUTE_TOTALS = 60_000;
const MAXIMUM_USAGE_TOTALS = 60_000;
const MAXIMUM_ROUTE_LATENCIES = 10_000;
const MAXIMUM_TARGET_TOTALS = 10_000;
/** The first that had requests have latencies of their own in /metrics (bounded-routes.ts); they never give their places up. The others share one series: some 20,000 lines of a scrape at most. */
export const ROUTES_WITH_HISTOGRAMS = 500;
/** A row that has not moved for so many folds may go where there is no room; looked for at most once in SWEEP_EVERY. */
const IDLE_FOLDS = 600;
const SWEEP_EVERY = 60;
/** Versions whose counts are kept: what serves, and what it is to be compared with. */
const VERSION_TOTALS = 2;

/** Of one route and class of statuses. */
export interface RouteTotal extends Readonly<UsageCounts> {
  readonly routeId: string;
  /** 1…5; 0 where no status was sent. */
  readonly statusClass: number;
}

export interface UsageTotal extends UsageKey, Readonly<UsageCounts> {}

export interface RouteLatency {
  readonly routeId: string;
  readonly request: LatencySketch;
  readonly upstream: LatencySketch;
  readonly gateway: LatencySketch;
  /** Microseconds, of the same values as are in the sketches. */
  readonly requestMicros: number;
  readonly upstreamMicros: number;
  readonly gatewayMicros: number;
}

export interface TargetTotal extends TargetKey, Readonly<TargetCounts> {
  readonly latency: LatencySketch;
  readonly latencyMicros: number;
}

class RouteTotals extends LatencyTriple implements RouteLatency {
  readonly routeId: string;

  constructor(routeId: string) {
    super();
    this.routeId = routeId;
  }
}

export class RunningTotals {
  readonly #servedVersion: () => ConfigVersion;
  readonly #classes = new BoundedRows<UsageCounts & Pick<RouteTotal, 'routeId' | 'statusClass'>>(MAXIMUM_ROUTE_TOTALS);
  readonly #usage = new BoundedRows<UsageKey & UsageCounts>(MAXIMUM_USAGE_TOTALS, { nameOf: ({ routeId, status }) => `${routeId}/${status}`, sumOf: sumOfUsage });
  readonly #routes = new BoundedRows<RouteTotals>(MAXIMUM_ROUTE_LATENCIES, { nameOf: () => OVERFLOW, sumOf: sumOfLatencies }, ROUTES_WITH_HISTOGRAMS);
  readonly #targets = new BoundedRows<TargetKey & TargetCounts & { latency: LatencySketch; latencyMicros: number }>(MAXIMUM_TARGET_TOTALS);
  readonly #versions = new Map<string, VersionRow>();

  constructor(servedVersion: () => ConfigVersion) {
    this.#servedVersion = servedVersion;
  }

  add(folded: FoldedCounts): void {
    for (const rows of [this.#classes, this.#usage, this.#routes, this.#targets]) rows.turn();
    for (const [name, row] of folded.usage) {
      this.#addClass(row);
      this.#addUsage(name, row);
      if (row.latencies !== undefined) this.#routeOf(row.routeId).merge(row.latencies);
    }
    for (const [routeId, latencies] of folded.overflowByRoute) this.#routeOf(routeId).merge(latencies);
    for (const [name, row] of folded.targets) this.#addTarget(name, row);
    for (const row of folded.versions.values()) this.#addVersion(row);
  }

  routes(): Iterable<RouteTotal> {
    return this.#classes.values();
  }

  usage(): Iterable<UsageTotal> {
    return this.#usage.values();
  }

  /** Of OVERFLOW there may be two. */
  routeLatencies(): Iterable<RouteLatency> {
    return this.#routes.values();
  }

  targets(): Iterable<TargetTotal> {
    return this.#targets.values();
  }

  /** Of the two newest versions that had requests, or of the newest and the one that serves; the newer last. */
  versions(): readonly VersionRow[] {
    return [...this.#versions.values()].toSorted((a, b) => compareVersions(a.version, b.version));
  }

  #addClass(row: FoldedUsage): void {
    const statusClass = statusClassOf(row.status);
    const make = (routeId: string): UsageCounts & Pick<RouteTotal, 'routeId' | 'statusClass'> => ({ routeId, statusClass, ...NOTHING });
    const sum = this.#classes.get(`${row.routeId}/${statusClass}`, () => make(row.routeId)) ?? this.#classes.getAlways(`${OVERFLOW}/${statusClass}`, () => make(OVERFLOW));
    addTo(sum, row);
  }

  #addUsage(name: string, row: FoldedUsage): void {
    const { routeId, consumerId, status } = row;
    const make = (key: UsageKey): UsageKey & UsageCounts => ({ ...key, ...NOTHING });
    const sum = this.#usage.get(name, () => make({ routeId, consumerId, status })) ?? this.#usage.getAlways(`${OVERFLOW}/${status}`, () => make({ routeId: OVERFLOW, consumerId: OVERFLOW, status }));
    addTo(sum, row);
  }

  #routeOf(routeId: string): RouteTotals {
    return this.#routes.get(routeId, () => new RouteTotals(routeId)) ?? this.#routes.getAlways(OVERFLOW, () => new RouteTotals(OVERFLOW));
  }

  #addTarget(name: string, row: FoldedTarget): void {
    const make = (key: TargetKey): TargetKey & TargetCounts & { latency: LatencySketch; latencyMicros: number } => ({ ...key, attempts: 0, failed: 0, status5xx: 0, latency: new LatencySketch(), latencyMicros: 0 });
    const { upstream, target, address } = row;
    const isOverflow = upstream === '' && target === '';
    const own = isOverflow ? undefined : this.#targets.get(name, () => make({ upstream, target, address }));
    const sum = own ?? this.#targets.getAlways(OVERFLOW, () => make({ upstream: OVERFLOW, target: OVERFLOW, address: OVERFLOW }));
    sum.attempts += row.attempts;
    sum.failed += row.failed;
    sum.status5xx += row.status5xx;
    sum.latency.merge(row.latency);
    sum.latencyMicros += row.latencyMicros;
  }

  #addVersion(row: VersionRow): void {
    if (formatVersion(row.version) === formatVersion(NO_VERSION)) return;
    addVersionRow(this.#versions, row);
    if (this.#versions.size <= VERSION_TOTALS) return;
    // But never the one that serves: after a fall-back that is not the newest.
    const served = formatVersion(this.#servedVersion());
    const oldest = this.versions().map(({ version }) => formatVersion(version)).find((name) => name !== served);
    if (oldest !== undefined) this.#versions.delete(oldest);
  }
}

function sumOfUsage([first, ...others]: Several<UsageKey & UsageCounts>): UsageKey & UsageCounts {
  const sum = { ...first, consumerId: OVERFLOW };
  for (const row of others) addTo(sum, row);
  return sum;
}

function sumOfLatencies(rows: Several<RouteTotals>): RouteTotals {
  const sum = new RouteTotals(OVERFLOW);
  for (const row of rows) sum.merge(row);
  return sum;
}

type Several<Row> = readonly [Row, ...(readonly Row[])];

/** Where rows are counted that gave their places up. */
interface Remainder<Row> {
  readonly nameOf: (row: Row) => string;
  /** A new row: a scrape that is under way has those of its beginning. */
  readonly sumOf: (rows: Several<Row>) => Row;
}

/** Rows by name, so many at most. The first `lasting` never leave. */
class BoundedRows<Row> {
  readonly #most: number;
  readonly #remainder: Remainder<Row> | undefined;
  readonly #lasting: number;
  readonly #rows = new Map<string, { readonly row: Row; movedAt: number }>();
  readonly #left = new Map<string, Row>();
  #fold = 0;
  #sweptAt = -SWEEP_EVERY;

  constructor(most: number, remainder?: Remainder<Row>, lasting = 0) {
    this.#most = most;
    this.#remainder = remainder;
    this.#lasting = lasting;
  }

  /** The next fold begins. */
  turn(): void {
    this.#fold += 1;
  }

  /** Undefined where there is no room for another. */
  get(name: string, make: () => Row): Row | undefined {
    if (!this.#rows.has(name) && this.#isFull() && !this.#sweep()) return undefined;
    return this.#held(name, make, this.#fold);
  }

  /** One that never leaves. */
  getAlways(name: string, make: () => Row): Row {
    return this.#held(name, make, Number.POSITIVE_INFINITY);
  }

  /** As they are now: who leaves meanwhile is in it once all the same. */
  values(): readonly Row[] {
    return [...Array.from(this.#rows.values(), ({ row }) => row), ...this.#left.values()];
  }

  #held(name: string, make: () => Row, movedAt: number): Row {
    let held = this.#rows.get(name);
    if (held === undefined) this.#rows.set(name, (held = { row: make(), movedAt }));
    held.movedAt = movedAt;
    return held.row;
  }

  #isFull(): boolean {
    return this.#rows.size + this.#left.size >= this.#most;
  }

  #sweep(): boolean {
    if (this.#fold - this.#sweptAt < SWEEP_EVERY) return false;
    this.#sweptAt = this.#fold;
    const idle = [...this.#rows].slice(this.#lasting).filter(([, { movedAt }]) => this.#fold - movedAt > IDLE_FOLDS);
    for (const [name] of idle) this.#rows.delete(name);
    if (this.#remainder !== undefined) this.#keep(idle.map(([, { row }]) => row), this.#remainder);
    return !this.#isFull();
  }

  #keep(rows: readonly Row[], { nameOf, sumOf }: Remainder<Row>): void {
    for (const [name, [first, ...others]] of Map.groupBy(rows, nameOf)) {
      if (first === undefined) continue;
      const before = this.#left.get(name);
      this.#left.set(name, sumOf(before === undefined ? [first, ...others] : [before, first, ...others]));
    }
  }
}
