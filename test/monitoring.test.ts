/** What deploy/monitoring brings asks for metrics that exist, is what Prometheus and Grafana take, and its alerts go off when they should and not before. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import { parse, stringify } from 'yaml';
import { seriesNames } from './support/told-metrics.ts';

const place = fileURLToPath(new URL('../deploy/monitoring/', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'holdfast-monitoring-'));
after(() => rmSync(folder, { recursive: true, force: true }));

interface Rule { readonly alert: string; readonly expr: string; readonly for: string; readonly labels: Readonly<Record<string, string>>; readonly annotations: Readonly<Record<string, string>> }
interface Panel { readonly id: number; readonly title: string; readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }; readonly targets?: readonly { readonly expr: string }[] }
interface Dashboard { readonly panels: readonly Panel[]; readonly annotations: { readonly list: readonly { readonly expr: string }[] } }

const alertsText = readFileSync(join(place, 'alerts.yaml'), 'utf8');
const rules = (parse(alertsText) as { readonly groups: readonly { readonly rules: readonly Rule[] }[] }).groups.flatMap((group) => group.rules);
const dashboard = JSON.parse(readFileSync(join(place, 'grafana-dashboard.json'), 'utf8')) as Dashboard;
const queries = [...dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)), ...dashboard.annotations.list.map(({ expr }) => expr)];

function promtool(...words: readonly string[]): void {
  const ran = spawnSync('promtool', words, { encoding: 'utf8', cwd: folder });
  assert.equal(ran.error, undefined, 'promtool is installed (Debian: apt-get install prometheus)');
  assert.equal(ran.status, 0, ran.stdout + ran.stderr);
}

const GRAFANA = {
  type: 'object', required: ['uid', 'title', 'schemaVersion', 'panels', 'templating', 'time', 'annotations'],
  properties: {
    uid: { type: 'string', maxLength: 40 }, title: { type: 'string' }, schemaVersion: { type: 'integer', minimum: 36 },
    templating: { type: 'object', required: ['list'], properties: { list: { type: 'array', items: { type: 'object', required: ['name', 'type'] } } } },
    panels: {
      type: 'array', minItems: 10,
      items: {
        type: 'object', required: ['id', 'type', 'title', 'gridPos'],
        properties: {
          id: { type: 'integer', minimum: 1 }, type: { enum: ['row', 'timeseries', 'stat', 'table'] }, title: { type: 'string', minLength: 1 },
          gridPos: { type: 'object', required: ['x', 'y', 'w', 'h'], properties: { x: { type: 'integer', minimum: 0, maximum: 23 }, y: { type: 'integer', minimum: 0 }, w: { type: 'integer', minimum: 1, maximum: 24 }, h: { type: 'integer', minimum: 1 } } },
          fieldConfig: { type: 'object', required: ['defaults'], properties: { defaults: { type: 'object', required: ['unit'] } } },
          targets: { type: 'array', minItems: 1, items: { type: 'object', required: ['refId', 'expr', 'legendFormat'], properties: { refId: { type: 'string' }, expr: { type: 'string', minLength: 3 } } } },
        },
        if: { properties: { type: { const: 'row' } } }, then: {}, else: { required: ['targets', 'fieldConfig', 'datasource'] },
      },
    },
  },
};

test('the dashboard is one that Grafana takes: required fields, ids once, panels beside each other', () => {
  const validate = new Ajv().compile(GRAFANA);
  assert.ok(validate(dashboard), JSON.stringify(validate.errors));
  const { panels } = dashboard;
  assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length);
  for (const [index, { title, gridPos: a }] of panels.entries()) {
    assert.ok(a.x + a.w <= 24, title);
    for (const { title: other, gridPos: b } of panels.slice(index + 1)) assert.ok(a.x + a.w <= b.x || b.x + b.w <= a.x || a.y + a.h <= b.y || b.y + b.h <= a.y, `${title} lies over ${other}`);
  }
});

test('every query of the dashboard and of the alerts asks for metrics that exist, in a language that Prometheus reads', () => {
  const known = seriesNames();
  const asked = new Set([...queries, ...rules.map(({ expr }) => expr)].flatMap((expr) => expr.match(/\b(?:holdfast|kong)_[a-z0-9_]+/g) ?? []));
  assert.ok(asked.size > 50);
  assert.deepEqual([...asked].filter((name) => !known.has(name)), []);
  const path = join(folder, 'queries.yaml');
  const readable = queries.map((expr) => expr.replaceAll('$__rate_interval', '5m').replaceAll('$__interval', '1m').replaceAll('$instance', '.*'));
  writeFileSync(path, stringify({ groups: [{ name: 'queries', rules: readable.map((expr, index) => ({ record: `query:${index}`, expr })) }] }));
  promtool('check', 'rules', path);
  promtool('check', 'rules', join(place, 'alerts.yaml'));
  promtool('check', 'config', join(place, 'prometheus.yaml'));
});

/** Series that set an alert off, and the same with nothing wrong. Values are minute by minute, as promtool writes them. */
const CASES: Readonly<Record<string, { readonly bad: Readonly<Record<string, string>>; readonly good: Readonly<Record<string, string>> }>> = {
  HoldfastDown: { bad: { 'up{job="holdfast-data-plane"}': '0x60' }, good: { 'up{job="holdfast-data-plane"}': '1x60', 'up{job="other"}': '0x60' } },
  HoldfastNotReady: { bad: { holdfast_ready: '0x60' }, good: { holdfast_ready: '1x60' } },
  HoldfastNotLive: { bad: { holdfast_live: '0x60' }, good: { holdfast_live: '1x60' } },
  HoldfastErrorRateHigh: {
    bad: { 'holdfast_requests_total{status_class="5xx"}': '0+10x60', 'holdfast_requests_total{status_class="2xx"}': '0+90x60' },
    good: { 'holdfast_requests_total{status_class="5xx"}': '0+1x60', 'holdfast_requests_total{status_class="2xx"}': '0+99x60' },
  },
  HoldfastNewVersionFails: {
    bad: { 'holdfast_config_requests_total{version="1.2"}': '0+100x60', 'holdfast_config_failed_requests_total{version="1.2"}': '0+30x60' },
    good: { 'holdfast_config_requests_total{version="1.2"}': '0+5x60', 'holdfast_config_failed_requests_total{version="1.2"}': '0+3x60' },
  },
  HoldfastLatencyHigh: {
    bad: { 'holdfast_gateway_duration_seconds_bucket{le="0.1"}': '0+1x60', 'holdfast_gateway_duration_seconds_bucket{le="0.5"}': '0+100x60', 'holdfast_gateway_duration_seconds_bucket{le="+Inf"}': '0+100x60' },
    good: { 'holdfast_gateway_duration_seconds_bucket{le="0.01"}': '0+100x60', 'holdfast_gateway_duration_seconds_bucket{le="+Inf"}': '0+100x60' },
  },
  HoldfastShedding: { bad: { holdfast_proxy_shedding_threads: '1x60' }, good: { holdfast_proxy_shedding_threads: '0 1 0 1 0x60' } },
  HoldfastUpstreamDown: {
    bad: { 'holdfast_upstream_target_health{upstream="a",target="b"}': '0x60', 'holdfast_upstream_target_health{upstream="a",target="c"}': '0x60' },
    good: { 'holdfast_upstream_target_health{upstream="a",target="b"}': '0x60', 'holdfast_upstream_target_health{upstream="a",target="c"}': '1x60' },
  },
  HoldfastDisconnected: { bad: { holdfast_control_plane_connected: '0x60' }, good: { holdfast_control_plane_connected: '1 0x5 1x54' } },
  HoldfastConfigStale: { bad: { holdfast_config_stale: '1x60' }, good: { holdfast_config_stale: '0x60' } },
  HoldfastFellBack: { bad: { holdfast_config_fell_back: '1x60' }, good: { holdfast_config_fell_back: '0x60' } },
  HoldfastQuarantined: { bad: { holdfast_config_quarantined_entities: '2x60' }, good: { holdfast_config_quarantined_entities: '0x60' } },
  HoldfastCertificateEnds: { bad: { holdfast_certificate_expiry_seconds: '7200x60' }, good: { holdfast_certificate_expiry_seconds: '900000x60' } },
  HoldfastThreadsCrash: { bad: { holdfast_proxy_thread_crashes_total: '0+1x60' }, good: { holdfast_proxy_thread_crashes_total: '1x60' } },
  HoldfastTelemetryBehind: {
    bad: { holdfast_telemetry_buffered_requests: '5+5x60', holdfast_telemetry_spool_bytes: '100+100x60' },
    good: { holdfast_telemetry_buffered_requests: '500-5x60', holdfast_telemetry_spool_bytes: '9000-100x60' },
  },
  HoldfastCountsLost: { bad: { 'holdfast_telemetry_dropped_requests_total{reason="a"}': '0+1x60' }, good: { 'holdfast_telemetry_dropped_requests_total{reason="a"}': '7x60' } },
  HoldfastLogPluginDrops: { bad: { 'holdfast_plugin_output_dropped_total{plugin="http-log",reason="entries-full"}': '0+1x60' }, good: { 'holdfast_plugin_output_dropped_total{plugin="http-log",reason="entries-full"}': '7x60' } },
  HoldfastFilesRunOut: { bad: { holdfast_open_files: '900x60', holdfast_open_files_limit: '1000x60' }, good: { holdfast_open_files: '700x60', holdfast_open_files_limit: '1000x60' } },
  HoldfastVaultAway: { bad: { 'holdfast_vault_secrets{vault="v",state="outdated"}': '1x60' }, good: { 'holdfast_vault_secrets{vault="v",state="current"}': '1x60', 'holdfast_vault_secrets{vault="v",state="missing"}': '0x60' } },
  HoldfastDatabaseAway: { bad: { holdfast_database_reachable: '0x60' }, good: { holdfast_database_reachable: '1x60' } },
  HoldfastDrift: { bad: { 'holdfast_drifting_data_planes{kind="behind"}': '1x60' }, good: { 'holdfast_drifting_data_planes{kind="behind"}': '0x60' } },
  HoldfastPublishFails: { bad: { holdfast_publish_failures_total: '0+1x60' }, good: { holdfast_publish_failures_total: '4x60' } },
  HoldfastSinkBehind: { bad: { 'holdfast_sink_behind_seconds{sink="otlp"}': '7200x60' }, good: { 'holdfast_sink_behind_seconds{sink="otlp"}': '30x60' } },
  HoldfastSinkLoses: { bad: { 'holdfast_sink_rows_lost_total{sink="otlp"}': '0+1x60' }, good: { 'holdfast_sink_rows_lost_total{sink="otlp"}': '4x60' } },
};

