/**
 * Traffic of a gateway without any process: batches and access records as a data plane would send them, stored through the store. For
 * tests of what is asked of them.
 */
import { newId, type DataPlaneId } from '../../shared/model/ids.ts';
import { NO_VERSION } from '../../shared/model/version.ts';
import { LatencySketch } from '../../shared/telemetry/latency-sketch.ts';
import type { AccessRecord } from '../../shared/wire/access-record-codec.ts';
import type { Latencies, TelemetryBatch } from '../../shared/wire/telemetry-codec.ts';
import type { GatewayScope } from '../../control-plane/store/scope.ts';
import type { Store } from '../../control-plane/store/store.ts';
import { telemetryBatch } from './telemetry-rows.ts';

export class TrafficScene {
  readonly #store: Store;
  readonly #scope: GatewayScope;
  readonly #boots = new Map<DataPlaneId, string>();
  #sequence = 0;

  constructor(store: Store, scope: GatewayScope) {
    this.#store = store;
    this.#scope = scope;
  }

  /** One fold of the ten seconds that begin at `fromMs`. */
  async count(dataPlaneId: DataPlaneId, fromMs: number, fields: Partial<TelemetryBatch>): Promise<void> {
    this.#sequence += 1;
    await this.#store.telemetry.storeBatch(this.#source(dataPlaneId), this.#sequence, telemetryBatch({ fromMs, toMs: fromMs + 10_000, ...fields }));
  }

  async record(dataPlaneId: DataPlaneId, ...records: readonly AccessRecord[]): Promise<void> {
    this.#sequence += 1;
    const at = Date.now();
    await this.#store.records.storeRecords(this.#source(dataPlaneId), this.#sequence, { fromMs: at, toMs: at, records, drops: [] });
  }

  #source(dataPlaneId: DataPlaneId): GatewayScope & { readonly dataPlaneId: DataPlaneId; readonly bootId: string } {
    const bootId = this.#boots.get(dataPlaneId) ?? newId();
    this.#boots.set(dataPlaneId, bootId);
    return { tenantId: this.#scope.tenantId, gatewayId: this.#scope.gatewayId, dataPlaneId, bootId };
  }
}

/** Of requests that took these, in milliseconds; the gateway's own part a tenth. */
export function latencies(...ms: readonly number[]): Latencies {
  const of = (share: number): Uint8Array => {
    const sketch = new LatencySketch();
    for (const one of ms) sketch.add(one * 1000 * share);
    return sketch.encode();
  };
  return { request: of(1), upstream: of(0.9), gateway: of(0.1) };
}

let records = 0;

/** A GET of / that the gateway answered with 200; its id and time are new. */
export function accessRecord(fields: Partial<AccessRecord> = {}): AccessRecord {
  records += 1;
  return {
    requestId: records.toString(16).padStart(32, '0'), startedMicros: Date.now() * 1000 + records, reason: 'sampled', routeId: '', serviceId: '', consumerId: '', version: NO_VERSION, status: 200, errorCode: '',
    method: 'GET', scheme: 'https', host: 'api.test', path: '/', query: '', httpVersion: '1.1', tlsVersion: 'TLSv1.3', tlsCipher: 'TLS_AES_128_GCM_SHA256', clientAddress: '192.0.2.7', target: '', retries: 0,
    totalMicros: 1_500, upstreamMicros: 1_000, gatewayMicros: 500, bytesIn: 100, bytesOut: 200, traceId: '', headers: new Map(), userAgent: 'test', generated: false, ...fields,
  };
}
