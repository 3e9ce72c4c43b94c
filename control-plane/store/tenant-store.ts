/**
 * Tenants and gateways: created with their keys, renamed, deleted when empty. Every change has an audit row.
 */
import type { GatewayId, TenantId } from '../../shared/model/ids.ts';
import type { ConfigVersion } from '../../shared/model/version.ts';
import type { Actor, GatewayScope } from './scope.ts';
import type { Stored, StoreProblem } from './store-problem.ts';

export interface Tenant {
  readonly id: TenantId;
  readonly name: string;
  readonly createdAt: Date;
}

export interface Gateway extends GatewayScope {
  readonly name: string;
  readonly createdAt: Date;
  /** Of the last committed change; sequence 0 before the first. */
  readonly head: ConfigVersion;
}

export interface TenantStore {
  create(name: string, actor: Actor): Promise<Stored<Tenant>>;
  /** All tenants of the installation: only for an installation admin. */
  list(): Promise<readonly Tenant[]>;
  get(tenantId: TenantId): Promise<Tenant | undefined>;
  findByName(name: string): Promise<Tenant | undefined>;
  rename(tenantId: TenantId, name: string, actor: Actor): Promise<Stored<Tenant>>;
  /** Only without gateways. */
  delete(tenantId: TenantId, actor: Actor): Promise<StoreProblem | undefined>;
}

export interface GatewayStore {
  /** With its first content key. */
  create(tenantId: TenantId, name: string, actor: Actor): Promise<Stored<Gateway>>;
  list(tenantId: TenantId): Promise<readonly Gateway[]>;
  get(scope: GatewayScope): Promise<Gateway | undefined>;
  findByName(tenantId: TenantId, name: string): Promise<Gateway | undefined>;
  /** Whose a gateway is, for the publisher and sessions. */
  findById(gatewayId: GatewayId): Promise<Gateway | undefined>;
  rename(scope: GatewayScope, name: string, actor: Actor): Promise<Stored<Gateway>>;
  /** Only without entities and unrevoked data planes. Its history stays. */
  delete(scope: GatewayScope, actor: Actor): Promise<StoreProblem | undefined>;
}
