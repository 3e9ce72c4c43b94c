/**
 * What sessions learn of their data planes, written for many of them in one statement. A report counts only where no
 * later session of the data plane has reported, here or at another control-plane instance. With the publisher's role,
 * which sees every tenant's rows and writes nothing of the configuration. Called by sync/report-writer.ts.
 */
import type { DataPlaneId } from '../../shared/model/ids.ts';
import type { ConfigVersion } from '../../shared/model/version.ts';
import type { QuarantinedEntity, Rejection } from './data-plane.ts';
import type { Database } from './database.ts';
import type { GatewayScope } from './scope.ts';
import { storableHealth, type HealthReport } from './health-report.ts';
import { storableText } from './storable-text.ts';

/** What a session learned; absent fields stay as they are. */
export interface DataPlaneReport {
  readonly connected?: boolean;
  readonly lastSeenAt?: Date;
  readonly hostname?: string;
  readonly softwareVersion?: string;
  /** UUID of the process's start; at the beginning of a session. */
  readonly bootId?: string;
  readonly desired?: { readonly version: ConfigVersion; readonly at: Date };
  /** What it said at Hello to be serving. Where the store has just that already, what it had quarantined of it stays. */
  readonly active?: { readonly version: ConfigVersion; readonly root: Uint8Array; readonly at: Date };
  /** Clears the rejection of this and older versions. */
  readonly applied?: AppliedReport;
  /** The first of its reasons are kept. */
  readonly rejection?: Rejection;
  /**
   * What it says it accepted, where that is newer than all that this control plane knows of; kept where the database does not
   * either (ahead-store.ts).
   */
  readonly ahead?: AheadClaim;
  /** Takes the place of what it said before of its targets (health-store.ts). */
  readonly health?: HealthReport;
}

export interface AppliedReport {
  readonly version: ConfigVersion;
  readonly root: Uint8Array;
  readonly at: Date;
  readonly tookMs: number | undefined;
  readonly quarantined: readonly QuarantinedEntity[];
  /** It served that before: where the store has just that already, only what is quarantined is news. */
  readonly already?: boolean;
}

export interface AheadClaim {
  readonly version: ConfigVersion;
  /** It showed a manifest of that version which this installation signed. */
  readonly isProved: boolean;
}

export interface SessionReport extends GatewayScope {
  readonly dataPlaneId: DataPlaneId;
  /** UUID. */
  readonly sessionId: string;
  /** Since the session began, so that the clocks of two instances need not agree. Its first report, with `bootId`, takes over from an earlier session. */
  readonly sessionAgeMs: number;
  readonly report: DataPlaneReport;
}

export interface StoredReport {
  readonly dataPlaneId: DataPlaneId;
  /** How often within BOOT_RETURNS_WITHIN a start of its process came back after another one had taken over. */
  readonly bootReturns: number;
  /** It says it accepted what the database has not. */
  readonly isAhead: boolean;
}

/** A process comes back after another one took over: once may be an accident, and is forgotten after this long. */
const BOOT_RETURNS_WITHIN = "interval '10 minutes'";
const EARLIER_BOOTS_KEPT = 8;
/** Of Postgres. */
const LARGEST_INTEGER = 2_147_483_647;

/** Returns those that counted: no row, and no later session of the same data plane. One report per data plane. */
export async function writeReports(database: Database, reports: readonly SessionReport[]): Promise<readonly StoredReport[]> {
  if (reports.length === 0) return [];
  // In one order everywhere, so that instances that write at once seldom wait for each other in a circle.
  const rows = [...reports].sort((a, b) => (a.dataPlaneId < b.dataPlaneId ? -1 : 1)).map(toRow);
  const stored = await database.query<{ readonly id: DataPlaneId; readonly boot_returns: number; readonly is_ahead: boolean }>({ role: 'holdfast_publisher', mode: 'write' }, WRITE, [JSON.stringify(rows)]);
  return stored.map((row) => ({ dataPlaneId: row.id, bootReturns: row.boot_returns, isAhead: row.is_ahead }));
}

