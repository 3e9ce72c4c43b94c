/**
 * http-log on the real engine with a real server behind it that is slow, fails, goes away and comes back: what it gets, that a change of the
 * config and a drain lose nothing, and that what is lost otherwise is bounded and counted.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { ThreadPluginServices } from '../data-plane/plugin-services/thread-plugin-services.ts';
import { systemClock } from '../shared/clock.ts';
import { createMemoryLogger } from '../shared/log.ts';
import type { JsonObject } from '../shared/model/definition.ts';
import type { EntityChange } from '../data-plane/config/compile-contract.ts';
import { compiled, testServices } from './support/compile-config.ts';
import { put, ref, testId } from './support/config-content.ts';
import type { ProxyScene } from './support/proxy-scene.ts';
import { scenario } from './support/scenario.ts';
import { waitUntil } from './support/wait-until.ts';

/** What a log server got, in order; it answers as `mode` says, and holds what it has not answered. */
class LogServer {
  readonly entries: unknown[] = [];
  readonly requests: { readonly contentType: string | undefined; readonly authorization: string | undefined; readonly entries: number }[] = [];
  mode: 'take' | 'fail' | 'hold' = 'take';
  readonly #held: ServerResponse[] = [];
  readonly #server = createServer((request, answer) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      if (this.mode === 'fail') return void answer.writeHead(503).end();
      const body: unknown = JSON.parse(Buffer.concat(pieces).toString('utf8'));
      const entries: readonly unknown[] = Array.isArray(body) ? body : [body];
      this.entries.push(...entries);
      this.requests.push({ contentType: request.headers['content-type'], authorization: request.headers.authorization, entries: entries.length });
      if (this.mode === 'hold') return void this.#held.push(answer);
      return void answer.writeHead(204).end();
    });
  });

  async listen(port = 0): Promise<number> {
    this.#server.listen(port, '127.0.0.1');
    await once(this.#server, 'listening');
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** Answers what is held, and takes from now on. */
  letGo(): void {
    this.mode = 'take';
    for (const answer of this.#held.splice(0)) answer.writeHead(204).end();
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return;
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  /** The paths that were asked for, as the entries have them. */
  get uris(): readonly unknown[] {
    return this.entries.map((entry) => at(entry, 'request', 'uri'));
  }
}

const at = (value: unknown, ...path: readonly (string | number)[]): unknown => path.reduce<unknown>((part, name) => (typeof part === 'object' && part !== null ? Reflect.get(part, name) : undefined), value);
const request = (path: string, lines: readonly string[] = []): string => [`GET ${path} HTTP/1.1`, 'Host: client.test', ...lines, '', ''].join('\r\n');

interface LogScene extends ProxyScene {
  readonly server: LogServer;
  readonly endpoint: string;
  readonly thread: ThreadPluginServices;
  readonly dropped: () => Readonly<Record<string, number>>;
  /** Swaps to http-log with that config; the plugin entity stays the same. */
  readonly use: (config: JsonObject) => void;
}

function logging(name: string, run: (scene: LogScene) => Promise<void>, entities: (originPort: number) => readonly EntityChange[] = () => []): void {
  scenario(name, {}, async (scene) => {
    const thread = new ThreadPluginServices({
      clock: systemClock, counters: { take: () => ({ kind: 'full' }), add: () => [] }, random: Math.random, log: createMemoryLogger('plugins').log, fetchNetworks: ['127.0.0.0/8'],
      node: { dataPlaneId: 'dp-1', gatewayId: 'gw-1', hostname: 'host-1', softwareVersion: '1.2.3', labels: {} }, logOf: () => ({ warn: () => undefined }),
    });
    const services = testServices({ clock: systemClock, servicesOf: thread.servicesOf });
    const server = new LogServer();
    const endpoint = `http://127.0.0.1:${await server.listen()}/in`;
    let current: ReturnType<typeof compiled>['config'] | undefined;
    const use = (config: JsonObject): void => {
      const before = current;
      const made = compiled([
        put('services', { id: testId('a1'), host: '127.0.0.1', port: scene.origin.port }),
        put('routes', { id: testId('b1'), name: 'all', service: ref('a1'), strip_path: false, paths: ['/'] }),
        put('plugins', { id: testId('f1'), name: 'http-log', config }),
        ...entities(scene.origin.port),
      ], { services, ...(before === undefined ? {} : { base: before, reset: true }) });
      assert.deepEqual(made.quarantined, []);
      current = made.config;
      scene.serve(made.config);
      before?.release();
    };
    try {
      await run({ ...scene, server, endpoint, thread, use, dropped: () => thread.sent['http-log']?.dropped ?? {} });
    } finally {
      await server.close();
      current?.release();
      thread.fetching.close();
    }
  });
}

logging('an entry says what became of a request: by the upstream, by a plugin, by the gateway', async ({ exchange, origin, server, endpoint, use }) => {
  use({ http_endpoint: endpoint, authorization: 'Bearer log-token', custom_fields: { tenant: '$(headers["x-tenant"])' } });
  const answer = await exchange(request('/a?apikey=right&x=1', ['X-Tenant: t1', 'Cookie: s3cr3t']));
  assert.equal(answer.status, 200);
  await exchange(request('/b'));
  await exchange(request('/down', ['apikey: right']));
  await waitUntil('three entries', () => server.entries.length === 3);
  const [passed, refused, failed] = server.entries;
  assert.deepEqual([at(passed, 'source'), at(passed, 'response', 'status'), at(passed, 'upstream_status'), at(passed, 'upstream_uri'), at(passed, 'tenant')], ['upstream', 200, '200', '/a?apikey=REDACTED&x=1', 't1']);
  assert.deepEqual([at(passed, 'request', 'id'), at(passed, 'request', 'uri'), at(passed, 'request', 'headers', 'cookie'), at(passed, 'client_ip')], [answer.header('x-kong-request-id'), '/a?apikey=REDACTED&x=1', 'REDACTED', '127.0.0.1']);
  assert.deepEqual([at(passed, 'consumer', 'username'), at(passed, 'route', 'name'), at(passed, 'data_plane', 'id'), at(passed, 'config_version')], ['ann', 'all', 'dp-1', '1.1']);
  assert.deepEqual([at(passed, 'tries', 0, 'ip'), at(passed, 'tries', 0, 'port'), at(passed, 'tries', 0, 'code'), at(passed, 'tries', 1)], ['127.0.0.1', origin.port, 200, undefined]);
  assert.equal(at(passed, 'response', 'headers', 'x-kong-request-id'), answer.header('x-kong-request-id'));
  assert.ok(Math.abs(Number(at(passed, 'started_at')) - Date.now()) < 60_000);
  for (const name of ['request', 'kong', 'proxy', 'receive']) assert.ok(Number(at(passed, 'latencies', name)) >= 0, name);
  assert.deepEqual([at(refused, 'source'), at(refused, 'response', 'status'), at(refused, 'tries'), at(refused, 'upstream_uri'), at(refused, 'latencies', 'proxy')], ['exit', 401, [], undefined, -1]);
  assert.deepEqual([at(failed, 'source'), at(failed, 'error_code'), at(failed, 'upstream_status'), at(failed, 'tries', 0, 'state'), at(failed, 'tries', 0, 'failure')], ['kong', 'UPSTREAM_CONNECT_FAILED', undefined, 'failed', 'connect']);
  assert.deepEqual(server.requests[0], { contentType: 'application/json', authorization: 'Bearer log-token', entries: 1 });
  assert.doesNotMatch(JSON.stringify(server.entries), /s3cr3t|right/);
}, () => [
  put('plugins', { id: testId('f2'), name: 'key-auth', config: {} }),
  put('consumers', { id: testId('c1'), username: 'ann' }), put('keyauth_credentials', { id: testId('d1'), consumer: ref('c1'), key: 'right' }),
  put('services', { id: testId('a2'), host: '127.0.0.1', port: 1, retries: 0 }),
  put('routes', { id: testId('b2'), service: ref('a2'), paths: ['/down'] }),
]);

logging('a server that is slow, then fails, then is back gets everything, in order', async ({ exchange, server, endpoint, use, dropped }) => {
  use({ http_endpoint: endpoint, timeout: 100, queue: { max_batch_size: 5, max_coalescing_delay: 0.02, initial_retry_delay: 0.01, max_retry_delay: 0.05 } });
  server.mode = 'hold';
  await exchange(request('/0'));
  await waitUntil('a delivery that is not answered', () => server.requests.length > 0);
  for (let n = 1; n < 8; n += 1) await exchange(request(`/${n}`));
  await waitUntil('the same once more, after its time', () => server.requests.length > 1);
  server.mode = 'fail';
  for (let n = 8; n < 12; n += 1) await exchange(request(`/${n}`));
  server.letGo();
  await waitUntil('all entries', () => server.uris.includes('/11'));
  const firsts = [...new Set(server.uris)];
  assert.deepEqual(firsts, Array.from({ length: 12 }, (_, n) => `/${n}`));
  assert.deepEqual(dropped(), {});
  assert.ok(server.requests.length < 12 + 4, 'entries share requests');
});

logging('nothing is lost when the config changes while the server is away: the new one sends what the old one took in', async ({ exchange, server, endpoint, use, dropped, thread }) => {
  const dead = 'http://127.0.0.1:1/in';
  const queue = { initial_retry_delay: 0.01, max_retry_delay: 0.02 };
  use({ http_endpoint: dead, queue });
  for (let n = 0; n < 5; n += 1) await exchange(request(`/${n}`));
  await waitUntil('a failure', () => (thread.sent['http-log']?.failedDeliveries ?? 0) > 0);
  use({ http_endpoint: endpoint, queue });
  await exchange(request('/5'));
  await waitUntil('all entries', () => server.entries.length === 6);
  assert.deepEqual(server.uris, ['/0', '/1', '/2', '/3', '/4', '/5']);
  assert.deepEqual([dropped(), thread.sent['http-log']?.sent, thread.sent['http-log']?.waiting], [{}, 6, 0]);
});

logging('a server that is gone costs requests nothing: the oldest entries are dropped, and counted', async ({ exchange, server, endpoint, use, dropped, thread }) => {
  use({ http_endpoint: endpoint, queue: { max_entries: 3, initial_retry_delay: 0.01, max_retry_delay: 0.02 } });
  await server.close();
  for (let n = 0; n < 10; n += 1) assert.equal((await exchange(request(`/${n}`))).status, 200);
  // One is being tried, three wait.
  assert.deepEqual(dropped(), { 'entries-full': 6 });
  await thread.flush(50);
  assert.deepEqual([dropped(), thread.sent['http-log']?.sent], [{ 'entries-full': 6, drain: 4 }, 0]);
  await waitUntil('nothing to be on its way', () => thread.sent['http-log']?.waiting === 0);
});

logging('a drain sends what waits for more to come', async ({ exchange, server, endpoint, use, dropped, thread }) => {
  use({ http_endpoint: endpoint, queue: { max_batch_size: 100, max_coalescing_delay: 600 } });
  for (let n = 0; n < 3; n += 1) await exchange(request(`/${n}`));
  assert.equal(server.entries.length, 0);
  await thread.flush(5_000);
  assert.deepEqual([server.uris, dropped()], [['/0', '/1', '/2'], {}]);
});
