/**
 * `/v1/requests`: access records of single requests: found by what an operator knows of one, followed live, and traced back to the
 * configuration that they ran on. They hold personal data, so reading them is a permission of its own.
 */
import type { Clock } from '../../../shared/clock.ts';
import { HoldfastError } from '../../../shared/errors.ts';
import type { JsonObject } from '../../../shared/model/definition.ts';
import type { RecordPage, RecordStore, StoredRecord } from '../../store/record-store.ts';
import type { Store } from '../../store/store.ts';
import { MAXIMUM_TAILS, MAXIMUM_TAILS_OF_TENANT, type RequestTails } from '../../telemetry/request-tail.ts';
import { invalidQuery, ok, Refusal } from '../answer.ts';
import { pageAnswer, parsePageSize } from '../list-query.ts';
import { gatewayRoute, param, type AdmittedGateway, type GatewayRequest, type Route } from '../route.ts';
import { blameFor, type BlameSources } from './blame.ts';
import { blameAsText, showBlame } from './blame-answer.ts';
import { EntityNames } from './entity-names.ts';
import { ownOperation } from './own-operation.ts';
import type { QueryGate } from './query-gate.ts';
import { parseHexId, parseRecordFilter, RECORD_PARAMETERS, showRecord, wantRecordNames } from './request-filter.ts';
import { parseWindow, WINDOW_PARAMETERS } from './time-window.ts';

export type RequestSources = BlameSources & Pick<Store, 'dataPlanes'> & { readonly records: Pick<RecordStore, 'search' | 'get'> };

const operation = ownOperation<GatewayRequest>();
const permission = { on: 'requests', verb: 'read' } as const;

export function requestRoutes(store: RequestSources, tails: RequestTails, gate: QueryGate, clock: Clock): readonly Route[] {
  return [
    gatewayRoute('/v1/requests', {
      GET: operation({
        permission,
        summary: 'Find records of requests, newest first',
        query: [
          { name: 'request_id', description: 'Only the one with this X-Kong-Request-Id, 32 hex digits; whenever it was, where `from` is not given.' },
          ...RECORD_PARAMETERS, ...WINDOW_PARAMETERS,
          { name: 'size', description: 'Records per page, 1 to 1000; 100 where not given.' },
          { name: 'offset', description: 'Where the page starts, as the page before said.' },
        ],
        handle: (request) => gate.run(request.gateway.tenantId, async () => {
          const { gateway, query } = request;
          const size = parsePageSize(query);
          const filter = await parseRecordFilter(store, gateway, query);
          const window = filter.requestId !== undefined && !query.has('from') && !query.has('to') ? {} : parseWindow(query, clock.nowMs());
          const after = query.get('offset');
          const page = await searched(store, gateway, { ...filter, ...window }, { limit: size, ...(after === null ? {} : { after }) });
          return pageAnswer(request, await shown(store, gateway, page.records), page.next);
        }),
      }),
    }),
    gatewayRoute('/v1/requests/tail', {
      GET: operation({
        permission,
        summary: 'Follow records of requests as they are stored, as text/event-stream with Last-Event-ID: record, dropped, following',
        query: RECORD_PARAMETERS,
        mediaType: 'text/event-stream',
        handle: async ({ gateway, query, headers }) => {
          const filter = await parseRecordFilter(store, gateway, query);
          if (!tails.hasRoom(gateway)) {
            const message = `as many follow requests here as may (${MAXIMUM_TAILS}, of one tenant ${MAXIMUM_TAILS_OF_TENANT}), or this control plane is stopping; come back later, or ask another one`;
            throw new Refusal({ code: 'ADMIN_TAILS_EXHAUSTED', status: 503, body: { message, error: 'ADMIN_TAILS_EXHAUSTED' }, headers: { 'retry-after': '2' }, retryable: true });
          }
          const lastEventId = headers['last-event-id'];
          const from = typeof lastEventId === 'string' ? lastEventId : undefined;
          // One that is none of ours is refused while it still can be.
          if (from !== undefined) await searched(store, gateway, {}, { limit: 1, forward: true, after: from });
          return {
            status: 200,
            headers: { 'content-type': 'text/event-stream; charset=utf-8', 'x-accel-buffering': 'no' },
            stream: (response) => tails.follow(response, { scope: gateway, filter, lastEventId: from, show: (records) => shown(store, gateway, records), catchUp: (read) => gate.run(gateway.tenantId, read) }),
          };
        },
      }),
    }),
    gatewayRoute('/v1/requests/:request', {
      GET: operation({
        permission,
        summary: 'Read the record of a request',
        handle: async (request) => {
          const found = await find(store, request);
          const [record] = await shown(store, request.gateway, [found]);
          return ok(record ?? null);
        },
      }),
    }),
    gatewayRoute('/v1/requests/:request/blame', {
      GET: operation({
        permission,
        summary: 'Trace a request back: the version it ran on, its release, author and changes, failures by version, quarantine and alarms',
        query: [{ name: 'format', description: '`json`, or `text` for people, as `Accept: text/plain` asks for too.' }],
        handle: (request) => gate.run(request.gateway.tenantId, async () => {
          const format = request.query.get('format') ?? (request.headers.accept?.startsWith('text/plain') === true ? 'text' : 'json');
          if (format !== 'json' && format !== 'text') throw invalidQuery('options', 'format', 'must be json or text');
          const found = await find(store, request);
          const blame = await blameFor(store, request, found);
          const names = new EntityNames();
          wantRecordNames(names, found);
          await names.read(store, request.gateway);
          return format === 'text' ? { status: 200, text: blameAsText(names, blame) } : ok(showBlame(names, blame));
        }),
      }),
    }),
  ];
}

/** Throws a Refusal (400) where `after` is no cursor of ours. */
async function searched({ records }: RequestSources, gateway: AdmittedGateway, ...[filter, paging]: [Parameters<RecordStore['search']>[1], Parameters<RecordStore['search']>[2]]): Promise<RecordPage> {
  try {
    return await records.search(gateway, filter, paging);
  } catch (thrown) {
    if (thrown instanceof HoldfastError && thrown.code === 'STORE_CURSOR_UNKNOWN') throw invalidQuery('offset', 'offset', 'invalid offset: send the offset of the page before as it was');
    throw thrown;
  }
}

async function find({ records }: RequestSources, { gateway, ...request }: GatewayRequest): Promise<StoredRecord> {
  const id = parseHexId(param(request, 'request'));
  const found = id === undefined ? undefined : await records.get(gateway, id);
  if (found !== undefined) return found;
  const message = id === undefined
    ? 'the id of a request has 32 hex digits; clients get it as X-Kong-Request-Id'
    : 'there is no record of this request in this gateway: the rules did not choose it (access-records), it is not stored yet, or no longer kept';
  throw new Refusal({ code: 'ADMIN_REQUEST_NOT_RECORDED', status: 404, body: { message, error: 'ADMIN_REQUEST_NOT_RECORDED' } });
}

async function shown(store: RequestSources, gateway: AdmittedGateway, records: readonly StoredRecord[]): Promise<readonly JsonObject[]> {
  const names = new EntityNames();
  for (const record of records) wantRecordNames(names, record);
  await names.read(store, gateway);
  return records.map((record) => showRecord(names, record));
}
