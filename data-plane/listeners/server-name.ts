/**
 * The name a TLS client asks for (SNI, RFC 6066 §3), as everything behind it may rely on: lower case, no trailing dot, only
 * the letters of host names. Pure; called by client-hello.ts.
 */
import { isIP } from 'node:net';

/** Labels of letters, digits, hyphens and underscores. */
const NAME = /^[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*$/;
const MAX_NAME_BYTES = 253;

/** `absent`: an address, which is no name (the RFC forbids it, some clients send it). */
export type ServerName = { readonly kind: 'name'; readonly name: string } | { readonly kind: 'absent' } | { readonly kind: 'refused' };

/** `text` is latin1, so that every byte is one character. */
export function parseServerName(text: string): ServerName {
  const name = (text.endsWith('.') ? text.slice(0, -1) : text).toLowerCase();
  if (isIP(name) !== 0) return { kind: 'absent' };
  return name.length <= MAX_NAME_BYTES && NAME.test(name) ? { kind: 'name', name } : { kind: 'refused' };
}
