/**
 * Retention: old releases and change rows are removed in small batches, by the one function of the database that may
 * (migration 004). What is needed stays: the newest releases, and every change row that a data plane's next delta is made of. The
 * audit is not touched. Called by publish/history-compactor.ts.
 */
import { compareVersions, type ConfigVersion } from '../../shared/model/version.ts';
import { onlyRow, type Database, type Transaction } from './database.ts';
import type { GatewayScope } from './scope.ts';

export interface RetentionRule {
  /** Releases that are older may go… */
  readonly olderThan: Date;
  /** …but not the newest so many. */
  readonly atLeast: number;
  /** More are not kept, however young. */
  readonly atMost: number;
  /** Change rows behind the newest one that are kept at most for data planes that are behind. */
  readonly deltaRows: number;
}

export interface Removed {
  readonly changes: number;
  readonly releases: number;
  /** There is more to be removed. */
  readonly more: boolean;
}

export interface HistoryStore {
  /** Gateways with releases, deleted ones too. */
  listGateways(): Promise<readonly GatewayScope[]>;
  /** At most `batch` rows of each table, in one transaction. Undefined where another instance is at it. */
  removeSome(scope: GatewayScope, rule: RetentionRule, batch: number): Promise<Removed | undefined>;
  /** The newest version whose change rows are gone; undefined where all are there. */
  floorOf(scope: GatewayScope): Promise<ConfigVersion | undefined>;
}

/** Any constant that nothing else of ours locks. The lock is per database and ends with the transaction. */
const LOCK_KEY = 4_815_162_343;

export function createHistoryStore(database: Database): HistoryStore {
  return {
    async listGateways() {
      const rows = await database.query<{ readonly tenant_id: GatewayScope['tenantId']; readonly id: GatewayScope['gatewayId'] }>({ role: 'holdfast_publisher', mode: 'snapshot' }, 'SELECT tenant_id, id FROM gateways WHERE head_sequence > 0 ORDER BY id');
      return rows.map((row) => ({ tenantId: row.tenant_id, gatewayId: row.id }));
    },

    removeSome: (scope, rule, batch) =>
      database.transaction({ role: 'holdfast_publisher', mode: 'write' }, async (transaction) => {
        const { locked } = onlyRow(await transaction.query<{ readonly locked: boolean }>('SELECT pg_try_advisory_xact_lock($1) AS locked', [LOCK_KEY]));
        if (!locked) return undefined;
        const oldest = await oldestToKeep(transaction, scope, rule, batch);
        if (oldest === undefined) return { changes: 0, releases: 0, more: false };
        const floor = earlier(oldest.base, await oldestReachableBase(transaction, scope, rule));
        const removed = onlyRow(
          await transaction.query<{ readonly changes: number; readonly releases: number }>(
            'SELECT removed_changes AS changes, removed_releases AS releases FROM remove_history($1, $2, $3, $4, $5, $6, $7)',
            [scope.tenantId, scope.gatewayId, floor.epoch, floor.sequence, oldest.version.epoch, oldest.version.sequence, batch],
          ),
        );
        return { ...removed, more: removed.changes === batch || removed.releases === batch };
      }),

    async floorOf(scope) {
      const [floor] = await database.query<ConfigVersion>({ role: 'holdfast_publisher', mode: 'snapshot' }, 'SELECT epoch, sequence FROM history_floors WHERE tenant_id = $1 AND gateway_id = $2', [scope.tenantId, scope.gatewayId]);
      return floor;
    },
  };
}

interface OldRelease {
  readonly version: ConfigVersion;
  readonly base: ConfigVersion;
}

/** The oldest release that stays after this batch, with the one it follows; undefined where there are none. */
async function oldestToKeep(transaction: Transaction, scope: GatewayScope, { olderThan, atLeast, atMost }: RetentionRule, batch: number): Promise<OldRelease | undefined> {
  const place = [scope.tenantId, scope.gatewayId] as const;
  const nthNewest = (n: number): Promise<readonly ConfigVersion[]> =>
    transaction.query<ConfigVersion>('SELECT epoch, sequence FROM releases WHERE tenant_id = $1 AND gateway_id = $2 ORDER BY epoch DESC, sequence DESC OFFSET $3::bigint LIMIT 1', [...place, n - 1]);
  const [[least], [most], oldest] = await Promise.all([
    nthNewest(atLeast),
    nthNewest(atMost),
    transaction.query<ConfigVersion & { readonly base_epoch: number | null; readonly base_sequence: number | null; readonly created_at: Date }>(
      'SELECT epoch, sequence, base_epoch, base_sequence, created_at FROM releases WHERE tenant_id = $1 AND gateway_id = $2 ORDER BY epoch, sequence LIMIT $3::bigint',
      [...place, batch + 1],
    ),
  ]);
  const mayGo = (release: ConfigVersion & { readonly created_at: Date }): boolean =>
    (most !== undefined && compareVersions(release, most) < 0) || (least !== undefined && compareVersions(release, least) < 0 && release.created_at < olderThan);
  const row = oldest.find((release) => !mayGo(release)) ?? oldest.at(-1);
  return row === undefined ? undefined : { version: { epoch: row.epoch, sequence: row.sequence }, base: { epoch: row.base_epoch ?? 0, sequence: row.base_sequence ?? 0 } };
}

/** What the data plane that is furthest behind, and can still have a delta, serves. */
async function oldestReachableBase(transaction: Transaction, scope: GatewayScope, rule: RetentionRule): Promise<ConfigVersion | undefined> {
  const [row] = await transaction.query<ConfigVersion>(
    `WITH reach AS (
       SELECT epoch, sequence FROM changes WHERE tenant_id = $1 AND gateway_id = $2 ORDER BY epoch DESC, sequence DESC, ordinal DESC OFFSET $4::bigint LIMIT 1)
     SELECT d.applied_epoch AS epoch, d.applied_sequence AS sequence FROM data_planes d
     WHERE d.tenant_id = $1 AND d.gateway_id = $2 AND d.revoked_at IS NULL AND d.last_seen_at >= $3 AND d.applied_epoch > 0
     AND (d.applied_epoch, d.applied_sequence) >= (coalesce((SELECT epoch FROM reach), 0), coalesce((SELECT sequence FROM reach), 0))
     ORDER BY d.applied_epoch, d.applied_sequence LIMIT 1`,
    [scope.tenantId, scope.gatewayId, rule.olderThan, rule.deltaRows],
  );
  return row;
}

function earlier(a: ConfigVersion, b: ConfigVersion | undefined): ConfigVersion {
  return b !== undefined && compareVersions(b, a) < 0 ? b : a;
}
