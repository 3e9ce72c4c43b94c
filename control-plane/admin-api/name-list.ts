/**
 * A list of names that is read and written like a field and kept as entities of their own: the `snis` of a certificate.
 * Used by entity-collection.ts, inside its transactions.
 */
import type { Entity, NameList } from '../../shared/model/definition.ts';
import { parseId, type EntityId } from '../../shared/model/ids.ts';
import type { EntityReader, ReferringKey } from '../store/entity-reader.ts';
import { referenceOf } from '../store/entity-record.ts';
import type { EntityWriter } from '../store/entity-writer.ts';
import type { GatewaySecrets } from '../store/secret-box.ts';
import { schemaViolation } from './answer.ts';
import type { EntityCollection } from './entity-collection.ts';
import { refuseEntity, refuseProblem } from './store-refusal.ts';

export class NamesOfEntity {
  readonly #list: NameList;
  readonly #members: EntityCollection;

  /** `members` are the entities whose endpoint keys are the names. */
  constructor(list: NameList, members: EntityCollection) {
    this.#list = list;
    this.#members = members;
  }

  /** The entities with their lists, for an answer. One query for all. */
  async withNames(reader: EntityReader, entities: readonly Entity[]): Promise<readonly Entity[]> {
    const rows = await reader.endpointKeysReferringTo(this.#members.definition, this.#list.by, entities.flatMap(({ id }) => parseId<EntityId>(id) ?? []));
    const namesOf = Map.groupBy<string, ReferringKey>(rows, ({ toId }) => toId);
    return entities.map((entity) => ({ ...entity, [this.#list.name]: (namesOf.get(entity.id) ?? []).map(({ endpointKey }) => endpointKey) }));
  }

  /** Who the name belongs to. */
  async ownerOf(reader: EntityReader, name: string): Promise<EntityId | undefined> {
    const member = await this.#members.find(reader, name, undefined);
    return member === undefined ? undefined : referenceOf(member, this.#list.by);
  }

  /** Makes the names of an entity exactly these. Throws a Refusal where one belongs to another. */
  async settle(writer: EntityWriter, ownerId: EntityId, names: readonly string[], secrets: GatewaySecrets): Promise<void> {
    const wanted = new Set(names.map((name) => this.#members.normalName(name)));
    for (const { id, endpointKey } of await writer.endpointKeysReferringTo(this.#members.definition, this.#list.by, [ownerId])) {
      if (wanted.delete(endpointKey)) continue;
      const problem = await writer.delete(this.#list.of, id);
      if (problem !== undefined && problem.kind !== 'not-found') throw refuseProblem(problem, this.#list.of);
    }
    for (const name of wanted) await this.#add(writer, ownerId, name, secrets);
  }

  async #add(writer: EntityWriter, ownerId: EntityId, name: string, secrets: GatewaySecrets): Promise<void> {
    const { definition } = this.#members;
    const named = definition.endpointKey === undefined ? {} : { [definition.endpointKey]: name };
    const { entity, problem } = await this.#members.tryInsert(writer, { kind: 'json', value: {} }, { ...named, [this.#list.by]: { id: ownerId } }, secrets);
    if (problem?.kind === 'unique') {
      const seen = await writer.get(definition.kind, problem.ownerId);
      throw schemaViolation([{ field: this.#list.name, message: `'${name}' belongs to another already: take it away there first${seen === undefined ? '' : `, or change ${definition.path}/${seen.id}`}` }]);
    }
    if (problem !== undefined) throw refuseEntity(problem, definition, entity);
  }
}
