import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseLabelSelector } from './parse-label-selector.ts';

test('every form of a requirement is read, with blanks where Kubernetes allows them', () => {
  assert.deepEqual(parseLabelSelector(' region = eu-west , cloud==aws,ring != 0,zone in ( a , b ),team notin (x),canary, !old,in,notin in (in)'), [
    { key: 'region', operator: 'in', values: ['eu-west'] },
    { key: 'cloud', operator: 'in', values: ['aws'] },
    { key: 'ring', operator: 'notin', values: ['0'] },
    { key: 'zone', operator: 'in', values: ['a', 'b'] },
    { key: 'team', operator: 'notin', values: ['x'] },
    { key: 'canary', operator: 'exists', values: [] },
    { key: 'old', operator: 'absent', values: [] },
    { key: 'in', operator: 'exists', values: [] },
    { key: 'notin', operator: 'in', values: ['in'] },
  ]);
  assert.deepEqual(parseLabelSelector('  '), []);
});

test('what is no selector is refused with its position', () => {
  const cases: readonly (readonly [text: string, position: number])[] = [
    ['region', 0], ['region=', 8], ['=x', 1], ['a=b,,c', 5], ['a=b,', 5], ['a=b c', 5], ['a>1', 2], ['a in b', 6], ['a in (b', 8], ['a in ()', 7], ['a in (b c)', 9], ['!', 2], ['!a=b', 3],
    ['A=b', 1], ['a=b!', 4], ['a=ü', 3], [`a=${'x'.repeat(64)}`, 3], [`a in (${'x,'.repeat(100)}x)`, 207], [`${'a,'.repeat(32)}a`, 65], ["a='; drop", 3],
  ];
  for (const [text, position] of cases) {
    if (position === 0) assert.equal(parseLabelSelector(text).length, 1);
    else assert.throws(() => parseLabelSelector(text), (thrown: Error) => thrown.message.includes(`at character ${position},`) || assert.fail(`${text}: ${thrown.message}`));
  }
});
