/**
 * The one verification of configuration (S3): push, cache and backup all come through here before anything is compiled.
 * Order: statements, versions (S4), length, hash of the bytes, inflate within the signed length, decode, root. Pure: it
 * reads nothing but its arguments and changes none of them; called by the data plane's agent thread, which it lets do other
 * things between pieces of work.
 */
import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { constants, zstdDecompress } from 'node:zlib';
import { promisify } from 'node:util';
import { describeThrown } from '../errors.ts';
import { compareVersions, formatVersion, NO_VERSION, type ConfigVersion } from '../model/version.ts';
import { decodeDeltaContent, decodeSnapshotContent, malformedContent } from '../wire/content-codec.ts';
import type { Leaf, LeafChange } from '../wire/sync-message.ts';
import { ContentTree } from './content-hash.ts';
import { refused, type Refusal } from './refusal.ts';
import { verifyEpoch, type PublishKeys, type RootSet } from './root-set.ts';
import { compareSoftwareVersions } from './software-version.ts';
import type { ManifestClaims } from './statement-claims.ts';
import { verifyStatement } from './statements.ts';

const inflateZstd = promisify(zstdDecompress);

/** Some three milliseconds of hashing. */
const LEAVES_PER_TURN = 512;
/** zlib's own lower bound. */
const SMALLEST_CHUNK_BYTES = 64;

/** How the wire bytes are described. */
export type TransferFraming =
  /** As the control plane sent it, or a backup of that. */
  | { readonly kind: 'signed'; readonly transferStatement: string }
  /**
   * A whole configuration that this data plane wrote itself after applying deltas. No transfer statement can exist for
   * it; the caller checks its own file's integrity, and the manifest's root binds the content all the same.
   */
  | { readonly kind: 'local'; readonly inflatedLength: number };

export interface Transfer {
  readonly manifestStatement: string;
  readonly framing: TransferFraming;
  /** '' where there is none; needed where the manifest begins a new epoch. */
  readonly epochStatement: string;
  /** All chunks in order; as compressed as the transfer statement says (`local`: zstd). */
  readonly wireBytes: Uint8Array;
}

export interface TransferContext {
  readonly rootSet: RootSet;
  readonly publishKeys: PublishKeys;
  /** The highest version ever accepted here with its root; undefined before the first. */
  readonly highest: { readonly version: ConfigVersion; readonly contentRoot: string } | undefined;
  /** What a delta is applied to: the active content. Not changed. */
  readonly base: { readonly version: ConfigVersion; readonly tree: ContentTree } | undefined;
  /**
   * True only when this data plane goes back to a slot that it accepted before (S5) or starts from one; a pushed
   * configuration must never be older than the highest accepted.
   */
  readonly acceptOlder: boolean;
  /** `x.y.z` of this data plane. */
  readonly softwareVersion: string;
  /** The configured cap on inflated content, bytes; the signed length must be below it too. */
  readonly maximumInflatedBytes: number;
}

export interface VerifiedTransfer {
  readonly kind: 'verified';
  readonly version: ConfigVersion;
  /** Lower-case hex. */
  readonly contentRoot: string;
  readonly manifest: ManifestClaims;
  /** The tree over the new content; the caller owns it. */
  readonly tree: ContentTree;
  /** A snapshot's content is whole, decoded anew from its bytes with each iteration; a delta's changes come on top of the base. */
  readonly content: { readonly kind: 'snapshot'; readonly leaves: Iterable<Leaf> } | { readonly kind: 'delta'; readonly base: ConfigVersion; readonly changes: readonly LeafChange[] };
}

/** Verifies one transfer. Whatever is wrong with the bytes comes back as a refusal; it throws only on defects of ours. */
export async function verifyTransfer(transfer: Transfer, context: TransferContext): Promise<VerifiedTransfer | Refusal> {
  const { publishKeys } = context;
  const verified = await verifyStatement('manifest', transfer.manifestStatement, publishKeys.keys, publishKeys.audience);
  if (verified.kind === 'refused') return verified;
  const manifest = verified.claims;
  const framing = await readFraming(transfer, manifest, context);
  if (framing.kind === 'refused') return framing;
  const versionRefusal = (await checkVersion(transfer, manifest, context)) ?? checkBase(framing, context);
  if (versionRefusal !== undefined) return versionRefusal;
  const bytes = await readBytes(transfer.wireBytes, framing, context.maximumInflatedBytes);
  if (bytes.kind === 'refused') return bytes;
  return readContent(bytes.inflated, framing, manifest, context);
}

