/**
 * What can be done with a collection and its entities, all of them or those below a parent: list, create, read, replace,
 * change, delete, as Kong does it. Used by entity-routes.ts.
 */
import { defined } from '../../shared/assert.ts';
import type { Entity } from '../../shared/model/definition.ts';
import { parseId, type EntityId } from '../../shared/model/ids.ts';
import { parseEntityCursor, type EntityReader, type StoredEntity } from '../store/entity-reader.ts';
import type { EntityWriter } from '../store/entity-writer.ts';
import type { GatewaySecrets } from '../store/secret-box.ts';
import { passwordFieldOf, withHashedPassword } from '../passwords/incoming-passwords.ts';
import { created, invalidQuery, NO_CONTENT, notFound, ok, schemaViolation, type Answer } from './answer.ts';
import { referenceOf } from '../store/entity-record.ts';
import type { EntityCollection, Parent } from './entity-collection.ts';
import { EntityTransactions, type EntityStore } from './entity-transactions.ts';
import { pageAnswer, parsePageSize, parseTags } from './list-query.ts';
import { entityTag, hasPreconditions, isKnown, parsePreconditions, refuseOtherState } from './preconditions.ts';
import type { RequestBody } from './request-body.ts';
import { param, read, write, type GatewayRequest, type Operations } from './route.ts';
import { parseSkipHash } from './skip-hash.ts';

/** Where a nested path stands: `/services/:parent/routes` is below services, by the field `service`. */
export interface Place {
  readonly field: string;
  readonly collection: EntityCollection;
}

export class EntityOperations {
  readonly #transactions: EntityTransactions;
  readonly #collection: EntityCollection;
  readonly #place: Place | undefined;

  constructor(store: EntityStore, collection: EntityCollection, place: Place | undefined) {
    this.#transactions = new EntityTransactions(store);
    this.#collection = collection;
    this.#place = place;
  }

