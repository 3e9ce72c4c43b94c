/**
 * Everything a gateway has published, in memory: entity bytes and the hash tree over them, at one version. Loaded once by
 * a consistent read, then brought forward by change rows, so that a release costs as much as its changes (C2). Owned by
 * one gateway-publisher.ts.
 */
import type { EntityId } from '../../shared/model/ids.ts';
import type { ConfigVersion } from '../../shared/model/version.ts';
import type { ContentTree } from '../../shared/trust/content-hash.ts';
import { applyChanges } from '../../shared/trust/verify-transfer.ts';
import type { Leaf, LeafChange } from '../../shared/wire/sync-message.ts';
import type { ChangeCounts } from '../store/release-store.ts';
import type { Change } from '../store/change-reader.ts';

/** Entity bytes by kind and id: beside the bytes an entity costs one entry of a map. */
export type LeafMap = Map<string, Map<EntityId, Uint8Array>>;

export class GatewayContent {
  readonly #leaves: LeafMap;
  #tree: ContentTree;
  #version: ConfigVersion;

  /** Takes ownership of what it is given. */
  constructor(version: ConfigVersion, tree: ContentTree, leaves: LeafMap) {
    this.#version = version;
    this.#tree = tree;
    this.#leaves = leaves;
  }

  get version(): ConfigVersion {
    return this.#version;
  }

  get size(): number {
    return this.#tree.size;
  }

  get rootHex(): string {
    return this.#tree.rootHex();
  }

  has(kind: string, id: EntityId): boolean {
    return this.#leaves.get(kind)?.has(id) === true;
  }

  /**
   * As they are now, also when they are iterated later. Ordered by kind and id: the same on every instance, whatever the order in
   * which changes came.
   */
  leaves(): Iterable<Leaf> {
    const now = [...this.#leaves].sort(([a], [b]) => (a < b ? -1 : 1)).map(([kind, entities]) => {
      const ids = [...entities.keys()].sort();
      return { kind, ids, entities: ids.map((id) => entities.get(id) ?? new Uint8Array()) };
    });
    return {
      *[Symbol.iterator]() {
        for (const { kind, ids, entities } of now) for (const [index, id] of ids.entries()) yield { kind, id, entity: entities[index] ?? new Uint8Array() };
      },
    };
  }

  /** Moves on to a later version. */
  apply(version: ConfigVersion, changes: readonly LeafChange[]): void {
    applyChanges(this.#tree, changes);
    for (const change of changes) {
      if (change.op === 'put') putLeaf(this.#leaves, change.kind, change.id, change.entity);
      else this.#leaves.get(change.kind)?.delete(change.id);
    }
    this.#version = version;
  }
}

export function putLeaf(leaves: LeafMap, kind: string, id: EntityId, entity: Uint8Array): void {
  const entities = leaves.get(kind);
  if (entities === undefined) leaves.set(kind, new Map([[id, entity]]));
  else entities.set(id, entity);
}

function leafKey(leaf: { readonly kind: string; readonly id: string }): string {
  return `${leaf.kind}/${leaf.id}`;
}

/** What is of a change row that a delta needs. A newer control plane at the same database may have written a kind that is not known here. */
export type ChangedLeaf = Pick<Change, 'id' | 'after'> & { readonly kind: string };

/** The last state of each entity that change rows touched. */
export function lastStates(changes: readonly ChangedLeaf[]): readonly LeafChange[] {
  const states = new Map<string, LeafChange>();
  for (const change of changes) {
    states.set(leafKey(change), change.after === undefined ? { op: 'delete', kind: change.kind, id: change.id } : { op: 'put', kind: change.kind, id: change.id, entity: change.after });
  }
  return [...states.values()];
}

/** How many entities of each kind are new, different and gone after these rows. */
export function countChanges(changes: readonly Change[]): ChangeCounts {
  const entities = new Map<string, { readonly kind: string; readonly before: Uint8Array | undefined; after: Uint8Array | undefined }>();
  for (const change of changes) {
    const known = entities.get(leafKey(change));
    if (known === undefined) entities.set(leafKey(change), { kind: change.kind, before: change.before, after: change.after });
    else known.after = change.after;
  }
  const counts: Record<string, [number, number, number]> = {};
  for (const { kind, before, after } of entities.values()) {
    if (before === undefined && after === undefined) continue;
    (counts[kind] ??= [0, 0, 0])[before === undefined ? 0 : after === undefined ? 2 : 1] += 1;
  }
  return counts;
}
