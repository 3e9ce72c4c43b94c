import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { ProblemList } from '../../model/problems.ts';
import { parseFields } from '../../model/parse-fields.ts';
import { pluginRun, pluginServices, responseContext, type ResponseParts } from '../../plugin-kit/plugin-host.ts';
import type { FetchOptions } from '../plugin-services.ts';
import { httpLogFactory } from './handler.ts';
import { httpLogSchema, type HttpLogConfig } from './schema.ts';

const QUEUE: HttpLogConfig['queue'] = { max_batch_size: 1, max_coalescing_delay: 1, max_entries: 10, max_bytes: null, max_retry_time: 60, initial_retry_delay: 0.01, max_retry_delay: 60, concurrency_limit: 1 };
const CONFIG: HttpLogConfig = {
  http_endpoint: 'https://logs.example/in?x=1', method: 'POST', content_type: 'application/json', timeout: 500, keepalive: 60_000, headers: null, authorization: null,
  queue: QUEUE, retry_count: null, queue_size: null, flush_timeout: null, custom_fields: {}, custom_fields_by_lua: null,
};

function scene(given: Partial<HttpLogConfig> = {}, status = 200) {
  const sent: { readonly url: string; readonly options: FetchOptions; readonly json: unknown }[] = [];
  const services = pluginServices({
    fetch: async (url, options) => {
      sent.push({ url, options, json: JSON.parse(String(options.body)) });
      return { status, header: () => undefined, body: new Uint8Array() };
    },
  });
  const instance = httpLogFactory.create({ ...CONFIG, ...given }, services);
  return { sent, services, logged: (parts: ResponseParts = {}) => pluginRun(instance).log(responseContext(parts)) };
}

describe('what is sent', () => {
  test('is an object for each request, or a list where batches are wanted, to the endpoint as configured', async () => {
    const one = scene({ method: 'PUT', headers: { 'X-Source': 'gateway' }, authorization: 'Bearer token' });
    one.logged({ path: '/a' });
    one.logged({ path: '/b' });
    await one.services.flush();
    assert.deepEqual(one.sent.map(({ json }) => Reflect.get(Object(Reflect.get(Object(json), 'request')), 'uri')), ['/a', '/b']);
    assert.equal(one.sent[0]?.url, 'https://logs.example/in?x=1');
    const { method, headers, timeoutMs } = one.sent[0]?.options ?? { timeoutMs: 0 };
    assert.deepEqual([method, headers, timeoutMs], ['PUT', { 'X-Source': 'gateway', authorization: 'Bearer token', 'content-type': 'application/json' }, 500]);

    const batches: readonly Partial<HttpLogConfig>[] = [{ queue: { ...QUEUE, max_batch_size: 10 } }, { queue_size: 10 }];
    for (const batch of batches) {
      const many = scene(batch);
      many.logged({ path: '/a' });
      many.logged({ path: '/b' });
      await many.services.flush();
      assert.equal(many.sent.length, 1);
      assert.ok(Array.isArray(many.sent[0]?.json) && many.sent[0].json.length === 2);
    }
    const alone = scene({ queue_size: 10 });
    alone.logged();
    await alone.services.flush();
    assert.ok(Array.isArray(alone.sent[0]?.json), 'a list of one is a list');
  });

  test('has the fields that an operator adds, and stays JSON whatever a client sends', async () => {
    const { sent, services, logged } = scene({ custom_fields: { tenant: '$(headers["x-tenant"])' } });
    const odd = '"},{"a":"\u2028\\\u0000é';
    logged({ path: '/a', headers: [['X-Tenant', odd], ['Authorization', 'Bearer s3cr3t']] });
    await services.flush();
    assert.equal(typeof Reflect.get(Object(sent[0]?.json), 'tenant'), 'string');
    assert.doesNotMatch(String(sent[0]?.options.body), /s3cr3t/);
    assert.doesNotMatch(String(sent[0]?.options.body), /\p{Cc}/u);
  });
});

test('an answer other than 2xx fails the delivery; one that says that the entries are at fault fails it for good', async () => {
  const outcome = async (status: number): Promise<unknown> => {
    const { services, logged } = scene({}, status);
    logged();
    return services.flush().then(() => 'taken', (thrown: unknown) => Reflect.get(Object(thrown), 'retryable'));
  };
  assert.deepEqual(await Promise.all([200, 204, 301, 404, 429, 500, 503].map(outcome)), ['taken', 'taken', await outcome(301), await outcome(404), true, true, true]);
  assert.equal(await outcome(400), false);
  assert.equal(await outcome(413), false);
});

describe('what is refused where it is configured', () => {
  const problems = (given: object): readonly string[] => {
    const list = new ProblemList();
    const config = parseFields(httpLogSchema.config, { http_endpoint: 'https://logs.example', ...given }, 'config', { problems: list, newKey: () => '', parsePluginConfig: () => undefined });
    return [...list.problems, ...httpLogSchema.checks.flatMap(({ check }) => check({ config }))].map(({ field }) => field);
  };

  test('a password in the URL, other schemes, secrets in the open, headers that frame the message', () => {
    for (const endpoint of ['https://user:pw@logs.example', 'ftp://logs.example', 'file:///etc/passwd', 'logs.example', 'javascript:1']) assert.deepEqual(problems({ http_endpoint: endpoint }), ['config.http_endpoint'], endpoint);
    assert.deepEqual(problems({ headers: { Authorization: 'Bearer x' } }), ['config.headers.Authorization']);
    assert.deepEqual(problems({ headers: { apikey: 'x' } }), ['config.headers.apikey']);
    assert.deepEqual(problems({ headers: { apikey: '{vault://env/log-key}' } }), []);
    for (const name of ['Host', 'Content-Length', 'Transfer-Encoding', 'content-type', 'a b', 'a\r\nb']) assert.equal(problems({ headers: { [name]: 'x' } }).length, 1, name);
    assert.equal(problems({ headers: { 'X-A': 'a\r\nX-B: c' } }).length, 1);
    assert.deepEqual(problems({ custom_fields_by_lua: { a: 'return 1' } }), ['config.custom_fields_by_lua']);
    assert.deepEqual(problems({ headers: { 'X-A': 'b' }, custom_fields_by_lua: null, retry_count: 10, queue: { max_batch_size: 5 } }), []);
  });
});
