/**
 * The cache under the data plane's own key: useless elsewhere (T2), still readable after keys were rotated (S5), and closed to whoever
 * has a stolen publish key and the disk, but not our key (S3).
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { before, test } from 'node:test';
import { newId, type EntityId } from '../../shared/model/ids.ts';
import { fingerprintOfRootBundle, signBundle } from '../../shared/trust/root-set.ts';
import { generateSigningKey } from '../../shared/trust/statement-keys.ts';
import { verifyTransfer, type Transfer } from '../../shared/trust/verify-transfer.ts';
import type { Leaf } from '../../shared/wire/sync-message.ts';
import { CrashDisk } from '../../test/support/crash-disk.ts';
import { createTestTrust, signDelta, signSnapshot, type TestTrust } from '../../test/support/signed-content.ts';
import { newStateSeal } from '../../test/support/state-seals.ts';
import { encodeUnsealedRecord } from '../../test/support/unsealed-record.ts';
import type { StateSeal } from '../state/state-seal.ts';
import { recordNameOf, type CacheRecord } from './cache-record.ts';
import { nextContent, type ConfigContent } from './config-content.ts';
import { SnapshotCache, type LoadedConfig } from './snapshot-cache.ts';
import { createRecordVerifier } from './verify-record.ts';

const FOLDER = '/state/cache';
/** Not to be compressed, so that encoded content would show it. */
const SECRET_PATH = `/internal/${randomBytes(12).toString('hex')}`;

let trust: TestTrust;
let accepted: readonly { readonly content: ConfigContent; readonly base: ConfigContent | null; readonly transfer: Transfer }[];

before(async () => {
  trust = await createTestTrust();
  const leaves: readonly Leaf[] = [{ kind: 'routes', id: newId<EntityId>(), entity: Buffer.from(SECRET_PATH) }];
  const first = await signSnapshot(trust, { epoch: 1, sequence: 1 }, leaves);
  const one = await accept(first, undefined);
  const second = await signDelta(trust, one, { epoch: 1, sequence: 2 }, [{ op: 'put', kind: 'services', id: newId<EntityId>(), entity: Buffer.from(SECRET_PATH) }]);
  accepted = [{ content: one, base: null, transfer: first }, { content: await accept(second, one), base: one, transfer: second }];
});

async function accept(transfer: Transfer, base: ConfigContent | undefined): Promise<ConfigContent> {
  const verified = await verifyTransfer(transfer, { rootSet: trust.rootSet, publishKeys: trust.publishKeys, highest: undefined, base, acceptOlder: false, softwareVersion: '1.0.0', maximumInflatedBytes: 1e6 });
  assert.ok(verified.kind === 'verified', JSON.stringify(verified));
  return nextContent(base, verified, { manifestStatement: transfer.manifestStatement, epochStatement: '', rootStatements: [trust.rootStatement], delegationStatement: trust.delegationStatement });
}

function open(disk: CrashDisk, seal: StateSeal, delegationSerial = 1): Promise<SnapshotCache> {
  const verify = createRecordVerifier({ audience: trust.audience, rootFingerprint: fingerprintOfRootBundle(trust.rootStatement), highest: () => undefined, delegationSerial: () => delegationSerial, softwareVersion: '1.0.0', maximumInflatedBytes: 1e6 });
  return SnapshotCache.open({ disk, folder: FOLDER, slots: 3, verify, seal });
}

async function filled(seal: StateSeal): Promise<CrashDisk> {
  const disk = new CrashDisk();
  const cache = await open(disk, seal);
  for (const { content, base, transfer } of accepted) await cache.save(content, base, { framing: transfer.framing, wireBytes: transfer.wireBytes });
  await cache.markKnownGood(accepted[0]?.content ?? assert.fail());
  return disk;
}

function putUnsealed(disk: CrashDisk, record: CacheRecord): void {
  disk.put(`${FOLDER}/${recordNameOf(record).name}`, encodeUnsealedRecord(record));
}

function recordsOfOldRelease(): readonly CacheRecord[] {
  return accepted.map(({ content, base, transfer }) => ({
    version: content.version, contentRoot: content.contentRoot, base: base === null ? null : { version: base.version, contentRoot: base.contentRoot }, framing: transfer.framing, proof: content.proof, body: transfer.wireBytes,
  }));
}

async function load(disk: CrashDisk, seal: StateSeal, delegationSerial?: number): Promise<LoadedConfig> {
  return (await open(disk, seal, delegationSerial)).load(() => false);
}

test('T2: nothing of the configuration can be read in the files', async () => {
  const disk = await filled(newStateSeal());
  for (const [path, bytes] of disk.files()) assert.equal(bytes.includes(SECRET_PATH), false, path);
  const plain = new CrashDisk();
  for (const record of recordsOfOldRelease()) putUnsealed(plain, record);
  assert.ok([...plain.files().values()].some((bytes) => bytes.includes(SECRET_PATH)), 'it would show where it were not encrypted');
});

