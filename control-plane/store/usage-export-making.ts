/**
 * Makes usage exports (migration 021). Two kinds of step, each one transaction under the mark of exports: what arrived is added to what waits,
 * and what waits of intervals that are over becomes a file. Whenever a step is cut off, by whomever it is done, each count is in one file or
 * waits for one. The rows that are taken are those that the roll-up has passed: none of them is still on its way. Called by
 * telemetry/usage-exporter.ts, of any number of instances.
 */
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { GatewayId, TenantId } from '../../shared/model/ids.ts';
import { onlyRow, type Database, type Transaction, type TransactionOptions } from './database.ts';
import type { GatewayScope } from './scope.ts';
import { EXPORT_COLUMNS, settingsOf, type ExportRow } from './usage-export-store.ts';
import { writeSheet, type ExportNames, type PendingRow } from './usage-export-text.ts';

export interface TakeStep {
  /** False where another instance is at it. */
  readonly ours: boolean;
  /** Whether there is more to do at once. */
  readonly more: boolean;
}

export interface MakeStep extends TakeStep {
  /** The file that was made, if there was anything to tell. */
  readonly file: MadeFile | undefined;
}

export interface MadeFile {
  readonly number: number;
  readonly rows: number;
  readonly bytes: number;
}

export interface UsageExportMaking {
  /** Adds the next raw rows, about `limit`, to what waits. Moves along where no gateway has exports. */
  take(limit: number): Promise<TakeStep>;
  /** Gateways of which intervals are over and not settled, or that were switched off and have something waiting. */
  due(now: Date): Promise<readonly GatewayScope[]>;
  /** Makes the next file of a gateway, of `rowLimit` waiting rows at most. `breathe` is awaited between rows, so that the event loop is not held. */
  make(scope: GatewayScope, now: Date, rowLimit: number, breathe: () => Promise<void>): Promise<MakeStep>;
  /** Lets go of the bytes of files that are no longer kept, by the database's clock; how many, at most `limit`. */
  expire(limit: number): Promise<number>;
}

interface DueRow extends ExportRow {
  readonly last_sha256: Buffer | null;
  /** Where intervals end that are to be settled now; null where the last file is to be made, of all. */
  readonly cut: Date | null;
}

interface NameRow {
  readonly id: string;
  readonly name: string | null;
  readonly custom_id: string | null;
  readonly service_id: string | null;
}

const WRITE: TransactionOptions = { role: 'holdfast_publisher', mode: 'write' };
const NOT_OURS = { ours: false, more: false } as const;
/** Not `1 day`, which in a zone with summer time may be 23 hours. */
const WIDTH = "CASE e.width WHEN 'hour' THEN interval '1 hour' ELSE interval '24 hours' END";
const ORIGIN = "timestamptz '2000-01-01 00:00:00+00'";
const CUT = `date_bin(${WIDTH}, $1::timestamptz - make_interval(secs => e.settle_s), ${ORIGIN})`;
/** Switched off, and all that arrived before is taken. */
const ENDED = "e.until_id <= (SELECT raw_id FROM roll_up_watermarks WHERE family = 'usage/exports')";
const compress = promisify(gzip);

