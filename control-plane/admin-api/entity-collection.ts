/**
 * All entities of one kind, driven by its definition: found by id or endpoint key, read out for the caller, created,
 * replaced, changed and deleted inside a transaction of the store. Of kinds, it knows only partials by name. Used by
 * entity-operations.ts and related-operations.ts.
 */
import { defined } from '../../shared/assert.ts';
import type { Clock } from '../../shared/clock.ts';
import { coerceForm } from '../../shared/model/coerce-form.ts';
import type { Entity, EntityDefinition, JsonObject, JsonValue } from '../../shared/model/definition.ts';
import { newId, parseId, type EntityId } from '../../shared/model/ids.ts';
import { parseEntity, type ParseOptions } from '../../shared/model/parse-entity.ts';
import type { PluginSource } from '../../shared/model/parse-plugin.ts';
import { configNamedBy } from '../../shared/model/parse-vault.ts';
import { randomKey } from '../../shared/model/random-key.ts';
import { definitionOf } from '../../shared/model/registry.ts';
import { withoutWriteOnly } from '../../shared/model/secret-fields.ts';
import type { EntityReader, StoredEntity } from '../store/entity-reader.ts';
import { buildEntityRecord, readEntity, referenceOf } from '../store/entity-record.ts';
import type { EntityWriter } from '../store/entity-writer.ts';
import type { GatewaySecrets } from '../store/secret-box.ts';
import type { StoreProblem } from '../store/store-problem.ts';
import { notFound, schemaViolation } from './answer.ts';
import { NamesOfEntity } from './name-list.ts';
import { partialsOf, rewritePlugins } from './plugins-of-partial.ts';
import { resolveReferences } from './reference-names.ts';
import type { RequestBody } from './request-body.ts';
import { refuseEntity, refuseProblem } from './store-refusal.ts';

export interface EntityRules {
  readonly plugins: PluginSource;
  readonly clock: Clock;
}

interface Parsed {
  readonly entity: Entity;
  /** What the definition's name list was given; undefined where it is to stay. */
  readonly names: readonly string[] | undefined;
}

/** The entity that a nested path stands under: `/services/{this one}/routes`. */
export interface Parent {
  /** The reference field by which entities name it. */
  readonly field: string;
  readonly id: EntityId;
}

export class EntityCollection {
  readonly definition: EntityDefinition;
  readonly #rules: EntityRules;
  readonly #names: NamesOfEntity | undefined;

  constructor(definition: EntityDefinition, rules: EntityRules) {
    const { nameList } = definition;
    this.definition = definition;
    this.#rules = rules;
    this.#names = nameList === undefined ? undefined : new NamesOfEntity(nameList, new EntityCollection(definitionOf(nameList.of), rules));
  }

  /** By id, endpoint key or a name in its list, as a path names it; only below the parent where there is one. */
  find(reader: EntityReader, name: string, parent: Parent | undefined): Promise<StoredEntity | undefined> {
    const { definition } = this;
    return this.#look(reader, name, parent, (id) => reader.get(definition.kind, id), (key) => reader.getByEndpointKey(definition, key, parent?.id));
  }

  /** Like find, and held until the transaction ends. */
  findForUpdate(writer: EntityWriter, name: string, parent: Parent | undefined): Promise<StoredEntity | undefined> {
    const { definition } = this;
    return this.#look(writer, name, parent, (id) => writer.getForUpdate(definition.kind, id), (key) => writer.getByEndpointKeyForUpdate(definition, key, parent?.id));
  }

  async #look(reader: EntityReader, name: string, parent: Parent | undefined, byId: (id: EntityId) => Promise<StoredEntity | undefined>, byKey: (key: string) => Promise<StoredEntity | undefined>): Promise<StoredEntity | undefined> {
    const { endpointKey, endpointKeyScope } = this.definition;
    const id = parseId<EntityId>(name) ?? (await this.#names?.ownerOf(reader, name));
    if (id !== undefined) return below(parent, await byId(id));
    if (endpointKey === undefined || (endpointKeyScope === 'parent' && parent === undefined)) return undefined;
    return below(parent, await byKey(this.normalName(name)));
  }

  /** The entities for an answer. Secret fields are null for who may not reveal them. */
  async show(reader: EntityReader, stored: readonly StoredEntity[], secrets: GatewaySecrets | undefined): Promise<readonly Entity[]> {
    const entities = stored.map((one) => withoutWriteOnly(this.definition, readEntity(this.definition, one, reader.reveal(one) ? secrets : undefined)));
    return this.#names?.withNames(reader, entities) ?? entities;
  }

