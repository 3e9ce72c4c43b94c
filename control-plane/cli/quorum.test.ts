import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { judge, neededOf, parseQuorum } from './quorum.ts';

test('a quorum is a share or a number', () => {
  assert.deepEqual(['99%', '99.5%', '100%', '3'].map(parseQuorum), [{ kind: 'percent', percent: 99 }, { kind: 'percent', percent: 99.5 }, { kind: 'percent', percent: 100 }, { kind: 'count', count: 3 }]);
  for (const text of ['', '0', '0%', '101%', '1.5', '-1', '9e9', '50 %', 'all', '%', '1%%']) assert.throws(() => parseQuorum(text), { code: 'CLI_QUORUM_INVALID' }, text);
});

test('a share is rounded up, and none of nothing is none', () => {
  const of = (text: string, counted: number): number => neededOf(parseQuorum(text), counted);
  assert.deepEqual([of('99%', 100), of('99%', 101), of('99%', 10), of('7%', 100), of('0.1%', 1000), of('0.1%', 1001), of('50%', 3), of('100%', 7), of('1%', 0), of('3', 1)], [99, 100, 10, 7, 1, 2, 2, 7, 1, 3]);
});

test('each verdict has its case', () => {
  const at = (text: string, selected: number, counted: number, applied: number, refusedForGood: number) => judge(parseQuorum(text), { selected, counted, applied, refusedForGood });
  assert.equal(at('100%', 0, 0, 0, 0), 'nothing-selected');
  assert.equal(at('100%', 3, 3, 3, 0), 'converged');
  assert.equal(at('99%', 100, 100, 99, 1), 'converged');
  assert.equal(at('100%', 3, 3, 2, 0), 'waiting');
  assert.equal(at('100%', 3, 3, 2, 1), 'refused');
  assert.equal(at('60%', 5, 5, 1, 2), 'waiting');
  assert.equal(at('61%', 5, 5, 1, 2), 'refused');
  // Who is not connected may come and apply it.
  assert.equal(at('50%', 4, 2, 0, 2), 'waiting');
  assert.equal(at('51%', 4, 2, 0, 2), 'refused');
  // Nobody is connected: nothing has converged.
  assert.equal(at('1%', 4, 0, 0, 0), 'waiting');
  // More are asked for than there are: more may join.
  assert.equal(at('5', 3, 3, 3, 0), 'waiting');
  assert.equal(at('5', 3, 3, 1, 1), 'waiting');
  assert.equal(at('3', 3, 3, 1, 1), 'refused');
});

test('what is refused can not converge by more data planes applying it', () => {
  const fleet = fc.nat(50).chain((selected) => fc.record({ selected: fc.constant(selected), refusedForGood: fc.nat(selected), disconnected: fc.nat(selected) }));
  fc.assert(
    fc.property(fleet, fc.integer({ min: 1, max: 100 }), ({ selected, refusedForGood, disconnected }, percent) => {
      const quorum = { kind: 'percent', percent } as const;
      const counted = selected - Math.min(disconnected, selected - refusedForGood);
      fc.pre(judge(quorum, { selected, counted, applied: 0, refusedForGood }) === 'refused');
      for (let others = counted; others <= selected; others++) assert.notEqual(judge(quorum, { selected, counted: others, applied: others - refusedForGood, refusedForGood }), 'converged');
    }),
  );
});
