/**
 * Entities to bytes and back, driven by their definitions; the bytes are what is stored, hashed and published, made
 * once per write and never re-encoded. Equal entities give equal bytes: fields in the order of their numbers, map
 * entries sorted, plugin config as canonical JSON. Secrets and control-plane-only fields cannot get in (T2).
 */
import { holdfast } from '../../proto/gen/config.js';
import { assert } from '../assert.ts';
import { describeThrown, HoldfastError } from '../errors.ts';
import { canonicalJson } from '../model/canonical-json.ts';
import { defaultOf } from '../model/default-value.ts';
import type { Entity, EntityDefinition, EntityKind, Field, FieldType, JsonObject, JsonValue } from '../model/definition.ts';
import { isJsonObject } from '../model/entity-checks.ts';
import { bytesToId, idToBytes, isUuid, type EntityId } from '../model/ids.ts';
import { commonFields, FIRST_CRITICAL_TAG } from '../model/common-fields.ts';
import { joinPath } from '../model/problems.ts';
import { definitionOf, entityDefinitions, type PublishedEntities } from '../model/registry.ts';
import { wireFieldsOf } from '../model/secret-fields.ts';

/** A message with the values of its fields, as protobufjs takes and gives them. */
type Message = Readonly<Record<string, unknown>>;

interface MessageCodec {
  encode(message: Message): { finish(): Uint8Array };
  decode(bytes: Uint8Array): object;
}

const {
  Acl, BasicAuthCredential, CaCertificate, Certificate, Consumer, ConsumerGroup, ConsumerGroupMember, HmacAuthCredential, JwtSecret, Key, KeyAuthCredential, KeySet, MtlsAuthCredential, Oauth2Credential,
  Partial, Plugin, Route, Service, Sni, Target, Upstream, Vault,
} = holdfast.config.v1;

const codecs: Readonly<Record<EntityKind, MessageCodec>> = {
  ca_certificates: CaCertificate, certificates: Certificate, snis: Sni,
  services: Service, routes: Route, consumers: Consumer, upstreams: Upstream, targets: Target,
  consumer_groups: ConsumerGroup, consumer_group_consumers: ConsumerGroupMember, partials: Partial,
  plugins: Plugin, vaults: Vault, key_sets: KeySet, keys: Key, acls: Acl,
  keyauth_credentials: KeyAuthCredential, basicauth_credentials: BasicAuthCredential, hmacauth_credentials: HmacAuthCredential,
  jwt_secrets: JwtSecret, oauth2_credentials: Oauth2Credential, mtls_auth_credentials: MtlsAuthCredential,
};

/**
 * The bytes of an entity that parse-entity returned (or the `published` part of it). `secrets` holds, by path, what
 * of each secret field is published: its keyed HMAC or its envelope. One that is missing is a defect of the caller.
 */
export function encodeEntity(definition: EntityDefinition, entity: Entity, secrets: Readonly<Record<string, Uint8Array>> = {}): Uint8Array {
  const message: Record<string, unknown> = {
    id: encodeId(entity.id),
    created_at: entity['created_at'],
    updated_at: entity['updated_at'],
    ...encodeFields(wireFieldsOf(definition), entity, { kind: definition.kind, path: '', secrets }),
    ...encodeFields(operationalIn(definition, entity), entity, { kind: definition.kind, path: '', secrets }),
  };
  if (Array.isArray(entity['tags'])) message['tags'] = { values: entity['tags'] };
  return codecs[definition.kind].encode(message).finish();
}

/**
 * The entity in its published form: every published field, defaults and nulls restored, digests as lower-case hex in
 * `<name>_digest`, envelopes as base64 in `<name>_sealed`. Throws WIRE_ENTITY_INVALID for bytes that are no such entity or hold values this version does not know.
 */
export function decodeEntity<K extends EntityKind>(kind: K, bytes: Uint8Array): PublishedEntities[K] {
  let message: Message;
  try {
    message = { ...codecs[kind].decode(bytes) };
  } catch (cause) {
    throw invalid(kind, describeThrown(cause), cause);
  }
  const critical = unknownCriticalTag(kind, bytes);
  if (critical !== undefined) throw invalid(kind, `field ${critical} is not known to this version, and must not be left out`);
  return decodeMessage(kind, message, decodeField);
}

type DecodeField = (field: Field, wire: unknown, path: string) => JsonValue;

