/**
 * What statsd says of a request for each metric of its config: without `tag_style` scope and user are levels of the name
 * (`kong.service.shop.user.ann.status.200:1|c`), with it they are tags of a plain name, in one of four dialects.
 */
import { lineEnd, namePart, REQUEST_STATS, statOf, tagValue, type RequestStat } from '../../plugin-parts/statsd-lines.ts';
import type { LogContext } from '../contract.ts';
import type { NodeFacts } from '../plugin-services.ts';
import type { StatsdConfig } from './schema.ts';

type Metric = StatsdConfig['metrics'][number];
type LineOf = (context: LogContext) => string | undefined;
type NameOf = (context: LogContext) => string | undefined;

/** Undefined for metrics that there is nothing to tell about. */
export function metricLines(metric: Metric, config: StatsdConfig, node: NodeFacts): LineOf | undefined {
  const { name } = metric;
  if (name === 'shdict_usage' || name === 'cache_datastore_hits_total' || name === 'cache_datastore_misses_total') return undefined;
  const scopeOf = serviceOf(metric.service_identifier ?? config.service_identifier_default);
  const userOf = consumerOf(metric.consumer_identifier ?? config.consumer_identifier_default);
  if (config.tag_style !== null) return isRequestStat(name) ? tagged(metric, name, config, config.tag_style, scopeOf, userOf, node) : undefined;

  const prefix = config.hostname_in_prefix ? `${config.prefix}.node.${namePart(node.hostname)}` : config.prefix;
  const scope: NameOf = (context) => (context.service === undefined ? 'global.unmatched' : `service.${namePart(scopeOf(context) ?? 'unnamed')}`);
  const end = lineEnd(metric.stat_type, metric.sample_rate);
  if (isRequestStat(name)) {
    return (context) => {
      const value = statOf(name, context);
      return value === undefined ? undefined : `${prefix}.${scope(context)}.${REQUEST_STATS[name]}:${value}${end}`;
    };
  }
  const withUser = (lineOf: (user: string, context: LogContext) => string): LineOf => (context) => {
    const user = userOf(context);
    return user === undefined ? undefined : lineOf(namePart(user), context);
  };
  switch (name) {
    case 'status_count':
      return (context) => `${prefix}.${scope(context)}.status.${context.status}:1${end}`;
    case 'unique_users':
      return withUser((user, context) => `${prefix}.${scope(context)}.user.uniques:${user}${end}`);
    case 'request_per_user':
      return withUser((user, context) => `${prefix}.${scope(context)}.user.${user}.request.count:1${end}`);
    case 'status_count_per_user':
      return withUser((user, context) => `${prefix}.${scope(context)}.user.${user}.status.${context.status}:1${end}`);
    case 'status_count_per_user_per_route':
      return withUser((user, context) => `${prefix}.route.${context.route.id}.user.${user}.status.${context.status}:1${end}`);
    case 'status_count_per_workspace':
      return (context) => `${prefix}.${scope(context)}.workspace.${node.gatewayId}.status.${context.status}:1${end}`;
  }
}

/** As in Kong, with tags there are only the metrics that are no counts by what the tags say. */
function tagged(metric: Metric, name: RequestStat, { prefix }: StatsdConfig, style: NonNullable<StatsdConfig['tag_style']>, scopeOf: NameOf, userOf: NameOf, node: NodeFacts): LineOf {
  const stem = `${prefix}.${REQUEST_STATS[name]}`;
  const end = lineEnd(metric.stat_type, metric.sample_rate);
  const sign = style === 'dogstatsd' ? ':' : '=';
  const ofAll = `,workspace${sign}${node.gatewayId},node${sign}${tagValue(node.hostname)}`;
  return (context) => {
    const value = statOf(name, context);
    if (value === undefined) return undefined;
    const [service, user] = [scopeOf(context), userOf(context)];
    const tags = `${service === undefined ? '' : `service${sign}${tagValue(service)},`}route${sign}${tagValue(context.route.name ?? context.route.id)}${ofAll}`
      + `${user === undefined ? '' : `,consumer${sign}${tagValue(user)}`},status${sign}${context.status}`;
    switch (style) {
      case 'dogstatsd':
        return `${stem}:${value}${end}|#${tags}`;
      case 'influxdb':
        return `${stem},${tags}:${value}${end}`;
      case 'librato':
        return `${stem}#${tags}:${value}${end}`;
      case 'signalfx':
        return `${stem}[${tags}]:${value}${end}`;
    }
  };
}

function isRequestStat(name: Metric['name']): name is RequestStat & Metric['name'] {
  return name in REQUEST_STATS;
}

/** The service's host is known by the attempts at it; without one, what else it is called. */
function serviceOf(identifier: StatsdConfig['service_identifier_default']): NameOf {
  switch (identifier) {
    case 'service_id':
      return ({ service }) => service?.id;
    case 'service_name':
      return ({ service }) => service?.name ?? undefined;
    case 'service_host':
      return ({ service, tries }) => (service === undefined ? undefined : (tries[0]?.upstream ?? service.name ?? service.id));
    case 'service_name_or_host':
      return ({ service, tries }) => (service === undefined ? undefined : (service.name ?? tries[0]?.upstream ?? service.id));
  }
}

function consumerOf(identifier: StatsdConfig['consumer_identifier_default']): NameOf {
  switch (identifier) {
    case 'consumer_id':
      return ({ consumer }) => consumer?.id;
    case 'custom_id':
      return ({ consumer }) => consumer?.customId ?? undefined;
    case 'username':
      return ({ consumer }) => consumer?.username ?? undefined;
  }
}
