/**
 * What a control plane's `/metrics` tells, in the formats of shared/prometheus-text.ts. No label holds what a client
 * or a tenant chose, but for Kong's where a setting asks for them (kong-metrics.ts), so the number of series is bounded by what this software knows (R5). Pure.
 */
import { SEVERITIES } from '../alerts/alert-rule.ts';
import { counterSamples, histogramSamples } from '../../shared/histogram.ts';
import { writeProcessMetrics } from '../../shared/process-vitals.ts';
import { PrometheusText, type MetricSample, type MetricsFormat } from '../../shared/prometheus-text.ts';
import { writeKongMetrics } from './kong-metrics.ts';
import type { ControlPlaneView, PartsView } from './control-plane-view.ts';
import { whyNoDatabase, whyNotReady } from './status-report.ts';

/** Alarms that say that a data plane does not serve what it should (alarms/drift-watch.ts), by the kind of drift. */
const DRIFT: Readonly<Record<string, string>> = { behind: 'FLEET_BEHIND', rejected: 'FLEET_REJECTED', fell_back: 'FLEET_FELL_BACK' };
const SESSION_STATES = ['awaiting-hello', 'renewing-only', 'greeting', 'settled', 'preparing', 'sending', 'confirming', 'closed'];

export function controlPlaneMetrics(view: ControlPlaneView, format: MetricsFormat = 'text'): string {
  const text = new PrometheusText(format);
  text.gauge('holdfast_build_info', 'Version of the software, always 1', [{ labels: { version: view.softwareVersion, role: 'control_plane' }, value: 1 }]);
  text.gauge('holdfast_start_time_seconds', 'When this process started, since the epoch', [{ value: view.startedAtMs / 1000 }]);
  text.gauge('holdfast_ready', '1 where /status/ready answers 200', [{ value: whyNotReady(view) === undefined ? 1 : 0 }]);
  text.gauge('holdfast_database_reachable', '1 where the database answered what it was asked last', [{ value: whyNoDatabase(view) === undefined ? 1 : 0 }]);
  writeProcessMetrics(text, view.process);
  if (view.parts !== undefined) {
    writeAdmin(text, view.parts);
    writeDatabase(text, view.parts);
    writeFleet(text, view.parts);
    writeTelemetry(text, view.parts);
    writeAlerts(text, view.parts, view.nowMs);
    writeSinks(text, view.parts);
    if (view.kongMetrics) writeKongMetrics(text, view, view.parts);
  }
  return text.toString();
}

function writeAdmin(text: PrometheusText, { admin: { meter, counters } }: PartsView): void {
  text.counter('holdfast_admin_requests_total', 'Requests to the admin API that were answered', counterSamples(meter.requests));
  text.histogram('holdfast_admin_request_duration_seconds', 'From a request to the admin API to its answer', histogramSamples(meter.durations));
  text.counter('holdfast_admin_answers_from_memory_total', 'Reads that were answered from memory because the database was away', [{ value: meter.fromMemory.value }]);
  text.gauge('holdfast_admin_requests_active', 'Requests to the admin API that are being answered', [{ value: counters.requestsActive }]);
  text.gauge('holdfast_admin_connections', 'Open connections to the admin API', [{ value: counters.connectionsActive }]);
}

function writeDatabase(text: PrometheusText, { database }: PartsView): void {
  const { open, idle, waiting, most } = database.pool;
  text.gauge('holdfast_database_connections', 'Database connections of the pool', [{ labels: { state: 'used' }, value: open - idle }, { labels: { state: 'idle' }, value: idle }]);
  text.gauge('holdfast_database_connections_limit', 'HOLDFAST_DATABASE_POOL_SIZE', [{ value: most }]);
  text.gauge('holdfast_database_waiting_transactions', 'Transactions that wait for a connection', [{ value: waiting }]);
  text.histogram('holdfast_database_connection_wait_seconds', 'How long transactions waited for a connection', [{ histogram: database.waits }]);
  text.histogram('holdfast_database_transaction_duration_seconds', 'Transactions from the wish for a connection to their end', histogramSamples(database.transactions));
  text.counter('holdfast_database_retries_total', 'Transactions that ran again after a conflict with another one', counterSamples(database.retries));
}

function writeFleet(text: PrometheusText, { publish, sync, alarms }: PartsView): void {
  const byState = sync.countByState();
  const byCode = alarms.countByCode();
  const drift = (kind: string, code: string): MetricSample => ({ labels: { kind }, value: byCode.get(code) ?? 0 });
  text.histogram('holdfast_publish_duration_seconds', 'From the end of the collecting of a burst of changes to the stored release; its count is that of releases made here', [{ histogram: publish.durations }]);
  text.counter('holdfast_publish_failures_total', 'Releases that could not be made and were tried again', [{ value: publish.failures.value }]);
  text.histogram('holdfast_propagation_seconds', "From the commit of a release's oldest change to the word of a data plane connected here that it serves it", [{ histogram: publish.propagation }]);
  text.gauge('holdfast_sessions', 'Sessions of data planes at this control plane', SESSION_STATES.map((state) => ({ labels: { state }, value: byState.get(state) ?? 0 })));
  text.counter('holdfast_sync_connections_turned_away_total', 'Connections that were turned away because too many came at once', [{ value: sync.turnedAway }]);
  text.gauge('holdfast_alarms_open', 'Open alarms of all gateways', [...byCode].map(([code, value]) => ({ labels: { code }, value })));
  text.gauge('holdfast_drifting_data_planes', 'Connected data planes that do not serve what they should for too long', Object.entries(DRIFT).map(([kind, code]) => drift(kind, code)));
}

