import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RetryBudget } from './retry-budget.ts';

function taken(budget: RetryBudget, nowMs: number, percent: number): number {
  let count = 0;
  for (; count < 10_000 && budget.allows(nowMs, percent); count++) budget.retried(nowMs);
  return count;
}

test('a quiet upstream has ten retries a second, all of ten seconds at once if need be', () => {
  const budget = new RetryBudget();
  assert.equal(taken(budget, 50_000, 20), 100);
  assert.equal(taken(budget, 59_999, 20), 0);
  assert.equal(taken(budget, 60_000, 20), 100, 'what was taken ten seconds ago counts no more');
});

test('a busy one has its percentage, whatever that is', () => {
  const budget = new RetryBudget();
  for (let request = 0; request < 5_000; request++) budget.requestBegun(1_000 + request);
  assert.equal(taken(budget, 6_000, 20), 1_000);
  assert.equal(budget.allows(6_000, 20.1), true);
  assert.equal(new RetryBudget().allows(0, 0), true, 'even of 0 % a few are always allowed');
  // The requests of the second from 1,000 ms on are forgotten, none of the retries.
  for (let request = 0; request < 1_000; request++) budget.requestBegun(11_500);
  assert.equal(taken(budget, 11_500, 20), 0);
});

test('the ring agrees with a list of all that was, at whatever pace it came', () => {
  const step = fc.record({ laterMs: fc.oneof(fc.nat(300), fc.nat(30_000)), kind: fc.constantFrom('request', 'retry') });
  fc.assert(fc.property(fc.array(step, { maxLength: 400 }), fc.nat(100), (steps, percent) => {
    const budget = new RetryBudget();
    const past: { readonly kind: string; readonly second: number }[] = [];
    let nowMs = 0;
    for (const { laterMs, kind } of steps) {
      nowMs += laterMs;
      const second = Math.floor(nowMs / 1_000);
      // A hundred of each, so that the bound is met.
      for (let count = 0; count < 100; count++) {
        if (kind === 'request') budget.requestBegun(nowMs);
        else budget.retried(nowMs);
        past.push({ kind, second });
      }
      const recent = past.filter((one) => one.second > second - 10);
      const requests = recent.filter((one) => one.kind === 'request').length;
      assert.equal(budget.allows(nowMs, percent), recent.length - requests < Math.max(100, (requests * percent) / 100));
    }
  }), { numRuns: 50 });
});
