/** The static half of file-log: what the control plane checks and `/schemas/plugins/file-log` shows. Config as in Kong 3.9, and a queue. */
import type { StringRule } from '../../model/definition.ts';
import type { RecordOf } from '../../model/entity-types.ts';
import { customFields, soundCustomFields } from '../../plugin-parts/log-entry.ts';
import { queueField } from '../../plugin-parts/queue-config.ts';
import type { PluginSchema } from '../contract.ts';

const filePathRule: StringRule = {
  name: 'file-path',
  check: (text) => {
    if (!text.startsWith('/')) return 'must be an absolute path, such as /var/log/holdfast/requests.json';
    if (/[*&%`\p{Cc}]/u.test(text)) return 'must not hold *, &, %, ` or control characters';
    return text.endsWith('/') || text.split('/').slice(1).some((part) => part === '' || part === '.' || part === '..') ? "must name a file, without '.', '..' and empty parts" : undefined;
  },
};

export const fileLogSchema = {
  name: 'file-log',
  version: '1.0.0',
  priority: 9,
  scopes: ['global', 'service', 'route', 'consumer'],
  protocols: ['grpc', 'grpcs', 'http', 'https'],
  description: 'Appends each request as a line of JSON to a file of the data plane.',
  config: [
    { name: 'path', tag: 1, type: { kind: 'string', maxLength: 4_096, rules: [filePathRule] }, required: true, description: 'The file: in a folder that the data plane allows (`HOLDFAST_FILE_LOG_FOLDERS`), or /dev/stdout or /dev/stderr.' },
    { name: 'reopen', tag: 2, type: { kind: 'boolean' }, required: true, default: false, description: 'Opens the file anew for each write. Not needed for rotation: a file that was moved or deleted is made anew within a second.' },
    queueField(3),
    ...customFields(4, 5),
  ],
  checks: [soundCustomFields],
} as const satisfies PluginSchema;

export type FileLogConfig = RecordOf<(typeof fileLogSchema)['config']>;