interface Framing {
  readonly kind: 'framing';
  readonly base: ConfigVersion | null;
  readonly compression: 'zstd' | 'none';
  readonly wireHash: string | undefined;
  readonly wireLength: number | undefined;
  readonly inflatedLength: number;
}

async function readFraming(transfer: Transfer, manifest: ManifestClaims, context: TransferContext): Promise<Framing | Refusal> {
  if (transfer.framing.kind === 'local') {
    return { kind: 'framing', base: null, compression: 'zstd', wireHash: undefined, wireLength: undefined, inflatedLength: transfer.framing.inflatedLength };
  }
  const { publishKeys } = context;
  const verified = await verifyStatement('transfer', transfer.framing.transferStatement, publishKeys.keys, publishKeys.audience);
  if (verified.kind === 'refused') return verified;
  if (compareVersions(verified.claims.target, manifest) !== 0) {
    return refused({ code: 'TRANSFER_TARGET_MISMATCH', reason: `the transfer leads to ${formatVersion(verified.claims.target)}, the manifest is for ${formatVersion(manifest)}` });
  }
  const { base, compression, wireHash, wireLength, inflatedLength } = verified.claims;
  return { kind: 'framing', base, compression, wireHash, wireLength, inflatedLength };
}

/** S4: what was accepted never goes down, and one version has one content. */
async function checkVersion(transfer: Transfer, manifest: ManifestClaims, context: TransferContext): Promise<Refusal | undefined> {
  if (compareSoftwareVersions(context.softwareVersion, manifest.minimumDataPlaneVersion) < 0) {
    return refused({
      code: 'TRANSFER_DATA_PLANE_TOO_OLD',
      reason: `the configuration needs data plane ${manifest.minimumDataPlaneVersion}, this is ${context.softwareVersion}; upgrade it`,
    });
  }
  const highest = context.highest?.version ?? NO_VERSION;
  const order = compareVersions(manifest, highest);
  if (order === 0 && context.highest?.contentRoot !== manifest.contentRoot) {
    return refused({ code: 'TRANSFER_VERSION_CONFLICT', reason: `version ${formatVersion(manifest)} was accepted before with other content` });
  }
  if (order < 0 && !context.acceptOlder) {
    return refused({ code: 'TRANSFER_VERSION_OLDER', reason: `version ${formatVersion(manifest)} is older than ${formatVersion(highest)}, which was accepted before` });
  }
  // A new epoch starts counting again, so only the root set may begin one.
  if (manifest.epoch <= Math.max(highest.epoch, 1)) return undefined;
  const epoch = await verifyEpoch(transfer.epochStatement, context.rootSet, context.publishKeys.audience);
  if (epoch.kind === 'verified' && epoch.claims.epoch === manifest.epoch) return undefined;
  const reason = epoch.kind === 'verified' ? `the epoch statement is for epoch ${epoch.claims.epoch}` : epoch.reasons.join('; ');
  return refused({ code: 'TRANSFER_EPOCH_UNPROVEN', reason: `the root set has not begun epoch ${manifest.epoch}: ${reason}` });
}

function checkBase(framing: Framing, context: TransferContext): Refusal | undefined {
  if (framing.base === null) return undefined;
  if (context.base !== undefined && compareVersions(framing.base, context.base.version) === 0) return undefined;
  return refused({
    code: 'TRANSFER_BASE_MISMATCH',
    reason: `the change is from ${formatVersion(framing.base)}, active is ${context.base === undefined ? 'nothing' : formatVersion(context.base.version)}`,
  });
}

