import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { defined } from '../../assert.ts';
import type { JsonObject } from '../../model/definition.ts';
import { fieldAt, isJsonObject } from '../../model/entity-checks.ts';
import { parseEntity } from '../../model/parse-entity.ts';
import { definitionOf } from '../../model/registry.ts';
import { mapStore, pluginContext, pluginRun, pluginServices, responseContext, type HostParts, type RecordedContext, type RecordedResponse, type ResponseParts } from '../../plugin-kit/plugin-host.ts';
import type { Verdict } from '../contract.ts';
import type { PluginStore } from '../plugin-services.ts';
import { pluginRegistry } from '../registry.ts';
import { proxyCacheSchema } from './schema.ts';

const NOON = Date.UTC(2024, 1, 10, 12);
const JSON_TYPE = ['Content-Type', 'application/json'] as const;
const ANN = { consumer: { id: 'ann-id', username: 'ann', customId: null }, credential: { id: 'key-1', consumerId: 'ann-id' } };
const BOB = { consumer: { id: 'bob-id', username: 'bob', customId: null }, credential: { id: 'key-2', consumerId: 'bob-id' } };

function parse(config: JsonObject): ReturnType<typeof parseEntity> {
  return parseEntity(definitionOf('plugins'), { name: 'proxy-cache', config }, {
    mode: 'create', pluginSchemaOf: () => proxyCacheSchema, newId: () => '00000000-0000-7000-8000-000000000001', newKey: () => '', nowSeconds: 0,
  });
}

interface Upstream extends ResponseParts {
  readonly text?: string;
}

/** What became of one request. */
interface Outcome {
  readonly status: number | undefined;
  readonly cache: string | undefined;
  readonly text: string | undefined;
  readonly context: RecordedContext;
  readonly verdict: Verdict | undefined;
  readonly response: RecordedResponse | undefined;
  header(name: string): string | undefined;
}

function scene(given: JsonObject = {}) {
  let [wallMs, monotonicMs] = [NOON, 5_000];
  let purge: ((key: string | undefined) => void) | undefined;
  let sweep: (() => void) | undefined;
  const stores = new Map<string, PluginStore<unknown>>();
  const services = pluginServices({
    clock: { nowMs: () => wallMs, monotonicMs: () => monotonicMs },
    store<Value>(name: string): PluginStore<Value> {
      const store = stores.get(name) ?? mapStore<unknown>();
      stores.set(name, store);
      return store as PluginStore<Value>;
    },
    onPurge: (run) => {
      purge = run;
      return { cancel: () => undefined };
    },
    every: (_, run) => {
      sweep = run;
      return { cancel: () => void (sweep = undefined) };
    },
  });
  const make = (config: JsonObject) => {
    const parsed = parse({ strategy: 'memory', ...config });
    assert.ok(parsed.kind === 'entity', JSON.stringify(parsed));
    const known = fieldAt(parsed.entity, 'config');
    assert.ok(isJsonObject(known));
    return defined(pluginRegistry.get('proxy-cache'), 'proxy-cache').create(known, services);
  };
  let instance = make(given);
  let asked = 0;

  const outcomeOf = (context: RecordedContext, verdict: Verdict | undefined, response: RecordedResponse | undefined): Outcome => {
    const answer = response?.instead ?? verdict;
    const lines = answer !== undefined ? (answer.headers ?? []) : [...(response?.sentHeaders ?? []), ...[...context.responseHeaders].filter(([name]) => response?.responseHeader(name.toLowerCase()) === undefined)];
    const header = (name: string): string | undefined => lines.find(([one]) => one.toLowerCase() === name.toLowerCase())?.[1];
    const bytes = answer !== undefined ? answer.body?.bytes : response?.sentBody;
    return { status: answer?.status ?? response?.status, cache: header('X-Cache-Status'), text: bytes === undefined ? undefined : Buffer.from(bytes).toString('utf8'), context, verdict, response, header };
  };

  /** The phases of one request that waits for nobody. `upstream` undefined: it never answers. */
  const request = (parts: HostParts = {}, upstream: Upstream | undefined = {}): Outcome => {
    const run = pluginRun(instance);
    const context = { ...pluginContext(parts) };
    const verdict = run.head(context);
    if (verdict !== undefined) {
      run.response(responseContext({ ...parts, generated: true, status: verdict.status }));
      run.log(responseContext(parts));
      return outcomeOf(context, verdict, undefined);
    }
    asked += 1;
    const { text = 'body', ...rest } = upstream;
    const response = responseContext({ responseHeaders: [JSON_TYPE], responseBody: Buffer.from(text), ...parts, ...rest });
    run.response(response);
    run.log(response);
    return outcomeOf(context, undefined, response);
  };

  return {
    services,
    get asked() { return asked; },
    get instance() { return instance; },
    configure: (config: JsonObject) => void (instance = make(config)),
    pass: (seconds: number) => {
      wallMs += seconds * 1_000;
      monotonicMs += seconds * 1_000;
    },
    setWall: (ms: number) => void (wallMs = ms),
    purge: (key?: string) => defined(purge, 'purge')(key),
    sweep: () => sweep?.(),
    get sweeps() { return sweep !== undefined; },
    request,
    /** What the second of two requests is told of the cache, and its body. */
    second: (one: HostParts, upstream: Upstream, other: HostParts = one): string => {
      request(one, { text: 'first', ...upstream });
      const { cache, text } = request(other, { text: 'second', ...upstream });
      return `${cache} ${text}`;
    },
  };
}

