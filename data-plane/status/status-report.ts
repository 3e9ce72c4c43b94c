/**
 * `/status`, `/status/live` and `/status/ready` as values. The outer fields are those that tools written for Kong's data planes read;
 * everything of ours stands under `holdfast`. Pure; served by status-server.ts.
 */
import { processReport } from '../../shared/process-vitals.ts';
import { formatVersion } from '../../shared/model/version.ts';
import type { VersionedRoot } from '../config/versioned-root.ts';
import type { TargetReport } from '../upstreams/upstream-control.ts';
import type { ActiveView, DataPlaneView, EnrolledView } from './data-plane-view.ts';

/** What Kong shows where there is no configuration. */
const NO_CONFIGURATION_HASH = '0'.repeat(32);

/** Undefined where the process does what it is there for, else what hangs: a supervisor should start it anew. That it is asked at all proves the agent thread. */
export function whyNotLive({ enrolled, draining }: DataPlaneView): string | undefined {
  if (enrolled.kind === 'not-enrolled' || draining) return undefined;
  const hanging = enrolled.threads.filter(({ silentSeconds }) => silentSeconds >= enrolled.hangAfterMs / 1_000);
  if (hanging.length === 0) return undefined;
  return `hanging: ${hanging.map(({ index, silentSeconds }) => `proxy thread ${index} has given no sign of life for ${silentSeconds} s`).join(', ')}`;
}

/** Undefined where traffic may come; else why not, in one sentence. */
export function whyNotReady({ draining, enrolled }: DataPlaneView): string | undefined {
  if (draining) return 'draining: this data plane is stopping';
  if (enrolled.kind === 'not-enrolled') return `not enrolled: ${enrolled.reason}`;
  if (enrolled.config === undefined) return `no configuration available: ${enrolled.session.reason ?? 'none has come from the control plane yet'}`;
  if (!enrolled.serving) return 'not all proxy threads serve the configuration yet';
  if (enrolled.head.stale && enrolled.staleIsNotReady) return 'stale: no control plane has confirmed the configuration for too long';
  return undefined;
}

export function statusReport(view: DataPlaneView): object {
  const { enrolled } = view;
  const ready = whyNotReady(view);
  const live = whyNotLive(view);
  const common = {
    version: view.softwareVersion,
    hostname: view.hostname,
    boot_id: view.bootId,
    started_at: isoTime(view.startedAtMs),
    ready: ready === undefined,
    not_ready_reason: ready ?? null,
    live: live === undefined,
    not_live_reason: live ?? null,
    draining: view.draining,
    agent_faults: view.agentFaults,
    process: processReport(view.process),
  };
  if (enrolled.kind === 'not-enrolled') return { configuration_hash: NO_CONFIGURATION_HASH, holdfast: { ...common, enrolled: false } };
  return {
    server: serverReport(enrolled),
    configuration_hash: enrolled.config?.contentRoot.slice(0, 32) ?? NO_CONFIGURATION_HASH,
    holdfast: { ...common, enrolled: true, ...enrolledReport(enrolled) },
  };
}

function serverReport({ traffic }: EnrolledView): object {
  return {
    connections_accepted: traffic.acceptedConnections,
    connections_handled: traffic.acceptedConnections,
    connections_active: traffic.connections,
    connections_waiting: Math.max(0, traffic.connections - traffic.activeRequests),
    total_requests: traffic.endedRequests,
  };
}

