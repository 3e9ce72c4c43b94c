/**
 * A verified configuration as the agent thread holds it: immutable; its bytes shared with the proxy threads, its hash
 * tree ready for the next delta, its proof ready for the cache. Made from what verifyTransfer returned, nothing else (S3).
 */
import { assert } from '../../shared/assert.ts';
import type { ConfigVersion } from '../../shared/model/version.ts';
import { parseId, type EntityId } from '../../shared/model/ids.ts';
import type { ContentTree } from '../../shared/trust/content-hash.ts';
import type { VerifiedTransfer } from '../../shared/trust/verify-transfer.ts';
import type { Leaf } from '../../shared/wire/sync-message.ts';
import { mergePacked, packing, putsOf } from './packed-changes.ts';
import { runInTurns } from './run-in-slices.ts';
import type { VersionedRoot } from './versioned-root.ts';

/** The statements that prove a configuration to whoever pinned the root set; unverified text again once on disk. */
export interface ContentProof {
  readonly manifestStatement: string;
  /** '' in a gateway's first epoch. */
  readonly epochStatement: string;
  readonly rootStatements: readonly string[];
  readonly delegationStatement: string;
}

export interface ConfigContent {
  readonly version: ConfigVersion;
  /** Lower-case hex. */
  readonly contentRoot: string;
  /** Never changed: verifyTransfer works on a clone. */
  readonly tree: ContentTree;
  /** A whole configuration and the changes after it, packed: for a thread that serves something else or nothing. */
  readonly parts: readonly SharedArrayBuffer[];
  /** For a thread that serves the base: the change from it, packed. Undefined after a snapshot. */
  readonly change: { readonly base: VersionedRoot; readonly packed: SharedArrayBuffer } | undefined;
  readonly proof: ContentProof;
}

/** Changes are folded into the whole beyond this share of its size, or this many. Below the floor, folding is not worth it. */
const MOST_CHANGED_SHARE = 0.25;
const MOST_CHANGES = 128;
const FLOOR_BYTES = 256 * 1024;

/** The content after a verified transfer; `base` is what a delta was verified against. Large ones are made in steps, between which other things run. */
export async function nextContent(base: ConfigContent | undefined, verified: VerifiedTransfer, proof: ContentProof): Promise<ConfigContent> {
  const { version, contentRoot, tree, content } = verified;
  if (content.kind === 'snapshot') return { version, contentRoot, tree, parts: [await runInTurns(packing(putsOf(content.leaves)))], change: undefined, proof };
  assert(base !== undefined, 'a verified delta has a base');
  const packed = await runInTurns(packing(content.changes));
  return { version, contentRoot, tree, parts: [...base.parts, packed], change: { base: { version: base.version, contentRoot: base.contentRoot }, packed }, proof };
}

/** True where the changes after the first part weigh so much that a fresh whole is due. */
export function isHeavy({ parts: [whole, ...changes] }: ConfigContent): boolean {
  const floor = Math.max(whole?.byteLength ?? 0, FLOOR_BYTES);
  return changes.length > MOST_CHANGES || changes.reduce((sum, { byteLength }) => sum + byteLength, 0) > floor * MOST_CHANGED_SHARE;
}

/** The same content in one part: for the background, in steps. */
export async function foldContent(content: ConfigContent): Promise<ConfigContent> {
  const leaves: Iterable<Leaf> = { [Symbol.iterator]: () => leavesOf(content.parts) };
  return { ...content, parts: [await runInTurns(packing(putsOf(leaves)))] };
}

/** Every entity of a content once. */
export function* leavesOf(parts: readonly SharedArrayBuffer[]): Generator<Leaf> {
  for (const { kind, id, bytes } of mergePacked(parts)) {
    const entityId = parseId<EntityId>(id);
    if (entityId !== undefined && bytes !== undefined) yield { kind, id: entityId, entity: bytes };
  }
}
