import assert from 'node:assert/strict';
import type { IncomingHttpHeaders } from 'node:http';
import { test } from 'node:test';
import { csrfToken, SessionCookies } from './session-cookie.ts';

const cookies = new SessionCookies(new URL('https://admin.example.com'));
const SESSION = 'hfs_abc';
const COOKIE = { cookie: `a=b; __Host-holdfast-session=${SESSION}` };

test('cookies that scripts and other sites can not use', () => {
  assert.equal(cookies.setSession(SESSION, 60), '__Host-holdfast-session=hfs_abc; Path=/; HttpOnly; SameSite=Lax; Max-Age=60; Secure');
  assert.equal(new SessionCookies(new URL('http://127.0.0.1:8001')).setSession(SESSION, 60), 'holdfast-session=hfs_abc; Path=/; HttpOnly; SameSite=Lax; Max-Age=60');
  assert.equal(cookies.sessionOf(COOKIE), SESSION);
  // Over plain HTTP somebody on the way could have planted it.
  assert.equal(cookies.sessionOf({ cookie: `holdfast-session=${SESSION}` }), undefined);
  assert.equal(cookies.sessionOf({ ...COOKIE, authorization: 'Bearer x' }), undefined);
  assert.equal(cookies.sessionOf({ cookie: '__Host-holdfast-session=' }), undefined);
});

const right = { ...COOKIE, 'x-holdfast-csrf': csrfToken(SESSION) };
const passes: readonly (readonly [string, string, IncomingHttpHeaders])[] = [
  ['a read', 'GET', COOKIE],
  ['a write with the token', 'POST', right],
  ['a write of the same origin', 'DELETE', { ...right, origin: 'https://admin.example.com', 'sec-fetch-site': 'same-origin' }],
  ['a write with a token of its own', 'POST', { ...COOKIE, authorization: 'Bearer x' }],
];
for (const [what, method, headers] of passes) test(`goes on: ${what}`, () => cookies.refuseForgery(method, headers));

const refused: readonly (readonly [string, IncomingHttpHeaders, RegExp])[] = [
  ['no token', COOKIE, /needs the header x-holdfast-csrf/],
  ['another session\'s token', { ...COOKIE, 'x-holdfast-csrf': csrfToken('hfs_other') }, /needs the header/],
  ['a token cut short', { ...COOKIE, 'x-holdfast-csrf': csrfToken(SESSION).slice(1) }, /needs the header/],
  ['another origin', { ...right, origin: 'https://evil.example.com' }, /Origin is https:\/\/evil/],
  ['another site', { ...right, 'sec-fetch-site': 'cross-site' }, /Sec-Fetch-Site/],
];
for (const [what, headers, message] of refused) test(`refused: ${what}`, () => assert.throws(() => cookies.refuseForgery('POST', headers), { message }));
