/**
 * The tables of entities, written set by set instead of one by one, so that order and number do not matter: what goes lets go
 * of its names and references first, what stays or comes takes them then. Called by entity-writer.ts and entity-restore.ts with
 * sets that fit together, their rows locked.
 */
import type { EntityKind } from '../../shared/model/definition.ts';
import type { EntityId } from '../../shared/model/ids.ts';
import { isDuplicate, LostRace } from './database-error.ts';
import type { SqlValue, Transaction } from './database.ts';
import { uniqueKeyName, uniqueKeyValue } from './entity-keys.ts';
import type { EntityRecord } from './entity-record.ts';
import type { GatewayScope } from './scope.ts';

/** Each entity in one of them at most. */
export interface EntitySets {
  readonly gone: readonly { readonly kind: EntityKind; readonly id: EntityId }[];
  readonly created: readonly EntityRecord[];
  /** Are there and become this. */
  readonly replaced: readonly EntityRecord[];
}

const ROWS_PER_STATEMENT = 2_000;

/** Throws LostRace where another transaction took an id or a unique value meanwhile. */
export async function writeEntitySets(transaction: Transaction, scope: GatewayScope, sets: EntitySets): Promise<void> {
  const tables = new EntityTables(transaction, scope);
  try {
    await tables.letGo(sets);
    await tables.remove(sets.gone);
    await tables.store(sets.created, '');
    await tables.store(sets.replaced, `ON CONFLICT (tenant_id, gateway_id, kind, id) DO UPDATE SET
      published = excluded.published, control_plane_only = excluded.control_plane_only, bytes = excluded.bytes, tags = excluded.tags`);
    await tables.claim([...sets.created, ...sets.replaced]);
    await tables.link([...sets.created, ...sets.replaced]);
  } catch (thrown) {
    throw isDuplicate(thrown) ? new LostRace() : thrown;
  }
}

/** Parts of a list, each for one statement. */
export function* inParts<T>(all: readonly T[]): Iterable<readonly T[]> {
  for (let start = 0; start < all.length; start += ROWS_PER_STATEMENT) yield all.slice(start, start + ROWS_PER_STATEMENT);
}

class EntityTables {
  readonly #transaction: Transaction;
  readonly #place: readonly SqlValue[];

  constructor(transaction: Transaction, { tenantId, gatewayId }: GatewayScope) {
    this.#transaction = transaction;
    this.#place = [tenantId, gatewayId];
  }

