/**
 * What plugins want different in the headers of a request or response. Checked when it is set, so that what is written is
 * well-formed whatever a plugin passes on (R2).
 */
import { HoldfastError } from '../../shared/errors.ts';
import { isToken } from '../http1/byte-classes.ts';
import { classifyText, HEADER, maskOf } from '../http1/header-names.ts';
import type { OutgoingBytes } from '../http1/outgoing-bytes.ts';

// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const CONTROL = /[\u0000-\u0008\u000a-\u001f\u007f]/;
const NON_ASCII = /[\u0080-\uffff]/;
const WIDE = /[\u0100-\uffff]/;

/** Written by the wire engine alone, because they say where a message ends or what the connection does. */
const ENGINE_ONLY = maskOf(
  HEADER.CONNECTION, HEADER.CONTENT_LENGTH, HEADER.TRANSFER_ENCODING, HEADER.EXPECT, HEADER.UPGRADE, HEADER.KEEP_ALIVE, HEADER.HOP, HEADER.LOOKALIKE, HEADER.TE, HEADER.TRAILER,
);

/** Written beside the plugins' lines: a second one would make two. */
const WRITTEN_ONCE = maskOf(HEADER.OURS, HEADER.OURS_ON_RESPONSE);

export class HeaderEdits {
  /** By lower-case name; undefined takes the header out. */
  readonly #edits = new Map<string, { readonly name: string; readonly value: string } | undefined>();

  /** Throws PLUGIN_HEADER_INVALID. */
  set(name: string, value: string): void {
    const { key, isOurs } = checkedName(name);
    if (isOurs) throw invalid(`header ${name} is written by the gateway itself; choose another name`);
    this.#edits.set(key, { name, value: wireText(name, value) });
  }

  /** Throws PLUGIN_HEADER_INVALID. */
  remove(name: string): void {
    this.#edits.set(checkedName(name).key, undefined);
  }

  /** True where the header of that lower-case name is set or removed. */
  touches(lowerCaseName: string): boolean {
    return this.#edits.has(lowerCaseName);
  }

  value(lowerCaseName: string): string | undefined {
    return this.#edits.get(lowerCaseName)?.value;
  }

  names(): Iterable<string> {
    return this.#edits.keys();
  }

  /** The headers that are set, as lines, without those that the other edits touch, because these come on top. */
  linesBelow(others: HeaderEdits | undefined): string {
    let lines = '';
    for (const [key, edit] of this.#edits) {
      if (edit !== undefined && others?.touches(key) !== true) lines += `${edit.name}: ${edit.value}\r\n`;
    }
    return lines;
  }

  /** Writes the headers that are set, as lines. `except` is a lower-case name to leave out. */
  writeTo(out: OutgoingBytes, except = ''): void {
    for (const [key, edit] of this.#edits) {
      if (edit === undefined || key === except) continue;
      out.text(edit.name);
      out.text(': ');
      out.text(edit.value);
      out.text('\r\n');
    }
  }

  /** The headers that are set, as lines. `except` is a lower-case name to leave out. */
  lines(except = ''): string {
    let lines = '';
    for (const [key, edit] of this.#edits) {
      if (edit !== undefined && key !== except) lines += `${edit.name}: ${edit.value}\r\n`;
    }
    return lines;
  }
}

interface CheckedName {
  /** In lower case. */
  readonly key: string;
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
  const checked = { key, isOurs: ((WRITTEN_ONCE >> headerClass) & 1) === 1 };
  if (checkedNames.size < MAX_CHECKED_NAMES) checkedNames.set(name, checked);
  return checked;
}

/** The value as latin1 text of the bytes to send: UTF-8 where it has characters that latin1 lacks. Throws on control characters. */
export function wireText(name: string, value: string): string {
  if (CONTROL.test(value)) throw invalid(`the value for header ${name} holds control characters; remove them`);
  return WIDE.test(value) ? utf8Text(value) : value;
}

/** The UTF-8 bytes of a text, one character each. */
export function utf8Text(value: string): string {
  // Ids and most names: nothing to change, and no call out of JavaScript.
  if (!NON_ASCII.test(value)) return value;
  return Buffer.from(value, 'utf8').toString('latin1');
}

function invalid(message: string): HoldfastError {
  return new HoldfastError({ code: 'PLUGIN_HEADER_INVALID', source: 'gateway', publicMessage: 'a plugin set a header that is not valid', message });
}
