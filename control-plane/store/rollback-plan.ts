/**
 * What rolling back does with each entity, decided before anything is written: pure. What can't be restored without breaking a
 * reference or a unique value is left as it is, and whatever hangs on it too, until all that remains fits together. Used by
 * rollback.ts.
 */
import type { EntityKind, JsonObject } from '../../shared/model/definition.ts';
import type { EntityId } from '../../shared/model/ids.ts';
import { entityKey, type EntityKey } from './entity-keys.ts';
import type { EntityRecord, EntityReference } from './entity-record.ts';

export type RollbackAction = 'create' | 'update' | 'delete';

/** Why an entity stays as it is. */
export type SkipReason =
  /** It is a credential or holds a private key, and these are asked for separately. */
  | { readonly kind: 'holds-secret' }
  /** It was changed by a control plane of before 0.3, which did not keep what its secret was. */
  | { readonly kind: 'secret-not-kept' }
  /** Its bytes can't be read by this version. */
  | { readonly kind: 'unreadable'; readonly problem: string }
  | { readonly kind: 'reference-missing'; readonly field: string; readonly to: EntityKind; readonly id: EntityId }
  | { readonly kind: 'referenced-by'; readonly by: EntityKind; readonly id: EntityId }
  | { readonly kind: 'unique'; readonly fields: readonly string[]; readonly ownerId: EntityId };

/** An entity that is not as it was. */
export interface Candidate {
  readonly kind: EntityKind;
  readonly id: EntityId;
  readonly action: RollbackAction;
  readonly now: Uint8Array | undefined;
  readonly privateNow: JsonObject | undefined;
  /** What it becomes; undefined where it is to be deleted. */
  readonly restored: EntityRecord | undefined;
  /** Known from the start. */
  readonly skip?: SkipReason;
}

/** Who refers to an entity that is to be deleted. */
export interface Dependant {
  readonly kind: EntityKind;
  readonly id: EntityId;
  readonly now: Uint8Array;
  readonly privateNow: JsonObject;
  readonly onDelete: 'cascade' | 'restrict';
  readonly to: EntityKey;
}

export interface RollbackPlan {
  readonly apply: readonly Candidate[];
  /** Credentials and the like that go with what they belong to. */
  readonly cascade: readonly Dependant[];
  readonly skipped: readonly { readonly candidate: Candidate; readonly reason: SkipReason }[];
}

export interface RollbackFacts {
  readonly candidates: readonly Candidate[];
  /** Of every candidate that is to be deleted, and of what cascades from it. */
  readonly dependants: readonly Dependant[];
  /** Who has a unique value now that a candidate wants, by uniqueValueKey. */
  readonly owners: ReadonlyMap<string, EntityId>;
  readonly uniqueValueKey: (kind: EntityKind, fields: readonly string[], values: readonly (string | null)[]) => string;
  readonly mayCascade: (kind: EntityKind) => boolean;
}

export function planRollback(facts: RollbackFacts): RollbackPlan {
  const all = new Map(facts.candidates.map((candidate) => [entityKey(candidate.kind, candidate.id), candidate]));
  const dependantsOf = Map.groupBy(facts.dependants, ({ to }) => to);
  const skipped = new Map<EntityKey, SkipReason>();
  for (const [key, { skip }] of all) if (skip !== undefined) skipped.set(key, skip);
  // What is skipped can only grow, so this ends.
  for (let before = -1; before !== skipped.size; ) {
    before = skipped.size;
    const cascade = cascadeOf(facts, all, skipped);
    for (const [key, candidate] of all) {
      if (skipped.has(key)) continue;
      const reason = candidate.action === 'delete' ? holderAmong(dependantsOf.get(key) ?? [], all, skipped, cascade) : (missingReference(candidate, all, skipped, cascade) ?? takenValue(facts, candidate, all, skipped, cascade));
      if (reason !== undefined) skipped.set(key, reason);
    }
  }
  const cascade = cascadeOf(facts, all, skipped);
  return {
    apply: [...all].flatMap(([key, candidate]) => (skipped.has(key) ? [] : [candidate])),
    cascade: [...cascade.values()],
    // What goes with something else is no longer left as it is.
    skipped: [...skipped].flatMap(([key, reason]) => {
      const candidate = all.get(key);
      return candidate === undefined || cascade.has(key) ? [] : [{ candidate, reason }];
    }),
  };
}

type Candidates = ReadonlyMap<EntityKey, Candidate>;
type Skipped = ReadonlyMap<EntityKey, SkipReason>;

/** Dependants of what is deleted that are not restored themselves, and theirs. */
function cascadeOf({ dependants, mayCascade }: RollbackFacts, all: Candidates, skipped: Skipped): ReadonlyMap<EntityKey, Dependant> {
  const cascade = new Map<EntityKey, Dependant>();
  for (let before = -1; before !== cascade.size; ) {
    before = cascade.size;
    for (const dependant of dependants) {
      const key = entityKey(dependant.kind, dependant.id);
      const goes = cascade.has(dependant.to) || isDeleted(dependant.to, all, skipped);
      if (goes && dependant.onDelete === 'cascade' && mayCascade(dependant.kind) && !isApplied(key, all, skipped)) cascade.set(key, dependant);
    }
  }
  return cascade;
}

/** Who refers to an entity and neither goes nor is restored. */
function holderAmong(dependants: readonly Dependant[], all: Candidates, skipped: Skipped, cascade: ReadonlyMap<EntityKey, Dependant>): SkipReason | undefined {
  const holder = dependants.find(({ kind, id }) => {
    const own = entityKey(kind, id);
    return !cascade.has(own) && !isApplied(own, all, skipped);
  });
  return holder === undefined ? undefined : { kind: 'referenced-by', by: holder.kind, id: holder.id };
}

/** What was not touched since then exists, because it did then. */
function missingReference({ restored }: Candidate, all: Candidates, skipped: Skipped, cascade: ReadonlyMap<EntityKey, Dependant>): SkipReason | undefined {
  const missing = restored?.references.find(({ to, id }: EntityReference) => {
    const key = entityKey(to, id);
    const target = all.get(key);
    if (cascade.has(key)) return true;
    if (target === undefined) return false;
    return isApplied(key, all, skipped) ? target.action === 'delete' : target.now === undefined;
  });
  return missing === undefined ? undefined : { kind: 'reference-missing', field: missing.field, to: missing.to, id: missing.id };
}

function takenValue({ owners, uniqueValueKey }: RollbackFacts, { kind, id, restored }: Candidate, all: Candidates, skipped: Skipped, cascade: ReadonlyMap<EntityKey, Dependant>): SkipReason | undefined {
  for (const { fields, values } of restored?.uniqueKeys ?? []) {
    const ownerId = owners.get(uniqueValueKey(kind, fields, values));
    if (ownerId === undefined || ownerId === id) continue;
    const owner = entityKey(kind, ownerId);
    // Whoever is restored has the values of then, and then nobody else had these.
    if (!isApplied(owner, all, skipped) && !cascade.has(owner)) return { kind: 'unique', fields, ownerId };
  }
  return undefined;
}

function isApplied(key: EntityKey, all: Candidates, skipped: Skipped): boolean {
  return all.has(key) && !skipped.has(key);
}

function isDeleted(key: EntityKey, all: Candidates, skipped: Skipped): boolean {
  return isApplied(key, all, skipped) && all.get(key)?.action === 'delete';
}
