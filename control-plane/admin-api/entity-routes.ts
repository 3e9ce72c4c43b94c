/**
 * The Kong-compatible paths of all entities, generated from the definitions: collections, single entities, both nested
 * under what they refer to, and the entity that a reference names. Adding an entity adds its paths.
 */
import type { Entity, EntityDefinition, EntityKind, Field } from '../../shared/model/definition.ts';
import { entityDefinitions } from '../../shared/model/registry.ts';
import { formatVersion } from '../../shared/model/version.ts';
import { parseEntityCursor, type EntityReader, type StoredEntity } from '../store/entity-reader.ts';
import type { EntityWriter } from '../store/entity-writer.ts';
import type { GatewaySecrets } from '../store/secret-box.ts';
import type { Store } from '../store/store.ts';
import { created, invalidQuery, NO_CONTENT, notFound, ok, type Answer } from './answer.ts';
import { EntityCollection, referenceOf, type EntityRules, type Parent } from './entity-collection.ts';
import { pageAnswer, parsePageSize, parseTags } from './list-query.ts';
import { gatewayRoute, mayReveal, param, read, write, type GatewayRequest, type Operations, type Route } from './route.ts';

export interface EntityRoutesOptions extends EntityRules {
  readonly store: Pick<Store, 'read' | 'write' | 'secretsOf'>;
}

/** Where a nested path stands: `/services/:parent/routes` is below services, by the field `service`. */
interface Place {
  readonly field: string;
  readonly collection: EntityCollection;
}

export function entityRoutes(options: EntityRoutesOptions): readonly Route[] {
  const collections = new Map<EntityKind, EntityCollection>(entityDefinitions.map((definition) => [definition.kind, new EntityCollection(definition, options)]));
  return [...collections.values()].flatMap((collection) => {
    const { definition } = collection;
    const operations = new EntityOperations(options, collection, undefined);
    const own = definition.topLevel ? [gatewayRoute(`/${definition.path}`, operations.ofMany()), gatewayRoute(`/${definition.path}/:id`, operations.ofOne())] : [];
    const nested = referencesOf(definition).flatMap(([field, kind]) => {
      const target = collections.get(kind);
      if (target === undefined || !target.definition.topLevel) return [];
      return [...nestedRoutes(options, collection, { field, collection: target }), ...relatedRoutes(options, collection, { field, collection: target })];
    });
    return [...own, ...nested];
  });
}

function referencesOf(definition: EntityDefinition): readonly (readonly [field: string, to: EntityKind])[] {
  return definition.fields.flatMap((field: Field) => (field.type.kind === 'reference' ? [[field.name, field.type.to] as const] : []));
}

/** `/services/:parent/routes` and `/services/:parent/routes/:id`. */
function nestedRoutes(options: EntityRoutesOptions, collection: EntityCollection, place: Place): readonly Route[] {
  const { definition } = collection;
  const operations = new EntityOperations(options, collection, place);
  const path = `/${place.collection.definition.path}/:parent/${definition.nestedPath}`;
  const { GET: list } = operations.ofMany();
  // Kong's second name for a collection that exists nowhere else: /upstreams/:parent/targets/all.
  const all = definition.topLevel || list === undefined ? [] : [gatewayRoute(`${path}/all`, { GET: list })];
  return [gatewayRoute(path, operations.ofMany()), ...all, gatewayRoute(`${path}/:id`, operations.ofOne())];
}

/** `/routes/:id/service`: the entity that a reference names. */
function relatedRoutes(options: EntityRoutesOptions, collection: EntityCollection, place: Place): readonly Route[] {
  if (!collection.definition.topLevel) return [];
  return [gatewayRoute(`/${collection.definition.path}/:id/${place.field}`, new RelatedOperations(options, collection, place).ofOne())];
}

/** What both kinds of operations do around their transactions. */
class Transactions {
  readonly #store: EntityRoutesOptions['store'];

  constructor(options: EntityRoutesOptions) {
    this.#store = options.store;
  }

  /** `secrets` only where the caller may reveal (T2). */
  async read<T>(request: GatewayRequest, work: (reader: EntityReader, secrets: GatewaySecrets | undefined) => Promise<T>): Promise<T> {
    const secrets = mayReveal(request.caller) ? await this.#store.secretsOf(request.gateway) : undefined;
    return this.#store.read(request.gateway, (reader) => work(reader, secrets));
  }

