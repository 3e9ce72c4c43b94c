import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { defined } from '../../assert.ts';
import { cpuMsOf } from '../../../test/support/cpu-time.ts';
import { pluginContext, pluginRun, pluginServices, responseContext } from '../../plugin-kit/plugin-host.ts';
import { corsFactory } from './handler.ts';
import { corsSchema, type CorsConfig } from './schema.ts';

const METHODS = ['GET', 'POST'] as const;
const DEFAULTS: CorsConfig = { origins: null, headers: null, exposed_headers: null, methods: METHODS, max_age: null, credentials: false, private_network: false, preflight_continue: false, allow_origin_absent: true };
const APP = 'https://app.example';
const EVIL = 'https://evil.example';

type Headers = readonly (readonly [name: string, value: string])[];

const instanceOf = (given: Partial<CorsConfig>) => corsFactory.create({ ...DEFAULTS, ...given }, pluginServices());
const from = (origin: string | undefined): Headers => (origin === undefined ? [] : [['Origin', origin]]);

/** The headers of the answer to a preflight; undefined where it is left to others. */
function preflight(given: Partial<CorsConfig>, origin: string, more: Headers = []): Readonly<Record<string, string>> | undefined {
  const context = pluginContext({ method: 'OPTIONS', headers: [...from(origin), ['Access-Control-Request-Method', 'PUT'], ...more] });
  const verdict = pluginRun(instanceOf(given)).head(context);
  if (verdict === undefined) return undefined;
  assert.deepEqual([verdict.status, verdict.message, verdict.body?.bytes.length], [200, undefined, 0]);
  return Object.fromEntries(defined(verdict.headers, 'headers'));
}

/** The headers of a response, as the browser gets it. */
function response(given: Partial<CorsConfig>, origin: string | undefined, backend: Headers = [], method = 'GET', more: Headers = []): Readonly<Record<string, string>> {
  const context = responseContext({ method, headers: [...from(origin), ...more], responseHeaders: backend });
  pluginRun(instanceOf(given)).response(context);
  return Object.fromEntries([...Map.groupBy(context.sentHeaders, ([name]) => name)].map(([name, lines]) => [name, lines.map(([, value]) => value).join(' | ')]));
}

describe('a preflight request', () => {
  test('is answered with 200 and what the config says', () => {
    assert.deepEqual(preflight({ origins: [APP, EVIL], headers: ['X-A', 'X-B'], max_age: 600, credentials: true }, APP), {
      Vary: 'Origin', 'Access-Control-Allow-Origin': APP, 'Access-Control-Allow-Credentials': 'true', 'Access-Control-Allow-Headers': 'X-A,X-B', 'Access-Control-Allow-Methods': 'GET,POST', 'Access-Control-Max-Age': '600',
    });
  });

  test('gets the headers that it asks for where none are configured, if they are header names', () => {
    assert.equal(preflight({}, APP, [['Access-Control-Request-Headers', 'X-One, x-two']])?.['Access-Control-Allow-Headers'], 'X-One, x-two');
    assert.equal(preflight({}, APP)?.['Access-Control-Allow-Headers'], undefined);
    for (const odd of ['X-A"', 'ä', 'a:b', 'x'.repeat(5_000)]) assert.equal(preflight({}, APP, [['Access-Control-Request-Headers', odd]])?.['Access-Control-Allow-Headers'], undefined);
  });

  test('of a private network is answered only where it is asked and allowed', () => {
    const asks: Headers = [['Access-Control-Request-Private-Network', 'true']];
    assert.equal(preflight({ private_network: true }, APP, asks)?.['Access-Control-Allow-Private-Network'], 'true');
    assert.equal(preflight({ private_network: true }, APP)?.['Access-Control-Allow-Private-Network'], undefined);
    assert.equal(preflight({}, APP, asks)?.['Access-Control-Allow-Private-Network'], undefined);
  });

  test('of a site that is not listed is answered without an origin', () => {
    const answer = preflight({ origins: [APP, 'https://b.example'], credentials: true }, EVIL);
    assert.deepEqual([answer?.['Access-Control-Allow-Origin'], answer?.['Access-Control-Allow-Credentials'], answer?.['Vary']], [undefined, undefined, 'Origin']);
  });

  test('is left to the backend with preflight_continue, and its answer left alone', () => {
    assert.equal(preflight({ preflight_continue: true }, APP), undefined);
    const backend: Headers = [['Access-Control-Allow-Origin', 'https://other.example']];
    assert.deepEqual(response({ preflight_continue: true }, APP, backend, 'OPTIONS', [['Access-Control-Request-Method', 'PUT']]), Object.fromEntries(backend));
  });

  test('is one only with OPTIONS, Origin and Access-Control-Request-Method', () => {
    const head = (method: string, headers: Headers) => pluginRun(instanceOf({})).head(pluginContext({ method, headers }));
    assert.equal(head('OPTIONS', [['Origin', APP]]), undefined);
    assert.equal(head('OPTIONS', [['Access-Control-Request-Method', 'PUT']]), undefined);
    assert.equal(head('GET', [['Origin', APP], ['Access-Control-Request-Method', 'PUT']]), undefined);
    assert.equal(response({}, APP, [], 'OPTIONS')['Access-Control-Allow-Origin'], '*', 'a plain OPTIONS request is like any other');
  });
});

