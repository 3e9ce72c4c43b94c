/**
 * Kong's metrics of a control plane, under Kong's names: of the data planes that are connected to this one. Labels hold their ids and what
 * they say of their hosts, so they are only told with HOLDFAST_KONG_METRICS. Part of /metrics (control-plane-metrics.ts).
 */
import type { MetricSample, PrometheusText } from '../../shared/prometheus-text.ts';
import type { SeenDataPlane } from '../sync/seen-data-plane.ts';
import type { ControlPlaneView, PartsView } from './control-plane-view.ts';
import { whyNoDatabase } from './status-report.ts';

const MOST_DATA_PLANES = 10_000;
/** Kong shows so many hex digits of a hash as a number: what a float holds exactly. */
const HASH_DIGITS = 13;
const MOST_HOST_LETTERS = 253;

export function writeKongMetrics(text: PrometheusText, view: Pick<ControlPlaneView, 'nowMs' | 'monotonicMs' | 'parts'>, { sync }: { readonly sync: Pick<PartsView['sync'], 'seen'> }): void {
  const seen = [...sync.seen(MOST_DATA_PLANES)].map((one) => ({ one, labels: { node_id: one.dataPlaneId, hostname: one.hostname.slice(0, MOST_HOST_LETTERS) } }));
  const ofEach = (read: (one: SeenDataPlane) => number | undefined): readonly MetricSample[] => seen.flatMap(({ one, labels }) => {
    const value = read(one);
    return value === undefined ? [] : [{ labels, value }];
  });
  text.gauge('kong_datastore_reachable', '1 where the database answered what it was asked last', [{ value: whyNoDatabase(view) === undefined ? 1 : 0 }]);
  text.gauge('kong_data_plane_last_seen', 'When a data plane was last heard, since the epoch', ofEach(({ heardAtMs }) => Math.round((view.nowMs - (view.monotonicMs - heardAtMs)) / 1_000)));
  text.gauge('kong_data_plane_config_hash', 'Of what a data plane serves, as a number', ofEach(({ contentRoot }) => Number.parseInt((contentRoot ?? '0').slice(0, HASH_DIGITS), 16)));
  text.gauge('kong_data_plane_version_compatible', '1: others are not let in', seen.map(({ one, labels }) => ({ labels: { ...labels, kong_version: one.softwareVersion }, value: 1 })));
  text.gauge('kong_data_plane_cluster_cert_expiry_timestamp', 'When the certificate of a data plane ends, since the epoch', ofEach(({ certificateEnds }) => (certificateEnds === '' ? undefined : Math.round(Date.parse(certificateEnds) / 1_000))));
}
