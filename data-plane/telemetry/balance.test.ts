import { test } from 'node:test';
import assert from 'node:assert/strict';
import { checkBalance } from './balance.ts';

const EVEN = { produced: 100, recovered: 20, delivered: 90, buffered: 17, dropped: { 'spool-full': 3, other: 2 }, lostAtCrash: 8 };

test('every request that was counted is somewhere, once', () => {
  assert.deepEqual(checkBalance(EVEN), { kind: 'even' });
  assert.deepEqual(checkBalance({ ...EVEN, delivered: 88 }), { kind: 'missing', requests: 2 });
  assert.deepEqual(checkBalance({ ...EVEN, delivered: 91 }), { kind: 'surplus', requests: 1 });
  assert.deepEqual(checkBalance({ ...EVEN, dropped: {} }), { kind: 'missing', requests: 5 });
});
