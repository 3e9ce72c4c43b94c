/** What is learnt from a Welcome: only what the pinned root set vouches for, and never backwards. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fingerprintOfRootBundle, signBundle } from '../../shared/trust/root-set.ts';
import { generateSigningKey } from '../../shared/trust/statement-keys.ts';
import { CrashDisk } from '../../test/support/crash-disk.ts';
import { createTestTrust, rootClaims, type TestTrust } from '../../test/support/signed-content.ts';
import { TrustAnchor } from './trust-anchor.ts';

const PATH = '/state/trust.json';

function open(trust: TestTrust, disk = new CrashDisk()): Promise<TrustAnchor> {
  return TrustAnchor.open({ disk, path: PATH, audience: trust.audience, rootFingerprint: fingerprintOfRootBundle(trust.rootStatement) });
}

function delegation(trust: TestTrust, serial: number, keys = [trust.publishKey.publicKey]): Promise<string> {
  return signBundle('delegation', { format: 1, tenant: trust.audience.tenantId, gateway: trust.audience.gatewayId, serial, keys, issuedAt: 1 }, [trust.rootKey]);
}

test('what holds is learnt, kept, and there again after a restart', async () => {
  const trust = await createTestTrust();
  const disk = new CrashDisk();
  const anchor = await open(trust, disk);
  assert.equal(anchor.current, undefined);
  assert.equal((await anchor.learn({ rootStatements: [trust.rootStatement], delegationStatement: trust.delegationStatement })).kind, 'trusted');
  assert.equal((await open(trust, disk)).current?.publishKeys.serial, 1);
});

test('the same statements again cost no write', async () => {
  const trust = await createTestTrust();
  const disk = new CrashDisk();
  const anchor = await open(trust, disk);
  const statements = { rootStatements: [trust.rootStatement], delegationStatement: trust.delegationStatement };
  await anchor.learn(statements);
  const operations = disk.operations.length;
  await anchor.learn(statements);
  assert.equal(disk.operations.length, operations);
});

test('an older delegation than the one that is known is refused, also after a restart', async () => {
  const trust = await createTestTrust();
  const disk = new CrashDisk();
  const newer = await delegation(trust, 2, [generateSigningKey().publicKey]);
  await (await open(trust, disk)).learn({ rootStatements: [trust.rootStatement], delegationStatement: newer });
  const anchor = await open(trust, disk);
  const refusal = await anchor.learn({ rootStatements: [trust.rootStatement], delegationStatement: trust.delegationStatement });
  assert.equal(refusal.kind === 'refused' && refusal.code, 'SYNC_TRUST_OLDER');
  assert.equal(anchor.current?.publishKeys.serial, 2);
});

test('of two that are learnt at once the older one does not win', async () => {
  const trust = await createTestTrust();
  const disk = new CrashDisk();
  const anchor = await open(trust, disk);
  const rootStatements = [trust.rootStatement];
  const newer = await delegation(trust, 2, [generateSigningKey().publicKey]);
  const [, older] = await Promise.all([anchor.learn({ rootStatements, delegationStatement: newer }), anchor.learn({ rootStatements, delegationStatement: trust.delegationStatement })]);
  assert.equal(older.kind === 'refused' && older.code, 'SYNC_TRUST_OLDER');
  assert.deepEqual([anchor.current?.publishKeys.serial, (await open(trust, disk)).current?.publishKeys.serial], [2, 2]);
});

test('a rotation of the root set is followed, and not undone', async () => {
  const trust = await createTestTrust();
  const nextKey = generateSigningKey();
  const rotated = await signBundle('root', rootClaims(2, 1, [nextKey]), [trust.rootKey, nextKey]);
  const anchor = await open(trust);
  const byNext = await delegation({ ...trust, rootKey: nextKey }, 2);
  assert.equal((await anchor.learn({ rootStatements: [trust.rootStatement, rotated], delegationStatement: byNext })).kind, 'trusted');
  const back = await anchor.learn({ rootStatements: [trust.rootStatement], delegationStatement: await delegation(trust, 3) });
  assert.equal(back.kind === 'refused' && back.code, 'SYNC_TRUST_OLDER');
});

test('a stranger is not believed, whatever is on disk', async () => {
  const trust = await createTestTrust();
  const stranger: TestTrust = { ...(await createTestTrust()), audience: trust.audience };
  const anchor = await open(trust);
  const other = await anchor.learn({ rootStatements: [stranger.rootStatement], delegationStatement: await delegation(stranger, 9) });
  assert.equal(other.kind === 'refused' && other.code, 'TRUST_ROOT_UNPINNED');
  const disk = new CrashDisk();
  disk.put(PATH, Buffer.from(JSON.stringify({ rootStatements: [stranger.rootStatement], delegationStatement: await delegation(stranger, 9) })));
  assert.equal((await open(trust, disk)).current, undefined);
  disk.put(PATH, Buffer.from('{"rootStatements":7}'));
  assert.equal((await open(trust, disk)).current, undefined);
});

test('keys that can not be kept are not used: a restart would not know them', async () => {
  const trust = await createTestTrust();
  const disk = new CrashDisk();
  const anchor = await open(trust, disk);
  disk.cutAfter(0);
  const refusal = await anchor.learn({ rootStatements: [trust.rootStatement], delegationStatement: trust.delegationStatement });
  assert.equal(refusal.kind === 'refused' && refusal.code, 'SYNC_TRUST_NOT_KEPT');
  assert.equal(anchor.current, undefined);
});
