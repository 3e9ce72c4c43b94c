import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newId } from '../../shared/model/ids.ts';
import type { Health } from '../../shared/wire/sync-message.ts';
import { encodeFrame } from '../../shared/wire/sync-codec.ts';
import type { TargetReport } from '../upstreams/upstream-control.ts';
import { healthOf, HealthReports } from './health-reports.ts';

function report(over: Partial<TargetReport>): TargetReport {
  return {
    upstream: 'u', upstreamId: newId(), targetId: newId(), target: 'a.test:80', port: 80, isNamed: false, address: '10.0.0.1', state: 'closed', since: '2026-01-01T00:00:00.000Z', reason: null,
    failures: { tcp: 0, timeout: 0, http: 0 }, opened: 0, failover: false, ...over,
  };
}

test('named are those that are down, those with a name, and those whose name has no address', () => {
  const [up, down, named, nowhere] = [newId(), newId(), newId(), newId()];
  const { targets, leftOut } = healthOf({
    targets: [report({ targetId: up }), report({ targetId: named, isNamed: true }), report({ targetId: down, state: 'open', reason: 'timeouts' })], unresolved: [nowhere],
  });
  assert.deepEqual(targets.map(({ id, addresses }) => [id, addresses.map(({ state, cause }) => `${state} ${cause}`)]), [[nowhere, []], [down, ['open timeouts']], [named, ['closed ']]]);
  assert.equal(leftOut, 0);
});

test('however many are down, the report fits a frame and says how many were left out', () => {
  const many = Array.from({ length: 5_000 }, () => report({ state: 'open', reason: 'tcp-failures' }));
  const health = healthOf({ targets: many, unresolved: [] });
  assert.equal(health.targets.length + health.leftOut, 5_000);
  assert.ok(health.targets.length > 900);
  encodeFrame({ gatewayId: newId(), message: health });
  const wide = healthOf({ targets: Array.from({ length: 5_000 }, () => report({ targetId: many[0]?.targetId ?? '', state: 'open', reason: 'timeouts' })), unresolved: [] });
  assert.equal(wide.targets[0]?.addresses.length, 64);
});

test('what is the same is told once in a session, and again in the next', () => {
  const told: Health[] = [];
  const reports = new HealthReports();
  const down = report({ state: 'open', reason: 'timeouts' });
  reports.changed({ targets: [down], unresolved: [] });
  reports.connected((health) => told.push(health));
  assert.equal(told.length, 1);
  reports.changed({ targets: [{ ...down, failures: { tcp: 1, timeout: 0, http: 0 } }], unresolved: [] });
  assert.equal(told.length, 1);
  reports.changed({ targets: [{ ...down, state: 'closed' }], unresolved: [] });
  assert.equal(told.length, 2);
  reports.disconnected();
  reports.changed({ targets: [down], unresolved: [] });
  assert.equal(told.length, 2);
  reports.connected((health) => told.push(health));
  assert.deepEqual(told[2], told[0]);
});

test('before the first report of the threads nothing is said: what was told before may still hold', () => {
  const reports = new HealthReports();
  reports.connected(() => assert.fail('nothing is known'));
});
