/**
 * What a route, its service and a consumer are called, and which groups of Kong's metrics the plugin `prometheus` wants of them. The
 * agent counts by id and knows no names; a proxy thread has the whole configuration and is asked at a scrape, for what is new
 * (status/label-book.ts).
 */
import type { RecordOf } from '../../shared/model/entity-types.ts';
import type { prometheusSchema } from '../../shared/plugins/prometheus/schema.ts';
import type { CompiledConfig } from '../config/compiled-config.ts';

/** Ids; '' where there is none. */
export interface LabelPair {
  readonly routeId: string;
  readonly consumerId: string;
}

export type KongMetricGroups = Readonly<Record<MetricGroup, boolean>>;
type MetricGroup = Exclude<keyof RecordOf<(typeof prometheusSchema)['config']>, 'ai_metrics' | 'wasm_metrics'>;

export interface RouteLabels extends LabelPair {
  /** Name, or id where it has none; '' where the configuration has no such route any more, or no service. */
  readonly route: string;
  readonly service: string;
  readonly consumer: string;
  /** Of the instance in force for the two; undefined where there is none. */
  readonly kong: KongMetricGroups | undefined;
}

export function routeLabels(config: CompiledConfig, pair: LabelPair): RouteLabels {
  const { routeId, consumerId } = pair;
  const route = routeId === '' ? undefined : config.parts.routes.routeOf(routeId);
  const consumer = consumerId === '' ? undefined : config.consumerById(consumerId);
  const entry = route?.chainFor(consumer?.id).entries.find(({ name }) => name === 'prometheus');
  const wanted = entry === undefined ? undefined : config.parts.plugins.byId.get(entry.pluginId)?.entity.config;
  return {
    ...pair,
    route: route === undefined ? '' : (route.name ?? route.id),
    service: route?.service === undefined ? '' : (route.service.name ?? route.service.id),
    consumer: consumer === undefined ? '' : (consumer.username ?? consumer.id),
    kong: wanted === undefined ? undefined : groupsOf(wanted),
  };
}

function groupsOf(config: object): KongMetricGroups {
  const isOn = (name: MetricGroup): boolean => Object.entries(config).some(([field, value]) => field === name && value === true);
  return {
    per_consumer: isOn('per_consumer'),
    status_code_metrics: isOn('status_code_metrics'),
    latency_metrics: isOn('latency_metrics'),
    bandwidth_metrics: isOn('bandwidth_metrics'),
    upstream_health_metrics: isOn('upstream_health_metrics'),
  };
}