/** Throws where the message lacks what every entity of the kind has. */
function decodeMessage<K extends EntityKind>(kind: K, message: Message, decode: DecodeField): PublishedEntities[K] {
  const definition = definitionOf(kind);
  const entity: JsonObject = {
    id: decodeId(message['id'], kind),
    created_at: decodeInteger(message['created_at'] ?? 0, 'created_at', kind),
    updated_at: decodeInteger(message['updated_at'] ?? 0, 'updated_at', kind),
    ...decodeFields(wireFieldsOf(definition), message, kind, decode),
    ...decodeFields(operationalIn(definition, message), message, kind, decode),
    tags: message['tags'] === undefined ? null : decodeValue({ kind: 'array', of: { kind: 'string' } }, message['tags'], 'tags', kind),
  };
  // The door: the definition has just been applied to every field.
  return entity as PublishedEntities[K];
}

/**
 * What can be read of an entity on which `decodeEntity` throws: a field that holds what this version does not know is as if it
 * were absent, of a list what is known stays. Undefined where the bytes are no such entity at all, or lack what it needs to have.
 * For what must not be left out (S6), never to be used as it is.
 */
export function salvageEntity<K extends EntityKind>(kind: K, bytes: Uint8Array): PublishedEntities[K] | undefined {
  try {
    return decodeMessage(kind, { ...codecs[kind].decode(bytes) }, salvageField);
  } catch {
    return undefined;
  }
}

const NO_FIELDS: readonly Field[] = [];

/** Those that are there: most entities never have any. */
function operationalIn({ operational }: EntityDefinition, values: Message): readonly Field[] {
  return operational === undefined ? NO_FIELDS : operational.filter(({ name }) => values[name] !== undefined);
}

/** The name under which a secret field is published; undefined where it is none. */
export function publishedSecretName(field: Field): string | undefined {
  return field.secret === undefined ? undefined : `${field.name}_${field.secret}`;
}

/** A credential is looked up by its digest, so there is always one. */
function mustBePublished(field: Field): boolean {
  return field.secret === 'digest' || field.required === true;
}

function isPublished(field: Field): boolean {
  return field.secret === undefined && field.controlPlaneOnly !== true;
}

interface Encoding {
  readonly kind: EntityKind;
  /** Of the record that is encoded; '' is the entity. */
  readonly path: string;
  readonly secrets: Readonly<Record<string, Uint8Array>>;
}

function encodeFields(fields: readonly Field[], values: JsonObject, encoding: Encoding): Message {
  const message: Record<string, unknown> = {};
  for (const field of fields) {
    const path = joinPath(encoding.path, field.name);
    const secretName = publishedSecretName(field);
    if (secretName !== undefined) {
      const secret = encoding.secrets[path];
      // Of what earlier versions published in another form, nothing may be there yet.
      assert(secret === undefined ? !mustBePublished(field) || field.replaces !== undefined : secret.length > 0, `${path}_${field.secret} of ${encoding.kind}`);
      if (secret !== undefined) message[secretName] = secret;
    }
    const value = values[field.name] ?? null;
    if (value !== null && isPublished(field)) message[field.name] = encodeValue(field.type, value, { ...encoding, path });
  }
  return message;
}

function encodeValue(type: FieldType, value: JsonValue, encoding: Encoding): unknown {
  switch (type.kind) {
    case 'array':
    case 'set':
      assert(Array.isArray(value), 'a list is encoded as a list');
      return { values: value.map((element: JsonValue) => encodeValue(type.of, element, encoding)) };
    case 'map': {
      assert(isJsonObject(value), 'a map is encoded as a map');
      const names = Object.keys(value).toSorted();
      return { entries: Object.fromEntries(names.map((name) => [name, encodeValue(type.values, value[name] ?? null, encoding)])) };
    }
    case 'record':
      assert(isJsonObject(value), 'a record is encoded as a record');
      return encodeFields(type.fields, value, encoding);
    case 'reference':
      if (type.bare === true && typeof value === 'string') return encodeId(value);
      assert(isJsonObject(value) && typeof value['id'] === 'string', 'a reference has an id');
      return encodeId(value['id']);
    case 'plugin-config':
      return Buffer.from(canonicalJson(value), 'utf8');
    case 'integer':
      assert(Number.isSafeInteger(value), 'an integer is safe');
      return value;
    case 'string':
    case 'number':
    case 'boolean':
      return value;
    case 'unavailable':
      return undefined;
  }
}

function encodeId(id: string): Uint8Array {
  assert(isUuid(id), 'an id is a lower-case UUID');
  return idToBytes(id as EntityId);
}

interface FieldsOnWire {
  readonly published: readonly Field[];
  readonly secrets: readonly Field[];
}

/** Of each list of fields what is on the wire of it: asked for every entity of a configuration. */
const fieldsOnWire = new WeakMap<readonly Field[], FieldsOnWire>();