const cacheControl = (value: string, ...more: (readonly [string, string])[]): Upstream => ({ responseHeaders: [JSON_TYPE, ['Cache-Control', value], ...more] });
const from = (...headers: (readonly [string, string])[]): HostParts => ({ headers });

describe("Kong's simple rules", () => {
  test('a response is stored for cache_ttl, with its age, key and status', () => {
    const cache = scene({ cache_ttl: 10 });
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
    assert.equal(scene().second({}, { status: 404 }), 'Hit first');
    assert.equal(scene().second({}, { status: 500 }), 'Bypass second');
    assert.equal(scene().second({}, { status: 206 }), 'Bypass second');
    assert.equal(scene({ response_code: [206] }).second({}, { status: 206 }), 'Bypass second', 'a part is never taken for the whole');
    assert.equal(scene().second({}, { responseHeaders: [['Content-Type', 'text/html']] }), 'Bypass second');
    assert.equal(scene().second({}, { responseHeaders: [] }), 'Bypass second');
    assert.equal(scene().second({}, { responseHeaders: [['Content-Type', 'application/json; charset=utf-8']] }), 'Bypass second', 'parameters count, as in Kong');
    assert.equal(scene({ content_type: ['application/json; charset=utf-8'] }).second({}, { responseHeaders: [['Content-Type', 'Application/JSON;charset="UTF-8"']] }), 'Hit first');
    assert.equal(scene({ content_type: ['text/*'] }).second({}, { responseHeaders: [['Content-Type', 'text/html']] }), 'Hit first');
    assert.equal(scene().second({ method: 'POST' }, {}), 'Bypass second');
    assert.equal(scene({ request_method: ['HEAD'] }).second({}, {}), 'Bypass second');
  });

  test('what the client says of caching counts for nothing', () => {
    assert.equal(scene().second({}, {}, from(['Cache-Control', 'no-cache, no-store'])), 'Hit first');
  });

  test('headers can be left out', () => {
    const cache = scene({ response_headers: { age: false, 'X-Cache-Status': false, 'X-Cache-Key': false } });
    assert.deepEqual([...cache.request().context.responseHeaders], []);
    assert.deepEqual(cache.request().verdict?.headers, []);
  });

  test('HEAD is answered from GET, and fills nothing', () => {
    const cache = scene();
    assert.equal(cache.second({ method: 'HEAD' }, {}, {}), 'Miss second');
    assert.equal(cache.request({ method: 'HEAD' }).text, 'second', 'the proxy leaves the body out');
  });
});

