/**
 * Telemetry: stored exactly once per (data plane, boot, sequence), batch and counts in one transaction (T3); usage totals.
 * Writes use the ingest role with the tenant of the data plane's certificate set, reads the app's.
 */
import type { Clock } from '../../shared/clock.ts';
import type { DataPlaneId, TenantId } from '../../shared/model/ids.ts';
import type { TelemetryBatch } from '../../shared/wire/telemetry-codec.ts';
import { onlyRow, type Database } from './database.ts';
import type { RetentionTimes } from './retention-levels.ts';
import type { GatewayScope } from './scope.ts';
import { storeTogether, type IncomingBatch } from './telemetry-intake-store.ts';
import { withRefusals } from './telemetry-refusal.ts';
import { readUsage, type UsageQuery, type UsageReport } from './usage-report.ts';
import { readVersionCounts, type VersionCount } from './version-counts.ts';

export interface TelemetrySource extends GatewayScope {
  readonly dataPlaneId: DataPlaneId;
  /** UUID of the process's start. */
  readonly bootId: string;
}

export interface TelemetryStore {
  /**
   * Committed when it resolves; `duplicate` where this batch had been stored before. Both are to be acknowledged. Throws
   * STORE_TELEMETRY_REFUSED, which is not retryable, for a batch that can never be stored.
   */
  storeBatch(source: TelemetrySource, sequence: number, batch: TelemetryBatch): Promise<'stored' | 'duplicate'>;
  /**
   * The same for several of one tenant, in one transaction: all are committed when it resolves, in the order given. Throws where one of
   * them can not be stored: none is then. Tell which by storing each alone.
   */
  storeBatches(tenantId: TenantId, batches: readonly IncomingBatch[]): Promise<readonly ('stored' | 'duplicate')[]>;
  usage(scope: GatewayScope, query: UsageQuery): Promise<UsageReport>;
  /** How requests of a data plane went under the last configuration versions, newest first, and under the one that serves (version-counts.ts); then NO_VERSION where there were any without. */
  versionCounts(scope: GatewayScope, dataPlaneId: string): Promise<readonly VersionCount[]>;
}

export function createTelemetryStore(database: Database, clock: Clock, retention: RetentionTimes): TelemetryStore {
  const store: TelemetryStore = {
    storeBatches: (tenantId, batches) => withRefusals(batches, () => storeTogether(database, tenantId, batches, clock.nowMs())),
    storeBatch: async (source, sequence, batch) => onlyRow(await store.storeBatches(source.tenantId, [{ source, sequence, batch }])),

    versionCounts: (scope, dataPlaneId) =>
      database.transaction({ role: 'holdfast_app', tenantId: scope.tenantId, mode: 'snapshot' }, (transaction) => readVersionCounts(transaction, [scope.tenantId, scope.gatewayId, dataPlaneId])),

    usage: (scope, query) => database.transaction({ role: 'holdfast_app', tenantId: scope.tenantId, mode: 'snapshot' }, (transaction) => readUsage(transaction, scope, query, clock.nowMs(), retention)),
  };
  return store;
}
