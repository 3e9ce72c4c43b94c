import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import type { JsonObject } from '../../model/definition.ts';
import { pluginContext, pluginRun, pluginServices, responseContext, type HostParts } from '../../plugin-kit/plugin-host.ts';
import { ANN, BOB, cacheControl, cacheScene, from, JSON_TYPE, makeCache, parseCacheConfig } from '../../../test/support/cache-scene.ts';
import type { PluginInstance } from '../contract.ts';
import type { RedisReply } from '../plugin-services.ts';

describe("Kong's simple rules", () => {
  test('a response is stored for cache_ttl, with its age, key and status', () => {
    const cache = cacheScene({ cache_ttl: 10 });
    const miss = cache.request({ path: '/a' }, { text: 'one', responseHeaders: [JSON_TYPE, ['X-Up', 'u'], ['Via', '1.1 up']] });
    assert.deepEqual([miss.cache, miss.text], ['Miss', 'one']);
    cache.pass(4);
    const hit = cache.request({ path: '/a' });
    assert.deepEqual([hit.status, hit.cache, hit.text, hit.header('Age'), hit.header('X-Up'), hit.header('Via')], [200, 'Hit', 'one', '4', 'u', undefined]);
    assert.equal(hit.verdict?.body?.contentType, 'application/json');
    assert.equal(hit.header('X-Cache-Key'), miss.header('X-Cache-Key'));
    cache.pass(6);
    assert.deepEqual([cache.request({ path: '/a' }, { text: 'two' }).text, cache.asked], ['two', 2]);
  });

  test('only the statuses, media types and methods that are listed', () => {
    assert.equal(cacheScene().second({}, { status: 404 }), 'Hit first');
    assert.equal(cacheScene().second({}, { status: 500 }), 'Bypass second');
    assert.equal(cacheScene().second({}, { status: 206 }), 'Bypass second');
    assert.equal(cacheScene({ response_code: [206] }).second({}, { status: 206 }), 'Bypass second', 'a part is never taken for the whole');
    assert.equal(cacheScene().second({}, { responseHeaders: [['Content-Type', 'text/html']] }), 'Bypass second');
    assert.equal(cacheScene().second({}, { responseHeaders: [] }), 'Bypass second');
    assert.equal(cacheScene().second({}, { responseHeaders: [['Content-Type', 'application/json; charset=utf-8']] }), 'Bypass second', 'parameters count, as in Kong');
    assert.equal(cacheScene({ content_type: ['application/json; charset=utf-8'] }).second({}, { responseHeaders: [['Content-Type', 'Application/JSON;charset="UTF-8"']] }), 'Hit first');
    assert.equal(cacheScene({ content_type: ['text/*'] }).second({}, { responseHeaders: [['Content-Type', 'text/html']] }), 'Hit first');
    assert.equal(cacheScene().second({ method: 'POST' }, {}), 'Bypass second');
    assert.equal(cacheScene({ request_method: ['HEAD'] }).second({}, {}), 'Bypass second');
  });

  test('what the client says of caching counts for nothing', () => {
    assert.equal(cacheScene().second({}, {}, from(['Cache-Control', 'no-cache, no-store'])), 'Hit first');
  });

  test('headers can be left out', () => {
    const cache = cacheScene({ response_headers: { age: false, 'X-Cache-Status': false, 'X-Cache-Key': false } });
    assert.deepEqual([...cache.request().context.responseHeaders], []);
    assert.deepEqual(cache.request().verdict?.headers, []);
  });

  test('HEAD is answered from GET, and fills nothing', () => {
    const cache = cacheScene();
    assert.equal(cache.second({ method: 'HEAD' }, {}, {}), 'Miss second');
    assert.equal(cache.request({ method: 'HEAD' }).text, 'second', 'the proxy leaves the body out');
  });
});

