/**
 * From a declarative content to the entities it describes, flat and with their places: nested lists taken apart, shared plugin
 * configs and defaults laid under, remarks left out. What an entity's own fields may be is checked later, by plan-changes.ts.
 */
import type { EntityDefinition, EntityKind, FieldType, JsonObject, JsonValue } from '../../shared/model/definition.ts';
import { isJsonObject } from '../../shared/model/entity-checks.ts';
import { definitionOf, entityDefinitions, entityKinds, isEntityKind } from '../../shared/model/registry.ts';
import { didYouMean } from '../../shared/nearest.ts';
import type { ContentProblems } from './content-problem.ts';
import { childListsOf, FORMAT_VERSIONS, INFO_NAMES, REMARKS, SHARED_CONFIG, TOP_NAMES, UNAVAILABLE_LISTS, type ChildList, type ContentPath } from './file-layout.ts';

export interface DesiredEntity {
  readonly kind: EntityKind;
  readonly path: ContentPath;
  /** As given, without what is nested in it; references may still be names. */
  readonly input: JsonObject;
  /** What it is nested in. */
  readonly parent: { readonly field: string; readonly entity: DesiredEntity } | undefined;
}

export interface DesiredContent {
  readonly entities: readonly DesiredEntity[];
  /** Of `_info`. */
  readonly selectTags: readonly string[];
  /** Passwords of basic-auth credentials are what Kong stores of them. */
  readonly passwordsAreHashed: boolean;
  /** By kind: where names outside of the content may be looked up. */
  readonly lookupTags: ReadonlyMap<EntityKind, readonly string[]>;
}

/** Never throws on bad content: what is wrong is added to the problems. */
export function readContent(content: JsonObject, problems: ContentProblems): DesiredContent {
  checkVersion(content, problems);
  const lists = Object.entries(content).filter(([name]) => !TOP_NAMES.some((known) => known === name));
  for (const [name, value] of lists) {
    if (isEntityKind(name)) continue;
    if (!UNAVAILABLE_LISTS.has(name)) problems.at([name], `unknown field${didYouMean(name, [...TOP_NAMES, ...entityKinds])}`);
    else if (value !== null && !(Array.isArray(value) && value.length === 0)) problems.at([name], `${name} are not available in this gateway: leave them out`);
  }
  const info = record(content['_info'], ['_info'], problems);
  for (const name of Object.keys(info)) if (!INFO_NAMES.some((known) => known === name)) problems.at(['_info', name], `unknown field${didYouMean(name, INFO_NAMES)}`);
  const reader = new EntityLists(problems, defaultsOf(info, problems), sharedConfigsOf(content, problems));
  for (const kind of entityKinds) reader.readList({ kind, name: kind }, content[kind], [kind], undefined);
  return { entities: reader.entities, selectTags: texts(info['select_tags'], ['_info', 'select_tags'], problems), passwordsAreHashed: flag(info, 'skip_hash_for_basic_auth', problems), lookupTags: lookupTagsOf(info, problems) };
}

function flag(info: JsonObject, name: string, problems: ContentProblems): boolean {
  const value = info[name] ?? false;
  if (typeof value !== 'boolean') problems.at(['_info', name], 'must be true or false');
  return value === true;
}

function checkVersion({ _format_version: version }: JsonObject, problems: ContentProblems): void {
  const known = FORMAT_VERSIONS.join(' or ');
  if (version === undefined) problems.at([], `_format_version is missing: write _format_version: "3.0" at the top`);
  else if (typeof version !== 'string' || !FORMAT_VERSIONS.some((one) => one === version)) problems.at(['_format_version'], `must be ${known}, as text: _format_version: "3.0"`);
}

class EntityLists {
  readonly entities: DesiredEntity[] = [];
  readonly #problems: ContentProblems;
  readonly #defaults: ReadonlyMap<EntityKind, JsonObject>;
  readonly #sharedConfigs: ReadonlyMap<string, JsonObject>;

  constructor(problems: ContentProblems, defaults: ReadonlyMap<EntityKind, JsonObject>, sharedConfigs: ReadonlyMap<string, JsonObject>) {
    this.#problems = problems;
    this.#defaults = defaults;
    this.#sharedConfigs = sharedConfigs;
  }

