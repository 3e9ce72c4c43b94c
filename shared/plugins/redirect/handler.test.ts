import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { defined } from '../../assert.ts';
import { pluginContext, pluginRun, pluginServices, type HostParts } from '../../plugin-kit/plugin-host.ts';
import { redirectFactory } from './handler.ts';
import { redirectSchema, type RedirectConfig } from './schema.ts';

function answer(given: Partial<RedirectConfig>, parts: HostParts = {}) {
  const instance = redirectFactory.create({ status_code: 301, location: 'https://new.example/there?x=1#end', keep_incoming_path: false, ...given }, pluginServices());
  return defined(pluginRun(instance).head(pluginContext(parts)), 'an answer');
}

const location = (given: Partial<RedirectConfig>, parts: HostParts = {}): string | undefined => answer({ keep_incoming_path: true, ...given }, parts).headers?.[0]?.[1];

test('answers with status, location and a word for those who read it', () => {
  const { status, headers, body } = answer({ status_code: 308 }, { path: '/any', query: 'a=1' });
  assert.deepEqual([status, headers], [308, [['Location', 'https://new.example/there?x=1#end']]]);
  assert.equal(Buffer.from(body?.bytes ?? []).toString(), 'redirecting');
});

test('with keep_incoming_path path and query are those of the request', () => {
  assert.equal(location({}, { path: '/a/b%20c', query: 'q=1&r=%2F' }), 'https://new.example/a/b%20c?q=1&r=%2F#end');
  assert.equal(location({}, { path: '/' }), 'https://new.example/#end');
  assert.equal(location({ location: 'http://user:pass@new.example:8080' }, { path: '/a' }), 'http://user:pass@new.example:8080/a');
  assert.equal(location({ location: 'http://new.example?x=1' }, { path: '/a' }), 'http://new.example/a');
});

describe('no request sends anybody elsewhere', () => {
  test('whatever its path looks like', () => {
    for (const path of ['//evil.example', '/\\evil.example', '@evil.example/', '.evil.example', '/..//evil.example', 'https://evil.example/', '/%2F%2Fevil.example', ':80@evil.example']) {
      for (const base of ['https://new.example', 'https://new.example/', 'https://new.example:8443/a']) {
        const url = new URL(defined(location({ location: base }, { path }), 'a location'));
        assert.equal(url.host, new URL(base).host, `${base} ${path}`);
        assert.equal(url.username, '', `${base} ${path}`);
      }
    }
  });

  test('nor adds header lines, nor text that is not for URIs', () => {
    for (const odd of ['\r\nSet-Cookie: a=b', '\n', '\t', ' ', '"><script>', '\u00ff', '\u0000', '#x', '`', '{}']) {
      const url = defined(location({ location: 'https://new.example/' }, { path: `/a${odd}`, query: `b${odd}` }), 'a location');
      assert.match(url, /^[!$-;=?-Z[\]_a-z~]+$/, JSON.stringify(url));
      assert.ok(!url.includes('#'));
    }
    assert.equal(location({ location: 'https://new.example/' }, { path: '/', query: 'a=\u00e4 "' }), 'https://new.example/?a=%E4%20%22');
  });
});

test('the control plane takes absolute URLs only', () => {
  const { type } = defined(redirectSchema.config.find(({ name }) => name === 'location'), 'location');
  assert.ok(type.kind === 'string' && 'rules' in type);
  const [rule] = type.rules;
  for (const good of ['https://a.example', 'http://[::1]:8080/x?y#z', 'HTTPS://a.example/']) assert.equal(rule.check(good), undefined, good);
  for (const bad of ['/path', '//a.example', 'https:a.example', 'https:///a', 'https:\\\\a.example', 'javascript:alert(1)', 'ftp://a.example', 'https://a.example/\r\nX: y', 'https://a b/', 'https://ä.example/', 'https://:80/']) assert.notEqual(rule.check(bad), undefined, bad);
});
