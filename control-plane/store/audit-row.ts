/**
 * One row of the audit in its canonical form: what is sealed, exported and verified is the same text, so that a row can be
 * checked wherever it is kept. Read from the database by audit-store.ts and audit-chain-store.ts, and from files by the command.
 */
import { createHash } from 'node:crypto';
import { canonicalJson } from '../../shared/model/canonical-json.ts';
import type { JsonObject } from '../../shared/model/definition.ts';
import type { GatewayId, OperatorId, TenantId } from '../../shared/model/ids.ts';

export interface AuditRow {
  /** Rises within a tenant, with gaps. */
  readonly id: number;
  readonly tenant_id: TenantId;
  readonly gateway_id: GatewayId | null;
  /** ISO 8601 in UTC with microseconds, as Postgres keeps it. */
  readonly at: string;
  readonly operator_id: OperatorId | null;
  readonly actor: string;
  /** What kind of caller; null in rows of before 0.2. */
  readonly actor_kind: string | null;
  /** `token:<id>`, `session:<id>`; null where there was none. */
  readonly credential: string | null;
  readonly address: string;
  readonly request_id: string;
  /** `create`, `update`, `delete`, `refuse`, `revoke`… */
  readonly action: string;
  readonly subject_kind: string;
  readonly subject_id: string;
  /** Of the release; both null where nothing was published. */
  readonly epoch: number | null;
  readonly sequence: number | null;
  readonly details: JsonObject;
  /** `{before, after}` with the fields that are different, secrets replaced (audit-changes.ts). */
  readonly changed: JsonObject | null;
}

/** To be selected from `audit a`: the row type above, in any session's time zone. */
export const AUDIT_COLUMNS = `a.id, a.tenant_id, a.gateway_id, to_char(a.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS at, a.operator_id, a.actor, a.actor_kind, a.credential,
  a.address, a.request_id, a.action, a.subject_kind, a.subject_id, a.epoch, a.sequence, a.details, a.changed`;

/** SHA-256 over all but the id, which stands beside the hash: so rows whose ids were exchanged are told from edited ones. */
export function hashAuditRow(row: AuditRow): Buffer {
  return hashAuditContent({ ...row });
}

/** The same of a row that comes from a file, with whatever it holds. */
export function hashAuditContent(row: JsonObject): Buffer {
  const { id: _, ...content } = row;
  return createHash('sha256').update(canonicalJson(content)).digest();
}
