import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { HashRing, Latency, LeastConnections, RoundRobin, type Algorithm, type Availability, type BalancerMemory, type Member } from './balancer.ts';
import { Peer } from './peer.ts';
import { hashText } from './string-hash.ts';
import { layOut } from './weighted-turns.ts';

const ALL: Availability = { nowMs: 0, allows: () => true };
const without = (...peers: readonly Peer[]): Availability => ({ nowMs: 0, allows: (peer) => !peers.includes(peer) });
const memory = (): BalancerMemory => ({ place: 0, typicalLatencyMs: 0 });
const member = (index: number, weight = 100): Member => ({ peer: new Peer({ upstreamId: 'u', host: `10.0.${index >> 8}.${index & 255}`, port: 80, address: `10.0.${index >> 8}.${index & 255}`, srvName: undefined }), weight });
const members = (...weights: readonly number[]): readonly Member[] => weights.map((weight, index) => member(index, weight));
const keys = Array.from({ length: 2_000 }, (_, index) => hashText(`client ${index}`, 7));
const seeded = (seed: number): (() => number) => {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
};

function counts(algorithm: Algorithm, of: readonly Member[], picks: number, who = ALL): readonly number[] {
  const found = new Map<Peer | undefined, number>();
  for (let pick = 0; pick < picks; pick++) {
    const peer = algorithm.pick(who, undefined);
    found.set(peer, (found.get(peer) ?? 0) + 1);
  }
  return of.map(({ peer }) => found.get(peer) ?? 0);
}

test('round-robin: each gets exactly its share in every round, spread evenly', () => {
  fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 8 }), (weights) => {
    const all = members(...weights);
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    assert.deepEqual(counts(new RoundRobin(all, memory()), all, total * 3), weights.map((weight) => weight * 3));
  }), { numRuns: 100 });
  const all = members(300, 100);
  const order = [...layOut(all), ...layOut(all)].map((one) => all.indexOf(one)).join('');
  assert.ok(!order.includes('11') && !order.includes('0000'), order);
});

test('round-robin: extreme weights stay bounded, and the smallest still gets a turn', () => {
  const order = layOut(members(65_535, 65_534, 1));
  assert.ok(order.length <= 10_003);
  assert.equal(order.filter(({ weight }) => weight === 1).length, 1);
  assert.equal(layOut(members(100, 50, 25)).length, 7);
  assert.deepEqual(layOut(members(0)), []);
});

test('least-connections: of thousands the load stays even, and the only one that can be chosen is found', () => {
  const all = members(...Array.from({ length: 2_000 }, () => 100));
  const algorithm = new LeastConnections(all, memory());
  for (let pick = 0; pick < 10_000; pick++) {
    const peer = algorithm.pick(ALL);
    if (peer !== undefined) peer.active += 1;
  }
  assert.deepEqual([...new Set(all.map(({ peer }) => peer.active))], [5]);
  const last = all.at(-1)?.peer;
  assert.equal(algorithm.pick({ ...ALL, allows: (peer) => peer === last }), last);
});

test('latency: who was slow once is asked again after a while', () => {
  const all = members(100, 100, 100, 100);
  const kept = { place: 0, typicalLatencyMs: 5 };
  const random = seeded(5);
  const algorithm = new Latency(all, kept, random);
  const slow = all[0]?.peer;
  for (const { peer } of all) peer.answeredIn(peer === slow ? 1_000 : 5, 1);
  let [soon, later] = [0, 0];
  for (let nowMs = 1; nowMs < 240_000; nowMs += 10) {
    const peer = algorithm.pick({ nowMs, allows: () => true });
    if (peer === slow && nowMs < 10_000) soon += 1;
    else if (peer === slow) later += 1;
    peer?.answeredIn(4 + 2 * random(), nowMs);
  }
  assert.ok(soon < 20 && later > 3_000, `${soon} while it was slow, ${later} later`);
});

test('round-robin: goes on where the set before it was', () => {
  const kept = memory();
  const all = members(1, 1, 1);
  assert.deepEqual(counts(new RoundRobin(all, kept), all, 2), [1, 1, 0]);
  assert.deepEqual(counts(new RoundRobin(all, kept), all, 1), [0, 0, 1]);
});

test('every algorithm passes over what can not be chosen, and gives nobody where none can', () => {
  const all = members(1, 1, 1);
  const [first, second, third] = all;
  assert.ok(first !== undefined && second !== undefined && third !== undefined);
  const round = (): Algorithm => new RoundRobin(all, memory());
  for (const algorithm of [round(), new LeastConnections(all, memory()), new Latency(all, memory(), seeded(1)), new HashRing(all, 1_000, round())]) {
    for (const hash of [undefined, 0, 4_294_967_295]) {
      assert.equal(algorithm.pick(without(first.peer, third.peer), hash), second.peer);
      assert.equal(algorithm.pick(without(first.peer, second.peer, third.peer), hash), undefined);
    }
  }
});

