/**
 * Puts response heads together: the gateway's own lines, what plugins set, and the Connection header, around an upstream's
 * head or an answer of ours. Appends to the outgoing bytes; the life of a request sends them.
 */
import { formatVersion } from '../../shared/model/version.ts';
import { responseFramingLine, writeHeaderLines, writeStatusAndLines, type BodyDelivery } from '../http1/head-writer.ts';
import { DROPPED_FROM_RESPONSE, FRAMING, HEADER, maskOf } from '../http1/header-names.ts';
import type { ResponseHead } from '../http1/message-head.ts';
import type { OutgoingBytes } from '../http1/outgoing-bytes.ts';
import { upstreamBeganAtMs } from './attempt.ts';
import type { CompressionPlan } from './compression-choice.ts';
import type { Exchange } from './exchange.ts';
import { reasonOf, type GeneratedResponse } from './generated-response.ts';
import type { HeaderEdits } from './header-edits.ts';
import { trailersPass } from './trailers.ts';
import { SentHeaders } from './sent-headers.ts';

const TRAILER = maskOf(HEADER.TRAILER);

/** What the answer says about its connection. HTTP/1.1 stays open unless it says otherwise, HTTP/1.0 the other way round. */
export function connectionLine(minor: number, closes: boolean): string {
  if (closes) return 'Connection: close\r\n';
  return minor === 0 ? 'Connection: keep-alive\r\n' : '';
}

/**
 * Which body a response to this request brings, and how the client gets it (RFC 9112 §6.3). `isData`: what comes of a chunked one is
 * read as data, not as chunks.
 */
export function deliveryOf(exchange: Exchange, head: ResponseHead, isData: boolean): BodyDelivery {
  const { status, edits } = exchange;
  if (exchange.isHead || status === 204 || status === 304) return 'none';
  if (head.status === 204 || head.status === 304 || edits?.method === 'HEAD') return 'empty';
  if (head.contentLength !== -1) return 'as-is';
  if (exchange.head.minor === 0) return 'until-close';
  return head.chunked && !isData ? 'as-is' : 'in-chunks';
}

/** Digests of a body, and how to ask for a part of it: none fits the body once it is compressed. */
const OF_THE_PLAIN_BODY = ['accept-ranges', 'content-digest', 'content-md5', 'digest', 'repr-digest'];

/** The head of an upstream's response as the client gets it. `connection` is whole lines, or ''; `length` that of a body of our own. */
export function writeUpstreamHead(exchange: Exchange, head: ResponseHead, delivery: BodyDelivery, connection: string, plan: CompressionPlan | undefined, length?: number): void {
  const { core, responseEdits, status } = exchange;
  responseEdits?.markIn(head, DROPPED_FROM_RESPONSE);
  const upstreamBegan = upstreamBeganAtMs(exchange.attempt);
  const upstreamLatency = Math.floor(exchange.respondedAtMs - upstreamBegan);
  const proxyLatency = exchange.latencyMs(upstreamBegan);
  const upstreamStatus = core.messages.upstreamStatusHeader ? `X-Kong-Upstream-Status: ${head.status}\r\n` : '';
  const variant = variantLines(exchange, head, plan);
  const configVersion = configVersionLine(exchange);
  const namesTrailers = head.chunked && delivery === 'as-is' && length === undefined && trailersPass(exchange);
  const dropped = (namesTrailers ? DROPPED_FROM_RESPONSE & ~TRAILER : DROPPED_FROM_RESPONSE) | FRAMING;
  const { out } = core;
  const start = out.length;
  if (status === head.status) writeStatusAndLines(out, head, dropped);
  else {
    out.text(`HTTP/1.1 ${status} ${reasonOf(status)}\r\n`);
    writeHeaderLines(out, head, dropped);
  }
  out.text(upstreamStatus);
  out.text(configVersion);
  out.text('X-Kong-Upstream-Latency: ');
  out.text(String(upstreamLatency));
  out.text('\r\nX-Kong-Proxy-Latency: ');
  out.text(String(proxyLatency));
  out.text('\r\nX-Kong-Request-Id: ');
  out.text(exchange.requestId);
  out.text(head.minor === 1 ? '\r\nVia: 1.1 ' : '\r\nVia: 1.0 ');
  out.text(core.product);
  out.text('\r\n');
  out.text(responseFramingLine(delivery, head, status, length));
  out.text(variant);
  if (exchange.balancerCookie !== undefined) out.text(exchange.balancerCookie);
  responseEdits?.writeTo(out);
  out.text(connection);
  out.text('\r\n');
  if (exchange.keepsSentHeaders) exchange.sentHeaders = new SentHeaders(out.textFrom(start));
}

