import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { zstdCompressSync } from 'node:zlib';
import { createTestTrust, signDelta, signEpoch, signSnapshot, someLeaves, type Alterations } from '../../test/support/signed-content.ts';
import { newId, type EntityId, type GatewayId, type TenantId } from '../model/ids.ts';
import { encodeDeltaContent, encodeSnapshotContent } from '../wire/content-codec.ts';
import type { LeafChange } from '../wire/sync-message.ts';
import { generateSigningKey } from './statement-keys.ts';
import { signStatement } from './statements.ts';
import { verifyTransfer, type Transfer, type TransferContext, type VerifiedTransfer } from './verify-transfer.ts';

const trust = await createTestTrust();
const leaves = someLeaves(20);
const [changedLeaf, deletedLeaf] = leaves;
assert.ok(changedLeaf !== undefined && deletedLeaf !== undefined);
const changes: readonly LeafChange[] = [
  { op: 'put', kind: changedLeaf.kind, id: changedLeaf.id, entity: Buffer.from('changed') },
  { op: 'delete', kind: deletedLeaf.kind, id: deletedLeaf.id },
  { op: 'put', kind: 'services', id: newId<EntityId>(), entity: Buffer.from('new') },
];

const context: TransferContext = {
  rootSet: trust.rootSet,
  publishKeys: trust.publishKeys,
  highest: undefined,
  base: undefined,
  acceptOlder: false,
  softwareVersion: '0.1.0',
  maximumInflatedBytes: 1024 * 1024,
};

async function verified(transfer: Transfer, over: Partial<TransferContext> = {}): Promise<VerifiedTransfer> {
  const verdict = await verifyTransfer(transfer, { ...context, ...over });
  assert.ok(verdict.kind === 'verified', JSON.stringify(verdict));
  return verdict;
}

async function codeOf(transfer: Transfer, over: Partial<TransferContext> = {}): Promise<string> {
  const verdict = await verifyTransfer(transfer, { ...context, ...over });
  if (verdict.kind === 'refused') assert.ok(verdict.reasons.length > 0 && verdict.reasons.every((reason) => reason !== ''));
  return verdict.kind === 'refused' ? verdict.code : 'verified';
}

const at5 = { epoch: 1, sequence: 5 };
const at9 = { epoch: 1, sequence: 9 };
const snapshot = await signSnapshot(trust, at5, leaves);
const accepted = await verified(snapshot);
const base = { version: at5, tree: accepted.tree };
const highest = { version: at5, contentRoot: accepted.contentRoot };
const delta = await signDelta(trust, base, at9, changes);

test('a signed snapshot gives its leaves, version and root', () => {
  assert.deepEqual(accepted.version, at5);
  assert.equal(accepted.contentRoot, accepted.tree.rootHex());
  assert.ok(accepted.content.kind === 'snapshot');
  assert.deepEqual([...accepted.content.leaves].map((leaf) => leaf.id), leaves.map((leaf) => leaf.id));
});

test('a signed delta gives its changes and the new tree, and leaves the base as it was', async () => {
  const before = base.tree.rootHex();
  const verdict = await verified(delta, { base, highest });
  assert.ok(verdict.content.kind === 'delta');
  assert.deepEqual(verdict.content.changes.map(({ op, id }) => [op, id]), changes.map(({ op, id }) => [op, id]));
  assert.equal(verdict.tree.size, leaves.length);
  assert.equal(base.tree.rootHex(), before);
  assert.notEqual(verdict.contentRoot, before);
});

test('the version that is active already verifies again with the same content', async () => {
  assert.deepEqual((await verified(snapshot, { highest })).version, at5);
});

test('S3: a configuration that this data plane stored itself passes the same verification', async () => {
  const content = encodeSnapshotContent(leaves);
  const own: Transfer = { ...snapshot, framing: { kind: 'local', inflatedLength: content.length }, wireBytes: zstdCompressSync(content) };
  assert.equal((await verified(own, { highest })).contentRoot, accepted.contentRoot);
  const altered = encodeSnapshotContent(leaves.map((leaf, index) => (index === 3 ? { ...leaf, entity: Buffer.from('entity !') } : leaf)));
  assert.equal(await codeOf({ ...own, wireBytes: zstdCompressSync(altered) }, { highest }), 'TRANSFER_ROOT_MISMATCH');
  const bomb = zstdCompressSync(Buffer.alloc(50 * 1024 * 1024));
  assert.equal(await codeOf({ ...own, wireBytes: bomb }, { highest }), 'TRANSFER_INFLATE_FAILED');
});

test('S4: older than the highest accepted is refused, unless this data plane goes back to a slot of its own', async () => {
  const newer = { version: at9, contentRoot: 'f'.repeat(64) };
  assert.equal(await codeOf(snapshot, { highest: newer }), 'TRANSFER_VERSION_OLDER');
  assert.equal(await codeOf(snapshot, { highest: newer, acceptOlder: true }), 'verified');
});

