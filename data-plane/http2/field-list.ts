/**
 * Parsed HTTP/1.1 heads of the engine as HTTP/2 field lists: names in lower case, nothing that is for one connection only. The
 * other direction is field-text.ts.
 */
import { HEADER, maskOf } from '../http1/header-names.ts';
import type { MessageHead, RequestHead, ResponseHead } from '../http1/message-head.ts';
import { isConnectionSpecific } from './field-text.ts';

const LEFT_OUT = maskOf(HEADER.HOST, HEADER.CONNECTION, HEADER.TRANSFER_ENCODING, HEADER.UPGRADE, HEADER.KEEP_ALIVE);
const LENGTH = maskOf(HEADER.CONTENT_LENGTH);

/** Names and values by turns, `:status` first. */
export function responseFields(head: ResponseHead): string[] {
  const fields = [':status', String(head.status)];
  // 205 has no body (RFC 9110 §15.3.6), and Node sends none: a length would make it malformed.
  addLines(fields, head, head.status === 205 ? LEFT_OUT | LENGTH : LEFT_OUT);
  return fields;
}

/** Names and values by turns, pseudo-headers first. */
export function requestFields(head: RequestHead, scheme: 'http' | 'https'): string[] {
  const fields = [
    ':method', head.text(head.start, head.methodEnd), ':scheme', scheme,
    ':authority', head.text(head.hostStart, head.authorityEnd), ':path', head.text(head.targetStart, head.targetEnd),
  ];
  addLines(fields, head, LEFT_OUT);
  // gRPC wants it said; other servers let it pass.
  fields.push('te', 'trailers');
  return fields;
}

/** Lines of a trailer section. */
export function trailerFields(lines: string): string[] {
  const fields: string[] = [];
  for (const line of lines.split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon <= 0) continue;
    const name = line.slice(0, colon).toLowerCase();
    if (!isConnectionSpecific(name) && name !== 'te') fields.push(name, line.slice(colon + 1).trim());
  }
  return fields;
}

/** The form in which Node takes interim responses and trailers. */
export function asRecord(fields: readonly string[]): Record<string, string | string[]> {
  const record: Record<string, string | string[]> = Object.create(null);
  for (let at = 0; at < fields.length; at += 2) {
    const name = fields[at] ?? '';
    const value = fields[at + 1] ?? '';
    const before = record[name];
    if (before === undefined) record[name] = value;
    else if (typeof before === 'string') record[name] = [before, value];
    else before.push(value);
  }
  return record;
}

/** One text for all lines: a slice of it costs less than a text of its own. */
function addLines(into: string[], head: MessageHead, leftOut: number): void {
  const { fields } = head;
  if (fields.count === 0) return;
  const from = fields.lineStart(0);
  const text = head.text(from, fields.end);
  for (let line = 0; line < fields.count; line++) {
    if (((leftOut >> fields.classOf(line)) & 1) === 1) continue;
    const name = text.slice(fields.lineStart(line) - from, fields.nameEnd(line) - from).toLowerCase();
    if (isConnectionSpecific(name) || name === 'te') continue;
    into.push(name, text.slice(fields.valueStart(line) - from, fields.valueEnd(line) - from));
  }
}
