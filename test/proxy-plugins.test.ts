/** Plugins in the life of a request: order, verdicts, identity, edits, bodies, failures. */
import assert from 'node:assert/strict';
import type { LogContext, PluginInstance, RequestContext, ResponseContext } from '../shared/plugins/contract.ts';
import type { ProxyScene } from './support/proxy-scene.ts';
import { response } from './support/recording-origin.ts';
import { scenario } from './support/scenario.ts';
import { staticConfig, type StaticPlugin } from './support/static-config.ts';
import { waitUntil } from './support/wait-until.ts';

const ALICE = { id: 'consumer-a', username: 'Zażółć', customId: null };
const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

function use({ serve, origin }: ProxyScene, plugins: readonly StaticPlugin[]): void {
  serve(staticConfig({ routes: [{ path: '/', stripPath: false, service: { port: origin.port }, plugins }], consumers: [ALICE] }));
}

const plugin = (name: string, instance: PluginInstance, more: { readonly priority?: number; readonly consumerId?: string } = {}): StaticPlugin => ({ name, instance, ...more });
const requestHead = (run: (context: RequestContext) => ReturnType<NonNullable<PluginInstance['requestHead']>> | void): PluginInstance => ({ requestHead: (context) => run(context) ?? undefined });

scenario('plugins run by priority in every phase, and log sees what was sent', {}, async (scene) => {
  const seen: string[] = [];
  let logged: LogContext | undefined;
  const tracer = (name: string): PluginInstance => ({
    requestHead: () => void seen.push(`head ${name}`),
    responseHead: ({ status, generated }) => void seen.push(`response ${name} ${status} ${generated}`),
    log: (context) => {
      seen.push(`log ${name}`);
      logged = context;
    },
  });
  use(scene, [plugin('low', tracer('low'), { priority: 1 }), plugin('a', tracer('a'), { priority: 5 }), plugin('b', tracer('b'), { priority: 5 })]);
  const answer = await scene.exchange(GET);
  assert.deepEqual(seen, ['head b', 'head a', 'head low', 'response b 200 false', 'response a 200 false', 'response low 200 false', 'log b', 'log a', 'log low']);
  const [record] = scene.records;
  assert.ok(logged !== undefined && record !== undefined);
  assert.deepEqual([logged.status, logged.generated, logged.bytesIn, logged.bytesOut, logged.route.id, logged.service?.id], [200, false, record.bytesIn, record.bytesOut, 'route-0', 'service']);
  assert.deepEqual([logged.responseHeader('content-length'), logged.responseHeader('x-kong-request-id'), logged.requestId], ['5', answer.header('x-kong-request-id'), answer.header('x-kong-request-id')]);
  assert.ok(logged.totalMs >= 0 && Math.abs(logged.startedAtMs - Date.now()) < 60_000);
  assert.equal(logged.request.path, '/', 'what was known stays readable after the request');
});

scenario('a verdict ends the request; response and log phases still run', {}, async (scene) => {
  const seen: string[] = [];
  use(scene, [
    plugin('guard', requestHead(() => ({ kind: 'respond', status: 403, message: 'You cannot', headers: [['X-Why', 'because']] })), { priority: 10 }),
    plugin('never', requestHead(() => void seen.push('never')), { priority: 9 }),
    plugin('after', { responseHead: (context) => context.setResponseHeader('X-After', `${context.status} ${context.generated} ${context.responseHeader('x-why')} ${context.responseHeader('content-type')}`), log: ({ status }) => void seen.push(`log ${status}`) }),
  ]);
  const answer = await scene.exchange(GET);
  assert.deepEqual([answer.status, answer.message(), answer.header('x-why'), answer.header('x-after')], [403, 'You cannot', 'because', '403 true because application/json; charset=utf-8']);
  assert.ok(answer.headerLines.includes('X-Why: because'), 'written as the plugin wrote it');
  assert.equal(answer.header('x-holdfast-error'), undefined, 'an expected outcome is no error');
  assert.deepEqual([seen, scene.origin.requests.length], [['log 403'], 0]);
});

