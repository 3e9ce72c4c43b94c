/**
 * Whose data a query may touch, and who asks. Every call into the store carries a scope; transaction.ts turns it into
 * the tenant of the transaction (T1).
 */
import type { GatewayId, OperatorId, TenantId } from '../../shared/model/ids.ts';

export interface GatewayScope {
  readonly tenantId: TenantId;
  readonly gatewayId: GatewayId;
}

/** Who caused a write: goes into change rows and the audit. */
export interface Actor {
  /** Null for the control plane itself and for development mode. */
  readonly operatorId: OperatorId | null;
  readonly name: string;
  readonly requestId: string;
  /** Where the request came from; '' for the control plane itself. */
  readonly address: string;
}

/** The control plane acting on its own (first start, expiry). */
export const CONTROL_PLANE_ACTOR: Actor = { operatorId: null, name: 'control-plane', requestId: '', address: '' };
