/**
 * Entities that only say that two others belong together, as Kong has them: who is in a group is listed, added and taken out
 * by the names of both, `/consumer_groups/{g}/consumers/{c}` and the other way round. Used by entity-routes.ts.
 */
import { refuseUnknownFields } from '../../shared/model/parse-fields.ts';
import { ProblemList } from '../../shared/model/problems.ts';
import { parseEntityCursor, type EntityReader, type StoredEntity } from '../store/entity-reader.ts';
import type { EntityWriter } from '../store/entity-writer.ts';
import { created, foreignKeyUnresolved, invalidQuery, NO_CONTENT, notFound, ok, schemaViolation, type Answer } from './answer.ts';
import type { EntityCollection } from './entity-collection.ts';
import { EntityTransactions, type EntityStore } from './entity-transactions.ts';
import { MAX_PAGE_SIZE, pageAnswer, parsePageSize, parseTags } from './list-query.ts';
import type { RequestBody } from './request-body.ts';
import { param, read, write, type GatewayRequest, type Operations } from './route.ts';
import { refuseProblem } from './store-refusal.ts';

/** One of the two. */
export interface LinkSide {
  /** The link's reference field for it. */
  readonly field: string;
  /** What a body calls it. */
  readonly word: string;
  readonly collection: EntityCollection;
}

export class LinkOperations {
  readonly #transactions: EntityTransactions;
  readonly #links: EntityCollection;
  readonly #near: LinkSide;
  readonly #far: LinkSide;

  /** Below entities of the near side stand those of the far side. */
  constructor(store: EntityStore, links: EntityCollection, near: LinkSide, far: LinkSide) {
    this.#transactions = new EntityTransactions(store);
    this.#links = links;
    this.#near = near;
    this.#far = far;
  }

  ofMany(): Operations<GatewayRequest> {
    const on = this.#links.definition.kind;
    return {
      GET: read(on, (request) => this.#list(request)),
      POST: write({ on, verb: 'create' }, (request) => this.#add(request)),
      DELETE: write({ on, verb: 'delete' }, (request) => this.#removeAll(request)),
    };
  }

  ofOne(): Operations<GatewayRequest> {
    const on = this.#links.definition.kind;
    return { GET: read(on, (request) => this.#get(request)), DELETE: write({ on, verb: 'delete' }, (request) => this.#remove(request)) };
  }

  async #list(request: GatewayRequest): Promise<Answer> {
    const size = parsePageSize(request.query);
    const tags = parseTags(request.query);
    const offset = request.query.get('offset');
    const after = offset === null ? undefined : parseEntityCursor(offset);
    if (offset !== null && after === undefined) throw invalidQuery('offset', 'offset', 'invalid offset: send the offset of the page before as it was');
    return this.#transactions.read(request, async (reader, secrets) => {
      const { id } = await this.#parent(request, reader);
      const linked = { by: this.#links.definition.kind, field: this.#far.field, from: { field: this.#near.field, id } };
      const page = await reader.list(this.#far.collection.definition.kind, { size, linked, ...(tags === undefined ? {} : { tags }), ...(after === undefined ? {} : { after }) });
      return pageAnswer(request, await this.#far.collection.show(reader, page.entities, secrets), page.next);
    });
  }

  async #add(request: GatewayRequest): Promise<Answer> {
    const name = this.#nameIn(request.body);
    const { collection } = this.#far;
    return this.#transactions.write(request, async (writer, secrets) => {
      const near = await this.#parent(request, writer);
      const far = await collection.find(writer, name, undefined);
      if (far === undefined) throw foreignKeyUnresolved(this.#far.word, collection.definition.endpointKey ?? 'id', name, collection.definition.kind);
      await this.#links.insert(writer, { kind: 'json', value: {} }, { [this.#near.field]: { id: near.id }, [this.#far.field]: { id: far.id } }, secrets);
      return created({
        [this.#near.field]: await this.#near.collection.showOne(writer, near, secrets),
        [collection.definition.path]: [await collection.showOne(writer, far, secrets)],
      });
    });
  }

  async #get(request: GatewayRequest): Promise<Answer> {
    return this.#transactions.read(request, async (reader, secrets) => {
      const { far, link } = await this.#pair(request, reader);
      if (far === undefined || link === undefined) throw notFound();
      return ok(await this.#far.collection.showOne(reader, far, secrets));
    });
  }

  async #remove(request: GatewayRequest): Promise<Answer> {
    return this.#transactions.write(request, async (writer) => {
      const { link } = await this.#pair(request, writer);
      if (link !== undefined) await this.#links.delete(writer, link);
      return NO_CONTENT;
    });
  }

  async #removeAll(request: GatewayRequest): Promise<Answer> {
    const { kind } = this.#links.definition;
    return this.#transactions.write(request, async (writer) => {
      const reference = { field: this.#near.field, id: (await this.#parent(request, writer)).id };
      for (;;) {
        const { entities, next } = await writer.list(kind, { size: MAX_PAGE_SIZE, reference });
        const [problem] = await writer.writeMany(entities.map(({ id }) => ({ op: 'delete', kind, id })));
        // Somebody else took one out meanwhile: it is gone all the same.
        if (problem !== undefined && problem.problem.kind !== 'not-found') throw refuseProblem(problem.problem, kind);
        if (problem === undefined && next === undefined) return NO_CONTENT;
      }
    });
  }

  async #parent(request: GatewayRequest, reader: EntityReader | EntityWriter): Promise<StoredEntity> {
    const stored = await this.#near.collection.find(reader, param(request, 'parent'), undefined);
    if (stored === undefined) throw notFound();
    return stored;
  }

  async #pair(request: GatewayRequest, reader: EntityReader | EntityWriter): Promise<{ readonly far: StoredEntity | undefined; readonly link: StoredEntity | undefined }> {
    const near = await this.#parent(request, reader);
    const far = await this.#far.collection.find(reader, param(request, 'id'), undefined);
    const { kind, fields } = this.#links.definition;
    const names = fields.map(({ name }) => name);
    const link = far === undefined ? undefined : await reader.findByUnique(kind, names, names.map((name) => (name === this.#near.field ? near.id : far.id)));
    return { far, link };
  }

  /** The id or endpoint key of the other side. */
  #nameIn(body: RequestBody): string {
    const { word } = this.#far;
    const problems = new ProblemList();
    const given = body.value[word] ?? null;
    refuseUnknownFields(body.value, [word], '', problems);
    if (typeof given !== 'string' || given === '') problems.add(word, given === null ? 'required field missing' : `expected the name or id of one of the ${this.#far.collection.definition.kind}`);
    if (typeof given !== 'string' || problems.problems.length > 0) throw schemaViolation(problems.problems);
    return given;
  }
}
