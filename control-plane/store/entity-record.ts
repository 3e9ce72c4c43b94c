/**
 * From an entity as the admin API speaks of it to what the store keeps, and back: seals and digests secrets (T2), derives
 * unique keys and references from the definition, encodes the bytes that are hashed and published.
 */
import { isDeepStrictEqual } from 'node:util';
import { assert } from '../../shared/assert.ts';
import type { Entity, EntityDefinition, EntityKind, Field, FieldType, JsonObject, JsonValue } from '../../shared/model/definition.ts';
import { fieldAt, isJsonObject } from '../../shared/model/entity-checks.ts';
import { parseId, type EntityId } from '../../shared/model/ids.ts';
import { definitionOf } from '../../shared/model/registry.ts';
import { secretFieldsOf, withoutSecrets, type SecretField } from '../../shared/model/secret-fields.ts';
import { joinEntity, splitEntity, type SplitEntity } from '../../shared/model/split-entity.ts';
import { isVaultReference, mayRefer, publishedReference } from '../../shared/vaults/vault-reference.ts';
import { isPasswordHash } from '../../shared/plugin-parts/password-form.ts';
import { ownedSecret } from '../../shared/trust/credential-digest.ts';
import { decodeEntity, encodeEntity } from '../../shared/wire/entity-codec.ts';
import type { StoredEntity } from './entity-reader.ts';
import type { GatewaySecrets, SecretPlace } from './secret-box.ts';

export interface UniqueKey {
  /** One field, or several that are unique together. */
  readonly fields: readonly string[];
  /** In the order of the fields; a secret's digest. */
  readonly values: readonly (string | null)[];
}

export interface EntityReference {
  readonly field: string;
  readonly to: EntityKind;
  readonly id: EntityId;
  readonly onDelete: 'cascade' | 'restrict';
}

export interface EntityRecord extends StoredEntity {
  readonly uniqueKeys: readonly UniqueKey[];
  readonly references: readonly EntityReference[];
}

/** Prepares a complete, valid entity (what parseEntity returned) for insert or update. */
export function buildEntityRecord(definition: EntityDefinition, entity: Entity, secrets: GatewaySecrets): EntityRecord {
  return recordOf(definition, splitEntity(definition, entity, secrets.configFieldsOf), secrets);
}

/** An entity that is stored, its secrets under the present keys. What is secret of it stays so, whether or not its plugin is known here. */
export function rebuildEntityRecord(definition: EntityDefinition, stored: StoredEntity, secrets: GatewaySecrets): EntityRecord {
  return recordOf(definition, openParts(definition, stored, secrets), secrets);
}

function recordOf(definition: EntityDefinition, split: SplitEntity, secrets: GatewaySecrets): EntityRecord {
  const id = parseId<EntityId>(split.published.id);
  assert(id !== undefined, 'an entity that was parsed has a UUID');
  const digests = Object.fromEntries(secretsMarked(definition, 'digest', split.secrets).map(({ path, field, value }) => [path, secrets.digest(digestedText(field, id, value))]));
  const published = [
    ...Object.entries(digests).map(([field, digest]) => [field, Buffer.from(digest, 'hex')] as const),
    ...secretsMarked(definition, 'sealed', split.secrets).filter(mayBePublished).map((secret) => [secret.path, contentOf(definition.kind, id, secret, secrets)] as const),
  ];
  const sealed = Object.entries(split.secrets).map(([field, secret]) => {
    const envelope = secrets.box.seal(placeOf(secrets, definition.kind, id, field), Buffer.from(secret, 'utf8'));
    return [field, Buffer.from(envelope).toString('base64')] as const;
  });
  return {
    kind: definition.kind,
    id,
    published: split.published,
    controlPlaneOnly: { ...split.controlPlaneOnly, ...Object.fromEntries(sealed), ...formsOf(definition, split.secrets) },
    bytes: encodeEntity(definition, split.published, Object.fromEntries(published)),
    tags: tagsOf(split.published),
    uniqueKeys: uniqueKeysOf(definition, { ...split.published, ...digests }),
    references: referencesOf(definition, split.published),
  };
}

/**
 * The record of an entity as it was: published bytes, and what was kept beside them. The bytes stay as they are, unless its
 * secrets stood under a content key of before: then they are made again under the present one. What is kept is sealed again. Undefined where its secrets were
 * not kept. Throws WIRE_ENTITY_INVALID for bytes that this version can't read.
 */
