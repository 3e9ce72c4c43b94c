/**
 * Strict parser for HTTP/1.x message heads (RFC 9112), working on bytes. Called with all bytes of a message that are
 * there; where they do not suffice it remembers the line it got to and goes on from there. What it lets pass is well-formed:
 * one Host, one framing, no control bytes, no folding, nothing that two hops could read in two ways (R2).
 */
import { COLON, CR, DOT, FIELD, HASH, isToken, LF, LOWER, QUESTION, SLASH, SPACE, TAB, TARGET, TOKEN } from './byte-classes.ts';
import { FAULTS, type Fault } from './faults.ts';
import { classifyName, classifyText, HEADER } from './header-names.ts';
import type { MessageHead, RequestHead, ResponseHead } from './message-head.ts';
import { interpretTarget, takeAuthority } from './request-target.ts';

export type ParseResult =
  /** `head.end` is behind the head. */
  | 'complete'
  /** Call again with the same start and more bytes. */
  | 'incomplete'
  /** `head.fault` says why. */
  | 'refused';

export interface HeadLimits {
  readonly maxHeadBytes: number;
  readonly maxTargetBytes: number;
}

/** A method longer than this is no method. */
const MAX_METHOD_BYTES = 32;
/** `Connection` may name so many fields; each costs a search over all lines. */
const MAX_LISTED = 16;
/** 15 digits stay exact in a double. */
const MAX_LENGTH_DIGITS = 15;

/** Parses from `head.start`, which `head.begin` has set. `buffer` may be another one than before if the message is at the same place in it. */
export function parseRequestHead(head: RequestHead, buffer: Buffer, end: number, limits: HeadLimits): ParseResult {
  head.buffer = buffer;
  if (head.cursor === head.start) {
    const result = parseRequestLine(head, end, limits);
    if (result !== 'complete') return result;
  }
  const result = parseFields(head, end, limits.maxHeadBytes, noteRequestField);
  if (result !== 'complete') return result;
  const fault = checkRequest(head);
  return fault === undefined ? 'complete' : refuse(head, head.end, limits.maxHeadBytes, fault);
}

/** Parses a status line and fields; see parseRequestHead. */
export function parseResponseHead(head: ResponseHead, buffer: Buffer, end: number, maxHeadBytes: number): ParseResult {
  head.buffer = buffer;
  if (head.cursor === head.start) {
    const result = parseStatusLine(head, end, maxHeadBytes);
    if (result !== 'complete') return result;
  }
  const result = parseFields(head, end, maxHeadBytes, noteResponseField);
  if (result !== 'complete') return result;
  if (head.chunked && (head.contentLength !== -1 || head.minor === 0)) return refuse(head, head.end, maxHeadBytes, FAULTS.framing);
  return 'complete';
}

/** Whatever is wrong beyond the size limit does not matter: so a head is refused for the same reason wherever reads cut it. */
function refuse(head: MessageHead, at: number, maxHeadBytes: number, fault: Fault): 'refused' {
  head.fault = at - head.start > maxHeadBytes ? FAULTS.headTooLarge : fault;
  return 'refused';
}

function needMore(head: MessageHead, end: number, maxHeadBytes: number): ParseResult {
  return end - head.start > maxHeadBytes ? refuse(head, end, maxHeadBytes, FAULTS.headTooLarge) : 'incomplete';
}

function parseRequestLine(head: RequestHead, end: number, limits: HeadLimits): ParseResult {
  const { buffer } = head;
  let at = head.start;
  while (at < end && TOKEN[buffer[at] ?? 0] === 1) at += 1;
  if (at - head.start > MAX_METHOD_BYTES) return refuse(head, head.start, limits.maxHeadBytes, FAULTS.requestLine);
  if (at === end) return needMore(head, end, limits.maxHeadBytes);
  if (buffer[at] !== SPACE || at === head.start) return refuse(head, at, limits.maxHeadBytes, FAULTS.requestLine);
  head.methodEnd = at;

  at += 1;
  head.targetStart = at;
  let query = -1;
  let isPlain = true;
  for (; at < end; at++) {
    const byte = buffer[at] ?? 0;
    const kind = TARGET[byte];
    if (kind === 1) continue;
    if (kind !== 2 || byte === HASH) break;
    if (query !== -1) {
      // The query goes on byte for byte, so it must be a query already.
      if (byte > 0x7f) break;
      continue;
    }
    if (byte === QUESTION) query = at;
    else if (byte === SLASH || byte === DOT) isPlain = isPlain && (at === head.targetStart || buffer[at - 1] !== SLASH);
    else isPlain = false;
  }
  if (at - head.targetStart > limits.maxTargetBytes) return refuse(head, head.start, limits.maxHeadBytes, FAULTS.targetTooLong);
  if (at === end) return needMore(head, end, limits.maxHeadBytes);
  if (buffer[at] !== SPACE || at === head.targetStart) return refuse(head, at, limits.maxHeadBytes, FAULTS.target);
  head.targetEnd = at;
  head.queryStart = query === -1 ? at : query;
  return parseVersion(head, at + 1, end, limits.maxHeadBytes, isPlain);
}

