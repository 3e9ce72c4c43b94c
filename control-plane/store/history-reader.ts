/**
 * What became of entities between two versions, read from change rows: each that was touched once, as it was before and as
 * it is after. Cost follows the changes in between. Used for differences of releases and for rolling back.
 */
import type { JsonObject } from '../../shared/model/definition.ts';
import type { EntityId } from '../../shared/model/ids.ts';
import type { ConfigVersion } from '../../shared/model/version.ts';
import type { Transaction } from './database.ts';
import type { GatewayScope } from './scope.ts';

/** An entity with change rows in the range. Both sides may be the same, or both missing. */
export interface TouchedEntity {
  /** Perhaps one that only a newer version knows. */
  readonly kind: string;
  readonly id: EntityId;
  /** Undefined where it did not exist. */
  readonly before: Uint8Array | undefined;
  readonly after: Uint8Array | undefined;
  /** What stood beside `before`: secrets as envelopes. Empty where there was nothing or nothing was kept. */
  readonly privateBefore: JsonObject;
  /** Of the last change. */
  readonly actor: string;
  readonly requestId: string;
  readonly at: Date;
  readonly version: ConfigVersion;
}

export interface TouchedOptions {
  /** Exclusive. */
  readonly after: ConfigVersion;
  /** Inclusive. */
  readonly upTo: ConfigVersion;
  readonly limit: number;
  /** Continues behind this entity. */
  readonly behind?: { readonly kind: string; readonly id: EntityId };
}

interface Row {
  readonly kind: string;
  readonly id: EntityId;
  readonly bytes_before: Buffer | null;
  readonly bytes_after: Buffer | null;
  readonly private_before: JsonObject | null;
  readonly actor: string;
  readonly request_id: string;
  readonly changed_at: Date;
  readonly epoch: number;
  readonly sequence: number;
}

const FIRST_ID = '00000000-0000-0000-0000-000000000000';

/** In the order of kind and id. Whether all rows are still there is the caller's to ask (refuseRemoved), in the same transaction. */
export async function readTouched(transaction: Transaction, scope: GatewayScope, { after, upTo, limit, behind }: TouchedOptions): Promise<readonly TouchedEntity[]> {
  const rows = await transaction.query<Row>(
    // Keys first, bytes only of the two rows of each entity that matter.
    `WITH touched AS MATERIALIZED (
       SELECT kind, id, min(ARRAY[epoch, sequence, ordinal]) AS first, max(ARRAY[epoch, sequence, ordinal]) AS last FROM changes
       WHERE tenant_id = $1 AND gateway_id = $2 AND (epoch, sequence) > ($3, $4) AND (epoch, sequence) <= ($5, $6) AND (kind, id) > ($7, $8)
       GROUP BY kind, id ORDER BY kind, id LIMIT $9)
     SELECT t.kind, t.id, b.bytes_before, b.private_before, a.bytes_after, a.actor, a.request_id, a.changed_at, a.epoch, a.sequence
     FROM touched t
     CROSS JOIN LATERAL (SELECT bytes_before, private_before FROM changes WHERE (tenant_id, gateway_id, epoch, sequence, ordinal) = ($1, $2, t.first[1], t.first[2], t.first[3]) OFFSET 0) b
     CROSS JOIN LATERAL (
       SELECT bytes_after, actor, request_id, changed_at, epoch, sequence FROM changes
       WHERE (tenant_id, gateway_id, epoch, sequence, ordinal) = ($1, $2, t.last[1], t.last[2], t.last[3]) OFFSET 0) a
     ORDER BY t.kind, t.id`,
    [scope.tenantId, scope.gatewayId, after.epoch, after.sequence, upTo.epoch, upTo.sequence, behind?.kind ?? '', behind?.id ?? FIRST_ID, limit],
  );
  return rows.map((row) => ({
    kind: row.kind, id: row.id, before: row.bytes_before ?? undefined, after: row.bytes_after ?? undefined, privateBefore: row.private_before ?? {},
    actor: row.actor, requestId: row.request_id, at: row.changed_at, version: { epoch: row.epoch, sequence: row.sequence },
  }));
}
