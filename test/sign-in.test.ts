/**
 * People sign in: at a real OpenID provider by a browser and by the command line, with a break-glass password when there is none; what
 * their groups give them; how sessions end; what other sites and guessers get.
 */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { startTestAdminApi } from './support/admin-api.ts';
import { signInAt, TestBrowser } from './support/browser.ts';
import { startIdentityProvider } from './support/identity-provider.ts';
import { waitUntil } from './support/wait-until.ts';

const PUBLIC = 'http://admin.test';
const provider = await startIdentityProvider(`${PUBLIC}/v1/sign-in/callback`);
after(() => provider.stop());
const api = await startTestAdminApi({ publicUrl: new URL(PUBLIC), allowHttpIssuers: true });
const { send } = api;
const tenant = String((await api.store.tenants.get(api.tenantId))?.name);
const BEGIN = `${PUBLIC}/v1/sign-in/${tenant}/corp`;

const PROVIDER = {
  name: 'corp', issuer: provider.issuer, client_id: provider.clientId, client_secret: provider.clientSecret, scopes: ['openid', 'profile', 'groups'],
  role_mappings: [{ group: 'platform', role: 'admin' }, { group: 'support', role: 'viewer' }, { group: 'auditors', role: 'auditor' }],
};
provider.groups.set('alice', ['platform', 'everybody']).set('bob', ['support', 'auditors']).set('mallory', ['everybody']);
(await send('POST', '/v1/identity-providers', { json: PROVIDER })).expect(201);

function newBrowser(): TestBrowser {
  return new TestBrowser(new Map([[PUBLIC, api.base]]));
}

/** A browser in which somebody is signed in. */
async function signedIn(account: string): Promise<TestBrowser> {
  const browser = newBrowser();
  const page = await signInAt(browser, BEGIN, account);
  assert.equal(page.status, 200, page.text);
  assert.equal(page.url.pathname, '/v1/me');
  return browser;
}

async function asBrowser(browser: TestBrowser, method: string, path: string, options: { readonly json?: unknown; readonly headers?: Readonly<Record<string, string>> } = {}) {
  return send(method, path, { token: null, ...(options.json === undefined ? {} : { json: options.json }), headers: { cookie: browser.cookieHeader(PUBLIC), ...options.headers } });
}

test('somebody signs in, may do what their groups give, and writes with the token that other sites can not read', async () => {
  const browser = await signedIn('alice');
  const me = (await asBrowser(browser, 'GET', '/v1/me')).expect(200);
  assert.deepEqual([me.word('name'), me.at('roles'), me.at('installation_admin')], ['alice-example.com', ['admin'], false]);
  assert.match(me.word('credential'), /^session:/);
  const csrf = { 'x-holdfast-csrf': me.word('csrf_token') };
  (await asBrowser(browser, 'POST', '/services', { json: { name: 'by-alice', host: 'a.test' } })).expect(403);
  (await asBrowser(browser, 'POST', '/services', { json: { name: 'by-alice', host: 'a.test' }, headers: { ...csrf, origin: 'https://evil.test' } })).expect(403);
  (await send('GET', '/services/by-alice')).expect(404);
  (await asBrowser(browser, 'POST', '/services', { json: { name: 'by-alice', host: 'a.test' }, headers: { ...csrf, origin: PUBLIC } })).expect(201);
  const audit = (await send('GET', '/v1/audit?actor=alice-example.com')).expect(200).text;
  assert.match(audit, /"sign-in"/);
  assert.match(audit, /session:/);
});

test('groups add up, the second sign-in is the same operator, and who has no mapped group is turned away', async () => {
  const first = (await asBrowser(await signedIn('bob'), 'GET', '/v1/me')).expect(200);
  assert.deepEqual(first.at('roles'), ['viewer', 'auditor']);
  provider.groups.set('bob', ['auditors']);
  const second = (await asBrowser(await signedIn('bob'), 'GET', '/v1/me')).expect(200);
  assert.deepEqual([second.word('id'), second.at('roles')], [first.word('id'), ['auditor']]);
  const page = await signInAt(newBrowser(), BEGIN, 'mallory');
  assert.equal(page.status, 403);
  assert.match(page.text, /none of your groups there gives you a role here/);
});

test('a name that somebody has already makes nobody that somebody', async () => {
  (await send('POST', '/v1/operators', { json: { name: 'carol-example.com', role: 'owner' } })).expect(201);
  provider.groups.set('carol', ['support']);
  const me = (await asBrowser(await signedIn('carol'), 'GET', '/v1/me')).expect(200);
  assert.deepEqual([me.word('name'), me.at('roles')], ['carol-example.com-2', ['viewer']]);
});

