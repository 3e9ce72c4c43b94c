/**
 * `/v1/quarantine`: entities that data planes could not use, each with who says so, the change that brought it, and what is closed
 * because of it. What is mended leaves the list by itself.
 */
import type { JsonObject } from '../../../shared/model/definition.ts';
import { parseId, type EntityId } from '../../../shared/model/ids.ts';
import type { QuarantineEntry, QuarantineKey } from '../../store/quarantine-store.ts';
import type { Store } from '../../store/store.ts';
import { invalidQuery } from '../answer.ts';
import { pageAnswer, parsePageSize } from '../list-query.ts';
import { gatewayRoute, type GatewayRequest, type Route } from '../route.ts';
import { ownOperation } from './own-operation.ts';
import { showTime, showVersion } from './own-values.ts';

export function quarantineRoutes(store: Pick<Store, 'quarantine'>): readonly Route[] {
  return [
    gatewayRoute('/v1/quarantine', {
      GET: ownOperation<GatewayRequest>()({
        permission: { on: 'quarantine', verb: 'read' },
        summary: 'List the entities that data planes could not use, with the change that brought each',
        query: [
          { name: 'size', description: 'Entities per page, 1 to 1000; 100 where not given.' },
          { name: 'offset', description: 'Where the page starts, as the page before said.' },
        ],
        handle: async (request) => {
          const size = parsePageSize(request.query);
          const after = parseOffset(request.query);
          const found = await store.quarantine.list(request.gateway, { limit: size + 1, ...(after === undefined ? {} : { after }) });
          const page = found.slice(0, size);
          const last = page.at(-1);
          return pageAnswer(request, page.map(showQuarantined), found.length > size && last !== undefined ? `${last.kind}/${last.id}/${last.code}` : undefined);
        },
      }),
    }),
  ];
}

function showQuarantined(entry: QuarantineEntry): JsonObject {
  const { count, connected, named } = entry.dataPlanes;
  return {
    entity: { kind: entry.kind, id: entry.id, name: entry.name ?? null },
    code: entry.code,
    reason: entry.reason,
    // Some of them are named, connected ones first.
    data_planes: { count, connected, named: named.map(({ id, hostname }) => ({ id, hostname })) },
    source: showSource(entry.source),
    // What refers to the entity: it is closed with it.
    dependants: { count: entry.dependants.count, named: entry.dependants.named.map(({ kind, id }) => ({ kind, id })) },
  };
}

/** The change that brought the entity, null where its row is not kept any more. */
export function showSource(source: QuarantineEntry['source']): JsonObject | null {
  return source === undefined ? null : { version: showVersion(source.version), actor: source.actor, request_id: source.requestId, at: showTime(source.at) };
}

function parseOffset(query: URLSearchParams): QuarantineKey | undefined {
  const text = query.get('offset');
  if (text === null) return undefined;
  const [kind = '', idText = '', code = ''] = text.split('/');
  const id = parseId<EntityId>(idText);
  if (id === undefined) throw invalidQuery('offset', 'offset', 'invalid offset: send the offset of the page before as it was');
  return { kind, id, code };
}
