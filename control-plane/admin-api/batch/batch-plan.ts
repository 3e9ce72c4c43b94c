/**
 * From the operations of a batch to the writes of the store: gone through in their order, each seeing what those before it will
 * have done, so that one may name what an earlier one makes. Nothing is written here. Called by v1/batch-routes.ts inside the
 * batch's transaction.
 */
import { assert, defined } from '../../../shared/assert.ts';
import { canonicalJson } from '../../../shared/model/canonical-json.ts';
import type { Entity, EntityDefinition, EntityKind, JsonObject, JsonValue, NameList, Problem } from '../../../shared/model/definition.ts';
import { isJsonObject } from '../../../shared/model/entity-checks.ts';
import { newId, parseId, type EntityId } from '../../../shared/model/ids.ts';
import { parseEntity, type ParseOptions } from '../../../shared/model/parse-entity.ts';
import { randomKey } from '../../../shared/model/random-key.ts';
import { definitionOf, entityDefinitions } from '../../../shared/model/registry.ts';
import { entityKey, type EntityKey } from '../../store/entity-keys.ts';
import { buildEntityRecord, readEntity, tagsOf } from '../../store/entity-record.ts';
import type { EntityReader } from '../../store/entity-reader.ts';
import type { EntityWrite, WriteProblem } from '../../store/entity-writer.ts';
import type { GatewaySecrets } from '../../store/secret-box.ts';
import type { EntityRules } from '../entity-collection.ts';
import { refuseEntity } from '../store-refusal.ts';
import { hasNames, nameKey, namedReferences, normalName, type BatchLookups } from './batch-lookups.ts';
import type { BatchOperation, BatchProblem } from './batch-operation.ts';

export interface PlannedOperation {
  readonly operation: BatchOperation;
  readonly action: 'created' | 'updated' | 'deleted' | 'unchanged';
  readonly id: EntityId | undefined;
  /** By which paths name it; undefined where nothing does, or a secret. */
  readonly name: string | undefined;
}

interface PlannedWrite {
  readonly write: EntityWrite;
  readonly operation: BatchOperation;
  /** Undefined of one that deletes. */
  readonly entity: Entity | undefined;
}

/** What can't be resolved because an earlier operation is refused: that one is told, not this. */
const FOLLOWS = Symbol('follows from a problem of an earlier operation');

export class BatchPlan {
  readonly results: PlannedOperation[] = [];
  readonly writes: PlannedWrite[] = [];
  readonly problems: BatchProblem[] = [];
  readonly #rules: EntityRules;
  readonly #secrets: GatewaySecrets;
  readonly #lookups: BatchLookups;
  readonly #mayReveal: EntityReader['mayReveal'];
  /** As they are at this point of the list; undefined for what was deleted. */
  readonly #entities = new Map<EntityKey, Entity | undefined>();
  readonly #named: Map<string, EntityId | undefined>;
  readonly #listed: Map<EntityId, Map<string, EntityId>>;
  /** Names and ids that would be there, were their operation not refused. */
  readonly #refused = new Set<string>();
  readonly #nowMs: number;

  constructor(rules: EntityRules, secrets: GatewaySecrets, lookups: BatchLookups, mayReveal: EntityReader['mayReveal']) {
    this.#rules = rules;
    this.#secrets = secrets;
    this.#lookups = lookups;
    this.#mayReveal = mayReveal;
    this.#named = new Map(lookups.named);
    this.#listed = new Map([...lookups.listed].map(([id, names]) => [id, new Map(names)]));
    this.#nowMs = rules.clock.nowMs();
  }

