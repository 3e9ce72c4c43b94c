/** Passwords of plugins: what is right and wrong, what it costs, and what a flood does. Small hashes, for time. */
import assert from 'node:assert/strict';
import { argon2Sync, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { systemClock } from '../../shared/clock.ts';
import type { CounterTable } from '../../shared/plugins/plugin-services.ts';
import { allocateCounterTable, SharedCounterTable } from '../counters/shared-counter-table.ts';
import { ThreadPasswordVerifier } from './password-verifier.ts';

const tableOf = (threadId: number, memory = allocateCounterTable(64)): CounterTable => new SharedCounterTable(memory, { threadId, clock: systemClock });
const makeVerifier = (counters = tableOf(0), mostInProcess = 2): ThreadPasswordVerifier => new ThreadPasswordVerifier({ clock: systemClock, counters, mostInProcess });

const encode = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64').replace(/=+$/, '');

function hashOf(password: string, memory = 64, passes = 1): string {
  const nonce = randomBytes(16);
  return `$argon2id$v=19$m=${memory},t=${passes},p=1$${encode(nonce)}$${encode(argon2Sync('argon2id', { message: password, nonce, memory, passes, parallelism: 1, tagLength: 32 }))}`;
}

test('the password is right, any other is wrong, and nobody has one', async () => {
  const passwords = makeVerifier();
  const hash = hashOf('pässword');
  assert.equal(await passwords.verify(hash, 'pässword'), 'right');
  for (const other of ['password', 'pässword ', '', 'PÄSSWORD', 'pässword\0']) assert.equal(await passwords.verify(hash, other), 'wrong', JSON.stringify(other));
  for (const hash of [undefined, '', 'plain', '$argon2id$v=19$m=1048576,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA', '$argon2id$v=19$m=64,t=99,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA']) {
    assert.equal(await passwords.verify(hash, hash ?? ''), 'wrong', String(hash));
  }
});

test('what was right is known at once, for that hash and that password alone', async () => {
  const passwords = makeVerifier();
  const [old, next] = [hashOf('one'), hashOf('two')];
  assert.equal(await passwords.verify(old, 'one'), 'right');
  assert.equal(passwords.verify(old, 'one'), 'right');
  assert.deepEqual([[old, 'one'], [old, 'two'], [next, 'one'], [undefined, 'one']].map(([hash, password]) => passwords.isRemembered(hash, password ?? '')), [true, false, false, false]);
  assert.ok(passwords.verify(old, 'two') instanceof Promise);
  assert.equal(await passwords.verify(next, 'one'), 'wrong', 'a changed password');
  assert.ok(passwords.verify(next, 'one') instanceof Promise, 'wrong ones are worked out each time');
});

test('nobody takes as long as somebody, whose hash costs what it costs', async () => {
  const passwords = makeVerifier();
  const hash = hashOf('right', 8_192, 2);
  await passwords.verify(hash, 'to warm up');
  const timed = async (stored: string | undefined): Promise<number> => {
    const begunMs = performance.now();
    assert.equal(await passwords.verify(stored, 'wrong'), 'wrong');
    return performance.now() - begunMs;
  };
  const [nobody, somebody]: [number[], number[]] = [[], []];
  for (let turn = 0; turn < 7; turn += 1) {
    nobody.push(await timed(undefined));
    somebody.push(await timed(hash));
  }
  const [shortest, other] = [Math.min(...nobody), Math.min(...somebody)];
  assert.ok(shortest / other > 0.6 && shortest / other < 1.6, `${shortest} ms and ${other} ms`);
});

test('a flood is turned away once the queue is full; who waits is answered, and those who ask the same cost one', async () => {
  const passwords = makeVerifier();
  const hash = hashOf('right', 8_192, 2);
  const herd = Array.from({ length: 130 }, async () => passwords.verify(hash, 'right'));
  assert.equal(passwords.verify(hash, 'guess'), 'busy');
  assert.equal(passwords.verify(undefined, 'guess'), 'busy');
  const begunMs = performance.now();
  assert.deepEqual(new Set(await Promise.all(herd)), new Set(['right']));
  assert.ok(performance.now() - begunMs < 1_000, 'a herd with one password');
  assert.equal(await passwords.verify(hash, 'guess'), 'wrong', 'and there is room again');
});

test('all threads together work out no more than that at a time, and everybody has an answer', async () => {
  const memory = allocateCounterTable(64);
  const most = { underWay: 0, seen: 0 };
  const threads = [0, 1, 2, 3].map((threadId) => {
    const table = tableOf(threadId, memory);
    const watched: CounterTable = {
      take(key, windows, amount) {
        const taken = table.take(key, windows, amount);
        if (taken.kind === 'taken') most.seen = Math.max(most.seen, ++most.underWay);
        return taken;
      },
      add(key, windows, amount) {
        most.underWay += amount;
        return table.add(key, windows, amount);
      },
    };
    return makeVerifier(watched);
  });
  const hash = hashOf('right', 1_024, 1);
  const verdicts = await Promise.all(threads.flatMap((passwords) => Array.from({ length: 12 }, async (_, at) => passwords.verify(hash, at === 0 ? 'right' : `guess ${at}`))));
  assert.equal(verdicts.filter((verdict) => verdict === 'right').length, 4);
  assert.deepEqual([verdicts.length, most], [48, { underWay: 0, seen: 2 }]);
});

test('what a thread that died had under way holds up nobody for long', async () => {
  let nowMs = 1_000;
  const clock = { ...systemClock, nowMs: () => nowMs };
  const counters = new SharedCounterTable(allocateCounterTable(64), { threadId: 0, clock });
  const dead = new ThreadPasswordVerifier({ clock, counters, mostInProcess: 1 });
  void dead.verify(hashOf('x', 16_384, 4), 'never asked for again');
  const living = new ThreadPasswordVerifier({ clock, counters, mostInProcess: 1 });
  const hash = hashOf('right');
  const verdict = living.verify(hash, 'right');
  nowMs += 60_000;
  assert.equal(await verdict, 'right');
});

test('a table without room holds up nobody', async () => {
  const passwords = makeVerifier({ take: () => ({ kind: 'full' }), add: () => [] });
  assert.equal(await passwords.verify(hashOf('right'), 'right'), 'right');
});
