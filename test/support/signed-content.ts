/**
 * A small installation's trust in memory: root set, publish key, delegation, and transfers signed by them. For tests that
 * need genuine configuration (or one claim of it wrong) without a control plane.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { zstdCompressSync } from 'node:zlib';
import { newId, type EntityId, type GatewayId, type TenantId } from '../../shared/model/ids.ts';
import type { ConfigVersion } from '../../shared/model/version.ts';
import { ContentTree } from '../../shared/trust/content-hash.ts';
import { fingerprintOfRootBundle, signBundle, verifyDelegation, verifyRootChain, type PublishKeys, type RootSet } from '../../shared/trust/root-set.ts';
import { generateSigningKey, type SigningKey } from '../../shared/trust/statement-keys.ts';
import type { ManifestClaims, RootClaims, TransferClaims } from '../../shared/trust/statement-claims.ts';
import { signStatement, type Audience } from '../../shared/trust/statements.ts';
import { applyChanges, type Transfer } from '../../shared/trust/verify-transfer.ts';
import { encodeDeltaContent, encodeSnapshotContent } from '../../shared/wire/content-codec.ts';
import type { Leaf, LeafChange } from '../../shared/wire/sync-message.ts';

const ISSUED_AT_MS = 1_795_269_600_000;

export interface TestTrust {
  readonly audience: Audience;
  readonly rootKey: SigningKey;
  readonly publishKey: SigningKey;
  readonly rootStatement: string;
  readonly delegationStatement: string;
  readonly rootSet: RootSet;
  readonly publishKeys: PublishKeys;
}

/** Claims to be signed other than they should be. */
export interface Alterations {
  readonly manifest?: Partial<ManifestClaims>;
  readonly transfer?: Partial<TransferClaims>;
}

/** A fresh root set of one key with a delegation for one new gateway. */
export async function createTestTrust(): Promise<TestTrust> {
  const audience: Audience = { tenantId: newId<TenantId>(), gatewayId: newId<GatewayId>() };
  const rootKey = generateSigningKey();
  const publishKey = generateSigningKey();
  const rootStatement = await signBundle('root', rootClaims(1, 1, [rootKey]), [rootKey]);
  const delegationStatement = await signBundle('delegation', { format: 1, ...claimsOf(audience), serial: 1, keys: [publishKey.publicKey], issuedAt: ISSUED_AT_MS }, [rootKey]);
  const rootSet = await trustedRootSet([rootStatement]);
  const delegation = await verifyDelegation(delegationStatement, rootSet, audience);
  assert.ok(delegation.kind === 'verified');
  return { audience, rootKey, publishKey, rootStatement, delegationStatement, rootSet, publishKeys: delegation.publishKeys };
}

/** The same installation after its root key delegated to another publish key. */
export async function withNewPublishKey(trust: TestTrust): Promise<TestTrust> {
  const publishKey = generateSigningKey();
  const serial = trust.publishKeys.serial + 1;
  const delegationStatement = await signBundle('delegation', { format: 1, ...claimsOf(trust.audience), serial, keys: [publishKey.publicKey], issuedAt: ISSUED_AT_MS }, [trust.rootKey]);
  const delegation = await verifyDelegation(delegationStatement, trust.rootSet, trust.audience);
  assert.ok(delegation.kind === 'verified');
  return { ...trust, publishKey, delegationStatement, publishKeys: delegation.publishKeys };
}

export function rootClaims(version: number, threshold: number, keys: readonly SigningKey[]): RootClaims {
  return { format: 1, version, threshold, keys: keys.map((key) => key.publicKey), issuedAt: ISSUED_AT_MS };
}

/** The newest set of a chain, pinned at its first. */
export async function trustedRootSet(bundles: readonly string[]): Promise<RootSet> {
  const chain = await verifyRootChain(bundles, fingerprintOfRootBundle(bundles[0] ?? ''));
  assert.ok(chain.kind === 'verified', JSON.stringify(chain));
  return chain.rootSet;
}

/** A whole configuration, signed. */
export async function signSnapshot(trust: TestTrust, version: ConfigVersion, leaves: readonly Leaf[], alterations: Alterations = {}): Promise<Transfer> {
  const tree = new ContentTree();
  for (const leaf of leaves) tree.set(leaf.kind, leaf.id, leaf.entity);
  return signTransfer(trust, { base: null, version, tree, content: encodeSnapshotContent(leaves) }, alterations);
}

/** The change from `base` (whose tree is given and not changed), signed. */
export async function signDelta(trust: TestTrust, base: { readonly version: ConfigVersion; readonly tree: ContentTree }, version: ConfigVersion, changes: readonly LeafChange[], alterations: Alterations = {}): Promise<Transfer> {
  const tree = base.tree.clone();
  applyChanges(tree, changes);
  return signTransfer(trust, { base: base.version, version, tree, content: encodeDeltaContent(changes) }, alterations);
}

/** Lets a gateway begin a new epoch. */
export function signEpoch(trust: TestTrust, epoch: number, signers: readonly SigningKey[] = [trust.rootKey]): Promise<string> {
  return signBundle('epoch', { format: 1, ...claimsOf(trust.audience), epoch, issuedAt: ISSUED_AT_MS }, signers);
}

/** Entities with short bytes, for tests that don't look into them. */
export function someLeaves(count: number, kind = 'routes'): readonly Leaf[] {
  return Array.from({ length: count }, (_, index) => ({ kind, id: newId<EntityId>(), entity: Buffer.from(`entity ${index}`) }));
}

async function signTransfer(
  trust: TestTrust,
  given: { readonly base: ConfigVersion | null; readonly version: ConfigVersion; readonly tree: ContentTree; readonly content: Uint8Array },
  alterations: Alterations,
): Promise<Transfer> {
  const wireBytes = zstdCompressSync(given.content);
  const manifest: ManifestClaims = {
    format: 1, ...claimsOf(trust.audience), ...given.version, contentRoot: given.tree.rootHex(), entityCount: given.tree.size,
    allowEmpty: false, issuedAt: ISSUED_AT_MS, minimumDataPlaneVersion: '0.1.0', ...alterations.manifest,
  };
  const transfer: TransferClaims = {
    format: 1, ...claimsOf(trust.audience), base: given.base, target: given.version, compression: 'zstd',
    wireHash: createHash('sha256').update(wireBytes).digest('hex'), wireLength: wireBytes.length, inflatedLength: given.content.length, ...alterations.transfer,
  };
  return {
    manifestStatement: await signStatement('manifest', manifest, trust.publishKey),
    framing: { kind: 'signed', transferStatement: await signStatement('transfer', transfer, trust.publishKey) },
    epochStatement: '',
    wireBytes,
  };
}

function claimsOf(audience: Audience) {
  return { tenant: audience.tenantId, gateway: audience.gatewayId };
}
