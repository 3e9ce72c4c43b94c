/**
 * `/v1/usage-exports`: usage of a gateway as numbered files for billing, each count in exactly one of them. Names of consumers stand in the
 * files, so that taking one needs more than reading counts does: `export` of `usage`.
 */
import type { Field, JsonObject } from '../../../shared/model/definition.ts';
import type { RecordOf } from '../../../shared/model/entity-types.ts';
import type { GatewayId } from '../../../shared/model/ids.ts';
import type { Store } from '../../store/store.ts';
import { EXPORT_DIMENSIONS, EXPORT_FORMATS, EXPORT_WIDTHS, type ExportFile, type ExportSettings, type ExportState } from '../../store/usage-export-store.ts';
import { invalidQuery, notFound, ok } from '../answer.ts';
import { parsePageSize } from '../list-query.ts';
import { gatewayRoute, param, type GatewayRequest, type Route } from '../route.ts';
import { ownOperation } from './own-operation.ts';
import { showTime } from './own-values.ts';

const operation = ownOperation<GatewayRequest>();
/** Nine digits: hours of a hundred thousand years. */
const NUMBER = /^\d{1,9}$/;

const fields = [
  { name: 'enabled', tag: 1, type: { kind: 'boolean' }, description: 'Whether files are made of what arrives from now on. Switched off, a last file tells what came until then.' },
  { name: 'interval', tag: 2, type: { kind: 'string', oneOf: EXPORT_WIDTHS }, description: 'What one row is of, and how often there is a file: an hour or a day, in UTC. At first an hour.' },
  { name: 'file_format', tag: 3, type: { kind: 'string', oneOf: EXPORT_FORMATS }, description: 'csv with a line of titles (RFC 4180), or one JSON object per line. At first csv.' },
  { name: 'dimensions', tag: 4, type: { kind: 'set', of: { kind: 'string', oneOf: EXPORT_DIMENSIONS } }, description: 'What rows are told apart by, besides the consumer. At first nothing.' },
  { name: 'gzip', tag: 5, type: { kind: 'boolean' }, description: 'Whether files are compressed. At first not.' },
  { name: 'settle_seconds', tag: 6, type: { kind: 'integer', between: [0, 86_400] }, description: 'An interval is told so long after its end; what comes of it later is in a later file, as late. At first 300.' },
  { name: 'keep_days', tag: 7, type: { kind: 'integer', between: [1, 3_650] }, description: 'How long the bytes of a file are kept; its number, sums and checksum stay. Of files that are made from now on. At first 90.' },
] as const satisfies readonly Field[];

export function usageExportRoutes(store: Pick<Store, 'usageExports'>): readonly Route[] {
  return [
    gatewayRoute('/v1/usage-exports', {
      GET: operation({
        permission: { on: 'usage', verb: 'read' },
        summary: 'List the files of usage, by their numbers',
        query: [
          { name: 'since', description: 'Only files with a higher number; the last one of a page, for the next page.' },
          { name: 'size', description: 'Files at most, 1 to 1000; 100 where not given.' },
        ],
        handle: async ({ gateway, query }) => {
          const since = query.get('since') ?? '0';
          if (!NUMBER.test(since)) throw invalidQuery('options', 'since', 'must be the number of a file, or 0');
          const size = parsePageSize(query);
          const files = await store.usageExports.list(gateway, Number(since), size);
          const last = files.at(-1);
          const path = gateway.name === 'default' ? '/v1/usage-exports' : `/${encodeURIComponent(gateway.name)}/v1/usage-exports`;
          return ok({ data: files.map((file) => showFile(gateway.gatewayId, file)), next: last === undefined || files.length < size ? null : `${path}?since=${last.number}&size=${size}` });
        },
      }),
    }),
    gatewayRoute('/v1/usage-exports/files/:number', {
      GET: operation({
        permission: { on: 'usage', verb: 'export' },
        summary: 'Take a file of usage, as it was made',
        mediaType: 'application/octet-stream',
        handle: async (request) => {
          const number = param(request, 'number');
          const found = NUMBER.test(number) ? await store.usageExports.read(request.gateway, Number(number)) : undefined;
          if (found === undefined) throw notFound();
          const { file, content } = found;
          if (content === undefined) throw notFound(`file ${file.number} was kept until ${file.expiresAt.toISOString()}; its sums and its checksum are in the list`);
          return {
            status: 200,
            bytes: content,
            headers: {
              'content-type': mediaTypeOf(file),
              'content-disposition': `attachment; filename="${nameOf(request.gateway.gatewayId, file)}"`,
              // RFC 9530: of the bytes as they are sent.
              'repr-digest': `sha-256=:${file.sha256.toString('base64')}:`,
            },
          };
        },
      }),
    }),
    gatewayRoute('/v1/usage-exports/settings', {
      GET: operation({ permission: { on: 'usage', verb: 'read' }, summary: 'Show whether and how files of usage are made', handle: async ({ gateway }) => ok(showState(await store.usageExports.state(gateway))) }),
      PATCH: operation({
        permission: { on: 'usage', verb: 'update' },
        summary: 'Switch files of usage on or off, and say how they are made; what is not sent stays',
        body: fields,
        handle: async ({ gateway, actor }, input) => ok(showState(await store.usageExports.set(gateway, changed(await store.usageExports.state(gateway), input), actor))),
      }),
    }),
  ];
}

function changed(now: ExportSettings, input: RecordOf<typeof fields>): ExportSettings {
  return {
    enabled: input.enabled ?? now.enabled, width: input.interval ?? now.width, format: input.file_format ?? now.format, dimensions: input.dimensions ?? now.dimensions, gzip: input.gzip ?? now.gzip,
    settleSeconds: input.settle_seconds ?? now.settleSeconds, keepDays: input.keep_days ?? now.keepDays,
  };
}

function showState(state: ExportState): JsonObject {
  return {
    enabled: state.enabled, state: state.state, interval: state.width, file_format: state.format, dimensions: [...state.dimensions], gzip: state.gzip, settle_seconds: state.settleSeconds, keep_days: state.keepDays,
    settled_until: showTime(state.settledUntil), last_number: state.lastNumber,
  };
}

function showFile(gatewayId: GatewayId, file: ExportFile): JsonObject {
  return {
    number: file.number, name: nameOf(gatewayId, file), created_at: showTime(file.createdAt), interval: file.width, file_format: file.format, dimensions: [...file.dimensions], gzip: file.gzip,
    intervals_from: showTime(file.intervalsFrom), intervals_to: showTime(file.intervalsTo), rows: file.rows, requests: file.requests, late_requests: file.lateRequests,
    bytes: file.bytes, sha256: file.sha256.toString('hex'), previous_sha256: file.previousSha256?.toString('hex') ?? null, kept: file.isKept, kept_until: showTime(file.expiresAt),
  };
}

/** The same whatever the gateway is called. */
function nameOf(gatewayId: GatewayId, { number, format, gzip }: ExportFile): string {
  return `usage-${gatewayId}-${String(number).padStart(9, '0')}.${format}${gzip ? '.gz' : ''}`;
}

function mediaTypeOf({ format, gzip }: ExportFile): string {
  if (gzip) return 'application/gzip';
  return format === 'csv' ? 'text/csv; charset=utf-8; header=present' : 'application/x-ndjson; charset=utf-8';
}
