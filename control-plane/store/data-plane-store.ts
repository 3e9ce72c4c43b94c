/**
 * Data planes: enrolled with a join token, revoked by an operator, their state reported by sessions. What sessions write
 * goes through the publisher's role, everything else through the app's with the tenant set (T1).
 */
import type { Clock } from '../../shared/clock.ts';
import type { DataPlaneId } from '../../shared/model/ids.ts';
import { addAuditRow } from './audit-store.ts';
import { DATA_PLANE_COLUMNS, toDataPlane, type Certificate, type DataPlane, type DataPlaneRow } from './data-plane.ts';
import { writeReports, type SessionReport, type StoredReport } from './data-plane-reports.ts';
import { onlyRow, type Database, type Transaction } from './database.ts';
import { CHANGE_CHANNEL } from './entity-changes.ts';
import { findJoinToken, takeJoinTokenUse, type Labels } from './join-token-store.ts';
import type { Actor, GatewayScope } from './scope.ts';
import type { StoreProblem } from './store-problem.ts';
import { takeQuota } from './quota-store.ts';
import { holdOpenTenant } from './tenant-store.ts';

/** What a session needs to know of its data plane before it is welcomed. */
export interface FleetMember {
  readonly id: DataPlaneId;
  readonly labels: Labels;
  readonly isRevoked: boolean;
}

export interface NewDataPlane {
  readonly id: DataPlaneId;
  readonly hostname: string;
  readonly certificate: Certificate;
}

/** What a join token says about who joins with it. */
export interface Enrolment {
  readonly scope: GatewayScope;
  readonly labels: Labels;
}

export interface DataPlaneStore {
  /**
   * Takes a use of the join token and stores the data plane, both or neither. `makeDataPlane` signs its certificate and may
   * be called again after a conflict. Undefined where the token is unknown, expired, revoked or used up, or its gateway deleted.
   * Throws STORE_TENANT_CLOSED and STORE_QUOTA_USED_UP; the use of the token is not taken then.
   */
  enrol(joinTokenId: string, secret: Uint8Array, makeDataPlane: (enrolment: Enrolment) => Promise<NewDataPlane>): Promise<DataPlane | undefined>;
  /** In order of enrolment, revoked ones too. */
  list(scope: GatewayScope): Promise<readonly DataPlane[]>;
  get(scope: GatewayScope, id: DataPlaneId): Promise<DataPlane | undefined>;
  /** Of those of `ids` that there are. */
  hostnames(scope: GatewayScope, ids: readonly DataPlaneId[]): Promise<ReadonlyMap<DataPlaneId, string>>;
  /** Replaces all labels. Every control-plane instance hears of it (ChangeListener.onDataPlanesChanged). */
  setLabels(scope: GatewayScope, id: DataPlaneId, labels: Labels, actor: Actor): Promise<StoreProblem | undefined>;
  /** Idempotent. Every control-plane instance hears of it (ChangeListener.onDataPlanesChanged). */
  revoke(scope: GatewayScope, id: DataPlaneId, reason: string, actor: Actor): Promise<StoreProblem | undefined>;
  /** For sessions: the gateway's newest data planes, at most so many; or those of `ids` that there are. */
  members(scope: GatewayScope, wanted: { readonly limit: number } | { readonly ids: readonly DataPlaneId[] }): Promise<readonly FleetMember[]>;
  /** From sessions, at most one for each data plane; see writeReports. */
  report(reports: readonly SessionReport[]): Promise<readonly StoredReport[]>;
  /** After a renewal; false where there is no such data plane or it was revoked. */
  setCertificate(scope: GatewayScope, id: DataPlaneId, certificate: Certificate): Promise<boolean>;
}

const THIS_ONE = 'tenant_id = $1 AND gateway_id = $2 AND id = $3';

