/**
 * Finds for each entity of a content the one of the gateway that it means, and settles its id: by the id it gives, by its name, by
 * other unique fields, and what has none of them by what it says. References become ids on the way, in the order of dependence.
 * Used by plan-changes.ts.
 */
import type { EntityKind, FieldType, JsonObject, JsonValue, RecordType } from '../../shared/model/definition.ts';
import { isJsonObject } from '../../shared/model/entity-checks.ts';
import { parseId, type EntityId, type GatewayId } from '../../shared/model/ids.ts';
import { definitionOf, entityKinds } from '../../shared/model/registry.ts';
import { didYouMean } from '../../shared/nearest.ts';
import type { ContentProblems } from './content-problem.ts';
import type { ContentScope } from './content-scope.ts';
import type { CurrentEntities, CurrentEntity } from './current-entities.ts';
import type { DesiredContent, DesiredEntity } from './desired-entities.ts';
import { nameOf, showPath, type ContentPath } from './file-layout.ts';
import { alwaysHasKey, contentKeyOf, idFor, matchingKeysOf } from './matching-keys.ts';
import type { Pauses } from './pauses.ts';

export interface MatchedEntity {
  readonly desired: DesiredEntity;
  readonly id: EntityId;
  /** With references by id. */
  readonly input: JsonObject;
  readonly previous: CurrentEntity | undefined;
}

export interface MatchOptions {
  readonly gatewayId: GatewayId;
  readonly current: CurrentEntities;
  readonly scope: ContentScope;
  /** What is in the scope and not in the content goes. */
  readonly deletesAbsent: boolean;
  /** The entity that an input without any name describes, complete with defaults; undefined where it is not valid. */
  readonly complete: (kind: EntityKind, input: JsonObject) => JsonObject | undefined;
  /** What the caller may not see can't be referred to, and is not named. */
  readonly sees: (entity: CurrentEntity) => boolean;
  readonly pauses: Pauses;
}

/** In the order of dependence. What has problems in its references or identity is left out and told. */
export function matchEntities(content: DesiredContent, options: MatchOptions, problems: ContentProblems): Promise<readonly MatchedEntity[]> {
  return new Matching(content, options, problems).run();
}

interface Pending {
  readonly desired: DesiredEntity;
  readonly input: JsonObject;
}

class Matching {
  readonly #content: DesiredContent;
  readonly #options: MatchOptions;
  readonly #problems: ContentProblems;
  readonly #idOf = new Map<DesiredEntity, EntityId>();
  /** `kind id` and `kind key` of what the content describes, with the place where it does. */
  readonly #described = new Map<string, MatchedEntity>();

  constructor(content: DesiredContent, options: MatchOptions, problems: ContentProblems) {
    this.#content = content;
    this.#options = options;
    this.#problems = problems;
  }

