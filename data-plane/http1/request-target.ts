/**
 * The request target and the Host field (RFC 9112 §3.2, RFC 9110 §7.2): which form it has, which host it names, and the
 * one normal form of its path (R1). Called by the head parser once the request line is complete.
 */
import { isUtf8 } from 'node:buffer';
import { isIPv6 } from 'node:net';
import { normalisePath } from '../../shared/model/normal-path.ts';
import { ASTERISK, COLON, HOST_NAME, PERCENT, QUESTION, SLASH } from './byte-classes.ts';
import { FAULTS, type Fault } from './faults.ts';
import type { RequestHead } from './message-head.ts';

const SCHEME = 'http://';
/** An escape that is none, an escaped NUL or backslash, a bare backslash: nobody honest sends them, and hops disagree on them. */
const HOSTILE_PATH = /%(?![0-9a-fA-F]{2})|%00|%5[cC]|\\/;
/** Allowed on the wire by habit, though no URI may hold them: escaped, so that what is matched is what is sent. */
const UNESCAPED = /["<>^`{|}\u0080-\u00ff]/g;
const NOT_ASCII = /[\u0080-\u00ff]/;

/**
 * Fills in path and, for an absolute form, host. `isPlain` says that the path holds nothing that normalising could
 * change. Expects `targetStart`, `targetEnd`, `queryStart` and `methodEnd` to be set.
 */
export function interpretTarget(head: RequestHead, isPlain: boolean): Fault | undefined {
  const first = head.buffer[head.targetStart];
  if (first === SLASH) {
    head.pathStart = head.targetStart;
    return takePath(head, isPlain);
  }
  if (first === ASTERISK) return takeAsterisk(head);
  return takeAbsolute(head);
}

function takePath(head: RequestHead, isPlain: boolean): Fault | undefined {
  const raw = head.text(head.pathStart, head.queryStart);
  if (isPlain) {
    head.path = raw;
    return undefined;
  }
  if (HOSTILE_PATH.test(raw)) return FAULTS.target;
  // Clients send UTF-8 as it is, and nginx and Kong take it. As escapes it means the same to everybody behind us (R1); what is no UTF-8, overlong forms of `/` and `.` among it, means nothing.
  if (NOT_ASCII.test(raw) && !isUtf8(head.buffer.subarray(head.pathStart, head.queryStart))) return FAULTS.target;
  head.path = normalisePath(raw.replace(UNESCAPED, escapeCharacter));
  return undefined;
}

function escapeCharacter(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}

function takeAsterisk(head: RequestHead): Fault | undefined {
  if (head.targetEnd !== head.targetStart + 1 || head.text(head.start, head.methodEnd) !== 'OPTIONS') return FAULTS.target;
  head.pathStart = head.targetStart;
  head.path = '*';
  return undefined;
}

function takeAbsolute(head: RequestHead): Fault | undefined {
  const authorityStart = head.targetStart + SCHEME.length;
  if (authorityStart >= head.targetEnd || head.text(head.targetStart, authorityStart).toLowerCase() !== SCHEME) return FAULTS.target;
  let at = authorityStart;
  while (at < head.targetEnd && head.buffer[at] !== SLASH && head.buffer[at] !== QUESTION) at += 1;
  const fault = takeAuthority(head, authorityStart, at);
  if (fault !== undefined) return fault;
  head.absoluteForm = true;
  head.pathStart = at;
  if (head.buffer[at] === SLASH && at < head.queryStart) return takePath(head, false);
  head.pathStart = head.queryStart;
  head.path = head.queryStart === head.targetEnd && head.text(head.start, head.methodEnd) === 'OPTIONS' ? '*' : '/';
  return undefined;
}

/** Reads `host[:port]` in [start, end) into the head. */
export function takeAuthority(head: RequestHead, start: number, end: number): Fault | undefined {
  const { buffer } = head;
  let at = start;
  if (buffer[at] === 0x5b) {
    while (at < end && buffer[at] !== 0x5d) at += 1;
    // A zone (`%eth0`) passes isIPv6; it means something on the sender's machine alone.
    if (at === end || buffer.subarray(start, at).includes(PERCENT) || !isIPv6(head.text(start + 1, at))) return FAULTS.host;
    at += 1;
  } else {
    while (at < end && HOST_NAME[buffer[at] ?? 0] === 1) at += 1;
    if (at === start) return FAULTS.host;
  }
  head.hostStart = start;
  head.hostEnd = at;
  head.hostPort = -1;
  head.authorityEnd = end;
  if (at === end) return undefined;
  if (buffer[at] !== COLON || end - at > 6 || end - at < 2) return FAULTS.host;
  let port = 0;
  for (at += 1; at < end; at++) {
    const digit = (buffer[at] ?? 0) - 0x30;
    if (digit < 0 || digit > 9) return FAULTS.host;
    port = port * 10 + digit;
  }
  if (port > 65_535) return FAULTS.host;
  head.hostPort = port;
  return undefined;
}
