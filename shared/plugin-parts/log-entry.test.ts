import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { pluginServices, responseContext, type ResponseParts } from '../plugin-kit/plugin-host.ts';
import { CustomFields, logEntryOf, soundCustomFields } from './log-entry.ts';
import { isSecretHeader, maskedTarget } from './masked-secrets.ts';

const { node } = pluginServices();
const entryOf = (parts: ResponseParts = {}) => logEntryOf(responseContext(parts), node);

describe('a request as JSON', () => {
  test('has the fields that Kong has, and ours', () => {
    const entry = entryOf({
      method: 'POST', path: '/a', query: 'x=1&x=2&flag', service: 'service-1', status: 502, generated: true, errorCode: 'UPSTREAM_CONNECT_FAILED',
      headers: [['X-One', 'a'], ['x-one', 'b'], ['Host', 'example.com']], responseHeaders: [['Content-Type', 'text/plain']],
      consumer: { id: 'c-1', username: 'bob', customId: null }, credential: { id: 'k-1', consumerId: 'c-1', identifier: 'bob' },
      log: { startedAtMs: 1_000.4, totalMs: 12.2, upstreamMs: 5.1, gatewayMs: 2, bytesIn: 10, bytesOut: 20, upstreamUri: '/b?x=1', upstreamStatus: 502, tls: { version: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384' },
        tries: [{ upstream: 'u', target: 'a.example:80', address: '192.0.2.7', port: 80, startedAtMs: 1_001, connectMs: 1, totalMs: 2, status: undefined, failure: 'connect' }] },
    });
    assert.deepEqual(JSON.parse(JSON.stringify(entry)), {
      request: {
        id: '0'.repeat(32), method: 'POST', uri: '/a?x=1&x=2&flag', url: 'http://example.com:80/a?x=1&x=2&flag', size: 10,
        querystring: { x: ['1', '2'], flag: true }, headers: { 'x-one': ['a', 'b'], host: 'example.com' }, tls: { version: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384', client_verify: 'NONE' },
      },
      upstream_uri: '/b?x=1', upstream_status: '502',
      response: { status: 502, size: 20, headers: { 'content-type': 'text/plain' } },
      latencies: { request: 12, kong: 2, proxy: 5, receive: 5 },
      tries: [{ upstream: 'u', target: 'a.example:80', ip: '192.0.2.7', port: 80, balancer_start: 1_001, balancer_latency: 1, latency: 2, state: 'failed', failure: 'connect' }],
      route: { id: 'route-1', name: 'route' }, service: { id: 'service-1' }, consumer: { id: 'c-1', username: 'bob' }, authenticated_entity: { id: 'k-1' },
      client_ip: '192.0.2.1', started_at: 1_000, source: 'kong', error_code: 'UPSTREAM_CONNECT_FAILED', config_version: '1.1',
      data_plane: { id: node.dataPlaneId, hostname: 'gateway-1', version: '0.0.0' },
    });
    assert.equal(entryOf({ generated: true }).source, 'exit');
    assert.equal(entryOf().source, 'upstream');
    assert.equal(entryOf().latencies.proxy, -1);
  });

  test('holds no credentials, whatever their name is written like', () => {
    const secret = 's3cr3t';
    const entry = entryOf({
      query: `apikey=${secret}&%61pi_key=${secret}&Access_Token=${secret}&+jwt=${secret}&x=1`,
      headers: [['Authorization', secret], ['COOKIE', `a=${secret}`], ['Proxy-Authorization', secret], ['ApiKey', secret], ['X_Api_Key', secret], ['authorization', secret]],
      responseHeaders: [['Set-Cookie', secret], ['set-cookie', secret]],
      log: { upstreamUri: `/a?apikey=${secret}` },
    });
    assert.doesNotMatch(JSON.stringify(entry), /s3cr3t/);
    assert.deepEqual(entry.request.headers['authorization'], ['REDACTED', 'REDACTED']);
    assert.match(entry.request.uri, /&x=1$/);
  });

  test('nor those under the names that plugins of the route take them by, in URLs, or behind other punctuation', () => {
    const secret = 's3cr3t';
    const entry = entryOf({
      query: `My-Key=${secret}&private_token=${secret}&resetToken=${secret}&user[password]=${secret}&token[]=${secret}&a=1;token=${secret};x&%6d%79-key=${secret}`,
      headers: [['My-Key', secret], ['Private-Token', secret], ['X-Foo-Secret', secret], ['Referer', `https://a.example/b?x=1&access_token=${secret}#y`], ['X-Original-URL', `/a?my-key=${secret}`], ['X-Url', `https://bob:${secret}@a.example/`]],
      responseHeaders: [['Location', `https://app.example/#state=1&id_token=${secret}`], ['Refresh', `0; url=https://a.example/?code=${secret}`]],
      log: { upstreamUri: `/a?my-key=${secret}`, credentialNames: ['my-key'] },
    });
    assert.doesNotMatch(JSON.stringify(entry), /s3cr3t/);
    assert.equal(entry.request.headers['referer'], 'https://a.example/b?x=1&access_token=REDACTED#y');
    assert.equal(entry.request.headers['x-url'], 'https://bob:REDACTED@a.example/');
    assert.equal(entry.response.headers['location'], 'https://app.example/#state=1&id_token=REDACTED');
  });

  test('nothing in it ends a line, steers a terminal or turns text around, for whoever reads it', () => {
    const bytes = Buffer.from('a\u0085b\u2028c\u2029d\u009be\u202ef\r\n\0"\u00fc', 'utf8').toString('latin1');
    const text = JSON.stringify(entryOf({ path: `/${encodeURI('x')}`, query: `q=%E2%80%A8%C2%9B%1b${bytes}&plain=${bytes}`, headers: [['X-A', bytes]], log: { upstreamUri: `/${bytes}` } }));
    assert.doesNotMatch(text, /[\p{Cc}\u2028-\u202e\u2066-\u2069]/u);
    assert.match(text, /a\ufffdb\ufffdc\ufffdd\ufffde\ufffdf\\r\\n\\u0000\\"\u00fc/);
  });

  test('and no header costs more than its letters, however much it looks like URLs', () => {
    const entry = entryOf({ headers: [['Referer', 'https://a.example/?x=1'], ['X-Many', '?a[=&'.repeat(1_600)], ['X-More', '?a=1'.repeat(200)]] });
    assert.deepEqual([entry.request.headers['referer'], entry.request.headers['x-more']], ['https://a.example/?x=1', 'REDACTED']);
  });

  test('nor does any query, and what is not looked at is not told', () => {
    const secret = 's3cr3t';
    for (const query of [`${'a[=1&'.repeat(5_000)}token=${secret}`, `x=1${';a=1'.repeat(5_000)};token=${secret}`, `${'a;'.repeat(10_000)}token=${secret}`, `${'['.repeat(20_000)}=1&token=${secret}`, `${'%5b'.repeat(5_000)}=1&token=${secret}`]) {
      const entry = entryOf({ query, log: { upstreamUri: `/other?${query}` } });
      assert.doesNotMatch(JSON.stringify(entry), /s3cr3t/, query.slice(0, 9));
      if (query.split(/[&;]/).length > 500 && !query.startsWith('a;')) assert.ok(entry.request.uri.length < 4_000 && entry.request.uri.endsWith('REDACTED'), query.slice(0, 9));
    }
  });

  test("a client's names stay names", () => {
    const entry = entryOf({ query: '__proto__=1&constructor=2&a%=3', headers: [['__proto__', 'x'], ['constructor', 'y']] });
    assert.match(JSON.stringify(entry), /"__proto__":"x","constructor":"y"/);
    assert.equal(entry.request.querystring['a%'], '3');
    assert.equal(Object.getPrototypeOf(entry.request.headers), null);
  });
});

test('what masks secrets keeps the rest byte for byte', () => {
  assert.equal(maskedTarget('/a?b=%zz&&token=x&c'), '/a?b=%zz&&token=REDACTED&c');
  assert.equal(maskedTarget('/a?token'), '/a?token');
  assert.equal(maskedTarget('/apikey=1'), '/apikey=1');
  assert.equal(isSecretHeader('x-tenant'), false);
});

describe('custom fields', () => {
  const withFields = (fields: Readonly<Record<string, string>>, parts: ResponseParts = {}): unknown => {
    const context = responseContext(parts);
    const entry = logEntryOf(context, node);
    new CustomFields(fields).addTo(entry, context);
    return JSON.parse(JSON.stringify(entry));
  };
  const at = (value: unknown, ...path: readonly string[]): unknown => path.reduce<unknown>((part, name) => (typeof part === 'object' && part !== null ? Reflect.get(part, name) : undefined), value);

  test('are added, go down where names have dots, and take fields out', () => {
    const entry = withFields({ tenant: '$(headers["x-tenant"] or "none")', 'a.b.c': 'fixed', 'request.headers.host': '', client_ip: '', absent: '$(headers.nothing)' }, { headers: [['X-Tenant', 't1'], ['Host', 'h']] });
    assert.equal(at(entry, 'tenant'), 't1');
    assert.equal(at(entry, 'a', 'b', 'c'), 'fixed');
    assert.deepEqual(at(entry, 'request', 'headers'), { 'x-tenant': 't1' });
    assert.equal(at(entry, 'client_ip'), undefined);
    assert.equal(at(entry, 'absent'), undefined);
    assert.equal(at(withFields({ tenant: '$(headers["x-tenant"] or "none")' }), 'tenant'), 'none');
  });

  test('that reach where nothing should be set are refused', () => {
    const problems = (fields: Readonly<Record<string, string>>) => soundCustomFields.check({ config: { custom_fields: fields } }).map(({ field }) => field);
    for (const bad of ['__proto__.x', 'a.constructor', 'a..b', '.a', 'a\u0000', Array.from({ length: 9 }, () => 'a').join('.')]) assert.deepEqual(problems({ [bad]: 'x' }), [`config.custom_fields.${bad}`], bad);
    assert.deepEqual(problems({ request: 'x' }), ['config.custom_fields.request']);
    assert.deepEqual(problems({ a: '$(lua())' }), ['config.custom_fields.a']);
    assert.deepEqual(problems({ a: 'return kong.request.get_header("x")'.replace('return', '$(') }), ['config.custom_fields.a']);
    assert.deepEqual(problems({ request: '', 'request.x': 'y', b: '$(headers.x)' }), []);
    assert.equal(problems(Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`f${index}`, 'x']))).length, 1);
  });
});
