/** datadog on a data plane: lines about each request for a Datadog agent (DogStatsD), several to a datagram. */
import { datagramTransport } from '../../plugin-parts/message-transport.ts';
import { queueOptionsOf } from '../../plugin-parts/queue-config.ts';
import { isSampled, lineEnd, packLines, REQUEST_STATS, statOf, tagValue } from '../../plugin-parts/statsd-lines.ts';
import type { LogContext, PluginFactory } from '../contract.ts';
import type { DatadogConfig } from './schema.ts';

/** What fits into a packet of Ethernet; agents split lines. */
const PACKET_BYTES = 1_432;

type Metric = DatadogConfig['metrics'][number];
type LineOf = (context: LogContext, serviceAndStatus: string) => string | undefined;

export const datadogFactory: PluginFactory<DatadogConfig> = {
  name: 'datadog',
  create: (config, services) => {
    const transport = datagramTransport(services, config.host, config.port);
    const queue = services.queue<readonly string[]>(queueOptionsOf(config.queue, config), (requests) => transport.send(packLines(requests.flat(), PACKET_BYTES)));
    const metrics = config.metrics.map((metric) => ({ lineOf: metricLine(metric, config), sampleRate: metric.sample_rate ?? 1 }));
    return {
      log: (context) => {
        const serviceAndStatus = `${serviceTag(context, config.service_name_tag)}${config.status_tag}:${context.status}`;
        const lines: string[] = [];
        let letters = 0;
        for (const { lineOf, sampleRate } of metrics) {
          if (!isSampled(context.requestId, sampleRate)) continue;
          const line = lineOf(context, serviceAndStatus);
          if (line === undefined) continue;
          lines.push(line);
          letters += line.length;
        }
        if (lines.length > 0) queue.push(lines, letters);
      },
    };
  },
};

function metricLine({ name, stat_type: type, sample_rate: rate, tags, consumer_identifier: identifier }: Metric, { prefix, consumer_tag: consumerTag }: DatadogConfig): LineOf {
  const stem = `${prefix}.${REQUEST_STATS[name]}:`;
  const end = `${lineEnd(type, rate)}|#`;
  const own = (tags ?? []).map((tag) => `,${tag}`).join('');
  return (context, serviceAndStatus) => {
    const value = statOf(name, context);
    if (value === undefined) return undefined;
    const consumer = consumerOf(context, identifier);
    return `${stem}${value}${end}${serviceAndStatus}${consumer === undefined ? '' : `,${consumerTag}:${tagValue(consumer)}`}${own}`;
  };
}

/** Dots of names are `_`, as in Kong. */
function serviceTag({ service, tries }: LogContext, tag: string): string {
  return service === undefined ? '' : `${tag}:${tagValue(service.name ?? tries[0]?.upstream ?? service.id).replaceAll('.', '_')},`;
}

function consumerOf({ consumer }: LogContext, identifier: Metric['consumer_identifier']): string | undefined {
  if (consumer === undefined || identifier === null) return undefined;
  switch (identifier) {
    case 'consumer_id':
      return consumer.id.replaceAll('-', '_');
    case 'custom_id':
      return consumer.customId ?? undefined;
    case 'username':
      return consumer.username ?? undefined;
  }
}
