/**
 * Tells HTTP/2 with prior knowledge (RFC 9113 §3.3) from HTTP/1 by the first bytes of a connection without TLS. Called by the
 * listener before it gives a socket to either engine. No HTTP/1 request begins like this: its version would be refused.
 */
const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');

/** `more`: what is there is the beginning of the preface; ask again with more bytes. */
export function looksLikeHttp2(bytes: Uint8Array): 'yes' | 'no' | 'more' {
  const length = Math.min(bytes.length, PREFACE.length);
  for (let at = 0; at < length; at++) {
    if (bytes[at] !== PREFACE[at]) return 'no';
  }
  return length === PREFACE.length ? 'yes' : 'more';
}
