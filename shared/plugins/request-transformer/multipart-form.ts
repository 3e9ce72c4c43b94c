/** A multipart form (RFC 7578), to be edited by name: parts that are not touched stay as they were sent. Texts are bytes (latin1). */
import type { NamedFields } from './operations.ts';

const MAX_PARTS = 1_000;
const MAX_HEAD = 16_384;
const DISPOSITION = /\r\ncontent-disposition:[ \t]*[^\s;"]*[ \t]*/iy;
const PARAMETER = /;[ \t]*([^\s;="]+)[ \t]*=[ \t]*(?:"((?:[^"\\\r\n]|\\[^\r\n])*)"|([^\s;"]*))[ \t]*/y;

interface Part {
  readonly name: string;
  /** What stands between two delimiters. */
  readonly raw: string;
  /** Where the name stands in it, with its quotes. */
  readonly start: number;
  readonly end: number;
}

export class MultipartForm implements NamedFields {
  readonly #boundary: string;
  /** From the delimiter that closes the form. */
  readonly #closing: string;
  #parts: readonly Part[];
  isChanged = false;
  /** A value held the boundary: it would be several parts. */
  isBroken = false;

  private constructor(boundary: string, parts: readonly Part[], closing: string) {
    this.#boundary = boundary;
    this.#parts = parts;
    this.#closing = closing;
  }

  /** Undefined where it is none, or has more than MAX_PARTS parts. */
  static parse(text: string, contentType: string): MultipartForm | undefined {
    const [, quoted, plain] = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(contentType) ?? [];
    const boundary = quoted ?? plain;
    if (boundary === undefined) return undefined;
    if (text === '') return new MultipartForm(boundary, [], '--\r\n');
    // A leading line break lets the first delimiter look like the others.
    const [, ...sections] = `\r\n${text}`.split(`\r\n--${boundary}`, MAX_PARTS + 3);
    const closing = sections.pop();
    if (sections.length > MAX_PARTS || closing?.startsWith('--') !== true) return undefined;
    const parts: Part[] = [];
    for (const raw of sections) {
      const headEnd = raw.indexOf('\r\n\r\n');
      const part = headEnd < 0 || headEnd > MAX_HEAD ? undefined : partOf(raw, headEnd);
      if (part === undefined) return undefined;
      parts.push(part);
    }
    return new MultipartForm(boundary, parts, closing);
  }

  remove(name: string): void {
    this.#keep(this.#parts.filter((part) => part.name !== name));
  }

  rename(name: string, newName: string): void {
    if (name === newName || !this.#has(name)) return;
    this.remove(newName);
    this.isChanged = true;
    this.#parts = this.#parts.map((part) => (part.name === name ? renamed(part, newName) : part));
  }

  replace(name: string, value: string): void {
    if (!this.#has(name)) return;
    this.remove(name);
    this.append(name, value);
  }

  add(name: string, value: string): void {
    if (!this.#has(name)) this.append(name, value);
  }

  append(name: string, value: string): void {
    this.isBroken ||= value.includes(`--${this.#boundary}`);
    const start = '\r\nContent-Disposition: form-data; name=';
    const quoted = `"${encodeName(name)}"`;
    this.#keep([...this.#parts, { name, raw: `${start}${quoted}\r\n\r\n${value}`, start: start.length, end: start.length + quoted.length }]);
  }

  toBytes(): Uint8Array {
    const delimiter = `--${this.#boundary}`;
    return Buffer.from(`${this.#parts.map(({ raw }) => `${delimiter}${raw}\r\n`).join('')}${delimiter}${this.#closing}`, 'latin1');
  }

  #has(name: string): boolean {
    return this.#parts.some((part) => part.name === name);
  }

  #keep(parts: readonly Part[]): void {
    this.isChanged ||= parts.length !== this.#parts.length;
    this.#parts = parts;
  }
}

/** The name that its Content-Disposition says; quotes around a file name hide none. */
function partOf(raw: string, headEnd: number): Part | undefined {
  const disposition = raw.slice(0, headEnd).search(/\r\ncontent-disposition:/i);
  if (disposition < 0) return undefined;
  DISPOSITION.lastIndex = disposition;
  DISPOSITION.exec(raw);
  PARAMETER.lastIndex = DISPOSITION.lastIndex;
  for (let match = PARAMETER.exec(raw); match !== null; match = PARAMETER.exec(raw)) {
    const [text, parameter = '', quoted, bare = ''] = match;
    if (parameter.toLowerCase() !== 'name') continue;
    const start = match.index + text.indexOf('=') + 1;
    return { name: decodeName(quoted ?? bare), raw, start, end: match.index + text.length };
  }
  return undefined;
}

function renamed({ raw, start, end }: Part, newName: string): Part {
  const quoted = `"${encodeName(newName)}"`;
  return { name: newName, raw: raw.slice(0, start) + quoted + raw.slice(end), start, end: start + quoted.length };
}

/** As browsers write names (WHATWG: multipart/form-data encoding algorithm). */
function encodeName(name: string): string {
  return name.replace(/["\r\n]/g, (character) => ({ '"': '%22', '\r': '%0D', '\n': '%0A' })[character] ?? '');
}

function decodeName(name: string): string {
  return name.replace(/\\(.)/g, '$1').replace(/%22|%0D|%0A/gi, (code) => String.fromCharCode(Number.parseInt(code.slice(1), 16)));
}
