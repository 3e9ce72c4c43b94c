/**
 * The data planes of a gateway page by page, chosen by labels, each with the time of the release it serves. Read by the admin
 * API with the app's role and the tenant set (T1).
 */
import type { DataPlaneId } from '../../shared/model/ids.ts';
import { COLUMNS_BUT_QUARANTINED, toDataPlane, type DataPlane, type DataPlaneRow } from './data-plane.ts';
import type { Database } from './database.ts';
import { selectorCondition, selectorValues, type LabelSelector } from './label-selector.ts';
import type { GatewayScope } from './scope.ts';

export interface ListedDataPlane extends DataPlane {
  /** When the version that it applied was published; undefined where that release is not kept any more. */
  readonly appliedReleasedAt: Date | undefined;
  /** Of `quarantined` a list has the first ones alone (R5). */
  readonly quarantinedCount: number;
}

export interface FleetPageStore {
  /** In order of enrolment, revoked ones too; `after` is the id of the page before's last. */
  list(scope: GatewayScope, options: { readonly selector: LabelSelector; readonly limit: number; readonly after?: DataPlaneId }): Promise<readonly ListedDataPlane[]>;
  get(scope: GatewayScope, id: DataPlaneId): Promise<ListedDataPlane | undefined>;
}

interface Row extends DataPlaneRow {
  readonly released_at: Date | null;
  readonly quarantined_count: number;
}

/** Quarantined entities of each data plane that a list names. */
export const QUARANTINED_LISTED = 20;
/** `quarantined` is an expression: all of it, or part. */
const select = (quarantined: string): string => `SELECT ${COLUMNS_BUT_QUARANTINED}, ${quarantined} AS quarantined, jsonb_array_length(quarantined) AS quarantined_count, (
    SELECT created_at FROM releases
    WHERE tenant_id = data_planes.tenant_id AND gateway_id = data_planes.gateway_id AND epoch = applied_epoch AND sequence = applied_sequence) AS released_at
  FROM data_planes WHERE tenant_id = $1 AND gateway_id = $2`;
const SELECT_LISTED = select(`jsonb_path_query_array(quarantined, '$[0 to ${QUARANTINED_LISTED - 1}]')`);
const SELECT_WHOLE = select('quarantined');
const BEFORE_ALL = '00000000-0000-0000-0000-000000000000';

export function createFleetPageStore(database: Database): FleetPageStore {
  return {
    async list(scope, { selector, limit, after }) {
      const rows = await database.query<Row>(
        { role: 'holdfast_app', tenantId: scope.tenantId, mode: 'snapshot' },
        `${SELECT_LISTED} AND id > $3 AND ${selectorCondition(5)} ORDER BY id LIMIT $4`,
        [scope.tenantId, scope.gatewayId, after ?? BEFORE_ALL, limit, ...selectorValues(selector)],
      );
      return rows.map(toListed);
    },

    async get(scope, id) {
      const [row] = await database.query<Row>({ role: 'holdfast_app', tenantId: scope.tenantId, mode: 'snapshot' }, `${SELECT_WHOLE} AND id = $3`, [scope.tenantId, scope.gatewayId, id]);
      return row === undefined ? undefined : toListed(row);
    },
  };
}

function toListed(row: Row): ListedDataPlane {
  return { ...toDataPlane(row), appliedReleasedAt: row.released_at ?? undefined, quarantinedCount: row.quarantined_count };
}