/** What only the control plane that sends a stream knows, only that one tells. */
function writeSinks(text: PrometheusText, { sinks }: PartsView): void {
  const views = sinks.view();
  if (views.length === 0) return;
  const samples = (valueOf: (view: (typeof views)[number]) => number | undefined): readonly MetricSample[] =>
    views.flatMap((view) => {
      const value = valueOf(view);
      return value === undefined ? [] : [{ labels: { sink: view.sink, stream: view.stream }, value }];
    });
  text.counter('holdfast_sink_rows_sent_total', 'Rows of telemetry that a sink took from this control plane', samples(({ sentRows }) => sentRows));
  text.counter('holdfast_sink_attempts_failed_total', 'Batches of telemetry that a sink did not take and that are sent again', samples(({ failedAttempts }) => failedAttempts));
  text.counter('holdfast_sink_rows_lost_total', 'Rows of telemetry that were gone, or refused, before a sink had them, of the installation; told by the control plane that sends', samples(({ lostRows }) => lostRows));
  text.gauge('holdfast_sink_behind_seconds', 'Age of the oldest row of telemetry that waits for a sink; told by the control plane that sends', samples(({ behind }) => behind?.seconds));
  text.gauge('holdfast_sink_behind_rows', 'Rows of telemetry that wait for a sink, counted up to a million; told by the control plane that sends', samples(({ behind }) => behind?.rows));
}

function writeAlerts(text: PrometheusText, { alerts: { looks, findingsLeftOut, deliveries, dropped, standing } }: PartsView, nowMs: number): void {
  text.counter('holdfast_alert_looks_total', 'Looks at rules of alerts, by outcome: noted; outdated: the rule was changed, or a later look came first; failed', counterSamples(looks));
  text.counter('holdfast_alert_findings_left_out_total', 'What looks found beyond what can stand of one rule', [{ value: findingsLeftOut.value }]);
  text.counter('holdfast_alert_messages_dropped_total', 'Messages that were not stored because too many wait for their webhook', [{ value: dropped.value }]);
  text.counter('holdfast_webhook_attempts_total', 'Attempts to send a message to a webhook, by outcome: delivered; failed: tried again; given_up', counterSamples(deliveries));
  if (standing === undefined) return;
  text.gauge('holdfast_alerts_firing', 'Alerts that fire, of all gateways', SEVERITIES.map((severity) => ({ labels: { severity }, value: standing.firing.get(severity) ?? 0 })));
  text.gauge('holdfast_webhook_messages_waiting', 'Messages that wait for webhooks, of all tenants', [{ value: standing.waiting }]);
  text.gauge('holdfast_webhook_oldest_message_seconds', 'How long the oldest of them waits', [{ value: standing.oldest === undefined ? 0 : Math.max(0, nowMs - standing.oldest.getTime()) / 1000 }]);
}

function writeTelemetry(text: PrometheusText, { telemetry }: PartsView): void {
  const streams = (['counts', 'records'] as const).map((stream) => ({ stream, ...telemetry.waiting(stream) }));
  const backlogs = [...telemetry.backlogs];
  text.counter('holdfast_telemetry_batches_total', 'Telemetry batches of data planes by outcome: stored, a duplicate, or failed (then sent again, where it can be stored)', counterSamples(telemetry.batches));
  text.counter('holdfast_telemetry_rows_total', 'Folded rows, and access records, that were stored', counterSamples(telemetry.rows));
  text.gauge('holdfast_telemetry_waiting_batches', 'Telemetry batches that came and are not committed', streams.map(({ stream, batches }) => ({ labels: { stream }, value: batches })));
  text.gauge('holdfast_telemetry_oldest_waiting_seconds', 'How long the first of them waits', streams.map(({ stream, oldestMs }) => ({ labels: { stream }, value: oldestMs / 1000 })));
  text.counter('holdfast_telemetry_rolled_up_rows_total', 'Raw rows that this control plane added up to minutes', [{ value: telemetry.rolledUpRows.value }]);
  text.counter('holdfast_telemetry_roll_up_failures_total', 'Passes of the roll-up that ended early and are done again', [{ value: telemetry.rollUpFailures.value }]);
  text.gauge('holdfast_telemetry_roll_up_backlog_rows', 'Raw rows that are not added up yet, at most', backlogs.map(([family, { rows }]) => ({ labels: { family }, value: rows })));
  text.gauge('holdfast_telemetry_roll_up_behind_seconds', 'Since the first of them came', backlogs.map(([family, backlog]) => ({ labels: { family }, value: telemetry.behindMs(backlog) / 1000 })));
  text.counter('holdfast_telemetry_expired_rows_total', 'Rows of telemetry deleted because they are no longer kept', [{ value: telemetry.expiredRows.value }]);
  text.counter('holdfast_telemetry_dropped_partitions_total', 'Partitions of telemetry dropped because nothing in them is kept', [{ value: telemetry.droppedPartitions.value }]);
}
