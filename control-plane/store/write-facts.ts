/**
 * What many writes depend on, read and locked in a few queries before the first is done: the entities they are about, whatever
 * hangs on those that go, what they refer to, and who has the unique values they want. Called by entity-writer.ts.
 */
import type { EntityKind, JsonObject } from '../../shared/model/definition.ts';
import type { EntityId } from '../../shared/model/ids.ts';
import type { Transaction } from './database.ts';
import { entityKey, uniqueKeyName, uniqueKeyValue, type EntityKey } from './entity-keys.ts';
import type { EntityRecord } from './entity-record.ts';
import { inParts } from './entity-tables.ts';
import type { EntityWrite } from './entity-writer.ts';
import { readProtocolBindings, type ProtocolBindings } from './protocol-bindings.ts';
import type { GatewayScope } from './scope.ts';

/** An entity that is there, held by this transaction. */
export interface HeldEntity {
  readonly kind: EntityKind;
  readonly id: EntityId;
  readonly bytes: Uint8Array;
  readonly controlPlaneOnly: JsonObject;
}

/** A reference from one entity to another. */
export interface Edge {
  readonly from: EntityKey;
  readonly field: string;
  readonly to: EntityKey;
  readonly onDelete: 'cascade' | 'restrict';
}

export interface WriteFacts {
  /** Those that are written or may go: locked against everything. */
  readonly held: ReadonlyMap<EntityKey, HeldEntity>;
  /** Those that are referred to besides: kept from being deleted. */
  readonly referred: ReadonlySet<EntityKey>;
  /** Every reference to an entity that may go. */
  readonly edges: readonly Edge[];
  /** Who has the wanted values now, by uniqueValueKey. */
  readonly owners: ReadonlyMap<string, EntityPlace>;
  readonly protocols: ProtocolBindings;
}

export interface DependantRow {
  readonly kind: EntityKind;
  readonly id: EntityId;
  readonly bytes: Buffer;
  readonly control_plane_only: JsonObject;
  readonly field: string;
  readonly on_delete: 'cascade' | 'restrict';
  readonly to_kind: EntityKind;
  readonly to_id: EntityId;
}

export interface EntityPlace {
  readonly kind: EntityKind;
  readonly id: EntityId;
}

export async function readWriteFacts(transaction: Transaction, scope: GatewayScope, writes: readonly EntityWrite[]): Promise<WriteFacts> {
  const records = writes.flatMap((write) => (write.op === 'delete' ? [] : [write.record]));
  const held = new Map<EntityKey, HeldEntity>();
  const targets = new Map(writes.map((write) => (write.op === 'delete' ? write : write.record)).map(({ kind, id }) => [entityKey(kind, id), { kind, id }]));
  // In one order, so that two of these wait for each other instead of ending in a deadlock.
  for (const some of inParts([...targets].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, place]) => place))) {
    for (const entity of await lockEntities(transaction, scope, some)) held.set(entityKey(entity.kind, entity.id), entity);
  }
  const edges = await holdDependants(transaction, scope, writes, records, held);
  return {
    held, edges,
    referred: await holdReferred(transaction, scope, records, held),
    owners: await readOwners(transaction, scope, records),
    protocols: await readProtocolBindings(transaction, scope, records),
  };
}

function lockEntities(transaction: Transaction, { tenantId, gatewayId }: GatewayScope, places: readonly EntityPlace[]): Promise<readonly HeldEntity[]> {
  return transaction.query<HeldEntity>(
    `SELECT w.kind, w.id, e.bytes, e.control_plane_only AS "controlPlaneOnly" FROM unnest($3::text[], $4::uuid[]) AS w (kind, id)
     CROSS JOIN LATERAL (SELECT bytes, control_plane_only FROM entities WHERE (tenant_id, gateway_id, kind, id) = ($1, $2, w.kind, w.id) FOR UPDATE) e`,
    [tenantId, gatewayId, places.map(({ kind }) => kind), places.map(({ id }) => id)],
  );
}

/**
 * Whoever refers to what may go: in the tables, or after one of the writes. Level by level, each locked before the next is
 * looked for: nothing can be attached to what is locked.
 */
async function holdDependants(transaction: Transaction, scope: GatewayScope, writes: readonly EntityWrite[], records: readonly EntityRecord[], held: Map<EntityKey, HeldEntity>): Promise<readonly Edge[]> {
  const deleted = writes.flatMap((write) => (write.op === 'delete' ? [{ kind: write.kind, id: write.id }] : []));
  if (deleted.length === 0) return [];
  const written = Map.groupBy(records.flatMap(({ kind, id, references }) => references.map((reference) => ({ kind, id, reference }))), ({ reference }) => entityKey(reference.to, reference.id));
  const edges: Edge[] = [];
  const seen = new Set<EntityKey>();
  const unseen = (places: readonly EntityPlace[]): readonly EntityPlace[] =>
    places.filter(({ kind, id }) => {
      const key = entityKey(kind, id);
      return !seen.has(key) && seen.add(key);
    });
  for (let level = unseen(deleted); level.length > 0; ) {
    const next: EntityPlace[] = level.flatMap(({ kind, id }) => (written.get(entityKey(kind, id)) ?? []).filter(({ reference }) => reference.onDelete === 'cascade'));
    for (const some of inParts(level)) {
      for (const row of await lockDependants(transaction, scope, some)) {
        const from = entityKey(row.kind, row.id);
        held.set(from, { kind: row.kind, id: row.id, bytes: row.bytes, controlPlaneOnly: row.control_plane_only });
        edges.push({ from, field: row.field, to: entityKey(row.to_kind, row.to_id), onDelete: row.on_delete });
        if (row.on_delete === 'cascade') next.push(row);
      }
    }
    level = unseen(next);
  }
  return edges;
}

