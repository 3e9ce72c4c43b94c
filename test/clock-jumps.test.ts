/**
 * The wall clock of a data plane jumps by an hour or by forty days, either way. Only the rules that data-plane/README.md lists
 * may notice; what serves, what is taken and what is blamed go by signatures, versions and the monotonic clock.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAuthority, openAuthority, readCertificateRequest } from '../control-plane/enrolment/certificate-authority.ts';
import { ConfigKeeper } from '../data-plane/config/config-keeper.ts';
import { SnapshotCache } from '../data-plane/config/snapshot-cache.ts';
import { createRecordVerifier } from '../data-plane/config/verify-record.ts';
import { CrashRecord } from '../data-plane/state/crash-record.ts';
import { HighestAccepted } from '../data-plane/state/highest-accepted.ts';
import { HeadWatch } from '../data-plane/sync/head-watch.ts';
import { leafOf } from '../data-plane/sync/identity-store.ts';
import { isExpired, renewalDueAtMs } from '../data-plane/sync/renewal.ts';
import { createMemoryLogger } from '../shared/log.ts';
import { newId, type DataPlaneId } from '../shared/model/ids.ts';
import { createCertificateRequest, generateDataPlaneKey } from '../shared/trust/certificate-request.ts';
import { fingerprintOfRootBundle } from '../shared/trust/root-set.ts';
import { signStatement } from '../shared/trust/statements.ts';
import { verifyTransfer } from '../shared/trust/verify-transfer.ts';
import { compiled, testServices } from './support/compile-config.ts';
import { put, ref, testId } from './support/config-content.ts';
import { CrashDisk } from './support/crash-disk.ts';
import { ManualClock } from './support/manual-clock.ts';
import { createTestTrust, signSnapshot, someLeaves } from './support/signed-content.ts';
import { newStateSeal } from './support/state-seals.ts';
import { waitUntil } from './support/wait-until.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const JUMPS: readonly (readonly [name: string, ms: number])[] = [['+1 h', HOUR_MS], ['-1 h', -HOUR_MS], ['+40 d', 40 * DAY_MS], ['-40 d', -40 * DAY_MS]];
const WINDOW_MS = 120_000;
const trust = await createTestTrust();
const seal = newStateSeal();

for (const [name, jumpMs] of JUMPS) {
  test(`${name}: configurations are taken and judged as before: known good and crash windows count by the monotonic clock`, async () => {
    const clock = new ManualClock();
    const { log } = createMemoryLogger('test');
    const disk = new CrashDisk();
    const highest = await HighestAccepted.open(disk, '/state/highest-accepted.json', seal);
    const crashes = await CrashRecord.open(disk, '/state', seal);
    const verify = createRecordVerifier({ audience: trust.audience, rootFingerprint: fingerprintOfRootBundle(trust.rootStatement), highest: () => highest.current, delegationSerial: () => undefined, softwareVersion: '1.0.0', maximumInflatedBytes: 1e7 });
    const cache = await SnapshotCache.open({ disk, folder: '/state/cache', slots: 3, verify, seal });
    const threads = { prepare: () => Promise.resolve({ kind: 'prepared', quarantined: [] } as const), commit: () => Promise.resolve(), discard: () => undefined };
    const keeper = new ConfigKeeper({ cache, highest, crashes, threads, clock, log, knownGoodAfterMs: WINDOW_MS, crashWindowMs: WINDOW_MS, onFellBack: () => assert.fail('fell back'), onNotice: () => assert.fail('a notice') });
    await keeper.startFromCache();
    const apply = async (sequence: number): Promise<string> => {
      const transfer = await signSnapshot(trust, { epoch: 1, sequence }, someLeaves(3));
      const result = await keeper.apply({
        transfer, beganAtMs: clock.monotonicMs(),
        proof: { manifestStatement: transfer.manifestStatement, epochStatement: '', rootStatements: [trust.rootStatement], delegationStatement: trust.delegationStatement },
        verify: (given, base, highestAccepted) => verifyTransfer(given, { rootSet: trust.rootSet, publishKeys: trust.publishKeys, highest: highestAccepted, base, acceptOlder: false, softwareVersion: '1.0.0', maximumInflatedBytes: 1e7 }),
      });
      return result.kind;
    };
    assert.equal(await apply(1), 'applied');
    clock.jump(jumpMs);
    assert.equal(cache.knownGood, undefined);
    assert.equal(await apply(2), 'applied');
    clock.advance(WINDOW_MS - 1_000);
    assert.equal(cache.knownGood, undefined);
    clock.advance(1_000);
    await waitUntil('the second one to be known good', () => cache.knownGood?.version.sequence === 2);
    await keeper.stop();
  });

  test(`${name}: heads inform by the wall clock and no more: one from before a jump forward is late, serving is not asked`, async () => {
    const clock = new ManualClock();
    const watch = await HeadWatch.open(new CrashDisk(), '/state/head.json', clock, seal);
    const current = { rootSet: trust.rootSet, publishKeys: trust.publishKeys, rootStatements: [], delegationStatement: '' };
    const { tenantId: tenant, gatewayId: gateway } = trust.audience;
    const head = (nowMs: number) => signStatement('head', { format: 1, tenant, gateway, epoch: 1, sequence: 1, contentRoot: 'a'.repeat(64), issuedAt: nowMs, expiresAt: nowMs + 300_000 }, trust.publishKey);
    const controlPlaneMs = clock.nowMs();
    assert.equal(await watch.learn(await head(controlPlaneMs), current), undefined);
    clock.jump(jumpMs);
    const refusal = await watch.learn(await head(controlPlaneMs + 60_000), current);
    assert.equal(refusal?.code, jumpMs > 0 ? 'SYNC_HEAD_EXPIRED' : undefined);
    assert.equal(watch.isStale(DAY_MS), jumpMs > DAY_MS, 'the age counts from what was last confirmed');
    assert.ok((watch.ageMs ?? -1) >= 0);
    // The clock is set right again, and the next head is believed.
    clock.jump(-jumpMs);
    assert.equal(await watch.learn(await head(controlPlaneMs + 120_000), current), undefined);
    assert.equal(watch.isStale(DAY_MS), false);
  });

  test(`${name}: a certificate is renewed early, later, or as an expired one; never is its data plane stranded within the grace period`, async () => {
    const clock = new ManualClock();
    const authority = await openAuthority(await createAuthority(clock.nowMs() - DAY_MS));
    const keyPem = generateDataPlaneKey();
    const identity = { trustDomain: 'holdfast.test', ...trust.audience, dataPlaneId: newId<DataPlaneId>() };
    const publicKey = await readCertificateRequest(await createCertificateRequest(keyPem));
    const leaf = leafOf((await authority.signDataPlane({ publicKey, identity, nowMs: clock.nowMs(), lifetimeMs: 30 * DAY_MS })).chainPem);
    clock.jump(jumpMs);
    assert.equal(isExpired(leaf, clock.nowMs()), jumpMs > 30 * DAY_MS);
    assert.equal(clock.nowMs() >= renewalDueAtMs(leaf, 0.5), jumpMs > 20 * DAY_MS);
    assert.equal(leaf.validFromDate.getTime() <= clock.nowMs(), jumpMs > -2 * HOUR_MS);
  });

  test(`${name}: a credential with expires_at ends by the wall clock, one without never`, () => {
    const clock = new ManualClock();
    const endsAt = Math.floor(clock.nowMs() / 1000) + 1_800;
    const { config } = compiled([
      put('consumers', { id: testId('1'), username: 'alice' }),
      put('keyauth_credentials', { id: testId('2'), key: 'for ever', consumer: ref('1') }),
      put('keyauth_credentials', { id: testId('3'), key: 'for half an hour', consumer: ref('1'), expires_at: endsAt }),
    ], { services: testServices({ clock }) });
    const known = (key: string): boolean => config.credentialBySecret('keyauth_credentials', key) !== undefined;
    assert.deepEqual([known('for ever'), known('for half an hour')], [true, true]);
    clock.jump(jumpMs);
    assert.deepEqual([known('for ever'), known('for half an hour')], [true, jumpMs < 0]);
    clock.jump(-jumpMs);
    assert.equal(known('for half an hour'), true);
  });
}
