/**
 * The lines of statsd and its dialects, for statsd and datadog: names and tags of which nothing can break out, sampling, and packing into
 * datagrams. Names of routes, services and consumers stand in them, and those were written by people.
 */
import type { LogContext } from '../plugins/contract.ts';

export const STAT_TYPES = { counter: 'c', distribution: 'd', gauge: 'g', histogram: 'h', meter: 'm', set: 's', timer: 'ms' } as const;
export type StatType = keyof typeof STAT_TYPES;

/** Metrics whose value both plugins read off a request; the names after the scope are Kong's. */
export const REQUEST_STATS = {
  kong_latency: 'kong_latency', latency: 'latency', request_count: 'request.count', request_size: 'request.size', response_size: 'response.size', upstream_latency: 'upstream_latency',
} as const;
export type RequestStat = keyof typeof REQUEST_STATS;

/** Longer names are cut: a line is to fit into a datagram whatever people call their services. */
const MOST_LETTERS = 200;
const UNSAFE_IN_NAME = /[^A-Za-z0-9_-]/g;
/** What some dialect gives a meaning to, blanks and control characters. */
const UNSAFE_IN_TAG = /[\p{Cc}\p{Z},:;|#=@[\]{}"\\]/gu;

/** One level of a metric's name: dots would make several of it. */
export function namePart(text: string): string {
  return text.slice(0, MOST_LETTERS).replace(UNSAFE_IN_NAME, '_');
}

export function tagValue(text: string): string {
  return text.slice(0, MOST_LETTERS).replace(UNSAFE_IN_TAG, '_');
}

/** Milliseconds or bytes; undefined where the request has no such value: it never went upstream. */
export function statOf(stat: RequestStat, context: LogContext): number | undefined {
  switch (stat) {
    case 'request_count':
      return 1;
    case 'request_size':
      return context.bytesIn;
    case 'response_size':
      return context.bytesOut;
    case 'latency':
      return toMicros(context.totalMs);
    case 'kong_latency':
      return toMicros(context.gatewayMs);
    case 'upstream_latency':
      return context.tries.length === 0 ? undefined : toMicros(context.upstreamMs);
  }
}

/** Three digits after the point. */
function toMicros(ms: number): number {
  return Math.round(ms * 1_000) / 1_000;
}

/** Whether the request is among those that `rate` takes: by its id, which is random. */
export function isSampled(requestId: string, rate: number): boolean {
  return rate >= 1 || Number.parseInt(requestId.slice(-8), 16) < rate * 0x1_0000_0000;
}

/** What follows the value: `|c`, `|ms|@0.1`. */
export function lineEnd(type: StatType, sampleRate: number | null): string {
  return sampleRate === null || sampleRate >= 1 ? `|${STAT_TYPES[type]}` : `|${STAT_TYPES[type]}|@${sampleRate}`;
}

/** Lines together as long as `maxBytes` hold them, each alone where that is 0; a longer line has a datagram to itself. */
export function packLines(lines: Iterable<string>, maxBytes: number): readonly Uint8Array[] {
  const packed: Uint8Array[] = [];
  let text = '';
  let bytes = 0;
  for (const line of lines) {
    const more = Buffer.byteLength(line);
    if (text !== '' && bytes + 1 + more > maxBytes) {
      packed.push(Buffer.from(text));
      text = '';
    }
    [text, bytes] = text === '' ? [line, more] : [`${text}\n${line}`, bytes + 1 + more];
  }
  if (text !== '') packed.push(Buffer.from(text));
  return packed;
}
