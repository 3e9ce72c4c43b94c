/** What of telemetry can never be stored, told from what fails for now. Used by the stores of batches and of access records. */
import { describeThrown, HoldfastError } from '../../shared/errors.ts';
import { isDataRefused } from './database-error.ts';
import type { TelemetrySource } from './telemetry-store.ts';

interface Incoming {
  readonly source: TelemetrySource;
  readonly sequence: number;
}

/** Throws STORE_TELEMETRY_REFUSED where a single batch is wrong in itself; of several, what the database said: each is to be tried alone. */
export async function withRefusals<T>(batches: readonly Incoming[], work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    const [only, another] = batches;
    if (only === undefined || another !== undefined || !(isDataRefused(thrown) || thrown instanceof RangeError)) throw thrown;
    throw refused(only, thrown);
  }
}

/** A number out of range, a text that is none, a data plane that is not of this gateway: as wrong the next time. */
function refused({ source: { dataPlaneId }, sequence }: Incoming, cause: unknown): HoldfastError {
  return new HoldfastError({
    code: 'STORE_TELEMETRY_REFUSED',
    source: 'control-plane',
    publicMessage: 'the telemetry batch can not be stored',
    message: `batch ${sequence} of data plane ${dataPlaneId} can not be stored: ${describeThrown(cause)}`,
    cause,
  });
}
