/**
 * A second, plain reader of HTTP/1.1 messages, for what tests receive. It shares nothing with the proxy's parser, so that
 * both can't be wrong in the same way. Works on latin1 text; incomplete messages give undefined.
 */
export interface WireMessage {
  readonly startLine: string;
  /** As received, in order. */
  readonly headerLines: readonly string[];
  /** Decoded; latin1. */
  readonly body: string;
  /** Of a chunked body; as received, in order. */
  readonly trailerLines: readonly string[];
  /** Characters of the text that the message takes up. */
  readonly length: number;
}

export interface ReadOptions {
  /** The response to HEAD, or a status without body. */
  readonly noBody?: boolean;
  /** The connection has ended: a body without length is complete. */
  readonly ended?: boolean;
  readonly isResponse: boolean;
}

export function readMessage(text: string, options: ReadOptions): WireMessage | undefined {
  const headEnd = text.indexOf('\r\n\r\n');
  if (headEnd === -1) return undefined;
  const [startLine = '', ...headerLines] = text.slice(0, headEnd).split('\r\n');
  const bodyStart = headEnd + 4;
  const head = { startLine, headerLines, trailerLines: [] };
  if (options.noBody === true || /^HTTP\/1\.1 (?:1\d\d|204|304)/.test(startLine)) return { ...head, body: '', length: bodyStart };
  if (headerOf(headerLines, 'transfer-encoding') === 'chunked') return readChunked(text, bodyStart, head);
  const length = headerOf(headerLines, 'content-length');
  if (length === undefined && options.isResponse) {
    return options.ended === true ? { ...head, body: text.slice(bodyStart), length: text.length } : undefined;
  }
  const end = bodyStart + Number(length ?? 0);
  return end > text.length ? undefined : { ...head, body: text.slice(bodyStart, end), length: end };
}

/** The values of a header, joined with ", "; undefined where absent. */
export function headerOf(headerLines: readonly string[], lowerCaseName: string): string | undefined {
  const values = headerLines.filter((line) => line.slice(0, line.indexOf(':')).toLowerCase() === lowerCaseName).map((line) => line.slice(line.indexOf(':') + 1).trim());
  return values.length === 0 ? undefined : values.join(', ');
}

function readChunked(text: string, start: number, head: Pick<WireMessage, 'startLine' | 'headerLines'>): WireMessage | undefined {
  let at = start;
  let body = '';
  for (;;) {
    const lineEnd = text.indexOf('\r\n', at);
    if (lineEnd === -1) return undefined;
    const line = text.slice(at, lineEnd);
    if (!/^[0-9a-fA-F]+$/.test(line)) throw new Error(`not a plain chunk size: ${JSON.stringify(line)}`);
    const size = Number.parseInt(line, 16);
    const end = lineEnd + 2 + size;
    if (size === 0) {
      const trailersEnd = text.startsWith('\r\n', end) ? end : text.indexOf('\r\n\r\n', end) + 2;
      if (trailersEnd === 1 || text.length < trailersEnd + 2) return undefined;
      return { ...head, trailerLines: text.slice(end, Math.max(end, trailersEnd - 2)).split('\r\n').filter((trailer) => trailer !== ''), body, length: trailersEnd + 2 };
    }
    if (text.length < end + 2) return undefined;
    if (text.slice(end, end + 2) !== '\r\n') throw new Error(`a chunk or the body does not end in CRLF: ${JSON.stringify(text.slice(end, end + 20))}`);
    body += text.slice(lineEnd + 2, end);
    at = end + 2;
  }
}