describe('what is not for everybody is not stored', () => {
  test('cookies that are set, private and no-store responses, in both modes', () => {
    for (const mode of [false, true]) {
      const stored = { cache_control: mode, response_code: [200] };
      assert.equal(cacheScene(stored).second({}, cacheControl('max-age=60, private')), 'Bypass second');
      assert.equal(cacheScene(stored).second({}, cacheControl('max-age=60, PRIVATE="x, y"')), 'Bypass second');
      assert.equal(cacheScene(stored).second({}, cacheControl('max-age=60, No-Store')), 'Bypass second');
      assert.equal(cacheScene(stored).second({}, cacheControl('public, max-age=60', ['Set-Cookie', 'session=1'])), 'Bypass second');
      assert.equal(cacheScene({ ...stored, store_set_cookie: true }).second({}, cacheControl('public, max-age=60', ['Set-Cookie', 'a=1'])), 'Hit first');
    }
  });

  test('answers to Authorization, unless they say that they are for everybody', () => {
    const secret = from(['Authorization', 'Bearer x']);
    for (const mode of [false, true]) {
      assert.equal(cacheScene({ cache_control: mode }).second(secret, cacheControl('max-age=60')), 'Bypass second');
      for (const open of ['public', 's-maxage=60', ...(mode ? ['must-revalidate'] : [])]) assert.equal(cacheScene({ cache_control: mode }).second(secret, cacheControl(`max-age=60, ${open}`)), 'Hit first', open);
    }
    assert.equal(cacheScene().second({ ...secret, ...ANN }, {}), 'Hit first', "a consumer's own");
    assert.equal(cacheScene({ cache_control: true }).second({ ...secret, ...ANN }, cacheControl('max-age=60')), 'Bypass second', 'RFC 9111 knows no consumers');
    assert.equal(cacheScene().second({ ...secret, consumer: ANN.consumer }, {}), 'Bypass second', 'who is anonymous may still be somebody to the upstream');
  });

  test('without cache_control, answers to a Cookie', () => {
    const cookie = from(['Cookie', 'session=1']);
    assert.equal(cacheScene().second(cookie, {}), 'Bypass second');
    assert.equal(cacheScene().second(cookie, cacheControl('public')), 'Hit first');
    assert.equal(cacheScene({ store_with_cookie: true }).second(cookie, {}, {}), 'Hit first');
    const keyed = cacheScene({ vary_headers: ['Cookie'] });
    assert.deepEqual([keyed.second(cookie, {}), keyed.request(from(['Cookie', 'session=2'])).cache], ['Hit first', 'Miss']);
    assert.equal(cacheScene({ cache_control: true }).second(cookie, cacheControl('max-age=9')), 'Hit first', 'the upstream says so');
  });

  test('a consumer never gets the response of another, nor of nobody', () => {
    const clients: readonly HostParts[] = [{}, ANN, BOB, { consumer: ANN.consumer }, { credential: ANN.credential }, { ...ANN, authenticatedGroups: ['a', 'b'] }, { ...ANN, authenticatedGroups: ['a b'] }, { authenticatedGroups: ['a'] }];
    const cache = cacheScene();
    for (const [at, client] of clients.entries()) assert.equal(cache.request(client, { text: String(at) }).text, String(at));
    for (const [at, client] of clients.entries()) assert.deepEqual([cache.request(client).cache, cache.request(client).text], ['Hit', String(at)]);
  });

  test('who turns out to be somebody after the key was made has nothing stored', () => {
    const cache = cacheScene();
    const run = pluginRun(cache.instance);
    assert.equal(run.head(pluginContext()), undefined);
    run.response(responseContext({ ...ANN, responseHeaders: [JSON_TYPE], responseBody: Buffer.from('for ann') }));
    assert.equal(cache.request({}, { text: 'for all' }).text, 'for all');
  });
});

