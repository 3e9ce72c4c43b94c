/** statsd on a data plane: lines about each request, by datagrams or over a kept TCP connection. Names are Kong's; of what people named nothing breaks out of a line. */
import { asLine, datagramTransport, streamTransport } from '../../plugin-parts/message-transport.ts';
import { queueOptionsOf } from '../../plugin-parts/queue-config.ts';
import { isSampled, packLines } from '../../plugin-parts/statsd-lines.ts';
import type { PluginFactory } from '../contract.ts';
import { metricLines } from './metric-lines.ts';
import type { StatsdConfig } from './schema.ts';

/** Kong's, which has no setting for either. */
const TIMEOUT_MS = 1_000;
const KEEPALIVE_MS = 60_000;

export const statsdFactory: PluginFactory<StatsdConfig> = {
  name: 'statsd',
  create: (config, services) => {
    const { host, port, udp_packet_size: packetBytes } = config;
    const transport = config.use_tcp
      ? streamTransport(services, { host, port, tls: undefined, timeoutMs: TIMEOUT_MS, keepaliveMs: KEEPALIVE_MS }, asLine)
      : datagramTransport(services, host, port);
    const queue = services.queue<readonly string[]>(queueOptionsOf(config.queue, config), (requests) => transport.send(packLines(requests.flat(), packetBytes)));
    const metrics = config.metrics.flatMap((metric) => {
      const lineOf = metricLines(metric, config, services.node);
      return lineOf === undefined ? [] : [{ lineOf, sampleRate: metric.sample_rate ?? 1 }];
    });
    const isAllowed = statusFilter(config.allow_status_codes);
    return {
      log: (context) => {
        if (!isAllowed(context.status)) return;
        const lines: string[] = [];
        let letters = 0;
        for (const { lineOf, sampleRate } of metrics) {
          if (!isSampled(context.requestId, sampleRate)) continue;
          const line = lineOf(context);
          if (line === undefined) continue;
          lines.push(line);
          letters += line.length;
        }
        if (lines.length > 0) queue.push(lines, letters);
      },
    };
  },
};

/** Ranges as their rule has them: `200-299`. */
function statusFilter(ranges: readonly string[] | null): (status: number) => boolean {
  if (ranges === null || ranges.length === 0) return () => true;
  const bounds = ranges.map((range) => ({ from: Number(range.slice(0, 3)), to: Number(range.slice(4)) }));
  return (status) => bounds.some(({ from, to }) => status >= from && status <= to);
}
