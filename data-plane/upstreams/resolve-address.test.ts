import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { AddressBook } from './resolve-address.ts';

const LIMITS = { resolveTtlMs: 5_000, resolveStaleMs: 60_000, resolveTimeoutMs: 1_000, maxResolvedNames: 3 };
const none = (): boolean => false;

class Scene {
  readonly clock = new ManualClock();
  readonly asked: string[] = [];
  answers: readonly string[] | Error = ['10.0.0.1', '10.0.0.2'];
  readonly book = new AddressBook(LIMITS, this.clock, async (host) => {
    this.asked.push(host);
    if (this.answers instanceof Error) throw this.answers;
    return this.answers;
  });
}

test('addresses of a name take turns, without those that were tried', async () => {
  const { book } = new Scene();
  assert.equal(book.next('a', none), 'unknown');
  await book.resolve('a');
  assert.deepEqual([book.next('a', none), book.next('a', none), book.next('a', none)], [{ address: '10.0.0.1' }, { address: '10.0.0.2' }, { address: '10.0.0.1' }]);
  assert.deepEqual(book.next('a', (address) => address === '10.0.0.2'), { address: '10.0.0.1' });
  assert.equal(book.next('a', () => true), 'exhausted');
});

test('an answer that is too old still serves while the resolver is asked, once', async () => {
  const state = new Scene();
  await Promise.all([state.book.resolve('a'), state.book.resolve('a')]);
  assert.equal(state.asked.length, 1);
  state.clock.advance(5_001);
  state.answers = ['10.0.0.9'];
  assert.deepEqual(state.book.next('a', none), { address: '10.0.0.1' });
  await state.book.resolve('a');
  assert.equal(state.asked.length, 2);
  assert.deepEqual(state.book.next('a', none), { address: '10.0.0.9' });
});

test('a resolver that fails takes no known address away, for as long as that is sensible', async () => {
  const state = new Scene();
  await state.book.resolve('a');
  state.answers = new Error('SERVFAIL');
  state.clock.advance(5_001);
  await state.book.resolve('a');
  assert.deepEqual(state.book.next('a', none), { address: '10.0.0.1' });
  state.clock.advance(60_000);
  await state.book.resolve('a');
  assert.equal(state.book.next('a', none), 'failed');
  state.clock.advance(1_001);
  assert.equal(state.book.next('a', none), 'unknown', 'a failure is asked about again soon');
});

test('what is no address is no answer, and names are bounded', async () => {
  const state = new Scene();
  state.answers = ['not-an-address'];
  await state.book.resolve('a');
  assert.equal(state.book.next('a', none), 'failed');
  state.answers = ['10.0.0.1'];
  for (const name of ['b', 'c', 'd']) await state.book.resolve(name);
  assert.equal(state.book.next('a', none), 'unknown');
  assert.deepEqual(state.book.next('d', none), { address: '10.0.0.1' });
});