test('sessions end: by sign-out, by revocation, with the operator, and with a change of the provider', async () => {
  const out = await signedIn('alice');
  const csrf = { 'x-holdfast-csrf': (await asBrowser(out, 'GET', '/v1/me')).word('csrf_token') };
  (await asBrowser(out, 'POST', '/v1/sign-out', { headers: csrf })).expect(204);
  await waitUntil('the session to be over', async () => (await asBrowser(out, 'GET', '/v1/me')).status === 401);

  const revoked = await signedIn('alice');
  const [, id] = (await asBrowser(revoked, 'GET', '/v1/me')).word('credential').split(':');
  assert.match((await send('GET', '/v1/sessions')).expect(200).text, new RegExp(String(id)));
  (await send('DELETE', `/v1/sessions/${id}`)).expect(204);
  await waitUntil('the session to be over', async () => (await asBrowser(revoked, 'GET', '/v1/me')).status === 401);

  const disabled = await signedIn('alice');
  const operator = (await asBrowser(disabled, 'GET', '/v1/me')).word('id');
  (await send('PATCH', `/v1/operators/${operator}`, { json: { disabled: true } })).expect(200);
  await waitUntil('the session to be over', async () => (await asBrowser(disabled, 'GET', '/v1/me')).status === 401);
  assert.equal((await signInAt(newBrowser(), BEGIN, 'alice')).status, 403);
  (await send('PATCH', `/v1/operators/${operator}`, { json: { disabled: false } })).expect(200);

  const changed = await signedIn('alice');
  const { client_secret: _, ...withoutSecret } = PROVIDER;
  (await send('PUT', '/v1/identity-providers/corp', { json: { ...withoutSecret, role_mappings: [...PROVIDER.role_mappings].reverse() } })).expect(200);
  await waitUntil('the session to be over', async () => (await asBrowser(changed, 'GET', '/v1/me')).status === 401);
  // The secret that was not given again is still there.
  await signedIn('alice');
});

test('a sign-in is good in the browser that began it, once', async () => {
  const victim = newBrowser();
  const page = await signInAt(victim, BEGIN, 'alice', (url) => url.pathname === '/v1/sign-in/callback');
  // Somebody else's browser is given the address that came back (login CSRF).
  assert.equal((await newBrowser().go(page.url)).status, 400);
  const other = newBrowser();
  await other.go(BEGIN, { until: (url) => url.origin !== PUBLIC });
  assert.equal((await other.go(page.url)).status, 403);
  assert.equal((await victim.go(page.url)).status, 200);
  assert.equal((await victim.go(page.url)).status, 403);
});

test('wrong ways in', async () => {
  const cases: readonly (readonly [string, number, RegExp])[] = [
    [`/v1/sign-in/${tenant}/nobody`, 404, /there is no such way to sign in/],
    [`/v1/sign-in/nobody/corp`, 404, /there is no such way to sign in/],
    [`/v1/sign-in/${tenant}/corp?return_to=//evil.test`, 400, /must be a path of this admin API/],
    [`/v1/sign-in/${tenant}/corp?return_to=https://evil.test`, 400, /must be a path of this admin API/],
    [`/v1/sign-in/${tenant}/corp?port=80&challenge=x&state=y`, 400, /must be a port from 1024/],
    [`/v1/sign-in/${tenant}/corp?port=8080&challenge=x&state=y`, 400, /must be the base64url SHA-256/],
    [`/v1/sign-in/${tenant}/corp?to=x`, 400, /unknown query parameter/],
    ['/v1/sign-in/callback?code=x&state=y', 400, /not begun in this browser/],
  ];
  for (const [path, status, message] of cases) assert.match((await send('GET', path, { token: null })).expect(status).word('message'), message, path);
});

test('a provider gives nobody more than who writes it has; bad ones are refused by field', async () => {
  const token = await api.tokenFor('provider-editor', [{ resources: ['identity-providers'], verbs: ['*'] }]);
  const refused = await send('POST', '/v1/identity-providers', { token, json: { ...PROVIDER, name: 'mine' } });
  assert.match(refused.expect(403).word('message'), /the role "admin" holds more than you have/);
  for (const [change, field] of [[{ issuer: 'ftp://x' }, 'issuer'], [{ role_mappings: [{ group: 'x', role: 'nobody' }] }, 'role'], [{ scopes: ['a b'] }, 'scopes'], [{ session_hours: 0 }, 'session_hours']] as const) {
    assert.match((await send('POST', '/v1/identity-providers', { json: { ...PROVIDER, name: 'bad', ...change } })).expect(400).text, new RegExp(field));
  }
  assert.doesNotMatch((await send('GET', '/v1/identity-providers')).expect(200).text, new RegExp(provider.clientSecret));
});