describe('what is not for everybody is not stored', () => {
  test('cookies that are set, private and no-store responses, in both modes', () => {
    for (const mode of [false, true]) {
      const stored = { cache_control: mode, response_code: [200] };
      assert.equal(scene(stored).second({}, cacheControl('max-age=60, private')), 'Bypass second');
      assert.equal(scene(stored).second({}, cacheControl('max-age=60, PRIVATE="x, y"')), 'Bypass second');
      assert.equal(scene(stored).second({}, cacheControl('max-age=60, No-Store')), 'Bypass second');
      assert.equal(scene(stored).second({}, cacheControl('public, max-age=60', ['Set-Cookie', 'session=1'])), 'Bypass second');
      assert.equal(scene({ ...stored, store_set_cookie: true }).second({}, cacheControl('public, max-age=60', ['Set-Cookie', 'a=1'])), 'Hit first');
    }
  });

  test('answers to Authorization, unless they say that they are for everybody', () => {
    const secret = from(['Authorization', 'Bearer x']);
    for (const mode of [false, true]) {
      assert.equal(scene({ cache_control: mode }).second(secret, cacheControl('max-age=60')), 'Bypass second');
      for (const open of ['public', 's-maxage=60', 'must-revalidate']) assert.equal(scene({ cache_control: mode }).second(secret, cacheControl(`max-age=60, ${open}`)), 'Hit first', open);
    }
    assert.equal(scene().second({ ...secret, ...ANN }, {}), 'Hit first', "a consumer's own");
    assert.equal(scene({ cache_control: true }).second({ ...secret, ...ANN }, cacheControl('max-age=60')), 'Bypass second', 'RFC 9111 knows no consumers');
    assert.equal(scene().second({ ...secret, consumer: ANN.consumer }, {}), 'Bypass second', 'who is anonymous may still be somebody to the upstream');
  });

  test('without cache_control, answers to a Cookie', () => {
    const cookie = from(['Cookie', 'session=1']);
    assert.equal(scene().second(cookie, {}), 'Bypass second');
    assert.equal(scene().second(cookie, cacheControl('public')), 'Hit first');
    assert.equal(scene({ store_with_cookie: true }).second(cookie, {}, {}), 'Hit first');
    const keyed = scene({ vary_headers: ['Cookie'] });
    assert.deepEqual([keyed.second(cookie, {}), keyed.request(from(['Cookie', 'session=2'])).cache], ['Hit first', 'Miss']);
    assert.equal(scene({ cache_control: true }).second(cookie, cacheControl('max-age=9')), 'Hit first', 'the upstream says so');
  });

  test('a consumer never gets the response of another, nor of nobody', () => {
    const clients: readonly HostParts[] = [{}, ANN, BOB, { consumer: ANN.consumer }, { credential: ANN.credential }, { ...ANN, authenticatedGroups: ['a', 'b'] }, { ...ANN, authenticatedGroups: ['a b'] }, { authenticatedGroups: ['a'] }];
    const cache = scene();
    for (const [at, client] of clients.entries()) assert.equal(cache.request(client, { text: String(at) }).text, String(at));
    for (const [at, client] of clients.entries()) assert.deepEqual([cache.request(client).cache, cache.request(client).text], ['Hit', String(at)]);
  });

  test('who turns out to be somebody after the key was made has nothing stored', () => {
    const cache = scene();
    const run = pluginRun(cache.instance);
    assert.equal(run.head(pluginContext()), undefined);
    run.response(responseContext({ ...ANN, responseHeaders: [JSON_TYPE], responseBody: Buffer.from('for ann') }));
    assert.equal(cache.request({}, { text: 'for all' }).text, 'for all');
  });
});

