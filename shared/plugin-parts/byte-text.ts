/**
 * Text as the bytes that stand for it on the wire (UTF-8), one latin1 character each, as header values are in the plugin contract.
 * Used where a plugin moves values between headers, paths, arguments and bodies: nothing is lost on the way.
 */

export function bytesOf(text: string): string {
  return isAscii(text) ? text : Buffer.from(text, 'utf8').toString('latin1');
}

/** The text whose UTF-8 bytes these are. */
export function textOf(bytes: string): string {
  return isAscii(bytes) ? bytes : Buffer.from(bytes, 'latin1').toString('utf8');
}

/** Percent-encodes all bytes but the unreserved (RFC 3986 §2.3) and `!*'()`, so that they stay one segment, argument name or value. */
export function encodeBytes(bytes: string): string {
  return isAscii(bytes) ? encodeURIComponent(bytes) : bytes.replace(/[^A-Za-z0-9\-._~!*'()]/g, percentEncoded);
}

/** `%0D` for a carriage return. */
export function percentEncoded(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}

function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) if (text.charCodeAt(at) > 0x7f) return false;
  return true;
}
