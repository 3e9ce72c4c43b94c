/**
 * Writes entities of one gateway inside one transaction and collects what changed; `finish` takes the gateway's next
 * sequence in the transaction's last statement. Used through Store.write. Conflicts are found without raising an error in
 * the database, because an error would end the transaction: a refused call has changed nothing and the next may follow.
 */
import type { EntityDefinition, EntityKind } from '../../shared/model/definition.ts';
import type { EntityId } from '../../shared/model/ids.ts';
import { definitionOf, entityDefinitions } from '../../shared/model/registry.ts';
import { secretFieldsOf } from '../../shared/model/secret-fields.ts';
import type { ConfigVersion } from '../../shared/model/version.ts';
import { unknownFieldOf } from '../../shared/wire/entity-codec.ts';
import { onlyRow } from './database.ts';
import { commitChanges, type EntityChange } from './entity-changes.ts';
import { entityKey, uniqueKeyName, uniqueKeyValue, type EntityKey } from './entity-keys.ts';
import { findEndpointKeys, lockMany } from './entity-lookup.ts';
import { TransactionReader, type EntityReader, type StoredEntity } from './entity-reader.ts';
import { keepsBindings, type EntityRecord, type EntityReference, type UniqueKey } from './entity-record.ts';
import { writeEntitySets } from './entity-tables.ts';
import { keepOperational } from './operational-fields.ts';
import { findProtocolsApart } from './plugin-protocols.ts';
import type { Actor } from './scope.ts';
import type { StoreProblem } from './store-problem.ts';
import { contentKeyChanged, dataKeyChanged } from './secret-keys.ts';
import { holdTargets, lockDependants, readWriteFacts, type DependantRow, type EntityPlace, type HeldEntity } from './write-facts.ts';
import { dependantsFirst, planWrites, unstorable } from './write-plan.ts';

/** A call that returns a problem has changed nothing; undefined means done. */
export interface EntityWriter extends EntityReader {
  /** Like get, and nobody else changes or deletes it before this transaction ends: read-modify-write needs it. */
  getForUpdate(kind: EntityKind, id: EntityId): Promise<StoredEntity | undefined>;
  /** Like getByEndpointKey, held likewise. */
  getByEndpointKeyForUpdate(definition: EntityDefinition, value: string, parentId?: EntityId): Promise<StoredEntity | undefined>;
  /** Like getForUpdate, of many at once: those that are there. */
  getManyForUpdate(places: readonly EntityPlace[]): Promise<readonly StoredEntity[]>;
  /** Who has these endpoint keys, by the key; not of kinds whose key names an entity only under its parent. */
  findByEndpointKeys(definition: EntityDefinition, keys: readonly string[]): Promise<ReadonlyMap<string, EntityId>>;
  /** All that refer to it, held likewise, also what the caller may not see: for what has to be written again with it. */
  referrersForUpdate(kind: EntityKind, id: EntityId): Promise<readonly StoredEntity[]>;
  insert(record: EntityRecord): Promise<StoreProblem | undefined>;
  /** Replaces the whole entity, but for what only operations of their own set (operational-fields.ts). */
  update(record: EntityRecord): Promise<StoreProblem | undefined>;
  /** Replaces the whole entity as given; needs no more than the permission to switch it. */
  switch(record: EntityRecord): Promise<StoreProblem | undefined>;
  /** With everything that cascades; each deleted entity has a change row of its own, dependants first. */
  delete(kind: EntityKind, id: EntityId): Promise<StoreProblem | undefined>;
  /**
   * As if these were done one by one in their order, in few statements: the same locks, problems and change rows. All or
   * nothing: where there are problems (all of them, in the order of the writes) nothing was changed.
   */
  writeMany(writes: readonly EntityWrite[]): Promise<readonly WriteProblem[]>;
  /**
   * The gateway's version, which no other write moves before this transaction ends. Asked after all writes, because
   * everybody takes entities first and then the head; undefined where there is no such gateway any more.
   */
  holdHead(): Promise<ConfigVersion | undefined>;
  /** Undoes the whole transaction when `work` returns; for writes of several entities that stand or fall together. */
  abandon(): void;
  /** Like abandon, once it is known that nothing would have stood against it. */
  onlyTry(): void;
}

/** One of many (writeMany). */
export type EntityWrite =
  | { readonly op: 'insert'; readonly record: EntityRecord }
  /** Replaces the whole entity. */
  | { readonly op: 'update'; readonly record: EntityRecord }
  | { readonly op: 'delete'; readonly kind: EntityKind; readonly id: EntityId };

