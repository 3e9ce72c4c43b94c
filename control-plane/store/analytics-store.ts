/**
 * What analytics asks of the stored counts and latencies of a gateway: series, rankings, totals. Exact at any moment: the coarsest
 * roll-up that fits and the rows that it has not taken yet are read in one snapshot. Quantiles are those of merged sketches, never
 * averages. Used by admin-api/v1/analytics-routes.ts.
 */
import type { ConfigVersion } from '../../shared/model/version.ts';
import type { Vitals } from '../../shared/wire/telemetry-codec.ts';
import type { GatewayScope } from './scope.ts';

/** How wide the intervals are that an answer was added up from. */
export type Resolution = '10s' | '1m' | '1h' | '1d';

/** `service`: that of the route as it is configured now; a request of a route that is gone has none. `label:zone`: the data plane's label. */
export type Dimension = 'route' | 'service' | 'consumer' | 'status' | 'status-class' | 'data-plane' | `label:${string}`;

export const DIMENSIONS = ['route', 'service', 'consumer', 'status', 'status-class', 'data-plane'] as const;

/** All that are given must hold; of a list, one. Ids; null where there was none (no route matched, no consumer). */
export interface AnalyticsFilter {
  readonly routes?: readonly (string | null)[];
  readonly services?: readonly (string | null)[];
  readonly consumers?: readonly (string | null)[];
  /** 100…599; 0: the client went away before. */
  readonly statuses?: readonly number[];
  /** 1…5; 0: the client went away before. */
  readonly statusClasses?: readonly number[];
  readonly dataPlanes?: readonly string[];
  readonly labels?: ReadonlyMap<string, string>;
}

export interface AnalyticsQuery {
  /** Widened to whole intervals of the resolution: the answer says from when to when it is. An interval counts where it begins. */
  readonly from: Date;
  readonly to: Date;
  readonly groupBy: readonly Dimension[];
  readonly filter: AnalyticsFilter;
  /** Whether quantiles are wanted: they cost more than counts. */
  readonly latencies: boolean;
}

export interface SeriesQuery extends AnalyticsQuery {
  /** Whole multiple of 10 s; widened to a multiple of what is still kept of so long ago. */
  readonly stepMs: number;
  /** Groups with most requests; the rest is left out and said so. */
  readonly limit: number;
}

export type RankedBy = 'requests' | 'errors' | 'error-rate' | 'bytes' | 'p50' | 'p90' | 'p95' | 'p99';

export interface TopQuery extends AnalyticsQuery {
  /** Quantiles are of the request; among the groups with most requests (`candidates` of the answer). */
  readonly by: RankedBy;
  readonly limit: number;
}

/** Microseconds, within 1 % of the true value. */
export interface Quantiles {
  readonly count: number;
  readonly p50: number;
  readonly p90: number;
  readonly p95: number;
  readonly p99: number;
}

/** Undefined where nothing was measured. */
export interface LatencyQuantiles {
  readonly request: Quantiles | undefined;
  readonly upstream: Quantiles | undefined;
  readonly gateway: Quantiles | undefined;
}

export interface Counts {
  readonly requests: number;
  /** Answered 5xx. */
  readonly errors: number;
  /** Answered 4xx. */
  readonly clientErrors: number;
  /** The client went away before a status. */
  readonly aborted: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly requestMicros: number;
  readonly upstreamMicros: number;
  readonly gatewayMicros: number;
}

export interface Group extends Counts {
  /** In the order of `groupBy`: an id, a status, a class, a label's value; null where there was none. */
  readonly key: readonly (string | null)[];
  /** Undefined where not asked for. */
  readonly latencies: LatencyQuantiles | undefined;
}

export interface Point extends Counts {
  readonly at: Date;
  readonly latencies: LatencyQuantiles | undefined;
}

export interface Series {
  readonly key: readonly (string | null)[];
  /** Ascending; steps without a request are left out. */
  readonly points: readonly Point[];
}

/** What is known to be missing of the gateway. */
export interface Missing {
  /** All that was ever dropped. */
  readonly drops: readonly { readonly dataPlaneId: string; readonly reason: string; readonly count: number }[];
  /** Ends of boots without a last fold, that reach into the window. */
  readonly crashGaps: readonly { readonly dataPlaneId: string; readonly bootId: string; readonly lastFoldAt: Date; readonly atMostMs: number; readonly lastRatePerSecond: number }[];
  /** Data planes, not revoked, whose last counts end before the window does: theirs may still come. Undefined: none ever came. */
  readonly silent: readonly { readonly dataPlaneId: string; readonly countedUntil: Date | undefined }[];
}

export interface Coverage {
  readonly resolution: Resolution;
  /** What was added up: whole intervals. */
  readonly from: Date;
  readonly to: Date;
  /** Counts before it are no longer kept, at any resolution. */
  readonly keptFrom: Date;
  /** The end of the newest interval that is stored of any data plane; undefined where none is. */
  readonly countedUntil: Date | undefined;
  /** Until when minutes were added to hours, and hours to days. What is newer was read from the finer ones. */
  readonly rolledUp: { readonly hours: Date; readonly days: Date };
  readonly missing: Missing;
}

export interface TopAnswer {
  readonly groups: readonly Group[];
  /** How many groups there are in all. */
  readonly groupCount: number;
  /** Among how many they were ranked: fewer than `groupCount` only for quantiles. */
  readonly candidates: number;
  /** Of all groups together, also those that are not in `groups`. */
  readonly total: Counts;
  readonly coverage: Coverage;
}

export interface SeriesAnswer {
  readonly stepMs: number;
  readonly series: readonly Series[];
  readonly groupCount: number;
  readonly coverage: Coverage;
}

export interface TargetTotal {
  /** '' with an empty target: those beyond what a data plane tells apart. */
  readonly upstream: string;
  readonly target: string;
  readonly address: string;
  readonly attempts: number;
  readonly failed: number;
  readonly status5xx: number;
  readonly latency: Quantiles | undefined;
}

/** Failed requests of a route under a version. */
export interface RouteVersionErrors {
  readonly routeId: string | null;
  readonly version: ConfigVersion;
  readonly failed: number;
  readonly failedHere: number;
}

export interface DataPlaneVitals {
  readonly dataPlaneId: string;
  readonly vitals: Vitals;
}

export interface AnalyticsStore {
  /** All groups, at most `limit` (10,000 where not given), those with most requests first. Without `groupBy`: one, also where there was no request. */
  totals(scope: GatewayScope, query: AnalyticsQuery, limit?: number): Promise<TopAnswer>;
  top(scope: GatewayScope, query: TopQuery): Promise<TopAnswer>;
  series(scope: GatewayScope, query: SeriesQuery): Promise<SeriesAnswer>;
  /** Attempts at targets of upstreams, most attempts first; at most `limit`. */
  targets(scope: GatewayScope, window: { readonly from: Date; readonly to: Date; readonly upstream?: string; readonly limit: number }): Promise<{ readonly targets: readonly TargetTotal[]; readonly coverage: Coverage }>;
  /** Newest version first, then most failures. */
  routeVersionErrors(scope: GatewayScope, window: { readonly from: Date; readonly to: Date; readonly routes?: readonly (string | null)[]; readonly limit: number }): Promise<readonly RouteVersionErrors[]>;
  /** The last of each data plane. */
  vitals(scope: GatewayScope): Promise<readonly DataPlaneVitals[]>;
  /** Of one data plane, ascending; kept for as long as rows of 10 s. */
  vitalsHistory(scope: GatewayScope, dataPlaneId: string, from: Date, to: Date): Promise<readonly Vitals[]>;
}
