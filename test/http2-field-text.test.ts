/**
 * Field lists as text, without nghttp2 in front, which refuses most of what is wrong: whatever the list, there is either no text or
 * one head that the oracle's strict reader takes whole, with the fields of the list and nothing else (R2).
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { requestText, responseText, trailerText } from '../data-plane/http2/field-text.ts';
import { StrictReader, type StrictMessage } from './support/strict-reader.ts';

interface Http2Case {
  readonly name: string;
  readonly fields: readonly (readonly [string, string])[];
  readonly body?: readonly string[];
  readonly trailers?: readonly (readonly [string, string])[];
}

const FOLDER = new URL('./cases/attacks-http2/', import.meta.url);
const CASES = readdirSync(FOLDER).flatMap((file) => (JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')) as { readonly cases: readonly Http2Case[] }).cases);

/** The one message of a text; fails where there is none, more than one, or anything behind it. */
function onlyHead(text: string, kind: 'request' | 'response', what: string): StrictMessage {
  const heads: StrictMessage[] = [];
  const reader: StrictReader = new StrictReader(kind, {
    head: (message) => {
      heads.push(message);
      reader.becomeOpaque();
    },
    message: () => undefined,
    violation: (rule) => assert.fail(`${what}: ${rule} in ${JSON.stringify(text)}`),
  });
  const rest = reader.push(text);
  const [head] = heads;
  assert.ok(head !== undefined && heads.length === 1 && rest === '', `${what}: ${JSON.stringify(text)}`);
  return head;
}

function checkRequest(fields: readonly string[], hasBody: boolean, what: string): 'malformed' | 'request' {
  const result = requestText(fields, hasBody);
  if (result.kind === 'malformed') return 'malformed';
  // UTF-8 in a target is the engine's parser's business: it refuses or escapes it.
  const head = onlyHead(result.text.replace(/^[^\r\n]*/, (line) => line.replaceAll(/[\x80-\xff]/g, 'x')), 'request', what);
  const named = fields.filter((name, at) => at % 2 === 0 && !name.startsWith(':') && name !== 'cookie' && name !== 'host');
  const written = head.fields.map(([name]) => name).filter((name) => name !== 'host' && name !== 'cookie' && name !== 'transfer-encoding');
  assert.deepEqual(written.toSorted(), named.toSorted(), what);
  assert.ok(head.fields.filter(([name]) => name === 'host').length <= 1, what);
  return 'request';
}

test('the attacks of the case files give no text, or one head with the fields of the list', () => {
  const malformed = CASES.filter(({ name, fields, body }) => checkRequest(fields.flat(), body !== undefined, name) === 'malformed');
  assert.ok(malformed.length >= 50, String(malformed.length));
  for (const { name } of CASES.filter((each) => each.name.startsWith('left out: '))) assert.ok(malformed.some((each) => each.name === name), `${name} is not refused here`);
});

test('trailers that hold more than they should are malformed', () => {
  for (const { name, trailers } of CASES) {
    if (trailers === undefined) continue;
    const text = trailerText(trailers.flat());
    if (/left out: |a pseudo-header|transfer-encoding|connection|a capital/.test(name)) assert.notEqual(typeof text, 'string', name);
    if (typeof text === 'string') assert.match(text, /^(?:[!-9;-~]+: [^\r\n\0]*\r\n)*$/);
  }
});

const bytes = fc.string({ unit: fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...Array.from('ab/:;,0 \r\n\t\0\x7f\xe4H%')) }, fc.integer({ min: 0, max: 0x200 }).map((code) => String.fromCharCode(code))), maxLength: 8 });
const field = fc.tuple(fc.oneof(fc.constantFrom(':method', ':path', ':scheme', ':authority', 'host', 'content-length', 'cookie', 'te', 'x'), bytes), fc.oneof(bytes, fc.constantFrom('GET', '/', 'http', 'a.test', '5', 'trailers')));
const usual = fc.constant([[':method', 'POST'], [':scheme', 'http'], [':authority', 'a.test'], [':path', '/a']] as const);

test('any list gives no text or one head', () => {
  let heads = 0;
  fc.assert(
    fc.property(fc.oneof(usual, fc.constant([])), fc.array(field, { maxLength: 5 }), fc.boolean(), (first, more, hasBody) => {
      const fields = [...first, ...more].flat();
      if (checkRequest(fields, hasBody, JSON.stringify(fields)) === 'request') heads += 1;
      const answer = responseText([':status', '200', ...more.flat()], hasBody, false);
      if (answer.kind === 'response') onlyHead(answer.text, 'response', JSON.stringify(fields));
    }),
    { numRuns: 3_000 },
  );
  assert.ok(heads > 50, String(heads));
});
