/**
 * Partitions of telemetry made ahead, and dropped when all in them is older than the installation keeps; rows of tenants that keep less
 * deleted a few at a time. Nothing goes that the roll-up, or whoever else takes raw rows, has not taken; sinks are not waited for, their losses are
 * counted (sink-losses.ts). Run by telemetry/roll-up.ts; how long
 * a tenant keeps is set in tenant-retention-store.ts.
 */
import { onlyRow, type Database } from './database.ts';
import { RETENTION_LEVELS, type RetentionLevel, type RetentionTimes } from './retention-levels.ts';
import { forgetSinks, isForSinks, lossesOfPartition, noteLosses } from './sink-losses.ts';
import { DAY_MS, HOUR_MS } from './telemetry-families.ts';

export interface TelemetryExpiryStore {
  /** Makes the partitions of now and of what comes. */
  prepare(nowMs: number): Promise<void>;
  /** Removes what is no longer kept, until `isStopped`; returns what it removed. What somebody uses for long stays until the next time. */
  remove(nowMs: number, isStopped: () => boolean): Promise<Removed>;
}

export interface Removed {
  readonly partitions: number;
  readonly rows: number;
}

interface TableByTime {
  readonly table: string;
  readonly level: RetentionLevel;
  /** As old as a row is, for a tenant. */
  readonly column: 'at' | 'started_at';
  readonly aheadMs: number;
  /** Holds for rows that somebody else has taken. */
  readonly taken?: string;
}

const TABLES: readonly TableByTime[] = [
  ...(['usage', 'target'] as const).flatMap((family): readonly TableByTime[] => {
    const name = family === 'usage' ? 'usage' : 'targets';
    const mark = (column: string): string => `(SELECT ${column} FROM roll_up_watermarks WHERE family = '${name}')`;
    return [
      // Whatever else takes raw rows has a mark of its own, `usage/…`.
      { table: `${family}_raw`, level: 'raw', column: 'at', aheadMs: 6 * HOUR_MS, taken: `id <= (SELECT min(raw_id) FROM roll_up_watermarks WHERE family = '${name}' OR family LIKE '${name}/%')` },
      ...(['', '_latencies'] as const).flatMap((part): readonly TableByTime[] => [
        { table: `${family}_minutes${part}`, level: 'minutes', column: 'at', aheadMs: DAY_MS, taken: `at < ${mark('hours_until')}` },
        { table: `${family}_hours${part}`, level: 'hours', column: 'at', aheadMs: 31 * DAY_MS, taken: `at < ${mark('days_until')}` },
        { table: `${family}_days${part}`, level: 'days', column: 'at', aheadMs: 366 * DAY_MS },
      ]),
    ];
  }),
  { table: 'route_version_counts', level: 'minutes', column: 'at', aheadMs: DAY_MS },
  { table: 'data_plane_vitals', level: 'raw', column: 'at', aheadMs: DAY_MS },
  { table: 'access_records', level: 'records', column: 'started_at', aheadMs: DAY_MS },
];
/** Of one statement. */
const ROWS_AT_ONCE = 2_000;
const PUBLISHER = { role: 'holdfast_publisher', mode: 'write' } as const;

/** Whose rows one statement looks for. */
const GATEWAYS_AT_ONCE = 1_000;

type GatewayRow = Readonly<Record<`${RetentionLevel}_s`, number | null>> & { readonly tenantId: string; readonly gatewayId: string };

