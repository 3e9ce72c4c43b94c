/** Calendar windows in UTC, so that every data plane starts and ends them at the same instant, and a limit reads as people mean it. Of rate-limiting and response-ratelimiting. */
import type { CounterWindow } from '../plugins/plugin-services.ts';

/** Shortest first. */
export const WINDOW_NAMES = ['second', 'minute', 'hour', 'day', 'month', 'year'] as const;
export type WindowName = (typeof WINDOW_NAMES)[number];

const SECOND_MS = 1_000;
const DAY_MS = 86_400_000;
const FIXED_MS: Readonly<Record<Exclude<WindowName, 'month' | 'year'>, number>> = {
  second: SECOND_MS, minute: 60 * SECOND_MS, hour: 3_600 * SECOND_MS, day: DAY_MS,
};

export interface CalendarWindow {
  /** Epoch milliseconds, inclusive. */
  readonly startMs: number;
  /** Epoch milliseconds, exclusive. */
  readonly endMs: number;
}

export function calendarWindowAt(name: WindowName, nowMs: number): CalendarWindow {
  const now = new Date(nowMs);
  const year = now.getUTCFullYear();
  if (name === 'year') return { startMs: Date.UTC(year, 0), endMs: Date.UTC(year + 1, 0) };
  if (name === 'month') return { startMs: Date.UTC(year, now.getUTCMonth()), endMs: Date.UTC(year, now.getUTCMonth() + 1) };
  const startMs = nowMs - (nowMs % FIXED_MS[name]);
  return { startMs, endMs: startMs + FIXED_MS[name] };
}

/** That window for counters. */
export function calendarCounterWindow(name: WindowName, limit: number, nowMs: number): CounterWindow {
  const { startMs, endMs } = calendarWindowAt(name, nowMs);
  return { startMs, windowMs: endMs - startMs, limit };
}

/** As in headers: `Minute`. */
export function titleOf(name: string): string {
  return `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
}
