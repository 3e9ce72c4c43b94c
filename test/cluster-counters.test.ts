/**
 * Counters of policy `cluster`, from the counting in a proxy thread to the table of another data plane, on a clock that is driven by hand:
 * the bound on what others do not know, lost connections, restarts, gateways apart. And two instances of the control plane at one Postgres.
 */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { CountDesk, type CountSharing, type CountSharingListener } from '../control-plane/cluster-counters/count-desk.ts';
import { CountNotifications } from '../control-plane/store/count-notifications.ts';
import { ClusterCounterTable } from '../data-plane/cluster-counters/cluster-counter-table.ts';
import { CountExchange } from '../data-plane/cluster-counters/count-exchange.ts';
import { allocateCounterTable, SharedCounterTable } from '../data-plane/counters/shared-counter-table.ts';
import { systemClock } from '../shared/clock.ts';
import { createMemoryLogger } from '../shared/log.ts';
import { newId, type DataPlaneId, type GatewayId } from '../shared/model/ids.ts';
import type { CounterWindow } from '../shared/plugins/plugin-services.ts';
import { decodeFrame, encodeFrame } from '../shared/wire/sync-codec.ts';
import { COUNTS_SINCE_VERSION, type Counts } from '../shared/wire/sync-message.ts';
import { startControlPlaneParts } from './support/control-plane-parts.ts';
import { DatabaseCable } from './support/database-cable.ts';
import { ManualClock } from './support/manual-clock.ts';
import { openTestStore } from './support/postgres.ts';
import { createGateway } from './support/store-scene.ts';
import { connectSync, type SyncClient } from './support/sync-client.ts';
import { waitUntil } from './support/wait-until.ts';

const { log } = createMemoryLogger('test');
/** A keyed hash, as plugins make them. */
const keyOf = (text: string): string => Buffer.alloc(16, text).toString('base64url');
const KEY = keyOf('client');

/** What is told within a second reaches the others with the next: see the README of rate-limiting. */
const BOUND_MS = 2_000;

class DataPlane {
  readonly table: ClusterCounterTable;
  readonly exchange: CountExchange;
  readonly session: Parameters<CountDesk['join']>[0];
  readonly clock: ManualClock;
  readonly frames: Counts[] = [];

  constructor(clock: ManualClock, gatewayId: GatewayId, dataPlaneId = newId<DataPlaneId>()) {
    this.clock = clock;
    const counters = new SharedCounterTable(allocateCounterTable(4_096), { threadId: 0, clock });
    this.exchange = new CountExchange({ counters, clock, log });
    this.table = new ClusterCounterTable(counters, clock, (windows) => this.exchange.counted(windows));
    this.session = { identity: { gatewayId, dataPlaneId }, bootId: newId(), sendCounts: (counts) => this.exchange.heard(throughWire(counts)) };
  }

  connect(desk: CountDesk): this {
    desk.join(this.session);
    this.exchange.connected((counts) => {
      this.frames.push(counts);
      desk.take(this.session, throughWire(counts));
    });
    return this;
  }

  disconnect(desk: CountDesk): void {
    desk.leave(this.session);
    this.exchange.disconnected();
  }

  /** How many of so many requests pass a limit of 100. */
  ask(times: number, over: Partial<CounterWindow> = {}, key = KEY): number {
    let passed = 0;
    for (let turn = 0; turn < times; turn += 1) if (this.table.take(key, [this.window(over)]).kind === 'taken') passed += 1;
    return passed;
  }

  window(over: Partial<CounterWindow> = {}): CounterWindow {
    const windowMs = over.windowMs ?? 3_600_000;
    const nowMs = this.clock.nowMs();
    return { startMs: nowMs - (nowMs % windowMs), windowMs, limit: 100, ...over };
  }
}

function throughWire(message: Counts): Counts {
  const decoded = decodeFrame(encodeFrame({ gatewayId: newId<GatewayId>(), message })).message;
  assert.ok(decoded.kind === 'counts');
  return decoded;
}

function scene() {
  const clock = new ManualClock();
  const desk = new CountDesk({ clock, log });
  const gatewayId = newId<GatewayId>();
  return { clock, desk, gatewayId, connected: (gateway = gatewayId) => new DataPlane(clock, gateway).connect(desk) };
}

test('what passes too much is at most what the others let through within the bound', () => {
  const { clock, connected } = scene();
  const [one, two, three] = [connected(), connected(), connected()];
  assert.deepEqual([one.ask(60), two.ask(10)], [60, 10]);
  clock.advance(BOUND_MS);
  assert.deepEqual([one.ask(200), two.ask(200), three.ask(200)], [30, 30, 30], 'each had 30 left as far as it could know');
  clock.advance(BOUND_MS);
  assert.deepEqual([one.ask(9), two.ask(9), three.ask(9)], [0, 0, 0]);
  assert.deepEqual(three.table.add(KEY, [three.window()], 0), [160]);
});