test('each alert goes off when it should, and not where nothing is wrong', () => {
  assert.deepEqual(Object.keys(CASES).toSorted(), rules.map(({ alert }) => alert).toSorted());
  const caseOf = (alert: string, series: Readonly<Record<string, string>>, fires: boolean): object => ({
    name: `${alert} ${fires ? 'goes off' : 'is quiet'}`, interval: '1m',
    input_series: Object.entries(series).map(([name, values]) => ({ series: withInstance(name), values })),
    promql_expr_test: [{ eval_time: '57m', expr: `count(ALERTS{alertname="${alert}",alertstate="firing"})`, exp_samples: fires ? [{ labels: '{}', value: 1 }] : [] }],
  });
  const tests = Object.entries(CASES).flatMap(([alert, { bad, good }]) => [caseOf(alert, bad, true), caseOf(alert, good, false)]);
  const path = join(folder, 'alerts-test.yaml');
  writeFileSync(path, stringify({ rule_files: [join(place, 'alerts.yaml')], evaluation_interval: '3m', tests }));
  promtool('test', 'rules', path);
});

test('each alert says how bad it is and what to do', () => {
  for (const { alert, labels, annotations } of rules) {
    assert.match(labels['severity'] ?? '', /^(critical|warning)$/, alert);
    assert.ok((annotations['summary'] ?? '').length > 10 && (annotations['description'] ?? '').endsWith('.'), alert);
  }
});

function withInstance(series: string): string {
  return series.includes('{') ? series.replace('{', '{instance="x",') : `${series}{instance="x"}`;
}
