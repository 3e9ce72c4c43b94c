/**
 * Access records as they come from data planes: stored exactly once per (data plane, boot, sequence of records), batch and records in one
 * transaction; found by what an operator knows of a request. Written by telemetry/ingest.ts, searched by admin-api/v1.
 */
import type { TenantId } from '../../shared/model/ids.ts';
import type { AccessRecord, RecordBatch } from '../../shared/wire/access-record-codec.ts';
import type { GatewayScope } from './scope.ts';
import type { TelemetrySource } from './telemetry-store.ts';

export interface IncomingRecords {
  readonly source: TelemetrySource;
  readonly sequence: number;
  readonly batch: RecordBatch;
}

/** All that are given must hold. Ids; null where there was none. */
export interface RecordFilter {
  /** 32 lower-case hex digits. */
  readonly requestId?: string;
  readonly routeId?: string | null;
  readonly serviceId?: string | null;
  readonly consumerId?: string | null;
  readonly dataPlaneId?: string;
  readonly status?: number;
  /** 1…5; 0: the client went away before. */
  readonly statusClass?: number;
  /** Requests that began at or after it. */
  readonly from?: Date;
  /** Requests that began before it. */
  readonly to?: Date;
  readonly minTotalMs?: number;
  readonly errorCode?: string;
  /** 32 lower-case hex digits. */
  readonly traceId?: string;
  readonly pathPrefix?: string;
}

export interface StoredRecord {
  readonly dataPlaneId: string;
  readonly receivedAt: Date;
  readonly record: AccessRecord;
}

export interface RecordPage {
  /** Newest first; `forward`: in the order in which they were stored. */
  readonly records: readonly StoredRecord[];
  /** Of the next page; undefined where there is none. With `forward` always there: it asks for what is stored after. */
  readonly next: string | undefined;
}

export interface RecordPaging {
  readonly limit: number;
  /** Opaque; of the page before. */
  readonly after?: string;
  /** For following: what was stored after the cursor, oldest first. Without a cursor: an empty page whose `next` is the end of now. */
  readonly forward?: boolean;
}

export interface RecordStore {
  /**
   * Committed when it resolves; `duplicate` where this batch had been stored before. Both are to be acknowledged. Throws
   * STORE_TELEMETRY_REFUSED, which is not retryable, for a batch that can never be stored.
   */
  storeRecords(source: TelemetrySource, sequence: number, batch: RecordBatch): Promise<'stored' | 'duplicate'>;
  /** The same for several of one tenant, in one transaction, in the order given. Throws where one of them can not be stored: none is then. */
  storeRecordBatches(tenantId: TenantId, batches: readonly IncomingRecords[]): Promise<readonly ('stored' | 'duplicate')[]>;
  /** Throws STORE_CURSOR_UNKNOWN where `after` is none of ours. */
  search(scope: GatewayScope, filter: RecordFilter, paging: RecordPaging): Promise<RecordPage>;
  /** Undefined where it was not chosen, not stored yet, or no longer kept. */
  get(scope: GatewayScope, requestId: string): Promise<StoredRecord | undefined>;
}