  add(operation: BatchOperation): void {
    const { kind, op } = operation;
    const definition = definitionOf(kind);
    if (op !== 'create' && parseId(operation.name) === undefined && !hasNames(definition)) {
      this.#refuse(operation, [{ field: 'id', message: `must be a UUID: no other name leads to a ${definition.singular} by itself` }]);
      return;
    }
    const id = op === 'create' ? undefined : this.#idOf(operation);
    const previous = id === undefined ? undefined : this.#entityAt(kind, id);
    if (op === 'delete') return this.#delete(operation, previous);
    if (op === 'update' && previous === undefined) {
      if (!this.#refused.has(this.#targetKey(operation))) this.#refuse(operation, [{ field: 'id', message: `there is no such ${definition.singular}` }]);
      return;
    }
    this.#write(operation, previous);
  }

  /** What the store said no to, by its position in `writes`. */
  tell({ position, problem, because }: WriteProblem): void {
    if (because !== undefined || (problem.kind === 'reference-missing' && this.#refused.has(entityKey(problem.to, problem.id)))) return;
    const { operation, entity } = defined(this.writes[position], 'the write that was refused');
    const { body } = refuseEntity(problem, definitionOf(operation.kind), entity ?? { id: '' }).answer;
    const { message = '', fields = {} } = isJsonObject(body) ? body : {};
    this.#refuse(operation, [{ field: (isJsonObject(fields) ? Object.keys(fields)[0] : undefined) ?? '@entity', message: textOf(message) }]);
  }

  #write(operation: BatchOperation, previous: Entity | undefined): void {
    const { op, kind } = operation;
    const definition = definitionOf(kind);
    if (kind === 'partials' && previous !== undefined) return this.#refuse(operation, [{ field: '@entity', message: 'is written again into the config of all plugins that use it: change it by PATCH /partials/{id}' }]);
    const input = this.#input(definition, operation);
    if (input === FOLLOWS) return this.#markRefused(operation);
    if (!('resolved' in input)) return this.#refuse(operation, input);
    const parsed = parseEntity(definition, input.resolved, {
      ...this.#options(previous === undefined ? 'create' : op === 'update' ? 'merge' : 'replace', previous),
      secretsHidden: previous !== undefined && !this.#mayReveal(kind, tagsOf(previous)),
    });
    if (parsed.kind === 'problems') return this.#refuse(operation, parsed.problems);
    const { entity, names } = parsed;
    const id = defined(parseId<EntityId>(entity.id), 'the id of an entity');
    const isSame = previous !== undefined && canonicalJson({ ...entity, updated_at: 0 }) === canonicalJson({ ...previous, updated_at: 0 });
    if (!isSame) this.#put(operation, definition, entity, previous);
    const listChanged = names !== undefined && definition.nameList !== undefined && this.#settle(operation, definition.nameList, id, names);
    this.results.push({ operation, action: previous === undefined ? 'created' : isSame && !listChanged ? 'unchanged' : 'updated', id, name: shownName(definition, entity) });
  }

  #delete(operation: BatchOperation, previous: Entity | undefined): void {
    const { kind } = operation;
    if (previous === undefined) {
      this.results.push({ operation, action: 'unchanged', id: parseId<EntityId>(operation.name), name: undefined });
      return;
    }
    const definition = definitionOf(kind);
    const id = defined(parseId<EntityId>(previous.id), 'the id of an entity');
    this.#remove(operation, kind, id, previous);
    this.results.push({ operation, action: 'deleted', id, name: shownName(definition, previous) });
  }

  /** The entity as sent, with ids for names and with what `id` says of it. */
  #input(definition: EntityDefinition, { op, name, entity }: BatchOperation): { readonly resolved: JsonObject } | readonly Problem[] | typeof FOLLOWS {
    const problems: Problem[] = [];
    const resolved: Record<string, JsonObject[string]> = { ...entity };
    for (const reference of namedReferences(definition, entity)) {
      const key = nameKey(reference.to, reference.name);
      const id = this.#named.get(key);
      if (id === undefined && this.#refused.has(key)) return FOLLOWS;
      if (id === undefined) problems.push({ field: `${reference.field}.${reference.key}`, message: `there is no ${definitionOf(reference.to).singular} with the ${reference.key} ${JSON.stringify(reference.name)}` });
      else resolved[reference.field] = { id };
    }
    if (op === 'upsert') {
      const { endpointKey } = definition;
      const field = parseId(name) !== undefined || endpointKey === undefined ? 'id' : endpointKey;
      const fixed = field === 'id' ? name.toLowerCase() : normalName(definition, name);
      const given = entity[field];
      const isSame = given === undefined || given === null || (typeof given === 'string' && (field === 'id' ? given.toLowerCase() : normalName(definition, given)) === fixed);
      if (!isSame) problems.push({ field, message: "contradicts the operation's id: leave it out, or send the same" });
      resolved[field] = fixed;
    }
    return problems.length > 0 ? problems : { resolved };
  }

  #options(mode: ParseOptions['mode'], previous: Entity | undefined): ParseOptions {
    return {
      mode, ...this.#rules.plugins, newId: () => newId<EntityId>(this.#nowMs), newKey: randomKey, nowSeconds: Math.floor(this.#nowMs / 1000),
      ...(previous === undefined ? {} : { previous }),
      partialOf: (id) => {
        const partial = this.#entityAt('partials', defined(parseId<EntityId>(id), 'the id of a partial'));
        return partial === undefined ? undefined : { type: textOf(partial['type'] ?? null), config: isJsonObject(partial['config']) ? partial['config'] : {} };
      },
    };
  }

  /** Makes the names in an entity's list exactly these; true where that changes something. */
  #settle(operation: BatchOperation, list: NameList, owner: EntityId, names: readonly string[]): boolean {
    const members = definitionOf(list.of);
    const listed = this.#listed.get(owner) ?? new Map<string, EntityId>();
    this.#listed.set(owner, listed);
    const wanted = new Set(names.map((name) => normalName(members, name)));
    const before = this.writes.length;
    for (const [name, id] of [...listed]) {
      if (wanted.delete(name)) continue;
      this.writes.push({ write: { op: 'delete', kind: list.of, id }, operation, entity: undefined });
      this.#forget(list.of, id, name);
      listed.delete(name);
    }
    for (const name of wanted) {
      const parsed = parseEntity(members, { [defined(members.endpointKey, `the endpoint key of ${list.of}`)]: name, [list.by]: { id: owner } }, this.#options('create', undefined));
      if (parsed.kind === 'problems') this.#refuse(operation, parsed.problems.map(({ message }) => ({ field: list.name, message })));
      else this.#put({ ...operation, kind: list.of }, members, parsed.entity, undefined);
    }
    return this.writes.length > before;
  }

