import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkHost, checkTarget, RequestEdits } from './request-edits.ts';

const OWN = { connectTimeoutMs: 1, writeTimeoutMs: 2, readTimeoutMs: 3 };
const INVALID = { code: 'PLUGIN_EDIT_INVALID' };

test('what could end the request line or begin another part of it is refused', () => {
  const edits = new RequestEdits();
  for (const path of ['', 'a', '/a b', '/a\t', '/a\r\nX: 1', '/a?b', '/a#b', '/\u007f', '/\u0000', '/ł']) assert.throws(() => edits.setPath(path), INVALID, JSON.stringify(path));
  for (const query of ['a b', 'a#b', 'a\nb', 'ł', '\u0000']) assert.throws(() => edits.setQuery(query), INVALID, JSON.stringify(query));
  for (const method of ['', 'GE T', 'GET\r\n', 'connect', 'CONNECT', 'TRACE', 'trace', 'GÉT']) assert.throws(() => edits.setMethod(method), INVALID, JSON.stringify(method));
  edits.setPath('/a%20b//');
  edits.setQuery('a=?&b=\u00ff');
  edits.setMethod('PURGE');
  assert.deepEqual([edits.path, edits.query, edits.method], ['/a%20b//', 'a=?&b=\u00ff', 'PURGE']);
});

test('timeouts that are not said stay; the smallest limit of a body counts', () => {
  const edits = new RequestEdits();
  edits.setTimeouts({ readMs: 9 }, OWN);
  edits.setTimeouts({ connectMs: 8 }, OWN);
  assert.deepEqual(edits.timeouts, { connectTimeoutMs: 8, writeTimeoutMs: 2, readTimeoutMs: 9 });
  for (const ms of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2_147_483_647]) assert.throws(() => edits.setTimeouts({ writeMs: ms }, OWN), INVALID, String(ms));
  edits.limitBody(10, { kind: 'respond', status: 413 }, undefined);
  edits.limitBody(20, { kind: 'respond', status: 400 }, undefined);
  assert.deepEqual([edits.bodyLimit?.maxBytes, edits.bodyLimit?.verdict.status], [10, 413]);
  edits.limitBody(0, { kind: 'respond', status: 411 }, undefined);
  assert.equal(edits.bodyLimit?.maxBytes, 0);
});

test('a target is a name or an address, and a port', () => {
  for (const host of ['a', 'a.b-c_d', '127.0.0.1', '::1', '[::1]']) checkTarget({ host, port: 80 });
  for (const host of ['', 'a/b', 'a:80', 'a b', 'a@b', 'a\r\n', '[a]', 'x'.repeat(256)]) assert.throws(() => checkTarget({ host }), INVALID, JSON.stringify(host));
  for (const port of [0, 65_536, 1.5, Number.NaN]) assert.throws(() => checkTarget({ host: 'a', port }), INVALID, String(port));
  for (const host of ['a', 'a:80', '[::1]:80']) checkHost(host);
  for (const host of ['', 'a b', 'a/b', 'a:b', '::1']) assert.throws(() => checkHost(host), { code: 'PLUGIN_HOST_INVALID' }, JSON.stringify(host));
});
