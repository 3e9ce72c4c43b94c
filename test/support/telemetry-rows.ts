/** Rows and batches of telemetry where a test says only what it is about: one request of 200 on no route, and nothing else in the batch. */
import type { TelemetryBatch, UsageRow } from '../../shared/wire/telemetry-codec.ts';

export function usageRow(fields: Partial<UsageRow> = {}): UsageRow {
  return { routeId: '', consumerId: '', status: 200, requests: 1, bytesIn: 1, bytesOut: 1, durationMicros: 1, upstreamMicros: 0, gatewayMicros: 0, latencies: undefined, ...fields };
}

export function telemetryBatch(fields: Partial<TelemetryBatch> = {}): TelemetryBatch {
  return { fromMs: 0, toMs: 1, version: { epoch: 1, sequence: 1 }, usage: [], versions: [], drops: [], crashGaps: [], targets: [], routeVersions: [], overflow: undefined, vitals: undefined, ...fields };
}
