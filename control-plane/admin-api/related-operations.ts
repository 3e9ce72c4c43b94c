/**
 * What can be done with the entity that one of ours refers to, through the one that refers: `/routes/:id/service`. Kong
 * can't delete it by this path, nor can we. Used by entity-routes.ts.
 */
import type { Entity } from '../../shared/model/definition.ts';
import type { StoredEntity } from '../store/entity-reader.ts';
import type { EntityWriter } from '../store/entity-writer.ts';
import { notFound, ok, type Answer } from './answer.ts';
import { referenceOf } from '../store/entity-record.ts';
import type { EntityCollection } from './entity-collection.ts';
import type { Place } from './entity-operations.ts';
import { EntityTransactions, type EntityStore } from './entity-transactions.ts';
import { param, read, write, type GatewayRequest, type Operations } from './route.ts';

export class RelatedOperations {
  readonly #transactions: EntityTransactions;
  readonly #collection: EntityCollection;
  readonly #place: Place;

  constructor(store: EntityStore, collection: EntityCollection, place: Place) {
    this.#transactions = new EntityTransactions(store);
    this.#collection = collection;
    this.#place = place;
  }

  ofOne(): Operations<GatewayRequest> {
    const on = this.#place.collection.definition.kind;
    return {
      GET: read(on, (request) => this.#get(request)),
      PUT: write({ on, verb: ['create', 'update'] }, (request) => this.#put(request)),
      PATCH: write({ on, verb: 'update' }, (request) => this.#patch(request)),
    };
  }

  async #get(request: GatewayRequest): Promise<Answer> {
    return this.#transactions.read(request, async (reader, secrets) => {
      const source = await this.#collection.find(reader, param(request, 'id'), undefined);
      const id = source === undefined ? undefined : referenceOf(source, this.#place.field);
      const target = id === undefined ? undefined : await reader.get(this.#place.collection.definition.kind, id);
      if (target === undefined) throw notFound();
      return ok(await this.#place.collection.showOne(reader, target, secrets));
    });
  }

  /** Replaces it, or creates one and refers to it. */
  async #put(request: GatewayRequest): Promise<Answer> {
    const { field, collection } = this.#place;
    return this.#transactions.write(request, async (writer, secrets) => {
      const source = await this.#source(request, writer);
      const id = referenceOf(source, field);
      if (id !== undefined) return ok(await collection.upsert(writer, id, undefined, request.body, secrets));
      const target: Entity = await collection.insert(writer, request.body, {}, secrets);
      await this.#collection.update(writer, source, 'merge', { kind: 'json', value: { [field]: { id: target.id } } }, {}, secrets);
      return ok(target);
    });
  }

  async #patch(request: GatewayRequest): Promise<Answer> {
    const { field, collection } = this.#place;
    return this.#transactions.write(request, async (writer, secrets) => {
      const id = referenceOf(await this.#source(request, writer), field);
      const target = id === undefined ? undefined : await collection.findForUpdate(writer, id, undefined);
      if (target === undefined) throw notFound();
      return ok(await collection.update(writer, target, 'merge', request.body, {}, secrets));
    });
  }

  async #source(request: GatewayRequest, writer: EntityWriter): Promise<StoredEntity> {
    const source = await this.#collection.findForUpdate(writer, param(request, 'id'), undefined);
    if (source === undefined) throw notFound();
    return source;
  }
}
