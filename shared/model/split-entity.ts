/**
 * The border between what the admin API handles and what is stored and published (T2): secrets and fields that are
 * only for the control plane are taken out before an entity is encoded.
 */
import type { Entity, EntityDefinition, JsonObject, JsonValue } from './definition.ts';

export interface SplitEntity {
  /** What may be encoded and published; `encodeEntity` adds the digests. */
  readonly published: Entity;
  /** Fields marked `controlPlaneOnly`, for the private document beside the entity's bytes. */
  readonly controlPlaneOnly: JsonObject;
  /** The clear values of secret fields: to be sealed and digested, never stored or logged as they are. Null values are left out. */
  readonly secrets: Readonly<Record<string, string>>;
}

/** Takes an entity apart; nothing is lost: the three parts together are the entity. */
export function splitEntity(definition: EntityDefinition, entity: Entity): SplitEntity {
  const published: Record<string, JsonValue> = {};
  const controlPlaneOnly: Record<string, JsonValue> = {};
  const secrets: Record<string, string> = {};
  const fieldOf = new Map(definition.fields.map((field) => [field.name, field]));
  for (const [name, value] of Object.entries(entity)) {
    const field = fieldOf.get(name);
    if (field?.secret !== undefined) {
      if (typeof value === 'string') secrets[name] = value;
    } else if (field?.controlPlaneOnly === true) controlPlaneOnly[name] = value;
    else published[name] = value;
  }
  return { published: { ...published, id: entity.id }, controlPlaneOnly, secrets };
}

/** The opposite, for reading: what was published, the private fields and, for who may reveal them, the secrets. */
export function joinEntity(parts: SplitEntity): Entity {
  return { ...parts.published, ...parts.controlPlaneOnly, ...parts.secrets };
}
