/**
 * What a data plane's `/metrics` tells, in the formats of shared/prometheus-text.ts. The number of series is bounded by what the
 * configuration has and by ROUTES_WITH_HISTOGRAMS of running-totals.ts (R5). Pure; served by status-server.ts.
 */
import type { PluginOutput } from '../plugin-services/plugin-output.ts';
import { formatVersion } from '../../shared/model/version.ts';
import { writeProcessMetrics } from '../../shared/process-vitals.ts';
import { PrometheusText, type MetricSample, type MetricsFormat } from '../../shared/prometheus-text.ts';
import type { BoundedRoutes } from './bounded-routes.ts';
import type { DataPlaneView, EnrolledView } from './data-plane-view.ts';
import { writeKongMetrics } from './kong-metrics.ts';
import type { Labels } from './label-book.ts';
import { writeLatencies } from './latency-metrics.ts';
import { whyNotLive, whyNotReady } from './status-report.ts';
import type { ThreadVitals } from '../threads/thread-vitals.ts';

export interface MetricsOptions {
  readonly format: MetricsFormat;
  /** Which routes have series of their own. */
  readonly routes: BoundedRoutes;
  /** What routes are called; undefined where nobody was asked. */
  readonly labels: Labels | undefined;
  /** Kong's metrics, whether or not the plugin prometheus asks for them. */
  readonly kongForAll: boolean;
}

/** With 10,000 routes it takes a second, in which the agent has other work to do: yields where that may have a turn. */
export function* prometheusText(view: DataPlaneView, options: MetricsOptions): Generator<void, string> {
  const text = new PrometheusText(options.format);
  yield* writeAll(text, view, options);
  return yield* text.inSteps();
}

function* writeAll(text: PrometheusText, view: DataPlaneView, options: MetricsOptions): Generator<void> {
  text.gauge('holdfast_build_info', 'Version of the software, always 1', [{ labels: { version: view.softwareVersion }, value: 1 }]);
  text.gauge('holdfast_start_time_seconds', 'When this process started, since the epoch', [{ value: view.startedAtMs / 1000 }]);
  text.gauge('holdfast_ready', '1 where /status/ready answers 200', [{ value: whyNotReady(view) === undefined ? 1 : 0 }]);
  text.gauge('holdfast_live', '1 where /status/live answers 200', [{ value: whyNotLive(view) === undefined ? 1 : 0 }]);
  writeProcessMetrics(text, view.process);
  text.counter('holdfast_agent_faults_total', 'Unexpected errors in the agent thread that were survived', [{ value: view.agentFaults }]);
  if (view.enrolled.kind === 'not-enrolled') return;
  const { enrolled } = view;
  writeConfig(text, enrolled, view.nowMs);
  for (const part of [writeControlPlane, writeTraffic, writeUpstreams, writeVaults, writePlugins, writeTelemetry, writeVersions, writeRecords, writePluginOutputs, writeThreads]) {
    part(text, enrolled);
    yield;
  }
  const latencies = yield* options.routes.bound(enrolled.routeLatencies);
  yield* writeLatencies(text, enrolled, latencies, options);
  yield* writeKongMetrics(text, view, enrolled, latencies, options);
}

function writeConfig(text: PrometheusText, view: EnrolledView, nowMs: number): void {
  const { config, highestAccepted } = view;
  if (config !== undefined) {
    const labels = { version: formatVersion(config.version), content_root: config.contentRoot, source: config.source };
    text.gauge('holdfast_config_info', 'The configuration that is served, always 1', [{ labels, value: 1 }]);
    text.gauge('holdfast_config_epoch', 'Epoch of the version that is served', [{ value: config.version.epoch }]);
    text.gauge('holdfast_config_sequence', 'Sequence of the version that is served', [{ value: config.version.sequence }]);
    text.gauge('holdfast_config_age_seconds', 'How long it has served', [{ value: Math.max(0, nowMs - config.sinceMs) / 1000 }]);
    text.gauge('holdfast_config_entities', 'Entities in it', [{ value: config.entities }]);
    text.gauge('holdfast_config_quarantined_entities', 'Entities in it that are isolated because they can not be used, counted up to 1000', [{ value: config.quarantined.length }]);
  }
  if (highestAccepted !== undefined) text.gauge('holdfast_config_highest_accepted_sequence', 'Sequence of the highest version ever accepted', [{ value: highestAccepted.sequence }]);
  text.gauge('holdfast_config_fell_back', '1 where an older configuration serves because of a crash loop', [{ value: view.fellBack === undefined ? 0 : 1 }]);
  text.gauge('holdfast_cache_slots', 'Whole configurations on disk', [{ value: view.cache.slots }]);
  text.gauge('holdfast_cache_refused_files', 'Files of the cache that did not verify at the start', [{ value: view.cache.refusals.length }]);
}

