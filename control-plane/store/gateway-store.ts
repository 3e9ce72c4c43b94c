/**
 * Gateways: created with their content key, renamed, deleted when empty. A deleted gateway's history stays, and its id is
 * never used again.
 */
import type { Clock } from '../../shared/clock.ts';
import { newId, type GatewayId, type TenantId } from '../../shared/model/ids.ts';
import type { ConfigVersion } from '../../shared/model/version.ts';
import { addAuditRow } from './audit-store.ts';
import { onlyRow, type Database, type SqlValue, type Transaction, type TransactionOptions } from './database.ts';
import { isDuplicate } from './database-error.ts';
import { CHANGE_CHANNEL } from './entity-changes.ts';
import { gatewayFrozen, type Freeze } from './gateway-freeze.ts';
import { refuseGatewayName } from './gateway-name.ts';
import type { Actor, GatewayScope } from './scope.ts';
import type { SecretKeys } from './secret-keys.ts';
import { storableText } from './storable-text.ts';
import type { Stored, StoreProblem } from './store-problem.ts';
import { takeQuota } from './quota-store.ts';
import { holdOpenTenant } from './tenant-store.ts';

export interface Gateway extends GatewayScope {
  readonly name: string;
  readonly createdAt: Date;
  /** Of the last committed change; sequence 0 before the first. */
  readonly head: ConfigVersion;
  /** While its configuration may not be written. */
  readonly frozen: Freeze | undefined;
}

export interface GatewayStore {
  /** With its first content key. */
  create(tenantId: TenantId, name: string, actor: Actor): Promise<Stored<Gateway>>;
  /** In order of creation. */
  list(tenantId: TenantId): Promise<readonly Gateway[]>;
  get(scope: GatewayScope): Promise<Gateway | undefined>;
  findByName(tenantId: TenantId, name: string): Promise<Gateway | undefined>;
  /** Whose a gateway is, for the publisher and sessions. */
  findById(gatewayId: GatewayId): Promise<Gateway | undefined>;
  /** Throws STORE_GATEWAY_FROZEN. */
  rename(scope: GatewayScope, name: string, actor: Actor): Promise<Stored<Gateway>>;
  /** Refuses every write of its configuration from now on. Throws STORE_GATEWAY_FROZEN where somebody else was first. */
  freeze(scope: GatewayScope, reason: string, actor: Actor): Promise<Stored<Gateway>>;
  /** Idempotent. */
  unfreeze(scope: GatewayScope, actor: Actor): Promise<Stored<Gateway>>;
  /** Only without entities and unrevoked data planes, and not frozen. Its history stays. */
  delete(scope: GatewayScope, actor: Actor): Promise<StoreProblem | undefined>;
}

interface Row {
  readonly tenant_id: TenantId;
  readonly id: GatewayId;
  readonly name: string;
  readonly created_at: Date;
  readonly epoch: number;
  readonly head_sequence: number;
  readonly frozen_at: Date | null;
  readonly frozen_by: string | null;
  readonly frozen_reason: string | null;
}

const COLUMNS = 'tenant_id, id, name, created_at, epoch, head_sequence, frozen_at, frozen_by, frozen_reason';

