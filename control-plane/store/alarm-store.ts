/**
 * Alarms: what an operator must know and nobody may overlook in a log. One open alarm for each (gateway, data plane, code),
 * counted while its condition lasts. Raised with the publisher's role, from sessions and the drift watch; read and cleared by
 * operators with the app's and the tenant set (T1). Almost everybody raises by control-plane/alarms/alarm-desk.ts instead.
 */
import type { Clock } from '../../shared/clock.ts';
import { newId, type DataPlaneId, type GatewayId, type TenantId } from '../../shared/model/ids.ts';
import { addAuditRow } from './audit-store.ts';
import type { Database, SqlValue, TransactionOptions } from './database.ts';
import type { Actor, GatewayScope } from './scope.ts';
import { storableText } from './storable-text.ts';

/** Which condition: at most one alarm is open for each. */
export interface AlarmSubject {
  /** As in ERRORS.md, under Alarms. */
  readonly code: string;
  /** Undefined where it is about the gateway as a whole. */
  readonly dataPlaneId: DataPlaneId | undefined;
}

export interface AlarmCondition extends AlarmSubject {
  /** For people; no secrets. The newest one is kept. */
  readonly detail: string;
}

export interface Alarm extends AlarmCondition, GatewayScope {
  readonly id: string;
  /** How often it was raised while open. */
  readonly times: number;
  readonly raisedAt: Date;
  readonly lastSeenAt: Date;
  readonly clearedAt: Date | undefined;
  /** An operator's name, or `control-plane` where the condition was over. */
  readonly clearedBy: string | undefined;
}

/** Without its detail: of all gateways there may be many (R5). */
export type OpenAlarm = AlarmSubject & GatewayScope & Pick<Alarm, 'lastSeenAt'>;

export interface AlarmStore {
  /** Opens it, or counts it `times` more. `full` where too many are open in the gateway: then nothing is stored. */
  raise(scope: GatewayScope, condition: AlarmCondition, times: number): Promise<'opened' | 'counted' | 'full'>;
  /** The condition is over. False where no such alarm was open. */
  settle(scope: GatewayScope, subject: AlarmSubject): Promise<boolean>;
  /** Of all gateways, for alarm-desk.ts. */
  listOpen(): Promise<readonly OpenAlarm[]>;
  /** For operators: open ones, and with `cleared` those too, of one data plane or all; the last raised first. `before` is the id of the page before's last. */
  list(scope: GatewayScope, options: { readonly cleared: boolean; readonly limit: number; readonly before?: string; readonly dataPlaneId?: DataPlaneId }): Promise<readonly Alarm[]>;
  get(scope: GatewayScope, id: string): Promise<Alarm | undefined>;
  /** An operator has seen to it; raised again, it is a new alarm. Idempotent. False where there is no such alarm. */
  clear(scope: GatewayScope, id: string, actor: Actor): Promise<boolean>;
}

/** Open alarms of a gateway (R5). */
export const MAXIMUM_OPEN_ALARMS = 1_000;
/** One more may be open: the one that tells of this bound. */
export const LIMIT_REACHED = { code: 'ALARM_LIMIT_REACHED', detail: 'more alarms are open than are kept for one gateway; clear some to see the others' } as const;
/** Cleared ones that are kept for each gateway. */
const MAXIMUM_CLEARED_ALARMS = 1_000;
const COLUMNS = 'tenant_id, gateway_id, id, code, data_plane_id, detail, times, raised_at, last_seen_at, cleared_at, cleared_by';
const BY_CONTROL_PLANE = 'control-plane';

interface Row {
  readonly tenant_id: TenantId;
  readonly gateway_id: GatewayId;
  readonly id: string;
  readonly code: string;
  readonly data_plane_id: DataPlaneId | null;
  readonly detail: string;
  readonly times: number;
  readonly raised_at: Date;
  readonly last_seen_at: Date;
  readonly cleared_at: Date | null;
  readonly cleared_by: string | null;
}

