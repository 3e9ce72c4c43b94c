/**
 * What sinks are given, and how far each has got (migration 022). Each (sink, stream) has one holder at a time, by a lease in its row; a
 * batch is noted with an id of its own before it is sent, and what follows it begins where it ends. Rows are read up to where no transaction
 * can still add any. Called by control-plane/sinks.
 */
import { newId } from '../../shared/model/ids.ts';
import { onlyRow, type Database, type SqlValue, type TransactionOptions } from './database.ts';
import { SELECTED, toRecord, type RecordRow } from './record-columns.ts';
import type { StoredRecord } from './record-store.ts';

export type SinkName = 'clickhouse' | 'otlp';
export const SINK_STREAMS = ['usage', 'targets', 'records'] as const;
export type SinkStream = (typeof SINK_STREAMS)[number];

export interface SinkPlace {
  readonly sink: SinkName;
  readonly stream: SinkStream;
}

interface RowOfSomebody {
  readonly id: number;
  readonly tenant_id: string;
  readonly gateway_id: string;
  readonly data_plane_id: string;
}

/** As in `usage_raw`: ids of zeros where there is none, status -1 for latencies beyond the bound. */
export interface UsageSinkRow extends RowOfSomebody {
  readonly at: Date;
  readonly arrived_at: Date;
  readonly route_id: string;
  readonly consumer_id: string;
  readonly status: number;
  readonly requests: number;
  readonly bytes_in: number;
  readonly bytes_out: number;
  readonly request_us: number;
  readonly upstream_us: number;
  readonly gateway_us: number;
  /** latency-pack.ts */
  readonly latencies: Uint8Array | null;
}

export interface TargetSinkRow extends RowOfSomebody {
  readonly at: Date;
  readonly arrived_at: Date;
  readonly upstream: string;
  readonly target: string;
  readonly address: string;
  readonly attempts: number;
  readonly failed: number;
  readonly status_5xx: number;
  readonly latencies: Uint8Array | null;
}

export interface RecordSinkRow extends RowOfSomebody, StoredRecord {}

/** Ascending by id. */
export type SinkRows =
  | { readonly stream: 'usage'; readonly rows: readonly UsageSinkRow[] }
  | { readonly stream: 'targets'; readonly rows: readonly TargetSinkRow[] }
  | { readonly stream: 'records'; readonly rows: readonly RecordSinkRow[] };

/** Rows behind `taken_id` up to `untilId`, which are or were being sent. */
export interface NotedBatch {
  readonly id: string;
  readonly untilId: number;
  /** Later than that of the batch before. */
  readonly until: Date;
  readonly rows: number;
}

export interface SinkClaim {
  readonly takenId: number;
  readonly sentUntil: Date | undefined;
  /** Of whoever held it before, or of a try that failed. */
  readonly batch: NotedBatch | undefined;
  readonly lost: number;
  /** Of them, those that nobody was told of. */
  readonly newlyLost: number;
}

export interface SinkStore {
  /** Takes or renews the lease, and makes the row of a new sink, which begins with all that is kept. Undefined where another one holds it. */
  claim(place: SinkPlace, holder: string, leaseMs: number): Promise<SinkClaim | undefined>;
  /** The rows behind `afterId`: up to `untilId`, or as far as is safe and the bounds allow (`bytes` as they stand in the database). */
  read(stream: SinkStream, afterId: number, untilId: number | undefined, bounds: { readonly rows: number; readonly bytes: number }): Promise<SinkRows>;
  /** Undefined where somebody else holds it meanwhile. */
  begin(place: SinkPlace, holder: string, afterId: number, batch: { readonly untilId: number; readonly until: Date; readonly rows: number }): Promise<NotedBatch | undefined>;
  /** The batch is done with. False where somebody else holds it meanwhile: it is theirs to finish. */
  finish(place: SinkPlace, holder: string, batchId: string, outcome: { readonly sent: number; readonly lost: number }): Promise<boolean>;
  /** So many losses were told of. */
  noteTold(place: SinkPlace, lost: number): Promise<void>;
  /** Another one may take it at once. */
  release(place: SinkPlace, holder: string): Promise<void>;
  /** What waits: since when, and how many rows, counted to `atMost`. */
  backlog(place: SinkPlace, atMost: number): Promise<{ readonly rows: number; readonly oldest: Date | undefined }>;
  /** Labels and host names of data planes, by their ids. */
  describe(dataPlaneIds: readonly string[]): Promise<ReadonlyMap<string, { readonly hostname: string; readonly labels: Readonly<Record<string, string>> }>>;
}

interface ClaimRow {
  readonly taken_id: number;
  readonly sent_until: Date | null;
  readonly batch_id: string | null;
  readonly batch_until_id: number | null;
  readonly batch_until: Date | null;
  readonly batch_rows: number | null;
  readonly lost: number;
  readonly newly_lost: number;
}

