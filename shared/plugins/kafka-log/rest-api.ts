/** The two APIs of Kafka REST proxies by which messages are produced: v2 (Confluent, Karapace, Redpanda, Strimzi), and v3 (Confluent). */
import { answerOf, membersOf } from '../../plugin-parts/answer-members.ts';
import type { KafkaLogConfig } from './schema.ts';

export interface RestApi {
  readonly url: URL;
  readonly contentType: string;
  readonly accept: string;
  /** Of messages in JSON. */
  bodyOf(messages: readonly string[]): string;
  /** Of each message in order: `stored`, or what is wrong with it. Shorter where the answer has fewer. */
  outcomesOf(answer: string): readonly string[];
}

export function restApiOf({ url: base, api, cluster_id: clusterId }: KafkaLogConfig['rest_proxy'], topic: string): RestApi {
  const stem = base.replace(/\/+$/, '');
  switch (api) {
    case 'v2':
      return {
        url: new URL(`${stem}/topics/${encodeURIComponent(topic)}`),
        contentType: 'application/vnd.kafka.json.v2+json',
        accept: 'application/vnd.kafka.v2+json',
        bodyOf: (messages) => `{"records":[${messages.map((json) => `{"value":${json}}`).join(',')}]}`,
        outcomesOf: outcomesOfV2,
      };
    case 'v3':
      return {
        url: new URL(`${stem}/v3/clusters/${encodeURIComponent(clusterId ?? '')}/topics/${encodeURIComponent(topic)}/records`),
        contentType: 'application/json',
        accept: 'application/json',
        bodyOf: (messages) => messages.map((json) => `{"value":{"type":"JSON","data":${json}}}`).join('\n'),
        outcomesOf: outcomesOfV3,
      };
  }
}

/** `{"offsets": [{"partition": 0, "offset": 7, "error_code": null}, …]}`. */
function outcomesOfV2(answer: string): readonly string[] {
  const offsets = membersOf(answerOf(answer)).get('offsets');
  if (!Array.isArray(offsets)) return [];
  return offsets.map((offset: unknown) => {
    const told = membersOf(offset);
    const code = told.get('error_code') ?? null;
    return code === null && told.has('offset') ? 'stored' : `error ${typeof code === 'number' ? code : 'unknown'}`;
  });
}

const ERROR_CODE = /"error_code"\s*:\s*([0-9]{1,9})/g;

/** One object after the other, each with an `error_code`, which is 200 where all is well. Quotes within their texts are escaped: the name stands nowhere else. */
function outcomesOfV3(answer: string): readonly string[] {
  return Array.from(answer.matchAll(ERROR_CODE), ([, code]) => (code === '200' ? 'stored' : `error ${code ?? ''}`));
}