export function restoreEntityRecord(definition: EntityDefinition, bytes: Uint8Array, controlPlaneOnly: JsonObject, secrets: GatewaySecrets): EntityRecord | undefined {
  const decoded: JsonObject = { ...decodeEntity(definition.kind, bytes) };
  const id = typeof decoded['id'] === 'string' ? parseId<EntityId>(decoded['id']) : undefined;
  assert(id !== undefined, 'an entity that was decoded has a UUID');
  const secretFields = secretFieldsOf(definition);
  const published = withoutSecrets(definition, decoded);
  const stored: StoredEntity = { kind: definition.kind, id, published, controlPlaneOnly, bytes, tags: tagsOf(published) };
  for (const { path, publishedPath } of secretFields) if (fieldAt(decoded, publishedPath) !== null && typeof controlPlaneOnly[path] !== 'string') return undefined;
  const record = rebuildEntityRecord(definition, stored, secrets);
  const now: JsonObject = { ...decodeEntity(definition.kind, record.bytes) };
  return secretFields.every(({ publishedPath }) => fieldAt(now, publishedPath) === fieldAt(decoded, publishedPath)) ? { ...record, ...stored, controlPlaneOnly: record.controlPlaneOnly } : record;
}

/** The entity as the admin API speaks of it. Without `secrets`, for who may not reveal them, secret fields are null, but for references to vaults. */
export function readEntity(definition: EntityDefinition, stored: StoredEntity, secrets: GatewaySecrets | undefined): Entity {
  return joinEntity(definition, openParts(definition, stored, secrets));
}

/** Whether something secret is kept beside it. */
export function keepsSecrets({ kind, controlPlaneOnly }: StoredEntity): boolean {
  return secretFieldsOf(definitionOf(kind)).some(({ path }) => typeof controlPlaneOnly[path] === 'string');
}

function openParts(definition: EntityDefinition, stored: StoredEntity, secrets: GatewaySecrets | undefined): SplitEntity {
  const controlPlaneOnly: Record<string, JsonValue> = { ...stored.controlPlaneOnly };
  const revealed: Record<string, string> = {};
  const published: JsonObject = secrets === undefined && mayRefer(stored.bytes) ? decodeEntity(definition.kind, stored.bytes) : {};
  for (const { path, publishedPath } of secretFieldsOf(definition)) {
    const reference = publishedReference(fieldAt(published, publishedPath));
    if (reference !== undefined) revealed[path] = reference;
    const sealed = controlPlaneOnly[path];
    delete controlPlaneOnly[path];
    if (secrets === undefined || typeof sealed !== 'string') continue;
    const opened = secrets.box.open(placeOf(secrets, definition.kind, stored.id, path), Buffer.from(sealed, 'base64'));
    revealed[path] = Buffer.from(opened).toString('utf8');
  }
  return { published: { ...stored.published, id: stored.id }, controlPlaneOnly, secrets: revealed };
}

/** The clear values of the fields with this mark. */
function secretsMarked(definition: EntityDefinition, mark: 'digest' | 'sealed', values: Readonly<Record<string, string>>): readonly (SecretField & { readonly value: string })[] {
  return secretFieldsOf(definition).flatMap((secret) => {
    const value = values[secret.path];
    return secret.field.secret !== mark || value === undefined ? [] : [{ ...secret, value }];
  });
}

/** A reference is no secret: it is published as it is, and data planes seal what they find there (data-plane/config/vaulted-entities.ts). */
function contentOf(kind: EntityKind, id: EntityId, { path, field, value }: SecretField & { readonly value: string }, secrets: GatewaySecrets): Uint8Array {
  const bytes = Buffer.from(value, 'utf8');
  return field.referenceable === true && isVaultReference(value) ? bytes : secrets.sealForContent({ kind, id, field: path }, bytes);
}

/** A password that an earlier version kept in the clear waits for its hash (passwords/password-keeper.ts). */
function mayBePublished({ field, value }: { readonly field: Field; readonly value: string }): boolean {
  return field.hashed !== true || isPasswordHash(value);
}

