import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Verdict } from '../../shared/plugins/contract.ts';
import { refusalResponse, verdictResponse } from './generated-response.ts';
import { REFUSALS } from './refusals.ts';

const ID = '0123456789abcdef0123456789abcdef';
const typeFor = (accept: string | undefined): string | undefined => refusalResponse(REFUSALS.noRoute, accept, ID).contentType;

test('a refusal is JSON unless Accept prefers something else that we can make', () => {
  const answer = refusalResponse(REFUSALS.noRoute, undefined, ID);
  assert.deepEqual(JSON.parse(answer.body.toString()), { message: 'no Route matched with those values', request_id: ID });
  assert.equal(answer.extraLines, 'X-Holdfast-Error: PROXY_ROUTE_MISSING\r\n');
  const cases: readonly (readonly [string | undefined, string])[] = [
    [undefined, 'application/json'], ['', 'application/json'], ['*/*', 'application/json'], ['application/json', 'application/json'], ['application/*', 'application/json'],
    ['image/png', 'application/json'], ['nonsense', 'application/json'], ['text/html', 'text/html'], ['text/*', 'text/html'], ['TEXT/HTML;charset=utf-8', 'text/html'],
    ['text/plain', 'text/plain'], ['application/xml', 'application/xml'], ['text/xml', 'application/xml'],
    ['text/html;q=0.5, application/xml;q=0.9, text/plain', 'text/plain'], ['text/html;q=0, text/plain;q=0.1', 'text/plain'], ['text/html;q=0', 'application/json'],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'text/html'], ['image/png, text/plain;q=0.3', 'text/plain'],
    ['constructor', 'application/json'], ['__proto__, toString;q=0.1', 'application/json'],
    ['text/html;q=nonsense', 'text/html'], [`text/html${','.repeat(2_000)}`, 'application/json'],
  ];
  for (const [accept, type] of cases) assert.equal(typeFor(accept), `${type}; charset=utf-8`, String(accept));
});

test('a message can not break out of its format', () => {
  const verdict: Verdict = { kind: 'respond', status: 403, message: `<b>"&'` };
  const text = (accept: string): string => verdictResponse(verdict, accept, ID).body.toString();
  assert.ok(text('text/html').includes('&lt;b&gt;&quot;&amp;&#39;') && !text('text/html').includes('<b>'));
  assert.ok(text('text/xml').includes('<message>&lt;b&gt;&quot;&amp;&#39;</message>'));
  assert.equal(text('text/plain'), `<b>"&'\nrequest_id: ${ID}\n`);
  assert.deepEqual(JSON.parse(text('*/*')), { message: `<b>"&'`, request_id: ID });
});

test('a verdict brings its own body, or a message, or nothing', () => {
  const own = verdictResponse({ kind: 'respond', status: 200, body: { contentType: 'text/csv', bytes: Buffer.from('a,b') }, headers: [['X-A', '1']] }, 'text/html', ID);
  assert.deepEqual([own.status, own.contentType, own.body.toString(), own.headers?.lines()], [200, 'text/csv', 'a,b', 'X-A: 1\r\n']);
  const empty = verdictResponse({ kind: 'respond', status: 200 }, undefined, ID);
  assert.deepEqual([empty.contentType, empty.body.length, empty.headers], [undefined, 0, undefined]);
});

test('what is no verdict is not sent', () => {
  const wrong = [
    { kind: 'respond', status: 100 }, { kind: 'respond', status: 1_000 }, { kind: 'respond', status: 200.5 }, { kind: 'respond', status: Number.NaN },
    { kind: 'respond', status: 403, headers: [['X', 'a\r\nY: b']] }, { kind: 'respond', status: 403, headers: [['Content-Length', '5']] }, { kind: 'respond', status: 403, headers: [['a b', '5']] },
    { kind: 'respond', status: 200, body: { contentType: 'text/plain\r\nX: 1', bytes: Buffer.alloc(0) } },
    Promise.resolve({ kind: 'respond', status: 200 }), true,
  ] as unknown as readonly Verdict[];
  for (const verdict of wrong) assert.throws(() => verdictResponse(verdict, undefined, ID), { name: 'HoldfastError' }, JSON.stringify(verdict));
});

test('a frozen verdict with a body is put together once', () => {
  const body = { contentType: 'text/plain', bytes: Buffer.from('x') };
  const frozen: Verdict = Object.freeze({ kind: 'respond', status: 200, body });
  assert.equal(verdictResponse(frozen, undefined, '1'), verdictResponse(frozen, 'text/html', '2'));
  const open: Verdict = { kind: 'respond', status: 200, body };
  assert.notEqual(verdictResponse(open, undefined, '1'), verdictResponse(open, undefined, '1'));
  const message: Verdict = Object.freeze({ kind: 'respond', status: 200, message: 'm' });
  assert.notEqual(verdictResponse(message, undefined, '1'), verdictResponse(message, undefined, '2'), 'its request id is in it');
});

test('several lines of one name in a verdict are several lines', () => {
  const { headers } = verdictResponse({ kind: 'respond', status: 200, headers: [['Link', '<a>'], ['X', '1'], ['link', '<b>']] }, undefined, '');
  assert.deepEqual(headers?.values('link'), ['<a>', '<b>']);
});
