/**
 * HTTP/2 field lists as the HTTP/1.1 header lines that they mean (RFC 9113 §8.2, §8.3). Everything that the wire allows and a
 * line must not hold is refused here, before there is any text: so no peer can write a line, a field or a message of its
 * own into what the engine parses (R2). nghttp2 refuses most of it earlier; nothing here relies on that.
 */

/** Field names are lower case in HTTP/2. */
const NAME = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
/** Bytes that a field may hold, with no white space at an end. */
const VALUE = /^(?:[!-~\x80-\xff](?:[\t -~\x80-\xff]*[!-~\x80-\xff])?)?$/;
const METHOD = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,32}$/;
/** Loose: only what can't break a request line; the parser of the engine knows the rest. */
const TARGET = /^(?:\/[!-~\x80-\xff]*|\*)$/;
const AUTHORITY = /^[!-+\--~\x80-\xff]+$/;
const LENGTH = /^\d{1,15}$/;
const STATUS = /^[1-9]\d\d$/;

/** RFC 9113 §8.2.2; http2-settings belongs to an upgrade (RFC 7540 §3.2.1). */
const CONNECTION_SPECIFIC: ReadonlySet<string> = new Set(['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade', 'http2-settings']);

export type Framing = 'none' | 'length' | 'chunked';

export interface RequestText {
  readonly kind: 'request';
  /** A complete head. */
  readonly text: string;
  readonly framing: Framing;
  /** Bytes of the body where `framing` is `length`. */
  readonly length: number;
  readonly isHead: boolean;
  readonly isGrpc: boolean;
  /** As the client wrote it; undefined where it did not. */
  readonly grpcTimeout: string | undefined;
}

export interface ResponseText {
  readonly kind: 'response';
  readonly text: string;
  readonly framing: Framing;
  readonly length: number;
}

export interface Malformed {
  readonly kind: 'malformed';
  /** For the log. */
  readonly reason: string;
}

export function malformed(reason: string): Malformed {
  return { kind: 'malformed', reason };
}

/** `fields`: names and values by turns, as they came. `hasBody`: the list did not end the stream. */
export function requestText(fields: readonly string[], hasBody: boolean): RequestText | Malformed {
  let method: string | undefined;
  let path: string | undefined;
  let scheme: string | undefined;
  let authority: string | undefined;
  let host: string | undefined;
  let length: string | undefined;
  let cookie = '';
  let lines = '';
  let isGrpc = false;
  let grpcTimeout: string | undefined;
  let pseudosEnded = false;
  for (let at = 0; at < fields.length; at += 2) {
    const name = fields[at] ?? '';
    const value = fields[at + 1] ?? '';
    if (name.startsWith(':')) {
      if (pseudosEnded) return malformed('a pseudo-header stands behind a field');
      if (name === ':method' && method === undefined) method = value;
      else if (name === ':path' && path === undefined) path = value;
      else if (name === ':scheme' && scheme === undefined) scheme = value;
      else if (name === ':authority' && authority === undefined) authority = value;
      else return malformed('a pseudo-header is unknown or there twice');
      continue;
    }
    pseudosEnded = true;
    const fault = faultOfField(name, value);
    if (fault !== undefined) return fault;
    switch (name) {
      case 'host':
        if (host !== undefined) return malformed('host is there twice');
        host = value;
        continue;
      case 'cookie':
        cookie = cookie === '' ? value : `${cookie}; ${value}`;
        continue;
      case 'content-length':
        if (length !== undefined || !LENGTH.test(value)) return malformed('content-length is there twice or is no number');
        length = value;
        continue;
      case 'content-type':
        isGrpc = isGrpcType(value);
        break;
      case 'grpc-timeout':
        grpcTimeout = value;
        break;
      default:
    }
    lines += `${name}: ${value}\r\n`;
  }
  const target = targetOf(method, scheme, path, authority);
  if (typeof target !== 'string') return target;
  if (authority !== undefined && !AUTHORITY.test(authority)) return malformed(':authority is no authority');
  if (authority !== undefined && host !== undefined && authority.toLowerCase() !== host.toLowerCase()) return malformed(':authority and host differ');
  const bytes = length === undefined ? -1 : Number(length);
  if (!hasBody && bytes > 0) return malformed('content-length and the end of the stream differ');
  const framing = framingOf(hasBody, bytes);
  const named = authority ?? host;
  const text =
    `${method} ${target} HTTP/1.1\r\n${named === undefined ? '' : `Host: ${named}\r\n`}${lines}${cookie === '' ? '' : `cookie: ${cookie}\r\n`}` +
    `${length === undefined ? '' : `content-length: ${length}\r\n`}${framing === 'chunked' ? 'transfer-encoding: chunked\r\n' : ''}\r\n`;
  return { kind: 'request', text, framing, length: bytes, isHead: method === 'HEAD', isGrpc, grpcTimeout };
}