/**
 * Whoever refers to one of these, locked, and then the reference itself, in the order in which an update takes them: one
 * that was moved away meanwhile is gone by then. Joined laterally, because no statistics tell how few they are.
 */
export function lockDependants(transaction: Transaction, { tenantId, gatewayId }: GatewayScope, level: readonly EntityPlace[]): Promise<readonly DependantRow[]> {
  return transaction.query<DependantRow>(
    `SELECT r.from_kind AS kind, r.from_id AS id, e.bytes, e.control_plane_only, r.field, r.on_delete, r.to_kind, r.to_id
     FROM unnest($3::text[], $4::uuid[]) AS d (kind, id)
     CROSS JOIN LATERAL (
       SELECT * FROM entity_references WHERE (tenant_id, gateway_id, to_kind, to_id) = ($1, $2, d.kind, d.id) OFFSET 0) r
     CROSS JOIN LATERAL (
       SELECT bytes, control_plane_only FROM entities WHERE (tenant_id, gateway_id, kind, id) = ($1, $2, r.from_kind, r.from_id) FOR UPDATE) e
     CROSS JOIN LATERAL (
       SELECT FROM entity_references
       WHERE (tenant_id, gateway_id, from_kind, from_id, field, to_kind, to_id) = ($1, $2, r.from_kind, r.from_id, r.field, r.to_kind, r.to_id) FOR UPDATE) still`,
    [tenantId, gatewayId, level.map(({ kind }) => kind), level.map(({ id }) => id)],
  );
}

async function holdReferred(transaction: Transaction, scope: GatewayScope, records: readonly EntityRecord[], held: ReadonlyMap<EntityKey, HeldEntity>): Promise<ReadonlySet<EntityKey>> {
  const wanted = new Map(records.flatMap(({ references }) => references.map(({ to, id }) => [entityKey(to, id), { kind: to, id }] as const)));
  const referred = new Set<EntityKey>();
  for (const some of inParts([...wanted].filter(([key]) => !held.has(key)).map(([, place]) => place))) {
    for (const { kind, id } of await holdTargets(transaction, scope, some)) referred.add(entityKey(kind, id));
  }
  return referred;
}

/** Those of these that are there, kept from being deleted. */
export function holdTargets(transaction: Transaction, { tenantId, gatewayId }: GatewayScope, targets: readonly EntityPlace[]): Promise<readonly EntityPlace[]> {
  return transaction.query<EntityPlace>(
    `SELECT r.kind, r.id FROM unnest($3::text[], $4::uuid[]) AS r (kind, id)
     CROSS JOIN LATERAL (SELECT FROM entities e WHERE (e.tenant_id, e.gateway_id, e.kind, e.id) = ($1, $2, r.kind, r.id) FOR KEY SHARE) held`,
    [tenantId, gatewayId, targets.map(({ kind }) => kind), targets.map(({ id }) => id)],
  );
}

async function readOwners(transaction: Transaction, { tenantId, gatewayId }: GatewayScope, records: readonly EntityRecord[]): Promise<ReadonlyMap<string, EntityPlace>> {
  const wanted = records.flatMap(({ kind, uniqueKeys }) => uniqueKeys.map(({ fields, values }) => ({ kind, name: uniqueKeyName(fields), value: uniqueKeyValue(values) })));
  const owners = new Map<string, EntityPlace>();
  for (const some of inParts(wanted)) {
    const rows = await transaction.query<{ readonly kind: EntityKind; readonly name: string; readonly value: string; readonly owner_id: EntityId }>(
      `SELECT k.kind, k.name, k.value, u.entity_id AS owner_id FROM unnest($3::text[], $4::text[], $5::text[]) AS k (kind, name, value)
       CROSS JOIN LATERAL (
         SELECT entity_id FROM entity_unique WHERE (tenant_id, gateway_id, kind, key_name, value) = ($1, $2, k.kind, k.name, k.value) OFFSET 0) u`,
      [tenantId, gatewayId, some.map(({ kind }) => kind), some.map(({ name }) => name), some.map(({ value }) => value)],
    );
    for (const { kind, name, value, owner_id } of rows) owners.set(`${kind} ${name} ${value}`, { kind, id: owner_id });
  }
  return owners;
}
