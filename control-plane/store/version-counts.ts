/**
 * Requests and failures of a data plane by configuration version: added up from its batches in the transaction that stores
 * them (T3), of the newest versions alone and of the one that serves. Used by telemetry-store.ts.
 */
import type { ConfigVersion } from '../../shared/model/version.ts';
import type { TelemetryBatch, VersionRow } from '../../shared/wire/telemetry-codec.ts';
import type { Transaction } from './database.ts';

/** What a data plane counted of one version, in all batches that are stored. */
export interface VersionCount extends VersionRow {
  /** When the first of those batches began, and the last ended. */
  readonly firstAt: Date;
  readonly lastAt: Date;
}

/** Versions of a data plane that are kept, newest first; besides them the one that serves, which is older after a fall-back, and the row for requests without one. */
const KEPT_VERSIONS = 5;

export type Place = readonly [tenantId: string, gatewayId: string, dataPlaneId: string];

/** Adds the batch's counts, and forgets versions that are older than those kept. */
export async function addVersionCounts(transaction: Transaction, place: Place, { versions, version: served, fromMs, toMs }: TelemetryBatch): Promise<void> {
  if (versions.length === 0) return;
  const written = await transaction.query<{ readonly isNew: boolean }>(
    `INSERT INTO version_counts AS v (tenant_id, gateway_id, data_plane_id, epoch, sequence, requests, failed, failed_here, first_at, last_at)
     SELECT $1, $2, $3, r.*, $9, $10 FROM unnest($4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[]) AS r
     ON CONFLICT (tenant_id, gateway_id, data_plane_id, epoch, sequence) DO UPDATE SET
       requests = v.requests + excluded.requests, failed = v.failed + excluded.failed, failed_here = v.failed_here + excluded.failed_here,
       first_at = least(v.first_at, excluded.first_at), last_at = greatest(v.last_at, excluded.last_at)
     RETURNING xmax = 0 AS "isNew"`,
    [
      ...place, versions.map(({ version }) => version.epoch), versions.map(({ version }) => version.sequence),
      versions.map(({ requests }) => requests), versions.map(({ failed }) => failed), versions.map(({ failedHere }) => failedHere), new Date(fromMs), new Date(toMs),
    ],
  );
  if (!written.some(({ isNew }) => isNew)) return;
  await transaction.query(
    `DELETE FROM version_counts WHERE (tenant_id, gateway_id, data_plane_id) = ($1, $2, $3) AND (epoch, sequence) > (0, 0) AND (epoch, sequence) <> ($5, $6) AND (epoch, sequence) <= (
       SELECT epoch, sequence FROM version_counts WHERE (tenant_id, gateway_id, data_plane_id) = ($1, $2, $3) ORDER BY epoch DESC, sequence DESC OFFSET $4 LIMIT 1)`,
    [...place, KEPT_VERSIONS, served.epoch, served.sequence],
  );
}

interface CountRow extends ConfigVersion {
  readonly requests: number;
  readonly failed: number;
  readonly failedHere: number;
  readonly firstAt: Date;
  readonly lastAt: Date;
}

/** Newest version first; NO_VERSION, where there is one, last. */
export async function readVersionCounts(transaction: Transaction, place: Place): Promise<readonly VersionCount[]> {
  const rows = await transaction.query<CountRow>(
    `SELECT epoch, sequence, requests, failed, failed_here AS "failedHere", first_at AS "firstAt", last_at AS "lastAt" FROM version_counts
     WHERE (tenant_id, gateway_id, data_plane_id) = ($1, $2, $3) ORDER BY epoch DESC, sequence DESC`, place);
  return rows.map(({ epoch, sequence, ...counts }) => ({ version: { epoch, sequence }, ...counts }));
}
