/**
 * What follows the `?` of `/v1/requests` and its live tail, and how a record is shown. Names are settled once, to ids. Called by
 * request-routes.ts and blame-answer.ts.
 */
import type { JsonObject } from '../../../shared/model/definition.ts';
import type { RecordFilter, StoredRecord } from '../../store/record-store.ts';
import type { Store } from '../../store/store.ts';
import { invalidQuery } from '../answer.ts';
import type { AdmittedGateway, QueryParameter } from '../route.ts';
import { statusClassIn, statusIn } from './analytics-query.ts';
import { parseDataPlanes, parseThings, type EntityNames, type NamedThing } from './entity-names.ts';
import { showTime, showVersion } from './own-values.ts';

export const RECORD_PARAMETERS: readonly QueryParameter[] = [
  { name: 'route', description: 'Only requests of this route, by name or id; `none` for those that matched none.' },
  { name: 'service', description: 'Only requests of this service, by name or id.' },
  { name: 'consumer', description: 'Only requests of this consumer, by username or id; `none` for those without.' },
  { name: 'data_plane', description: 'Only requests at this data plane, by id.' },
  { name: 'status', description: 'Only this status: `503`; `none` where the client went away before.' },
  { name: 'status_class', description: 'Only this class: `5xx`.' },
  { name: 'min_ms', description: 'Only requests that took so many milliseconds or more.' },
  { name: 'error_code', description: 'Only those that the gateway answered with this error of its own (ERRORS.md).' },
  { name: 'trace_id', description: 'Only those of this trace, 32 hex digits.' },
  { name: 'path', description: 'Only those whose path begins with this.' },
];

/** A path longer than any record has. */
const LONGEST_PATH = 2_048;
const LONGEST_CODE = 64;

/** Throws a Refusal (400) for what is none, and for names that are not there. */
export async function parseRecordFilter(store: Pick<Store, 'read' | 'dataPlanes'>, gateway: AdmittedGateway, query: URLSearchParams): Promise<RecordFilter> {
  const [routeId, serviceId, consumerId] = await Promise.all([one(store, gateway, query, 'route'), one(store, gateway, query, 'service'), one(store, gateway, query, 'consumer')]);
  const dataPlanes = parseDataPlanes(query);
  if ((dataPlanes?.length ?? 1) > 1) throw invalidQuery('options', 'data_plane', 'takes one id here');
  const [dataPlaneId] = dataPlanes ?? [];
  const [status, statusClass, minMs, code, path] = [query.get('status'), query.get('status_class'), query.get('min_ms'), query.get('error_code'), query.get('path')];
  const [requestId, traceId] = [hexId(query, 'request_id'), hexId(query, 'trace_id')];
  if (minMs !== null && !/^\d{1,9}(?:\.\d{1,3})?$/.test(minMs)) throw invalidQuery('options', 'min_ms', 'must be milliseconds: 250');
  if (code !== null && (code.length > LONGEST_CODE || !/^[A-Z][A-Z0-9_]*$/.test(code))) throw invalidQuery('options', 'error_code', 'must be a code like UPSTREAM_TIMEOUT; ERRORS.md lists them');
  if (path !== null && (!path.startsWith('/') || path.length > LONGEST_PATH)) throw invalidQuery('options', 'path', `must begin with / and have at most ${LONGEST_PATH} characters`);
  return {
    ...(requestId === undefined ? {} : { requestId }), ...(traceId === undefined ? {} : { traceId }),
    ...(routeId === undefined ? {} : { routeId }), ...(serviceId === undefined ? {} : { serviceId }), ...(consumerId === undefined ? {} : { consumerId }),
    ...(dataPlaneId === undefined ? {} : { dataPlaneId }),
    ...(status === null ? {} : { status: statusIn(status) }), ...(statusClass === null ? {} : { statusClass: statusClassIn(statusClass) }),
    ...(minMs === null ? {} : { minTotalMs: Number(minMs) }), ...(code === null ? {} : { errorCode: code }), ...(path === null ? {} : { pathPrefix: path }),
  };
}

async function one(store: Pick<Store, 'read' | 'dataPlanes'>, gateway: AdmittedGateway, query: URLSearchParams, thing: NamedThing): Promise<string | null | undefined> {
  const ids = await parseThings(store, gateway, query, thing);
  if (ids !== undefined && ids.length > 1) throw invalidQuery('options', thing, 'takes one name or id here');
  return ids?.[0];
}

/** As people have them: hyphens and capitals are taken too. */
function hexId(query: URLSearchParams, name: string): string | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  const id = parseHexId(text);
  if (id === undefined) throw invalidQuery('options', name, 'must be 32 hex digits');
  return id;
}

/** Undefined where it is none. */
export function parseHexId(text: string): string | undefined {
  const id = text.replaceAll('-', '').toLowerCase();
  return /^[0-9a-f]{32}$/.test(id) ? id : undefined;
}

export function wantRecordNames(names: EntityNames, { dataPlaneId, record }: StoredRecord): void {
  names.want('route', record.routeId);
  names.want('service', record.serviceId);
  names.want('consumer', record.consumerId);
  names.wantDataPlane(dataPlaneId);
}

export function showRecord(names: EntityNames, { dataPlaneId, receivedAt, record }: StoredRecord): JsonObject {
  return {
    request_id: record.requestId,
    started_at: showTime(new Date(record.startedMicros / 1000)),
    reason: record.reason,
    status: record.status === 0 ? null : record.status,
    error_code: textOf(record.errorCode),
    generated: record.generated,
    method: textOf(record.method), scheme: textOf(record.scheme), host: textOf(record.host), path: textOf(record.path), query: textOf(record.query), http_version: textOf(record.httpVersion),
    tls: record.tlsVersion === '' ? null : { version: record.tlsVersion, cipher: record.tlsCipher },
    client_address: textOf(record.clientAddress), user_agent: textOf(record.userAgent),
    route: names.show(record.routeId), service: names.show(record.serviceId), consumer: names.show(record.consumerId), data_plane: names.showDataPlane(dataPlaneId),
    target: textOf(record.target), retries: record.retries,
    total_ms: record.totalMicros / 1000, upstream_ms: record.upstreamMicros / 1000, gateway_ms: record.gatewayMicros / 1000,
    bytes_in: record.bytesIn, bytes_out: record.bytesOut,
    version: showVersion(record.version), trace_id: textOf(record.traceId), headers: Object.fromEntries(record.headers),
    received_at: showTime(receivedAt),
  };
}

/** Null where there was none, or the rules leave it out. */
function textOf(text: string): string | null {
  return text === '' ? null : text;
}