function enrolledReport(view: EnrolledView): object {
  const { session, head, fellBack, telemetry } = view;
  return {
    tenant_id: view.tenantId,
    gateway_id: view.gatewayId,
    data_plane_id: view.dataPlaneId,
    labels: view.labels,
    certificate_valid_to: isoTime(view.certificateValidToMs),
    config: view.config === undefined ? null : configReport(view.config),
    highest_accepted: view.highestAccepted === undefined ? null : formatVersion(view.highestAccepted),
    fell_back: fellBack === undefined ? null : { from: named(fellBack.from), to: formatVersion(fellBack.to), reason: fellBack.reason },
    barred: view.barred.map((bar) => ({ ...named(bar.from), reason: bar.reason })),
    control_plane: {
      connected: session.connected,
      url: session.url,
      reason: session.reason ?? null,
      failures: session.failures,
      last_contact: session.lastHeardAtMs === 0 ? null : isoTime(session.lastHeardAtMs),
      newest: head.newest === undefined ? null : formatVersion(head.newest.version),
      confirmed_seconds_ago: head.ageMs === undefined ? null : Math.round(head.ageMs / 1000),
      stale: head.stale,
      head_refused: head.refusal === undefined ? null : { code: head.refusal.code, reasons: head.refusal.reasons },
    },
    proxy: {
      listeners: view.listeners,
      crashes: view.threadCrashes,
      threads: view.threads.map(({ index, version, listening, stats, vitals, silentSeconds }) => ({
        index, version, listening, socket_io: stats?.socketIo ?? null, connections: stats?.connections ?? 0, requests: stats?.endedRequests ?? 0, silent_seconds: silentSeconds,
        ...(vitals === undefined ? {} : { heap_used_bytes: vitals.heapUsedBytes, heap_total_bytes: vitals.heapTotalBytes, external_bytes: vitals.externalBytes, event_loop_delay_p99_ms: Math.round(vitals.loopDelayP99 * 1e6) / 1e3, garbage_collection: { count: vitals.gcRuns, seconds: vitals.gcSeconds } }),
      })),
    },
    upstreams: upstreamReport(view),
    cache: { slots: view.cache.slots, known_good: view.cache.knownGood === undefined ? null : named(view.cache.knownGood), refused: view.cache.refusals },
    plugins: view.plugins,
    vaults: view.vaults.map(({ prefix, kind, secrets, resolved, outdated, failures, lastFailure, oldestMs }) => ({
      prefix, kind, secrets, resolved, outdated, failures,
      last_failure: lastFailure === undefined ? null : { code: lastFailure.code, reason: lastFailure.reason, at: isoTime(lastFailure.atMs) },
      oldest_value_seconds: oldestMs === undefined ? null : Math.round(oldestMs / 1000),
    })),
    telemetry: {
      produced: telemetry.produced,
      delivered: telemetry.delivered,
      buffered: telemetry.buffered,
      buffered_batches: telemetry.bufferedBatches,
      spool_bytes: telemetry.spoolBytes,
    },
    requests_by_version: view.versionTotals.map(({ version, requests, failed, failedHere }) => ({ version: formatVersion(version), requests, failed, failed_here: failedHere })),
  };
}

/** By upstream; `circuits` over all threads. */
function upstreamReport({ targets, traffic }: EnrolledView): object {
  const groups = Map.groupBy(targets, ({ upstream }) => upstream);
  return {
    shedding_threads: traffic.sheddingThreads,
    retries: traffic.retries,
    retries_over_budget: traffic.retriesOverBudget,
    circuits_opened: traffic.circuitsOpened,
    circuits_closed: traffic.circuitsClosed,
    targets: Object.fromEntries([...groups].map(([name, rows]) => [name, rows.map(targetRow)])),
  };
}

function targetRow({ target, address, state, since, reason, failures, opened, failover }: TargetReport): object {
  return { target, address, state, since, reason, failures, opened, failover };
}

function configReport(config: ActiveView): object {
  return {
    ...named(config),
    entities: config.entities,
    since: isoTime(config.sinceMs),
    source: config.source,
    quarantined: config.quarantined.map(({ kind, id, code, reason }) => ({ kind, id, code, reason })),
  };
}

function named({ version, contentRoot }: VersionedRoot): { readonly version: string; readonly content_root: string } {
  return { version: formatVersion(version), content_root: contentRoot };
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
