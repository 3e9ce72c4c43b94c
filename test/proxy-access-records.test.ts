/** Which requests become access records, and what the engine puts into them; the rules themselves are tested beside access-records. */
import assert from 'node:assert/strict';
import { RecordRules } from '../shared/plugins/access-records/record-rules.ts';
import { DEFAULT_ACCESS_RECORDS, type AccessRecordsConfig } from '../shared/plugins/access-records/schema.ts';
import type { PluginInstance } from '../shared/plugins/contract.ts';
import type { AccessRecord } from '../shared/wire/access-record-codec.ts';
import type { RecordSink, ThreadDrop } from '../data-plane/telemetry/record-outbox.ts';
import { response } from './support/recording-origin.ts';
import { scenario } from './support/scenario.ts';
import { staticConfig, type StaticPlugin } from './support/static-config.ts';
import { waitUntil } from './support/wait-until.ts';

class Sink implements RecordSink {
  readonly builtIn: RecordRules | undefined;
  readonly records: AccessRecord[] = [];
  readonly drops: ThreadDrop[] = [];

  constructor(rules: Partial<AccessRecordsConfig> | undefined) {
    this.builtIn = rules === undefined ? undefined : new RecordRules({ ...DEFAULT_ACCESS_RECORDS, ...rules });
  }

  put(record: AccessRecord): void {
    this.records.push(record);
  }

  dropped(why: ThreadDrop): void {
    this.drops.push(why);
  }

  /** Those of the records since the last call. */
  taken<Name extends keyof AccessRecord>(...names: readonly Name[]): readonly (readonly unknown[])[] {
    return this.records.splice(0).map((record) => names.map((name) => record[name]));
  }
}

const recordsPlugin = (rules: Partial<AccessRecordsConfig>, more: Partial<StaticPlugin> = {}): StaticPlugin => ({ name: 'access-records', instance: { accessRecorder: new RecordRules({ ...DEFAULT_ACCESS_RECORDS, ...rules }) }, ...more });
const get = (path: string, more = ''): string => `GET ${path} HTTP/1.1\r\nHost: API.example:80\r\nConnection: close\r\n${more}\r\n`;

const builtIn = new Sink({});
scenario('by default errors are recorded, with all that is known of them, and nothing that is secret', { proxy: { records: builtIn } }, async ({ exchange, origin, serve, records }) => {
  origin.respond((request) => (request.target.startsWith('/fail') ? 'HTTP/1.1 503 No\r\nContent-Length: 2\r\n\r\noh' : response('fine')));
  serve(staticConfig({ sequence: 7, routes: [{ path: '/', stripPath: false, service: { port: origin.port } }, { path: '/off', service: { enabled: false } }] }));
  await exchange(get('/fine'));
  await exchange(get('/fail/ann@example.org?token=hush', 'User-Agent: t/1\r\nAuthorization: Bearer hush\r\nContent-Length: 2\r\n') + 'hi');
  await exchange(get('/off'));
  await waitUntil('three requests', () => records.length === 3);
  assert.equal(JSON.stringify(builtIn.records.map((record) => [...Object.values(record), ...record.headers])).includes('hush'), false);
  const [failed, off] = builtIn.records;
  assert.match(failed?.requestId ?? '', /^[0-9a-f]{32}$/);
  assert.ok(Math.abs((failed?.startedMicros ?? 0) / 1_000 - Date.now()) < 60_000);
  assert.ok((failed?.totalMicros ?? 0) >= (failed?.upstreamMicros ?? 0) && (failed?.upstreamMicros ?? 0) > 0);
  assert.equal(failed?.target, `127.0.0.1:${origin.port}`);
  assert.deepEqual([failed.bytesIn, failed.bytesOut].map((bytes) => bytes > 60), [true, true]);
  assert.deepEqual(builtIn.taken('reason', 'status', 'errorCode', 'generated', 'routeId', 'serviceId', 'version', 'method', 'scheme', 'host', 'path', 'query', 'httpVersion', 'clientAddress', 'userAgent', 'retries'), [
    ['error', 503, '', false, 'route-0', 'service', { epoch: 1, sequence: 7 }, 'GET', 'http', 'api.example', '/fail/REDACTED', '', '1.1', '127.0.0.0', 't/1', 0],
    ['error', 503, off?.errorCode, true, 'route-1', 'service', { epoch: 1, sequence: 7 }, 'GET', 'http', 'api.example', '/off', '', '1.1', '127.0.0.0', '', 0],
  ]);
  assert.match(off?.errorCode ?? '', /^PROXY_/);

  // Without a configuration there is no route, no version, no plugin.
  serve(undefined);
  await exchange(get('/any'));
  await waitUntil('its record', () => builtIn.records.length === 1);
  assert.deepEqual(builtIn.taken('routeId', 'version', 'status', 'path'), [['', { epoch: 0, sequence: 0 }, 503, '/any']]);
});