export function createAlarmStore(database: Database, clock: Clock): AlarmStore {
  const now = (): Date => new Date(clock.nowMs());
  const publisher = (mode: TransactionOptions['mode']): TransactionOptions => ({ role: 'holdfast_publisher', mode });
  const app = ({ tenantId }: GatewayScope, mode: TransactionOptions['mode']): TransactionOptions => ({ role: 'holdfast_app', tenantId, mode });
  return {
    async raise(scope, { code, dataPlaneId, detail }, times) {
      const [stored] = await database.query<{ readonly opened: boolean }>(
        publisher('write'),
        `INSERT INTO alarms AS a (tenant_id, gateway_id, id, code, data_plane_id, detail, times, raised_at, last_seen_at)
         SELECT $1, $2, $3, $4, $5, $6, $7, $8, $8
         WHERE (SELECT count(*) < $9 OR bool_or(code = $4 AND data_plane_id IS NOT DISTINCT FROM $5::uuid) FROM alarms WHERE tenant_id = $1 AND gateway_id = $2 AND cleared_at IS NULL)
         ON CONFLICT (tenant_id, gateway_id, code, data_plane_id) WHERE cleared_at IS NULL
         DO UPDATE SET times = a.times + excluded.times, last_seen_at = excluded.last_seen_at, detail = excluded.detail
         RETURNING a.id = $3 AS opened`,
        [scope.tenantId, scope.gatewayId, newId(clock.nowMs()), code, dataPlaneId ?? null, storableText(detail), times, now(), code === LIMIT_REACHED.code ? MAXIMUM_OPEN_ALARMS + 1 : MAXIMUM_OPEN_ALARMS],
      );
      return stored === undefined ? 'full' : stored.opened ? 'opened' : 'counted';
    },

    settle: (scope, { code, dataPlaneId }) =>
      database.transaction(publisher('write'), async (transaction) => {
        const rows = await transaction.query(
          `UPDATE alarms SET cleared_at = $5, cleared_by = '${BY_CONTROL_PLANE}'
           WHERE tenant_id = $1 AND gateway_id = $2 AND code = $3 AND data_plane_id IS NOT DISTINCT FROM $4::uuid AND cleared_at IS NULL RETURNING id`,
          [scope.tenantId, scope.gatewayId, code, dataPlaneId ?? null, now()],
        );
        if (rows.length > 0) await transaction.query(FORGET_OLD_ONES, [scope.tenantId, scope.gatewayId]);
        return rows.length > 0;
      }),

    async listOpen() {
      const rows = await database.query<Pick<Row, 'tenant_id' | 'gateway_id' | 'code' | 'data_plane_id' | 'last_seen_at'>>(
        publisher('snapshot'), 'SELECT tenant_id, gateway_id, code, data_plane_id, last_seen_at FROM alarms WHERE cleared_at IS NULL');
      return rows.map((row) => ({ tenantId: row.tenant_id, gatewayId: row.gateway_id, code: row.code, dataPlaneId: row.data_plane_id ?? undefined, lastSeenAt: row.last_seen_at }));
    },

    async list(scope, { cleared, limit, before, dataPlaneId }) {
      const values: SqlValue[] = [scope.tenantId, scope.gatewayId, limit];
      const older = before === undefined ? '' : `AND id < $${values.push(before)}`;
      const ofOne = dataPlaneId === undefined ? '' : `AND data_plane_id = $${values.push(dataPlaneId)}`;
      const rows = await database.query<Row>(
        app(scope, 'snapshot'),
        `SELECT ${COLUMNS} FROM alarms WHERE tenant_id = $1 AND gateway_id = $2 ${cleared ? '' : 'AND cleared_at IS NULL'} ${older} ${ofOne} ORDER BY id DESC LIMIT $3`,
        values,
      );
      return rows.map(toAlarm);
    },

    async get(scope, id) {
      const [row] = await database.query<Row>(app(scope, 'snapshot'), `SELECT ${COLUMNS} FROM alarms WHERE tenant_id = $1 AND gateway_id = $2 AND id = $3`, [scope.tenantId, scope.gatewayId, id]);
      return row === undefined ? undefined : toAlarm(row);
    },

    clear: (scope, id, actor) =>
      database.transaction(app(scope, 'write'), async (transaction) => {
        const [row] = await transaction.query<Pick<Row, 'code' | 'data_plane_id' | 'cleared_at'>>(
          'SELECT code, data_plane_id, cleared_at FROM alarms WHERE tenant_id = $1 AND gateway_id = $2 AND id = $3 FOR UPDATE', [scope.tenantId, scope.gatewayId, id]);
        if (row === undefined) return false;
        if (row.cleared_at !== null) return true;
        await transaction.query('UPDATE alarms SET cleared_at = $4, cleared_by = $5 WHERE tenant_id = $1 AND gateway_id = $2 AND id = $3', [scope.tenantId, scope.gatewayId, id, now(), actor.name]);
        await transaction.query(FORGET_OLD_ONES, [scope.tenantId, scope.gatewayId]);
        await addAuditRow(transaction, { ...scope, actor, action: 'clear', subjectKind: 'alarms', subjectId: id, details: { code: row.code, data_plane_id: row.data_plane_id } });
        return true;
      }),
  };
}

const FORGET_OLD_ONES = `DELETE FROM alarms WHERE tenant_id = $1 AND gateway_id = $2 AND cleared_at <= (
  SELECT cleared_at FROM alarms WHERE tenant_id = $1 AND gateway_id = $2 AND cleared_at IS NOT NULL ORDER BY cleared_at DESC OFFSET ${MAXIMUM_CLEARED_ALARMS} LIMIT 1)`;

function toAlarm(row: Row): Alarm {
  return {
    tenantId: row.tenant_id,
    gatewayId: row.gateway_id,
    id: row.id,
    code: row.code,
    dataPlaneId: row.data_plane_id ?? undefined,
    detail: row.detail,
    times: row.times,
    raisedAt: row.raised_at,
    lastSeenAt: row.last_seen_at,
    clearedAt: row.cleared_at ?? undefined,
    clearedBy: row.cleared_by ?? undefined,
  };
}
