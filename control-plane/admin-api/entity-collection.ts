/**
 * All entities of one kind, driven by its definition: found by id or endpoint key, read out for the caller, created,
 * replaced, changed and deleted inside a transaction of the store. Nothing here knows any kind by name. Used by
 * entity-operations.ts and related-operations.ts.
 */
import type { Clock } from '../../shared/clock.ts';
import { coerceForm } from '../../shared/model/coerce-form.ts';
import type { Entity, EntityDefinition, JsonObject, JsonValue } from '../../shared/model/definition.ts';
import { isJsonObject } from '../../shared/model/entity-checks.ts';
import { newId, parseId, type EntityId } from '../../shared/model/ids.ts';
import { parseEntity, type ParseOptions } from '../../shared/model/parse-entity.ts';
import type { PluginSource } from '../../shared/model/parse-plugin.ts';
import { randomKey } from '../../shared/model/random-key.ts';
import type { EntityReader, StoredEntity } from '../store/entity-reader.ts';
import { buildEntityRecord, readEntity } from '../store/entity-record.ts';
import type { EntityWriter } from '../store/entity-writer.ts';
import type { GatewaySecrets } from '../store/secret-box.ts';
import type { StoreProblem } from '../store/store-problem.ts';
import { notFound, schemaViolation } from './answer.ts';
import type { RequestBody } from './request-body.ts';
import { refuseEntity, refuseProblem } from './store-refusal.ts';

export interface EntityRules {
  readonly plugins: PluginSource;
  readonly clock: Clock;
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

  constructor(definition: EntityDefinition, rules: EntityRules) {
    this.definition = definition;
    this.#rules = rules;
  }

  /** By id or endpoint key, as a path names it; only below the parent where there is one. */
  async find(reader: EntityReader, name: string, parent: Parent | undefined): Promise<StoredEntity | undefined> {
    const { definition } = this;
    const id = parseId<EntityId>(name);
    if (id !== undefined) return below(parent, await reader.get(definition.kind, id));
    if (definition.endpointKey === undefined || (definition.endpointKeyScope === 'parent' && parent === undefined)) return undefined;
    return below(parent, await reader.getByEndpointKey(definition, this.#normalKey(definition.endpointKey, name), parent?.id));
  }

  /** Like find, and held until the transaction ends. */
  async findForUpdate(writer: EntityWriter, name: string, parent: Parent | undefined): Promise<StoredEntity | undefined> {
    const found = await this.find(writer, name, parent);
    return found === undefined ? undefined : below(parent, await writer.getForUpdate(this.definition.kind, found.id));
  }

  /** The entity for an answer. Without secrets (who may not reveal) secret fields are null. */
  show(stored: StoredEntity, secrets: GatewaySecrets | undefined): Entity {
    return readEntity(this.definition, stored, secrets);
  }

  /** `fixed` are the values that the path has decided. Throws a Refusal. */
  async insert(writer: EntityWriter, body: RequestBody, fixed: JsonObject, secrets: GatewaySecrets): Promise<Entity> {
    const { entity, problem } = await this.#tryInsert(writer, body, fixed, secrets);
    if (problem !== undefined) throw refuseEntity(problem, this.definition, entity);
    return entity;
  }

  /** PUT: what the path names becomes what the body says, whether it was there or not. Throws a Refusal. */
  async upsert(writer: EntityWriter, name: string, parent: Parent | undefined, body: RequestBody, secrets: GatewaySecrets): Promise<Entity> {
    const { definition } = this;
    const id = parseId<EntityId>(name);
    const reference = parent === undefined ? {} : { [parent.field]: { id: parent.id } };
    const named = id !== undefined ? { id } : definition.endpointKey !== undefined ? { [definition.endpointKey]: this.#normalKey(definition.endpointKey, name) } : undefined;
    if (named === undefined) throw notFound();
    const fixed = { ...reference, ...named };
    const previous = await this.findForUpdate(writer, name, parent);
    if (previous !== undefined) return this.update(writer, previous, 'replace', body, fixed, secrets);
    const { entity, problem } = await this.#tryInsert(writer, body, fixed, secrets);
    if (problem === undefined) return entity;
    // Another PUT of the same name may have come first: then there is something to replace now.
    const made = await this.findForUpdate(writer, name, parent);
    if (made === undefined) throw refuseEntity(problem, definition, entity);
    return this.update(writer, made, 'replace', body, fixed, secrets);
  }

  /** PUT or PATCH of what is there, held by findForUpdate. Throws a Refusal. */
  async update(writer: EntityWriter, stored: StoredEntity, mode: 'replace' | 'merge', body: RequestBody, fixed: JsonObject, secrets: GatewaySecrets): Promise<Entity> {
    const entity = this.#parse(body, fixed, { mode, previous: readEntity(this.definition, stored, secrets) });
    const problem = await writer.update(buildEntityRecord(this.definition, entity, secrets));
    if (problem !== undefined) throw refuseEntity(problem, this.definition, entity);
    return entity;
  }

  /** Idempotent. Throws a Refusal where something still refers to it. */
  async delete(writer: EntityWriter, stored: StoredEntity): Promise<void> {
    const problem = await writer.delete(this.definition.kind, stored.id);
    if (problem !== undefined && problem.kind !== 'not-found') throw refuseProblem(problem, this.definition.kind);
  }

  /** The entity that a body would create; nothing is stored. Throws a Refusal. */
  check(body: RequestBody): Entity {
    return this.#parse(body, {}, { mode: 'create' });
  }

  async #tryInsert(writer: EntityWriter, body: RequestBody, fixed: JsonObject, secrets: GatewaySecrets): Promise<{ readonly entity: Entity; readonly problem: StoreProblem | undefined }> {
    const entity = this.#parse(body, fixed, { mode: 'create' });
    return { entity, problem: await writer.insert(buildEntityRecord(this.definition, entity, secrets)) };
  }

  #parse(body: RequestBody, fixed: JsonObject, options: Pick<ParseOptions, 'mode' | 'previous'>): Entity {
    const { plugins, clock } = this.#rules;
    const nowMs = clock.nowMs();
    const pluginName = options.previous?.['name'];
    const typed = body.kind === 'form' ? coerceForm(this.definition, body.value, { ...plugins, ...(typeof pluginName === 'string' ? { pluginName } : {}) }) : body.value;
    const result = parseEntity(this.definition, this.#withFixed(typed, fixed), {
      ...options,
      ...plugins,
      newId: () => newId<EntityId>(nowMs),
      newKey: randomKey,
      nowSeconds: Math.floor(nowMs / 1000),
    });
    if (result.kind === 'problems') throw schemaViolation(result.problems);
    return result.entity;
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

  /** As stored: `/targets/10.0.0.1` names the target `10.0.0.1:8000`. */
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

/** The id in a reference field; undefined where it is null. */
export function referenceOf(stored: StoredEntity, field: string): EntityId | undefined {
  const reference = stored.published[field];
  const id = isJsonObject(reference) ? reference['id'] : undefined;
  return typeof id === 'string' ? parseId<EntityId>(id) : undefined;
}

/** Ids are the same in either case. */
function canonical(value: JsonValue): string {
  return JSON.stringify(value).replaceAll(/"[0-9a-fA-F-]{36}"/g, (id) => id.toLowerCase());
}