async function readBytes(wireBytes: Uint8Array, framing: Framing, maximumInflatedBytes: number): Promise<{ readonly kind: 'read'; readonly inflated: Uint8Array } | Refusal> {
  if (framing.inflatedLength > maximumInflatedBytes) {
    return refused({ code: 'TRANSFER_TOO_LARGE', reason: `the content has ${framing.inflatedLength} bytes, the configured cap is ${maximumInflatedBytes}` });
  }
  if (framing.wireLength !== undefined && wireBytes.length !== framing.wireLength) {
    return refused({ code: 'TRANSFER_LENGTH_MISMATCH', reason: `${wireBytes.length} bytes came, ${framing.wireLength} were signed` });
  }
  if (framing.wireHash !== undefined && createHash('sha256').update(wireBytes).digest('hex') !== framing.wireHash) {
    return refused({ code: 'TRANSFER_HASH_MISMATCH', reason: 'the bytes are not those that were signed' });
  }
  let inflated = wireBytes;
  if (framing.compression === 'zstd') {
    try {
      // One byte more than allowed, so that a longer content shows instead of being cut. In one piece, lest pieces and whole lie in memory together.
      const most = framing.inflatedLength + 1;
      inflated = await inflateZstd(wireBytes, { maxOutputLength: most, chunkSize: Math.max(most, SMALLEST_CHUNK_BYTES), params: { [constants.ZSTD_d_windowLogMax]: 27 } });
    } catch (thrown) {
      return refused({ code: 'TRANSFER_INFLATE_FAILED', reason: `the bytes do not inflate: ${describeThrown(thrown)}` });
    }
  }
  if (inflated.length === framing.inflatedLength) return { kind: 'read', inflated };
  return refused({ code: 'TRANSFER_INFLATE_FAILED', reason: `the bytes do not inflate to the ${framing.inflatedLength} bytes announced` });
}

async function readContent(inflated: Uint8Array, framing: Framing, manifest: ManifestClaims, context: TransferContext): Promise<VerifiedTransfer | Refusal> {
  let content: VerifiedTransfer['content'];
  let tree: ContentTree;
  try {
    if (framing.base === null) {
      content = { kind: 'snapshot', leaves: decodeSnapshotContent(inflated) };
      tree = await treeOf(content.leaves);
    } else {
      content = { kind: 'delta', base: framing.base, changes: decodeDeltaContent(inflated) };
      tree = context.base?.tree.clone() ?? new ContentTree();
      for (let from = 0; from < content.changes.length; from += LEAVES_PER_TURN) {
        if (from > 0) await nextTurn();
        applyChanges(tree, content.changes.slice(from, from + LEAVES_PER_TURN));
      }
    }
  } catch (thrown) {
    return refused({ code: 'TRANSFER_CONTENT_MALFORMED', reason: describeThrown(thrown) });
  }
  if (tree.rootHex() !== manifest.contentRoot || tree.size !== manifest.entityCount) {
    return refused({ code: 'TRANSFER_ROOT_MISMATCH', reason: `the content has root ${tree.rootHex()} over ${tree.size} entities, signed is ${manifest.contentRoot} over ${manifest.entityCount}` });
  }
  if (tree.size === 0 && !manifest.allowEmpty) {
    return refused({ code: 'TRANSFER_EMPTY_REFUSED', reason: 'the configuration is empty and its manifest does not allow that' });
  }
  return { kind: 'verified', version: { epoch: manifest.epoch, sequence: manifest.sequence }, contentRoot: manifest.contentRoot, manifest, tree, content };
}

async function treeOf(leaves: Iterable<Leaf>): Promise<ContentTree> {
  const tree = new ContentTree();
  let count = 0;
  for (const { kind, id, entity } of leaves) {
    tree.set(kind, id, entity);
    count += 1;
    if (tree.size < count) throw malformedContent('an entity comes twice');
    if (count % LEAVES_PER_TURN === 0) await nextTurn();
  }
  return tree;
}

/** Brings a tree from one version to the next. Used by the publisher too. */
export function applyChanges(tree: ContentTree, changes: Iterable<LeafChange>): void {
  for (const change of changes) {
    if (change.op === 'put') tree.set(change.kind, change.id, change.entity);
    else tree.delete(change.kind, change.id);
  }
}
