/**
 * Answers that the gateway makes itself: refusals and plugins' verdicts, in the format that Accept asks for. Pure but for
 * the date; the exchange writes the result like any other response.
 */
import type { Verdict } from '../../shared/plugins/contract.ts';
import { HoldfastError } from '../../shared/errors.ts';
import { HeaderEdits, wireText } from './header-edits.ts';
import type { Refusal } from './refusals.ts';

/** An `import` of node:http loads its `fetch` with it, which is 55 ms of CPU at the start of every thread (S2). */
const { STATUS_CODES } = process.getBuiltinModule('node:http');

export interface GeneratedResponse {
  readonly status: number;
  readonly contentType: string | undefined;
  readonly body: Buffer;
  /** Headers of the answer itself; what plugins set for the response comes on top. */
  readonly headers: HeaderEdits | undefined;
  /** Engine-written lines besides the usual ones, each with its line end. */
  readonly extraLines: string;
  /** What the body says, as text; undefined where it is no message. */
  readonly message?: string;
  /** Of an error of the gateway's (ERRORS.md). */
  readonly code?: string;
  /** The status that it is counted and logged under, where that is another one. */
  readonly countsAs?: number;
  /** An upstream's response that a plugin kept. */
  readonly isStored?: true;
}

const NO_BODY = Buffer.alloc(0);

/** The answer to an error, with its code in `X-Holdfast-Error`. */
export function refusalResponse(refusal: Refusal, accept: string | undefined, requestId: string, extraLines = ''): GeneratedResponse {
  return {
    status: refusal.status,
    ...messageBody(refusal.message, accept, requestId),
    message: refusal.message,
    code: refusal.code,
    headers: undefined,
    extraLines: `${extraLines}X-Holdfast-Error: ${refusal.code}\r\n`,
  };
}

/** The answer to an error as gRPC clients read it: without a body, the failure in the head (trailers-only). `message` must be printable ASCII without `%`. */
export function grpcStatusResponse(refusal: Refusal, status: number): GeneratedResponse {
  const extraLines = `grpc-status: ${status}\r\ngrpc-message: ${refusal.message}\r\nX-Holdfast-Error: ${refusal.code}\r\n`;
  return { status: 200, contentType: 'application/grpc', body: NO_BODY, headers: undefined, extraLines, message: refusal.message, code: refusal.code };
}

/** Of verdicts that are frozen and have a body: a plugin that answers with the same one again and again (a cache) pays for its headers once. */
const putTogether = new WeakMap<Verdict, GeneratedResponse>();

/** The answer that a plugin wants. Throws where it is no answer: a status that ends no request, a header that may not be. */
export function verdictResponse(verdict: Verdict, accept: string | undefined, requestId: string): GeneratedResponse {
  if (verdict.body === undefined || !Object.isFrozen(verdict)) return newVerdictResponse(verdict, accept, requestId);
  const known = putTogether.get(verdict);
  if (known !== undefined) return known;
  const made = newVerdictResponse(verdict, accept, requestId);
  putTogether.set(verdict, made);
  return made;
}

function newVerdictResponse(verdict: Verdict, accept: string | undefined, requestId: string): GeneratedResponse {
  const { status, message, body } = verdict;
  if (verdict.kind !== 'respond' || !Number.isInteger(status) || status < 200 || status > 999) {
    throw new HoldfastError({
      code: 'PLUGIN_VERDICT_INVALID',
      source: 'gateway',
      publicMessage: 'a plugin gave an answer that is not valid',
      message: `a plugin's answer must be undefined or { kind: 'respond', status: 200…999 }; got kind ${String(verdict.kind)}, status ${status}`,
    });
  }
  let headers: HeaderEdits | undefined;
  if (verdict.headers !== undefined && verdict.headers.length > 0) {
    headers = new HeaderEdits();
    for (const [name, value] of verdict.headers) headers.add(name, value);
  }
  const stored = verdict.stored === true ? { isStored: true as const } : {};
  if (body !== undefined) return { status, contentType: body.contentType === undefined ? undefined : wireText('Content-Type', body.contentType), body: asBuffer(body.bytes), headers, extraLines: '', ...stored };
  if (message === undefined) return { status, contentType: undefined, body: NO_BODY, headers, extraLines: '', ...stored };
  return { status, ...messageBody(message, accept, requestId), message, headers, extraLines: '' };
}

/** RFC 9112 §4 allows an empty reason. */
export function reasonOf(status: number): string {
  return STATUS_CODES[status] ?? '';
}

type Format = 'application/json' | 'text/html' | 'application/xml' | 'text/plain';

/** What each media type in Accept leads to; anything else, and no Accept at all, is JSON. A map, because clients choose the key. */
const FORMATS: ReadonlyMap<string, Format> = new Map([
  ['application/json', 'application/json'],
  ['application/*', 'application/json'],
  ['*/*', 'application/json'],
  ['text/html', 'text/html'],
  ['text/*', 'text/html'],
  ['application/xhtml+xml', 'text/html'],
  ['application/xml', 'application/xml'],
  ['text/xml', 'application/xml'],
  ['text/plain', 'text/plain'],
]);

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function messageBody(message: string, accept: string | undefined, requestId: string): Pick<GeneratedResponse, 'body' | 'contentType'> {
  const format = formatFor(accept);
  const safe = format === 'text/html' || format === 'application/xml' ? message.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? '') : message;
  const text = {
    'application/json': () => JSON.stringify({ message, request_id: requestId }),
    'text/html': () => `<!doctype html>\n<html>\n<head><meta charset="utf-8"><title>Error</title></head>\n<body>\n<h1>Error</h1>\n<p>${safe}</p>\n<p>request_id: ${requestId}</p>\n</body>\n</html>\n`,
    'application/xml': () => `<?xml version="1.0" encoding="UTF-8"?>\n<error>\n  <message>${safe}</message>\n  <requestid>${requestId}</requestid>\n</error>\n`,
    'text/plain': () => `${safe}\nrequest_id: ${requestId}\n`,
  }[format]();
  return { contentType: `${format}; charset=utf-8`, body: Buffer.from(text, 'utf8') };
}

/** The media type with the highest quality that we can make; the first one of equals. */
function formatFor(accept: string | undefined): Format {
  if (accept === undefined || accept.length > 1_000) return 'application/json';
  let best: Format = 'application/json';
  let bestQuality = 0;
  for (const part of accept.split(',')) {
    const [type = '', ...parameters] = part.split(';');
    const format = FORMATS.get(type.trim().toLowerCase());
    const quality = qualityOf(parameters);
    if (format === undefined || quality <= bestQuality) continue;
    best = format;
    bestQuality = quality;
  }
  return best;
}

/** The `q` among the parameters of a list element; 1 where none is said. */
export function qualityOf(parameters: readonly string[]): number {
  for (const parameter of parameters) {
    const value = /^\s*q=([01](?:\.\d{0,3})?)\s*$/i.exec(parameter)?.[1];
    if (value !== undefined) return Number(value);
  }
  return 1;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
