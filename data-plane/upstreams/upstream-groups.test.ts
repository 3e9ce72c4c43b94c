import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMemoryLogger } from '../../shared/log.ts';
import type { JsonObject } from '../../shared/model/definition.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { mapCounterTable } from '../../shared/plugin-kit/map-counter-table.ts';
import { plainAnswer } from '../../test/support/name-answers.ts';
import { staticService, staticUpstream } from '../../test/support/static-config.ts';
import type { RuntimeUpstream } from '../config/active-config.ts';
import { DEFAULT_PROXY_LIMITS } from '../http1/limits.ts';
import { claimProbe } from './claim-probe.ts';
import { EndpointChooser } from './choose-endpoint.ts';
import type { Endpoint } from './endpoint.ts';
import { streamFacts, type BalancedRequest } from './hash-input.ts';
import type { PeerChange } from './peer-health.ts';
import { AddressBook, type NameAnswer } from './resolve-address.ts';

const PASSIVE: JsonObject = { healthchecks: { passive: { unhealthy: { tcp_failures: 1, timeouts: 2, http_failures: 2, http_statuses: [500] } } } };
const ANYBODY = streamFacts('192.0.2.1');

function upstreamOf(count: number, fields: JsonObject = {}): RuntimeUpstream {
  return staticUpstream(Array.from({ length: count }, (_, index) => ({ host: `10.0.0.${index}`, port: 80 })), null, fields);
}

/** One thread's balancer; several share counters and tell each other what they find, as the agent would. */
class Thread {
  readonly clock: ManualClock;
  readonly chooser: EndpointChooser;
  readonly answers = new Map<string, NameAnswer>();
  readonly published: PeerChange[] = [];
  readonly book: AddressBook;
  others: readonly Thread[] = [];

  constructor(clock = new ManualClock(), counters = mapCounterTable(), random = () => 0.5) {
    this.clock = clock;
    this.book = new AddressBook(DEFAULT_PROXY_LIMITS, clock, async (host) => this.answers.get(host) ?? { records: [], ttlMs: 1_000 });
    this.chooser = new EndpointChooser(this.book, {
      clock, random, log: createMemoryLogger('test').log,
      sharing: {
        publish: (change) => {
          this.published.push(change);
          for (const other of this.others) other.chooser.groups.told(change);
        },
        claim: (name) => claimProbe(counters, clock, name),
      },
    });
  }

  choose(upstream: RuntimeUpstream, tried: readonly Endpoint[] = []): Endpoint | undefined {
    const choice = this.chooser.choose(staticService({ host: 'u', upstream }), ANYBODY, tried);
    return choice.kind === 'endpoint' ? choice : undefined;
  }

  address(upstream: RuntimeUpstream): string {
    return this.choose(upstream)?.address ?? 'none';
  }

  /** Addresses of so many requests, each answered with that status. */
  run(upstream: RuntimeUpstream, count: number, status = 200): readonly string[] {
    return Array.from({ length: count }, () => {
      const endpoint = this.choose(upstream);
      if (endpoint !== undefined) this.chooser.groups.answered(endpoint, status, 1);
      return endpoint?.address ?? 'none';
    });
  }

  fail(upstream: RuntimeUpstream, address: string): void {
    for (let tries = 0; tries < 10; tries++) {
      const endpoint = this.choose(upstream);
      if (endpoint?.address === address) return this.chooser.groups.failed(endpoint, 'tcp');
      if (endpoint !== undefined) this.chooser.groups.answered(endpoint, 200, 1);
    }
    throw new Error(`${address} was never chosen`);
  }
}

