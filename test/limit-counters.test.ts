/** Counters in a real Redis: windows that slide, what is kept how long, and counts that are brought together now and then by several threads and data planes. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { allocateCounterTable, SharedCounterTable } from '../data-plane/counters/shared-counter-table.ts';
import { RedisLink } from '../data-plane/plugin-services/redis-link.ts';
import { systemClock } from '../shared/clock.ts';
import { PeriodicRedisCounters } from '../shared/plugin-parts/periodic-redis-counters.ts';
import type { CounterKey, CounterWindow } from '../shared/plugins/plugin-services.ts';
import { RedisCounters, redisKeyOf } from '../shared/plugin-parts/redis-counters.ts';
import type { ExchangingTask } from './support/exchanging-thread.ts';
import { ManualClock } from './support/manual-clock.ts';
import { startRedis, withoutRedis, type RedisServer } from './support/redis-server.ts';
import { waitUntil } from './support/wait-until.ts';

const skip = { skip: withoutRedis };
const START = 1_800_000_000_000;
const minute = (over: Partial<CounterWindow> = {}): CounterWindow => ({ startMs: START, windowMs: 60_000, limit: 10, ...over });
const keyOf = (text: string): CounterKey => ({ text, known: undefined });
let redis: RedisServer;
let link: RedisLink;

before(async () => {
  if (withoutRedis !== false) return;
  redis = await startRedis();
  link = new RedisLink({
    server: { host: redis.host, port: redis.port, username: null, password: null, database: 0, tls: undefined, connectTimeoutMs: 2_000, timeoutMs: 2_000 }, clock: systemClock, random: Math.random, changed: () => undefined,
  });
});
after(() => link?.close());

test('a request counts in all its windows or in none, and what is left is told', skip, async () => {
  const clock = new ManualClock(START);
  const counters = new RedisCounters(link, clock);
  const windows = [minute({ limit: 2 }), minute({ windowMs: 3_600_000, limit: 3 })];
  const key = keyOf('all-or-none');
  assert.deepEqual(await counters.take(key, windows), { kind: 'taken', remaining: [1, 2] });
  assert.deepEqual(await counters.take(key, windows), { kind: 'taken', remaining: [0, 1] });
  assert.deepEqual(await counters.take(key, windows), { kind: 'over', exceeded: [0], remaining: [0, 1] });
  assert.deepEqual(await counters.take(key, windows, 5), { kind: 'over', exceeded: [0, 1], remaining: [0, 1] });
  assert.deepEqual(await counters.add(key, windows, 0), [2, 2]);
  assert.deepEqual(await counters.add(key, windows, 5), [7, 7], 'whatever the limit');
});

test('a window that slides counts the one before by its part, as the table of a data plane does', skip, async () => {
  const clock = new ManualClock(START);
  const [counters, table] = [new RedisCounters(link, clock), new SharedCounterTable(allocateCounterTable(64), { threadId: 0, clock })];
  const [key, sliding] = [keyOf('slides'), { isSliding: true, limit: 10 } as const];
  for (let turn = 0; turn < 7; turn += 1) assert.deepEqual(await counters.take(key, [minute(sliding)]), table.take('slides', [minute(sliding)]));
  clock.advance(60_000);
  for (const stepMs of [0, 10_000, 20_000, 25_000]) {
    clock.advance(stepMs);
    for (let turn = 0; turn < 3; turn += 1) {
      const window = [minute({ ...sliding, startMs: START + 60_000 })];
      assert.deepEqual(await counters.take(key, window), table.take('slides', window), `after ${stepMs} ms more`);
    }
  }
});

test('keys end with their windows, one that slides a window later, and hold no limit', skip, async () => {
  const clock = new ManualClock(START + 20_000);
  const counters = new RedisCounters(link, clock);
  await counters.take(keyOf('ends'), [minute(), minute({ windowMs: 120_000, isSliding: true })]);
  const ttl = async (windowMs: number): Promise<number> => Number(await link.command('PTTL', redisKeyOf('ends', windowMs, START)));
  const [standing, sliding] = [await ttl(60_000), await ttl(120_000)];
  assert.ok(standing > 40_000 && standing <= 50_000, `${standing}`);
  assert.ok(sliding > 220_000 && sliding <= 230_000, `${sliding}`);
  assert.deepEqual(await counters.take(keyOf('ends'), [minute({ limit: 1 })]), { kind: 'over', exceeded: [0], remaining: [0] }, 'a new limit meets the old count');
});

test('commands of hundreds at once keep the limit exactly', skip, async () => {
  const counters = new RedisCounters(link, new ManualClock(START));
  const key = keyOf('burst');
  const results = await Promise.all(Array.from({ length: 500 }, () => counters.take(key, [minute({ limit: 100 })])));
  assert.equal(results.filter(({ kind }) => kind === 'taken').length, 100);
});

test('what Redis says in another form is no count', async () => {
  for (const reply of [null, 'OK', [], [1], [1, 'x'], [1, null], ['1', '1', '1']]) {
    const odd = new RedisCounters({ command: () => Promise.resolve(reply), script: () => Promise.resolve(reply) }, new ManualClock(START));
    await assert.rejects(odd.take(keyOf('odd'), [minute()]), { code: 'REDIS_UNAVAILABLE' });
  }
});

/** Two data planes, the first with two threads, each with counters of its own. */
function planes(clock: ManualClock) {
  const warnings: string[] = [];
  const memory = [allocateCounterTable(256), allocateCounterTable(256)] as const;
  const open = (buffer: SharedArrayBuffer, threadId: number): PeriodicRedisCounters => new PeriodicRedisCounters({
    redis: link, counters: new SharedCounterTable(buffer, { threadId, clock }), clock, log: { warn: (event) => void warnings.push(event) },
  });
  return { warnings, threads: [open(memory[0], 0), open(memory[0], 1)] as const, other: open(memory[1], 0) };
}