const brokenOff = new Sink({});
scenario('a response that the upstream breaks off is an error, a client that goes away is none; attempts are counted', { proxy: { records: brokenOff, limits: { abandonedAfterMs: 30 } } }, async ({ exchange, origin, connect, records }) => {
  origin.respond((request, socket) => {
    if (request.target === '/half') socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf', 'latin1');
    return undefined;
  });
  const half = await connect();
  half.send(get('/half'));
  await waitUntil('its record', () => records.length === 1);
  assert.deepEqual(brokenOff.taken('reason', 'status', 'path'), [['error', 200, '/half']]);
  const leaving = await connect();
  leaving.send(get('/silent'));
  await waitUntil('the request upstream', () => origin.requests.length === 2);
  leaving.close();
  await waitUntil('its record', () => records.length === 2);
  assert.deepEqual(brokenOff.records, []);
  await origin.close();
  await exchange(get('/gone'));
  await waitUntil('its record', () => brokenOff.records.length === 1);
  const [[reason, status, retries] = []] = brokenOff.taken('reason', 'status', 'retries');
  assert.deepEqual([reason, status], ['error', 502]);
  assert.ok(typeof retries === 'number' && retries > 0, `${String(retries)} retries`);
});

const off = new Sink(undefined);
scenario('a plugin in force says what is recorded; where its condition does not hold, the default does', { proxy: { records: off } }, async ({ exchange, origin, serve, records }) => {
  origin.respond(() => 'HTTP/1.1 200 OK\r\nX-Cache: HIT\r\nSet-Cookie: sid=hush\r\nContent-Length: 4\r\n\r\nfine');
  const sampled = recordsPlugin({ sample_rate: 1, query: 'masked', response_headers: ['X-Cache', 'set-cookie'], request_headers: ['accept'], client_address: 'full' });
  const client: PluginInstance = { requestHead: (context) => context.authenticate({ id: 'ann', username: 'ann', customId: null }, undefined) ?? undefined };
  const service = { port: origin.port };
  serve(staticConfig({
    consumers: [{ id: 'ann', username: 'ann', customId: null }],
    routes: [
      { path: '/sampled', service, plugins: [sampled, { name: 'who', priority: 9, instance: client }] },
      { path: '/conditional', service, plugins: [{ ...sampled, condition: 'http.path == "/conditional/yes"' }] },
      { path: '/broken', service, plugins: [{ name: 'access-records', instance: { accessRecorder: { readsResponseHeaders: false, choose: () => { throw new Error('a defect'); }, texts: () => assert.fail() } } }] },
      { path: '/', service },
    ],
  }));
  for (const path of ['/sampled?a=1&code=hush', '/conditional/yes', '/conditional/no', '/broken', '/plain']) assert.equal((await exchange(get(path, 'Accept: a/b\r\n'))).status, 200);
  await waitUntil('all requests', () => records.length === 5);
  assert.deepEqual(off.taken('path', 'reason', 'consumerId', 'query', 'headers', 'clientAddress'), [
    ['/sampled', 'sampled', 'ann', 'a=1&code=REDACTED', new Map([['request.accept', 'a/b'], ['response.x-cache', 'HIT'], ['response.set-cookie', 'REDACTED']]), '127.0.0.1'],
    ['/conditional/yes', 'sampled', '', '', new Map([['request.accept', 'a/b'], ['response.x-cache', 'HIT'], ['response.set-cookie', 'REDACTED']]), '127.0.0.1'],
  ]);
  assert.deepEqual(off.drops, ['failed']);
});

const few = new Sink({ max_per_second: 1 });
scenario('what is over the bound per second is told as dropped', { proxy: { records: few } }, async ({ exchange, serve, records }) => {
  serve(undefined);
  for (let n = 0; n < 5; n += 1) await exchange(get('/'));
  await waitUntil('all requests', () => records.length === 5);
  assert.equal(few.records.length + few.drops.length, 5);
  assert.ok(few.drops.length >= 2 && few.drops.every((why) => why === 'rate'));
});
