/**
 * A third reader of HTTP/1.1, written from RFC 9112 alone and sharing nothing with the proxy's parser: takes one direction of
 * a connection piece by piece and accepts only what no two readers can understand differently. The upstream oracle and the
 * fuzzer stand on it (R2). Works on latin1 text; after the first violation it reads nothing more.
 */

/** Each message is kept up to this many characters of body. */
const MAX_KEPT_BODY = 1_048_576;

export type Framing = 'none' | 'length' | 'chunked' | 'until-close';

export interface StrictMessage {
  readonly startLine: string;
  /** Lower-case name and value without surrounding white space, in order. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  /** The lines as they came. */
  readonly lines: readonly string[];
  framing: Framing;
  /** Decoded; the beginning of a large one. */
  body: string;
  bodyLength: number;
  readonly trailers: (readonly [name: string, value: string])[];
  /** Chunk extensions as they came. */
  readonly extensions: string[];
}

export interface StrictReaderEvents {
  /** The head was read. For a response: gives the method of the request that it answers. */
  readonly head?: (message: StrictMessage) => void;
  readonly message: (message: StrictMessage) => void;
  readonly violation: (rule: string) => void;
}

type State = 'start-line' | 'field' | 'length' | 'chunk-size' | 'chunk-data' | 'chunk-end' | 'trailer' | 'until-close' | 'opaque' | 'broken';

export const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
// What a field value may hold: visible, space, tab, obs-text.
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
// oxlint-disable-next-line no-control-regex -- a request line: method, one space, a target without blanks and controls, one space, version
const REQUEST_LINE = /^([^\x00-\x20\x7f-\xff]+) ([\x21-\x7e]+) HTTP\/1\.([01])$/;
const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: (.*))?$/;

export class StrictReader {
  readonly #isResponse: boolean;
  readonly #events: StrictReaderEvents;
  /** For responses: what was asked. */
  readonly #requestMethod: () => string;
  #state: State = 'start-line';
  #line = '';
  #message: StrictMessage = emptyMessage('');
  #fields: (readonly [string, string])[] = [];
  #lines: string[] = [];
  #left = 0;

  constructor(kind: 'request' | 'response', events: StrictReaderEvents, requestMethod: () => string = () => 'GET') {
    this.#isResponse = kind === 'response';
    this.#events = events;
    this.#requestMethod = requestMethod;
  }

  /** True between two messages. */
  get atRest(): boolean {
    return this.#state === 'start-line' && this.#line === '';
  }

  get broken(): boolean {
    return this.#state === 'broken';
  }

  get opaque(): boolean {
    return this.#state === 'opaque';
  }

  /** What follows is no HTTP/1.1 any more (a tunnel). */
  becomeOpaque(): void {
    this.#state = 'opaque';
  }

  /** Gives what it did not read: what follows a violation, or the beginning of a tunnel. */
  push(text: string): string {
    let at = 0;
    while (at < text.length) {
      switch (this.#state) {
        case 'broken':
        case 'opaque':
          return text.slice(at);
        case 'length':
        case 'chunk-data':
        case 'until-close':
          at = this.#takeData(text, at);
          break;
        default:
          at = this.#takeLine(text, at);
      }
    }
    return '';
  }

  /** The connection has ended. A message that is not complete is no violation here: `atRest` tells. */
  ended(): void {
    if (this.#state === 'until-close') this.#complete();
  }

  #takeData(text: string, at: number): number {
    const length = this.#state === 'until-close' ? text.length - at : Math.min(this.#left, text.length - at);
    const message = this.#message;
    if (message.body.length < MAX_KEPT_BODY) message.body += text.slice(at, at + length);
    message.bodyLength += length;
    if (this.#state === 'until-close') return text.length;
    this.#left -= length;
    if (this.#left === 0) {
      if (this.#state === 'length') this.#complete();
      else this.#state = 'chunk-end';
    }
    return at + length;
  }

  #takeLine(text: string, at: number): number {
    const feed = text.indexOf('\n', at);
    if (feed === -1) {
      this.#line += text.slice(at);
      // A second CR, or a CR with something else behind it, never becomes a line end.
      if (this.#line.indexOf('\r') !== -1 && this.#line.indexOf('\r') !== this.#line.length - 1) this.#break('bare CR');
      return text.length;
    }
    const line = this.#line + text.slice(at, feed);
    this.#line = '';
    if (!line.endsWith('\r')) this.#break('bare LF');
    else if (line.indexOf('\r') !== line.length - 1) this.#break('bare CR');
    else this.#useLine(line.slice(0, -1));
    return feed + 1;
  }

  #useLine(line: string): void {
    switch (this.#state) {
      case 'start-line':
        return this.#startLine(line);
      case 'field':
        return line === '' ? this.#endHead() : this.#field(line, this.#fields);
      case 'chunk-size':
        return this.#chunkSize(line);
      case 'chunk-end':
        if (line !== '') return this.#break('a chunk does not end where its size says');
        this.#state = 'chunk-size';
        return undefined;
      case 'trailer':
        return line === '' ? this.#complete() : this.#field(line, this.#message.trailers);
      default:
        return undefined;
    }
  }

  #startLine(line: string): void {
    if (this.#isResponse ? !STATUS_LINE.test(line) || !FIELD_VALUE.test(line) : !TOKEN.test(REQUEST_LINE.exec(line)?.[1] ?? '')) {
      return this.#break(`start line ${JSON.stringify(line.slice(0, 80))}`);
    }
    this.#fields = [];
    this.#lines = [];
    this.#message = { ...emptyMessage(line), fields: this.#fields, lines: this.#lines };
    this.#state = 'field';
  }

