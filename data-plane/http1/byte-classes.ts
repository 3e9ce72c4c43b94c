/**
 * Byte classes of RFC 9110 §5 and RFC 9112 as lookup tables: one load per byte in the parsers. A lookup past the end of
 * a buffer gives undefined, which is in no class.
 */
export const TAB = 0x09;
export const LF = 0x0a;
export const CR = 0x0d;
export const SPACE = 0x20;
export const HASH = 0x23;
export const PERCENT = 0x25;
export const ASTERISK = 0x2a;
export const COMMA = 0x2c;
export const DOT = 0x2e;
export const SLASH = 0x2f;
export const COLON = 0x3a;
export const SEMICOLON = 0x3b;
export const QUESTION = 0x3f;

function classOf(belongs: (byte: number) => boolean): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) => (belongs(byte) ? 1 : 0));
}

function anyOf(characters: string): (byte: number) => boolean {
  return (byte) => characters.includes(String.fromCharCode(byte));
}

const ALPHANUMERIC = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** `tchar`: method and field names. */
export const TOKEN = classOf(anyOf(`!#$%&'*+-.^_\`|~${ALPHANUMERIC}`));

/** `field-vchar`, obs-text, space and tab: what a field value, a reason phrase or a chunk extension may hold. */
export const FIELD = classOf((byte) => byte === TAB || (byte >= SPACE && byte !== 0x7f));

/** Letters of a host that is no IPv6 literal. Narrower than RFC 3986: no escapes, no sub-delimiters. */
export const HOST_NAME = classOf(anyOf(`-._~${ALPHANUMERIC}`));

/** A byte of the request target: 0 not allowed, 1 ordinary, 2 to be looked at (see parseRequestLine). Bytes above 127 are looked at: see takePath. */
export const TARGET = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte <= SPACE || byte === 0x7f) return 0;
  return byte > 0x7f || anyOf('#%./?"<>\\^`{|}')(byte) ? 2 : 1;
});

/** Value of a hexadecimal digit; 255 for any other byte. */
export const HEX_VALUE = Uint8Array.from({ length: 256 }, (_, byte) => {
  const value = Number.parseInt(String.fromCharCode(byte), 16);
  return Number.isNaN(value) ? 255 : value;
});

/** Lower case, and `_` as `-`: applications that turn names into CGI variables can't tell those two apart. */
export const FOLDED = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte >= 0x41 && byte <= 0x5a) return byte + 32;
  return byte === 0x5f ? 0x2d : byte;
});

/** Lower case alone. */
export const LOWER = Uint8Array.from({ length: 256 }, (_, byte) => (byte >= 0x41 && byte <= 0x5a ? byte + 32 : byte));

/** True for a text that may be the name of a method or a field. */
export function isToken(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    if (TOKEN[text.charCodeAt(at)] !== 1) return false;
  }
  return text !== '';
}