export function createTelemetryExpiryStore(database: Database, installation: RetentionTimes): TelemetryExpiryStore {
  const dropPartitions = async ({ table, level }: TableByTime, nowMs: number, isStopped: () => boolean): Promise<number> => {
    for (let partitions = 0; ; partitions += 1) {
      if (isStopped()) return partitions;
      const dropped = await database.transaction(PUBLISHER, async (transaction) => {
        const noteLossesOf = await lossesOfPartition(transaction, table);
        const [row] = await transaction.query<{ readonly name: string | null }>('SELECT drop_telemetry_partition($1, $2) AS name', [table, new Date(nowMs - installation[level])]);
        const name = row?.name ?? null;
        if (name !== null) noteLossesOf(name);
        return name;
      });
      if (dropped === null) return partitions;
    }
  };

  const deleteRows = async (gateways: readonly GatewayRow[], { table, level, column, taken }: TableByTime, nowMs: number, isStopped: () => boolean): Promise<number> => {
    const before = gateways.map((gateway) => new Date(nowMs - Math.min((gateway[`${level}_s`] ?? Infinity) * 1000, installation[level])));
    let rows = 0;
    for (let removed = ROWS_AT_ONCE; removed >= ROWS_AT_ONCE && !isStopped(); rows += removed) {
      removed = await database.transaction(PUBLISHER, async (transaction) => {
        const gone = await transaction.query<{ readonly id: number }>(
          `DELETE FROM ${table} t USING (
             SELECT old.* FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) AS g (tenant_id, gateway_id, before) CROSS JOIN LATERAL (
               SELECT tableoid AS part, ctid AS place FROM ${table} o
               WHERE o.tenant_id = g.tenant_id AND o.gateway_id = g.gateway_id AND ${column} < g.before${taken === undefined ? '' : ` AND ${taken}`} LIMIT ${ROWS_AT_ONCE}) AS old
             LIMIT ${ROWS_AT_ONCE}) AS old
           WHERE t.tableoid = old.part AND t.ctid = old.place RETURNING ${isForSinks(table) ? 'id' : '0 AS id'}`,
          [gateways.map(({ tenantId }) => tenantId), gateways.map(({ gatewayId }) => gatewayId), before]);
        noteLosses(transaction, table, gone.map(({ id }) => id));
        return gone.length;
      });
    }
    return rows;
  };

  /** One table's trouble is not another's: the first is thrown when all had their turn. */
  const forEachTable = async (work: (table: TableByTime) => Promise<void>): Promise<void> => {
    const failures: unknown[] = [];
    for (const table of TABLES) await work(table).catch((thrown: unknown) => failures.push(thrown));
    if (failures.length > 0) throw failures[0];
  };

  const databaseNowMs = async (): Promise<number> => onlyRow(await database.query<{ readonly now: Date }>({ role: 'holdfast_publisher', mode: 'snapshot' }, 'SELECT now()')).now.getTime();

  return {
    prepare: async (nowMs) => {
      const arrivingMs = await databaseNowMs();
      await forEachTable(async ({ table, level, aheadMs }) => {
        // Raw rows are put in time by the database's clock.
        const atMs = level === 'raw' && table.endsWith('_raw') ? arrivingMs : nowMs;
        for (const one of [atMs, atMs + aheadMs]) await database.query(PUBLISHER, 'SELECT ensure_telemetry_partition($1, $2)', [table, new Date(one)]);
      });
    },

    remove: async (givenMs, isStopped) => {
      // By the earlier of the two clocks: what one that runs ahead takes away does not come back.
      const nowMs = Math.min(givenMs, await databaseNowMs());
      const gateways = await database.query<GatewayRow>({ role: 'holdfast_publisher', mode: 'snapshot' },
        `SELECT g.tenant_id AS "tenantId", g.id AS "gatewayId", ${RETENTION_LEVELS.map((level) => `r.${level}_s`).join(', ')} FROM gateways g LEFT JOIN tenant_retention r ON r.tenant_id = g.tenant_id ORDER BY 1, 2`);
      await forgetSinks(database);
      const removed = { partitions: 0, rows: 0 };
      await forEachTable(async (table) => {
        removed.partitions += await dropPartitions(table, nowMs, isStopped);
        for (let at = 0; at < gateways.length; at += GATEWAYS_AT_ONCE) removed.rows += await deleteRows(gateways.slice(at, at + GATEWAYS_AT_ONCE), table, nowMs, isStopped);
      });
      return removed;
    },
  };
}
