/**
 * Puts response heads together: the gateway's own lines, what plugins set, and the Connection header, around an upstream's
 * head or an answer of ours. Appends to the outgoing bytes; the life of a request sends them.
 */
import { droppedFraming, writeResponseHead, type BodyDelivery } from '../http1/head-writer.ts';
import { DROPPED_FROM_RESPONSE, HEADER } from '../http1/header-names.ts';
import type { ResponseHead } from '../http1/message-head.ts';
import type { OutgoingBytes } from '../http1/outgoing-bytes.ts';
import type { Exchange } from './exchange.ts';
import { reasonOf, type GeneratedResponse } from './generated-response.ts';
import type { HeaderEdits } from './header-edits.ts';
import type { HeaderSource } from './plugin-contexts.ts';

/** What the answer says about its connection. HTTP/1.1 stays open unless it says otherwise, HTTP/1.0 the other way round. */
export function connectionLine(minor: number, closes: boolean): string {
  if (closes) return 'Connection: close\r\n';
  return minor === 0 ? 'Connection: keep-alive\r\n' : '';
}

/** Which body a response to this request brings, and how the client gets it (RFC 9112 §6.3). */
export function deliveryOf(exchange: Exchange, head: ResponseHead): BodyDelivery {
  if (exchange.isHead || head.status === 204 || head.status === 304) return 'none';
  if (head.contentLength !== -1) return 'as-is';
  if (exchange.head.minor === 0) return 'until-close';
  return head.chunked ? 'as-is' : 'in-chunks';
}

/** The head of an upstream's response as the client gets it. */
export function writeUpstreamHead(exchange: Exchange, head: ResponseHead, delivery: BodyDelivery, closes: boolean): void {
  const { core, responseEdits } = exchange;
  if (responseEdits !== undefined) {
    for (const name of responseEdits.names()) head.fields.reclass(head.buffer, name, HEADER.REMOVED);
  }
  const upstreamLatency = Math.floor(exchange.respondedAtMs - exchange.sentAtMs);
  const proxyLatency = exchange.latencyMs(exchange.sentAtMs);
  const ours =
    `X-Kong-Upstream-Latency: ${upstreamLatency}\r\nX-Kong-Proxy-Latency: ${proxyLatency}\r\n` +
    `X-Kong-Request-Id: ${exchange.requestId}\r\nVia: 1.${head.minor} ${core.product}\r\n` +
    `${delivery === 'in-chunks' ? 'Transfer-Encoding: chunked\r\n' : ''}${responseEdits?.lines() ?? ''}${connectionLine(exchange.head.minor, closes)}\r\n`;
  const dropped = DROPPED_FROM_RESPONSE | droppedFraming(delivery, head.status);
  writeResponseHead(core.out, head, dropped, ours);
  if (exchange.chain.log.length > 0) exchange.sentHeaders = collectHeaders(upstreamLines(head, dropped), ours);
}

/** An interim response: its own lines and nothing of ours. */
export function writeInterimHead(out: OutgoingBytes, head: ResponseHead): void {
  writeResponseHead(out, head, DROPPED_FROM_RESPONSE | droppedFraming('none', head.status), '\r\n');
}

export interface GeneratedFacts {
  readonly product: string;
  readonly date: string;
  readonly requestId: string;
  readonly latencyMs: number;
  readonly isHead: boolean;
  /** From `connectionLine`. */
  readonly connection: string;
  /** What plugins set for the response. */
  readonly edits: HeaderEdits | undefined;
}

/** A whole answer of the gateway. Gives its header lines. */
export function writeGenerated(out: OutgoingBytes, response: GeneratedResponse, facts: GeneratedFacts): string {
  const { status, body, headers } = response;
  const { edits } = facts;
  const hasBody = status !== 204 && status !== 304;
  const unlessSet = (name: string, value: string): string =>
    edits?.touches(name.toLowerCase()) === true || headers?.touches(name.toLowerCase()) === true ? '' : `${name}: ${value}\r\n`;
  const lines =
    unlessSet('Date', facts.date) +
    (response.contentType === undefined ? '' : unlessSet('Content-Type', response.contentType)) +
    (hasBody ? `Content-Length: ${body.length}\r\n` : '') +
    unlessSet('Server', facts.product) +
    `X-Kong-Response-Latency: ${facts.latencyMs}\r\nX-Kong-Request-Id: ${facts.requestId}\r\n` +
    (headers?.linesBelow(edits) ?? '') + (edits?.lines() ?? '') + response.extraLines + facts.connection;
  out.text(`HTTP/1.1 ${status} ${reasonOf(status)}\r\n${lines}\r\n`);
  if (hasBody && !facts.isHead && body.length > 0) out.bytes(body, 0, body.length);
  return lines;
}

/** What a generated answer says before plugins look at it. */
export function generatedHeader(response: GeneratedResponse): HeaderSource {
  return (lowerCaseName) => {
    if (response.headers?.touches(lowerCaseName) === true) return response.headers.value(lowerCaseName);
    if (lowerCaseName === 'content-type') return response.contentType;
    return lowerCaseName === 'content-length' ? String(response.body.length) : undefined;
  };
}

/** Header lines by lower-case name, the first of each. */
export function collectHeaders(...blocks: readonly string[]): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  for (const line of blocks.join('').split('\r\n')) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    if (colon > 0 && !headers.has(name)) headers.set(name, line.slice(colon + 1).trim());
  }
  return headers;
}

function upstreamLines(head: ResponseHead, dropped: number): string {
  let lines = '';
  for (let line = 0; line < head.fields.count; line++) {
    if (((dropped >> head.fields.classOf(line)) & 1) === 0) lines += head.text(head.fields.lineStart(line), head.fields.lineStart(line + 1));
  }
  return lines;
}

