/**
 * A parsed message head: ranges in the bytes it came in. Reused for one message after another; whoever parsed it owns it until
 * `release`. The bytes only live as long as the read that brought them, unless the head `keep`s them.
 */
import type { Fault } from './faults.ts';
import { HeaderTable } from './header-table.ts';

/** Nearly every head fits; a larger one gets memory for itself alone. */
const OWN_BYTES = 2_048;

export const EMPTY = Buffer.alloc(0);

export class MessageHead {
  buffer: Buffer = EMPTY;
  /** First byte of the message. */
  start = 0;
  /** Where parsing goes on when more bytes have come: the start of a line. */
  cursor = 0;
  /** Behind the head: first byte of the body or of the next message. */
  end = 0;
  /** 0 or 1 of HTTP/1.x. */
  minor = 1;
  readonly fields: HeaderTable;
  /** -1 where there is none. */
  contentLength = -1;
  chunked = false;
  /** `Connection: close` or `keep-alive` was said. */
  saysClose = false;
  saysKeepAlive = false;
  /** Other names in Connection, lower case; undefined where there are none. */
  listed: string[] | undefined;
  /** Set where the head is refused. */
  fault: Fault | undefined;

  #own: Buffer = EMPTY;

  constructor(maxHeaderCount: number) {
    this.fields = new HeaderTable(maxHeaderCount);
  }

  begin(start: number): void {
    this.start = start;
    this.cursor = start;
    this.end = 0;
    this.minor = 1;
    this.fields.clear();
    this.contentLength = -1;
    this.chunked = false;
    this.saysClose = false;
    this.saysKeepAlive = false;
    this.listed = undefined;
    this.fault = undefined;
  }

  /** Moves the bytes of a complete head into memory of its own, where they stay until `release`. */
  keep(): void {
    const bytes = this.end - this.start;
    if (this.#own.length < bytes) this.#own = Buffer.allocUnsafeSlow(Math.max(bytes, OWN_BYTES));
    this.buffer.copy(this.#own, 0, this.start, this.end);
    this.buffer = this.#own;
    if (this.start !== 0) this.moved(-this.start);
  }

  /** All ranges lie that much further back. */
  protected moved(by: number): void {
    this.start += by;
    this.cursor += by;
    this.end += by;
    this.fields.moved(by);
  }

  /** Forgets the bytes, so that neither they nor what they say outlives the message. */
  release(): void {
    this.buffer = EMPTY;
    this.fields.clear();
    if (this.#own.length > OWN_BYTES) this.#own = EMPTY;
  }

  /** The first value of a field as latin1 text; undefined where absent. */
  value(lowerCaseName: string): string | undefined {
    const line = this.fields.find(this.buffer, lowerCaseName, 0);
    return line === -1 ? undefined : this.#valueOfLine(line);
  }

  values(lowerCaseName: string): string[] {
    const found: string[] = [];
    for (let line = this.fields.find(this.buffer, lowerCaseName, 0); line !== -1; line = this.fields.find(this.buffer, lowerCaseName, line + 1)) {
      found.push(this.#valueOfLine(line));
    }
    return found;
  }

  text(start: number, end: number): string {
    return this.buffer.toString('latin1', start, end);
  }

  #valueOfLine(line: number): string {
    return this.text(this.fields.valueStart(line), this.fields.valueEnd(line));
  }
}

export class RequestHead extends MessageHead {
  methodEnd = 0;
  targetStart = 0;
  targetEnd = 0;
  /** Offset of the `?`; `targetEnd` where there is none. */
  queryStart = 0;
  /** Path as received, without query: inside the target, empty where an absolute form names no path. */
  pathStart = 0;
  /** The one normal form of the path (R1); `*` for the asterisk form. */
  path = '';
  /** Host name (with brackets around IPv6) without port; empty range where there is none. */
  hostStart = 0;
  hostEnd = 0;
  /** Port named beside the host; -1 where none. */
  hostPort = -1;
  /** End of the authority, port included. */
  authorityEnd = 0;
  /** The target names the host itself; then the Host field is checked but not believed (RFC 9112 §3.2.2). */
  absoluteForm = false;
  hostLines = 0;
  expectsContinue = false;
  /** The client says X-Forwarded-* or X-Real-IP. */
  saysForwarded = false;
  /** `TE: trailers`: trailers of the response are welcome. */
  saysTrailers = false;

  override begin(start: number): void {
    super.begin(start);
    this.hostStart = 0;
    this.hostEnd = 0;
    this.hostPort = -1;
    this.authorityEnd = 0;
    this.absoluteForm = false;
    this.hostLines = 0;
    this.expectsContinue = false;
    this.saysForwarded = false;
    this.saysTrailers = false;
  }

  protected override moved(by: number): void {
    super.moved(by);
    this.methodEnd += by;
    this.targetStart += by;
    this.targetEnd += by;
    this.queryStart += by;
    this.pathStart += by;
    this.hostStart += by;
    this.hostEnd += by;
    this.authorityEnd += by;
  }
}

export class ResponseHead extends MessageHead {
  status = 0;
  /** First byte of the status code; the rest of the line follows. */
  statusStart = 0;
  /** Seconds of `Keep-Alive: timeout`; -1 where not said. */
  keepAliveSeconds = -1;

  override begin(start: number): void {
    super.begin(start);
    this.status = 0;
    this.keepAliveSeconds = -1;
  }

  protected override moved(by: number): void {
    super.moved(by);
    this.statusStart += by;
  }
}