describe('the key', () => {
  const differ = (one: HostParts, other: HostParts, config: JsonObject = {}): boolean => scene(config).second(one, {}, other) === 'Miss second';

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
    assert.equal(scene(config).second(post('q=1'), {}), 'Hit first');
    assert.ok(differ(post('q=1'), post('q=2'), config));
    assert.equal(scene(config).second({ method: 'POST' }, {}), 'Bypass second', 'a body that is too long to look at');
  });

  test('that is too long is not looked for', () => {
    assert.equal(scene().second({ query: 'a'.repeat(20_000) }, {}), 'Bypass second');
  });

  test('has the path and query that plugins made', () => {
    const cache = scene();
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
      const cache = scene();
      const poison = from([name, 'evil.example']);
      assert.equal(cache.second(poison, {}, {}), 'Miss second', name);
      assert.equal(cache.request(poison).text, 'second', name);
    }
    assert.equal(scene({ vary_headers: ['Forwarded'] }).second(from(['Forwarded', 'host=a']), {}), 'Hit first', 'unless it is in the key');
  });

  test('nor does it where the stored response has run out', () => {
    const cache = scene({ cache_ttl: 1 });
    cache.request({}, { text: 'good', responseHeaders: [JSON_TYPE, ['ETag', '"1"']] });
    cache.pass(2);
    assert.equal(cache.request(from(['X-Original-URL', '/admin']), { text: 'evil' }).text, 'evil');
    assert.equal(cache.request({}, { text: 'new' }).text, 'new');
  });

  test('a path that is not written in normal form fills nothing: the upstream is told how it was written', () => {
    const cache = scene();
    const context = pluginContext({ path: '/account' });
    const run = pluginRun(cache.instance);
    assert.equal(run.head({ ...context, request: { ...context.request, target: '/static/../account' } }), undefined);
    const response = responseContext({ path: '/account', responseHeaders: [JSON_TYPE], responseBody: Buffer.from('x') });
    run.response(response);
    assert.ok(!response.isObserved);
  });

  test('a GET with a body is none of the cache', () => {
    assert.equal(scene().second(from(['Content-Length', '5']), {}, {}), 'Miss second');
    assert.equal(scene().second({}, {}, from(['Transfer-Encoding', 'chunked'])), 'Bypass second');
    assert.equal(scene().second(from(['Content-Length', '0']), {}), 'Hit first');
  });

  test('upgrades and conditions on changing something go past it', () => {
    for (const name of ['Upgrade', 'If-Match', 'If-Unmodified-Since']) assert.equal(scene().second({}, {}, from([name, 'x'])), 'Bypass second', name);
  });

  test('a response with more header than anybody needs is not stored', () => {
    assert.equal(scene().second({}, { responseHeaders: [JSON_TYPE, ['X-Large', 'x'.repeat(40_000)]] }), 'Bypass second');
  });

  test("what the gateway's own errors say is not stored", () => {
    assert.equal(scene({ response_code: [200, 503] }).second({}, { status: 503, generated: true }), 'Bypass second');
  });

  test('a body that breaks off or is too long is not stored', () => {
    const cache = scene({ max_body_bytes: 5 });
    assert.equal(cache.second({}, {}, {}), 'Hit first');
    assert.equal(scene({ max_body_bytes: 4 }).second({}, {}), 'Miss second');
    assert.equal(scene({ max_body_bytes: 4 }).second({}, { responseHeaders: [JSON_TYPE, ['Content-Length', '5']] }), 'Bypass second');
    const broken = scene();
    const state = broken.instance.newState?.();
    assert.equal(broken.instance.requestHead?.(pluginContext(), state), undefined);
    const response = responseContext({ responseHeaders: [JSON_TYPE] });
    broken.instance.responseHead?.(response, state);
    broken.instance.responseBytes?.(response, Buffer.from('half'), state);
    broken.instance.log?.(response, state);
    assert.equal(broken.request({}, { text: 'whole' }).text, 'whole');
  });
});

describe('Vary', () => {
  test('tells responses apart by what goes upstream', () => {
    const cache = scene();
    const vary = { responseHeaders: [JSON_TYPE, ['Vary', 'Accept-Language, X-Device']] } as const;
    const german = from(['Accept-Language', 'de']);
    assert.equal(cache.second(german, vary), 'Hit first');
    assert.equal(cache.second(from(['Accept-Language', 'en']), vary), 'Hit first');
    assert.equal(cache.request(german).text, 'first');
    assert.equal(cache.request(from(['Accept-Language', 'de'], ['X-Device', '1']), vary).cache, 'Miss');
  });

  test('* fits no other request, wherever it stands', () => {
    assert.equal(scene().second({}, { responseHeaders: [JSON_TYPE, ['Vary', '*']] }), 'Bypass second');
    assert.equal(scene().second({}, { responseHeaders: [JSON_TYPE, ['Vary', 'Accept'], ['vary', 'Origin, *']] }), 'Bypass second');
  });

  test('a coding that was negotiated depends on Accept-Encoding, also where the upstream does not say so', () => {
    const cache = scene();
    assert.equal(cache.second(from(['Accept-Encoding', 'gzip']), { responseHeaders: [JSON_TYPE, ['Content-Encoding', 'gzip']] }, {}), 'Miss second');
  });

  test('by too many headers is not stored', () => {
    assert.equal(scene().second({}, { responseHeaders: [JSON_TYPE, ['Vary', Array.from({ length: 17 }, (_, at) => `x-${at}`).join()]] }), 'Bypass second');
  });

  test('that grows makes the variants before it unreachable, not wrong', () => {
    const cache = scene();
    cache.request(from(['X-A', '1']), { text: 'a', responseHeaders: [JSON_TYPE, ['Vary', 'X-A']] });
    cache.request(from(['X-A', '2'], ['X-B', '1']), { text: 'ab', responseHeaders: [JSON_TYPE, ['Vary', 'X-B']] });
    assert.equal(cache.request(from(['X-A', '2'], ['X-B', '2']), { text: 'other' }).text, 'other');
  });
});

