/**
 * Reads entities of one gateway inside one transaction. Used through Store.read and Store.write.
 */
import type { EntityDefinition, EntityKind, JsonObject } from '../../shared/model/definition.ts';
import type { EntityId } from '../../shared/model/ids.ts';

/** An entity as stored: readEntity (entity-record.ts) makes the admin API's document of it. */
export interface StoredEntity {
  readonly kind: EntityKind;
  readonly id: EntityId;
  /** What data planes may see: no secrets, digests instead. */
  readonly published: JsonObject;
  /** Control-plane-only fields; secrets as envelopes. */
  readonly controlPlaneOnly: JsonObject;
  /** The published form on the wire, encoded once. */
  readonly bytes: Uint8Array;
  readonly tags: readonly string[];
}

declare const cursorBrand: unique symbol;
/** Opaque position in a list: parse one that came from outside with parseEntityCursor. */
export type EntityCursor = string & { readonly [cursorBrand]: true };

export interface ListOptions {
  /** Only entities whose reference field names this entity. */
  readonly reference?: { readonly field: string; readonly id: EntityId };
  readonly tags?: { readonly mode: 'and' | 'or'; readonly values: readonly string[] };
  /** At most so many; the caller bounds it. */
  readonly size: number;
  readonly after?: EntityCursor;
}

export interface EntityPage {
  readonly entities: readonly StoredEntity[];
  /** Where the next page starts; undefined on the last one. */
  readonly next: EntityCursor | undefined;
}

export interface EntityReader {
  get(kind: EntityKind, id: EntityId): Promise<StoredEntity | undefined>;
  /**
   * By the definition's endpoint key (a service's name, a credential's key). `parentId` is needed where
   * `endpointKeyScope` is `parent`: the id of the entity it belongs to.
   */
  getByEndpointKey(definition: EntityDefinition, value: string, parentId?: EntityId): Promise<StoredEntity | undefined>;
  /** By one or several unique fields; values in the order of the fields, as in `uniqueTogether`. */
  findByUnique(kind: EntityKind, fields: readonly string[], values: readonly (string | null)[]): Promise<StoredEntity | undefined>;
  /** In id order, which for our own ids is creation order. */
  list(kind: EntityKind, options: ListOptions): Promise<EntityPage>;
  count(kind: EntityKind): Promise<number>;
}
