/**
 * `/v1/alarms`: what an operator must know of a gateway and its data planes. Alarms that the control plane sees the end of clear
 * themselves; the others are cleared here.
 */
import type { JsonObject } from '../../../shared/model/definition.ts';
import { parseId } from '../../../shared/model/ids.ts';
import type { Alarm } from '../../store/alarm-store.ts';
import type { Store } from '../../store/store.ts';
import { invalidQuery, notFound, ok } from '../answer.ts';
import { pageAnswer, parsePageSize } from '../list-query.ts';
import { gatewayRoute, param, type GatewayRequest, type Route } from '../route.ts';
import { ownOperation } from './own-operation.ts';
import { showTime } from './own-values.ts';

const operation = ownOperation<GatewayRequest>();

export function alarmRoutes(store: Pick<Store, 'alarms'>): readonly Route[] {
  return [
    gatewayRoute('/v1/alarms', {
      GET: operation({
        permission: { on: 'alarms', verb: 'read' },
        summary: 'List the open alarms of a gateway, newest first',
        query: [
          { name: 'cleared', description: '`true` to list cleared ones too; the newest thousand are kept.' },
          { name: 'size', description: 'Alarms per page, 1 to 1000; 100 where not given.' },
          { name: 'offset', description: 'Where the page starts, as the page before said.' },
        ],
        handle: async (request) => {
          const size = parsePageSize(request.query);
          const before = parseOffset(request.query);
          const found = await store.alarms.list(request.gateway, { cleared: parseCleared(request.query), limit: size + 1, ...(before === undefined ? {} : { before }) });
          const page = found.slice(0, size);
          return pageAnswer(request, page.map(showAlarm), found.length > size ? page.at(-1)?.id : undefined);
        },
      }),
    }),
    gatewayRoute('/v1/alarms/:id/clear', {
      POST: operation({
        permission: { on: 'alarms', verb: 'update' },
        summary: 'Clear an alarm; if its condition is met again, it is raised again',
        handle: async (request) => {
          const id = parseId(param(request, 'id'));
          if (id === undefined || !(await store.alarms.clear(request.gateway, id, request.actor))) throw notFound();
          const alarm = await store.alarms.get(request.gateway, id);
          if (alarm === undefined) throw notFound();
          return ok(showAlarm(alarm));
        },
      }),
    }),
  ];
}

export function showAlarm(alarm: Alarm): JsonObject {
  return {
    id: alarm.id,
    code: alarm.code,
    data_plane_id: alarm.dataPlaneId ?? null,
    detail: alarm.detail,
    times: alarm.times,
    raised_at: showTime(alarm.raisedAt),
    last_seen_at: showTime(alarm.lastSeenAt),
    cleared_at: showTime(alarm.clearedAt),
    cleared_by: alarm.clearedBy ?? null,
  };
}

function parseCleared(query: URLSearchParams): boolean {
  const text = query.get('cleared') ?? 'false';
  if (text !== 'true' && text !== 'false') throw invalidQuery('options', 'cleared', 'must be true or false');
  return text === 'true';
}

function parseOffset(query: URLSearchParams): string | undefined {
  const text = query.get('offset');
  if (text === null) return undefined;
  const id = parseId(text);
  if (id === undefined) throw invalidQuery('offset', 'offset', 'invalid offset: send the offset of the page before as it was');
  return id;
}
