/**
 * The lines that tell the upstream where a request comes from: X-Forwarded-*, X-Real-IP, X-Kong-Request-Id, Via. What the
 * client says in their place counts only where its connection is a trusted one; the chain in X-Forwarded-For is always kept.
 */
import type { OutgoingBytes } from '../http1/outgoing-bytes.ts';
import type { Exchange } from './exchange.ts';
import type { HeaderEdits } from './header-edits.ts';

/** All of them, each with its line end; those that a plugin has set or removed are left out. */
export function writeForwardedLines(out: OutgoingBytes, exchange: Exchange): void {
  const { head, client, core, upstreamEdits } = exchange;
  if (head.saysForwarded || upstreamEdits?.touchesForwarded === true) writeChosenLines(out, exchange, upstreamEdits);
  else {
    out.text(client.usualLines.textFor(exchange));
    out.text('X-Forwarded-Path: ');
    out.text(rawPath(exchange));
    const prefix = strippedPrefix(exchange);
    if (prefix !== '') {
      out.text('\r\nX-Forwarded-Prefix: ');
      out.text(prefix);
    }
    out.text('\r\n');
  }
  out.text('X-Kong-Request-Id: ');
  out.text(exchange.requestId);
  out.text(client.facts.isHttp2 ? '\r\nVia: 2 ' : head.minor === 1 ? '\r\nVia: 1.1 ' : '\r\nVia: 1.0 ');
  out.text(core.product);
  out.text('\r\n');
}

/** What is the same for all requests of a connection that name the same host and say nothing of their own: made once. */
export class UsualLines {
  #host: string | undefined;
  #text = '';

  textFor({ client: { facts }, request }: Exchange): string {
    if (request.host !== this.#host) {
      this.#host = request.host;
      this.#text =
        `X-Forwarded-For: ${facts.peerAddress}\r\nX-Forwarded-Proto: ${facts.scheme}\r\nX-Forwarded-Host: ${request.host}\r\n` +
        `X-Forwarded-Port: ${facts.localPort}\r\nX-Real-IP: ${facts.peerAddress}\r\n`;
    }
    return this.#text;
  }
}

function writeChosenLines(out: OutgoingBytes, exchange: Exchange, edits: HeaderEdits | undefined): void {
  const { head, request, client } = exchange;
  const forwardedFor = head.saysForwarded ? head.values('x-forwarded-for').filter((value) => value !== '') : [];
  const isTrusted = head.saysForwarded && client.peerIsTrusted;
  const claimed = (name: string): string | undefined => (isTrusted ? head.value(name) : undefined);
  const write = (name: string, value: string): void => {
    if (edits?.touches(name.toLowerCase()) !== true) out.text(`${name}: ${value}\r\n`);
  };
  write('X-Forwarded-For', [...forwardedFor, client.facts.peerAddress].join(', '));
  write('X-Forwarded-Proto', claimed('x-forwarded-proto') ?? request.scheme);
  write('X-Forwarded-Host', claimed('x-forwarded-host') ?? request.host);
  write('X-Forwarded-Port', claimed('x-forwarded-port') ?? String(client.facts.localPort));
  write('X-Forwarded-Path', claimed('x-forwarded-path') ?? rawPath(exchange));
  const prefix = claimed('x-forwarded-prefix') ?? strippedPrefix(exchange);
  if (prefix !== '') write('X-Forwarded-Prefix', prefix);
  write('X-Real-IP', request.clientAddress);
}

/** The path as the client wrote it. */
function rawPath({ head }: Exchange): string {
  return head.pathStart === head.queryStart ? '/' : head.text(head.pathStart, head.queryStart);
}

/** What strip_path took off, without the slash at its end; '' where it took nothing. */
function strippedPrefix({ match, request }: Exchange): string {
  if (match === undefined || !match.route.stripPath) return '';
  const prefix = request.path.slice(0, match.matchedPathLength);
  return prefix.endsWith('/') ? prefix.slice(0, -1) : prefix;
}
