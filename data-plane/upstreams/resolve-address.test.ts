import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { plainAnswer } from '../../test/support/name-answers.ts';
import { AddressBook, type NameAnswer, type Resolved } from './resolve-address.ts';

const LIMITS = { resolveTtlMs: 5_000, resolveStaleMs: 60_000, resolveTimeoutMs: 1_000, maxResolvedNames: 3 };
const none = (): boolean => false;

class Scene {
  readonly clock = new ManualClock();
  readonly asked: string[] = [];
  readonly gone: string[] = [];
  answer: NameAnswer | Error = plainAnswer(['10.0.0.1', '10.0.0.2']);
  readonly book = new AddressBook(LIMITS, this.clock, async (host) => {
    this.asked.push(host);
    if (this.answer instanceof Error) throw this.answer;
    return this.answer;
  });

  constructor() {
    this.book.onGone = (host, records) => this.gone.push(...records.map(({ address }) => `${host} ${address}`));
  }

  next(host: string, isTried: (record: Resolved) => boolean = none): string {
    const found = this.book.next(host, isTried);
    return typeof found === 'string' ? found : `${found.address}${found.port === undefined ? '' : `:${found.port}`}`;
  }
}

test('addresses of a name take turns, without those that were tried', async () => {
  const state = new Scene();
  assert.equal(state.next('a'), 'unknown');
  await state.book.resolve('a');
  assert.deepEqual([state.next('a'), state.next('a'), state.next('a')], ['10.0.0.1', '10.0.0.2', '10.0.0.1']);
  assert.equal(state.next('a', ({ address }) => address === '10.0.0.2'), '10.0.0.1');
  assert.equal(state.next('a', () => true), 'exhausted');
});

test('records of the best priority take turns by weight; the others come when none of them can be', async () => {
  const state = new Scene();
  const record = (port: number, priority: number, weight: number): Resolved => ({ address: '10.0.0.1', port, name: 'n', priority, weight });
  state.answer = { records: [record(3, 20, 9), record(1, 10, 3), record(2, 10, 1)], ttlMs: 5_000 };
  await state.book.resolve('a');
  const turns = Array.from({ length: 8 }, () => state.next('a'));
  assert.deepEqual([1, 2, 3].map((port) => turns.filter((turn) => turn === `10.0.0.1:${port}`).length), [6, 2, 0]);
  assert.equal(state.next('a', ({ priority }) => priority === 10), '10.0.0.1:3');
});

test('an answer serves for its TTL, and on while the resolver is asked, once', async () => {
  const state = new Scene();
  state.answer = plainAnswer(['10.0.0.1'], 2_000);
  await Promise.all([state.book.resolve('a'), state.book.resolve('a')]);
  assert.equal(state.asked.length, 1);
  state.clock.advance(1_999);
  state.next('a');
  assert.equal(state.asked.length, 1);
  state.clock.advance(2);
  state.answer = plainAnswer(['10.0.0.9']);
  assert.equal(state.next('a'), '10.0.0.1');
  await state.book.resolve('a');
  assert.equal(state.asked.length, 2);
  assert.equal(state.next('a'), '10.0.0.9');
  assert.deepEqual(state.gone, ['a 10.0.0.1']);
});

test('an answer that ran out long ago is not used before the name was asked again', async () => {
  const state = new Scene();
  await state.book.resolve('a');
  state.clock.advance(40_000);
  assert.equal(state.next('a'), 'unknown');
});

test('a TTL of zero does not mean a question for each request', async () => {
  const state = new Scene();
  state.answer = plainAnswer(['10.0.0.1'], 0);
  await state.book.resolve('a');
  state.clock.advance(900);
  state.next('a');
  assert.equal(state.asked.length, 1);
});

test('a resolver that fails takes no known address away, for as long as that is sensible', async () => {
  const state = new Scene();
  await state.book.resolve('a');
  state.answer = new Error('SERVFAIL');
  state.clock.advance(5_001);
  await state.book.resolve('a');
  assert.equal(state.next('a'), '10.0.0.1');
  state.clock.advance(60_000);
  await state.book.resolve('a');
  assert.equal(state.next('a'), 'failed');
  state.clock.advance(1_001);
  assert.equal(state.next('a'), 'unknown', 'a failure is asked about again soon');
});

test('an answer without addresses is an answer, kept for a short time', async () => {
  const state = new Scene();
  await state.book.resolve('a');
  state.clock.advance(5_001);
  state.answer = { records: [], ttlMs: 3_600_000 };
  await state.book.resolve('a');
  assert.equal(state.next('a'), 'failed');
  assert.deepEqual(state.gone, ['a 10.0.0.1', 'a 10.0.0.2']);
  state.clock.advance(5_001);
  assert.equal(state.next('a'), 'unknown');
});

test('the same addresses in another order are no change', async () => {
  const state = new Scene();
  await state.book.resolve('a');
  const { version } = state.book;
  state.answer = plainAnswer(['10.0.0.2', '10.0.0.1']);
  await state.book.resolve('a');
  assert.equal(state.book.version, version);
});

test('what is no address is no answer, and names are bounded', async () => {
  const state = new Scene();
  state.answer = plainAnswer(['not-an-address']);
  await state.book.resolve('a');
  assert.equal(state.next('a'), 'failed');
  state.answer = plainAnswer(['10.0.0.1']);
  for (const name of ['b', 'c', 'd']) await state.book.resolve(name);
  assert.equal(state.next('a'), 'unknown');
  assert.equal(state.next('d'), '10.0.0.1');
});

test('what a long TTL held serves on for as long as what a short one did', async () => {
  const state = new Scene();
  await state.book.resolve('a');
  state.answer = new Error('SERVFAIL');
  state.clock.advance(5_001 + 59_000);
  await state.book.resolve('a');
  assert.equal(state.next('a'), '10.0.0.1', 'counted from the end of its TTL');
});

test('an older answer serves after a short wait where the resolver takes its time', async () => {
  const clock = new ManualClock();
  let isSilent = false;
  const book = new AddressBook({ ...LIMITS, resolveTimeoutMs: 10_000 }, clock, () => (isSilent ? new Promise(() => undefined) : Promise.resolve(plainAnswer(['10.0.0.1']))));
  await book.resolve('a');
  isSilent = true;
  clock.advance(45_000);
  assert.equal(book.next('a', none), 'unknown');
  const waiting = book.resolveInTime('a');
  clock.advance(500);
  assert.equal(await waiting, true);
  assert.notEqual(book.next('a', none), 'unknown');
  const unknown = book.resolveInTime('b');
  clock.advance(9_999);
  clock.advance(1);
  assert.equal(await unknown, false);
});
