/**
 * Usage exports of a gateway as its tenant sees them: whether and how files are made, which there are, and each one's bytes. With the
 * app's role and the tenant set (T1). Made by usage-export-making.ts.
 */
import type { Clock } from '../../shared/clock.ts';
import { assert } from '../../shared/assert.ts';
import { addAuditRow } from './audit-store.ts';
import type { Database, Transaction } from './database.ts';
import type { Actor, GatewayScope } from './scope.ts';

export const EXPORT_WIDTHS = ['hour', 'day'] as const;
export const EXPORT_FORMATS = ['csv', 'jsonl'] as const;
/** Besides the consumer. */
export const EXPORT_DIMENSIONS = ['route', 'service', 'status'] as const;
export type ExportWidth = (typeof EXPORT_WIDTHS)[number];
export type ExportFormat = (typeof EXPORT_FORMATS)[number];
export type ExportDimension = (typeof EXPORT_DIMENSIONS)[number];

export interface ExportSettings {
  readonly enabled: boolean;
  readonly width: ExportWidth;
  readonly format: ExportFormat;
  readonly dimensions: readonly ExportDimension[];
  readonly gzip: boolean;
  /** An interval is told so long after its end; what comes of it later is late. Whole seconds. */
  readonly settleSeconds: number;
  /** Of a file's bytes; what is known of it stays. */
  readonly keepDays: number;
}

export interface ExportState extends ExportSettings {
  /** `ending`: switched off, and the last file is not made yet. `never`: they were never on. */
  readonly state: 'on' | 'ending' | 'off' | 'never';
  /** Intervals that end by then are in files; undefined before the first. */
  readonly settledUntil: Date | undefined;
  /** The newest file's; 0 where there is none. */
  readonly lastNumber: number;
}

export interface ExportFile {
  /** 1, 2, 3… without gaps. */
  readonly number: number;
  readonly createdAt: Date;
  readonly width: ExportWidth;
  readonly format: ExportFormat;
  readonly gzip: boolean;
  readonly dimensions: readonly ExportDimension[];
  /** From the begin of its first interval to the end of its last one. */
  readonly intervalsFrom: Date;
  readonly intervalsTo: Date;
  readonly rows: number;
  readonly requests: number;
  /** Those of them in rows that are late. */
  readonly lateRequests: number;
  readonly bytes: number;
  /** Of the bytes as they are downloaded. */
  readonly sha256: Buffer;
  /** Of the file before; undefined of the first. */
  readonly previousSha256: Buffer | undefined;
  readonly expiresAt: Date;
  /** False once its bytes are no longer kept. */
  readonly isKept: boolean;
}

export interface UsageExportStore {
  state(scope: GatewayScope): Promise<ExportState>;
  /** Replaces all; holds for what arrives from now on. With an audit row in the same transaction. */
  set(scope: GatewayScope, settings: ExportSettings, actor: Actor): Promise<ExportState>;
  /** Those with a number above `since`, ascending. */
  list(scope: GatewayScope, since: number, limit: number): Promise<readonly ExportFile[]>;
  /** Undefined where there is no such file; its content is, where it is no longer kept. */
  read(scope: GatewayScope, number: number): Promise<{ readonly file: ExportFile; readonly content: Buffer | undefined } | undefined>;
}

/** Before anybody said anything. */
export const DEFAULT_EXPORT_SETTINGS: ExportSettings = { enabled: false, width: 'hour', format: 'csv', dimensions: [], gzip: false, settleSeconds: 300, keepDays: 90 };

export interface ExportRow {
  readonly enabled: boolean;
  readonly width: ExportWidth;
  readonly format: ExportFormat;
  readonly by_route: boolean;
  readonly by_service: boolean;
  readonly by_status: boolean;
  readonly gzip: boolean;
  readonly settle_s: number;
  readonly keep_days: number;
  readonly until_id: number | null;
  readonly next_number: number;
  readonly settled_until: Date;
}

interface StateRow extends ExportRow {
  readonly ending: boolean;
}

interface FileRow {
  readonly number: number;
  readonly created_at: Date;
  readonly width: ExportWidth;
  readonly format: ExportFormat;
  readonly gzip: boolean;
  readonly dimensions: readonly ExportDimension[];
  readonly intervals_from: Date;
  readonly intervals_to: Date;
  readonly row_count: number;
  readonly requests: string;
  readonly late_requests: string;
  readonly bytes: number;
  readonly sha256: Buffer;
  readonly previous_sha256: Buffer | null;
  readonly expires_at: Date;
  readonly is_kept: boolean;
}

export const EXPORT_COLUMNS = 'enabled, width, format, by_route, by_service, by_status, gzip, settle_s, keep_days, until_id, next_number, settled_until';
const FILE_COLUMNS = 'number, created_at, width, format, gzip, dimensions, intervals_from, intervals_to, row_count, requests, late_requests, bytes, sha256, previous_sha256, expires_at, content IS NOT NULL AS is_kept';

