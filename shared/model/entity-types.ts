/**
 * TypeScript types read off the `as const` definitions, so that an entity's type cannot drift from its definition.
 * `Service`, `Route`… in registry.ts are made with these; only types, nothing runs.
 */
import type { EntityDefinition, Field, FieldType, JsonObject } from './definition.ts';

type ValueOf<T extends FieldType> =
  T extends { readonly kind: 'string'; readonly oneOf: readonly (infer S)[] } ? S
  : T extends { readonly kind: 'string' } ? string
  : T extends { readonly kind: 'integer'; readonly oneOf: readonly (infer N)[] } ? N
  : T extends { readonly kind: 'integer' | 'number' } ? number
  : T extends { readonly kind: 'boolean' } ? boolean
  : T extends { readonly kind: 'array' | 'set'; readonly of: infer Of extends FieldType } ? readonly ValueOf<Of>[]
  : T extends { readonly kind: 'map'; readonly values: infer Of extends FieldType } ? { readonly [key: string]: ValueOf<Of> }
  : T extends { readonly kind: 'record'; readonly fields: infer Fields extends readonly Field[] } ? RecordOf<Fields>
  : T extends { readonly kind: 'reference'; readonly bare: true } ? string
  : T extends { readonly kind: 'reference' } ? { readonly id: string }
  : T extends { readonly kind: 'plugin-config' } ? JsonObject
  : null;

/** Never null where the definition requires a value, defaults it or makes one. */
type FieldValue<F extends Field> =
  F extends { readonly nullable: true } ? ValueOf<F['type']> | null
  : F extends { readonly required: true } | { readonly default: unknown } | { readonly auto: string } ? ValueOf<F['type']>
  : ValueOf<F['type']> | null;

/** The value of a record with these fields, also usable for a plugin's `config`. */
export type RecordOf<Fields extends readonly Field[]> = {
  readonly [F in Fields[number] as F['name']]: FieldValue<F>;
};

/** What every entity has besides the fields of its definition. Times are whole seconds since the epoch. */
export type CommonFields = {
  readonly id: string;
  readonly created_at: number;
  readonly updated_at: number;
  readonly tags: readonly string[] | null;
};

type Hidden = { readonly secret: string } | { readonly controlPlaneOnly: true };
type Digest = { readonly secret: 'digest'; readonly name: string };
type Sealed = { readonly secret: 'sealed'; readonly name: string };

/** An entity inside the admin API: every field, secrets in the clear. */
export type EntityOf<D extends EntityDefinition> = CommonFields & RecordOf<D['fields']>;

/** Of a record, like an entity itself, hidden fields are left out. */
type PublishedValue<F extends Field> =
  F['type'] extends { readonly kind: 'record'; readonly fields: infer Fields extends readonly Field[] } ? PublishedFields<Fields> | Extract<FieldValue<F>, null> : FieldValue<F>;

type PublishedFields<Fields extends readonly Field[]> = {
  readonly [F in Fields[number] as F extends Hidden ? never : F['name']]: PublishedValue<F>;
} & {
  readonly [F in Extract<Fields[number], Digest> as `${F['name']}_digest`]: string;
} & {
  readonly [F in Extract<Fields[number], Sealed> as `${F['name']}_sealed`]: F extends { readonly required: true; readonly replaces?: undefined } ? string : string | null;
};

/** An entity as it is published: hidden fields left out, secrets as `<name>_digest` (lower-case hex) or `<name>_sealed` (base64). */
export type PublishedOf<D extends EntityDefinition> = CommonFields & PublishedFields<D['fields']> & OperationalOf<D> & ConfigSecretsOf<D>;

/** Absent where never set. */
type OperationalOf<D extends EntityDefinition> = D extends { readonly operational: infer Fields extends readonly Field[] } ? Partial<RecordOf<Fields>> : unknown;

/** The envelope of the secrets of its config, base64; null where there are none. */
type ConfigSecretsOf<D extends EntityDefinition> = D extends { readonly configSecrets: infer F extends Field } ? PublishedFields<readonly [F]> : unknown;