scenario('authentication names the client upstream, and joins its own plugins to the chain where it stands', {}, async (scene) => {
  const seen: string[] = [];
  const note = (name: string): PluginInstance => ({ requestHead: ({ consumer }) => void seen.push(`${name} ${consumer?.id ?? 'nobody'}`) });
  use(scene, [
    plugin('early', note('early'), { priority: 2_000 }),
    plugin('early-of-alice', note('early-of-alice'), { priority: 1_500, consumerId: ALICE.id }),
    plugin('auth', requestHead((context) => context.authenticate(ALICE, { id: 'credential-1', consumerId: ALICE.id })), { priority: 1_000 }),
    plugin('before', note('before'), { priority: 1_000, consumerId: ALICE.id }),
    plugin('awe', note('awe'), { priority: 1_000, consumerId: ALICE.id }),
    plugin('late-of-alice', note('late-of-alice'), { priority: 500, consumerId: ALICE.id }),
    plugin('late', note('late'), { priority: 400 }),
  ]);
  await scene.exchange(`GET / HTTP/1.1\r\nHost: a\r\nX-Consumer-Custom-ID: forged\r\nX-Anonymous-Consumer: true\r\n\r\n`);
  // At the same priority greater names come first: "before" comes ahead of "awe", which comes ahead of "auth".
  assert.deepEqual(seen, ['early nobody', `late-of-alice ${ALICE.id}`, `late ${ALICE.id}`]);
  const [request] = scene.origin.requests;
  assert.deepEqual(
    ['x-consumer-id', 'x-consumer-username', 'x-consumer-custom-id', 'x-credential-identifier', 'x-anonymous-consumer'].map((name) => request?.header(name)),
    [ALICE.id, Buffer.from(ALICE.username).toString('latin1'), undefined, 'credential-1', undefined],
  );
  assert.equal(scene.records[0]?.consumerId, ALICE.id);
});

scenario('groups that a plugin found go upstream, and later plugins see them', {}, async (scene) => {
  let seen: readonly string[] | undefined;
  let logged: readonly string[] | undefined;
  use(scene, [
    plugin('directory', requestHead((context) => context.setAuthenticatedGroups(['staff', 'R\u00e9sum\u00e9s'])), { priority: 1_000 }),
    plugin('audit', { requestHead: (context) => void (seen = context.authenticatedGroups), log: (context) => void (logged = context.authenticatedGroups) }, { priority: 1 }),
  ]);
  await scene.exchange(`GET / HTTP/1.1\r\nHost: a\r\nX-Authenticated-Groups: admin\r\n\r\n`);
  assert.deepEqual([seen, logged], [['staff', 'R\u00e9sum\u00e9s'], ['staff', 'R\u00e9sum\u00e9s']]);
  assert.equal(scene.origin.requests[0]?.header('x-authenticated-groups'), Buffer.from('staff, R\u00e9sum\u00e9s').toString('latin1'));
  use(scene, [plugin('directory', requestHead((context) => context.setAuthenticatedGroups([])))]);
  await scene.exchange(`GET / HTTP/1.1\r\nHost: a\r\nX-Authenticated-Groups: admin\r\n\r\n`);
  assert.equal(scene.origin.requests[1]?.header('x-authenticated-groups'), undefined);
  use(scene, [plugin('directory', requestHead((context) => context.setAuthenticatedGroups(['staff', 'ann, admin']))), plugin('audit', { requestHead: (context) => void (seen = context.authenticatedGroups) }, { priority: 1 })]);
  await scene.exchange(GET);
  assert.deepEqual([seen, scene.origin.requests[2]?.header('x-authenticated-groups')], [['staff', 'ann, admin'], 'staff'], 'one with a comma would be read as two');
  use(scene, [plugin('directory', requestHead((context) => context.setAuthenticatedGroups(['a\r\nb'])))]);
  assert.equal((await scene.exchange(GET)).status, 500);
});

scenario('the anonymous consumer is said to be one', {}, async (scene) => {
  use(scene, [plugin('auth', requestHead((context) => context.authenticate(ALICE, undefined)))]);
  await scene.exchange(GET);
  assert.deepEqual([scene.origin.requests[0]?.header('x-anonymous-consumer'), scene.origin.requests[0]?.header('x-credential-identifier')], ['true', undefined]);
});

