import assert from 'node:assert/strict';
import { test } from 'node:test';
import { signStatement } from '../../shared/trust/statements.ts';
import { CrashDisk } from '../../test/support/crash-disk.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { createTestTrust, type TestTrust } from '../../test/support/signed-content.ts';
import { newStateSeal } from '../../test/support/state-seals.ts';
import { HeadWatch } from './head-watch.ts';
import type { Trust } from './trust-anchor.ts';

const ROOT = 'a'.repeat(64);
const seal = newStateSeal();

async function scene() {
  const testTrust = await createTestTrust();
  const clock = new ManualClock();
  const disk = new CrashDisk();
  const trust: Trust = { rootSet: testTrust.rootSet, publishKeys: testTrust.publishKeys, rootStatements: [], delegationStatement: '' };
  return { testTrust, trust, clock, disk, watch: await HeadWatch.open(disk, '/state/head.json', clock, seal) };
}

function head(trust: TestTrust, clock: ManualClock, sequence: number, lifeMs = 300_000): Promise<string> {
  const claims = { format: 1, tenant: trust.audience.tenantId, gateway: trust.audience.gatewayId, epoch: 1, sequence, contentRoot: ROOT, issuedAt: clock.nowMs(), expiresAt: clock.nowMs() + lifeMs } as const;
  return signStatement('head', claims, trust.publishKey);
}

test('a head that holds says what is newest; from then on its age counts, over a restart too', async () => {
  const { testTrust, trust, clock, disk, watch } = await scene();
  assert.equal(watch.ageMs, undefined);
  assert.equal(await watch.learn(await head(testTrust, clock, 4), trust), undefined);
  clock.advance(60_000);
  assert.deepEqual([watch.ageMs, watch.newest], [60_000, { version: { epoch: 1, sequence: 4 }, contentRoot: ROOT }]);
  const again = await HeadWatch.open(disk, '/state/head.json', clock, seal);
  assert.deepEqual([again.ageMs, again.newest?.version.sequence], [60_000, 4]);
});

test('a head that was held back, names an older version or is signed by a stranger changes nothing and is shown', async () => {
  const { testTrust, trust, clock, watch } = await scene();
  const heldBack = await head(testTrust, clock, 9);
  const older = await head(testTrust, clock, 3, 3_600_000);
  await watch.learn(await head(testTrust, clock, 4), trust);
  clock.advance(300_000 + 300_000 + 1_000);
  const stranger = { ...(await createTestTrust()), audience: testTrust.audience };
  for (const [statement, code] of [[heldBack, 'SYNC_HEAD_EXPIRED'], [older, 'SYNC_HEAD_OLDER'], [await head(stranger, clock, 9), 'TRUST_KEY_UNKNOWN']] as const) {
    const refusal = await watch.learn(statement, trust);
    assert.equal(refusal?.code, code);
    assert.equal(watch.refusal?.code, code);
  }
  assert.deepEqual([watch.newest?.version.sequence, watch.ageMs], [4, 601_000]);
});

test('a clock that jumps back makes no negative age', async () => {
  const { testTrust, trust, clock, watch } = await scene();
  await watch.learn(await head(testTrust, clock, 4), trust);
  clock.jump(-3_600_000);
  assert.equal(watch.ageMs, 0);
});