export function createUsageExportMaking(database: Database): UsageExportMaking {
  /** Runs `work` as the only one of all. */
  const alone = <T>(notOurs: T, work: (transaction: Transaction, taken: number) => Promise<T>): Promise<T> =>
    database.transaction(WRITE, async (transaction) => {
      const [mark] = await transaction.query<{ readonly raw_id: number }>("SELECT raw_id FROM roll_up_watermarks WHERE family = 'usage/exports' FOR UPDATE SKIP LOCKED");
      return mark === undefined ? notOurs : work(transaction, mark.raw_id);
    });

  return {
    take: (limit) =>
      alone<TakeStep>(NOT_OURS, async (transaction, taken) => {
        const { final, wanted } = onlyRow(await transaction.query<{ readonly final: number; readonly wanted: boolean }>(
          "SELECT raw_id AS final, EXISTS (SELECT FROM usage_exports WHERE until_id IS NULL OR until_id > $1) AS wanted FROM roll_up_watermarks WHERE family = 'usage'", [taken]));
        if (final <= taken) return { ours: true, more: false };
        const { id } = wanted ? onlyRow(await transaction.query<{ readonly id: number | null }>('SELECT (SELECT id FROM usage_raw WHERE id > $1 AND id <= $2 ORDER BY id OFFSET $3 LIMIT 1) AS id', [taken, final, limit])) : { id: null };
        const until = id ?? final;
        if (wanted) await addPending(transaction, taken, until);
        await transaction.commitWith("UPDATE roll_up_watermarks SET raw_id = $1 WHERE family = 'usage/exports'", [until]);
        return { ours: true, more: until < final };
      }),

    due: async (now) =>
      (await database.query<{ readonly tenant_id: TenantId; readonly gateway_id: GatewayId }>({ role: 'holdfast_publisher', mode: 'snapshot' },
        `SELECT tenant_id, gateway_id FROM usage_exports e WHERE (e.enabled AND e.settled_until < ${CUT})
         OR (${ENDED} AND EXISTS (SELECT FROM usage_export_pending p WHERE p.tenant_id = e.tenant_id AND p.gateway_id = e.gateway_id)) ORDER BY 1, 2`, [now]))
        .map((row) => ({ tenantId: row.tenant_id, gatewayId: row.gateway_id })),

    make: (scope, now, rowLimit, breathe) =>
      alone<MakeStep>({ ...NOT_OURS, file: undefined }, async (transaction) => {
        const place = [scope.tenantId, scope.gatewayId] as const;
        const [row] = await transaction.query<DueRow>(
          `SELECT ${EXPORT_COLUMNS}, last_sha256, CASE WHEN ${ENDED} THEN NULL ELSE ${CUT} END AS cut FROM usage_exports e
           WHERE e.tenant_id = $2 AND e.gateway_id = $3 AND (${ENDED} OR (e.enabled AND e.settled_until < ${CUT})) FOR NO KEY UPDATE`, [now, ...place]);
        if (row === undefined) return { ours: true, more: false, file: undefined };
        const pending = await takePending(transaction, scope, row.cut, rowLimit);
        const isLast = pending.length < rowLimit;
        const made = pending.length === 0 ? undefined : await storeFile(transaction, scope, row, pending, { now, breathe });
        // All of an interval is told before it is settled, in however many files.
        const settled = !isLast ? row.settled_until : new Date(Math.max(row.settled_until.getTime(), row.cut?.getTime() ?? 0, ...(row.cut === null ? [pending.at(-1)?.ends.getTime() ?? 0] : [])));
        await transaction.commitWith('UPDATE usage_exports SET next_number = $3, settled_until = $4, last_sha256 = $5 WHERE tenant_id = $1 AND gateway_id = $2', [
          ...place, row.next_number + (made === undefined ? 0 : 1), settled, made?.sha256 ?? row.last_sha256]);
        return { ours: true, more: !isLast, file: made?.file };
      }),

    expire: async (limit) =>
      (await database.query(WRITE,
        `UPDATE usage_export_files SET content = NULL WHERE (tenant_id, gateway_id, number) IN (
           SELECT tenant_id, gateway_id, number FROM usage_export_files WHERE content IS NOT NULL AND expires_at < now() ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED) RETURNING 1`, [limit])).length,
  };
}

async function addPending(transaction: Transaction, taken: number, until: number): Promise<void> {
  await transaction.query(
    `INSERT INTO usage_export_pending AS p (tenant_id, gateway_id, ends, starts, consumer_id, route_id, status, requests, bytes_in, bytes_out)
     SELECT tenant_id, gateway_id, starts + width, starts, consumer_id, route_id, status, sum(requests), sum(bytes_in), sum(bytes_out) FROM (
       SELECT r.tenant_id, r.gateway_id, date_bin(${WIDTH}, r.at, ${ORIGIN}) AS starts, ${WIDTH} AS width, r.consumer_id,
         CASE WHEN e.by_route OR e.by_service THEN r.route_id ELSE '00000000-0000-0000-0000-000000000000' END AS route_id,
         CASE WHEN e.by_status THEN r.status ELSE -1::smallint END AS status, r.requests, r.bytes_in, r.bytes_out
       FROM usage_raw r JOIN usage_exports e ON e.tenant_id = r.tenant_id AND e.gateway_id = r.gateway_id AND r.id > e.from_id AND (e.until_id IS NULL OR r.id <= e.until_id)
       WHERE r.id > $1 AND r.id <= $2 AND r.status >= 0) AS arrived
     GROUP BY 1, 2, 3, 4, 5, 6, 7 ORDER BY 1, 2, 3, 4, 5, 6, 7
     ON CONFLICT (tenant_id, gateway_id, ends, starts, consumer_id, route_id, status) DO UPDATE SET
       requests = p.requests + excluded.requests, bytes_in = p.bytes_in + excluded.bytes_in, bytes_out = p.bytes_out + excluded.bytes_out`, [taken, until]);
}

