/** tcp-log: one line per request whatever a client sends, and what the queue is told. */
import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { pluginRun, pluginServices, responseContext, type RecordedServices, type ResponseParts } from '../../plugin-kit/plugin-host.ts';
import type { ConnectOptions, PluginServices } from '../plugin-services.ts';
import { registerPlugin } from '../registered-plugin.ts';
import { tcpLogFactory } from './handler.ts';
import { tcpLogSchema } from './schema.ts';

interface Receiver {
  readonly services: RecordedServices;
  readonly asked: { readonly host: string; readonly port: number; readonly options: ConnectOptions }[];
  readonly text: () => string;
}

function receiver(overrides: Partial<PluginServices> = {}): Receiver {
  const asked: Receiver['asked'] = [];
  const pieces: Buffer[] = [];
  const connect: PluginServices['connect'] = async (host, port, options) => {
    asked.push({ host, port, options });
    const connection = new PassThrough();
    connection.on('data', (piece: Buffer) => void pieces.push(piece));
    return connection;
  };
  return { services: pluginServices({ connect, ...overrides }), asked, text: () => Buffer.concat(pieces).toString('utf8') };
}

const instanceOf = (services: PluginServices, config = {}) => registerPlugin(tcpLogSchema, tcpLogFactory).create({ host: 'logs.example', port: 5140, ...config }, services);

async function logged(parts: ResponseParts, config = {}): Promise<string> {
  const { services, text } = receiver();
  pluginRun(instanceOf(services, config)).log(responseContext(parts));
  await services.flush();
  return text();
}

test('a request is a line of JSON', async () => {
  const line = await logged({ path: '/orders/7', status: 201, headers: [['Host', 'a'], ['Authorization', 'Bearer secret']] });
  assert.match(line, /^\{.*\}\n$/);
  const { request, response } = JSON.parse(line);
  assert.deepEqual([request.method, request.uri, response.status, request.headers.authorization], ['GET', '/orders/7', 201, 'REDACTED']);
});

test('nothing that a client sends makes a second line of it', async () => {
  const forged = '"}\n{"request":{"id":"forged"}}\r\n\u0000';
  const line = await logged({ path: '/a%0A%0D', query: `q=${encodeURIComponent(forged)}`, headers: [['x-a', forged], [forged, 'x']], responseHeaders: [['x-b', forged]] });
  assert.equal(line.split('\n').length, 2);
  assert.equal(line.includes('\r') || line.includes('\u0000'), false);
  const { request, response } = JSON.parse(line);
  assert.deepEqual([request.id, request.querystring.q, response.headers['x-b']], ['0'.repeat(32), forged, forged]);
});

test('entries of a batch share a write and a connection; TLS is verified unless said otherwise', async () => {
  const { services, asked, text } = receiver();
  const run = pluginRun(instanceOf(services, { tls: true, tls_sni: 'inside.example', queue: { max_batch_size: 10 } }));
  for (const path of ['/a', '/b']) run.log(responseContext({ path }));
  await services.flush();
  run.log(responseContext({ path: '/c' }));
  await services.flush();
  assert.deepEqual(text().trimEnd().split('\n').map((line) => JSON.parse(line).request.uri), ['/a', '/b', '/c']);
  assert.deepEqual(asked, [{ host: 'logs.example', port: 5140, options: { timeoutMs: 10_000, tls: { verify: true, serverName: 'inside.example' } } }]);
  const other = receiver();
  pluginRun(instanceOf(other.services, { tls: true, tls_verify: false })).log(responseContext());
  await other.services.flush();
  assert.deepEqual(other.asked[0]?.options.tls, { verify: false, serverName: null });
});

test('a receiver that is away fails the delivery, not the request', async () => {
  const { services } = receiver({ connect: () => Promise.reject(new Error('away')) });
  pluginRun(instanceOf(services)).log(responseContext());
  await assert.rejects(services.flush(), /away/);
});

test("an operator's fields stand in the entry, and none of them is a way out of it", async () => {
  const line = await logged({ headers: [['x-tenant', 'a"}\nb']] }, { custom_fields: { 'team.name': 'gold', tenant: '$(headers["x-tenant"])', 'request.headers': '' } });
  const entry = JSON.parse(line);
  assert.deepEqual([entry.team, entry.tenant, entry.request.headers], [{ name: 'gold' }, 'a"}\nb', undefined]);
  assert.equal(line.split('\n').length, 2);
});
