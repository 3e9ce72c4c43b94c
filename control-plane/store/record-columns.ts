/**
 * An access record as a row (migration 019): what it is searched by has columns of its own, the rest is JSON of a fixed list of fields.
 * Used by record-queries.ts.
 */
import { NO_VERSION } from '../../shared/model/version.ts';
import type { AccessRecord } from '../../shared/wire/access-record-codec.ts';
import { NO_ID, type CopyRows } from './copy-rows.ts';
import type { StoredRecord } from './record-store.ts';
import type { TelemetrySource } from './telemetry-store.ts';

/** In the order of `copyRecord`. */
export const RECORD_COLUMNS = 'gateway_id, data_plane_id, started_at, request_id, route_id, service_id, consumer_id, status, total_us, error_code, trace_id, path, details';

/** What has no column; `headers` and `version` besides. */
const DETAILS = ['reason', 'method', 'scheme', 'host', 'query', 'httpVersion', 'tlsVersion', 'tlsCipher', 'clientAddress', 'target', 'userAgent', 'retries', 'upstreamMicros', 'gatewayMicros', 'bytesIn', 'bytesOut', 'generated'] as const;
type Details = Pick<AccessRecord, (typeof DETAILS)[number]> & { readonly epoch: number; readonly sequence: number; readonly headers: Readonly<Record<string, string>> };

export interface RecordRow {
  readonly id: number;
  readonly data_plane_id: string;
  readonly received_at: Date;
  readonly started_us: number;
  readonly request_id: string;
  readonly route_id: string;
  readonly service_id: string;
  readonly consumer_id: string;
  readonly status: number;
  readonly total_us: number;
  readonly error_code: string;
  readonly trace_id: string | null;
  readonly path: string;
  readonly details: string;
}

export const SELECTED = 'id, data_plane_id, received_at, (extract(epoch FROM started_at) * 1000000)::bigint AS started_us, request_id, route_id, service_id, consumer_id, status, total_us, error_code, trace_id, path, details';

/** `startedMicros`: where it is put in time. */
export function copyRecord(rows: CopyRows, source: TelemetrySource, record: AccessRecord, startedMicros: number): void {
  rows.row(13);
  rows.uuid(source.gatewayId);
  rows.uuid(source.dataPlaneId);
  rows.time(startedMicros);
  rows.uuid(record.requestId);
  rows.uuid(record.routeId);
  rows.uuid(record.serviceId);
  rows.uuid(record.consumerId);
  rows.int2(record.status);
  rows.int8(record.totalMicros);
  rows.text(record.errorCode);
  if (record.traceId === '') rows.bytes(null);
  else rows.uuid(record.traceId);
  rows.text(record.path);
  rows.text(detailsOf(record));
}

function detailsOf({ reason, method, scheme, host, query, httpVersion, tlsVersion, tlsCipher, clientAddress, target, userAgent, retries, upstreamMicros, gatewayMicros, bytesIn, bytesOut, generated, version, headers }: AccessRecord): string {
  const details: Details = {
    reason, method, scheme, host, query, httpVersion, tlsVersion, tlsCipher, clientAddress, target, userAgent, retries, upstreamMicros, gatewayMicros, bytesIn, bytesOut, generated,
    epoch: version.epoch, sequence: version.sequence, headers: Object.fromEntries(headers),
  };
  return JSON.stringify(details);
}

export function toRecord(row: RecordRow): StoredRecord {
  const { epoch, sequence, headers, ...details }: Details = JSON.parse(row.details);
  const id = (text: string): string => (text === NO_ID ? '' : text);
  return {
    dataPlaneId: row.data_plane_id,
    receivedAt: row.received_at,
    record: {
      ...details,
      requestId: row.request_id.replaceAll('-', ''),
      startedMicros: row.started_us,
      routeId: id(row.route_id),
      serviceId: id(row.service_id),
      consumerId: id(row.consumer_id),
      status: row.status,
      totalMicros: row.total_us,
      errorCode: row.error_code,
      traceId: row.trace_id?.replaceAll('-', '') ?? '',
      path: row.path,
      version: epoch === 0 ? NO_VERSION : { epoch, sequence },
      headers: new Map(Object.entries(headers)),
    },
  };
}