describe('a response', () => {
  test('may be read by everybody by default, which no cache needs to know', () => {
    for (const origins of [null, [], ['*'], ['*', APP]]) assert.deepEqual(response({ origins }, EVIL), { 'Access-Control-Allow-Origin': '*' });
    assert.deepEqual(response({}, undefined), { 'Access-Control-Allow-Origin': '*' });
  });

  test('names the one origin there is, for whomever: nothing varies', () => {
    for (const origin of [APP, EVIL, undefined]) assert.deepEqual(response({ origins: [APP], credentials: true }, origin), { 'Access-Control-Allow-Origin': APP, 'Access-Control-Allow-Credentials': 'true' });
  });

  test('names the origin that asked if it is listed, and varies for all', () => {
    const origins = [APP, 'http://b.example:8080'];
    assert.deepEqual(response({ origins }, APP), { Vary: 'Origin', 'Access-Control-Allow-Origin': APP });
    assert.deepEqual(response({ origins }, 'http://b.example:8080'), { Vary: 'Origin', 'Access-Control-Allow-Origin': 'http://b.example:8080' });
    for (const other of [EVIL, 'http://app.example', 'https://app.example:8443', 'https://app.example.evil.example', 'null', undefined]) assert.deepEqual(response({ origins }, other), { Vary: 'Origin' }, String(other));
  });

  test('names nobody where a request has two origins', () => {
    assert.deepEqual(response({ origins: [APP, 'https://b.example'] }, APP, [], 'GET', [['Origin', EVIL]]), { Vary: 'Origin' });
  });

  test('Vary is added to what the backend says, once', () => {
    const origins = [APP, EVIL];
    assert.equal(response({ origins }, APP, [['Vary', 'Accept'], ['Vary', 'Cookie']])['Vary'], 'Accept | Cookie | Origin');
    assert.equal(response({ origins }, APP, [['Vary', 'Accept, oRigin']])['Vary'], 'Accept, oRigin');
    assert.equal(response({ origins }, APP, [['Vary', '*']])['Vary'], '*');
  });

  test('exposes the headers of the config, else those that the backend exposes', () => {
    assert.equal(response({ exposed_headers: ['X-A', 'X-B'] }, APP, [['Access-Control-Expose-Headers', 'X-C']])['Access-Control-Expose-Headers'], 'X-A,X-B');
    assert.equal(response({}, APP, [['Access-Control-Expose-Headers', 'X-C']])['Access-Control-Expose-Headers'], 'X-C');
  });

  test('without Origin it says nothing where allow_origin_absent is off, and varies', () => {
    assert.deepEqual(response({ allow_origin_absent: false }, undefined), { Vary: 'Origin' });
    assert.deepEqual(response({ allow_origin_absent: false }, APP), { Vary: 'Origin', 'Access-Control-Allow-Origin': '*' });
  });

  test("the backend's own CORS headers never get through", () => {
    const backend: Headers = [['Access-Control-Allow-Origin', EVIL], ['Access-Control-Allow-Credentials', 'true']];
    assert.deepEqual(response({ origins: [APP, 'https://b.example'] }, EVIL, backend), { Vary: 'Origin' });
    assert.deepEqual(response({}, EVIL, backend), { 'Access-Control-Allow-Origin': '*' });
  });
});

