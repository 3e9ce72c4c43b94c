import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMemoryLogger } from '../../shared/log.ts';
import type { JsonObject } from '../../shared/model/definition.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { staticUpstream } from '../../test/support/static-config.ts';
import type { RuntimeUpstream } from '../config/active-config.ts';
import { DEFAULT_PROXY_LIMITS } from '../http1/limits.ts';
import { ActiveChecks } from './active-checks.ts';
import type { ProbeOutcome } from './health-probe.ts';
import { ALONE, type PeerChange } from './peer-health.ts';
import { AddressBook } from './resolve-address.ts';
import { UpstreamGroups } from './upstream-groups.ts';

function upstreamOf(count: number, active: JsonObject): RuntimeUpstream {
  return staticUpstream(Array.from({ length: count }, (_, index) => ({ host: `10.0.0.${index}`, port: 80 })), null, { healthchecks: { active } });
}

class Scene {
  readonly clock = new ManualClock();
  readonly groups: UpstreamGroups;
  readonly checks: ActiveChecks;
  readonly probed: string[] = [];
  outcome: ProbeOutcome = 'success';
  /** Checks that wait to be answered, where `holds`. */
  readonly held: (() => void)[] = [];
  holds = false;

  constructor(sharing = ALONE) {
    const names = new AddressBook(DEFAULT_PROXY_LIMITS, this.clock, () => Promise.reject(new Error('no names here')));
    this.groups = new UpstreamGroups(names, { clock: this.clock, random: () => 0.5, log: createMemoryLogger('test').log, sharing });
    this.checks = new ActiveChecks(this.groups, this.clock, () => 0.5, (_plan, { address }) => {
      this.probed.push(address);
      return new Promise((resolve) => {
        const give = (): void => resolve(this.outcome);
        if (this.holds) this.held.push(give);
        else give();
      });
    });
  }

  /** Runs what falls due, with its consequences. */
  async pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 100) {
      this.clock.advance(100);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  states(upstream: RuntimeUpstream): readonly string[] {
    return this.groups.current(upstream, this.clock.monotonicMs()).set.members.map(({ peer }) => peer.health.kind);
  }
}

test('healthy targets are checked at their interval, those that are down at theirs, until they are well again', async () => {
  const scene = new Scene();
  const upstream = upstreamOf(2, { healthy: { interval: 2, successes: 2 }, unhealthy: { interval: 1, tcp_failures: 2 } });
  scene.checks.watch([upstream]);
  await scene.pass(1_000);
  assert.equal(scene.probed.length, 2);
  await scene.pass(2_000);
  assert.equal(scene.probed.length, 4);
  scene.outcome = 'tcp';
  await scene.pass(4_200);
  assert.deepEqual(scene.states(upstream), ['open', 'open']);
  const before = scene.probed.length;
  await scene.pass(3_300);
  assert.equal(scene.probed.length, before + 6, 'once a second each');
  scene.outcome = 'success';
  await scene.pass(2_300);
  assert.deepEqual(scene.states(upstream), ['closed', 'closed']);
});

test('a status on neither list changes nothing, and an interval of 0 checks nobody in that state', async () => {
  const scene = new Scene();
  const upstream = upstreamOf(1, { healthy: { interval: 1 }, unhealthy: { interval: 0, http_failures: 1 } });
  scene.checks.watch([upstream]);
  scene.outcome = 'neither';
  await scene.pass(5_000);
  assert.deepEqual(scene.states(upstream), ['closed']);
  scene.outcome = 'http';
  await scene.pass(2_000);
  assert.deepEqual(scene.states(upstream), ['open']);
  const before = scene.probed.length;
  await scene.pass(4_000);
  assert.equal(scene.probed.length, before);
});

test('no more run at once than asked for, no target twice, and none after its upstream is gone', async () => {
  const scene = new Scene();
  scene.holds = true;
  const upstream = upstreamOf(10, { concurrency: 3, healthy: { interval: 1 }, unhealthy: { interval: 1, tcp_failures: 1 } });
  scene.checks.watch([upstream]);
  await scene.pass(3_000);
  assert.equal(scene.probed.length, 3);
  for (const release of scene.held.splice(0, 2)) release();
  await scene.pass(300);
  assert.deepEqual([scene.probed.length, new Set(scene.probed).size], [5, 5]);
  scene.outcome = 'tcp';
  scene.checks.watch([]);
  for (const release of scene.held.splice(0)) release();
  await scene.pass(3_000);
  assert.equal(scene.probed.length, 5);
  assert.deepEqual(new Set(scene.states(upstream)), new Set(['closed']), 'what was under way is not heard any more');
});

test('where checks take so long that not all get their turn in time, they wait for it equally', async () => {
  const scene = new Scene();
  scene.holds = true;
  scene.outcome = 'timeout';
  const upstreams = ['a', 'b'].map((id) => ({ ...upstreamOf(15, { concurrency: 3, healthy: { interval: 1 }, unhealthy: { interval: 1 } }), id }));
  scene.checks.watch(upstreams);
  for (let second = 0; second < 8; second++) {
    await scene.pass(1_000);
    for (const release of scene.held.splice(0)) release();
  }
  const times = Map.groupBy(scene.probed, (address) => address);
  assert.equal(times.size, 15, 'nobody is left out');
  assert.ok([...times.values()].every(({ length }) => length <= 6), 'and nobody is preferred');
});

test('what a check says of a target that is gone meanwhile is not told to anybody', async () => {
  const published: PeerChange[] = [];
  const scene = new Scene({ publish: (change) => published.push(change), claim: () => true });
  scene.holds = true;
  scene.outcome = 'tcp';
  const checks = { healthy: { interval: 1 }, unhealthy: { interval: 1, tcp_failures: 1 } };
  const [before, after] = [upstreamOf(2, checks), upstreamOf(1, checks)];
  scene.checks.watch([before]);
  await scene.pass(1_000);
  assert.equal(scene.held.length, 2);
  scene.checks.watch([after]);
  await scene.pass(200);
  for (const release of scene.held.splice(0)) release();
  await scene.pass(200);
  assert.deepEqual(published.map(({ key }) => key), ['10.0.0.0:80/10.0.0.0']);
});
