/**
 * http-log on a data plane: each request becomes a text of JSON when it has ended, waits in the queue, and goes out with others or by
 * itself. Nothing of it touches the request. Behaviour as in Kong 3.9; differences are in the README.
 */
import { CustomFields, logEntryOf } from '../../plugin-parts/log-entry.ts';
import { queueOptionsOf } from '../../plugin-parts/queue-config.ts';
import { refusedDelivery } from '../../plugin-parts/refused-delivery.ts';
import type { PluginFactory } from '../contract.ts';
import type { HttpLogConfig } from './schema.ts';

/** Of an answer, which nobody reads. */
const MAX_ANSWER_BYTES = 1_048_576;

export const httpLogFactory: PluginFactory<HttpLogConfig> = {
  name: 'http-log',
  create(config, services) {
    const { http_endpoint: url, method, timeout: timeoutMs, authorization } = config;
    const { host } = new URL(url);
    const options = queueOptionsOf(config.queue, config);
    // As in Kong, a list is a list also where it has one entry.
    const isList = options.maxBatchEntries > 1;
    const headers = { ...config.headers, ...(authorization === null ? {} : { authorization }), 'content-type': config.content_type };
    const fields = new CustomFields(config.custom_fields);
    const queue = services.queue<string>(options, async (entries) => {
      const body = isList ? `[${entries.join(',')}]` : (entries[0] ?? '');
      const { status } = await services.fetch(url, { method, headers, body, timeoutMs, maxBytes: MAX_ANSWER_BYTES });
      if (status < 200 || status > 299) throw refusedDelivery(host, status, '');
    });
    return {
      log(context) {
        const entry = logEntryOf(context, services.node);
        fields.addTo(entry, context);
        const text = JSON.stringify(entry);
        queue.push(text, text.length);
      },
    };
  },
};
