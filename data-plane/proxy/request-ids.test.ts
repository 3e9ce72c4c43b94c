import assert from 'node:assert/strict';
import { randomFillSync } from 'node:crypto';
import { test } from 'node:test';
import { RequestIds } from './request-ids.ts';

test('ids are 32 hex digits from fresh randomness', () => {
  let fills = 0;
  const ids = new RequestIds((block) => {
    fills += 1;
    randomFillSync(block);
  });
  const made = Array.from({ length: 4_000 }, () => ids.next());
  assert.ok(made.every((id) => /^[0-9a-f]{32}$/.test(id)));
  assert.equal(new Set(made).size, made.length);
  assert.equal(fills, 4);
});
