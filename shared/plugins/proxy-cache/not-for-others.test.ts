/** What must not get from one client to another, or outlive its purge; and what a client or an upstream can make the cache hold. */
import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { pluginContext, pluginRun, responseContext, type HostParts } from '../../plugin-kit/plugin-host.ts';
import { ANN, cacheControl, cacheScene, from, JSON_TYPE, NOON, type Upstream } from '../../../test/support/cache-scene.ts';

const SECRET = from(['Authorization', 'Bearer x']);
const OTHER_SECRET = from(['Authorization', 'Bearer y']);

describe('who else may have it', () => {
  test('without cache_control nobody asks again, so must-revalidate and the like open nothing', () => {
    for (const closed of ['must-revalidate', 'no-cache, must-revalidate', 'public, max-age=0, must-revalidate', 'public, no-cache', 's-maxage=0', 'public, max-age=9, s-maxage=0']) {
      for (const client of [SECRET, from(['Cookie', 'a=1'])]) assert.equal(cacheScene().second(client, cacheControl(closed)), 'Bypass second', closed);
    }
    for (const open of ['public', 's-maxage=5, max-age=0', 'public, max-age=5']) assert.equal(cacheScene().second(SECRET, cacheControl(open)), 'Hit first', open);
  });

  test('a consumer may be an application with many users: they are told apart by what they show of their own', () => {
    const cookie = (value: string): HostParts => ({ ...from(['Cookie', value]), ...ANN });
    assert.equal(cacheScene().second({ ...SECRET, ...ANN }, {}, { ...OTHER_SECRET, ...ANN }), 'Miss second');
    assert.equal(cacheScene().second(cookie('user=1'), {}, cookie('user=2')), 'Miss second');
    assert.equal(cacheScene().second(cookie('user=1'), {}), 'Hit first');
    assert.equal(cacheScene({ store_with_cookie: true }).second(cookie('user=1'), {}, cookie('user=2')), 'Hit first');
    assert.equal(cacheScene().second({ ...SECRET, ...ANN }, cacheControl('public'), { ...OTHER_SECRET, ...ANN }), 'Hit first');
    const keyed = cacheScene({ vary_headers: ['Authorization'] });
    assert.deepEqual([keyed.second(SECRET, {}), keyed.request(OTHER_SECRET).cache], ['Hit first', 'Miss']);
  });

  test('origins are told apart where the upstream allows one, also where it forgot to say so', () => {
    const allows = (origin: string): Upstream => ({ responseHeaders: [JSON_TYPE, ['Access-Control-Allow-Origin', origin]] });
    const [one, other] = [from(['Origin', 'https://one.example']), from(['Origin', 'https://other.example'])];
    assert.equal(cacheScene().second(one, allows('https://one.example'), other), 'Miss second');
    assert.equal(cacheScene().second(one, allows('*'), other), 'Hit first');
  });

  test('a rule that was wrong and is put right leaves nothing behind', () => {
    const rules = [{ ignore_uri_case: true }, { store_set_cookie: true }, { store_with_cookie: true }, { vary_query_params: ['a'] }, { cache_control: true }] as const;
    for (const rule of rules) {
      const cache = cacheScene(rule);
      cache.request({ query: 'a=1' }, cacheControl('max-age=60'));
      assert.equal(cache.request({ query: 'a=1' }).cache, 'Hit');
      cache.configure({});
      assert.equal(cache.request({ query: 'a=1' }).cache, 'Miss', JSON.stringify(rule));
    }
    const grown = cacheScene({ vary_query_params: ['a'] });
    grown.request({ query: 'a=1&b=2' });
    grown.configure({ vary_query_params: ['a', 'b'] });
    assert.equal(grown.request({ query: 'a=1' }).cache, 'Miss');
  });
});