describe('the key', () => {
  const differ = (one: HostParts, other: HostParts, config: JsonObject = {}): boolean => cacheScene(config).second(one, {}, other) === 'Miss second';

  test('is the request in its one normal form', () => {
    assert.ok(differ({ path: '/a' }, { path: '/b' }));
    assert.ok(differ({ path: '/a' }, { path: '/A' }));
    assert.ok(!differ({ path: '/a' }, { path: '/A' }, { ignore_uri_case: true }));
    assert.ok(differ({ host: 'a.example' }, { host: 'b.example' }));
    assert.ok(differ({ scheme: 'http' }, { scheme: 'https' }));
    assert.ok(differ({ port: 80 }, { port: 81 }));
    assert.ok(differ({ query: 'a=1' }, { query: '' }));
    assert.ok(!differ({ query: 'b=2&a=1' }, { query: 'a=1&b=2' }));
    assert.ok(differ({ query: 'a=1&a=2' }, { query: 'a=2&a=1' }), 'the order of one name may mean something');
    assert.ok(differ({ query: 'a=1&b=2' }, { query: 'a=1;b=2' }));
    assert.ok(differ({ query: 'a=1' }, { query: '%61=1' }));
  });

  test('with vary_query_params has these alone, however they are written', () => {
    const config = { vary_query_params: ['user', 'page'] };
    assert.ok(!differ({ query: 'user=1&utm=x' }, { query: 'utm=y&user=1' }, config));
    assert.ok(differ({ query: 'user=1' }, { query: 'user=2' }, config));
    assert.ok(differ({ query: 'user=1' }, { query: 'user=1&%75ser=2' }, config), 'a name that is written otherwise is the same name to the upstream');
    assert.ok(differ({ query: 'user=1%26page%3D1:2' }, { query: 'user=1&page=2' }, config));
    assert.ok(differ({ query: 'user=1%0Apage' }, { query: 'user=1' }, config));
  });

  test('with vary_headers has these, and no value passes for another header', () => {
    const config = { vary_headers: ['X-One', 'X-Two'] };
    assert.ok(differ(from(['x-one', 'a']), from(['x-one', 'b']), config));
    assert.ok(differ(from(['x-one', 'a']), from(['x-two', 'a']), config));
    assert.ok(!differ(from(['x-other', 'a']), from(['x-other', 'b']), config));
  });

  test('has what proxies in front say of the request: links and redirects are made of it', () => {
    for (const name of ['X-Forwarded-Proto', 'X-Forwarded-Host', 'X-Forwarded-Port', 'X-Forwarded-Prefix']) assert.ok(differ({}, from([name, 'evil.example'])), name);
  });

  test('has the body, where the method has one', () => {
    const config = { request_method: ['POST'] };
    const post = (text: string): HostParts => ({ method: 'POST', body: Buffer.from(text) });
    assert.equal(cacheScene(config).second(post('q=1'), {}), 'Hit first');
    assert.ok(differ(post('q=1'), post('q=2'), config));
    assert.equal(cacheScene(config).second({ method: 'POST' }, {}), 'Bypass second', 'a body that is too long to look at');
  });

  test('that is too long is not looked for', () => {
    assert.equal(cacheScene().second({ query: 'a'.repeat(20_000) }, {}), 'Bypass second');
  });

  test('has the path and query that plugins made', () => {
    const cache = cacheScene();
    const ask = (query: string): string | undefined => {
      const run = pluginRun(cache.instance);
      const context = pluginContext({ path: '/a' });
      context.setUpstreamQuery(query);
      const verdict = run.head(context);
      if (verdict === undefined) run.response(responseContext({ responseHeaders: [JSON_TYPE], responseBody: Buffer.from(query) }));
      return verdict?.body === undefined ? undefined : Buffer.from(verdict.body.bytes).toString();
    };
    assert.deepEqual([ask('tenant=a'), ask('tenant=b'), ask('tenant=a')], [undefined, undefined, 'tenant=a']);
  });
});

