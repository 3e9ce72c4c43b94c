/**
 * How many batches of telemetry a new session may have on their way. A batch that waits for the database is held in memory, and after an
 * outage every data plane has large ones: with many sessions each gets fewer, so that together they hold about what HELD_BYTES says, and
 * one batch for each session. One at a time still is many a second. Used by fleet-sessions.ts.
 */
import { MAXIMUM_RECORD_BATCH_BYTES } from '../../shared/wire/access-record-codec.ts';
import { MAXIMUM_BATCH_BYTES } from '../../shared/wire/telemetry-codec.ts';
import { RECORDS_CREDIT, TELEMETRY_CREDIT } from './session-state.ts';

/** For batches of all sessions of this instance, of each kind. */
const HELD_BYTES = 256 * 1024 * 1024;

export interface TelemetryCredits {
  readonly telemetry: number;
  readonly records: number;
}

/** `sessions`: that are open, the new one among them. */
export function creditsAmong(sessions: number): TelemetryCredits {
  const share = HELD_BYTES / Math.max(1, sessions);
  const within = (most: number, bytes: number): number => Math.max(1, Math.min(most, Math.floor(share / bytes)));
  return { telemetry: within(TELEMETRY_CREDIT, MAXIMUM_BATCH_BYTES), records: within(RECORDS_CREDIT, MAXIMUM_RECORD_BATCH_BYTES) };
}
