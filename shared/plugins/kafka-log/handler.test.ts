/** kafka-log: what both APIs of REST proxies are sent, what of a request that failed in part is sent again, and configs that would not do what they say. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '../../model/definition.ts';
import { parseFields } from '../../model/parse-fields.ts';
import { ProblemList } from '../../model/problems.ts';
import { pluginRun, pluginServices, responseContext } from '../../plugin-kit/plugin-host.ts';
import type { FetchOptions, PluginQueue, PluginServices, QueueOptions } from '../plugin-services.ts';
import { registerPlugin } from '../registered-plugin.ts';
import { kafkaLogFactory } from './handler.ts';
import { kafkaLogSchema } from './schema.ts';

const PROXY = { url: 'https://kafka-rest.example:8082/' };
const OK = '{"offsets":[{"partition":0,"offset":1,"error_code":null,"error":null}]}';
const instanceOf = (services: PluginServices, config = {}) => registerPlugin(kafkaLogSchema, kafkaLogFactory).create({ topic: 'requests', rest_proxy: PROXY, ...config }, services);

interface Scene {
  readonly services: PluginServices;
  readonly asked: { readonly url: string; readonly options: FetchOptions }[];
  readonly options: QueueOptions[];
  /** Delivers all that was pushed, as one batch; again what was in the last one with `true`. */
  readonly deliver: (again?: boolean) => Promise<void>;
}

function scene(...answers: readonly (readonly [status: number, body: string])[]): Scene {
  const asked: Scene['asked'] = [];
  const options: QueueOptions[] = [];
  let waiting: unknown[] = [];
  let last: unknown[] = [];
  let delivery: (entries: readonly never[]) => Promise<void> = async () => undefined;
  const queue = <Entry>(given: QueueOptions, deliver: (entries: readonly Entry[]) => Promise<void>): PluginQueue<Entry> => {
    options.push(given);
    delivery = deliver;
    return { push: (entry) => void waiting.push(entry), waiting: 0 };
  };
  const fetch: PluginServices['fetch'] = async (url, given) => {
    const [status, body] = answers[asked.length] ?? [200, OK];
    asked.push({ url, options: given });
    return { status, header: () => undefined, body: Buffer.from(body) };
  };
  const deliver = (again = false): Promise<void> => {
    if (!again) [last, waiting] = [waiting, []];
    // The door: they are the instance's own.
    return delivery(last as never[]);
  };
  return { services: pluginServices({ queue, fetch }), asked, options, deliver };
}

function log(services: PluginServices, paths: readonly string[], config: JsonObject = {}): void {
  const run = pluginRun(instanceOf(services, config));
  for (const path of paths) run.log(responseContext({ path, headers: [['x', '"}}]}\n{"records":[']] }));
}

test('v2: messages of a batch are records of one POST', async () => {
  const { services, asked, deliver } = scene([200, '{"offsets":[{"partition":0,"offset":1,"error_code":null,"error":null},{"partition":1,"offset":9}]}']);
  log(services, ['/a', '/b'], { authentication: { user: 'ann', password: 'p:w' } });
  await deliver();
  const [{ url, options } = { url: '', options: undefined }] = asked;
  assert.deepEqual([url, options?.method, options?.headers], ['https://kafka-rest.example:8082/topics/requests', 'POST', { 'content-type': 'application/vnd.kafka.json.v2+json', accept: 'application/vnd.kafka.v2+json', authorization: 'Basic YW5uOnA6dw==' }]);
  const { records } = JSON.parse(String(options?.body));
  assert.deepEqual(records.map(({ value }: { readonly value: { readonly request: { readonly uri: string } } }) => value.request.uri), ['/a', '/b']);
});

test('v3: messages are one object after the other, for a cluster', async () => {
  const { services, asked, deliver } = scene([200, '{"error_code":200,"offset":1}\r\n{"error_code": 200,"message":"\\"error_code\\":500"}']);
  log(services, ['/a', '/b'], { topic: 'a.b', rest_proxy: { url: 'https://pkc.example/kafka', api: 'v3', cluster_id: 'lkc/../x' } });
  await deliver();
  assert.equal(asked[0]?.url, 'https://pkc.example/kafka/v3/clusters/lkc%2F..%2Fx/topics/a.b/records');
  assert.deepEqual(String(asked[0]?.options.body).split('\n').map((line) => JSON.parse(line).value.data.request.uri), ['/a', '/b']);
});

