/**
 * A log entry as JSON that fits into a datagram, for udp-log, syslog and loggly. A client decides how long its headers and its target are;
 * it must not decide that its request is missing in the log: what doesn't fit is left out, the rest is sent and says so.
 */
import type { LogEntry } from './log-entry.ts';

/** Of UDP over IPv4: 65,535 without the heads of both. */
export const MAX_DATAGRAM_BYTES = 65_507;
const MOST_URI_LETTERS = 2_048;

/** At most `maxBytes` long in UTF-8, of which at least 2,048 must be allowed. */
export function datagramText(entry: LogEntry, maxBytes: number): string {
  const whole = JSON.stringify(entry);
  // No letter is more than three bytes: what is a third as long fits without being counted.
  if (whole.length * 3 <= maxBytes || Buffer.byteLength(whole) <= maxBytes) return whole;
  const shorter = JSON.stringify(withoutHeaders(entry));
  return Buffer.byteLength(shorter) <= maxBytes ? shorter : JSON.stringify(outline(entry));
}

function withoutHeaders(entry: LogEntry): object {
  const { request, response, upstream_uri: upstreamUri } = entry;
  return {
    ...entry,
    request: { ...request, uri: cut(request.uri), url: cut(request.url), querystring: {}, headers: {} },
    ...(upstreamUri === undefined ? {} : { upstream_uri: cut(upstreamUri) }),
    response: { ...response, headers: {} },
    truncated: true,
  };
}

/** What is left when fields of the operator's own are too long as well. */
function outline({ request: { id, method, size }, response: { status, size: sent }, latencies, client_ip, started_at, source }: LogEntry): object {
  return { request: { id, method: method.slice(0, 32), size }, response: { status, size: sent }, latencies, client_ip, started_at, source, truncated: true };
}

function cut(text: string): string {
  return text.slice(0, MOST_URI_LETTERS);
}
