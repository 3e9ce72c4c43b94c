/**
 * Access records over HTTP and a real Postgres: found by what an operator knows, followed live, traced back to the release they ran on; by
 * `holdfast logs` and `holdfast blame` too.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Readable } from 'node:stream';
import { after, test } from 'node:test';
import { request } from 'undici';
import { readEvents, type StreamEvent } from '../control-plane/cli/event-stream.ts';
import { runCommand } from '../control-plane/cli/main.ts';
import { MAXIMUM_TAILS_OF_TENANT } from '../control-plane/telemetry/request-tail.ts';
import { defined } from '../shared/assert.ts';
import { startTestAdminApi } from './support/admin-api.ts';
import { startProgram } from './support/control-plane-process.ts';
import { FleetScene, version } from './support/fleet-scene.ts';
import { accessRecord, TrafficScene } from './support/traffic-scene.ts';
import { waitUntil } from './support/wait-until.ts';

const { send, store, tenantId, viewerToken, adminToken, base, port, tokenFor, stop } = await startTestAdminApi();
const gateway = defined(await store.gateways.findByName(tenantId, 'default'), 'the default gateway');
const fleet = new FleetScene(store, gateway);
const traffic = new TrafficScene(store, gateway);
const dataPlane = await fleet.enrol('dp-east');
const reader = await tokenFor('reads-requests', [{ resources: ['requests'], verbs: ['read'] }, { resources: ['entities'], verbs: ['read'] }]);

const service = (await send('POST', '/services', { json: { name: 'billing', url: 'http://billing.test' } })).expect(201).word('id');
const route = (await send('POST', '/services/billing/routes', { json: { name: 'invoices', paths: ['/invoices'] } })).expect(201).word('id');
const consumer = (await send('POST', '/consumers', { json: { username: 'ada' } })).expect(201).word('id');
await fleet.publish(3);
(await send('PATCH', '/services/billing', { json: { read_timeout: 50 } })).expect(200);
const plugin = (await send('POST', '/routes/invoices/plugins', { json: { name: 'rate-limiting', config: { minute: 5 } } })).expect(201).word('id');
(await send('POST', '/services', { json: { name: 'unrelated', url: 'http://other.test' } })).expect(201);
await fleet.publish(6);

const first = accessRecord({ path: '/first' });
const failed = accessRecord({
  requestId: 'fa11ed'.padStart(32, '0'), reason: 'error', routeId: route, serviceId: service, consumerId: consumer, version: version(6), status: 504, errorCode: 'UPSTREAM_TIMEOUT', path: '/invoices/7', query: 'a=1',
  target: '10.0.0.7:80', retries: 2, totalMicros: 51_000, upstreamMicros: 50_000, gatewayMicros: 1_000, traceId: 'ab'.repeat(16), headers: new Map([['request.accept', 'text/plain']]), generated: true,
});
const hourAgo = (Date.now() - 7_200_000) * 1000;
await traffic.record(dataPlane, first, failed, accessRecord({ path: '/invoices', routeId: route, serviceId: service, version: version(3), totalMicros: 900_000, reason: 'slow' }), accessRecord({ path: '/old', startedMicros: hourAgo }));

const ask = (path: string, token = reader) => send('GET', `/v1/requests${path}`, { token });

function pathsIn(data: unknown): readonly unknown[] {
  return Array.isArray(data) ? data.map((record: { readonly path: unknown }) => record.path) : [];
}

test('records are found by each thing that is known of them, newest first, page by page', async () => {
  const find = async (query: string): Promise<readonly unknown[]> => pathsIn((await ask(query)).expect(200).at('data'));
  assert.deepEqual(await find(''), ['/invoices', '/invoices/7', '/first']);
  assert.deepEqual(await find('?from=-3h'), ['/invoices', '/invoices/7', '/first', '/old']);
  for (const query of [`?request_id=${failed.requestId}`, '?status=504', '?status_class=5xx', '?consumer=ada', `?consumer=${consumer}`, '?error_code=UPSTREAM_TIMEOUT', `?trace_id=${failed.traceId.toUpperCase()}`, '?path=/invoices/', '?route=invoices&min_ms=50.5&status_class=5xx']) {
    assert.deepEqual(await find(query), ['/invoices/7'], query);
  }
  assert.deepEqual(await find('?route=invoices'), ['/invoices', '/invoices/7']);
  assert.deepEqual(await find('?service=billing&min_ms=500'), ['/invoices']);
  assert.deepEqual(await find('?route=none'), ['/first']);
  assert.deepEqual(await find(`?data_plane=${dataPlane}&path=/first`), ['/first']);
  const page = (await ask('?size=2')).expect(200);
  const second = await send('GET', page.word('next'), { token: reader });
  assert.deepEqual([pathsIn(page.at('data')), pathsIn(second.expect(200).at('data')), second.at('next')], [['/invoices', '/invoices/7'], ['/first'], null]);
});

test('a record says all that was kept, with names beside ids', async () => {
  const answer = (await ask(`/${failed.requestId}`)).expect(200);
  assert.partialDeepStrictEqual(answer.body, {
    request_id: failed.requestId, reason: 'error', status: 504, error_code: 'UPSTREAM_TIMEOUT', generated: true, method: 'GET', scheme: 'https', host: 'api.test', path: '/invoices/7', query: 'a=1',
    route: { id: route, name: 'invoices' }, service: { id: service, name: 'billing' }, consumer: { id: consumer, name: 'ada' }, data_plane: { id: dataPlane, hostname: 'dp-east' },
    target: '10.0.0.7:80', retries: 2, total_ms: 51, upstream_ms: 50, gateway_ms: 1, version: '1.6', trace_id: failed.traceId, headers: { 'request.accept': 'text/plain' }, client_address: '192.0.2.7',
  });
  assert.match((await ask(`/${'0'.repeat(32)}`)).expect(404).word('message'), /no record of this request/);
});

test('what is wrong is refused with its parameter', async () => {
  for (const [query, field] of [['?request_id=7', 'request_id'], ['?trace_id=xyz', 'trace_id'], ['?status=5xx', 'status'], ['?path=invoices', 'path'], ['?min_ms=fast', 'min_ms'], ['?error_code=drop%20table', 'error_code'], ['?route=a,b', 'route'], ['?route=nobody', 'route'], ['?offset=junk', 'offset'], ['?size=0', 'size'], ['?from=-1h&to=-2h', 'to']] as const) {
    assert.notEqual((await ask(query)).expect(400).at(`fields.${field}`), undefined, query);
  }
  for (const path of ['/junk', '/junk/blame', `/${failed.requestId}/blame?format=xml`]) assert.ok([400, 404].includes((await ask(path)).status), path);
});

test('records have personal data: a viewer sees none of them, in no way', async () => {
  for (const path of ['', '/tail', `/${failed.requestId}`, `/${failed.requestId}/blame`]) (await ask(path, viewerToken)).expect(403);
});

test('blame goes from a request to the release it ran on, its author, what that changed, and what was changed last', async () => {
  const blame = (await send('GET', `/v1/requests/${failed.requestId}/blame`)).expect(200);
  assert.partialDeepStrictEqual(blame.body, { version: '1.6', release: { version: '1.6', base_version: '1.3', author: 'admin' }, notes: [] });
  const changes = blame.at('changes');
  assert.ok(Array.isArray(changes));
  assert.deepEqual(new Set(changes.map((change: { readonly op: string; readonly name: string; readonly concerns_request: boolean }) => `${change.op} ${change.name} ${change.concerns_request}`)), new Set(['update billing true', 'create rate-limiting true', 'create unrelated false']));
  assert.partialDeepStrictEqual(changes.find((change: { readonly id: string }) => change.id === service), { fields: [{ name: 'read_timeout', before: 60_000, after: 50 }] });
  const last = blame.at('last_changes');
  assert.ok(Array.isArray(last));
  assert.deepEqual(last.map((change: { readonly kind: string; readonly version: string; readonly release: { readonly version: string } | null }) => [change.kind, change.version, change.release?.version]), [['plugins', '1.5', '1.6'], ['services', '1.4', '1.6'], ['consumers', '1.3', '1.3'], ['routes', '1.2', '1.3']]);
  assert.equal(blame.at('last_changes.0.id'), plugin);
});

test('blame tells of failures under this version and others, of quarantine and alarms, and leaves out what the caller may not read', async () => {
  await traffic.count(dataPlane, Math.floor(Date.now() / 10_000) * 10_000, { routeVersions: [{ routeId: route, version: version(6), failed: 9, failedHere: 9 }, { routeId: route, version: version(3), failed: 1, failedHere: 0 }] });
  await store.alarms.raise(gateway, { code: 'TEST_ALARM', dataPlaneId: dataPlane, detail: 'something is wrong' }, 1);
  const text = (await send('GET', `/v1/requests/${failed.requestId}/blame`, { headers: { accept: 'text/plain' } })).expect(200).text;
  assert.match(text, /^GET https:\/\/api\.test\/invoices\/7: 504 UPSTREAM_TIMEOUT, answered by the gateway, .*, 51 ms\nroute invoices, service billing, consumer ada, target 10\.0\.0\.7:80 after 2 retries, data plane dp-east\n/);
  for (const expected of [/ran on 1\.6, published .* by admin, after 1\.3/, /~ services billing .*\n {6}read_timeout: 60000 → 50/, /\+ plugins rate-limiting/, /1\.6 \(this\): 9, of which the gateway answered 9\n {2}1\.3: 1,/, /TEST_ALARM: something is wrong/]) assert.match(text, expected);
  const less = (await ask(`/${failed.requestId}/blame`)).expect(200);
  assert.partialDeepStrictEqual(less.body, { release: null, changes: [], last_changes: [], errors_by_version: [], alarms: [] });
  assert.match(JSON.stringify(less.at('notes')), /does not include reading releases/);
});

const tails = new Set<Readable>();
after(() => tails.forEach((body) => body.destroy()));

/** What a live tail hears. */
class Tail {
  readonly heard: StreamEvent[] = [];
  readonly #body: Readable;

