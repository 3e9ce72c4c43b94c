/**
 * Takes batches of access records from sessions and stores each exactly once. Called by the sync server with the identity of the
 * certificate; resolves when the batch is committed. Records are detail: a batch that can never be stored is told in the log and
 * acknowledged, so that one that went wrong does not hold back all that come after it. Counts never go that way (ingest.ts).
 */
import { describeThrown, HoldfastError } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
import { decodeRecordBatch } from '../../shared/wire/access-record-codec.ts';
import type { RecordStore } from '../store/record-store.ts';
import type { TelemetrySource } from '../store/telemetry-store.ts';
import type { Ingest } from './ingest.ts';

/** Throws where the database is away: then the batch is not acknowledged, and comes again. */
export function createRecordIngest(records: Pick<RecordStore, 'storeRecords'>, log: Logger): Ingest {
  return async (source, sequence, bytes) => {
    try {
      await records.storeRecords(source, sequence, decodeRecordBatch(bytes));
    } catch (thrown) {
      if (!(thrown instanceof HoldfastError) || thrown.retryable) throw notStored(log, source, sequence, thrown);
      log.error({ event: 'records-not-storable', dataPlane: source.dataPlaneId, boot: source.bootId, sequence, code: thrown.code, bytes: bytes.length, reason: describeThrown(thrown) }, 'a batch of access records can never be stored, and is left out');
    }
  };
}

function notStored(log: Logger, { dataPlaneId }: TelemetrySource, sequence: number, thrown: unknown): unknown {
  log.error({ event: 'records-not-stored', dataPlane: dataPlaneId, sequence, reason: describeThrown(thrown) }, 'a batch of access records was not stored; the data plane sends it again');
  return thrown;
}
