/**
 * From an entity as the admin API speaks of it to what the store keeps, and back: splits published from
 * control-plane-only fields, seals secrets and digests them (T2), derives unique keys and references from the
 * definition, encodes the bytes that are hashed and published.
 */
import type { Entity, EntityDefinition, EntityKind, JsonObject } from '../../shared/model/definition.ts';
import type { EntityId } from '../../shared/model/ids.ts';
import type { GatewaySecrets } from './secret-box.ts';
import type { StoredEntity } from './entity-reader.ts';

export interface UniqueKey {
  readonly fields: readonly string[];
  /** As a person wrote them, for an error; a secret's is ''. */
  readonly shown: readonly string[];
  readonly value: string;
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

/** Prepares a complete, valid entity (parseEntity's result) for insert or update. */
export declare function buildEntityRecord(definition: EntityDefinition, entity: Entity, secrets: GatewaySecrets): EntityRecord;

/**
 * The entity as the admin API speaks of it. Without `secrets` (the asker may not reveal) secret fields are null;
 * digests are never part of it.
 */
export declare function readEntity(definition: EntityDefinition, stored: StoredEntity, secrets: GatewaySecrets | undefined): Entity;

export type { JsonObject };