test('S4: the same version with another hash is refused, also where older ones are taken', async () => {
  const other = { version: at5, contentRoot: 'f'.repeat(64) };
  assert.equal(await codeOf(snapshot, { highest: other }), 'TRANSFER_VERSION_CONFLICT');
  assert.equal(await codeOf(snapshot, { highest: other, acceptOlder: true }), 'TRANSFER_VERSION_CONFLICT');
});

test('S4: a new epoch needs the root set, and with it a lower sequence is taken', async () => {
  const restarted = await signSnapshot(trust, { epoch: 2, sequence: 1 }, leaves);
  assert.equal(await codeOf(restarted, { highest }), 'TRANSFER_EPOCH_UNPROVEN');
  assert.equal(await codeOf({ ...restarted, epochStatement: await signEpoch(trust, 3) }, { highest }), 'TRANSFER_EPOCH_UNPROVEN');
  assert.equal(await codeOf({ ...restarted, epochStatement: await signEpoch(trust, 2, [trust.publishKey]) }, { highest }), 'TRANSFER_EPOCH_UNPROVEN');
  assert.equal(await codeOf({ ...restarted, epochStatement: await signEpoch(trust, 2, [generateSigningKey()]) }, { highest }), 'TRANSFER_EPOCH_UNPROVEN');
  const proven = { ...restarted, epochStatement: await signEpoch(trust, 2) };
  assert.equal(await codeOf(proven, { highest }), 'verified');
  assert.equal(await codeOf(restarted), 'TRANSFER_EPOCH_UNPROVEN', 'also on a data plane that never had a configuration');
  assert.equal(await codeOf(snapshot, { highest: { version: { epoch: 2, sequence: 1 }, contentRoot: accepted.contentRoot } }), 'TRANSFER_VERSION_OLDER');
});

test('a delta from another base is refused, and so is one without any base', async () => {
  assert.equal(await codeOf(delta, { highest }), 'TRANSFER_BASE_MISMATCH');
  assert.equal(await codeOf(delta, { base: { version: { epoch: 1, sequence: 4 }, tree: base.tree }, highest }), 'TRANSFER_BASE_MISMATCH');
  const otherContent = (await verified(await signSnapshot(trust, at5, leaves.slice(0, -1)))).tree;
  assert.equal(await codeOf(delta, { base: { version: at5, tree: otherContent }, highest }), 'TRANSFER_ROOT_MISMATCH');
});

test('empty content needs the manifest to allow it', async () => {
  const empty = await signSnapshot(trust, at9, []);
  assert.equal(await codeOf(empty), 'TRANSFER_EMPTY_REFUSED');
  assert.equal(await codeOf(await signSnapshot(trust, at9, [], { manifest: { allowEmpty: true } })), 'verified');
  const deletions = leaves.map((leaf): LeafChange => ({ op: 'delete', kind: leaf.kind, id: leaf.id }));
  assert.equal(await codeOf(await signDelta(trust, base, at9, deletions), { base, highest }), 'TRANSFER_EMPTY_REFUSED');
});

test('a data plane older than the manifest asks for refuses it', async () => {
  const demanding = await signSnapshot(trust, at9, leaves, { manifest: { minimumDataPlaneVersion: '0.10.0' } });
  assert.equal(await codeOf(demanding, { softwareVersion: '0.9.9' }), 'TRANSFER_DATA_PLANE_TOO_OLD');
  assert.equal(await codeOf(demanding, { softwareVersion: '0.10.0' }), 'verified');
});

test('issued at informs and decides nothing: a clock that is years off changes nothing', async () => {
  assert.equal(await codeOf(await signSnapshot(trust, at9, leaves, { manifest: { issuedAt: 0 } })), 'verified');
  assert.equal(await codeOf(await signSnapshot(trust, at9, leaves, { manifest: { issuedAt: 9_999_999_999_999 } })), 'verified');
});

test('content above the configured cap is refused before it is inflated', async () => {
  assert.equal(await codeOf(snapshot, { maximumInflatedBytes: 10 }), 'TRANSFER_TOO_LARGE');
});

