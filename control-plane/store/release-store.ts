/**
 * Releases: one chain per gateway, each stored by whichever instance is first and sent as stored by all. Written and read
 * for sessions with the publisher's role; shown to operators with the app's and the tenant set (T1).
 */
import type { EntityId } from '../../shared/model/ids.ts';
import { compareVersions, type ConfigVersion } from '../../shared/model/version.ts';
import { refuseRemoved } from './change-reader.ts';
import { onlyRow, type Database, type SqlValue } from './database.ts';
import { readTouched, type TouchedEntity, type TouchedOptions } from './history-reader.ts';
import { readLastChanges, type LastChange } from './last-changes.ts';
import type { GatewayScope } from './scope.ts';

export interface ReleaseSummary {
  readonly version: ConfigVersion;
  /** The release it follows; undefined for a gateway's first. */
  readonly base: ConfigVersion | undefined;
  readonly contentRoot: Uint8Array;
  readonly entityCount: number;
  readonly author: string;
  readonly createdAt: Date;
  /** Undefined where nobody counted: releases of before 0.3. */
  readonly changeCounts: ChangeCounts | undefined;
}

/** How many entities of each kind a release created, updated and deleted. */
export type ChangeCounts = Readonly<Record<string, readonly [created: number, updated: number, deleted: number]>>;

/** The change from the release's base to it; `bytes` are as sent, covered by the transfer statement. */
export interface ReleaseDelta {
  readonly transferStatement: string;
  readonly bytes: Uint8Array;
}

export interface NewRelease {
  readonly version: ConfigVersion;
  /** The release it follows; undefined for a gateway's first. */
  readonly base: ConfigVersion | undefined;
  readonly manifestStatement: string;
  readonly contentRoot: Uint8Array;
  readonly entityCount: number;
  readonly author: string;
  /** Absent for a release that can only be sent whole. */
  readonly delta?: ReleaseDelta;
  readonly changeCounts?: ChangeCounts;
}

export interface Release extends NewRelease {
  readonly createdAt: Date;
}

export interface ReleaseStore {
  /**
   * Stores it, if what it follows is the newest release, which is the fence against an instance that stood still while others
   * went on. `lost` where another instance was first: then with the release of the same version, where there is one, else with
   * the newest. Send those bytes, and go on from there.
   */
  insert(scope: GatewayScope, release: NewRelease): Promise<{ readonly kind: 'inserted' | 'lost'; readonly release: Release }>;
  newest(scope: GatewayScope): Promise<Release | undefined>;
  get(scope: GatewayScope, version: ConfigVersion): Promise<Release | undefined>;
  /** For operators, newest first; `before` continues a list. */
  list(scope: GatewayScope, options: { readonly limit: number; readonly before?: ConfigVersion }): Promise<readonly ReleaseSummary[]>;
  /** For operators. Undefined where there never was one; throws STORE_HISTORY_REMOVED where it is gone. */
  find(scope: GatewayScope, version: ConfigVersion): Promise<ReleaseSummary | undefined>;
  /** For operators: entities with changes between two versions, whichever is older. Throws STORE_HISTORY_REMOVED where change rows of the range are gone. */
  differences(scope: GatewayScope, from: ConfigVersion, to: ConfigVersion, options: Pick<TouchedOptions, 'limit' | 'behind'>): Promise<readonly Difference[]>;
  /** For operators: the last change of each of these entities at or before a version, newest first. */
  lastChanges(scope: GatewayScope, ids: readonly EntityId[], upTo: ConfigVersion): Promise<readonly LastChange[]>;
}

/** `before` and `after` in the direction that was asked for; the rest is of the last change. */
export type Difference = Omit<TouchedEntity, 'privateBefore'>;

interface Row {
  readonly epoch: number;
  readonly sequence: number;
  readonly base_epoch: number | null;
  readonly base_sequence: number | null;
  readonly manifest_statement: string;
  readonly transfer_statement: string | null;
  readonly delta_bytes: Buffer | null;
  readonly content_root: Buffer;
  readonly entity_count: number;
  readonly author: string;
  readonly created_at: Date;
  readonly change_counts: ChangeCounts | null;
}

const SUMMARY_COLUMNS = 'epoch, sequence, base_epoch, base_sequence, content_root, entity_count, author, created_at, change_counts';
const COLUMNS = `${SUMMARY_COLUMNS}, manifest_statement, transfer_statement, delta_bytes`;