scenario('plugins edit headers and query of the request, and nothing else changes', {}, async (scene) => {
  const seen: unknown[] = [];
  use(scene, [
    plugin('editor', requestHead((context) => {
      context.setUpstreamHeader('X-Set', 'new');
      context.setUpstreamHeader('Host', 'inner.test:81');
      context.setUpstreamHeader('X-Forwarded-Proto', 'https');
      context.removeUpstreamHeader('Apikey');
      context.removeUpstreamHeader('X-Forwarded-Port');
      context.removeQueryArgument('apikey');
      seen.push([context.request.header('x-set'), context.request.header('apikey'), context.request.query]);
    })),
  ]);
  const client = await scene.connect();
  client.send('GET /p?a=1&apikey=k&%61pikey=%6b&b=%20&apikey HTTP/1.1\r\nHost: a\r\nx-set: old\r\nX_Set: lookalike\r\nX-Set: older\r\nApiKey: k\r\nX-Kept: 1\r\n\r\n');
  await client.response();
  client.send('GET /p?apikey=k HTTP/1.1\r\nHost: a\r\n\r\n');
  await client.response();
  const [first, second] = scene.origin.requests;
  assert.deepEqual(seen, [['old', 'k', 'a=1&apikey=k&%61pikey=%6b&b=%20&apikey'], [undefined, undefined, 'apikey=k']], 'the view shows what the client sent');
  assert.deepEqual([first?.target, second?.target], ['/p?a=1&b=%20', '/p']);
  assert.deepEqual(
    ['host', 'x-set', 'x_set', 'apikey', 'x-kept', 'x-forwarded-proto', 'x-forwarded-port', 'x-forwarded-for'].map((name) => first?.header(name)),
    ['inner.test:81', 'new', undefined, undefined, '1', 'https', undefined, '127.0.0.1'],
  );
});

scenario('plugins edit headers of the response, whoever makes it', { responder: () => response('x', ['X-A: 1', 'X-A: 2', 'X-B: 1', 'X-C: 1']) }, async (scene) => {
  let seen: readonly unknown[] = [];
  let kept: ResponseContext | undefined;
  use(scene, [
    plugin('limits', requestHead((context) => context.setResponseHeader('RateLimit-Limit', '5'))),
    plugin('editor', {
      responseHead: (context) => {
        kept = context;
        seen = [context.responseHeader('x-a'), context.responseHeader('ratelimit-limit'), context.responseHeader('connection'), context.responseHeader('none')];
        context.setResponseHeader('x-a', 'new');
        context.removeResponseHeader('X-B');
        assert.deepEqual([context.responseHeader('x-a'), context.responseHeader('x-b')], ['new', undefined]);
      },
    }),
  ]);
  const answer = await scene.exchange(GET);
  assert.deepEqual(seen, ['1', '5', undefined, undefined]);
  assert.deepEqual(['x-a', 'x-b', 'x-c', 'ratelimit-limit'].map((name) => answer.header(name)), ['new', undefined, '1', '5']);
  assert.equal(kept?.responseHeader('x-c'), undefined, 'the head is only there during the phase');
  assert.equal(kept?.responseHeader('x-a'), 'new');
});

scenario('a plugin that throws, answers nonsense or writes what it may not ends the request with 500', {}, async (scene) => {
  const wrongs: readonly ((context: RequestContext) => unknown)[] = [
    () => { throw new Error('boom'); },
    () => { throw 'not even an error'; },
    () => Promise.resolve(undefined),
    () => ({ kind: 'respond', status: 99 }),
    (context) => context.setUpstreamHeader('X', 'a\r\nInjected: 1'),
    (context) => context.setUpstreamHeader('Content-Length', '1'),
    (context) => context.setUpstreamHeader('Host', 'a b'),
    (context) => context.setResponseHeader('X', '\n'),
    (context) => context.replaceBody(Buffer.from('x')),
  ];
  for (const [index, wrong] of wrongs.entries()) {
    use(scene, [plugin('broken', { requestHead: (context) => wrong(context) as undefined }), plugin('last', requestHead(() => assert.fail('the chain goes on')), { priority: 1 })]);
    const answer = await scene.exchange(GET);
    assert.deepEqual([answer.status, answer.message(), answer.header('x-holdfast-error')], [500, 'An unexpected error occurred', 'PROXY_PLUGIN_FAILED'], String(wrong));
    assert.equal(scene.proxy.stats().pluginErrors['broken'], index + 1);
  }
  assert.equal(scene.origin.requests.length, 0);
  assert.ok(scene.logLines().some((line) => line.includes('plugin-failed') && line.includes('"plugin":"broken"') && line.includes('boom')));
  assert.ok(scene.records.every(({ status }) => status === 500));
});

