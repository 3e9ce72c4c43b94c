import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { cpuMsOf } from '../../../test/support/cpu-time.ts';
import { parseFields } from '../../model/parse-fields.ts';
import { ProblemList } from '../../model/problems.ts';
import { MASK } from '../../plugin-parts/masked-secrets.ts';
import { pluginServices, responseContext, type ResponseParts } from '../../plugin-kit/plugin-host.ts';
import { accessRecordsFactory } from './handler.ts';
import { TextMasks } from './masked-text.ts';
import { accessRecordsSchema, DEFAULT_ACCESS_RECORDS, type AccessRecordsConfig } from './schema.ts';

const recorderOf = (given: Partial<AccessRecordsConfig> = {}) => {
  const { accessRecorder } = accessRecordsFactory.create({ ...DEFAULT_ACCESS_RECORDS, ...given }, pluginServices());
  assert.ok(accessRecorder !== undefined);
  return accessRecorder;
};
const textsOf = (given: Partial<AccessRecordsConfig>, parts: ResponseParts) => recorderOf(given).texts(responseContext(parts));
const never = (): number => 0.999_999;

test('what holds without an instance are the defaults of the schema', () => {
  const problems = new ProblemList();
  assert.deepEqual(parseFields(accessRecordsSchema.config, {}, 'config', { problems, newKey: () => '', parsePluginConfig: () => undefined }), DEFAULT_ACCESS_RECORDS);
});

describe('which requests are chosen', () => {
  test('errors always, then slow ones, and nothing else by default', () => {
    const recorder = recorderOf();
    assert.equal(recorder.choose(502, true, 1, 0, never), 'error');
    assert.equal(recorder.choose(0, true, 5_000, 0, never), 'error', 'broken off');
    assert.equal(recorder.choose(200, false, 1_000, 0, never), 'slow');
    assert.equal(recorder.choose(200, false, 999.9, 0, () => 0), undefined);
    assert.equal(recorder.choose(404, false, 1, 0, () => 0), undefined, 'a refusal is no error');
    assert.equal(recorder.choose(101, false, 900_000, 0, never), undefined, 'a WebSocket is open for long');
  });

  test('as the rules say', () => {
    assert.equal(recorderOf({ errors: false }).choose(500, true, 1, 0, never), undefined);
    assert.equal(recorderOf({ errors: false }).choose(500, true, 2_000, 0, never), 'slow');
    assert.equal(recorderOf({ slow_ms: 0 }).choose(200, false, 1e9, 0, never), undefined);
    assert.equal(recorderOf({ slow_ms: 20 }).choose(200, false, 20, 0, never), 'slow');
    assert.equal(recorderOf({ sample_rate: 1 }).choose(200, false, 1, 0, never), 'sampled');
    assert.equal(recorderOf({ sample_rate: 0.1 }).choose(200, false, 1, 0, () => 0.1), undefined);
  });

  test('the part of all others that the rate says', () => {
    const recorder = recorderOf({ sample_rate: 0.25, max_per_second: 100_000 });
    let state = 1;
    const random = (): number => ((state = (state * 48_271) % 2_147_483_647) - 1) / 2_147_483_646;
    let chosen = 0;
    for (let n = 0; n < 40_000; n += 1) if (recorder.choose(200, false, 1, n, random) === 'sampled') chosen += 1;
    assert.ok(Math.abs(chosen - 10_000) < 300, `${chosen} of 40,000`);
  });

  test('no more in a second than are allowed; samples leave room for errors', () => {
    const recorder = recorderOf({ sample_rate: 1, max_per_second: 10 });
    const outcomes = (failed: boolean, nowMs: number) => Array.from({ length: 12 }, () => recorder.choose(failed ? 500 : 200, failed, 1, nowMs, never));
    assert.deepEqual(outcomes(false, 1_000), [...Array.from({ length: 5 }, () => 'sampled'), ...Array.from({ length: 7 }, () => 'over-rate')]);
    assert.deepEqual(outcomes(true, 1_999), [...Array.from({ length: 5 }, () => 'error'), ...Array.from({ length: 7 }, () => 'over-rate')]);
    assert.equal(recorder.choose(500, true, 1, 2_000, never), 'error', 'the next second');
  });
});

