/**
 * Telemetry as rows of ClickHouse, by its HTTP interface: one INSERT … FORMAT JSONEachRow for each batch, under the batch's id as
 * `insert_deduplication_token`, so that a batch that is sent again adds nothing (where the tables have a deduplication window, as those of
 * deploy/clickhouse.sql have). Columns are named as there; a test compares.
 */
import type { Clock } from '../../shared/clock.ts';
import { LatencySketch } from '../../shared/telemetry/latency-sketch.ts';
import { NO_ID } from '../store/copy-rows.ts';
import { unpackSketches } from '../store/latency-pack.ts';
import type { RecordSinkRow, SinkStream, TargetSinkRow, UsageSinkRow } from '../store/sink-store.ts';
import { compressed, SinkConnection, type SinkAnswer } from './sink-connection.ts';
import type { SendOutcome, Sink, SinkBatch, SinkMessage } from './sink.ts';

export interface ClickhouseOptions {
  readonly url: URL;
  readonly database: string;
  readonly user: string;
  readonly password: string;
  readonly tablePrefix: string;
  readonly streams: readonly SinkStream[];
  readonly softwareVersion: string;
  readonly clock: Clock;
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 30_000;
/** ClickHouse likes few, large inserts; in memory a batch is some ten times its bytes at the very most. */
const BOUNDS = { rows: 5_000, bytes: 2 * 1024 * 1024 };
const EVERY_MS = { usage: 5_000, targets: 5_000, records: 5_000 };
const TABLES: Readonly<Record<SinkStream, string>> = { usage: 'usage', targets: 'targets', records: 'access_records' };
/** Names of ClickHouse's own errors, `(UNKNOWN_TABLE)`; the text beside them may repeat what was sent. */
const ERROR_NAME = /\(([A-Z][A-Z_]{2,60})\)/;

export function createClickhouseSink(options: ClickhouseOptions): Sink {
  const { url, database, user, password, tablePrefix, streams, softwareVersion, clock, timeoutMs = TIMEOUT_MS } = options;
  const headers = { 'user-agent': `holdfast/${softwareVersion}`, 'content-type': 'application/x-ndjson', 'x-clickhouse-user': user, ...(password === '' ? {} : { 'x-clickhouse-key': password }), 'x-clickhouse-database': database };
  const connection = new SinkConnection({ headers, timeoutMs, clock });
  const addressOf = ({ stream, batchId }: SinkMessage): URL => {
    const address = new URL(url);
    address.searchParams.set('query', `INSERT INTO \`${tablePrefix}${TABLES[stream]}\` FORMAT JSONEachRow`);
    address.searchParams.set('insert_deduplicate', '1');
    address.searchParams.set('insert_deduplication_token', batchId);
    // Answered when it is stored, whatever the user's profile says.
    for (const [name, value] of [['async_insert', '0'], ['wait_end_of_query', '1'], ['input_format_parallel_parsing', '0']] as const) address.searchParams.set(name, value);
    return address;
  };
  const judge = (answer: SinkAnswer): SendOutcome => {
    const code = answer.header('x-clickhouse-exception-code');
    if (answer.status >= 200 && answer.status < 300 && code === undefined) return { kind: 'taken', rejected: 0 };
    const name = ERROR_NAME.exec(Buffer.from(answer.body).toString('latin1'))?.[1];
    const reason = `ClickHouse answered ${answer.status}${code === undefined ? '' : `, code ${code.replaceAll(/\D/g, '')}`}${name === undefined ? '' : ` ${name}`}`;
    // A table that is missing can be made, a user let in: nothing that it says is for good.
    return { kind: 'again', reason, retryAfterMs: connection.retryAfterMs(answer) };
  };
  return {
    name: 'clickhouse',
    streams,
    bounds: BOUNDS,
    everyMs: EVERY_MS,
    encode: async (batch, breathe) => ({ batchId: batch.id, stream: batch.rows.stream, body: await compressed(await linesOf(batch, breathe)) }),
    send: (message) => connection.post(addressOf(message), {}, message.body, judge),
    close: () => connection.close(),
  };
}

async function linesOf({ rows: { stream, rows } }: SinkBatch, breathe: () => Promise<void>): Promise<string> {
  const lines: string[] = [];
  const add = async (row: object): Promise<void> => {
    lines.push(JSON.stringify(row));
    await breathe();
  };
  if (stream === 'usage') for (const row of rows) await add(usageOf(row));
  else if (stream === 'targets') for (const row of rows) await add(targetOf(row));
  else for (const row of rows) await add(recordOf(row));
  return `${lines.join('\n')}\n`;
}

/** Exported for the test that compares them with deploy/clickhouse.sql. */
export function usageOf({ latencies, at, arrived_at: arrivedAt, ...row }: UsageSinkRow): object {
  const [request, upstream, gateway] = unpackSketches(latencies, 3);
  return { ...row, at: seconds(at), arrived_at: seconds(arrivedAt), ...valuesOf('request', request), ...valuesOf('upstream', upstream), ...valuesOf('gateway', gateway) };
}

export function targetOf({ latencies, at, arrived_at: arrivedAt, ...row }: TargetSinkRow): object {
  const [latency] = unpackSketches(latencies, 1);
  return { ...row, at: seconds(at), arrived_at: seconds(arrivedAt), ...valuesOf('latency', latency) };
}

export function recordOf({ id, tenant_id, gateway_id, data_plane_id, receivedAt, record }: RecordSinkRow): object {
  const orNone = (one: string): string => (one === '' ? NO_ID : one);
  const { version, headers } = record;
  return {
    id, tenant_id, gateway_id, data_plane_id, received_at: seconds(receivedAt), started_at: new Date(Math.floor(record.startedMicros / 1000)).toISOString().slice(0, -1).replace('T', ' ') + String(record.startedMicros % 1000).padStart(3, '0'),
    request_id: record.requestId, trace_id: record.traceId, reason: record.reason,
    route_id: orNone(record.routeId), service_id: orNone(record.serviceId), consumer_id: orNone(record.consumerId), config_version: `${version.epoch}.${version.sequence}`,
    status: record.status, error_code: record.errorCode, method: record.method, scheme: record.scheme, host: record.host, path: record.path, query: record.query, http_version: record.httpVersion,
    tls_version: record.tlsVersion, tls_cipher: record.tlsCipher, client_address: record.clientAddress, user_agent: record.userAgent, target: record.target, retries: record.retries,
    total_us: record.totalMicros, upstream_us: record.upstreamMicros, gateway_us: record.gatewayMicros, bytes_in: record.bytesIn, bytes_out: record.bytesOut, generated: record.generated ? 1 : 0,
    headers: Object.fromEntries(headers),
  };
}

/** Buckets of a sketch: microseconds within 1 % of what they hold, and how many. */
function valuesOf(name: string, bytes: Uint8Array | undefined): Readonly<Record<string, readonly number[]>> {
  const buckets = bytes === undefined || bytes.length === 0 ? [] : [...LatencySketch.decode(bytes).buckets()];
  return { [`${name}_values`]: buckets.map(([micros]) => Number(micros.toPrecision(6))), [`${name}_counts`]: buckets.map(([, count]) => count) };
}

/** As a DateTime64 is read whatever the server's settings are; the columns are UTC. */
function seconds(time: Date): string {
  return time.toISOString().slice(0, -1).replace('T', ' ');
}
