import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Entity, JsonObject } from '../../shared/model/definition.ts';
import type { HealthSeen, TargetSeen } from '../store/health-store.ts';
import { balancerHealth, targetWithHealth } from './target-health.ts';

const passive = { passive: { unhealthy: { tcp_failures: 3 } } };
const upstream = (healthchecks: JsonObject): Entity => ({ id: 'a', name: 'u', healthchecks });
const target = (id: string, name: string, weight = 100): Entity => ({ id: id, target: name, weight });
const told = (seen: Partial<TargetSeen>): TargetSeen => ({ unhealthy: 0, dnsError: 0, notHealthy: [], addresses: [], ...seen });
const by = (...targets: readonly (readonly [string, TargetSeen])[]): HealthSeen => ({ connected: 2, reporting: 2, cutShort: 0, targets: new Map(targets.map(([id, seen]) => [id, seen])) });

const cases: readonly (readonly [what: string, upstream: Entity, target: Entity, seen: HealthSeen, health: string])[] = [
  ['nobody names it', upstream(passive), target('1', '10.0.0.1:80'), by(), 'HEALTHY'],
  ['one of two sends it nothing', upstream(passive), target('1', '10.0.0.1:80'), by(['1', told({ unhealthy: 1 })]), 'UNHEALTHY'],
  ['its name has no address somewhere', upstream(passive), target('1', 'a.test:80'), by(['1', told({ dnsError: 1 })]), 'DNS_ERROR'],
  ['nobody would notice', upstream({}), target('1', '10.0.0.1:80'), by(), 'HEALTHCHECKS_OFF'],
  ['nobody would notice, but it was switched', upstream({}), target('1', '10.0.0.1:80'), by(['1', told({ unhealthy: 2 })]), 'UNHEALTHY'],
  ['no data plane reports', upstream(passive), target('1', '10.0.0.1:80'), { ...by(), reporting: 0 }, 'HEALTHCHECKS_OFF'],
  ['it takes no requests by its weight', upstream(passive), target('1', '10.0.0.1:80', 0), by(), 'HEALTHCHECKS_OFF'],
];
for (const [what, of, which, seen, health] of cases) {
  test(`${health} where ${what}`, () => {
    assert.equal(targetWithHealth(of, which, seen)['health'], health);
  });
}

test('addresses are those that data planes told, or the target itself', () => {
  const itself = targetWithHealth(upstream(passive), target('1', '[2001:db8::1]:80'), by())['data'];
  assert.deepEqual(itself, { host: '2001:db8::1', port: 80, nodeWeight: 100, addresses: [{ ip: '2001:db8::1', port: 80, weight: 100, health: 'HEALTHY' }], weight: { total: 100, available: 100, unavailable: 0 } });
  const named = targetWithHealth(upstream(passive), target('1', 'a.test:80'), by(['1', told({ addresses: [{ ip: '10.0.0.1', port: 80, down: 1 }, { ip: '10.0.0.2', port: 80, down: 0 }] })]))['data'];
  assert.deepEqual(named, {
    host: 'a.test', port: 80, nodeWeight: 100, weight: { total: 100, available: 50, unavailable: 50 },
    addresses: [{ ip: '10.0.0.1', port: 80, weight: 100, health: 'UNHEALTHY' }, { ip: '10.0.0.2', port: 80, weight: 100, health: 'HEALTHY' }],
  });
});

test('an upstream is healthy where enough of its weight is', () => {
  const targets = [target('1', '10.0.0.1:80', 30), target('2', '10.0.0.2:80', 70)];
  const seen = by(['2', told({ unhealthy: 1 })]);
  assert.equal(balancerHealth(upstream({ threshold: 0 }), targets, seen), 'HEALTHY');
  assert.equal(balancerHealth(upstream({ threshold: 30 }), targets, seen), 'HEALTHY');
  assert.equal(balancerHealth(upstream({ threshold: 31 }), targets, seen), 'UNHEALTHY');
  assert.equal(balancerHealth(upstream({ threshold: 0 }), [], by()), 'UNHEALTHY');
});