describe('conditions and ranges are answered from what is stored', () => {
  const stored = (): ReturnType<typeof scene> => {
    const cache = scene();
    cache.request({}, { text: '0123456789', responseHeaders: [JSON_TYPE, ['ETag', '"v,1"'], ['Last-Modified', 'Sat, 10 Feb 2024 10:00:00 GMT'], ['X-Other', 'x']] });
    return cache;
  };
  const ask = (...headers: (readonly [string, string])[]): Outcome => stored().request(from(...headers));

  test('304 where the copy is still good, with what it must repeat', () => {
    for (const tags of ['"v,1"', 'W/"v,1"', '*', '"a", "v,1"']) assert.equal(ask(['If-None-Match', tags]).status, 304, tags);
    const answer = ask(['If-None-Match', '"v,1"']);
    assert.deepEqual([answer.text, answer.header('ETag'), answer.header('X-Other'), answer.cache], [undefined, '"v,1"', undefined, 'Hit']);
    assert.equal(ask(['If-Modified-Since', 'Sat, 10 Feb 2024 10:00:00 GMT']).status, 304);
  });

  test('else the whole', () => {
    assert.equal(ask(['If-None-Match', '"other"']).status, 200);
    assert.equal(ask(['If-None-Match', '"other"'], ['If-Modified-Since', 'Sat, 10 Feb 2024 10:00:00 GMT']).status, 200, 'the tag counts');
    assert.equal(ask(['If-Modified-Since', 'Sat, 10 Feb 2024 09:59:59 GMT']).status, 200);
    assert.equal(ask(['If-Modified-Since', 'whenever']).status, 200);
  });

  test('one range', () => {
    const cases: readonly (readonly [string, number, string, string | undefined])[] = [
      ['bytes=2-4', 206, '234', 'bytes 2-4/10'], ['bytes=7-', 206, '789', 'bytes 7-9/10'], ['bytes=-3', 206, '789', 'bytes 7-9/10'], ['bytes=-99', 206, '0123456789', 'bytes 0-9/10'], ['bytes=8-99', 206, '89', 'bytes 8-9/10'],
      ['bytes=10-', 416, '', 'bytes */10'], ['bytes=-0', 416, '', 'bytes */10'],
      ['bytes=0-1,4-5', 200, '0123456789', undefined], ['bytes=4-2', 200, '0123456789', undefined], ['lines=1-2', 200, '0123456789', undefined], ['bytes=-', 200, '0123456789', undefined], [`bytes=0-${'9'.repeat(400)}`, 200, '0123456789', undefined],
    ];
    for (const [range, status, text, contentRange] of cases) {
      const answer = ask(['Range', range]);
      assert.deepEqual([answer.status, answer.text, answer.header('Content-Range')], [status, text, contentRange], range);
    }
  });

  test('If-Range must name these very bytes', () => {
    const status = (value: string): number | undefined => ask(['Range', 'bytes=0-1'], ['If-Range', value]).status;
    assert.deepEqual(['"v,1"', 'Sat, 10 Feb 2024 10:00:00 GMT', 'W/"v,1"', '"other"', 'Sat, 10 Feb 2024 10:00:01 GMT'].map(status), [206, 206, 200, 200, 200]);
  });

  test('where nothing is stored they go upstream as they are, and what comes back is not stored', () => {
    for (const [name, value, status] of [['Range', 'bytes=0-1', 206], ['If-None-Match', '"v"', 304]] as const) {
      const cache = scene();
      const { context } = cache.request(from([name, value]), { status });
      assert.deepEqual(context.upstreamHeaderValues(name.toLowerCase()), [value]);
      assert.equal(cache.request({}, { text: 'new' }).text, 'new');
    }
  });
});

