/** tcp-log on a data plane: each request as a line of JSON, over a connection that is kept. Nothing waits for it; what can't be sent waits in the queue. */
import { CustomFields, logEntryOf } from '../../plugin-parts/log-entry.ts';
import { asLine, streamTransport } from '../../plugin-parts/message-transport.ts';
import { queueOptionsOf } from '../../plugin-parts/queue-config.ts';
import type { PluginFactory } from '../contract.ts';
import type { TcpLogConfig } from './schema.ts';

export const tcpLogFactory: PluginFactory<TcpLogConfig> = {
  name: 'tcp-log',
  create: (config, services) => {
    const { host, port, timeout: timeoutMs, keepalive: keepaliveMs } = config;
    const tls = config.tls ? { verify: config.tls_verify, serverName: config.tls_sni } : undefined;
    const transport = streamTransport(services, { host, port, tls, timeoutMs, keepaliveMs }, asLine);
    const queue = services.queue<string>(queueOptionsOf(config.queue), (entries) => transport.send(entries.map((text) => Buffer.from(text))));
    const custom = new CustomFields(config.custom_fields);
    return {
      log: (context) => {
        const entry = logEntryOf(context, services.node);
        custom.addTo(entry, context);
        // JSON has no line ends of its own: an entry is one line whatever stands in it.
        const text = JSON.stringify(entry);
        queue.push(text, text.length);
      },
    };
  },
};
