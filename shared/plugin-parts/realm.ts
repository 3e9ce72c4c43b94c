/** The `realm` of authentication plugins: what it may be, and how it stands in a WWW-Authenticate header (RFC 9110 §11.5). */
import type { StringRule } from '../model/definition.ts';

/** It stands inside a quoted string of a response header. */
export const realmRule: StringRule = {
  name: 'printable-ascii',
  check: (text) => (/^[\x20-\x7e]*$/.test(text) ? undefined : 'must consist of printable ASCII characters'),
};

/** `Key`, or `Key realm="…"`. */
export function challengeOf(scheme: string, realm: string | null): string {
  return realm === null ? scheme : `${scheme} realm="${quoted(realm)}"`;
}

/** A quoted-string of RFC 9110 §5.6.4. */
function quoted(realm: string): string {
  return realm.replace(/["\\]/g, '\\$&');
}