function onWire(fields: readonly Field[]): FieldsOnWire {
  const known = fieldsOnWire.get(fields) ?? { published: fields.filter(isPublished), secrets: fields.filter(({ secret }) => secret !== undefined) };
  fieldsOnWire.set(fields, known);
  return known;
}

function decodeFields(fields: readonly Field[], message: Message, path: string, decode: DecodeField = decodeField): JsonObject {
  const values: Record<string, JsonValue> = {};
  const { published, secrets } = onWire(fields);
  for (const field of published) values[field.name] = decode(field, message[field.name], `${path}.${field.name}`);
  for (const field of secrets) {
    const name = `${field.name}_${field.secret}`;
    values[name] = decodeSecret(field, message[name], `${path}.${name}`);
  }
  return values;
}

function decodeField(field: Field, wire: unknown, path: string): JsonValue {
  return wire === undefined ? absent(field, path) : decodeValue(field.type, wire, field.name, path);
}

function salvageField(field: Field, wire: unknown, path: string): JsonValue {
  try {
    return decodeField(field, wire, path);
  } catch {
    const { type } = field;
    const values = type.kind === 'array' || type.kind === 'set' ? memberOf(wire, 'values') : undefined;
    const known = Array.isArray(values) && (type.kind === 'array' || type.kind === 'set') ? values.flatMap((value: unknown) => tryToDecode(type.of, value, field.name, path)) : [];
    return known.length > 0 ? known : absent(field, path);
  }
}

function tryToDecode(type: FieldType, wire: unknown, name: string, path: string): readonly JsonValue[] {
  try {
    return [decodeValue(type, wire, name, path)];
  } catch {
    return [];
  }
}

/** The number of a field that this version does not know, or not all of; undefined where decoding and encoding again loses nothing. */
export function unknownFieldOf(kind: EntityKind, bytes: Uint8Array): number | undefined {
  return unknownTag([...commonFields, ...wireFieldsOf(definitionOf(kind)), ...(definitionOf(kind).operational ?? [])], bytes);
}

function unknownTag(fields: readonly Field[], bytes: Uint8Array): number | undefined {
  const types = new Map(fields.flatMap(({ tag, type, replaces }) => (replaces === undefined ? [[tag, type] as const] : [[tag, type] as const, [replaces, type] as const])));
  return findTag(bytes, (tag, start, end) => {
    const type = types.get(tag);
    return type === undefined || holdsUnknown(type, bytes.subarray(start, end));
  });
}

/** Lists and maps are messages of their own, with all they hold under the number 1. */
function holdsUnknown(type: FieldType, bytes: Uint8Array): boolean {
  switch (type.kind) {
    case 'record':
      return unknownTag(type.fields, bytes) !== undefined;
    case 'array':
    case 'set':
      return findTag(bytes, (tag, start, end) => tag !== 1 || holdsUnknown(type.of, bytes.subarray(start, end))) !== undefined;
    case 'map':
      return findTag(bytes, (tag, start, end) => tag !== 1 || entryHoldsUnknown(type.values, bytes.subarray(start, end))) !== undefined;
    default:
      return false;
  }
}

function entryHoldsUnknown(values: FieldType, bytes: Uint8Array): boolean {
  return findTag(bytes, (tag, start, end) => tag > 2 || (tag === 2 && holdsUnknown(values, bytes.subarray(start, end)))) !== undefined;
}

/** The field numbers from FIRST_CRITICAL_TAG on that this version knows, by kind; of most kinds there are none. */
const criticalTags: ReadonlyMap<EntityKind, ReadonlySet<number>> = new Map(
  entityDefinitions.map((definition: EntityDefinition) => [definition.kind, new Set(wireFieldsOf(definition).flatMap(({ tag }) => (tag >= FIRST_CRITICAL_TAG ? [tag] : [])))]),
);

/** The first field number from FIRST_CRITICAL_TAG on that this version does not know (proto/README.md). */
function unknownCriticalTag(kind: EntityKind, bytes: Uint8Array): number | undefined {
  const known = criticalTags.get(kind);
  return findTag(bytes, (tag) => tag >= FIRST_CRITICAL_TAG && known?.has(tag) !== true);
}

/** The first field number that is looked for, by number and place of the value (Protocol Buffers, Encoding); of bytes that were decoded before, so they are well-formed. */
function findTag(bytes: Uint8Array, isWanted: (tag: number, start: number, end: number) => boolean): number | undefined {
  let at = 0;
  const varint = (): number => {
    let [value, scale] = [0, 1];
    for (; at < bytes.length; scale *= 128) {
      const byte = bytes[at] ?? 0;
      at += 1;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) break;
    }
    return value;
  };
  while (at < bytes.length) {
    const key = varint();
    const tag = Math.floor(key / 8);
    const wireType = key % 8;
    const length = wireType === 2 ? varint() : wireType === 1 ? 8 : wireType === 5 ? 4 : 0;
    const start = at;
    if (wireType === 0) varint();
    else at += length;
    if (isWanted(tag, start, at)) return tag;
    if (wireType === 3 || wireType === 4) return undefined;
  }
  return undefined;
}

