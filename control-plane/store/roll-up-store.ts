/**
 * The steps by which raw rows become minutes, minutes hours, and hours days (migration 019). Each is one transaction that holds the
 * family's watermark and moves it: whenever it is cut off, by whomever it is done, each row counts once. Rows that come late go into
 * all levels that have passed their time. Called by telemetry/roll-up.ts, of any number of instances.
 */
import { assert } from '../../shared/assert.ts';
import { onlyRow, type Database, type Transaction, type TransactionOptions } from './database.ts';
import { LevelSums, type FamilyRow } from './level-sums.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, type Family } from './telemetry-families.ts';

export interface RollUpStep {
  /** False where another instance is at it. */
  readonly ours: boolean;
  /** Rows that were added up. */
  readonly rows: number;
  /** Whether there is more to do at once. */
  readonly more: boolean;
}

export interface RollUpStore {
  /**
   * Adds the next raw rows, at most some `limit`, to the minutes. Rows of transactions that may still be running wait.
   * `breathe` is awaited between pieces of work, so that the event loop is not held.
   */
  takeRaw(family: Family, limit: number, breathe: () => Promise<void>): Promise<RollUpStep>;
  /** Adds minutes before `untilMs`, of one hour at most, to their hours. */
  takeMinutes(family: Family, untilMs: number, breathe: () => Promise<void>): Promise<RollUpStep>;
  /** Adds one hour, whose minutes are all taken, to its day. */
  takeHour(family: Family, breathe: () => Promise<void>): Promise<RollUpStep>;
  /** Moves rows that control planes of an older release stored; how many. */
  moveOldUsage(limit: number): Promise<number>;
  /** Raw rows that wait, at most (of both families are numbers left out), and when the first of them came; for metrics. */
  backlog(family: Family): Promise<{ readonly rows: number; readonly oldest: Date | undefined }>;
}

interface Watermark {
  readonly raw_id: number;
  readonly hours_until: Date;
  readonly days_until: Date;
  readonly server: string;
}

/** Numbers up to `id` were all given to transactions that began before `xid` did. Holds of the server that said it, as it runs since `server`. */
interface Sight {
  readonly id: number;
  readonly xid: string;
  readonly server: string;
}

const WRITE: TransactionOptions = { role: 'holdfast_publisher', mode: 'write' };
const NOT_OURS: RollUpStep = { ours: false, rows: 0, more: false };
/** Of a cursor: what stands in memory at once. */
const FETCHED = 1_000;