/** The version that the request ran on, where that is asked for. */
export function configVersionLine({ core, pinned }: Exchange): string {
  return core.messages.configVersionHeader && pinned !== undefined ? `X-Holdfast-Config-Version: ${formatVersion(pinned.config.version)}\r\n` : '';
}

/** What is said of the response because of compression. */
function variantLines(exchange: Exchange, head: ResponseHead, plan: CompressionPlan | undefined): string {
  if (plan !== undefined) return codingLines(exchange, head, plan);
  return head.status === 304 && exchange.core.messages.compression !== undefined ? notModifiedLines(exchange, head) : '';
}

/** Another representation of the same thing: its own validator, weaker than the plain one's (RFC 9110 §8.8.1), and a hint to caches. */
function codingLines(exchange: Exchange, head: ResponseHead, { coding }: CompressionPlan): string {
  if (coding === undefined) return varyLine(exchange, head);
  for (const name of OF_THE_PLAIN_BODY) head.fields.reclass(head.buffer, name, HEADER.REMOVED);
  return `Content-Encoding: ${coding}\r\n${varyLine(exchange, head)}${weakTagLine(exchange, head, head.value('etag'))}`;
}

/** A client that asks whether its compressed copy is still good has our weak tag for it: by the strong one it would not know it again (RFC 9111 §4.3.4). */
function notModifiedLines(exchange: Exchange, head: ResponseHead): string {
  const tag = head.value('etag');
  if (tag === undefined || !exchange.request.headerValues('if-none-match').some((tags) => tags.includes(`W/${tag}`))) return '';
  return `${varyLine(exchange, head)}${weakTagLine(exchange, head, tag)}`;
}

function varyLine({ responseEdits }: Exchange, head: ResponseHead): string {
  const varies = head.values('vary').some((value) => /(?:^|,)[ \t]*(?:\*|accept-encoding)[ \t]*(?:,|$)/i.test(value));
  return varies || responseEdits?.touches('vary') === true ? '' : 'Vary: Accept-Encoding\r\n';
}

function weakTagLine({ responseEdits }: Exchange, head: ResponseHead, tag: string | undefined): string {
  if (tag === undefined || tag.startsWith('W/') || responseEdits?.touches('etag') === true) return '';
  head.fields.reclass(head.buffer, 'etag', HEADER.REMOVED);
  return `ETag: W/${tag}\r\n`;
}

/** An interim response: its own lines and nothing of ours. */
export function writeInterimHead(out: OutgoingBytes, head: ResponseHead): void {
  writeStatusAndLines(out, head, DROPPED_FROM_RESPONSE | FRAMING);
  out.text('\r\n');
}

export interface GeneratedFacts {
  readonly product: string;
  readonly date: string;
  readonly requestId: string;
  readonly latencyMs: number;
  readonly isHead: boolean;
  /** From `configVersionLine`. */
  readonly configVersion?: string;
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
    `X-Kong-Response-Latency: ${facts.latencyMs}\r\nX-Kong-Request-Id: ${facts.requestId}\r\n${facts.configVersion ?? ''}` +
    (headers?.linesBelow(edits) ?? '') + (edits?.lines() ?? '') + response.extraLines + facts.connection;
  out.text(`HTTP/1.1 ${status} ${reasonOf(status)}\r\n${lines}\r\n`);
  if (hasBody && !facts.isHead && body.length > 0) out.bytes(body, 0, body.length);
  return lines;
}
