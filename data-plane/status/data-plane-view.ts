/**
 * What there is to tell about a data plane at one moment: plain values, gathered by agent.ts, told by status-report.ts
 * and prometheus-text.ts. Holds no secrets.
 */
import type { ProcessView } from '../../shared/process-vitals.ts';
import type { ConfigVersion } from '../../shared/model/version.ts';
import type { LatencySketch } from '../../shared/telemetry/latency-sketch.ts';
import type { Refusal } from '../../shared/trust/refusal.ts';
import type { PluginVersion } from '../../shared/wire/sync-message.ts';
import type { VersionRow } from '../../shared/wire/telemetry-codec.ts';
import type { Quarantined } from '../config/compile-contract.ts';
import type { FallBack } from '../config/config-keeper.ts';
import type { CounterTableStats } from '../counters/shared-counter-table.ts';
import type { PassedOver } from '../config/snapshot-cache.ts';
import type { VersionedRoot } from '../config/versioned-root.ts';
import type { ListenerKind } from '../listeners/listener-options.ts';
import type { ProxyTotals } from '../threads/proxy-totals.ts';
import type { SessionStatus } from '../sync/session.ts';
import type { RouteTotal } from '../telemetry/running-totals.ts';
import type { TelemetryTotals } from '../telemetry/telemetry-agent.ts';
import type { RecordTotals } from '../telemetry/record-agent.ts';
import type { TargetTotal } from '../telemetry/running-totals.ts';
import type { TargetReport } from '../upstreams/upstream-control.ts';
import type { ThreadStatus } from '../threads/proxy-pool.ts';
import type { VaultView } from '../vaults/vault-resolver.ts';

export interface DataPlaneView {
  readonly softwareVersion: string;
  readonly bootId: string;
  readonly hostname: string;
  /** Wall clock, milliseconds. */
  readonly startedAtMs: number;
  readonly nowMs: number;
  readonly draining: boolean;
  /** What went wrong in the agent thread itself and was survived. */
  readonly agentFaults: number;
  readonly process: ProcessView;
  /** Before enrolment there is nothing else to tell. */
  readonly enrolled: EnrolledView | { readonly kind: 'not-enrolled'; readonly reason: string };
}

export interface EnrolledView {
  readonly kind: 'enrolled';
  readonly tenantId: string;
  readonly gatewayId: string;
  readonly dataPlaneId: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly certificateValidToMs: number;
  readonly config: ActiveView | undefined;
  readonly highestAccepted: ConfigVersion | undefined;
  readonly fellBack: FallBack | undefined;
  readonly barred: readonly { readonly from: VersionedRoot; readonly reason: string }[];
  readonly session: SessionStatus;
  /** `refusal`: of the last head, where it did not hold. */
  readonly head: { readonly newest: VersionedRoot | undefined; readonly ageMs: number | undefined; readonly stale: boolean; readonly refusal: Refusal | undefined };
  /** A stale configuration also fails /status/ready. */
  readonly staleIsNotReady: boolean;
  /** Where connections are accepted: HTTP, HTTPS, streams. */
  readonly listeners: readonly { readonly kind: ListenerKind; readonly host: string; readonly port: number }[];
  /** Every thread accepts connections and serves the same configuration. */
  readonly serving: boolean;
  readonly threads: readonly ThreadStatus[];
  /** A thread that is silent for so long is taken to hang. */
  readonly hangAfterMs: number;
  readonly threadCrashes: number;
  readonly traffic: ProxyTotals;
  /** Targets of upstreams and their health. */
  readonly targets: readonly TargetReport[];
  /** `refusals`: files that did not verify at the start. */
  readonly cache: { readonly slots: number; readonly knownGood: VersionedRoot | undefined; readonly refusals: readonly PassedOver[] };
  /** The table of rate limits' counters. */
  readonly counters: CounterTableStats;
  readonly vaults: readonly VaultView[];
  /** Custom ones, as they were loaded at the start. */
  readonly plugins: readonly PluginVersion[];
  readonly telemetry: TelemetryTotals;
  readonly routeTotals: Iterable<RouteTotal>;
  readonly usageTotals: Iterable<UsageTotal>;
  readonly routeLatencies: Iterable<RouteLatency>;
  readonly targetTotals: Iterable<TargetTotal>;
  /** Slow and failed requests of late: where to look for why. */
  readonly exemplars: Iterable<RequestExemplar>;
  readonly records: RecordTotals;
  /** How requests went under the last two versions that had any, the newer last. */
  readonly versionTotals: readonly VersionRow[];
}

/** What the agent has counted since it started, of one (route, consumer, status): TelemetryAgent.usageTotals(). Ids are '' where there was none. */
export interface UsageTotal {
  readonly routeId: string;
  readonly consumerId: string;
  /** 100…599; 0 where the client went away before a status. */
  readonly status: number;
  readonly requests: number;
  /** Of these, the ones for which an upstream was asked. */
  readonly wentUpstream: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** One request that was slow or failed. */
export interface RequestExemplar {
  readonly routeId: string;
  /** As in X-Kong-Request-Id. */
  readonly requestId: string;
  readonly traceId: string | undefined;
  readonly requestMicros: number;
  readonly upstreamMicros: number;
  readonly gatewayMicros: number;
  /** When it ended, wall clock, milliseconds. */
  readonly atMs: number;
}

/** Latencies of one route since the start: TelemetryAgent.routeLatencies(). Sums are microseconds, of the same values as the sketches'. */
export interface RouteLatency {
  readonly routeId: string;
  readonly request: LatencySketch;
  readonly upstream: LatencySketch;
  readonly gateway: LatencySketch;
  readonly requestMicros: number;
  readonly upstreamMicros: number;
  readonly gatewayMicros: number;
}

export interface ActiveView extends VersionedRoot {
  readonly entities: number;
  readonly sinceMs: number;
  readonly source: 'cache' | 'control-plane';
  readonly quarantined: readonly Quarantined[];
}