export function createReleaseStore(database: Database): ReleaseStore {
  const published = (scope: GatewayScope, rest: string, values: readonly SqlValue[]): Promise<readonly Row[]> =>
    database.query<Row>({ role: 'holdfast_publisher', mode: 'snapshot' }, `SELECT ${COLUMNS} FROM releases WHERE tenant_id = $1 AND gateway_id = $2 ${rest}`, [scope.tenantId, scope.gatewayId, ...values]);
  return {
    async insert(scope, release) {
      const { version, base, delta } = release;
      const [inserted] = await database.query<Pick<Row, 'created_at'>>(
        { role: 'holdfast_publisher', mode: 'write' },
        // Of those that follow the same release the chain's constraint lets one in; the condition is for an instance that comes
        // so late that the release it lost against is gone already.
        `WITH newest AS (SELECT epoch, sequence FROM releases WHERE tenant_id = $1 AND gateway_id = $2 ORDER BY epoch DESC, sequence DESC LIMIT 1)
         INSERT INTO releases (tenant_id, gateway_id, epoch, sequence, base_epoch, base_sequence, manifest_statement, transfer_statement, delta_bytes, content_root, entity_count, author, change_counts)
         SELECT $1, $2, $3, $4, $5::bigint, $6::bigint, $7, $8, $9, $10, $11, $12, $13::jsonb
         WHERE ($5::bigint, $6::bigint) IS NOT DISTINCT FROM ((SELECT epoch FROM newest), (SELECT sequence FROM newest))
         ON CONFLICT DO NOTHING RETURNING created_at`,
        [
          scope.tenantId, scope.gatewayId, version.epoch, version.sequence, base?.epoch ?? null, base?.sequence ?? null,
          release.manifestStatement, delta?.transferStatement ?? null, delta?.bytes ?? null, release.contentRoot, release.entityCount, release.author,
          release.changeCounts === undefined ? null : JSON.stringify(release.changeCounts),
        ],
      );
      if (inserted !== undefined) return { kind: 'inserted', release: { ...release, createdAt: inserted.created_at } };
      const winner = await published(scope, 'ORDER BY (epoch, sequence) = ($3, $4) DESC, epoch DESC, sequence DESC LIMIT 1', [version.epoch, version.sequence]);
      return { kind: 'lost', release: toRelease(onlyRow(winner)) };
    },

    async newest(scope) {
      const [row] = await published(scope, 'ORDER BY epoch DESC, sequence DESC LIMIT 1', []);
      return row === undefined ? undefined : toRelease(row);
    },

    async get(scope, { epoch, sequence }) {
      const [row] = await published(scope, 'AND epoch = $3 AND sequence = $4', [epoch, sequence]);
      return row === undefined ? undefined : toRelease(row);
    },

    async list(scope, { limit, before }) {
      const rows = await database.query<Row>(
        { role: 'holdfast_app', tenantId: scope.tenantId, mode: 'snapshot' },
        `SELECT ${SUMMARY_COLUMNS} FROM releases WHERE tenant_id = $1 AND gateway_id = $2 ${before === undefined ? '' : 'AND (epoch, sequence) < ($4, $5)'}
         ORDER BY epoch DESC, sequence DESC LIMIT $3`,
        [scope.tenantId, scope.gatewayId, limit, ...(before === undefined ? [] : [before.epoch, before.sequence])],
      );
      return rows.map(toSummary);
    },

    find: (scope, version) =>
      database.transaction({ role: 'holdfast_app', tenantId: scope.tenantId, mode: 'snapshot' }, async (transaction) => {
        const [row] = await transaction.query<Row>(
          `SELECT ${SUMMARY_COLUMNS} FROM releases WHERE tenant_id = $1 AND gateway_id = $2 AND epoch = $3 AND sequence = $4`,
          [scope.tenantId, scope.gatewayId, version.epoch, version.sequence],
        );
        if (row === undefined) await refuseRemoved(transaction, scope, version);
        return row === undefined ? undefined : toSummary(row);
      }),

    differences: (scope, from, to, options) =>
      database.transaction({ role: 'holdfast_app', tenantId: scope.tenantId, mode: 'snapshot' }, async (transaction) => {
        const isForward = compareVersions(from, to) <= 0;
        const [after, upTo] = isForward ? [from, to] : [to, from];
        await refuseRemoved(transaction, scope, after);
        const touched = await readTouched(transaction, scope, { after, upTo, ...options });
        return touched.map(({ kind, id, before, after: last, actor, requestId, at, version }) => ({ kind, id, before: isForward ? before : last, after: isForward ? last : before, actor, requestId, at, version }));
      }),

    lastChanges: (scope, ids, upTo) =>
      database.transaction({ role: 'holdfast_app', tenantId: scope.tenantId, mode: 'snapshot' }, (transaction) => readLastChanges(transaction, scope, ids, upTo)),
  };
}

function toSummary(row: Row): ReleaseSummary {
  return {
    version: { epoch: row.epoch, sequence: row.sequence },
    base: baseOf(row),
    contentRoot: row.content_root,
    entityCount: row.entity_count,
    author: row.author,
    createdAt: row.created_at,
    changeCounts: row.change_counts ?? undefined,
  };
}

function toRelease(row: Row): Release {
  const delta = row.transfer_statement === null || row.delta_bytes === null ? undefined : { transferStatement: row.transfer_statement, bytes: row.delta_bytes };
  return {
    version: { epoch: row.epoch, sequence: row.sequence },
    base: baseOf(row),
    manifestStatement: row.manifest_statement,
    contentRoot: row.content_root,
    entityCount: row.entity_count,
    author: row.author,
    createdAt: row.created_at,
    ...(delta === undefined ? {} : { delta }),
    ...(row.change_counts === null ? {} : { changeCounts: row.change_counts }),
  };
}

function baseOf(row: Row): ConfigVersion | undefined {
  return row.base_epoch === null || row.base_sequence === null ? undefined : { epoch: row.base_epoch, sequence: row.base_sequence };
}
