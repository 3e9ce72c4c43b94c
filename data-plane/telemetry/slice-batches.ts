/**
 * Counts as the rows of batches, each within what one frame of the session carries: at most MAXIMUM_BATCH_ROWS rows and about
 * MAXIMUM_BATCH_BYTES bytes. Pure; used by telemetry-agent.ts for what was folded, by spool.ts for what it merged.
 */
import { MAXIMUM_BATCH_BYTES, MAXIMUM_BATCH_ROWS, type Latencies, type RouteVersionRow, type TargetRow, type TelemetryBatch, type UsageRow } from '../../shared/wire/telemetry-codec.ts';
import { boundVersionRows, mergeRouteVersions, mergeTargets } from '../../shared/wire/telemetry-merge.ts';
import type { FoldedCounts, FoldedUsage } from './folded-counts.ts';
import { encodeSketch } from './latency-triple.ts';

/** Of a row with the largest numbers, tags and lengths, without its latencies. */
const USAGE_ROW_BYTES = 128;
const TARGET_ROW_BYTES = 64;
const ROUTE_VERSION_ROW_BYTES = 64;
/** What the first has besides rows that are counted here: versions, drops, vitals. */
const BASE_BYTES = 4 * 1024;

export type BatchParts = Pick<TelemetryBatch, 'usage' | 'targets' | 'routeVersions' | 'versions' | 'drops' | 'overflow'>;

interface OpenSlice {
  readonly usage: UsageRow[];
  readonly targets: TargetRow[];
  readonly routeVersions: RouteVersionRow[];
  bytes: number;
}

/** At least one. What is no row goes with the first. */
export function sliceBatches(folded: FoldedCounts): readonly BatchParts[] {
  return slice({
    usage: [...folded.usage.values()].map(usageRowOf),
    targets: mergeTargets([...folded.targets.values()].map(({ upstream, target, address, attempts, failed, status5xx, latency }) => ({ upstream, target, address, attempts, failed, status5xx, latency: encodeSketch(latency) }))),
    routeVersions: mergeRouteVersions([...folded.routeVersions.values()]),
    versions: boundVersionRows([...folded.versions.values()]),
    drops: [...folded.drops].map(([reason, count]) => ({ reason, count })),
    overflow: folded.overflow?.encode(),
  });
}

/** One of any size as several, all of its interval. */
export function sliceBatch(batch: TelemetryBatch): readonly TelemetryBatch[] {
  return slice(batch).map((parts, index) => ({ ...batch, ...parts, crashGaps: index === 0 ? batch.crashGaps : [], vitals: index === 0 ? batch.vitals : undefined }));
}

function slice({ usage, targets, routeVersions, versions, drops, overflow }: BatchParts): readonly BatchParts[] {
  const slices: OpenSlice[] = [];
  let open = openSlice(BASE_BYTES + latencyBytes(overflow));
  const room = (bytes: number): OpenSlice => {
    if (open.usage.length >= MAXIMUM_BATCH_ROWS || (open.bytes + bytes > MAXIMUM_BATCH_BYTES && open.usage.length + open.targets.length + open.routeVersions.length > 0)) {
      slices.push(open);
      open = openSlice(0);
    }
    open.bytes += bytes;
    return open;
  };
  for (const row of targets) room(TARGET_ROW_BYTES + Buffer.byteLength(row.upstream + row.target + row.address) + row.latency.length).targets.push(row);
  for (const row of routeVersions) room(ROUTE_VERSION_ROW_BYTES).routeVersions.push(row);
  for (const row of usage) room(USAGE_ROW_BYTES + latencyBytes(row.latencies)).usage.push(row);
  slices.push(open);
  const nothing = { versions: [], drops: [], overflow: undefined };
  return slices.map(({ bytes: _bytes, ...rows }, index) => ({ ...rows, ...(index === 0 ? { versions, drops, overflow } : nothing) }));
}

function openSlice(bytes: number): OpenSlice {
  return { usage: [], targets: [], routeVersions: [], bytes };
}

function usageRowOf({ routeId, consumerId, status, requests, bytesIn, bytesOut, durationMicros, upstreamMicros, gatewayMicros, latencies }: FoldedUsage): UsageRow {
  return { routeId, consumerId, status, requests, bytesIn, bytesOut, durationMicros, upstreamMicros, gatewayMicros, latencies: latencies?.encode() };
}

function latencyBytes(latencies: Latencies | undefined): number {
  return latencies === undefined ? 0 : latencies.request.length + latencies.upstream.length + latencies.gateway.length;
}