test('what was stored is not sent again, whichever API said so', async () => {
  const sentAgain = async (answer: string, rest_proxy: JsonObject): Promise<readonly string[]> => {
    const { services, asked, deliver } = scene([200, answer], [200, rest_proxy['api'] === 'v3' ? '{"error_code":200}' : OK]);
    log(services, ['/a', '/b', '/c'], { rest_proxy });
    await assert.rejects(deliver(), { code: 'LOG_DELIVERY_REFUSED', retryable: true });
    await deliver(true).catch(() => undefined);
    return [...String(asked[1]?.options.body).matchAll(/"uri":"([^"]*)"/g)].map(([, uri = '']) => uri);
  };
  assert.deepEqual(await sentAgain('{"offsets":[{"offset":1},{"error_code":2,"error":"broker"},{"offset":2,"error_code":null}]}', PROXY), ['/b']);
  assert.deepEqual(await sentAgain('{"error_code":200}{"error_code":50301,"message":"away"}', { ...PROXY, api: 'v3', cluster_id: 'c' }), ['/b', '/c']);
  for (const nonsense of ['', 'null', '[]', '{"offsets":7}', '{"offsets":[null,1,"x"]}']) assert.deepEqual(await sentAgain(nonsense, PROXY), ['/a', '/b', '/c'], nonsense);
});

test('a refusal of the whole is tried again, unless the batch is at fault', async () => {
  for (const [status, retryable] of [[503, true], [401, true], [404, true], [422, false], [413, false]] as const) {
    const { services, deliver } = scene([status, '{"error_code":1,"message":"requests"}']);
    log(services, ['/a']);
    await assert.rejects(deliver(), { code: 'LOG_DELIVERY_REFUSED', retryable, message: `the Kafka REST proxy at kafka-rest.example:8082 did not take the entries: status ${status}` });
  }
});

test("Kong's settings of the producer bound the queue and its requests", async () => {
  const { services, asked, options, deliver } = scene();
  log(services, ['/a', '/b', '/c'], { producer_request_limits_bytes_per_request: 1, producer_request_retries_max_attempts: 600 });
  assert.deepEqual(options[0], { maxBatchEntries: 200, maxDelayMs: 1_000, maxEntries: 50_000, maxBytes: 0, maxRetryMs: 60_000, initialRetryDelayMs: 100, maxRetryDelayMs: 100, concurrency: 1 });
  await deliver();
  assert.equal(asked.length, 3, 'a message each');
  log(services, ['/a'], { producer_async: false });
  assert.deepEqual([options[1]?.maxBatchEntries, options[1]?.maxDelayMs], [1, 0]);
});

test('a config that would not do what it says is refused with the way out', () => {
  const problemsOf = (config: JsonObject): readonly string[] => {
    const problems = new ProblemList();
    const whole = parseFields(kafkaLogSchema.config, { topic: 't', rest_proxy: PROXY, ...config }, 'config', { problems, newKey: () => '', parsePluginConfig: () => undefined });
    return [...problems.problems, ...kafkaLogSchema.checks.flatMap(({ check }) => check({ config: whole }))].map(({ field, message }) => `${field}: ${message}`);
  };
  assert.deepEqual(problemsOf({}), []);
  assert.match(problemsOf({ bootstrap_servers: [{ host: 'kafka', port: 9_092 }] }).join(), /bootstrap_servers: .*rest_proxy\.url/);
  assert.match(problemsOf({ authentication: { user: 'u', password: 'p', mechanism: 'SCRAM-SHA-256' } }).join(), /mechanism: SCRAM .*use PLAIN/);
  assert.match(problemsOf({ authentication: { user: 'u' } }).join(), /authentication: user and password are given together/);
  assert.match(problemsOf({ authentication: { tokenauth: true } }).join(), /tokenauth: delegation tokens/);
  assert.match(problemsOf({ security: { ssl: true }, rest_proxy: { url: 'http://kafka-rest.example' } }).join(), /must be https/);
  assert.match(problemsOf({ rest_proxy: { ...PROXY, api: 'v3' } }).join(), /rest_proxy\.cluster_id/);
  for (const topic of ['..', 'a/b', 'a b', 'x'.repeat(250)]) assert.match(problemsOf({ topic }).join(), /config\.topic/, topic);
  for (const url of ['kafka:9092', 'https://u:p@kafka', 'https://kafka?x=1']) assert.match(problemsOf({ rest_proxy: { url } }).join(), /config\.rest_proxy\.url/, url);
});
