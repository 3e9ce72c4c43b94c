/**
 * The append-only audit: whatever changes something adds its row in the same transaction (entity writes add theirs in
 * entity-changes.ts); read by the admin API.
 */
import type { JsonObject } from '../../shared/model/definition.ts';
import type { GatewayId, OperatorId, TenantId } from '../../shared/model/ids.ts';
import type { ConfigVersion } from '../../shared/model/version.ts';
import type { Database, SqlValue, Transaction } from './database.ts';
import type { Actor } from './scope.ts';

export interface AuditRow {
  readonly id: number;
  readonly gatewayId: GatewayId | undefined;
  readonly at: Date;
  readonly operatorId: OperatorId | undefined;
  readonly actor: string;
  readonly address: string;
  readonly requestId: string;
  /** `create`, `update`, `delete`, `revoke`… */
  readonly action: string;
  readonly subjectKind: string;
  readonly subjectId: string;
  readonly version: ConfigVersion | undefined;
  readonly details: JsonObject;
}

export interface AuditStore {
  /** For what changed nothing and is still to be known: a refused write. Everything else adds its row where it changes something. */
  add(entry: AuditEntry): Promise<void>;
  /** Newest first; `before` is the id of the last row of the page before. */
  list(tenantId: TenantId, options: { readonly gatewayId?: GatewayId; readonly limit: number; readonly before?: number }): Promise<readonly AuditRow[]>;
}

export interface AuditEntry {
  readonly tenantId: TenantId;
  readonly gatewayId?: GatewayId;
  readonly actor: Actor;
  readonly action: string;
  readonly subjectKind: string;
  readonly subjectId: string;
  /** No secrets. */
  readonly details?: JsonObject;
}

/** Adds a row to the transaction that does what it tells of. */
export async function addAuditRow(transaction: Transaction, entry: AuditEntry): Promise<void> {
  await transaction.query(
    `INSERT INTO audit (tenant_id, gateway_id, operator_id, actor, address, request_id, action, subject_kind, subject_id, details)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::jsonb)`,
    [
      entry.tenantId, entry.gatewayId ?? null, entry.actor.operatorId, entry.actor.name, entry.actor.address, entry.actor.requestId,
      entry.action, entry.subjectKind, entry.subjectId, JSON.stringify(entry.details ?? {}),
    ],
  );
}

interface Row {
  readonly id: number;
  readonly gateway_id: GatewayId | null;
  readonly at: Date;
  readonly operator_id: OperatorId | null;
  readonly actor: string;
  readonly address: string;
  readonly request_id: string;
  readonly action: string;
  readonly subject_kind: string;
  readonly subject_id: string;
  readonly epoch: number | null;
  readonly sequence: number | null;
  readonly details: JsonObject;
}

export function createAuditStore(database: Database): AuditStore {
  return {
    add: (entry) => database.transaction({ role: 'holdfast_app', tenantId: entry.tenantId, mode: 'write' }, (transaction) => addAuditRow(transaction, entry)),

    async list(tenantId, { gatewayId, limit, before }) {
      const values: SqlValue[] = [tenantId, limit];
      // Only what was asked for, so that the index leads to the page.
      const ofGateway = gatewayId === undefined ? '' : `AND gateway_id = $${values.push(gatewayId)}`;
      const older = before === undefined ? '' : `AND id < $${values.push(before)}`;
      const rows = await database.query<Row>(
        { role: 'holdfast_app', tenantId, mode: 'snapshot' },
        `SELECT id, gateway_id, at, operator_id, actor, address, request_id, action, subject_kind, subject_id, epoch, sequence, details
         FROM audit WHERE tenant_id = $1 ${ofGateway} ${older} ORDER BY id DESC LIMIT $2`,
        values,
      );
      return rows.map((row) => ({
        id: row.id,
        gatewayId: row.gateway_id ?? undefined,
        at: row.at,
        operatorId: row.operator_id ?? undefined,
        actor: row.actor,
        address: row.address,
        requestId: row.request_id,
        action: row.action,
        subjectKind: row.subject_kind,
        subjectId: row.subject_id,
        version: row.epoch === null || row.sequence === null ? undefined : { epoch: row.epoch, sequence: row.sequence },
        details: row.details,
      }));
    },
  };
}
