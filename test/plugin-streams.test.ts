/** Plugins on stream routes: asked before a byte goes upstream; who is refused is closed, counted and logged. */
import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import type { PluginInstance, StreamContext } from '../shared/plugins/contract.ts';
import { makeDefaultCertificate } from '../data-plane/listeners/default-certificate.ts';
import type { ListenerOptions } from '../data-plane/listeners/listener-options.ts';
import type { JsonObject } from '../shared/model/definition.ts';
import { compiled } from './support/compile-config.ts';
import { put, ref, testId } from './support/config-content.ts';
import { startProxyScene, type ProxyScene } from './support/proxy-scene.ts';
import { staticConfig, type StaticPlugin } from './support/static-config.ts';
import { waitUntil } from './support/wait-until.ts';
import { helloMessage, records, serverNameExtension } from './support/client-hello-bytes.ts';
import { connectTls } from './support/tls-client.ts';

const TLS = { minVersion: 'TLSv1.2', ciphers: undefined, requestsClientCertificates: false, ticketKeys: Buffer.alloc(48, 7), defaultCertificate: makeDefaultCertificate(Date.now(), Buffer.alloc(16, 1)) } as const;
const LISTENERS: readonly ListenerOptions[] = (['tcp', 'tls'] as const).map((kind) => ({ kind, host: '127.0.0.1', port: 0, proxyProtocol: false }));

/** The origin, which answers HTTP, behind stream routes with these plugins. `through.test` is passed through. */
async function scene(context: TestContext, plugins: readonly StaticPlugin[]): Promise<ProxyScene> {
  const started = await startProxyScene({ proxy: { listeners: LISTENERS, tls: TLS } });
  context.after(() => started.close());
  const service = { protocol: 'tcp', port: started.origin.port } as const;
  started.serve(staticConfig({ routes: [
    { id: 'through', name: 'the door', protocols: ['tls_passthrough'], stream: ({ protocol, serverName }) => protocol === 'tls_passthrough' && serverName === 'through.test', service, plugins },
    { id: 'ended', protocols: ['tcp', 'tls'], stream: ({ protocol }) => protocol !== 'tls_passthrough', service, plugins },
  ] }));
  return started;
}

const plugin = (name: string, priority: number, stream: PluginInstance['stream']): StaticPlugin => ({ name, priority, instance: stream === undefined ? {} : { stream } });

/** What comes until it is an answer or the end. */
async function ask(socket: Socket): Promise<string> {
  let answer = '';
  socket.on('error', () => undefined);
  socket.on('data', (bytes: Buffer) => (answer += bytes.toString('latin1')));
  socket.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  await waitUntil('an answer or the end', () => socket.destroyed || answer.includes('\r\n\r\n'));
  socket.destroy();
  return answer;
}

test('they are asked by priority, know the connection, and let it through', async (context) => {
  const seen: (readonly [string, StreamContext])[] = [];
  const look = (name: string) => plugin(name, name === 'first' ? 2 : 1, (stream) => void seen.push([name, stream]));
  const { ports: [tcp = 0, tls = 0], origin } = await scene(context, [look('second'), look('first'), plugin('none', 3, undefined)]);
  const socket = connect(tcp, '127.0.0.1');
  assert.match(await ask(socket), /^HTTP\/1\.1 200/);
  assert.match(await ask(await connectTls(tls, { servername: 'ended.test' })), /^HTTP\/1\.1 200/);
  assert.deepEqual(seen.map(([name, { protocol, serverName, clientAddress, localPort }]) => [name, protocol, serverName, clientAddress, localPort]), [
    ['first', 'tcp', undefined, '127.0.0.1', tcp], ['second', 'tcp', undefined, '127.0.0.1', tcp], ['first', 'tls', 'ended.test', '127.0.0.1', tls], ['second', 'tls', 'ended.test', '127.0.0.1', tls],
  ]);
  const [[, first] = []] = seen;
  assert.deepEqual([first?.route.id, first?.service?.id, first?.config.consumerById('x'), (first?.clientPort ?? 0) > 0], ['ended', 'service', undefined, true]);
  assert.equal(origin.requests.length, 2);
});

