/**
 * `config.queue` of the plugins that send log entries out, with Kong 3.9's names, defaults and limits, and what it means to
 * `services.queue`. Used by the schemas and handlers of http-log and its like.
 */
import type { Field } from '../model/definition.ts';
import type { RecordOf } from '../model/entity-types.ts';
import type { QueueOptions } from '../plugins/plugin-services.ts';

/** Deliveries at a time where Kong has no bound (`concurrency_limit: -1`): a server that is slow must not take all there are (R5). */
const MOST_DELIVERIES = 16;
const SECONDS = { kind: 'number', between: [0.001, 1_000_000] } as const;

/** Of a record `queue`. */
export const queueFields = [
  { name: 'max_batch_size', tag: 1, type: { kind: 'integer', between: [1, 1_000_000] }, required: true, default: 1, description: 'Entries that are sent together, at most.' },
  { name: 'max_coalescing_delay', tag: 2, type: { kind: 'number', between: [0, 3_600] }, required: true, default: 1, description: 'Seconds that entries wait for more to come; only where `max_batch_size` is above 1.' },
  { name: 'max_entries', tag: 3, type: { kind: 'integer', between: [1, 1_000_000] }, required: true, default: 10_000, description: 'Entries that wait, at most, in each proxy thread; the oldest make room.' },
  { name: 'max_bytes', tag: 4, type: { kind: 'integer', between: [1, Number.MAX_SAFE_INTEGER] }, description: 'Bytes that wait, at most, in each proxy thread; all queues of a thread together have 64 MiB in any case.' },
  { name: 'max_retry_time', tag: 5, type: { kind: 'number', between: [-1, 1_000_000] }, required: true, default: 60, description: 'Seconds for which a batch is tried again; -1: until it is taken, while newer entries wait.' },
  { name: 'initial_retry_delay', tag: 6, type: SECONDS, required: true, default: 0.01, description: 'Seconds before the second try, drawn from half of it up to it; each further one waits twice as long.' },
  { name: 'max_retry_delay', tag: 7, type: SECONDS, required: true, default: 60, description: 'Seconds between two tries, at most.' },
  { name: 'concurrency_limit', tag: 8, type: { kind: 'integer', oneOf: [-1, 1] }, required: true, default: 1, description: `Batches that are sent at a time by each proxy thread: 1, which keeps their order, or -1 for up to ${MOST_DELIVERIES}.` },
] as const satisfies readonly Field[];

export type QueueConfig = RecordOf<typeof queueFields>;

/** The field itself, as a plugin's config has it. */
export function queueField(tag: number) {
  return { name: 'queue', tag, type: { kind: 'record', fields: queueFields }, required: true, default: {}, description: 'How entries wait for being sent.' } as const satisfies Field;
}

/** What stood for `queue` before Kong 3.3, with three tags from the first on: http-log, statsd, datadog, opentelemetry and zipkin have them still. */
export function legacyQueueFields(firstTag: number) {
  return [
    { name: 'retry_count', tag: firstTag, type: { kind: 'integer', between: [0, 1_000_000] }, description: 'Without effect, as in Kong: `queue.max_retry_time` says for how long.' },
    { name: 'queue_size', tag: firstTag + 1, type: { kind: 'integer', between: [1, 1_000_000] }, description: 'Older name of `queue.max_batch_size`, and before it where set.' },
    { name: 'flush_timeout', tag: firstTag + 2, type: { kind: 'number', between: [0, 3_600] }, description: 'Older name of `queue.max_coalescing_delay`, and before it where set.' },
  ] as const satisfies readonly Field[];
}

/** Both are null, or absent, where nobody set them. */
export interface OlderQueueConfig {
  readonly queue_size?: number | null;
  readonly flush_timeout?: number | null;
}

export function queueOptionsOf(queue: QueueConfig, older: OlderQueueConfig = {}): QueueOptions {
  return {
    maxBatchEntries: older.queue_size ?? queue.max_batch_size,
    maxDelayMs: (older.flush_timeout ?? queue.max_coalescing_delay) * 1_000,
    maxEntries: queue.max_entries,
    maxBytes: queue.max_bytes ?? 0,
    maxRetryMs: queue.max_retry_time < 0 ? Number.POSITIVE_INFINITY : queue.max_retry_time * 1_000,
    initialRetryDelayMs: queue.initial_retry_delay * 1_000,
    maxRetryDelayMs: queue.max_retry_delay * 1_000,
    concurrency: queue.concurrency_limit === -1 ? MOST_DELIVERIES : 1,
  };
}
