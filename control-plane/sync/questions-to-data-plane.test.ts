import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SyncMessage } from '../../shared/wire/sync-message.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { QuestionsToDataPlane } from './questions-to-data-plane.ts';

function scene(protocolVersion = 2) {
  const clock = new ManualClock();
  const sent: SyncMessage[] = [];
  const questions = new QuestionsToDataPlane((message) => sent.push(message), clock);
  questions.open(protocolVersion);
  const answer = (id: number, document: string, problem = ''): void => questions.answered({ kind: 'answer', id, document: Buffer.from(document), problem });
  return { clock, sent, questions, answer };
}

test('answers find their questions, in any order', async () => {
  const { questions, sent, answer } = scene();
  const first = questions.ask('explain', { path: '/a' });
  const second = questions.ask('explain', { path: '/b' });
  assert.deepEqual(sent.map((message) => message.kind === 'question' && [message.id, Buffer.from(message.document).toString()]), [[1, '{"path":"/a"}'], [2, '{"path":"/b"}']]);
  answer(2, '{"b":1}');
  answer(1, '', 'no such thing');
  answer(7, '{}');
  assert.deepEqual(await second, { kind: 'answered', document: { b: 1 } });
  assert.deepEqual(await first, { kind: 'failed', reason: 'no such thing' });
});

test('a question fails after a while, with the session, and where the answer is no JSON', async () => {
  const { questions, clock, answer } = scene();
  const late = questions.ask('explain', {});
  clock.advance(5_000);
  assert.match(JSON.stringify(await late), /did not answer within 5 s/);
  const garbled = questions.ask('explain', {});
  answer(2, '{');
  assert.match(JSON.stringify(await garbled), /no JSON/);
  for (const [id, notAnObject] of ['null', '[]', '"text"'].entries()) {
    const odd = questions.ask('explain', {});
    answer(3 + id, notAnObject);
    assert.match(JSON.stringify(await odd), /no JSON object/);
  }
  const cut = questions.ask('explain', {});
  questions.close();
  assert.match(JSON.stringify(await cut), /disconnected/);
  assert.match(JSON.stringify(await questions.ask('explain', {})), /not connected/);
});

test('an older data plane is not asked, and nobody is asked without bound', async () => {
  const old = scene(1);
  assert.match(JSON.stringify(await old.questions.ask('explain', {})), /too old/);
  assert.equal(old.sent.length, 0);
  assert.deepEqual([old.questions.canAnswer, scene(2).questions.canAnswer], [false, true]);
  const { questions, sent } = scene();
  for (let count = 0; count < 16; count++) void questions.ask('explain', {});
  assert.match(JSON.stringify(await questions.ask('explain', {})), /too much at once/);
  assert.match(JSON.stringify(await scene().questions.ask('explain', { large: 'x'.repeat(200_000) })), /larger than/);
  assert.equal(sent.length, 16);
  questions.close();
});
