/** Rows and batches of telemetry where a test says only what it is about: one request of 200 on no route, and nothing else in the batch. */
import type { TargetRow, TelemetryBatch, UsageRow, Vitals } from '../../shared/wire/telemetry-codec.ts';

export function usageRow(fields: Partial<UsageRow> = {}): UsageRow {
  return { routeId: '', consumerId: '', status: 200, requests: 1, bytesIn: 1, bytesOut: 1, durationMicros: 1, upstreamMicros: 0, gatewayMicros: 0, latencies: undefined, ...fields };
}

export function telemetryBatch(fields: Partial<TelemetryBatch> = {}): TelemetryBatch {
  return { fromMs: 0, toMs: 1, version: { epoch: 1, sequence: 1 }, usage: [], versions: [], drops: [], crashGaps: [], targets: [], routeVersions: [], overflow: undefined, vitals: undefined, ...fields };
}

export function testTarget(fields: Partial<TargetRow> = {}): TargetRow {
  return { upstream: 'u', target: 'a.test:80', address: '10.0.0.1:80', attempts: 1, failed: 0, status5xx: 0, latency: new Uint8Array(0), ...fields };
}

export function testVitals(fields: Partial<Vitals> = {}): Vitals {
  return {
    atMs: 1, spoolBytes: 0, spoolMaxBytes: 1, recordSpoolBytes: 0, recordSpoolMaxBytes: 1, headAgeMs: undefined, stale: false, certificateValidToMs: 1, residentBytes: 1, heapBytes: 1,
    loopDelayMicros: 0, openFiles: 1, cpuMs: 1, threads: 1, connections: 0, droppedRecords: 0, ...fields,
  };
}
