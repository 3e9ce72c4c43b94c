/**
 * The static half of kafka-log: what the control plane checks and `/schemas/plugins/kafka-log` shows. Fields as in Kong 3.9's, which speaks
 * to brokers; here messages go to a Kafka REST proxy (ARCHITECTURE.md, Libraries, says why).
 */
import type { StringRule } from '../../model/definition.ts';
import type { RecordOf } from '../../model/entity-types.ts';
import { entityRule, fieldAt, requiredWhen } from '../../model/entity-checks.ts';
import { printableRule } from '../../model/string-rules.ts';
import { customFields, soundCustomFields } from '../../plugin-parts/log-entry.ts';
import type { PluginSchema } from '../contract.ts';

const MILLISECONDS = { kind: 'integer', between: [1, 2_147_483_646] } as const;

const topicRule: StringRule = {
  name: 'kafka-topic',
  check: (text) => (/^[A-Za-z0-9._-]{1,249}$/.test(text) && text !== '.' && text !== '..' ? undefined : 'expected up to 249 letters, digits, dots, `_` and `-`: what Kafka takes as the name of a topic'),
};

const urlRule: StringRule = {
  name: 'http-url',
  check: (text) => {
    const url = /^https?:\/\/[^/?#\\]/i.test(text) ? URL.parse(text) : null;
    if (url === null) return 'expected an http or https URL, such as https://kafka-rest.example:8082';
    return url.username === '' && url.password === '' && url.search === '' && url.hash === '' ? undefined : 'must not have a user, a password, a query or a fragment: they go into `authentication`';
  },
};

/** What would be passed over if it were accepted, and would make deliveries less safe than they were asked to be. */
const plainAuthentication = entityRule('A REST proxy is asked with user and password', (plugin) => {
  const [mechanism, token, password, user] = ['mechanism', 'tokenauth', 'password', 'user'].map((name) => fieldAt(plugin, `config.authentication.${name}`));
  return [
    ...(mechanism === null || mechanism === 'PLAIN' ? [] : [{ field: 'config.authentication.mechanism', message: 'SCRAM is spoken with brokers, and messages go to a REST proxy: use PLAIN, which here is HTTP Basic, over https' }]),
    ...(token === true ? [{ field: 'config.authentication.tokenauth', message: 'delegation tokens are for brokers, and messages go to a REST proxy: leave it out' }] : []),
    ...((user === null) === (password === null) ? [] : [{ field: 'config.authentication', message: 'user and password are given together' }]),
  ];
});

const tlsByUrl = entityRule('With security.ssl the REST proxy is asked over https', (plugin) => {
  const url = fieldAt(plugin, 'config.rest_proxy.url');
  return fieldAt(plugin, 'config.security.ssl') !== true || (typeof url === 'string' && /^https:/i.test(url)) ? [] : [{ field: 'config.rest_proxy.url', message: 'must be https, as config.security.ssl asks for TLS' }];
});

export const kafkaLogSchema = {
  name: 'kafka-log',
  version: '1.0.0',
  priority: 5,
  scopes: ['global', 'service', 'route', 'consumer'],
  protocols: ['grpc', 'grpcs', 'http', 'https', 'ws', 'wss'],
  description: 'Sends each request as a JSON message to a Kafka topic, through a Kafka REST proxy.',
  config: [
    {
      name: 'bootstrap_servers', tag: 1, description: 'Only null is accepted: messages go through a REST proxy.',
      type: { kind: 'unavailable', shownAs: 'array', message: 'brokers are not spoken to in this version: name a Kafka REST proxy (Confluent REST Proxy, Karapace, Redpanda, Strimzi bridge) in `rest_proxy.url`' },
    },
    { name: 'topic', tag: 2, type: { kind: 'string', maxLength: 249, rules: [topicRule] }, required: true, description: 'Topic of the messages.' },
    { name: 'timeout', tag: 3, type: MILLISECONDS, required: true, default: 10_000, description: 'Milliseconds for each request to the REST proxy.' },
    { name: 'keepalive', tag: 4, type: MILLISECONDS, required: true, default: 60_000, description: 'Without effect: connections are kept for some seconds.' },
    { name: 'keepalive_enabled', tag: 5, type: { kind: 'boolean' }, required: true, default: false, description: 'Without effect.' },
    {
      name: 'authentication', tag: 6, required: true, default: {}, description: 'User and password for the REST proxy.',
      type: {
        kind: 'record',
        fields: [
          { name: 'strategy', tag: 1, type: { kind: 'string', oneOf: ['sasl'] }, description: 'Without effect.' },
          { name: 'mechanism', tag: 2, type: { kind: 'string', oneOf: ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] }, description: 'Only `PLAIN` is accepted: HTTP Basic.' },
          { name: 'tokenauth', tag: 3, type: { kind: 'boolean' }, description: 'Only false is accepted.' },
          { name: 'user', tag: 4, type: { kind: 'string', maxLength: 512, rules: [printableRule] }, referenceable: true, description: 'User of the REST proxy, or an API key.' },
          { name: 'password', tag: 5, type: { kind: 'string', maxLength: 2_048 }, secret: 'sealed', referenceable: true, description: "The user's password, or the key's secret." },
        ],
      },
    },
    {
      name: 'security', tag: 7, required: true, default: {}, description: 'TLS with the REST proxy is said by its URL.',
      type: {
        kind: 'record',
        fields: [
          { name: 'certificate_id', tag: 1, type: { kind: 'unavailable', shownAs: 'string', message: 'client certificates are not available in this version: use user and password in `authentication`' }, description: 'Only null is accepted.' },
          { name: 'ssl', tag: 2, type: { kind: 'boolean' }, description: 'Where true, `rest_proxy.url` is https.' },
        ],
      },
    },
    { name: 'cluster_name', tag: 8, type: { kind: 'string', maxLength: 256, rules: [printableRule] }, description: 'Without effect.' },
    { name: 'producer_request_acks', tag: 9, type: { kind: 'integer', oneOf: [-1, 0, 1] }, required: true, default: 1, description: 'Without effect: the REST proxy has its own setting.' },
    { name: 'producer_request_timeout', tag: 10, type: MILLISECONDS, required: true, default: 2_000, description: 'Without effect: `timeout` counts.' },
    { name: 'producer_request_limits_messages_per_request', tag: 11, type: { kind: 'integer', between: [1, 100_000] }, required: true, default: 200, description: 'Messages in one request, at most.' },
    { name: 'producer_request_limits_bytes_per_request', tag: 12, type: { kind: 'integer', between: [1, 104_857_600] }, required: true, default: 1_048_576, description: 'Bytes in one request, at most; a longer message has one to itself.' },
    { name: 'producer_request_retries_max_attempts', tag: 13, type: { kind: 'integer', between: [0, 1_000_000] }, required: true, default: 10, description: 'With the next one: for attempts times backoff, a request is tried again.' },
    { name: 'producer_request_retries_backoff_timeout', tag: 14, type: MILLISECONDS, required: true, default: 100, description: 'Milliseconds between two tries.' },
    { name: 'producer_async', tag: 15, type: { kind: 'boolean' }, required: true, default: true, description: 'Sends messages together; false sends each at once, by itself.' },
    { name: 'producer_async_flush_timeout', tag: 16, type: MILLISECONDS, required: true, default: 1_000, description: 'Milliseconds for which messages wait for more to come.' },
    { name: 'producer_async_buffering_limits_messages_in_memory', tag: 17, type: { kind: 'integer', between: [1, 1_000_000] }, required: true, default: 50_000, description: 'Messages that wait, at most, in each proxy thread; the oldest make room.' },
    {
      name: 'rest_proxy', tag: 18, required: true, default: {}, description: 'The Kafka REST proxy. Not in Kong.',
      type: {
        kind: 'record',
        fields: [
          { name: 'url', tag: 1, type: { kind: 'string', maxLength: 2_048, rules: [urlRule] }, required: true, description: 'Its URL, with the path before `/topics` or `/v3` where it has one.' },
          { name: 'api', tag: 2, type: { kind: 'string', oneOf: ['v2', 'v3'] }, required: true, default: 'v2', description: 'Version of its API: v2 is spoken by all, v3 by Confluent.' },
          { name: 'cluster_id', tag: 3, type: { kind: 'string', maxLength: 256, rules: [printableRule] }, description: 'Id of the cluster, for v3.' },
          { name: 'ssl_verify', tag: 4, type: { kind: 'boolean' }, required: true, default: true, description: "Verifies the proxy's certificate." },
        ],
      },
    },
    ...customFields(20, 19),
  ],
  checks: [soundCustomFields, plainAuthentication, tlsByUrl, requiredWhen({ field: 'config.rest_proxy.api', is: ['v3'] }, 'config.rest_proxy.cluster_id')],
} as const satisfies PluginSchema;

export type KafkaLogConfig = RecordOf<(typeof kafkaLogSchema)['config']>;