test('break-glass: a password, when no provider answers; wrong ones are slowed down and tell nothing', async () => {
  const operator = (await send('POST', '/v1/operators', { json: { name: 'glass', role: 'owner' } })).expect(201).word('id');
  assert.match((await send('PUT', `/v1/operators/${operator}/password`, { json: { password: 'short' } })).expect(400).word('message'), /password/);
  (await send('PUT', `/v1/operators/${operator}/password`, { json: { password: 'correct horse battery' } })).expect(204);
  // An instance of its own: failures are counted by address too.
  const another = await api.startAnother();
  const signIn = async (password: string, name = 'glass') => {
    const response = await fetch(`${another}/v1/sign-in/password`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ tenant, operator: name, password }) });
    return { status: response.status, text: await response.text() };
  };
  const nobody = await signIn('correct horse battery', 'nobody');
  assert.equal(nobody.status, 401);
  assert.deepEqual(await signIn('wrong'), nobody);
  const signedIn = await signIn('correct horse battery');
  const { token }: { readonly token: string } = JSON.parse(signedIn.text);
  assert.deepEqual((await send('GET', '/v1/me', { token })).expect(200).at('roles'), ['owner']);
  assert.match(api.logLines().join('\n'), /glass-broken/);
  assert.doesNotMatch(api.logLines().join('\n'), /correct horse/);

  // From the fifth wrong one on even the right one has to wait; from the tenth the address too.
  for (let wrong = 0; wrong < 5; wrong += 1) assert.deepEqual(await signIn('wrong'), nobody);
  assert.deepEqual(await signIn('correct horse battery'), nobody);
  const statuses = [];
  for (let wrong = 0; wrong < 4; wrong += 1) statuses.push((await signIn('wrong')).status);
  assert.equal(statuses.at(-1), 429, statuses.join());
  (await send('DELETE', `/v1/operators/${operator}/password`)).expect(204);
  await waitUntil('the session to be over', async () => (await send('GET', '/v1/me', { token })).status === 401);
});

test('the command line: a browser brings the code, which is good there alone; logout ends it', async () => {
  const home = mkdtempSync(join(tmpdir(), 'holdfast-login-'));
  const another = await api.startAnother();
  const children: ChildProcess[] = [];
  const run = (words: readonly string[]) => {
    const child = spawn(process.execPath, [join(import.meta.dirname, '../control-plane/cli/main.ts'), ...words], { env: { PATH: process.env['PATH'], XDG_CONFIG_HOME: home, HOLDFAST_ADMIN_URL: another }, stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    child.stdout.on('data', (piece: Buffer) => (text += piece.toString()));
    child.stderr.on('data', (piece: Buffer) => (text += piece.toString()));
    const code = new Promise<number | null>((resolve) => child.once('close', resolve));
    children.push(child);
    return { code, text: () => text };
  };
  try {
    const login = run(['login', '--tenant', tenant, '--provider', 'corp', '--browser=false']);
    const begin = await waitUntil('the address', () => /http:\S+\/v1\/sign-in\/\S+/.exec(login.text())?.[0]);
    // The provider sends the browser to the public address, whichever instance was asked.
    const browser = new TestBrowser(new Map([[PUBLIC, another]]));
    const page = await signInAt(browser, begin.replace(another, PUBLIC), 'alice');
    assert.match(page.text, /You are signed in/);
    assert.equal(await login.code, 0, login.text());
    const file = join(home, 'holdfast/sessions.json');
    assert.equal(statSync(file).mode & 0o077, 0);
    const list = run(['data-planes', 'list']);
    assert.equal(await list.code, 0, list.text());
    const code = page.url.searchParams.get('code');
    const used = await send('POST', '/v1/sign-in/exchange', { token: null, json: { code, verifier: 'x'.repeat(43) } });
    used.expect(400);
    const { token } = Object.values<{ readonly token: string }>(JSON.parse(readFileSync(file, 'utf8')))[0] ?? assert.fail();
    const logout = run(['logout']);
    assert.equal(await logout.code, 0, logout.text());
    await waitUntil('the session to be over', async () => (await send('GET', '/v1/me', { token })).status === 401);
  } finally {
    for (const child of children) child.kill('SIGKILL');
    rmSync(home, { recursive: true, force: true });
  }
});
