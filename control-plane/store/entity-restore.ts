/**
 * Puts the entities of a roll back into the tables, set by set instead of one by one, so that order and number do not
 * matter: what goes lets go of its names and references first, what stays or comes takes them then. Called by rollback.ts with
 * a plan that fits together and the gateway's head locked.
 */
import { entityKinds } from '../../shared/model/registry.ts';
import type { Transaction } from './database.ts';
import { uniqueKeyName, uniqueKeyValue } from './entity-keys.ts';
import type { EntityRecord } from './entity-record.ts';
import type { EntityChange } from './entity-changes.ts';
import type { GatewayScope } from './scope.ts';
import type { Candidate, RollbackPlan } from './rollback-plan.ts';

const ROWS_PER_STATEMENT = 2_000;

/** The changes that were made, dependants before what they hang on where they are deleted, after it otherwise. */
export async function restoreEntities(transaction: Transaction, scope: GatewayScope, { apply, cascade }: RollbackPlan): Promise<readonly EntityChange[]> {
  const place = [scope.tenantId, scope.gatewayId] as const;
  const gone = [...apply.filter(({ action }) => action === 'delete'), ...cascade].sort((a, b) => entityKinds.indexOf(b.kind) - entityKinds.indexOf(a.kind));
  const written = apply.flatMap(toWritten).sort((a, b) => entityKinds.indexOf(a.record.kind) - entityKinds.indexOf(b.record.kind));
  for (const [kind, ids] of idsByKind([...gone, ...written.map(({ record }) => record)])) {
    await transaction.query('DELETE FROM entity_references WHERE tenant_id = $1 AND gateway_id = $2 AND from_kind = $3 AND from_id = ANY($4::uuid[])', [...place, kind, ids]);
    await transaction.query('DELETE FROM entity_unique WHERE tenant_id = $1 AND gateway_id = $2 AND kind = $3 AND entity_id = ANY($4::uuid[])', [...place, kind, ids]);
  }
  for (const [kind, ids] of idsByKind(gone)) await transaction.query('DELETE FROM entities WHERE tenant_id = $1 AND gateway_id = $2 AND kind = $3 AND id = ANY($4::uuid[])', [...place, kind, ids]);
  for (const some of inParts(written)) {
    const records = some.map(({ record }) => record);
    await transaction.query(
      `INSERT INTO entities (tenant_id, gateway_id, kind, id, published, control_plane_only, bytes, tags)
       SELECT $1, $2, e.kind, e.id, e.published::jsonb, e.control_plane_only::jsonb, e.bytes,
              CASE WHEN jsonb_typeof(e.published::jsonb -> 'tags') = 'array' THEN ARRAY(SELECT jsonb_array_elements_text(e.published::jsonb -> 'tags')) ELSE '{}' END
       FROM unnest($3::text[], $4::uuid[], $5::text[], $6::text[], $7::bytea[]) AS e (kind, id, published, control_plane_only, bytes)
       ON CONFLICT (tenant_id, gateway_id, kind, id) DO UPDATE SET
         published = excluded.published, control_plane_only = excluded.control_plane_only, bytes = excluded.bytes, tags = excluded.tags`,
      [
        ...place, records.map(({ kind }) => kind), records.map(({ id }) => id),
        records.map(({ published }) => JSON.stringify(published)), records.map(({ controlPlaneOnly }) => JSON.stringify(controlPlaneOnly)), records.map(({ bytes }) => bytes),
      ],
    );
  }
  await linkAll(transaction, scope, written.map(({ record }) => record));
  return [
    ...gone.map((entity): EntityChange => ({ kind: entity.kind, id: entity.id, action: 'delete', before: entity.now, after: undefined, privateBefore: entity.privateNow ?? {} })),
    ...written.map(({ record, action, now, privateNow }): EntityChange => ({ kind: record.kind, id: record.id, action, before: now, after: record.bytes, privateBefore: privateNow ?? {} })),
  ];
}

/** Unique values and references of what was written, when all of it is there. */
async function linkAll(transaction: Transaction, scope: GatewayScope, records: readonly EntityRecord[]): Promise<void> {
  const place = [scope.tenantId, scope.gatewayId] as const;
  for (const some of inParts(records.flatMap(({ kind, id, uniqueKeys }) => uniqueKeys.map((key) => ({ kind, id, key }))))) {
    await transaction.query(
      `INSERT INTO entity_unique (tenant_id, gateway_id, kind, entity_id, key_name, value)
       SELECT $1, $2, * FROM unnest($3::text[], $4::uuid[], $5::text[], $6::text[])`,
      [...place, some.map(({ kind }) => kind), some.map(({ id }) => id), some.map(({ key }) => uniqueKeyName(key.fields)), some.map(({ key }) => uniqueKeyValue(key.values))],
    );
  }
  for (const some of inParts(records.flatMap(({ kind, id, references }) => references.map((reference) => ({ kind, id, reference }))))) {
    await transaction.query(
      `INSERT INTO entity_references (tenant_id, gateway_id, from_kind, from_id, field, to_kind, to_id, on_delete)
       SELECT $1, $2, * FROM unnest($3::text[], $4::uuid[], $5::text[], $6::text[], $7::uuid[], $8::text[]) ON CONFLICT DO NOTHING`,
      [
        ...place, some.map(({ kind }) => kind), some.map(({ id }) => id), some.map(({ reference }) => reference.field),
        some.map(({ reference }) => reference.to), some.map(({ reference }) => reference.id), some.map(({ reference }) => reference.onDelete),
      ],
    );
  }
}

interface Written extends Pick<Candidate, 'now' | 'privateNow'> {
  readonly record: EntityRecord;
  readonly action: 'create' | 'update';
}

function toWritten({ action, restored, now, privateNow }: Candidate): readonly Written[] {
  return restored === undefined || action === 'delete' ? [] : [{ record: restored, action, now, privateNow }];
}

function* idsByKind(entities: readonly { readonly kind: string; readonly id: string }[]): Iterable<readonly [kind: string, ids: readonly string[]]> {
  for (const [kind, some] of Map.groupBy(entities, (entity) => entity.kind)) for (const part of inParts(some)) yield [kind, part.map(({ id }) => id)];
}

function* inParts<T>(all: readonly T[]): Iterable<readonly T[]> {
  for (let start = 0; start < all.length; start += ROWS_PER_STATEMENT) yield all.slice(start, start + ROWS_PER_STATEMENT);
}