test('least-connections: the fewest requests for its weight; equals take turns', () => {
  const all = members(100, 200, 100);
  const algorithm = new LeastConnections(all, memory());
  const order: number[] = [];
  for (let pick = 0; pick < 8; pick++) {
    const peer = algorithm.pick(ALL);
    if (peer !== undefined) peer.active += 1;
    order.push(all.findIndex((one) => one.peer === peer));
  }
  assert.deepEqual([0, 1, 2].map((index) => order.filter((one) => one === index).length), [2, 4, 2]);
  assert.deepEqual(counts(new LeastConnections(members(1, 1), memory()), [], 0), []);
  const equal = members(1, 1, 1);
  assert.deepEqual(counts(new LeastConnections(equal, memory()), equal, 6), [2, 2, 2]);
});

test('latency: the slower an address, the less it gets; weights count; what was never measured is tried', () => {
  const all = members(100, 100, 100);
  const [slow, fast, fresh] = all;
  assert.ok(slow !== undefined && fast !== undefined && fresh !== undefined);
  slow.peer.answeredIn(200, 1);
  fast.peer.answeredIn(2, 1);
  const kept = { place: 0, typicalLatencyMs: 20 };
  const [slowCount = 0, fastCount = 0, freshCount = 0] = counts(new Latency(all, kept, seeded(2)), all, 3_000);
  assert.ok(fastCount > freshCount && freshCount > slowCount, `${fastCount} > ${freshCount} > ${slowCount}`);
  assert.equal(slowCount, 0, 'two are always compared, and it is worse than either');
  const weighted = members(300, 100);
  const [heavy = 0, light = 0] = counts(new Latency(weighted, memory(), seeded(3)), weighted, 4_000);
  assert.ok(heavy > light * 1.5, `${heavy} and ${light}`);
});

test('latency: a peak counts at once and is forgotten slowly', () => {
  const { peer } = member(1);
  peer.answeredIn(10, 0.001);
  peer.answeredIn(500, 1_000);
  peer.answeredIn(10, 1_100);
  assert.ok(peer.costMs(0, 1_100) > 450);
  for (let ms = 2_000; ms < 60_000; ms += 1_000) peer.answeredIn(10, ms);
  assert.ok(peer.costMs(0, 59_000) < 15);
});

test('hashing: the order of targets does not matter', () => {
  fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 2, maxLength: 12 }), fc.integer(), (weights, seed) => {
    const all = members(...weights);
    const random = seeded(seed);
    const shuffled = all.map((one) => ({ one, at: random() })).sort((a, b) => a.at - b.at).map(({ one }) => one);
    const [ring, other] = [new HashRing(all, 10_000, new RoundRobin(all, memory())), new HashRing(shuffled, 10_000, new RoundRobin(shuffled, memory()))];
    for (const key of keys.slice(0, 200)) assert.equal(ring.pick(ALL, key), other.pick(ALL, key));
  }), { numRuns: 50 });
});

test('hashing: a target that comes takes only what becomes its own, one that goes gives up only what was its own', () => {
  fc.assert(fc.property(fc.integer({ min: 2, max: 40 }), fc.integer({ min: 0, max: 39 }), (count, index) => {
    const all = members(...Array.from({ length: count }, () => 100));
    const leaver = all[index % count];
    const rest = all.filter((one) => one !== leaver);
    const [whole, less] = [new HashRing(all, 10_000, new RoundRobin(all, memory())), new HashRing(rest, 10_000, new RoundRobin(rest, memory()))];
    for (const key of keys.slice(0, 300)) {
      const before = whole.pick(ALL, key);
      if (before !== leaver?.peer) assert.equal(less.pick(ALL, key), before);
    }
  }), { numRuns: 50 });
});

test('hashing: an address that is down gives its keys to others, who keep theirs', () => {
  const all = members(100, 100, 100, 100);
  const ring = new HashRing(all, 10_000, new RoundRobin(all, memory()));
  const down = all[1]?.peer;
  assert.ok(down !== undefined);
  for (const key of keys) {
    const before = ring.pick(ALL, key);
    const now = ring.pick(without(down), key);
    assert.notEqual(now, down);
    if (before !== down) assert.equal(now, before);
  }
});

test('hashing: shares follow the weights, also with a thousand targets', () => {
  const all = members(300, 100);
  const ring = new HashRing(all, 10_000, new RoundRobin(all, memory()));
  const heavy = keys.filter((key) => ring.pick(ALL, key) === all[0]?.peer).length / keys.length;
  assert.ok(heavy > 0.68 && heavy < 0.82, `${heavy}`);
  const many = Array.from({ length: 1_000 }, (_, index) => member(index));
  const large = new HashRing(many, 10_000, new RoundRobin(many, memory()));
  const found = new Map<Peer | undefined, number>();
  for (let index = 0; index < 100_000; index++) {
    const peer = large.pick(ALL, hashText(`${index}`, 1));
    found.set(peer, (found.get(peer) ?? 0) + 1);
  }
  assert.equal(found.size, 1_000);
  assert.ok(Math.max(...found.values()) < 220, `${Math.max(...found.values())} of 100 on average`);
});
