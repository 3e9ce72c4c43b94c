import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Clock } from '../../shared/clock.ts';
import { createMemoryLogger } from '../../shared/log.ts';
import { newId, type DataPlaneId, type GatewayId } from '../../shared/model/ids.ts';
import type { Counts } from '../../shared/wire/sync-message.ts';
import { CountDesk, type CountingSession } from './count-desk.ts';

const KEY = 'AQIDBAUGBwgJCgsMDQ4PEA';

/** A desk whose ticks come when the test says so. */
function scene() {
  const time = { nowMs: 1_800_000_000_000, monotonicMs: 0 };
  let tick = (): void => undefined;
  const clock: Clock = { nowMs: () => time.nowMs, monotonicMs: () => time.monotonicMs, after: () => ({ cancel: () => undefined }), every: (_, run) => ((tick = run), { cancel: () => undefined }) };
  const { log, lines } = createMemoryLogger('test');
  const desk = new CountDesk({ clock, log });
  const gatewayId = newId<GatewayId>();
  const join = (sendCounts: (counts: Counts) => void = () => undefined, gateway = gatewayId): CountingSession => {
    const session = { identity: { gatewayId: gateway, dataPlaneId: newId<DataPlaneId>() }, bootId: newId(), sendCounts };
    desk.join(session);
    return session;
  };
  const count = (session: CountingSession, counts: Readonly<Record<string, number>>): void => desk.take(session, { kind: 'counts', windows: [{ startMs: time.nowMs, windowMs: 60_000, isSliding: false, keys: Object.keys(counts), counts: Object.values(counts) }] });
  return { time, desk, join, count, lines, tick: () => tick() };
}

test('after telling that took long it rests, so that the rest of the process gets its turn; then it tells what is newest', () => {
  const { time, join, count, tick } = scene();
  const told: number[] = [];
  const one = join();
  join(({ windows }) => {
    told.push(windows[0]?.counts[0] ?? 0);
    time.monotonicMs += 2_000;
  });
  count(one, { [KEY]: 1 });
  tick();
  count(one, { [KEY]: 2 });
  time.monotonicMs += 4_999;
  tick();
  count(one, { [KEY]: 3 });
  time.monotonicMs += 1;
  tick();
  assert.deepEqual(told, [1, 3]);
});

test('while it tells many, others get their turn every 10 ms', async () => {
  const { time, join, count, tick } = scene();
  let told = 0;
  const one = join();
  for (let other = 0; other < 6; other += 1) join(() => (time.monotonicMs += 5, (told += 1)));
  count(one, { [KEY]: 1 });
  tick();
  const turns = [told];
  while (told < 6) {
    await new Promise(setImmediate);
    turns.push(told);
  }
  assert.deepEqual(turns, [2, 4, 6]);
});

test('a gateway that has used up what it may have is told so in the log, once, and takes nothing from others', () => {
  const { desk, join, count, lines } = scene();
  const [greedy, modest] = [join(), join(undefined, newId<GatewayId>())];
  const keys = (from: number, until: number): Readonly<Record<string, number>> => Object.fromEntries(Array.from({ length: until - from }, (_, index) => [String(from + index).padStart(22, 'A'), 1]));
  for (let from = 0; from < 104_000; from += 8_000) count(greedy, keys(from, from + 8_000));
  assert.equal(desk.size, 100_000);
  assert.equal(lines().filter((line) => line.includes('counts-refused')).length, 1);
  count(modest, keys(0, 5_000));
  assert.equal(desk.size, 105_000);
});
