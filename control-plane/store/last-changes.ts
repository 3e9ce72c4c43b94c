/**
 * When entities were changed last, as of a version, by whom, and in which release that was published: what blame tells of a request.
 * An index for each entity; cost follows the entities asked about. Called by release-store.ts.
 */
import type { EntityId } from '../../shared/model/ids.ts';
import type { ConfigVersion } from '../../shared/model/version.ts';
import type { Transaction } from './database.ts';
import type { GatewayScope } from './scope.ts';

export interface LastChange {
  readonly kind: string;
  readonly id: EntityId;
  readonly op: 'put' | 'delete';
  readonly actor: string;
  readonly requestId: string;
  readonly at: Date;
  readonly version: ConfigVersion;
  /** The first that has it; undefined where it is not kept any more, or not published yet. */
  readonly release: { readonly version: ConfigVersion; readonly author: string; readonly createdAt: Date } | undefined;
}

interface Row {
  readonly kind: string;
  readonly id: EntityId;
  readonly op: 'put' | 'delete';
  readonly actor: string;
  readonly request_id: string;
  readonly changed_at: Date;
  readonly epoch: number;
  readonly sequence: number;
  readonly release_epoch: number | null;
  readonly release_sequence: number | null;
  readonly author: string | null;
  readonly created_at: Date | null;
}

/** Newest first; an entity whose change rows are gone is left out. */
export async function readLastChanges(transaction: Transaction, scope: GatewayScope, ids: readonly EntityId[], upTo: ConfigVersion): Promise<readonly LastChange[]> {
  const rows = await transaction.query<Row>(
    `SELECT c.kind, w.id, c.op, c.actor, c.request_id, c.changed_at, c.epoch, c.sequence, r.epoch AS release_epoch, r.sequence AS release_sequence, r.author, r.created_at
     FROM unnest($3::uuid[]) AS w (id)
     CROSS JOIN LATERAL (
       SELECT kind, op, actor, request_id, changed_at, epoch, sequence FROM changes
       WHERE id = w.id AND tenant_id = $1 AND gateway_id = $2 AND (epoch, sequence) <= ($4, $5) ORDER BY epoch DESC, sequence DESC LIMIT 1) c
     LEFT JOIN LATERAL (
       SELECT epoch, sequence, author, created_at FROM releases
       WHERE tenant_id = $1 AND gateway_id = $2 AND (epoch, sequence) >= (c.epoch, c.sequence) ORDER BY epoch, sequence LIMIT 1) r ON true
     ORDER BY c.epoch DESC, c.sequence DESC, c.kind, w.id`,
    [scope.tenantId, scope.gatewayId, ids, upTo.epoch, upTo.sequence],
  );
  return rows.map((row) => ({
    kind: row.kind, id: row.id, op: row.op, actor: row.actor, requestId: row.request_id, at: row.changed_at, version: { epoch: row.epoch, sequence: row.sequence },
    release: row.release_epoch === null || row.release_sequence === null || row.created_at === null ? undefined : { version: { epoch: row.release_epoch, sequence: row.release_sequence }, author: row.author ?? '', createdAt: row.created_at },
  }));
}
