/**
 * The entities of a gateway as they are, found by id and by what they are known by. Read once, in the transaction that plans or
 * applies a content. Used by match-entities.ts and plan-changes.ts.
 */
import type { Entity, EntityKind } from '../../shared/model/definition.ts';
import { isJsonObject } from '../../shared/model/entity-checks.ts';
import { parseId, type EntityId } from '../../shared/model/ids.ts';
import { definitionOf, entityDefinitions } from '../../shared/model/registry.ts';
import type { EntityCursor, EntityReader, StoredEntity } from '../store/entity-reader.ts';
import { readEntity } from '../store/entity-record.ts';
import type { GatewaySecrets } from '../store/secret-box.ts';
import { referenceFields } from './file-layout.ts';
import { contentKeyOf, matchingKeysOf } from './matching-keys.ts';
import type { Pauses } from './pauses.ts';

/** What is read at once. */
const PAGE = 5_000;

export interface CurrentEntity {
  readonly kind: EntityKind;
  readonly id: EntityId;
  /** Secrets in the clear where they were asked for, else null. */
  readonly entity: Entity;
  readonly tags: readonly string[];
}

export class CurrentEntities {
  readonly #byKind = new Map<EntityKind, Map<string, CurrentEntity>>();
  readonly #byKey = new Map<string, CurrentEntity>();

  constructor(all: Iterable<CurrentEntity>) {
    for (const current of all) this.#add(current);
  }

  /** As the constructor does, in short pieces. */
  static async from(all: Iterable<CurrentEntity>, pauses: Pauses): Promise<CurrentEntities> {
    const entities = new CurrentEntities([]);
    for (const current of all) {
      await pauses.due();
      entities.#add(current);
    }
    return entities;
  }

  #add(current: CurrentEntity): void {
    const ofKind = this.#byKind.get(current.kind) ?? new Map<string, CurrentEntity>();
    this.#byKind.set(current.kind, ofKind.set(current.id, current));
    const { first, others } = matchingKeysOf(definitionOf(current.kind), current.entity);
    for (const key of [...(first === undefined ? [] : [first]), ...others]) this.#byKey.set(`${current.kind} ${key}`, current);
  }

  /** By id; in id order. */
  ofKind(kind: EntityKind): ReadonlyMap<string, CurrentEntity> {
    return this.#byKind.get(kind) ?? new Map();
  }

  get(kind: EntityKind, id: string): CurrentEntity | undefined {
    return this.#byKind.get(kind)?.get(id);
  }

  byKey(kind: EntityKind, key: string): CurrentEntity | undefined {
    return this.#byKey.get(`${kind} ${key}`);
  }

  /** By what those without a name say. */
  byContent(kind: EntityKind): ReadonlyMap<string, readonly CurrentEntity[]> {
    return Map.groupBy(this.ofKind(kind).values(), ({ entity }) => contentKeyOf(definitionOf(kind), entity));
  }

  /** Those that belong to this one by a reference that cascades, and what belongs to them. */
  dependantsOf(roots: readonly CurrentEntity[]): readonly CurrentEntity[] {
    const doomed = new Set(roots.map(({ id }) => id));
    // Kinds stand in the order of dependence: whoever refers to something stands behind it.
    return entityDefinitions.flatMap((definition) => {
      const fields = referenceFields(definition).filter(({ onDelete }) => onDelete === 'cascade');
      if (fields.length === 0) return [];
      return [...this.ofKind(definition.kind).values()].filter(({ id, entity }) => {
        const goes = !doomed.has(id) && fields.some(({ field }) => doomed.has(referencedId(entity, field) ?? id));
        if (goes) doomed.add(id);
        return goes;
      });
    });
  }
}

/** The id in a reference field; undefined where it is null. */
export function referencedId(entity: Entity, field: string): EntityId | undefined {
  const reference = entity[field];
  const id = isJsonObject(reference) ? reference['id'] : undefined;
  return typeof id === 'string' ? parseId<EntityId>(id) : undefined;
}

/** Of which entities the secrets are opened: undefined hides them. */
export type SecretsFor = (stored: StoredEntity) => GatewaySecrets | undefined;

/** All that the reader shows. Hidden secrets are null. */
export async function readCurrent(reader: EntityReader, secretsFor: SecretsFor, pauses: Pauses): Promise<CurrentEntities> {
  const all: CurrentEntity[] = [];
  for (const definition of entityDefinitions) {
    for (const stored of await readKind(reader, definition.kind)) {
      await pauses.due();
      all.push({ kind: definition.kind, id: stored.id, entity: readEntity(definition, stored, secretsFor(stored)), tags: stored.tags });
    }
  }
  return CurrentEntities.from(all, pauses);
}

async function readKind(reader: EntityReader, kind: EntityKind): Promise<readonly StoredEntity[]> {
  const found: StoredEntity[] = [];
  for (let after: EntityCursor | undefined; ; ) {
    const page = await reader.list(kind, { size: PAGE, ...(after === undefined ? {} : { after }) });
    found.push(...page.entities);
    if (page.next === undefined) return found;
    after = page.next;
  }
}
