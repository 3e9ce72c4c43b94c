import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keysIn } from './terminal-screen.ts';

test('keys are what was typed; page up is not a 5', () => {
  const keys = (text: string): readonly string[] => keysIn(Buffer.from(text));
  assert.deepEqual(keys('c5'), ['c', '5']);
  assert.deepEqual(keys('\u001b[5~p\u001b[A\u001b[1;5C\u001bOPq'), ['p', 'q']);
  assert.deepEqual(keys('\u001b'), []);
  assert.deepEqual(keys('\u0003'), ['q']);
});