const VERSION_PREFIX = Uint8Array.from('HTTP/', (character) => character.charCodeAt(0));

/** `HTTP/1.x` and the line's end; then, with the whole line in hand, what method and target mean. */
function parseVersion(head: RequestHead, start: number, end: number, maxHeadBytes: number, isPlain: boolean): ParseResult {
  const { buffer } = head;
  for (let at = 0; at < VERSION_PREFIX.length; at++) {
    if (start + at === end) return needMore(head, end, maxHeadBytes);
    if (buffer[start + at] !== VERSION_PREFIX[at]) return refuse(head, start + at, maxHeadBytes, FAULTS.requestLine);
  }
  if (start + 10 > end) return needMore(head, end, maxHeadBytes);
  const major = (buffer[start + 5] ?? 0) - 0x30;
  const minor = (buffer[start + 7] ?? 0) - 0x30;
  if (major < 0 || major > 9 || buffer[start + 6] !== DOT || minor < 0 || minor > 9 || buffer[start + 8] !== CR || buffer[start + 9] !== LF) {
    return refuse(head, start, maxHeadBytes, FAULTS.requestLine);
  }
  if (major !== 1 || minor > 1) return refuse(head, start, maxHeadBytes, FAULTS.version);
  head.minor = minor;
  if (isRefusedMethod(head)) return refuse(head, start, maxHeadBytes, FAULTS.method);
  const fault = interpretTarget(head, isPlain);
  if (fault !== undefined) return refuse(head, start, maxHeadBytes, fault);
  head.cursor = start + 10;
  return 'complete';
}

/** CONNECT would make a tunnel, TRACE would show the client what we add for the upstream. */
function isRefusedMethod(head: RequestHead): boolean {
  const length = head.methodEnd - head.start;
  if (length !== 7 && length !== 5) return false;
  const method = head.text(head.start, head.methodEnd);
  return method === 'CONNECT' || method === 'TRACE';
}

function parseStatusLine(head: ResponseHead, end: number, maxHeadBytes: number): ParseResult {
  const { buffer, start } = head;
  for (let at = 0; at < VERSION_PREFIX.length; at++) {
    if (start + at === end) return needMore(head, end, maxHeadBytes);
    if (buffer[start + at] !== VERSION_PREFIX[at]) return refuse(head, start, maxHeadBytes, FAULTS.statusLine);
  }
  if (start + 13 > end) return needMore(head, end, maxHeadBytes);
  const minor = (buffer[start + 7] ?? 0) - 0x30;
  const hundreds = (buffer[start + 9] ?? 0) - 0x30;
  const tens = (buffer[start + 10] ?? 0) - 0x30;
  const ones = (buffer[start + 11] ?? 0) - 0x30;
  const isVersion = buffer[start + 5] === 0x31 && buffer[start + 6] === DOT && (minor === 0 || minor === 1) && buffer[start + 8] === SPACE;
  const isStatus = hundreds >= 1 && hundreds <= 9 && tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9;
  let at = start + 12;
  // RFC 9112 §4 wants a space even before an empty reason; servers are known to leave it out.
  if (!isVersion || !isStatus || (buffer[at] !== SPACE && buffer[at] !== CR)) return refuse(head, start, maxHeadBytes, FAULTS.statusLine);
  while (at < end && FIELD[buffer[at] ?? 0] === 1) at += 1;
  if (at === end) return needMore(head, end, maxHeadBytes);
  if (buffer[at] !== CR) return refuse(head, at, maxHeadBytes, FAULTS.statusLine);
  if (at + 1 === end) return needMore(head, end, maxHeadBytes);
  if (buffer[at + 1] !== LF) return refuse(head, at, maxHeadBytes, FAULTS.statusLine);
  head.minor = minor;
  head.status = hundreds * 100 + tens * 10 + ones;
  head.statusStart = start + 9;
  head.cursor = at + 2;
  return 'complete';
}