  #field(line: string, into: (readonly [string, string])[]): void {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon);
    if (colon < 1 || !TOKEN.test(name)) return this.#break(`field line ${JSON.stringify(line.slice(0, 80))}`);
    const value = line.slice(colon + 1);
    if (!FIELD_VALUE.test(value)) return this.#break(`control bytes in ${name}`);
    if (into === this.#fields) this.#lines.push(line);
    into.push([name.toLowerCase(), value.replace(/^[ \t]+|[ \t]+$/g, '')]);
  }

  /** RFC 9112 §6.3, without the leniencies. */
  #endHead(): void {
    const message = this.#message;
    const lengths = valuesOf(message, 'content-length');
    const codings = valuesOf(message, 'transfer-encoding');
    if (lengths.length + codings.length > 1) return this.#break('more than one framing field');
    const [length] = lengths;
    if (length !== undefined && !/^\d{1,15}$/.test(length)) return this.#break(`Content-Length ${JSON.stringify(length)}`);
    if (codings.length > 0 && codings[0]?.toLowerCase() !== 'chunked') return this.#break(`Transfer-Encoding ${JSON.stringify(codings[0])}`);
    if (codings.length > 0 && this.#minor() === '0') return this.#break('Transfer-Encoding in HTTP/1.0');
    const hasNoBody = this.#isResponse && (/^(?:1\d\d|204|304)$/.test(statusOf(message)) || this.#requestMethod() === 'HEAD');
    if (hasNoBody) message.framing = 'none';
    else if (codings.length > 0) message.framing = 'chunked';
    else if (length !== undefined) message.framing = 'length';
    else message.framing = this.#isResponse ? 'until-close' : 'none';
    this.#events.head?.(message);
    // The owner may have seen that a tunnel begins.
    if (this.#state !== 'field') return undefined;
    this.#left = Number(length ?? 0);
    if (message.framing === 'none' || (message.framing === 'length' && this.#left === 0)) return this.#complete();
    this.#state = message.framing === 'chunked' ? 'chunk-size' : message.framing;
    return undefined;
  }

  #chunkSize(line: string): void {
    // RFC 9112 §7.1.1: extensions may follow; who writes them is judged by the owner.
    const [size = '', ...extensions] = line.split(';');
    if (!/^[0-9a-fA-F]{1,8}$/.test(size) || !FIELD_VALUE.test(line)) return this.#break(`chunk size ${JSON.stringify(line.slice(0, 40))}`);
    this.#message.extensions.push(...extensions);
    this.#left = Number.parseInt(size, 16);
    this.#state = this.#left === 0 ? 'trailer' : 'chunk-data';
  }

  #complete(): void {
    this.#state = 'start-line';
    this.#events.message(this.#message);
  }

  #minor(): string {
    return (this.#isResponse ? STATUS_LINE.exec(this.#message.startLine)?.[1] : REQUEST_LINE.exec(this.#message.startLine)?.[3]) ?? '';
  }

  #break(rule: string): void {
    this.#state = 'broken';
    this.#events.violation(rule);
  }
}

function emptyMessage(startLine: string): StrictMessage {
  return { startLine, fields: [], lines: [], framing: 'none', body: '', bodyLength: 0, trailers: [], extensions: [] };
}

/** All values of a field, one per line. */
export function valuesOf(message: StrictMessage, lowerCaseName: string): readonly string[] {
  return message.fields.filter(([name]) => name === lowerCaseName).map(([, value]) => value);
}

/** `200`; '' where the message is a request. */
export function statusOf(message: StrictMessage): string {
  return STATUS_LINE.exec(message.startLine)?.[2] ?? '';
}

/** Method and target of a request. */
export function requestLineOf(message: StrictMessage): { readonly method: string; readonly target: string; readonly minor: number } {
  const [, method = '', target = '', minor = ''] = REQUEST_LINE.exec(message.startLine) ?? [];
  return { method, target, minor: Number(minor) };
}
