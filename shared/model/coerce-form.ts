/**
 * Form bodies know only text: here the definition says what each value is meant to be. Called by the admin API after
 * it has expanded `a.b=`, `paths[]=` and `config[key]=` into nested values, and before parse-entity, which reports
 * whatever still has the wrong type.
 */
import { commonFields } from './common-fields.ts';
import type { EntityDefinition, Field, FieldType, JsonObject, JsonValue } from './definition.ts';
import { isJsonObject } from './entity-checks.ts';
import type { PluginSource } from './parse-plugin.ts';
import { configFieldsOfEntity, configNamedBy } from './parse-vault.ts';

export interface CoerceOptions extends Pick<PluginSource, 'pluginSchemaOf'> {
  /** Which plugin the entity is, where the form does not say (PATCH). */
  readonly pluginName?: string;
}

/** The form's values with the types of the definition. Unknown fields and values that do not fit are passed on as they are. */
export function coerceForm(definition: EntityDefinition, form: JsonObject, options: CoerceOptions): JsonObject {
  const shorthands = (definition.shorthands ?? []).map(({ name, type }) => ({ name, type }));
  const names = definition.nameList === undefined ? [] : [definition.nameList];
  // A real field's type wins over that of a shorthand with its name.
  const fields = [...shorthands, ...names, ...commonFields, ...definition.fields];
  const given = form[configNamedBy(definition)];
  const name = typeof given === 'string' ? given : options.pluginName;
  const configFields = configFieldsOfEntity(definition, name, options.pluginSchemaOf) ?? [];
  return coerceRecord(fields, form, configFields);
}

/** The same for fields that belong to no entity: the bodies of our own endpoints. */
export function coerceFields(fields: readonly Field[], form: JsonObject): JsonObject {
  return coerceRecord(fields, form, []);
}

function coerceRecord(fields: readonly Pick<Field, 'name' | 'type'>[], form: JsonObject, configFields: readonly Field[]): JsonObject {
  const typeOf = new Map(fields.map((field) => [field.name, field.type]));
  return mapValues(form, (value, name) => {
    const type = typeOf.get(name);
    return type === undefined ? value : coerceValue(type, value, configFields);
  });
}

function coerceValue(type: FieldType, value: JsonValue, configFields: readonly Field[]): JsonValue {
  if (value === '') return null;
  switch (type.kind) {
    case 'integer':
    case 'number':
      return typeof value === 'string' && /^-?\d+(?:\.\d+)?$/.test(value) ? Number(value) : value;
    case 'boolean':
      return value === 'true' ? true : value === 'false' ? false : value;
    case 'array':
    case 'set':
      return coerceList(type.of, value, configFields);
    case 'map':
      return isJsonObject(value) ? mapValues(value, (inner) => coerceValue(type.values, inner, configFields)) : value;
    case 'record':
      return isJsonObject(value) ? coerceRecord(type.fields, value, configFields) : value;
    case 'plugin-config':
      return isJsonObject(value) ? coerceRecord(configFields, value, configFields) : value;
    case 'string':
    case 'reference':
    case 'unavailable':
      return value;
  }
}

/** One text for a list of simple values is a comma list: `config.allow=a,b`. */
function coerceList(of: FieldType, value: JsonValue, configFields: readonly Field[]): JsonValue {
  if (Array.isArray(value)) return value.map((element: JsonValue) => coerceValue(of, element, configFields));
  const simple = of.kind === 'string' || of.kind === 'integer' || of.kind === 'number' || of.kind === 'boolean' || (of.kind === 'reference' && of.bare === true);
  if (typeof value !== 'string' || !simple) return value;
  return value.split(',').map((element) => coerceValue(of, element.trim(), configFields));
}

function mapValues(object: JsonObject, change: (value: JsonValue, name: string) => JsonValue): JsonObject {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, change(value, name)]));
}
