import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMemoryLogger } from '../../shared/log.ts';
import { newId, type GatewayId, type TenantId } from '../../shared/model/ids.ts';
import { generateSigningKey } from '../../shared/trust/statement-keys.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { waitUntil } from '../../test/support/wait-until.ts';
import { TrustPush, type TrustPushOptions } from './trust-push.ts';

test('changed keys that can not be read are read again until sessions know them, and what is prepared waits for that', async () => {
  const clock = new ManualClock();
  const { log, lines } = createMemoryLogger('t');
  const told: string[] = [];
  let failures = 3;
  const listContentKeys = (): ReturnType<TrustPushOptions['contentKeys']['listContentKeys']> => ((failures -= 1) >= 0 ? Promise.reject(new Error('away')) : Promise.resolve([]));
  const trust = new TrustPush({
    signing: { trustFor: () => Promise.resolve({ rootStatements: ['r'], delegationStatement: 'd', publishKey: generateSigningKey() }) }, contentKeys: { listContentKeys }, authority: { certificatePem: '', isOwn: true },
    tell: (_scope, { delegationStatement }) => told.push(delegationStatement), hasSessions: () => true, clock, log,
  });
  const scope = { tenantId: newId<TenantId>(), gatewayId: newId<GatewayId>() };
  trust.push(scope);
  let isSettled = false;
  const settled = trust.settled(scope).then(() => (isSettled = true));
  await waitUntil('the log line', () => lines().some((line) => line.includes('trust-not-pushed')));
  assert.equal(isSettled, false);
  await waitUntil('the keys', () => {
    clock.advance(1_000);
    return isSettled;
  });
  await settled;
  assert.deepEqual(told, ['d']);
  assert.equal(lines().filter((line) => line.includes('trust-not-pushed')).length, 1);
});