test('in a window that slides, what the others counted in the one before counts by its part too', () => {
  const { clock, connected } = scene();
  const [one, two] = [connected(), connected()];
  const sliding = { windowMs: 60_000, isSliding: true } as const;
  assert.equal(one.ask(80, sliding), 80);
  clock.advance(90_000);
  assert.equal(two.ask(100, sliding), 60, 'half of the 80 are less than a minute ago');
});

test('without a control plane each goes on from what it knew; afterwards nothing is counted twice, and nothing is missing', () => {
  const { clock, desk, connected } = scene();
  const [one, two] = [connected(), connected()];
  one.ask(40);
  clock.advance(BOUND_MS);
  two.disconnect(desk);
  one.ask(20);
  assert.equal(two.ask(10), 10);
  clock.advance(BOUND_MS);
  assert.deepEqual(two.table.add(KEY, [two.window()], 0), [50], 'of the 20 it can not know');
  two.connect(desk);
  clock.advance(BOUND_MS);
  for (const dataPlane of [one, two]) assert.deepEqual(dataPlane.table.add(KEY, [dataPlane.window()], 0), [70]);
});

test('a control plane that starts anew is told again what still matters', () => {
  const { clock, desk, gatewayId, connected } = scene();
  const [one, two] = [connected(), connected()];
  one.ask(40);
  two.ask(20);
  clock.advance(BOUND_MS);
  for (const dataPlane of [one, two]) dataPlane.disconnect(desk);
  const next = new CountDesk({ clock, log });
  for (const dataPlane of [one, two]) dataPlane.connect(next);
  clock.advance(BOUND_MS);
  const newcomer = new DataPlane(clock, gatewayId).connect(next);
  clock.advance(BOUND_MS);
  assert.deepEqual(newcomer.table.add(KEY, [newcomer.window()], 0), [60]);
  assert.deepEqual(one.table.add(KEY, [one.window()], 0), [60]);
});

test('a data plane that starts anew has what it counted before', () => {
  const { clock, desk, gatewayId, connected } = scene();
  const one = connected();
  one.ask(70);
  clock.advance(BOUND_MS);
  one.disconnect(desk);
  clock.advance(BOUND_MS);
  const again = new DataPlane(clock, gatewayId, one.session.identity.dataPlaneId).connect(desk);
  clock.advance(BOUND_MS);
  assert.equal(again.ask(100), 30);
});

test('a data plane whose clock is ahead, within a minute, moves no window of the others: not what they know of this one, and nothing of it into the next', () => {
  const hour = 3_600_000;
  const clock = new ManualClock(500_000 * hour - 20_000);
  const clockAhead = new ManualClock(clock.nowMs() + 30_000);
  const pass = (ms: number): void => {
    for (const one of [clock, clockAhead]) one.advance(ms);
  };
  const desk = new CountDesk({ clock, log });
  const gatewayId = newId<GatewayId>();
  const [one, two, ahead] = [new DataPlane(clock, gatewayId).connect(desk), new DataPlane(clock, gatewayId).connect(desk), new DataPlane(clockAhead, gatewayId).connect(desk)];
  assert.deepEqual([one.ask(60), ahead.ask(25)], [60, 25]);
  pass(BOUND_MS);
  assert.deepEqual(two.table.add(KEY, [two.window()], 0), [60]);
  assert.equal(one.ask(10), 10);
  pass(BOUND_MS);
  assert.deepEqual(two.table.add(KEY, [two.window()], 0), [70]);
  pass(20_000);
  assert.deepEqual(two.table.add(KEY, [two.window()], 0), [25], 'of the new hour');
});

test('gateways know nothing of each other, and only who has joined is listened to', () => {
  const { clock, desk, gatewayId, connected } = scene();
  const [one, other] = [connected(), connected(newId<GatewayId>())];
  one.ask(100);
  const stranger = new DataPlane(clock, gatewayId);
  desk.take(stranger.session, { kind: 'counts', windows: [{ startMs: clock.nowMs(), windowMs: 3_600_000, isSliding: false, keys: [KEY], counts: [9] }] });
  clock.advance(BOUND_MS);
  assert.equal(other.ask(100), 100);
  assert.equal(desk.size, 1);
});

