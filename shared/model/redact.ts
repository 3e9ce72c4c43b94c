/**
 * The one place that decides what of an entity people may see who may not reveal secrets (T2): by its definition and its
 * plugin's schema, never by the name of a field. Audit, plans, differences, logs and errors show entities through this. A plugin
 * that nobody knows shows nothing of its config.
 */
import { canonicalJson } from './canonical-json.ts';
import type { EntityDefinition, Field, FieldType, JsonObject, JsonValue } from './definition.ts';
import { isJsonObject } from './entity-checks.ts';
import { configFieldsOfEntity, configNamedBy } from './parse-vault.ts';
import { joinPath } from './problems.ts';
import { HIDDEN, wireFieldsOf } from './secret-fields.ts';

/** The config fields of a plugin by its name; undefined where no such plugin is known. */
export type ConfigFieldsOf = (pluginName: string) => readonly Field[] | undefined;

/** A field that is different. */
export interface FieldChange {
  /** Dotted where it is inside a record. */
  readonly field: string;
  /** HIDDEN in the place of a secret; null where it is unset or the entity does not exist. */
  readonly before: JsonValue;
  readonly after: JsonValue;
  readonly secret: boolean;
}

/** Values of fields by their names, secrets replaced; for a plugin's config, an entity's fields or those of an operation. */
export function redactFields(fields: readonly Field[], values: JsonObject): JsonObject {
  return redactRecord(fields, values, () => undefined);
}

/** Takes the entity in any of its forms: as the admin API speaks of it, or as it is published (digests and sealed values). */
export function redactEntity(definition: EntityDefinition, entity: JsonObject, configFieldsOf: ConfigFieldsOf): JsonObject {
  return redactRecord(wireFieldsOf(definition), entity, () => configFields(definition, entity, configFieldsOf));
}

/** What is different between two states of an entity in the same form, in their order; records field by field, lists whole. */
export function changedFields(definition: EntityDefinition, before: JsonObject | undefined, after: JsonObject | undefined, configFieldsOf: ConfigFieldsOf): readonly FieldChange[] {
  const shownBefore = before === undefined ? {} : redactEntity(definition, before, configFieldsOf);
  const shownAfter = after === undefined ? {} : redactEntity(definition, after, configFieldsOf);
  return compare({ raw: before ?? {}, shown: shownBefore }, { raw: after ?? {}, shown: shownAfter }, '', publishedNames(wireFieldsOf(definition)));
}

/** From the path under which a secret is published to that of its field; paths are dotted inside records. */
export function publishedNames(fields: readonly Field[], path = ''): ReadonlyMap<string, string> {
  return new Map(fields.flatMap((field): readonly (readonly [string, string])[] => {
    const own = `${path}${field.name}`;
    if (field.secret !== undefined) return [[`${own}_${field.secret}`, own]];
    return field.type.kind === 'record' ? [...publishedNames(field.type.fields, `${own}.`)] : [];
  }));
}

function configFields(definition: EntityDefinition, entity: JsonObject, configFieldsOf: ConfigFieldsOf): readonly Field[] | undefined {
  return configFieldsOfEntity(definition, entity[configNamedBy(definition)], (name) => {
    const config = configFieldsOf(name);
    return config === undefined ? undefined : { config };
  });
}

type Config = () => readonly Field[] | undefined;

/** What no field has stays as it is, except the published forms of secrets: those names are reserved for them. */
function redactRecord(fields: readonly Field[], values: JsonObject, config: Config): JsonObject {
  const byName = new Map(fields.map((field) => [field.name, field]));
  const published = publishedNames(fields);
  return Object.fromEntries(Object.entries(values).map(([name, value]) => {
    if (value === null) return [name, null];
    const field = byName.get(name);
    if (field === undefined) return [name, published.has(name) ? HIDDEN : value];
    return [name, field.secret === undefined ? redactValue(field.type, value, config) : HIDDEN];
  }));
}

function redactValue(type: FieldType, value: JsonValue, config: Config): JsonValue {
  switch (type.kind) {
    case 'record':
      return isJsonObject(value) ? redactRecord(type.fields, value, config) : value;
    case 'array':
    case 'set':
      return Array.isArray(value) ? value.map((element: JsonValue) => redactValue(type.of, element, config)) : value;
    case 'map':
      return isJsonObject(value) ? Object.fromEntries(Object.entries(value).map(([key, element]) => [key, redactValue(type.values, element, config)])) : value;
    case 'plugin-config': {
      const known = config();
      return known === undefined || !isJsonObject(value) ? HIDDEN : redactRecord(known, value, config);
    }
    default:
      return value;
  }
}

/** A value and what is shown of it. */
interface Seen<T extends JsonValue> {
  readonly raw: T;
  readonly shown: JsonValue;
}

/** Compared are the values themselves, so that a changed secret shows as changed; told is what may be seen. */
function compare(before: Seen<JsonObject>, after: Seen<JsonObject>, path: string, published: ReadonlyMap<string, string>): readonly FieldChange[] {
  return [...new Set([...Object.keys(before.raw), ...Object.keys(after.raw)])].flatMap((name) => {
    const [old, now] = [inside(before, name), inside(after, name)];
    if (canonicalJson(old.raw) === canonicalJson(now.raw)) return [];
    const place = joinPath(path, name);
    const field = published.get(place) ?? place;
    const [oldRecord, nowRecord] = [recordOf(old), recordOf(now)];
    // One that holds a secret is never told whole: the secret has its own line.
    const holdsSecret = [...published.keys()].some((secret) => secret.startsWith(`${place}.`));
    if ((oldRecord !== undefined && nowRecord !== undefined) || holdsSecret) return compare(oldRecord ?? NOTHING, nowRecord ?? NOTHING, place, published);
    return [{ field, before: old.shown, after: now.shown, secret: hides(old) || hides(now) }];
  });
}

const NOTHING: Seen<JsonObject> = { raw: {}, shown: {} };

function recordOf({ raw, shown }: Seen<JsonValue>): Seen<JsonObject> | undefined {
  return isJsonObject(raw) && isJsonObject(shown) ? { raw, shown } : undefined;
}

function inside({ raw, shown }: Seen<JsonObject>, name: string): Seen<JsonValue> {
  return { raw: raw[name] ?? null, shown: isJsonObject(shown) ? (shown[name] ?? null) : shown };
}

/** A text that is HIDDEN itself is no secret. */
function hides({ raw, shown }: Seen<JsonValue>): boolean {
  return shown === HIDDEN && raw !== HIDDEN;
}