const IS_OLDER_REJECTION = "((d.rejection ->> 'epoch')::bigint, (d.rejection ->> 'sequence')::bigint) <= (r.applied_epoch, r.applied_sequence)";
const IS_SAME = "(d.applied_root = decode(r.applied_root, 'hex') AND (d.applied_epoch, d.applied_sequence) = (r.applied_epoch, r.applied_sequence))";
/** Said once more, at a new session: when it was applied, and how long that took, was said before. */
const IS_KNOWN = `(r.is_said_again AND ${IS_SAME})`;
const IS_NEW_BOOT = '(r.boot_id <> d.boot_id)';
const IS_RETURN = `(${IS_NEW_BOOT} AND r.boot_id = ANY(d.earlier_boots))`;
/** What was proved once is not undone by a word. */
const TAKES_CLAIM = '(r.is_ahead AND (r.ahead_proved OR NOT d.ahead_proved))';
const HAS_RETURNED = `d.boot_returned_at > statement_timestamp() - ${BOOT_RETURNS_WITHIN}`;

// Only the first word of a session, with its boot, takes over: a later one that waited long in a process that stood still would be dated too late.
// A start of a session in the future is that of a clock that was put back since, and holds nobody up.
const WRITE = `WITH written AS (
UPDATE data_planes d SET
  session_id = r.session_id,
  session_started_at = CASE WHEN d.session_id = r.session_id THEN d.session_started_at ELSE r.started_at END,
  connected = coalesce(r.connected, d.connected),
  last_seen_at = coalesce(r.last_seen_at, d.last_seen_at),
  hostname = coalesce(r.hostname, d.hostname),
  software_version = coalesce(r.software_version, d.software_version),
  boot_id = coalesce(r.boot_id, d.boot_id),
  earlier_boots = CASE WHEN ${IS_NEW_BOOT} THEN (d.boot_id || array_remove(d.earlier_boots, d.boot_id))[1:${EARLIER_BOOTS_KEPT}] ELSE d.earlier_boots END,
  boot_returns = CASE WHEN NOT coalesce(${IS_RETURN}, false) THEN d.boot_returns WHEN ${HAS_RETURNED} THEN d.boot_returns + 1 ELSE 1 END,
  boot_returned_at = CASE WHEN ${IS_RETURN} THEN statement_timestamp() ELSE d.boot_returned_at END,
  desired_epoch = coalesce(r.desired_epoch, d.desired_epoch),
  desired_sequence = coalesce(r.desired_sequence, d.desired_sequence),
  desired_at = CASE WHEN (r.desired_epoch, r.desired_sequence) <> (d.desired_epoch, d.desired_sequence) THEN r.desired_at ELSE d.desired_at END,
  applied_epoch = coalesce(r.applied_epoch, d.applied_epoch),
  applied_sequence = coalesce(r.applied_sequence, d.applied_sequence),
  applied_root = coalesce(decode(r.applied_root, 'hex'), d.applied_root),
  applied_at = CASE WHEN ${IS_KNOWN} THEN d.applied_at ELSE coalesce(r.applied_at, d.applied_at) END,
  applied_took_ms = CASE WHEN r.applied_root IS NULL OR ${IS_KNOWN} THEN d.applied_took_ms ELSE r.applied_took_ms END,
  quarantined = CASE WHEN r.is_active AND ${IS_KNOWN} THEN d.quarantined ELSE coalesce(r.quarantined, d.quarantined) END,
  rejection = CASE WHEN r.rejection IS NOT NULL THEN r.rejection WHEN ${IS_OLDER_REJECTION} THEN NULL ELSE d.rejection END,
  ahead_epoch = CASE WHEN ${TAKES_CLAIM} THEN r.ahead_epoch ELSE d.ahead_epoch END,
  ahead_sequence = CASE WHEN ${TAKES_CLAIM} THEN r.ahead_sequence ELSE d.ahead_sequence END,
  ahead_proved = CASE WHEN ${TAKES_CLAIM} THEN r.ahead_proved ELSE d.ahead_proved END
FROM (
  SELECT *, statement_timestamp() - session_age_ms * interval '1 millisecond' AS started_at,
    ahead_epoch IS NOT NULL AND EXISTS (SELECT FROM gateways g WHERE g.tenant_id = given.tenant_id AND g.id = given.gateway_id AND (g.epoch, g.head_sequence) < (ahead_epoch, ahead_sequence)) AS is_ahead
  FROM json_to_recordset($1::json) AS given (
    tenant_id uuid, gateway_id uuid, id uuid, session_id uuid, session_age_ms double precision, connected boolean, last_seen_at timestamptz, hostname text, software_version text,
    boot_id uuid, desired_epoch bigint, desired_sequence bigint, desired_at timestamptz, applied_epoch bigint, applied_sequence bigint, applied_root text, applied_at timestamptz,
    applied_took_ms integer, quarantined jsonb, is_active boolean, is_said_again boolean, rejection jsonb, ahead_epoch bigint, ahead_sequence bigint, ahead_proved boolean, health jsonb, health_left_out integer, health_at timestamptz)
) AS r
WHERE d.tenant_id = r.tenant_id AND d.gateway_id = r.gateway_id AND d.id = r.id
  AND (d.session_id IS NULL OR d.session_id = r.session_id OR r.boot_id IS NOT NULL AND (d.session_started_at <= r.started_at OR d.session_started_at > statement_timestamp()))
RETURNING d.tenant_id, d.gateway_id, d.id, CASE WHEN ${HAS_RETURNED} THEN d.boot_returns ELSE 0 END AS boot_returns, r.is_ahead, d.revoked_at, r.health, r.health_left_out, r.health_at),
health AS (
  INSERT INTO data_plane_health (tenant_id, gateway_id, data_plane_id, reported_at, targets, left_out)
  SELECT tenant_id, gateway_id, id, health_at, health, health_left_out FROM written WHERE health IS NOT NULL AND revoked_at IS NULL
  ON CONFLICT (tenant_id, gateway_id, data_plane_id) DO UPDATE SET reported_at = excluded.reported_at, targets = excluded.targets, left_out = excluded.left_out)
SELECT id, boot_returns, is_ahead FROM written`;

