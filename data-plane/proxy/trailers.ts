/**
 * Trailers: which ones go on, in both directions. They come when the message has been judged, so nothing that frames, routes,
 * authenticates or describes it may come that late (RFC 9110 §6.5.1), nor anything that only we may say. They stay trailers: they
 * are never merged into a head. Who gets none gets a body without them.
 */
import { classifyText, HEADER } from '../http1/header-names.ts';
import type { Exchange } from './exchange.ts';
import type { HeaderEdits } from './header-edits.ts';

/** Besides those that header-names.ts knows: routing, conditions, authentication, control data and the description of the content. */
const REFUSED: ReadonlySet<string> = new Set([
  'accept', 'accept-encoding', 'accept-ranges', 'age', 'allow', 'authentication-info', 'authorization', 'cache-control', 'content-disposition', 'content-encoding',
  'content-language', 'content-location', 'content-range', 'content-security-policy', 'content-type', 'cookie', 'date', 'etag', 'expires', 'forwarded', 'if-match',
  'if-modified-since', 'if-none-match', 'if-range', 'if-unmodified-since', 'last-modified', 'location', 'max-forwards', 'origin', 'pragma', 'range', 'referer',
  'retry-after', 'server', 'set-cookie', 'strict-transport-security', 'user-agent', 'vary', 'via', 'warning', 'www-authenticate', 'x-original-url', 'x-rewrite-url',
]);

/** Prefixes of names that carry a meaning for some hop or that we use ourselves. */
const REFUSED_PREFIX = /^(?:x-kong-|x-holdfast-|x-forwarded-|access-control-|sec-|proxy-|:)/;

/** True where trailers reach this client, and where its own are passed on: it said `TE: trailers`, or speaks HTTP/2, which always has them. */
export function trailersPass({ client, head }: Exchange): boolean {
  return head.saysTrailers || client.facts.isHttp2;
}

/** The lines that may go on, each with its line end. `raw` is well-formed. What plugins set or removed as a header can't come back as a trailer. */
export function trailerLines(raw: Buffer, edits: HeaderEdits | undefined): string {
  if (raw.length === 0) return '';
  const edited = new Set(Array.from(edits?.names() ?? [], fold));
  let lines = '';
  for (const line of raw.toString('latin1').split('\r\n')) {
    const name = line.slice(0, Math.max(0, line.indexOf(':'))).toLowerCase();
    if (name !== '' && mayTrail(fold(name)) && !edited.has(fold(name))) lines += `${line}\r\n`;
  }
  return lines;
}

/** Applications may take an underscore for a hyphen. */
function fold(lowerCaseName: string): string {
  return lowerCaseName.replaceAll('_', '-');
}

function mayTrail(folded: string): boolean {
  return classifyText(folded) === HEADER.PASS && !REFUSED.has(folded) && !REFUSED_PREFIX.test(folded);
}
