/**
 * From when to when a question is: `from` and `to` as times, or as how long ago (`-24h`), and `step`, how wide the points of a
 * series are. Used by the routes of analytics and of requests.
 */
import { invalidQuery } from '../answer.ts';
import type { QueryParameter } from '../route.ts';
import { parseTime } from './own-values.ts';

export interface TimeWindow {
  /** Inclusive. */
  readonly from: Date;
  /** Exclusive. */
  readonly to: Date;
}

export const WINDOW_PARAMETERS: readonly QueryParameter[] = [
  { name: 'from', description: 'Where it begins: a time, or how long ago: `-24h`, `-30m`, `-7d`. An hour ago where not given.' },
  { name: 'to', description: 'Where it ends, not included; now where not given.' },
];

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;
/** A dashboard asks for the last minutes with a clock that is a little ahead of ours. */
const AHEAD_MS = 60_000;

/** Throws a Refusal (400) where it is no window. `usualMs`: how long where `from` is not given. */
export function parseWindow(query: URLSearchParams, nowMs: number, usualMs = HOUR_MS): TimeWindow {
  const to = nearer(parseMoment(query, 'to', nowMs), nowMs) ?? new Date(nowMs);
  const from = nearer(parseMoment(query, 'from', nowMs), nowMs) ?? new Date(to.getTime() - usualMs);
  if (from >= to) throw invalidQuery('options', query.has('to') ? 'to' : 'from', `the window must begin before it ends: from ${from.toISOString()} to ${to.toISOString()}`);
  if (from.getTime() > nowMs + AHEAD_MS) throw invalidQuery('options', 'from', `is in the future; it is ${new Date(nowMs).toISOString()} here`);
  return { from, to };
}

/** There is nothing to tell of before 1970 and after next year; and not every time that JavaScript has is one to the database. */
function nearer(time: Date | undefined, nowMs: number): Date | undefined {
  return time === undefined ? undefined : new Date(Math.min(Math.max(0, time.getTime()), nowMs + 366 * DAY_MS));
}

/** A time, or how long ago (`-24h`); undefined where not given. Throws a Refusal (400) where it is neither. */
export function parseMoment(query: URLSearchParams, name: string, nowMs: number): Date | undefined {
  const text = query.get(name);
  if (text === null || text === 'now') return text === null ? undefined : new Date(nowMs);
  if (!text.startsWith('-')) return parseTime(query, name);
  const ms = durationOf(text.slice(1));
  if (ms === undefined) throw invalidQuery('options', name, 'must be a time (2026-01-31T12:00:00Z, seconds since the epoch) or how long ago: -90s, -30m, -24h, -7d');
  return new Date(nowMs - ms);
}

/** `step` in milliseconds; undefined where not given. */
export function parseStep(query: URLSearchParams): number | undefined {
  const text = query.get('step');
  if (text === null) return undefined;
  const ms = durationOf(text);
  if (ms === undefined || ms === 0) throw invalidQuery('options', 'step', 'must be a duration: 10s, 1m, 1h, 1d');
  return ms;
}

/** `90s`, `30m`, `24h`, `7d`; undefined where it is none, or longer than a hundred years. */
export function durationOf(text: string): number | undefined {
  const [, count, unit = ''] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  const ms = count === undefined ? undefined : Number(count) * (UNITS[unit] ?? 0);
  return ms === undefined || ms > 36_525 * DAY_MS ? undefined : ms;
}
