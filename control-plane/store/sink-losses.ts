/**
 * Counts what retention takes away before a sink has sent it: a dead sink holds no rows back, and none go silently. In the transaction
 * that removes them; told of by control-plane/sinks/forwarder.ts. Called by telemetry-expiry-store.ts.
 */
import type { Database, Transaction } from './database.ts';
import { SINK_STREAMS, SINK_TABLES } from './sink-store.ts';
import { DAY_MS, HOUR_MS } from './telemetry-families.ts';

/** Rows of a partition that are counted one by one; of more its estimated size stands for them, so that a dead sink never keeps a partition. */
const COUNTED = 2_000_000;
/** A sink that nobody has for so long was taken away; if it is there again it begins anew. */
const FORGOTTEN_AFTER = '7 days';

function streamOf(table: string): string | undefined {
  return SINK_STREAMS.find((stream) => SINK_TABLES[stream].table === table);
}

/** Rows of the oldest partition that sinks lack, to be called before it is dropped; what it returns is called after, with its name. */
export async function lossesOfPartition(transaction: Transaction, table: string): Promise<(dropped: string) => void> {
  const stream = streamOf(table);
  const sinks = stream === undefined ? [] : await transaction.query<{ readonly sink: string; readonly id: number }>('SELECT sink, coalesce(batch_until_id, taken_id) AS id FROM sink_watermarks WHERE stream = $1', [stream]);
  if (sinks.length === 0) return () => undefined;
  const [part] = await transaction.query<{ readonly name: string; readonly starts: Date; readonly estimated: number }>(
    `SELECT c.relname AS name, to_timestamp(right(c.relname, 10), 'YYYYMMDDHH24')::timestamp AT TIME ZONE 'UTC' AS starts, greatest(c.reltuples, 0)::int8 AS estimated
     FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = to_regclass('holdfast.' || $1::text) AND c.relname ~ '_[0-9]{10}$' ORDER BY c.relname LIMIT 1`, [table]);
  if (part === undefined) return () => undefined;
  const { column, widthMs } = stream === 'records' ? { column: 'started_at', widthMs: DAY_MS } : { column: 'arrived_at', widthMs: 6 * HOUR_MS };
  const losses: { readonly sink: string; readonly rows: number }[] = [];
  for (const { sink, id } of sinks) {
    const [counted] = await transaction.query<{ readonly rows: number }>(
      `SELECT count(*) AS rows FROM (SELECT FROM ${table} WHERE ${column} >= $1 AND ${column} < $2 AND id > $3 LIMIT ${COUNTED}) AS lost`, [part.starts, new Date(part.starts.getTime() + widthMs), id]);
    const rows = counted?.rows ?? 0;
    losses.push({ sink, rows: rows < COUNTED ? rows : Math.max(rows, part.estimated) });
  }
  return (dropped) => {
    if (dropped !== part.name) return;
    for (const { sink, rows } of losses) if (rows > 0) transaction.send('UPDATE sink_watermarks SET lost = lost + $3 WHERE sink = $1 AND stream = $2', [sink, stream ?? '', rows]);
  };
}

/** These rows were deleted one by one. */
export function noteLosses(transaction: Transaction, table: string, ids: readonly number[]): void {
  const stream = streamOf(table);
  if (stream === undefined || ids.length === 0) return;
  transaction.send(
    `UPDATE sink_watermarks w SET lost = lost + gone.rows FROM (
       SELECT s.sink, count(*) AS rows FROM sink_watermarks s JOIN unnest($2::bigint[]) AS g (id) ON g.id > coalesce(s.batch_until_id, s.taken_id) WHERE s.stream = $1 GROUP BY s.sink) AS gone
     WHERE w.stream = $1 AND w.sink = gone.sink`, [stream, ids]);
}

/** Those that nobody has had for long. */
export async function forgetSinks(database: Database): Promise<void> {
  await database.query({ role: 'holdfast_publisher', mode: 'write' }, `DELETE FROM sink_watermarks WHERE seen_at < now() - interval '${FORGOTTEN_AFTER}'`);
}

/** Whether rows of the table go to sinks. */
export function isForSinks(table: string): boolean {
  return streamOf(table) !== undefined;
}
