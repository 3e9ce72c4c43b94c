/** An order to empty caches, from the session of a real data plane process to its proxy threads. */
import assert from 'node:assert/strict';
import { createServer, get, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import { test } from 'node:test';
import { parseId, type EntityId } from '../shared/model/ids.ts';
import { put, ref, testId } from './support/config-content.ts';
import { DataPlaneProcess } from './support/data-plane-process.ts';
import { FakeControlPlane } from './support/fake-control-plane.ts';
import { waitUntil } from './support/wait-until.ts';

test('a data plane carries out what is news to it, in all its threads', async (t) => {
  const origin = createServer((_, response) => response.setHeader('Content-Type', 'text/plain').end('x')).listen(0, '127.0.0.1');
  await once(origin, 'listening');
  t.after(() => origin.close());
  const address = origin.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const control = await FakeControlPlane.start();
  t.after(() => control.stop());
  await control.publish([
    put('services', { id: testId('a0'), url: `http://127.0.0.1:${port}` }), put('routes', { id: testId('b0'), paths: ['/'], service: ref('a0') }),
    put('plugins', { id: testId('c0'), name: 'proxy-cache', config: { strategy: 'memory' } }),
  ]);
  const dataPlane = await DataPlaneProcess.start({ HOLDFAST_JOIN_TOKEN: control.joinToken(), HOLDFAST_LOG_LEVEL: 'warn', HOLDFAST_PROXY_THREADS: '1' });
  t.after(() => dataPlane.destroy());
  await control.heard('applied', () => true);
  const session = await control.session();
  const ask = async (path: string): Promise<IncomingMessage['headers']> => {
    const answer = await new Promise<IncomingMessage>((resolve, reject) => void get({ host: '127.0.0.1', port: dataPlane.proxyPort, path, agent: false }, resolve).on('error', reject));
    answer.resume();
    return answer.headers;
  };
  const status = async (path: string): Promise<unknown> => (await ask(path))['x-cache-status'];
  const pluginId = parseId<EntityId>(testId('c0'));
  const order = (atMs: number, cacheKey?: string): void => session.send({ kind: 'cache-purges', forgottenMs: 0, purges: [{ atMs, pluginId, cacheKey }] });
  const key = String((await ask('/b'))['x-cache-key']);
  assert.deepEqual([await status('/a'), await status('/a'), await status('/b')], ['Miss', 'Hit', 'Hit']);
  const nowMs = Date.now();
  order(nowMs - 3_600_000);
  order(nowMs + 1, key);
  await waitUntil('the purge of one key', async () => (await status('/b')) === 'Miss');
  assert.equal(await status('/a'), 'Hit', 'what came before was of a time before its start');
  order(nowMs + 2);
  await waitUntil('the purge of all', async () => (await status('/a')) === 'Miss');
  order(nowMs + 2);
  order(nowMs + 3, key);
  await waitUntil('the purge of one key', async () => (await status('/b')) === 'Miss');
  assert.equal(await status('/a'), 'Hit', 'once is enough');
});
