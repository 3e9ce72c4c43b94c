import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HoldfastError } from '../../shared/errors.ts';
import type { Question } from '../../shared/wire/sync-message.ts';
import { AnswerDesk } from './answer-desk.ts';

const question = (id: number): Question => ({ kind: 'question', id, subject: 'explain', document: Buffer.from('{}') });

test('R5: so many questions are in hand at once; the others are told to come again, and are answered then', async () => {
  const pending: (() => void)[] = [];
  const desk = new AnswerDesk(() => new Promise((resolve) => pending.push(() => resolve('{}'))));
  const answers = Array.from({ length: 100 }, (_, id) => desk.answer(question(id)));
  const turnedAway = await Promise.all(answers.slice(16));
  assert.equal(pending.length, 16);
  assert.ok(turnedAway.every(({ problem }) => /ask again/.test(problem)));
  assert.equal(turnedAway[0]?.id, 16);
  for (const settle of pending) settle();
  assert.deepEqual((await Promise.all(answers.slice(0, 16))).map(({ problem }) => problem), Array(16).fill(''));
  void desk.answer(question(101));
  assert.equal(pending.length, 17);
});

test('what can not be answered is told as a problem', async () => {
  const refusing = new AnswerDesk(() => Promise.reject(new HoldfastError({ code: 'ROUTER_NO_ROUTE', source: 'gateway', publicMessage: 'no such subject' })));
  assert.deepEqual(await refusing.answer(question(7)), { kind: 'answer', id: 7, document: new Uint8Array(), problem: 'no such subject' });
  const talkative = new AnswerDesk(() => Promise.resolve('x'.repeat(200 * 1024)));
  assert.match((await talkative.answer(question(8))).problem, /larger than/);
});