export function createDataPlaneStore(database: Database, clock: Clock): DataPlaneStore {
  const within = ({ tenantId }: GatewayScope, mode: 'snapshot' | 'write') => ({ role: 'holdfast_app', tenantId, mode }) as const;
  const session = { role: 'holdfast_publisher', mode: 'write' } as const;
  return {
    async enrol(joinTokenId, secret, makeDataPlane) {
      const now = new Date(clock.nowMs());
      const token = await findJoinToken(database, joinTokenId, secret, now);
      if (token === undefined) return undefined;
      const scope: GatewayScope = { tenantId: token.tenantId, gatewayId: token.gatewayId };
      return database.transaction(within(scope, 'write'), async (transaction) => {
        // Held, so that the gateway is not deleted meanwhile.
        const gateways = await transaction.query('SELECT FROM gateways WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL FOR KEY SHARE', [scope.tenantId, scope.gatewayId]);
        if (gateways.length === 0 || !(await holdOpenTenant(transaction, scope.tenantId)) || !(await takeJoinTokenUse(transaction, token, now))) return undefined;
        await takeQuota(transaction, scope.tenantId, 'data_planes');
        const { id, hostname, certificate } = await makeDataPlane({ scope, labels: token.labels });
        const rows = await transaction.query<DataPlaneRow>(
          `INSERT INTO data_planes (tenant_id, gateway_id, id, hostname, labels, join_token_id, certificate_serial, certificate_fingerprint, certificate_not_after, certificate_authority)
           VALUES ($1, $2, $3, $4, $5::jsonb, $6, $7, $8, $9, $10) RETURNING ${DATA_PLANE_COLUMNS}`,
          [scope.tenantId, scope.gatewayId, id, hostname, JSON.stringify(token.labels), token.id, certificate.serial, certificate.fingerprint, certificate.notAfter, certificate.authority ?? null],
        );
        const actor = { operatorId: null, name: `join token ${token.id}`, requestId: '', address: '' };
        await addAuditRow(transaction, { ...scope, actor, action: 'enrol', subjectKind: 'data_planes', subjectId: id, details: { hostname, serial: certificate.serial } });
        return toDataPlane(onlyRow(rows));
      });
    },

    async list(scope) {
      const rows = await database.query<DataPlaneRow>(within(scope, 'snapshot'), `SELECT ${DATA_PLANE_COLUMNS} FROM data_planes WHERE tenant_id = $1 AND gateway_id = $2 ORDER BY id`, [scope.tenantId, scope.gatewayId]);
      return rows.map(toDataPlane);
    },

    async get(scope, id) {
      const [row] = await database.query<DataPlaneRow>(within(scope, 'snapshot'), `SELECT ${DATA_PLANE_COLUMNS} FROM data_planes WHERE ${THIS_ONE}`, placeOf(scope, id));
      return row === undefined ? undefined : toDataPlane(row);
    },

    async hostnames(scope, ids) {
      const rows = await database.query<Pick<DataPlaneRow, 'id' | 'hostname'>>(within(scope, 'snapshot'), 'SELECT id, hostname FROM data_planes WHERE tenant_id = $1 AND gateway_id = $2 AND id = ANY($3)', [scope.tenantId, scope.gatewayId, ids]);
      return new Map(rows.map(({ id, hostname }) => [id, hostname]));
    },

    setLabels: (scope, id, labels, actor) =>
      database.transaction(within(scope, 'write'), async (transaction): Promise<StoreProblem | undefined> => {
        const rows = await transaction.query(`UPDATE data_planes SET labels = $4::jsonb WHERE ${THIS_ONE} RETURNING id`, [...placeOf(scope, id), JSON.stringify(labels)]);
        if (rows.length === 0) return { kind: 'not-found' };
        await addAuditRow(transaction, { ...scope, actor, action: 'update', subjectKind: 'data_planes', subjectId: id, details: { labels } });
        await announceFleetChange(transaction, scope);
        return undefined;
      }),

    revoke: (scope, id, reason, actor) =>
      database.transaction(within(scope, 'write'), async (transaction): Promise<StoreProblem | undefined> => {
        const [row] = await transaction.query<{ readonly revoked_at: Date | null }>(`SELECT revoked_at FROM data_planes WHERE ${THIS_ONE} FOR UPDATE`, placeOf(scope, id));
        if (row === undefined) return { kind: 'not-found' };
        if (row.revoked_at !== null) return undefined;
        await transaction.query(`UPDATE data_planes SET revoked_at = now(), revocation_reason = $4 WHERE ${THIS_ONE}`, [...placeOf(scope, id), reason]);
        await addAuditRow(transaction, { ...scope, actor, action: 'revoke', subjectKind: 'data_planes', subjectId: id, details: { reason } });
        await announceFleetChange(transaction, scope);
        return undefined;
      }),

    async members(scope, wanted) {
      const [choice, value] = 'ids' in wanted ? (['AND id = ANY($3)', wanted.ids] as const) : (['ORDER BY id DESC LIMIT $3', wanted.limit] as const);
      const rows = await database.query<Pick<DataPlaneRow, 'id' | 'labels' | 'revoked_at'>>(
        { role: 'holdfast_publisher', mode: 'snapshot' },
        `SELECT id, labels, revoked_at FROM data_planes WHERE tenant_id = $1 AND gateway_id = $2 ${choice}`,
        [scope.tenantId, scope.gatewayId, value],
      );
      return rows.map(({ id, labels, revoked_at }) => ({ id, labels, isRevoked: revoked_at !== null }));
    },

    report: (reports) => writeReports(database, reports),

    async setCertificate(scope, id, certificate) {
      const rows = await database.query(
        session,
        `UPDATE data_planes SET certificate_serial = $4, certificate_fingerprint = $5, certificate_not_after = $6, certificate_authority = $7 WHERE ${THIS_ONE} AND revoked_at IS NULL RETURNING id`,
        [...placeOf(scope, id), certificate.serial, certificate.fingerprint, certificate.notAfter, certificate.authority ?? null],
      );
      return rows.length === 1;
    },
  };
}

/** The last statement of its transaction: the gateway's row is the one that every write of the gateway needs. */
async function announceFleetChange(transaction: Transaction, scope: GatewayScope): Promise<void> {
  await transaction.query(`UPDATE gateways SET fleet_revision = fleet_revision + 1 WHERE tenant_id = $1 AND id = $2 RETURNING pg_notify('${CHANGE_CHANNEL}', $2::text)`, [scope.tenantId, scope.gatewayId]);
}

function placeOf(scope: GatewayScope, id: DataPlaneId) {
  return [scope.tenantId, scope.gatewayId, id] as const;
}