/** Says beside an envelope that a hash is in it: `password_form`. */
function formsOf({ fields }: EntityDefinition, secrets: Readonly<Record<string, string>>): JsonObject {
  return Object.fromEntries(fields.flatMap(({ name, hashed }) => (hashed === true && isPasswordHash(secrets[name] ?? '') ? [[formName(name), 'argon2id']] : [])));
}

export function formName(field: string): string {
  return `${field}_form`;
}

/** By one that is unique its entity is found, so nothing else is in its digest. Of others nobody is to see that two are the same. */
function digestedText({ unique }: Field, id: EntityId, value: string): string {
  return unique === true ? value : ownedSecret(id, value);
}

function placeOf(secrets: GatewaySecrets, kind: EntityKind, id: EntityId, field: string): SecretPlace {
  return [...secrets.place, kind, id, field];
}

/** Null collides with nothing in a field that is unique alone, and is a value where fields are unique together. */
function uniqueKeysOf(definition: EntityDefinition, values: JsonObject): readonly UniqueKey[] {
  const alone = definition.fields.filter((field) => field.unique === true).map((field) => ({ fields: [field.name], values: [keyText(values[field.name])] }));
  const { uniqueTogether = [], uniqueSplitBy: split } = definition;
  const applying = split === undefined ? uniqueTogether : uniqueTogether.filter((fields) => fields.includes(split) === (keyText(values[split]) !== null));
  const together = applying.map((fields) => ({ fields, values: fields.map((name) => keyText(values[name])) }));
  return [...alone.filter((key) => key.values[0] !== null), ...together];
}

/** A reference counts by its id. */
function keyText(value: JsonValue | undefined): string | null {
  if (value === undefined || value === null) return null;
  if (typeof value !== 'object') return String(value);
  const id = referencedId(value);
  assert(id !== undefined, 'a unique field is a text, a number or a reference');
  return id;
}

/**
 * Whether an entity keeps its unique values, references and protocols when the record replaces it: then nothing of that needs to be
 * asked or written again. Where a unique value is a secret, that isn't known.
 */
export function keepsBindings(definition: EntityDefinition, stored: StoredEntity, { uniqueKeys, references, published }: EntityRecord): boolean {
  if (definition.fields.some(({ unique, secret }) => unique === true && secret !== undefined)) return false;
  const before = { ...stored.published, ...stored.controlPlaneOnly };
  return isDeepStrictEqual(
    [uniqueKeysOf(definition, before), referencesOf(definition, before), before['protocols']],
    [uniqueKeys, references, published['protocols']],
  );
}

/** What a complete entity refers to. */
export function referencesOf(definition: EntityDefinition, entity: JsonObject): readonly EntityReference[] {
  return definition.fields.flatMap((field) => referencesIn(field.name, field.type, entity[field.name]));
}

/** Of a field that is a reference, or a list or record that holds references. */
function referencesIn(field: string, type: FieldType, value: JsonValue | undefined): readonly EntityReference[] {
  if (value === undefined || value === null) return [];
  if (type.kind === 'reference') {
    const id = type.bare === true && typeof value === 'string' ? parseId<EntityId>(value) : referencedId(value);
    assert(id !== undefined, 'a reference that was parsed has a UUID');
    return [{ field, to: type.to, id, onDelete: type.onDelete }];
  }
  if (type.kind === 'record' && isJsonObject(value)) return type.fields.flatMap((inner) => referencesIn(field, inner.type, value[inner.name]));
  const isList = (type.kind === 'array' || type.kind === 'set') && Array.isArray(value);
  return isList ? value.flatMap((item: JsonValue) => referencesIn(field, type.of, item)) : [];
}

/** The id in a reference field; undefined where it is null. */
export function referenceOf(stored: StoredEntity, field: string): EntityId | undefined {
  return referencedId(stored.published[field] ?? null);
}

function referencedId(value: JsonValue): EntityId | undefined {
  if (!isJsonObject(value)) return undefined;
  const id = value['id'];
  return typeof id === 'string' ? parseId<EntityId>(id) : undefined;
}

/** The tags of an entity in any of its forms. */
export function tagsOf(entity: JsonObject): readonly string[] {
  return textsOf(entity['tags']);
}

function textsOf(value: JsonValue | undefined): readonly string[] {
  return Array.isArray(value) ? value.filter((item: JsonValue): item is string => typeof item === 'string') : [];
}
