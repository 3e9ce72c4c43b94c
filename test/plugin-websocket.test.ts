/** Frames of WebSockets that plugins look at: seen, dropped, replaced, refused, in both directions, by a real client and server. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test, type TestContext } from 'node:test';
import { WebSocket, WebSocketServer } from 'ws';
import type { PluginInstance, WebSocketFrame } from '../shared/plugins/contract.ts';
import { startProxyScene, type ProxyScene } from './support/proxy-scene.ts';
import { staticConfig, type StaticPlugin } from './support/static-config.ts';
import { waitUntil } from './support/wait-until.ts';

const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
const UPGRADE = `GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Extensions: permessage-deflate\r\nSec-WebSocket-Key: ${KEY}\r\n\r\n`;
const AGREED = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n';

interface Told {
  readonly client: readonly string[];
  readonly server: readonly string[];
}

interface SocketScene extends ProxyScene {
  readonly dial: () => Promise<WebSocket>;
  readonly told: Told;
}

/** A server that sends back what it gets, behind these plugins; both sides offer to compress. */
async function scene(context: TestContext, plugins: readonly StaticPlugin[]): Promise<SocketScene> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: { threshold: 0 } });
  await once(server, 'listening');
  const address = server.address();
  const started = await startProxyScene();
  started.serve(staticConfig({ routes: [{ path: '/', plugins, service: { port: typeof address === 'object' && address !== null ? address.port : 0 } }] }));
  const told: { readonly client: string[]; readonly server: string[] } = { client: [], server: [] };
  const listen = (side: string[], socket: WebSocket): void => {
    socket.on('error', () => undefined);
    socket.on('message', (data) => void side.push(Buffer.isBuffer(data) ? data.toString() : ''));
    socket.on('close', (code, reason) => void side.push(`close ${code} ${String(reason)}`));
  };
  server.on('connection', (socket) => {
    listen(told.server, socket);
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
  });
  const dialled: WebSocket[] = [];
  context.after(async () => {
    for (const socket of [...dialled, ...server.clients]) socket.terminate();
    await started.close();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  });
  return {
    ...started, told,
    dial: async () => {
      const socket = new WebSocket(`ws://127.0.0.1:${started.port}/`, { perMessageDeflate: { threshold: 0 } });
      dialled.push(socket);
      listen(told.client, socket);
      await once(socket, 'open');
      return socket;
    },
  };
}

const inspector = (name: string, instance: PluginInstance, more: Partial<StaticPlugin> = {}): StaticPlugin => ({ name, instance, ...more });
const textOf = ({ payload }: WebSocketFrame): string => Buffer.from(payload).toString();

test('frames are seen in both directions with the state of the request, fragments and control frames too, and nothing is compressed', async (context) => {
  const seen: string[] = [];
  const instance: PluginInstance<{ count: number }> = {
    newState: () => ({ count: 0 }),
    requestHead: (_context, state) => void (state.count += 100),
    webSocketFrame: ({ consumer, request }, frame, state) => void seen.push(`${(state.count += 1)} ${frame.from} ${frame.kind}${frame.isFinal ? '' : '…'} ${textOf(frame)}${consumer?.id ?? ''}${request.path}`),
  };
  const { dial, told, proxy } = await scene(context, [inspector('look', instance)]);
  const client = await dial();
  assert.equal(client.extensions, '');
  client.send('one');
  await waitUntil('the echo', () => told.client.length === 1);
  client.send('frag', { fin: false });
  client.ping('p');
  client.send('ment', { fin: true });
  await waitUntil('the second echo', () => told.client.length === 2);
  client.close(1000, 'done');
  await waitUntil('the end', () => told.server.length === 3 && told.client.length === 3);
  assert.deepEqual(told, { client: ['one', 'fragment', 'close 1000 done'], server: ['one', 'fragment', 'close 1000 done'] });
  assert.deepEqual(seen.slice(0, 5), ['101 client text one/', '102 upstream text one/', '103 client text… frag/', '104 client ping p/', seen[4]]);
  assert.ok(seen.some((line) => line.endsWith(' upstream pong p/')) && seen.some((line) => line.endsWith(' upstream text fragment/')));
  await waitUntil('the account', () => proxy.stats().activeRequests === 0);
});

test('they are dropped and replaced, and each plugin sees what those before it made of them', async (context) => {
  const { dial, told } = await scene(context, [
    inspector('second', { webSocketFrame: (_context, frame) => (textOf(frame) === 'ONE' ? { kind: 'replace', payload: Buffer.from(`${frame.from}:ONE`) } : undefined) }, { priority: 1 }),
    inspector('first', { webSocketFrame: (_context, frame) => (textOf(frame) === 'secret' ? { kind: 'drop' } : frame.from === 'client' && frame.kind === 'text' ? { kind: 'replace', payload: Buffer.from(textOf(frame).toUpperCase()) } : undefined) }, { priority: 2 }),
  ]);
  const client = await dial();
  for (const text of ['secret', 'one', 'x'.repeat(66_000).slice(0, 65_536)]) client.send(text);
  await waitUntil('the echoes', () => told.client.length === 2);
  assert.deepEqual([told.server[0], told.client[0], told.client[1]?.length], ['client:ONE', 'client:ONE', 65_536]);
});

