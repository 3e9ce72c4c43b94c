/** What a delivery rejects with when a collector of logs answered and did not take it, for splunk and kafka-log: the queue reads `retryable`. */
import { HoldfastError } from '../errors.ts';

/** The batch itself is at fault: it would be refused again. All else may be put right while it waits, by an operator or by itself. */
const HOPELESS = new Set([400, 413, 415, 422]);

/** `detail`: nothing of the answer's text, which may repeat what was sent. */
export function refusedDelivery(collector: string, status: number, detail: string): HoldfastError {
  return new HoldfastError({
    code: 'LOG_DELIVERY_REFUSED', source: 'gateway', retryable: !HOPELESS.has(status),
    publicMessage: 'a collector of logs did not take them', message: `${collector} did not take the entries: status ${status}${detail === '' ? '' : `, ${detail}`}`,
  });
}
