/** loggly: the token and tags in the structured data, of which neither tags nor clients break out; TLS where asked for. */
import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { pluginRun, pluginServices, responseContext } from '../../plugin-kit/plugin-host.ts';
import type { ConnectOptions, PluginServices } from '../plugin-services.ts';
import { registerPlugin } from '../registered-plugin.ts';
import { logglyFactory } from './handler.ts';
import { logglySchema } from './schema.ts';

const KEY = '0fa1b2c3-0000-4000-8000-0123456789ab';
const instanceOf = (services: PluginServices, config = {}) => registerPlugin(logglySchema, logglyFactory).create({ key: KEY, ...config }, services);

test('a message says whose it is and what it is tagged with', async () => {
  const services = pluginServices();
  pluginRun(instanceOf(services, { tags: ['kong', 'a"b]c\\d'] })).log(responseContext({ path: '/a', log: { startedAtMs: 1_700_000_000_123 } }));
  await services.flush();
  const [sent] = services.datagramsSent;
  assert.deepEqual([sent?.host, sent?.port], ['logs-01.loggly.com', 514]);
  const begin = `<14>1 2023-11-14T22:13:20.123Z gateway-1 kong - - [${KEY}@41058 tag="kong" tag="a\\"b\\]c\\\\d"] `;
  assert.equal(sent?.text.slice(0, begin.length), begin);
  assert.equal(JSON.parse(sent?.text.slice(begin.length) ?? '').request.uri, '/a');
});

test('severities are chosen by status, and a level keeps requests out', async () => {
  const services = pluginServices();
  const run = pluginRun(instanceOf(services, { successful_severity: 'debug', server_errors_severity: 'err' }));
  for (const status of [200, 404, 500]) run.log(responseContext({ status }));
  await services.flush();
  assert.deepEqual(services.datagramsSent.map(({ text }) => /^<\d+>/.exec(text)?.[0]), ['<14>', '<11>']);
});

test('over TLS messages are lines, and the certificate is for the host', async () => {
  const pieces: Buffer[] = [];
  const asked: ConnectOptions[] = [];
  const services = pluginServices({ connect: async (_host, _port, options) => {
    asked.push(options);
    return new PassThrough().on('data', (piece: Buffer) => void pieces.push(piece));
  } });
  const run = pluginRun(instanceOf(services, { protocol: 'tls', port: 6514 }));
  for (const path of ['/a', '/b']) run.log(responseContext({ path, headers: [['x', 'a\n<0>1 forged']] }));
  await services.flush();
  const lines = Buffer.concat(pieces).toString('utf8').trimEnd().split('\n');
  assert.deepEqual(lines.map((line) => line.startsWith('<14>1 ')), [true, true]);
  assert.deepEqual(asked, [{ timeoutMs: 10_000, tls: { verify: true, serverName: null } }]);
});

test('a key is none that ends the name that it stands in, and no error repeats it', () => {
  for (const key of ['a]b', 'a@1', 'a b', 'a"b', 'a=b']) assert.throws(() => instanceOf(pluginServices(), { key }), (thrown: Error) => /letters, digits and hyphens/.test(thrown.message) && !thrown.message.includes(key));
});

test('an entry that is too long for a datagram is sent shorter', async () => {
  const services = pluginServices();
  pluginRun(instanceOf(services, { tags: Array.from({ length: 100 }, (_, index) => `${index}${'"'.repeat(60)}`) })).log(responseContext({ headers: [['x-long', 'x'.repeat(64_000)]] }));
  await services.flush();
  const text = services.datagramsSent[0]?.text ?? '';
  assert.ok(Buffer.byteLength(text) <= 65_507 && text.endsWith('"truncated":true}'));
});