  private constructor(body: Readable) {
    this.#body = body;
    tails.add(body);
    void (async () => {
      for await (const event of readEvents(body)) this.heard.push(event);
    })().catch(() => undefined);
  }

  static async open(query = '', headers: Readonly<Record<string, string>> = {}): Promise<Tail> {
    const { statusCode, headers: answered, body } = await request(`${base}/v1/requests/tail${query}`, { headers: { authorization: `Bearer ${reader}`, ...headers } });
    assert.deepEqual([statusCode, answered['content-type']], [200, 'text/event-stream; charset=utf-8']);
    const tail = new Tail(body);
    if (headers['last-event-id'] === undefined) await waitUntil('the tail to follow', () => tail.heard.some(({ type }) => type === 'following'));
    return tail;
  }

  paths(): readonly unknown[] {
    return pathsIn(this.heard.filter(({ type }) => type === 'record').map(({ data }) => JSON.parse(data)));
  }

  close(): void {
    tails.delete(this.#body);
    this.#body.destroy();
  }
}

test('a tail shows what is stored from then on, of what its filters let through', async () => {
  const [all, errors] = [await Tail.open(), await Tail.open('?status_class=5xx&route=invoices')];
  await traffic.record(dataPlane, accessRecord({ path: '/live' }), accessRecord({ path: '/live/error', status: 502, routeId: route }));
  await waitUntil('both', () => all.paths().length === 2 && errors.paths().length === 1);
  assert.deepEqual([all.paths(), errors.paths()], [['/live', '/live/error'], ['/live/error']]);
  assert.partialDeepStrictEqual(JSON.parse(defined(errors.heard.find(({ type }) => type === 'record'), 'the record').data), { status: 502, route: { name: 'invoices' } });
  all.close();
  errors.close();
});

test('a tail goes on behind its Last-Event-ID, and from now on where that is of before a restore', async () => {
  const before = await Tail.open();
  const id = defined(before.heard.find(({ type }) => type === 'following')?.id, 'an id');
  before.close();
  const [late, far] = [await Tail.open('?path=/gone', { 'last-event-id': id }), await Tail.open('?path=/gone', { 'last-event-id': 'f900000000000000' })];
  await traffic.record(dataPlane, accessRecord({ path: '/gone/1' }));
  await waitUntil('what came meanwhile', () => late.paths().length === 1);
  await waitUntil('what comes once it is back', async () => {
    await traffic.record(dataPlane, accessRecord({ path: '/gone/2' }));
    return far.paths().includes('/gone/2');
  });
  assert.equal((await send('GET', '/v1/requests/tail', { token: reader, headers: { 'last-event-id': 'junk' } })).status, 400);
  late.close();
  far.close();
});

test('of tails a tenant has so many and no more', async () => {
  const open = await Promise.all(Array.from({ length: MAXIMUM_TAILS_OF_TENANT }, () => Tail.open()));
  const refused = (await ask('/tail')).expect(503);
  assert.deepEqual([refused.word('error'), refused.headers['retry-after']], ['ADMIN_TAILS_EXHAUSTED', '2']);
  for (const tail of open) tail.close();
  await waitUntil('room again', async () => {
    const { statusCode, body } = await request(`${base}/v1/requests/tail`, { method: 'HEAD', headers: { authorization: `Bearer ${reader}` } });
    await body.dump();
    return statusCode === 200;
  });
});

async function cli(...words: readonly string[]): Promise<{ readonly code: number; readonly out: readonly string[]; readonly err: readonly string[] }> {
  const [out, err]: [string[], string[]] = [[], []];
  const sources = (commandArguments: readonly string[]) => ({ environment: { HOLDFAST_ADMIN_URL: base, HOLDFAST_ADMIN_TOKEN: adminToken }, arguments: commandArguments, workingFolder: '/', readFile: () => '' });
  const code = await runCommand(words, sources, { out: (line) => void out.push(line), err: (line) => void err.push(line) });
  return { code, out, err };
}

test('holdfast logs shows what matches, oldest first; holdfast blame tells of one, or that there is none', async () => {
  const logs = await cli('logs', '--status', '504');
  assert.equal(logs.out.length, 1, logs.err.join('\n'));
  assert.match(logs.out[0] ?? '', /504 {2}GET {2}https:\/\/api\.test\/invoices\/7\?a=1 {2}51 ms \(upstream 50 ms\) {2}UPSTREAM_TIMEOUT {2}route=invoices service=billing consumer=ada/);
  const both = await cli('logs', '--route', 'invoices', '--json', '--count', '3');
  assert.deepEqual(both.out.map((line) => JSON.parse(line)).map(({ path }: { readonly path: string }) => path), ['/invoices/7', '/invoices', '/live/error']);
  const blame = await cli('blame', failed.requestId);
  assert.equal(blame.code, 0);
  assert.match(blame.out.join('\n'), /ran on 1\.6/);
  assert.partialDeepStrictEqual(JSON.parse((await cli('blame', failed.requestId, '--json')).out.join('\n')), { release: { version: '1.6' } });
  const none = await cli('blame', '0'.repeat(32));
  assert.equal(none.code, 2);
  assert.match(none.err.join('\n'), /no record of this request/);
  assert.deepEqual([(await cli('blame')).code, (await cli('logs', '--route', 'nobody')).code, (await cli('logs', '--follow', '--from', '-1h')).code], [1, 1, 1]);
});

test('holdfast logs --follow is a process that shows what comes, and ends well when it is interrupted', async () => {
  const started = startProgram('bin/holdfast.js', ['logs', '--follow', '--count', '1', '--path', '/f'], { HOLDFAST_ADMIN_URL: base, HOLDFAST_ADMIN_TOKEN: adminToken });
  await waitUntil('what was there', () => started.stdout().includes('/first'), 20_000);
  await traffic.record(dataPlane, accessRecord({ path: '/followed' }), accessRecord({ path: '/other' }));
  await waitUntil('what comes', () => started.stdout().includes('/followed'), 20_000);
  started.child.kill('SIGINT');
  assert.equal(await started.ended, 0, started.output());
  assert.equal(started.stdout().trimEnd().split('\n').length, 2);
});

test('blame finds the plugins of what served the request among any number, and of a history that is gone tells what is left', async () => {
  const id = (await send('POST', '/routes/invoices/plugins', { json: { name: 'correlation-id' } })).expect(201).word('id');
  const other = (await send('POST', '/routes/invoices/plugins', { json: { name: 'request-size-limiting', consumer: { id: (await send('POST', '/consumers', { json: { username: 'bob' } })).expect(201).word('id') } } })).expect(201).word('id');
  await fleet.publish(9);
  const late = accessRecord({ routeId: route, serviceId: service, consumerId: consumer, version: version(9), status: 500, path: '/late' });
  await traffic.record(dataPlane, late);
  const changed = (await send('GET', `/v1/requests/${late.requestId}/blame`)).expect(200);
  const last = JSON.stringify(changed.at('last_changes'));
  assert.deepEqual([last.includes(id), last.includes(other)], [true, false], 'a plugin of another consumer did not serve it');

  // Its release is removed, its data plane revoked, its route gone.
  (await send('DELETE', '/routes/invoices')).expect(204);
  await fleet.publish(10);
  (await send('POST', `/v1/data-planes/${dataPlane}/revoke`, { json: { reason: 'lost' } })).expect(200);
  await store.history.removeSome(gateway, { olderThan: new Date(Date.now() + 60_000), atLeast: 1, atMost: 1, deltaRows: 0 }, 1_000);
  for (const one of [late, failed]) {
    const left = (await send('GET', `/v1/requests/${one.requestId}/blame`)).expect(200);
    assert.deepEqual([left.at('request.route'), left.at('request.data_plane'), left.at('changes')], [{ id: route, name: null }, { id: dataPlane, hostname: 'dp-east' }, []]);
    assert.match(JSON.stringify(left.at('notes')), /no longer kept/);
    (await send('GET', `/v1/requests/${one.requestId}/blame?format=text`)).expect(200);
  }
});

test('a stream ends with the admin API, and a connection that asked nothing holds it up as little', async () => {
  const tail = await Tail.open();
  const ended = new Promise((resolve) => [...tails].at(-1)?.once('close', resolve));
  const silent = connect(port, '127.0.0.1');
  await once(silent, 'connect');
  const begun = performance.now();
  await stop();
  assert.ok(performance.now() - begun < 2_000);
  await ended;
  assert.equal(tail.heard.length, 1);
});
