/**
 * Takes telemetry frames from sessions and stores each batch exactly once (T3). Called by the sync server with the identity
 * of the certificate; resolves only when the batch is committed, so that the acknowledgement tells the truth.
 */
import { describeThrown } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
import { decodeTelemetryBatch } from '../../shared/wire/telemetry-codec.ts';
import type { TelemetrySource, TelemetryStore } from '../store/telemetry-store.ts';

export type Ingest = (source: TelemetrySource, sequence: number, bytes: Uint8Array) => Promise<void>;

/** Throws where the batch cannot be decoded (TELEMETRY_MALFORMED) or the database is away: then it is not acknowledged. */
export function createIngest(telemetry: TelemetryStore, log: Logger): Ingest {
  return async (source, sequence, bytes) => {
    const batch = decodeTelemetryBatch(bytes);
    for (const gap of batch.crashGaps) {
      log.warn({ event: 'data-plane-crash-gap', dataPlane: source.dataPlaneId, ...gap }, `a data plane ended without its last fold: up to ${gap.atMostMs} ms of its counts are lost`);
    }
    try {
      await telemetry.storeBatch(source, sequence, batch);
    } catch (thrown) {
      log.error({ event: 'telemetry-not-stored', dataPlane: source.dataPlaneId, sequence, reason: describeThrown(thrown) }, 'a telemetry batch was not stored; the data plane sends it again');
      throw thrown;
    }
  };
}