/** The first `limit`, in the order of their intervals; of intervals that end by `cut`, of all where there is none. */
async function takePending(transaction: Transaction, { tenantId, gatewayId }: GatewayScope, cut: Date | null, limit: number): Promise<readonly PendingRow[]> {
  return transaction.query<PendingRow>(
    `WITH gone AS (DELETE FROM usage_export_pending WHERE ctid = ANY (ARRAY(
       SELECT ctid FROM usage_export_pending WHERE tenant_id = $1 AND gateway_id = $2 AND ends <= coalesce($3::timestamptz, 'infinity') ORDER BY ends, starts, consumer_id, route_id, status LIMIT $4))
       RETURNING ends, starts, consumer_id, route_id, status, requests, bytes_in, bytes_out)
     SELECT ends, starts, consumer_id, route_id, status, requests, bytes_in, bytes_out FROM gone ORDER BY ends, starts, consumer_id, route_id, status`, [tenantId, gatewayId, cut, limit]);
}

async function storeFile(transaction: Transaction, scope: GatewayScope, row: DueRow, pending: readonly PendingRow[], { now, breathe }: { readonly now: Date; readonly breathe: () => Promise<void> }): Promise<{ readonly file: MadeFile; readonly sha256: Buffer }> {
  const { width, format, gzip: gzips, dimensions, keepDays } = settingsOf(row);
  const names = await readNames(transaction, scope, pending);
  const sheet = await writeSheet(pending, { number: row.next_number, gatewayId: scope.gatewayId, format, dimensions, settledUntil: row.settled_until, names }, breathe);
  const content = gzips ? await compress(sheet.text) : Buffer.from(sheet.text);
  const sha256 = createHash('sha256').update(content).digest();
  const times = [pending.reduce((first, { starts }) => Math.min(first, starts.getTime()), Infinity), pending.reduce((last, { ends }) => Math.max(last, ends.getTime()), -Infinity)].map((ms) => new Date(ms));
  await transaction.query(
    `INSERT INTO usage_export_files (tenant_id, gateway_id, number, created_at, width, format, gzip, dimensions, row_count, requests, late_requests, bytes, sha256, previous_sha256, content, expires_at, intervals_from, intervals_to)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, now() + make_interval(days => $16), $17, $18)`,
    [
      scope.tenantId, scope.gatewayId, row.next_number, now, width, format, gzips, dimensions, sheet.rows, String(sheet.requests), String(sheet.lateRequests), content.length, sha256, row.last_sha256,
      content, keepDays, ...times,
    ]);
  return { file: { number: row.next_number, rows: sheet.rows, bytes: content.length }, sha256 };
}

/** As they are called now. */
async function readNames(transaction: Transaction, { tenantId, gatewayId }: GatewayScope, pending: readonly PendingRow[]): Promise<ExportNames> {
  const read = (kind: 'consumers' | 'routes' | 'services', ids: ReadonlySet<string>): Promise<readonly NameRow[]> => ids.size === 0 ? Promise.resolve([]) : transaction.query<NameRow>(
    'SELECT id, name, custom_id, service_id FROM usage_export_names($1, $2, $3, $4)', [tenantId, gatewayId, kind, [...ids]]);
  const consumers = await read('consumers', new Set(pending.map((row) => row.consumer_id)));
  const routes = await read('routes', new Set(pending.map((row) => row.route_id)));
  const services = await read('services', new Set(routes.flatMap((route) => route.service_id ?? [])));
  return {
    consumers: new Map(consumers.map(({ id, name, custom_id }) => [id, { username: name, customId: custom_id }])),
    routes: new Map(routes.map(({ id, name, service_id }) => [id, { name, serviceId: service_id }])),
    services: new Map(services.map(({ id, name }) => [id, name])),
  };
}