type NoteField<Head> = (head: Head, headerClass: number, valueStart: number, valueEnd: number) => Fault | undefined;

/** Header lines from `head.cursor` to the empty line. Each turn of the loop takes one whole line or leaves the cursor at its start. */
function parseFields<Head extends MessageHead>(head: Head, end: number, maxHeadBytes: number, note: NoteField<Head>): ParseResult {
  const { buffer, fields } = head;
  for (;;) {
    const nameStart = head.cursor;
    let at = nameStart;
    if (at === end) return needMore(head, end, maxHeadBytes);
    if (buffer[at] === CR) {
      if (at + 1 === end) return needMore(head, end, maxHeadBytes);
      if (buffer[at + 1] !== LF) return refuse(head, at, maxHeadBytes, FAULTS.field);
      fields.end = at;
      head.end = at + 2;
      if (head.listed !== undefined) markListed(head, head.listed);
      return head.end - head.start > maxHeadBytes ? refuse(head, head.end, maxHeadBytes, FAULTS.headTooLarge) : 'complete';
    }
    while (at < end && TOKEN[buffer[at] ?? 0] === 1) at += 1;
    if (at === end) return needMore(head, end, maxHeadBytes);
    // Also a line that continues the one before it, and white space before the colon.
    if (buffer[at] !== COLON || at === nameStart) return refuse(head, at, maxHeadBytes, FAULTS.field);
    const nameEnd = at;
    at += 1;
    while (at < end && (buffer[at] === SPACE || buffer[at] === TAB)) at += 1;
    const valueStart = at;
    while (at < end && FIELD[buffer[at] ?? 0] === 1) at += 1;
    if (at === end) return needMore(head, end, maxHeadBytes);
    if (buffer[at] !== CR) return refuse(head, at, maxHeadBytes, FAULTS.field);
    if (at + 1 === end) return needMore(head, end, maxHeadBytes);
    if (buffer[at + 1] !== LF) return refuse(head, at, maxHeadBytes, FAULTS.field);
    let valueEnd = at;
    while (valueEnd > valueStart && (buffer[valueEnd - 1] === SPACE || buffer[valueEnd - 1] === TAB)) valueEnd -= 1;
    if (fields.count === fields.capacity) return refuse(head, at, maxHeadBytes, FAULTS.headTooLarge);
    const headerClass = classifyName(buffer, nameStart, nameEnd);
    fields.add(nameStart, nameEnd, valueStart, valueEnd, headerClass);
    head.cursor = at + 2;
    if (headerClass !== HEADER.PASS) {
      const fault = note(head, headerClass, valueStart, valueEnd);
      if (fault !== undefined) return refuse(head, at, maxHeadBytes, fault);
    }
  }
}

function noteRequestField(head: RequestHead, headerClass: number, valueStart: number, valueEnd: number): Fault | undefined {
  switch (headerClass) {
    case HEADER.HOST:
      head.hostLines += 1;
      if (head.hostLines > 1) return FAULTS.host;
      return head.absoluteForm ? checkIgnoredHost(head, valueStart, valueEnd) : takeAuthority(head, valueStart, valueEnd);
    case HEADER.EXPECT:
      if (head.text(valueStart, valueEnd).toLowerCase() !== '100-continue') return FAULTS.expectation;
      head.expectsContinue = true;
      return undefined;
    case HEADER.FORWARDED:
      head.saysForwarded = true;
      return undefined;
    case HEADER.TE:
      if (/(?:^|,)[ \t]*trailers[ \t]*(?:,|$)/i.test(head.text(valueStart, valueEnd))) head.saysTrailers = true;
      return undefined;
    default:
      return noteCommonField(head, headerClass, valueStart, valueEnd);
  }
}

