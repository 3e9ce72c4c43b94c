/** loggly on a data plane: each request as a syslog message for Loggly, with the customer's token and tags in its structured data. */
import { datagramText, MAX_DATAGRAM_BYTES } from '../../plugin-parts/datagram-text.ts';
import { CustomFields, logEntryOf } from '../../plugin-parts/log-entry.ts';
import { asLine, datagramTransport, streamTransport } from '../../plugin-parts/message-transport.ts';
import { queueOptionsOf } from '../../plugin-parts/queue-config.ts';
import { severityByStatus, structuredData, syslogFormat } from '../../plugin-parts/syslog-message.ts';
import type { PluginFactory } from '../contract.ts';
import type { LogglyConfig } from './schema.ts';

/** Loggly's private enterprise number. */
const ELEMENT = '41058';
const FACILITY_USER = 1;
const KEEPALIVE_MS = 60_000;

export const logglyFactory: PluginFactory<LogglyConfig> = {
  name: 'loggly',
  create: (config, services) => {
    const { protocol, host, port, key, tags } = config;
    const data = structuredData(`${key}@${ELEMENT}`, tags.map((tag) => ['tag', tag]));
    const transport = protocol === 'udp'
      ? datagramTransport(services, host, port)
      : streamTransport(services, { host, port, timeoutMs: config.timeout, keepaliveMs: KEEPALIVE_MS, tls: protocol === 'tls' ? { verify: config.tls_verify, serverName: null } : undefined }, asLine);
    const queue = services.queue<string>(queueOptionsOf(config.queue), (messages) => transport.send(messages.map((text) => Buffer.from(text))));
    const custom = new CustomFields(config.custom_fields);
    const severityOf = severityByStatus(config);
    const format = syslogFormat({ facility: FACILITY_USER, hostname: services.node.hostname, appName: 'kong', processId: '-', data });
    const maxBytes = MAX_DATAGRAM_BYTES - Buffer.byteLength(format(0, 0, ''));
    return {
      log: (context) => {
        const severity = severityOf(context.status);
        if (severity === undefined) return;
        const entry = logEntryOf(context, services.node);
        custom.addTo(entry, context);
        const json = protocol === 'udp' ? datagramText(entry, maxBytes) : JSON.stringify(entry);
        const message = format(severity, context.startedAtMs, json);
        queue.push(message, message.length);
      },
    };
  },
};
