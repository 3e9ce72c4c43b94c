import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { encode, type Answer } from 'dns-packet';
import { a, cname, srv } from '../../test/support/dns-server.ts';
import { decodeReply, encodeQuestion, isAskable, type Question, type Reply } from './dns-message.ts';

const QUESTION: Question = { id: 7, name: 'a.test', type: 'A' };
const reply = (answers: readonly Answer[], question: Question = QUESTION, parts: object = {}): Reply | undefined => decodeReply(
  encode({ type: 'response', id: question.id, questions: [{ type: question.type, name: question.name }], answers: [...answers], ...parts }), question,
);

test('aliases are followed within an answer, and the shortest TTL counts', () => {
  assert.deepEqual(reply([cname('a.test', 'B.test', 30), cname('b.test', 'c.test', 90), a('c.test', '10.0.0.1', 60), a('c.test', '10.0.0.2', 60)]), { kind: 'records', addresses: ['10.0.0.1', '10.0.0.2'], targets: [], ttlMs: 30_000 });
  assert.deepEqual(reply([cname('a.test', 'far.test', 30)]), { kind: 'alias', name: 'far.test', ttlMs: 30_000 });
});

test('records that nobody asked for are not believed', () => {
  assert.deepEqual(reply([a('evil.test', '10.6.6.6'), a('a.test', '::1')]), { kind: 'records', addresses: [], targets: [], ttlMs: 5_000 });
});

test('SRV records come with port, priority and weight', () => {
  const question: Question = { id: 7, name: '_http._tcp.a.test', type: 'SRV' };
  assert.deepEqual(reply([srv('_http._tcp.a.test', 'H.test', 8_080, 10, 5, 20)], question), { kind: 'records', addresses: [], targets: [{ name: 'h.test', port: 8_080, priority: 10, weight: 5 }], ttlMs: 20_000 });
});

test('what does not repeat id and question is no answer', () => {
  assert.equal(decodeReply(encode({ type: 'response', id: 8, questions: [{ type: 'A', name: 'a.test' }] }), QUESTION), undefined);
  assert.equal(decodeReply(encode({ type: 'query', id: 7, questions: [{ type: 'A', name: 'a.test' }] }), QUESTION), undefined);
  assert.equal(decodeReply(encode({ type: 'response', id: 7, questions: [{ type: 'AAAA', name: 'a.test' }] }), QUESTION), undefined);
  assert.equal(decodeReply(encode({ type: 'response', id: 7, questions: [] }), QUESTION), undefined);
});

test('no bytes whatever make it throw or run on', () => {
  const real = encode({ type: 'response', id: 7, questions: [{ type: 'A', name: 'a.test' }], answers: [a('a.test', '10.0.0.1'), cname('b.test', 'c.test')] });
  fc.assert(fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => void decodeReply(Buffer.from(bytes), QUESTION)), { numRuns: 500 });
  fc.assert(fc.property(fc.array(fc.tuple(fc.nat(real.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 }), fc.nat(real.length), (changes, length) => {
    const bytes = Buffer.from(real);
    for (const [at, value] of changes) bytes[at] = value;
    decodeReply(bytes.subarray(0, length), QUESTION);
  }), { numRuns: 1_000 });
});

test('only names that fit into a question are asked for', () => {
  for (const name of ['a', 'a.test', '_http._tcp.a.test', 'x'.repeat(63)]) assert.ok(isAskable(name), name);
  for (const name of ['', '.', 'a..b', '-a.test', 'x'.repeat(64), `${'a.'.repeat(127)}a`, 'a b', 'a\0b', 'ä.test']) assert.ok(!isAskable(name), name);
  assert.ok(encodeQuestion(QUESTION).length < 100);
});
