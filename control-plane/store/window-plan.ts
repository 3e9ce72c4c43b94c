/**
 * Which rows tell of a window of time: the coarsest level in the middle, finer ones towards its ends and where coarser ones have not taken
 * them yet. Pure. A level holds rows of before its mark alone, also of an interval that the mark lies in (migration 019).
 */
import { ceilTo, floorTo, LEVEL_MS, type Level } from './telemetry-families.ts';

/** Of a family and a tenant, at one moment. Milliseconds since the epoch. */
export interface Marks {
  /** Raw rows up to it are in the minutes. */
  readonly rawId: number;
  readonly hoursUntilMs: number;
  readonly daysUntilMs: number;
  /** Rows of each level that begin before it may be gone. */
  readonly keptFromMs: Readonly<Record<Level | 'raw', number>>;
}

export interface Segment {
  readonly level: Level | 'raw';
  /** Rows that begin at or after it. */
  readonly fromMs: number;
  /** Rows that begin before it. */
  readonly toMs: number;
}

export interface WindowPlan {
  readonly fromMs: number;
  readonly toMs: number;
  readonly segments: readonly Segment[];
  /** Whether raw rows behind the mark count besides. False where the segments are of raw rows. */
  readonly withTail: boolean;
}

export interface WindowQuestion {
  readonly fromMs: number;
  readonly toMs: number;
  /** The window is widened to whole intervals of it, and of what is kept of its ends. */
  readonly finest: Level | 'raw';
  /** Wider intervals are not used. */
  readonly coarsest: Level | 'raw';
  readonly marks: Marks;
}

const COARSE_FIRST: readonly Level[] = ['days', 'hours', 'minutes'];
export const RAW_MS = 10_000;

export function planWindow({ fromMs, toMs, finest, coarsest, marks }: WindowQuestion): WindowPlan {
  if (coarsest === 'raw') {
    const [from, to] = [floorTo(fromMs, RAW_MS), ceilTo(toMs, RAW_MS)];
    return { fromMs: from, toMs: to, segments: [{ level: 'raw', fromMs: from, toMs: to }], withTail: false };
  }
  const from = floorTo(fromMs, widthKept(finest, fromMs, marks));
  const to = ceilTo(toMs, widthKept(finest, toMs, marks));
  const levels = COARSE_FIRST.slice(COARSE_FIRST.indexOf(coarsest));
  return { fromMs: from, toMs: to, segments: cover(from, to, levels, marks), withTail: true };
}

/** Of the finest intervals that are still kept of that time, at least `finest`. */
export function widthKept(finest: Level | 'raw', atMs: number, { keptFromMs }: Marks): number {
  if (finest === 'raw' && atMs >= keptFromMs.raw) return RAW_MS;
  if ((finest === 'raw' || finest === 'minutes') && atMs >= keptFromMs.minutes) return LEVEL_MS.minutes;
  if (finest !== 'days' && atMs >= keptFromMs.hours) return LEVEL_MS.hours;
  return LEVEL_MS.days;
}

function cover(fromMs: number, toMs: number, [level, ...finer]: readonly Level[], marks: Marks): readonly Segment[] {
  if (level === undefined || toMs <= fromMs) return [];
  if (level === 'minutes') return [{ level, fromMs, toMs }];
  const markMs = level === 'days' ? marks.daysUntilMs : marks.hoursUntilMs;
  const start = ceilTo(fromMs, LEVEL_MS[level]);
  const end = toMs >= markMs ? markMs : floorTo(toMs, LEVEL_MS[level]);
  if (end <= start) return cover(fromMs, toMs, finer, marks);
  return [...cover(fromMs, start, finer, marks), { level, fromMs: start, toMs: end }, ...cover(end, toMs, finer, marks)];
}
