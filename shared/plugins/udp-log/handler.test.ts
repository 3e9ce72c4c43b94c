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

test('nor by making long what an operator adds of it', async () => {
  const fields = Object.fromEntries(Array.from({ length: 10 }, (_, index) => [`f${index}`, '$(headers["x-long"])']));
  const [text = ''] = await logged({ headers: [['x-long', 'a'.repeat(30_000)]], status: 500 }, { custom_fields: fields });
  const entry = JSON.parse(text);
  assert.deepEqual([entry.truncated, entry.request.id, entry.response.status, entry.f0], [true, '0'.repeat(32), 500, undefined]);
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
