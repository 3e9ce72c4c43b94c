/**
 * Access records as they come from data planes: stored exactly once per (data plane, boot, sequence of records), batch and records in one
 * transaction. Called by telemetry/ingest.ts.
 */
import type { RecordBatch } from '../../shared/wire/access-record-codec.ts';
import type { TelemetrySource } from './telemetry-store.ts';

export interface RecordStore {
  /**
   * Committed when it resolves; `duplicate` where this batch had been stored before. Both are to be acknowledged. Throws
   * STORE_TELEMETRY_REFUSED, which is not retryable, for a batch that can never be stored.
   */
  storeRecords(source: TelemetrySource, sequence: number, batch: RecordBatch): Promise<'stored' | 'duplicate'>;
}
