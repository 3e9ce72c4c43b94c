/** statsd: Kong's names and four dialects of tags, and people's names that stay within their place. */
import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { pluginRun, pluginServices, responseContext, type ResponseParts } from '../../plugin-kit/plugin-host.ts';
import { registerPlugin } from '../registered-plugin.ts';
import { statsdFactory } from './handler.ts';
import { statsdSchema } from './schema.ts';

const GATEWAY = '00000000-0000-7000-8000-0000000000a1';
const TRY = { upstream: 'shop.internal', target: 'shop.internal:80', address: '192.0.2.1', port: 80, startedAtMs: 0, connectMs: 1, totalMs: 3, status: 200, failure: undefined };
const REQUEST: ResponseParts = {
  service: 'service-1', consumer: { id: 'a-b', username: 'ann', customId: 'c.42' }, status: 201,
  log: { bytesIn: 100, bytesOut: 2_000, totalMs: 12.345678, upstreamMs: 10, gatewayMs: 0.25, tries: [TRY] },
};
const COUNT = { name: 'request_count', stat_type: 'counter', sample_rate: 1 };

function instanceOf(config = {}, services = pluginServices()) {
  return registerPlugin(statsdSchema, statsdFactory).create(config, services);
}

async function sent(parts: ResponseParts, config = {}): Promise<readonly string[]> {
  const services = pluginServices();
  pluginRun(instanceOf(config, services)).log(responseContext(parts));
  await services.flush();
  return services.datagramsSent.map(({ text }) => text);
}

test("the default metrics have Kong's names, a datagram each", async () => {
  assert.deepEqual(await sent(REQUEST), [
    'kong.service.shop_internal.request.count:1|c',
    'kong.service.shop_internal.latency:12.346|ms',
    'kong.service.shop_internal.request.size:100|c',
    'kong.service.shop_internal.status.201:1|c',
    'kong.service.shop_internal.response.size:2000|c',
    'kong.service.shop_internal.user.uniques:c_42|s',
    'kong.service.shop_internal.user.c_42.request.count:1|c',
    'kong.service.shop_internal.upstream_latency:10|ms',
    'kong.service.shop_internal.kong_latency:0.25|ms',
    'kong.service.shop_internal.user.c_42.status.201:1|c',
    `kong.service.shop_internal.workspace.${GATEWAY}.status.201:1|c`,
    'kong.route.route-1.user.c_42.status.201:1|c',
  ]);
});

test('without service, consumer or upstream there is less to say', async () => {
  assert.deepEqual(await sent({ status: 404 }, { udp_packet_size: 1_400 }), [[
    'kong.global.unmatched.request.count:1|c', 'kong.global.unmatched.latency:1|ms', 'kong.global.unmatched.request.size:0|c', 'kong.global.unmatched.status.404:1|c',
    'kong.global.unmatched.response.size:0|c', 'kong.global.unmatched.kong_latency:1|ms', `kong.global.unmatched.workspace.${GATEWAY}.status.404:1|c`,
  ].join('\n')]);
});

test('identifiers are chosen by metric or for all, the hostname stands in the prefix', async () => {
  const config = { hostname_in_prefix: true, prefix: 'edge', service_identifier_default: 'service_id', metrics: [COUNT, { ...COUNT, service_identifier: 'service_name' }, { name: 'unique_users', stat_type: 'set', consumer_identifier: 'username' }] };
  assert.deepEqual(await sent(REQUEST, config), ['edge.node.gateway-1.service.service-1.request.count:1|c', 'edge.node.gateway-1.service.unnamed.request.count:1|c', 'edge.node.gateway-1.service.service-1.user.uniques:ann|s']);
});

test('tags in four dialects, on plain names', async () => {
  const inStyle = async (tag_style: string): Promise<string | undefined> => (await sent(REQUEST, { tag_style, hostname_in_prefix: true, metrics: [{ name: 'latency', stat_type: 'timer', sample_rate: 1 }, { name: 'status_count', stat_type: 'counter', sample_rate: 1 }] })).join('\n');
  const tags = (sign: string): string => [['service', 'shop.internal'], ['route', 'route'], ['workspace', GATEWAY], ['node', 'gateway-1'], ['consumer', 'c.42'], ['status', '201']].map((pair) => pair.join(sign)).join(',');
  assert.deepEqual([await inStyle('dogstatsd'), await inStyle('influxdb'), await inStyle('librato'), await inStyle('signalfx')], [
    `kong.latency:12.346|ms|#${tags(':')}`, `kong.latency,${tags('=')}:12.346|ms`, `kong.latency#${tags('=')}:12.346|ms`, `kong.latency[${tags('=')}]:12.346|ms`,
  ]);
});

