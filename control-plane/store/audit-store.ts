/**
 * Reading the append-only audit. Rows are written by whatever changes something, in the same transaction.
 */
import type { JsonObject } from '../../shared/model/definition.ts';
import type { GatewayId, OperatorId, TenantId } from '../../shared/model/ids.ts';
import type { ConfigVersion } from '../../shared/model/version.ts';

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
  /** Newest first; `before` is the id of the last row of the page before. */
  list(tenantId: TenantId, options: { readonly gatewayId?: GatewayId; readonly limit: number; readonly before?: number }): Promise<readonly AuditRow[]>;
}
