/**
 * What a route, its service and a consumer are called, and which groups of Kong's metrics the plugin `prometheus` wants of them. The
 * agent counts by id and knows no names; a proxy thread has the whole configuration and is asked at a scrape, for what is new
 * (status/label-book.ts).
 */
import type { RecordOf } from '../../shared/model/entity-types.ts';
import type { prometheusSchema } from '../../shared/plugins/prometheus/schema.ts';
import type { ConsumerRef } from '../../shared/plugins/config-lookup.ts';
import type { CompiledConfig } from '../config/compiled-config.ts';
import type { Published } from '../config/config-tables.ts';

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
  /** Told with the pair of neither route nor consumer: what any instance of the configuration asks for; undefined where there is none. */
  readonly anywhere?: KongMetricGroups;
}

const PLUGIN = 'prometheus';

export function routeLabels(config: CompiledConfig, pair: LabelPair): RouteLabels {
  const { routeId, consumerId } = pair;
  if (routeId === '') return labelsWithoutRoute(config, pair);
  const route = config.parts.routes.routeOf(routeId);
  const consumer = consumerId === '' ? undefined : config.consumerById(consumerId);
  const entry = route?.chainFor(consumer?.id).entries.find(({ name }) => name === PLUGIN);
  const wanted = entry === undefined ? undefined : config.parts.plugins.byId.get(entry.pluginId)?.entity;
  return {
    ...pair,
    route: route === undefined ? '' : (route.name ?? route.id),
    service: route?.service === undefined ? '' : (route.service.name ?? route.service.id),
    consumer: nameOf(consumer),
    kong: wanted === undefined ? undefined : groupsOf([wanted]),
  };
}

/** Requests that no route matched are in the scope of what is for everything. */
function labelsWithoutRoute(config: CompiledConfig, pair: LabelPair): RouteLabels {
  const instances = [...config.parts.plugins.byId.values()].map(({ entity }) => entity).filter(({ name, enabled }) => name === PLUGIN && enabled);
  const global = instances.filter(({ route, service, consumer, consumer_group: group }) => [route, service, consumer, group].every((scope) => scope === null));
  return {
    ...pair, route: '', service: '', consumer: nameOf(pair.consumerId === '' ? undefined : config.consumerById(pair.consumerId)),
    kong: global.length === 0 ? undefined : groupsOf(global),
    ...(instances.length === 0 ? {} : { anywhere: groupsOf(instances) }),
  };
}

function nameOf(consumer: ConsumerRef | undefined): string {
  return consumer === undefined ? '' : (consumer.username ?? consumer.id);
}

/** What one of them asks for at least. */
function groupsOf(instances: readonly Pick<Published<'plugins'>, 'config'>[]): KongMetricGroups {
  const isOn = (group: MetricGroup): boolean => instances.some(({ config }) => Object.entries(config).some(([field, value]) => field === group && value === true));
  return {
    per_consumer: isOn('per_consumer'),
    status_code_metrics: isOn('status_code_metrics'),
    latency_metrics: isOn('latency_metrics'),
    bandwidth_metrics: isOn('bandwidth_metrics'),
    upstream_health_metrics: isOn('upstream_health_metrics'),
  };
}