function writePlugins(text: PrometheusText, { plugins }: EnrolledView): void {
  if (plugins.length > 0) text.gauge('holdfast_plugin_info', 'Custom plugins that are loaded, always 1', plugins.map(({ name, version, hash }) => ({ labels: { name, version, hash }, value: 1 })));
}

function writeControlPlane(text: PrometheusText, { session, head, certificateValidToMs }: EnrolledView): void {
  text.gauge('holdfast_control_plane_connected', '1 while a session with a control plane stands', [{ value: session.connected ? 1 : 0 }]);
  text.gauge('holdfast_control_plane_failures', 'Failed attempts to connect since the last success', [{ value: session.failures }]);
  if (session.lastHeardAtMs > 0) text.gauge('holdfast_control_plane_last_contact_seconds', 'When a control plane was last heard, since the epoch', [{ value: session.lastHeardAtMs / 1000 }]);
  if (head.ageMs !== undefined) text.gauge('holdfast_control_plane_confirmed_age_seconds', 'Since a control plane last vouched for what is newest', [{ value: head.ageMs / 1000 }]);
  text.gauge('holdfast_config_stale', '1 where that is longer ago than HOLDFAST_STALE_AFTER', [{ value: head.stale ? 1 : 0 }]);
  text.gauge('holdfast_certificate_expiry_seconds', 'When the certificate of this data plane ends, since the epoch', [{ value: certificateValidToMs / 1000 }]);
}

function writeTraffic(text: PrometheusText, view: EnrolledView): void {
  const { traffic, threads, threadCrashes } = view;
  const serving = threads.filter((thread) => thread.listening).length;
  text.gauge('holdfast_proxy_threads', 'Proxy threads by state', [
    { labels: { state: 'serving' }, value: serving },
    { labels: { state: 'starting' }, value: threads.length - serving },
  ]);
  text.counter('holdfast_proxy_thread_crashes_total', 'Proxy threads that died and were replaced', [{ value: threadCrashes }]);
  text.gauge('holdfast_connections', 'Client connections now', [{ value: traffic.connections }]);
  text.counter('holdfast_connections_accepted_total', 'Client connections accepted', [{ value: traffic.acceptedConnections }]);
  text.gauge('holdfast_requests_active', 'Requests begun and not ended', [{ value: traffic.activeRequests }]);
  text.gauge('holdfast_upstream_connections', 'Upstream connections by state', [
    { labels: { state: 'idle' }, value: traffic.idleUpstream },
    { labels: { state: 'busy' }, value: traffic.busyUpstream },
  ]);
  text.counter('holdfast_upstream_connections_opened_total', 'Upstream connections opened', [{ value: traffic.openedUpstream }]);
  text.counter('holdfast_refusals_total', 'Answers made by the gateway because of an error, by its code', byName(traffic.refusals, 'code'));
  text.gauge('holdfast_rate_limit_slots', 'Room for the counters of rate limits', [{ value: view.counters.slots }]);
  text.counter('holdfast_uncounted_requests_total', 'Requests that no rate limit could count, by reason', [
    { labels: { reason: 'table-full' }, value: view.counters.full },
    { labels: { reason: 'lock-timeout' }, value: view.counters.lockTimeouts },
  ]);
  text.counter('holdfast_plugin_errors_total', 'Plugins that threw, by name', byName(traffic.pluginErrors, 'plugin'));
  text.counter('holdfast_plugin_refreshes_total', 'Requests that went upstream for plugins alone, after their client had its answer; they are not among the requests', [{ value: traffic.refreshes }]);
  text.counter('holdfast_plugin_refreshes_skipped_total', 'Of those, the ones that did not happen because too many were under way', [{ value: traffic.refreshesSkipped }]);
}