  /** Tells the version of the change, so that a client can wait until its data planes have it. */
  async write(request: GatewayRequest, work: (writer: EntityWriter, secrets: GatewaySecrets) => Promise<Answer>): Promise<Answer> {
    const secrets = await this.#store.secretsOf(request.gateway);
    const { value, version } = await this.#store.write(request.gateway, request.actor, (writer) => work(writer, secrets));
    return version === undefined ? value : { ...value, headers: { ...value.headers, 'x-holdfast-config-version': formatVersion(version) } };
  }
}

/** A collection and its entities, all of them or those below a parent. */
class EntityOperations {
  readonly #transactions: Transactions;
  readonly #collection: EntityCollection;
  readonly #place: Place | undefined;

  constructor(options: EntityRoutesOptions, collection: EntityCollection, place: Place | undefined) {
    this.#transactions = new Transactions(options);
    this.#collection = collection;
    this.#place = place;
  }

  ofMany(): Operations<GatewayRequest> {
    return { GET: read((request) => this.#list(request)), POST: write((request) => this.#create(request)) };
  }

  ofOne(): Operations<GatewayRequest> {
    return {
      GET: read((request) => this.#get(request)),
      PUT: write((request) => this.#put(request)),
      PATCH: write((request) => this.#patch(request)),
      DELETE: write((request) => this.#delete(request)),
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
        return pageAnswer(request, matches ? [this.#collection.show(found, secrets)] : [], undefined);
      }
      const page = await reader.list(kind, { size, ...(tags === undefined ? {} : { tags }), ...(after === undefined ? {} : { after }), ...(parent === undefined ? {} : { reference: parent }) });
      return pageAnswer(request, page.entities.map((stored) => this.#collection.show(stored, secrets)), page.next);
    });
  }

  async #create(request: GatewayRequest): Promise<Answer> {
    return this.#transactions.write(request, async (writer, secrets) => {
      const parent = await this.#parent(request, writer);
      const fixed = parent === undefined ? {} : { [parent.field]: { id: parent.id } };
      return created(await this.#collection.insert(writer, request.body, fixed, secrets));
    });
  }

  async #get(request: GatewayRequest): Promise<Answer> {
    return this.#transactions.read(request, async (reader, secrets) => {
      const stored = await this.#collection.find(reader, param(request, 'id'), await this.#parent(request, reader));
      if (stored === undefined) throw notFound();
      return ok(this.#collection.show(stored, secrets));
    });
  }

  async #put(request: GatewayRequest): Promise<Answer> {
    return this.#transactions.write(request, async (writer, secrets) =>
      ok(await this.#collection.upsert(writer, param(request, 'id'), await this.#parent(request, writer), request.body, secrets)),
    );
  }

  async #patch(request: GatewayRequest): Promise<Answer> {
    return this.#transactions.write(request, async (writer, secrets) => {
      const stored = await this.#collection.findForUpdate(writer, param(request, 'id'), await this.#parent(request, writer));
      if (stored === undefined) throw notFound();
      return ok(await this.#collection.update(writer, stored, 'merge', request.body, {}, secrets));
    });
  }

  async #delete(request: GatewayRequest): Promise<Answer> {
    return this.#transactions.write(request, async (writer) => {
      const stored = await this.#collection.findForUpdate(writer, param(request, 'id'), await this.#parent(request, writer));
      if (stored !== undefined) await this.#collection.delete(writer, stored);
      return NO_CONTENT;
    });
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

/** The entity that one of ours refers to: `/routes/:id/service`. Kong can't delete it by this path, nor can we. */
class RelatedOperations {
  readonly #transactions: Transactions;
  readonly #collection: EntityCollection;
  readonly #place: Place;

  constructor(options: EntityRoutesOptions, collection: EntityCollection, place: Place) {
    this.#transactions = new Transactions(options);
    this.#collection = collection;
    this.#place = place;
  }

  ofOne(): Operations<GatewayRequest> {
    return { GET: read((request) => this.#get(request)), PUT: write((request) => this.#put(request)), PATCH: write((request) => this.#patch(request)) };
  }

  async #get(request: GatewayRequest): Promise<Answer> {
    return this.#transactions.read(request, async (reader, secrets) => {
      const source = await this.#collection.find(reader, param(request, 'id'), undefined);
      const id = source === undefined ? undefined : referenceOf(source, this.#place.field);
      const target = id === undefined ? undefined : await reader.get(this.#place.collection.definition.kind, id);
      if (target === undefined) throw notFound();
      return ok(this.#place.collection.show(target, secrets));
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