/** Numbers up to `id` were all given to transactions that began before `xid` did. */
interface Sight {
  readonly id: number;
  readonly xid: string;
}

const WRITE: TransactionOptions = { role: 'holdfast_publisher', mode: 'write' };
const READ: TransactionOptions = { role: 'holdfast_publisher', mode: 'snapshot' };
const OF_SOMEBODY = 'id, tenant_id, gateway_id, data_plane_id';
const COLUMNS: Readonly<Record<SinkStream, string>> = {
  usage: `${OF_SOMEBODY}, at, arrived_at, route_id, consumer_id, status, requests, bytes_in, bytes_out, request_us, upstream_us, gateway_us, latencies`,
  targets: `${OF_SOMEBODY}, at, arrived_at, upstream, target, address, attempts, failed, status_5xx, latencies`,
  records: `tenant_id, gateway_id, ${SELECTED}`,
};
/** Bytes of a row besides those that vary. */
const ROW_BYTES = 200;
const SIZE: Readonly<Record<SinkStream, string>> = {
  usage: `${ROW_BYTES} + coalesce(octet_length(latencies), 0)`,
  targets: `${ROW_BYTES} + coalesce(octet_length(latencies), 0)`,
  records: `${ROW_BYTES} + octet_length(path) + octet_length(details)`,
};
const NEWEST_RECORD = '(SELECT CASE WHEN is_called THEN last_value ELSE 0 END AS id FROM access_record_ids)';
const NEWEST: Readonly<Record<SinkStream, string>> = {
  usage: "(SELECT raw_id FROM roll_up_watermarks WHERE family = 'usage')",
  targets: "(SELECT raw_id FROM roll_up_watermarks WHERE family = 'targets')",
  records: NEWEST_RECORD,
};
export const SINK_TABLES: Readonly<Record<SinkStream, { readonly table: string; readonly arrived: string }>> = {
  usage: { table: 'usage_raw', arrived: 'arrived_at' },
  targets: { table: 'target_raw', arrived: 'arrived_at' },
  records: { table: 'access_records', arrived: 'received_at' },
};