export function createUsageExportStore(database: Database, clock: Clock): UsageExportStore {
  const app = ({ tenantId }: GatewayScope, mode: 'snapshot' | 'write') => ({ role: 'holdfast_app', tenantId, mode }) as const;
  const place = ({ tenantId, gatewayId }: GatewayScope): readonly [string, string] => [tenantId, gatewayId];
  return {
    state: (scope) => database.transaction(app(scope, 'snapshot'), (transaction) => readState(transaction, scope)),

    set: (scope, settings, actor) =>
      database.transaction(app(scope, 'write'), async (transaction) => {
        const { enabled, width, format, dimensions, gzip, settleSeconds, keepDays } = settings;
        // Switched off: what has a number by now is told once more. Switched on again before that was done: it goes on as if it had not been.
        await transaction.query(
          `WITH mark AS (SELECT raw_id FROM roll_up_watermarks WHERE family = 'usage'), taken AS (SELECT raw_id FROM roll_up_watermarks WHERE family = 'usage/exports')
           INSERT INTO usage_exports AS e (tenant_id, gateway_id, enabled, width, format, by_route, by_service, by_status, gzip, settle_s, keep_days, updated_at, from_id, until_id)
           SELECT $1::uuid, $2::uuid, $3::boolean, $4, $5, $6::boolean, $7::boolean, $8::boolean, $9::boolean, $10::integer, $11::integer, $12::timestamptz, mark.raw_id, CASE WHEN $3 THEN NULL ELSE 0 END FROM mark
           ON CONFLICT (tenant_id, gateway_id) DO UPDATE SET width = excluded.width, format = excluded.format, by_route = excluded.by_route, by_service = excluded.by_service, by_status = excluded.by_status,
             gzip = excluded.gzip, settle_s = excluded.settle_s, keep_days = excluded.keep_days, updated_at = excluded.updated_at, enabled = excluded.enabled,
             from_id = CASE WHEN excluded.enabled AND e.until_id <= (SELECT raw_id FROM taken) THEN excluded.from_id ELSE e.from_id END,
             until_id = CASE WHEN excluded.enabled THEN NULL ELSE coalesce(e.until_id, (SELECT last_value FROM telemetry_ids)) END`,
          [...place(scope), enabled, width, format, dimensions.includes('route'), dimensions.includes('service'), dimensions.includes('status'), gzip, settleSeconds, keepDays, new Date(clock.nowMs())],
        );
        await addAuditRow(transaction, { ...scope, actor, action: 'update', subjectKind: 'usage_exports', subjectId: scope.gatewayId, details: { enabled, interval: width, format, dimensions: [...dimensions], gzip, settle_seconds: settleSeconds, keep_days: keepDays } });
        return readState(transaction, scope);
      }),

    list: async (scope, since, limit) =>
      (await database.query<FileRow>(app(scope, 'snapshot'), `SELECT ${FILE_COLUMNS} FROM usage_export_files WHERE tenant_id = $1 AND gateway_id = $2 AND number > $3 ORDER BY number LIMIT $4`, [...place(scope), since, limit])).map(toFile),

    read: async (scope, number) => {
      const [row] = await database.query<FileRow & { readonly content: Buffer | null }>(app(scope, 'snapshot'),
        `SELECT ${FILE_COLUMNS}, content FROM usage_export_files WHERE tenant_id = $1 AND gateway_id = $2 AND number = $3`, [...place(scope), number]);
      return row === undefined ? undefined : { file: toFile(row), content: row.content ?? undefined };
    },
  };
}

async function readState(transaction: Transaction, { tenantId, gatewayId }: GatewayScope): Promise<ExportState> {
  const [row] = await transaction.query<StateRow>(
    `SELECT ${EXPORT_COLUMNS}, until_id > (SELECT raw_id FROM roll_up_watermarks WHERE family = 'usage/exports')
       OR EXISTS (SELECT FROM usage_export_pending WHERE tenant_id = $1 AND gateway_id = $2) AS ending FROM usage_exports WHERE tenant_id = $1 AND gateway_id = $2`, [tenantId, gatewayId]);
  if (row === undefined) return { ...DEFAULT_EXPORT_SETTINGS, state: 'never', settledUntil: undefined, lastNumber: 0 };
  assert(row.enabled === (row.until_id === null), 'exports that are on have no end');
  return { ...settingsOf(row), state: row.enabled ? 'on' : row.ending ? 'ending' : 'off', settledUntil: row.settled_until.getTime() === 0 ? undefined : row.settled_until, lastNumber: row.next_number - 1 };
}

export function settingsOf(row: ExportRow): ExportSettings {
  return {
    enabled: row.enabled, width: row.width, format: row.format, dimensions: EXPORT_DIMENSIONS.filter((dimension) => row[`by_${dimension}`]), gzip: row.gzip, settleSeconds: row.settle_s, keepDays: row.keep_days,
  };
}

function toFile(row: FileRow): ExportFile {
  return {
    number: row.number, createdAt: row.created_at, width: row.width, format: row.format, gzip: row.gzip, dimensions: row.dimensions, intervalsFrom: row.intervals_from, intervalsTo: row.intervals_to, rows: row.row_count,
    requests: Number(row.requests), lateRequests: Number(row.late_requests), bytes: row.bytes, sha256: row.sha256, previousSha256: row.previous_sha256 ?? undefined, expiresAt: row.expires_at, isKept: row.is_kept,
  };
}
