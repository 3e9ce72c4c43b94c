/** syslog: messages that a strict parser of RFC 5424 takes apart again, severities by status, and frames that nobody breaks. */
import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { defined } from '../../assert.ts';
import { pluginRun, pluginServices, responseContext, type ResponseParts } from '../../plugin-kit/plugin-host.ts';
import type { PluginServices } from '../plugin-services.ts';
import { registerPlugin } from '../registered-plugin.ts';
import { syslogFactory } from './handler.ts';
import { syslogSchema } from './schema.ts';

const instanceOf = (services: PluginServices, config = {}) => registerPlugin(syslogSchema, syslogFactory).create(config, services);

async function logged(parts: ResponseParts, config = {}, overrides: Partial<PluginServices> = {}): Promise<readonly string[]> {
  const services = pluginServices(overrides);
  pluginRun(instanceOf(services, config)).log(responseContext(parts));
  await services.flush();
  return services.datagramsSent.map(({ text }) => text);
}

const MESSAGE = /^<(\d{1,3})>1 (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) ([\x21-\x7e]{1,255}) ([\x21-\x7e]{1,48}) ([\x21-\x7e]{1,128}) - - (\{.*\})$/;

test('a request is a message to 127.0.0.1:514, with time, host and name in front', async () => {
  const services = pluginServices();
  pluginRun(instanceOf(services)).log(responseContext({ path: '/a', log: { startedAtMs: 1_700_000_000_123 } }));
  await services.flush();
  const { host, port, text } = defined(services.datagramsSent[0], 'a datagram');
  const [, priority, time, hostname, app, pid, json = ''] = MESSAGE.exec(text) ?? [];
  assert.deepEqual([host, port, priority, time, hostname, app, pid], ['127.0.0.1', 514, '14', '2023-11-14T22:13:20.123Z', 'gateway-1', 'kong', String(process.pid)]);
  assert.equal(JSON.parse(json).request.uri, '/a');
});

test('severity and facility follow the status and the config; what is below the level is not sent', async () => {
  const config = { facility: 'local7', successful_severity: 'debug', client_errors_severity: 'notice', server_errors_severity: 'crit', log_level: 'notice' };
  const priority = async (status: number): Promise<string | undefined> => /^<\d+>/.exec((await logged({ status }, config))[0] ?? '')?.[0];
  assert.deepEqual([await priority(200), await priority(399), await priority(404), await priority(503)], [undefined, undefined, '<189>', '<186>']);
});

test('neither a client nor a hostname makes two messages of one', async () => {
  const forged = '\n<0>1 2026-01-01T00:00:00Z evil su - - - root';
  const [text = ''] = await logged({ headers: [['x-a', forged]], query: `a=${encodeURIComponent(forged)}` }, { app_name: 'my gate way' }, { node: { dataPlaneId: 'd', gatewayId: 'g', hostname: `a b${forged}`, softwareVersion: '1', labels: {} } });
  const [, , , hostname, app, , json = ''] = MESSAGE.exec(text) ?? [];
  assert.deepEqual([hostname, app], ['a_b_<0>1_2026-01-01T00:00:00Z_evil_su_-_-_-_root', 'my_gate_way']);
  assert.equal(JSON.parse(json).request.headers['x-a'], forged);
});

test('over TCP each message has its length in front, in bytes', async () => {
  const pieces: Buffer[] = [];
  const services = pluginServices({ connect: async () => new PassThrough().on('data', (piece: Buffer) => void pieces.push(piece)) });
  const run = pluginRun(instanceOf(services, { protocol: 'tcp', queue: { max_batch_size: 5 } }));
  for (const path of ['/\u00c3\u00bc', '/b']) run.log(responseContext({ path, headers: [['x-long', 'x'.repeat(70_000)]] }));
  await services.flush();
  const paths: string[] = [];
  for (let bytes = Buffer.concat(pieces); bytes.length > 0;) {
    const length = Number(/^[1-9]\d* /.exec(bytes.subarray(0, 12).toString('latin1'))?.[0]);
    const begin = String(length).length + 1;
    paths.push(JSON.parse(MESSAGE.exec(bytes.subarray(begin, begin + length).toString('utf8'))?.[6] ?? '').request.uri);
    bytes = bytes.subarray(begin + length);
  }
  assert.deepEqual(paths, ['/\u00fc', '/b']);
});

test('by UDP a message fits into a datagram', async () => {
  const [text = ''] = await logged({ headers: [['x-long', 'x'.repeat(100_000)]] });
  assert.ok(Buffer.byteLength(text) <= 65_507);
  assert.equal(JSON.parse(MESSAGE.exec(text)?.[6] ?? '').truncated, true);
});
