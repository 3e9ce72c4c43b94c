/** The admin half of the getting-started walkthrough: each line as it stands, and what is stored afterwards. */
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { startTestAdminApi } from './support/admin-api.ts';

const { send } = await startTestAdminApi();

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