describe('RFC 9111', () => {
  const rfc = { cache_control: true };

  test('a response is fresh as long as it says', () => {
    const lives = (upstream: Upstream): number => {
      const cache = scene(rfc);
      cache.request({}, upstream);
      let seconds = 0;
      while (seconds < 200 && cache.request({}, { status: 503 }).cache === 'Hit') {
        cache.pass(1);
        seconds += 1;
      }
      return seconds;
    };
    assert.equal(lives(cacheControl('max-age=5')), 5);
    assert.equal(lives(cacheControl('Max-Age="5"')), 5);
    assert.equal(lives(cacheControl('max-age=5, s-maxage=7')), 7);
    assert.equal(lives(cacheControl('max-age=50, max-age=3')), 3, 'of two the one that allows less');
    assert.equal(lives(cacheControl('max-age=-5')), 0);
    assert.equal(lives(cacheControl('max-age=1e9')), 0);
    assert.equal(lives(cacheControl('max-age=5', ['Age', '3'])), 2);
    assert.equal(lives(cacheControl('max-age=5', ['Age', '99999999999999'])), 0);
    assert.equal(lives(cacheControl('must-revalidate, max-age=4')), 4, 'fresh is fresh');
    assert.equal(lives(cacheControl('no-cache, max-age=4')), 0);
    assert.equal(lives(cacheControl('max-age=0')), 0);
    const date = ['Date', new Date(NOON).toUTCString()] as const;
    assert.equal(lives({ responseHeaders: [JSON_TYPE, date, ['Expires', new Date(NOON + 6_000).toUTCString()]] }), 6);
    assert.equal(lives({ responseHeaders: [JSON_TYPE, ['Expires', new Date(NOON + 6_000).toUTCString()]] }), 6);
    assert.equal(lives({ responseHeaders: [JSON_TYPE, ['Expires', '0']] }), 0);
    assert.equal(lives({ responseHeaders: [JSON_TYPE, date, ['Last-Modified', 'Sat, 10 Feb 2001 10:00:00 GMT']] }), 0, 'nothing is guessed');
    assert.equal(lives({}), 0);
  });

  test('clocks that go back make nothing fresh', () => {
    const cache = scene(rfc);
    cache.request({}, cacheControl('max-age=5'));
    cache.pass(6);
    cache.setWall(0);
    assert.equal(cache.request({}, cacheControl('max-age=5')).cache, 'Refresh');
  });

  test('what the client says counts', () => {
    const asked = (request: string, upstream = cacheControl('max-age=10, stale-if-error=99'), afterSeconds = 5): string | undefined => {
      const cache = scene(rfc);
      cache.request({}, upstream);
      cache.pass(afterSeconds);
      return cache.request(from(['Cache-Control', request]), upstream).cache;
    };
    assert.deepEqual([asked('max-age=4'), asked('max-age=6'), asked('min-fresh=6'), asked('min-fresh=4'), asked('no-cache'), asked('no-store')], ['Refresh', 'Hit', 'Refresh', 'Hit', 'Refresh', 'Bypass']);
    assert.deepEqual([asked('max-stale', undefined, 20), asked('max-stale=5', undefined, 20), asked('max-stale=15', undefined, 20)], ['Hit', 'Refresh', 'Hit']);
    assert.equal(asked('max-stale', cacheControl('max-age=10, must-revalidate', ['ETag', '"1"']), 20), 'Refresh');
    const pragma = scene(rfc);
    assert.equal(pragma.second({}, cacheControl('max-age=9'), from(['Pragma', 'no-cache'])), 'Refresh second');
  });

  test('only-if-cached gets 504 where nothing is', () => {
    const cache = scene(rfc);
    assert.deepEqual([cache.request(from(['Cache-Control', 'only-if-cached'])).status, cache.asked], [504, 0]);
    cache.request({}, cacheControl('max-age=9'));
    assert.equal(cache.request(from(['Cache-Control', 'only-if-cached'])).status, 200);
  });

  test('a stored response is asked about, and 304 makes it good again with new headers', () => {
    const cache = scene(rfc);
    cache.request({}, { text: 'body', ...cacheControl('max-age=5', ['ETag', '"1"'], ['Last-Modified', 'Sat, 10 Feb 2024 10:00:00 GMT'], ['X-V', 'old'], ['X-Kept', 'k']) });
    cache.pass(6);
    const renewed = cache.request(from(['If-None-Match', '"client"'], ['Range', 'bytes=0-1']), { status: 304, responseHeaders: [['Cache-Control', 'max-age=20'], ['X-V', 'new'], ['Content-Length', '0'], ['Content-Type', 'text/evil']] });
    assert.deepEqual([renewed.context.upstreamHeaderValues('if-none-match'), renewed.context.upstreamHeaderValues('if-modified-since'), renewed.context.upstreamHeaderValues('range')], [['"1"'], ['Sat, 10 Feb 2024 10:00:00 GMT'], []]);
    assert.deepEqual([renewed.status, renewed.cache, renewed.text], [206, 'Refresh', 'bo'], "the client's own wishes are answered from what is stored");
    cache.pass(19);
    const hit = cache.request();
    assert.deepEqual([hit.cache, hit.text, hit.header('X-V'), hit.header('X-Kept'), hit.verdict?.body?.contentType], ['Hit', 'body', 'new', 'k', 'application/json']);
  });

  test('a 304 that forbids to store is the last of it', () => {
    const cache = scene(rfc);
    cache.request({}, { text: 'old', ...cacheControl('max-age=1', ['ETag', '"1"']) });
    cache.pass(2);
    assert.equal(cache.request({}, { status: 304, responseHeaders: [['Cache-Control', 'no-store']] }).text, 'old');
    assert.equal(cache.request({}, { text: 'new' }).text, 'new');
  });

  test('a new response takes the place of the old', () => {
    const cache = scene(rfc);
    assert.equal(cache.request({}, { text: '1', ...cacheControl('max-age=1', ['ETag', '"1"']) }).cache, 'Miss');
    cache.pass(2);
    assert.equal(cache.request({}, { text: '2', ...cacheControl('max-age=9', ['ETag', '"2"']) }).cache, 'Refresh');
    assert.equal(cache.request().text, '2');
  });

  test('an unsafe request that succeeds makes void what is stored of its URI, for everybody and what is still on its way', () => {
    const cache = scene(rfc);
    const stored = cacheControl('max-age=60');
    for (const client of [{}, ANN]) cache.request({ path: '/a', ...client }, stored);
    cache.request({ path: '/b' }, stored);
    const slow = pluginRun(cache.instance);
    slow.head(pluginContext({ path: '/a', ...BOB }));
    cache.pass(1);
    cache.request({ path: '/a', method: 'PUT' }, { status: 500 });
    assert.equal(cache.request({ path: '/a' }).cache, 'Hit', 'it failed');
    cache.request({ path: '/a', method: 'PUT' }, { status: 204 });
    slow.response(responseContext({ path: '/a', ...BOB, ...stored, responseBody: Buffer.from('old') }));
    cache.pass(1);
    assert.deepEqual([{}, ANN, BOB].map((client) => cache.request({ path: '/a', ...client }, stored).cache), ['Miss', 'Miss', 'Miss']);
    assert.equal(cache.request({ path: '/b' }).cache, 'Hit');
    assert.equal(cache.request({ path: '/a' }).cache, 'Hit', 'what was stored since is good');
  });
});

