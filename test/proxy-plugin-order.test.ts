/** Which plugins run for a request, and in which order, where `ordering` and `condition` have a say. */
import assert from 'node:assert/strict';
import type { JsonObject } from '../shared/model/definition.ts';
import type { PluginInstance } from '../shared/plugins/contract.ts';
import { defined } from '../shared/assert.ts';
import { pluginRegistry } from '../shared/plugins/registry.ts';
import { compiled, testServices } from './support/compile-config.ts';
import { put, ref, testId } from './support/config-content.ts';
import type { ProxyScene } from './support/proxy-scene.ts';
import { scenario } from './support/scenario.ts';
import { staticConfig, type StaticPlugin } from './support/static-config.ts';

const ANN = { id: 'consumer-a', username: 'ann', customId: null };
const BOB = { id: 'consumer-b', username: 'bob', customId: null };
const get = (path = '/', headers = ''): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n${headers}\r\n`;

/** Tells each of its phases. */
function tracer(seen: string[], name: string): PluginInstance {
  return { requestHead: () => void seen.push(name), responseHead: () => void seen.push(`response ${name}`), log: () => void seen.push(`log ${name}`) };
}

/** Recognises who the header `who` names. */
function auth(seen: string[]): PluginInstance {
  return {
    requestHead: (context) => {
      seen.push('auth');
      const consumer = context.config.consumerByUsername(context.request.header('who') ?? '');
      if (consumer !== undefined) context.authenticate(consumer, undefined);
      return undefined;
    },
  };
}

function use({ serve, origin }: ProxyScene, plugins: readonly StaticPlugin[]): void {
  serve(staticConfig({ routes: [{ path: '/', stripPath: false, service: { port: origin.port }, plugins }], consumers: [ANN, BOB], consumerGroups: { [ANN.id]: ['gold', 'staff'], [BOB.id]: ['basic'] } }));
}

scenario('ordering moves a plugin for requests, and for nothing else', {}, async (scene) => {
  const seen: string[] = [];
  const at = (name: string, priority: number, ordering?: StaticPlugin['ordering']): StaticPlugin => ({ name, priority, instance: tracer(seen, name), ...(ordering === undefined ? {} : { ordering }) });
  use(scene, [at('a', 30), at('b', 20), at('c', 10, { before: ['a'], after: [] })]);
  await scene.exchange(get());
  assert.deepEqual(seen, ['c', 'a', 'b', 'response a', 'response b', 'response c', 'log a', 'log b', 'log c']);
});

scenario('plugins of a consumer join a reordered chain: each has one turn, and none that guards is passed over', {}, async (scene) => {
  const seen: string[] = [];
  const at = (name: string, priority: number, more: Partial<StaticPlugin> = {}): StaticPlugin => ({ name, priority, instance: tracer(seen, name), ...more });
  const none: readonly string[] = [];
  use(scene, [
    at('first', 40), { name: 'auth', priority: 30, instance: auth(seen) }, at('last', 5),
    // Was to run before the consumer is known, which can't be: right after it then.
    at('limit', 20, { consumerId: ANN.id, ordering: { before: ['auth'], after: none } }),
    // By its priority it would be over, by its ordering it is still to come.
    at('late', 50, { ordering: { before: none, after: ['auth'] } }),
    at('later', 60, { consumerId: ANN.id, ordering: { before: none, after: ['last'] } }),
    // As everywhere: a plugin of a consumer that stands before authentication has no turn.
    at('early', 35, { consumerId: ANN.id }),
  ]);
  const turns = async (who: string): Promise<readonly string[]> => {
    seen.length = 0;
    await scene.exchange(get('/', `who: ${who}\r\n`));
    return seen.filter((one) => !one.includes(' '));
  };
  assert.deepEqual(await turns('ann'), ['first', 'auth', 'limit', 'late', 'last', 'later']);
  assert.deepEqual(await turns('nobody'), ['first', 'auth', 'late', 'last']);
});

scenario('a condition decides for each request, once, and for all phases', {}, async (scene) => {
  const seen: string[] = [];
  use(scene, [
    { name: 'plain', priority: 9, instance: tracer(seen, 'plain') },
    { name: 'posts', priority: 8, condition: 'http.method == "POST" || http.headers.x_all == "1"', instance: tracer(seen, 'posts') },
    { name: 'paths', priority: 7, condition: 'http.path ^= "/a" && !(http.queries.skip == "yes")', instance: tracer(seen, 'paths') },
  ]);
  const ran = async (request: string): Promise<string> => {
    seen.length = 0;
    await scene.exchange(request);
    const phases = (name: string): number => seen.filter((one) => one.endsWith(name)).length;
    return ['plain', 'posts', 'paths'].map((name) => `${name} ${phases(name)}`).join(', ');
  };
  assert.equal(await ran(get()), 'plain 3, posts 0, paths 0');
  assert.equal(await ran(get('/', 'X-All: 1\r\n')), 'plain 3, posts 3, paths 0');
  assert.equal(await ran(get('/a/b')), 'plain 3, posts 0, paths 3');
  assert.equal(await ran(get('/a/b?skip=yes', 'X-All: 1\r\n')), 'plain 3, posts 3, paths 0');
});

scenario('conditions about the consumer hold from authentication on, and what is decided stays', {}, async (scene) => {
  const seen: string[] = [];
  use(scene, [
    { name: 'too-early', priority: 50, condition: 'consumer.username == "ann"', instance: tracer(seen, 'too-early') },
    { name: 'auth', priority: 30, instance: auth(seen) },
    { name: 'gold', priority: 20, condition: 'any(consumer.groups) == "gold"', instance: tracer(seen, 'gold') },
    { name: 'only-basic', priority: 15, condition: 'consumer.groups == "basic" && consumer.id != "consumer-a"', instance: tracer(seen, 'only-basic') },
    { name: 'strangers', priority: 10, condition: '!(consumer.username ~ ".")', instance: { requestHead: () => ({ kind: 'respond', status: 403 }) } },
  ]);
  const ran = async (who: string): Promise<readonly [number, string]> => {
    seen.length = 0;
    const { status } = await scene.exchange(get('/', `who: ${who}\r\n`));
    return [status, seen.join(', ')];
  };
  assert.deepEqual(await ran('ann'), [200, 'auth, gold, response gold, log gold']);
  assert.deepEqual(await ran('bob'), [200, 'auth, only-basic, response only-basic, log only-basic']);
  assert.deepEqual(await ran('nobody'), [403, 'auth']);
});

scenario('a plugin whose condition does not hold asks for no body', {}, async (scene) => {
  let bodies = 0;
  use(scene, [{ name: 'reader', condition: 'http.path == "/read"', instance: { requestBody: { maxBytes: 100 }, requestHead: ({ body }) => void (bodies += body?.length ?? 0) } }]);
  const post = (path: string): string => `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc`;
  await scene.exchange(post('/'));
  assert.equal(bodies, 0);
  await scene.exchange(post('/read'));
  assert.equal(bodies, 3);
});

scenario('a plugin of a consumer that can not be made refuses, also where one of its name has had its turn', {}, async (scene) => {
  const limiting = defined(pluginRegistry.get('rate-limiting'), 'rate-limiting');
  const broken = { ...limiting, create: (...given: Parameters<typeof limiting.create>) => {
    if (JSON.stringify(given[0]).includes('"minute":7')) throw new Error('not this one');
    return limiting.create(...given);
  } };
  const keyAuth = defined(pluginRegistry.get('key-auth'), 'key-auth');
  const late: PluginInstance = { upstreamRequest: (context) => context.authenticate(context.config.consumerById(testId('3')), undefined) as undefined };
  const serve = (ordering: JsonObject | null, auth = keyAuth): readonly string[] => {
    const { config, quarantined } = compiled([
      put('services', { id: testId('1'), host: '127.0.0.1', port: scene.origin.port }), put('routes', { id: testId('2'), paths: ['/'], service: ref('1') }),
      put('consumers', { id: testId('3'), username: 'ann' }), put('keyauth_credentials', { id: testId('4'), key: 'k', consumer: ref('3') }),
      put('plugins', { id: testId('a1'), name: 'rate-limiting', config: { minute: 5 }, ordering }), put('plugins', { id: testId('a2'), name: 'key-auth' }),
      // Without the refusal nobody would guard any more: the chain of the consumer holds nothing else.
      put('plugins', { id: testId('a3'), name: 'request-termination', config: { trigger: 'apikey' } }),
      put('plugins', { id: testId('a4'), name: 'rate-limiting', config: { minute: 7 }, consumer: ref('3') }),
    ], { services: testServices({ plugins: new Map([...pluginRegistry, ['rate-limiting', broken], ['key-auth', auth]]) }) });
    scene.serve(config);
    return quarantined.map(({ id }) => id);
  };
  const refused = async (headers = 'apikey: k\r\n'): Promise<void> => {
    const answer = await scene.exchange(get('/', headers));
    assert.deepEqual([answer.status, answer.header('x-holdfast-error')], [503, 'CONFIG_PLUGIN_FAILED']);
  };
  for (const ordering of [null, { before: { access: ['key-auth'] } }]) {
    assert.deepEqual(serve(ordering), [testId('a4')]);
    await refused();
  }
  serve(null, { ...keyAuth, create: () => late });
  await refused('');
  assert.equal(scene.origin.requests.length, 0);
});
