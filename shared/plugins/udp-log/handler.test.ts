/** udp-log: every request fits into a datagram, however long a client makes it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HoldfastError } from '../../errors.ts';
import { pluginRun, pluginServices, responseContext, type ResponseParts } from '../../plugin-kit/plugin-host.ts';
import { registerPlugin } from '../registered-plugin.ts';
import { udpLogFactory } from './handler.ts';
import { udpLogSchema } from './schema.ts';

const instanceOf = (services = pluginServices(), config = {}) => registerPlugin(udpLogSchema, udpLogFactory).create({ host: 'logs.example', port: 5140, ...config }, services);

async function logged(parts: ResponseParts, config = {}): Promise<readonly string[]> {
  const services = pluginServices();
  pluginRun(instanceOf(services, config)).log(responseContext(parts));
  await services.flush();
  return services.datagramsSent.map(({ text }) => text);
}

test('a request is a datagram of JSON, also in a batch', async () => {
  const services = pluginServices();
  const run = pluginRun(instanceOf(services, { queue: { max_batch_size: 10 } }));
  for (const path of ['/a', '/b']) run.log(responseContext({ path }));
  await services.flush();
  assert.deepEqual(services.datagramsSent.map(({ host, port, text }) => [host, port, JSON.parse(text).request.uri]), [['logs.example', 5140, '/a'], ['logs.example', 5140, '/b']]);
});

test('a client does not keep its request out of the log by making it long', async () => {
  const long = '\u00fc'.repeat(40_000);
  const [text = ''] = await logged({ path: `/${'a'.repeat(70_000)}`, query: `q=${'b'.repeat(70_000)}`, headers: [['x-long', long], ['host', 'a']], responseHeaders: [['x-long', long]], status: 403 });
  assert.ok(Buffer.byteLength(text) < 65_507);
  const entry = JSON.parse(text);
  assert.deepEqual([entry.truncated, entry.response.status, entry.request.uri.length, entry.request.headers, entry.request.querystring], [true, 403, 2_048, {}, {}]);
  const [whole = ''] = await logged({ headers: [['x-short', long.slice(0, 1_000)]] });
  assert.equal(JSON.parse(whole).truncated, undefined);
});

test('nor by making long what an operator adds of it, or takes out', async () => {
  const threeBytes = Buffer.from('\u4e00'.repeat(10_000)).toString('latin1');
  const logs = async (count: number, below = ''): Promise<Record<string, unknown>> => {
    const fields = Object.fromEntries(Array.from({ length: count }, (_, index) => [`f${index}${below}`, '$(headers["x-long"])']));
    const [text = ''] = await logged({ headers: [['x-long', threeBytes]], status: 500 }, { custom_fields: { 'request.uri': '', latencies: '', ...fields } });
    assert.ok(Buffer.byteLength(text) <= 65_507);
    return JSON.parse(text);
  };
  const [some, many, absurd] = [await logs(5), await logs(60), await logs(62, `.${'\u4e00'.repeat(62)}`.repeat(4).slice(0, 250))];
  const about = ({ truncated, request, response, f0 }: Record<string, unknown>): readonly unknown[] => [truncated, Reflect.get(Object(request), 'id'), Reflect.get(Object(response), 'status'), typeof f0 === 'string' ? f0.length : 0];
  assert.deepEqual([some, many, absurd].map(about), [2_048, 128, 0].map((letters) => [true, '0'.repeat(32), 500, letters]));
  assert.deepEqual(Object.keys(absurd), ['request', 'response', 'client_ip', 'started_at', 'truncated']);
});

test('a receiver that may not be reached does not keep the plugin from being made: each delivery says so', async () => {
  let asked = 0;
  const services = pluginServices({ datagrams: () => {
    asked += 1;
    throw new HoldfastError({ code: 'CONNECT_ADDRESS_REFUSED', source: 'gateway', publicMessage: 'no' });
  } });
  pluginRun(instanceOf(services)).log(responseContext());
  await assert.rejects(services.flush(), { code: 'CONNECT_ADDRESS_REFUSED', retryable: false });
  assert.equal(asked, 2);
});
