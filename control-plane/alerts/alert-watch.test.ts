import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMemoryLogger } from '../../shared/log.ts';
import { newId, type DataPlaneId, type GatewayId, type TenantId } from '../../shared/model/ids.ts';
import type { AlertRule } from '../store/alert-store.ts';
import type { AlertRuleContent } from './alert-rule.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { testVitals } from '../../test/support/telemetry-rows.ts';
import { waitUntil } from '../../test/support/wait-until.ts';
import { AlertMeter } from './alert-meter.ts';
import { AlertWatch } from './alert-watch.ts';
import { findBreaches } from './find-breaches.ts';

const content: AlertRuleContent = {
  name: 'rule', kind: 'stale_config', threshold: 600, quantile: 'p99', measure: 'request', windowSeconds: 300, forSeconds: 0, resolveSeconds: 0, minRequests: 1, groupBy: 'none', routes: [], services: [], consumers: [],
  labels: {}, codes: [], severity: 'info', webhooks: [], repeatSeconds: 0, enabled: true,
};

function ruleOf(tenantId: TenantId): AlertRule {
  return {
    ...content, kind: 'drift', tenantId, gatewayId: newId<GatewayId>(), id: newId(), revision: 1, turn: 1, lookedAt: undefined, watchedSince: undefined, failure: undefined, leftOut: 0, mutedUntil: undefined, mutedReason: undefined,
    createdAt: new Date(0), updatedAt: new Date(0),
  };
}

test('a tenant whose questions take long keeps no other waiting, and is asked one at a time', async () => {
  const [slow, quick] = [newId<TenantId>(), newId<TenantId>()];
  const due = [ruleOf(slow), ruleOf(slow), ruleOf(quick)];
  const asked: TenantId[] = [];
  const { promise: held, resolve: release } = Promise.withResolvers<void>();
  const clock = new ManualClock();
  const watch = new AlertWatch({
    alerts: {
      claim: async (_limit, _everyMs, except = []) => {
        const index = due.findIndex(({ tenantId }) => !except.includes(tenantId));
        return index === -1 ? [] : due.splice(index, 1);
      },
      putRight: async () => undefined,
      apply: async () => ({ kind: 'noted', events: [], dropped: 0, leftOut: 0 }),
      lookFailed: async () => undefined,
      members: async () => [],
      openAlarms: async ({ tenantId }) => {
        asked.push(tenantId);
        if (tenantId === slow) await held;
        return [];
      },
      countFiring: async () => new Map(),
    },
    webhooks: { countWaiting: async () => ({ waiting: 0, oldest: undefined }) },
    analytics: { totals: () => assert.fail('nobody asks'), vitals: async () => [] },
    onTold: () => undefined, meter: new AlertMeter(), clock, log: createMemoryLogger('test').log,
  });
  const looking = watch.look();
  await waitUntil('the quick one is looked at', () => asked.includes(quick));
  clock.advance(1_000);
  assert.deepEqual(asked, [slow, quick]);
  release();
  await looking;
  assert.deepEqual(asked, [slow, quick, slow]);
  await watch.stop();
});

test('vitals that came late say nothing of now', async () => {
  const now = new Date(10_000_000);
  const id = newId<DataPlaneId>();
  const member = { id, hostname: 'dp', labels: {}, connected: true, lastSeenAt: now, enrolledAt: now, certificateNotAfter: now };
  const found = async (atMs: number) => {
    const facts = { analytics: { totals: () => assert.fail('nobody asks'), vitals: async () => [{ dataPlaneId: id, vitals: testVitals({ atMs, headAgeMs: 900_000, stale: true }) }] }, fleet: { members: async () => [member], openAlarms: async () => [] } };
    return (await findBreaches(facts, ruleOf(newId()), content, undefined, now)).length;
  };
  assert.deepEqual([await found(now.getTime() - 10_000), await found(now.getTime() - 3_600_000)], [1, 0]);
});