test('what is told is bounded: quiet clients cost nothing, a key that is no hash stays here, a flood is told in portions', () => {
  const { clock, connected } = scene();
  const [one, two] = [connected(), connected()];
  clock.advance(10 * BOUND_MS);
  assert.equal(one.frames.length, 0);
  one.ask(1, {}, 'secret of a client');
  clock.advance(BOUND_MS);
  assert.equal(one.frames.length, 0);
  const clients = Array.from({ length: 10_000 }, (_, index) => Buffer.from(String(index).padStart(16, '0')).toString('base64url'));
  for (const client of clients.slice(0, 2_000)) one.ask(1, {}, client);
  clock.advance(BOUND_MS);
  assert.deepEqual(one.frames.map(({ windows }) => windows.flatMap(({ keys }) => keys).length), [2_000]);
  for (const client of clients.slice(0, 2_000)) assert.ok((two.table.add(client, [two.window()], 0)[0] ?? 0) === 1);
});

test('two instances of the control plane tell each other, also what was counted before they knew of each other; gateways apart', async () => {
  const { store } = await openTestStore({ poolSize: 2 });
  const clock = new ManualClock(systemClock.nowMs());
  const sharings: CountSharing[] = [];
  const share = (listener: CountSharingListener): CountSharing => {
    const sharing = store.shareCounts(listener);
    sharings.push(sharing);
    return sharing;
  };
  after(async () => {
    await Promise.all(sharings.map((sharing) => sharing.stop()));
  });
  const gatewayId = newId<GatewayId>();
  const here = new CountDesk({ clock, log, share });
  const one = new DataPlane(clock, gatewayId).connect(here);
  one.ask(30);
  clock.advance(BOUND_MS);
  const there = new CountDesk({ clock, log, share });
  const [two, stranger] = [new DataPlane(clock, gatewayId).connect(there), new DataPlane(clock, newId<GatewayId>()).connect(there)];
  two.ask(20);
  stranger.ask(1);
  const knows = (dataPlane: DataPlane, count: number): Promise<unknown> => waitUntil(`${count} to be known`, () => {
    clock.advance(1_000);
    return dataPlane.table.add(KEY, [dataPlane.window()], 0)[0] === count;
  }, 10_000);
  await knows(one, 50);
  await knows(two, 50);
  one.ask(10);
  await knows(two, 60);
  assert.deepEqual(stranger.table.add(KEY, [stranger.window()], 0), [1]);
});

test('a database that has gone silent keeps no instance from stopping', async () => {
  const { database } = await openTestStore({ poolSize: 1 });
  const cable = await DatabaseCable.to(database.connectionString);
  const clock = new ManualClock(systemClock.nowMs());
  let joined = 0;
  const instance = (connectionString: string): CountSharing => new CountNotifications({ connectionString, clock, log }, { heard: () => undefined, asked: () => undefined, joined: () => (joined += 1) });
  const [one, other] = [instance(cable.connectionString), instance(database.connectionString)];
  await waitUntil('the two to meet', () => {
    clock.advance(1_000);
    return joined === 4;
  }, 10_000);
  cable.stall();
  one.ask(newId<GatewayId>());
  clock.advance(1_000);
  const before = performance.now();
  await Promise.all([one.stop(), other.stop()]);
  assert.ok(performance.now() - before < 2_000);
});

test('over sessions: the others of its gateway are told what a data plane counted; not itself, no other gateway, and none of an older protocol', async () => {
  const { store } = await openTestStore({ poolSize: 4 });
  const parts = await startControlPlaneParts(store);
  after(() => parts.stop());
  const [gateway, elsewhere] = [await createGateway(store), await createGateway(store)];
  const connect = async (scope: typeof gateway, protocolVersion = COUNTS_SINCE_VERSION): Promise<SyncClient> => {
    const client = await connectSync(parts.port, await parts.enrol(scope));
    await client.greet({ protocolVersion });
    return client;
  };
  const [one, two, foreign, older] = [await connect(gateway), await connect(gateway), await connect(elsewhere), await connect(gateway, COUNTS_SINCE_VERSION - 1)];
  const startMs = systemClock.nowMs() - 60_000;
  const counts = (count: number): Counts => ({ kind: 'counts', windows: [{ startMs, windowMs: 3_600_000, isSliding: false, keys: [KEY], counts: [count] }] });
  one.send(counts(7));
  foreign.send(counts(Number.MAX_SAFE_INTEGER));
  assert.deepEqual(await two.next('counts'), counts(7));
  two.send(counts(2));
  assert.deepEqual(await one.next('counts'), counts(2));
  assert.deepEqual([...foreign.waiting, ...older.waiting].filter(({ kind }) => kind === 'counts'), []);
  for (const client of [one, two, foreign, older]) client.cut();
});
