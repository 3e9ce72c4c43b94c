/**
 * Finds the references in a published entity, by its definition: text of fields that may refer to a vault, also in records, lists,
 * maps and configs of plugins; of sealed fields the reference stands in the envelope's place. The agent collects with it what to look
 * up (reference-index.ts), threads put the values in with it (config/vaulted-entities.ts). Pure.
 */
import type { EntityKind, Field, FieldType, JsonObject, JsonValue, StringType } from '../../shared/model/definition.ts';
import { isJsonObject } from '../../shared/model/entity-checks.ts';
import { joinPath } from '../../shared/model/problems.ts';
import { definitionOf } from '../../shared/model/registry.ts';
import { looksLikeReference, publishedReference } from '../../shared/vaults/vault-reference.ts';

export interface FoundReference {
  readonly text: string;
  /** Dotted, from the entity. */
  readonly path: string;
  /** The rules that its value has to keep. */
  readonly type: StringType;
  /** It stands where an envelope of the content key would (base64). */
  readonly sealed: boolean;
}

/** The fields of a plugin's config by its name; undefined where it is not known. */
export type ConfigFieldsOf = (pluginName: string) => readonly Field[] | undefined;

/** The entity with `put`'s result in place of each reference: for a sealed one in base64. A vault's own config is no business of this. */
export function replaceReferences(kind: EntityKind, entity: JsonObject, configFieldsOf: ConfigFieldsOf, put: (found: FoundReference) => string): JsonObject {
  if (kind === 'vaults') return entity;
  const replaced = inFields(definitionOf(kind).fields, entity, '', put);
  const { name, config } = replaced;
  const ofConfig = kind === 'plugins' && typeof name === 'string' ? configFieldsOf(name) : undefined;
  return ofConfig === undefined || !isJsonObject(config) ? replaced : { ...replaced, config: inFields(ofConfig, config, 'config', put, IN_CONFIG) };
}

/** Where a reference to a secret stands in a config it stands under the field's own name: only what is no reference is sealed (shared/model/config-secrets.ts). */
const IN_CONFIG = true;

function inFields(fields: readonly Field[], values: JsonObject, path: string, put: (found: FoundReference) => string, inConfig = false): JsonObject {
  const replaced: Record<string, JsonValue> = { ...values };
  for (const { name, type, secret: marked, referenceable = false } of fields) {
    const secret = inConfig ? undefined : marked;
    const at = joinPath(path, name);
    const published = secret === undefined ? name : `${name}_${secret}`;
    const value = values[published];
    if (value === undefined || value === null) continue;
    if (secret === undefined) replaced[published] = inValue(type, value, at, referenceable, put, inConfig);
    else if (secret === 'sealed' && referenceable && type.kind === 'string') {
      const text = publishedReference(value);
      if (text !== undefined) replaced[published] = put({ text, path: at, type, sealed: true });
    }
  }
  return replaced;
}

function inValue(type: FieldType, value: JsonValue, path: string, referenceable: boolean, put: (found: FoundReference) => string, inConfig: boolean): JsonValue {
  if (type.kind === 'string') return referenceable && looksLikeReference(value) ? put({ text: value, path, type, sealed: false }) : value;
  if (type.kind === 'record') return isJsonObject(value) ? inFields(type.fields, value, path, put, inConfig) : value;
  if (type.kind === 'map') return isJsonObject(value) ? Object.fromEntries(Object.entries(value).map(([name, each]) => [name, inValue(type.values, each, joinPath(path, name), referenceable, put, inConfig)])) : value;
  if ((type.kind === 'array' || type.kind === 'set') && Array.isArray(value)) return value.map((each: JsonValue, index) => inValue(type.of, each, joinPath(path, index + 1), referenceable, put, inConfig));
  return value;
}
