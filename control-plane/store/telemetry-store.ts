/**
 * Telemetry: stored exactly once per (data plane, boot, sequence), batch and counts in one transaction (T3); usage totals.
 * Writes use the ingest role with the tenant of the data plane's certificate set, reads the app's.
 */
import type { DataPlaneId } from '../../shared/model/ids.ts';
import type { TelemetryBatch } from '../../shared/wire/telemetry-codec.ts';
import type { GatewayScope } from './scope.ts';

export interface TelemetrySource extends GatewayScope {
  readonly dataPlaneId: DataPlaneId;
  readonly bootId: string;
}

export type UsageGrouping = 'route' | 'consumer' | 'status-class' | 'data-plane';

export interface UsageQuery {
  /** Minutes that start at or after it. */
  readonly from?: Date;
  /** Minutes that start before it. */
  readonly to?: Date;
  readonly groupBy: readonly UsageGrouping[];
}

/** Sums; fields that were not grouped by are undefined, null means that there was none (no route matched, no consumer). */
export interface UsageTotal {
  readonly routeId: string | null | undefined;
  readonly consumerId: string | null | undefined;
  readonly statusClass: number | undefined;
  readonly dataPlaneId: string | undefined;
  readonly requests: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly durationMicros: number;
}

export interface UsageReport {
  readonly totals: readonly UsageTotal[];
  readonly drops: readonly { readonly dataPlaneId: string; readonly reason: string; readonly count: number }[];
  readonly crashGaps: readonly { readonly dataPlaneId: string; readonly bootId: string; readonly lastFoldAt: Date; readonly atMostMs: number; readonly lastRatePerSecond: number }[];
}

export interface TelemetryStore {
  /** Committed when it resolves; `duplicate` where this batch had been stored before. Both are to be acknowledged. */
  storeBatch(source: TelemetrySource, sequence: number, batch: TelemetryBatch): Promise<'stored' | 'duplicate'>;
  usage(scope: GatewayScope, query: UsageQuery): Promise<UsageReport>;
}