describe('poisoning and deception', () => {
  test('a request whose unkeyed headers may change the response is answered, but fills nothing', () => {
    for (const name of ['Forwarded', 'X-Original-URL', 'X-Rewrite-URL', 'X-HTTP-Method-Override', 'X-Host', 'X-Forwarded-Path', 'X-Forwarded-Scheme']) {
      const cache = cacheScene();
      const poison = from([name, 'evil.example']);
      assert.equal(cache.second(poison, {}, {}), 'Miss second', name);
      assert.equal(cache.request(poison).text, 'second', name);
    }
    assert.equal(cacheScene({ vary_headers: ['Forwarded'] }).second(from(['Forwarded', 'host=a']), {}), 'Hit first', 'unless it is in the key');
  });

  test('nor does it where the stored response has run out', () => {
    const cache = cacheScene({ cache_ttl: 1 });
    cache.request({}, { text: 'good', responseHeaders: [JSON_TYPE, ['ETag', '"1"']] });
    cache.pass(2);
    assert.equal(cache.request(from(['X-Original-URL', '/admin']), { text: 'evil' }).text, 'evil');
    assert.equal(cache.request({}, { text: 'new' }).text, 'new');
  });

  test('a path that is not written in normal form fills nothing: the upstream is told how it was written', () => {
    const cache = cacheScene();
    const context = pluginContext({ path: '/account' });
    const run = pluginRun(cache.instance);
    assert.equal(run.head({ ...context, request: { ...context.request, target: '/static/../account' } }), undefined);
    const response = responseContext({ path: '/account', responseHeaders: [JSON_TYPE], responseBody: Buffer.from('x') });
    run.response(response);
    assert.ok(!response.isObserved);
  });

  test('a GET with a body is none of the cache', () => {
    assert.equal(cacheScene().second(from(['Content-Length', '5']), {}, {}), 'Miss second');
    assert.equal(cacheScene().second({}, {}, from(['Transfer-Encoding', 'chunked'])), 'Bypass second');
    assert.equal(cacheScene().second(from(['Content-Length', '0']), {}), 'Hit first');
  });

  test('upgrades and conditions on changing something go past it', () => {
    for (const name of ['Upgrade', 'If-Match', 'If-Unmodified-Since']) assert.equal(cacheScene().second({}, {}, from([name, 'x'])), 'Bypass second', name);
  });

  test('a response with more header than anybody needs is not stored', () => {
    assert.equal(cacheScene().second({}, { responseHeaders: [JSON_TYPE, ['X-Large', 'x'.repeat(40_000)]] }), 'Bypass second');
  });

  test("what the gateway's own errors say is not stored", () => {
    assert.equal(cacheScene({ response_code: [200, 503] }).second({}, { status: 503, generated: true }), 'Bypass second');
  });

  test('a body that breaks off or is too long is not stored', () => {
    const cache = cacheScene({ max_body_bytes: 5 });
    assert.equal(cache.second({}, {}, {}), 'Hit first');
    assert.equal(cacheScene({ max_body_bytes: 4 }).second({}, {}), 'Miss second');
    assert.equal(cacheScene({ max_body_bytes: 4 }).second({}, { responseHeaders: [JSON_TYPE, ['Content-Length', '5']] }), 'Bypass second');
    const broken = cacheScene();
    const state = broken.instance.newState?.();
    assert.equal(broken.instance.requestHead?.(pluginContext(), state), undefined);
    const response = responseContext({ responseHeaders: [JSON_TYPE] });
    broken.instance.responseHead?.(response, state);
    broken.instance.responseBytes?.(response, Buffer.from('half'), state);
    broken.instance.log?.(response, state);
    assert.equal(broken.request({}, { text: 'whole' }).text, 'whole');
  });
});

describe('purge', () => {
  test('of all, and of one key with its variants', () => {
    const cache = cacheScene();
    const vary = { responseHeaders: [JSON_TYPE, ['Vary', 'X-A']] } as const;
    const key = cache.request({ path: '/a' }, vary).header('X-Cache-Key');
    cache.request({ path: '/a', headers: [['X-A', '1']] }, vary);
    cache.request({ path: '/b' });
    cache.purge(key);
    assert.deepEqual([cache.request({ path: '/a' }, vary).cache, cache.request({ path: '/a', headers: [['X-A', '1']] }, vary).cache, cache.request({ path: '/b' }).cache], ['Miss', 'Miss', 'Hit']);
    cache.pass(1);
    cache.purge();
    assert.equal(cache.request({ path: '/b' }).cache, 'Miss');
  });

  test('of all also concerns what is on its way', () => {
    const cache = cacheScene();
    const run = pluginRun(cache.instance);
    run.head(pluginContext());
    cache.purge();
    run.response(responseContext({ responseHeaders: [JSON_TYPE], responseBody: Buffer.from('old') }));
    cache.pass(1);
    assert.equal(cache.request().cache, 'Miss');
  });

  test('a change of the config keeps what is stored', () => {
    const cache = cacheScene();
    cache.request();
    cache.configure({ cache_ttl: 60 });
    assert.equal(cache.request().cache, 'Hit');
  });
});

