/**
 * The configuration of a gateway as a declarative content: what belongs to something stands inside it, references by name,
 * without what is a default, in an order that does not depend on when something was made. The same content in a gateway that is
 * empty gives the same content again. Used by `GET …/declarative` and `GET /config`.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { canonicalJson } from '../../shared/model/canonical-json.ts';
import { defaultOf } from '../../shared/model/default-value.ts';
import type { EntityDefinition, EntityKind, Field, FieldType, JsonObject, JsonValue, ReferenceType } from '../../shared/model/definition.ts';
import { isJsonObject } from '../../shared/model/entity-checks.ts';
import type { PluginSource } from '../../shared/model/parse-plugin.ts';
import { definitionOf, entityKinds } from '../../shared/model/registry.ts';
import { ContentScope, type ScopeOptions } from './content-scope.ts';
import { referencedId, type CurrentEntities, type CurrentEntity } from './current-entities.ts';
import { belongsInside, childListsOf, FORMAT_VERSIONS, referenceFields, type ChildList } from './file-layout.ts';
import { matchingKeysOf } from './matching-keys.ts';
import { fieldsOf } from './shown-changes.ts';

export interface ExportOptions extends ScopeOptions {
  /** Every entity with its id; else only those that nothing else names. */
  readonly withIds: boolean;
  /** Text that tells nothing in the place of each secret; equal ones get equal text, in this export alone. */
  readonly sanitize: boolean;
}

/** The entities must have their secrets in the clear, or null for who may not reveal them. */
export function exportContent(current: CurrentEntities, plugins: PluginSource, options: ExportOptions): JsonObject {
  return new ContentExport(current, plugins, options).content();
}

class ContentExport {
  readonly #current: CurrentEntities;
  readonly #plugins: PluginSource;
  readonly #options: ExportOptions;
  readonly #scope: ContentScope;
  /** By `kind` for a list at the top, by `kind field id` for one of the entity with this id. */
  readonly #lists: ReadonlyMap<string, readonly CurrentEntity[]>;
  readonly #salt = randomBytes(32);

