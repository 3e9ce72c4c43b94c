/**
 * What the publisher builds releases from: change rows after a version, and all leaves at one. With the publisher's role,
 * which sees every tenant's published bytes and nothing that is for the control plane only (T1).
 */
import type { EntityKind } from '../../shared/model/definition.ts';
import type { EntityId } from '../../shared/model/ids.ts';
import type { ConfigVersion } from '../../shared/model/version.ts';
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
  /** Change rows after `version`, in order, at most `limit`: then the last version may be cut. */
  readChangesSince(scope: GatewayScope, version: ConfigVersion, limit: number): Promise<readonly Change[]>;
  /** Every entity's bytes as of the returned version, in batches, ordered by kind and id. */
  readAllLeaves(scope: GatewayScope, onBatch: (leaves: readonly StoredLeaf[]) => void | Promise<void>): Promise<ConfigVersion>;
}

/** A change row; also read by release-store.ts, with the app's role. */
export interface ChangeRow {
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

export const CHANGE_COLUMNS = 'epoch, sequence, ordinal, kind, id, op, bytes_before, bytes_after, actor, request_id, changed_at';

const BATCH_SIZE = 1_000;

export function createChangeReader(database: Database): ChangeReader {
  const publisher = { role: 'holdfast_publisher', mode: 'snapshot' } as const;
  return {
    async readChangesSince(scope, version, limit) {
      const rows = await database.query<ChangeRow>(
        publisher,
        `SELECT ${CHANGE_COLUMNS} FROM changes WHERE tenant_id = $1 AND gateway_id = $2 AND (epoch, sequence) > ($3, $4)
         ORDER BY epoch, sequence, ordinal LIMIT $5`,
        [scope.tenantId, scope.gatewayId, version.epoch, version.sequence, limit],
      );
      return rows.map(toChange);
    },

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

export function toChange(row: ChangeRow): Change {
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
