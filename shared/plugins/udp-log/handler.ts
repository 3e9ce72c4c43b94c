/** udp-log on a data plane: each request as JSON in a datagram. */
import { datagramText, MAX_DATAGRAM_BYTES } from '../../plugin-parts/datagram-text.ts';
import { CustomFields, logEntryOf } from '../../plugin-parts/log-entry.ts';
import { datagramTransport } from '../../plugin-parts/message-transport.ts';
import { queueOptionsOf } from '../../plugin-parts/queue-config.ts';
import type { PluginFactory } from '../contract.ts';
import type { UdpLogConfig } from './schema.ts';

export const udpLogFactory: PluginFactory<UdpLogConfig> = {
  name: 'udp-log',
  create: (config, services) => {
    const transport = datagramTransport(services, config.host, config.port);
    const queue = services.queue<string>(queueOptionsOf(config.queue), (entries) => transport.send(entries.map((text) => Buffer.from(text))));
    const custom = new CustomFields(config.custom_fields);
    return {
      log: (context) => {
        const entry = logEntryOf(context, services.node);
        custom.addTo(entry, context);
        const text = datagramText(entry, MAX_DATAGRAM_BYTES);
        queue.push(text, text.length);
      },
    };
  },
};
