/**
 * Access records are detail: a batch that can never be stored (damaged, of a data plane that is gone) is told in the log and acknowledged,
 * so that one that went wrong does not hold back all that come after it. Counts never go that way (sync/telemetry-intake.ts). Used by ingest.ts.
 */
import { describeThrown, HoldfastError } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
import type { Ingest } from './ingest.ts';

/** Throws where another try may succeed: then the batch is not acknowledged, and comes again. */
export function skipUnstorable(ingest: Ingest, log: Logger): Ingest {
  return async (source, sequence, bytes) => {
    try {
      await ingest(source, sequence, bytes);
    } catch (thrown) {
      if (!(thrown instanceof HoldfastError) || thrown.retryable) throw thrown;
      log.error({ event: 'records-not-storable', dataPlane: source.dataPlaneId, boot: source.bootId, sequence, code: thrown.code, bytes: bytes.length, reason: describeThrown(thrown) }, 'a batch of access records can never be stored, and is left out');
    }
  };
}
