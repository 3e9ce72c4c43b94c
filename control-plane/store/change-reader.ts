/**
 * What the publisher builds releases from: change rows after a version, and all leaves at one. With the publisher's role,
 * which sees every tenant's published bytes and nothing that is for the control plane only (T1).
 */
import { HoldfastError } from '../../shared/errors.ts';
import type { EntityKind } from '../../shared/model/definition.ts';
import type { EntityId } from '../../shared/model/ids.ts';
import { formatVersion, type ConfigVersion } from '../../shared/model/version.ts';
import { onlyRow, type Database, type Transaction } from './database.ts';
import type { GatewayScope } from './scope.ts';

export interface StoredLeaf {
  readonly kind: EntityKind;
  readonly id: EntityId;
  readonly bytes: Uint8Array;
}

export interface Change {
  readonly version: ConfigVersion;
  /** From 1, within the version. */
  readonly ordinal: number;
  readonly kind: EntityKind;
  readonly id: EntityId;
  readonly op: 'put' | 'delete';
  readonly before: Uint8Array | undefined;
  /** Undefined for a delete. */
  readonly after: Uint8Array | undefined;
  readonly actor: string;
  readonly requestId: string;
  readonly at: Date;
}

export interface ChangeReader {
  /**
   * Change rows after `version`, in order, at most `limit`: then the last version may be cut. Throws STORE_HISTORY_REMOVED
   * where some of them are gone.
   */
  readChangesSince(scope: GatewayScope, version: ConfigVersion, limit: number): Promise<readonly Change[]>;
  /**
   * The last state of each entity that changed between two versions: however often it did, its bytes are read once. Nothing
   * where there are more than `mostRows` change rows. Throws STORE_HISTORY_REMOVED as well.
   */
  readLeavesBetween(scope: GatewayScope, after: ConfigVersion, upTo: ConfigVersion, mostRows: number): Promise<readonly ChangedLeafRow[]>;
  /** Every entity's bytes as of the returned version, in batches, ordered by kind and id. */
  readAllLeaves(scope: GatewayScope, onBatch: (leaves: readonly StoredLeaf[]) => void | Promise<void>): Promise<ConfigVersion>;
}

export interface ChangedLeafRow {
  readonly kind: EntityKind;
  readonly id: EntityId;
  /** Undefined for a delete. */
  readonly after: Uint8Array | undefined;
}

interface ChangeRow {
  readonly epoch: number;
  readonly sequence: number;
  readonly ordinal: number;
  readonly kind: EntityKind;
  readonly id: EntityId;
  readonly op: 'put' | 'delete';
  readonly bytes_before: Buffer | null;
  readonly bytes_after: Buffer | null;
  readonly actor: string;
  readonly request_id: string;
  readonly changed_at: Date;
}

const CHANGE_COLUMNS = 'epoch, sequence, ordinal, kind, id, op, bytes_before, bytes_after, actor, request_id, changed_at';

const BATCH_SIZE = 1_000;

export function createChangeReader(database: Database): ChangeReader {
  const publisher = { role: 'holdfast_publisher', mode: 'snapshot' } as const;
  return {
    async readChangesSince(scope, version, limit) {
      const rows = await database.transaction(publisher, async (transaction) => {
        const [, found] = await Promise.all([
          refuseRemoved(transaction, scope, version),
          transaction.query<ChangeRow>(
            `SELECT ${CHANGE_COLUMNS} FROM changes WHERE tenant_id = $1 AND gateway_id = $2 AND (epoch, sequence) > ($3, $4)
             ORDER BY epoch, sequence, ordinal LIMIT $5`,
            [scope.tenantId, scope.gatewayId, version.epoch, version.sequence, limit],
          ),
        ]);
        return found;
      });
      return rows.map(toChange);
    },

    readLeavesBetween: (scope, after, upTo, mostRows) =>
      database.transaction(publisher, async (transaction) => {
        const [, rows] = await Promise.all([
          refuseRemoved(transaction, scope, after),
          transaction.query<{ readonly kind: EntityKind; readonly id: EntityId; readonly bytes_after: Buffer | null }>(
            `WITH touched AS MATERIALIZED (
               SELECT epoch, sequence, ordinal, kind, id FROM changes
               WHERE tenant_id = $1 AND gateway_id = $2 AND (epoch, sequence) > ($3, $4) AND (epoch, sequence) <= ($5, $6) LIMIT $7 + 1),
             last AS (
               SELECT kind, id, max(ARRAY[epoch, sequence, ordinal]) AS at FROM touched WHERE (SELECT count(*) FROM touched) <= $7 GROUP BY kind, id)
             SELECT l.kind, l.id, c.bytes_after FROM last l
             CROSS JOIN LATERAL (SELECT bytes_after FROM changes WHERE (tenant_id, gateway_id, epoch, sequence, ordinal) = ($1, $2, l.at[1], l.at[2], l.at[3]) OFFSET 0) c
             ORDER BY l.kind, l.id`,
            [scope.tenantId, scope.gatewayId, after.epoch, after.sequence, upTo.epoch, upTo.sequence, mostRows],
          ),
        ]);
        return rows.map(({ kind, id, bytes_after: bytes }) => ({ kind, id, after: bytes ?? undefined }));
      }),

    readAllLeaves: (scope, onBatch) =>
      database.transaction(publisher, async (transaction) => {
        const heads = await transaction.query<ConfigVersion>('SELECT epoch, head_sequence AS sequence FROM gateways WHERE tenant_id = $1 AND id = $2', [scope.tenantId, scope.gatewayId]);
        await transaction.query('DECLARE leaves NO SCROLL CURSOR FOR SELECT kind, id, bytes FROM entities WHERE tenant_id = $1 AND gateway_id = $2 ORDER BY kind, id', [scope.tenantId, scope.gatewayId]);
        for (let batch = await fetchLeaves(transaction); batch.length > 0; batch = await fetchLeaves(transaction)) await onBatch(batch);
        const { epoch, sequence } = onlyRow(heads);
        return { epoch, sequence };
      }),
  };
}

/** Throws STORE_HISTORY_REMOVED where change rows after this version are gone. In the transaction that reads them. */
export async function refuseRemoved(transaction: Transaction, scope: GatewayScope, after: ConfigVersion): Promise<void> {
  const [floor] = await transaction.query<ConfigVersion>(
    'SELECT epoch, sequence FROM history_floors WHERE tenant_id = $1 AND gateway_id = $2 AND (epoch, sequence) > ($3, $4)',
    [scope.tenantId, scope.gatewayId, after.epoch, after.sequence],
  );
  if (floor === undefined) return;
  throw new HoldfastError({
    code: 'STORE_HISTORY_REMOVED',
    source: 'downstream',
    publicMessage: `what changed after version ${formatVersion(after)} is not kept any more: the history of this gateway begins with ${formatVersion(floor)}`,
  });
}

function toChange(row: ChangeRow): Change {
  return {
    version: { epoch: row.epoch, sequence: row.sequence },
    ordinal: row.ordinal,
    kind: row.kind,
    id: row.id,
    op: row.op,
    before: row.bytes_before ?? undefined,
    after: row.bytes_after ?? undefined,
    actor: row.actor,
    requestId: row.request_id,
    at: row.changed_at,
  };
}

function fetchLeaves(transaction: Transaction): Promise<readonly StoredLeaf[]> {
  return transaction.query<StoredLeaf>(`FETCH ${BATCH_SIZE} FROM leaves`);
}
