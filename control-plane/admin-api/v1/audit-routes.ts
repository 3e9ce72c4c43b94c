/**
 * `/v1/audit`: every write and every refused write of the tenant, newest first; the whole of it as JSON lines with its hash chain;
 * signed checkpoints of the chain. Rows are never changed, and end by retention alone.
 */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { checkpointDocument, exportAudit } from '../../audit/audit-lines.ts';
import type { AuditKeeper } from '../../audit/audit-keeper.ts';
import type { JsonObject } from '../../../shared/model/definition.ts';
import { isJsonObject } from '../../../shared/model/entity-checks.ts';
import { keyIdOfStatement } from '../../../shared/trust/statements.ts';
import { keyIdOf } from '../../../shared/trust/statement-keys.ts';
import type { AuditFilter } from '../../store/audit-store.ts';
import type { AuditRow } from '../../store/audit-row.ts';
import type { Store } from '../../store/store.ts';
import { created, invalidQuery, notFound, ok } from '../answer.ts';
import { pageAnswer, parsePageSize } from '../list-query.ts';
import { tenantRoute, type AdminRequest, type Route } from '../route.ts';
import { ownOperation } from './own-operation.ts';
import { showTime, showVersion } from './own-values.ts';

const operation = ownOperation<AdminRequest>();
const CHECKPOINTS = 100;

export function auditRoutes(store: Pick<Store, 'audit' | 'auditChain' | 'gateways' | 'signingKeys'>, keeper: AuditKeeper): readonly Route[] {
  /** Those whose private half opens here: a row that somebody put into the database does not. */
  const publicKeys = async (): Promise<readonly string[]> => (await store.signingKeys.listKeys('publish', undefined)).filter(({ privateKey }) => privateKey !== undefined).map(({ publicKey }) => publicKey);
  const showCheckpoint = async (statement: string): Promise<JsonObject> => {
    const keyId = keyIdOfStatement(statement);
    return { key_id: keyId, ...checkpointDocument(statement, (await publicKeys()).find((publicKey) => keyIdOf(publicKey) === keyId) ?? '') };
  };
  return [
    tenantRoute('/v1/audit', {
      GET: operation({
        permission: { on: 'audit', verb: 'read' },
        summary: 'List the audit, newest first',
        query: [
          { name: 'gateway', description: 'Only rows of this gateway, by name.' },
          { name: 'actor', description: 'Only what this operator or service account did, by name.' },
          { name: 'action', description: 'Only this action: create, update, delete, refuse, reveal…' },
          { name: 'kind', description: 'Only what was done to this kind of thing.' },
          { name: 'id', description: 'Only what was done to the one with this id.' },
          { name: 'request_id', description: 'Only what this request did, as its answer named it in X-Kong-Admin-Request-Id.' },
          { name: 'since', description: 'Only rows from this time on, as ISO 8601.' },
          { name: 'until', description: 'Only rows before this time, as ISO 8601.' },
          { name: 'size', description: 'Rows per page, 1 to 1000; 100 where not given. With a filter a page may be short, or empty, and name a next one.' },
          { name: 'offset', description: 'Where the page starts, as the page before said.' },
        ],
        handle: async (request) => {
          const { tenantId } = request.caller;
          const size = parsePageSize(request.query);
          const before = parseOffset(request.query);
          const name = request.query.get('gateway');
          const gateway = name === null ? undefined : await store.gateways.findByName(tenantId, name);
          if (name !== null && gateway === undefined) throw notFound();
          const filter = { ...parseFilter(request.query), ...(gateway === undefined ? {} : { gatewayId: gateway.gatewayId }) };
          const { rows, next } = await store.audit.list(tenantId, filter, { size, ...(before === undefined ? {} : { before }) });
          return pageAnswer(request, rows.map(showRow), next === undefined ? undefined : String(next));
        },
      }),
    }),
    tenantRoute('/v1/audit/export', {
      GET: operation({
        permission: { on: 'audit', verb: 'export' },
        summary: 'Export the whole audit with its seals, as JSON lines',
        mediaType: 'application/x-ndjson',
        handle: async ({ caller }) => {
          const keys = await publicKeys();
          return {
            status: 200,
            headers: { 'content-type': 'application/x-ndjson; charset=utf-8' },
            stream: (response) => void writeLines(response, exportAudit(store.auditChain, caller.tenantId, keys)),
          };
        },
      }),
    }),
    tenantRoute('/v1/audit/checkpoints', {
      GET: operation({
        permission: { on: 'audit', verb: 'read' },
        summary: 'List signed checkpoints of the audit, newest first',
        handle: async ({ caller }) => {
          const checkpoints = await store.auditChain.checkpoints(caller.tenantId, CHECKPOINTS);
          return ok({ data: await Promise.all(checkpoints.map(async ({ statement, removal, number, createdAt }) => ({ seal: number, removal, created_at: showTime(createdAt), ...(await showCheckpoint(statement)) }))) });
        },
      }),
      POST: operation({
        permission: { on: 'audit', verb: 'export' },
        summary: 'Seal and sign what there is of the audit now, to be kept elsewhere',
        success: 201,
        handle: async ({ caller }) => {
          const statement = await keeper.checkpoint(caller.tenantId, await keeper.sealNow(caller.tenantId));
          if (statement === undefined) throw notFound('the audit has no sealed row yet');
          return created(await showCheckpoint(statement));
        },
      }),
    }),
  ];
}

/** An export that can't go on ends without its last line, which whoever reads it misses. */
async function writeLines(response: ServerResponse, lines: AsyncIterable<string>): Promise<void> {
  try {
    for await (const line of lines) {
      if (response.destroyed) return;
      if (!response.write(`${line}\n`)) await Promise.race([once(response, 'drain'), once(response, 'close')]);
    }
    response.end();
  } catch {
    response.destroy();
  }
}

function parseFilter(query: URLSearchParams): AuditFilter {
  const texts = ([['actor', 'actor'], ['action', 'action'], ['kind', 'kind'], ['id', 'subjectId'], ['request_id', 'requestId']] as const).flatMap(([name, field]) => {
    const value = query.get(name);
    return value === null ? [] : [[field, value] as const];
  });
  const times = (['since', 'until'] as const).flatMap((name) => {
    const value = query.get(name);
    if (value === null) return [];
    const time = new Date(value);
    if (!/^\d{4}-\d\d-\d\d/.test(value) || Number.isNaN(time.getTime())) throw invalidQuery('options', name, 'must be a time like 2026-11-22T10:00:00Z');
    return [[name, time] as const];
  });
  return Object.fromEntries([...texts, ...times]);
}

function parseOffset(query: URLSearchParams): number | undefined {
  const text = query.get('offset');
  if (text === null) return undefined;
  if (!/^\d{1,15}$/.test(text)) throw invalidQuery('offset', 'offset', 'invalid offset: send the offset of the page before as it was');
  return Number(text);
}

function showRow(row: AuditRow): JsonObject {
  const changed = row.changed ?? {};
  return {
    id: row.id,
    at: row.at,
    actor: row.actor,
    actor_kind: row.actor_kind,
    operator_id: row.operator_id,
    credential: row.credential,
    address: row.address,
    request_id: row.request_id,
    gateway_id: row.gateway_id,
    action: row.action,
    subject: { kind: row.subject_kind, id: row.subject_id },
    config_version: showVersion(row.epoch === null || row.sequence === null ? undefined : { epoch: row.epoch, sequence: row.sequence }),
    before: isJsonObject(changed['before']) ? changed['before'] : null,
    after: isJsonObject(changed['after']) ? changed['after'] : null,
    details: row.details,
  };
}