/** Each claim of a well-signed manifest or transfer statement that does not fit the rest. */
const misfits: readonly { readonly claim: string; readonly alterations: Alterations; readonly code: string }[] = [
  { claim: 'manifest.tenant', alterations: { manifest: { tenant: newId<TenantId>() } }, code: 'TRUST_AUDIENCE_MISMATCH' },
  { claim: 'manifest.gateway', alterations: { manifest: { gateway: newId<GatewayId>() } }, code: 'TRUST_AUDIENCE_MISMATCH' },
  { claim: 'manifest.epoch', alterations: { manifest: { epoch: 2 } }, code: 'TRANSFER_TARGET_MISMATCH' },
  { claim: 'manifest.sequence', alterations: { manifest: { sequence: 10 } }, code: 'TRANSFER_TARGET_MISMATCH' },
  { claim: 'manifest.contentRoot', alterations: { manifest: { contentRoot: 'a'.repeat(64) } }, code: 'TRANSFER_ROOT_MISMATCH' },
  { claim: 'manifest.entityCount', alterations: { manifest: { entityCount: 21 } }, code: 'TRANSFER_ROOT_MISMATCH' },
  { claim: 'manifest.minimumDataPlaneVersion', alterations: { manifest: { minimumDataPlaneVersion: '1.0.0' } }, code: 'TRANSFER_DATA_PLANE_TOO_OLD' },
  { claim: 'transfer.tenant', alterations: { transfer: { tenant: newId<TenantId>() } }, code: 'TRUST_AUDIENCE_MISMATCH' },
  { claim: 'transfer.gateway', alterations: { transfer: { gateway: newId<GatewayId>() } }, code: 'TRUST_AUDIENCE_MISMATCH' },
  { claim: 'transfer.base', alterations: { transfer: { base: null } }, code: 'TRANSFER_ROOT_MISMATCH' },
  { claim: 'transfer.base (other)', alterations: { transfer: { base: { epoch: 1, sequence: 6 } } }, code: 'TRANSFER_BASE_MISMATCH' },
  { claim: 'transfer.target', alterations: { transfer: { target: { epoch: 1, sequence: 8 } } }, code: 'TRANSFER_TARGET_MISMATCH' },
  { claim: 'transfer.compression', alterations: { transfer: { compression: 'none' } }, code: 'TRANSFER_INFLATE_FAILED' },
  { claim: 'transfer.wireHash', alterations: { transfer: { wireHash: 'a'.repeat(64) } }, code: 'TRANSFER_HASH_MISMATCH' },
  { claim: 'transfer.wireLength', alterations: { transfer: { wireLength: 1 } }, code: 'TRANSFER_LENGTH_MISMATCH' },
  { claim: 'transfer.inflatedLength (less)', alterations: { transfer: { inflatedLength: 1 } }, code: 'TRANSFER_INFLATE_FAILED' },
  { claim: 'transfer.inflatedLength (more)', alterations: { transfer: { inflatedLength: 1000 } }, code: 'TRANSFER_INFLATE_FAILED' },
];
for (const { claim, alterations, code } of misfits) {
  test(`a signed but wrong ${claim} is refused as ${code}`, async () => {
    assert.equal(await codeOf(await signDelta(trust, base, at9, changes, alterations), { base, highest }), code);
  });
}

test('no byte on the wire can be changed, added or left out', async () => {
  for (let index = 0; index < delta.wireBytes.length; index += 1) {
    const bytes = Buffer.from(delta.wireBytes);
    bytes[index] = (bytes[index] ?? 0) ^ 0x20;
    assert.equal(await codeOf({ ...delta, wireBytes: bytes }, { base, highest }), 'TRANSFER_HASH_MISMATCH');
  }
  assert.equal(await codeOf({ ...delta, wireBytes: delta.wireBytes.subarray(1) }, { base, highest }), 'TRANSFER_LENGTH_MISMATCH');
  assert.equal(await codeOf({ ...delta, wireBytes: Buffer.concat([delta.wireBytes, Buffer.of(0)]) }, { base, highest }), 'TRANSFER_LENGTH_MISMATCH');
});

test('statements of two releases do not mix', async () => {
  const other = await signDelta(trust, base, { epoch: 1, sequence: 10 }, changes.slice(1));
  assert.equal(await codeOf({ ...delta, framing: other.framing, wireBytes: other.wireBytes }, { base, highest }), 'TRANSFER_TARGET_MISMATCH');
  const sameVersion = await signDelta(trust, base, at9, changes.slice(1));
  assert.equal(await codeOf({ ...delta, framing: sameVersion.framing, wireBytes: sameVersion.wireBytes }, { base, highest }), 'TRANSFER_ROOT_MISMATCH');
});

test('neither root key nor a stranger may sign a manifest', async () => {
  const claims = accepted.manifest;
  for (const signer of [trust.rootKey, generateSigningKey()]) {
    assert.equal(await codeOf({ ...snapshot, manifestStatement: await signStatement('manifest', claims, signer) }), 'TRUST_KEY_UNKNOWN');
  }
});

/** Well-signed bytes that are no content: a defect or malice of the publisher must not become a crash. */
const malformedContents: readonly { readonly name: string; readonly content: Uint8Array }[] = [
  { name: 'no protobuf', content: Buffer.from('this is no protobuf message') },
  { name: 'an entity twice', content: encodeSnapshotContent([changedLeaf, changedLeaf]) },
  { name: 'a kind with a zero byte', content: encodeSnapshotContent([{ ...changedLeaf, kind: 'routes\0x' }]) },
  { name: 'an id of 15 bytes', content: Buffer.from(encodeDeltaContent([{ op: 'delete', kind: 'routes', id: changedLeaf.id }])).subarray(0, 25) },
];
for (const { name, content } of malformedContents) {
  test(`signed content with ${name} is refused`, async () => {
    const wireBytes = zstdCompressSync(content);
    const transfer = { wireHash: createHash('sha256').update(wireBytes).digest('hex'), wireLength: wireBytes.length, inflatedLength: content.length };
    assert.equal(await codeOf({ ...(await signSnapshot(trust, at9, leaves, { transfer })), wireBytes }), 'TRANSFER_CONTENT_MALFORMED');
  });
}
