/**
 * The language in which an entity or a plugin's configuration is described once. Validation, store, admin API,
 * `/schemas`, OpenAPI, config.proto and the wire codec all read these definitions: adding an entity is adding one.
 */

/** Values as they stand in JSON. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };
export type JsonObject = { readonly [key: string]: JsonValue };

/** A rule on text with the words an error uses for it. */
export interface StringRule {
  /** The text is valid where this returns undefined; otherwise the returned sentence says what is expected. */
  readonly check: (text: string) => string | undefined;
  /** JSON Schema / OpenAPI `format` or a short name shown in `/schemas`. */
  readonly name: string;
}

export interface StringType {
  readonly kind: 'string';
  readonly oneOf?: readonly string[];
  /** 1 where not said: like Kong, an empty text is no value. Lengths are in UTF-16 code units. */
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly rules?: readonly StringRule[];
  /** Where configs stand in every release as they are (T2): of a field that is referenceable, and a reference is all that may be written. */
  readonly referenceOnly?: true;
}
/** A safe integer (±2^53-1). */
export interface IntegerType {
  readonly kind: 'integer';
  readonly oneOf?: readonly number[];
  readonly between?: readonly [number, number];
}
export interface NumberType {
  readonly kind: 'number';
  readonly between?: readonly [number, number];
}
export interface BooleanType {
  readonly kind: 'boolean';
}
/** Elements of a list, at most: more than anybody needs, and no more than a data plane takes in its stride (R5). */
export const MAX_ITEMS = 10_000;
/** Entries of a map, at most. */
export const MAX_ENTRIES = 1_000;

/** Ordered, duplicates allowed. */
export interface ArrayType {
  readonly kind: 'array';
  readonly of: FieldType;
  readonly minLength?: number;
}
/** Duplicates are refused; order as given. `mutuallyExclusiveSubsets`: all values must come from one of these. */
export interface SetType {
  readonly kind: 'set';
  readonly of: FieldType;
  readonly minLength?: number;
  readonly mutuallyExclusiveSubsets?: readonly (readonly string[])[];
}
export interface MapType {
  readonly kind: 'map';
  readonly keys: StringType;
  readonly values: FieldType;
}
export interface RecordType {
  readonly kind: 'record';
  readonly fields: readonly Field[];
}
/** A foreign key: `{ "id": "<uuid>" }` in JSON. */
export interface ReferenceType {
  readonly kind: 'reference';
  readonly to: EntityKind;
  /** In JSON the id alone, as lists of references have it. */
  readonly bare?: true;
  /** What deleting the referenced entity does to this one. */
  readonly onDelete: 'cascade' | 'restrict';
}
/** The `config` of a plugin or a vault: checked against the schema of what the entity's `name` field names. */
export interface PluginConfigType {
  readonly kind: 'plugin-config';
}

/** A field that exists in Kong and not yet here: only null is accepted, so that clients that send every field work. */
export interface UnavailableType {
  readonly kind: 'unavailable';
  /** The type Kong's schema shows. */
  readonly shownAs: 'foreign' | 'array' | 'map' | 'string';
  /** Says what to do instead. */
  readonly message: string;
}

export type FieldType =
  | StringType | IntegerType | NumberType | BooleanType
  | ArrayType | SetType | MapType | RecordType | ReferenceType | PluginConfigType | UnavailableType;

export interface Field {
  readonly name: string;
  /** Protobuf field number: never reused, never changed (top-level entity fields and records inside them). */
  readonly tag: number;
  readonly type: FieldType;
  readonly description: string;
  /** Must be given and not null. */
  readonly required?: boolean;
  /** Applied where the field is absent (or null, unless `nullable`). Without one, an absent field is null. */
  readonly default?: JsonValue;
  /** Null stays null even where there is a default. */
  readonly nullable?: boolean;
  /** Unique within the gateway (null values do not collide). */
  readonly unique?: boolean;
  /**
   * The value is secret: stored as an AES-256-GCM envelope, never logged, shown only to who may reveal it.
   * `digest`: what is published is a keyed HMAC of it (`<name>_digest`), and the value itself never leaves the control plane.
   * `sealed`: what is published is an envelope under the gateway's content key (`<name>_sealed`), for values that a data
   * plane must have. Only fields of text can be secret: those of the entity itself, sealed ones also of records in it. In the
   * config of a plugin or a partial they are `sealed`, may be lists of text too, and leave in one envelope (config-secrets.ts).
   */
  readonly secret?: 'digest' | 'sealed';
  /** Of a sealed text field of the entity itself: what is kept and published is argon2id of it (control-plane/passwords), never the value. */
  readonly hashed?: true;
  /** The field number under which earlier versions published it in another form, which nobody reads any more. Their entities have it as null. */
  readonly replaces?: number;
  /** Of a secret field of the entity itself: shown to nobody. Null in every answer, also to who may reveal secrets. */
  readonly writeOnly?: true;
  /** Made by the control plane where none is given. */
  readonly auto?: 'random-key';
  /** Kept beside the entity's bytes; neither hashed nor published. */
  readonly controlPlaneOnly?: boolean;
  /** A `{vault://prefix/name/key}` may stand in its place: data planes look the value up. Of text only, in entities, records inside them and configs of plugins. */
  readonly referenceable?: boolean;
}