describe('stale responses (RFC 5861)', () => {
  test('while revalidate: the client has its answer, and one request refreshes it', () => {
    const cache = scene({ cache_control: true });
    cache.request({}, { text: 'old', ...cacheControl('max-age=1, stale-while-revalidate=10', ['ETag', '"1"'], ['Vary', 'X-A']) });
    cache.pass(2);
    const run = pluginRun(cache.instance);
    const context = pluginContext();
    const verdict = run.head(context);
    assert.deepEqual([verdict?.refresh, context.upstreamHeaderValues('if-none-match')], [true, ['"1"']]);
    run.response(responseContext({ generated: true }));
    run.log(responseContext());
    assert.deepEqual([cache.request().verdict?.refresh, cache.request().text], [undefined, 'old'], 'who comes meanwhile is answered too');
    run.response(responseContext({ ...cacheControl('max-age=9', ['Vary', 'X-A']), responseBody: Buffer.from('new') }));
    run.log(responseContext());
    assert.deepEqual([cache.request().text, cache.request().verdict?.refresh], ['new', undefined]);
  });

  test('while revalidate: a refresh that fails lets the next one try', () => {
    const cache = scene({ cache_ttl: 1, stale_while_revalidate: 10 });
    cache.request();
    cache.pass(2);
    const run = pluginRun(cache.instance);
    assert.equal(run.head(pluginContext())?.refresh, true);
    run.response(responseContext({ generated: true }));
    run.log(responseContext());
    run.response(responseContext({ generated: true, status: 502 }));
    assert.equal(cache.request().verdict?.refresh, true);
  });

  test('if error: an upstream that fails is not seen', () => {
    const cache = scene({ cache_ttl: 1, stale_if_error: 10 });
    cache.request({}, { text: 'good' });
    cache.pass(5);
    for (const failure of [{ status: 500 }, { status: 502, generated: true }, { status: 503 }, { status: 504, generated: true }]) {
      const answer = cache.request({}, { text: 'error', ...failure });
      assert.deepEqual([answer.status, answer.text, answer.cache, answer.header('Age')], [200, 'good', 'Hit', '5']);
    }
    assert.equal(cache.request({}, { status: 501, text: 'error' }).text, 'error', 'an answer, if a bad one');
    cache.pass(7);
    assert.equal(cache.request({}, { status: 503, text: 'error' }).text, 'error');
  });

  test('not where the upstream forbids it', () => {
    for (const forbids of ['must-revalidate', 'proxy-revalidate', 's-maxage=1']) {
      const cache = scene({ cache_control: true, stale_if_error: 99, stale_while_revalidate: 99 });
      cache.request({}, { text: 'old', ...cacheControl(`max-age=1, ${forbids}`, ['ETag', '"1"']) });
      cache.pass(2);
      const answer = cache.request({}, { status: 503, text: 'error' });
      assert.deepEqual([answer.verdict, answer.text], [undefined, 'error'], forbids);
    }
  });
});

