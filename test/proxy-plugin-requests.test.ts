/** Plugins before the response (contract v2): state, edits of what goes upstream, promises, refreshes; for clients of HTTP/1.1 and of HTTP/2. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PluginInstance, RequestContext, Verdict } from '../shared/plugins/contract.ts';
import { systemClock } from '../shared/clock.ts';
import { Http2Client } from './support/http2-client.ts';
import { startProxyScene, type ProxyScene } from './support/proxy-scene.ts';
import { response } from './support/recording-origin.ts';
import { scenario } from './support/scenario.ts';
import { staticConfig, staticUpstream, type StaticPlugin } from './support/static-config.ts';
import { waitUntil } from './support/wait-until.ts';

const GET = 'GET /a/b?x=1&y=2 HTTP/1.1\r\nHost: client.test\r\nX-Old: 1\r\n\r\n';

function use({ serve, origin }: ProxyScene, plugins: readonly StaticPlugin[], upstreamPort = origin.port): void {
  const upstreams = [{ ...staticUpstream([{ host: '127.0.0.1', port: upstreamPort }]), name: 'blue' }];
  serve(staticConfig({ routes: [{ path: '/', stripPath: false, service: { port: origin.port }, plugins }], upstreams }));
}

const plugin = (name: string, instance: PluginInstance, priority = 1_000): StaticPlugin => ({ name, instance, priority });
const head = (run: (context: RequestContext) => unknown): PluginInstance => ({ requestHead: (context) => void run(context) });
const later = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** The same request by both versions: what the origin got, first line and lines that `wanted` names. */
async function sentByBoth(scene: ProxyScene, fields: Readonly<Record<string, string>> = {}, body?: string): Promise<void> {
  const lines = Object.entries(fields).filter(([name]) => !name.startsWith(':')).map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const length = body === undefined ? '' : `Content-Length: ${body.length}\r\n`;
  await scene.exchange(`${fields[':method'] ?? 'GET'} ${fields[':path'] ?? '/'} HTTP/1.1\r\nHost: client.test\r\n${lines}${length}\r\n${body ?? ''}`, { noBody: fields[':method'] === 'HEAD' });
  const client = await Http2Client.open(scene.port);
  await client.exchange({ ':authority': 'client.test', ...fields }, body);
  client.close();
}

scenario('each plugin keeps its own state of a request, in every phase, and none of another request', {}, async (scene) => {
  const seen: string[] = [];
  let made = 0;
  const keeper = (name: string): PluginInstance<string[]> => ({
    newState: () => [`${name}${(made += 1)}`],
    requestHead: (_, state) => void state.push('head'),
    upstreamRequest: (_, state) => void state.push('upstream'),
    responseHead: (context, state) => {
      state.push('response');
      context.collectBody(10);
      context.observeBody();
    },
    responseBody: (_, state) => void state.push('body'),
    responseBytes: (_, bytes, state) => void state.push(bytes === undefined ? 'end' : 'bytes'),
    log: (_, state) => void seen.push(state.join(' ')),
  });
  use(scene, [plugin('a', keeper('a'), 2), plugin('b', keeper('b'), 1), plugin('none', { log: (_, state) => void seen.push(String(state)) }, 0)]);
  await sentByBoth(scene);
  await waitUntil('both logs', () => seen.length === 6);
  const phases = 'head upstream response body bytes end';
  assert.deepEqual(seen, [`a1 ${phases}`, `b2 ${phases}`, 'undefined', `a3 ${phases}`, `b4 ${phases}`, 'undefined']);
});

