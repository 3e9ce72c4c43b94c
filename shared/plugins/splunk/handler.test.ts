/** splunk: events as the collector takes them, what is tried again and what not, and a token that stands nowhere but in its header. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pluginRun, pluginServices, responseContext, type RecordedServices } from '../../plugin-kit/plugin-host.ts';
import type { FetchOptions, PluginServices } from '../plugin-services.ts';
import { registerPlugin } from '../registered-plugin.ts';
import { splunkFactory } from './handler.ts';
import { splunkSchema } from './schema.ts';

const TOKEN = 'hec-token-0123456789';
const instanceOf = (services: PluginServices, config = {}) => registerPlugin(splunkSchema, splunkFactory).create({ endpoint: 'https://splunk.example:8088', token: TOKEN, ...config }, services);

interface Collector {
  readonly services: RecordedServices;
  readonly asked: { readonly url: string; readonly options: FetchOptions }[];
}

function collector(status = 200, body = '{"text":"Success","code":0}'): Collector {
  const asked: Collector['asked'] = [];
  const fetch: PluginServices['fetch'] = async (url, options) => {
    asked.push({ url, options });
    return { status, header: () => undefined, body: Buffer.from(body) };
  };
  return { services: pluginServices({ fetch }), asked };
}

test('requests of a batch are events of one POST, with the token in its header alone', async () => {
  const { services, asked } = collector();
  const run = pluginRun(instanceOf(services, { index: 'gate"way', source: 'holdfast', queue: { max_batch_size: 10 } }));
  for (const path of ['/a', '/b']) run.log(responseContext({ path, headers: [['x', '"}\n{"event":"forged"}']], log: { startedAtMs: 1_700_000_000_123.4 } }));
  await services.flush();
  assert.equal(asked.length, 1);
  const [{ url, options } = { url: '', options: undefined }] = asked;
  assert.deepEqual([url, options?.method, options?.verifyTls, options?.headers], ['https://splunk.example:8088/services/collector/event', 'POST', true, { authorization: `Splunk ${TOKEN}`, 'content-type': 'application/json' }]);
  const events = String(options?.body).split('\n').map((line) => JSON.parse(line));
  assert.deepEqual(events.map(({ event, ...about }) => [event.request.uri, about]), ['/a', '/b'].map((uri) => [uri, { time: 1_700_000_000.123, host: 'gateway-1', sourcetype: '_json', index: 'gate"way', source: 'holdfast' }]));
  assert.equal(String(options?.body).includes(TOKEN), false);
});

test('a path of its own is asked as it is', async () => {
  const { services, asked } = collector();
  pluginRun(instanceOf(services, { endpoint: 'http://splunk.example/raw/event', host: 'edge', sourcetype: 'gateway', ssl_verify: false })).log(responseContext());
  await services.flush();
  assert.deepEqual([asked[0]?.url, asked[0]?.options.verifyTls, JSON.parse(String(asked[0]?.options.body)).host], ['http://splunk.example/raw/event', false, 'edge']);
});

test('a busy collector and a token that is not known yet are tried again, a batch at fault is not; errors say why and never with what', async () => {
  const outcome = async (status: number, body: string): Promise<unknown> => {
    const { services } = collector(status, body);
    pluginRun(instanceOf(services)).log(responseContext());
    return services.flush().then(() => 'sent', (thrown: unknown) => thrown);
  };
  for (const [status, body, retryable, reason] of [
    [503, '{"text":"Server is busy","code":9}', true, 'status 503, code 9'],
    [403, `{"text":"Invalid token ${TOKEN}","code":4}`, true, 'status 403, code 4'],
    [400, '{"text":"Invalid data format","code":6}', false, 'status 400, code 6'],
    [413, '<html>too large</html>', false, 'status 413'],
    [302, '', true, 'status 302'],
  ] as const) {
    const thrown = await outcome(status, body);
    assert.ok(thrown instanceof Error && 'retryable' in thrown && 'code' in thrown, String(status));
    assert.deepEqual([thrown.code, thrown.retryable, thrown.message], ['LOG_DELIVERY_REFUSED', retryable, `Splunk at splunk.example:8088 did not take the entries: ${reason}`]);
  }
});

test('an endpoint that could leak or mislead is refused, and so is a token that is no header', () => {
  for (const endpoint of ['splunk.example', 'ftp://splunk.example', 'https://u:p@splunk.example', 'https://splunk.example/?token=1', 'https://']) assert.throws(() => instanceOf(pluginServices(), { endpoint }), { code: 'PLUGIN_CONFIG_INVALID' }, endpoint);
  for (const token of ['a b', 'a\r\nx: y', '\u00fc-token']) assert.throws(() => instanceOf(pluginServices(), { token }), (thrown: Error) => !thrown.message.includes(token));
});
