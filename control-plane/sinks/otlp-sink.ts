/**
 * Telemetry by OTLP over HTTP with binary bodies (https://opentelemetry.io/docs/specs/otlp/#otlphttp): usage and targets as metrics,
 * access records as logs. The protocol knows no batches that are sent twice, so what was taken but not answered is there twice; the header
 * `idempotency-key` tells who cares. 400 is final, as the protocol has it; all else is asked again, also what it calls final: a
 * token can be renewed, and the rows wait in the database.
 */
import type { Clock } from '../../shared/clock.ts';
import { partialSuccess } from '../../shared/plugin-parts/otlp-envelope.ts';
import type { SinkRows, SinkStore, SinkStream } from '../store/sink-store.ts';
import { writeRecord } from './otlp-logs.ts';
import { targetMetrics, usageMetrics, type Interval } from './otlp-metrics.ts';
import { encodeRequest, type Attribute, type OtlpGroup } from '../../shared/wire/otlp-writer.ts';
import { compressed, SinkConnection, type SinkAnswer } from './sink-connection.ts';
import type { SendOutcome, Sink, SinkBatch } from './sink.ts';

export interface OtlpOptions {
  /** `/v1/metrics` and `/v1/logs` are added to its path. */
  readonly endpoint: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly streams: readonly SinkStream[];
  readonly describe: SinkStore['describe'];
  readonly softwareVersion: string;
  readonly clock: Clock;
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 30_000;
/** Collectors take 4 to 20 MB at once. */
const BOUNDS = { rows: 2_000, bytes: 1024 * 1024 };
const EVERY_MS = { usage: 10_000, targets: 10_000, records: 3_000 };

export function createOtlpSink({ endpoint, headers, streams, describe, softwareVersion, clock, timeoutMs = TIMEOUT_MS }: OtlpOptions): Sink {
  const connection = new SinkConnection({ headers: { ...headers, 'user-agent': `holdfast/${softwareVersion}`, 'content-type': 'application/x-protobuf' }, timeoutMs, clock });
  const addressOf = (stream: SinkStream): URL => {
    const address = new URL(endpoint);
    address.pathname = `${address.pathname.replace(/\/+$/, '')}/v1/${stream === 'records' ? 'logs' : 'metrics'}`;
    return address;
  };
  const judge = (answer: SinkAnswer): SendOutcome => {
    const isOurs = answer.header('content-type')?.startsWith('application/x-protobuf') === true;
    if (answer.status >= 200 && answer.status < 300) return { kind: 'taken', rejected: isOurs ? (partialSuccess(answer.body)?.rejected ?? 0) : 0 };
    const reason = `the collector answered ${answer.status}`;
    return answer.status === 400 ? { kind: 'refused', reason } : { kind: 'again', reason, retryAfterMs: connection.retryAfterMs(answer) };
  };
  return {
    name: 'otlp',
    streams,
    bounds: BOUNDS,
    everyMs: EVERY_MS,
    encode: async (batch, breathe) => {
      const ids = [...new Set(batch.rows.rows.map((row) => row.data_plane_id))];
      const groups = await groupsOf(batch, await describe(ids), breathe);
      return { batchId: batch.id, stream: batch.rows.stream, body: await compressed(await encodeRequest(groups, softwareVersion)) };
    },
    send: ({ batchId, stream, body }) => connection.post(addressOf(stream), { 'idempotency-key': batchId }, body, judge),
    close: () => connection.close(),
  };
}

type Described = Awaited<ReturnType<SinkStore['describe']>>;

/** One resource for each data plane. */
async function groupsOf({ rows: all, from, until }: SinkBatch, described: Described, breathe: () => Promise<void>): Promise<readonly OtlpGroup[]> {
  const interval: Interval = { fromMs: from.getTime(), untilMs: until.getTime() };
  const groups: OtlpGroup[] = [];
  const add = async <Row extends SinkRows['rows'][number]>(rows: readonly Row[], writeOf: (rows: readonly Row[]) => Promise<OtlpGroup['write']>): Promise<void> => {
    for (const own of Map.groupBy(rows, (row) => row.data_plane_id).values()) {
      const [first] = own;
      if (first !== undefined) groups.push({ resource: resourceOf(first, described), write: await writeOf(own) });
    }
  };
  if (all.stream === 'usage') await add(all.rows, (rows) => usageMetrics(rows, interval, breathe));
  else if (all.stream === 'targets') await add(all.rows, (rows) => targetMetrics(rows, interval, breathe));
  else await add(all.rows, async (rows) => async (writer) => {
    for (const row of rows) {
      writeRecord(writer, row);
      await breathe();
    }
  });
  return groups;
}

function resourceOf({ tenant_id: tenant, gateway_id: gateway, data_plane_id: dataPlane }: SinkRows['rows'][number], described: Described): readonly Attribute[] {
  const { hostname = '', labels = {} } = described.get(dataPlane) ?? {};
  return [
    ['service.name', 'holdfast'], ['service.instance.id', dataPlane],
    ['holdfast.tenant.id', tenant], ['holdfast.gateway.id', gateway], ['holdfast.data_plane.id', dataPlane],
    ...(hostname === '' ? [] : [['host.name', hostname] as const]),
    ...Object.entries(labels).map(([name, value]): Attribute => [`holdfast.label.${name}`, value]),
  ];
}
