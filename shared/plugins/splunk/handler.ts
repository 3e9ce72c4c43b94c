/** splunk on a data plane: requests as events for the HTTP Event Collector, as many in one POST as the queue has together. */
import { answerOf, membersOf } from '../../plugin-parts/answer-members.ts';
import { CustomFields, logEntryOf } from '../../plugin-parts/log-entry.ts';
import { queueOptionsOf } from '../../plugin-parts/queue-config.ts';
import { refusedDelivery } from '../../plugin-parts/refused-delivery.ts';
import type { PluginFactory } from '../contract.ts';
import type { FetchAnswer } from '../plugin-services.ts';
import type { SplunkConfig } from './schema.ts';

const EVENT_PATH = '/services/collector/event';
const MOST_ANSWER_BYTES = 65_536;

export const splunkFactory: PluginFactory<SplunkConfig> = {
  name: 'splunk',
  create: (config, services) => {
    const url = eventUrl(config.endpoint);
    const headers = { authorization: `Splunk ${config.token}`, 'content-type': 'application/json' };
    const deliver = async (events: readonly string[]): Promise<void> => {
      const answer = await services.fetch(url.href, { method: 'POST', headers, body: events.join('\n'), timeoutMs: config.timeout, maxBytes: MOST_ANSWER_BYTES, verifyTls: config.ssl_verify });
      if (answer.status !== 200) throw refusedDelivery(`Splunk at ${url.host}`, answer.status, reasonOf(answer));
    };
    const queue = services.queue<string>(queueOptionsOf(config.queue), deliver);
    const custom = new CustomFields(config.custom_fields);
    const about = aboutEvents(config, services.node.hostname);
    return {
      log: (context) => {
        const entry = logEntryOf(context, services.node);
        custom.addTo(entry, context);
        const event = `{"time":${(context.startedAtMs / 1_000).toFixed(3)},${about},"event":${JSON.stringify(entry)}}`;
        queue.push(event, event.length);
      },
    };
  },
};

function eventUrl(endpoint: string): URL {
  const url = new URL(endpoint);
  if (url.pathname === '/') url.pathname = EVENT_PATH;
  return url;
}

/** What all events have, as members of JSON. */
function aboutEvents({ host, index, source, sourcetype }: SplunkConfig, hostname: string): string {
  return JSON.stringify({ host: host ?? hostname, sourcetype, ...(index === null ? {} : { index }), ...(source === null ? {} : { source }) }).slice(1, -1);
}

/** Splunk's number for what is wrong: 4 is an unknown token, 7 an unknown index. */
function reasonOf({ body }: FetchAnswer): string {
  const code = membersOf(answerOf(Buffer.from(body).toString('utf8'))).get('code');
  return typeof code === 'number' ? `code ${code}` : '';
}