test('T2: the cache of another data plane, or of another key of this one, is refused file by file with the reason', async () => {
  const disk = await filled(newStateSeal());
  const cache = await open(disk, newStateSeal());
  const { content, passedOver } = await cache.load(() => false);
  assert.equal(content, undefined);
  assert.equal(cache.knownGood, undefined);
  assert.deepEqual(cache.refusals.map(({ file }) => file).sort(), [...(await disk.list(FOLDER))].filter((name) => !name.includes('.from-')).sort());
  assert.ok(passedOver.some(({ reason }) => reason.startsWith('it was written under another key')), JSON.stringify(passedOver));
});

test('S5: what was accepted here stays usable after its publish key was rotated away', async () => {
  const seal = newStateSeal();
  const { content, passedOver } = await load(await filled(seal), seal, 7);
  assert.deepEqual([content?.version.sequence, passedOver], [2, []]);
});

test('S3: a stolen publish key and the disk, without our key, get nothing in', async () => {
  const seal = newStateSeal();
  const forged = await signSnapshot(trust, { epoch: 1, sequence: 9 }, [{ kind: 'routes', id: newId<EntityId>(), entity: Buffer.from('evil') }]);
  const { version, contentRoot, proof } = await accept(forged, undefined);
  for (const [what, serial, reason] of [['while nobody knows', 1, /^it is not sealed/], ['after the rotation', 2, /^it is not sealed/]] as const) {
    const disk = await filled(seal);
    putUnsealed(disk, { version, contentRoot, base: null, framing: forged.framing, proof, body: forged.wireBytes });
    const { content, passedOver } = await load(disk, seal, serial);
    assert.equal(content?.version.sequence, 2, what);
    assert.match(passedOver[0]?.reason ?? '', reason, what);
  }
  // Sealed by the thief's own key, of course, neither.
  const stranger = new CrashDisk();
  await (await open(stranger, newStateSeal())).save({ ...(await accept(forged, undefined)) }, null, { framing: forged.framing, wireBytes: forged.wireBytes });
  assert.equal((await load(stranger, seal)).content, undefined);
});

test('after an upgrade the old cache serves, is written anew, and from then on only what is sealed counts', async () => {
  const disk = new CrashDisk();
  for (const record of recordsOfOldRelease()) putUnsealed(disk, record);
  disk.put(`${FOLDER}/1.3-${'0'.repeat(16)}.config`, Buffer.from('rotten'));
  const seal = newStateSeal(true);
  const cache = await open(disk, seal);
  assert.equal((await cache.load(() => false)).content?.version.sequence, 2);
  await cache.sealAll();
  seal.allSealed();
  for (const [path, bytes] of disk.files()) assert.equal(bytes.includes(SECRET_PATH), false, path);
  assert.equal((await disk.list(FOLDER)).length, 2, 'what does not verify is removed');
  assert.deepEqual([(await load(disk, seal)).content?.version.sequence, (await load(disk, newStateSeal())).content], [2, undefined]);
  for (const record of recordsOfOldRelease()) putUnsealed(disk, record);
  assert.equal((await load(disk, seal)).content, undefined);
});

test('S3: an old cache is not believed under keys that were replaced, nor is it sealed', async () => {
  const disk = new CrashDisk();
  for (const record of recordsOfOldRelease()) putUnsealed(disk, record);
  const cache = await open(disk, newStateSeal(true), 2);
  const { content, passedOver } = await cache.load(() => false);
  assert.equal(content, undefined);
  assert.ok(passedOver.some(({ reason }) => reason.startsWith('CACHE_KEYS_OUTDATED: ')), JSON.stringify(passedOver));
  await cache.sealAll();
  assert.deepEqual(await disk.list(FOLDER), []);
});

test('S3: the seal vouches for the keys, not for the content: a sealed file is verified as any other', async () => {
  const seal = newStateSeal();
  const stranger = generateSigningKey();
  const delegationStatement = await signBundle('delegation', { format: 1, tenant: trust.audience.tenantId, gateway: trust.audience.gatewayId, serial: 9, keys: [trust.publishKey.publicKey], issuedAt: 0 }, [stranger]);
  const [first] = accepted;
  assert.ok(first);
  const disk = new CrashDisk();
  await (await open(disk, seal)).save({ ...first.content, proof: { ...first.content.proof, delegationStatement } }, null, { framing: first.transfer.framing, wireBytes: first.transfer.wireBytes });
  const { content, passedOver } = await load(disk, seal);
  assert.equal(content, undefined);
  assert.match(passedOver[0]?.reason ?? '', /^TRUST_/);
});
