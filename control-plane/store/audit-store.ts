/**
 * The append-only audit: whatever changes something adds its row in the same transaction (entity writes add theirs in
 * entity-changes.ts); read by the admin API. Sealing is audit-chain-store.ts's, after the write.
 */
import type { JsonObject } from '../../shared/model/definition.ts';
import type { GatewayId, TenantId } from '../../shared/model/ids.ts';
import { AUDIT_COLUMNS, type AuditRow } from './audit-row.ts';
import type { Database, SqlValue, Transaction } from './database.ts';
import type { Actor } from './scope.ts';

export interface AuditFilter {
  readonly gatewayId?: GatewayId;
  readonly actor?: string;
  readonly action?: string;
  readonly kind?: string;
  readonly subjectId?: string;
  readonly requestId?: string;
  readonly since?: Date;
  readonly until?: Date;
}

export interface AuditPage {
  readonly rows: readonly AuditRow[];
  /** The id before which the next page begins; undefined on the last one. A page may be short, or empty, and have a next one. */
  readonly next: number | undefined;
}

export interface AuditStore {
  /** For what changed nothing and is still to be known: a refused write, a secret that was revealed. Everything else adds its row where it changes something. */
  add(entry: AuditEntry): Promise<void>;
  /** Newest first. Reads a bounded number of rows, however few of them the filter lets through. */
  list(tenantId: TenantId, filter: AuditFilter, page: { readonly size: number; readonly before?: number }): Promise<AuditPage>;
}

export interface AuditEntry {
  readonly tenantId: TenantId;
  readonly gatewayId?: GatewayId;
  readonly actor: Actor;
  readonly action: string;
  readonly subjectKind: string;
  readonly subjectId: string;
  /** No secrets. */
  readonly details?: JsonObject;
}

/** Rows that one page looks at, at most: some 10 ms. */
const LOOKED_AT = 20_000;
/** Rows may be later in the order of ids than by their time, by less than this. */
const DISORDER_MS = 600_000;
const ALL = 'true';

/** Adds a row to the transaction that does what it tells of. */
export async function addAuditRow(transaction: Transaction, entry: AuditEntry): Promise<void> {
  await transaction.query(
    // The transaction has its number before the row has its id: sealing counts on it (audit-chain-store.ts).
    `WITH begun AS MATERIALIZED (SELECT pg_current_xact_id())
     INSERT INTO audit (tenant_id, gateway_id, operator_id, actor, address, request_id, action, subject_kind, subject_id, details, actor_kind, credential)
     SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10::jsonb, $11, $12 FROM begun`,
    [
      entry.tenantId, entry.gatewayId ?? null, entry.actor.operatorId, entry.actor.name, entry.actor.address, entry.actor.requestId,
      entry.action, entry.subjectKind, entry.subjectId, JSON.stringify(entry.details ?? {}), ...callerColumns(entry.actor),
    ],
  );
}

/** Columns `actor_kind` and `credential`. */
export function callerColumns({ kind, operatorId, credential }: Actor): readonly [kind: string, credential: string | null] {
  return [kind ?? (operatorId === null ? 'control-plane' : 'operator'), credential ?? null];
}

export function createAuditStore(database: Database): AuditStore {
  return {
    add: (entry) => database.transaction({ role: 'holdfast_app', tenantId: entry.tenantId, mode: 'write' }, (transaction) => addAuditRow(transaction, entry)),

    list: (tenantId, filter, { size, before }) =>
      database.transaction({ role: 'holdfast_app', tenantId, mode: 'snapshot' }, async (transaction): Promise<AuditPage> => {
        const begin = before ?? (filter.until === undefined ? undefined : await idAfter(transaction, tenantId, new Date(filter.until.getTime() + DISORDER_MS)));
        const values: SqlValue[] = [tenantId];
        const parameter = (value: SqlValue): string => `$${values.push(value)}`;
        const older = begin === undefined ? '' : `AND id < ${parameter(begin)}`;
        const conditions = conditionsOf(filter, parameter);
        const lookedAt = parameter(conditions === ALL ? size + 1 : LOOKED_AT);
        const rows = await transaction.query<AuditRow & { readonly matches: boolean; readonly time: Date }>(
          `WITH looked_at AS MATERIALIZED (SELECT * FROM audit WHERE tenant_id = $1 ${older} ORDER BY id DESC LIMIT ${lookedAt}),
           last AS (SELECT id, at FROM looked_at ORDER BY id LIMIT 1),
           found AS (SELECT * FROM looked_at WHERE ${conditions} ORDER BY id DESC LIMIT ${parameter(size + 1)})
           SELECT ${AUDIT_COLUMNS}, true AS matches, a.at AS time FROM found a
           UNION ALL SELECT ${AUDIT_COLUMNS}, false, a.at FROM looked_at a JOIN last ON last.id = a.id WHERE (SELECT count(*) FROM looked_at) = ${lookedAt}
           ORDER BY matches DESC, id DESC`,
          values,
        );
        const found: readonly AuditRow[] = rows.filter(({ matches }) => matches);
        const last = found[size - 1];
        if (found.length > size && last !== undefined) return { rows: found.slice(0, size), next: last.id };
        // More is to be looked at, unless all of it is too old.
        const end = rows.find(({ matches }) => !matches);
        const isOver = end === undefined || (filter.since !== undefined && end.time.getTime() < filter.since.getTime() - DISORDER_MS);
        return { rows: found, next: isOver ? undefined : end.id };
      }),
  };
}

function conditionsOf(filter: AuditFilter, parameter: (value: SqlValue) => string): string {
  const equal: readonly (readonly [string, string | undefined])[] = [
    ['gateway_id', filter.gatewayId], ['actor', filter.actor], ['action', filter.action], ['subject_kind', filter.kind], ['subject_id', filter.subjectId], ['request_id', filter.requestId],
  ];
  return [
    ALL,
    ...equal.flatMap(([column, value]) => (value === undefined ? [] : [`${column} = ${parameter(value)}`])),
    ...(filter.since === undefined ? [] : [`at >= ${parameter(filter.since)}`]),
    ...(filter.until === undefined ? [] : [`at < ${parameter(filter.until)}`]),
  ].join(' AND ');
}

/** The first id of which it is sure that its row is later than this; by halving, because ids follow time and there is no index on it. */
async function idAfter(transaction: Transaction, tenantId: TenantId, time: Date): Promise<number | undefined> {
  const at = async (id: number): Promise<{ readonly id: number; readonly at: Date } | undefined> =>
    (await transaction.query<{ readonly id: number; readonly at: Date }>('SELECT id, at FROM audit WHERE tenant_id = $1 AND id <= $2 ORDER BY id DESC LIMIT 1', [tenantId, id]))[0];
  const newest = await at(Number.MAX_SAFE_INTEGER);
  if (newest === undefined || newest.at < time) return undefined;
  let [earlier, later] = [0, newest.id];
  while (later - earlier > 1) {
    const middle = Math.floor((earlier + later) / 2);
    const row = await at(middle);
    if (row !== undefined && row.at >= time) later = row.id;
    else earlier = middle;
  }
  return later;
}
