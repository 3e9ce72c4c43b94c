import assert from 'node:assert/strict';
import { test } from 'node:test';
import { waitUntil } from '../../test/support/wait-until.ts';
import { NewestOnly } from './newest-only.ts';

test('R5: one is handled at a time, and of what comes meanwhile only the newest', async () => {
  const begun: number[] = [];
  let finish: (() => void) | undefined;
  const heads = new NewestOnly<number>((head) => {
    begun.push(head);
    return new Promise((resolve) => (finish = resolve));
  }, (thrown) => assert.fail(String(thrown)));
  for (let head = 1; head <= 1_000; head += 1) heads.take(head);
  assert.deepEqual(begun, [1]);
  finish?.();
  await waitUntil('the newest', () => begun.length === 2 || undefined);
  assert.deepEqual(begun, [1, 1_000]);
  finish?.();
  await new Promise(setImmediate);
  heads.take(1_001);
  assert.deepEqual(begun, [1, 1_000, 1_001]);
});

test('a failure is told, and does not keep the next from its turn', async () => {
  const failures: unknown[] = [];
  const heads = new NewestOnly<number>((head) => Promise.reject(new Error(`no to ${head}`)), (thrown) => failures.push(String(thrown)));
  heads.take(1);
  heads.take(2);
  await waitUntil('both', () => failures.length === 2 || undefined);
  assert.deepEqual(failures, ['Error: no to 1', 'Error: no to 2']);
});