  async run(): Promise<readonly MatchedEntity[]> {
    const byKind = Map.groupBy(this.#content.entities, ({ kind }) => kind);
    const matched: MatchedEntity[] = [];
    for (const kind of entityKinds) {
      const pending: Pending[] = [];
      for (const desired of byKind.get(kind) ?? []) {
        await this.#options.pauses.due();
        const input = this.#resolve(desired);
        if (input !== undefined) pending.push({ desired, input });
      }
      for (const entity of await this.#matchKind(kind, pending)) matched.push(entity);
    }
    return matched;
  }

  async #matchKind(kind: EntityKind, pending: readonly Pending[]): Promise<readonly MatchedEntity[]> {
    const definition = definitionOf(kind);
    const { current, gatewayId } = this.#options;
    const matched: MatchedEntity[] = [];
    const taken = new Set<string>();
    const accept = (one: Pending, id: EntityId, previous: CurrentEntity | undefined): void => {
      const entity = { ...one, id, previous };
      taken.add(id);
      this.#idOf.set(one.desired, id);
      if (this.#describe(entity) && this.#isOurs(entity)) matched.push(entity);
    };
    // Ids and names first, so that nobody takes what another one names.
    const nameless: Pending[] = [];
    for (const one of pending) {
      await this.#options.pauses.due();
      const { first } = matchingKeysOf(definition, one.input);
      const id = typeof one.input['id'] === 'string' ? parseId<EntityId>(one.input['id']) : undefined;
      const named = first === undefined ? undefined : current.byKey(kind, first);
      if (id !== undefined) this.#refuseOtherId(one, id, named);
      const found = id === undefined ? named : current.get(kind, id);
      const settled = id ?? found?.id;
      if (settled === undefined) nameless.push(one);
      else accept(one, settled, found);
    }
    const contents = nameless.length === 0 || alwaysHasKey(definition) ? undefined : current.byContent(kind);
    for (const one of nameless) {
      await this.#options.pauses.due();
      const { first, others } = matchingKeysOf(definition, one.input);
      const keys = first === undefined ? others : [first, ...others];
      const whole = keys.length === 0 && contents !== undefined ? this.#options.complete(kind, one.input) : undefined;
      const content = whole === undefined ? undefined : contentKeyOf(definition, whole);
      const candidates = content === undefined ? others.flatMap((key) => current.byKey(kind, key) ?? []) : (contents?.get(content) ?? []);
      const found = candidates.find((candidate) => !taken.has(candidate.id));
      accept(one, found?.id ?? idFor(gatewayId, definition, keys[0] ?? content ?? showPath(one.desired.path), (id) => taken.has(id) || current.get(kind, id) !== undefined), found);
    }
    return matched;
  }

  /** An id of a file that is that of nothing, beside a name that is taken, would end as a conflict that nobody understands. */
  #refuseOtherId(one: Pending, id: EntityId, named: CurrentEntity | undefined): void {
    if (named === undefined || named.id === id || this.#options.current.get(one.desired.kind, id) !== undefined) return;
    this.#refuse(one.desired, one.input, 'id', `is another than that of the ${definitionOf(one.desired.kind).singular} of this name, ${named.id}: leave the id out, or delete the other first`);
  }

  /** False where the content describes it a second time. */
  #describe(entity: MatchedEntity): boolean {
    const { kind, path } = entity.desired;
    const { first, others } = matchingKeysOf(definitionOf(kind), entity.input);
    const names = [entity.id, ...(first === undefined ? [] : [first]), ...others].map((name) => `${kind} ${name}`);
    const other = names.map((name) => this.#described.get(name)).find((known) => known !== undefined);
    if (other !== undefined) {
      this.#refuse(entity.desired, entity.input, '@entity', `is described twice: ${showPath(other.desired.path)} and ${showPath(path)} are the same ${definitionOf(kind).singular}`, other.desired.path);
      return false;
    }
    for (const name of names) this.#described.set(name, entity);
    return true;
  }

  /** What is there without the select tags belongs to somebody else. */
  #isOurs({ desired, input, previous }: MatchedEntity): boolean {
    const { scope } = this.#options;
    if (previous === undefined || scope.isSelected(previous.entity)) return true;
    this.#refuse(desired, input, '@entity', `is there already, without the tag ${scope.selectTags.map((tag) => `"${tag}"`).join(' and ')}: these select tags do not select it. Give it the tag first, or another name here`);
    return false;
  }

  /** The input with ids for names; undefined where something is wrong with that. */
  #resolve(desired: DesiredEntity): JsonObject | undefined {
    const resolved: Record<string, JsonValue> = { ...desired.input };
    let failed = false;
    for (const { name, type } of definitionOf(desired.kind).fields) {
      if (!refers(type)) continue;
      const value = resolved[name];
      if (value === undefined || value === null) continue;
      const result = this.#resolveValue(type, value);
      if ('message' in result) {
        failed = true;
        this.#refuse(desired, desired.input, name, result.message);
      } else resolved[name] = result.value;
    }
    const { parent } = desired;
    if (parent !== undefined) {
      const id = this.#idOf.get(parent.entity);
      // Its own problem has been told.
      if (id === undefined) return undefined;
      const given = resolved[parent.field];
      if (isJsonObject(given) && given['id'] !== id) {
        failed = true;
        this.#refuse(desired, desired.input, parent.field, `is another than the ${definitionOf(parent.entity.kind).singular} in which it stands: leave it out here`);
      }
      resolved[parent.field] = { id };
    }
    return failed ? undefined : resolved;
  }

