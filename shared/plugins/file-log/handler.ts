/**
 * file-log on a data plane: each request becomes a line of JSON when it has ended, waits in the queue, and is appended to the file with
 * what came meanwhile. Nothing of it touches the request. Behaviour as in Kong 3.9; differences are in the README.
 */
import { CustomFields, logEntryOf } from '../../plugin-parts/log-entry.ts';
import { queueOptionsOf } from '../../plugin-parts/queue-config.ts';
import type { PluginFactory } from '../contract.ts';
import type { LineFile, PluginServices } from '../plugin-services.ts';
import type { FileLogConfig } from './schema.ts';

/** What has gathered while the last write was under way goes in one. */
const LINES_PER_WRITE = 1_000;

export const fileLogFactory: PluginFactory<FileLogConfig> = {
  name: 'file-log',
  create(config, services) {
    const file = openFile(config, services);
    const fields = new CustomFields(config.custom_fields);
    const options = queueOptionsOf(config.queue);
    const waits = options.maxBatchEntries > 1;
    // Order and whole lines: one write at a time.
    const queue = services.queue<string>({ ...options, maxBatchEntries: waits ? options.maxBatchEntries : LINES_PER_WRITE, maxDelayMs: waits ? options.maxDelayMs : 0, concurrency: 1 }, (lines) => file.append(Buffer.from(lines.join(''), 'utf8')));
    return {
      log(context) {
        const entry = logEntryOf(context, services.node);
        fields.addTo(entry, context);
        const line = `${JSON.stringify(entry)}\n`;
        queue.push(line, line.length);
      },
      close: () => file.close(),
    };
  },
};

/** A log is no reason to refuse requests: where the file is not allowed, entries are dropped, counted and told in the log. */
function openFile({ path, reopen }: FileLogConfig, services: PluginServices): LineFile {
  try {
    return services.lineFile(path, { reopen });
  } catch (thrown) {
    services.log.warn('file-log-not-allowed', { path, reason: thrown instanceof Error ? thrown.message : String(thrown) });
    return { append: () => Promise.reject(thrown), close: () => undefined };
  }
}