/** Names as in Kong's schemas and paths. */
export type EntityKind =
  | 'ca_certificates' | 'certificates' | 'snis'
  | 'vaults' | 'key_sets' | 'keys'
  | 'consumer_groups' | 'consumer_group_consumers' | 'partials'
  | 'services' | 'routes' | 'consumers' | 'upstreams' | 'targets' | 'plugins' | 'acls'
  | 'keyauth_credentials' | 'basicauth_credentials' | 'hmacauth_credentials' | 'jwt_secrets' | 'oauth2_credentials' | 'mtls_auth_credentials';

/**
 * One thing that is wrong with an input. `field` is a dotted path (`config.minute`; list positions count from 1 as in
 * Kong: `paths.1` is the first); `@entity` for cross-field rules.
 */
export interface Problem {
  readonly field: string;
  readonly message: string;
}

/** A rule over several fields of one entity. */
export interface EntityCheck {
  readonly description: string;
  /** `previous` is the entity as it is until this write, where there is one. */
  readonly check: (entity: JsonObject, previous?: JsonObject) => readonly Problem[];
}

/** What a shorthand may look at besides its own value. */
export interface ShorthandContext {
  /** The whole input as the client sent it. */
  readonly input: JsonObject;
  readonly nowSeconds: number;
}

/**
 * An input field that expands into others, like a service's `url`. One with the name of a real field adjusts its
 * neighbours (`hash_on` also sets `algorithm`) or rewrites its own value (`target` gets its port).
 */
export interface Shorthand {
  readonly name: string;
  /** Checked before `expand` is called; null is handed on unchecked. A value that is wrong is reported and not expanded. */
  readonly type: FieldType;
  readonly description: string;
  /** Required fields that need not be given where this is. */
  readonly supplies?: readonly string[];
  readonly expand: (value: JsonValue, context: ShorthandContext) => { readonly fields: JsonObject } | { readonly problem: string };
}

/**
 * The endpoint keys of the entities that belong to one, read and written like a field of it: a certificate's `snis`. A path
 * may name it by any of them. What is not given is left alone; null is an empty list.
 */
export interface NameList {
  readonly name: string;
  readonly type: SetType;
  readonly description: string;
  /** Whose endpoint keys they are; they cascade with what they belong to. */
  readonly of: EntityKind;
  /** The reference field by which they belong to it. */
  readonly by: string;
}

/** The two reference fields of an entity that links two others, each with what a body calls the other side. */
export type EntityLink = readonly [one: LinkField, other: LinkField];

export interface LinkField {
  readonly field: string;
  readonly word: string;
}

export interface EntityDefinition {
  readonly kind: EntityKind;
  /** Singular, for messages: `service`. */
  readonly singular: string;
  /** Path word under `/` where the collection is listed: `services`, `key-auths`, `acls`. */
  readonly path: string;
  /** Path word when nested under a referenced entity: `routes` in `/services/{s}/routes`, `key-auth` in `/consumers/{c}/key-auth`. */
  readonly nestedPath: string;
  /** False for collections Kong does not list at the top level (`/targets` is 404). */
  readonly topLevel: boolean;
  /** The field by which a path may name the entity besides its id. */
  readonly endpointKey?: string;
  /** `parent`: the key names an entity only under the entity it belongs to (`/upstreams/{u}/targets/{address}`). Default `gateway`. */
  readonly endpointKeyScope?: 'gateway' | 'parent';
  /** A consumer is recognised by it: deleting it revokes it. */
  readonly credential?: true;
  readonly description: string;
  /** `id`, `created_at`, `updated_at` and `tags` are part of every entity and are not listed here. */
  readonly fields: readonly Field[];
  /**
   * Published with the entity and no part of what clients write or are shown: set by an operation of its own, kept by every
   * other write (control-plane/store/operational-fields.ts). Only of kinds without secrets.
   */
  readonly operational?: readonly Field[];
  /** Of a kind whose `config` may hold secrets: the field under which they are kept and published, all in one envelope. No part of what clients write or are shown. */
  readonly configSecrets?: Field;
  /** Unique over several fields together (reference fields count by id, null is a value here). */
  readonly uniqueTogether?: readonly (readonly string[])[];
  /** Entities that have this field have those keys of `uniqueTogether` that name it, the others those that don't. */
  readonly uniqueSplitBy?: string;
  /** Says only that two others belong together, by these two reference fields: it is made, listed and deleted by their paths (`/consumer_groups/{g}/consumers/{c}`). */
  readonly link?: EntityLink;
  readonly checks?: readonly EntityCheck[];
  /** Rules on what the entity costs, asked before its values are looked at one by one: their input has any form. */
  readonly bounds?: readonly EntityCheck[];
  readonly shorthands?: readonly Shorthand[];
  readonly nameList?: NameList;
}

/** An entity as the admin API speaks of it: all fields present, null where unset, references as `{ id }`. */
export type Entity = { readonly id: string; readonly [field: string]: JsonValue };
