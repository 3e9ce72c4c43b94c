/** datadog: the lines that an agent gets, and names and tags that nobody breaks out of. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pluginRun, pluginServices, responseContext, type ResponseParts } from '../../plugin-kit/plugin-host.ts';
import { registerPlugin } from '../registered-plugin.ts';
import { datadogFactory } from './handler.ts';
import { datadogSchema } from './schema.ts';

const TRY = { upstream: 'shop.internal', target: 'shop.internal:80', address: '192.0.2.1', port: 80, startedAtMs: 0, connectMs: 1, totalMs: 3, status: 200, failure: undefined };
const REQUEST: ResponseParts = {
  service: 'shop', consumer: { id: 'a-b', username: 'ann', customId: '42' }, status: 201,
  log: { bytesIn: 100, bytesOut: 2_000, totalMs: 12.345678, upstreamMs: 10, gatewayMs: 0.25, tries: [TRY] },
};

function instanceOf(config = {}, services = pluginServices()) {
  return registerPlugin(datadogSchema, datadogFactory).create(config, services);
}

async function sent(parts: readonly ResponseParts[], config = {}): Promise<readonly string[]> {
  const services = pluginServices();
  const run = pluginRun(instanceOf(config, services));
  for (const one of parts) run.log(responseContext(one));
  await services.flush();
  return services.datagramsSent.map(({ text }) => text);
}

test('six metrics of a request, in one datagram', async () => {
  const tags = '#name:shop_internal,status:201,consumer:42,app:kong';
  const [text] = await sent([REQUEST]);
  assert.equal(text, [
    `kong.request.count:1|c|${tags}`, `kong.latency:12.346|ms|${tags}`, `kong.request.size:100|ms|${tags}`,
    `kong.response.size:2000|ms|${tags}`, `kong.upstream_latency:10|ms|${tags}`, `kong.kong_latency:0.25|ms|${tags}`,
  ].join('\n'));
});

test('a request that went nowhere has no time at the upstream; one without service or consumer has no such tags', async () => {
  const [text = ''] = await sent([{ status: 404 }]);
  assert.deepEqual(text.split('\n').filter((line) => line.includes('upstream')), []);
  assert.equal(text.split('\n')[0], 'kong.request.count:1|c|#status:404,app:kong');
});

test('names of the config are used, and identifiers chosen by metric', async () => {
  const metrics = (['consumer_id', 'custom_id', 'username'] as const).map((consumer_identifier) => ({ name: 'latency', stat_type: 'distribution', consumer_identifier, tags: ['team:a', 'plain'] }));
  const [text] = await sent([REQUEST], { prefix: 'edge.eu', service_name_tag: 'svc', status_tag: 'code', consumer_tag: 'who', metrics: [...metrics, { name: 'request_size', stat_type: 'histogram' }] });
  assert.equal(text, [...['a_b', '42', 'ann'].map((who) => `edge.eu.latency:12.346|d|#svc:shop_internal,code:201,who:${who},team:a,plain`), 'edge.eu.request.size:100|h|#svc:shop_internal,code:201'].join('\n'));
});

test('what people call their consumers and services makes neither tags nor metrics', async () => {
  const evil = 'a,admin:true|#x\nkong.request.count:1000|c\r\u0000\u2028b';
  const [text = ''] = await sent([{ ...REQUEST, consumer: { id: 'c', username: evil, customId: evil }, log: { tries: [{ ...TRY, upstream: evil }] } }], { metrics: [{ name: 'request_count', stat_type: 'counter', sample_rate: 1, consumer_identifier: 'username' }] });
  const name = 'a_admin_true__x_kong.request.count_1000_c___b';
  assert.equal(text, `kong.request.count:1|c|#name:${name.replaceAll('.', '_')},status:201,consumer:${name}`);
  const [long = ''] = await sent([{ ...REQUEST, consumer: { id: 'c', username: null, customId: 'x'.repeat(100_000) } }]);
  assert.ok(long.length < 2_000);
});

test('tags and prefixes that would break lines are refused', () => {
  for (const tag of ['a,b', 'a|c', 'a\nb', 'a b', 'a#b', 'a:']) assert.throws(() => instanceOf({ metrics: [{ name: 'latency', stat_type: 'timer', tags: [tag] }] }), { code: 'PLUGIN_CONFIG_INVALID' }, tag);
  for (const prefix of ['a:b', 'a\nb', 'a|b', '']) assert.throws(() => instanceOf({ prefix }), { code: 'PLUGIN_CONFIG_INVALID' }, prefix);
  const problems = (metric: object): readonly string[] => datadogSchema.checks.flatMap(({ check }) => check({ config: { metrics: [{ name: 'latency', stat_type: 'timer', sample_rate: null, ...metric }] } })).map(({ field, message }) => `${field}: ${message}`);
  assert.deepEqual([problems({}), problems({ stat_type: 'gauge' })], [[], ['config.metrics.1.sample_rate: required field missing']]);
});

test('of a part of the requests means of that part: by ids, which are random', async () => {
  const services = pluginServices();
  const run = pluginRun(instanceOf({ metrics: [{ name: 'request_count', stat_type: 'counter', sample_rate: 0.25 }], queue: { max_batch_size: 1_000 } }, services));
  for (let index = 0; index < 1_000; index += 1) run.log({ ...responseContext(), requestId: `${'0'.repeat(24)}${Math.floor((index * 2 ** 32) / 1_000).toString(16).padStart(8, '0')}` });
  await services.flush();
  const lines = services.datagramsSent.flatMap(({ text }) => text.split('\n'));
  assert.deepEqual([lines.length, new Set(lines)], [250, new Set(['kong.request.count:1|c|@0.25|#status:200'])]);
  assert.ok(services.datagramsSent.every(({ text }) => text.length <= 1_432));
});