function writeThreads(text: PrometheusText, { threads }: EnrolledView): void {
  const ofEach = (read: (vitals: ThreadVitals) => number): readonly MetricSample[] => threads.flatMap(({ index, vitals }) => (vitals === undefined ? [] : [{ labels: { thread: String(index) }, value: read(vitals) }]));
  text.gauge('holdfast_proxy_thread_silent_seconds', 'Since a proxy thread last gave a sign of life, 0 where it is on time', threads.map(({ index, silentSeconds }) => ({ labels: { thread: String(index) }, value: silentSeconds })));
  text.gauge('holdfast_proxy_thread_heap_used_bytes', 'JavaScript objects of a proxy thread, with those that nobody uses any more', ofEach((vitals) => vitals.heapUsedBytes));
  text.gauge('holdfast_proxy_thread_external_memory_bytes', 'Memory outside of the heap that objects of a proxy thread hold', ofEach((vitals) => vitals.externalBytes));
  text.gauge('holdfast_proxy_thread_loop_delay_p99_seconds', 'How late the event loop of a proxy thread gets to a timer of 10 ms, 99th percentile of the last 30 s', ofEach((vitals) => vitals.loopDelayP99));
  text.counter('holdfast_proxy_thread_loop_busy_seconds_total', 'Time since the start of a proxy thread in which its event loop did something', ofEach((vitals) => vitals.loopBusySeconds));
  text.counter('holdfast_proxy_thread_gc_seconds_total', 'Time since the start of a proxy thread that its garbage collector took', ofEach((vitals) => vitals.gcSeconds));
  text.counter('holdfast_proxy_thread_gc_runs_total', 'Garbage collections since the start of a proxy thread', ofEach((vitals) => vitals.gcRuns));
}

function writeUpstreams(text: PrometheusText, { traffic, targets }: EnrolledView): void {
  text.gauge('holdfast_proxy_shedding_threads', 'Proxy threads that turn new requests away because of overload', [{ value: traffic.sheddingThreads }]);
  text.counter('holdfast_upstream_retries_total', 'Requests that were connected or sent again', [{ value: traffic.retries }]);
  text.counter('holdfast_upstream_retries_over_budget_total', 'Retries that did not happen because there had been too many', [{ value: traffic.retriesOverBudget }]);
  text.counter('holdfast_upstream_circuits_opened_total', 'Circuits of targets that were opened', [{ value: traffic.circuitsOpened }]);
  text.counter('holdfast_upstream_circuits_closed_total', 'Circuits of targets that were closed again', [{ value: traffic.circuitsClosed }]);
  const states = { closed: 1, 'half-open': 0.5, open: 0 };
  text.gauge('holdfast_upstream_target_health', '1 where a target takes requests, 0.5 where single ones see whether it is back, 0 where it takes none', targets.map(
    ({ upstream, target, address, state }) => ({ labels: { upstream, target, address }, value: states[state] }),
  ));
}

function writeVaults(text: PrometheusText, { vaults }: EnrolledView): void {
  const labelsOf = ({ prefix, kind }: EnrolledView['vaults'][number]): Readonly<Record<string, string>> => ({ vault: prefix, kind });
  text.gauge('holdfast_vault_secrets', 'Secrets that the configuration refers to, by vault and state: current, outdated (the last good value, as the vault did not give it again), missing', vaults.flatMap((vault) => [
    { labels: { ...labelsOf(vault), state: 'current' }, value: vault.resolved - vault.outdated },
    { labels: { ...labelsOf(vault), state: 'outdated' }, value: vault.outdated },
    { labels: { ...labelsOf(vault), state: 'missing' }, value: vault.secrets - vault.resolved },
  ]));
  text.gauge('holdfast_vault_oldest_value_seconds', 'Age of the oldest value of a vault', vaults.flatMap((vault) => (vault.oldestMs === undefined ? [] : [{ labels: labelsOf(vault), value: vault.oldestMs / 1000 }])));
  text.counter('holdfast_vault_failures_total', 'Calls to a vault that gave no secret', vaults.map((vault) => ({ labels: labelsOf(vault), value: vault.failures })));
}

function writeVersions(text: PrometheusText, { versionTotals }: EnrolledView): void {
  const samples = (count: 'requests' | 'failed' | 'failedHere'): readonly MetricSample[] => versionTotals.map((row) => ({ labels: { version: formatVersion(row.version) }, value: row[count] }));
  text.counter('holdfast_config_requests_total', 'Requests ended, by the configuration version that they ran on; of the last two', samples('requests'));
  text.counter('holdfast_config_failed_requests_total', 'Of those, answered 5xx by whomever, or broken off by the gateway or the upstream', samples('failed'));
  text.counter('holdfast_config_failed_here_requests_total', 'Of the failed ones, answered by the gateway itself', samples('failedHere'));
}

