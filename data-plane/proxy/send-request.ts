/**
 * Puts the request together as it goes upstream and sends it: request line with the upstream's path, one Host, the client's
 * lines that pass through, ours, one framing (R2); then what is there of the body.
 */
import { DROPPED_FROM_REQUEST, FRAMING, HEADER, maskOf } from '../http1/header-names.ts';
import { writeHeaderLines } from '../http1/head-writer.ts';
import { hostHeaderOf, type Endpoint } from '../upstreams/endpoint.ts';
import type { UpstreamConnection } from '../upstreams/upstream-connection.ts';
import type { Exchange } from './exchange.ts';
import { writeForwardedLines } from './forwarded-headers.ts';
import { trailerLines } from './trailers.ts';
import { buildUpstreamPath } from './upstream-path.ts';

const TRAILER = maskOf(HEADER.TRAILER);

/** Up to this, body bytes are copied behind the head so that both go in one write. */
const MAX_COPIED_BYTES = 65_536;

/** RFC 9110 §9.2.2. */
const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE']);

export function sendRequest(exchange: Exchange, upstream: UpstreamConnection): void {
  const { core, head, upstreamEdits, replacedBody, body } = exchange;
  upstreamEdits?.markIn(head, DROPPED_FROM_REQUEST);
  const { out } = core;
  out.clear();
  out.text(exchange.upstreamMethod);
  out.text(' ');
  out.text(targetFor(exchange));
  out.text(' HTTP/1.1\r\nHost: ');
  out.text(hostFor(exchange, upstream.endpoint));
  out.text('\r\n');
  const dropped = (DROPPED_FROM_REQUEST & ~(body.reader.keepsTrailers && replacedBody === undefined ? TRAILER : 0)) | FRAMING;
  writeHeaderLines(out, head, dropped);
  upstreamEdits?.writeTo(out, 'host');
  writeForwardedLines(out, exchange);
  out.text(hopLines(exchange));
  out.text(framingLine(exchange));
  out.text('\r\n');
  sendPieces(exchange, upstream, replacedBody === undefined ? body.held : [replacedBody]);
  // It may have to be sent once more: over a fresh connection if this one was idle, or to another target.
  const mayGoAgain = upstream.served > 0 || ((exchange.service?.retries ?? 0) > 0 && isIdempotent(exchange));
  if (!mayGoAgain || !body.complete) body.dropHeld();
}

export function isIdempotent(exchange: Exchange): boolean {
  return IDEMPOTENT.has(exchange.upstreamMethod);
}

/** True where sending the request a second time does no harm and is possible. */
export function isReplayable(exchange: Exchange): boolean {
  return isIdempotent(exchange) && exchange.body.complete && (exchange.body.isKept || exchange.replacedBody !== undefined);
}

/** Written anew: `chunked` after a tab or `005` pass our parser, but the next one may read them in another way. */
function framingLine({ head, replacedBody }: Exchange): string {
  if (replacedBody !== undefined) return `Content-Length: ${replacedBody.length}\r\n`;
  if (head.chunked) return 'Transfer-Encoding: chunked\r\n';
  return head.contentLength === -1 ? '' : `Content-Length: ${head.contentLength}\r\n`;
}

function sendPieces(exchange: Exchange, upstream: UpstreamConnection, pieces: readonly Buffer[]): void {
  const { out } = exchange.core;
  let direct = false;
  for (const piece of pieces) {
    if (!direct && out.length + piece.length <= MAX_COPIED_BYTES) out.bytes(piece, 0, piece.length);
    else {
      if (!direct) upstream.sendOutgoing();
      direct = true;
      exchange.body.lend();
      upstream.send(piece);
    }
  }
  if (exchange.body.complete && exchange.replacedBody === undefined) {
    if (direct) out.clear();
    out.text(bodyEnding(exchange));
    direct = false;
  }
  if (!direct) upstream.sendOutgoing();
}

/** What follows the pieces of a complete body: its trailers and the empty line, where those were kept aside. */
export function bodyEnding({ body: { reader }, upstreamEdits }: Exchange): string {
  return reader.keepsTrailers ? `${trailerLines(reader.trailers, upstreamEdits)}\r\n` : '';
}

/** For the next hop alone: what the client asked for and we can pass on. */
function hopLines({ head, upgrade }: Exchange): string {
  const te = head.saysTrailers ? 'TE: trailers\r\n' : '';
  if (upgrade !== undefined) return `Connection: Upgrade${te === '' ? '' : ', TE'}\r\nUpgrade: ${upgrade.protocol}\r\n${te}`;
  return te === '' ? '' : `Connection: TE\r\n${te}`;
}

/** Path and query as they go upstream. */
export function targetFor(exchange: Exchange): string {
  const path = pathFor(exchange);
  const { head, edits } = exchange;
  if (edits === undefined) return head.queryStart === head.targetEnd ? path : `${path}?${exchange.request.query}`;
  const query = queryFor(exchange);
  return query === '' && (edits.query !== undefined || head.queryStart === head.targetEnd) ? path : `${path}?${query}`;
}

/** The path as it goes upstream. */
export function pathFor({ match, service, request, edits }: Exchange): string {
  if (edits?.path !== undefined) return edits.path;
  if (match === undefined || service === undefined) return request.path;
  const { stripPath, pathHandling } = match.route;
  return buildUpstreamPath({ servicePath: service.path, stripPath, pathHandling }, request.path, match.matchedPathLength);
}

/** The query as it goes upstream, without `?`. */
export function queryFor({ edits, request }: Exchange): string {
  return edits?.query ?? request.query;
}

/** Undefined where the endpoint is not known yet and it decides. */
export function hostFor(exchange: Exchange, endpoint: Endpoint): string;
export function hostFor(exchange: Exchange, endpoint: Endpoint | undefined): string | undefined;
export function hostFor(exchange: Exchange, endpoint: Endpoint | undefined): string | undefined {
  const { match, service, head, upstreamEdits } = exchange;
  const edited = upstreamEdits?.value('host');
  if (edited !== undefined) return edited;
  if (match?.route.preserveHost === true && head.hostEnd > head.hostStart) return head.text(head.hostStart, head.authorityEnd);
  const named = service?.upstream?.hostHeader ?? endpoint?.hostHeader;
  return named ?? (service === undefined || service.upstream !== undefined ? undefined : hostHeaderOf(service.protocol, service.host, service.port));
}