scenario('method, path, query and headers go upstream as plugins left them, and the view shows the same', {}, async (scene) => {
  const views: unknown[] = [];
  use(scene, [
    plugin('edit', head((context) => {
      context.setUpstreamMethod('PUT');
      context.setUpstreamPath('/new/%20path');
      context.setUpstreamQuery(`${context.upstreamQuery}&z=3`);
      context.removeQueryArgument('y');
      context.setUpstreamHeader('X-Many', ['one', 'two']);
      context.removeUpstreamHeader('x-old');
    }), 9),
    plugin('view', { upstreamRequest: (context) => void views.push([
      context.upstreamMethod, context.upstreamPath, context.upstreamQuery, context.upstreamHeaderValues('x-many'), context.upstreamHeaderValues('x-old'), context.upstreamHeaderNames(),
      context.request.method, context.request.path, context.request.query,
    ]) }, 1),
  ]);
  await sentByBoth(scene, { ':path': '/a/b?x=1&y=2', 'x-old': '1', 'x-kept': 'k' });
  assert.equal(scene.origin.requests.length, 2);
  for (const { startLine, headerLines } of scene.origin.requests) {
    assert.equal(startLine, 'PUT /new/%20path?x=1&z=3 HTTP/1.1');
    assert.deepEqual(headerLines.filter((line) => /^x-(many|old|kept)/i.test(line)).map((line) => line.toLowerCase()), ['x-kept: k', 'x-many: one', 'x-many: two']);
  }
  const view = ['PUT', '/new/%20path', 'x=1&z=3', ['one', 'two'], [], ['x-kept', 'x-many'], 'GET', '/a/b', 'x=1&y=2'];
  assert.deepEqual(views, [view, view]);
});

test('what would break a message is refused, and the request with it', async () => {
  const scene = await startProxyScene();
  const wrong: readonly ((context: RequestContext) => void)[] = [
    (context) => context.setUpstreamHeader('X-A', 'a\r\nX-B: b'), (context) => context.setUpstreamHeader('X-A', ['fine', 'a\nb']), (context) => context.setUpstreamHeader('X A', 'a'),
    (context) => context.setUpstreamHeader('Host', 'a b'), (context) => context.setUpstreamHeader('Host', ['a', 'b']), (context) => context.setUpstreamHeader('Content-Length', '1'),
    (context) => context.setUpstreamMethod('GET / HTTP/1.1\r\nX: '), (context) => context.setUpstreamMethod(''), (context) => context.setUpstreamMethod('CONNECT'),
    (context) => context.setUpstreamPath('/a b'), (context) => context.setUpstreamPath('a'), (context) => context.setUpstreamPath('/a?b'), (context) => context.setUpstreamPath('/a\r\n'), (context) => context.setUpstreamPath('/\u0142'),
    (context) => context.setUpstreamQuery('a#b'), (context) => context.setUpstreamQuery('a b'), (context) => context.setUpstreamQuery('a\nb'),
    (context) => context.useTarget({ host: 'a/b' }), (context) => context.useTarget({ host: 'a:80' }), (context) => context.useTarget({ host: '' }), (context) => context.useTarget({ host: 'a', port: 0 }),
    (context) => context.setTimeouts({ readMs: 0 }), (context) => context.setTimeouts({ connectMs: 1.5 }), (context) => context.limitRequestBody(Number.NaN, { kind: 'respond', status: 413 }),
    (context) => context.setResponseHeader('X-A', 'a\r\nb'), (context) => context.replaceBody(Buffer.from('x')),
  ];
  try {
    for (const [index, run] of wrong.entries()) {
      for (const phase of ['requestHead', 'upstreamRequest'] as const) {
        use(scene, [plugin('wrong', { [phase]: run })]);
        const answer = await scene.exchange(GET);
        assert.deepEqual([answer.status, answer.header('x-holdfast-error')], [500, 'PROXY_PLUGIN_FAILED'], `${index} in ${phase}`);
      }
    }
    assert.equal(scene.origin.requests.length, 0);
  } finally {
    await scene.close();
  }
});

