/**
 * People sign in: at a real OpenID provider by a browser and by the command line, with a break-glass password when there is none; what
 * their groups give them; how sessions end; what other sites and guessers get.
 */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, test } from 'node:test';
import type { CustomFetch } from 'openid-client';
import { identityOf, isIssuer, OidcSignIn } from '../control-plane/sign-in/oidc.ts';
import { createProviderFetch } from '../control-plane/sign-in/provider-fetch.ts';
import { systemClock } from '../shared/clock.ts';
import { startTestAdminApi } from './support/admin-api.ts';
import { signInAt, TestBrowser } from './support/browser.ts';
import { startIdentityProvider } from './support/identity-provider.ts';
import { waitUntil } from './support/wait-until.ts';

const PUBLIC = 'http://admin.test';
const api = await startTestAdminApi({ publicUrl: new URL(PUBLIC), allowHttpIssuers: true });
const { send } = api;
const tenant = String((await api.store.tenants.get(api.tenantId))?.name);
const BEGIN = `${PUBLIC}/v1/sign-in/${tenant}/corp`;
const provider = await startIdentityProvider(`${BEGIN}/callback`, `${PUBLIC}/v1/sign-in/${tenant}/given/callback`);
after(() => provider.stop());

const PROVIDER = {
  name: 'corp', issuer: provider.issuer, client_id: provider.clientId, client_secret: provider.clientSecret, scopes: ['openid', 'profile', 'groups'],
  role_mappings: [{ group: 'platform', role: 'admin' }, { group: 'support', role: 'viewer' }, { group: 'auditors', role: 'auditor' }],
};
provider.groups.set('alice', ['platform', 'everybody']).set('bob', ['support', 'auditors']).set('mallory', ['everybody']);
(await send('POST', '/v1/identity-providers', { json: PROVIDER })).expect(201);

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Failures are counted by address, and all tests have the same one: each comes in at an instance of its own. */
let entrance = api.base;
beforeEach(async () => {
  entrance = await api.startAnother();
});