describe('what of a request is recorded', () => {
  const parts: ResponseParts = {
    host: 'api.example', path: '/users/ann@example.org/orders/42', query: 'q=socks&token=abc', clientAddress: '192.0.2.77', traceId: 'f'.repeat(32),
    headers: [['User-Agent', 'curl/8.5'], ['Accept', 'a/b'], ['accept', 'c/d'], ['Authorization', 'Bearer hush'], ['X-Tenant', 'acme']],
    responseHeaders: [['Set-Cookie', 'sid=hush'], ['X-Cache', 'HIT']],
    log: {
      tls: { version: 'TLSv1.3', cipher: 'TLS_AES_128_GCM_SHA256' },
      tries: [{ upstream: 'u', target: 'a:1', address: '10.0.0.1', port: 1, startedAtMs: 0, connectMs: 0, totalMs: 1, status: undefined, failure: 'connect' }, { upstream: 'u', target: 'b:2', address: 'fd00::2', port: 2, startedAtMs: 1, connectMs: 0, totalMs: 1, status: 200, failure: undefined }],
    },
  };

  test('without a rule: no query, no header but User-Agent, the network of the client', () => {
    assert.deepEqual(textsOf({}, parts), {
      showsConsumer: true, host: 'api.example', path: `/users/${MASK}/orders/42`, query: '', clientAddress: '192.0.2.0', userAgent: 'curl/8.5', target: '[fd00::2]:2',
      tlsVersion: 'TLSv1.3', tlsCipher: 'TLS_AES_128_GCM_SHA256', traceId: 'f'.repeat(32), headers: new Map(),
    });
  });

  test('what is left out is empty', () => {
    const { headers, ...texts } = textsOf({ fields: [], client_address: 'none', user_agent: false }, parts);
    assert.deepEqual(Object.values(texts).filter((text) => text !== ''), [false]);
    assert.equal(headers.size, 0);
  });

  test('headers by their names in whatever case; secrets among them are masked all the same', () => {
    const { headers } = textsOf({ request_headers: ['ACCEPT', 'Authorization', 'X-Tenant', 'missing'], response_headers: ['set-cookie', 'X-Cache'], mask_names: ['x_tenant'] }, parts);
    assert.deepEqual([...headers], [['request.accept', 'a/b, c/d'], ['request.authorization', MASK], ['request.x-tenant', MASK], ['response.set-cookie', MASK], ['response.x-cache', 'HIT']]);
    assert.equal(textsOf({ request_headers: Array.from({ length: 40 }, (_, n) => `h${n}`) }, { headers: Array.from({ length: 40 }, (_, n) => [`h${n}`, 'x'] as const) }).headers.size, 16);
  });

  test('the query with names alone, or with what is not masked', () => {
    assert.equal(textsOf({ query: 'names' }, parts).query, `q=${MASK}&token=${MASK}`);
    assert.equal(textsOf({ query: 'masked' }, parts).query, `q=socks&token=${MASK}`);
  });

  test('what plugins of the route take as credentials is masked under whatever name', () => {
    const fruit: ResponseParts = {
      path: '/a;melon=hush/b', query: 'plum=hush&q=socks&%50lum%5B%5D=hush', host: 'api.example',
      headers: [['User-Agent', 'hush'], ['X-Fruit', 'hush'], ['X-Other', 'https://a.example/?melon=hush']], responseHeaders: [['Location', '/next?plum=hush']],
      log: { credentialNames: ['plum', 'melon', 'x-fruit', 'user-agent'] },
    };
    const rules: Partial<AccessRecordsConfig> = { query: 'masked', request_headers: ['X-Fruit', 'X-Other'], response_headers: ['location'], mask_names: ['q'] };
    const { headers, path, query, userAgent } = textsOf(rules, fruit);
    assert.deepEqual([path, query, userAgent], [`/${MASK}/b`, `plum=${MASK}&q=${MASK}&%50lum%5B%5D=${MASK}`, MASK]);
    assert.equal(JSON.stringify([...headers]).includes('hush'), false);
    const recorder = recorderOf(rules);
    recorder.texts(responseContext(fruit));
    assert.equal(recorder.texts(responseContext({ ...fruit, log: { credentialNames: [] } })).query, `plum=hush&q=${MASK}&%50lum%5B%5D=hush`, 'but not on other routes');
  });

  test('the address of the client in full, or its network', () => {
    const of = (clientAddress: string, how: 'full' | 'truncated') => textsOf({ client_address: how }, { clientAddress }).clientAddress;
    assert.equal(of('192.0.2.77', 'full'), '192.0.2.77');
    assert.equal(of('2001:db8:1:2:3:4:5:6', 'truncated'), '2001:db8:1::');
    assert.equal(of('::ffff:192.0.2.77', 'truncated'), '192.0.2.0');
    assert.equal(of('unknown', 'truncated'), '');
  });
});