export interface WriteProblem {
  /** The position of the refused write in the list, from 0. */
  readonly position: number;
  readonly problem: StoreProblem;
  /** The position of the refused insert without which this one would have gone well, perhaps: it refers to it. */
  readonly because?: number;
}

/** Kinds with a secret that stands in published content under the content key. */
const SECRET_KINDS: ReadonlySet<EntityKind> = new Set(entityDefinitions.filter((definition) => secretFieldsOf(definition).length > 0).map(({ kind }) => kind));

/** With $1 to $8 of #entityValues. */
const REPLACE = `UPDATE entities SET published = $5::jsonb, control_plane_only = $6::jsonb, bytes = $7, tags = $8::text[] WHERE (tenant_id, gateway_id, kind, id) = ($1, $2, $3, $4)`;

export class TransactionWriter extends TransactionReader implements EntityWriter {
  readonly #changes: EntityChange[] = [];
  /** What was read under a lock, or written, stays as it is until it is written here. */
  readonly #held = new Map<EntityKey, StoredEntity>();
  #end: 'commit' | 'try' | 'abandon' = 'commit';

  getForUpdate(kind: EntityKind, id: EntityId): Promise<StoredEntity | undefined> {
    return this.lock(kind, id);
  }

  async getByEndpointKeyForUpdate(definition: EntityDefinition, value: string, parentId?: EntityId): Promise<StoredEntity | undefined> {
    const { fields, values } = this.endpointKeyOf(definition, value, parentId);
    const held = await this.byUnique(definition.kind, fields, values, 'FOR UPDATE OF e');
    if (held !== undefined) this.#held.set(entityKey(held.kind, held.id), held);
    return held;
  }

  async getManyForUpdate(places: readonly EntityPlace[]): Promise<readonly StoredEntity[]> {
    const found = await lockMany(this.transaction, this.scope, places);
    return found.filter(({ kind, tags }) => this.scope.access.may(kind, 'read', tags));
  }

  async referrersForUpdate(kind: EntityKind, id: EntityId): Promise<readonly StoredEntity[]> {
    const referrers = await lockDependants(this.transaction, this.scope, [{ kind, id }]);
    return lockMany(this.transaction, this.scope, referrers);
  }

  async findByEndpointKeys(definition: EntityDefinition, keys: readonly string[]): Promise<ReadonlyMap<string, EntityId>> {
    const found = await findEndpointKeys(this.transaction, this.scope, this.secrets, definition, keys);
    return new Map(found.flatMap(({ key, id, tags }) => (this.scope.access.may(definition.kind, 'read', tags) ? [[key, id] as const] : [])));
  }