export function createSinkStore(database: Database): SinkStore {
  let sight: Sight | undefined;
  let safeRecordId = 0;

  /** Numbers up to it were all given to transactions that have ended (as roll-up-store.ts does it for raw rows, whose watermark serves for these). */
  const recordHorizon = async (): Promise<number> => {
    try {
      // Intake has a transaction number before it takes numbers for its records. What was seen is judged by its own number: sinks ask at once.
      const seen = sight ?? onlyRow(await database.query<Sight>(WRITE, `WITH seen AS MATERIALIZED ${NEWEST_RECORD} SELECT seen.id, pg_current_xact_id()::text AS xid FROM seen`));
      sight ??= seen;
      const { all } = onlyRow(await database.query<{ readonly all: boolean }>(READ, 'SELECT pg_snapshot_xmin(pg_current_snapshot()) >= $1::text::xid8 AS "all"', [seen.xid]));
      if (all) {
        safeRecordId = Math.max(safeRecordId, seen.id);
        if (sight === seen) sight = undefined;
      }
      return safeRecordId;
    } catch (thrown) {
      // It may be another server that answers next, to which some of the numbers we saw were never given.
      safeRecordId = 0;
      sight = undefined;
      throw thrown;
    }
  };
  const horizonOf = async (stream: SinkStream): Promise<number> => {
    if (stream === 'records') return recordHorizon();
    return onlyRow(await database.query<{ readonly raw_id: number }>(READ, 'SELECT raw_id FROM roll_up_watermarks WHERE family = $1', [stream])).raw_id;
  };

  return {
    claim: async ({ sink, stream }, holder, leaseMs) => {
      // After a restore numbers may begin below what was taken: new rows of such numbers are none of the batch.
      const [row] = await database.query<ClaimRow>(WRITE,
        `INSERT INTO sink_watermarks AS w (sink, stream, holder, lease_until) VALUES ($1, $2, $3, now() + $4 * interval '1 millisecond')
         ON CONFLICT (sink, stream) DO UPDATE SET holder = excluded.holder, lease_until = excluded.lease_until, seen_at = now(), taken_id = least(w.taken_id, ${NEWEST[stream]}),
           batch_id = CASE WHEN w.batch_until_id <= ${NEWEST[stream]} THEN w.batch_id END
         WHERE w.holder IS NULL OR w.holder = excluded.holder OR w.lease_until < now()
         RETURNING taken_id, sent_until, batch_id, batch_until_id, batch_until, batch_rows, lost, lost - told_lost AS newly_lost`,
        [sink, stream, holder, leaseMs]);
      return row === undefined ? undefined : toClaim(row);
    },

    read: async (stream, afterId, untilId, bounds) => {
      const until = untilId ?? (await horizonOf(stream));
      const { table } = SINK_TABLES[stream];
      const values: readonly SqlValue[] = [afterId, until, bounds.rows, bounds.bytes];
      // The first that is beyond the bound of bytes is the last.
      const text = `SELECT ${COLUMNS[stream]} FROM (
          SELECT *, sum(${SIZE[stream]}) OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) - (${SIZE[stream]}) AS bytes_before
          FROM (SELECT * FROM ${table} WHERE id > $1 AND id <= $2 ORDER BY id LIMIT $3) AS first) AS measured
        WHERE bytes_before < $4 ORDER BY id`;
      switch (stream) {
        case 'usage':
          return { stream, rows: await database.query<UsageSinkRow>(READ, text, values) };
        case 'targets':
          return { stream, rows: await database.query<TargetSinkRow>(READ, text, values) };
        case 'records': {
          const rows = await database.query<RecordRow & Pick<RowOfSomebody, 'tenant_id' | 'gateway_id'>>(READ, text, values);
          return { stream, rows: rows.map((row) => ({ id: row.id, tenant_id: row.tenant_id, gateway_id: row.gateway_id, data_plane_id: row.data_plane_id, ...toRecord(row) })) };
        }
      }
    },

    begin: async ({ sink, stream }, holder, afterId, { untilId, until, rows }) => {
      const id = newId();
      const noted = await database.query<{ readonly batch_until: Date }>(WRITE,
        `UPDATE sink_watermarks SET batch_id = $5, batch_until_id = $6, batch_until = greatest($7, sent_until + interval '1 millisecond'), batch_rows = $8
         WHERE sink = $1 AND stream = $2 AND holder = $3 AND taken_id = $4 AND batch_id IS NULL RETURNING batch_until`,
        [sink, stream, holder, afterId, id, untilId, until, rows]);
      return noted.map((row): NotedBatch => ({ id, untilId, until: row.batch_until, rows }))[0];
    },

    finish: async ({ sink, stream }, holder, batchId, { sent, lost }) => {
      const done = await database.query(WRITE,
        `UPDATE sink_watermarks SET taken_id = batch_until_id, sent_until = batch_until, sent = sent + $5, lost = lost + $6, batch_id = NULL, batch_until_id = NULL, batch_until = NULL, batch_rows = NULL
         WHERE sink = $1 AND stream = $2 AND holder = $3 AND batch_id = $4 RETURNING 1`, [sink, stream, holder, batchId, sent, lost]);
      return done.length === 1;
    },

    noteTold: async ({ sink, stream }, lost) => {
      await database.query(WRITE, 'UPDATE sink_watermarks SET told_lost = greatest(told_lost, $3) WHERE sink = $1 AND stream = $2', [sink, stream, lost]);
    },

    release: async ({ sink, stream }, holder) => {
      await database.query(WRITE, 'UPDATE sink_watermarks SET holder = NULL WHERE sink = $1 AND stream = $2 AND holder = $3', [sink, stream, holder]);
    },

    backlog: async ({ sink, stream }, atMost) => {
      const { table, arrived } = SINK_TABLES[stream];
      const mark = '(SELECT taken_id FROM sink_watermarks WHERE sink = $1 AND stream = $2)';
      const { rows, oldest } = onlyRow(await database.query<{ readonly rows: number; readonly oldest: Date | null }>(READ,
        `SELECT (SELECT count(*) FROM (SELECT FROM ${table} WHERE id > ${mark} LIMIT $3) AS waiting) AS rows, (SELECT ${arrived} FROM ${table} WHERE id > ${mark} ORDER BY id LIMIT 1) AS oldest`, [sink, stream, atMost]));
      return { rows, oldest: oldest ?? undefined };
    },

    describe: async (dataPlaneIds) => {
      const rows = await database.query<{ readonly id: string; readonly hostname: string; readonly labels: Readonly<Record<string, string>> }>(READ, 'SELECT id, hostname, labels FROM data_planes WHERE id = ANY ($1::uuid[])', [dataPlaneIds]);
      return new Map(rows.map(({ id, ...rest }) => [id, rest]));
    },
  };
}

function toClaim(row: ClaimRow): SinkClaim {
  const { batch_id: id, batch_until_id: untilId, batch_until: until, batch_rows: rows } = row;
  return {
    takenId: row.taken_id,
    sentUntil: row.sent_until ?? undefined,
    batch: id === null || untilId === null || until === null || rows === null ? undefined : { id, untilId, until, rows },
    lost: row.lost,
    newlyLost: row.newly_lost,
  };
}
