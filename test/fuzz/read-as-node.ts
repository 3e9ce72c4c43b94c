/**
 * Reads a stream of messages with Node's own parser (llhttp). It is reached by a deprecated module of Node's, in the
 * fuzzer alone; where Node takes that away, the fuzzer says so instead of comparing nothing.
 */
import type { MessageKind } from './generate-message.ts';
import { closesAfter, type Reading, type ReadMessage } from './reading.ts';

interface NativeParser {
  initialize(type: number, resource: object, maxHeaderSize: number, lenientFlags: number): void;
  /** Bytes read, or the error that llhttp found. */
  execute(bytes: Buffer): number | Error;
  finish(): unknown;
  close(): void;
  [callback: number]: (...given: readonly unknown[]) => unknown;
}

interface NativeParserClass {
  new (): NativeParser;
  readonly REQUEST: number;
  readonly RESPONSE: number;
  readonly kOnHeaders: number;
  readonly kOnHeadersComplete: number;
  readonly kOnBody: number;
  readonly kOnMessageComplete: number;
  readonly kLenientNone: number;
}

const { HTTPParser, methods } = nativeParts();

function nativeParts(): { readonly HTTPParser: NativeParserClass; readonly methods: readonly string[] } {
  const parts: unknown = process.getBuiltinModule('_http_common');
  if (typeof parts !== 'object' || parts === null || !('HTTPParser' in parts) || !('methods' in parts)) throw new Error('this Node has no HTTPParser to compare with');
  return parts as { readonly HTTPParser: NativeParserClass; readonly methods: readonly string[] };
}

/** Reads the whole stream at once. */
export function readAsNode(stream: Buffer, kind: MessageKind): Reading {
  const messages: ReadMessage[] = [];
  let current: ReadMessage | undefined;
  /** Header lines that came before the head was complete. */
  let early: string[] = [];
  let earlyTarget = '';
  const parser = new HTTPParser();
  parser.initialize(kind === 'request' ? HTTPParser.REQUEST : HTTPParser.RESPONSE, {}, 65_536, HTTPParser.kLenientNone);
  parser[HTTPParser.kOnHeaders] = (headers, target) => {
    if (current !== undefined) return; // trailers
    early.push(...textsOf(headers));
    earlyTarget += typeof target === 'string' ? target : '';
  };
  parser[HTTPParser.kOnHeadersComplete] = (_major, minor, headers, method, target, status) => {
    const list = headers === undefined ? early : [...early, ...textsOf(headers)];
    const line = kind === 'request' ? `${nameOfMethod(method)} ${typeof target === 'string' ? target : earlyTarget}` : String(status);
    current = { line, minor: Number(minor), fields: pairs(list), body: '' };
    early = [];
    earlyTarget = '';
    return 0;
  };
  parser[HTTPParser.kOnBody] = (bytes) => {
    if (current !== undefined && Buffer.isBuffer(bytes)) current.body += bytes.toString('latin1');
  };
  let isDone = false;
  parser[HTTPParser.kOnMessageComplete] = () => {
    if (current !== undefined && !isDone) messages.push(current);
    if (kind === 'response' && current !== undefined && !current.line.startsWith('1')) isDone = true;
    current = undefined;
  };
  const result = parser.execute(stream);
  const last = messages.at(-1);
  const isClosed = isDone || (kind === 'request' && last !== undefined && closesAfter(last));
  let why = '';
  if (result instanceof Error) why = 'code' in result ? String(result.code) : result.message;
  else if (result < stream.length) why = 'UPGRADE';
  else if (kind === 'response' && current !== undefined && isUntilClose(current)) parser.finish();
  parser.close();
  if (isClosed && current === undefined) return { messages, outcome: 'clean', why: '' };
  if (why !== '') return { messages, outcome: 'refused', why };
  return { messages, outcome: current === undefined && early.length === 0 && isAtRest(stream, messages) ? 'clean' : 'incomplete', why: '' };
}

/** llhttp does not say whether a head has begun: an incomplete one leaves bytes that no message accounts for, which the comparison leaves out. */
function isAtRest(stream: Buffer, messages: readonly ReadMessage[]): boolean {
  return stream.length === 0 || messages.length > 0;
}

function isUntilClose({ fields }: ReadMessage): boolean {
  return !fields.some(([name]) => name === 'content-length' || name === 'transfer-encoding');
}

function nameOfMethod(method: unknown): string {
  if (typeof method !== 'number') return '';
  // Behind the methods of HTTP stand those of RTSP, then QUERY.
  return method < 34 ? (methods[method] ?? '') : method === 46 ? 'QUERY' : `#${method}`;
}

function textsOf(list: unknown): readonly string[] {
  return Array.isArray(list) ? list.map(String) : [];
}

function pairs(list: readonly string[]): readonly (readonly [string, string])[] {
  const found: (readonly [string, string])[] = [];
  for (let at = 0; at + 1 < list.length; at += 2) found.push([(list[at] ?? '').toLowerCase(), (list[at + 1] ?? '').replace(/^[ \t]+|[ \t]+$/g, '')]);
  return found;
}
