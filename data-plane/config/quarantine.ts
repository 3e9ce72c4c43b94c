/**
 * What of a configuration cannot be used, and why (S6). Immutable like the tables; kept apart from them because an entity
 * may be here without being readable. Built by compile.ts, reported to the control plane, asked by runtime-routes.ts.
 */
import type { EntityKind } from '../../shared/model/definition.ts';
import type { Quarantined } from './compile-contract.ts';
import type { Published } from './config-tables.ts';
import { PersistentMap, type MapDraft } from './persistent-map.ts';

export class QuarantineList {
  readonly #entries: PersistentMap<Quarantined>;

  /** Without an argument the empty list; the argument is for drafts. */
  constructor(entries: PersistentMap<Quarantined> = new PersistentMap()) {
    this.#entries = entries;
  }

  /** By kind and id. */
  all(): readonly Quarantined[] {
    return [...this.#entries.entries()].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry);
  }

  get(kind: EntityKind, id: string): Quarantined | undefined {
    return this.#entries.get(keyOf(kind, id));
  }

  /** The code with which a route answers 503: its own, or that of its service. */
  codeOf(route: Published<'routes'>): string | undefined {
    const own = this.get('routes', route.id);
    const service = route.service === null ? undefined : this.get('services', route.service.id);
    return (own ?? service)?.code;
  }

  draft(): QuarantineDraft {
    return new QuarantineDraft(this, this.#entries.draft());
  }
}

/** Changes on top of a list; one entry per entity, the first reason stays. */
export class QuarantineDraft {
  readonly #original: QuarantineList;
  readonly #entries: MapDraft<Quarantined>;

  constructor(original: QuarantineList, entries: MapDraft<Quarantined>) {
    this.#original = original;
    this.#entries = entries;
  }

  get(kind: EntityKind, id: string): Quarantined | undefined {
    return this.#entries.get(keyOf(kind, id));
  }

  add(entry: Quarantined): void {
    const key = keyOf(entry.kind, entry.id);
    if (this.#entries.get(key) === undefined) this.#entries.set(key, entry);
  }

  /** What is known about the entity no longer holds: it was put or deleted, or what it lacked is there. */
  clear(kind: EntityKind, id: string): void {
    this.#entries.delete(keyOf(kind, id));
  }

  /** The list with the changes; the original itself where there were none. */
  finish(): QuarantineList {
    const entries = this.#entries.finish();
    return this.#entries.changed ? new QuarantineList(entries) : this.#original;
  }
}

function keyOf(kind: EntityKind, id: string): string {
  return `${kind}/${id}`;
}