test('what people call their consumers and services writes no metrics of its own, in any dialect', async () => {
  const evil = 'a:1|c\nkong.service.shop.request.count:1000|c\r\u0000 b[x]=#,\u2028.\u00fc';
  const parts = { ...REQUEST, consumer: { id: 'c', username: evil, customId: evil }, log: { tries: [{ ...TRY, upstream: evil }] } };
  for (const line of await sent(parts)) assert.match(line, /^[A-Za-z0-9_.-]+:[A-Za-z0-9_.-]+\|(?:c|ms|s)$/);
  for (const [style, shape] of [['dogstatsd', /^[a-z._]+:1\|c\|#[^,:|\s]+:[^,:|\s]+(?:,[^,:|\s]+:[^,:|\s]+){5}$/], ['influxdb', /^[a-z._]+(?:,[^,=:|\s]+=[^,=:|\s]+){6}:1\|c$/], ['librato', /^[a-z._]+#[^,=:|\s]+=[^,=:|\s]+(?:,[^,=:|\s]+=[^,=:|\s]+){5}:1\|c$/], ['signalfx', /^[a-z._]+\[[^,=:|[\]\s]+(?:=[^,=:|[\]\s]+,[^,=:|[\]\s]+){5}=[^,=:|[\]\s]+\]:1\|c$/]] as const) {
    const [line = ''] = await sent(parts, { tag_style: style, metrics: [COUNT] });
    assert.match(line, shape, style);
  }
  const [long = ''] = await sent({ ...REQUEST, consumer: { id: 'c', username: null, customId: 'x'.repeat(70_000) } }, { metrics: [{ ...COUNT, name: 'request_per_user' }] });
  assert.ok(long.length < 300);
});

test('only requests with allowed statuses are told of', async () => {
  const counted = async (status: number): Promise<number> => (await sent({ status }, { allow_status_codes: ['200-299', '404-404'], metrics: [COUNT] })).length;
  assert.deepEqual([await counted(200), await counted(299), await counted(404), await counted(300), await counted(0)], [1, 1, 1, 0, 0]);
  for (const range of ['200', '299-200', '2xx-3xx', '200-299 ']) assert.throws(() => instanceOf({ allow_status_codes: [range] }), { code: 'PLUGIN_CONFIG_INVALID' }, range);
});

test('lines share datagrams up to the size, over TCP each ends with a line end', async () => {
  const packed = await sent(REQUEST, { udp_packet_size: 200 });
  assert.deepEqual([packed.flatMap((text) => text.split('\n')).length, packed.every((text) => text.length <= 200), packed.length < 5], [12, true, true]);
  const pieces: Buffer[] = [];
  const services = pluginServices({ connect: async () => new PassThrough().on('data', (piece: Buffer) => void pieces.push(piece)) });
  pluginRun(instanceOf({ use_tcp: true, metrics: [COUNT, COUNT] }, services)).log(responseContext(REQUEST));
  await services.flush();
  assert.equal(Buffer.concat(pieces).toString(), 'kong.service.shop_internal.request.count:1|c\n'.repeat(2));
});

test('metrics whose type says something else than they do are refused', () => {
  const problems = (metric: object): readonly string[] => statsdSchema.checks.flatMap(({ check }) => check({ config: { metrics: [{ sample_rate: null, ...metric }] } })).map(({ field, message }) => `${field}: ${message}`);
  assert.deepEqual(problems({ name: 'unique_users', stat_type: 'counter', sample_rate: 1 }), ['config.metrics.1.stat_type: value must be set']);
  assert.deepEqual(problems({ name: 'status_count', stat_type: 'gauge' }), ['config.metrics.1.stat_type: value must be counter', 'config.metrics.1.sample_rate: required field missing']);
  assert.deepEqual([problems({ name: 'latency', stat_type: 'timer' }), problems(COUNT)], [[], []]);
});