describe('concurrent misses', () => {
  const slow = async (cache: ReturnType<typeof scene>, parts: HostParts = {}) => {
    const run = pluginRun(cache.instance);
    let settled: { readonly verdict: Verdict | undefined } | undefined;
    const done = run.headAsync(pluginContext(parts)).then((verdict) => void (settled = { verdict }));
    await Promise.resolve();
    await Promise.resolve();
    return { run, done, isWaiting: () => settled === undefined, text: () => (settled?.verdict?.body === undefined ? undefined : Buffer.from(settled.verdict.body.bytes).toString()) };
  };
  const answer = (text: string, parts: ResponseParts = {}) => responseContext({ responseHeaders: [JSON_TYPE], responseBody: Buffer.from(text), ...parts });

  test('one goes upstream, the others have its response', async () => {
    const cache = scene();
    const [first, second, third] = [await slow(cache), await slow(cache), await slow(cache)];
    assert.deepEqual([first.isWaiting(), second.isWaiting(), third.isWaiting()], [false, true, true]);
    first.run.response(answer('one'));
    await Promise.all([second.done, third.done]);
    assert.deepEqual([second.text(), third.text()], ['one', 'one']);
    assert.equal(cache.sweeps, false, 'nothing is left running');
  });

  test('are let go as soon as the head says that it can not be stored, and nobody waits for a while', async () => {
    const cache = scene();
    const [first, second] = [await slow(cache), await slow(cache)];
    first.run.response(answer('x', { responseHeaders: [JSON_TYPE, ['Cache-Control', 'private']] }));
    await second.done;
    assert.equal(second.text(), undefined);
    const [third, fourth] = [await slow(cache), await slow(cache)];
    assert.deepEqual([third.isWaiting(), fourth.isWaiting()], [false, false]);
  });

  test('where the first one goes away, the next one goes', async () => {
    const cache = scene();
    const [first, second, third] = [await slow(cache), await slow(cache), await slow(cache)];
    first.run.log(answer(''));
    await second.done;
    assert.deepEqual([second.text(), third.isWaiting()], [undefined, true]);
    second.run.response(answer('two'));
    await third.done;
    assert.equal(third.text(), 'two');
  });

  test('a client that went away while it waited keeps nobody waiting', async () => {
    const cache = scene();
    const [first, second] = [await slow(cache), await slow(cache)];
    second.run.log(answer(''));
    first.run.log(answer(''));
    await second.done;
    assert.equal((await slow(cache)).isWaiting(), false);
  });

  test('wait no longer than told', async () => {
    const cache = scene({ collapse_timeout: 1_000 });
    const [, second] = [await slow(cache), await slow(cache)];
    cache.pass(0.9);
    cache.sweep();
    await Promise.resolve();
    assert.equal(second.isWaiting(), true);
    cache.pass(0.2);
    cache.sweep();
    await second.done;
    assert.equal(second.text(), undefined);
  });

  test('other clients, ranges and conditions wait for nobody, nor does anybody where that is off', async () => {
    const cache = scene();
    await slow(cache);
    for (const parts of [ANN, from(['Range', 'bytes=0-1']), from(['If-None-Match', '"a"']), { method: 'HEAD' }]) assert.equal((await slow(cache, parts)).isWaiting(), false);
    const off = scene({ collapse: false });
    await slow(off);
    assert.equal((await slow(off)).isWaiting(), false);
  });
});

describe('purge', () => {
  test('of all, and of one key with its variants', () => {
    const cache = scene();
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
    const cache = scene();
    const run = pluginRun(cache.instance);
    run.head(pluginContext());
    cache.purge();
    run.response(responseContext({ responseHeaders: [JSON_TYPE], responseBody: Buffer.from('old') }));
    cache.pass(1);
    assert.equal(cache.request().cache, 'Miss');
  });

  test('a change of the config keeps what is stored', () => {
    const cache = scene();
    cache.request();
    cache.configure({ cache_ttl: 60 });
    assert.equal(cache.request().cache, 'Hit');
  });
});

describe('what the control plane accepts', () => {
  const problems = (config: JsonObject): readonly string[] => {
    const parsed = parse(config);
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
