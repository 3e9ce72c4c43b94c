/**
 * Entities and endpoint keys looked up by the thousand: what a batch is about, in a few queries. Called by entity-writer.ts.
 */
import { defined } from '../../shared/assert.ts';
import type { EntityDefinition, EntityKind, JsonObject } from '../../shared/model/definition.ts';
import type { EntityId } from '../../shared/model/ids.ts';
import type { Transaction } from './database.ts';
import { entityKey, uniqueKeyName, uniqueKeyValue } from './entity-keys.ts';
import type { StoredEntity } from './entity-reader.ts';
import { inParts } from './entity-tables.ts';
import type { GatewayScope } from './scope.ts';
import type { GatewaySecrets } from './secret-box.ts';
import { findUnstorableText } from './storable-text.ts';
import type { EntityPlace } from './write-facts.ts';

interface EntityRow {
  readonly kind: EntityKind;
  readonly id: EntityId;
  readonly published: JsonObject;
  readonly control_plane_only: JsonObject;
  readonly bytes: Buffer;
  readonly tags: readonly string[];
}

/** Those of these that are there, locked in one order, so that two batches wait for each other instead of ending in a deadlock. */
export async function lockMany(transaction: Transaction, { tenantId, gatewayId }: GatewayScope, places: readonly EntityPlace[]): Promise<readonly StoredEntity[]> {
  const wanted = [...new Map(places.map((place) => [entityKey(place.kind, place.id), place]))].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, place]) => place);
  const found: StoredEntity[] = [];
  for (const some of inParts(wanted)) {
    const rows = await transaction.query<EntityRow>(
      `SELECT w.kind, w.id, e.published, e.control_plane_only, e.bytes, e.tags FROM unnest($3::text[], $4::uuid[]) AS w (kind, id)
       CROSS JOIN LATERAL (
         SELECT published, control_plane_only, bytes, tags FROM entities WHERE (tenant_id, gateway_id, kind, id) = ($1, $2, w.kind, w.id) FOR UPDATE) e`,
      [tenantId, gatewayId, some.map(({ kind }) => kind), some.map(({ id }) => id)],
    );
    for (const { kind, id, published, control_plane_only: controlPlaneOnly, bytes, tags } of rows) found.push({ kind, id, published, controlPlaneOnly, bytes, tags });
  }
  return found;
}

/** Who has which endpoint key, by the key as given; with tags, for who may see which. */
export async function findEndpointKeys(transaction: Transaction, { tenantId, gatewayId }: GatewayScope, secrets: GatewaySecrets, definition: EntityDefinition, keys: readonly string[]): Promise<readonly { readonly key: string; readonly id: EntityId; readonly tags: readonly string[] }[]> {
  const name = defined(definition.endpointKey, `the endpoint key of ${definition.kind}`);
  const isDigest = definition.fields.some((field) => field.name === name && field.secret === 'digest');
  const keyOf = new Map(keys.filter((key) => findUnstorableText(key) === undefined).map((key) => [uniqueKeyValue([isDigest ? secrets.digest(key) : key]), key]));
  const found: { readonly key: string; readonly id: EntityId; readonly tags: readonly string[] }[] = [];
  for (const some of inParts([...keyOf.keys()])) {
    const rows = await transaction.query<{ readonly value: string; readonly id: EntityId; readonly tags: readonly string[] }>(
      `SELECT w.value, u.entity_id AS id, e.tags FROM unnest($5::text[]) AS w (value)
       CROSS JOIN LATERAL (
         SELECT entity_id FROM entity_unique WHERE (tenant_id, gateway_id, kind, key_name, value) = ($1, $2, $3, $4, w.value) OFFSET 0) u
       CROSS JOIN LATERAL (
         SELECT tags FROM entities WHERE (tenant_id, gateway_id, kind, id) = ($1, $2, $3, u.entity_id) OFFSET 0) e`,
      [tenantId, gatewayId, definition.kind, uniqueKeyName([name]), some],
    );
    for (const { value, id, tags } of rows) found.push({ key: defined(keyOf.get(value), 'the key that was asked for'), id, tags });
  }
  return found;
}