  async showOne(reader: EntityReader, stored: StoredEntity, secrets: GatewaySecrets | undefined): Promise<Entity> {
    const [shown] = await this.show(reader, [stored], secrets);
    return defined(shown, 'one for one');
  }

  /** `fixed` are the values that the path has decided. Throws a Refusal. */
  async insert(writer: EntityWriter, body: RequestBody, fixed: JsonObject, secrets: GatewaySecrets): Promise<Entity> {
    const { entity, names, problem } = await this.tryInsert(writer, body, fixed, secrets);
    if (problem !== undefined) throw refuseEntity(problem, this.definition, entity);
    return this.#settled(writer, entity, names, secrets);
  }

  /** What the store says instead of throwing it. The names are not settled yet. */
  async tryInsert(writer: EntityWriter, body: RequestBody, fixed: JsonObject, secrets: GatewaySecrets): Promise<Parsed & { readonly problem: StoreProblem | undefined }> {
    const parsed = await this.#parse(writer, body, fixed, { mode: 'create' }, secrets);
    const record = buildEntityRecord(this.definition, parsed.entity, secrets);
    // What a plugin took from a partial is not its author's.
    const entity = this.definition.configSecrets === undefined ? parsed.entity : this.#shownTo(writer, record, parsed.entity);
    return { ...parsed, entity, problem: await writer.insert(record) };
  }

