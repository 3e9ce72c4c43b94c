/**
 * The header fields that the proxy knows by name, and what it does with each. Whatever is not listed passes through
 * unchanged. Used by the head parser for every line of every message.
 */
import { FOLDED } from './byte-classes.ts';

/** Classes of header lines. Below 31, because sets of them are bit masks. */
export const HEADER = {
  /** Not known: passes through. */
  PASS: 0,
  HOST: 1,
  CONNECTION: 2,
  CONTENT_LENGTH: 3,
  TRANSFER_ENCODING: 4,
  EXPECT: 5,
  UPGRADE: 6,
  KEEP_ALIVE: 7,
  /** Other fields that are meant for the next hop only (RFC 9110 §7.6.1). */
  HOP: 8,
  /** Tells the upstream who the client is: only ever set by us. */
  IDENTITY: 9,
  /** Where the request came from: set by us, from the client's only where it is trusted. */
  FORWARDED: 10,
  /** Set by us on requests and responses. */
  OURS: 11,
  /** Set by us on responses. */
  OURS_ON_RESPONSE: 12,
  /** One of the above with `_` for `-` in a request: dropped, because applications may take one for the other. */
  LOOKALIKE: 13,
  /** Named in Connection: for the next hop only. */
  LISTED: 14,
  /** Taken out or replaced by a plugin. */
  REMOVED: 15,
  TE: 16,
  /** Names the trailers that will come. */
  TRAILER: 17,
} as const;

export function maskOf(...classes: readonly number[]): number {
  return classes.reduce((mask, one) => mask | (1 << one), 0);
}

/** Lines of a client's request that never go upstream as they are. Host is written by us. */
export const DROPPED_FROM_REQUEST = maskOf(
  HEADER.HOST, HEADER.CONNECTION, HEADER.EXPECT, HEADER.UPGRADE, HEADER.KEEP_ALIVE, HEADER.HOP,
  HEADER.IDENTITY, HEADER.FORWARDED, HEADER.OURS, HEADER.LOOKALIKE, HEADER.LISTED, HEADER.REMOVED, HEADER.TE, HEADER.TRAILER,
);

/** Lines of an upstream's response that never reach the client as they are. */
export const DROPPED_FROM_RESPONSE = maskOf(
  HEADER.CONNECTION, HEADER.UPGRADE, HEADER.KEEP_ALIVE, HEADER.HOP, HEADER.OURS, HEADER.OURS_ON_RESPONSE, HEADER.LISTED, HEADER.REMOVED,
  HEADER.TE, HEADER.TRAILER,
);

/** The two framing fields. */
export const FRAMING = maskOf(HEADER.CONTENT_LENGTH, HEADER.TRANSFER_ENCODING);

/** By lower-case name. */
export const KNOWN: readonly (readonly [name: string, headerClass: number])[] = [
  ['host', HEADER.HOST],
  ['connection', HEADER.CONNECTION],
  ['content-length', HEADER.CONTENT_LENGTH],
  ['transfer-encoding', HEADER.TRANSFER_ENCODING],
  ['expect', HEADER.EXPECT],
  ['upgrade', HEADER.UPGRADE],
  ['keep-alive', HEADER.KEEP_ALIVE],
  ['proxy-connection', HEADER.HOP],
  ['proxy-authenticate', HEADER.HOP],
  ['proxy-authorization', HEADER.HOP],
  ['http2-settings', HEADER.HOP],
  ['te', HEADER.TE],
  ['trailer', HEADER.TRAILER],
  ['x-credential-identifier', HEADER.IDENTITY],
  ['x-anonymous-consumer', HEADER.IDENTITY],
  ['x-authenticated-groups', HEADER.IDENTITY],
  ['x-forwarded-for', HEADER.FORWARDED],
  ['x-forwarded-proto', HEADER.FORWARDED],
  ['x-forwarded-host', HEADER.FORWARDED],
  ['x-forwarded-port', HEADER.FORWARDED],
  ['x-forwarded-path', HEADER.FORWARDED],
  ['x-forwarded-prefix', HEADER.FORWARDED],
  ['x-real-ip', HEADER.FORWARDED],
  ['x-kong-request-id', HEADER.OURS],
  ['x-kong-upstream-latency', HEADER.OURS_ON_RESPONSE],
  ['x-kong-proxy-latency', HEADER.OURS_ON_RESPONSE],
  ['x-kong-upstream-status', HEADER.OURS_ON_RESPONSE],
];

/** Every name that starts like this is an identity header. */
const IDENTITY_PREFIX = bytesOf('x-consumer-');

interface Candidate {
  readonly name: Uint8Array;
  readonly headerClass: number;
}

/** By length and first letter: ordinary headers mostly meet an empty slot. */
const SLOTS: readonly (readonly Candidate[] | undefined)[] = fillSlots();

function slotOf(length: number, first: number): number {
  return (length << 5) | (first & 31);
}

function fillSlots(): readonly (readonly Candidate[] | undefined)[] {
  const slots = new Array<Candidate[] | undefined>(1_024).fill(undefined);
  for (const [text, headerClass] of KNOWN) {
    const name = bytesOf(text);
    const slot = slotOf(name.length, name[0] ?? 0);
    slots[slot] = [...(slots[slot] ?? []), { name, headerClass }];
  }
  return slots;
}

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** The class of the field name in [start, end), which must be a token. Case does not matter. */
export function classifyName(buffer: Uint8Array, start: number, end: number): number {
  const length = end - start;
  if (length >= 32) return startsLikeIdentity(buffer, start, length);
  const candidates = SLOTS[slotOf(length, buffer[start] ?? 0)];
  if (candidates !== undefined) {
    for (const candidate of candidates) {
      if (matchesFolded(buffer, start, candidate.name)) return hasUnderscore(buffer, start, end) ? HEADER.LOOKALIKE : candidate.headerClass;
    }
  }
  return startsLikeIdentity(buffer, start, length);
}

/** The class of a lower-case name. */
export function classifyText(lowerCaseName: string): number {
  return classifyName(bytesOf(lowerCaseName), 0, lowerCaseName.length);
}

function startsLikeIdentity(buffer: Uint8Array, start: number, length: number): number {
  if (length < IDENTITY_PREFIX.length || ((buffer[start] ?? 0) | 0x20) !== 0x78) return HEADER.PASS;
  return matchesFolded(buffer, start, IDENTITY_PREFIX) ? HEADER.IDENTITY : HEADER.PASS;
}

function matchesFolded(buffer: Uint8Array, start: number, name: Uint8Array): boolean {
  for (let at = 0; at < name.length; at++) {
    if (FOLDED[buffer[start + at] ?? 0] !== name[at]) return false;
  }
  return true;
}

function hasUnderscore(buffer: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    if (buffer[at] === 0x5f) return true;
  }
  return false;
}