scenario('a plugin that throws over a response withholds it; one that throws over the log only loses the log', {}, async (scene) => {
  use(scene, [plugin('broken', { responseHead: () => { throw new Error('boom'); } })]);
  const client = await scene.connect();
  client.send(GET);
  const answer = await client.response();
  assert.deepEqual([answer.status, answer.header('x-holdfast-error'), answer.body.includes('hello')], [500, 'PROXY_PLUGIN_FAILED', false]);
  use(scene, [plugin('broken', { log: () => { throw new Error('boom'); } })]);
  client.send(GET);
  assert.equal((await client.response()).body, 'hello');
  assert.deepEqual([scene.proxy.stats().pluginErrors['broken'], scene.records.length, scene.proxy.stats().busyUpstream], [3, 2, 0]);
});

scenario('a plugin that asks for the body gets it once it is complete, and only up to its bound', { responder: (request) => response(request.body) }, async (scene) => {
  const bodies: (string | undefined)[] = [];
  const order: string[] = [];
  use(scene, [
    plugin('first', requestHead(() => void order.push('first')), { priority: 10 }),
    plugin('reader', { requestBody: { maxBytes: 10 }, requestHead: ({ body }) => { order.push('reader'); bodies.push(body === undefined ? undefined : Buffer.from(body).toString('latin1')); return undefined; } }, { priority: 5 }),
    plugin('small', { requestBody: { maxBytes: 3 }, requestHead: ({ body }) => { bodies.push(body === undefined ? undefined : Buffer.from(body).toString('latin1')); return undefined; } }, { priority: 4 }),
  ]);
  const client = await scene.connect();
  client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n');
  assert.equal((await client.response()).status, 100, 'collecting a body means inviting it');
  assert.deepEqual(order, ['first']);
  client.send('01234');
  client.send('56789');
  assert.equal((await client.response()).body, '0123456789');
  client.send('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;x\r\na\r\n1\r\nb\r\n0\r\n\r\n');
  assert.equal((await client.response()).body, 'ab');
  client.send(`POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nabcdef\r\n6\r\nghijkl\r\n`);
  await waitUntil('the plugin to run', () => bodies.length === 6);
  client.send('0\r\n\r\n');
  assert.equal((await client.response()).body, 'abcdefghijkl', 'a larger body streams on');
  client.send(GET);
  assert.equal((await client.response()).status, 200);
  assert.deepEqual(bodies, ['0123456789', undefined, 'ab', 'ab', undefined, undefined, '', '']);
});

scenario('a plugin may replace the body it has', { responder: (request) => response(`${request.header('transfer-encoding')} ${request.header('content-length')} ${request.body}`) }, async (scene) => {
  use(scene, [plugin('writer', { requestBody: { maxBytes: 100 }, requestHead: (context) => { context.replaceBody(Buffer.from(`<${Buffer.from(context.body ?? []).toString()}>`)); return undefined; } })]);
  const client = await scene.connect();
  client.send('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n');
  assert.equal((await client.response()).body, 'undefined 4 <ab>');
  client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc');
  assert.equal((await client.response()).body, 'undefined 5 <abc>');
});

scenario('a request keeps the configuration it began with, and the old one is released after it', {}, async (scene) => {
  const old = staticConfig({ routes: [{ path: '/', id: 'old', service: { port: scene.origin.port } }] });
  scene.serve(old);
  let answer = (): void => undefined;
  scene.origin.respond((_, socket) => {
    answer = () => void socket.write(response('late'));
    return undefined;
  });
  const client = await scene.connect();
  client.send(GET);
  await waitUntil('the request upstream', () => scene.origin.requests.length === 1);
  scene.serve(staticConfig({ routes: [{ path: '/', id: 'new', service: { port: scene.origin.port } }] }));
  scene.origin.respond(() => response('new'));
  await scene.exchange(GET);
  assert.equal(scene.released.includes(old), false);
  answer();
  assert.equal((await client.response()).body, 'late');
  assert.deepEqual(scene.records.map(({ routeId }) => routeId), ['new', 'old']);
  assert.equal(scene.released.at(-1), old);
});