test('an open circuit takes nothing for its back-off, then one request at a time, and a good answer closes it', () => {
  const thread = new Thread();
  const upstream = upstreamOf(2, PASSIVE);
  thread.fail(upstream, '10.0.0.1');
  assert.deepEqual(new Set(thread.run(upstream, 10)), new Set(['10.0.0.0']));
  thread.clock.advance(4_999);
  assert.deepEqual(new Set(thread.run(upstream, 10)), new Set(['10.0.0.0']));
  thread.clock.advance(1);
  const chosen = Array.from({ length: 10 }, () => thread.choose(upstream));
  const probes = chosen.filter((endpoint) => endpoint?.address === '10.0.0.1');
  assert.equal(probes.length, 1);
  const [probe] = probes;
  assert.ok(probe !== undefined);
  thread.chooser.groups.answered(probe, 200, 1);
  assert.deepEqual(new Set(thread.run(upstream, 4)), new Set(['10.0.0.0', '10.0.0.1']));
  assert.deepEqual(thread.published.map(({ kind }) => kind), ['open', 'closed']);
});

test('a probing request that fails opens it again, for longer; one that tells nothing gives its turn to another', () => {
  const thread = new Thread();
  const upstream = upstreamOf(1, PASSIVE);
  thread.fail(upstream, '10.0.0.0');
  thread.clock.advance(5_000);
  const lost = thread.choose(upstream);
  assert.ok(lost !== undefined);
  assert.equal(thread.address(upstream), 'none');
  thread.chooser.groups.toldNothing(lost);
  const probe = thread.choose(upstream);
  assert.ok(probe !== undefined, 'the right to probe is free again');
  thread.chooser.groups.failed(probe, 'timeout');
  thread.clock.advance(9_999);
  assert.equal(thread.address(upstream), 'none');
  thread.clock.advance(1);
  assert.equal(thread.address(upstream), '10.0.0.0');
});

test('statuses on neither list change nothing in passive checks', () => {
  const thread = new Thread();
  const upstream = upstreamOf(1, PASSIVE);
  const statuses = (...all: readonly number[]): string => {
    for (const status of all) thread.run(upstream, 1, status);
    return thread.address(upstream);
  };
  assert.equal(statuses(500, 200, 500, 404), '10.0.0.0', 'a good answer begins the row anew');
  assert.equal(statuses(200, 502, 502, 502), '10.0.0.0');
  assert.equal(statuses(500, 404, 500), 'none');
});

test('where active checks can close a circuit, no request is risked for it', () => {
  const thread = new Thread();
  const active = { healthy: { successes: 1 }, unhealthy: { interval: 1 } };
  const passive = { unhealthy: { tcp_failures: 1 } };
  const upstream = upstreamOf(1, { healthchecks: { active, passive } });
  thread.fail(upstream, '10.0.0.0');
  thread.clock.advance(3_600_000);
  assert.equal(thread.address(upstream), 'none');
  const { set } = thread.chooser.groups.current(upstream, thread.clock.monotonicMs());
  const [member] = set.members;
  assert.ok(member !== undefined);
  thread.chooser.groups.health.report(member.peer, { kind: 'success', from: 'check' }, set.policy);
  assert.equal(thread.address(upstream), '10.0.0.0');
  // Checks that never count a success close nothing: then requests must.
  const blind = { ...upstreamOf(1, { healthchecks: { active: { unhealthy: { interval: 1 } }, passive } }), id: 'blind' };
  thread.fail(blind, '10.0.0.0');
  thread.clock.advance(5_000);
  assert.equal(thread.address(blind), '10.0.0.0');
});

test('a probing request that never ends keeps nobody out for ever, and lets nobody in early', () => {
  // Counters that let everybody: the thread itself must know what it took.
  const thread = new Thread(new ManualClock(), { keys: () => [], take: () => ({ kind: 'taken', remaining: [] }), add: () => [] });
  const upstream = upstreamOf(1, PASSIVE);
  thread.fail(upstream, '10.0.0.0');
  thread.clock.advance(5_000);
  assert.equal(thread.address(upstream), '10.0.0.0');
  thread.clock.advance(29_000);
  assert.equal(thread.address(upstream), 'none');
  thread.clock.advance(1_001);
  assert.deepEqual([thread.address(upstream), thread.address(upstream)], ['10.0.0.0', 'none']);
});

