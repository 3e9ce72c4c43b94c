/** syslog on a data plane: each request as a message of RFC 5424 with JSON in it, its severity by the status. */
import { datagramText, MAX_DATAGRAM_BYTES } from '../../plugin-parts/datagram-text.ts';
import { CustomFields, logEntryOf } from '../../plugin-parts/log-entry.ts';
import { datagramTransport, streamTransport, withLength, type MessageTransport } from '../../plugin-parts/message-transport.ts';
import { queueOptionsOf } from '../../plugin-parts/queue-config.ts';
import { severityByStatus, syslogFormat } from '../../plugin-parts/syslog-message.ts';
import type { PluginFactory } from '../contract.ts';
import type { PluginServices } from '../plugin-services.ts';
import type { SyslogConfig } from './schema.ts';

/** RFC 5424 §6.2.1; 9 and 10 as syslog(3) has them. */
const FACILITIES: Readonly<Record<SyslogConfig['facility'], number>> = {
  kern: 0, user: 1, mail: 2, daemon: 3, auth: 4, syslog: 5, lpr: 6, news: 7, uucp: 8, cron: 9, authpriv: 10, ftp: 11,
  local0: 16, local1: 17, local2: 18, local3: 19, local4: 20, local5: 21, local6: 22, local7: 23,
};
/** For what stands in front of the entry. */
const HEAD_BYTES = 512;
const KEEPALIVE_MS = 60_000;

export const syslogFactory: PluginFactory<SyslogConfig> = {
  name: 'syslog',
  create: (config, services) => {
    const transport = transportOf(config, services);
    const queue = services.queue<string>(queueOptionsOf(config.queue), (messages) => transport.send(messages.map((text) => Buffer.from(text))));
    const custom = new CustomFields(config.custom_fields);
    const severityOf = severityByStatus(config);
    const format = syslogFormat({ facility: FACILITIES[config.facility], hostname: services.node.hostname, appName: config.app_name, processId: String(process.pid), data: '-' });
    return {
      log: (context) => {
        const severity = severityOf(context.status);
        if (severity === undefined) return;
        const entry = logEntryOf(context, services.node);
        custom.addTo(entry, context);
        const json = config.protocol === 'udp' ? datagramText(entry, MAX_DATAGRAM_BYTES - HEAD_BYTES) : JSON.stringify(entry);
        const message = format(severity, context.startedAtMs, json);
        queue.push(message, message.length);
      },
    };
  },
};

function transportOf({ protocol, host, port, timeout, tls_sni: serverName, tls_verify: verify }: SyslogConfig, services: PluginServices): MessageTransport {
  if (protocol === 'udp') return datagramTransport(services, host, port);
  return streamTransport(services, { host, port, timeoutMs: timeout, keepaliveMs: KEEPALIVE_MS, tls: protocol === 'tls' ? { verify, serverName } : undefined }, withLength);
}
