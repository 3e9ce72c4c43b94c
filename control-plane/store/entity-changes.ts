/**
 * The end of every write: change rows, audit rows and the gateway's next sequence in one last statement, sent together
 * with COMMIT. The head row stays locked from that statement to the commit, so commit order is version order, and no
 * longer. Called by entity-writer.ts.
 */
import type { EntityKind, JsonObject } from '../../shared/model/definition.ts';
import type { EntityId } from '../../shared/model/ids.ts';
import type { ConfigVersion } from '../../shared/model/version.ts';
import { auditChanges } from './audit-changes.ts';
import { callerColumns } from './audit-store.ts';
import { refuseUnpermitted } from './change-permissions.ts';
import { onlyRow, type SqlValue, type Transaction } from './database.ts';
import { frozenRefusal, isGatewayGone, isRevocation } from './gateway-freeze.ts';
import type { Actor, EntityScope, GatewayScope } from './scope.ts';
import { gatewayUnknown } from './secret-keys.ts';

export interface EntityChange {
  readonly kind: EntityKind;
  readonly id: EntityId;
  readonly action: 'create' | 'update' | 'delete';
  /** What it needs the permission for, where that is not the action. */
  readonly verb?: 'create' | 'update' | 'delete' | 'switch';
  readonly before: Uint8Array | undefined;
  readonly after: Uint8Array | undefined;
  /** What was stored beside `before`: secrets as envelopes. Absent where there was nothing. */
  readonly privateBefore?: JsonObject;
}

/** The channel of LISTEN; its payload is a gateway id and nothing else. */
export const CHANGE_CHANNEL = 'holdfast_changes';

export interface CommitOptions {
  /** Also where the gateway is frozen. */
  readonly whileFrozen?: boolean;
  /** Done and undone: refused for whatever a real one would be. Takes no sequence. */
  readonly dryRun?: boolean;
}

/**
 * Undefined where nothing that is published changed: such a write takes no sequence. Every write of entities comes through
 * here, so here the caller's permissions are asked for. Throws STORE_CHANGE_NOT_PERMITTED, STORE_GATEWAY_UNKNOWN, and
 * STORE_GATEWAY_FROZEN unless the write only revokes or may pass (`whileFrozen`).
 */
export async function commitChanges(transaction: Transaction, scope: EntityScope, actor: Actor, changes: readonly EntityChange[], { whileFrozen = false, dryRun = false }: CommitOptions = {}): Promise<ConfigVersion | undefined> {
  if (dryRun) transaction.abandon();
  if (changes.length === 0) return undefined;
  await refuseUnpermitted(transaction, scope, changes);
  try {
    const version = await sendChanges(transaction, scope, actor, changes, { whileFrozen: whileFrozen || isRevocation(changes), dryRun });
    return dryRun ? undefined : version;
  } catch (thrown) {
    throw frozenRefusal(thrown) ?? (isGatewayGone(thrown) ? gatewayUnknown(scope) : thrown);
  }
}

async function sendChanges(transaction: Transaction, scope: GatewayScope, actor: Actor, changes: readonly EntityChange[], { whileFrozen, dryRun }: Required<CommitOptions>): Promise<ConfigVersion | undefined> {
  const send = <Row extends object>(text: string, values: readonly SqlValue[]): Promise<readonly Row[]> => (dryRun ? transaction.query<Row>(text, values) : transaction.commitWith<Row>(text, values));
  const published = changes.filter(isPublished);
  const audit = [changes.map(({ action }) => action), changes.map(({ kind }) => kind), changes.map(({ id }) => id)] as const;
  const audited = [...callerColumns(actor), changes.map(({ kind, before, after }) => auditChanges(kind, before, after))] as const;
  const who = [scope.tenantId, scope.gatewayId, actor.operatorId, actor.name, actor.address, actor.requestId] as const;
  if (published.length === 0) {
    await send(
      // Held, so that it is not frozen meanwhile.
      `WITH held AS (SELECT FROM gateways WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL AND (frozen_at IS NULL OR $10) FOR SHARE)
       INSERT INTO audit (tenant_id, gateway_id, operator_id, actor, address, request_id, action, subject_kind, subject_id, actor_kind, credential, changed)
       SELECT $1, $2, $3, $4, $5, $6, a.action, a.kind, a.id, $11, $12, a.changed::jsonb FROM unnest($7::text[], $8::text[], $9::text[], $13::text[]) AS a (action, kind, id, changed)
       WHERE EXISTS (SELECT FROM held) OR refuse_write($1, $2) > 0`,
      [...who, ...audit, whileFrozen, ...audited],
    );
    return undefined;
  }
  const rows = await send<ConfigVersion>(
    `WITH head AS (
       UPDATE gateways SET head_sequence = head_sequence + 1
       WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL AND (frozen_at IS NULL OR $14) RETURNING epoch, head_sequence AS sequence),
     changed AS (
       INSERT INTO changes (tenant_id, gateway_id, epoch, sequence, ordinal, kind, id, op, bytes_before, bytes_after, private_before, actor_id, actor, request_id)
       SELECT $1, $2, coalesce((SELECT epoch FROM head), refuse_write($1, $2)), (SELECT sequence FROM head), c.ordinal, c.kind, c.id, CASE WHEN c.after IS NULL THEN 'delete' ELSE 'put' END, c.before, c.after, c.private::jsonb, $3, $4, $6
       FROM unnest($10::text[], $11::uuid[], $12::bytea[], $13::bytea[], $15::text[]) WITH ORDINALITY AS c (kind, id, before, after, private, ordinal)),
     audited AS (
       INSERT INTO audit (tenant_id, gateway_id, operator_id, actor, address, request_id, action, subject_kind, subject_id, epoch, sequence, actor_kind, credential, changed)
       SELECT $1, $2, $3, $4, $5, $6, a.action, a.kind, a.id, head.epoch, head.sequence, $16, $17, a.changed::jsonb
       FROM head, unnest($7::text[], $8::text[], $9::text[], $18::text[]) AS a (action, kind, id, changed))
     SELECT epoch, sequence, pg_notify('${CHANGE_CHANNEL}', $2::text) FROM head`,
    [
      ...who, ...audit,
      published.map((change) => change.kind), published.map((change) => change.id),
      published.map((change) => change.before ?? null), published.map((change) => change.after ?? null),
      whileFrozen,
      published.map(({ privateBefore }) => (privateBefore === undefined || Object.keys(privateBefore).length === 0 ? null : JSON.stringify(privateBefore))),
      ...audited,
    ],
  );
  const { epoch, sequence } = onlyRow(rows);
  return { epoch, sequence };
}

/** A change of control-plane-only fields leaves the published bytes as they are. */
function isPublished(change: EntityChange): boolean {
  return change.before === undefined || change.after === undefined || !Buffer.from(change.before).equals(change.after);
}