const passed = (counters: PeriodicRedisCounters, key: string, times: number): number => Array.from({ length: times }, () => counters.take(key, [minute({ limit: 100 })])).filter(({ kind }) => kind === 'taken').length;

test('now and then: threads share what is here at once, others after an exchange, and nothing is counted twice', skip, async () => {
  const { threads: [one, two], other } = planes(new ManualClock(START));
  assert.deepEqual([passed(one, 'now', 30), passed(two, 'now', 20), passed(other, 'now', 10)], [30, 20, 10]);
  // At once, as timers of threads do: their answers come in any order.
  for (let turn = 0; turn < 3; turn += 1) await Promise.all([one.exchange(), two.exchange(), other.exchange()]);
  assert.deepEqual([passed(one, 'now', 1), passed(other, 'now', 1)], [1, 1]);
  await Promise.all([one.exchange(), two.exchange(), other.exchange()]);
  assert.deepEqual([passed(one, 'now', 1), passed(two, 'now', 1), passed(other, 'now', 1)], [1, 1, 1]);
  for (const counters of [other, two, one]) await counters.exchange();
  assert.equal(passed(one, 'now', 100), 35, '65 were counted by all');
  await one.exchange();
  assert.equal(passed(other, 'now', 1), 1, 'what it can not know yet');
  await other.exchange();
  assert.deepEqual([passed(other, 'now', 1), passed(one, 'now', 1), passed(two, 'now', 1)], [0, 0, 0]);
});

test('now and then: what could not be told is told when Redis is back, once', skip, async () => {
  const { threads: [one], other, warnings } = planes(new ManualClock(START));
  assert.equal(passed(one, 'away', 60), 60);
  await redis.kill();
  await one.exchange();
  assert.deepEqual(warnings, ['limits-not-shared']);
  assert.equal(passed(one, 'away', 100), 40, 'it goes on from what it knows');
  await redis.start();
  await assert.doesNotReject(async () => {
    for (let turn = 0; turn < 200; turn += 1) {
      await one.exchange();
      if (Number(await link.command('GET', redisKeyOf('away', 60_000, START)).catch(() => 0)) === 100) return;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    assert.fail('it was not told');
  });
  assert.equal(passed(other, 'away', 1), 1);
  await other.exchange();
  assert.equal(passed(other, 'away', 1), 0);
});

test('now and then: threads that count and learn at the same moment let exactly the limit through, neither more nor less', async () => {
  const task: ExchangingTask = { table: allocateCounterTable(64), total: new SharedArrayBuffer(4), startSignal: new SharedArrayBuffer(4), limit: 10_000, takes: 10_000 };
  const threads = Array.from({ length: 4 }, () => new Worker(new URL('./support/exchanging-thread.ts', import.meta.url), { workerData: task }));
  await Promise.all(threads.map((thread) => once(thread, 'message')));
  const taken = Promise.all(threads.map(async (thread): Promise<number> => (await once(thread, 'message'))[0]));
  Atomics.store(new Int32Array(task.startSignal), 0, 1);
  Atomics.notify(new Int32Array(task.startSignal), 0);
  const sum = (await taken).reduce((together, one) => together + one, 0);
  assert.deepEqual([sum, new Int32Array(task.total)[0]], [task.limit, task.limit]);
});

test('now and then: many clients are told in portions, so that others who ask the same Redis find a place in the line', async () => {
  let [waiting, most, told] = [0, 0, 0];
  const script = async (): Promise<readonly number[]> => {
    most = Math.max(most, (waiting += 1));
    await new Promise(setImmediate);
    [waiting, told] = [waiting - 1, told + 1];
    return [1];
  };
  const clock = new ManualClock(START);
  const counters = new PeriodicRedisCounters({ redis: { command: script, script }, counters: new SharedCounterTable(allocateCounterTable(8_192), { threadId: 0, clock }), clock, log: { warn: () => undefined } });
  for (let client = 0; client < 2_000; client += 1) counters.take(`client ${client}`, [minute()]);
  await counters.exchange();
  assert.deepEqual([told, most <= 512], [2_000, true], `${most} at once`);
});

test('now and then: what is counted while an exchange is under way is told before the instance ends', async () => {
  const told: unknown[] = [];
  const answers: (() => void)[] = [];
  const script = (_source: string, _keys: readonly string[], [amount]: readonly (string | number)[]): Promise<readonly number[]> => {
    told.push(amount);
    return new Promise((resolve) => answers.push(() => resolve([Number(amount)])));
  };
  const clock = new ManualClock(START);
  const counters = new PeriodicRedisCounters({ redis: { command: () => Promise.resolve(null), script }, counters: new SharedCounterTable(allocateCounterTable(64), { threadId: 0, clock }), clock, log: { warn: () => undefined } });
  assert.equal(passed(counters, 'ends', 3), 3);
  void counters.exchange();
  assert.equal(passed(counters, 'ends', 2), 2);
  const closed = counters.close();
  answers.shift()?.();
  await waitUntil('the rest to be told', () => told.length === 2);
  answers.shift()?.();
  await closed;
  assert.deepEqual(told, [3, 2]);
});
