/** Request bodies that plugins want, bound or wait before: who joins late, who waits to be invited, what is refused before it is sent. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PluginInstance } from '../shared/plugins/contract.ts';
import { startProxyScene, type ProxyScene } from './support/proxy-scene.ts';
import { scenario } from './support/scenario.ts';
import { staticConfig, type StaticPlugin } from './support/static-config.ts';
import { waitUntil } from './support/wait-until.ts';

const ALICE = { id: 'alice', username: 'alice', customId: null };
const POST = 'POST / HTTP/1.1\r\nHost: a\r\n';

function use({ serve, origin }: ProxyScene, plugins: readonly StaticPlugin[]): void {
  serve(staticConfig({ routes: [{ path: '/', stripPath: false, service: { port: origin.port }, plugins }], consumers: [ALICE] }));
}

const plugin = (name: string, priority: number, instance: PluginInstance): StaticPlugin => ({ name, priority, instance });

scenario('a plugin that joins the chain gets a body that was too large for those before it, but not for it', {}, async (scene) => {
  const seen: string[] = [];
  const reader = (name: string, maxBytes: number): PluginInstance => ({ requestBody: { maxBytes }, requestHead: ({ body }) => void seen.push(`${name} ${body?.length}`) });
  const auth: PluginInstance = { isAsync: true, requestHead: async (context) => {
    await new Promise((resolve) => setImmediate(resolve));
    return context.authenticate(ALICE, undefined) as undefined;
  } };
  use(scene, [plugin('small', 9, reader('small', 4)), plugin('auth', 8, auth), { ...plugin('larger', 7, reader('larger', 100)), consumerId: ALICE.id }, { ...plugin('least', 6, reader('least', 9)), consumerId: ALICE.id }]);
  const client = await scene.connect();
  client.send(`${POST}Content-Length: 10\r\n\r\n01234`);
  await waitUntil('the first plugin', () => seen.length > 0);
  client.send(`56789${POST}Transfer-Encoding: chunked\r\n\r\na\r\n0123456789\r\n0\r\n\r\n${POST}Content-Length: 101\r\n\r\n${'x'.repeat(101)}`);
  for (let index = 0; index < 3; index += 1) assert.equal((await client.response()).status, 200);
  const fits = ['small undefined', 'larger 10', 'least undefined'];
  assert.deepEqual(seen, [...fits, ...fits, 'small undefined', 'larger undefined', 'least undefined']);
  assert.deepEqual(scene.origin.requests.map(({ body }) => body.length), [10, scene.origin.requests[1]?.body.length, 101]);
});

test('a client that waits to be invited is not too slow while a plugin is waited for, and is once it was invited', async () => {
  const scene = await startProxyScene({ proxy: { limits: { bodyTimeoutMs: 60, bodyGraceMs: 40 } } });
  try {
    let release = (): void => undefined;
    use(scene, [plugin('slow', 1, { isAsync: true, requestHead: () => new Promise((resolve) => (release = () => resolve(undefined))) })]);
    const client = await scene.connect();
    client.send(`${POST}Content-Length: 5\r\nExpect: 100-continue\r\n\r\n`);
    let looks = 0;
    const waits = setInterval(() => (looks += 1), 20);
    await waitUntil('longer than a body may take', () => looks === 10 || client.unread !== '');
    clearInterval(waits);
    assert.equal(client.unread, '');
    release();
    await waitUntil('the invitation', () => client.unread.startsWith('HTTP/1.1 100 Continue\r\n\r\n'));
    client.unread = client.unread.slice('HTTP/1.1 100 Continue\r\n\r\n'.length);
    assert.equal((await client.response()).status, 408);
  } finally {
    await scene.close();
  }
});

scenario('nobody is invited to send a body that is known to be too long, or has it collected', {}, async (scene) => {
  const seen: unknown[] = [];
  use(scene, [plugin('limit', 2, { requestHead: (context) => context.limitRequestBody(4, { kind: 'respond', status: 413, message: 'too long' }) as undefined }), plugin('reader', 1, { requestBody: { maxBytes: 100 }, requestHead: ({ body }) => void seen.push(body?.length) })]);
  const client = await scene.connect();
  client.send(`${POST}Content-Length: 50\r\nExpect: 100-continue\r\n\r\n`);
  const answer = await client.response();
  assert.deepEqual([answer.status, answer.message(), answer.header('connection'), seen], [413, 'too long', 'close', []]);
  assert.equal((await scene.exchange(`${POST}Content-Length: 4\r\n\r\nfour`)).status, 200);
  assert.deepEqual(seen, [4]);
});

test('while memory is short no body is collected any further, and nothing is refreshed', async () => {
  let memory = 0.1;
  const scene = await startProxyScene({ proxy: { overload: { limits: { maxLoopDelayMs: undefined, maxMemoryShare: 0.9 }, memory: () => memory } } });
  try {
    const seen: unknown[] = [];
    let release = (): void => undefined;
    const cache: PluginInstance = { isAsync: true, requestHead: ({ request }) => (request.method === 'GET' ? new Promise((resolve) => (release = () => resolve({ kind: 'respond', status: 200, refresh: true }))) : undefined) };
    use(scene, [plugin('cache', 2, cache), plugin('reader', 1, { requestBody: { maxBytes: 1_000_000 }, requestHead: ({ body }) => void seen.push(body?.length) })]);
    const [client, reader] = [await scene.connect(), await scene.connect()];
    client.send(`${POST}Content-Length: 1000\r\n\r\n${'x'.repeat(500)}`);
    reader.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await waitUntil('both requests', () => scene.proxy.stats().activeRequests === 2);
    memory = 0.95;
    await waitUntil('overload is noticed', () => scene.proxy.stats().shedding === 1);
    release();
    assert.equal((await reader.response()).status, 200);
    client.send('x'.repeat(400));
    const answer = await client.response();
    assert.deepEqual([answer.status, answer.header('x-holdfast-error'), answer.header('retry-after'), answer.header('connection'), seen], [503, 'PROXY_OVERLOADED', '1', 'close', []]);
    assert.deepEqual([scene.proxy.stats().refreshesSkipped, scene.origin.requests.length], [1, 0]);
  } finally {
    await scene.close();
  }
});
