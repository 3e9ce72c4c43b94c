import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { defined } from '../../assert.ts';
import { pluginContext, pluginRun, pluginServices, type HostParts } from '../../plugin-kit/plugin-host.ts';
import { requestTerminationFactory } from './handler.ts';
import { requestTerminationSchema, type RequestTerminationConfig } from './schema.ts';

const DEFAULTS: RequestTerminationConfig = { status_code: 503, message: null, content_type: null, body: null, echo: false, trigger: null };

function answer(given: Partial<RequestTerminationConfig>, parts: HostParts = {}) {
  const verdict = pluginRun(requestTerminationFactory.create({ ...DEFAULTS, ...given }, pluginServices())).head(pluginContext(parts));
  return verdict === undefined ? undefined : { status: verdict.status, message: verdict.message, type: verdict.body?.contentType, body: verdict.body === undefined ? undefined : Buffer.from(verdict.body.bytes).toString() };
}

describe('the answer', () => {
  test('is a status with its usual message, or with none where there is no usual one', () => {
    assert.deepEqual(answer({}), { status: 503, message: 'Service unavailable', type: undefined, body: undefined });
    assert.equal(answer({ status_code: 404 })?.message, 'Not found');
    assert.deepEqual(answer({ status_code: 418 }), { status: 418, message: undefined, type: undefined, body: '' });
  });

  test('is a message in the usual format', () => assert.deepEqual(answer({ status_code: 200, message: 'So long' }), { status: 200, message: 'So long', type: undefined, body: undefined }));

  test('is a body as it is', () => {
    assert.deepEqual(answer({ body: '<b>ä</b>', content_type: 'text/html' }), { status: 503, message: undefined, type: 'text/html', body: '<b>ä</b>' });
    assert.equal(answer({ body: '{}' })?.type, 'application/json; charset=utf-8');
  });
});

test('with a trigger only requests that have it, as a header or an argument, are answered', () => {
  const trigger = 'X-Stop';
  assert.equal(answer({ trigger }), undefined);
  assert.equal(answer({ trigger }, { headers: [['x-stop', '']] })?.status, 503);
  assert.equal(answer({ trigger }, { query: 'a=1&X-Stop' })?.status, 503);
  assert.equal(answer({ trigger }, { query: 'x-stop=1' }), undefined, 'arguments have a case');
  assert.equal(answer({ trigger }, { headers: [['x-stop-not', '1']], path: '/X-Stop' }), undefined);
});

describe('an echo', () => {
  const echo = (parts: HostParts) => {
    const given = defined(answer({ echo: true, status_code: 200, message: 'hello' }, parts), 'an answer');
    assert.equal(given.type, 'application/json; charset=utf-8');
    const parsed: { readonly message: string; readonly request: Readonly<Record<string, unknown>> } = JSON.parse(given.body ?? '');
    return parsed;
  };

  test('shows the request', () => {
    const { message, request } = echo({ method: 'POST', path: '/a', query: 'q=1&q=2&r=%20', headers: [['X-A', '1'], ['x-a', '2'], ['x-b', '3']], body: Buffer.from('text'), uriCaptures: new Map([['1', 'one']]) });
    assert.equal(message, 'hello');
    assert.deepEqual(request, {
      scheme: 'http', host: 'example.com', port: 80, method: 'POST', path: '/a',
      headers: { 'x-a': ['1', '2'], 'x-b': '3' }, query: { q: ['1', '2'], r: ' ' }, raw_body: 'text', uri_captures: { '1': 'one' },
    });
  });

  test('holds whatever names a client chooses, as data', () => {
    const { request } = echo({ query: '__proto__=a&constructor=b&toString=c', headers: [['__proto__', 'x']] });
    assert.equal(JSON.stringify(request['query']), '{"__proto__":"a","constructor":"b","toString":"c"}');
    assert.equal(JSON.stringify(request['headers']), '{"__proto__":"x"}');
    assert.equal(({} as Readonly<Record<string, unknown>>)['a'], undefined);
  });

  test('is JSON and said to be: no markup of a client is ever shown as a page', () => {
    assert.ok(answer({ echo: true }, { query: '<script>', headers: [['accept', 'text/html']] })?.type?.startsWith('application/json'));
  });

  test('is bound to its trigger too', () => assert.equal(answer({ echo: true, trigger: 'x-debug' }), undefined));
});

test('the control plane takes no content type that would not be one line', () => {
  const { type } = defined(requestTerminationSchema.config.find(({ name }) => name === 'content_type'), 'content_type');
  assert.ok(type.kind === 'string' && 'rules' in type);
  for (const bad of ['text/html\r\nX: y', 'text/html\n', 'text/\u0142', '\u0000']) assert.notEqual(type.rules[0].check(bad), undefined, JSON.stringify(bad));
  assert.equal(type.rules[0].check('text/html; charset=utf-8'), undefined);
});

test('the control plane keeps message and body apart', () => {
  const problems = (config: object) => requestTerminationSchema.checks.flatMap(({ check }) => check({ config: { ...DEFAULTS, ...config } })).map(({ message }) => message);
  assert.deepEqual(problems({ message: 'a' }), []);
  assert.deepEqual(problems({ body: 'a', content_type: 'text/plain' }), []);
  assert.deepEqual(problems({ message: 'a', body: 'b' }), ['message cannot be used with content_type or body']);
  assert.deepEqual(problems({ message: 'a', content_type: 'b' }), ['message cannot be used with content_type or body']);
  assert.deepEqual(problems({ content_type: 'b' }), ['content_type requires a body']);
});