scenario('a request goes to another host or upstream entity, with other timeouts', {}, async (scene) => {
  const other = await startProxyScene();
  try {
    const { origin } = other;
    origin.respond(({ target }) => (target === '/slow' ? undefined : response('other')));
    use(scene, [plugin('target', head((context) => {
      const to = context.request.header('x-to') ?? '';
      context.useTarget(to === 'blue' ? { host: 'blue' } : { host: to, port: origin.port, protocol: 'http' });
      context.setTimeouts({ readMs: 30 });
    }))], origin.port);
    const send = (path: string, to: string): Promise<{ readonly status: number; readonly body: string }> => scene.exchange(`GET ${path} HTTP/1.1\r\nHost: a\r\nX-To: ${to}\r\n\r\n`);
    assert.deepEqual([(await send('/', '127.0.0.1')).body, (await send('/', 'localhost')).body, (await send('/', 'blue')).body], ['other', 'other', 'other']);
    assert.deepEqual(origin.requests.map((request) => request.header('host')), [`127.0.0.1:${origin.port}`, `localhost:${origin.port}`, `127.0.0.1:${origin.port}`]);
    const posted = await scene.exchange('POST /slow HTTP/1.1\r\nHost: a\r\nX-To: blue\r\nContent-Length: 0\r\n\r\n');
    assert.equal(posted.status, 504);
    assert.equal(scene.origin.requests.length, 0);
  } finally {
    await other.close();
  }
});

