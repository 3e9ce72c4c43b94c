/**
 * The admin half of the getting-started walkthrough: each line as it stands, and what is stored afterwards. Then the README's lines
 * that configure plugins, through a shell and the real curl: that they are accepted, not what they do.
 */
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { startTestAdminApi } from './support/admin-api.ts';
import { testAuthority } from './support/test-certificates.ts';

const run = promisify(execFile);
const { send, base, adminToken } = await startTestAdminApi();

test('the walkthrough stores what it says', async (t) => {
  const post = (path: string, form: string) => send('POST', path, { form });

  await t.test('a service from a url', async () => {
    const service = (await post('/services', 'name=my-example-service&url=http://127.0.0.1:9000/')).expect(201);
    assert.partialDeepStrictEqual(service.body, { name: 'my-example-service', protocol: 'http', host: '127.0.0.1', port: 9000, path: '/', retries: 5, connect_timeout: 60_000, enabled: true, tags: null });
    assert.match(service.word('id'), /^[0-9a-f-]{36}$/);
    const age = Date.now() / 1000 - Number(service.at('created_at'));
    assert.ok(age >= 0 && age < 60, 'created_at is in seconds');
  });

  await t.test('a route below it', async () => {
    const route = (await post('/services/my-example-service/routes', 'paths[]=/example&strip_path=true')).expect(201);
    const service = (await send('GET', '/services/my-example-service')).expect(200);
    assert.partialDeepStrictEqual(route.body, { paths: ['/example'], strip_path: true, service: { id: service.word('id') }, protocols: ['http', 'https'], preserve_host: false });
  });

  await t.test('a consumer with a key', async () => {
    (await post('/consumers', 'username=my-app')).expect(201);
    const credential = (await post('/consumers/my-app/key-auth', 'key=supersecretapikey')).expect(201);
    assert.equal(credential.at('key'), 'supersecretapikey');
  });

  await t.test('three plugins with their defaults filled in', async () => {
    const keyAuth = (await post('/services/my-example-service/plugins', 'name=key-auth')).expect(201);
    assert.partialDeepStrictEqual(keyAuth.body, { name: 'key-auth', enabled: true, config: { key_names: ['apikey'], hide_credentials: false }, route: null, consumer: null });
    const limit = (await post('/services/my-example-service/plugins', 'name=rate-limiting&config.minute=100&config.policy=local')).expect(201);
    assert.partialDeepStrictEqual(limit.body, { config: { minute: 100, hour: null, policy: 'local', fault_tolerant: true } });
    (await post('/consumers/my-app/acls', 'group=premium-users')).expect(201);
    const acl = (await post('/services/my-example-service/plugins', 'name=acl&config.allow=premium-users')).expect(201);
    assert.partialDeepStrictEqual(acl.body, { config: { allow: ['premium-users'], deny: null } });
  });

  await t.test('every write took the next version and has its audit row', async () => {
    const [gateway] = [(await send('GET', '/v1/gateways/default')).expect(200)];
    assert.equal(gateway.at('config_version'), '1.8');
    const audit = (await send('GET', '/v1/audit?gateway=default')).expect(200);
    const rows = audit.at('data');
    assert.ok(Array.isArray(rows));
    assert.deepEqual(rows.filter((row: { readonly config_version: unknown }) => row.config_version !== null).map((row: { readonly action: string; readonly subject: { readonly kind: string } }) => `${row.action} ${row.subject.kind}`), [
      'create plugins', 'create acls', 'create plugins', 'create plugins', 'create keyauth_credentials', 'create consumers', 'create routes', 'create services',
    ]);
  });
});

test('what the README says of choosing plugins is accepted, line by line', async () => {
  const [, section = ''] = /\n## Choose from the plugins\n([^]*?)\n## /.exec(readFileSync(new URL('../README.md', import.meta.url), 'utf8')) ?? [];
  const lines = section.split('\n').filter((line) => line.startsWith('    ')).map((line) => line.trim().split(/\s+#\s/)[0] ?? '');
  assert.deepEqual([lines.filter((line) => line.startsWith('curl ')).length, lines.filter((line) => !line.startsWith('curl '))], [12, ['ADMIN=http://localhost:8001']]);
  const authority = (await send('POST', '/ca_certificates', { json: { cert: (await testAuthority()).cert } })).expect(201);
  for (const line of lines.slice(1)) {
    const { stdout } = await run('sh', ['-c', `${line} -s -w ' %{http_code}' -H "Authorization: Bearer $TOKEN"`], { env: { ...process.env, ADMIN: base, CA: authority.word('id'), TOKEN: adminToken } });
    assert.match(stdout, / 20[014]$/, line);
  }
  const plugins = (await send('GET', '/services/orders/plugins')).expect(200).at('data');
  assert.ok(JSON.stringify(plugins).includes(JSON.stringify('x-tenant:$(headers["x-consumer-username"] or "none")')), 'a template reaches the API unharmed by the shell');
});

test('what the README says of traffic, alerts and tools is accepted, line by line', async () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const sections = ['See what the traffic does', 'Be told when something is wrong', 'Use the tools that you have'].map((title) => new RegExp(`\n## ${title}\n([^]*?)\n## `).exec(readme)?.[1] ?? '');
  const lines = sections.flatMap((section) => section.split('\n')).filter((line) => line.startsWith('    curl ')).map((line) => line.trim().split(/\s+#\s/)[0] ?? '');
  assert.equal(lines.length, 10);
  for (const line of lines) {
    const { stdout } = await run('sh', ['-c', `${line.replaceAll('http://localhost:8001', base)} -s -w ' %{http_code}' -H "Authorization: Bearer $TOKEN"`], { env: { ...process.env, TOKEN: adminToken } });
    assert.match(stdout, / 20[01]$/, line);
  }
});
