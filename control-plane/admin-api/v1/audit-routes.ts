/**
 * `/v1/audit`: every write and every refused write of the tenant, newest first. Rows are never changed or deleted.
 */
import type { JsonObject } from '../../../shared/model/definition.ts';
import type { AuditRow } from '../../store/audit-store.ts';
import type { Store } from '../../store/store.ts';
import { invalidQuery, notFound } from '../answer.ts';
import { pageAnswer, parsePageSize } from '../list-query.ts';
import { tenantRoute, type AdminRequest, type Route } from '../route.ts';
import { ownOperation } from './own-operation.ts';
import { showTime, showVersion } from './own-values.ts';

export function auditRoutes(store: Pick<Store, 'audit' | 'gateways'>): readonly Route[] {
  return [
    tenantRoute('/v1/audit', {
      GET: ownOperation<AdminRequest>()({
        permission: { on: 'audit', verb: 'read' },
        summary: 'List the audit, newest first',
        query: [
          { name: 'gateway', description: 'Only rows of this gateway, by name.' },
          { name: 'size', description: 'Rows per page, 1 to 1000; 100 where not given.' },
          { name: 'offset', description: 'Where the page starts, as the page before said.' },
        ],
        handle: async (request) => {
          const { tenantId } = request.caller;
          const size = parsePageSize(request.query);
          const before = parseOffset(request.query);
          const name = request.query.get('gateway');
          const gateway = name === null ? undefined : await store.gateways.findByName(tenantId, name);
          if (name !== null && gateway === undefined) throw notFound();
          const rows = await store.audit.list(tenantId, { limit: size + 1, ...(gateway === undefined ? {} : { gatewayId: gateway.gatewayId }), ...(before === undefined ? {} : { before }) });
          const page = rows.slice(0, size);
          const last = page.at(-1);
          return pageAnswer(request, page.map(showRow), rows.length > size && last !== undefined ? String(last.id) : undefined);
        },
      }),
    }),
  ];
}

function parseOffset(query: URLSearchParams): number | undefined {
  const text = query.get('offset');
  if (text === null) return undefined;
  if (!/^\d{1,15}$/.test(text)) throw invalidQuery('offset', 'offset', 'invalid offset: send the offset of the page before as it was');
  return Number(text);
}

function showRow(row: AuditRow): JsonObject {
  return {
    id: row.id,
    at: showTime(row.at),
    actor: row.actor,
    operator_id: row.operatorId ?? null,
    address: row.address,
    request_id: row.requestId,
    gateway_id: row.gatewayId ?? null,
    action: row.action,
    subject: { kind: row.subjectKind, id: row.subjectId },
    config_version: showVersion(row.version),
    details: row.details,
  };
}
