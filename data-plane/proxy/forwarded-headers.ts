/**
 * The lines that tell the upstream where a request comes from: X-Forwarded-*, X-Real-IP, X-Kong-Request-Id, Via. What the
 * client says in their place counts only where its connection is a trusted one; the chain in X-Forwarded-For is always kept.
 */
import type { Exchange } from './exchange.ts';
import type { HeaderEdits } from './header-edits.ts';

/** All of them, each with its line end; those that a plugin has set or removed are left out. */
export function forwardedLines(exchange: Exchange): string {
  const { head, request, client, core } = exchange;
  const forwardedFor = head.saysForwarded ? head.values('x-forwarded-for').filter((value) => value !== '') : [];
  const chain = forwardedFor.length === 0 ? client.facts.peerAddress : `${forwardedFor.join(', ')}, ${client.facts.peerAddress}`;
  const isTrusted = head.saysForwarded && client.peerIsTrusted;
  const claimed = (name: string): string | undefined => (isTrusted ? head.value(name) : undefined);
  const proto = claimed('x-forwarded-proto') ?? request.scheme;
  const host = claimed('x-forwarded-host') ?? request.host;
  const port = claimed('x-forwarded-port') ?? String(client.facts.localPort);
  const path = claimed('x-forwarded-path') ?? rawPath(exchange);
  const prefix = claimed('x-forwarded-prefix') ?? strippedPrefix(exchange);
  const own = `X-Kong-Request-Id: ${exchange.requestId}\r\nVia: ${client.facts.isHttp2 ? '2' : `1.${head.minor}`} ${core.product}\r\n`;
  const edits = exchange.upstreamEdits;
  if (edits === undefined) {
    const optional = prefix === '' ? '' : `X-Forwarded-Prefix: ${prefix}\r\n`;
    return `X-Forwarded-For: ${chain}\r\nX-Forwarded-Proto: ${proto}\r\nX-Forwarded-Host: ${host}\r\nX-Forwarded-Port: ${port}\r\nX-Forwarded-Path: ${path}\r\n${optional}X-Real-IP: ${request.clientAddress}\r\n${own}`;
  }
  return (
    line(edits, 'X-Forwarded-For', chain) + line(edits, 'X-Forwarded-Proto', proto) + line(edits, 'X-Forwarded-Host', host) + line(edits, 'X-Forwarded-Port', port) +
    line(edits, 'X-Forwarded-Path', path) + (prefix === '' ? '' : line(edits, 'X-Forwarded-Prefix', prefix)) + line(edits, 'X-Real-IP', request.clientAddress) + own
  );
}

function line(edits: HeaderEdits, name: string, value: string): string {
  return edits.touches(name.toLowerCase()) ? '' : `${name}: ${value}\r\n`;
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
