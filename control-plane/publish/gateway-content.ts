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
import type { Change } from '../store/change-reader.ts';

export class GatewayContent {
  readonly #leaves: Map<string, Leaf>;
  #tree: ContentTree;
  #version: ConfigVersion;

  /** Takes ownership of what it is given. */
  constructor(version: ConfigVersion, tree: ContentTree, leaves: Map<string, Leaf>) {
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
    return this.#leaves.has(leafKey({ kind, id }));
  }

  /** In the order in which they were first written. */
  leaves(): Iterable<Leaf> {
    return this.#leaves.values();
  }

  /** Moves on to a later version. */
  apply(version: ConfigVersion, changes: readonly LeafChange[]): void {
    applyChanges(this.#tree, changes);
    for (const change of changes) {
      if (change.op === 'put') this.#leaves.set(leafKey(change), { kind: change.kind, id: change.id, entity: change.entity });
      else this.#leaves.delete(leafKey(change));
    }
    this.#version = version;
  }
}

export function leafKey(leaf: { readonly kind: string; readonly id: string }): string {
  return `${leaf.kind}/${leaf.id}`;
}

/** The last state of each entity that change rows touched. */
export function lastStates(changes: readonly Change[]): readonly LeafChange[] {
  const states = new Map<string, LeafChange>();
  for (const change of changes) {
    states.set(leafKey(change), change.after === undefined ? { op: 'delete', kind: change.kind, id: change.id } : { op: 'put', kind: change.kind, id: change.id, entity: change.after });
  }
  return [...states.values()];
}