test('a plugin closes both sides with a status; one that throws with 1011; a frame that is too large with 1009', async (context) => {
  const { dial, told, proxy, logLines } = await scene(context, [inspector('guard', {
    maxFrameBytes: 100,
    webSocketFrame: (_context, frame) => {
      if (textOf(frame) === 'throw') throw new Error('broken on purpose');
      return textOf(frame) === 'bad' ? { kind: 'close', status: 1008, reason: 'not here' } : undefined;
    },
  })]);
  for (const [sent, status] of [['bad', 'close 1008 not here'], ['throw', 'close 1011 '], ['x'.repeat(101), 'close 1009 frame too big']] as const) {
    const client = await dial();
    client.send('fine');
    client.send(sent);
    client.send('late');
    await waitUntil(`${status} on both sides`, () => told.client.at(-1) === status && told.server.at(-1) === status);
  }
  assert.deepEqual(told.server.filter((text) => !text.startsWith('close')), ['fine', 'fine', 'fine']);
  await waitUntil('all to end', () => proxy.stats().activeRequests === 0);
  assert.deepEqual([proxy.stats().refusals['PROXY_WEBSOCKET_FRAME_REFUSED'], proxy.stats().pluginErrors['guard']], [3, 1]);
  assert.ok(logLines().some((line) => line.includes('plugin guard failed in webSocketFrame: broken on purpose')));
});

test('a plugin that gives what is no verdict closes with 1011: nothing goes on unjudged, nothing half', async (context) => {
  const broken: readonly unknown[] = [
    null, 5, 'drop', {}, { kind: 'pass' }, { kind: 'replace' }, { kind: 'replace', payload: 'text' }, { kind: 'close', status: 1008 }, { kind: 'close', status: 1005, reason: '' },
    { kind: 'close', status: 70_000, reason: '' }, { kind: 'close', status: Number.NaN, reason: '' }, Promise.resolve(undefined),
  ];
  let next: unknown;
  const { dial, told, proxy } = await scene(context, [inspector('broken', { webSocketFrame: () => next as undefined })]);
  for (const [index, verdict] of broken.entries()) {
    next = verdict;
    const client = await dial();
    client.send('secret');
    await waitUntil(`both sides to hear of ${index}`, () => told.client.length === index + 1 && told.server.length === index + 1);
    next = undefined;
  }
  const closed = Array.from({ length: broken.length }, () => 'close 1011 ');
  assert.deepEqual(told, { client: closed, server: closed });
  await waitUntil('all to end', () => proxy.stats().activeRequests === 0);
  assert.deepEqual([proxy.stats().refusals['PROXY_WEBSOCKET_FRAME_REFUSED'], proxy.stats().pluginErrors['broken']], [broken.length, broken.length]);
});

test('a malformed frame never reaches the other side, and both hear 1002', async (context) => {
  const { told, connect, proxy } = await scene(context, [inspector('look', { webSocketFrame: () => undefined })]);
  const client = await connect();
  client.send(UPGRADE);
  assert.equal((await client.response({ noBody: true })).status, 101);
  client.send(Buffer.from([0x81, 0x03, 0x61, 0x62, 0x63]));
  await waitUntil('the server to hear', () => told.server.length === 1);
  assert.deepEqual(told.server, ['close 1002 a frame without a mask']);
  await waitUntil('the end', () => proxy.stats().activeRequests === 0);
});

test('a condition that does not hold leaves the tunnel blind, and so compressed', async (context) => {
  const { dial, told } = await scene(context, [inspector('look', { webSocketFrame: () => ({ kind: 'drop' }) }, { condition: 'http.path == "/elsewhere"' })]);
  const client = await dial();
  assert.equal(client.extensions, 'permessage-deflate');
  client.send('one');
  await waitUntil('the echo', () => told.client.length === 1);
});

test('an upstream that compresses without being asked is refused', async (context) => {
  const started = await startProxyScene({ responder: () => `${AGREED}Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n` });
  context.after(() => started.close());
  started.serve(staticConfig({ routes: [{ path: '/', plugins: [inspector('look', { webSocketFrame: () => undefined })], service: { port: started.origin.port, retries: 0 } }] }));
  assert.equal((await started.exchange(UPGRADE)).status, 502);
  assert.equal(started.origin.requests[0]?.raw.includes('permessage-deflate'), false);
});
