/**
 * What plugins want different in the headers of a request or response. Checked when it is set, so that what is written is
 * well-formed whatever a plugin passes on (R2).
 */
import { HoldfastError } from '../../shared/errors.ts';
import { isToken } from '../http1/byte-classes.ts';
import { classifyText, HEADER, maskOf } from '../http1/header-names.ts';
import type { MessageHead } from '../http1/message-head.ts';
import type { OutgoingBytes } from '../http1/outgoing-bytes.ts';

/** Written by the wire engine alone, because they say where a message ends or what the connection does. */
const ENGINE_ONLY = maskOf(
  HEADER.CONNECTION, HEADER.CONTENT_LENGTH, HEADER.TRANSFER_ENCODING, HEADER.EXPECT, HEADER.UPGRADE, HEADER.KEEP_ALIVE, HEADER.HOP, HEADER.LOOKALIKE, HEADER.TE, HEADER.TRAILER,
);

/** Written beside the plugins' lines: a second one would make two. */
const WRITTEN_ONCE = maskOf(HEADER.OURS, HEADER.OURS_ON_RESPONSE);

interface Edit {
  /** With the name as it was written last. */
  checked: CheckedName;
  /** Several make one line each. Undefined takes the header out. */
  value: string | readonly string[] | undefined;
}

export class HeaderEdits {
  /** One for each name. A list, because plugins touch few names: a map costs more to fill than the list to walk. */
  readonly #edits: Edit[] = [];
  #touchesForwarded = false;

  /** An empty list takes the header out. Throws PLUGIN_HEADER_INVALID. */
  set(name: string, value: string | readonly string[]): void {
    const checked = checkedName(name);
    if (checked.isOurs) throw invalid(`header ${name} is written by the gateway itself; choose another name`);
    if (typeof value === 'string') return this.#put(checked, wireText(name, value));
    if (value.length > 1 && checked.headerClass === HEADER.HOST) throw invalid('a request has one Host; set one value');
    const lines = value.map((line) => wireText(name, line));
    this.#put(checked, lines.length > 1 ? lines : lines[0]);
  }

  /** One line more of that name. Throws PLUGIN_HEADER_INVALID. */
  add(name: string, value: string): void {
    const before = this.#find(checkedName(name).key)?.value;
    this.set(name, before === undefined ? value : [...linesOf(before), value]);
  }

  /** Throws PLUGIN_HEADER_INVALID. */
  remove(name: string): void {
    this.#put(checkedName(name), undefined);
  }

