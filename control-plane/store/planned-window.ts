/**
 * How finely a question of analytics is answered, and what quantiles of an answer are. Pure. Used by analytics-queries.ts and target-queries.ts.
 */
import type { LatencySketch } from '../../shared/telemetry/latency-sketch.ts';
import type { Quantiles, Resolution, SeriesQuery } from './analytics-store.ts';
import { ceilTo, floorTo, LEVEL_MS } from './telemetry-families.ts';
import { planWindow, RAW_MS, widthKept, type Marks, type WindowPlan } from './window-plan.ts';

export interface PlannedWindow {
  readonly resolution: Resolution;
  readonly plan: WindowPlan;
}

/** As fine as the window's length calls for, and as is kept of its begin. */
export function resolutionFor({ from, to }: { readonly from: Date; readonly to: Date }, marks: Marks): Resolution {
  const lengthMs = to.getTime() - from.getTime();
  const wanted = lengthMs <= 15 * LEVEL_MS.minutes ? RAW_MS : lengthMs <= 12 * LEVEL_MS.hours ? LEVEL_MS.minutes : lengthMs <= 31 * LEVEL_MS.days ? LEVEL_MS.hours : LEVEL_MS.days;
  return nameOf(Math.max(wanted, widthKept('raw', from.getTime(), marks)));
}

function nameOf(widthMs: number): Resolution {
  return widthMs >= LEVEL_MS.days ? '1d' : widthMs >= LEVEL_MS.hours ? '1h' : widthMs >= LEVEL_MS.minutes ? '1m' : '10s';
}

const FINEST = { '10s': 'raw', '1m': 'minutes', '1h': 'hours', '1d': 'days' } as const;

export function windowOf({ from, to }: { readonly from: Date; readonly to: Date }, resolution: Resolution, marks: Marks): PlannedWindow {
  const finest = FINEST[resolution];
  return { resolution, plan: planWindow({ fromMs: from.getTime(), toMs: to.getTime(), finest, coarsest: finest === 'raw' ? 'raw' : 'days', marks }) };
}

/** Steps begin at whole multiples of themselves, and no row is wider than one. */
export function seriesWindow(query: SeriesQuery, marks: Marks): { readonly window: PlannedWindow; readonly stepMs: number } {
  const kept = widthKept('raw', query.from.getTime(), marks);
  const stepMs = ceilTo(Math.max(query.stepMs, kept), kept);
  const widths = [LEVEL_MS.days, LEVEL_MS.hours, LEVEL_MS.minutes, RAW_MS];
  const resolution = nameOf(widths.find((width) => stepMs % width === 0) ?? RAW_MS);
  const fromMs = floorTo(query.from.getTime(), stepMs);
  const toMs = ceilTo(query.to.getTime(), stepMs);
  return { stepMs, window: { resolution, plan: planWindow({ fromMs, toMs, finest: FINEST[resolution], coarsest: FINEST[resolution], marks }) } };
}

/** Undefined where nothing was measured. */
export function quantilesOf(sketch: LatencySketch | undefined): Quantiles | undefined {
  if (sketch === undefined || sketch.count === 0) return undefined;
  const at = (q: number): number => sketch.quantile(q) ?? 0;
  return { count: sketch.count, p50: at(0.5), p90: at(0.9), p95: at(0.95), p99: at(0.99) };
}