export function createRollUpStore(database: Pick<Database, 'query' | 'transaction'>): RollUpStore {
  /** Of one server: another one, which answers since a failover, may give numbers again that we saw given. */
  const safe = new Map<string, Pick<Sight, 'id' | 'server'>>();
  let sight: Sight | undefined;

  /** Runs `work` as the only one for the family. */
  const alone = (family: Family, work: (transaction: Transaction, mark: Watermark) => Promise<RollUpStep>): Promise<RollUpStep> =>
    database.transaction(WRITE, async (transaction) => {
      const [mark] = await transaction.query<Watermark>('SELECT raw_id, hours_until, days_until, pg_postmaster_start_time()::text AS server FROM roll_up_watermarks WHERE family = $1 FOR UPDATE SKIP LOCKED', [family.name]);
      return mark === undefined ? NOT_OURS : work(transaction, mark);
    });

  return {
    takeRaw: async (family, limit, breathe) => {
      // The number is read first, then a transaction number is drawn: whoever drew a row's number before has an older one, as intake takes it first.
      sight ??= await database.query<Sight>(WRITE,
        // Before the first number was given, the last one is said to be the first.
        'WITH seen AS MATERIALIZED (SELECT last_value - (NOT is_called)::int AS id FROM telemetry_ids) SELECT seen.id, pg_current_xact_id()::text AS xid, pg_postmaster_start_time()::text AS server FROM seen').then(([row]) => row);
      return alone(family, async (transaction, mark) => {
        if (sight !== undefined && sight.server !== mark.server) sight = undefined;
        if (sight !== undefined) {
          const [ended] = await transaction.query<{ readonly all: boolean }>('SELECT pg_snapshot_xmin(pg_current_snapshot()) >= $1::text::xid8 AS "all"', [sight.xid]);
          if (ended?.all === true) {
            for (const name of ['usage', 'targets']) safe.set(name, sight);
            sight = undefined;
          }
        }
        const known = safe.get(family.name);
        const until = known?.server === mark.server ? known.id : 0;
        if (until <= mark.raw_id) return { ours: true, rows: 0, more: false };
        const columns = ['id', 'tenant_id', 'gateway_id', 'at', ...family.keys.map(({ name }) => name), ...family.counts, 'latencies'];
        const rows = await transaction.query<FamilyRow & { readonly id: number }>(
          `SELECT ${columns.join(', ')} FROM ${family.raw} WHERE id > $1 AND id <= $2 ORDER BY id FETCH FIRST ${limit} ROWS WITH TIES`, [mark.raw_id, until]);
        const minutes = new LevelSums(family, MINUTE_MS);
        const lateHours = new LevelSums(family, HOUR_MS);
        const lateDays = new LevelSums(family, DAY_MS);
        for (const row of rows) {
          minutes.add(row);
          if (row.at < mark.hours_until) lateHours.add(row);
          if (row.at < mark.days_until) lateDays.add(row);
          await breathe();
        }
        await minutes.putInto(transaction, 'minutes', breathe);
        await lateHours.putInto(transaction, 'hours', breathe);
        await lateDays.putInto(transaction, 'days', breathe);
        const more = rows.length >= limit;
        await transaction.commitWith('UPDATE roll_up_watermarks SET raw_id = $2 WHERE family = $1', [family.name, more ? (rows.at(-1)?.id ?? until) : until]);
        return { ours: true, rows: rows.length, more };
      });
    },

    takeMinutes: (family, untilMs, breathe) =>
      alone(family, async (transaction, mark) => {
        const fromMs = mark.hours_until.getTime();
        const toMs = Math.min(untilMs, Math.floor(fromMs / HOUR_MS) * HOUR_MS + HOUR_MS);
        assert(untilMs % MINUTE_MS === 0, 'hours are taken by whole minutes');
        if (toMs <= fromMs) return { ours: true, rows: 0, more: false };
        const rows = await addLevel(transaction, family, { from: 'minutes', to: 'hours', fromMs, toMs }, breathe);
        await transaction.commitWith('UPDATE roll_up_watermarks SET hours_until = $2 WHERE family = $1', [family.name, new Date(toMs)]);
        return { ours: true, rows, more: toMs < untilMs };
      }),

    takeHour: (family, breathe) =>
      alone(family, async (transaction, mark) => {
        const fromMs = mark.days_until.getTime();
        const toMs = fromMs + HOUR_MS;
        if (toMs > mark.hours_until.getTime()) return { ours: true, rows: 0, more: false };
        const rows = await addLevel(transaction, family, { from: 'hours', to: 'days', fromMs, toMs }, breathe);
        await transaction.commitWith('UPDATE roll_up_watermarks SET days_until = $2 WHERE family = $1', [family.name, new Date(toMs)]);
        return { ours: true, rows, more: toMs + HOUR_MS <= mark.hours_until.getTime() };
      }),

    // What an older control plane adds to a row meanwhile waits for the end of this, and makes a new row then.
    moveOldUsage: (limit) =>
      database.transaction(WRITE, async (transaction) => {
        const moved = await transaction.query(
          `WITH moved AS (DELETE FROM usage WHERE ctid = ANY (ARRAY(SELECT ctid FROM usage LIMIT $1)) RETURNING *)
           INSERT INTO usage_raw (tenant_id, gateway_id, data_plane_id, at, route_id, consumer_id, status, requests, bytes_in, bytes_out, request_us, upstream_us, gateway_us)
           SELECT tenant_id, gateway_id, data_plane_id, interval_start, coalesce(route_id, '00000000-0000-0000-0000-000000000000'), coalesce(consumer_id, '00000000-0000-0000-0000-000000000000'),
             status_class, requests, bytes_in, bytes_out, duration_us, 0, 0 FROM moved RETURNING 1`, [limit]);
        return moved.length;
      }),

    backlog: async (family) => {
      const row = onlyRow(await database.query<{ readonly rows: number; readonly oldest: Date | null }>({ role: 'holdfast_publisher', mode: 'snapshot' },
        `SELECT greatest(0, (SELECT last_value FROM telemetry_ids) - m.raw_id) AS rows, (SELECT arrived_at FROM ${family.raw} WHERE id > m.raw_id ORDER BY id LIMIT 1) AS oldest FROM roll_up_watermarks m WHERE family = $1`, [family.name]));
      return { rows: row.oldest === null ? 0 : row.rows, oldest: row.oldest ?? undefined };
    },
  };
}

/** By gateway, as the tables are sorted; whole in this transaction, a piece at a time in memory. */
async function addLevel(transaction: Transaction, family: Family, step: { readonly from: 'minutes' | 'hours'; readonly to: 'hours' | 'days'; readonly fromMs: number; readonly toMs: number }, breathe: () => Promise<void>): Promise<number> {
  const keys = ['tenant_id', 'gateway_id', 'at', ...family.keys.map(({ name }) => name)];
  const table = family.tables[step.from];
  await transaction.query(
    `DECLARE finer NO SCROLL CURSOR FOR SELECT ${[...keys, ...family.counts].map((name) => `t.${name}`).join(', ')}, l.latencies FROM gateways g CROSS JOIN LATERAL (
       SELECT * FROM ${table} f WHERE f.tenant_id = g.tenant_id AND f.gateway_id = g.id AND f.at >= $1 AND f.at < $2 ORDER BY ${family.keys.map(({ name }) => name).join(', ')}) AS t
     LEFT JOIN ${table}_latencies l ON ${keys.map((name) => `l.${name} = t.${name}`).join(' AND ')}`,
    [new Date(step.fromMs), new Date(step.toMs)]);
  let count = 0;
  const sums = new LevelSums(family, step.to === 'hours' ? HOUR_MS : DAY_MS);
  for (;;) {
    const rows = await transaction.query<FamilyRow>(`FETCH ${FETCHED} FROM finer`);
    for (const row of rows) {
      sums.add(row);
      await breathe();
    }
    count += rows.length;
    if (rows.length < FETCHED || sums.size >= FETCHED) await sums.putInto(transaction, step.to, breathe);
    if (rows.length < FETCHED) break;
  }
  await transaction.query('CLOSE finer');
  return count;
}
