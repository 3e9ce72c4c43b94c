/**
 * The hash chain over the audit: seals rows that can't be joined by earlier ones any more, keeps signed checkpoints, removes from
 * the front, and reads it all out for verification. Off the path of every write. Used by control-plane/audit.
 */
import type { TenantId } from '../../shared/model/ids.ts';
import { AUDIT_COLUMNS, hashAuditRow, type AuditRow } from './audit-row.ts';
import { decodeEntries, encodeEntries, genesisHash, sealHash, type AuditSeal } from './audit-seal.ts';
import { onlyRow, type Database, type Transaction } from './database.ts';

/** What was going on in the database at one moment. */
export interface AuditMoment {
  /** No row had a higher id. */
  readonly lastId: number;
  /** Whoever had written by then has a lower transaction number. */
  readonly begun: number;
  /** All transactions before this number were over. */
  readonly over: number;
}

/** The end of a chain; of one that has no seal yet, number 0. */
export interface ChainEnd {
  readonly number: number;
  readonly lastId: number;
  readonly hash: Uint8Array;
}

/** Where a chain begins after removals. */
export interface ChainFloor extends ChainEnd {
  /** The signed statement of the removal. */
  readonly removal: string | undefined;
}

export interface StoredCheckpoint {
  readonly number: number;
  readonly removal: boolean;
  readonly statement: string;
  readonly createdAt: Date;
}

export interface AuditChainStore {
  /** The newest row's, or of one that was given up. */
  newestId(): Promise<number>;
  moment(): Promise<AuditMoment>;
  /** Tenants with rows behind `afterId` up to `upToId`; from the start (0), those with rows that are not sealed. */
  tenantsWithRows(afterId: number, upToId: number): Promise<readonly TenantId[]>;
  /** Seals at most `limit` rows of a tenant with ids up to `upToId`, which must be settled. How many; undefined where another instance is at it. */
  sealNext(tenantId: TenantId, upToId: number, limit: number): Promise<number | undefined>;
  endOf(tenantId: TenantId): Promise<ChainEnd>;
  /** Undefined where nothing was removed. */
  floorOf(tenantId: TenantId): Promise<ChainFloor | undefined>;
  /** Oldest first. */
  seals(tenantId: TenantId, after: number, limit: number): Promise<readonly AuditSeal[]>;
  /** In the order of their ids, whatever was sealed. */
  rows(tenantId: TenantId, afterId: number, upToId: number | undefined, limit: number): Promise<readonly AuditRow[]>;
  /** Newest first. */
  checkpoints(tenantId: TenantId, limit: number): Promise<readonly StoredCheckpoint[]>;
  /** False where there is one of this seal already. */
  addCheckpoint(tenantId: TenantId, number: number, removal: boolean, statement: string): Promise<boolean>;
  /** Tenants whose newest seal has no checkpoint. */
  tenantsWithoutCheckpoint(): Promise<readonly TenantId[]>;
  tenantsWithSeals(): Promise<readonly TenantId[]>;
  /** The newest seal of which all rows are older, by the clock that wrote their times, and which is not the tenant's newest; undefined where there is none. */
  removableUpTo(tenantId: TenantId, olderThanMs: number): Promise<ChainEnd | undefined>;
  /** Removes at most `batch` rows up to that seal, whose removal is signed. How many. */
  remove(tenantId: TenantId, number: number, batch: number): Promise<number>;
}

interface SealRow {
  readonly number: number;
  readonly last_id: number;
  readonly entries: Buffer;
  readonly hash: Buffer;
}

/** Any constant: with a tenant's hash the name of a lock that ends with its transaction. */
const LOCK_KEY = 481_516_234;
const NEWEST_ID = 'SELECT CASE WHEN is_called THEN last_value ELSE 0 END AS last FROM audit_id_seq';