/** What a field is that an older writer did not know. */
function absent(field: Field, path: string): JsonValue {
  if (field.default === undefined && field.required === true) throw invalid(path, 'it is required and absent');
  return defaultOf(field);
}

function decodeValue(type: FieldType, wire: unknown, name: string, path: string): JsonValue {
  switch (type.kind) {
    case 'string':
      if (typeof wire !== 'string') break;
      if (type.oneOf === undefined) return wire;
      // The definition's own text: one for all entities.
      for (const known of type.oneOf) if (known === wire) return known;
      throw invalid(path, `'${wire}' is not known to this version`);
    case 'integer':
      return decodeInteger(wire, name, path);
    case 'number':
    case 'boolean':
      if (typeof wire !== type.kind || (typeof wire !== 'number' && typeof wire !== 'boolean')) break;
      return wire;
    case 'array':
    case 'set': {
      const values = memberOf(wire, 'values') ?? [];
      if (!Array.isArray(values)) break;
      return values.map((element: unknown) => decodeValue(type.of, element, name, path));
    }
    case 'map': {
      const entries = memberOf(wire, 'entries') ?? {};
      if (typeof entries !== 'object' || entries === null) break;
      return Object.fromEntries(Object.entries(entries).map(([key, value]) => [key, decodeValue(type.values, value, name, path)]));
    }
    case 'record':
      return decodeFields(type.fields, typeof wire === 'object' ? { ...wire } : {}, path);
    case 'reference':
      return type.bare === true ? decodeId(wire, path) : decodeReference(wire, path);
    case 'plugin-config':
      return decodeConfig(wire, path);
    case 'unavailable':
      return null;
  }
  throw invalid(path, `it is no ${type.kind}`);
}

/** Own members only: an absent list must not be taken from the prototype of the message. */
function memberOf(wire: unknown, name: string): unknown {
  return typeof wire === 'object' && wire !== null && Object.hasOwn(wire, name) ? Reflect.get(wire, name) : undefined;
}

function decodeInteger(wire: unknown, name: string, path: string): number {
  // Those that fit are held in the entity itself; as they come they are objects of their own.
  if (typeof wire === 'number' && Number.isSafeInteger(wire)) return (wire | 0) === wire ? wire | 0 : wire;
  throw invalid(path, `${name} is beyond what can be represented exactly`);
}

function decodeId(wire: unknown, path: string): string {
  if (wire instanceof Uint8Array && wire.length === 16) return bytesToId<EntityId>(wire);
  throw invalid(path, 'an id has 16 bytes');
}

/** What was referred to lately: a hundred thousand routes of one service hold one reference between them. */
const REFERENCES: { readonly id: string }[] = Array.from({ length: 256 }, () => ({ id: '' }));

function decodeReference(wire: unknown, path: string): JsonObject {
  const id = decodeId(wire, path);
  const place = id.charCodeAt(35) * 16 + id.charCodeAt(34) & 0xff;
  const recent = REFERENCES[place];
  if (recent?.id === id) return recent;
  return (REFERENCES[place] = { id });
}

function decodeSecret(field: Field, secret: unknown, path: string): string | null {
  if (secret instanceof Uint8Array && secret.length > 0) return Buffer.from(secret).toString(field.secret === 'digest' ? 'hex' : 'base64');
  // What replaces an earlier field is not in earlier bytes.
  if (!mustBePublished(field) || field.replaces !== undefined) return null;
  throw invalid(path, 'it is required and absent');
}

function decodeConfig(wire: unknown, path: string): JsonObject {
  try {
    const config: JsonValue = wire instanceof Uint8Array ? JSON.parse(Buffer.from(wire).toString('utf8')) : null;
    if (isJsonObject(config)) return config;
  } catch (cause) {
    throw invalid(path, 'it is no JSON', cause);
  }
  throw invalid(path, 'it is no JSON object');
}

function invalid(path: string, reason: string, cause?: unknown): HoldfastError {
  return new HoldfastError({
    code: 'WIRE_ENTITY_INVALID',
    source: 'gateway',
    publicMessage: `the bytes of an entity cannot be decoded: ${path}: ${reason}`,
    cause,
  });
}
