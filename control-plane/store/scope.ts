/**
 * Whose data a query may touch, and who asks. Every call into the store carries a scope; transaction.ts turns it into
 * the tenant of the transaction (T1).
 */
import type { GatewayId, OperatorId, TenantId } from '../../shared/model/ids.ts';
import { EVERY_ENTITY, type EntityAccess } from '../access/policy.ts';

export interface GatewayScope {
  readonly tenantId: TenantId;
  readonly gatewayId: GatewayId;
}

/** A gateway as somebody in particular may see and write its entities: what they may not see is not there for them. */
export interface EntityScope extends GatewayScope {
  readonly access: EntityAccess;
}

/** For the control plane itself, and for tests: no person asks. */
export function withEveryEntity({ tenantId, gatewayId }: GatewayScope): EntityScope {
  return { tenantId, gatewayId, access: EVERY_ENTITY };
}

/** Who caused a write: goes into change rows and the audit. */
export interface Actor {
  /** Null for the control plane itself and for development mode. */
  readonly operatorId: OperatorId | null;
  readonly name: string;
  readonly requestId: string;
  /** Where the request came from; '' for the control plane itself. */
  readonly address: string;
  /** What kind of caller, for the audit; an operator where there is an operator id, else the control plane. */
  readonly kind?: ActorKind;
  /** What it showed: `token:<id>` or `session:<id>`. Never the secret itself. */
  readonly credential?: string;
}

export type ActorKind = 'operator' | 'service-account' | 'control-plane' | 'development' | 'unknown';

/** The control plane acting on its own (first start, expiry). */
export const CONTROL_PLANE_ACTOR: Actor = { operatorId: null, name: 'control-plane', requestId: '', address: '' };