export function createAuditChainStore(database: Database): AuditChainStore {
  const read = { role: 'holdfast_publisher', mode: 'snapshot' } as const;
  const write = { role: 'holdfast_publisher', mode: 'write' } as const;
  return {
    newestId: async () => onlyRow(await database.query<{ readonly last: number }>(read, NEWEST_ID)).last,

    moment: () =>
      database.transaction(write, async (transaction) => {
        // The id first, in a statement of its own: whoever took it had its transaction's number before.
        const { last } = onlyRow(await transaction.query<{ readonly last: number }>(NEWEST_ID));
        // A number of our own, because a snapshot's upper end leaves out who is under way.
        const { begun, over } = onlyRow(await transaction.query<{ readonly begun: number; readonly over: number }>(
          'SELECT pg_current_xact_id()::text::bigint AS begun, pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS over'));
        return { lastId: last, begun, over };
      }),

    async tenantsWithRows(afterId, upToId) {
      const rows = await database.query<{ readonly tenant_id: TenantId }>(
        read,
        afterId > 0
          ? 'SELECT DISTINCT tenant_id FROM audit WHERE id > $1 AND id <= $2'
          : `SELECT t.id AS tenant_id FROM tenants t WHERE EXISTS (
               SELECT FROM audit a WHERE a.tenant_id = t.id AND a.id <= $2 AND a.id > $1 + coalesce(
                 (SELECT last_id FROM audit_seals s WHERE s.tenant_id = t.id ORDER BY number DESC LIMIT 1), 0))`,
        [afterId, upToId],
      );
      return rows.map((row) => row.tenant_id);
    },

    sealNext: (tenantId, upToId, limit) =>
      database.transaction(write, async (transaction): Promise<number | undefined> => {
        const { locked } = onlyRow(await transaction.query<{ readonly locked: boolean }>('SELECT pg_try_advisory_xact_lock($1, hashtext($2)) AS locked', [LOCK_KEY, tenantId]));
        if (!locked) return undefined;
        const end = await readEnd(transaction, tenantId);
        const rows = await readRows(transaction, tenantId, end.lastId, upToId, limit);
        const last = rows.at(-1);
        if (last === undefined) return 0;
        const entries = encodeEntries(rows.map((row) => ({ id: row.id, hash: hashAuditRow(row) })));
        const number = end.number + 1;
        await transaction.query('INSERT INTO audit_seals (tenant_id, number, last_id, rows, entries, hash) VALUES ($1, $2, $3, $4, $5, $6)', [
          tenantId, number, last.id, rows.length, entries, sealHash(end.hash, number, entries),
        ]);
        return rows.length;
      }),

    endOf: (tenantId) => database.transaction(read, (transaction) => readEnd(transaction, tenantId)),

    async floorOf(tenantId) {
      const [floor] = await database.query<SealRow & { readonly removal: string | null }>(
        read,
        `SELECT f.number, f.last_id, f.hash, c.statement AS removal FROM audit_floors f
         LEFT JOIN audit_checkpoints c ON (c.tenant_id, c.number) = (f.tenant_id, f.number) AND c.removal WHERE f.tenant_id = $1`,
        [tenantId],
      );
      return floor === undefined ? undefined : { ...toEnd(floor), removal: floor.removal ?? undefined };
    },

    async seals(tenantId, after, limit) {
      const rows = await database.query<SealRow>(read, 'SELECT number, last_id, entries, hash FROM audit_seals WHERE tenant_id = $1 AND number > $2 ORDER BY number LIMIT $3', [tenantId, after, limit]);
      return rows.map((row) => ({ ...toEnd(row), entries: decodeEntries(row.entries) }));
    },

    rows: (tenantId, afterId, upToId, limit) => database.transaction(read, (transaction) => readRows(transaction, tenantId, afterId, upToId ?? Number.MAX_SAFE_INTEGER, limit)),

    async checkpoints(tenantId, limit) {
      const rows = await database.query<{ readonly number: number; readonly removal: boolean; readonly statement: string; readonly created_at: Date }>(
        read, 'SELECT number, removal, statement, created_at FROM audit_checkpoints WHERE tenant_id = $1 ORDER BY number DESC, removal LIMIT $2', [tenantId, limit]);
      return rows.map((row) => ({ number: row.number, removal: row.removal, statement: row.statement, createdAt: row.created_at }));
    },

    async addCheckpoint(tenantId, number, removal, statement) {
      const rows = await database.query(write, 'INSERT INTO audit_checkpoints (tenant_id, number, removal, statement) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING RETURNING number', [tenantId, number, removal, statement]);
      return rows.length === 1;
    },

    async tenantsWithoutCheckpoint() {
      const rows = await database.query<{ readonly id: TenantId }>(
        read,
        `SELECT t.id FROM tenants t CROSS JOIN LATERAL (SELECT number FROM audit_seals s WHERE s.tenant_id = t.id ORDER BY number DESC LIMIT 1) newest
         WHERE NOT EXISTS (SELECT FROM audit_checkpoints c WHERE c.tenant_id = t.id AND c.number = newest.number AND NOT c.removal)`,
      );
      return rows.map(({ id }) => id);
    },

    async tenantsWithSeals() {
      const rows = await database.query<{ readonly id: TenantId }>(read, 'SELECT t.id FROM tenants t WHERE EXISTS (SELECT FROM audit_seals s WHERE s.tenant_id = t.id)');
      return rows.map(({ id }) => id);
    },

    async removableUpTo(tenantId, olderThanMs) {
      const [row] = await database.query<SealRow>(
        read,
        // Sealed after its rows were written, and seals follow time.
        `SELECT s.number, s.last_id, s.hash FROM audit_seals s WHERE s.tenant_id = $1 AND s.sealed_at < clock_timestamp() - $2::bigint * interval '1 millisecond'
         AND s.number < (SELECT max(number) FROM audit_seals WHERE tenant_id = $1) ORDER BY s.number DESC LIMIT 1`,
        [tenantId, olderThanMs],
      );
      return row === undefined ? undefined : toEnd(row);
    },

    async remove(tenantId, number, batch) {
      return onlyRow(await database.query<{ readonly removed: number }>(write, 'SELECT removed FROM remove_audit($1, $2, $3)', [tenantId, number, batch])).removed;
    },
  };
}

async function readEnd(transaction: Transaction, tenantId: TenantId): Promise<ChainEnd> {
  const [end] = await transaction.query<SealRow>('SELECT number, last_id, hash FROM audit_seals WHERE tenant_id = $1 ORDER BY number DESC LIMIT 1', [tenantId]);
  return end === undefined ? { number: 0, lastId: 0, hash: genesisHash(tenantId) } : toEnd(end);
}

function readRows(transaction: Transaction, tenantId: TenantId, afterId: number, upToId: number, limit: number): Promise<readonly AuditRow[]> {
  return transaction.query<AuditRow>(`SELECT ${AUDIT_COLUMNS} FROM audit a WHERE a.tenant_id = $1 AND a.id > $2 AND a.id <= $3 ORDER BY a.id LIMIT $4`, [tenantId, afterId, upToId, limit]);
}

function toEnd(row: Pick<SealRow, 'number' | 'last_id' | 'hash'>): ChainEnd {
  return { number: row.number, lastId: row.last_id, hash: row.hash };
}
