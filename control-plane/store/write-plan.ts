/**
 * Many writes gone through in their order, in memory: what each would be refused for, which change rows it makes, and what the
 * tables are to hold in the end. It knows the facts of write-facts.ts and nothing else. Used by entity-writer.ts, whose
 * one-by-one calls it must equal (test/store-bulk.test.ts).
 */
import { defined } from '../../shared/assert.ts';
import type { EntityKind } from '../../shared/model/definition.ts';
import type { EntityId } from '../../shared/model/ids.ts';
import { entityKinds } from '../../shared/model/registry.ts';
import { unknownFieldOf } from '../../shared/wire/entity-codec.ts';
import type { EntityChange } from './entity-changes.ts';
import { entityKey, uniqueValueKey, type EntityKey } from './entity-keys.ts';
import type { EntityRecord } from './entity-record.ts';
import type { EntitySets } from './entity-tables.ts';
import type { EntityWrite, WriteProblem } from './entity-writer.ts';
import { keepOperational } from './operational-fields.ts';
import { findUnstorableText } from './storable-text.ts';
import type { StoreProblem } from './store-problem.ts';
import type { Edge, EntityPlace, HeldEntity, WriteFacts } from './write-facts.ts';

export type WritePlan =
  | { readonly kind: 'problems'; readonly problems: readonly WriteProblem[] }
  | { readonly kind: 'changes'; readonly changes: readonly EntityChange[]; readonly sets: EntitySets };

export function planWrites(facts: WriteFacts, writes: readonly EntityWrite[]): WritePlan {
  const tables = new PlannedTables(facts);
  const problems: WriteProblem[] = [];
  const refusedInserts = new Map<EntityKey, number>();
  for (const [position, write] of writes.entries()) {
    const problem = write.op === 'insert' ? tables.insert(write.record) : write.op === 'update' ? tables.update(write.record) : tables.delete(write.kind, write.id);
    if (problem === undefined) continue;
    const missing = missingIn(problem, write);
    const because = missing === undefined ? undefined : refusedInserts.get(missing);
    problems.push({ position, problem, ...(because === undefined ? {} : { because }) });
    if (write.op === 'insert') refusedInserts.set(entityKey(write.record.kind, write.record.id), position);
  }
  return problems.length > 0 ? { kind: 'problems', problems } : { kind: 'changes', changes: tables.changes, sets: tables.sets() };
}

/** What a problem finds missing. */
function missingIn(problem: StoreProblem, write: EntityWrite): EntityKey | undefined {
  if (problem.kind === 'reference-missing') return entityKey(problem.to, problem.id);
  if (problem.kind !== 'not-found') return undefined;
  const { kind, id } = write.op === 'delete' ? write : write.record;
  return entityKey(kind, id);
}

/** Text of it that Postgres would refuse. */
export function unstorable(record: EntityRecord): StoreProblem | undefined {
  const field = findUnstorableText(record.published) ?? findUnstorableText(record.controlPlaneOnly);
  return field === undefined ? undefined : { kind: 'unstorable-text', field };
}

/** Deleted entities in the order of their change rows: dependants first. */
export function dependantsFirst(a: EntityPlace, b: EntityPlace): number {
  return entityKinds.indexOf(b.kind) - entityKinds.indexOf(a.kind) || (a.id < b.id ? -1 : 1);
}

class PlannedTables {
  readonly changes: EntityChange[] = [];
  readonly #facts: WriteFacts;
  /** What is there at this point of the list, of what is known of it. */
  readonly #present: Map<EntityKey, HeldEntity>;
  readonly #written = new Map<EntityKey, EntityRecord>();
  readonly #gone = new Set<EntityKey>();
  readonly #owners: Map<string, EntityPlace>;
  readonly #values = new Map<EntityKey, Set<string>>();
  readonly #edgesTo = new Map<EntityKey, Set<Edge>>();
  readonly #edgesFrom = new Map<EntityKey, Set<Edge>>();

