/**
 * The slow and failed requests of late, for exemplars in /metrics: the newest bunches of access records as the proxy threads made them,
 * kept as bytes and read only when somebody asks. Filled by enrolled-parts.ts.
 */
import { decodeRecordBatch } from '../../shared/wire/access-record-codec.ts';
import type { RequestExemplar } from './data-plane-view.ts';

/** Some 64 KB each at most. */
const MOST_BUNCHES = 16;
/** A histogram shows one per bucket. */
const MOST_PER_ROUTE = 20;

export class ExemplarShelf {
  #bunches: Uint8Array[] = [];

  /** `bytes` are not changed by anybody any more. */
  keep(bytes: Uint8Array): void {
    this.#bunches.push(bytes);
    if (this.#bunches.length > MOST_BUNCHES) this.#bunches.shift();
  }

  /** The newest first. */
  *exemplars(): Generator<RequestExemplar> {
    const perRoute = new Map<string, number>();
    for (const bytes of this.#bunches.toReversed()) {
      for (const record of decodeRecordBatch(bytes).records.toReversed()) {
        const told = perRoute.get(record.routeId) ?? 0;
        if (record.reason === 'sampled' || told >= MOST_PER_ROUTE) continue;
        perRoute.set(record.routeId, told + 1);
        yield {
          routeId: record.routeId,
          requestId: record.requestId,
          traceId: record.traceId === '' ? undefined : record.traceId,
          requestMicros: record.totalMicros,
          upstreamMicros: record.upstreamMicros,
          gatewayMicros: record.gatewayMicros,
          atMs: (record.startedMicros + record.totalMicros) / 1_000,
        };
      }
    }
  }
}