function newBrowser(): TestBrowser {
  return new TestBrowser(new Map([[PUBLIC, entrance]]));
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
  const page = await signInAt(victim, BEGIN, 'alice', (url) => url.pathname.endsWith('/corp/callback'));
  // Somebody else's browser is given the address that came back (login CSRF).
  assert.equal((await newBrowser().go(page.url)).status, 400);
  const other = newBrowser();
  await other.go(BEGIN, { until: (url) => url.origin !== PUBLIC });
  assert.equal((await other.go(page.url)).status, 403);
  // A code that one provider gave is not taken to another: each has a redirect URI of its own (mix-up).
  const mixed = newBrowser();
  await mixed.go(BEGIN, { until: (url) => url.origin !== PUBLIC });
  assert.equal((await mixed.go(new URL(page.url.search, `${PUBLIC}/v1/sign-in/${tenant}/given/callback`))).status, 400);
  assert.equal((await victim.go(page.url)).status, 200);
  assert.equal((await victim.go(page.url)).status, 400);
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
    [`/v1/sign-in/${tenant}/corp/callback?code=x&state=y`, 400, /not begun in this browser/],
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

test('a page of another site can not sign a browser in by a form, nor forge a token of another length', async () => {
  const operator = (await send('POST', '/v1/operators', { json: { name: 'form', role: 'viewer' } })).expect(201).word('id');
  (await send('PUT', `/v1/operators/${operator}/password`, { json: { password: 'correct horse battery' } })).expect(204);
  const form = `tenant=${tenant}&operator=form&password=correct+horse+battery&cookie=true`;
  for (const headers of [{ origin: 'https://evil.test' }, { 'sec-fetch-site': 'cross-site' }]) {
    const refused = await send('POST', '/v1/sign-in/password', { token: null, form, headers });
    assert.equal(refused.expect(403).headers['set-cookie'], undefined);
  }
  assert.match(String((await send('POST', '/v1/sign-in/password', { token: null, form, headers: { origin: PUBLIC } })).expect(200).headers['set-cookie']), /holdfast-session=hfs_/);
  const browser = await signedIn('alice');
  const csrf = (await asBrowser(browser, 'GET', '/v1/me')).word('csrf_token');
  (await asBrowser(browser, 'POST', '/v1/sign-out', { headers: { 'x-holdfast-csrf': `\u00e9${csrf.slice(1)}` } })).expect(403);
});

test('who is enabled again has to sign in again', async () => {
  const browser = await signedIn('alice');
  const id = (await asBrowser(browser, 'GET', '/v1/me')).word('id');
  for (const disabled of [true, false]) (await send('PATCH', `/v1/operators/${id}`, { json: { disabled } })).expect(200);
  (await asBrowser(browser, 'GET', '/v1/me')).expect(401);
});

test('the client secret does not go to another issuer', async () => {
  const made = (await send('POST', '/v1/identity-providers', { json: { ...PROVIDER, name: 'moving', role_mappings: [] } })).expect(201).word('id');
  const { client_secret: _, ...withoutSecret } = { ...PROVIDER, name: 'moving', role_mappings: [], issuer: 'http://127.0.0.1:1' };
  assert.match((await send('PUT', `/v1/identity-providers/${made}`, { json: withoutSecret })).expect(400).word('message'), /client_secret/);
  (await send('PUT', `/v1/identity-providers/${made}`, { json: { ...withoutSecret, client_secret: 'another' } })).expect(200);
});

test('a role that a provider gives is not deleted, and is renamed there too: nobody gets what a later role of that name holds', async () => {
  const permissions = [{ resources: ['services'], verbs: ['read'] }];
  const role = (await send('POST', '/v1/roles', { json: { name: 'given', permissions } })).expect(201).word('id');
  provider.groups.set('rita', ['readers']);
  const id = (await send('POST', '/v1/identity-providers', { json: { ...PROVIDER, name: 'given', role_mappings: [{ group: 'readers', role: 'given' }], default_role: 'given' } })).expect(201).word('id');
  assert.match((await send('DELETE', `/v1/roles/${role}`)).expect(409).text, /identity provider \\"given\\"/);
  const browser = newBrowser();
  assert.equal((await signInAt(browser, BEGIN.replace(/corp$/, 'given'), 'rita')).status, 200);
  (await send('PATCH', `/v1/roles/${role}`, { json: { name: 'renamed' } })).expect(200);
  assert.deepEqual((await asBrowser(browser, 'GET', '/v1/me')).expect(200).at('roles'), ['renamed']);
  const renamed = (await send('GET', `/v1/identity-providers/${id}`)).expect(200);
  assert.deepEqual([renamed.at('role_mappings'), renamed.at('default_role')], [[{ group: 'readers', role: 'renamed' }], 'renamed']);
});

test('who was turned away stands in the audit, with the reason; the log says why', async () => {
  await signInAt(newBrowser(), BEGIN, 'mallory');
  const rows = (await send('GET', '/v1/audit?action=refuse')).expect(200).text;
  assert.match(rows, /mallory@example.com/);
  assert.match(rows, /identity_providers/);
  assert.match(api.logLines().join('\n'), /sign-in-refused/);
});

test('whoever may not give what a provider gives can not take it away either', async () => {
  const token = await api.tokenFor('provider-remover', [{ resources: ['identity-providers'], verbs: ['*'] }]);
  (await send('DELETE', '/v1/identity-providers/corp', { token })).expect(403);
});

test('a provider is not asked at this machine or at a metadata service, and its answers are bounded', async () => {
  const big = createServer((request, response) => void response.end(request.url === '/big' ? 'x'.repeat(1_100_000) : '{"a":1}'));
  const port = await new Promise<number>((resolve) => big.listen(0, '127.0.0.1', () => resolve(portOf(big))));
  const [strict, lenient] = [createProviderFetch({ mayAskItself: false }), createProviderFetch({ mayAskItself: true })];
  const ask = (fetch: CustomFetch, url: string) => fetch(url, { method: 'GET', headers: {}, body: undefined, redirect: 'manual' });
  try {
    assert.equal(await (await ask(lenient.fetch, `http://127.0.0.1:${port}/`)).text(), '{"a":1}');
    await assert.rejects(ask(lenient.fetch, `http://127.0.0.1:${port}/big`), /size/i);
    for (const url of [`http://127.0.0.1:${port}/`, `http://localhost:${port}/`, `http://[::ffff:127.0.0.1]:${port}/`]) await assert.rejects(ask(strict.fetch, url), { code: 'SIGN_IN_PROVIDER_FAILED' }, url);
    for (const { fetch } of [strict, lenient]) await assert.rejects(ask(fetch, 'http://169.254.169.254/latest/meta-data/'), { code: 'SIGN_IN_PROVIDER_FAILED' });
    const content = await api.store.identityProviders.find(api.tenantId, 'moving');
    assert.ok(content);
    const signIn = new OidcSignIn({ publicUrl: new URL(PUBLIC), allowHttp: false, clock: systemClock });
    await assert.rejects(signIn.begin({ ...content, issuer: `https://localhost:${port}` }, '/x'), { publicMessage: /^localhost is this machine/ });
    await signIn.close();
    for (const issuer of ['https://169.254.169.254', 'https://[::1]:8443', 'https://127.0.0.1']) assert.equal(isIssuer(issuer, false), false, issuer);
  } finally {
    await Promise.all([strict.close(), lenient.close()]);
    big.close();
  }
});

test('a subject is never cut to that of somebody else', () => {
  for (const sub of ['x'.repeat(256), '', 7, 'a\0b']) assert.throws(() => identityOf({ sub }, { groupsClaim: 'groups' }), { code: 'SIGN_IN_REFUSED' });
  const groups = Array.from({ length: 1_500 }, (_, index) => `g${index}`);
  assert.deepEqual(identityOf({ sub: 's', groups: [...groups, 7] }, { groupsClaim: 'groups' }), { subject: 's', name: 's', groups });
});