  async insert(record: EntityRecord): Promise<StoreProblem | undefined> {
    const problem = unstorable(record) ?? (await this.#findUnbound(record, true));
    if (problem !== undefined) return problem;
    const rows = await this.transaction.query<{ readonly inserted: boolean; readonly claimed: number }>(
      `WITH entity AS (
         INSERT INTO entities (tenant_id, gateway_id, kind, id, published, control_plane_only, bytes, tags)
         VALUES ($1, $2, $3, $4, $5::jsonb, $6::jsonb, $7, $8::text[]) ON CONFLICT DO NOTHING RETURNING id),
       claimed AS (
         INSERT INTO entity_unique (tenant_id, gateway_id, kind, key_name, value, entity_id)
         SELECT $1, $2, $3, k.name, k.value, entity.id FROM entity, unnest($9::text[], $10::text[]) AS k (name, value)
         ON CONFLICT DO NOTHING RETURNING key_name),
       linked AS (
         INSERT INTO entity_references (tenant_id, gateway_id, from_kind, from_id, field, to_kind, to_id, on_delete)
         SELECT $1, $2, $3, entity.id, r.field, r.to_kind, r.to_id, r.on_delete
         FROM entity, unnest($11::text[], $12::text[], $13::uuid[], $14::text[]) AS r (field, to_kind, to_id, on_delete)
         ON CONFLICT DO NOTHING)
       SELECT EXISTS (SELECT FROM entity) AS inserted, (SELECT count(*) FROM claimed) AS claimed`,
      [...this.#entityValues(record), ...keyColumns(record.uniqueKeys), ...referenceColumns(record.references)],
    );
    const { inserted, claimed } = onlyRow(rows);
    // What refers to the one that is there is told first, as of many at once.
    if (!inserted) return (await findProtocolsApart(this.transaction, this.scope, record, false)) ?? { kind: 'exists', id: record.id };
    if (claimed < record.uniqueKeys.length) {
      await this.transaction.query('DELETE FROM entities WHERE (tenant_id, gateway_id, kind, id) = ($1, $2, $3, $4)', this.#place(record));
      // Without a conflict any more, its owner went away in between.
      return conflictIn(record, await this.#ownersOfKeys(record)) ?? this.insert(record);
    }
    this.#held.set(entityKey(record.kind, record.id), record);
    this.#changes.push({ kind: record.kind, id: record.id, action: 'create', before: undefined, after: record.bytes });
    return undefined;
  }

  update(record: EntityRecord): Promise<StoreProblem | undefined> {
    return this.#replace(record, 'update');
  }

  switch(record: EntityRecord): Promise<StoreProblem | undefined> {
    return this.#replace(record, 'switch');
  }

  async #replace(given: EntityRecord, verb: 'update' | 'switch'): Promise<StoreProblem | undefined> {
    const before = await this.lock(given.kind, given.id);
    if (before === undefined) return { kind: 'not-found' };
    const newer = unknownFieldOf(given.kind, before.bytes);
    if (newer !== undefined) return { kind: 'written-by-newer', field: newer };
    const record = verb === 'switch' ? given : keepOperational(given, before.bytes);
    const isBound = keepsBindings(definitionOf(record.kind), before, record);
    const problem = unstorable(record) ?? (isBound ? undefined : ((await this.#findUnbound(record, false)) ?? (await this.#claimKeys(record))));
    if (problem !== undefined) return problem;
    if (isBound) this.transaction.send(REPLACE, this.#entityValues(record));
    else this.#replaceWithBindings(record);
    this.#held.set(entityKey(record.kind, record.id), record);
    this.#changes.push({ kind: record.kind, id: record.id, action: 'update', verb, before: before.bytes, after: record.bytes, privateBefore: before.controlPlaneOnly });
    return undefined;
  }

  async delete(kind: EntityKind, id: EntityId): Promise<StoreProblem | undefined> {
    const root = await this.lock(kind, id);
    if (root === undefined) return { kind: 'not-found' };
    const doomed = new Map<EntityKey, HeldEntity>([[entityKey(kind, id), root]]);
    const holding: DependantRow[] = [];
    // Level by level, each locked before the next is looked for: nothing can be attached to what is locked.
    for (let level = [...doomed.values()]; level.length > 0; ) {
      const dependants = await lockDependants(this.transaction, this.scope, level);
      holding.push(...dependants.filter((dependant) => dependant.on_delete === 'restrict'));
      level = dependants.flatMap((row) => (row.on_delete === 'restrict' || doomed.has(entityKey(row.kind, row.id)) ? [] : [{ kind: row.kind, id: row.id, bytes: row.bytes, controlPlaneOnly: row.control_plane_only }]));
      for (const dependant of level) doomed.set(entityKey(dependant.kind, dependant.id), dependant);
    }
    const holder = holding.find((dependant) => !doomed.has(entityKey(dependant.kind, dependant.id)));
    if (holder !== undefined) return { kind: 'referenced-by', by: holder.kind, id: holder.id, field: holder.field };
    const inOrder = [...doomed.values()].sort(dependantsFirst);
    for (const key of doomed.keys()) this.#held.delete(key);
    this.transaction.send(
      // By kind and by id so that the index serves, and by both together because an id may occur in two kinds.
      `WITH unlinked AS (
         DELETE FROM entity_references WHERE tenant_id = $1 AND gateway_id = $2 AND from_kind = ANY($3::text[]) AND from_id = ANY($4::uuid[])
         AND (from_kind, from_id) IN (SELECT * FROM unnest($3::text[], $4::uuid[])))
       DELETE FROM entities WHERE tenant_id = $1 AND gateway_id = $2 AND kind = ANY($3::text[]) AND id = ANY($4::uuid[])
       AND (kind, id) IN (SELECT * FROM unnest($3::text[], $4::uuid[]))`,
      [this.scope.tenantId, this.scope.gatewayId, inOrder.map((entity) => entity.kind), inOrder.map((entity) => entity.id)],
    );
    this.#changes.push(...inOrder.map((entity) => ({ kind: entity.kind, id: entity.id, action: 'delete' as const, before: entity.bytes, after: undefined, privateBefore: entity.controlPlaneOnly })));
    return undefined;
  }

  async writeMany(writes: readonly EntityWrite[]): Promise<readonly WriteProblem[]> {
    if (writes.length === 0) return [];
    const plan = planWrites(await readWriteFacts(this.transaction, this.scope, writes), writes);
    if (plan.kind === 'problems') return plan.problems;
    await writeEntitySets(this.transaction, this.scope, plan.sets);
    this.#held.clear();
    for (const change of plan.changes) this.#changes.push(change);
    return [];
  }

  async holdHead(): Promise<ConfigVersion | undefined> {
    const [head] = await this.transaction.query<ConfigVersion>(
      'SELECT epoch, head_sequence AS sequence FROM gateways WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL FOR NO KEY UPDATE',
      [this.scope.tenantId, this.scope.gatewayId],
    );
    return head;
  }

  abandon(): void {
    this.#end = 'abandon';
  }

  onlyTry(): void {
    this.#end = 'try';
  }

  /** Ends the transaction. The version of what it changed; undefined where nothing that is published did. `whileFrozen`: also where the gateway is frozen. */
  async finish(actor: Actor, whileFrozen = false): Promise<ConfigVersion | undefined> {
    if (this.#end === 'abandon') {
      this.transaction.abandon();
      return undefined;
    }
    if (this.#changes.some(({ kind, after }) => after !== undefined && SECRET_KINDS.has(kind))) await this.#holdContentKey();
    return commitChanges(this.transaction, this.scope, actor, this.#changes, { whileFrozen, dryRun: this.#end === 'try' });
  }

  /** What stands under another content key than the gateway's present one would be found by no data plane, and what stands under a closed data key would end with it. */
  async #holdContentKey(): Promise<void> {
    const [rows, closed] = await Promise.all([
      this.transaction.query<{ readonly content_key_id: number }>('SELECT content_key_id FROM gateways WHERE tenant_id = $1 AND id = $2 FOR NO KEY UPDATE', [this.scope.tenantId, this.scope.gatewayId]),
      // A statement of its own, so that it sees what the lock was waited for (key-rotation-store.ts).
      this.transaction.query('SELECT FROM tenant_keys WHERE tenant_id = $1 AND key_id = $2 AND closed_at IS NOT NULL', [this.scope.tenantId, this.secrets.box.keyId]),
    ]);
    if (closed.length > 0) throw dataKeyChanged();
    if (rows[0] === undefined || rows[0].content_key_id === this.secrets.contentKeyId) return;
    throw contentKeyChanged();
  }

  protected override async lock(kind: EntityKind, id: EntityId): Promise<StoredEntity | undefined> {
    const key = entityKey(kind, id);
    const held = this.#held.get(key) ?? (await super.lock(kind, id));
    if (held !== undefined) this.#held.set(key, held);
    return held;
  }

  #replaceWithBindings(record: EntityRecord): void {
    this.transaction.send(
      `WITH released AS (
         DELETE FROM entity_unique WHERE (tenant_id, gateway_id, kind, entity_id) = ($1, $2, $3, $4)
         AND (key_name, value) NOT IN (SELECT * FROM unnest($9::text[], $10::text[]))),
       unlinked AS (
         DELETE FROM entity_references WHERE (tenant_id, gateway_id, from_kind, from_id) = ($1, $2, $3, $4)
         AND (field, to_kind, to_id) NOT IN (SELECT * FROM unnest($11::text[], $12::text[], $13::uuid[]))),
       linked AS (
         INSERT INTO entity_references (tenant_id, gateway_id, from_kind, from_id, field, to_kind, to_id, on_delete)
         SELECT $1, $2, $3, $4, * FROM unnest($11::text[], $12::text[], $13::uuid[], $14::text[])
         ON CONFLICT (tenant_id, gateway_id, from_kind, from_id, field, to_kind, to_id) DO NOTHING)
       ${REPLACE}`,
      [...this.#entityValues(record), ...keyColumns(record.uniqueKeys), ...referenceColumns(record.references)],
    );
  }

  /** What is wrong with what it refers to; asked together, because each round trip costs as much as the question. */
  async #findUnbound(record: EntityRecord, isNew: boolean): Promise<StoreProblem | undefined> {
    const [missing, apart] = await Promise.all([this.#holdReferences(record.references), findProtocolsApart(this.transaction, this.scope, record, isNew)]);
    return missing ?? apart;
  }

  /** Keeps what is referred to from being deleted meanwhile. */
  async #holdReferences(references: readonly EntityReference[]): Promise<StoreProblem | undefined> {
    if (references.length === 0) return undefined;
    const held = await holdTargets(this.transaction, this.scope, references.map(({ to, id }) => ({ kind: to, id })));
    const missing = references.find((reference) => !held.some((entity) => entity.kind === reference.to && entity.id === reference.id));
    return missing === undefined ? undefined : { kind: 'reference-missing', field: missing.field, to: missing.to, id: missing.id };
  }

  /** Takes the unique keys that the entity has not yet; all of them or none. */
  async #claimKeys(record: EntityRecord): Promise<StoreProblem | undefined> {
    if (record.uniqueKeys.length === 0) return undefined;
    const wanted = await this.transaction.query<{ readonly key_name: string; readonly value: string; readonly claimed: boolean; readonly owned: boolean }>(
      `WITH claimed AS (
         INSERT INTO entity_unique (tenant_id, gateway_id, kind, key_name, value, entity_id)
         SELECT $1, $2, $3, k.name, k.value, $4 FROM unnest($5::text[], $6::text[]) AS k (name, value)
         ON CONFLICT DO NOTHING RETURNING key_name, value)
       SELECT k.name AS key_name, k.value, EXISTS (SELECT FROM claimed c WHERE c.key_name = k.name AND c.value = k.value) AS claimed,
              EXISTS (SELECT FROM entity_unique u WHERE (u.tenant_id, u.gateway_id, u.kind, u.key_name, u.value) = ($1, $2, $3, k.name, k.value) AND u.entity_id = $4) AS owned
       FROM unnest($5::text[], $6::text[]) AS k (name, value)`,
      [...this.#place(record), ...keyColumns(record.uniqueKeys)],
    );
    if (wanted.every(({ claimed, owned }) => claimed || owned)) return undefined;
    const claimed = wanted.filter((key) => key.claimed);
    const owners = await this.#ownersOfKeys(record);
    if (owners.every((owner) => owner === record.id)) return undefined;
    await this.transaction.query(
      `DELETE FROM entity_unique WHERE (tenant_id, gateway_id, kind, entity_id) = ($1, $2, $3, $4)
       AND (key_name, value) IN (SELECT * FROM unnest($5::text[], $6::text[]))`,
      [...this.#place(record), claimed.map((key) => key.key_name), claimed.map((key) => key.value)],
    );
    return conflictIn(record, owners) ?? this.#claimKeys(record);
  }

  /** Who has the record's unique keys, in their order; null where nobody has. */
  async #ownersOfKeys(record: EntityRecord): Promise<readonly (EntityId | null)[]> {
    const rows = await this.transaction.query<{ readonly owner_id: EntityId | null }>(
      `SELECT (SELECT u.entity_id FROM entity_unique u WHERE (u.tenant_id, u.gateway_id, u.kind, u.key_name, u.value) = ($1, $2, $3, k.name, k.value)) AS owner_id
       FROM unnest($4::text[], $5::text[]) WITH ORDINALITY AS k (name, value, position)
       ORDER BY k.position`,
      [this.scope.tenantId, this.scope.gatewayId, record.kind, ...keyColumns(record.uniqueKeys)],
    );
    return rows.map((row) => row.owner_id);
  }

  #place(record: EntityRecord) {
    return [this.scope.tenantId, this.scope.gatewayId, record.kind, record.id] as const;
  }

  /** $1 to $8 of the statements that store an entity. */
  #entityValues(record: EntityRecord) {
    return [...this.#place(record), JSON.stringify(record.published), JSON.stringify(record.controlPlaneOnly), record.bytes, record.tags] as const;
  }
}

function keyColumns(keys: readonly UniqueKey[]) {
  return [keys.map((key) => uniqueKeyName(key.fields)), keys.map((key) => uniqueKeyValue(key.values))] as const;
}

function referenceColumns(references: readonly EntityReference[]) {
  return [references.map((r) => r.field), references.map((r) => r.to), references.map((r) => r.id), references.map((r) => r.onDelete)] as const;
}

/** The first unique key that another entity has. */
function conflictIn(record: EntityRecord, owners: readonly (EntityId | null)[]): StoreProblem | undefined {
  for (const [position, ownerId] of owners.entries()) {
    const key = record.uniqueKeys[position];
    if (key !== undefined && ownerId !== null && ownerId !== record.id) return { kind: 'unique', fields: key.fields, values: key.values, ownerId };
  }
  return undefined;
}