  #resolveValue(type: FieldType, value: JsonValue): { readonly value: JsonValue } | { readonly message: string } {
    if (type.kind === 'reference') {
      const found = this.#lookUp(type.to, value);
      if (typeof found === 'object') return found;
      // Of another form than any reference: the parser says so.
      return { value: found === undefined ? value : type.bare === true ? found : { id: found } };
    }
    if ((type.kind === 'array' || type.kind === 'set') && Array.isArray(value)) {
      const items = value.map((item: JsonValue) => this.#resolveValue(type.of, item));
      return items.find((item) => 'message' in item) ?? { value: items.flatMap((item) => ('value' in item ? [item.value] : [])) };
    }
    if (type.kind === 'record' && isJsonObject(value)) {
      const given = byId(type, value);
      const entries = type.fields.flatMap(({ name, type: inner }) => {
        const own = given[name] ?? null;
        return own === null ? [] : [[name, this.#resolveValue(inner, own)] as const];
      });
      const wrong = entries.find(([, item]) => 'message' in item);
      return wrong !== undefined ? wrong[1] : { value: { ...given, ...Object.fromEntries(entries.flatMap(([name, item]) => ('value' in item ? [[name, item.value]] : []))) } };
    }
    return { value };
  }

  /** The id that a reference means; undefined where it has no form of one. */
  #lookUp(to: EntityKind, value: JsonValue): EntityId | undefined | { readonly message: string } {
    const definition = definitionOf(to);
    const id = typeof value === 'string' ? parseId<EntityId>(value) : isJsonObject(value) && typeof value['id'] === 'string' ? parseId<EntityId>(value['id']) : undefined;
    const key = definition.endpointKeyScope === 'parent' ? undefined : definition.endpointKey;
    const names: JsonObject = typeof value === 'string' ? (key === undefined ? {} : { [key]: value }) : isJsonObject(value) ? value : {};
    const { first, others } = matchingKeysOf({ ...definition, uniqueTogether: [] }, names);
    const sought = id ?? first ?? others[0];
    if (sought === undefined) return undefined;
    const described = this.#described.get(`${to} ${sought}`);
    if (described !== undefined) return described.id;
    const found = id === undefined ? this.#options.current.byKey(to, sought) : this.#options.current.get(to, id);
    const there = found !== undefined && this.#options.sees(found) ? found : undefined;
    const shown = id ?? (typeof value === 'string' ? value : String(Object.values(names).find((name) => typeof name === 'string')));
    if (there === undefined) return { message: `there is no ${definition.singular} ${JSON.stringify(shown)}, neither in the files nor in the gateway${didYouMean(shown, this.#namesOf(to))}` };
    if (this.#options.deletesAbsent && this.#options.scope.has(to, there.entity)) return { message: `the ${definition.singular} ${JSON.stringify(shown)} is not in the files, so that this sync would delete it: add it, or use apply` };
    const tags = this.#content.lookupTags.get(to);
    if (tags !== undefined && !tags.every((tag) => there.tags.includes(tag))) return { message: `the ${definition.singular} ${JSON.stringify(shown)} has not the tags ${tags.join(', ')} by which _info.default_lookup_tags looks up ${to}` };
    return there.id;
  }

  *#namesOf(kind: EntityKind): Iterable<string> {
    const described = this.#content.entities.filter((desired) => desired.kind === kind).map(({ input }) => input);
    for (const entity of [...described, ...[...this.#options.current.ofKind(kind).values()].filter(this.#options.sees).map((current) => current.entity)]) {
      const name = nameOf(kind, entity);
      if (name !== undefined) yield name;
    }
  }

  #refuse({ kind, path }: DesiredEntity, input: JsonObject, field: string, message: string, other?: ContentPath): void {
    const name = nameOf(kind, input);
    const id = input['id'];
    this.#problems.ofEntity({ kind, input, ...(name === undefined ? {} : { name }), ...(typeof id === 'string' ? { id } : {}), ...(input['tags'] === undefined ? {} : { tags: input['tags'] }) }, path, { field, message }, other);
  }
}

/** Fields in which something is referred to. */
function refers(type: FieldType): boolean {
  if (type.kind === 'array' || type.kind === 'set') return refers(type.of);
  return type.kind === 'reference' || (type.kind === 'record' && type.fields.some((field) => refers(field.type)));
}

/** `{ name: cache, path: … }` with the name where the record has an id alone: as a partial is given in a plugin. */
function byId({ fields }: RecordType, value: JsonObject): JsonObject {
  const bare = fields.flatMap(({ name, type }) => (type.kind === 'reference' && type.bare === true ? [{ name, key: definitionOf(type.to).endpointKey }] : []));
  const missing = bare.find(({ name, key }) => (value[name] ?? null) === null && key !== undefined && typeof value[key] === 'string' && !fields.some((field) => field.name === key));
  if (missing?.key === undefined) return value;
  const { [missing.key]: named, ...rest } = value;
  return named === undefined ? value : { ...rest, [missing.name]: named };
}
