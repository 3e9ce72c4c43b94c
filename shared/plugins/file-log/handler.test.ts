import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { pluginRun, pluginServices, responseContext, type ResponseParts } from '../../plugin-kit/plugin-host.ts';
import type { PluginServices } from '../plugin-services.ts';
import { fileLogFactory } from './handler.ts';
import { fileLogSchema, type FileLogConfig } from './schema.ts';

const QUEUE: FileLogConfig['queue'] = { max_batch_size: 1, max_coalescing_delay: 1, max_entries: 10, max_bytes: null, max_retry_time: 60, initial_retry_delay: 0.01, max_retry_delay: 60, concurrency_limit: 1 };
const CONFIG: FileLogConfig = { path: '/var/log/requests.json', reopen: false, queue: QUEUE, custom_fields: {}, custom_fields_by_lua: null };

function scene(given: Partial<FileLogConfig> = {}, overrides: Partial<PluginServices> = {}) {
  const services = pluginServices(overrides);
  const instance = fileLogFactory.create({ ...CONFIG, ...given }, services);
  return { services, instance, logged: (parts: ResponseParts = {}) => pluginRun(instance).log(responseContext(parts)) };
}

test('each request is a line of JSON; what has gathered goes in one write', async () => {
  const { services, logged } = scene({ custom_fields: { tenant: '$(headers["x-tenant"])' } });
  logged({ path: '/a', headers: [['X-Tenant', 'a\u2028b'], ['Cookie', 's3cr3t']] });
  logged({ path: '/b', query: 'x=%0A%0D' });
  await services.flush();
  assert.equal(services.linesWritten.length, 1);
  const [written] = services.linesWritten;
  assert.equal(written?.path, '/var/log/requests.json');
  const lines = written.text.split('\n');
  assert.equal(lines.length, 3);
  assert.equal(lines[2], '');
  assert.deepEqual(lines.slice(0, 2).map((line) => Reflect.get(Object(Reflect.get(Object(JSON.parse(line)), 'request')), 'uri')), ['/a', '/b?x=%0A%0D']);
  assert.doesNotMatch(written.text, /s3cr3t/);
});

test('where the file is not allowed, requests go on: entries are dropped for good, and the log says why', async () => {
  const refusal = Object.assign(new Error('plugins may not write to /etc/cron.d/x'), { retryable: false });
  const { services, instance, logged } = scene({ path: '/etc/cron.d/x' }, { lineFile: () => { throw refusal; } });
  assert.deepEqual(services.warnings, ['file-log-not-allowed']);
  logged();
  await assert.rejects(services.flush(), refusal);
  instance.close?.();
});

describe('a path', () => {
  const { type } = fileLogSchema.config[0];
  const problemOf = (path: string): string | undefined => type.rules[0].check(path);

  test('is absolute and plain', () => {
    for (const bad of ['logs/x', '/', '/a/', '/a/../b', '/a/./b', '/a//b', '/a/b\u0000', '/a/b\nc', '/a/*', '/a/&b', '/a/%b', '/a/`b`', '']) assert.notEqual(problemOf(bad), undefined, bad);
    for (const good of ['/dev/stdout', '/var/log/requests.json', '/srv/logs/ä b']) assert.equal(problemOf(good), undefined, good);
  });
});