export function createGatewayStore(database: Database, keys: SecretKeys, clock: Clock): GatewayStore {
  const within = (tenantId: TenantId, mode: 'snapshot' | 'write') => ({ role: 'holdfast_app', tenantId, mode }) as const;
  const select = async (options: TransactionOptions, condition: string, values: readonly SqlValue[]): Promise<readonly Gateway[]> =>
    (await database.query<Row>(options, `SELECT ${COLUMNS} FROM gateways WHERE ${condition} AND deleted_at IS NULL ORDER BY id`, values)).map(toGateway);
  return {
    async create(tenantId, name, actor) {
      const refusal = refuseGatewayName(name);
      if (refusal !== undefined) return { kind: 'name-refused', message: refusal };
      const gatewayId = newId<GatewayId>(clock.nowMs());
      return database.transaction(within(tenantId, 'write'), async (transaction): Promise<Stored<Gateway>> => {
        // Held, so that the tenant is not deleted meanwhile.
        if (!(await holdOpenTenant(transaction, tenantId))) return { kind: 'not-found' };
        await takeQuota(transaction, tenantId, 'gateways');
        const rows = await transaction.query<Row>(`INSERT INTO gateways (tenant_id, id, name) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING ${COLUMNS}`, [tenantId, gatewayId, name]);
        if (rows.length === 0) return taken(name);
        await keys.createContentKey(transaction, { tenantId, gatewayId });
        await audit(transaction, { tenantId, gatewayId }, actor, 'create', name);
        return { kind: 'stored', value: toGateway(onlyRow(rows)) };
      });
    },

    list: (tenantId) => select(within(tenantId, 'snapshot'), 'tenant_id = $1', [tenantId]),

    async get({ tenantId, gatewayId }) {
      const [gateway] = await select(within(tenantId, 'snapshot'), 'tenant_id = $1 AND id = $2', [tenantId, gatewayId]);
      return gateway;
    },

    async findByName(tenantId, name) {
      if (refuseGatewayName(name) !== undefined) return undefined;
      const [gateway] = await select(within(tenantId, 'snapshot'), 'tenant_id = $1 AND name = $2', [tenantId, name]);
      return gateway;
    },

    async findById(gatewayId) {
      const [gateway] = await select({ role: 'holdfast_publisher', mode: 'snapshot' }, 'id = $1', [gatewayId]);
      return gateway;
    },

    async rename(scope, name, actor) {
      const refusal = refuseGatewayName(name);
      if (refusal !== undefined) return { kind: 'name-refused', message: refusal };
      try {
        return await database.transaction(within(scope.tenantId, 'write'), async (transaction): Promise<Stored<Gateway>> => {
          const [row] = await transaction.query<Row>(`UPDATE gateways SET name = $3 WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL RETURNING ${COLUMNS}`, [scope.tenantId, scope.gatewayId, name]);
          if (row === undefined) return { kind: 'not-found' };
          refuseFrozen(row);
          await audit(transaction, scope, actor, 'rename', name);
          return { kind: 'stored', value: toGateway(row) };
        });
      } catch (thrown) {
        if (isDuplicate(thrown)) return taken(name);
        throw thrown;
      }
    },

    freeze: (scope, reason, actor) =>
      database.transaction(within(scope.tenantId, 'write'), async (transaction): Promise<Stored<Gateway>> => {
        const [held] = await transaction.query<Row>(`SELECT ${COLUMNS} FROM gateways WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL FOR NO KEY UPDATE`, [scope.tenantId, scope.gatewayId]);
        if (held === undefined) return { kind: 'not-found' };
        refuseFrozen(held);
        const rows = await transaction.query<Row>(
          `UPDATE gateways SET frozen_at = now(), frozen_by = $3, frozen_reason = $4 WHERE tenant_id = $1 AND id = $2 RETURNING ${COLUMNS}`,
          [scope.tenantId, scope.gatewayId, actor.name, storableText(reason)],
        );
        await addAuditRow(transaction, { ...scope, actor, action: 'freeze', subjectKind: 'gateways', subjectId: scope.gatewayId, details: { name: held.name, reason: storableText(reason) } });
        return { kind: 'stored', value: toGateway(onlyRow(rows)) };
      }),

    unfreeze: (scope, actor) =>
      database.transaction(within(scope.tenantId, 'write'), async (transaction): Promise<Stored<Gateway>> => {
        const [row] = await transaction.query<Row>(`SELECT ${COLUMNS} FROM gateways WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL FOR NO KEY UPDATE`, [scope.tenantId, scope.gatewayId]);
        if (row === undefined) return { kind: 'not-found' };
        if (row.frozen_at === null) return { kind: 'stored', value: toGateway(row) };
        const rows = await transaction.query<Row>(`UPDATE gateways SET frozen_at = NULL, frozen_by = NULL, frozen_reason = NULL WHERE tenant_id = $1 AND id = $2 RETURNING ${COLUMNS}`, [scope.tenantId, scope.gatewayId]);
        await audit(transaction, scope, actor, 'unfreeze', row.name);
        return { kind: 'stored', value: toGateway(onlyRow(rows)) };
      }),

    delete: (scope, actor) =>
      database.transaction(within(scope.tenantId, 'write'), async (transaction): Promise<StoreProblem | undefined> => {
        const place = [scope.tenantId, scope.gatewayId];
        const [row] = await transaction.query<Row>(`SELECT ${COLUMNS} FROM gateways WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL FOR UPDATE`, place);
        if (row === undefined) return { kind: 'not-found' };
        refuseFrozen(row);
        const entities = await transaction.query<{ readonly kind: string }>('SELECT kind FROM entities WHERE tenant_id = $1 AND gateway_id = $2 LIMIT 1', place);
        if (entities[0] !== undefined) return { kind: 'not-empty', message: `gateway "${row.name}" still has ${entities[0].kind}; delete its configuration first` };
        const dataPlanes = await transaction.query<{ readonly id: string }>('SELECT id FROM data_planes WHERE tenant_id = $1 AND gateway_id = $2 AND revoked_at IS NULL LIMIT 1', place);
        if (dataPlanes[0] !== undefined) return { kind: 'not-empty', message: `gateway "${row.name}" still has the data plane ${dataPlanes[0].id}; revoke its data planes first` };
        await transaction.query(`UPDATE gateways SET deleted_at = now() WHERE tenant_id = $1 AND id = $2 RETURNING pg_notify('${CHANGE_CHANNEL}', $2::text)`, place);
        await audit(transaction, scope, actor, 'delete', row.name);
        return undefined;
      }),
  };
}

function audit(transaction: Transaction, scope: GatewayScope, actor: Actor, action: string, name: string): Promise<void> {
  return addAuditRow(transaction, { ...scope, actor, action, subjectKind: 'gateways', subjectId: scope.gatewayId, details: { name } });
}

function taken(name: string): StoreProblem {
  return { kind: 'name-refused', message: `must be unique: "${name}" is taken` };
}

function refuseFrozen(row: Row): void {
  const { name, frozen } = toGateway(row);
  if (frozen !== undefined) throw gatewayFrozen(name, frozen);
}

function toGateway(row: Row): Gateway {
  return {
    tenantId: row.tenant_id, gatewayId: row.id, name: row.name, createdAt: row.created_at, head: { epoch: row.epoch, sequence: row.head_sequence },
    frozen: row.frozen_at === null || row.frozen_by === null || row.frozen_reason === null ? undefined : { at: row.frozen_at, by: row.frozen_by, reason: row.frozen_reason },
  };
}
