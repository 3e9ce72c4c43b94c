/** How long telemetry is kept, by level: what the installation keeps at most, and what a tenant may have shortened. */

export const RETENTION_LEVELS = ['raw', 'minutes', 'hours', 'days', 'records'] as const;
export type RetentionLevel = (typeof RETENTION_LEVELS)[number];

/** Milliseconds. */
export type RetentionTimes = Readonly<Record<RetentionLevel, number>>;

const DAY_MS = 86_400_000;

/** Where settings do not say otherwise: rows of 10 s, of a minute, an hour, a day, and access records. */
export const INSTALLATION_RETENTION_MS: RetentionTimes = { raw: 2 * DAY_MS, minutes: 14 * DAY_MS, hours: 400 * DAY_MS, days: 5 * 366 * DAY_MS, records: 7 * DAY_MS };
