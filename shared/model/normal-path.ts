/**
 * The one normal form of a request path (R1): what the router matches on, and what a route's prefix must already be
 * in. Escapes of unreserved characters are decoded, other escapes keep upper-case hex, dot segments go, slashes merge
 * (RFC 3986 §6.2.2). Stricter than Kong in one point: an escaped byte that is no unreserved character is never decoded.
 */
const ESCAPE = /%([0-9a-fA-F]{2})?/g;
const UNRESERVED = /^[A-Za-z0-9\-._~]$/;

/** Normal form of a path that starts with `/` and has no query. Idempotent: a `%` that escapes nothing becomes `%25`, so that no escape can arise from decoding. */
export function normalisePath(path: string): string {
  const decoded = path.replace(ESCAPE, (escape, hex: string | undefined) => {
    if (hex === undefined) return '%25';
    const character = String.fromCharCode(Number.parseInt(hex, 16));
    return UNRESERVED.test(character) ? character : escape.toUpperCase();
  });
  const kept: string[] = [];
  const segments = decoded.split('/');
  for (const segment of segments) {
    if (segment === '..') kept.pop();
    else if (segment !== '' && segment !== '.') kept.push(segment);
  }
  const last = segments.at(-1);
  const endsInSlash = last === '' || last === '.' || last === '..';
  return kept.length === 0 ? '/' : `/${kept.join('/')}${endsInSlash ? '/' : ''}`;
}