describe('a Redis that can not be asked', () => {
  const REDIS = { strategy: 'redis', redis: { host: 'redis.example' } };
  const closed = { ...REDIS, bypass_on_err: false };
  /** Answers `lookUps` times that nothing is there, and then never again. */
  const cacheWith = (config: JsonObject, lookUps = 0): PluginInstance => {
    let left = lookUps;
    const command = (): Promise<RedisReply> => ((left -= 1) < 0 ? Promise.reject(new Error('it is away')) : Promise.resolve([null, null]));
    return makeCache(config, pluginServices({ redis: () => ({ command, script: command }) }));
  };
  const ask = async (instance: PluginInstance, parts: HostParts = {}) => {
    const run = pluginRun(instance);
    const context = pluginContext(parts);
    return { run, verdict: await run.headAsync(context), status: context.responseHeaders.get('X-Cache-Status') };
  };
  const answer = () => responseContext({ responseHeaders: [JSON_TYPE], responseBody: Buffer.from('{}') });

  test('is passed by, where nothing else is said: nobody waits, nothing is stored', async () => {
    const instance = cacheWith(REDIS);
    const [one, other] = await Promise.all([ask(instance), ask(instance)]);
    assert.deepEqual([one.verdict, one.status, other.verdict, other.status], [undefined, 'Bypass', undefined, 'Bypass']);
    const response = answer();
    one.run.response(response);
    assert.deepEqual(response.effects, []);
    const { verdict } = await ask(cacheWith({ ...REDIS, cache_control: true }), from(['Cache-Control', 'only-if-cached']));
    assert.equal(verdict?.status, 504, 'the client forbids to ask further');
  });

  test('with bypass_on_err: false ends what is for the cache with 503, and nothing else', async () => {
    const { verdict, status } = await ask(cacheWith(closed));
    assert.deepEqual([verdict, status], [{ kind: 'respond', status: 503, message: 'The cache of responses is not available, and without it nothing is asked of the service', headers: [['Retry-After', '5']] }, undefined]);
    assert.equal((await ask(cacheWith({ ...closed, request_method: ['POST'] }), { method: 'POST', body: Buffer.from('q') })).verdict?.status, 503);
    const others: readonly HostParts[] = [{ method: 'DELETE' }, from(['Upgrade', 'x']), from(['Cache-Control', 'no-store'])];
    for (const parts of others) assert.equal((await ask(cacheWith({ ...closed, cache_control: true }), parts)).verdict, undefined);
  });

  test('while a response is stored never changes that response; who waited for it is decided about by the look-up', async () => {
    for (const [config, expected] of [[REDIS, undefined], [closed, 503]] as const) {
      const instance = cacheWith(config, 2);
      const first = await ask(instance);
      assert.deepEqual([first.verdict, first.status], [undefined, 'Miss']);
      const second = ask(instance);
      // The second one's look-up is over before its storing begins.
      await new Promise<void>((resolve) => void setImmediate(resolve));
      const response = answer();
      first.run.response(response);
      assert.deepEqual([response.instead, response.status, response.sentBody?.toString()], [undefined, 200, '{}']);
      first.run.log(response);
      assert.equal((await second).verdict?.status, expected);
    }
  });

  test('is nothing to a memory', () => {
    assert.equal(cacheScene({ bypass_on_err: false }).second({}, {}), 'Hit first');
  });
});

describe('what the control plane accepts', () => {
  const problems = (config: JsonObject): readonly string[] => {
    const parsed = parseCacheConfig(config);
    return parsed.kind === 'entity' ? [] : parsed.problems.map(({ field, message }) => `${field}: ${message}`);
  };

  test('a strategy must be named, and a server for redis', () => {
    assert.match(problems({}).join(), /strategy/);
    assert.deepEqual(problems({ strategy: 'memory' }), []);
    assert.deepEqual(problems({ strategy: 'redis', redis: { host: 'redis.example' } }), []);
    assert.match(problems({ strategy: 'redis', redis: { cluster_nodes: [{ ip: '127.0.0.1' }] } }).join(), /Redis Cluster/);
    assert.match(problems({ strategy: 'memory', cache_ttl: 0 }).join(), /cache_ttl/);
    assert.match(problems({ strategy: 'memory', request_method: ['DELETE'] }).join(), /request_method/);
  });
});