describe('what is masked, however it is written', () => {
  const masks = new TextMasks(['my-key', 'Kundennummer'], ['email', 'card', 'jwt'], ['^EMP-[0-9]+$']);

  test('arguments by their names', () => {
    for (const name of [
      'password', 'PASSWORD', 'user[password]', 'access_token', 'accessToken', 'X-Api-Key', 'api%5Fkey', '%74oken', '%2574oken', '%252574oken', 'to%6Ben', 'sig', 'X-Amz-Signature', 'code', 'otp', 'my_key', 'MY-KEY', 'kundennummer', 'client_secret', 'SAMLResponse', 'pass+word_hint[pin]',
    ]) assert.equal(masks.query(`a=1&${name}=hush&b=2`, true), `a=1&${name}=${MASK}&b=2`, name);
    for (const name of ['page', 'postcode', 'keyword', 'design', 'author', 'shopping', 'monkey', 'country']) assert.equal(masks.query(`${name}=x`, true), `${name}=x`, name);
  });

  test('secrets in arguments of other names, at any depth', () => {
    for (const value of ['https%3A%2F%2Fx.example%2F%3Ftoken%3Dhush', 'https%253A%252F%252Fx%253Fcode%253Dhush', '{"user":"a","password":"hush"}', '%7B%22password%22%3A%22hush%22%7D', 'a%26token%3Dhush', 'x;jsessionid=hush', 'a&token=hush', "{'apiKey' : 'hush'}", 'Authorization:%20Basic%20hush']) {
      assert.ok(!masks.query(`next=${value}`, true).includes('hush'), value);
      assert.ok(!masks.query(`next=${value}`, false).includes('hush'), value);
    }
  });

  test('an argument without a name is taken for a secret where values are not shown', () => {
    assert.equal(masks.query('hush&a&b=1', false), `${MASK}&${MASK}&b=${MASK}`);
    assert.equal(masks.query('hush&b=1', true), 'hush&b=1');
    assert.equal(masks.query('ann@example.org=1&ann%40example.org', false), `${MASK}&${MASK}`, 'a name is personal too');
  });

  test('personal data in paths', () => {
    assert.equal(masks.path('/users/ann%40example.org/x'), `/users/${MASK}/x`);
    assert.equal(masks.path('/users/ann%2540example.org/x'), `/users/${MASK}/x`);
    assert.equal(masks.path('/pay/4111-1111-1111-1111'), `/pay/${MASK}`);
    assert.equal(masks.path('/pay/4111%201111%201111%201111/x'), `/pay/${MASK}/x`);
    assert.equal(masks.path('/pay/4111111111111112'), '/pay/4111111111111112', 'no number of a card');
    assert.equal(masks.path('/reset;token=hush/x'), `/${MASK}/x`);
    assert.equal(masks.path('/t/eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.hush'), `/t/${MASK}`);
    assert.equal(masks.path('/staff/EMP-4711/EMP-x'), `/staff/${MASK}/EMP-x`);
    assert.equal(masks.path('/%25252525252540'), `/${MASK}`, 'deeper than anybody writes');
    assert.equal(masks.path('/@scope/v1.2/a.b'), '/@scope/v1.2/a.b');
  });

  test('words of headers; CR and LF do not hide anything', () => {
    for (const name of ['x-authorization-info', 'x-forwarded-client-cert', 'x-csrf', 'cookie2', 'my-key']) assert.equal(masks.header(name, 'hush'), MASK, name);
    assert.equal(masks.header('referer', 'https://x.example/a?b=1&token=hush#c'), `https://x.example/a?b=1&${MASK}#c`);
    assert.equal(masks.header('x-note', 'Bearer hush'), MASK);
    assert.equal(masks.header('x-note', 'mail\r\nann@example.org, bye'), `mail\r\n${MASK}, bye`);
    assert.equal(masks.header('x-json', '{"a": 1, "password": "hush"}').includes('hush'), false);
  });

  test('a unit that is cut is not shown', () => {
    const long = masks.path(`/a/${'x'.repeat(2_038)}/ann@example.org/b`);
    assert.ok(long.endsWith('x/…') && long.length <= 2_048, long.slice(-20));
    assert.equal(masks.query(`token=${'hush'.repeat(1_000)}`, true), '…');
  });

  test('no secret behind a name that is masked gets through, whatever stands around it', () => {
    fc.assert(fc.property(fc.constantFrom('token', 'Password', 'api_key', 'my-key'), fc.nat({ max: 3 }), fc.string({ unit: fc.constantFrom(...Array.from('ab=&;%2/?:{"\' []+')), maxLength: 30 }), (name, layers, before) => {
      let written = `${name}=canary-value`;
      for (let layer = 0; layer < layers; layer += 1) written = encodeURIComponent(written);
      for (const shown of [true, false]) assert.ok(!masks.query(`${before}&${written}`, shown).includes('canary'), `${before}&${written}`);
      assert.ok(!masks.path(`/${before.replaceAll('/', '')}/${written}`).includes('canary'));
    }), { numRuns: 500 });
  });

  test('no text takes more than linear time', () => {
    const hostile = ['"'.repeat(8_000), '1'.repeat(8_000), '1 '.repeat(4_000), '%25'.repeat(3_000), '='.repeat(8_000), 'a@'.repeat(4_000), 'eyJ'.repeat(3_000), ':['.repeat(4_000), '%'.repeat(8_000), '%zz'.repeat(2_600)];
    const ms = cpuMsOf(() => {
      for (const text of hostile) {
        masks.query(text, true);
        masks.path(text);
        masks.header('x-note', text);
      }
    });
    assert.ok(ms < 500, `${ms} ms`);
  });
});
