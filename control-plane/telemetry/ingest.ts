/**
 * Takes telemetry frames from sessions and stores each batch exactly once (T3), those that come at once in few transactions. Called by
 * the sync server with the identity of the certificate; resolves only when the batch is committed, so that the acknowledgement tells
 * the truth.
 */
import { defined } from '../../shared/assert.ts';
import type { Clock } from '../../shared/clock.ts';
import { describeThrown } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
import { decodeRecordBatch } from '../../shared/wire/access-record-codec.ts';
import { decodeTelemetryBatch } from '../../shared/wire/telemetry-codec.ts';
import type { IncomingRecords, RecordStore } from '../store/record-store.ts';
import type { IncomingBatch } from '../store/telemetry-intake-store.ts';
import type { TelemetrySource, TelemetryStore } from '../store/telemetry-store.ts';
import { GroupCommit } from './group-commit.ts';
import { skipUnstorable } from './skip-unstorable.ts';
import type { TelemetryMeter } from './telemetry-meter.ts';

export type Ingest = (source: TelemetrySource, sequence: number, bytes: Uint8Array) => Promise<void>;

export interface IngestOptions {
  readonly telemetry: Pick<TelemetryStore, 'storeBatches'>;
  readonly records: Pick<RecordStore, 'storeRecordBatches'>;
  readonly meter: TelemetryMeter;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface Ingests {
  /** Throws where the batch cannot be decoded (TELEMETRY_MALFORMED) or the database is away: then it is not acknowledged. */
  readonly ingest: Ingest;
  /** For batches of access records; one that can never be stored is acknowledged all the same. */
  readonly ingestRecords: Ingest;
}

/** A batch that ended longer ago is told late: after an outage, in crowds. */
const OLD_MS = 60_000;

export function createIngest({ telemetry, records, meter, clock, log }: IngestOptions): Ingests {
  const batches = new GroupCommit<IncomingBatch, 'stored' | 'duplicate'>({
    store: (_tenant, items) => telemetry.storeBatches(tenantOf(items), items),
    rowsOf: ({ batch }) => 1 + batch.usage.length + batch.targets.length,
    groupOf: ({ source }) => source.tenantId,
    isOld: ({ batch }) => batch.toMs < clock.nowMs() - OLD_MS,
    clock,
  });
  const recordBatches = new GroupCommit<IncomingRecords, 'stored' | 'duplicate'>({
    store: (_tenant, items) => records.storeRecordBatches(tenantOf(items), items),
    rowsOf: ({ batch }) => 1 + batch.records.length,
    groupOf: ({ source }) => source.tenantId,
    isOld: ({ batch }) => batch.toMs < clock.nowMs() - OLD_MS,
    clock,
  });
  const stored = async (source: TelemetrySource, sequence: number, commit: Promise<unknown>): Promise<void> => {
    try {
      await commit;
    } catch (thrown) {
      log.error({ event: 'telemetry-not-stored', dataPlane: source.dataPlaneId, sequence, reason: describeThrown(thrown) }, 'a telemetry batch was not stored; the data plane sends it again');
      throw thrown;
    }
  };
  return {
    ingest: async (source, sequence, bytes) => {
      const batch = decodeTelemetryBatch(bytes);
      for (const gap of batch.crashGaps) {
        log.warn({ event: 'data-plane-crash-gap', dataPlane: source.dataPlaneId, ...gap }, `a data plane ended without its last fold: up to ${gap.atMostMs} ms of its counts are lost`);
      }
      await stored(source, sequence, meter.count('counts', batch.usage.length + batch.targets.length, batches.add({ source, sequence, batch })));
    },
    ingestRecords: skipUnstorable(async (source, sequence, bytes) => {
      const batch = decodeRecordBatch(bytes);
      await stored(source, sequence, meter.count('records', batch.records.length, recordBatches.add({ source, sequence, batch })));
    }, log),
  };
}

/** Items of one transaction are of one tenant. */
function tenantOf(items: readonly { readonly source: TelemetrySource }[]): TelemetrySource['tenantId'] {
  return defined(items[0], 'a batch').source.tenantId;
}