describe('credentials', () => {
  test('never go with *: for everybody the origin is named, and the answer varies', () => {
    assert.deepEqual(response({ credentials: true }, EVIL), { Vary: 'Origin', 'Access-Control-Allow-Origin': EVIL, 'Access-Control-Allow-Credentials': 'true' });
    assert.deepEqual(response({ credentials: true }, undefined), { Vary: 'Origin', 'Access-Control-Allow-Origin': '*' });
  });

  test('are not for null, nor for what is no origin, unless the list says null', () => {
    for (const odd of ['null', 'NULL', 'evil', 'https://a b', 'https://a.example/path', `https://${'a'.repeat(600)}`]) assert.deepEqual(response({ credentials: true }, odd), { Vary: 'Origin' }, odd);
    assert.deepEqual(response({ origins: [APP, 'null'], credentials: true }, 'null'), { Vary: 'Origin', 'Access-Control-Allow-Origin': 'null', 'Access-Control-Allow-Credentials': 'true' });
  });
});

describe('regular expressions', () => {
  const isAllowed = (pattern: string, origin: string): boolean => response({ origins: [pattern, 'https://x.example'] }, origin)['Access-Control-Allow-Origin'] === origin;

  test('match a whole origin, anchored or not', () => {
    for (const pattern of ['https://.*\\.app\\.example', '^https://.*\\.app\\.example$', 'https?://(?:a|b)\\.app\\.example']) {
      assert.ok(isAllowed(pattern, 'https://a.app.example'), pattern);
      for (const origin of ['https://a.app.example.evil.example', 'https://a.appXexample', 'xhttps://a.app.example', 'https://evil.example/.app.example', 'https://evil.example?.app.example']) assert.ok(!isAllowed(pattern, origin), `${pattern} ${origin}`);
    }
    for (const origin of ['https://evilb.example', 'https://a.example.evil']) assert.ok(!isAllowed('a\\.example|b\\.example', origin), 'both ends of each alternative');
  });

  test('mean what they meant when they were checked, whatever would stand around them', () => {
    assert.ok(isAllowed('\\Qhttps://a.app.example', 'https://a.app.example'));
    assert.ok(!isAllowed('\\Qhttps://a.app.example', 'https://a.app.example.evil.example'));
    assert.ok(isAllowed('https://a|https://ab', 'https://ab'), 'the alternative that takes all of it');
    assert.ok(!isAllowed('(?m)^https://a$', 'https://a\nb'));
  });

  test('without a scheme match the host', () => {
    for (const origin of ['https://a.app.example', 'http://a.app.example:8080']) assert.ok(isAllowed('.+\\.app\\.example', origin));
    assert.ok(!isAllowed('.+\\.app\\.example', 'https://evil.example:1.app.example'));
    assert.ok(isAllowed('(?:a|b)\\.app\\.example', 'https://b.app.example'));
  });

  test('are compared with the origin in lower case, without the usual port', () => {
    assert.ok(isAllowed('https://[a-z]+\\.example', 'https://APP.example:443'));
    assert.ok(isAllowed('HTTPS://APP.example:443/', APP), 'plain ones likewise');
  });

  test('take linear time, and what was asked is remembered within a bound', () => {
    const cors = instanceOf({ origins: ['https://(a+)+\\.example', '(x|x|x)*y'] });
    const ms = cpuMsOf(() => {
      for (let n = 0; n < 3_000; n += 1) cors.responseHead?.(responseContext({ headers: from(`https://${'a'.repeat(n % 400)}${n}!`) }), undefined);
    });
    assert.ok(ms < 1_500, `${ms} ms`);
  });

  test('that are none, or too large, are refused when they are written', () => {
    const { type } = defined(corsSchema.config.find(({ name }) => name === 'origins'), 'origins');
    assert.ok(type.kind === 'array' && type.of.kind === 'string' && 'rules' in type.of);
    const [rule] = type.of.rules;
    assert.equal(rule.check('https://app.example'), undefined);
    assert.equal(rule.check('*'), undefined);
    for (const fine of ['null', 'https://App.example:8443/', 'capacitor://localhost', 'http://[::1]:8080', 'https://.*']) assert.equal(rule.check(fine), undefined, fine);
    for (const odd of ['app.example', 'localhost:3000', 'https://app.example/path', 'https://']) assert.match(rule.check(odd) ?? '', /is no origin, nor a regular expression: write scheme, host and port/, odd);
    assert.match(rule.check('(unclosed') ?? '', /invalid regex/);
    assert.match(rule.check('(?=a)b') ?? '', /invalid regex/);
    assert.match(rule.check('((a{1,100}){1,100}){1,100}') ?? '', /steps/);
    const many = { config: { origins: Array.from({ length: 30 }, () => '(a{1,1000}){1,9}') } };
    assert.match(corsSchema.checks[0].check(many)[0]?.message ?? '', /smaller or fewer/);
  });
});