  constructor(current: CurrentEntities, plugins: PluginSource, options: ExportOptions) {
    this.#current = current;
    this.#plugins = plugins;
    this.#options = options;
    this.#scope = new ContentScope(options);
    const all = entityKinds.flatMap((kind) => [...current.ofKind(kind).values()]).filter(({ kind, entity }) => this.#scope.has(kind, entity));
    this.#lists = Map.groupBy(all, (entity) => this.#placeOf(entity));
  }

  content(): JsonObject {
    const { selectTags } = this.#options;
    const lists = entityKinds.flatMap((kind) => {
      const top = this.#lists.get(kind);
      return top === undefined ? [] : [[kind, this.#list(top, undefined)] as const];
    });
    return { _format_version: FORMAT_VERSIONS[1], ...(selectTags.length === 0 ? {} : { _info: { select_tags: selectTags } }), ...Object.fromEntries(lists) };
  }

  /** In which list it stands. */
  #placeOf({ kind, entity }: CurrentEntity): string {
    const definition = definitionOf(kind);
    const set = referenceFields(definition).filter(({ field }) => referencedId(entity, field) !== undefined);
    const inside = set.filter(({ field }) => belongsInside(definition, field));
    const isLink = childListsOf(inside[0]?.to ?? kind).some((list) => list.kind === kind && list.link !== undefined);
    const [place] = inside;
    // What is for several things together stands inside none of them; in the list of a link there is no room for its own tags.
    if (place === undefined || (inside.length > 1 && !isLink) || (isLink && this.#tags(entity['tags'] ?? null).length > 0)) return kind;
    const id = referencedId(entity, place.field);
    const parent = id === undefined ? undefined : this.#current.get(place.to, id);
    const hasList = childListsOf(place.to).some((list) => list.kind === kind && list.by === place.field);
    return parent !== undefined && hasList && this.#scope.has(place.to, parent.entity) ? `${kind} ${place.field} ${parent.id}` : kind;
  }

  #list(entities: readonly CurrentEntity[], list: ChildList | undefined): readonly JsonValue[] {
    const shown = entities.map((entity) => ({ order: this.#orderOf(entity), value: list?.link === undefined ? this.#show(entity, list) : this.#showLink(entity, list.link.field) }));
    return shown.toSorted((a, b) => (a.order === b.order ? (canonicalJson(a.value) < canonicalJson(b.value) ? -1 : 1) : a.order < b.order ? -1 : 1)).map(({ value }) => value);
  }

  #orderOf({ kind, entity }: CurrentEntity): string {
    const definition = definitionOf(kind);
    const [name, key] = [entity['name'], definition.endpointKey === undefined ? null : entity[definition.endpointKey]];
    return [name, key].map((text) => (typeof text === 'string' ? text : '')).join('\0');
  }

  /** A membership is told by naming the other side. */
  #showLink({ kind, entity }: CurrentEntity, name: string): JsonValue {
    const field = definitionOf(kind).fields.find((candidate) => candidate.name === name);
    return field === undefined ? null : this.#value(field.type, entity[name] ?? null);
  }

  #show(shown: CurrentEntity, list: ChildList | undefined): JsonObject {
    const { kind, id, entity } = shown;
    const definition = definitionOf(kind);
    const fields = fieldsOf(definition, entity, this.#plugins).filter(({ name }) => name !== list?.by);
    const own = this.#record(this.#withPluginDefaults(definition, entity, fields), entity);
    const tags = this.#tags(entity['tags'] ?? null);
    const { tags: _, ...rest } = own;
    const children = childListsOf(kind).flatMap((child) => {
      const inside = this.#lists.get(`${child.kind} ${child.by} ${id}`);
      return inside === undefined ? [] : [[child.name, this.#list(inside, child)] as const];
    });
    return { ...(this.#options.withIds || this.#needsId(definition, shown) ? { id } : {}), ...rest, ...(tags.length === 0 ? {} : { tags }), ...Object.fromEntries(children) };
  }

  /** Protocols that are not given are those of the plugin. */
  #withPluginDefaults(definition: EntityDefinition, entity: JsonObject, fields: readonly Field[]): readonly Field[] {
    const name = entity['name'];
    const schema = definition.kind === 'plugins' && typeof name === 'string' ? this.#plugins.pluginSchemaOf(name) : undefined;
    const protocols = schema?.defaultProtocols ?? schema?.protocols;
    return protocols === undefined ? fields : fields.map((field) => (field.name === 'protocols' ? { ...field, default: protocols } : field));
  }

  /** Select tags are written once, at the top. */
  #tags(tags: JsonValue): readonly JsonValue[] {
    const own: readonly JsonValue[] = Array.isArray(tags) ? tags : [];
    return own.filter((tag) => typeof tag !== 'string' || !this.#options.selectTags.includes(tag));
  }

  /** Where nothing else in the file would tell that it is this one, or others name it by its id. */
  #needsId(definition: EntityDefinition, { entity }: CurrentEntity): boolean {
    return definition.uniqueTogether === undefined && matchingKeysOf(definition, entity).first === undefined;
  }

  #record(fields: readonly Field[], values: JsonObject): JsonObject {
    return Object.fromEntries(fields.flatMap((field): readonly (readonly [string, JsonValue])[] => {
      const value = values[field.name];
      // A password is shown to nobody; a sync of what is written here keeps it.
      if (field.writeOnly === true && !this.#options.sanitize) return [];
      // Inside of records that were given, what is null is left out too.
      if (value === undefined || canonicalJson(value) === canonicalJson(defaultOf(field))) return [];
      const named = field.type.kind === 'reference' && field.type.bare === true ? this.#named(field.type.to, value) : undefined;
      if (named !== undefined) return [named];
      return [[field.name, field.secret !== undefined && typeof value === 'string' && this.#options.sanitize ? this.#sanitized(value) : this.#value(field.type, value)]];
    }));
  }

  #value(type: FieldType, value: JsonValue): JsonValue {
    if (type.kind === 'reference') return this.#reference(type, value);
    if (type.kind === 'record' && isJsonObject(value)) return this.#record(type.fields, value);
    if ((type.kind === 'array' || type.kind === 'set') && Array.isArray(value)) return value.map((item: JsonValue) => this.#value(type.of, item));
    if (type.kind === 'map' && isJsonObject(value)) return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, this.#value(type.values, item)]));
    return value;
  }

  /** By name where it has one. */
  #reference({ to, bare }: ReferenceType, value: JsonValue): JsonValue {
    if (bare === true || !isJsonObject(value)) return value;
    const named = this.#named(to, value['id']);
    return named === undefined ? { id: value['id'] ?? null } : Object.fromEntries([named]);
  }

  #named(to: EntityKind, id: JsonValue | undefined): readonly [key: string, name: string] | undefined {
    const { endpointKey: key, endpointKeyScope, fields } = definitionOf(to);
    if (key === undefined || typeof id !== 'string' || endpointKeyScope === 'parent' || fields.some((field) => field.name === key && field.secret !== undefined)) return undefined;
    const name = this.#current.get(to, id)?.entity[key];
    return typeof name === 'string' ? [key, name] : undefined;
  }

  #sanitized(secret: string): string {
    return `sanitized-${createHmac('sha256', this.#salt).update(secret).digest('hex').slice(0, 16)}`;
  }
}
