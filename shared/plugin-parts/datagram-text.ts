/**
 * A log entry as JSON that fits into a datagram, for udp-log, syslog and loggly. A client decides how long its headers and its target are;
 * it must not decide that its request is missing in the log: what doesn't fit is cut, the rest is sent and says so.
 */
import type { LogEntry } from './log-entry.ts';

/** Of UDP over IPv4: 65,535 without the heads of both. */
export const MAX_DATAGRAM_BYTES = 65_507;
/** Of each text: at first, and where an operator adds so many of the client's that it is still too much. */
const LETTERS = [2_048, 128] as const;
/** What is left where even that is too much. */
const OUTLINE = ['request', 'id', 'method', 'size', 'response', 'status', 'client_ip', 'started_at', 'truncated'];

/** At most `maxBytes` long in UTF-8, of which at least 8,192 must be allowed. Operators may have taken out any part of an entry. */
export function datagramText(entry: LogEntry, maxBytes: number): string {
  const whole = JSON.stringify(entry);
  // No letter is more than three bytes: what is a third as long fits without being counted.
  if (whole.length * 3 <= maxBytes || Buffer.byteLength(whole) <= maxBytes) return whole;
  let shorter = whole;
  for (const letters of LETTERS) {
    shorter = JSON.stringify({ ...entry, truncated: true }, (name, value: unknown) => (name === 'headers' || name === 'querystring' ? {} : typeof value === 'string' ? value.slice(0, letters) : value));
    if (Buffer.byteLength(shorter) <= maxBytes) return shorter;
  }
  return JSON.stringify(JSON.parse(shorter), OUTLINE);
}
