/**
 * Writes heads from parsed ones. Lines that pass through are copied as runs of bytes, because every line in the table was
 * validated and classed by the parser; a property test compares the result with serialising line by line (R2).
 */
import type { MessageHead, ResponseHead } from './message-head.ts';
import type { OutgoingBytes } from './outgoing-bytes.ts';

/** How a response body reaches the client. */
export type BodyDelivery =
  /** As it came, by Content-Length or in chunks. */
  | 'as-is'
  /** It came without length: in chunks that we make. */
  | 'in-chunks'
  /** To a client that knows no chunks: the data, and the connection's end is its end. */
  | 'until-close'
  /** No body belongs to this response. */
  | 'none'
  /** One belongs to it, and there is none. */
  | 'empty';

/** The header lines that pass through; `droppedMask` says which classes stay behind. */
export function writeHeaderLines(out: OutgoingBytes, head: MessageHead, droppedMask: number): void {
  writeLines(out, head, droppedMask, -1);
}

/** Status line and the upstream's header lines that pass through. Always says HTTP/1.1 (RFC 9110 §6.2). */
export function writeStatusAndLines(out: OutgoingBytes, head: ResponseHead, droppedMask: number): void {
  if (head.minor === 1) writeLines(out, head, droppedMask, head.start);
  else {
    out.text('HTTP/1.1 ');
    writeLines(out, head, droppedMask, head.statusStart);
  }
}

/**
 * The framing line of a response, written anew: `005` or `chunked` behind a tab pass our parser, but the client's may read them in
 * another way. `status` is the one that is sent; `length` is that of a body of our own.
 */
export function responseFramingLine(delivery: BodyDelivery, head: ResponseHead, status = head.status, length?: number): string {
  switch (delivery) {
    case 'as-is':
      if (length !== undefined) return `Content-Length: ${length}\r\n`;
      return head.chunked ? 'Transfer-Encoding: chunked\r\n' : `Content-Length: ${head.contentLength}\r\n`;
    case 'in-chunks':
      return 'Transfer-Encoding: chunked\r\n';
    case 'until-close':
      return '';
    case 'none':
      // HEAD and 304 may tell the length that a GET would have had; 204 and 1xx may not (RFC 9110 §8.6).
      return head.contentLength === -1 || status === 204 || status < 200 ? '' : `Content-Length: ${head.contentLength}\r\n`;
    case 'empty':
      return 'Content-Length: 0\r\n';
  }
}

/** `runStart`: where bytes before the first line begin that are to be copied too; -1 for none. */
function writeLines(out: OutgoingBytes, head: MessageHead, droppedMask: number, runStart: number): void {
  const { buffer, fields } = head;
  let from = runStart;
  for (let line = 0; line < fields.count; line++) {
    const isDropped = ((droppedMask >> fields.classOf(line)) & 1) === 1;
    if (!isDropped) {
      if (from === -1) from = fields.lineStart(line);
    } else if (from !== -1) {
      out.bytes(buffer, from, fields.lineStart(line));
      from = -1;
    }
  }
  if (from !== -1) out.bytes(buffer, from, fields.end);
}