test('threads share what they find, and only one of them probes', () => {
  const clock = new ManualClock();
  const counters = mapCounterTable();
  const threads = [new Thread(clock, counters), new Thread(clock, counters), new Thread(clock, counters)];
  for (const thread of threads) thread.others = threads.filter((other) => other !== thread);
  const [first, second, late] = threads;
  assert.ok(first !== undefined && second !== undefined && late !== undefined);
  const upstream = upstreamOf(2, PASSIVE);
  second.run(upstream, 1);
  first.fail(upstream, '10.0.0.1');
  assert.deepEqual(new Set(second.run(upstream, 6)), new Set(['10.0.0.0']));
  assert.deepEqual(new Set(late.run(upstream, 6)), new Set(['10.0.0.0']), 'also one that did not know the upstream yet');
  clock.advance(5_000);
  const probes = threads.flatMap((thread) => Array.from({ length: 6 }, () => ({ thread, endpoint: thread.choose(upstream) }))).filter(({ endpoint }) => endpoint?.address === '10.0.0.1');
  assert.equal(probes.length, 1);
  const [probe] = probes;
  assert.ok(probe?.endpoint !== undefined);
  probe.thread.chooser.groups.answered(probe.endpoint, 204, 1);
  for (const thread of threads) assert.deepEqual(new Set(thread.run(upstream, 6)), new Set(['10.0.0.0', '10.0.0.1']));
});

test('health and turn live on when the configuration changes; an upstream that is gone leaves nothing', () => {
  const thread = new Thread();
  const before = upstreamOf(3, PASSIVE);
  thread.fail(before, '10.0.0.1');
  const after = { ...upstreamOf(4, PASSIVE), id: before.id };
  assert.deepEqual(new Set(thread.run(after, 12)), new Set(['10.0.0.0', '10.0.0.2', '10.0.0.3']));
  assert.deepEqual(new Set(thread.run(before, 6)), new Set(['10.0.0.0', '10.0.0.2']), 'a request on the old configuration');
  const other = { ...upstreamOf(3, PASSIVE), id: 'other' };
  assert.deepEqual(new Set(thread.run(other, 6)), new Set(['10.0.0.0', '10.0.0.1', '10.0.0.2']), 'the same address in another upstream is another matter');
  thread.chooser.groups.keepOnly((id) => id === 'other');
  assert.deepEqual([...thread.chooser.groups.groups()].map(({ id }) => id), ['other']);
  assert.equal(thread.run(after, 12).includes('10.0.0.1'), true);
});

test('an unchanged upstream is not laid out anew by a change elsewhere', () => {
  const thread = new Thread();
  const upstream = upstreamOf(3);
  const { set } = thread.chooser.groups.current(upstream, 0);
  assert.equal(thread.chooser.groups.current({ ...upstream }, 1).set, set);
});

test('a target that is new or back takes its share slowly, except where nobody else can', () => {
  let draw = 0;
  const thread = new Thread(new ManualClock(), mapCounterTable(), () => (draw = (draw + 0.37) % 1));
  thread.run(upstreamOf(1, { slow_start: 10 }), 1);
  const two = upstreamOf(2, { slow_start: 10 });
  const share = (): number => thread.run(two, 200).filter((address) => address === '10.0.0.1').length / 200;
  const early = share();
  thread.clock.advance(5_000);
  const half = share();
  thread.clock.advance(5_001);
  assert.ok(early > 0.02 && early < 0.15, `${early}`);
  assert.ok(half > 0.25 && half < 0.45, `${half}`);
  assert.equal(share(), 0.5);
});

test('below the threshold of available weight nothing goes out but probing requests', () => {
  const thread = new Thread();
  const upstream = upstreamOf(3, { healthchecks: { passive: { unhealthy: { tcp_failures: 1 } }, threshold: 60 } });
  thread.fail(upstream, '10.0.0.0');
  assert.notEqual(thread.address(upstream), 'none');
  thread.fail(upstream, '10.0.0.1');
  assert.deepEqual(thread.run(upstream, 3), ['none', 'none', 'none']);
  thread.clock.advance(5_000);
  assert.deepEqual(new Set([thread.choose(upstream)?.address, thread.choose(upstream)?.address]), new Set(['10.0.0.0', '10.0.0.1']));
  assert.equal(thread.address(upstream), 'none');
});