function noteResponseField(head: ResponseHead, headerClass: number, valueStart: number, valueEnd: number): Fault | undefined {
  if (headerClass === HEADER.KEEP_ALIVE) {
    const seconds = /(?:^|[,;\s])timeout=(\d{1,9})/i.exec(head.text(valueStart, valueEnd))?.[1];
    if (seconds !== undefined) head.keepAliveSeconds = Number(seconds);
    return undefined;
  }
  return noteCommonField(head, headerClass, valueStart, valueEnd);
}

function noteCommonField(head: MessageHead, headerClass: number, valueStart: number, valueEnd: number): Fault | undefined {
  switch (headerClass) {
    case HEADER.CONTENT_LENGTH:
      return takeContentLength(head, valueStart, valueEnd);
    case HEADER.TRANSFER_ENCODING:
      if (head.chunked) return FAULTS.framing;
      if (head.text(valueStart, valueEnd).toLowerCase() !== 'chunked') return FAULTS.transferCoding;
      head.chunked = true;
      return undefined;
    case HEADER.CONNECTION:
      return takeConnection(head, valueStart, valueEnd);
    default:
      return undefined;
  }
}

/** What only the whole head can tell. */
function checkRequest(head: RequestHead): Fault | undefined {
  if (head.chunked && (head.contentLength !== -1 || head.minor === 0)) return FAULTS.framing;
  if (head.hostLines === 0 && head.minor === 1) return FAULTS.host;
  // RFC 9110 §10.1.1: an expectation in HTTP/1.0 is ignored.
  if (head.minor === 0) head.expectsContinue = false;
  return undefined;
}

/** The authority of an absolute target wins, but a Host that could not stand alone is refused all the same. */
function checkIgnoredHost(head: RequestHead, valueStart: number, valueEnd: number): Fault | undefined {
  const { hostStart, hostEnd, hostPort, authorityEnd } = head;
  const fault = takeAuthority(head, valueStart, valueEnd);
  head.hostStart = hostStart;
  head.hostEnd = hostEnd;
  head.hostPort = hostPort;
  head.authorityEnd = authorityEnd;
  return fault;
}

function takeContentLength(head: MessageHead, valueStart: number, valueEnd: number): Fault | undefined {
  const digits = valueEnd - valueStart;
  if (head.contentLength !== -1 || digits === 0 || digits > MAX_LENGTH_DIGITS) return FAULTS.framing;
  let length = 0;
  for (let at = valueStart; at < valueEnd; at++) {
    const digit = (head.buffer[at] ?? 0) - 0x30;
    if (digit < 0 || digit > 9) return FAULTS.framing;
    length = length * 10 + digit;
  }
  head.contentLength = length;
  return undefined;
}

/** Notes `close` and `keep-alive`, and keeps other names for when all lines are in the table. */
function takeConnection(head: MessageHead, valueStart: number, valueEnd: number): Fault | undefined {
  // By far the most frequent value, without making a string.
  if (valueEnd - valueStart === KEEP_ALIVE.length && equalsFolded(head.buffer, valueStart, KEEP_ALIVE)) {
    head.saysKeepAlive = true;
    return undefined;
  }
  for (const part of head.text(valueStart, valueEnd).toLowerCase().split(',')) {
    const token = part.replace(/^[ \t]+|[ \t]+$/g, '');
    if (token === 'close') head.saysClose = true;
    else if (token === 'keep-alive') head.saysKeepAlive = true;
    else if (token !== '') {
      head.listed ??= [];
      if (head.listed.length === MAX_LISTED || !isToken(token)) return FAULTS.connection;
      head.listed.push(token);
    }
  }
  return undefined;
}

/** Fields that are known by name are either dropped anyway or none that a client may take away (RFC 9110 §7.6.1). */
function markListed(head: MessageHead, listed: readonly string[]): void {
  for (const name of listed) {
    if (classifyText(name) === HEADER.PASS) head.fields.reclass(head.buffer, name, HEADER.LISTED);
  }
}

const KEEP_ALIVE = Uint8Array.from('keep-alive', (character) => character.charCodeAt(0));

function equalsFolded(buffer: Uint8Array, start: number, lowerCase: Uint8Array): boolean {
  for (let at = 0; at < lowerCase.length; at++) {
    if (LOWER[buffer[start + at] ?? 0] !== lowerCase[at]) return false;
  }
  return true;
}
