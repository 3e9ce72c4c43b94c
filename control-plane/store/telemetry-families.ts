/**
 * The two families of telemetry by time, and their levels (migration 019): what makes a row of each one, what of it is added up. What
 * stores, adds up and reads them takes the names from here.
 */

export type Level = 'minutes' | 'hours' | 'days';

export interface Column {
  readonly name: string;
  /** Of an array of it as a parameter. */
  readonly type: 'uuid' | 'timestamptz' | 'smallint' | 'text' | 'bigint';
}

export interface Family {
  /** In `roll_up_watermarks`. */
  readonly name: 'usage' | 'targets';
  readonly raw: 'usage_raw' | 'target_raw';
  readonly tables: Readonly<Record<Level, string>>;
  /** Besides tenant, gateway and time, in the order of the key. */
  readonly keys: readonly Column[];
  readonly counts: readonly string[];
  /** Measures in `latencies`. */
  readonly measures: number;
}

export const USAGE_FAMILY: Family = {
  name: 'usage',
  raw: 'usage_raw',
  tables: { minutes: 'usage_minutes', hours: 'usage_hours', days: 'usage_days' },
  keys: [{ name: 'data_plane_id', type: 'uuid' }, { name: 'route_id', type: 'uuid' }, { name: 'consumer_id', type: 'uuid' }, { name: 'status', type: 'smallint' }],
  counts: ['requests', 'bytes_in', 'bytes_out', 'request_us', 'upstream_us', 'gateway_us'],
  measures: 3,
};

export const TARGET_FAMILY: Family = {
  name: 'targets',
  raw: 'target_raw',
  tables: { minutes: 'target_minutes', hours: 'target_hours', days: 'target_days' },
  keys: [{ name: 'data_plane_id', type: 'uuid' }, { name: 'upstream', type: 'text' }, { name: 'target', type: 'text' }, { name: 'address', type: 'text' }],
  counts: ['attempts', 'failed', 'status_5xx'],
  measures: 1,
};

export const FAMILIES: readonly Family[] = [USAGE_FAMILY, TARGET_FAMILY];

export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;
export const LEVEL_MS: Readonly<Record<Level, number>> = { minutes: MINUTE_MS, hours: HOUR_MS, days: DAY_MS };

export function floorTo(ms: number, widthMs: number): number {
  return Math.floor(ms / widthMs) * widthMs;
}

export function ceilTo(ms: number, widthMs: number): number {
  return Math.ceil(ms / widthMs) * widthMs;
}