  constructor(facts: WriteFacts) {
    this.#facts = facts;
    this.#present = new Map(facts.held);
    this.#owners = new Map(facts.owners);
    for (const [value, { kind, id }] of facts.owners) addTo(this.#values, entityKey(kind, id), value);
    for (const edge of facts.edges) this.#addEdge(edge);
  }

  insert(record: EntityRecord): StoreProblem | undefined {
    const key = entityKey(record.kind, record.id);
    const problem = unstorable(record) ?? this.#missingReference(record) ?? this.#protocolsApart(record);
    if (problem !== undefined) return problem;
    if (this.#present.has(key)) return { kind: 'exists', id: record.id };
    const taken = this.#takenValue(record);
    if (taken !== undefined) return taken;
    this.#put(key, record);
    this.changes.push({ kind: record.kind, id: record.id, action: 'create', before: undefined, after: record.bytes });
    return undefined;
  }

  update(given: EntityRecord): StoreProblem | undefined {
    const key = entityKey(given.kind, given.id);
    const before = this.#present.get(key);
    if (before === undefined) return { kind: 'not-found' };
    const newer = unknownFieldOf(given.kind, before.bytes);
    if (newer !== undefined) return { kind: 'written-by-newer', field: newer };
    const record = keepOperational(given, before.bytes);
    const problem = unstorable(record) ?? this.#missingReference(record) ?? this.#protocolsApart(record) ?? this.#takenValue(record);
    if (problem !== undefined) return problem;
    this.#put(key, record);
    this.changes.push({ kind: record.kind, id: record.id, action: 'update', before: before.bytes, after: record.bytes, privateBefore: before.controlPlaneOnly });
    return undefined;
  }

  delete(kind: EntityKind, id: EntityId): StoreProblem | undefined {
    const root = this.#present.get(entityKey(kind, id));
    if (root === undefined) return { kind: 'not-found' };
    const doomed = new Map<EntityKey, HeldEntity>([[entityKey(kind, id), root]]);
    const holding: Edge[] = [];
    // A map goes on to what is added to it meanwhile.
    for (const key of doomed.keys()) {
      for (const edge of this.#edgesTo.get(key) ?? []) {
        const dependant = this.#present.get(edge.from);
        if (dependant === undefined) continue;
        if (edge.onDelete === 'cascade') doomed.set(edge.from, dependant);
        else holding.push(edge);
      }
    }
    const holder = holding.find(({ from }) => !doomed.has(from));
    if (holder !== undefined) {
      const by = defined(this.#present.get(holder.from), 'who refers to it is there');
      return { kind: 'referenced-by', by: by.kind, id: by.id, field: holder.field };
    }
    for (const entity of [...doomed.values()].sort(dependantsFirst)) {
      this.#remove(entity);
      this.changes.push({ kind: entity.kind, id: entity.id, action: 'delete', before: entity.bytes, after: undefined, privateBefore: entity.controlPlaneOnly });
    }
    return undefined;
  }

  /** How the tables differ in the end from what they held before. */
  sets(): EntitySets {
    const wereThere = this.#facts.held;
    const written = [...this.#written];
    return {
      gone: [...this.#gone].flatMap((key) => wereThere.get(key) ?? []),
      created: written.flatMap(([key, record]) => (wereThere.has(key) ? [] : [record])),
      replaced: written.flatMap(([key, record]) => (wereThere.has(key) ? [record] : [])),
    };
  }

  #missingReference(record: EntityRecord): StoreProblem | undefined {
    const missing = record.references.find(({ to, id }) => {
      const key = entityKey(to, id);
      return !this.#present.has(key) && !this.#facts.referred.has(key);
    });
    return missing === undefined ? undefined : { kind: 'reference-missing', field: missing.field, to: missing.to, id: missing.id };
  }

  #protocolsApart(record: EntityRecord): StoreProblem | undefined {
    const message = this.#facts.protocols.findApart(record);
    return message === undefined ? undefined : { kind: 'protocols-apart', message };
  }

  #takenValue({ kind, id, uniqueKeys }: EntityRecord): StoreProblem | undefined {
    for (const { fields, values } of uniqueKeys) {
      const ownerId = this.#owners.get(uniqueValueKey(kind, fields, values))?.id;
      if (ownerId !== undefined && ownerId !== id) return { kind: 'unique', fields, values, ownerId };
    }
    return undefined;
  }

  #put(key: EntityKey, record: EntityRecord): void {
    this.#letGo(key);
    this.#gone.delete(key);
    this.#present.set(key, record);
    this.#written.set(key, record);
    for (const { fields, values } of record.uniqueKeys) {
      const value = uniqueValueKey(record.kind, fields, values);
      this.#owners.set(value, record);
      addTo(this.#values, key, value);
    }
    for (const { field, to, id, onDelete } of record.references) this.#addEdge({ from: key, field, to: entityKey(to, id), onDelete });
    this.#facts.protocols.put(record);
  }

  #remove({ kind, id }: HeldEntity): void {
    const key = entityKey(kind, id);
    this.#letGo(key);
    this.#present.delete(key);
    this.#written.delete(key);
    if (this.#facts.held.has(key)) this.#gone.add(key);
    this.#facts.protocols.remove(kind, id);
  }

  /** Its unique values and references. */
  #letGo(key: EntityKey): void {
    for (const value of this.#values.get(key) ?? []) this.#owners.delete(value);
    for (const edge of this.#edgesFrom.get(key) ?? []) this.#edgesTo.get(edge.to)?.delete(edge);
    this.#values.delete(key);
    this.#edgesFrom.delete(key);
  }

  #addEdge(edge: Edge): void {
    addTo(this.#edgesTo, edge.to, edge);
    addTo(this.#edgesFrom, edge.from, edge);
  }
}

function addTo<K, V>(sets: Map<K, Set<V>>, key: K, value: V): void {
  const set = sets.get(key);
  if (set === undefined) sets.set(key, new Set([value]));
  else set.add(value);
}