scenario('HEAD in place of GET, and GET in place of HEAD: the client gets what belongs to its own method', {}, async (scene) => {
  scene.origin.respond(({ method }) => (method === 'HEAD' ? 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n' : response('hello')));
  use(scene, [plugin('swap', head((context) => context.setUpstreamMethod(context.request.method === 'HEAD' ? 'GET' : 'HEAD')))]);
  const client = await scene.connect();
  client.send('HEAD / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n');
  const first = await client.response({ noBody: true });
  const second = await client.response();
  assert.deepEqual([first.header('content-length'), second.header('content-length'), second.body], ['5', '0', '']);
});

scenario('a body that is longer than a plugin allows gets its answer, whether its length is said or not', {}, async (scene) => {
  const verdict: Verdict = { kind: 'respond', status: 413, message: 'too large for us' };
  use(scene, [plugin('loose', head((context) => context.limitRequestBody(100, { kind: 'respond', status: 400 })), 2), plugin('limit', head((context) => context.limitRequestBody(4, verdict)))]);
  const post = (rest: string): Promise<{ readonly status: number; message(): unknown }> => scene.exchange(`POST / HTTP/1.1\r\nHost: a\r\n${rest}`);
  const answers = [await post('Content-Length: 5\r\n\r\nhello'), await post('Content-Length: 5\r\n\r\n'), await post('Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n'), await post('Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n4\r\nllo!\r\n0\r\n\r\n')];
  assert.deepEqual(answers.map((answer) => [answer.status, answer.message()]), Array.from({ length: 4 }, () => [413, 'too large for us']));
  assert.equal((await post('Content-Length: 4\r\n\r\nfour')).status, 200);
  const client = await Http2Client.open(scene.port);
  assert.deepEqual([(await client.exchange({ ':method': 'POST' }, 'hello')).status, (await client.exchange({ ':method': 'POST' }, 'four')).status], [413, 200]);
  client.close();
});

scenario('upstreamRequest runs after every requestHead, may answer, and joins the chain of who becomes known there', {}, async (scene) => {
  const seen: string[] = [];
  const note = (name: string): PluginInstance => ({ requestHead: () => void seen.push(`head ${name}`), upstreamRequest: () => void seen.push(`upstream ${name}`) });
  use(scene, [
    plugin('a', note('a'), 3),
    plugin('auth', { upstreamRequest: (context) => context.authenticate({ id: 'alice', username: 'alice', customId: null }, undefined) as undefined }, 2),
    { ...plugin('own', note('own'), 1), consumerId: 'alice' },
    plugin('deny', { upstreamRequest: ({ consumer }) => ({ kind: 'respond', status: 418, message: consumer?.id ?? 'nobody' }) }, 0),
  ]);
  const answer = await scene.exchange(GET);
  assert.deepEqual([answer.status, answer.message(), seen], [418, 'alice', ['head a', 'upstream a', 'upstream own']]);
});

scenario('promises: the request waits in its place, and answers stay in order', {}, async (scene) => {
  const waiter: PluginInstance = {
    isAsync: true,
    async requestHead({ request }): Promise<Verdict | undefined> {
      if (request.path !== '/slow') return undefined;
      for (let turn = 0; turn < 5; turn += 1) await later();
      return { kind: 'respond', status: 202, message: 'waited' };
    },
  };
  const failing: PluginInstance = { isAsync: true, upstreamRequest: ({ request }) => (request.path === '/fails' ? Promise.reject(new Error('no')) : undefined) };
  use(scene, [plugin('waiter', waiter, 2), plugin('failing', failing, 1)]);
  const client = await scene.connect();
  client.send(['/slow', '/quick', '/fails', '/last'].map((path) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`).join(''));
  const statuses: number[] = [];
  for (let index = 0; index < 4; index += 1) statuses.push((await client.response()).status);
  assert.deepEqual(statuses, [202, 200, 500, 200]);
  const http2 = await Http2Client.open(scene.port);
  const answers = await Promise.all(['/slow', '/quick', '/fails'].map((path) => http2.exchange({ ':path': path })));
  assert.deepEqual(answers.map(({ status }) => status), [202, 200, 500]);
  http2.close();
  assert.equal(scene.records.length, 7);
  assert.deepEqual(scene.proxy.stats().pluginErrors, { failing: 2 });
});

scenario('a promise of a plugin that does not say so ends the request with 500, whatever it brings', {}, async (scene) => {
  use(scene, [plugin('sly', { requestHead: () => Promise.reject(new Error('unheard')) })]);
  const answer = await scene.exchange(GET);
  assert.deepEqual([answer.status, answer.header('x-holdfast-error'), scene.origin.requests.length], [500, 'PROXY_PLUGIN_FAILED', 0]);
  assert.ok(scene.logLines().some((line) => line.includes('PLUGIN_NOT_ASYNC')));
});

test('a promise that never ends: 500 after the bound; a client that leaves ends the wait, counted once', async () => {
  const bounds: (() => void)[] = [];
  const clock: typeof systemClock = { ...systemClock, after: (delayMs, callback, options) => {
    if (delayMs !== 30_000) return systemClock.after(delayMs, callback, options);
    bounds.push(callback);
    return { cancel: () => void bounds.splice(bounds.indexOf(callback), 1) };
  } };
  const scene = await startProxyScene({ proxy: { clock, limits: { abandonedAfterMs: 50 } } });
  try {
    let release = (): void => undefined;
    use(scene, [plugin('never', { isAsync: true, requestHead: () => new Promise((resolve) => (release = () => resolve(undefined))) })]);
    const client = await scene.connect();
    client.send(GET);
    await waitUntil('the wait', () => bounds.length === 1);
    bounds[0]?.();
    const answer = await client.response();
    assert.deepEqual([answer.status, answer.header('x-holdfast-error')], [500, 'PLUGIN_TIMED_OUT']);
    release();
    const leaver = await scene.connect();
    leaver.send(GET);
    await waitUntil('the wait', () => bounds.length === 1);
    leaver.close();
    await waitUntil('the end of the wait', () => bounds.length === 0);
    release();
    await later();
    assert.deepEqual(scene.records.map(({ status }) => status), [500, 0]);
    assert.equal(scene.proxy.stats().activeRequests, 0);
    assert.equal(scene.origin.requests.length, 0);
  } finally {
    await scene.close();
  }
});

scenario('a refresh: the client has its answer, and the request goes upstream once more, for the plugins', {}, async (scene) => {
  const seen: unknown[] = [];
  const stale: PluginInstance<{ run: number }> = {
    newState: () => ({ run: 0 }),
    upstreamRequest: (_, state) => ((state.run += 1), { kind: 'respond', status: 200, body: { contentType: 'text/plain', bytes: Buffer.from('stale') }, refresh: true }),
    responseHead: (context, state) => {
      seen.push(['response', context.generated, context.status, state.run]);
      context.observeBody();
    },
    responseBytes: (_, bytes) => void seen.push(bytes === undefined ? 'end' : Buffer.from(bytes).toString()),
    log: ({ status }) => void seen.push(['log', status]),
  };
  use(scene, [plugin('edit', head((context) => context.setUpstreamHeader('X-Edit', 'yes')), 9), plugin('cache', stale)]);
  const answer = await scene.exchange(GET);
  assert.equal(answer.body, 'stale');
  await waitUntil('the refresh', () => seen.length === 8);
  assert.deepEqual(seen, [['response', true, 200, 1], 'stale', 'end', ['log', 200], ['response', false, 200, 1], 'hello', 'end', ['log', 200]]);
  assert.deepEqual(scene.origin.requests.map((request) => [request.target, request.header('x-edit')]), [['/a/b?x=1&y=2', 'yes']]);
  const posted = await scene.exchange('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx');
  assert.equal(posted.status, 200);
  await later();
  assert.equal(scene.origin.requests.length, 1, 'a body is not there twice');
  assert.equal(scene.records.length, 2, 'a refresh is no request of a client');
  assert.deepEqual([scene.proxy.stats().refreshes, scene.proxy.stats().activeRequests], [1, 0]);
});

test('a plugin that goes on after its request has ended sees nothing of the one that got its memory', async () => {
  const scene = await startProxyScene({ proxy: { limits: { abandonedAfterMs: 50 } } });
  try {
    let kept: RequestContext | undefined;
    use(scene, [plugin('keeper', { isAsync: true, requestHead: (context) => {
      if (context.request.path !== '/first') return undefined;
      kept = context;
      return new Promise<undefined>(() => undefined);
    } })]);
    const client = await scene.connect();
    client.send('GET /first HTTP/1.1\r\nHost: a\r\nX-Secret: 1\r\n\r\n');
    const context = await waitUntil('the plugin', () => kept);
    assert.deepEqual(context.upstreamHeaderValues('x-secret'), ['1']);
    client.close();
    await waitUntil('its end', () => scene.records.length === 1);
    scene.origin.respond(() => {
      assert.deepEqual([context.upstreamHeaderValues('x-secret'), context.upstreamHeaderNames(), context.upstreamHeaderValues('host').includes('b'), context.request.header('x-secret'), context.upstreamQuery], [[], [], false, undefined, '']);
      return response('hello');
    });
    assert.equal((await scene.exchange('GET /second?q=1 HTTP/1.1\r\nHost: b\r\nX-Secret: 2\r\n\r\n')).body, 'hello');
  } finally {
    await scene.close();
  }
});

test('a proxy that closes ends its refreshes, and lets go of what they were pinned to', async () => {
  const scene = await startProxyScene({ responder: () => undefined });
  use(scene, [plugin('cache', { requestHead: () => ({ kind: 'respond', status: 200, refresh: true }) })]);
  await scene.exchange(GET);
  await waitUntil('the refresh', () => scene.origin.requests.length === 1);
  scene.serve(undefined);
  assert.equal(scene.released.length, 0);
  await scene.close();
  assert.deepEqual([scene.proxy.stats().refreshes, scene.released.length, scene.records.length], [1, 1, 1]);
});

scenario('conditions of a refresh: what was decided holds, what comes later is decided by the same request', {}, async (scene) => {
  const seen: string[] = [];
  const cache: PluginInstance = { requestHead: () => ({ kind: 'respond', status: 200, refresh: true }) };
  const note = (name: string): PluginInstance => head(() => seen.push(name));
  use(scene, [
    { ...plugin('cache', cache, 9), condition: 'http.headers.x_old == "1"' },
    { ...plugin('yes', note('yes'), 8), condition: 'http.headers.x_old == "1"' }, { ...plugin('no', note('no'), 7), condition: 'http.headers.x_old == "2"' },
  ]);
  await scene.exchange(GET);
  await waitUntil('the refresh', () => scene.origin.requests.length === 1);
  assert.deepEqual(seen, ['yes']);
});

scenario('of many refreshes at a time only so many go upstream', {}, async (scene) => {
  scene.origin.respond(() => undefined);
  use(scene, [plugin('cache', { requestHead: () => ({ kind: 'respond', status: 200, refresh: true }) })]);
  const client = await scene.connect();
  client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(105));
  for (let index = 0; index < 105; index += 1) assert.equal((await client.response()).status, 200);
  await waitUntil('the refreshes', () => scene.origin.requests.length === 100);
  assert.equal(scene.proxy.stats().refreshesSkipped, 5);
});