describe('the key', () => {
  const differ = (one: HostParts, other: HostParts, config = {}): boolean => cacheScene(config).second(one, {}, other) === 'Miss second';

  test('keeps the order of arguments where their names may be one and the same to an upstream', () => {
    for (const [one, other] of [['a=1&%61=2', '%61=2&a=1'], ['a=1&A=2', 'A=2&a=1'], ['a[]=1&a[0]=2', 'a[0]=2&a[]=1'], ['a.b=1&a_b=2', 'a_b=2&a.b=1'], ['x=1;a=2&b=3', 'b=3&x=1;a=2'], ['a=1&&b=2', 'b=2&&a=1']]) {
      assert.ok(differ({ query: one ?? '' }, { query: other ?? '' }), one);
    }
    assert.ok(!differ({ query: 'pageSize=2&userId=1' }, { query: 'userId=1&pageSize=2' }));
  });

  test('has the arguments that plugins set, also with vary_query_params', () => {
    const cache = cacheScene({ vary_query_params: ['tenant'] });
    const ask = (query: string): boolean => {
      const run = pluginRun(cache.instance);
      const context = pluginContext();
      context.setUpstreamQuery(query);
      const verdict = run.head(context);
      if (verdict === undefined) run.response(responseContext({ responseHeaders: [JSON_TYPE], responseBody: Buffer.from('x') }));
      return verdict !== undefined;
    };
    assert.deepEqual([ask('tenant=a'), ask('tenant=b'), ask('tenant=a')], [false, false, true]);
  });

  test('has the port that the upstream is told of, and the address where that is asked for', () => {
    assert.ok(differ({ localPort: 8_000 }, { localPort: 8_001 }));
    assert.ok(differ({ clientAddress: '192.0.2.1' }, { clientAddress: '192.0.2.2' }, { vary_headers: ['X-Real-IP'] }));
  });

  test('names that an application takes for the misleading ones mislead it too', () => {
    for (const name of ['X_Original_URL', 'X_HTTP-Method_Override']) assert.equal(cacheScene().second(from([name, '/admin']), {}, {}), 'Miss second', name);
  });
});

describe('what was fetched before', () => {
  test('a purge of its key is not stored after it, also where it was asked about', () => {
    const cache = cacheScene({ cache_ttl: 1 });
    const key = cache.request({}, { responseHeaders: [JSON_TYPE, ['ETag', '"1"']] }).header('X-Cache-Key');
    cache.pass(2);
    const run = pluginRun(cache.instance);
    assert.equal(run.head(pluginContext()), undefined);
    cache.purge(key);
    cache.pass(0.1);
    run.response(responseContext({ status: 304 }));
    assert.equal(cache.request({}, { text: 'new' }).cache, 'Miss');
    assert.equal(cache.request().cache, 'Hit', 'what was asked for since is good');
  });
});

describe('an answer of another plugin', () => {
  test('is no failure of the upstream, and stays as it is', () => {
    const cache = cacheScene({ cache_ttl: 1, stale_if_error: 99 });
    cache.request({}, { text: 'stale' });
    cache.pass(2);
    for (const refused of [{ status: 403 }, { status: 503 }, { status: 500, errorCode: 'PROXY_PLUGIN_FAILED' }]) assert.equal(cache.request({}, { generated: true, text: 'refused', ...refused }).text, 'refused', String(refused.status));
    assert.equal(cache.request({}, { generated: true, status: 502, errorCode: 'UPSTREAM_CLOSED' }).text, 'stale');
  });
});