  copy(): HeaderEdits {
    const copy = new HeaderEdits();
    for (const edit of this.#edits) copy.#edits.push({ ...edit });
    copy.#touchesForwarded = this.#touchesForwarded;
    return copy;
  }

  /** True where the header of that lower-case name is set or removed. */
  touches(lowerCaseName: string): boolean {
    return this.#find(lowerCaseName) !== undefined;
  }

  /** True where one of the lines that say where a request comes from is set or removed. */
  get touchesForwarded(): boolean {
    return this.#touchesForwarded;
  }

  /** The first value. */
  value(lowerCaseName: string): string | undefined {
    const value = this.#find(lowerCaseName)?.value;
    return typeof value === 'object' ? value[0] : value;
  }

  /** One per line; none where the header is taken out or not touched. */
  values(lowerCaseName: string): readonly string[] {
    return linesOf(this.#find(lowerCaseName)?.value);
  }

  /** Name as it was given, and value, of each line. */
  pairs(): readonly (readonly [name: string, value: string])[] {
    return this.#edits.flatMap(({ checked, value }) => linesOf(value).map((line) => [checked.start.slice(0, -2), line] as const));
  }

  /** As if nobody had touched it. */
  forget(lowerCaseName: string): void {
    const place = this.#edits.findIndex(({ checked }) => checked.key === lowerCaseName);
    if (place !== -1) this.#edits.splice(place, 1);
  }

  names(): readonly string[] {
    return this.#edits.map(({ checked }) => checked.key);
  }

  /** Marks the lines of the message that these edits replace or take out. Those of the classes in `dropped` never pass anyway. */
  markIn(head: MessageHead, dropped: number): void {
    for (const { checked } of this.#edits) {
      if (((dropped >> checked.headerClass) & 1) === 0) head.fields.reclass(head.buffer, checked.key, HEADER.REMOVED);
    }
  }

  /** The headers that are set, as lines, without those that the other edits touch, because these come on top. */
  linesBelow(others: HeaderEdits | undefined): string {
    let lines = '';
    for (const { checked, value } of this.#edits) {
      if (others?.touches(checked.key) !== true) lines += textOf(checked, value);
    }
    return lines;
  }

  /** Writes the headers that are set, as lines. `except` is a lower-case name to leave out. */
  writeTo(out: OutgoingBytes, except = ''): void {
    for (const { checked, value } of this.#edits) {
      if (value === undefined || checked.key === except) continue;
      if (typeof value !== 'string') {
        out.text(textOf(checked, value));
        continue;
      }
      out.text(checked.start);
      out.text(value);
      out.text('\r\n');
    }
  }

  /** The headers that are set, as lines. `except` is a lower-case name to leave out. */
  lines(except = ''): string {
    let lines = '';
    for (const { checked, value } of this.#edits) {
      if (checked.key !== except) lines += textOf(checked, value);
    }
    return lines;
  }

  #put(checked: CheckedName, value: Edit['value']): void {
    const known = this.#find(checked.key);
    if (known === undefined) {
      this.#edits.push({ checked, value });
      this.#touchesForwarded ||= checked.headerClass === HEADER.FORWARDED;
      return;
    }
    known.checked = checked;
    known.value = value;
  }

  #find(key: string): Edit | undefined {
    for (const edit of this.#edits) if (edit.checked.key === key) return edit;
    return undefined;
  }
}

function linesOf(value: Edit['value']): readonly string[] {
  return value === undefined ? [] : typeof value === 'string' ? [value] : value;
}

function textOf({ start }: CheckedName, value: Edit['value']): string {
  if (value === undefined) return '';
  return typeof value === 'string' ? `${start}${value}\r\n` : value.map((line) => `${start}${line}\r\n`).join('');
}

interface CheckedName {
  /** In lower case. */
  readonly key: string;
  /** The name as it was given, colon and space. */
  readonly start: string;
  readonly headerClass: number;
  readonly isOurs: boolean;
}

/** Names that passed: plugins use the same few for every request, and the check costs 2 µs. Bounded (R5). */
const checkedNames = new Map<string, CheckedName>();
const MAX_CHECKED_NAMES = 1_000;

/** Throws where a plugin may not write that header. */
function checkedName(name: string): CheckedName {
  const known = checkedNames.get(name);
  if (known !== undefined) return known;
  const key = name.toLowerCase();
  if (!isToken(key)) throw invalid(`header name ${JSON.stringify(name)} is not valid; use letters, digits and hyphens`);
  const headerClass = classifyText(key);
  if (((ENGINE_ONLY >> headerClass) & 1) === 1) throw invalid(`header ${name} is written by the gateway alone; leave it out`);
  const checked = { key, start: `${name}: `, headerClass, isOurs: ((WRITTEN_ONCE >> headerClass) & 1) === 1 };
  if (checkedNames.size < MAX_CHECKED_NAMES) checkedNames.set(name, checked);
  return checked;
}

/** The value as latin1 text of the bytes to send: UTF-8 where it has characters that latin1 lacks. Throws on control characters. */
export function wireText(name: string, value: string): string {
  let isWide = false;
  // A loop: values are short, and three patterns would cost more than the rest of an edit.
  for (let at = 0; at < value.length; at += 1) {
    const code = value.charCodeAt(at);
    if ((code < 0x20 && code !== 0x09) || code === 0x7f) throw invalid(`the value for header ${name} holds control characters; remove them`);
    if (code > 0xff) isWide = true;
  }
  return isWide ? utf8Text(value) : value;
}

/** The UTF-8 bytes of a text, one character each. */
export function utf8Text(value: string): string {
  // Ids and most names: nothing to change, and no call out of JavaScript.
  for (let at = 0; at < value.length; at += 1) {
    if (value.charCodeAt(at) > 0x7f) return Buffer.from(value, 'utf8').toString('latin1');
  }
  return value;
}

function invalid(message: string): HoldfastError {
  return new HoldfastError({ code: 'PLUGIN_HEADER_INVALID', source: 'gateway', publicMessage: 'a plugin set a header that is not valid', message });
}