  readList(list: Pick<ChildList, 'kind' | 'name' | 'link'>, value: JsonValue | undefined, path: ContentPath, parent: DesiredEntity['parent']): void {
    if (value === undefined || value === null) return;
    if (!Array.isArray(value)) return this.#problems.at(path, `expected a list of ${list.kind}`);
    for (const [index, item] of value.entries()) {
      if (this.#problems.isFull) return;
      this.#read(list, item, [...path, index], parent);
    }
  }

  #read({ kind, link }: Pick<ChildList, 'kind' | 'link'>, item: JsonValue, path: ContentPath, parent: DesiredEntity['parent']): void {
    const definition = definitionOf(kind);
    // What a link names is not described there, even if a dump shows more of it.
    if (link !== undefined && parent !== undefined) return void this.entities.push({ kind, path, input: { [link.field]: linked(definitionOf(link.to), item) }, parent });
    const given = typeof item === 'string' && definition.endpointKey !== undefined ? { [definition.endpointKey]: item } : item;
    if (!isJsonObject(given)) return this.#problems.at(path, `expected the fields of a ${definition.singular}`);
    const children = childListsOf(kind).filter(({ name }) => given[name] !== undefined && !definition.fields.some((field) => field.name === name));
    const own = Object.fromEntries(Object.entries(given).filter(([name]) => !REMARKS.has(name) && !children.some((child) => child.name === name)));
    const input = underlay(definition.fields, this.#defaults.get(kind), this.#withSharedConfig(definition, own, path));
    const entity: DesiredEntity = { kind, path, input, parent };
    this.entities.push(entity);
    for (const child of children) this.readList(child, given[child.name], [...path, child.name], { field: child.by, entity });
  }

  /** A plugin's own config over the shared one that it names. */
  #withSharedConfig(definition: EntityDefinition, own: JsonObject, path: ContentPath): JsonObject {
    const name = own[SHARED_CONFIG];
    if (name === undefined || !definition.fields.some(({ type }) => type.kind === 'plugin-config')) return own;
    const { [SHARED_CONFIG]: _, ...rest } = own;
    const shared = typeof name === 'string' ? this.#sharedConfigs.get(name) : undefined;
    if (shared === undefined) {
      this.#problems.at([...path, SHARED_CONFIG], `there is no ${JSON.stringify(name)} in _plugin_configs${typeof name === 'string' ? didYouMean(name, this.#sharedConfigs.keys()) : ''}`);
      return rest;
    }
    const config = own['config'] ?? {};
    return isJsonObject(config) ? { ...rest, config: mergeDeep(shared, config) } : rest;
  }
}

/** `billing` and `{ name: billing, tags: … }` name the same. */
function linked({ endpointKey }: EntityDefinition, item: JsonValue): JsonValue {
  if (!isJsonObject(item)) return item;
  const name = endpointKey === undefined ? undefined : item[endpointKey];
  return typeof item['id'] === 'string' ? { id: item['id'] } : typeof name === 'string' && endpointKey !== undefined ? { [endpointKey]: name } : item;
}

/** The defaults of the content where the entity says nothing; records field by field. */
function underlay(fields: readonly { readonly name: string; readonly type: FieldType }[], defaults: JsonObject | undefined, own: JsonObject): JsonObject {
  if (defaults === undefined) return own;
  const merged: Record<string, JsonValue> = { ...defaults, ...own };
  for (const { name, type } of fields) {
    const [below, above] = [defaults[name], own[name]];
    if (type.kind === 'record' && isJsonObject(below) && isJsonObject(above)) merged[name] = underlay(type.fields, below, above);
  }
  return merged;
}

function mergeDeep(below: JsonObject, above: JsonObject): JsonObject {
  const merged: Record<string, JsonValue> = { ...below };
  for (const [name, value] of Object.entries(above)) {
    const beneath = below[name];
    merged[name] = isJsonObject(beneath) && isJsonObject(value) ? mergeDeep(beneath, value) : value;
  }
  return merged;
}

/** `_info.defaults`, which names kinds in the singular. */
function defaultsOf(info: JsonObject, problems: ContentProblems): ReadonlyMap<EntityKind, JsonObject> {
  const path = ['_info', 'defaults'];
  const kindOf = new Map(entityDefinitions.map(({ kind, singular }) => [singular.replaceAll(/[ -]/g, '_'), kind]));
  const defaults = new Map<EntityKind, JsonObject>();
  for (const [name, value] of Object.entries(record(info['defaults'], path, problems))) {
    const kind = kindOf.get(name);
    if (kind === undefined) problems.at([...path, name], `unknown kind${didYouMean(name, kindOf.keys())}`);
    else if (isJsonObject(value)) defaults.set(kind, value);
    else if (value !== null) problems.at([...path, name], 'expected fields with their defaults');
  }
  return defaults;
}

function sharedConfigsOf(content: JsonObject, problems: ContentProblems): ReadonlyMap<string, JsonObject> {
  const configs = new Map<string, JsonObject>();
  for (const [name, value] of Object.entries(record(content['_plugin_configs'], ['_plugin_configs'], problems))) {
    if (isJsonObject(value)) configs.set(name, value);
    else problems.at(['_plugin_configs', name], 'expected the fields of a config');
  }
  return configs;
}

function lookupTagsOf(info: JsonObject, problems: ContentProblems): ReadonlyMap<EntityKind, readonly string[]> {
  const path = ['_info', 'default_lookup_tags'];
  const tags = new Map<EntityKind, readonly string[]>();
  for (const [name, value] of Object.entries(record(info['default_lookup_tags'], path, problems))) {
    if (isEntityKind(name)) tags.set(name, texts(value, [...path, name], problems));
    else problems.at([...path, name], `unknown kind${didYouMean(name, entityKinds)}`);
  }
  return tags;
}

function record(value: JsonValue | undefined, path: ContentPath, problems: ContentProblems): JsonObject {
  if (isJsonObject(value)) return value;
  if (value !== undefined && value !== null) problems.at(path, 'expected names with values');
  return {};
}

function texts(value: JsonValue | undefined, path: ContentPath, problems: ContentProblems): readonly string[] {
  if (value === undefined || value === null) return [];
  const list: readonly JsonValue[] = Array.isArray(value) ? value : [];
  const found = list.filter((item): item is string => typeof item === 'string');
  if (!Array.isArray(value) || found.length < list.length) problems.at(path, 'expected a list of texts');
  return [...new Set(found)];
}
