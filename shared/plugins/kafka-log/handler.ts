/** kafka-log on a data plane: requests as messages of a topic, through a Kafka REST proxy, as many in one POST as the queue has together. */
import { CustomFields, logEntryOf } from '../../plugin-parts/log-entry.ts';
import { refusedDelivery } from '../../plugin-parts/refused-delivery.ts';
import type { PluginFactory } from '../contract.ts';
import type { QueueOptions } from '../plugin-services.ts';
import { restApiOf, type RestApi } from './rest-api.ts';
import type { KafkaLogConfig } from './schema.ts';

/** More than the answer about each of 100,000 messages needs. */
const MOST_ANSWER_BYTES = 16_777_216;

interface Message {
  readonly json: string;
  /** Of a request that failed in part, only the rest is sent again. */
  isStored: boolean;
}

export const kafkaLogFactory: PluginFactory<KafkaLogConfig> = {
  name: 'kafka-log',
  create: (config, services) => {
    const api = restApiOf(config.rest_proxy, config.topic);
    const headers = { 'content-type': api.contentType, accept: api.accept, ...authorizationOf(config.authentication) };
    const post = async (messages: readonly Message[]): Promise<void> => {
      const answer = await services.fetch(api.url.href, {
        method: 'POST', headers, body: api.bodyOf(messages.map(({ json }) => json)), timeoutMs: config.timeout, maxBytes: MOST_ANSWER_BYTES, verifyTls: config.rest_proxy.ssl_verify,
      });
      if (answer.status !== 200) throw refusedDelivery(`the Kafka REST proxy at ${api.url.host}`, answer.status, '');
      settle(messages, api, Buffer.from(answer.body).toString('utf8'));
    };
    const queue = services.queue<Message>(queueOptionsOf(config), async (messages) => {
      const left = messages.filter(({ isStored }) => !isStored);
      for (const some of inRequests(left, config.producer_request_limits_bytes_per_request)) await post(some);
    });
    const custom = new CustomFields(config.custom_fields);
    return {
      log: (context) => {
        const entry = logEntryOf(context, services.node);
        custom.addTo(entry, context);
        const json = JSON.stringify(entry);
        queue.push({ json, isStored: false }, json.length);
      },
    };
  },
};

/** Kong's settings of the producer, as bounds of the queue. */
function queueOptionsOf(config: KafkaLogConfig): QueueOptions {
  const { producer_async: isAsync, producer_request_retries_backoff_timeout: backoffMs } = config;
  return {
    maxBatchEntries: isAsync ? config.producer_request_limits_messages_per_request : 1,
    maxDelayMs: isAsync ? config.producer_async_flush_timeout : 0,
    maxEntries: config.producer_async_buffering_limits_messages_in_memory,
    maxBytes: 0,
    maxRetryMs: config.producer_request_retries_max_attempts * backoffMs,
    initialRetryDelayMs: backoffMs,
    maxRetryDelayMs: backoffMs,
    concurrency: 1,
  };
}

function authorizationOf({ user, password }: KafkaLogConfig['authentication']): { readonly authorization?: string } {
  return user === null || password === null ? {} : { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` };
}

/** Cut so that none has more bytes than allowed, but at least one message. */
function* inRequests(messages: readonly Message[], maxBytes: number): Generator<readonly Message[]> {
  let some: Message[] = [];
  let bytes = 0;
  for (const message of messages) {
    const more = Buffer.byteLength(message.json);
    if (some.length > 0 && bytes + more > maxBytes) {
      yield some;
      [some, bytes] = [[], 0];
    }
    some.push(message);
    bytes += more;
  }
  if (some.length > 0) yield some;
}

/** What the proxy says of each message, in their order. Throws where one was not stored. */
function settle(messages: readonly Message[], api: RestApi, answer: string): void {
  const outcomes = api.outcomesOf(answer);
  for (const [index, message] of messages.entries()) message.isStored = outcomes[index] === 'stored';
  const [first] = messages.flatMap(({ isStored }, index) => (isStored ? [] : [outcomes[index] ?? 'no answer']));
  if (first !== undefined) throw refusedDelivery(`the Kafka REST proxy at ${api.url.host}`, 200, `of a message: ${first}`);
}
