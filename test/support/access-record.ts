/** An access record for tests: they say what matters to them. */
import { NO_VERSION } from '../../shared/model/version.ts';
import type { AccessRecord } from '../../shared/wire/access-record-codec.ts';

export function accessRecord(given: Partial<AccessRecord> = {}): AccessRecord {
  return {
    requestId: '0'.repeat(32), startedMicros: Date.UTC(2026, 0, 1) * 1_000, reason: 'error', routeId: '', serviceId: '', consumerId: '', version: NO_VERSION, status: 502, errorCode: '', method: 'GET', scheme: 'http',
    host: 'api.example', path: '/', query: '', httpVersion: '1.1', tlsVersion: '', tlsCipher: '', clientAddress: '', target: '', retries: 0, totalMicros: 0, upstreamMicros: 0, gatewayMicros: 0, bytesIn: 0, bytesOut: 0,
    traceId: '', headers: new Map(), userAgent: '', generated: false, ...given,
  };
}

/** The request id of a number. */
export function requestIdOf(n: number): string {
  return n.toString(16).padStart(32, '0');
}