  #put(operation: BatchOperation, definition: EntityDefinition, entity: Entity, previous: Entity | undefined): void {
    const { kind } = definition;
    const id = defined(parseId<EntityId>(entity.id), 'the id of an entity');
    this.writes.push({ write: { op: previous === undefined ? 'insert' : 'update', record: buildEntityRecord(definition, entity, this.#secrets) }, operation, entity });
    const before = previous === undefined ? undefined : nameIn(definition, previous);
    if (before !== undefined) this.#forget(kind, id, before);
    this.#entities.set(entityKey(kind, id), entity);
    const name = nameIn(definition, entity);
    if (name === undefined) return;
    // Somebody else's name stays theirs: the store will say so.
    if (this.#named.get(nameKey(kind, name)) === undefined) this.#named.set(nameKey(kind, name), id);
    const owner = ownerIn(kind, entity);
    if (owner !== undefined) this.#listed.set(owner, (this.#listed.get(owner) ?? new Map<string, EntityId>()).set(name, id));
  }

  #remove(operation: BatchOperation, kind: EntityKind, id: EntityId, previous: Entity): void {
    this.writes.push({ write: { op: 'delete', kind, id }, operation, entity: undefined });
    const name = nameIn(definitionOf(kind), previous);
    if (name !== undefined) this.#forget(kind, id, name);
    if (name !== undefined) this.#listed.get(ownerIn(kind, previous) ?? id)?.delete(name);
    this.#entities.set(entityKey(kind, id), undefined);
  }

  #forget(kind: EntityKind, id: EntityId, name: string): void {
    const key = nameKey(kind, name);
    if (this.#named.get(key) === id) this.#named.set(key, undefined);
  }

  #idOf({ kind, name }: BatchOperation): EntityId | undefined {
    return parseId<EntityId>(name) ?? this.#named.get(nameKey(kind, name));
  }

  #entityAt(kind: EntityKind, id: EntityId): Entity | undefined {
    const key = entityKey(kind, id);
    if (this.#entities.has(key)) return this.#entities.get(key);
    const stored = this.#lookups.stored.get(key);
    return stored === undefined ? undefined : readEntity(definitionOf(kind), stored, this.#secrets);
  }

  #refuse(operation: BatchOperation, problems: readonly Problem[]): void {
    const definition = definitionOf(operation.kind);
    const isSecret = definition.fields.some(({ name, secret }) => name === definition.endpointKey && secret !== undefined) && parseId(operation.name) === undefined;
    const name = operation.name === '' ? null : isSecret ? '(hidden)' : operation.name;
    for (const { field, message } of problems) this.problems.push({ position: operation.position, kind: operation.kind, name, field, message });
    this.#markRefused(operation);
  }

  #markRefused(operation: BatchOperation): void {
    const { kind, entity, op } = operation;
    if (op === 'update' || op === 'delete') return;
    const { endpointKey } = definitionOf(kind);
    const given = endpointKey === undefined ? undefined : entity[endpointKey];
    if (typeof given === 'string') this.#refused.add(nameKey(kind, given));
    if (typeof entity['id'] === 'string') this.#refused.add(entityKey(kind, entity['id'].toLowerCase()));
    if (op === 'upsert') this.#refused.add(this.#targetKey(operation));
  }

  #targetKey({ kind, name }: BatchOperation): string {
    return parseId(name) === undefined ? nameKey(kind, name) : entityKey(kind, name.toLowerCase());
  }
}

function textOf(value: JsonValue): string {
  return typeof value === 'string' ? value : '';
}

function nameIn(definition: EntityDefinition, entity: Entity): string | undefined {
  const name = definition.endpointKey === undefined || !hasNames(definition) ? undefined : entity[definition.endpointKey];
  return typeof name === 'string' ? name : undefined;
}

function shownName(definition: EntityDefinition, entity: Entity): string | undefined {
  const isSecret = definition.fields.some(({ name, secret }) => name === definition.endpointKey && secret !== undefined);
  return isSecret ? undefined : nameIn(definition, entity);
}

/** By which field the entities of a kind stand in the lists of others. */
const listedBy = new Map(entityDefinitions.flatMap(({ nameList }) => (nameList === undefined ? [] : [[nameList.of, nameList.by] as const])));

/** Whose list an entity's name stands in: an SNI's certificate. */
function ownerIn(kind: EntityKind, entity: Entity): EntityId | undefined {
  const by = listedBy.get(kind);
  const reference = by === undefined ? undefined : entity[by];
  const id = isJsonObject(reference) ? reference['id'] : undefined;
  assert(id === undefined || typeof id === 'string', 'a reference that was parsed has an id');
  return id === undefined ? undefined : parseId<EntityId>(id);
}
