/**
 * What an upstream's `healthchecks`, `outlier_detection` and bounds mean for its addresses, read once per configured
 * upstream. Used by the balancer (upstream-groups.ts) and the active checks.
 */
import type { RuntimeUpstream } from '../config/active-config.ts';
import type { HealthPolicy } from './health-state.ts';

export type ProbeType = 'http' | 'https' | 'tcp' | 'grpc' | 'grpcs';

/** How to probe a target; undefined where the upstream asks for no active checks. */
export interface ProbePlan {
  readonly type: ProbeType;
  readonly timeoutMs: number;
  /** Probes of this upstream that run at once. */
  readonly concurrency: number;
  readonly path: string;
  readonly serverName: string | undefined;
  readonly verify: boolean;
  readonly headers: Readonly<Record<string, readonly string[]>>;
  /** 0: not probed in that state. */
  readonly healthyIntervalMs: number;
  readonly unhealthyIntervalMs: number;
  readonly successStatuses: ReadonlySet<number>;
  readonly failureStatuses: ReadonlySet<number>;
}

export interface UpstreamPolicy {
  readonly health: HealthPolicy;
  /** Traffic is looked at: passive checks or outlier detection are on. */
  readonly watchesTraffic: boolean;
  /** What counts as a good answer to a proxied request, and what as a failed one; others change nothing. */
  readonly successStatuses: ReadonlySet<number>;
  readonly failureStatuses: ReadonlySet<number>;
  /** Active checks close an open circuit, so no request is risked for it. */
  readonly recoversByChecks: boolean;
  readonly probe: ProbePlan | undefined;
  readonly outlierBaseMs: number;
  readonly maxEjectedPercent: number;
  /** Percentage of the weight that must be available; 0 needs none. */
  readonly threshold: number;
  readonly slowStartMs: number;
  readonly maxConnections: number;
  readonly maxPending: number;
}

/** A circuit that opened n times in a row stays open for 5 s × 2^(n-1), at most a minute; ± 20 %. */
const FIRST_BACKOFF_MS = 5_000;
const LONGEST_BACKOFF_MS = 60_000;
const JITTER = 0.2;
/** Outliers come back at the latest after this. */
const LONGEST_EJECTION_MS = 300_000;

export function policyOf({ entity }: RuntimeUpstream): UpstreamPolicy {
  const { active, passive, threshold } = entity.healthchecks;
  const outlier = entity.outlier_detection;
  const traffic = {
    successes: passive.healthy.successes ?? 0, tcpFailures: passive.unhealthy.tcp_failures ?? 0,
    timeouts: passive.unhealthy.timeouts ?? 0, httpFailures: passive.unhealthy.http_failures ?? 0,
  };
  const check = {
    successes: active.healthy.successes ?? 0, tcpFailures: active.unhealthy.tcp_failures ?? 0,
    timeouts: active.unhealthy.timeouts ?? 0, httpFailures: active.unhealthy.http_failures ?? 0,
  };
  const healthyIntervalMs = (active.healthy.interval ?? 0) * 1_000;
  const unhealthyIntervalMs = (active.unhealthy.interval ?? 0) * 1_000;
  return {
    health: { check, traffic, outlierFailures: outlier.consecutive_failures },
    watchesTraffic: traffic.tcpFailures + traffic.timeouts + traffic.httpFailures + traffic.successes + outlier.consecutive_failures > 0,
    successStatuses: new Set(passive.healthy.http_statuses ?? []),
    failureStatuses: new Set(passive.unhealthy.http_statuses ?? []),
    recoversByChecks: unhealthyIntervalMs > 0 && check.successes > 0,
    probe: healthyIntervalMs === 0 && unhealthyIntervalMs === 0 ? undefined : {
      type: active.type ?? 'http', timeoutMs: Math.max(1, (active.timeout ?? 1) * 1_000), concurrency: active.concurrency ?? 10,
      path: active.http_path ?? '/', serverName: active.https_sni ?? undefined, verify: active.https_verify_certificate, headers: active.headers ?? {},
      healthyIntervalMs, unhealthyIntervalMs,
      successStatuses: new Set(active.healthy.http_statuses ?? []), failureStatuses: new Set(active.unhealthy.http_statuses ?? []),
    },
    outlierBaseMs: outlier.base_ejection_time * 1_000,
    maxEjectedPercent: outlier.max_ejected_percent,
    threshold: threshold ?? 0,
    slowStartMs: entity.slow_start * 1_000,
    maxConnections: entity.max_connections ?? Number.POSITIVE_INFINITY,
    maxPending: entity.max_pending_requests ?? Number.POSITIVE_INFINITY,
  };
}

/** How long a circuit stays open; `random` is uniform in [0, 1). */
export function openForMs(policy: UpstreamPolicy, isOutlier: boolean, attempt: number, random: () => number): number {
  if (isOutlier) return Math.min(LONGEST_EJECTION_MS, policy.outlierBaseMs * attempt);
  const backoff = Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** Math.min(attempt - 1, 10));
  return backoff * (1 - JITTER + 2 * JITTER * random());
}