test('names of targets: every address takes requests, and changes are followed', async () => {
  const thread = new Thread();
  const gone: string[] = [];
  thread.chooser.onGone = ({ address }) => gone.push(address);
  thread.answers.set('a.test', plainAnswer(['10.1.0.1', '10.1.0.2'], 2_000));
  const upstream = staticUpstream([{ host: 'a.test', port: 80 }]);
  const first = thread.chooser.choose(staticService({ host: 'u', upstream }), ANYBODY);
  assert.deepEqual(first, { kind: 'unresolved', host: 'a.test' });
  await thread.book.resolve('a.test');
  assert.deepEqual(new Set(thread.run(upstream, 4)), new Set(['10.1.0.1', '10.1.0.2']));
  thread.answers.set('a.test', plainAnswer(['10.1.0.2', '10.1.0.3'], 2_000));
  thread.clock.advance(2_001);
  thread.run(upstream, 1);
  await thread.book.resolve('a.test');
  thread.clock.advance(50);
  assert.deepEqual(new Set(thread.run(upstream, 4)), new Set(['10.1.0.2', '10.1.0.3']));
  assert.deepEqual(gone, ['10.1.0.1']);
});

test('a storm of answers lays an upstream out anew a few times a second, not for each request', async () => {
  const thread = new Thread();
  const upstream = staticUpstream([{ host: 'a.test', port: 80 }]);
  thread.answers.set('a.test', plainAnswer(['10.1.0.1'], 0));
  assert.equal(thread.chooser.choose(staticService({ host: 'u', upstream }), ANYBODY).kind, 'unresolved');
  await thread.book.resolve('a.test');
  assert.equal(thread.address(upstream), '10.1.0.1', 'who has no address at all does not wait');
  const sets = new Set<unknown>();
  for (let index = 0; index < 100; index++) {
    thread.answers.set('a.test', plainAnswer([`10.1.1.${index}`], 0));
    await thread.book.resolve('a.test');
    thread.clock.advance(10);
    thread.run(upstream, 1);
    sets.add(thread.chooser.groups.groupOf(upstream.id)?.set);
  }
  assert.ok(sets.size >= 15 && sets.size <= 21, `${sets.size} times in a second`);
});

test('the weights and priorities of SRV records count, and use_srv_name makes their name the Host', async () => {
  const thread = new Thread();
  const record = (index: number, priority: number, weight: number) => ({ address: `10.2.0.${index}`, port: 9_000 + index, name: `n${index}.test`, priority, weight });
  thread.answers.set('_x._tcp.test', { records: [record(1, 10, 3), record(2, 10, 1), record(3, 20, 9)], ttlMs: 60_000 });
  await thread.book.resolve('_x._tcp.test');
  const upstream = staticUpstream([{ host: '_x._tcp.test', port: 1 }], null, { ...PASSIVE, use_srv_name: true });
  const addresses = thread.run(upstream, 8);
  assert.deepEqual([1, 2, 3].map((index) => addresses.filter((address) => address === `10.2.0.${index}`).length), [6, 2, 0]);
  assert.equal(thread.choose(upstream)?.hostHeader.startsWith('n'), true);
  thread.fail(upstream, '10.2.0.1');
  thread.fail(upstream, '10.2.0.2');
  assert.equal(thread.address(upstream), '10.2.0.3');
});

test('endpoints differ where TLS settings do, and upstreams share none', () => {
  const thread = new Thread();
  const upstream = upstreamOf(1);
  const service = staticService({ host: 'u', upstream, protocol: 'https' });
  const choose = (of: typeof service): Endpoint | undefined => {
    const choice = thread.chooser.choose(of, ANYBODY);
    return choice.kind === 'endpoint' ? choice : undefined;
  };
  const one = choose(service);
  assert.equal(choose({ ...service }), one);
  assert.notEqual(choose({ ...service, tls: { ...service.tls, key: 'other' } }), one);
  assert.notEqual(choose({ ...service, upstream: { ...upstream, id: 'other' } }), one);
});

