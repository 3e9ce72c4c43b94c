/** Consumer groups with real processes: membership and plugins of groups from the admin API to requests, each change within a moment, and explained. */
import { execFile } from 'node:child_process';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { request } from 'undici';
import { startInstallation } from './support/installation.ts';
import { waitUntil } from './support/wait-until.ts';

const CLI = fileURLToPath(new URL('../control-plane/cli/main.ts', import.meta.url));
const run = promisify(execFile);

test('who is in a group has the plugins of the group, from the moment it is put there until it leaves', { timeout: 120_000 }, async (t) => {
  const installation = await startInstallation({ regions: ['eu-west'] });
  t.after(() => installation.stop());
  const { admin, ports } = installation;
  /** Status and minute limit of a request with the consumer's key. */
  const ask = async (key: string, method: 'GET' | 'POST' = 'GET'): Promise<string> => {
    const { statusCode, headers, body } = await request(`http://127.0.0.1:${ports.euWest.proxy}/demo/x`, { method, headers: { apikey: key } });
    await body.dump();
    return `${statusCode} ${String(headers['x-ratelimit-limit-minute'] ?? 'none')}`;
  };
  const settles = async (what: string, expected: string, asked: () => Promise<string>): Promise<void> => {
    await waitUntil(`${what}: ${expected}`, async () => (await asked()) === expected, 10_000);
  };

  await admin.send('POST', '/services/demo/plugins', { name: 'key-auth' });
  for (const name of ['ann', 'bob']) {
    await admin.send('PUT', `/consumers/${name}`, {});
    await admin.send('POST', `/consumers/${name}/key-auth`, { key: `key-of-${name}` });
  }
  await admin.send('POST', '/plugins', { name: 'rate-limiting', config: { minute: 1_000 } });
  for (const [group, minute] of [['gold', 700], ['basic', 300]] as const) {
    await admin.send('PUT', `/consumer_groups/${group}`, {});
    await admin.send('POST', `/consumer_groups/${group}/plugins`, { name: 'rate-limiting', instance_name: `limit-${group}`, config: { minute } });
  }
  await settles('in no group', '200 1000', () => ask('key-of-ann'));

  await admin.send('POST', '/consumer_groups/gold/consumers', { consumer: 'ann' });
  await settles('in gold', '200 700', () => ask('key-of-ann'));
  await admin.send('POST', '/consumers/ann/consumer_groups', { group: 'basic' });
  await settles('in both, basic comes first', '200 300', () => ask('key-of-ann'));
  assert.equal(await ask('key-of-bob'), '200 1000');
  await admin.send('POST', '/consumers/ann/plugins', { name: 'rate-limiting', instance_name: 'of-ann', config: { minute: 50 } });
  await settles('her own comes before that of a group', '200 50', () => ask('key-of-ann'));
  await admin.send('POST', '/consumer_groups/gold/plugins', { name: 'rate-limiting', config: { minute: 600 }, service: { name: 'demo' }, route: { name: 'demo' } });
  await settles('that of a group on the route before her own', '200 600', () => ask('key-of-ann'));

  await admin.send('PATCH', '/plugins/of-ann', { condition: 'http.method == "POST"', ordering: { before: { access: ['acl'] } } });
  await admin.send('DELETE', '/consumer_groups/gold/consumers');
  await settles('out of gold; her own is for POST alone', '200 none', () => ask('key-of-ann'));
  assert.equal(await ask('key-of-ann', 'POST'), '200 50');

  const explain = async (...words: readonly string[]): Promise<string> => (await run(process.execPath, [CLI, 'explain', '--status-url', `http://127.0.0.1:${ports.euWest.status}`, '--url', 'http://x/demo/x', '--consumer', 'ann', ...words], { env: { PATH: process.env['PATH'] ?? '' } })).stdout;
  const told = await explain('--method', 'POST');
  assert.match(told, /^consumer +ann, in basic$/m);
  assert.match(told, /^ +2\. rate-limiting \(910, consumer: requestHead\), before acl, where http\.method == "POST"$/m);
  assert.match(await explain(), /^ +not run +rate-limiting \(.*\): its condition does not hold for this request: http\.method == "POST"$/m);

  await admin.send('DELETE', '/plugins/of-ann');
  await settles('in basic', '200 300', () => ask('key-of-ann'));
  assert.match(await explain(), /rate-limiting \(910, consumer_group basic: requestHead\)/);
  await admin.send('DELETE', '/consumer_groups/basic');
  await settles('the group is gone', '200 1000', () => ask('key-of-ann'));

  await admin.send('POST', '/plugins', { name: 'acl', config: { allow: ['x'] }, instance_name: 'first', ordering: { before: { access: ['key-auth'] } } });
  await settles('acl before key-auth knows nobody', '401 none', () => ask('key-of-ann'));
  await admin.send('PATCH', '/plugins/first', { ordering: { before: { access: ['key-auth'] }, after: { access: ['rate-limiting'] } } });
  await admin.send('POST', '/routes/demo/plugins', { name: 'rate-limiting', config: { minute: 9 }, ordering: { after: { access: ['key-auth'] } } });
  await settles('an order that can not be closes the route', '503 none', () => ask('key-of-ann'));
  await waitUntil('and is told', async () => JSON.stringify(await admin.read('/v1/quarantine')).includes('CONFIG_PLUGIN_ORDER_CYCLE'), 10_000);
});