function toRow({ tenantId, gatewayId, dataPlaneId, sessionId, sessionAgeMs, report }: SessionReport) {
  const { desired } = report;
  const applied = report.applied ?? (report.active === undefined ? undefined : { ...report.active, tookMs: undefined, quarantined: [] });
  return {
    tenant_id: tenantId,
    gateway_id: gatewayId,
    id: dataPlaneId,
    session_id: sessionId,
    session_age_ms: sessionAgeMs,
    connected: report.connected,
    last_seen_at: report.lastSeenAt,
    hostname: storable(report.hostname),
    software_version: storable(report.softwareVersion),
    boot_id: report.bootId,
    desired_epoch: desired?.version.epoch,
    desired_sequence: desired?.version.sequence,
    desired_at: desired?.at,
    applied_epoch: applied?.version.epoch,
    applied_sequence: applied?.version.sequence,
    applied_root: applied === undefined ? undefined : Buffer.from(applied.root).toString('hex'),
    applied_at: applied?.at,
    applied_took_ms: applied?.tookMs === undefined ? undefined : Math.min(applied.tookMs, LARGEST_INTEGER),
    quarantined: applied?.quarantined.map(storableEntity),
    is_active: report.applied === undefined && report.active !== undefined,
    is_said_again: report.applied === undefined ? report.active !== undefined : report.applied.already === true,
    rejection: report.rejection && storableRejection(report.rejection),
    ahead_epoch: report.ahead?.version.epoch,
    ahead_sequence: report.ahead?.version.sequence,
    ahead_proved: report.ahead?.isProved,
    health: report.health && storableHealth(report.health),
    health_left_out: report.health && Math.min(report.health.leftOut, LARGEST_INTEGER),
    health_at: report.health?.at,
  };
}

/** Of a refusal. A list of data planes has them all (R5). */
const REASONS_KEPT = 20;

/** One odd character in a data plane's words must not keep its whole state from being stored (C1). */
function storable(text: string | undefined): string | undefined {
  return text === undefined ? undefined : storableText(text);
}

function storableRejection({ code, reasons, epoch, sequence }: Rejection): Rejection {
  return { code: storableText(code), reasons: reasons.slice(0, REASONS_KEPT).map(storableText), epoch, sequence };
}

function storableEntity({ kind, id, code, reason }: QuarantinedEntity): QuarantinedEntity {
  return { kind: storableText(kind), id, code: storableText(code), reason: storableText(reason) };
}
