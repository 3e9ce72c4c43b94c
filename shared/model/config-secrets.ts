/**
 * The secrets in the `config` of a plugin or a partial: text, or lists of text, in fields that are marked `secret` at any depth
 * inside records. They are taken out before the config is stored or published and travel beside it, all of one config in one
 * envelope; null stands in their place. A reference to a vault is no secret and stays. Used by split-entity.ts and by data planes.
 */
import type { Field, JsonObject, JsonValue } from './definition.ts';
import { isJsonObject } from './entity-checks.ts';
import { isVaultReference } from '../vaults/vault-reference.ts';

/** One text and where it stands, from the config; numbers are positions in lists, from 0. */
export interface ConfigSecret {
  readonly at: readonly (string | number)[];
  readonly value: string;
}

export interface TakenConfig {
  readonly config: JsonObject;
  readonly secrets: readonly ConfigSecret[];
}

/** A config that was parsed, without its secrets. */
export function takeConfigSecrets(fields: readonly Field[], config: JsonObject): TakenConfig {
  const secrets: ConfigSecret[] = [];
  return { config: takeFromRecord(fields, config, [], secrets), secrets };
}

/** The opposite. */
export function putConfigSecrets(config: JsonObject, secrets: readonly ConfigSecret[]): JsonObject {
  return secrets.reduce((whole: JsonObject, { at, value }) => {
    const put = putAt(whole, at, value);
    return isJsonObject(put) ? put : whole;
  }, config);
}

/** What is sealed. The same secrets give the same text. */
export function writeConfigSecrets(secrets: readonly ConfigSecret[]): string {
  return JSON.stringify(secrets.map(({ at, value }) => [...at, value]));
}

/** Throws where the text is not what writeConfigSecrets made; the error holds nothing of it. */
export function readConfigSecrets(text: string): readonly ConfigSecret[] {
  const rows: unknown = parseJson(text);
  if (!Array.isArray(rows)) throw new Error('the secrets of a config are no list');
  return rows.map((row: unknown): ConfigSecret => {
    const value: unknown = Array.isArray(row) ? row.at(-1) : undefined;
    const at: readonly unknown[] = Array.isArray(row) ? row.slice(0, -1) : [];
    if (typeof value !== 'string' || at.length === 0 || !at.every(isStep)) throw new Error('one of the secrets of a config has no place');
    return { at, value };
  });
}

function isStep(step: unknown): step is string | number {
  return typeof step === 'string' || Number.isSafeInteger(step);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error('the secrets of a config are no JSON');
  }
}

function takeFromRecord(fields: readonly Field[], values: JsonObject, at: ConfigSecret['at'], secrets: ConfigSecret[]): JsonObject {
  const fieldOf = new Map(fields.map((field) => [field.name, field]));
  return Object.fromEntries(Object.entries(values).map(([name, value]) => {
    const field = fieldOf.get(name);
    if (field?.secret !== undefined) return [name, takeValue(field, value, [...at, name], secrets)];
    return [name, field?.type.kind === 'record' && isJsonObject(value) ? takeFromRecord(field.type.fields, value, [...at, name], secrets) : value];
  }));
}

function takeValue(field: Field, value: JsonValue, at: ConfigSecret['at'], secrets: ConfigSecret[]): JsonValue {
  if (Array.isArray(value)) return value.map((element: JsonValue, index) => takeValue(field, element, [...at, index], secrets));
  if (typeof value !== 'string' || (field.referenceable === true && isVaultReference(value))) return value;
  secrets.push({ at, value });
  return null;
}

function putAt(value: JsonValue, [step, ...deeper]: ConfigSecret['at'], secret: string): JsonValue {
  if (step === undefined) return secret;
  if (typeof step === 'number') {
    const list: readonly JsonValue[] = Array.isArray(value) ? value : [];
    return list.map((element, index) => (index === step ? putAt(element, deeper, secret) : element));
  }
  const record = isJsonObject(value) ? value : {};
  return { ...record, [step]: putAt(record[step] ?? null, deeper, secret) };
}