  /** References and unique values that are not had any more: first of all, because others may take the values. */
  async letGo({ gone, replaced }: EntitySets): Promise<void> {
    for (const [kind, ids] of idsByKind(gone)) {
      await this.#query('DELETE FROM entity_references WHERE tenant_id = $1 AND gateway_id = $2 AND from_kind = $3 AND from_id = ANY($4::uuid[])', [kind, ids]);
      await this.#query('DELETE FROM entity_unique WHERE tenant_id = $1 AND gateway_id = $2 AND kind = $3 AND entity_id = ANY($4::uuid[])', [kind, ids]);
    }
    for (const [kind, records] of Map.groupBy(replaced, (record) => record.kind)) {
      for (const some of inParts(records)) {
        const ids = some.map(({ id }) => id);
        const [keys, references] = [keysOf(some), referencesOf(some)];
        await this.#query(
          `DELETE FROM entity_references WHERE tenant_id = $1 AND gateway_id = $2 AND from_kind = $3 AND from_id = ANY($4::uuid[])
           AND (from_id, field, to_kind, to_id) NOT IN (SELECT * FROM unnest($5::uuid[], $6::text[], $7::text[], $8::uuid[]))`,
          [kind, ids, references.map(({ id }) => id), references.map(({ field }) => field), references.map(({ to }) => to), references.map(({ toId }) => toId)],
        );
        await this.#query(
          `DELETE FROM entity_unique WHERE tenant_id = $1 AND gateway_id = $2 AND kind = $3 AND entity_id = ANY($4::uuid[])
           AND (entity_id, key_name, value) NOT IN (SELECT * FROM unnest($5::uuid[], $6::text[], $7::text[]))`,
          [kind, ids, keys.map(({ id }) => id), keys.map(({ name }) => name), keys.map(({ value }) => value)],
        );
      }
    }
  }

  /** Whose references and those to them are gone already. */
  async remove(gone: EntitySets['gone']): Promise<void> {
    for (const [kind, ids] of idsByKind(gone)) await this.#query('DELETE FROM entities WHERE tenant_id = $1 AND gateway_id = $2 AND kind = $3 AND id = ANY($4::uuid[])', [kind, ids]);
  }

  async store(records: readonly EntityRecord[], onConflict: string): Promise<void> {
    for (const some of inParts(records)) {
      await this.#query(
        `INSERT INTO entities (tenant_id, gateway_id, kind, id, published, control_plane_only, bytes, tags)
         SELECT $1, $2, e.kind, e.id, e.published::jsonb, e.control_plane_only::jsonb, e.bytes,
                CASE WHEN jsonb_typeof(e.published::jsonb -> 'tags') = 'array' THEN ARRAY(SELECT jsonb_array_elements_text(e.published::jsonb -> 'tags')) ELSE '{}' END
         FROM unnest($3::text[], $4::uuid[], $5::text[], $6::text[], $7::bytea[]) AS e (kind, id, published, control_plane_only, bytes)
         ${onConflict}`,
        [
          some.map(({ kind }) => kind), some.map(({ id }) => id),
          some.map(({ published }) => JSON.stringify(published)), some.map(({ controlPlaneOnly }) => JSON.stringify(controlPlaneOnly)), some.map(({ bytes }) => bytes),
        ],
      );
    }
  }

  /** Unique values that they do not have yet; asked one by one, because a join would be planned without statistics. */
  async claim(records: readonly EntityRecord[]): Promise<void> {
    for (const some of inParts(keysOf(records))) {
      await this.#query(
        `INSERT INTO entity_unique (tenant_id, gateway_id, kind, entity_id, key_name, value)
         SELECT $1, $2, k.* FROM unnest($3::text[], $4::uuid[], $5::text[], $6::text[]) AS k (kind, entity_id, key_name, value)
         WHERE (SELECT u.entity_id FROM entity_unique u WHERE (u.tenant_id, u.gateway_id, u.kind, u.key_name, u.value) = ($1, $2, k.kind, k.key_name, k.value))
           IS DISTINCT FROM k.entity_id`,
        [some.map(({ kind }) => kind), some.map(({ id }) => id), some.map(({ name }) => name), some.map(({ value }) => value)],
      );
    }
  }

  /** References, when all of what they lead to is there. */
  async link(records: readonly EntityRecord[]): Promise<void> {
    for (const some of inParts(referencesOf(records))) {
      await this.#query(
        `INSERT INTO entity_references (tenant_id, gateway_id, from_kind, from_id, field, to_kind, to_id, on_delete)
         SELECT $1, $2, * FROM unnest($3::text[], $4::uuid[], $5::text[], $6::text[], $7::uuid[], $8::text[]) ON CONFLICT DO NOTHING`,
        [
          some.map(({ kind }) => kind), some.map(({ id }) => id), some.map(({ field }) => field),
          some.map(({ to }) => to), some.map(({ toId }) => toId), some.map(({ onDelete }) => onDelete),
        ],
      );
    }
  }

  async #query(text: string, values: readonly SqlValue[]): Promise<void> {
    await this.#transaction.query(text, [...this.#place, ...values]);
  }
}

function keysOf(records: readonly EntityRecord[]) {
  return records.flatMap(({ kind, id, uniqueKeys }) => uniqueKeys.map(({ fields, values }) => ({ kind, id, name: uniqueKeyName(fields), value: uniqueKeyValue(values) })));
}

function referencesOf(records: readonly EntityRecord[]) {
  return records.flatMap(({ kind, id, references }) => references.map((reference) => ({ kind, id, field: reference.field, to: reference.to, toId: reference.id, onDelete: reference.onDelete })));
}

function* idsByKind(entities: EntitySets['gone']): Iterable<readonly [kind: string, ids: readonly string[]]> {
  for (const [kind, some] of Map.groupBy(entities, (entity) => entity.kind)) for (const part of inParts(some)) yield [kind, part.map(({ id }) => id)];
}