  /** PUT: what the path names becomes what the body says, whether it was there or not. `check` throws where it may not be so. Throws a Refusal. */
  async upsert(writer: EntityWriter, name: string, parent: Parent | undefined, body: RequestBody, secrets: GatewaySecrets, check?: (previous: StoredEntity | undefined) => Promise<void>): Promise<Entity> {
    const { definition } = this;
    const id = parseId<EntityId>(name);
    const reference = parent === undefined ? {} : { [parent.field]: { id: parent.id } };
    if (id === undefined && definition.endpointKey === undefined && this.#names === undefined) throw notFound();
    const named = id !== undefined ? { id } : definition.endpointKey !== undefined ? { [definition.endpointKey]: this.normalName(name) } : {};
    const fixed = { ...reference, ...named };
    const previous = await this.findForUpdate(writer, name, parent);
    await check?.(previous);
    if (previous !== undefined) return this.update(writer, previous, 'replace', body, fixed, secrets);
    const { entity, names, problem } = await this.tryInsert(writer, body, fixed, secrets);
    // What a path names by one of its names has that name from then on.
    if (problem === undefined) return this.#settled(writer, entity, id === undefined ? [...(names ?? []), name] : names, secrets);
    // Another PUT of the same name may have come first: then there is something to replace now.
    const made = await this.findForUpdate(writer, name, parent);
    if (made === undefined) throw refuseEntity(problem, definition, entity);
    await check?.(made);
    return this.update(writer, made, 'replace', body, fixed, secrets);
  }

  /** PUT or PATCH of what is there, held by findForUpdate. Throws a Refusal. */
  async update(writer: EntityWriter, stored: StoredEntity, mode: 'replace' | 'merge', body: RequestBody, fixed: JsonObject, secrets: GatewaySecrets): Promise<Entity> {
    const options = { mode, previous: readEntity(this.definition, stored, secrets), secretsHidden: !writer.mayReveal(stored.kind, stored.tags) } as const;
    const { entity, names } = await this.#parse(writer, body, fixed, options, secrets);
    const record = buildEntityRecord(this.definition, entity, secrets);
    const problem = await writer.update(record);
    if (problem !== undefined) throw refuseEntity(problem, this.definition, entity);
    if (this.definition.kind === 'partials') await rewritePlugins(writer, entity, { plugins: this.#rules.plugins, nowSeconds: this.#nowSeconds() }, secrets);
    return this.#settled(writer, this.#shownTo(writer, record, entity), names, secrets);
  }

  /** Idempotent. Throws a Refusal where something still refers to it. */
  async delete(writer: EntityWriter, stored: StoredEntity): Promise<void> {
    const problem = await writer.delete(this.definition.kind, stored.id);
    if (problem !== undefined && problem.kind !== 'not-found') throw refuseProblem(problem, this.definition.kind);
  }

  /** That a body would create an entity, as far as can be told without storing it; names in references are looked up. Throws a Refusal. */
  async check(reader: EntityReader, body: RequestBody): Promise<void> {
    await this.#parse(reader, body, {}, { mode: 'create' }, undefined);
  }

  /** As stored: `/targets/10.0.0.1` names the target `10.0.0.1:8000`. */
  normalName(name: string): string {
    return this.#normalKey(defined(this.definition.endpointKey, `the endpoint key of ${this.definition.kind}`), name);
  }

  /** What was there before the write is told only to who may see it; who creates sees what was made. */
  #shownTo(reader: EntityReader, record: StoredEntity, entity: Entity): Entity {
    return reader.mayReveal(record.kind, record.tags) ? entity : readEntity(this.definition, record, undefined);
  }

  /** The entity for the answer to a write, once its names are what they are to be. */
  async #settled(writer: EntityWriter, entity: Entity, names: readonly string[] | undefined, secrets: GatewaySecrets): Promise<Entity> {
    if (this.#names === undefined) return withoutWriteOnly(this.definition, entity);
    const id = defined(parseId<EntityId>(entity.id), 'the id of an entity');
    if (names !== undefined) await this.#names.settle(writer, id, names, secrets);
    const [shown] = await this.#names.withNames(writer, [entity]);
    return defined(shown, 'one for one');
  }

  async #parse(reader: EntityReader, body: RequestBody, fixed: JsonObject, options: Pick<ParseOptions, 'mode' | 'previous' | 'secretsHidden'>, secrets: GatewaySecrets | undefined): Promise<Parsed> {
    const input = await resolveReferences(reader, this.definition, this.#typed(body, options.previous));
    return this.#parseInput(input, fixed, { ...options, partialOf: await partialsOf(reader, secrets, input, options.previous) });
  }

  /** A form's values get the types of the definition. */
  #typed(body: RequestBody, previous: Entity | undefined): JsonObject {
    const pluginName = previous?.[configNamedBy(this.definition)];
    return body.kind === 'form' ? coerceForm(this.definition, body.value, { ...this.#rules.plugins, ...(typeof pluginName === 'string' ? { pluginName } : {}) }) : body.value;
  }

  #parseInput(input: JsonObject, fixed: JsonObject, options: Pick<ParseOptions, 'mode' | 'previous' | 'secretsHidden' | 'partialOf'>): Parsed {
    const { plugins, clock } = this.#rules;
    const nowMs = clock.nowMs();
    const result = parseEntity(this.definition, this.#withFixed(input, fixed), {
      ...options,
      ...plugins,
      newId: () => newId<EntityId>(nowMs),
      newKey: randomKey,
      nowSeconds: this.#nowSeconds(),
    });
    if (result.kind === 'problems') throw schemaViolation(result.problems);
    return result;
  }

  #nowSeconds(): number {
    return Math.floor(this.#rules.clock.nowMs() / 1000);
  }

  /** Path and body must not contradict each other: whichever won, somebody would be misled. */
  #withFixed(input: JsonObject, fixed: JsonObject): JsonObject {
    const differs = ([field, value]: readonly [string, JsonValue]): boolean => {
      const given = input[field] ?? value;
      return canonical(typeof given === 'string' ? this.#normalKey(field, given) : given) !== canonical(value);
    };
    const isSecret = (field: string): boolean => this.definition.fields.some(({ name, secret }) => name === field && secret !== undefined);
    const problems = Object.entries(fixed).filter(differs).map(([field, value]) => ({ field, message: `is ${isSecret(field) ? 'another' : JSON.stringify(value)} in the path: leave it out of the body, or send the same` }));
    if (problems.length > 0) throw schemaViolation(problems);
    return { ...input, ...fixed };
  }

  #normalKey(key: string, value: string): string {
    const shorthand = this.definition.shorthands?.find((candidate) => candidate.name === key);
    const expanded = shorthand?.expand(value, { input: { [key]: value }, nowSeconds: 0 });
    const normal = expanded !== undefined && 'fields' in expanded ? expanded.fields[key] : undefined;
    return typeof normal === 'string' ? normal : value;
  }
}

function below(parent: Parent | undefined, stored: StoredEntity | undefined): StoredEntity | undefined {
  if (parent === undefined || stored === undefined) return stored;
  return referenceOf(stored, parent.field) === parent.id ? stored : undefined;
}

/** Ids are the same in either case. */
function canonical(value: JsonValue): string {
  return JSON.stringify(value).replaceAll(/"[0-9a-fA-F-]{36}"/g, (id) => id.toLowerCase());
}