  ofMany(): Operations<GatewayRequest> {
    const on = this.#collection.definition.kind;
    return { GET: read(on, (request) => this.#list(request)), POST: write({ on, verb: 'create' }, (request) => this.#create(request)) };
  }

  ofOne(): Operations<GatewayRequest> {
    const on = this.#collection.definition.kind;
    return {
      GET: read(on, (request) => this.#get(request)),
      PUT: write({ on, verb: ['create', 'update'] }, (request) => this.#put(request)),
      PATCH: write({ on, verb: 'update' }, (request) => this.#patch(request)),
      DELETE: write({ on, verb: 'delete' }, (request) => this.#delete(request)),
    };
  }

  async #list(request: GatewayRequest): Promise<Answer> {
    const { kind } = this.#collection.definition;
    const size = parsePageSize(request.query);
    const tags = parseTags(request.query);
    const offset = request.query.get('offset');
    const after = offset === null ? undefined : parseEntityCursor(offset);
    if (offset !== null && after === undefined) throw invalidQuery('offset', 'offset', 'invalid offset: send the offset of the page before as it was');
    return this.#transactions.read(request, async (reader, secrets) => {
      const parent = await this.#parent(request, reader);
      const unique = this.#uniqueFilter(request.query);
      if (unique !== undefined) {
        const found = await reader.findByUnique(kind, [unique.field], [unique.value]);
        const matches = found !== undefined && (parent === undefined || referenceOf(found, parent.field) === parent.id);
        return pageAnswer(request, await this.#collection.show(reader, matches ? [found] : [], secrets), undefined);
      }
      const page = await reader.list(kind, { size, ...(tags === undefined ? {} : { tags }), ...(after === undefined ? {} : { after }), ...(parent === undefined ? {} : { reference: parent }) });
      return pageAnswer(request, await this.#collection.show(reader, page.entities, secrets), page.next);
    });
  }

  async #create(request: GatewayRequest): Promise<Answer> {
    const body = await this.#body(request);
    return this.#transactions.write(request, async (writer, secrets) => {
      const parent = await this.#parent(request, writer);
      const fixed = parent === undefined ? {} : { [parent.field]: { id: parent.id } };
      return this.#tagged(await this.#collection.insert(writer, body, fixed, secrets), created, writer, secrets);
    });
  }

  async #get(request: GatewayRequest): Promise<Answer> {
    const conditions = parsePreconditions(request.headers);
    return this.#transactions.read(request, async (reader, secrets) => {
      const stored = await this.#collection.find(reader, param(request, 'id'), await this.#parent(request, reader));
      if (stored === undefined) throw notFound();
      const shown = await this.#collection.showOne(reader, stored, secrets);
      // Names in lists and whether secrets are shown make an answer, and so a tag, of their own.
      const etag = entityTag(stored, shown);
      return isKnown(conditions, etag) ? { status: 304, headers: { etag } } : { ...ok(shown), headers: { etag } };
    });
  }

  async #put(request: GatewayRequest): Promise<Answer> {
    const body = await this.#body(request);
    return this.#transactions.write(request, async (writer, secrets) => {
      const parent = await this.#parent(request, writer);
      const entity = await this.#collection.upsert(writer, param(request, 'id'), parent, body, secrets, (previous) => this.#refuseOtherState(request, writer, previous, secrets));
      return this.#tagged(entity, ok, writer, secrets);
    });
  }

  async #patch(request: GatewayRequest): Promise<Answer> {
    const body = await this.#body(request);
    return this.#transactions.write(request, async (writer, secrets) => {
      const parent = await this.#parent(request, writer);
      const stored = await this.#collection.findForUpdate(writer, param(request, 'id'), parent);
      await this.#refuseOtherState(request, writer, stored, secrets);
      if (stored === undefined) throw notFound();
      return this.#tagged(await this.#collection.update(writer, stored, 'merge', body, {}, secrets), ok, writer, secrets);
    });
  }

  async #delete(request: GatewayRequest): Promise<Answer> {
    return this.#transactions.write(request, async (writer, secrets) => {
      const parent = await this.#parent(request, writer);
      const stored = await this.#collection.findForUpdate(writer, param(request, 'id'), parent);
      await this.#refuseOtherState(request, writer, stored, secrets);
      if (stored !== undefined) await this.#collection.delete(writer, stored);
      return NO_CONTENT;
    });
  }

  /** Before the transaction: hashing a password takes longer than one should last. */
  async #body({ body, query }: GatewayRequest): Promise<RequestBody> {
    const { definition } = this.#collection;
    if (passwordFieldOf(definition) === undefined || body.kind === 'document') return body;
    const hashed = await withHashedPassword(definition, body.value, parseSkipHash(query));
    if (hashed.kind === 'problem') throw schemaViolation([hashed.problem]);
    return { ...body, value: hashed.input };
  }

  /** What was written, with the tag that a read of it would have. */
  async #tagged(entity: Entity, answer: (entity: Entity) => Answer, writer: EntityWriter, secrets: GatewaySecrets): Promise<Answer> {
    const { kind } = this.#collection.definition;
    const stored = defined(await writer.getForUpdate(kind, defined(parseId<EntityId>(entity.id), 'the id of an entity')), 'what was just written');
    return { ...answer(entity), headers: { etag: entityTag(stored, await this.#collection.showOne(writer, stored, secrets)) } };
  }

  /** Throws a Refusal (412) where the request is for another state of the entity than it is held in. */
  async #refuseOtherState(request: GatewayRequest, writer: EntityWriter, stored: StoredEntity | undefined, secrets: GatewaySecrets): Promise<void> {
    const conditions = parsePreconditions(request.headers);
    if (hasPreconditions(conditions)) refuseOtherState(conditions, stored === undefined ? undefined : entityTag(stored, await this.#collection.showOne(writer, stored, secrets)));
  }

  async #parent(request: GatewayRequest, reader: EntityReader): Promise<Parent | undefined> {
    if (this.#place === undefined) return undefined;
    const stored = await this.#place.collection.find(reader, param(request, 'parent'), undefined);
    if (stored === undefined) throw notFound();
    return { field: this.#place.field, id: stored.id };
  }

  /** `/consumers?custom_id=`: any unique field that paths do not name already and that is no secret. */
  #uniqueFilter(query: URLSearchParams): { readonly field: string; readonly value: string } | undefined {
    const { fields, endpointKey } = this.#collection.definition;
    for (const field of fields) {
      const value = query.get(field.name);
      if (value !== null && field.unique === true && field.secret === undefined && field.name !== endpointKey) return { field: field.name, value };
    }
    return undefined;
  }
}