/** `hasBody`: the list did not end the stream, and no body is forbidden by the request or the status. */
export function responseText(fields: readonly string[], hasBody: boolean, isHeadRequest: boolean): ResponseText | Malformed {
  let status: string | undefined;
  let length: string | undefined;
  let lines = '';
  let pseudosEnded = false;
  for (let at = 0; at < fields.length; at += 2) {
    const name = fields[at] ?? '';
    const value = fields[at + 1] ?? '';
    if (name.startsWith(':')) {
      if (pseudosEnded || name !== ':status' || status !== undefined) return malformed('a pseudo-header is unknown, there twice, or behind a field');
      status = value;
      continue;
    }
    pseudosEnded = true;
    const fault = faultOfField(name, value);
    if (fault !== undefined) return fault;
    if (name === 'content-length') {
      if (length !== undefined || !LENGTH.test(value)) return malformed('content-length is there twice or is no number');
      length = value;
    }
    lines += `${name}: ${value}\r\n`;
  }
  if (status === undefined || !STATUS.test(status)) return malformed('no :status');
  const isBodiless = isHeadRequest || status.startsWith('1') || status === '204' || status === '304';
  const bytes = length === undefined ? -1 : Number(length);
  if (!hasBody && !isBodiless && bytes > 0) return malformed('content-length and the end of the stream differ');
  // Also where there is no body at all: an empty one in chunks says so without a field that the server did not write.
  const framing = isBodiless ? 'none' : bytes === -1 ? 'chunked' : 'length';
  return { kind: 'response', text: `HTTP/1.1 ${status} \r\n${lines}${framing === 'chunked' ? 'transfer-encoding: chunked\r\n' : ''}\r\n`, framing, length: bytes };
}

/** The lines of a trailer section, without the empty line behind them. */
export function trailerText(fields: readonly string[]): string | Malformed {
  let lines = '';
  for (let at = 0; at < fields.length; at += 2) {
    const name = fields[at] ?? '';
    const value = fields[at + 1] ?? '';
    const fault = faultOfField(name, value);
    if (fault !== undefined) return fault;
    lines += `${name}: ${value}\r\n`;
  }
  return lines;
}

export function isGrpcType(contentType: string): boolean {
  return /^application\/grpc(?:$|[+; ])/i.test(contentType);
}

/** True for a field that HTTP/2 must not carry; what an HTTP/1.1 message says in it is for its own connection. */
export function isConnectionSpecific(lowerCaseName: string): boolean {
  return CONNECTION_SPECIFIC.has(lowerCaseName);
}

function faultOfField(name: string, value: string): Malformed | undefined {
  if (!NAME.test(name)) return malformed('a field name is not valid');
  if (!VALUE.test(value)) return malformed(`the value of ${name} is not valid`);
  if (CONNECTION_SPECIFIC.has(name)) return malformed(`${name} belongs to HTTP/1.1`);
  if (name === 'te' && value.toLowerCase() !== 'trailers') return malformed('te may only say trailers');
  return undefined;
}

/** CONNECT goes on as such, for the engine to refuse: it is the one request without scheme and path. */
function targetOf(method: string | undefined, scheme: string | undefined, path: string | undefined, authority: string | undefined): string | Malformed {
  if (method === undefined || !METHOD.test(method)) return malformed('no :method');
  if (method === 'CONNECT') return authority !== undefined && AUTHORITY.test(authority) ? authority : malformed('CONNECT without :authority');
  if (scheme !== 'http' && scheme !== 'https') return malformed('no :scheme of ours');
  if (path === undefined || !TARGET.test(path)) return malformed('no :path');
  return path;
}

function framingOf(hasBody: boolean, length: number): Framing {
  if (!hasBody) return 'none';
  return length === -1 ? 'chunked' : 'length';
}