describe('RFC 9111, to the letter', () => {
  const rfc = { cache_control: true };

  test('stale is not sent against s-maxage, whoever asks for it', () => {
    const cache = cacheScene(rfc);
    cache.request({}, cacheControl('s-maxage=5', ['ETag', '"1"']));
    cache.pass(6);
    assert.equal(cache.request(from(['Cache-Control', 'max-stale']), cacheControl('s-maxage=5')).cache, 'Refresh');
  });

  test('what is no date of HTTP is none', () => {
    for (const odd of ['3600', '9999', '2099-01-01', 'Thu, 01 Jan 2099 00:00:00', 'tomorrow']) assert.equal(cacheScene(rfc).second({}, { responseHeaders: [JSON_TYPE, ['Expires', odd]] }), 'Bypass second', odd);
    for (const good of ['Thu, 01 Jan 2032 00:00:00 GMT', 'Thursday, 01-Jan-32 00:00:00 GMT', 'Thu Jan  1 00:00:00 2032']) assert.equal(cacheScene(rfc).second({}, { responseHeaders: [JSON_TYPE, ['Expires', good], ['Date', 'now']] }), 'Hit first', good);
    const cache = cacheScene();
    cache.request({}, { responseHeaders: [JSON_TYPE, ['Last-Modified', new Date(NOON).toUTCString()]] });
    assert.equal(cache.request(from(['If-Modified-Since', '9999'])).status, 200);
  });

  test('the age of a 304 counts, and the time that an upstream took to answer', () => {
    const cache = cacheScene(rfc);
    const stored = cacheControl('max-age=10', ['ETag', '"1"']);
    cache.request({}, stored);
    cache.pass(11);
    assert.equal(cache.request({}, { status: 304, responseHeaders: [['Age', '8']] }).header('Age'), '8');
    cache.pass(3);
    assert.equal(cache.request({}, stored).cache, 'Refresh');
    const slow = cacheScene(rfc);
    const run = pluginRun(slow.instance);
    run.head(pluginContext());
    slow.pass(4);
    run.response(responseContext({ ...stored, responseBody: Buffer.from('x') }));
    assert.equal(slow.request().header('Age'), '4');
  });
});

describe('bounds', () => {
  test('what is on its way into the cache has no more room than the cache itself', () => {
    const cache = cacheScene({ memory: { max_bytes: 65_536 } });
    const parts = (path: string) => responseContext({ path, responseHeaders: [JSON_TYPE] });
    const begun = Array.from({ length: 3 }, (_, at) => {
      const path = `/${at}`;
      const state = cache.instance.newState?.();
      void cache.instance.requestHead?.(pluginContext({ path }), state);
      cache.instance.responseHead?.(parts(path), state);
      cache.instance.responseBytes?.(parts(path), new Uint8Array(30_000), state);
      return { path, state };
    });
    for (const { path, state } of begun) {
      cache.instance.responseBytes?.(parts(path), undefined, state);
      cache.instance.log?.(parts(path), state);
    }
    assert.deepEqual(begun.map(({ path }) => cache.request({ path }).cache), ['Hit', 'Hit', 'Miss']);
    assert.equal(cache.second({ path: '/later' }, {}), 'Hit first', 'it is free again');
  });

  test('a body in many pieces is stored whole', () => {
    const cache = cacheScene();
    const state = cache.instance.newState?.();
    const context = responseContext({ responseHeaders: [JSON_TYPE] });
    void cache.instance.requestHead?.(pluginContext(), state);
    cache.instance.responseHead?.(context, state);
    for (let at = 0; at < 1_000; at += 1) cache.instance.responseBytes?.(context, Uint8Array.of(97 + (at % 26)), state);
    cache.instance.responseBytes?.(context, undefined, state);
    assert.equal(cache.request().text, Array.from({ length: 1_000 }, (_, at) => String.fromCharCode(97 + (at % 26))).join(''));
  });

  test('long URIs are not remembered as they are', () => {
    const names: string[] = [];
    const cache = cacheScene({}, (name, key) => void (name === 'responses' || names.push(key)));
    const query = `q=${'x'.repeat(10_000)}`;
    cache.request({ query }, cacheControl('private'));
    cache.request({ query, method: 'DELETE' }, { status: 204 });
    assert.equal(names.length, 2);
    assert.ok(names.every((key) => key.length < 1_000));
  });

  test('an upstream that varies by ever more headers is not followed', () => {
    const cache = cacheScene();
    const vary = (from: number): Upstream => ({ responseHeaders: [JSON_TYPE, ['Vary', Array.from({ length: 16 }, (_, at) => `x-${from + at}`).join()]] });
    for (const first of [0, 16, 32]) cache.request(from(['X-0', String(first)]), vary(first));
    assert.deepEqual([cache.request(from(['X-0', '16'])).cache, cache.request(from(['X-0', '32'])).cache], ['Hit', 'Miss']);
  });
});