test('a thousand targets cost about as much as ten', () => {
  const cost = (count: number, fields: JsonObject): number => {
    const thread = new Thread();
    const upstream = staticUpstream(Array.from({ length: count }, (_, index) => ({ host: `10.0.${index >> 8}.${index & 255}`, port: 80 })), null, fields);
    const service = staticService({ host: 'u', upstream });
    let best = Number.POSITIVE_INFINITY;
    for (let round = 0; round < 7; round++) {
      const startMs = performance.now();
      for (let pick = 0; pick < 2_000; pick++) thread.chooser.choose(service, ANYBODY);
      if (round > 1) best = Math.min(best, (performance.now() - startMs) / 2_000);
    }
    return best * 1_000;
  };
  for (const fields of [{ algorithm: 'round-robin' }, { algorithm: 'latency' }, { algorithm: 'consistent-hashing', hash_on: 'ip' }]) {
    const [small, large] = [cost(10, fields), cost(1_000, fields)];
    assert.ok(large < small * 6 + 5, `${fields.algorithm}: ${small} µs with 10, ${large} µs with 1,000`);
  }
});

test('a client that stuck to a failover target comes back when a regular one can be chosen', () => {
  const thread = new Thread();
  const plain = upstreamOf(2, { ...PASSIVE, algorithm: 'sticky-sessions', sticky_sessions_cookie: 'here' });
  const upstream = { ...plain, targets: plain.targets.map((target, index) => ({ ...target, isFailover: index === 1 })) };
  let cookie = '';
  const ask = (): Endpoint => {
    const facts: BalancedRequest = { ...ANYBODY, balancerCookie: undefined, request: { ...ANYBODY.request, headerValues: (name) => (name === 'cookie' && cookie !== '' ? [cookie] : []) } };
    const choice = thread.chooser.choose(staticService({ host: 'u', upstream }), facts);
    assert.equal(choice.kind, 'endpoint');
    if (facts.balancerCookie !== undefined) cookie = /here=[^;]+/.exec(facts.balancerCookie)?.[0] ?? '';
    return choice;
  };
  const regular = ask();
  assert.equal(regular.address, '10.0.0.0');
  thread.chooser.groups.failed(regular, 'tcp');
  assert.deepEqual([ask().address, ask().address], ['10.0.0.1', '10.0.0.1']);
  thread.clock.advance(7_000);
  const back = ask();
  assert.equal(back.address, '10.0.0.0');
  thread.chooser.groups.answered(back, 200, 1);
  assert.equal(ask().address, '10.0.0.0');
});

test('an upstream is available while a request would find an address, and asking takes nobody\'s turn', () => {
  const thread = new Thread();
  const { groups } = thread.chooser;
  const two = upstreamOf(2, PASSIVE);
  const [one, other] = [thread.choose(two), thread.choose(two)];
  assert.ok(one !== undefined && other !== undefined);
  groups.failed(one, 'tcp');
  assert.equal(groups.isAvailable(two), true, 'one is left');
  groups.failed(other, 'tcp');
  assert.equal(groups.isAvailable(two), false);
  thread.clock.advance(600_000);
  for (let time = 0; time < 3; time += 1) assert.equal(groups.isAvailable(two), true, 'somebody must find out');
  assert.notEqual(thread.choose(two), undefined);
  assert.equal(groups.isAvailable(upstreamOf(0)), false);
});

test('below its threshold an upstream is not available, nor where its names have no addresses', async () => {
  const thread = new Thread();
  const { groups } = thread.chooser;
  const two = upstreamOf(2, { healthchecks: { threshold: 60, passive: { unhealthy: { tcp_failures: 1 } } } });
  const one = thread.choose(two);
  assert.ok(one !== undefined);
  groups.failed(one, 'tcp');
  assert.equal(groups.isAvailable(two), false);
  const named = staticUpstream([{ host: 'gone.test', port: 80 }]);
  assert.equal(groups.isAvailable(named), true, 'a request would wait for the answer');
  await thread.book.resolve('gone.test');
  assert.equal(groups.isAvailable(named), false);
});