test('one that refuses closes the connection before anything reaches the origin; those behind it are not asked', async (context) => {
  const behind: string[] = [];
  const { ports: [tcp = 0, tls = 0], origin, proxy, records: accounts, logLines } = await scene(context, [
    plugin('guard', 2, ({ serverName }) => (serverName === 'welcome.test' ? undefined : { kind: 'refuse', reason: 'not on the list' })),
    plugin('behind', 1, () => void behind.push('asked')),
  ]);
  assert.equal(await ask(connect(tcp, '127.0.0.1')), '');
  assert.equal(await ask(await connectTls(tls, { servername: 'other.test' })), '');
  const through = connect(tls, '127.0.0.1');
  through.write(records(helloMessage(serverNameExtension('through.test'))));
  assert.equal(await ask(through), '');
  assert.deepEqual([origin.connections, behind], [0, []]);
  assert.match(await ask(await connectTls(tls, { servername: 'welcome.test' })), /^HTTP\/1\.1 200/);
  await waitUntil('four records', () => accounts.length === 4);
  assert.deepEqual(accounts.map(({ routeId, status }) => [routeId, status]), [['ended', 403], ['ended', 403], ['through', 403], ['ended', 200]]);
  assert.deepEqual([proxy.stats().refusals['PROXY_STREAM_REFUSED'], proxy.stats().activeRequests, proxy.stats().connections], [3, 0, 0]);
  assert.equal(logLines().filter((line) => line.includes('stream-refused-by-plugin') && line.includes('not on the list')).length, 3);
});

test('one that throws opens nothing', async (context) => {
  const { ports: [tcp = 0], origin, proxy, records: accounts, logLines } = await scene(context, [plugin('broken', 1, () => { throw new Error('broken on purpose'); })]);
  assert.equal(await ask(connect(tcp, '127.0.0.1')), '');
  await waitUntil('the record', () => accounts.length === 1);
  assert.deepEqual([accounts[0]?.status, origin.connections, proxy.stats().pluginErrors['broken'], proxy.stats().refusals['PROXY_PLUGIN_FAILED']], [500, 0, 1, 1]);
  assert.ok(logLines().some((line) => line.includes('plugin broken failed in stream: broken on purpose')));
});

test('one that gives a promise, or what is no verdict, opens nothing, and its promise harms nobody', async (context) => {
  const given: readonly (() => unknown)[] = [() => Promise.reject(new Error('unheard')), () => Promise.resolve(undefined), () => null, () => true, () => ({ kind: 'pass' })];
  let next: () => unknown = () => undefined;
  const { ports: [tcp = 0], origin, proxy, records: accounts } = await scene(context, [plugin('broken', 1, () => next() as undefined)]);
  for (next of given) assert.equal(await ask(connect(tcp, '127.0.0.1')), '');
  await waitUntil('the records', () => accounts.length === given.length);
  assert.deepEqual([accounts.map(({ status }) => status), origin.connections, proxy.stats().pluginErrors['broken']], [given.map(() => 500), 0, given.length]);
});

test('ip-restriction, as it is published, guards a stream route, and is as the configuration says from the next connection on', async (context) => {
  const started = await startProxyScene({ proxy: { listeners: [{ kind: 'tcp', host: '127.0.0.1', port: 0, proxyProtocol: false }] } });
  context.after(() => started.close());
  const serve = (config: JsonObject): void => started.serve(compiled([
    put('services', { id: testId('1'), protocol: 'tcp', host: '127.0.0.1', port: started.origin.port }),
    put('routes', { id: testId('2'), protocols: ['tcp'], destinations: [{ port: started.port }], service: ref('1') }),
    put('plugins', { id: testId('3'), name: 'ip-restriction', config, service: ref('1') }),
  ]).config);
  serve({ deny: ['127.0.0.0/8'] });
  assert.equal(await ask(connect(started.port, '127.0.0.1')), '');
  assert.equal(started.origin.connections, 0);
  serve({ allow: ['127.0.0.0/8'] });
  assert.match(await ask(connect(started.port, '127.0.0.1')), /^HTTP\/1\.1 200/);
});
