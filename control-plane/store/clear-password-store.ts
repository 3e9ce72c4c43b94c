/**
 * Finds passwords that an earlier version kept sealed, in the clear, instead of their hash (`password_form` says which is which,
 * entity-record.ts). Asked by passwords/password-keeper.ts, which hashes them.
 */
import type { EntityKind } from '../../shared/model/definition.ts';
import type { EntityId } from '../../shared/model/ids.ts';
import type { Database } from './database.ts';
import { formName } from './entity-record.ts';
import type { GatewayScope } from './scope.ts';

export interface ClearPasswordStore {
  /** Every gateway that is there. */
  gateways(): Promise<readonly GatewayScope[]>;
  /** Some of a gateway's, by their ids, in order; those behind `after`. */
  listSome(scope: GatewayScope, after: EntityId | undefined): Promise<readonly EntityId[]>;
}

export const PASSWORD_KIND = 'basicauth_credentials' satisfies EntityKind;
const SOME = 20;
const FIRST = '00000000-0000-0000-0000-000000000000';

export function createClearPasswordStore(database: Database): ClearPasswordStore {
  return {
    gateways: () =>
      database.query<GatewayScope>({ role: 'holdfast_publisher', mode: 'snapshot' }, 'SELECT tenant_id AS "tenantId", id AS "gatewayId" FROM gateways WHERE deleted_at IS NULL ORDER BY tenant_id, id'),

    async listSome({ tenantId, gatewayId }, after) {
      const rows = await database.query<{ readonly id: EntityId }>(
        { role: 'holdfast_app', tenantId, mode: 'snapshot' },
        `SELECT id FROM entities WHERE (tenant_id, gateway_id, kind) = ($1, $2, $3) AND id > $4 AND control_plane_only ? 'password' AND NOT control_plane_only ? $5 ORDER BY id LIMIT ${SOME}`,
        [tenantId, gatewayId, PASSWORD_KIND, after ?? FIRST, formName('password')],
      );
      return rows.map(({ id }) => id);
    },
  };
}