function writeTelemetry(text: PrometheusText, { telemetry, routeTotals }: EnrolledView): void {
  const totals = [...routeTotals].map((total) => ({ total, labels: { route: total.routeId, status_class: total.statusClass === 0 ? 'none' : `${total.statusClass}xx` } }));
  text.counter('holdfast_requests_total', 'Requests ended, by route and status class', totals.map(({ labels, total }) => ({ labels, value: total.requests })));
  text.counter('holdfast_request_bytes_total', 'Bytes received from clients', totals.map(({ labels, total }) => ({ labels, value: total.bytesIn })));
  text.counter('holdfast_response_bytes_total', 'Bytes sent to clients', totals.map(({ labels, total }) => ({ labels, value: total.bytesOut })));
  text.counter('holdfast_request_time_seconds_total', 'Sum of request durations', totals.map(({ labels, total }) => ({ labels, value: total.durationMicros / 1e6 })));
  const { dropped } = telemetry;
  text.counter('holdfast_telemetry_produced_requests_total', 'Requests counted', [{ value: telemetry.produced }]);
  text.counter('holdfast_telemetry_delivered_requests_total', 'Requests whose counts a control plane has stored', [{ value: telemetry.delivered }]);
  text.counter('holdfast_telemetry_recovered_requests_total', 'Requests whose counts were found in the spool at the start, left by earlier runs', [{ value: telemetry.recovered }]);
  text.counter('holdfast_telemetry_dropped_requests_total', 'Requests whose counts were given up, by reason', byName(dropped, 'reason'));
  text.counter('holdfast_telemetry_dropped_latencies_total', 'Latencies of single requests that are in no histogram because the agent was late; the requests are counted', [{ value: telemetry.droppedLatencies }]);
  text.gauge('holdfast_telemetry_buffered_requests', 'Requests whose counts wait to be delivered', [{ value: telemetry.buffered }]);
  text.gauge('holdfast_telemetry_spool_bytes', 'Disk space of what waits', [{ value: telemetry.spoolBytes }]);
  text.counter('holdfast_telemetry_merges_total', 'Times that intervals were merged for space', [{ value: telemetry.spoolMerges }]);
  text.gauge('holdfast_telemetry_crash_gaps', 'Earlier runs that ended without their last fold', [{ value: telemetry.crashGaps }]);
  text.gauge('holdfast_telemetry_crash_lost_requests', 'Requests that those may have counted after their last fold: an estimate by their last rate', [{ value: telemetry.crashLostRequests }]);
}

/** In access records, each of one request. */
function writeRecords(text: PrometheusText, { records }: EnrolledView): void {
  text.counter('holdfast_access_records_made_total', 'Access records that were made', [{ value: records.made }]);
  text.counter('holdfast_access_records_delivered_total', 'Access records that a control plane has stored', [{ value: records.delivered }]);
  text.counter('holdfast_access_records_dropped_total', 'Access records that were given up, or not made, by reason', [...records.dropped].map(([reason, value]) => ({ labels: { reason }, value })));
  text.gauge('holdfast_access_records_buffered', 'Access records that wait to be delivered', [{ value: records.buffered }]);
  text.gauge('holdfast_access_records_spool_bytes', 'Disk space of what waits', [{ value: records.spoolBytes }]);
  text.gauge('holdfast_access_records_spool_limit_bytes', 'HOLDFAST_ACCESS_RECORDS_MAX_BYTES', [{ value: records.spoolMaxBytes }]);
}

function writePluginOutputs(text: PrometheusText, { traffic: { outputs } }: EnrolledView): void {
  const rows = Object.entries(outputs);
  const ofEach = (read: (output: PluginOutput) => number): readonly MetricSample[] => rows.map(([plugin, output]) => ({ labels: { plugin }, value: read(output) }));
  text.counter('holdfast_plugin_output_sent_total', 'Entries and datagrams that log plugins have sent', ofEach(({ sent }) => sent));
  text.counter('holdfast_plugin_output_dropped_total', 'Those that they gave up, by reason', rows.flatMap(([plugin, { dropped }]) => Object.entries(dropped).map(([reason, value]) => ({ labels: { plugin, reason }, value }))));
  text.counter('holdfast_plugin_output_failed_deliveries_total', 'Deliveries that failed; most are tried again', ofEach(({ failedDeliveries }) => failedDeliveries));
  text.gauge('holdfast_plugin_output_waiting_entries', 'Entries that wait or are on their way', ofEach(({ waiting }) => waiting));
  text.gauge('holdfast_plugin_output_waiting_bytes', 'Their size', ofEach(({ waitingBytes }) => waitingBytes));
}

function byName(counts: Readonly<Record<string, number>>, label: string): readonly MetricSample[] {
  return Object.entries(counts).map(([name, value]) => ({ labels: { [label]: name }, value }));
}
