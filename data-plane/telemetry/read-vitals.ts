/**
 * How the data plane itself is, for the control plane's alerts and its operators: put together from its parts whenever the agent
 * (telemetry-agent.ts) asks, every ten seconds. What the system does not tell is 0.
 */
import { openFiles } from '../../shared/process-vitals.ts';
import type { Vitals } from '../../shared/wire/telemetry-codec.ts';
import type { ThreadStatus } from '../threads/proxy-pool.ts';
import type { RecordTotals } from './record-agent.ts';
import type { SpoolVitals } from './telemetry-agent.ts';

export interface VitalsSource {
  readonly nowMs: number;
  readonly head: { readonly ageMs: number | undefined; readonly stale: boolean };
  readonly certificateValidToMs: number;
  readonly threads: readonly ThreadStatus[];
  readonly connections: number;
  readonly spool: SpoolVitals;
  readonly records: RecordTotals;
}

export function readVitals({ nowMs, head, certificateValidToMs, threads, connections, spool, records }: VitalsSource): Vitals {
  const { rss, heapUsed } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  const threadVitals = threads.flatMap(({ vitals }) => (vitals === undefined ? [] : [vitals]));
  return {
    atMs: nowMs,
    ...spool,
    recordSpoolBytes: records.spoolBytes,
    recordSpoolMaxBytes: records.spoolMaxBytes,
    droppedRecords: [...records.dropped.values()].reduce((sum, count) => sum + count, 0),
    headAgeMs: head.ageMs,
    stale: head.stale,
    certificateValidToMs,
    residentBytes: rss,
    // Heaps of threads are their own: the process only tells of this one's.
    heapBytes: threadVitals.reduce((sum, { heapUsedBytes }) => sum + heapUsedBytes, heapUsed),
    loopDelayMicros: Math.round(Math.max(0, ...threadVitals.map(({ loopDelayP99 }) => loopDelayP99)) * 1e6),
    openFiles: openFiles() ?? 0,
    cpuMs: Math.round((user + system) / 1_000),
    threads: threads.filter(({ listening }) => listening).length,
    connections,
  };
}
